//! `targets` of the project file, as it is written.

use super::{Key, Map};
use crate::scalar::Scalar;
use crate::source::Span;

/// `targets`: systems besides Prometheus that evaluate the rules.
#[derive(Clone, Debug, Default)]
pub struct TargetsBlock {
    /// Its beginning.
    pub span: Option<Span>,
    /// `operator`
    pub operator: Option<ObjectsBlock>,
    /// `thanos`
    pub thanos: Option<ThanosBlock>,
    /// `mimir`
    pub mimir: Option<MimirBlock>,
    /// `cortex`
    pub cortex: bool,
    /// `vmalert`
    pub vmalert: bool,
    /// `vmrule`
    pub vmrule: Option<ObjectsBlock>,
}

/// Objects of Kubernetes.
#[derive(Clone, Debug)]
pub struct ObjectsBlock {
    /// Its beginning.
    pub span: Span,
    /// `namespace`
    pub namespace: Option<Scalar>,
    /// `labels`
    pub labels: Map<Scalar>,
    /// `dashboards`, with its key.
    pub dashboards: Option<(Key, Map<Scalar>)>,
    /// `alertmanager`
    pub alertmanager: Option<Scalar>,
}

/// `thanos`
#[derive(Clone, Debug)]
pub struct ThanosBlock {
    /// `partial_response`
    pub partial_response: Option<Scalar>,
}

/// `mimir`
#[derive(Clone, Debug)]
pub struct MimirBlock {
    /// Its beginning.
    pub span: Span,
    /// `max_groups`
    pub max_groups: Option<Scalar>,
    /// `max_rules`
    pub max_rules: Option<Scalar>,
    /// `source_tenants`
    pub source_tenants: Vec<Scalar>,
}
