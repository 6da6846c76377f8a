// Writes every dashboard as TypeScript literals under Grafana's own types, in which a literal may have no key that the type does not know and no
// word that is none of its own. Prints what the compiler says of them.
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [dashboards, folder] = process.argv.slice(2);
const types = "./node_modules/@grafana/schema/dist/esm/raw";
const kinds = {
  stat: "stat/panelcfg/x/StatPanelCfg_types.gen",
  "state-timeline": "statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen",
  table: "table/panelcfg/x/TablePanelCfg_types.gen",
  text: "text/panelcfg/x/TextPanelCfg_types.gen",
  timeseries: "timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen",
};
const name = (kind) => kind.replaceAll("-", "_");

const lines = [
  // JSON spells the members of enumerations; everything but the words themselves stays as strict as it is.
  "type Spelled<T> = T extends string ? `${T}` : T extends Array<infer U> ? Array<Spelled<U>> : T extends object ? { [K in keyof T]: Spelled<T[K]> } : T;",
  // Options and fields that are left out have defaults.
  "type Parts<T> = T extends string ? `${T}` : T extends Array<infer U> ? Array<Parts<U>> : T extends object ? { [K in keyof T]?: Parts<T[K]> } : T;",
  `import type * as dash from "${types}/dashboard/x/dashboard_types.gen";`,
  ...Object.entries(kinds).map(([kind, file]) => `import type * as ${name(kind)} from "${types}/composable/${file}";`),
];
const places = new Map();
const say = (place, type, value) => {
  places.set(lines.length + 1, place);
  lines.push(`export const v${lines.length}: ${type} = ${JSON.stringify(value)};`);
};

for (const file of readdirSync(dashboards).filter((file) => file.endsWith(".json")).sort()) {
  const { panels, annotations, templating, ...dashboard } = JSON.parse(readFileSync(join(dashboards, file), "utf8"));
  say(file, 'Spelled<Omit<dash.Dashboard, "panels" | "annotations" | "templating">>', dashboard);
  for (const { expr, step, tagKeys, textFormat, titleFormat, ...annotation } of annotations.list) {
    // The schema is open here: `expr` and what belongs to it are the data source's own.
    say(`${file}: annotation ${annotation.name}`, "Spelled<dash.AnnotationQuery>", annotation);
  }
  for (const { definition, ...variable } of templating.list) {
    // Likewise `definition`, which Grafana itself writes beside a query.
    say(`${file}: variable ${variable.name}`, "Spelled<dash.VariableModel>", variable);
  }
  for (const panel of panels) {
    const place = `${file}: ${panel.title || panel.type}`;
    if (panel.type === "row") {
      say(place, "Spelled<dash.RowPanel>", panel);
      continue;
    }
    if (!(panel.type in kinds)) throw new Error(`${place}: nobody knows the type ${panel.type}`);
    const { targets, options, ...rest } = structuredClone(panel);
    const custom = rest.fieldConfig?.defaults?.custom;
    delete rest.fieldConfig?.defaults?.custom;
    say(place, 'Spelled<Omit<dash.Panel, "options" | "targets">>', rest);
    if (options) say(`${place}: options`, `Parts<${name(panel.type)}.Options>`, options);
    if (custom) say(`${place}: custom`, `Parts<${name(panel.type)}.FieldConfig>`, custom);
  }
}

writeFileSync(join(folder, "dashboards.ts"), lines.join("\n"));
try {
  const args = ["--noEmit", "--strict", "--skipLibCheck", "--moduleResolution", "bundler", "--module", "esnext", "--target", "es2022"];
  execFileSync("node_modules/.bin/tsc", [...args, "dashboards.ts"], { cwd: folder, encoding: "utf8" });
} catch (failure) {
  if (typeof failure.stdout !== "string") throw failure;
  const where = (text, line) => places.get(Number(line)) ?? text;
  console.log(failure.stdout.replaceAll(/dashboards\.ts\((\d+),\d+\)/g, where));
  process.exit(1);
}
console.log(`${places.size} parts of dashboards are of Grafana's types`);
