//! Alerts that notify before the alert that silences them can fire.
//!
//! Both are compared in a full outage: the silenced alert fires at the earliest after the detection time of its fastest tier, and waits for the
//! `group_wait` of its route; the alert that silences it fires at the latest one evaluation after its own detection time.

use crate::derive::{Needs, causes, failing, longest_range, reads_the_same};
use crate::diagnostic::{Code, Problem};
use crate::facts::{AlertFacts, Facts, SloFacts, TierFacts, seconds};
use crate::model::{Alertmanager, Companion, Route, Service, Sli, Slo};
use crate::source::Span;
use crate::vocabulary::{Decimal, Duration, INTERVAL, Name, Severity};
use rust_decimal::prelude::ToPrimitive;
use std::collections::{BTreeMap, BTreeSet};

/// The most pairs of a companion alert and an SLO that are compared in one run.
const MOST_PAIRS: usize = 10_000;

pub(super) fn check(facts: &Facts, problems: &mut Vec<Problem>) {
    let Some(alertmanager) = &facts.model.project.alertmanager else { return };
    let race = OutageFacts::new(facts, alertmanager);
    let mut outrun = Vec::new();
    let mut pairs = MOST_PAIRS;
    for dependency in &facts.model.project.dependencies {
        let silencers = causes(dependency, facts);
        let silenced = facts.alerts_of(&dependency.service).filter(|alert| {
            alert.slo.is_some() && !alert.independent && alert.severity >= dependency.silences
        });
        let lost = silenced
            .filter_map(|alert| race.notifies_before_silenced(alert, &silencers))
            .max_by_key(EarlyAlert::early);
        outrun.extend(lost.map(|lost| (dependency.place, lost)));
    }
    let needs = Needs::of(facts.model);
    for (_, journey) in facts.slos().filter(|(_, facts)| !facts.slo.parts().is_empty()) {
        let Some(page) = journey.burn(Severity::Page) else { continue };
        for part in journey.slo.parts() {
            let silencers = failing(facts, &needs, part);
            let lost = race.notifies_too_early(page, &silencers, Duration::default());
            // The journey silences a part that pages later.
            let is_silenced = |alert: &AlertFacts| {
                journey.silencing.iter().any(|silencing| silencing.silenced.contains(&alert.id()))
            };
            let lost = lost.filter(|lost| !is_silenced(lost.silencer));
            outrun.extend(lost.map(|lost| (part.place, EarlyAlert { holds_back: true, ..lost })));
        }
    }
    for facts in &facts.services {
        let service = facts.service;
        if service.alerts.iter().all(|companion| !companion.down && companion.same_as.is_none()) {
            continue;
        }
        let here = ServiceAlerts::of(facts.alerts());
        for companion in &service.alerts {
            let lost = companions(&race, service, companion, &here, &mut pairs);
            let lost = lost.into_iter().max_by_key(EarlyAlert::early);
            outrun.extend(lost.map(|lost| (companion.places.hold, lost)));
        }
    }
    // A route without `group_wait`, or a dependency of all services, is one problem each.
    let mut reported: BTreeSet<Span> = BTreeSet::new();
    for (place, lost) in outrun {
        let at = lost.route.filter(|_| lost.waits < INTERVAL).unwrap_or(place);
        if reported.insert(at) {
            problems.push(lost.problem(at, place));
        }
    }
}

/// The alerts of one service.
struct ServiceAlerts<'a> {
    companions: BTreeMap<&'a Name, &'a AlertFacts<'a>>,
    slos: BTreeMap<&'a Name, Vec<&'a AlertFacts<'a>>>,
}

impl<'a> ServiceAlerts<'a> {
    fn of(alerts: impl Iterator<Item = &'a AlertFacts<'a>>) -> Self {
        let mut here = Self { companions: BTreeMap::new(), slos: BTreeMap::new() };
        for alert in alerts {
            if let Some(name) = alert.companion {
                here.companions.insert(name, alert);
            }
            if let Some(name) = alert.slo {
                here.slos.entry(name).or_default().push(alert);
            }
        }
        here
    }
}

