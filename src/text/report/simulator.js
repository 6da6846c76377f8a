// What an outage of one error ratio sets off: the arithmetic of the compiled rules, in whole numbers.
//
// As in `slowburn simulate`, the outage begins right after an evaluation of all rules; before it there were no errors, and the traffic is
// even. Rules look every `interval`, those of slow tiers every `long_interval`. What they count in a window is bad as far as the outage
// reaches into it. Windows that are sums of five minutes end `late` before the evaluation.
"use strict";

const simulation = (() => {
  const max = (a, b) => (a > b ? a : b);
  const min = (a, b) => (a < b ? a : b);

  // Decimal text as a fraction of whole numbers.
  function fraction(text) {
    const [whole, part = ""] = text.split(".");
    return { n: BigInt(whole + part), d: 10n ** BigInt(part.length) };
  }

  // The times in which events are bad, and which share of them: (from, to], in milliseconds.
  function bad(slo, errors, length) {
    const interval = BigInt(slo.interval);
    if (slo.event === "occurrence") return { from: 0n, to: length, ratio: errors };
    // A look sees the state of its moment.
    if (slo.event === "check") return { from: 0n, to: (length / interval) * interval, ratio: errors };
    // A moment is bad while more of the slice that ends there is than may be: e × overlap > budget × slice.
    const slice = BigInt(slo.slice.length);
    const budget = fraction(slo.slice.budget);
    const spoiled = (at) => {
      const overlap = min(at, length) - max(0n, at - slice);
      return overlap > 0n && errors.n * overlap * budget.d > budget.n * slice * errors.d;
    };
    const from = onset(length, interval, spoiled);
    if (from === null) return { from: 0n, to: 0n, ratio: { n: 1n, d: 1n } };
    const to = first(from, (length + slice) / interval + 1n, (look) => look * interval >= length && !spoiled(look * interval));
    // A journey sees its parts an evaluation late.
    const late = BigInt(slo.slice.late ?? 0);
    return { from: (from - 1n) * interval + late, to: (to - 1n) * interval + late, ratio: { n: 1n, d: 1n } };
  }

  // The least whole number in [from, to] for which `holds`, which once true stays so; null if it never is.
  function first(from, to, holds) {
    if (!holds(to)) return null;
    while (from < to) {
      const middle = (from + to) / 2n;
      if (holds(middle)) to = middle;
      else from = middle + 1n;
    }
    return from;
  }

  // The number of the first look that sees what grows until `to`; null if none does. The look after the end may be the only one, or, if a window
  // ends `late`, the look after that.
  function onset(to, every, sees, late = 0n) {
    const last = to / every;
    const after = late > 0n ? [last + 1n, last + 2n] : [last + 1n];
    return first(0n, last, (look) => sees(look * every)) ?? after.find((look) => sees(look * every)) ?? null;
  }

  // When a tier fires and when it stops, in milliseconds from the beginning; null if it never fires.
  function times(tier, outage, traffic) {
    const every = BigInt(tier.every);
    const threshold = fraction(tier.threshold);
    const { from, to, ratio } = outage;
    const overlap = (at, window) => max(0n, min(at, to) - max(from, at - window));
    const above = (at, window) => ratio.n * overlap(at, window) * threshold.d > threshold.n * window * ratio.d;
    const long = BigInt(tier.long);
    const short = BigInt(tier.short);
    // The rules compare counts half an event below the number.
    const enough = (at) =>
      tier.least < 2 ||
      traffic === null ||
      2n * traffic.n * ratio.n * overlap(at, long) > (2n * BigInt(tier.least) - 1n) * 1000n * traffic.d * ratio.d;
    const busy = !tier.events || traffic === null || 2n * traffic.n * long > (2n * BigInt(tier.events) - 1n) * 1000n * traffic.d;
    const [longLate, shortLate] = (tier.late ?? [0, 0]).map(BigInt);
    const sees = (at) => busy && above(at - longLate, long) && above(at - shortLate, short) && enough(at - longLate);
    const fires = onset(to, every, sees, longLate);
    if (fires === null) return null;
    const gone = first(max(fires, to / every), (to + longLate + long) / every + 1n, (look) => look * every >= to && !sees(look * every));
    return { fires: Number(fires * every), stops: Number(gone * every) };
  }

  // When more of the period's budget is spent than a line leaves, in milliseconds; null if never. What is spent is summed over five minutes that end
  // an evaluation ago.
  function crossed(slo, line, { from, to, ratio }) {
    const [every, late, spent, budget] = [BigInt(slo.long_interval), BigInt(slo.interval), fraction(line.spent), fraction(slo.budget)];
    const most = spent.n * budget.n * BigInt(slo.period) * ratio.d;
    const sees = (at) => ratio.n * max(0n, min(at - late, to) - from) * spent.d * budget.d > most;
    const look = onset(to, every, sees, late);
    return look === null ? null : Number(look * every);
  }

  // Everything that follows. `errors` and `traffic` (events per second) are decimal text, `length` milliseconds.
  function run(slo, errors, length, traffic = slo.traffic) {
    const outage = bad(slo, fraction(errors), BigInt(length));
    const pace = slo.event === "occurrence" ? (traffic ? fraction(traffic) : null) : { n: 1000n, d: BigInt(slo.interval) };
    const tiers = slo.tiers.map((tier) => ({ tier, times: times(tier, outage, pace) }));
    // Milliseconds of full outage that cost as much.
    const full = (Number(outage.to - outage.from) * Number(outage.ratio.n)) / Number(outage.ratio.d);
    const alerts = slo.alerts.map((alert) => {
      const seen = tiers.filter(({ tier, times }) => times && tier.severity === alert.severity).map(({ times }) => times);
      const fires = Math.min(...seen.map((times) => times.fires));
      // The alert goes on firing for as long as it is kept, until it is looked at again.
      const own = slo.tiers.filter((tier) => tier.severity === alert.severity);
      const every = Math.min(...own.map((tier) => tier.every));
      const kept = Math.ceil((own[0]?.kept ?? 0) / every) * every;
      const stops = Math.max(...seen.map((times) => times.stops)) + kept;
      return { alert, times: seen.length ? { fires, stops } : null };
    });
    const page = alerts.find(({ alert, times }) => times && alert.severity === "page");
    const declared = slo.budget_alerts;
    // With too few events a budget is not known, and no line of it is crossed.
    const period = fraction(String(slo.period));
    const known = declared && (!pace || pace.n * period.n >= fraction(declared.enough).n * 1000n * pace.d);
    const lines = (declared?.lines ?? []).map((line) => {
      const at = known ? crossed(slo, line, outage) : null;
      // Whoever was paged is awake: then a line is a ticket.
      const awake = page && at !== null && page.times.fires <= at && at < page.times.stops + declared.awake;
      return { line, at, severity: awake ? "ticket" : line.severity };
    });
    for (const one of alerts) one.notifications = notifications(one, page);
    return {
      tiers,
      alerts,
      lines,
      share: full / (Number(slo.budget) * slo.period),
      full,
      events: slo.event === "occurrence" && pace ? (full / 1000) * (Number(pace.n) / Number(pace.d)) : null,
    };
  }

  // When each receiver is notified, in milliseconds; null for never. While the page fires its ticket is silent.
  function notifications({ alert, times }, page) {
    if (!times) return [];
    const silent = alert.severity === "ticket" && page ? page.times : null;
    return alert.notified.map((receiver) => {
      let at = times.fires + receiver.after;
      if (silent && at >= silent.fires && at < silent.stops) at = silent.stops;
      return { receiver, at: at < times.stops ? at : null, silenced: Boolean(silent) };
    });
  }

  return { run };
})();

