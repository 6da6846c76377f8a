//! Companion alerts: the entries of `alerts`.

use std::collections::BTreeMap;

use super::reader::Reader;
use super::{Scope, contract, firing, literal, secrets, settings, values, whole};
use crate::ast::{AlertBlock, Key};
use crate::diagnostic::{Code, Problem};
use crate::model::{Companion, CompanionPlaces, Slo};
use crate::promql::ast::{Expr, Kind, Time};
use crate::scalar::Scalar;
use crate::source::Span;
use crate::vocabulary::{Duration, Name};

impl Scope<'_> {
    /// The companion alerts of a service with these SLOs.
    pub(super) fn alerts(&self, slos: &[Slo], problems: &mut Vec<Problem>) -> Vec<Companion> {
        let mut alerts = Vec::new();
        let named: BTreeMap<&str, &Slo> = slos.iter().map(|slo| (slo.name.as_str(), slo)).collect();
        for (key, block) in &self.service.alerts {
            if let Some(slo) = named.get(key.text.as_str()) {
                problems.push(
                    Problem::error(
                        Code::DuplicateSlo,
                        key.span,
                        format!("an alert and an SLO of the same service are called `{}`", key.text),
                    )
                    .and(slo.places.name, "the SLO is here")
                    .help("name the alert after the cause that it detects, such as `down` or `disk-full`"),
                );
                continue;
            }
            alerts.extend(self.alert(key, block, slos, problems).filter(|_| block.understood));
        }
        alerts
    }

    fn alert(
        &self,
        key: &Key,
        block: &AlertBlock,
        slos: &[Slo],
        problems: &mut Vec<Problem>,
    ) -> Option<Companion> {
        let name = values::name(&key.text, key.span, "an alert", problems);
        let mut reader = Reader::new(self.version);
        let expr = reader.alert(&block.expr, problems);
        let hold = block.hold.as_ref().map(|written| length(written, HOLDS, problems));
        let keep_firing_for = block.keep_firing_for.as_ref().map(|written| length(written, KEEPS, problems));
        let severity = values::severity(&block.severity.text, whole(&block.severity), problems);
        let down =
            block.down.as_ref().map_or(Some(false), |written| values::boolean(written, "down", problems));
        let independent = block
            .independent
            .as_ref()
            .map_or(Some(false), |written| values::boolean(written, "independent", problems));
        let same_as = block.same_as.as_ref().map(|written| self.same_as(written, slos, problems));
        let labels = settings::labels([&block.labels], problems);
        let annotations = settings::annotations([&block.annotations], literal::COMPANION, problems);
        let accepted = settings::accepted(&block.accepted, problems);
        secrets::published(&block.description, problems);
        let scrape_interval = settings::scrape_interval(
            [self.project.prometheus.scrape_interval.as_ref(), self.service.scrape_interval.as_ref()],
            &mut Vec::new(),
        );
        let runbook = block.runbook.as_ref().and_then(|name| values::runbook(name, problems));
        let hold = match hold {
            Some(hold) => Some(hold?),
            None => None,
        };
        let keep_firing_for = match keep_firing_for {
            Some(length) => Some(length?),
            None => None,
        };
        let same_as = match same_as {
            Some(name) => Some(name?),
            None => None,
        };
        let expr = expr?;
        if let (Some(true), Some(written)) = (down, &block.same_as) {
            problems.push(
                Problem::error(
                    Code::InhibitionNeverMatches,
                    whole(written),
                    "an alert with `down` already silences every SLO of its service",
                )
                .label("so no alert is left that could silence it")
                .help("remove `same_as`, or `down`"),
            );
        }
        let readings = reader.readings;
        let search = self.effort.search();
        let tried = firing::tried(&expr, &search);
        let stimulus = search.result(tried.as_ref().and_then(firing::invent));
        let planned = contract::reason(&readings, self.planned);
        let fires_unmeasured = tried.as_ref().filter(|_| planned.is_some()).and_then(|tried| {
            let is_of = |name: &str, metric: &str| {
                let mut named = readings.iter().filter(|one| one.selector.name.as_deref() == Some(name));
                named.any(|reading| reading.reads(metric))
            };
            let mut metrics = self.planned.keys();
            metrics.find(|metric| tried.fires_without(|name| is_of(name, metric))).cloned()
        });
        Some(Companion {
            name: name?,
            description: block.description.as_ref().map(|text| text.text.clone()),
            planned,
            readings,
            windows: windows(&expr, &block.expr),
            stimulus,
            fires_unmeasured,
            expr,
            hold,
            keep_firing_for,
            severity: severity?,
            down: down?,
            independent: independent?,
            same_as,
            runbook,
            labels,
            annotations,
            accepted,
            scrape_interval: scrape_interval?,
            places: CompanionPlaces {
                name: key.span,
                expr: whole(&block.expr),
                hold: block.hold.as_ref().map_or(key.span, whole),
                runbook: block.runbook.as_ref().map_or(key.span, whole),
                labels: self.places_of_labels(block),
            },
        })
    }

    /// The places of an alert's constant labels, on all levels.
    fn places_of_labels(&self, block: &AlertBlock) -> Vec<(String, Span)> {
        let of_severity = self.project.severities.iter().filter(|(key, _)| key.text == block.severity.text);
        let shared = [&self.project.settings.labels, &self.service.settings.labels, &block.labels];
        let labels = shared.into_iter().chain(of_severity.map(|(_, style)| &style.labels)).flatten();
        labels.map(|(key, _)| (key.text.clone(), key.span)).collect()
    }

    /// The SLO of `same_as`.
    fn same_as(&self, written: &Scalar, slos: &[Slo], problems: &mut Vec<Problem>) -> Option<Name> {
        let found = slos.iter().find(|slo| slo.name.as_str() == written.text);
        // An SLO with an error was left out, but is not unknown.
        let all_there = !self.ast.faulty && !problems.iter().any(Problem::is_error);
        if found.is_none() && all_there {
            let names: Vec<&str> = slos.iter().map(|slo| slo.name.as_str()).collect();
            let headline = format!("this service has no SLO `{}`", written.text);
            problems.push(values::undefined(whole(written), headline, &written.text, &names));
        }
        found.map(|slo| slo.name.clone())
    }
}