/// Pairs of alerts with the same meaning in a service, if they certainly read the same series.
fn companions<'a>(
    race: &OutageFacts<'a>,
    service: &Service,
    companion: &Companion,
    here: &ServiceAlerts<'a>,
    pairs: &mut usize,
) -> Vec<EarlyAlert<'a>> {
    let is_about = |slo: &&Slo| {
        (companion.down || companion.same_as.as_ref() == Some(&slo.name)) && reads_the_same(slo, companion)
    };
    let about: Vec<&Slo> = service.slos.iter().filter(is_about).take(*pairs).collect();
    *pairs -= about.len();
    if about.is_empty() {
        return Vec::new();
    }
    let Some(own) = here.companions.get(&companion.name).copied() else { return Vec::new() };
    let mut lost = Vec::new();
    for slo in about {
        let of_slo = here.slos.get(&slo.name).into_iter().flatten().copied();
        let (louder, quieter): (Vec<&AlertFacts>, Vec<&AlertFacts>) =
            of_slo.partition(|alert| alert.severity <= own.severity);
        if companion.down {
            let silenced = louder.iter().filter(|alert| alert.severity == own.severity).chain(&quieter);
            lost.extend(silenced.filter_map(|alert| race.notifies_before_silenced(alert, &[own])));
        } else {
            // An alert with a range fires later than its `for`, by an unknown time.
            if longest_range(companion).is_none() {
                lost.extend(race.notifies_before_silenced(own, &louder));
            }
            lost.extend(quieter.iter().filter_map(|alert| race.notifies_before_silenced(alert, &[own])));
        }
    }
    lost
}

/// The facts that decide which alert is first.
struct OutageFacts<'a> {
    alertmanager: &'a Alertmanager,
    services: BTreeMap<&'a Name, &'a Service>,
    /// For each SLO its tiers, whether it has a state (no counters), and its delay in seconds.
    slos: BTreeMap<(&'a Name, &'a Name), (&'a [TierFacts], bool, Decimal)>,
}

/// An alert that notifies before it can be silenced.
struct EarlyAlert<'a> {
    silenced: &'a AlertFacts<'a>,
    /// Seconds from the beginning of a full outage until it fires.
    fires: Decimal,
    /// Its `group_wait`.
    waits: Duration,
    /// The route with that `group_wait`, if it is not the default.
    route: Option<Span>,
    silencer: &'a AlertFacts<'a>,
    /// Seconds until the silencing alert has fired at the latest.
    known: Decimal,
    /// Whether the rule of the silenced alert waits for the other one: then no `group_wait` helps.
    holds_back: bool,
}

impl<'a> OutageFacts<'a> {
    fn new(facts: &'a Facts<'a>, alertmanager: &'a Alertmanager) -> Self {
        let services = facts.model.services.iter().map(|service| (&service.name, service)).collect();
        let tiers = |facts: &'a SloFacts<'a>| {
            // A journey reads series of its parts that were recorded an evaluation ago.
            let late = if facts.slo.parts().is_empty() { Duration::default() } else { INTERVAL };
            (&facts.promise.tiers[..], !matches!(facts.slo.sli, Sli::Counted { .. }), seconds(late))
        };
        let slos = facts.slos().map(|(service, slo)| ((&service.name, &slo.slo.name), tiers(slo)));
        Self { alertmanager, services, slos: slos.collect() }
    }

