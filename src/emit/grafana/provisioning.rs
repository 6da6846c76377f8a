//! The two files with which Grafana loads the dashboards and their data source.

use super::super::yaml::Yaml;
use crate::artifact::{Artifacts, MARK};
use crate::plan::Plan;

/// Adds `grafana/provisioning/{dashboards,datasources}/slowburn.yaml`.
pub fn emit(plan: &Plan, artifacts: &mut Artifacts) {
    artifacts.insert("grafana/provisioning/dashboards/slowburn.yaml".to_owned(), dashboards());
    artifacts.insert("grafana/provisioning/datasources/slowburn.yaml".to_owned(), data_sources(plan));
}

fn dashboards() -> String {
    let mut yaml = Yaml::default();
    yaml.comment(0, MARK);
    yaml.line(0, "apiVersion: 1");
    yaml.line(0, "providers:");
    yaml.line(2, "- name: slowburn");
    yaml.line(4, "orgId: 1");
    yaml.line(4, "type: file");
    yaml.line(4, "folder: SLO");
    yaml.line(4, "folderUid: slo");
    yaml.line(4, "disableDeletion: false");
    yaml.line(4, "allowUiUpdates: false");
    yaml.line(4, "updateIntervalSeconds: 30");
    yaml.line(4, "options:");
    yaml.comment(6, "The directory of grafana/dashboards on the machine of Grafana.");
    yaml.line(6, "path: /etc/grafana/dashboards");
    yaml.finish()
}

fn data_sources(plan: &Plan) -> String {
    // The main series are recorded every half minute; raw panels have their own interval.
    let promises = plan.slos().map(|slo| &slo.promise);
    let interval = promises.map(|promise| promise.interval).min();
    let mut yaml = Yaml::default();
    yaml.comment(0, MARK);
    yaml.line(0, "apiVersion: 1");
    yaml.line(0, "datasources:");
    yaml.line(2, "- name: Prometheus (slowburn)");
    yaml.line(4, "uid: slowburn");
    yaml.line(4, "type: prometheus");
    yaml.line(4, "access: proxy");
    yaml.comment(4, "Grafana reads this from its environment: PROMETHEUS_URL=http://prometheus:9090");
    yaml.line(4, "url: $PROMETHEUS_URL");
    yaml.line(4, "jsonData:");
    yaml.line(6, "httpMethod: POST");
    yaml.line(6, "manageAlerts: true");
    yaml.line(6, "prometheusType: Prometheus");
    if let Some(interval) = interval {
        yaml.line(6, &format!("timeInterval: {interval}"));
    }
    yaml.finish()
}
