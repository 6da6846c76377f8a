//! Facts of a runbook beside the promise: its file, and the first queries.

use std::collections::BTreeSet;

use super::journey;
use super::series::Series;
use crate::model::{Companion, Counter, MetricRead, Model, Role, Service, Sli, Slo, Term};
use crate::plan::{Level, Question, QuestionKind, Runbook, Signal, anchor};
use crate::promql::ast::{Expr, Kind, MatchOp, Selector, Time};
use crate::promql::build::{aggregate, aggregate_without, call, eq, gt, mul, number, or, selector, sub};
use crate::vocabulary::{Duration, text};

/// How many series an answer shows at most.
const MOST: &str = "10";

/// The file of an SLO's runbook. Two SLOs with the same file would have the same alert name, too. That is an error even if one of them has no alerts.
pub(super) fn of_slo(service: &str, slo: &str) -> String {
    format!("{service}-{slo}.md")
}

/// The file of the runbook for missing events. No SLO has this file: names of SLOs contain no dot.
pub(super) fn of_missing(service: &str) -> String {
    format!("{service}.events-missing.md")
}

/// The file of a companion alert's runbook. No SLO has this file either, even one with the name of the alert.
pub(super) fn of_alert(service: &str, alert: &str) -> String {
    format!("{service}.{alert}.md")
}

/// The address of a runbook.
pub(super) fn file_url(model: &Model, file: &str) -> Option<String> {
    Some(format!("{}/{file}", model.project.links.runbooks.as_deref()?))
}

/// The address of one alert's section. Readers of Markdown make an anchor of a heading, and for letters, digits and single hyphens all make the same
/// one.
pub(super) fn url(model: &Model, file: &str, alert: &str) -> Option<String> {
    Some(format!("{}#{}", file_url(model, file)?, anchor(alert)))
}

/// The text that people wrote for a runbook of this name.
pub(super) fn written(model: &Model, name: Option<&str>) -> Option<String> {
    let runbook = model.project.runbooks.get(name?)?;
    Some(runbook.text.clone()).filter(|text| !text.trim().is_empty())
}

/// The runbook of an SLO.
pub(super) fn runbook(
    model: &Model,
    slo: &Slo,
    service: &str,
    names: &Series,
    signal: Option<&Signal>,
) -> Runbook {
    let mut questions = vec![Question {
        asks: QuestionKind::Burn,
        query: call("sort_desc", vec![names.recorded("slo:current_burn_rate:ratio").into()]),
    }];
    questions.extend(parts(slo, names));
    questions.extend(needs(model, service));
    questions.extend(worst(slo, signal));
    questions.extend(scraped(&slo.readings));
    Runbook {
        file: of_slo(service, slo.name.as_str()),
        written: written(model, slo.runbook.as_deref()),
        questions,
    }
}

/// The questions about the parts of a journey.
fn parts(slo: &Slo, names: &Series) -> Vec<Question> {
    if slo.parts().is_empty() {
        return Vec::new();
    }
    let bad = eq(names.recorded(journey::BAD), number("1")).into();
    let held = |name: &str| super::sums::held(names, name);
    let services: BTreeSet<&str> = slo.parts().iter().map(|part| part.service.as_str()).collect();
    let fires = firing(&services);
    vec![
        Question { asks: QuestionKind::BadParts, query: bad },
        Question { asks: QuestionKind::Shares, query: call("sort_desc", vec![held(journey::SHARE)]) },
        Question { asks: QuestionKind::Parts, query: fires },
    ]
}

/// The alerts of some services. Their names consist of letters, digits and hyphens, which need no escape in a pattern.
fn firing(services: &BTreeSet<&str>) -> Expr {
    let pattern = services.iter().copied().collect::<Vec<_>>().join("|");
    selector("ALERTS", &[("alertstate", "firing")]).matching("service", MatchOp::Matches, &pattern).into()
}

