// One dashboard, drawn with Grafana's own components: what Grafana's core would do around them is done here, as far as our dashboards need it.
import {
  applyFieldOverrides, cacheFieldDisplayNames, colorManipulator, createTheme, dateTime, FieldConfigOptionsRegistry, FieldType, getDisplayProcessor,
  getFieldDisplayValues, rangeUtil, renderTextPanelMarkdown, standardTransformers, standardTransformersRegistry, ThemeContext, toDataFrame,
  transformDataFrame,
} from "@grafana/data";
import { BigValue, PanelChrome, TimeSeries, GlobalStyles, VizRepeater } from "@grafana/ui";
import { TableNG } from "@grafana/ui/unstable";
import { createRoot } from "react-dom/client";
import React from "react";
import { lastValueFrom } from "rxjs";

const { dashboard, prometheus, chosen, from, to, mode } = window.asked;
const theme = createTheme({ colors: { mode } });
const failures = (window.failures = []);
const GAP = 8, ROW = 30;

const ask = async (path, parameters) => {
  const answer = await (await fetch(`${prometheus}/api/v1/${path}`, { method: "POST", body: new URLSearchParams(parameters) })).json();
  if (answer.status !== "success") failures.push(`${answer.error}: ${JSON.stringify(parameters)}`);
  return answer.data ?? { result: [] };
};

// Variables -----------------------------------------------------------------------------------------------------------------------------------------

