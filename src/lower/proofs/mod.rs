//! Proofs: which situations are played, and what must hold in them. `timeline` computes the expected values. Nothing here reads the expressions of
//! rules.
//!
//! Pages are proven at their evaluation interval, burn rates over hours and days at longer steps: the rules count the events since the last
//! evaluation, so they are exact at any step up to `REACH`. The SLOs of one service share a test if their series do not overlap, because every test
//! evaluates every rule of the service.

mod batches;
mod closed;
mod companions;
mod exception;
mod journeys;
mod lead;
mod lines;
mod numbers;
mod played;
mod situations;
mod stage;

use std::collections::{BTreeMap, BTreeSet};

use super::shapes::{SeriesIncidents, samples};
use super::timeline::StepEvents;
use crate::derive::{lag, missing_name};
use crate::model::{Service, Sli, Slo};
use crate::plan::{AlertId, Case, Check, Group, Proof, ServicePlan, SloPlan, TierFacts};
use crate::promql::ast::Selector;
use crate::vocabulary::{Duration, INTERVAL, LONG_INTERVAL, REACH};
pub use companions::{RulesBySlo, WriteRules, unplayed};
use stage::Stage;

/// Events per step: enough that one in a million is a whole number.
const PER_STEP: u64 = 1_000_000;

/// Series whose state is evaluated, if there can be several: enough for a tenth of them to be bad.
const COPIES: u64 = 10;

/// Steps that are played after the last event.
const MARGIN: usize = 2;

/// Why an SLO is not played.
const NO_SERIES: &str = "slowburn found no series that make its events good and bad";

/// The proofs of a service: pages, then long windows, companion alerts, and missing events.
pub(super) fn all(service: &Service, plan: &ServicePlan) -> Vec<Proof> {
    let (slos, missing_group) = (&plan.slos[..], plan.missing.as_ref());
    let groups: Vec<String> = plan.all_groups().map(|group| group.name.clone()).collect();
    let silencing = &plan.silencing;
    let batches = batches::of(service);
    let mut proofs = Vec::new();
    for act in ProofKind::ALL {
        let mut merged: BTreeMap<_, Vec<Case>> = BTreeMap::new();
        let mut unproven = Vec::new();
        for ((slo, plan), batch) in service.slos.iter().zip(slos).zip(&batches) {
            let step = act.step(slos);
            let mut stage = match Stage::new(service, slo, slos, plan, step) {
                Ok(stage) => stage,
                Err(reason) => {
                    unproven.push(format!("{}: {reason}", slo.name));
                    continue;
                }
            };
            stage.silencing =
                silencing.as_ref().and_then(|group| journeys::silencing_alert(group, &plan.promise));
            let played = situations::play(&stage, act);
            let mut checks = played.cases.iter().flat_map(|(_, case)| &case.checks);
            if slo.alert_name.is_some()
                && act != ProofKind::Burn
                && !checks.any(|check| matches!(check, Check::Says { .. }))
            {
                let others = if stage.named_alone {
                    "others of the SLO that have"
                } else {
                    "those of other SLOs that have"
                };
                unproven.push(format!(
                    "{}: the texts of its alerts, which fire together with {others} their name",
                    slo.name
                ));
            }
            unproven.extend(played.unproven.iter().map(|reason| format!("{}: {reason}", slo.name)));
            // A state that is read from ranges needs samples in them at every step. SLOs play the same `except` if they begin together.
            let except = slo.agreed.except.as_ref().map(|except| (except.text.as_str(), &except.on));
            let batch = (stage.interval(), stage.begins, except, *batch);
            for (situation, case) in played.cases {
                merged.entry((batch, situation)).or_default().push(case);
            }
        }
        if !merged.is_empty() {
            let cases = merged.into_values().map(joined).collect();
            let (what, about) = act.words();
            let step = act.step(slos);
            proofs.push(Proof {
                what: what.to_owned(),
                about,
                step,
                groups: groups.clone(),
                cases,
                unproven,
            });
        }
    }
    let companions = plan.companions.as_ref();
    proofs.extend(companions.and_then(|group| companions::proof(service, plan, group, groups.clone())));
    proofs.extend(missing_group.and_then(|group| missing(service, group, groups)));
    proofs
}

/// Files of tests: each has its own evaluation step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ProofKind {
    /// Pages, at the step they are evaluated at.
    Page,
    /// Burns of hours.
    Burn,
    /// Burns of days.
    Long,
}

impl ProofKind {
    const ALL: [Self; 3] = [Self::Page, Self::Burn, Self::Long];

    /// The content of the proof: for the file's name, and for the reviewer.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Page => ("page", "Pages and their counts, evaluated every 30 seconds."),
            Self::Burn => ("burn", "Burn rates over hours, evaluated every five minutes."),
            Self::Long => (
                "long",
                "Long windows and the period, evaluated as often as missed evaluations are compensated.",
            ),
        }
    }

    /// The evaluation step. Days have the longest step that counts no event late, if every window of the service is a multiple of it.
    fn step(self, slos: &[SloPlan]) -> Duration {
        let fits = |tier: &TierFacts| {
            [tier.long, tier.short].iter().all(|window| window.millis() % REACH.millis() == 0)
        };
        let slow = slos.iter().flat_map(|slo| &slo.promise.tiers).filter(|tier| tier.slow);
        match self {
            Self::Page => INTERVAL,
            Self::Burn => {
                let fits = |step: &u64| {
                    let mut fast = slos.iter().flat_map(|slo| &slo.promise.tiers).filter(|tier| !tier.slow);
                    fast.all(|tier| [tier.long, tier.short].iter().all(|window| window.secs() % step == 0))
                };
                let step = [LONG_INTERVAL.secs(), 180, 60].into_iter().find(fits);
                step.map_or(INTERVAL, Duration::from_secs)
            }
            Self::Long if slow.clone().all(fits) => REACH,
            Self::Long => LONG_INTERVAL,
        }
    }
}

