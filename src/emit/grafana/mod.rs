//! Grafana: a dashboard per service, one of all services, and the files that load them.
//!
//! | file | makes |
//! |---|---|
//! | `overview` | the dashboard of all services, for whoever asks which promise is in danger |
//! | `detail` | the dashboard of one service, for whoever was called |
//! | `provisioning` | the files that load them |
//! | `panels` | panels: their kinds and looks |
//! | `queries` | what they ask, as trees |
//! | `json` | Grafana's own format |

mod detail;
mod json;
mod overview;
mod panels;
mod provisioning;
mod queries;

pub use queries::variable;

use super::address::address;
use crate::artifact::{Artifacts, MARK};
use crate::plan::{Plan, ProjectPlan, ServicePlan};
use crate::text::Dashboards;
use json::{
    Annotation, Current, Dashboard, DataSource, Link, List, Range, TagQuery, Timepicker, Variable,
    VariableQuery,
};

/// Where dashboards are.
const FOLDER: &str = "grafana/dashboards";

/// What all dashboards of ours are tagged with.
const TAG: &str = "slo";

/// What deployments are to be tagged with to be drawn into the panels.
const DEPLOYMENT: &str = "deploy";

/// Grafana's own data source, for what people and programs have noted in Grafana itself.
const GRAFANA: DataSource = DataSource { r#type: "grafana", uid: "-- Grafana --" };

/// Adds `grafana/dashboards/<service>.json`.
pub fn service(project: &ProjectPlan, service: &ServicePlan, artifacts: &mut Artifacts) {
    let words = Dashboards::of(project.language);
    artifacts.insert(path(&service.name), detail::dashboard(project, service, &words).text());
}

/// Where the dashboard of a service is.
pub fn path(service: &str) -> String {
    // Names of services hold no `_`, so that nothing else is called so.
    let name = if service == "overview" { "overview_" } else { service };
    format!("{FOLDER}/{name}.json")
}

/// Adds `grafana/dashboards/overview.json` and `grafana/provisioning/**`.
pub fn project(plan: &Plan, artifacts: &mut Artifacts) {
    let words = Dashboards::of(plan.project.language);
    if let Some(overview) = overview::dashboard(plan, &words) {
        artifacts.insert(format!("{FOLDER}/overview.json"), overview.text());
    }
    provisioning::emit(plan, artifacts);
}

/// What all dashboards share.
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

fn data_source(words: &Dashboards) -> Variable {
    Variable {
        r#type: "datasource",
        name: panels::DATA_SOURCE.to_owned(),
        label: words.say("variable.datasource"),
        description: words.say("variable.datasource.about"),
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

/// Alerts and deployments as marks on the time axis.
fn annotations(words: &Dashboards, alerts: String) -> List<Annotation> {
    let mark = |name: String, datasource, icon_color| Annotation {
        name,
        datasource,
        enable: true,
        hide: false,
        icon_color,
        built_in: None,
        r#type: None,
        expr: None,
        step: None,
        title_format: None,
        text_format: None,
        tag_keys: None,
        target: None,
    };
    let alerts = Annotation {
        expr: Some(alerts),
        step: Some("60s"),
        title_format: Some("{{alertname}}"),
        text_format: Some("{{service}} {{slo}}"),
        tag_keys: Some("severity"),
        ..mark(words.say("annotation.alerts"), panels::PROMETHEUS, "red")
    };
    let tags = TagQuery { r#type: "tags", tags: vec![DEPLOYMENT], match_any: true, limit: 100 };
    let deployments =
        Annotation { target: Some(tags), ..mark(words.say("annotation.deployments"), GRAFANA, "blue") };
    List { list: vec![alerts, deployments] }
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

/// The other dashboards of ours.
fn others(words: &Dashboards) -> Link {
    Link {
        r#type: "dashboards",
        url: None,
        tags: vec![TAG],
        as_dropdown: true,
        keep_time: true,
        target_blank: false,
        ..link(words.say("link.others"), String::new())
    }
}