/// The key and the message for a `for` that is too long.
const HOLDS: [&str; 2] = ["for", "exceeds the maximum"];

/// The key and the message for a `keep_firing_for` that is too long.
const KEEPS: [&str; 2] = ["keep_firing_for", "exceeds the maximum"];

/// The duration of `for` or `keep_firing_for`. The limit finds wrong units, with which the alert would never fire, or never stop.
fn length(written: &Scalar, [key, says]: [&str; 2], problems: &mut Vec<Problem>) -> Option<Duration> {
    const LONGEST: Duration = Duration::from_secs(30 * 86_400);
    let length = values::duration(written, problems)?;
    if length > LONGEST {
        let headline = format!("`{key}: {}` {says}", written.text.trim());
        problems.push(
            Problem::error(Code::InvalidDuration, whole(written), headline)
                .label(format!("the longest is {LONGEST}"))
                .help("write a length such as `5m` or `1h30m`"),
        );
        return None;
    }
    Some(length)
}

/// The ranges of functions that compare samples with each other.
fn windows(expr: &Expr, written: &Scalar) -> Vec<(Duration, Span)> {
    const COMPARE: [&str; 9] =
        ["changes", "delta", "deriv", "idelta", "increase", "irate", "predict_linear", "rate", "resets"];
    let mut windows = Vec::new();
    expr.visit(&mut |part| {
        let Kind::Call { function, args } = &part.kind else { return };
        if !COMPARE.contains(&function.as_str()) {
            return;
        }
        for arg in args {
            if let Kind::Range { range: Time::Fixed(range), .. } = &arg.kind {
                windows.push((*range, written.place(arg.span.start, arg.span.end)));
            }
        }
    });
    windows
}