const ALL = "$__all";
const variables = new Map();
const escaped = (text) => text.replace(/\\/g, "\\\\").replace(/'/g, "\\\\'");
const patterned = (text) => escaped(text).replace(/\\\\/g, "\\\\\\\\").replace(/[$^*{}[\]+?.()|]/g, "\\\\$&");

/** What stands for a variable: in a query as the data source of Prometheus has it, elsewhere its text. */
function filled(text, { scoped = {}, query = false } = {}) {
  return text.replace(/\$\{(\w+)(?:\.([\w.]+))?(?::(\w+))?\}|\$(\w+)/g, (whole, name, _, format, short) => {
    name = name ?? short;
    if (name in scoped) return scoped[name];
    const variable = variables.get(name);
    if (!variable) return whole;
    if (format === "queryparam") return `var-${name}=${encodeURIComponent(variable.value)}`;
    const all = variable.value === ALL;
    const values = all ? (variable.allValue ? [variable.allValue] : variable.options) : [variable.value].flat();
    if (!query || format === "raw" || (all && variable.allValue)) return all && !query ? "All" : values.join(",");
    if (!variable.multi && !variable.includeAll) return escaped(values[0] ?? "");
    return values.length === 1 ? patterned(values[0]) : `(${values.map(patterned).join("|")})`;
  });
}

/** Options of a variable's query, narrowed by its pattern. */
async function options({ query, regex }) {
  const text = filled(query.query, { query: true });
  let found = [];
  const labels = /^label_values\((.*), *([\w.]+)\)$/s.exec(text);
  if (labels) {
    const series = await ask("series", { "match[]": labels[1], start: from, end: to });
    found = (Array.isArray(series) ? series : []).map((one) => one[labels[2]]).filter((value) => value !== undefined);
  } else {
    const inner = /^query_result\((.*)\)$/s.exec(text)[1];
    const { result } = await ask("query", { query: inner, time: to });
    found = result.map(({ metric: { __name__ = "", ...metric }, value: [at, value] }) => `${__name__}{${Object.entries(metric).map(([name, text]) => `${name}="${text}"`).join(",")}} ${value} ${at * 1000}`);
  }
  const pattern = /^\/(.*)\/(\w*)$/s.exec(regex ?? "");
  if (pattern) found = found.map((text) => new RegExp(pattern[1], pattern[2]).exec(text)).filter(Boolean).map((match) => match[1] ?? match[0]);
  return [...new Set(found)].sort();
}

async function resolve() {
  for (const variable of dashboard.templating.list) {
    if (variable.type === "datasource") {
      variables.set(variable.name, { ...variable, value: "Prometheus", options: [] });
      continue;
    }
    const known = await options(variable);
    const value = chosen[variable.name] ?? (variable.includeAll ? ALL : known[0] ?? "");
    variables.set(variable.name, { ...variable, options: known, value });
  }
}

// Data ----------------------------------------------------------------------------------------------------------------------------------------------

standardTransformersRegistry.setInit(() => [standardTransformers.mergeTransformer, standardTransformers.organizeFieldsTransformer, standardTransformers.limitTransformer]
  .map((one) => ({ id: one.id, name: one.name, transformation: one, editor: () => null })));

/** The range of a panel and what its width makes of it. */
function timing(panel, width) {
  const start = panel.timeFrom ? to - rangeUtil.intervalToSeconds(panel.timeFrom) : from;
  const least = Math.max(rangeUtil.intervalToMs(panel.interval ?? "30s"), 30_000);
  const range = { from: dateTime(start * 1000), to: dateTime(to * 1000), raw: { from: "", to: "" } };
  const { interval, intervalMs } = rangeUtil.calculateInterval(range, Math.max(100, Math.round(width)), `${least / 1000}s`);
  const rate = Math.max(intervalMs + 30_000, 120_000) / 1000;
  return { range, start, step: intervalMs / 1000, scoped: { __interval: interval, __rate_interval: `${rate}s`, __range: `${to - start}s` } };
}

const number = (text) => Number(text.replace("Inf", "Infinity"));

async function frames(panel, { start, step, scoped }) {
  const answers = await Promise.all((panel.targets ?? []).map(async (target) => {
    const query = filled(target.expr, { scoped, query: true });
    const aligned = (at) => Math.floor(at / step) * step;
    const { result } = target.instant ? await ask("query", { query, time: to }) : await ask("query_range", { query, start: aligned(start), end: aligned(to), step });
    return { target, result };
  }));
  const tables = answers.filter(({ target }) => target.format === "table").length;
  return answers.flatMap(({ target, result }) => {
    if (target.format === "table") {
      const labels = [...new Set(result.flatMap(({ metric }) => Object.keys(metric)))].sort();
      return result.length === 0 ? [] : [toDataFrame({ refId: target.refId, fields: [
        { name: "Time", type: FieldType.time, values: result.map(({ value }) => value[0] * 1000) },
        ...labels.map((label) => ({ name: label, type: FieldType.string, values: result.map(({ metric }) => metric[label] ?? "") })),
        { name: tables > 1 ? `Value #${target.refId}` : "Value", type: FieldType.number, values: result.map(({ value }) => number(value[1])) },
      ] })];
    }
    return result.map(({ metric, value, values = [value] }) => {
      const name = filled(target.legendFormat, { scoped }).replace(/\{\{\s*(.+?)\s*\}\}/g, (_, label) => metric[label] ?? "") ||
        `{${Object.entries(metric).map(([label, text]) => `${label}="${text}"`).join(", ")}}`;
      return toDataFrame({ refId: target.refId, fields: [
        { name: "Time", type: FieldType.time, config: { interval: step * 1000 }, values: values.map(([at]) => at * 1000) },
        { name: "Value", type: FieldType.number, labels: metric, config: { displayNameFromDS: name }, values: values.map(([, text]) => number(text)) },
      ] });
    });
  });
}

const ids = ["unit", "decimals", "min", "max", "noValue", "thresholds", "mappings", "links", "color", "displayName"];
const customs = ["minWidth", "width", "hideFrom", "cellOptions", "displayMode", "filterable", "align", "wrapText", "lineWidth", "lineStyle", "drawStyle", "fillOpacity", "stacking", "axisPlacement", "thresholdsStyle", "showPoints", "pointSize"];
const registry = new FieldConfigOptionsRegistry(() => [
  ...ids.map((id) => ({ id, path: id, name: id, isCustom: false })),
  ...customs.map((id) => ({ id: `custom.${id}`, path: id, name: id, isCustom: true })),
].map((one) => ({ ...one, override: () => null, editor: () => null, process: (value) => value, shouldApply: () => true, settings: {} })));

const defaults = {
  timeseries: { axisPlacement: "auto", axisLabel: "", axisColorMode: "text", axisBorderShow: false, scaleDistribution: { type: "linear" }, hideFrom: { tooltip: false, viz: false, legend: false }, pointSize: 5, barAlignment: 0 },
  table: { align: "auto", inspect: false, filterable: false },
};

async function prepared(panel, timed) {
  const raw = await frames(panel, timed);
  const data = await lastValueFrom(transformDataFrame(panel.transformations ?? [], raw, { interpolate: (text) => text }));
  const fieldConfig = structuredClone(panel.fieldConfig);
  // What Grafana's migrations make of them as it loads a table.
  for (const { properties } of fieldConfig.overrides) for (const property of properties.splice(0)) {
    properties.push(property.id === "custom.hidden" ? { id: "custom.hideFrom", value: { viz: property.value } } : property);
    if (property.value?.wrapText) properties.push({ id: "custom.wrapText", value: true });
  }
  fieldConfig.defaults.custom = { ...defaults[panel.type], ...fieldConfig.defaults.custom };
  const fields = applyFieldOverrides({
    data, fieldConfig, theme, timeZone: "browser", fieldConfigRegistry: registry,
    replaceVariables: (text, scoped) => linked(text, scoped),
  });
  cacheFieldDisplayNames(fields);
  return fields;
}

/** A link of a cell: `${__data.fields.NAME}` is of its row, `${__value.raw}` its own. */
function linked(text, scoped) {
  const row = scoped?.__dataContext?.value;
  const cell = (name) => {
    const field = row?.frame.fields.find((field) => field.name === name || field.state?.displayName === name || field.config?.displayName === name);
    return String(field?.values[row.rowIndex] ?? "");
  };
  const own = text.replace(/\$\{__data\.fields(?:\.(\w+)|\["?([^"\]]+)"?\])(?::(\w+))?\}/g, (_, dotted, quoted, format) => {
    const value = cell(dotted ?? quoted);
    return format === "raw" ? value : encodeURIComponent(value);
  });
  const value = row?.field?.values[row.rowIndex] ?? "";
  return filled(own.replace("${__value.raw:raw}", value).replace("${__url_time_range}", "from=now-24h&to=now"));
}

