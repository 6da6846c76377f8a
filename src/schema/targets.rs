//! `targets` of the project file.

use serde_json::{Value, json};

use super::values::{count, text, words};
use super::{block, list, map, not_empty};
use crate::model::PartialResponse;

pub(super) fn targets() -> Value {
    let objects = || {
        vec![
            ("namespace", "The namespace of the objects.", kubernetes_name()),
            ("labels", "Labels of the objects, by which the operator selects them.", map(text(), text())),
        ]
    };
    let mut operator = objects();
    operator.push((
        "dashboards",
        "Labels by which Grafana's sidecar finds dashboards, such as `{ grafana_dashboard: \"1\" }`. With it every dashboard becomes a `ConfigMap`.",
        not_empty(map(text(), text())),
    ));
    operator.push((
        "alertmanager",
        "The name of the object `Alertmanager`. With it the configuration of Alertmanager becomes a `Secret`.",
        kubernetes_name(),
    ));
    let strategies = PartialResponse::ALL.map(|(word, _)| word);
    let thanos =
        vec![("partial_response", "What to do if a store is missing. Default: `abort`.", words(&strategies))];
    let mimir = vec![
        ("max_groups", "How many groups the tenant may have. Default: 70, as in Mimir.", count()),
        ("max_rules", "How many rules a group may have. Default: 20, as in Mimir.", count()),
        ("source_tenants", "Tenants whose series the rules read.", list(text())),
    ];
    block(
        &[],
        vec![
            ("operator", "The Prometheus Operator: objects `PrometheusRule`.", block(&[], operator)),
            ("thanos", "Thanos Ruler.", block(&[], thanos)),
            ("mimir", "Mimir's ruler.", block(&[], mimir)),
            ("cortex", "Cortex's ruler. It has no keys: `{}`.", block(&[], Vec::new())),
            ("vmalert", "vmalert of VictoriaMetrics. It has no keys: `{}`.", block(&[], Vec::new())),
            ("vmrule", "The operator of VictoriaMetrics: objects `VMRule`.", block(&[], objects())),
        ],
    )
}

/// A Kubernetes name.
fn kubernetes_name() -> Value {
    json!({ "type": "string", "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", "maxLength": 63 })
}
