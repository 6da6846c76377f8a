//! Grafana: three levels of screens, each for one question, and the files that load them.
//!
//! | file | makes |
//! |---|---|
//! | `overview` | the dashboard of all services: what is burning, and who is over budget? |
//! | `service` | the dashboard of one service: how are its promises, and what is its traffic doing? |
//! | `promise` | the dashboard of the selected SLO: what is broken, since when, how long does the budget last? |
//! | `journey` | the parts of a journey on the latter two |
//! | `display` | the display of an SLO's values on all of them |
//! | `provisioning` | the files that load them |
//! | `panels` | panels: their kinds and display |
//! | `queries` | their queries, as trees |
//! | `json` | Grafana's format of dashboards |

mod display;
mod journey;
mod json;
mod overview;
mod panels;
mod promise;
mod provisioning;
mod queries;
mod service;

pub use queries::BY;

use crate::artifact::{Artifacts, MARK};
use crate::plan::{Plan, ProjectPlan, ServicePlan};
use crate::promql::Expr;
use crate::text::Dashboards;
use json::{
    Annotation, Current, Dashboard, DataSource, Link, List, Range, TagQuery, Timepicker, Variable,
    VariableQuery,
};

/// The directory of dashboards.
pub const FOLDER: &str = "grafana/dashboards";

/// The tag of all generated dashboards.
const TAG: &str = "slo";

/// The tag of deployments that panels show.
const DEPLOYMENT: &str = "deploy";