    /// Whether `silenced` notifies before any of `silencers`, and the page of its own SLO, can silence it.
    fn notifies_before_silenced(
        &self,
        silenced: &'a AlertFacts<'a>,
        silencers: &[&'a AlertFacts<'a>],
    ) -> Option<EarlyAlert<'a>> {
        self.notifies_too_early(silenced, silencers, self.waits(silenced).0)
    }

    /// The same, if it can be silenced for so long after it fires.
    fn notifies_too_early(
        &self,
        silenced: &'a AlertFacts<'a>,
        silencers: &[&'a AlertFacts<'a>],
        within: Duration,
    ) -> Option<EarlyAlert<'a>> {
        let louder = silencers.iter().copied().filter(|alert| alert.severity <= silenced.severity);
        let known = louder.filter_map(|alert| Some((self.fires(alert)?.latest, alert)));
        let (known, silencer) = known.min_by_key(|(seconds, _)| *seconds)?;
        let fires = self.fires(silenced)?.earliest;
        let (waits, route) = self.waits(silenced);
        let sent = fires + seconds(within);
        let page = (silenced.severity == Severity::Ticket).then(|| self.first(silenced, Severity::Page));
        let is_silenced = known <= sent || page.flatten().is_some_and(|tier| tier.latest <= sent);
        (!is_silenced).then_some(EarlyAlert {
            silenced,
            fires,
            waits,
            route,
            silencer,
            known,
            holds_back: false,
        })
    }

    /// When the first tier of a severity of its SLO fires in a full outage; `None` if it never fires.
    fn first(&self, alert: &AlertFacts<'a>, severity: Severity) -> Option<FiringTime> {
        let (tiers, has_state, late) = self.slos.get(&(alert.service, alert.slo?))?;
        let tiers = tiers.iter().filter(|tier| tier.severity == severity);
        let fires = |tier: &TierFacts| {
            let after = tier.fires_after(Decimal::ONE)?;
            let evaluation = seconds(tier.interval());
            let interval = seconds(INTERVAL);
            Some(match has_state {
                false => FiringTime { earliest: after, latest: after + evaluation },
                // Evaluations follow each other; the first is immediate or an interval later.
                true => {
                    let evaluations = (after / interval).ceil();
                    let latest = (evaluations * interval).max(after) + evaluation - interval;
                    FiringTime {
                        earliest: (evaluations - Decimal::ONE) * interval + late,
                        latest: latest + late,
                    }
                }
            })
        };
        tiers.filter_map(fires).min_by_key(|fires| fires.earliest)
    }

    /// When it fires in a full outage; `None` if it never fires, or if that is unknown.
    fn fires(&self, alert: &AlertFacts<'a>) -> Option<FiringTime> {
        let evaluation = seconds(INTERVAL);
        let service = self.services.get(alert.service)?;
        let held = |hold, longest| FiringTime { earliest: hold, latest: hold + longest + evaluation };
        match (alert.slo, alert.companion) {
            // The time until a budget alert depends on the budget left.
            (Some(_), _) if alert.line.is_some() => None,
            (Some(_), _) => self.first(alert, alert.severity),
            (None, Some(name)) => {
                let companion = service.alerts.iter().find(|companion| companion.name == *name)?;
                let longest = longest_range(companion).unwrap_or_default();
                Some(held(seconds(companion.hold.unwrap_or_default()), seconds(longest)))
            }
            (None, None) => service.missing_events.map(|missing| held(seconds(missing.after), Decimal::ZERO)),
        }
    }

    /// The shortest `group_wait` of the receivers that are notified first.
    fn waits(&self, alert: &AlertFacts) -> (Duration, Option<Span>) {
        let is_first = |route: &&Route| !route.escalates && alert.sometimes(&route.matching);
        let routes = self.alertmanager.routes.iter().filter(is_first);
        let waits = routes.map(|route| (route.timing.group_wait, Some(route.place)));
        waits.min_by_key(|(wait, _)| *wait).unwrap_or((self.alertmanager.timing.group_wait, None))
    }
}

/// Times in seconds after the beginning of a full outage.
#[derive(Clone, Copy)]
struct FiringTime {
    earliest: Decimal,
    latest: Decimal,
}

impl EarlyAlert<'_> {
    /// Seconds by which it is too early.
    fn early(&self) -> Decimal {
        self.known - self.fires - seconds(self.waits)
    }

    /// `place` is the declaration that one alert silences the other.
    fn problem(&self, at: Span, place: Span) -> Problem {
        let (silenced, silencer) = (&self.silenced.name, &self.silencer.name);
        let wait = (self.known - self.fires).ceil().to_u64().unwrap_or_default().next_multiple_of(10);
        let mut problem = Problem::warning(
            Code::InhibitionOutrun,
            at,
            format!("the notification of `{silenced}` is sent before `{silencer}` can silence it"),
        );
        let whole = |seconds: Decimal| Duration::from_secs(seconds.round().to_u64().unwrap_or_default());
        let sent = format!("in a full outage it is sent after {}", whole(self.fires + seconds(self.waits)));
        let known = format!("in a full outage `{silencer}` fires only after {}", whole(self.known));
        problem = match (at == place, self.route) {
            (true, None) => {
                problem.label(format!("{sent}, and `{silencer}` fires only after {}", whole(self.known)))
            }
            (true, Some(route)) => problem.label(known).and(route, sent),
            (false, _) => problem.label(sent).and(place, known),
        };
        if self.holds_back {
            return problem
                .help("notify the same people of both: then the page of the part is silenced")
                .help("or write a higher objective for the part, or a lower one for the journey");
        }
        let other = match (self.silenced.companion, self.silencer.slo, self.silencer.companion) {
            (Some(_), ..) => format!("or write a longer `for` for `{silenced}`"),
            (None, Some(_), _) => format!(
                "or let `{silencer}` fire sooner: write a stricter objective, or a companion alert with `down: true`"
            ),
            (None, None, Some(_)) => {
                format!("or let `{silencer}` fire sooner: write a shorter `for`, or a shorter range")
            }
            (None, None, None) => format!(
                "or let an alert of `{}` fire sooner: write a companion alert with `down: true`",
                self.silencer.service
            ),
        };
        let wait = Duration::from_secs(wait);
        let sent = whole(self.fires + seconds(wait));
        problem
            .help(format!(
                "write `group_wait: {wait}`: then it is sent after {sent}, and `{silencer}` fires before"
            ))
            .help(other)
    }
}