/// The runbook of the alert for missing events.
pub(super) fn of_missing_events(model: &Model, service: &Service) -> Runbook {
    let mut questions: Vec<Question> = needs(model, service.name.as_str()).into_iter().collect();
    let mut asked = BTreeSet::new();
    for slo in service.slos.iter().filter(|slo| slo.is_expected()) {
        let counted = slo.readings.iter().map(|reading| Question {
            asks: QuestionKind::Counted,
            query: aggregate("count", &["job", "instance"], exposed(reading)),
        });
        for question in counted.chain(scraped(&slo.readings)) {
            if asked.insert(question.query.to_string()) {
                questions.push(question);
            }
        }
    }
    questions.sort_by_key(|question| question.asks == QuestionKind::Counted);
    Runbook { file: of_missing(service.name.as_str()), written: None, questions }
}

/// The runbook of a companion alert.
pub(super) fn of_companion(model: &Model, service: &Service, companion: &Companion) -> Runbook {
    let mut questions = vec![Question { asks: QuestionKind::BadNow, query: companion.expr.clone() }];
    questions.extend(needs(model, service.name.as_str()));
    questions.extend(scraped(&companion.readings));
    questions.extend(companion.readings.iter().map(|reading| Question {
        asks: QuestionKind::Counted,
        query: aggregate("count", &["job", "instance"], exposed(reading)),
    }));
    Runbook {
        file: of_alert(service.name.as_str(), companion.name.as_str()),
        written: written(model, companion.runbook.as_deref()),
        questions,
    }
}

/// The exposed series of a selector: a classic histogram has no series of its own name.
fn exposed(reading: &MetricRead) -> Selector {
    match reading.role {
        Role::Classic(_) => suffixed(&reading.selector, "_count"),
        Role::Total | Role::Good | Role::Bad | Role::Native | Role::State | Role::Gain | Role::Course => {
            reading.selector.clone()
        }
    }
}

/// Which of the raw series are bad, and the values of the others, over a few scrapes.
fn worst(slo: &Slo, signal: Option<&Signal>) -> Vec<Question> {
    // A rate needs a few samples; raw series are never read over a longer range.
    let recent = Time::Fixed(Duration::from_millis((4 * slo.scrape_interval.millis()).max(300_000)));
    let rate = |selector: &Selector| call("rate", vec![selector.clone().range(recent.clone())]);
    let mut questions = Vec::new();
    let mut ask = |asks, query: Expr| questions.push(Question { asks, query });
    match (&slo.sli, signal) {
        (Sli::Counted { .. }, Some(Signal::Latency(latency))) => {
            let histogram = &latency.histogram;
            let slow: Expr = if latency.native {
                let good = match &slo.sli {
                    Sli::Counted { good: Some(good), .. } => good.first().map(|term| term.counter.selector()),
                    _ => None,
                };
                let histogram = good.unwrap_or(histogram);
                let below = call(
                    "histogram_fraction",
                    vec![number("-Inf"), number(text(latency.limit)), rate(histogram)],
                );
                let slow: Expr =
                    mul(call("histogram_count", vec![rate(histogram)]), Expr::from(sub(number("1"), below)))
                        .into();
                let all = || call("histogram_count", vec![rate(&latency.histogram)]);
                if *histogram == latency.histogram { slow } else { or(slow, all()).into() }
            } else {
                match slow_of_buckets(slo, &rate) {
                    Some(slow) => slow,
                    None => return questions,
                }
            };
            ask(QuestionKind::Worst, top("topk", gt(slow, number("0")).into()));
            let all: Expr = match latency.native {
                true => call("histogram_count", vec![rate(histogram)]),
                false => rate(&suffixed(histogram, "_count")),
            };
            ask(QuestionKind::Traffic, top("topk", all));
        }
        (Sli::Counted { total, good, bad, .. }, _) => {
            for selector in plain(bad) {
                ask(QuestionKind::Worst, top("topk", gt(rate(selector), number("0")).into()));
            }
            for selector in plain(total) {
                ask(QuestionKind::Traffic, top("topk", rate(selector)));
            }
            if total.is_none() || bad.is_none() {
                for selector in plain(good) {
                    ask(QuestionKind::Good, top("bottomk", rate(selector)));
                }
            }
        }
        (Sli::Checked { bad, .. }, signal) => {
            ask(QuestionKind::BadNow, bad.clone());
            if let Some(Signal::Level(Level { value, high_is_bad, .. })) = signal {
                ask(QuestionKind::Value, top(if *high_is_bad { "topk" } else { "bottomk" }, value.clone()));
            }
        }
        // Its parts have their own runbooks.
        (Sli::Journey { .. }, _) => {}
        (Sli::Ratio { bad }, _) => {
            let now = bad.clone().map_times(&mut |time| match time {
                Time::Placeholder(_) => recent.clone(),
                other => other,
            });
            ask(QuestionKind::BadNow, top("topk", gt(now, number("0")).into()));
        }
    }
    questions
}

