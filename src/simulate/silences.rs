//! Which alerts of a timeline are silenced while others of it fire: by the inhibitions that Alertmanager gets.

use super::timeline::AnyFiring;
use super::{Span, Timeline};
use crate::plan::{Labels, ProjectPlan, SloPlan};
use crate::vocabulary::{Duration, Severity};

/// One alert of a timeline: its labels, and when it fires.
struct FiringTimes {
    name: String,
    severity: Severity,
    labels: Labels,
    spans: Vec<Span>,
}

/// Notes when each alert of a timeline is silenced by another one. Without `alertmanager` in the project none is.
pub fn silence(timeline: &mut Timeline, project: &ProjectPlan, plan: &SloPlan) {
    let Some(notifications) = &project.notifications else { return };
    let labels = |name: &str, severity: Severity| {
        let label = project.severities.get(severity);
        let is_it = |labels: &&Labels| {
            let is = |label: &str, value: &str| labels.get(label).is_some_and(|known| known == value);
            is("alertname", name)
                && is("severity", label)
                && is("service", &plan.promise.service)
                && labels.get("slo").is_none_or(|slo| *slo == plan.promise.slo)
        };
        let mut found = notifications.deliveries.iter().map(|delivery| &delivery.labels).find(is_it)?.clone();
        // An incident happens to one value of each label.
        if found.contains_key("slo") {
            found.extend(plan.promise.by.iter().map(|label| (label.clone(), "one".to_owned())));
        }
        Some(found)
    };
    let mut all: Vec<FiringTimes> = Vec::new();
    for AnyFiring { name, severity, span, .. } in timeline.firings() {
        match all.iter_mut().find(|known| known.name == name && known.severity == severity) {
            Some(known) => known.spans.push(span),
            None => {
                let Some(labels) = labels(name, severity) else { continue };
                all.push(FiringTimes { name: name.to_owned(), severity, labels, spans: vec![span] });
            }
        }
    }
    let silenced = |target: &FiringTimes| -> Vec<Span> {
        let silences = |source: &&FiringTimes| {
            notifications.inhibitions.iter().any(|one| one.silences(&source.labels, &target.labels))
        };
        joined(all.iter().filter(silences).flat_map(|source| &source.spans))
    };
    let silenced = all.iter().map(|target| (target.name.clone(), target.severity, silenced(target)));
    timeline.silenced = silenced.filter(|(.., spans)| !spans.is_empty()).collect();
}

/// Spans without overlaps, by time.
fn joined<'a>(spans: impl Iterator<Item = &'a Span>) -> Vec<Span> {
    let mut sorted: Vec<Span> = spans.copied().collect();
    sorted.sort_by_key(|span| span.from);
    let mut joined: Vec<Span> = Vec::new();
    for span in sorted {
        match joined.last_mut() {
            Some(last) if last.until.is_none_or(|until| span.from <= until) => {
                last.until = last.until.zip(span.until).map(|(one, other)| one.max(other));
            }
            _ => joined.push(span),
        }
    }
    joined
}

/// How silencing changes the notifications of one firing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SilencedFiring {
    /// Whether it is silenced when it begins to fire.
    pub begins: bool,
    /// When it is sent, if it is silenced at first: the end of that, unless it has stopped by then.
    pub sent: Option<Duration>,
    /// Whether it is silenced when it stops.
    pub stops: bool,
}

impl Timeline {
    /// How silencing changes the notifications of a firing of this alert.
    pub(super) fn silenced_firing(&self, name: &str, severity: Severity, span: Span) -> SilencedFiring {
        let of = self.silenced.iter().find(|(known, of, _)| known == name && *of == severity);
        let spans = of.map(|(.., spans)| &spans[..]).unwrap_or_default();
        let within = |at: Duration| {
            spans.iter().find(|one| one.from <= at && one.until.is_none_or(|until| at < until)).copied()
        };
        let begins = within(span.from);
        let released = begins.and_then(|quiet| quiet.until);
        SilencedFiring {
            begins: begins.is_some(),
            sent: released.filter(|at| span.until.is_none_or(|until| *at < until)),
            // Both may stop in the same evaluation.
            stops: span.until.is_some_and(|until| {
                spans.iter().any(|one| one.from < until && one.until.is_none_or(|end| until <= end))
            }),
        }
    }
}
