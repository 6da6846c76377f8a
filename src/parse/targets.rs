//! `targets` of the project file, key by key.

use super::fields::Fields;
use super::keys::TARGET_KEYS;
use super::yaml::Node;
use crate::ast::{MimirBlock, ObjectsBlock, TargetsBlock, ThanosBlock};
use crate::diagnostic::Problem;
use crate::source::Span;

const OBJECTS_KEYS: &[&str] = &["namespace", "labels"];
const OPERATOR_KEYS: &[&str] = &["namespace", "labels", "dashboards", "alertmanager"];

pub(super) fn targets(place: Option<Span>, node: &Node, problems: &mut Vec<Problem>) -> Option<TargetsBlock> {
    let mut fields = Fields::of(node, "`targets`", TARGET_KEYS, problems)?;
    let at = fields.place("operator");
    let operator = at
        .zip(fields.node("operator"))
        .and_then(|(place, node)| objects(place, node, "`operator`", OPERATOR_KEYS, fields.problems()));
    let thanos = fields.node("thanos").and_then(|node| thanos(node, fields.problems()));
    let at = fields.place("mimir");
    let mimir = at.zip(fields.node("mimir")).and_then(|(place, node)| mimir(place, node, fields.problems()));
    let mut plain = |name: &'static str, what: &'static str| {
        let Some(node) = fields.node(name) else { return false };
        let known = Fields::of(node, what, &[], fields.problems()).map(Fields::finish);
        known.is_some()
    };
    let cortex = plain("cortex", "`cortex`");
    let vmalert = plain("vmalert", "`vmalert`");
    let at = fields.place("vmrule");
    let vmrule = at
        .zip(fields.node("vmrule"))
        .and_then(|(place, node)| objects(place, node, "`vmrule`", OBJECTS_KEYS, fields.problems()));
    fields.finish();
    Some(TargetsBlock { span: place, operator, thanos, mimir, cortex, vmalert, vmrule })
}

fn objects(
    span: Span,
    node: &Node,
    what: &'static str,
    keys: &'static [&'static str],
    problems: &mut Vec<Problem>,
) -> Option<ObjectsBlock> {
    let mut fields = Fields::of(node, what, keys, problems)?;
    let namespace = fields.scalar("namespace");
    let labels = fields.scalars("labels");
    let (mut dashboards, mut alertmanager) = (None, None);
    if keys.contains(&"dashboards") {
        dashboards = fields.key("dashboards").map(|key| (key, fields.scalars("dashboards")));
        alertmanager = fields.scalar("alertmanager");
    }
    fields.finish();
    Some(ObjectsBlock { span, namespace, labels, dashboards, alertmanager })
}

fn thanos(node: &Node, problems: &mut Vec<Problem>) -> Option<ThanosBlock> {
    let mut fields = Fields::of(node, "`thanos`", &["partial_response"], problems)?;
    let partial_response = fields.scalar("partial_response");
    fields.finish();
    Some(ThanosBlock { partial_response })
}

fn mimir(span: Span, node: &Node, problems: &mut Vec<Problem>) -> Option<MimirBlock> {
    let mut fields = Fields::of(node, "`mimir`", &["max_groups", "max_rules", "source_tenants"], problems)?;
    let max_groups = fields.scalar("max_groups");
    let max_rules = fields.scalar("max_rules");
    let source_tenants = fields.texts("source_tenants");
    fields.finish();
    Some(MimirBlock { span, max_groups, max_rules, source_tenants })
}
