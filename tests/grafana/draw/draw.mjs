// Draws dashboards over a Prometheus and takes pictures of them. `run` calls it.
import { createServer } from "node:http";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { extname, join, normalize } from "node:path";
import { build } from "esbuild";
import puppeteer from "puppeteer-core";
import upng from "upng-js";

const [out, prometheus, pictures, end, only = ""] = process.argv.slice(2);
const modules = join(process.cwd(), "node_modules");
const to = Number(end), colours = Number(process.env.COLOURS ?? 0);
const ranges = { "5m": 300, "24h": 86_400, "30d": 30 * 86_400 };
const widths = [1920, 1366, 400];
const types = { ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html", ".woff2": "font/woff2" };

/** Which of the SLOs the screen of one SLO is drawn for: what fires, waits, is gone, is planned, and is one of many. */
async function shown() {
  const ask = async (query) => (await (await fetch(`${prometheus}/api/v1/query?${new URLSearchParams({ query, time: end })}`)).json()).data.result;
  const kinds = {
    page: 'ALERTS{alertname=~".+BurnPage",alertstate="firing"}', ticket: 'ALERTS{alertname=~".+BurnTicket",alertstate="firing"}',
    pending: 'ALERTS{alertname=~".+Burn.+",alertstate="pending"}', below: 'ALERTS{budget_below!=""}', planned: 'slo:definition:info{planned!=""}',
    gone: 'slo:definition:info{by!=""} unless on (service, slo) slo:current_burn_rate:ratio',
    many: 'slo:definition:info{by!=""} and on (service, slo) slo:current_burn_rate:ratio', spent: "slo:period_error_budget_remaining:ratio < 0",
    journey: 'slo:definition:info{journey!=""}', hours: 'slo:definition:info{hours!=""}', month: 'slo:definition:info{period=~"month.+"}',
  };
  const found = [];
  for (const [kind, query] of Object.entries(kinds)) {
    const { service, slo } = (await ask(query))[0]?.metric ?? {};
    if (slo) found.push({ name: `slo-${kind}`, file: "slo.json", chosen: { service, slo } });
  }
  return found;
}

// Grafana's grid is a fork that no registry has. The one that it is of takes a context for its provider, as React 19 does and Grafana's 18 does not.
const provided = { name: "provided", setup: ({ onLoad }) => onLoad({ filter: /react-data-grid\/lib\/bundle\.js$/ }, ({ path }) =>
  ({ contents: readFileSync(path, "utf8").replaceAll(/\b(jsxs?\(\w+Context),/g, "$1.Provider,"), loader: "js" })) };

/** The same in so many colours, which is a third of it. */
function fewer(png) {
  const image = upng.decode(png);
  return Buffer.from(upng.encode(upng.toRGBA8(image), image.width, image.height, colours));
}

mkdirSync(pictures, { recursive: true });
await build({
  entryPoints: ["page.jsx"], bundle: true, outfile: "page.js", jsx: "automatic", logLevel: "error", plugins: [provided],
  define: { "process.env.NODE_ENV": '"production"', global: "window" }, loader: { ".ttf": "dataurl", ".svg": "dataurl", ".woff2": "dataurl" },
});
const server = createServer((request, response) => {
  const path = normalize(decodeURIComponent(new URL(request.url, "http://x").pathname));
  try {
    const text = path === "/" ? '<!doctype html><link rel="stylesheet" href="page.css"><div id="root"></div>'
      : readFileSync(path.startsWith("/page.") ? path.slice(1) : join(modules, "@grafana/ui/dist", path));
    response.writeHead(200, { "content-type": types[extname(path)] ?? "text/html" }).end(text);
  } catch {
    response.writeHead(404).end();
  }
}).listen(0, "127.0.0.1");

const dashboards = join(out, "grafana/dashboards");
const services = readdirSync(dashboards).filter((name) => name.endsWith(".json") && name !== "slo.json");
const screens = [...services.map((file) => ({ name: file.slice(0, -5), file, chosen: {} })), ...(await shown())];
const browser = await puppeteer.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
let faults = 0, taken = 0;
try {
  for (const mode of ["dark", "light"]) for (const width of widths) for (const [range, seconds] of Object.entries(ranges)) {
    for (const { name, file, chosen } of screens) {
      const picture = `${name}-${range}-${width}-${mode}`;
      if (!new RegExp(only).test(picture)) continue;
      const dashboard = JSON.parse(readFileSync(join(dashboards, file), "utf8"));
      const page = await browser.newPage();
      // As tall as anything is: tables draw only the rows that are seen.
      await page.setViewport({ width, height: 6000 });
      const said = [];
      page.on("pageerror", (failure) => said.push(String(failure)));
      await page.evaluateOnNewDocument((asked) => (window.asked = asked), { dashboard, prometheus, chosen, from: to - seconds, to, mode });
      await page.goto(`http://127.0.0.1:${server.address().port}/`);
      await page.addScriptTag({ url: "/page.js" });
      await page.waitForFunction("window.drawn", { timeout: 60_000 });
      const height = Math.ceil(await page.$eval("#root", (root) => root.getBoundingClientRect().height));
      const png = await page.screenshot({ clip: { x: 0, y: 0, width, height } });
      writeFileSync(join(pictures, `${picture}.png`), colours ? fewer(png) : png);
      const links = await page.$$eval("a[href]", (all) => all.map((one) => one.getAttribute("href")));
      writeFileSync(join(pictures, `${picture}.links`), links.join("\n") + "\n");
      said.push(...(await page.evaluate("window.failures")));
      for (const fault of said) console.error(`${picture}: ${fault}`);
      faults += said.length;
      taken += 1;
      await page.close();
    }
  }
} finally {
  await browser.close();
  server.close();
}
console.log(`${taken} pictures, ${faults} faults`);
process.exit(faults || !taken ? 1 : 0);