// Panels --------------------------------------------------------------------------------------------------------------------------------------------

function Table({ data, panel, width, height }) {
  const frame = data[panel.options.frameIndex ?? 0];
  if (!frame?.fields.length || !frame.length) return <Nothing said={panel.fieldConfig.defaults.noValue} />;
  return <TableNG data={frame} width={width} height={height} noHeader={false} showTypeIcons={false} resizable={false} cellHeight={panel.options.cellHeight}
    initialSortBy={panel.options.sortBy} fieldConfig={panel.fieldConfig} getActions={() => []} structureRev={1} transparent={false} frozenColumns={0}
    timeRange={{}} enableSharedCrosshair={false} disableSanitizeHtml={false} />;
}

function Stat({ data, panel, width, height }) {
  const values = getFieldDisplayValues({
    fieldConfig: panel.fieldConfig, reduceOptions: panel.options.reduceOptions, replaceVariables: linked, theme, data, sparkline: false, timeZone: "browser",
  });
  return <VizRepeater getValues={() => values} source={data} width={width} height={height} orientation="horizontal" itemSpacing={3} renderCounter={1}
    renderValue={({ value, width, height }) => <BigValue value={value.display} count={values.length} width={width} height={height} theme={theme}
      colorMode={panel.options.colorMode} graphMode="none" justifyMode={panel.options.justifyMode} textMode={panel.options.textMode}
      alignmentFactors={undefined} text={panel.options.text} wideLayout={panel.options.wideLayout} />} />;
}

function Lines({ data, panel, width, height, timed, marks }) {
  if (data.length === 0) return <Nothing said={panel.fieldConfig.defaults.noValue} />;
  const drawn = (config) => {
    config.addHook("draw", (plot) => {
      for (const { start, end, colour } of marks) {
        const [left, right] = [start, end].map((at) => Math.min(plot.bbox.left + plot.bbox.width, Math.max(plot.bbox.left, plot.valToPos(at * 1000, "x", true))));
        plot.ctx.fillStyle = colorManipulator.alpha(theme.visualization.getColorByName(colour), 0.2);
        plot.ctx.fillRect(left, plot.bbox.top, Math.max(1, right - left), plot.bbox.height);
      }
    });
    return null;
  };
  return <TimeSeries frames={data} width={width} height={height} timeRange={timed.range} timeZone="browser" legend={panel.options.legend} options={panel.options}
    structureRev={1} theme={theme}>{drawn}</TimeSeries>;
}

/** Values that stay the same, as one. */
function segments(times, values, step) {
  const all = [];
  times.forEach((from, place) => {
    const last = all.at(-1);
    if (last && last.value === values[place] && from <= last.to) last.to = from + step;
    else all.push({ from, to: from + step, value: values[place] });
  });
  return all;
}

/** Grafana keeps its timelines to itself: rows of segments in the colours of their values, as it draws them. */
function States({ data, panel, width, height, timed }) {
  const [start, end] = [timed.range.from.valueOf(), timed.range.to.valueOf()];
  const names = data.map((frame) => frame.fields[1].config.displayNameFromDS);
  const label = Math.min(width / 3, 12 + 6.5 * Math.max(0, ...names.map((name) => name.length)));
  const each = Math.min(38, (height - 20) / Math.max(1, data.length));
  const at = (moment) => label + ((width - label) * (moment - start)) / (end - start);
  return <div style={{ position: "relative", height, fontSize: Math.min(12, each) }}>
    {data.map((frame, index) => {
      const [times, values] = frame.fields;
      const display = values.display ?? getDisplayProcessor({ field: values, theme });
      return <div key={index} style={{ position: "absolute", top: index * each, height: each, width }}>
        <span style={{ position: "absolute", width: label - 6, textAlign: "right", overflow: "hidden", lineHeight: `${each}px`, whiteSpace: "nowrap" }}>{names[index]}</span>
        {segments(times.values, values.values, timed.step * 1000).map(({ from, to, value }) => {
          const [left, right] = [from, Math.min(to, end)].map((moment) => Math.max(label, at(moment)));
          return <i key={from} style={{ position: "absolute", top: each * 0.05, height: each * 0.9, left, width: Math.max(1, right - left), background: display(value).color, opacity: 0.7 }} />;
        })}
      </div>;
    })}
    <small style={{ position: "absolute", bottom: 0, left: label }}>{timed.range.from.format("MM-DD HH:mm")}</small>
    <small style={{ position: "absolute", bottom: 0, right: 0 }}>{timed.range.to.format("MM-DD HH:mm")}</small>
  </div>;
}

