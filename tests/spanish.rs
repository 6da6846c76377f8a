//! Sentences in Spanish, as a native reader expects them: articles, spaces before signs, decimal commas, singular and plural.
#![allow(clippy::unwrap_used)]

use slowburn::artifact::Artifacts;

use crate::support::rules::compiled;

const PROJECT: &str = "
version: slowburn/v1
language: es
time_zone: America/Argentina/Buenos_Aires
policy: single
policies:
  single:
    tiers: [{ severity: page, budget: 2%, long: 1h, short: 5m }]
budget_alerts: [{ left: 0%, severity: page }, { left: 25%, severity: ticket }]
budget_policy:
  - { below: 25%, do: Solo se despliegan correcciones, freeze: true }
  - { below: 0%, do: Se analizan las causas }
maintenance:
  - { from: 2027-01-10T02:00, to: 2027-01-10T04:00, slos: [tienda/pedidos], reason: Se muda la base }
";

const SERVICE: &str = r#"
version: slowburn/v1
service: tienda
description: La tienda en línea.
slos:
  pedidos:
    objective: 99.95%
    sli: { total: 'pedidos_total{job="t"}', bad: 'pedidos_total{job="t", result="error"}' }
  rapido:
    objective: 95% < 500ms
    period: 1d
    hours: { days: monday-friday, hours: "08:00-20:00" }
    sli: { latency: 'pedidos_seconds{job="t"}' }
  nodos:
    objective: 99%
    sli: { condition: 'node_load1{job="t"} < 0.5' }
alerts:
  disco:
    expr: 'disco_libre{job="t"} < 0.1'
    for: 1m
    severity: ticket
  cola:
    expr: 'cola{job="t"} > 93600'
    for: 1m
    severity: ticket
"#;

fn text<'a>(artifacts: &'a Artifacts, path: &str) -> &'a str {
    artifacts.get(path).map_or_else(|| panic!("{path}: {:?}", artifacts.keys()), String::as_str)
}

/// The text with usual spaces.
fn shown(artifacts: &Artifacts, path: &str) -> String {
    text(artifacts, path).replace('\u{a0}', " ")
}

#[test]
fn sentences_are_correct() {
    let artifacts = compiled(&[("slos/slowburn.yaml", PROJECT), ("slos/tienda.yaml", SERVICE)]);
    let rules = shown(&artifacts, "prometheus/tienda.rules.yaml");
    let proofs = shown(&artifacts, "promtool/tienda.page.test.yaml");
    let alerts = shown(&artifacts, "promtool/tienda.alerts.test.yaml");
    let report = shown(&artifacts, "report/index.html");
    let runbook = |slo: &str| shown(&artifacts, &format!("runbooks/tienda-{slo}.md"));
    let dashboard = shown(&artifacts, "grafana/dashboards/tienda.json");
    for (file, sentences) in [
        (
            &rules,
            &[
                "}}el {{ . | first | value | humanizePercentage",
                "}}el {{ . | first | value | printf",
                "se agotó el presupuesto de error, falló ",
                "queda menos del 25 % del presupuesto de error, el resto dura ",
                "En la última ventana de 1 h falló ",
                "Prometido: 95 % < 500 ms en cualquier período de 1 día.",
                "Prometido: 99,95 % en cualquier período de 30 días.",
                "La condición se cumple desde hace al menos 1 min",
                "sin eventos desde hace 15 min",
            ][..],
        ),
        (&alerts, &["el valor es 93601."]),
        (&proofs, &["ahora falla el ", " %, el presupuesto de error dura ", "m 0s\""]),
        (
            &report,
            &[
                "en cualquier período de 30 días.",
                "El 95 % de los eventos tardan menos de 500 ms en cualquier período de 1 día.",
                "<b>5 %</b><span>de los eventos pueden fallar</span>",
                "<b>1 %</b><span>de las evaluaciones pueden fallar</span>",
                "se agotó el presupuesto, hasta que vuelva a quedar el 5 %",
                "queda menos del 25 % del presupuesto, hasta que vuelva a quedar el 30 %",
                "<b>Queda menos del 25 %:</b> Solo se despliegan correcciones. <b>Los despliegues están congelados.</b>",
                "<b>Se agotó:</b> Se analizan las causas.</li>",
                "<h4>Cuándo no rige</h4>\n<ul>\n<li>No rige desde 2027-01-10",
                "<h4>Cuándo rige: solo cuentan los eventos en estos horarios</h4>\n<ul>\n<li>lunes a viernes 08:00-20:00 (America/Argentina",
            ],
        ),
        (
            &runbook("pedidos"),
            &[
                "Los eventos cuentan siempre, menos cuando el SLO no rige:",
                "Servicio: La tienda en línea. El presupuesto de error es del 0,05 %: 21,6 min de caída total.",
                "se agotó el presupuesto de error del período. La causa puede haber terminado. Decidir qué hacer",
                "Decidir cómo usar el presupuesto que queda y qué hacer con los cambios planeados.",
                "| nada | Se analizan las causas. |",
                "| menos del 25 % | Solo se despliegan correcciones. **Los despliegues están congelados.** |",
            ],
        ),
        (
            &runbook("rapido"),
            &[
                "**95 % &lt; 500 ms en cualquier período de 1 día.**",
                "Solo cuentan los eventos en estos horarios:",
            ],
        ),
        (&dashboard, &["malo desde 0,5 s", "La tienda en línea.\""]),
    ] {
        for sentence in sentences {
            assert!(file.contains(sentence), "{sentence}\n{file}");
        }
    }
}

#[test]
fn no_text_breaks_the_rules_of_the_language() {
    let artifacts = compiled(&[("slos/slowburn.yaml", PROJECT), ("slos/tienda.yaml", SERVICE)]);
    for (path, _) in
        artifacts.iter().filter(|(path, _)| path.starts_with("runbooks") || path.starts_with("report"))
    {
        let text = shown(&artifacts, path);
        for wrong in [
            "menos del 0",
            "cualesquiera",
            "puede ser malo",
            " d cualquier",
            "en 1 d ",
            "a los 1 ",
            "lunes-viernes",
            "..<",
            ".. ",
        ] {
            assert!(!text.contains(wrong), "{path}: {wrong}\n{text}");
        }
        // In prose a sign stands behind a space; code, styles and scripts are no prose.
        let text = text.split("<script").next().unwrap();
        let is_prose = |line: &&str| !line.contains(['{', ';', '`']) && !line.contains("http");
        for line in text.lines().filter(is_prose) {
            let chars: Vec<char> = line.chars().collect();
            let tight = chars.windows(2).any(|pair| pair[0].is_ascii_digit() && pair[1] == '%');
            assert!(!tight, "{path}: {line}");
        }
    }
}
