// Samples of a month for everything that the rules of a project record, in which something of every kind happens: a page and a ticket that fire, a
// ticket that is pending, alerts of other kinds, a spent budget, few events, an SLO with `by` whose series are gone, those that are planned, nights
// outside of the hours, and parts of a journey that fail.
import { appendFileSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { parse } from "yaml";

const MINUTE = 60, HOUR = 3600, DAY = 86_400;
const DAYS = 31;

const fates = [
  { burn: 22, spent: 0.55, page: 25 * MINUTE }, {}, { burn: 1.6, spent: 0.82 }, {}, {}, {}, { spent: 1.4, burn: 0.2 }, {},
  { burn: 3.4, spent: 0.7, ticket: 5 * HOUR }, {}, { gone: true }, {}, { few: true }, {}, { burn: 4, pending: 2 * MINUTE }, {},
];

/** Every SLO: the labels of its definition, the values of `by`, the names it records, and what becomes of it. */
function project(folder) {
  const slos = new Map(), companions = [];
  const files = readdirSync(folder).filter((name) => name.endsWith(".rules.yaml")).sort();
  const of = (name) => (parse(readFileSync(join(folder, name), "utf8")).groups ?? []).flatMap((group) => group.rules ?? []);
  const rules = files.flatMap((name) => of(name).map((rule) => ({ ...rule, file: name })));
  for (const { record, labels, file } of rules) {
    if (record !== "slo:definition:info") continue;
    slos.set(`${labels.service}/${labels.slo}`, { info: labels, file, records: new Set(), alerts: [] });
  }
  const runbooks = rules.filter(({ record }) => record === "slo:alert:info").map(({ labels }) => labels);
  for (const { record, alert, labels = {}, file } of rules) {
    const slo = slos.get(`${labels.service}/${labels.slo}`);
    if (alert && !slo) companions.push({ alertname: alert, ...labels });
    else if (alert) slo.alerts.push({ alertname: alert, ...labels });
    // One rule may record a series of all SLOs of its file.
    else for (const one of slo ? [slo] : [...slos.values()].filter((one) => one.file === file)) one.records.add(record);
  }
  let gone = false, next = 0;
  for (const slo of slos.values()) {
    const names = (slo.info.by ?? "").split(/, */).filter(Boolean);
    const value = (name, number) => (name === "instance" ? `10.0.0.${number + 1}:9100` : `${name}-${number + 1}`);
    slo.by = names.length === 0 ? [{}] : [0, 1, 2].map((number) => Object.fromEntries(names.map((name) => [name, value(name, number)])));
    slo.fate = slo.info.planned ? { gone: true } : fates[next++ % fates.length];
    if (names.length > 0 && !gone) [slo.fate, gone] = [{ gone: true }, true];
  }
  return { slos: [...slos.values()], companions, runbooks };
}

const text = (labels) => `{${Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(String(value))}`).join(",")}}`;

/** Raw series that panels of services read, with the first value that each of their matchers takes. */
function raw(dashboards) {
  const found = new Map();
  for (const name of readdirSync(dashboards).filter((name) => name.endsWith(".json"))) {
    const panels = JSON.parse(readFileSync(join(dashboards, name), "utf8")).panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);
    for (const { expr } of panels.flatMap((panel) => panel.targets ?? [])) {
      for (const [, metric, matchers] of expr.matchAll(/([a-z]\w*)\{([^}]*)\}/g)) {
        if (metric.startsWith("ALERTS") || /(^|[^\w])slo:/.test(`${metric}:`)) continue;
        const labels = Object.fromEntries([...matchers.matchAll(/(\w+)(=~?)"((?:[^"\\]|\\.)*)"/g)].map(([, label, , value]) => [label, value.split("|")[0].replaceAll(/\\+|[()^$]/g, "").replaceAll(/\.[*+]/g, "x")]));
        for (const le of metric.endsWith("_bucket") ? ["0.05", "0.1", "0.2", "0.5", "1", "2", "+Inf"] : [null]) {
          found.set(metric + text({ ...labels, ...(le && { le }) }), { metric, labels: { ...labels, ...(le && { le }) } });
        }
      }
    }
  }
  return [...found.values()];
}

/** Makes blocks of a month that ends at `end`, a day at a time: promtool reads all that it is given once for every two hours. */
function month(out, promtool, end) {
  const { slos, companions, runbooks } = project(join(out, "prometheus"));
  const raws = raw(join(out, "grafana", "dashboards"));
  for (let from = end - DAYS * DAY; from < end; from += DAY) {
    const metrics = new Map();
    const add = (name, labels, every, value, since = 0) => {
      const lines = metrics.get(name) ?? metrics.set(name, []).get(name);
      const series = name + text(labels);
      for (let at = Math.max(Math.ceil(from / every) * every, since); at <= Math.min(end, from + DAY - 1); at += every) {
        const sample = value(at);
        if (sample !== undefined && !Number.isNaN(sample)) lines.push(`${series} ${sample} ${at}`);
      }
    };
    const step = from >= end - 2 * DAY ? MINUTE : 5 * MINUTE;
    slos.forEach((slo, index) => {
      add("slo:definition:info", slo.info, step, () => 1);
      // From eight to eight in Buenos Aires, on weekdays.
      const holds = (at) => !slo.info.hours || ((at / HOUR - 3) % 24 >= 8 && (at / HOUR - 3) % 24 < 20 && (Math.floor(at / DAY - 3 / 24) + 3) % 7 < 5);
      const number = (name) => Number(slo.info[name]);
      const pages = slo.alerts.filter(({ alertname }) => alertname.endsWith("BurnPage"));
      const tickets = slo.alerts.filter(({ alertname }) => alertname.endsWith("BurnTicket"));
      slo.by.forEach((by, place) => {
        const { burn, spent = 0.1 + 0.09 * ((index * 7 + place) % 6), page, ticket, pending, gone, few } = slo.fate;
        if (slo.info.planned) return;
        // Those with `by` had data until yesterday.
        const lost = gone ? end - DAY - 6 * HOUR : Infinity;
        const one = place === 0;
        const since = end - (page ?? ticket ?? pending ?? 0);
        const wave = (at) => 0.5 + 0.4 * Math.sin((2 * Math.PI * (at + index * 5000)) / DAY);
        // Nine days ago there was an incident of twenty-five minutes in every fifth SLO.
        const incident = (at) => index % 5 === 2 && at > end - 9 * DAY && at < end - 9 * DAY + 25 * MINUTE;
        const length = number("period_seconds");
        const burns = (at) => (at > lost ? undefined : one && burn && at >= since - 10 * MINUTE ? burn * (0.9 + 0.1 * wave(at)) : incident(at) ? 30 : wave(at) * spent * 1.2);
        const left = (at) => {
          if (at > lost) return undefined;
          const gone = 1 - Math.max(0, (end - at) / (DAYS * DAY));
          return 1 - spent * (0.35 + 0.65 * gone) - (index % 5 === 2 && at > end - 9 * DAY ? 0.12 : 0) + 0.02 * wave(at);
        };
        // Each part of a journey fails for a while; the second one until now.
        const parts = (slo.info.journey ?? "").split(", ").filter(Boolean);
        parts.forEach((part, many) => {
          const labels = { service: slo.info.service, slo: slo.info.slo, ...by, part };
          const bad = (at) => (at > end - (many + 1) * 5 * HOUR && at < end - (many + 1) * 5 * HOUR + 12 * MINUTE) || (many === 1 && at > end - 20 * MINUTE);
          add("slo:journey_part_bad:bool", labels, step, (at) => (bad(at) ? 1 : 0));
          add("slo:journey_part_share:ratio", labels, step, () => [0.2, 0.5, 0.2, 0.1][many] ?? 0);
        });
        const seconds = number("budget_seconds"), budget = seconds / length;
        const total = few ? 7 : 250_000 + 40_000 * index;
        const values = [
          [/^slo:objective:ratio$/, () => 1 - budget], [/^slo:error_budget:ratio$/, () => budget],
          [/^slo:current_burn_rate:ratio$/, burns], [/^slo:period_error_budget_remaining:ratio$/, left],
          [/^slo:period_error_budget_remaining:percent$/, (at) => 100 * left(at)], [/^slo:period_burn_rate:ratio$/, (at) => 1 - left(at)],
          [/^slo:error_budget_exhaustion:seconds$/, (at) => Math.min(length, Math.max(0, (left(at) * length) / burns(at)))],
          [/^slo:sli_error:ratio_rate/, (at) => Math.min(1, budget * burns(at))],
          [/^slo:bad_\w+:tile5m$/, (at) => (few ? 0 : Math.round(3000 * Math.min(1, budget * burns(at)) * wave(at)))],
          [/^slo:total_\w+:tile5m$/, (at) => (at > lost ? undefined : few ? 0 : Math.round(3000 * wave(at)))],
          [/^slo:bad_\w+:increase\d+[dw]$|^slo:bad_\w+:(month|quarter)$/, (at) => total * budget * (1 - left(at))],
          [/^slo:total_\w+:increase\d+[dw]$/, (at) => (at > lost ? undefined : total)],
          [/^slo:total_\w+:(month|quarter)$/, (at) => (at > lost ? undefined : total * (1 - (end - at) / (DAYS * DAY)))],
          [/^slo:expected_\w+:/, (at) => (at > lost ? undefined : 2 * total)],
          [/^slo:agreed_service_time:bool$/, (at) => (holds(at) ? 1 : 0)],
          [/^slo:total_\w+:increase\d+s$/, (at) => (at > lost ? undefined : 300 * wave(at))],
        ];
        // Another SLO of the file may have another period.
        const own = (record) => !/increase\d+[dw]$|:(month|quarter)$/.test(record) || record.endsWith(slo.info.period.split(" ")[0]);
        for (const record of [...slo.records].filter(own)) {
          const known = values.find(([pattern]) => pattern.test(record));
          if (known) add(record, { service: slo.info.service, slo: slo.info.slo, ...by }, record.includes(":tile") ? 5 * MINUTE : step, known[1]);
        }
        const fires = (alerts, state, from, to) => alerts.slice(0, 1).forEach((alert) => {
          const labels = { ...alert, ...by };
          const active = (at) => at >= from && at <= to;
          add("ALERTS", { ...labels, alertstate: state }, MINUTE, (at) => (active(at) ? 1 : undefined));
          add("ALERTS_FOR_STATE", labels, MINUTE, (at) => (active(at) ? from : undefined));
        });
        if (slo.info.budget_alerts && one && left(end) < 0.25) fires(slo.alerts.filter(({ budget_below }) => budget_below), "firing", end - 3 * HOUR, end);
        if (page && one) fires(pages, "firing", since, end);
        if (ticket && one) fires(tickets, "firing", since, end);
        if (pending && one) fires(tickets.length ? tickets : pages, "pending", since, end);
        if (index % 5 === 2 && one && !gone) fires(pages, "firing", end - 9 * DAY + 2 * MINUTE, end - 9 * DAY + 25 * MINUTE);
      });
    });
    for (const labels of runbooks) add("slo:alert:info", labels, step, () => 1);
    companions.slice(0, 2).forEach((alert, index) => {
      const since = end - (index ? 3 * DAY : 40 * MINUTE), until = index ? since + HOUR : end;
      const active = (at) => at >= since && at <= until;
      add("ALERTS", { ...alert, alertstate: "firing" }, MINUTE, (at) => (active(at) ? 1 : undefined));
      add("ALERTS_FOR_STATE", alert, MINUTE, (at) => (active(at) ? since : undefined));
    });
    raws.forEach(({ metric, labels }, index) => {
      const wave = (at) => 1 + 0.3 * Math.sin((2 * Math.PI * (at + index * 900)) / (6 * HOUR));
      const share = { "0.05": 0.4, "0.1": 0.7, "0.2": 0.85, "0.5": 0.93, 1: 0.97, 2: 0.995 }[labels.le] ?? 1;
      const counter = /_(bucket|count|total|sum)$/.test(metric);
      const value = counter ? (at) => share * 20 * (at - (end - DAYS * DAY)) : /timestamp|(time|at)_\w*seconds$/.test(metric) ? (at) => at - 20 * wave(at) : (at) => 0.5 * wave(at);
      if (from >= end - 2 * DAY) add(metric, labels, 30, value);
    });
    const file = "samples.txt";
    rmSync(file, { force: true });
    for (const name of [...metrics.keys()].sort()) {
      const lines = metrics.get(name);
      for (let start = 0; start < lines.length; start += 100_000) appendFileSync(file, lines.slice(start, start + 100_000).join("\n") + "\n");
    }
    appendFileSync(file, "# EOF\n");
    execFileSync(promtool, ["tsdb", "create-blocks-from", "openmetrics", "--quiet", file, "data"], { stdio: ["ignore", "ignore", "inherit"] });
    rmSync(file);
  }
}

const [out, promtool, end] = process.argv.slice(2);
month(out, promtool, Number(end));