const Nothing = ({ said }) => <div style={{ display: "grid", placeItems: "center", height: "100%" }}>{said ?? "No data"}</div>;
const Words = ({ panel }) => <div className="markdown-html" dangerouslySetInnerHTML={{ __html: renderTextPanelMarkdown(filled(panel.options.content)) }} />;
const kinds = { table: Table, stat: Stat, timeseries: Lines, "state-timeline": States, text: Words };

class Guarded extends React.Component {
  state = {};
  static getDerivedStateFromError(failure) { return { failure }; }
  render() {
    if (!this.state.failure) return this.props.children;
    failures.push(`${this.props.title}: ${this.state.failure.stack}`);
    return <pre>{String(this.state.failure)}</pre>;
  }
}

async function marked() {
  const drawn = dashboard.annotations.list.filter(({ expr, enable }) => expr && enable);
  const step = Math.max(60, Math.round((to - from) / 1000));
  const regions = await Promise.all(drawn.map(async ({ expr, iconColor: colour }) => {
    const { result } = await ask("query_range", { query: filled(expr, { query: true }), start: from, end: to, step });
    return result.flatMap(({ values }) => {
      const regions = [];
      for (const [at] of values.filter(([, value]) => number(value) >= 1)) {
        const last = regions.at(-1);
        if (last && at - last.end <= step) last.end = at;
        else regions.push({ start: at, end: at, colour });
      }
      return regions;
    });
  }));
  return regions.flat();
}

function Dashboard({ panels, width, marks }) {
  const narrow = width < 769;
  const column = (width + GAP) / 24;
  let below = 0;
  const placed = panels.map(({ panel, data, timed }) => {
    const { x, y, w, h } = panel.gridPos;
    const size = { width: (narrow ? width : w * column - GAP), height: h * (ROW + GAP) - GAP };
    const place = narrow ? { left: 0, top: below } : { left: x * column, top: y * (ROW + GAP) };
    below = Math.max(below, narrow ? below + size.height + GAP : place.top + size.height + GAP);
    return { panel, data, timed, size, place };
  });
  const said = dashboard.templating.list.filter(({ hide }) => hide === 0);
  const pill = { border: `1px solid ${theme.colors.border.medium}`, borderRadius: 2, padding: "5px 8px", fontSize: 12 };
  return <>
    <h4>{dashboard.title}</h4>
    <div style={{ display: "flex", flexWrap: "wrap", gap: 8, marginBottom: 8 }}>
      {said.map(({ name, label }) => <span key={name} style={pill}><b>{label}</b> {filled(`$${name}`)}</span>)}
      {dashboard.links.map(({ title, url }) => <a key={title} style={pill} href={filled(url ?? "")}>{title}</a>)}
    </div>
    <div style={{ position: "relative", height: below }}>
      {placed.map(({ panel, data, timed, size, place }) => <div key={panel.id} style={{ position: "absolute", ...place }}>
        {panel.type === "row" ? <b>▸ {panel.title}</b> : <PanelChrome title={filled(panel.title)} description={panel.description} {...size}
          titleItems={timed && panel.timeFrom ? [<small key="t">Last {panel.timeFrom}</small>] : []}>
          {(width, height) => <Guarded title={panel.title}>{React.createElement(kinds[panel.type], { panel, data, timed, width, height, marks })}</Guarded>}
        </PanelChrome>}
      </div>)}
    </div>
  </>;
}

(async () => {
  await resolve();
  const width = document.documentElement.clientWidth - 32;
  const panels = await Promise.all(dashboard.panels.map(async (panel) => {
    if (!panel.targets) return { panel };
    const wide = width < 769 ? width : (panel.gridPos.w * width) / 24;
    const timed = timing(panel, wide);
    return { panel, timed, data: await prepared(panel, timed) };
  }));
  const marks = await marked();
  document.body.style.background = theme.colors.background.canvas;
  createRoot(document.getElementById("root")).render(<ThemeContext.Provider value={theme}>
    <GlobalStyles />
    <div style={{ padding: 16, color: theme.colors.text.primary, fontFamily: theme.typography.fontFamily }}><Dashboard panels={panels} width={width} marks={marks} /></div>
  </ThemeContext.Provider>);
  setTimeout(() => (window.drawn = true), 600);
})().catch((failure) => { failures.push(failure.stack); window.drawn = true; });
