//! Stub.
use super::series::Series;
use crate::model::{Service, Slo};
use crate::plan::{Group, Promise, Proof};
pub(super) fn missing(_: &Service, _: &Group) -> Option<Proof> {
    None
}
pub(super) fn burn(_: &Slo, _: &Promise, _: &Series, _: &[Group]) -> Vec<Proof> {
    Vec::new()
}