// The form and what it shows. Its state is in the address, so that a result is a link.
(() => {
  const data = JSON.parse(document.getElementById("simulator-data").textContent);
  const say = (name, values = {}) => data.words[name].replace(/\{(\w+)\}/g, (_, key) => values[key]);
  const field = (name) => document.getElementById("simulator-" + name);
  const form = document.getElementById("simulator");
  const [slos, errors, slider, length, traffic] = ["slo", "errors", "slider", "for", "traffic"].map(field);
  const language = document.documentElement.lang;
  const UNITS = { ms: 1, s: 1000, m: 60000, min: 60000, h: 3600000, d: 86400000 };

  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  const number = (value) => value.toLocaleString(language, value < 100 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 0 });

  // Milliseconds in the unit that people would take.
  function time(value) {
    const [unit, size] = value < 60000 ? ["s", 1000] : value < 3600000 ? ["min", 60000] : value < 172800000 ? ["h", 3600000] : ["d", 86400000];
    return number(value / size) + "\u00a0" + unit;
  }

  // Milliseconds of `1h30m`; null for anything else.
  function milliseconds(text) {
    const parts = [...text.matchAll(/(\d+)\s*(ms|min|s|m|h|d)\s*/gy)];
    if (!parts.length || parts.map(([whole]) => whole).join("") !== text) return null;
    return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * UNITS[unit], 0);
  }

  // Percent as a ratio in decimal text: the point moves two digits to the left. Null for what is not in (0, 100].
  function ratio(text) {
    if (!/^\d{1,3}(\.\d{1,10})?$/.test(text) || Number(text) <= 0 || Number(text) > 100) return null;
    const [whole, part = ""] = text.split(".");
    const digits = whole.padStart(3, "0");
    return digits.slice(0, -2) + "." + digits.slice(-2) + part;
  }

  const plain = (text) => text.trim().replace(",", ".").replace(/\s*%$/, "");

  function read() {
    const slo = data.slos.find(({ name }) => name === slos.value);
    const share = ratio(plain(errors.value));
    const lasts = milliseconds(length.value.trim());
    const pace = plain(traffic.value);
    if (share === null) return { fault: say("fault.errors"), at: errors };
    if (lasts === null || lasts <= 0 || lasts > slo.period) return { fault: say("fault.for", { period: time(slo.period) }), at: length };
    if (pace && (!/^\d{1,12}(\.\d{1,28})?$/.test(pace) || Number(pace) <= 0)) return { fault: say("fault.traffic"), at: traffic };
    return { slo, share, lasts, pace: pace || undefined };
  }

  function show() {
    const asked = read();
    const fault = field("fault");
    for (const input of [errors, length, traffic]) input.setAttribute("aria-invalid", asked.at === input);
    fault.hidden = !asked.fault;
    fault.textContent = asked.fault ?? "";
    if (asked.fault) return field("result").replaceChildren();
    const { slo, share, lasts, pace } = asked;
    field("traffic-line").hidden = slo.event !== "occurrence";
    field("result").replaceChildren(...result(slo, lasts, simulation.run(slo, share, lasts, pace)));
  }

  function result(slo, lasts, ran) {
    const cost = { share: number(ran.share * 100), time: time(ran.full), events: ran.events === null ? "" : number(ran.events) };
    const parts = [element("p", { class: "promise", "data-share": ran.share, "data-full": ran.full }, say(ran.events === null ? "cost" : "cost.events", cost))];
    if (!ran.tiers.length && !ran.lines.length) return [...parts, element("p", { class: "note" }, say("none"))];
    const head = [["tier", ""], ["course", ""], ["fires", "number"], ["stops", "number"]].map(([name, kind]) => element("th", { scope: "col", class: kind }, say("column." + name)));
    const end = Math.max(lasts, ...ran.tiers.map(({ times }) => times?.stops ?? 0));
    const rows = ran.tiers.map(({ tier, times }) => row(tier, times, lasts, end));
    const outage = element("tr", {}, element("th", { scope: "row" }, say("outage")), element("td", {}, course("outage", 0, lasts, end)), element("td", { class: "number" }, time(0)), element("td", { class: "number" }, time(lasts)));
    parts.push(table(say("tiers"), head, [outage, ...rows]));
    const lines = ran.lines.map(({ line, at, severity }) => {
      const cells = [line.name, line.left, at === null ? say("never") : time(at), at === null ? "" : say("severity." + severity)];
      return element("tr", { "data-line": line.left }, ...cells.map((cell, index) => (index ? element("td", {}, cell) : element("th", { scope: "row" }, element("code", {}, cell)))));
    });
    if (lines.length) parts.push(table(say("lines"), ["alert", "left", "fires", "severity"].map((name) => element("th", { scope: "col" }, say("column." + name))), lines));
    parts.push(table(say("notified"), ["alert", "receiver", "when"].map((name) => element("th", { scope: "col" }, say("column." + name))), ran.alerts.flatMap(notified)));
    return parts;
  }

  function table(caption, head, rows) {
    const made = element("table", {}, element("caption", {}, element("span", {}, caption)), element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows));
    return element("div", { class: "scroll", role: "group", "aria-label": caption, tabindex: "0" }, made);
  }

  function row(tier, times, lasts, end) {
    const cells = times
      ? [element("td", {}, course(tier.severity, times.fires, times.stops, end)), element("td", { class: "number" }, time(times.fires)), element("td", { class: "number" }, say("after", { time: time(times.stops - lasts) }))]
      : [element("td"), element("td", { class: "number muted", colspan: "2" }, say("never"))];
    const marks = times ? { "data-tier": tier.name, "data-fires": times.fires, "data-stops": times.stops } : { "data-tier": tier.name };
    return element("tr", marks, element("th", { scope: "row" }, tier.name), ...cells);
  }

  // A bar from one time to another; what it shows is in the cells beside it.
  function course(kind, from, to, end) {
    const bar = element("span", { class: "bar " + kind });
    bar.style.marginInlineStart = (100 * from) / end + "%";
    bar.style.width = Math.max((100 * (to - from)) / end, 0.5) + "%";
    return element("span", { class: "course", "aria-hidden": "true" }, bar);
  }

  function notified({ alert, times, notifications }) {
    const name = () => element("th", { scope: "row" }, element("code", {}, alert.name));
    if (!times) return [element("tr", {}, name(), element("td", { class: "muted", colspan: "2" }, say("silent")))];
    if (!notifications.length) return [element("tr", {}, name(), element("td", { colspan: "2" }, say("yours", { time: time(times.fires) })))];
    return notifications.map(({ receiver, at, silenced }) => {
      const mute = receiver.mute.length ? say("mute", { times: receiver.mute.join(", ") }) : "";
      const when = at === null ? say(silenced ? "silenced" : "over") : say(silenced ? "at.later" : "at", { time: time(at) }) + mute;
      return element("tr", { "data-receiver": receiver.name, "data-at": at ?? "" }, name(), element("td", {}, receiver.name), element("td", {}, when));
    });
  }

  // Even steps of the slider are even steps of the ratio's logarithm: 0.01% to 100%.
  const slid = (step) => String(Number((10 ** (step / 25 - 2)).toPrecision(2)));

  function remember() {
    const state = new URLSearchParams({ slo: slos.value, errors: plain(errors.value), for: length.value.trim() });
    if (traffic.value.trim()) state.set("traffic", plain(traffic.value));
    history.replaceState(null, "", "#simulate?" + state.toString().replaceAll("%2F", "/"));
  }

  function expected() {
    traffic.value = data.slos.find(({ name }) => name === slos.value)?.traffic ?? "";
  }

  function recall() {
    const [place, query] = location.hash.split("?");
    if (place !== "#simulate") return false;
    const state = new URLSearchParams(query ?? "");
    if (data.slos.some(({ name }) => name === state.get("slo"))) slos.value = state.get("slo");
    expected();
    errors.value = state.get("errors") ?? errors.value;
    length.value = state.get("for") ?? length.value;
    traffic.value = state.get("traffic") ?? traffic.value;
    slider.value = Math.round((Math.log10(Number(plain(errors.value)) || 100) + 2) * 25);
    return true;
  }

  if (!data.slos.length) return;
  slos.append(...data.slos.map(({ name }) => element("option", { value: name }, name)));
  form.hidden = false;
  slos.addEventListener("input", expected);
  slider.addEventListener("input", () => (errors.value = slid(Number(slider.value))));
  form.addEventListener("input", () => (remember(), show()));
  addEventListener("hashchange", () => {
    if (!recall()) return;
    show();
    document.getElementById("simulate").scrollIntoView();
  });
  expected();
  if (recall()) document.getElementById("simulate").scrollIntoView();
  show();
})();