/// Events above the threshold, per series: all counted events minus those in the bucket of the threshold.
fn slow_of_buckets(slo: &Slo, rate: &dyn Fn(&Selector) -> Expr) -> Option<Expr> {
    let Sli::Counted { total: Some(total), good: Some(good), .. } = &slo.sli else { return None };
    let each = |terms: &[Term]| match terms {
        [Term { negative: false, counter: Counter::Plain(selector) }] => {
            Some(aggregate_without("sum", &["le"], rate(selector)))
        }
        _ => None,
    };
    let all = each(total)?;
    let slow = sub(all.clone(), each(good)?);
    let success =
        matches!(&slo.sli, Sli::Counted { histogram: Some(histogram), .. } if !histogram.success.is_empty());
    // Series of failed events have no bucket that the SLI reads.
    Some(if success { or(slow, all).into() } else { slow.into() })
}

/// Counters that are added.
fn plain(terms: &Option<Vec<Term>>) -> impl Iterator<Item = &Selector> {
    let added = terms.iter().flatten().filter(|term| !term.negative);
    added.filter_map(|term| match &term.counter {
        Counter::Plain(selector) => Some(selector),
        Counter::NativeCount(_) | Counter::NativeBelow(..) => None,
    })
}

fn suffixed(selector: &Selector, suffix: &str) -> Selector {
    Selector { name: selector.name.as_ref().map(|name| format!("{name}{suffix}")), ..selector.clone() }
}

/// The alerts of the dependencies of a service.
fn needs(model: &Model, service: &str) -> Option<Question> {
    let edges = model.project.dependencies.iter().filter(|edge| edge.service.as_str() == service);
    let needed: BTreeSet<&str> = edges.map(|edge| edge.on.as_str()).collect();
    (!needed.is_empty()).then(|| Question { asks: QuestionKind::Needs, query: firing(&needed) })
}

/// Whether the targets that the SLI reads are scraped.
fn scraped(readings: &[MetricRead]) -> Option<Question> {
    let reads_up = readings.iter().any(|reading| reading.selector.name.as_deref() == Some("up"));
    let matchers = readings.iter().flat_map(|reading| reading.selector.matchers.iter());
    let job = matchers.into_iter().find(|matcher| {
        matcher.label == "job"
            && matches!(matcher.op, MatchOp::Equal | MatchOp::Matches)
            && !matcher.placeholder
    });
    let job = job.filter(|_| !reads_up)?;
    let query = selector("up", &[]).matching("job", job.op, &job.value);
    Some(Question { asks: QuestionKind::Scraped, query: query.into() })
}

/// The largest of many series, each with all its labels.
fn top(op: &str, expr: Expr) -> Expr {
    let param = Some(Box::new(number(MOST)));
    Kind::Aggregate { op: op.to_owned(), param, expr: Box::new(expr), grouping: None }.into()
}
