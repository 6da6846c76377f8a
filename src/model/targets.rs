//! Other systems that evaluate the rules, with their settings.

use super::Labels;
use crate::source::Span;

/// Other systems that evaluate the rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleTargets {
    /// The place of `targets`; `None` if there are none.
    pub declared: Option<Span>,
    /// The Prometheus Operator: objects `PrometheusRule`.
    pub operator: Option<Operator>,
    /// Thanos Ruler.
    pub thanos: Option<PartialResponse>,
    /// Mimir's ruler.
    pub mimir: Option<Mimir>,
    /// Cortex's ruler.
    pub cortex: bool,
    /// vmalert of VictoriaMetrics.
    pub vmalert: bool,
    /// The operator of VictoriaMetrics: objects `VMRule`.
    pub vmrule: Option<Objects>,
}

impl RuleTargets {
    /// The name of a target that has the series of several Prometheus servers, with its place.
    pub fn store(&self) -> Option<(Span, &'static str)> {
        let stores = ["thanos", "mimir", "cortex", "vmalert", "vmrule"];
        let store = stores.into_iter().find(|store| self.is_written(store))?;
        Some((self.declared?, store))
    }

    /// The place of a target that has limits.
    pub fn place(&self, target: &str) -> Option<Span> {
        match target {
            "operator" => self.operator.as_ref().map(|operator| operator.objects.place),
            "mimir" => self.mimir.as_ref().map(|mimir| mimir.place),
            "vmrule" => self.vmrule.as_ref().map(|objects| objects.place),
            _ => None,
        }
    }

    /// Whether files for this target are written. Those of rule evaluators are written only if they are declared; all others always.
    pub fn is_written(&self, target: &str) -> bool {
        match target {
            "operator" => self.operator.is_some(),
            "thanos" => self.thanos.is_some(),
            "mimir" => self.mimir.is_some(),
            "cortex" => self.cortex,
            "vmalert" => self.vmalert,
            "vmrule" => self.vmrule.is_some(),
            _ => true,
        }
    }
}

/// Fields of all Kubernetes objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objects {
    /// The place of the target.
    pub place: Span,
    /// The namespace; `None` means that `kubectl` decides.
    pub namespace: Option<String>,
    /// Labels by which operators select objects.
    pub labels: Labels,
}

/// Settings for the Prometheus Operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// Fields of its objects.
    pub objects: Objects,
    /// The labels of each dashboard's `ConfigMap`, by which Grafana's sidecar finds it; `None` writes no `ConfigMap`.
    pub dashboards: Option<Labels>,
    /// The object `Alertmanager` whose configuration is written as a `Secret`; `None` writes none.
    pub alertmanager: Option<String>,
}

/// How a Thanos Ruler handles an answer from which a store is missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PartialResponse {
    /// The evaluation fails.
    #[default]
    Abort,
    /// The answer is used, with a warning.
    Warn,
}

impl PartialResponse {
    /// Both values, with their names in Thanos.
    pub const ALL: [(&'static str, Self); 2] = [("abort", Self::Abort), ("warn", Self::Warn)];

    /// `abort` or `warn`.
    pub fn as_str(self) -> &'static str {
        let [(abort, _), (warn, _)] = Self::ALL;
        match self {
            Self::Abort => abort,
            Self::Warn => warn,
        }
    }
}

/// Limits of Mimir's ruler for one tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mimir {
    /// The place of the target.
    pub place: Span,
    /// `ruler_max_rule_groups_per_tenant`
    pub max_groups: u32,
    /// `ruler_max_rules_per_rule_group`
    pub max_rules: u32,
    /// Tenants whose series the rules read; empty means the tenant's own.
    pub source_tenants: Vec<String>,
}

impl Mimir {
    /// Mimir's default for groups per tenant.
    pub const MAX_GROUPS: u32 = 70;
    /// Mimir's default for rules per group.
    pub const MAX_RULES: u32 = 20;
}