/// Joins the cases that several SLOs play at the same time.
fn joined(cases: Vec<Case>) -> Case {
    let title = cases.iter().map(|case| case.title.as_str()).collect::<Vec<_>>().join("; ");
    let interval = cases.first().map_or(INTERVAL, |case| case.interval);
    let (mut series, mut checks) = (Vec::new(), Vec::new());
    for case in cases {
        series.extend(case.series);
        checks.extend(case.checks);
    }
    checks.sort_by_key(at);
    Case { title, interval, series, checks }
}

/// Every selector of an SLI.
fn selectors(sli: &Sli) -> Vec<&Selector> {
    match sli {
        Sli::Counted { total, good, bad, .. } => {
            [total, good, bad].into_iter().flatten().flatten().map(|term| term.counter.selector()).collect()
        }
        Sli::Checked { good, .. } => good.selectors(),
        Sli::Ratio { bad } => bad.selectors(),
        Sli::Journey { .. } => Vec::new(),
    }
}

/// The series of a service disappear: its alert fires, once.
fn missing(service: &Service, group: &Group, groups: Vec<String>) -> Option<Proof> {
    debug_assert_eq!(group.name, service.name.as_str());
    let missing = service.missing_events?;
    let expected: Vec<&Slo> = service.slos.iter().filter(|slo| slo.is_expected()).collect();
    let steps = |length: Duration| (length.millis() / INTERVAL.millis()) as usize;
    let begins = open_for(&expected, 1800 + missing.after.secs() + 600);
    let mut unproven = Vec::new();
    if begins.is_none() {
        unproven.push("its hours are too short for the alert for missing events".to_owned());
    }
    let lives = steps(begins.unwrap_or_default()) + steps(Duration::from_secs(1800));
    let loads = vec![StepEvents { good: PER_STEP, bad: 0 }; lives];
    let mishaps = SeriesIncidents { vanish: Some(lives), ..SeriesIncidents::default() };
    let mut series: Vec<(String, String)> = Vec::new();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for slo in &expected {
        let stimulus = match (&slo.stimulus, exception::playable(slo)) {
            (Ok(stimulus), Ok(())) => stimulus,
            (_, Err(reason)) => {
                unproven.push(format!("{}: {reason}", slo.name));
                continue;
            }
            (Err(_), Ok(())) => {
                unproven.push(format!("{}: {NO_SERIES}", slo.name));
                continue;
            }
        };
        for one in stimulus {
            let (name, values) = samples(one, INTERVAL, &loads, mishaps);
            if seen.insert(name.clone()) {
                series.push((name, values));
            }
        }
    }
    let slowest = expected.iter().map(|slo| steps(lag(slo))).max()?;
    let time = |step: usize| Duration::from_millis(INTERVAL.millis() * step as u64);
    let alert = AlertId::of(missing_name(service));
    let fires = lives + steps(missing.after);
    let last = fires + slowest + 1 + MARGIN;
    // The series of exceptions stay, so that no exception begins.
    let calm = vec![StepEvents { good: 1, bad: 0 }; last];
    for slo in expected.iter().filter(|slo| exception::playable(slo).is_ok()) {
        for one in exception::series(slo, slo.stimulus.as_deref().unwrap_or_default()) {
            let (name, values) = samples(&one, INTERVAL, &calm, SeriesIncidents::default());
            if seen.insert(name.clone()) {
                series.push((name, values));
            }
        }
    }
    let mut checks = Vec::new();
    // An exception that is not played may have a result all the time.
    if begins.is_some() && expected.iter().any(|slo| exception::playable(slo).is_ok()) {
        checks.push(Check::Fires { at: time(last), alert: alert.clone(), count: 1 });
    }
    if unproven.is_empty() {
        checks.push(Check::Silent { at: time(lives), alert: alert.clone() });
        checks.push(Check::Silent { at: time(fires - 1), alert });
    }
    checks.sort_by_key(at);
    let title = format!("missing events alert once, after {}", missing.after);
    Some(Proof {
        what: "missing".to_owned(),
        about: "The alert for missing events.",
        step: INTERVAL,
        groups,
        cases: vec![Case { title, interval: INTERVAL, series, checks }],
        unproven,
    })
}

/// The first quarter of an hour from which one of the promises counts for that many seconds; `None` if there is none in a week.
fn open_for(slos: &[&Slo], seconds: u64) -> Option<Duration> {
    let holds = |slo: &Slo, from: u64| {
        slo.agreed.hours.as_ref().is_none_or(|hours| {
            let mut moments = (from..=from + seconds).step_by(300);
            moments.all(|at| hours.hold(i64::try_from(at).unwrap_or(i64::MAX)))
        })
    };
    let quarter = (0..8 * 96).find(|quarter| slos.iter().any(|slo| holds(slo, quarter * 900)))?;
    Some(Duration::from_secs(quarter * 900))
}

/// The time of a check.
fn at(check: &Check) -> Duration {
    match check {
        Check::Silent { at, .. }
        | Check::Fires { at, .. }
        | Check::Says { at, .. }
        | Check::Value { at, .. } => *at,
    }
}
