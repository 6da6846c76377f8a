//! Recognises the program at an address by its answers, so that a message can suggest the right address.
//!
//! Many programs have the API of Prometheus, but each answers only some requests: vmalert evaluates rules and has no series, VictoriaMetrics has
//! series and does not evaluate rules, Mimir does both below `/prometheus`. The answers were recorded from the real programs (`tests/servers.d`).

use serde_json::Value;

/// A program that may be at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Prometheus, or a program that answers like it.
    Prometheus,
    /// Alertmanager.
    Alertmanager,
    /// Grafana.
    Grafana,
    /// VictoriaMetrics on one machine.
    VictoriaMetrics,
    /// The query frontend of a VictoriaMetrics cluster.
    VmSelect,
    /// Evaluates the rules of VictoriaMetrics.
    VmAlert,
    /// Parts of VictoriaMetrics that receive or store samples.
    VmOther(&'static str),
    /// Thanos Query, the querier.
    ThanosQuery,
    /// A Thanos Ruler.
    ThanosRuler,
    /// Other parts of Thanos: a sidecar, a store.
    ThanosOther,
    /// Mimir.
    Mimir,
    /// Cortex.
    Cortex,
}

/// What is needed from a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Series.
    Queries,
    /// Loaded rules.
    Rules,
    /// The configuration for notifications.
    Routes,
}

/// Paths at which programs identify themselves, in the order of the requests.
pub const PROBES: [&str; 5] = ["/", BUILD, "/api/v2/status", "/api/health", "/metrics"];

/// The path of the version, for Prometheus and most other programs.
pub const BUILD: &str = "/api/v1/status/buildinfo";

/// The program with this answer at one of [`PROBES`].
pub fn recognise(path: &str, body: &str) -> Option<Engine> {
    let json = || serde_json::from_str::<Value>(body).ok();
    match path {
        "/" => PAGES.iter().find(|(mark, _)| body.contains(mark)).map(|(_, engine)| *engine),
        BUILD => of_build(&json()?),
        "/api/v2/status" => {
            let json_answer = json()?;
            (json_answer["versionInfo"].is_object() && json_answer["config"].is_object())
                .then_some(Engine::Alertmanager)
        }
        "/api/health" => {
            let json_answer = json()?;
            (json_answer["database"].is_string() && json_answer["version"].is_string())
                .then_some(Engine::Grafana)
        }
        _ => METRICS
            .iter()
            .find(|(mark, _)| body.lines().any(|line| line.starts_with(mark)))
            .map(|(_, engine)| *engine),
    }
}

/// The program with this build information. Thanos Query has the same as Prometheus.
pub fn of_build(json_answer: &Value) -> Option<Engine> {
    let build = &json_answer["data"];
    match build["application"].as_str() {
        Some(name) if name.contains("Mimir") => return Some(Engine::Mimir),
        Some(name) if name.contains("Cortex") => return Some(Engine::Cortex),
        _ => {}
    }
    match (build["version"].is_string(), build["goVersion"].is_string()) {
        (true, true) => Some(Engine::Prometheus),
        // It has only the field that Grafana needs.
        (true, false) => Some(Engine::VictoriaMetrics),
        (false, _) => None,
    }
}

/// Texts on the first page.
const PAGES: [(&str, Engine); 16] = [
    ("<h2>Single-node VictoriaMetrics</h2>", Engine::VictoriaMetrics),
    ("vmselect - a component of VictoriaMetrics", Engine::VmSelect),
    ("vminsert - a component of VictoriaMetrics", Engine::VmOther("vminsert")),
    ("vmstorage - a component of VictoriaMetrics", Engine::VmOther("vmstorage")),
    ("<h2>vmagent</h2>", Engine::VmOther("vmagent")),
    ("<title>vmalert", Engine::VmAlert),
    ("THANOS_COMPONENT=\"query\"", Engine::ThanosQuery),
    ("THANOS_COMPONENT=\"rule\"", Engine::ThanosRuler),
    ("THANOS_COMPONENT=\"", Engine::ThanosOther),
    ("<title>Grafana Mimir", Engine::Mimir),
    ("<title>Cortex", Engine::Cortex),
    ("<title>Alertmanager</title>", Engine::Alertmanager),
    ("<title>Prometheus", Engine::Prometheus),
    ("<title>Grafana</title>", Engine::Grafana),
    ("<h1>Cortex</h1>", Engine::Cortex),
    ("<h1>Grafana Mimir", Engine::Mimir),
];

/// The beginning of a metric that only this program exposes.
const METRICS: [(&str, Engine); 6] = [
    ("thanos_build_info{", Engine::ThanosOther),
    ("alertmanager_build_info{", Engine::Alertmanager),
    ("grafana_build_info{", Engine::Grafana),
    ("cortex_build_info{", Engine::Cortex),
    ("vmalert_config_last_reload_successful", Engine::VmAlert),
    ("prometheus_build_info{", Engine::Prometheus),
];

/// The path below which a program of VictoriaMetrics answers (`-http.pathPrefix`). It names this path in every other answer.
pub fn prefix(body: &str) -> Option<&str> {
    let (path, _) = body.strip_prefix("missing -http.pathPrefix=\"")?.split_once('"')?;
    (path.starts_with('/') && path.len() <= 200).then(|| path.trim_end_matches('/'))
}

/// Whether a server refuses because no tenant was given, as Mimir and Cortex do.
pub fn asks_for_tenant(refusal: &str) -> bool {
    refusal.contains("no org id")
}

