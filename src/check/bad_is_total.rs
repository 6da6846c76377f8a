//! SLIs whose events are all bad, or all good.

use super::contract::bad_not_within_total::known_values;
use super::slos;
use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::model::{Counter, MetricRead, Model, Role, Service, Sli, Slo, Term};
use crate::promql::ast::{MatchOp, Matcher, Selector};
use crate::promql::bounds::{Bound, listed};
use crate::source::Span;

pub(super) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    for (service, slo) in slos(model) {
        problems.extend(equal_events(model, service, slo).map(|alike| to_problem(slo, alike)));
    }
}

/// Whether all events of an SLO are of one kind.
pub(super) fn has_one_kind_of_events(model: &Model, service: &Service, slo: &Slo) -> bool {
    equal_events(model, service, slo).is_some()
}

/// Two kinds of events that are equal.
struct EqualEvents {
    part: Role,
    whole: Role,
    /// The matcher that has no effect, by its selector and index, and why.
    idle: Option<(Selector, usize)>,
}

fn equal_events(model: &Model, service: &Service, slo: &Slo) -> Option<EqualEvents> {
    let Sli::Counted { histogram: None, total, good, bad } = &slo.sli else { return None };
    let given = |role, terms: &'_ Option<Vec<Term>>| terms.clone().map(|terms| (role, terms));
    let all = [given(Role::Bad, bad), given(Role::Good, good), given(Role::Total, total)];
    let [(part, inner), (whole, outer)] =
        <[_; 2]>::try_from(all.into_iter().flatten().collect::<Vec<_>>()).ok()?;
    // Every term of one is a term of the other, except for matchers that exclude nothing.
    let mut idle = None;
    let mut rest = outer;
    for term in inner {
        let at = rest.iter().position(|other| {
            other.negative == term.negative
                && covers(model, service, &term.counter, &other.counter, &mut idle)
        })?;
        rest.remove(at);
    }
    rest.is_empty().then_some(EqualEvents { part, whole, idle })
}

/// Whether a counter selects all series of another one with the same metric. `idle` becomes a matcher that has no effect only because of the known
/// values.
fn covers(
    model: &Model,
    service: &Service,
    part: &Counter,
    whole: &Counter,
    idle: &mut Option<(Selector, usize)>,
) -> bool {
    let (inner, outer) = (&without_endless_bound(part.selector()), &without_endless_bound(whole.selector()));
    if inner.name != outer.name {
        return false;
    }
    if outer.matchers.iter().any(|matcher| !inner.matchers.contains(matcher)) {
        return false;
    }
    inner.matchers.iter().enumerate().all(|(index, matcher)| {
        if outer.matchers.contains(matcher) || matches_all(matcher) {
            return true;
        }
        let within = outer.matchers.iter().filter(|other| other.label == matcher.label);
        let within: Vec<_> = within.map(Matcher::asked).collect();
        let asked = matcher.asked();
        let known = known_values(model, service, inner, &matcher.label).unwrap_or_default();
        let mut left =
            known.iter().filter(|value| within.iter().all(|other| other.meets(value) == Some(true)));
        // A single known value proves nothing: others may not have happened yet.
        let idles = left.clone().nth(1).is_some() && left.all(|value| asked.meets(value) == Some(true));
        if idles {
            *idle = Some((inner.clone(), index));
        }
        idles
    })
}

/// A selector of all events: the bucket without a bound counts the same events as `_count`.
fn without_endless_bound(selector: &Selector) -> Selector {
    let is_le = |matcher: &&Matcher| matcher.label == "le";
    let mut bounds = selector.matchers.iter().filter(is_le).map(listed);
    let endless = bounds.next().flatten().is_some_and(|bounds| bounds == [Bound::Infinite]);
    match selector.name.as_deref().and_then(|name| name.strip_suffix("_bucket")) {
        Some(base) if endless => {
            let others: Vec<Matcher> = selector.matchers.iter().filter(|one| !is_le(one)).cloned().collect();
            Selector { name: Some(format!("{base}_count")), matchers: others.into(), ..selector.clone() }
        }
        _ => selector.clone(),
    }
}

/// Whether a matcher excludes no value.
fn matches_all(matcher: &Matcher) -> bool {
    match matcher.op {
        MatchOp::Matches => [".*", "(.*)", "^.*$", "(?s:.*)", "(?s).*"].contains(&matcher.value.as_str()),
        MatchOp::Equal | MatchOp::NotEqual | MatchOp::NotMatches => false,
    }
}

fn to_problem(slo: &Slo, alike: EqualEvents) -> Problem {
    let of = |role: Role| slo.readings.iter().find(|reading| reading.role == role);
    let place =
        |reading: Option<&MetricRead>| reading.map_or(slo.places.sli.beginning(), |reading| reading.place);
    let idle = alike.idle.and_then(|(selector, index)| {
        let reading = of(alike.part).filter(|reading| reading.selector == selector)?;
        Some((reading.matchers[index], selector.matchers[index].to_string()))
    });
    let (headline, label): (&str, &str) = match (alike.part, alike.whole) {
        (Role::Bad, Role::Total) => {
            ("`bad` selects all that `total` selects", "so every event is bad, and the alerts never stop")
        }
        (Role::Good, Role::Total) => {
            ("`good` selects all that `total` selects", "so no event is ever bad, and no alert can fire")
        }
        _ => ("`bad` and `good` select the same events", "so half of all events are bad, whatever happens"),
    };
    let span: Span = idle.as_ref().map_or(place(of(alike.part)), |(span, _)| *span);
    let problem = Problem::error(Code::BadIsTotal, span, headline)
        .label(label)
        .and(place(of(alike.whole)), "the same events");
    let key = if alike.part == Role::Bad { "bad" } else { "good" };
    let problem = match idle {
        Some((_, matcher)) => problem.help(format!(
            "every known value of the label matches `{matcher}`: select only the values that are {key}"
        )),
        None => problem,
    };
    match alike.part {
        Role::Bad => problem
            .help("let `bad` select only the events that failed, with a matcher such as `status=~\"5..\"`")
            .help("if failures have a counter of their own, write that counter as `bad`"),
        _ => problem.help("let `good` select only the events that succeeded, or write `bad` instead"),
    }
}
