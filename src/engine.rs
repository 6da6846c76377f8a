//! Recognises the program at an address by its answers, so that a message can name the right address.
//!
//! Many programs have the API of Prometheus, but each answers only some questions: vmalert evaluates rules and has no series, VictoriaMetrics holds
//! series and does not evaluate rules, Mimir does both below `/prometheus`. The answers were recorded from the real programs (`tests/servers.d`).

use serde_json::Value;

/// A program that somebody may take for the one that he means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Prometheus, or whatever says of itself what Prometheus says.
    Prometheus,
    /// Alertmanager.
    Alertmanager,
    /// Grafana.
    Grafana,
    /// VictoriaMetrics on one machine.
    VictoriaMetrics,
    /// What answers the queries to a cluster of VictoriaMetrics.
    VmSelect,
    /// What evaluates the rules of VictoriaMetrics.
    VmAlert,
    /// Parts of VictoriaMetrics that take or keep samples.
    VmOther(&'static str),
    /// Thanos Query, the querier.
    ThanosQuery,
    /// A Thanos Ruler.
    ThanosRuler,
    /// Parts of Thanos that speak to the querier: a sidecar, a store.
    ThanosOther,
    /// Mimir.
    Mimir,
    /// Cortex.
    Cortex,
}

/// What somebody wants to know of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Series.
    Queries,
    /// The rules that it evaluates.
    Rules,
    /// The configuration by which it notifies.
    Routes,
}

/// Where programs say of themselves who they are, in the order in which they are asked.
pub const PROBES: [&str; 5] = ["/", BUILD, "/api/v2/status", "/api/health", "/metrics"];

/// Where Prometheus tells its version, and others theirs.
pub const BUILD: &str = "/api/v1/status/buildinfo";

/// Who says this at one of [`PROBES`].
pub fn recognise(path: &str, body: &str) -> Option<Engine> {
    let json = || serde_json::from_str::<Value>(body).ok();
    match path {
        "/" => PAGES.iter().find(|(mark, _)| body.contains(mark)).map(|(_, engine)| *engine),
        BUILD => of_build(&json()?),
        "/api/v2/status" => {
            let told = json()?;
            (told["versionInfo"].is_object() && told["config"].is_object()).then_some(Engine::Alertmanager)
        }
        "/api/health" => {
            let told = json()?;
            (told["database"].is_string() && told["version"].is_string()).then_some(Engine::Grafana)
        }
        _ => METRICS
            .iter()
            .find(|(mark, _)| body.lines().any(|line| line.starts_with(mark)))
            .map(|(_, engine)| *engine),
    }
}

/// Who says this of its build. Thanos Query says what Prometheus says.
pub fn of_build(told: &Value) -> Option<Engine> {
    let build = &told["data"];
    match build["application"].as_str() {
        Some(name) if name.contains("Mimir") => return Some(Engine::Mimir),
        Some(name) if name.contains("Cortex") => return Some(Engine::Cortex),
        _ => {}
    }
    match (build["version"].is_string(), build["goVersion"].is_string()) {
        (true, true) => Some(Engine::Prometheus),
        // It says no more than Grafana asks for.
        (true, false) => Some(Engine::VictoriaMetrics),
        (false, _) => None,
    }
}

/// What stands on the first page.
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

/// How a line begins that only one of them exposes of itself.
const METRICS: [(&str, Engine); 6] = [
    ("thanos_build_info{", Engine::ThanosOther),
    ("alertmanager_build_info{", Engine::Alertmanager),
    ("grafana_build_info{", Engine::Grafana),
    ("cortex_build_info{", Engine::Cortex),
    ("vmalert_config_last_reload_successful", Engine::VmAlert),
    ("prometheus_build_info{", Engine::Prometheus),
];

/// Whether somebody refuses because no tenant was named, as Mimir and Cortex do.
pub fn asks_for_tenant(refusal: &str) -> bool {
    refusal.contains("no org id")
}

/// Where somebody else answers.
const PROMETHEUS: &str = "write the address of Prometheus, such as http://localhost:9090";
const ALERTMANAGER: &str = "write the address of Alertmanager, such as http://localhost:9093";
const VICTORIA: &str = "write the address of VictoriaMetrics, such as http://localhost:8428, or of vmselect, such as http://localhost:8481/select/0/prometheus";
const VMALERT: &str = "write the address of vmalert, such as http://localhost:8880";
const QUERIER: &str = "write the address of Thanos Query, such as http://localhost:10902";
const RULER: &str = "write the address of the Thanos Ruler, such as http://localhost:10902";

impl Engine {
    /// What it is called.
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

    /// Whether it holds series and does not evaluate rules.
    pub fn only_stores(self) -> bool {
        matches!(self, Self::VictoriaMetrics | Self::VmSelect)
    }

    /// What to write instead of `asked`, which did not answer; `host` is where this one was found. `None` if `asked` is right.
    pub fn instead(self, wanted: Wanted, asked: &str, host: &str) -> Option<String> {
        use Wanted::{Queries, Routes, Rules};
        let (asked, host) = (asked.trim_end_matches('/'), host.trim_end_matches('/'));
        let below = |path: &str| {
            // It may have been found below the path already.
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
    use super::{Engine, Wanted, asks_for_tenant, recognise};

    #[test]
    fn what_is_right_is_not_corrected() {
        let said = |engine: Engine, wanted, asked| engine.instead(wanted, asked, "http://h:1");
        assert_eq!(said(Engine::Mimir, Wanted::Queries, "http://h:1/prometheus/"), None);
        assert_eq!(said(Engine::Prometheus, Wanted::Rules, "http://h:1/"), None);
        let found_below = "http://h:1/prometheus";
        assert_eq!(Engine::Mimir.instead(Wanted::Rules, found_below, found_below), None);
        assert_eq!(
            said(Engine::Prometheus, Wanted::Queries, "http://h:1/graph").as_deref(),
            Some("this is Prometheus: write http://h:1")
        );
        assert_eq!(
            said(Engine::VmSelect, Wanted::Queries, "http://h:1").as_deref(),
            Some("this is vmselect: write http://h:1/select/0/prometheus")
        );
    }

    #[test]
    fn nobody_is_recognised_by_nothing() {
        for path in super::PROBES {
            for body in ["", "{}", "[]", "null", "hello", "{\"data\":7}", "{\"version\":1,\"database\":[]}"] {
                assert_eq!(recognise(path, body), None, "{path} {body}");
            }
        }
        assert!(asks_for_tenant("no org id\n") && !asks_for_tenant("no such host"));
    }
}