/// The advice if another program answers.
const PROMETHEUS: &str = "write the address of Prometheus, such as http://localhost:9090";
const ALERTMANAGER: &str = "write the address of Alertmanager, such as http://localhost:9093";
const VICTORIA: &str = "write the address of VictoriaMetrics, such as http://localhost:8428, or of vmselect, such as http://localhost:8481/select/0/prometheus";
const VMALERT: &str = "write the address of vmalert, such as http://localhost:8880";
const QUERIER: &str = "write the address of Thanos Query, such as http://localhost:10902";
const RULER: &str = "write the address of the Thanos Ruler, such as http://localhost:10902";

impl Engine {
    /// The name of the program.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prometheus => "Prometheus",
            Self::Alertmanager => "Alertmanager",
            Self::Grafana => "Grafana",
            Self::VictoriaMetrics => "VictoriaMetrics",
            Self::VmSelect => "vmselect",
            Self::VmAlert => "vmalert",
            Self::VmOther(name) => name,
            Self::ThanosQuery => "Thanos Query",
            Self::ThanosRuler => "Thanos Ruler",
            Self::ThanosOther => "a sidecar or store of Thanos",
            Self::Mimir => "Mimir",
            Self::Cortex => "Cortex",
        }
    }

    /// Whether it stores series and does not evaluate rules.
    pub fn only_stores(self) -> bool {
        matches!(self, Self::VictoriaMetrics | Self::VmSelect)
    }

    /// The address to write instead of `asked`, which did not answer; `host` is where this program was found. `None` if `asked` is right.
    pub fn instead(self, wanted: Wanted, asked: &str, host: &str) -> Option<String> {
        use Wanted::{Queries, Routes, Rules};
        let (asked, host) = (asked.trim_end_matches('/'), host.trim_end_matches('/'));
        let below = |path: &str| {
            // It may have been found below this path already.
            let right = if host.ends_with(path) { host.to_owned() } else { format!("{host}{path}") };
            (asked != right).then(|| format!("this is {}: write {right}", self.name()))
        };
        let elsewhere =
            |why: &str, other: &str| Some(format!("this is {}, which {why}: {other}", self.name()));
        const NO_QUERIES: &str = "does not answer queries";
        const NO_RULES: &str = "does not evaluate rules";
        const NO_ROUTES: &str = "does not notify anybody";
        match (self, wanted) {
            (Self::Prometheus, Queries | Rules)
            | (Self::VictoriaMetrics | Self::ThanosQuery, Queries)
            | (Self::VmAlert | Self::ThanosRuler, Rules)
            | (Self::Alertmanager, Routes) => below(""),
            (Self::VmSelect, Queries) => below("/select/0/prometheus"),
            (Self::Mimir | Self::Cortex, Queries | Rules) => below("/prometheus"),
            (Self::Mimir | Self::Cortex, Routes) => below("/alertmanager"),
            (Self::VmAlert | Self::VmOther(_), Queries) => elsewhere(NO_QUERIES, VICTORIA),
            (Self::ThanosRuler | Self::ThanosOther, Queries) => elsewhere(NO_QUERIES, QUERIER),
            (Self::Alertmanager, Queries) => elsewhere(NO_QUERIES, PROMETHEUS),
            (Self::Alertmanager, Rules) => elsewhere(NO_RULES, PROMETHEUS),
            (Self::VictoriaMetrics | Self::VmSelect | Self::VmOther(_), Rules) => {
                elsewhere(NO_RULES, VMALERT)
            }
            (Self::ThanosQuery | Self::ThanosOther, Rules) => elsewhere(NO_RULES, RULER),
            (Self::Grafana, Queries) => elsewhere(
                "has no series",
                "write the address of its data source, such as http://localhost:9090",
            ),
            (Self::Grafana, Rules) => elsewhere("does not evaluate the compiled rules", PROMETHEUS),
            (_, Routes) => elsewhere(NO_ROUTES, ALERTMANAGER),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Engine, Wanted, asks_for_tenant, prefix, recognise};

    #[test]
    fn valid_words_are_not_corrected() {
        let message = |engine: Engine, wanted, asked| engine.instead(wanted, asked, "http://h:1");
        assert_eq!(message(Engine::Mimir, Wanted::Queries, "http://h:1/prometheus/"), None);
        assert_eq!(message(Engine::Prometheus, Wanted::Rules, "http://h:1/"), None);
        let found_below = "http://h:1/prometheus";
        assert_eq!(Engine::Mimir.instead(Wanted::Rules, found_below, found_below), None);
        assert_eq!(
            message(Engine::Prometheus, Wanted::Queries, "http://h:1/graph").as_deref(),
            Some("this is Prometheus: write http://h:1")
        );
        assert_eq!(
            message(Engine::VmSelect, Wanted::Queries, "http://h:1").as_deref(),
            Some("this is vmselect: write http://h:1/select/0/prometheus")
        );
    }

    #[test]
    fn a_missing_path_is_found_in_the_answer() {
        let answer =
            |path: &str| format!("missing -http.pathPrefix=\"{path}\" in the requested path \"/\"\n");
        assert_eq!(prefix(&answer("/vm/")), Some("/vm"));
        assert_eq!(
            (prefix(&answer("vm")), prefix(&answer(&"/vm".repeat(99))), prefix("")),
            (None, None, None)
        );
    }

    #[test]
    fn an_empty_answer_identifies_no_program() {
        for path in super::PROBES {
            for body in ["", "{}", "[]", "null", "hello", "{\"data\":7}", "{\"version\":1,\"database\":[]}"] {
                assert_eq!(recognise(path, body), None, "{path} {body}");
            }
        }
        assert!(asks_for_tenant("no org id\n") && !asks_for_tenant("no such host"));
    }
}
