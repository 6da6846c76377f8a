//! Advice for keys of other tools (Sloth, Pyrra, OpenSLO, Grafana, Alertmanager), for keys in Spanish, and for keys on the wrong level.

use super::keys::{ALERT_KEYS, CHANNELS, PROJECT_KEYS, SERVICE_KEYS, SLI_KEYS, SLO_KEYS};
use crate::vocabulary::{nearest, without_accent};

/// What to suggest for an unknown key.
pub enum KeySuggestion {
    /// The name of this key in slowburn.
    Key(&'static str),
    /// What to write instead.
    Advice(String),
}

/// Words of other tools: the word, where it is written, and the equivalent key.
const CALLED: &[(&str, &[&str], &str)] = &[
    ("a service file", &["name", "service_name", "app", "job"], "service"),
    ("a service file", &["desc", "title", "summary"], "description"),
    ("an SLO", &["desc", "title", "summary"], "description"),
    ("a service file", &["team", "squad", "contact", "maintainer"], "owner"),
    ("a service file", &["objectives", "slo_list"], "slos"),
    ("a service file", &["interval", "scrapeInterval", "resolution"], "scrape_interval"),
    ("a service file", &["contract", "metrics_file"], "metrics"),
    ("the project file", &["lang", "locale"], "language"),
    ("the project file", DEPENDS, "dependencies"),
    ("the project file", &["timezone", "tz"], "time_zone"),
    ("a receiver", &["msteams", "microsoft_teams"], "teams"),
    ("an SLO", &["target", "goal", "slo", "percentage", "objectivePercent", "ratio"], "objective"),
    (
        "an SLO",
        &[
            "rollingPeriod",
            "rolling_period",
            "timeframe",
            "window",
            "time_window",
            "timeWindow",
            "duration",
            "rolling",
            "range",
        ],
        "period",
    ),
    ("an SLO", &["indicator", "sli_spec", "query"], "sli"),
    ("an SLO", &["group_by", "groupBy", "grouping", "groupings", "per"], "by"),
    ("an SLO", &["budgetingMethod", "budgeting_method"], "budgeting"),
    ("an SLO", &["alert_policy", "alertPolicies", "alerting_policy"], "policy"),
    ("an SLO", &["timezone", "tz"], "time_zone"),
    (
        "`sli`",
        &[
            "total_query",
            "totalQuery",
            "total_events",
            "valid",
            "valid_events",
            "denominator",
            "all",
            "requests",
        ],
        "total",
    ),
    (
        "`sli`",
        &["error", "errors", "error_query", "errorQuery", "error_events", "failures", "failed", "bad_events"],
        "bad",
    ),
    (
        "`sli`",
        &["success", "successes", "successful", "good_events", "good_query", "success_query", "numerator"],
        "good",
    ),
    ("`sli`", &["gauge_up", "up"], "probe"),
    ("`sli`", &["error_ratio", "error_ratio_query", "errorRatioQuery"], "bad_ratio"),
    ("`sli`", &["duration", "response_time"], "latency"),
    ("an SLO", &["ignore", "ignored", "accept", "acknowledged", "suppress", "allow"], "accepted"),
    ("an alert", &["ignore", "ignored", "accept", "acknowledged", "suppress", "allow"], "accepted"),
    ("a service file", &["ignore", "ignored", "accept", "acknowledged", "suppress", "allow"], "accepted"),
    ("the project file", &["ignore", "ignored", "accept", "acknowledged", "suppress", "allow"], "accepted"),
    ("`targets`", &["kubernetes", "k8s", "prometheusrule", "prometheus_operator", "crd"], "operator"),
    ("`targets`", &["victoriametrics", "victoria_metrics", "vm"], "vmalert"),
    ("an alert", &["query", "expression", "promql", "condition", "when", "if"], "expr"),
    ("`slice`", &["window", "duration", "size", "interval"], "length"),
    ("an SLO", &["alert", "alertname", "alertName"], "alert_name"),
    ("an alert", &["duration", "hold", "pending", "wait"], "for"),
    ("an alert", &["keepFiringFor", "keep_firing", "keep"], "keep_firing_for"),
    ("a tier", &["keepFiringFor", "keep_firing", "keep"], "keep_firing_for"),
    ("an alert", &["runbook_link"], "runbook"),
    ("an alert", &["message", "summary", "desc", "title"], "description"),
    ("a tier", &["long_window", "longWindow"], "long"),
    ("a tier", &["short_window", "shortWindow"], "short"),
    ("a tier", &["error_budget_percent", "errorBudgetPercent", "share"], "budget"),
    ("an entry of `budget_alerts`", &["at", "below", "remaining", "threshold", "budget", "line"], "left"),
    ("an entry of `budget_policy`", &["at", "left", "remaining", "threshold", "budget", "line"], "below"),
    ("an entry of `budget_policy`", &["action", "then", "agreed", "text"], "do"),
    ("an entry of `maintenance`", &["start", "starts", "begin", "begins", "since"], "from"),
    ("an entry of `maintenance`", &["end", "ends", "until", "till"], "to"),
    ("an entry of `maintenance`", &["services", "of"], "slos"),
    ("an entry of `maintenance`", &["why", "because", "description", "comment"], "reason"),
    ("`hours`", &["timezone", "tz", "zone"], "time_zone"),
    ("`hours`", &["weekdays", "day", "on"], "days"),
    ("`hours`", &["time", "times", "hour", "between"], "hours"),
    ("`hours`", &["except", "closed", "feriados"], "holidays"),
    ("a receiver", &["mail"], "email"),
    ("a route", &["receiver", "receivers"], "to"),
    ("`alertmanager`", &["receiver", "default_receiver", "fallback"], "default"),
    ("`telegram`", &["chat", "chatId", "channel", "to"], "chat_id"),
    ("`slack`", &["to", "room", "name"], "channel"),
    ("a route", &["matchers", "match_re"], "match"),
    ("a route", &["mute_time_intervals"], "mute"),
    ("a route", &["repeat", "every"], "repeat_interval"),
    ("a route", &["wait", "delay"], "after"),
    (
        "an inhibition",
        &["source", "source_match", "source_matchers", "source_match_re", "if", "when"],
        "while",
    ),
    (
        "an inhibition",
        &["target", "target_match", "target_matchers", "target_match_re", "then", "mute"],
        "silence",
    ),
    ("an alert", &["priority", "urgency", "sev", "importance"], "severity"),
    ("a tier", &["priority", "urgency", "type"], "severity"),
    ("a route", &["if", "when", "filter", "labels"], "match"),
    ("an alert", &["tags"], "labels"),
    ("an SLO", &["tags"], "labels"),
    ("a service file", &["tags"], "labels"),
    ("`pagerduty`", &["service_key_file", "integration_key_file", "key_file"], "routing_key_file"),
    ("`opsgenie`", &["key_file", "token_file"], "api_key_file"),
    ("`telegram`", &["token_file"], "bot_token_file"),
    ("`slack`", &["url_file", "webhook_url_file", "webhook_file"], "api_url_file"),
    ("`teams`", &["url_file", "api_url_file"], "webhook_url_file"),
    ("`discord`", &["url_file", "api_url_file"], "webhook_url_file"),
    ("`webhook`", &["address", "endpoint", "uri"], "url"),
    ("an entry of `maintenance`", &["service", "slo"], "slos"),
    ("`links`", &["dashboards", "dashboard"], "grafana"),
    ("`links`", &["git", "repository", "repo", "code"], "source"),
    ("`links`", &["wiki", "docs", "runbook"], "runbooks"),
];

/// Words with their Spanish forms, one of each: the others differ in their last letters. The words are folded: without accents and capitals. A word
/// that slowburn does not know as a key is a word of other tools.
const SPANISH: &[(&str, &[&str])] = &[
    ("service", &["servicio"]),
    ("owner", &["propietario", "dueno", "equipo", "responsable"]),
    ("description", &["descripcion", "resumen"]),
    ("summary", &["resumen", "titulo"]),
    ("metrics", &["metrica", "contrato"]),
    ("planned", &["planeado", "previsto", "planificado"]),
    ("scrape_interval", &["intervalo"]),
    ("alerts", &["alerta"]),
    ("objective", &["objetivo", "disponibilidad", "meta"]),
    ("objectives", &["objetivos", "metas"]),
    ("sli", &["indicador"]),
    ("by", &["por", "por_cada", "agrupar", "agrupar_por", "agrupado_por", "desglosar_por", "separar_por"]),
    ("traffic", &["trafico", "volumen"]),
    ("period", &["periodo", "ventana", "plazo"]),
    ("time_zone", &["zona_horaria", "zona", "huso_horario"]),
    ("policy", &["politica"]),
    ("policies", &["politicas"]),
    ("labels", &["etiquetas"]),
    ("annotations", &["anotacion"]),
    ("hours", &["hora", "horario"]),
    ("days", &["dia"]),
    ("holidays", &["festivo", "feriado"]),
    ("except", &["excepto", "salvo"]),
    ("accepted", &["aceptado", "ignorar"]),
    ("total", &["todos", "total"]),
    ("good", &["bueno", "correcto", "exito", "exitoso"]),
    ("bad", &["malo", "error", "fallo", "fallido", "erroneo"]),
    ("latency", &["latencia"]),
    ("successful", &["exitoso"]),
    ("histogram", &["histograma"]),
    ("condition", &["condicion"]),
    ("probe", &["sonda"]),
    ("freshness", &["frescura", "antiguedad"]),
    ("journey", &["recorrido", "viaje"]),
    ("expr", &["expresion", "consulta"]),
    ("severity", &["severidad", "gravedad"]),
    ("for", &["durante", "para"]),
    ("runbook", &["manual", "guia", "procedimiento", "instrucciones"]),
    ("language", &["idioma", "lengua"]),
    ("maintenance", &["mantenimiento"]),
    ("environments", &["entorno", "ambiente"]),
    ("dependencies", &["dependencia"]),
    ("links", &["enlace"]),
    ("texts", &["texto"]),
    ("from", &["desde", "de", "inicio", "comienzo", "empieza"]),
    ("to", &["hasta", "para", "a", "fin", "final", "termina"]),
    ("reason", &["motivo", "razon"]),
    ("receivers", &["receptores", "destinatario"]),
    ("routes", &["ruta"]),
    ("email", &["correo"]),
    ("channel", &["canal"]),
    ("budget", &["presupuesto"]),
    ("long", &["largo"]),
    ("short", &["corto"]),
    ("left", &["queda", "restante", "quedan", "resta"]),
    ("below", &["debajo", "menos_de", "menor_que", "por_debajo_de"]),
    ("do", &["hacer", "accion"]),
    ("parameters", &["parametro"]),
    ("instances", &["instancia"]),
    ("length", &["longitud"]),
    ("unit", &["unidad"]),
    ("budget_policy", &["politica_de_presupuesto"]),
    ("budget_alerts", &["alertas_de_presupuesto"]),
    ("repeat_interval", &["repetir_cada"]),
    ("equal", &["igual"]),
    ("silence", &["silenciar"]),
    ("while", &["mientras"]),
    ("mute", &["silencio", "silenciar"]),
    ("default", &["por_defecto", "predeterminado"]),
    ("label", &["etiqueta"]),
    ("scale_to", &["escalar_a"]),
    ("tiers", &["nivel"]),
    ("same_as", &["igual_que", "misma_que"]),
    ("independent", &["independiente"]),
    ("down", &["caido"]),
    ("freeze", &["congelar", "congela", "congelado"]),
    ("threshold", &["umbral"]),
    ("name", &["nombre"]),
    ("match", &["coincide", "coincidir"]),
    ("priority", &["prioridad"]),
    ("requests", &["peticion", "solicitud"]),
    ("when", &["cuando"]),
    ("wait", &["espera", "esperar"]),
    ("keep_firing_for", &["mantener"]),
    ("target", &["destino"]),
    ("slos", &["objetivos_de_servicio"]),
];

/// A Spanish word without the letters that say its gender and its number: `buenas` and `bueno` have the same stem.
fn stem(word: &str) -> &str {
    let word = word.strip_suffix('s').unwrap_or(word);
    word.strip_suffix(['a', 'o', 'e']).filter(|stem| stem.len() > 2).unwrap_or(word)
}

/// Words that switch a definition off.
const SWITCHES: &[&str] = &[
    "off", "on", "enabled", "enable", "disabled", "disable", "active", "paused", "mute", "muted", "silenced",
];

/// Words for dependencies.
const DEPENDS: &[&str] =
    &["depends_on", "dependsOn", "depends", "requires", "needs", "upstream", "upstreams", "dependency"];

/// Keys of Alertmanager's configuration, here and there.
const OF_ALERTMANAGER: &[&str] = &[
    "receivers",
    "routes",
    "route",
    "smtp",
    "times",
    "time_intervals",
    "mute_time_intervals",
    "inhibitions",
    "inhibit_rules",
];

/// Words of other tools that have no equivalent key, and what to write instead. `«value|example»` is the user's own value if it is short, otherwise the
/// example; `«name|example»` is the value of the key `name` in it or beside it.
/// Settings of dashboards and of alerts in Grafana.
const SCREEN: &[&str] = &[
    "datasource",
    "datasourceUid",
    "folder",
    "noDataState",
    "execErrState",
    "color",
    "colour",
    "icon",
    "refresh",
    "orgId",
];
const OF_SCREENS: &str = "remove it: slowburn writes the dashboards, and Grafana asks for the data source: `slowburn help dashboards`";

/// Files in other files.
const INCLUDE: &[&str] = &["include", "includes", "import", "imports", "extends", "$ref", "inherit"];
const SHARED: &str = "remove it: what several services share is in the project file, and several that are alike are the `instances` of one file: `slowburn help templates`";

const RESOLVED: &str = "remove it: every channel is told when an alert ends";

/// Limits of alerts.
const LIMITS: &[&str] =
    &["warning_threshold", "critical_threshold", "alert_threshold", "thresholds", "warning", "critical"];
const OF_POLICY: &str = "remove it: the tiers of the policy say how fast the budget must burn before an alert fires: `slowburn help policies`";

/// What to write instead of keys of other tools: where they are written, the keys, and the advice.
const ADVISED: &[(&str, &[&str], &str)] = &[
    (
        "an SLO",
        &["planned"],
        "write it in the service file, without indentation, with each metric that does not exist yet: `planned: { http_requests_total: the program does not count them yet }`",
    ),
    ("a service file", &["defaults", "default", "common", "shared", "anchors"], ANCHOR),
    (
        "a service file",
        &["dependencies"],
        "dependencies are in the project file: `dependencies: { «service|shop»: «value|[database]» }`",
    ),
    ("a service file", &["slowburn", "schema_version"], "write `version: slowburn/v1`"),
    (
        "an SLO",
        &["countMetrics", "ratioMetric", "ratio_metrics"],
        "write the events under `sli`: `sli: { total: http_requests_total, good: 'http_requests_total{code=~\"2..\"}' }`",
    ),
    (
        "`sli`",
        &["countMetrics", "ratioMetric", "ratio_metrics"],
        "write the events here: `total: http_requests_total` and `good: 'http_requests_total{code=~\"2..\"}'`",
    ),
    (
        "`sli`",
        &["apdex"],
        "write two promises of a latency: `objectives: [95% < 500ms, 99% < 2s]`, with `latency` here",
    ),
    (
        "an SLO",
        &["apdex"],
        "write two promises of a latency: `objectives: [95% < 500ms, 99% < 2s]`, with `sli: { latency: … }`",
    ),
    ("`slack`", &["send_resolved"], RESOLVED),
    ("`telegram`", &["send_resolved"], RESOLVED),
    ("`teams`", &["send_resolved"], RESOLVED),
    ("`discord`", &["send_resolved"], RESOLVED),
    ("`webhook`", &["send_resolved"], RESOLVED),
    ("`pagerduty`", &["send_resolved"], RESOLVED),
    ("`opsgenie`", &["send_resolved"], RESOLVED),
    (
        "`alertmanager`",
        &["templates"],
        "write the texts of alerts under `texts` in the project file: `slowburn help alert-texts`",
    ),
    ("a route", &["severity"], "it belongs to `match`: `match: { severity: «value|page» }`"),
    ("a route", &["service"], "it belongs to `match`: `match: { service: «value|shop» }`"),
    ("a route", &["slo"], "it belongs to `match`: `match: { slo: «value|checkout» }`"),
    (
        "a route",
        &["escalate", "escalation"],
        "write a second route with the same `match`, and how long it must last: `{ match: { severity: page }, to: office, after: 30m }`",
    ),
    ("a service file", SCREEN, OF_SCREENS),
    ("an SLO", SCREEN, OF_SCREENS),
    ("the project file", SCREEN, OF_SCREENS),
    (
        "an alert",
        SCREEN,
        "remove it: an alert of Prometheus fires while its query has a result; for missing series write `absent(…)`",
    ),
    ("a service file", INCLUDE, SHARED),
    ("an SLO", INCLUDE, SHARED),
    ("the project file", INCLUDE, SHARED),
    ("a service file", LIMITS, OF_POLICY),
    ("an SLO", LIMITS, OF_POLICY),
    (
        "an alert",
        &["escalate_after", "escalation", "escalate", "escalate_to"],
        "write it in a route of the project file, which sends an alert that lasts to another receiver: `routes: [{ match: { severity: page }, to: boss, after: 30m }]`",
    ),
    (
        "`sli`",
        &["gauge", "metric", "max", "upper", "below"],
        "say which values are good: `condition: '«gauge|=queue_length» < «max|=100»'`",
    ),
    (
        "`sli`",
        &["min", "lower", "above"],
        "say which values are good: `condition: '«gauge|=workers» > «min|=3»'`",
    ),
    (
        "`sli`",
        &["bad_codes", "error_codes", "status_codes", "codes", "bad_status"],
        "select the bad events with a matcher: `bad: 'http_requests_total{status=~\"500|503\"}'`",
    ),
    ("a receiver", &["type", "to", "kind"], "the kind is the key itself: `email: «to|=ops@shop.internal»`"),
    ("the project file", &["common", "shared", "anchors"], ANCHOR),
    (
        "`sli`",
        &["good_ratio", "success_ratio", "availability", "availability_ratio"],
        "write the ratio of bad events: `bad_ratio: 1 - (…)`, with your query in the parentheses; a series of 0 and 1 such as `up` is a `probe`",
    ),
    (
        "an entry of `maintenance`",
        &["for", "duration", "length", "lasts"],
        "instead of its length write when it ends, as in `to: 2027-01-10T04:00`",
    ),
    (
        "an entry of `budget_alerts`",
        &["spent", "used", "consumed"],
        "write how much is left: when 75% are spent, it is `left: 25%`",
    ),
    (
        "an entry of `budget_policy`",
        &["spent", "used", "consumed", "above"],
        "write how much is left: when 75% are spent, it is `below: 25%`",
    ),
    ("`hours`", &["from", "to"], "write both in one text: `hours: \"«from|08:00»-«to|20:00»\"`"),
    ("`hours`", &["start", "end"], "write both in one text: `hours: \"«start|08:00»-«end|20:00»\"`"),
    ("`hours`", &["begin", "until"], "write both in one text: `hours: \"«begin|08:00»-«until|20:00»\"`"),
    (
        "an SLO",
        &["percentile"],
        "write both in the objective, `objective: P95 < 500ms`, and remove this line",
    ),
    (
        "an SLO",
        &["threshold", "latency_threshold"],
        "write the threshold behind the objective, as in `99% < «value|=500ms»`, and remove this line",
    ),
    (
        "`sli`",
        &["percentile", "quantile", "le"],
        "write both in the objective, `objective: P95 < 500ms`, and remove this line",
    ),
    (
        "`sli`",
        &["threshold", "latency_threshold"],
        "write the threshold behind the objective, as in `99% < «value|=500ms»`, and remove this line",
    ),
    (
        "an SLO",
        &["runbook_url", "runbookUrl", "runbook_link"],
        "write an address as an annotation: `annotations: { runbook_url: https://… }`",
    ),
    (
        "an alert",
        &["runbook_url", "runbookUrl"],
        "write an address as an annotation: `annotations: { runbook_url: https://… }`",
    ),
    (
        "an SLO",
        &["error", "errors", "error_query", "errorQuery", "total_query", "totalQuery", "success", "events"],
        "write the events under `sli`: `sli: { total: http_requests_total, bad: 'http_requests_total{code=~\"5..\"}' }`",
    ),
    ("an SLO", &["tiers", "windows"], TIERS),
    ("a service file", &["tiers", "windows"], TIERS),
    (
        "an SLO",
        &["alerting", "burn_rate", "burnRates"],
        "the policy makes the alerts: remove this, or name another policy: `policy: workbook`; a name of your own is `alert_name: ShopErrors`",
    ),
    (
        "an SLO",
        &["page_alert"],
        "the policy makes the alerts: remove this; if it is disabled, write `tiers_off: [page]`",
    ),
    (
        "an SLO",
        &["ticket_alert"],
        "the policy makes the alerts: remove this; if it is disabled, write `tiers_off: [ticket]`",
    ),
    (
        "an SLO",
        &["alerts"],
        "an SLO makes its own alerts: `tiers_off: [page, ticket]` switches them off; write alerts on causes beside `slos`: `alerts: { down: { expr: …, severity: page } }`",
    ),
    (
        "an SLO",
        &["page", "paging"],
        "`tiers_off: [page]` keeps it from paging, `tiers_off: [page, ticket]` from alerting at all",
    ),
    (
        "an SLO",
        &["ticket", "ticketing"],
        "`tiers_off: [ticket]` keeps it from opening tickets, `tiers_off: [page, ticket]` from alerting at all",
    ),
    (
        "an SLO",
        SWITCHES,
        "remove the SLO, or keep it without alerts: `tiers_off: [page, ticket]`; to leave it out of one environment, write `environments: { staging: { services: { api: { slos: { availability: off } } } } }` with your names in the project file",
    ),
    (
        "an alert",
        SWITCHES,
        "remove the alert; to leave it out of one environment, write `environments: { staging: { services: { api: { alerts: { down: off } } } } }` with your names in the project file",
    ),
    (
        "an SLO",
        &["severity", "priority", "criticality"],
        "an SLO pages and opens tickets, as its policy says: remove this; `tiers_off: [page]` leaves only tickets",
    ),
    (
        "an SLO",
        &["for", "keep_firing_for"],
        "the windows of the policy decide when an SLO alerts: remove this",
    ),
    (
        "an SLO",
        &["notify", "receiver", "receivers", "route", "routes", "channel", "slack", "email", "to"],
        "receivers are in the project file: `alertmanager: { routes: [{ match: { slo: availability }, to: ops }] }` with your names",
    ),
    (
        "a service file",
        &["kind", "metadata", "spec", "apiVersion", "namespace"],
        "remove it: a service file is not an object of Kubernetes; its name is `service: «service|api»`",
    ),
    (
        "a service file",
        DEPENDS,
        "dependencies are in the project file: `dependencies: { «service|api»: «value|[database]» }`",
    ),
    (
        "an SLO",
        DEPENDS,
        "services depend on each other, not SLOs: write `dependencies: { api: «value|[database]» }` with your names in the project file",
    ),
    (
        "a service file",
        SWITCHES,
        "rename the file so that it does not end with `.yaml`; to leave the service out of one environment, write `environments: { staging: { services: { «service|api»: off } } }` with your names in the project file",
    ),
    (
        "a service file",
        &["groups", "rules"],
        "rules of Prometheus stay in files of their own; as an alert of this service write `alerts: { down: { expr: 'absent(up == 1)', for: 5m, severity: page } }`",
    ),
    (
        "an alert",
        &["threshold", "limit", "value"],
        "write the limit in the expression: `expr: queue_length > 100`",
    ),
    (
        "an alert",
        &["interval", "every", "window"],
        "`for: 5m` says how long the expression must be true before the alert fires",
    ),
    (
        "an SLO",
        &["budget", "error_budget", "errorBudget"],
        "remove it: the objective decides the budget, `objective: 99.9%` leaves 0.1%; `budget_alerts` warns while it is spent",
    ),
    ("an SLO", &["name", "id", "displayName"], "remove it: the name of an SLO is the key above it"),
    ("an SLO", &["dashboard", "dashboard_url"], "slowburn makes one dashboard for each service: remove this"),
    ("an alert", &["alert", "name"], "remove it: the name of an alert is the key above it"),
    ("an alert", &["runbook_text", "text"], "write it as `description`, or in a file that `runbook` names"),
    (
        "`sli`",
        &["events", "raw", "plugin", "spec", "ratioMetric", "type"],
        "write the counters themselves: `sli: { total: http_requests_total, bad: 'http_requests_total{code=~\"5..\"}' }`",
    ),
    (
        "`sli`",
        &["metric", "query", "expr", "promql"],
        "write the kind of SLI: `total` and `bad` for counters, `latency` for a histogram, `condition` for a comparison, `probe` for a series of 0 and 1",
    ),
    (
        "a tier",
        &["burn_rate", "burnRate", "factor", "rate"],
        "write the share of the budget: `budget: 2%` is a burn rate of 14.4 over 1h of 30d; burn rate = share × period ÷ long window",
    ),
    (
        "a policy",
        &["page", "ticket", "windows", "tier", "severity", "long", "short", "budget"],
        "write a list of tiers: `tiers: [{ severity: page, budget: 2%, long: 1h, short: 5m }]`",
    ),
    (
        "a tier",
        &["for", "window", "windows"],
        "a tier has two windows, the long one first: `long: «first|1h», short: «second|5m»`",
    ),
    (
        "an environment",
        &[
            "slos",
            "alerts",
            "objective",
            "sli",
            "by",
            "tiers_off",
            "metrics",
            "owner",
            "scrape_interval",
            "planned",
            "traffic",
        ],
        "it belongs to a service: `services: { api: { slos: { availability: { objective: 99% } } } }` with your names",
    ),
    ("an environment", &["service"], "write its name under `services`: `services: { api: off }`"),
    (
        "`alertmanager`",
        &["route"],
        "`default` names the receiver of every alert that no route matches: `default: «receiver|ops»`; other routes are a list, each with its receiver: `routes: [{ match: { severity: page }, to: … }]`",
    ),
    (
        "`alertmanager`",
        &["inhibit_rules", "inhibit"],
        "write `inhibitions: [{ while: { severity: page }, silence: { severity: ticket }, equal: [service] }]`; a page silences the tickets of its SLO without it",
    ),
    (
        "`alertmanager`",
        &["global"],
        "write its keys in `alertmanager`: `smtp: { host: \"mail.internal:587\", from: alerts@shop.internal }`",
    ),
    (
        "`alertmanager`",
        &["time_intervals", "mute_time_intervals"],
        "write `times: { «name|nights»: { hours: \"«start_time|22:00»-«end_time|07:00»\" } }`",
    ),
    (
        "`alertmanager`",
        &["url", "address", "host", "server"],
        "remove it: slowburn writes the configuration of Alertmanager and does not call it; for links in texts write `links: { alertmanager: https://… }` in the project file",
    ),
    (
        "`prometheus`",
        &["url", "address", "server", "host"],
        "remove it: commands that ask a server take its address: `slowburn check --prometheus http://localhost:9090`",
    ),
    (
        "the project file",
        &["scrape_interval", "global"],
        "write `prometheus: { scrape_interval: «value|=15s» }`",
    ),
    (
        "the project file",
        &["kind", "metadata", "spec", "apiVersion", "namespace"],
        "remove it: the project file is not an object of Kubernetes; objects for its operator are a target: `targets: { operator: { namespace: monitoring } }`",
    ),
    (
        "the project file",
        &["groups", "rules", "rule_files", "scrape_configs"],
        "it belongs to the configuration of Prometheus, in a file of its own: `prometheus: { scrape_config: prometheus.yml }` names it",
    ),
    (
        "the project file",
        &["tiers", "windows"],
        "tiers belong to a policy: `policies: { strict: { tiers: [{ severity: page, budget: 2%, long: 1h, short: 5m }] } }`, and `policy: strict` chooses it",
    ),
    (
        "the project file",
        &["services", "service"],
        "each service has a file of its own beside this one, which begins with `version: slowburn/v1` and `service: api`",
    ),
    (
        "the project file",
        OF_ALERTMANAGER,
        "indent it below `alertmanager:`; if there is no such line yet, write it above",
    ),
    (
        "a service file",
        OF_ALERTMANAGER,
        "move it to the project file, `slowburn.yaml`, and indent it below `alertmanager:`",
    ),
    (
        "a service file",
        &["environment", "env", "stage"],
        "remove it: environments are in the project file, `environments: { production: {}, staging: {} }`, and `slowburn compile` writes the files of each into a folder of its own",
    ),
    (
        "`targets`",
        &["prometheus", "grafana", "promtool", "alertmanager", "runbooks", "report"],
        "remove it: its files are always written",
    ),
    ("`smtp`", &["port"], "write it in `host`, after a colon: `host: \"mail.internal:587\"`"),
    (
        "`smtp`",
        &["server", "smarthost", "smtp_smarthost"],
        "the key is called `host`, with the port: `host: \"mail.internal:587\"`",
    ),
    (
        "an entry of `texts`",
        &["title", "subject", "message", "body", "text"],
        "a text has two parts: `summary: …` is its title, `description: …` its body",
    ),
    ("an entry of `times`", &["from", "to"], "write both in one text: `hours: \"«from|22:00»-«to|07:00»\"`"),
    (
        "an entry of `times`",
        &["start", "end"],
        "write both in one text: `hours: \"«start|22:00»-«end|07:00»\"`",
    ),
    (
        "an entry of `times`",
        &["begin", "until"],
        "write both in one text: `hours: \"«begin|22:00»-«until|07:00»\"`",
    ),
    (
        "an entry of `maintenance`",
        &["days", "hours", "weekday", "weekdays", "cron", "repeat", "every"],
        "a window has a date: `from: 2027-01-10T02:00, to: 2027-01-10T04:00`; for hours that repeat, write in the SLO when events count: `hours: { days: monday-friday, hours: \"08:00-20:00\" }`",
    ),
    ("a route", &["continue"], "remove it: every route that matches an alert sends it"),
    ("a route", &["routes"], "write it as a route of its own, with all its labels in `match`"),
    ("a receiver", &["email_configs"], "write only the address: `email: ops@shop.internal`"),
    (
        "a receiver",
        &["slack_configs"],
        "write `slack: { channel: \"#ops\", api_url_file: /etc/alertmanager/slack }`",
    ),
    ("a receiver", &["webhook_configs", "url"], "write `webhook: { url: http://bridge:8080/ }`"),
    (
        "a receiver",
        &["pagerduty_configs"],
        "write `pagerduty: { routing_key_file: /etc/alertmanager/pagerduty }`",
    ),
    ("a receiver", &["opsgenie_configs"], "write `opsgenie: { api_key_file: /etc/alertmanager/opsgenie }`"),
    (
        "a receiver",
        &["telegram_configs"],
        "write `telegram: { chat_id: -1001234567890, bot_token_file: /etc/alertmanager/telegram }`",
    ),
    (
        "a receiver",
        &["msteams_configs", "msteamsv2_configs"],
        "write `teams: { webhook_url_file: /etc/alertmanager/teams }`",
    ),
    ("a receiver", &["discord_configs"], "write `discord: { webhook_url_file: /etc/alertmanager/discord }`"),
    ("a receiver", &["name"], "remove it: the name of a receiver is the key above it"),
    (
        "a receiver",
        &["channel", "slack_channel", "slackChannel", "room"],
        "write `slack: { channel: «value|\"#alerts\"», api_url_file: /etc/alertmanager/secrets/slack }`",
    ),
    (
        "a receiver",
        &["chat", "chat_id", "chatId"],
        "write `telegram: { chat_id: «value|-1001234567890», bot_token_file: /etc/alertmanager/secrets/telegram }`",
    ),
    (
        "a receiver",
        &[
            "pushover",
            "pushover_configs",
            "victorops",
            "victorops_configs",
            "sns",
            "sns_configs",
            "webex",
            "webex_configs",
            "sms",
            "whatsapp",
            "phone",
            "mattermost",
            "googlechat",
        ],
        "there is no such channel: send to a bridge, `webhook: { url: http://bridge:8080/ }`",
    ),
];

/// For tiers outside of a policy.
const TIERS: &str = "tiers belong to a policy in the project file: `policies: { strict: { tiers: [{ severity: page, budget: 2%, long: 1h, short: 5m }] } }`; here write `policy: strict`";

/// For keys that only hold an anchor of YAML.
const ANCHOR: &str = "settings of all SLOs stand beside `slos` without a key of their own, such as `period: 28d`; an anchor (`&name`) can stand where its value is written first";

/// Keys on the wrong level, and where they belong.
const BELONG: &[(&str, &[&str], &str)] = &[
    ("`sli`", SLI_KEYS, "it belongs under `sli`, in an SLO"),
    ("an SLO", SLO_KEYS, "it belongs to an SLO, below its name"),
    ("a service file", SERVICE_KEYS, "it belongs to a service file, without indentation"),
    (
        "the project file",
        PROJECT_KEYS,
        "it belongs to the project file, `slowburn.yaml`, without indentation",
    ),
    ("an alert", ALERT_KEYS, "it belongs to an alert, under `alerts`"),
    ("a receiver", CHANNELS, "it belongs to a receiver, under `receivers`"),
];

/// A word without accents and capitals, with `_` between its parts.
fn folded(word: &str) -> String {
    let plain = |c: char| match c {
        ' ' | '-' => '_',
        c => without_accent(c),
    };
    word.trim().to_lowercase().chars().map(plain).collect()
}

/// The suggestion for an unknown `key` of `what`, whose keys are `known`.
pub fn suggestion(what: &str, key: &str, known: &[&'static str]) -> Option<KeySuggestion> {
    let folded = folded(key);
    if key.starts_with("x-") && known.contains(&"version") {
        return Some(KeySuggestion::Advice(ANCHOR.to_owned()));
    }
    if let Some(found) = of_tools(what, &[key, &folded]) {
        return Some(found);
    }
    // `Objective` is `objective`, and so is `objetivo`.
    let same = |word: &&str| **word == folded;
    let root = stem(&folded);
    let alike = |word: &&str| stem(word) == root;
    let of = |is: &dyn Fn(&&str) -> bool| {
        let words = SPANISH.iter().filter(|(_, words)| words.iter().any(is));
        words.map(|(ours, _)| *ours).collect::<Vec<_>>()
    };
    let meant = [of(&same), of(&alike)].concat();
    if let Some(name) =
        [folded.as_str()].iter().chain(&meant).find_map(|word| known.iter().find(|name| *name == word))
    {
        return Some(KeySuggestion::Key(name));
    }
    if let Some(found) = meant.iter().find_map(|word| of_tools(what, &[word])) {
        return Some(found);
    }
    // The settings of an SLO are also those of its service and of the project.
    if known.contains(&"version")
        && nearest(key, known).is_none()
        && let Some(KeySuggestion::Key(name)) = of_tools("an SLO", &[key, &folded])
        && known.contains(&name)
    {
        return Some(KeySuggestion::Key(name));
    }
    let levels =
        ["a service of an environment", "an SLO", "a service file", "the project file", "`sli`", "an alert"];
    let belongs = |word: &str| {
        // An environment changes only parts of a service.
        let is_level = |place: &str| place != what && (what != levels[0] || place == "an SLO");
        BELONG.iter().find(|(place, keys, _)| is_level(place) && keys.contains(&word))
    };
    [key]
        .iter()
        .chain(&meant)
        .find_map(|word| belongs(word).map(|(.., sentence)| (word, sentence)))
        .filter(|_| levels.contains(&what))
        .map(|(word, sentence)| {
            KeySuggestion::Advice(match *word == key {
                true => (*sentence).to_owned(),
                false => format!("the key is called `{word}`, and {sentence}"),
            })
        })
}

/// The suggestion for a word of other tools.
fn of_tools(what: &str, spellings: &[&str]) -> Option<KeySuggestion> {
    let of = |(place, words, sentence): &(&str, &'static [&'static str], &'static str)| {
        (*place == what && spellings.iter().any(|word| words.contains(word))).then_some(*sentence)
    };
    let called = CALLED.iter().find_map(of).map(KeySuggestion::Key);
    called.or_else(|| ADVISED.iter().find_map(of).map(|advice| KeySuggestion::Advice(advice.to_owned())))
}
