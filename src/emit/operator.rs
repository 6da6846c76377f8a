//! Objects for the Prometheus Operator: rules as `PrometheusRule`; dashboards as `ConfigMap`s for Grafana's sidecar and the configuration of
//! Alertmanager as a `Secret`, if they are asked for.
//!
//! It writes a `Secret` and not an `AlertmanagerConfig`: the operator adds the namespace of such an object to every route and inhibition, so it never
//! sees alerts of services in other namespaces, and an outage in one namespace could not silence alerts in another.

use super::objects::{self, Kind};
use super::{alertmanager, grafana};
use crate::artifact::Artifacts;
use crate::model::{Labels, Operator};
use crate::plan::{Plan, ProjectPlan, ServicePlan};

/// The objects.
pub(super) const KIND: Kind =
    Kind { version: "monitoring.coreos.com/v1", kind: "PrometheusRule", more: |_, _| {} };

/// The directory where the operator mounts the other files of the `Secret`.
const MOUNTED: &str = "/etc/alertmanager/config";

/// Adds `operator/<service>.yaml` and the dashboard of the service.
pub fn service(project: &ProjectPlan, service: &ServicePlan, artifacts: &mut Artifacts) {
    let Some(operator) = &project.targets.operator else { return };
    let text = objects::rules(project, service, &operator.objects, &KIND);
    artifacts.insert(format!("operator/{}.yaml", service.name), text);
    dashboards(operator, artifacts, |made| grafana::service(project, service, made));
}

/// Adds the dashboards of the project and `operator/alertmanager.yaml`.
pub fn project(plan: &Plan, artifacts: &mut Artifacts) {
    let Some(operator) = &plan.project.targets.operator else { return };
    dashboards(operator, artifacts, |made| grafana::project(plan, made));
    if let (Some(name), Some(notifications)) = (&operator.alertmanager, &plan.project.notifications) {
        let templates = format!("{MOUNTED}/slowburn.tmpl");
        let configuration = alertmanager::configuration(notifications, &templates);
        let texts = alertmanager::templates(&plan.project, notifications);
        let files = [("alertmanager.yaml", configuration.as_str()), ("slowburn.tmpl", texts.as_str())];
        let name = format!("alertmanager-{name}");
        let text = objects::files("Secret", &name, &operator.objects, &Labels::new(), &files);
        // Services have names of their own, and a service may have the name alertmanager.
        artifacts.insert("operator/secrets/alertmanager.yaml".to_owned(), text);
    }
}

/// The dashboards that `make` adds, each as a `ConfigMap`.
fn dashboards(operator: &Operator, artifacts: &mut Artifacts, make: impl FnOnce(&mut Artifacts)) {
    let Some(labels) = &operator.dashboards else { return };
    let mut made = Artifacts::new();
    make(&mut made);
    for (path, text) in &made {
        let Some(file) = path.strip_prefix(grafana::FOLDER).map(|file| file.trim_start_matches('/')) else {
            continue;
        };
        let Some(stem) = file.strip_suffix(".json") else { continue };
        // `overview_` is the dashboard of a service called `overview`.
        let name = format!("slo-dashboard-{}", stem.replace('_', ".service"));
        let text = objects::files("ConfigMap", &name, &operator.objects, labels, &[(file, text)]);
        artifacts.insert(format!("operator/dashboards/{stem}.yaml"), text);
    }
}