/// Grafana's own data source, for annotations that people and programs added in Grafana.
const GRAFANA: DataSource = DataSource { r#type: "grafana", uid: "-- Grafana --" };

/// Adds `grafana/dashboards/<service>.json`.
pub fn service(project: &ProjectPlan, service: &ServicePlan, artifacts: &mut Artifacts) {
    let words = Dashboards::of(project.language);
    artifacts.insert(path(&service.name), service::dashboard(project, service, &words).text());
}

/// The path of a service's dashboard.
pub fn path(service: &str) -> String {
    // Names of services contain no `_`, so no other service has this path.
    let taken = ["overview", "slo"].contains(&service);
    format!("{FOLDER}/{service}{}.json", if taken { "_" } else { "" })
}

/// Adds `grafana/dashboards/{overview,slo}.json` and `grafana/provisioning/**`.
pub fn project(plan: &Plan, artifacts: &mut Artifacts) {
    let words = Dashboards::of(plan.project.language);
    if let Some(overview) = overview::dashboard(plan, &words) {
        artifacts.insert(format!("{FOLDER}/overview.json"), overview.text());
    }
    if let Some(any) = plan.slos().next() {
        let promise = promise::dashboard(&plan.project, any, &words);
        artifacts.insert(format!("{FOLDER}/slo.json"), promise.text());
    }
    provisioning::emit(plan, artifacts);
}

/// The parts that all dashboards share.
fn blank(words: &Dashboards, uid: &str, title: String, about: &str) -> Dashboard {
    Dashboard {
        description: format!("{MARK} {about}"),
        uid: uid.to_owned(),
        title,
        tags: vec![TAG],
        timezone: "browser".to_owned(),
        editable: false,
        graph_tooltip: 1,
        schema_version: 39,
        version: 1,
        refresh: "1m",
        time: Range { from: "now-24h", to: "now" },
        timepicker: Timepicker {},
        links: Vec::new(),
        annotations: List { list: Vec::new() },
        templating: List { list: vec![data_source(words)] },
        panels: Vec::new(),
    }
}

/// The title with the environment: one Grafana may show the dashboards of several environments.
fn titled(project: &ProjectPlan, title: String) -> String {
    match &project.environment {
        Some(environment) => format!("{title} · {environment}"),
        None => title,
    }
}

fn data_source(words: &Dashboards) -> Variable {
    Variable {
        r#type: "datasource",
        name: panels::DATA_SOURCE.to_owned(),
        label: words.phrase("variable.datasource"),
        description: words.phrase("variable.datasource.about"),
        skip_url_sync: false,
        datasource: None,
        definition: None,
        query: VariableQuery::Plugin("prometheus"),
        regex: String::new(),
        sort: None,
        refresh: 1,
        hide: 0,
        multi: false,
        include_all: false,
        all_value: None,
        options: [],
        current: Current { text: "default", value: "default" },
    }
}

/// Grafana's name for the query of a variable.
const VARIABLE_QUERY: &str = "PrometheusVariableQueryEditor-VariableQuery";

/// A variable for one value of a label.
fn choice(words: &Dashboards, name: &str, query: String) -> Variable {
    Variable {
        r#type: "query",
        name: name.to_owned(),
        label: words.phrase(&format!("variable.{name}")),
        description: words.phrase(&format!("variable.{name}.about")),
        datasource: Some(panels::PROMETHEUS),
        definition: Some(query.clone()),
        query: VariableQuery::Labels { qry_type: 1, query, ref_id: VARIABLE_QUERY },
        sort: Some(1),
        refresh: 2,
        current: Current { text: "", value: "" },
        ..data_source(words)
    }
}

/// The same variable with the answers of a query as its values: a part of `{label="value"} 1 1700000000` each.
fn asking(variable: Variable, query: &Expr, regex: &str) -> Variable {
    let query = format!("query_result({query})");
    Variable {
        definition: Some(query.clone()),
        query: VariableQuery::Labels { qry_type: 3, query, ref_id: VARIABLE_QUERY },
        regex: regex.to_owned(),
        ..variable
    }
}

/// On the time axis: pages, deployments, and on the dashboard of one SLO when its events do not count. Pages are drawn if all panels show one SLO. On
/// other dashboards they would also mark panels of healthy SLOs, so they are off by default.
fn annotations(words: &Dashboards, pages: Expr, paused: Option<Expr>) -> List<Annotation> {
    let mark = |name: String, datasource, icon_color| Annotation {
        name,
        datasource,
        enable: true,
        icon_color,
        ..Annotation::default()
    };
    let pages = Annotation {
        expr: Some(pages.to_string()),
        step: Some("60s"),
        title_format: Some("{{alertname}}"),
        text_format: Some("{{service}} {{slo}}"),
        tag_keys: Some("severity"),
        enable: paused.is_some(),
        ..mark(words.phrase("annotation.alerts"), panels::PROMETHEUS, "red")
    };
    let paused = paused.map(|paused| Annotation {
        expr: Some(paused.to_string()),
        step: Some("60s"),
        text_format: Some("{{service}} {{slo}}"),
        ..mark(words.phrase("state.paused"), panels::PROMETHEUS, display::DIM)
    });
    let tags = TagQuery { r#type: "tags", tags: vec![DEPLOYMENT], match_any: true, limit: 100 };
    let deployments =
        Annotation { target: Some(tags), ..mark(words.phrase("annotation.deployments"), GRAFANA, "blue") };
    List { list: [pages].into_iter().chain(paused).chain([deployments]).collect() }
}

/// A link to another page.
fn link(title: String, url: String) -> Link {
    Link {
        title,
        r#type: "link",
        icon: "external link",
        tooltip: String::new(),
        url: Some(url),
        tags: Vec::new(),
        as_dropdown: false,
        include_vars: false,
        keep_time: false,
        target_blank: true,
    }
}

/// The link to the dashboard of all services.
fn home(project: &ProjectPlan, words: &Dashboards) -> Option<Link> {
    let link = |uid: &String| Link {
        keep_time: true,
        target_blank: false,
        ..link(words.phrase("link.overview"), format!("/d/{uid}"))
    };
    project.overview.as_ref().map(link)
}

/// The links to the other generated dashboards.
fn others(words: &Dashboards) -> Link {
    Link {
        r#type: "dashboards",
        url: None,
        tags: vec![TAG],
        as_dropdown: true,
        keep_time: true,
        target_blank: false,
        ..link(words.phrase("link.others"), String::new())
    }
}
