//! The result of a simulation: when each tier and alert fires and stops, and how the budget is spent. Times are relative to the beginning of the
//! incident.

use super::rules::Rules;
use super::{Scenario, Schedule, SimulatedSteps};
use crate::plan::{Counted, Event, EventSource, SloPlan, TierFacts};
use crate::vocabulary::{BudgetLine, Decimal, Duration, Severity};

/// The result of an SLO's rules in an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// How long the incident lasts.
    pub incident: Duration,
    /// When it begins, in seconds since 1970; `None` without a date.
    pub date: Option<i64>,
    /// How much of it is outside of the hours, or in a window of maintenance.
    pub uncounted: Duration,
    /// The times of evaluations.
    pub schedule: Schedule,
    /// The end of the simulation.
    pub watched: Duration,
    /// The courses of the tiers, in their order.
    pub tiers: Vec<TierCourse>,
    /// The courses of the alerts, pages first.
    pub alerts: Vec<AlertCourse>,
    /// The courses of the budget's lines, the highest first.
    pub lines: Vec<LineCourse>,
    /// The course of the alert for missing events; `None` if no events are expected.
    pub missing: Option<MissingCourse>,
    /// When alerts are silenced by others, if the sources declare receivers: the alert, its severity, and the times.
    pub silenced: Vec<(String, Severity, Vec<Span>)>,
    /// The course of the period's budget.
    pub budget: BudgetCourse,
    /// Events of every evaluation since the beginning of the incident; the first entry is the first evaluation after it.
    pub events: Vec<Option<Counted>>,
    /// Whether a slice was exactly at its objective, so that the rounding of Prometheus decides.
    pub undecided: bool,
}

/// A time from one evaluation to another; without an end if it still lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first evaluation of the state.
    pub from: Duration,
    /// The first evaluation after the state.
    pub until: Option<Duration>,
}

/// The course of one tier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TierCourse {
    /// The tier.
    pub tier: TierFacts,
    /// The short window is above the threshold, and the long one is not, or has too few bad events: if the errors continue, the tier will fire.
    pub pending: Vec<Span>,
    /// The times at which it fires.
    pub firing: Vec<Span>,
    /// The long window is above the threshold and the short one is not: the next errors make it fire soon.
    pub armed: Vec<Span>,
}

/// The course of one alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertCourse {
    /// Its name.
    pub name: String,
    /// Page or ticket.
    pub severity: Severity,
    /// The times at which it fires.
    pub firings: Vec<Firing>,
    /// Evaluations at which a ratio is exactly at a threshold, so that the rounding of Prometheus decides.
    pub undecided: Vec<Duration>,
}

/// One firing of an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Firing {
    /// From its first evaluation to its end.
    pub span: Span,
    /// The first tier that fires, by its index.
    pub tier: usize,
    /// The burn rate over its long window, as in the notification.
    pub burn_rate: Decimal,
    /// The budget left, as in the notification.
    pub left: Option<Decimal>,
}

/// The course of one budget alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineCourse {
    /// Its name.
    pub name: String,
    /// The line.
    pub line: BudgetLine,
    /// The times at which it fires, with its severity and the share that is left.
    pub firings: Vec<(Span, Severity, Decimal)>,
}

/// The course of the alert for missing events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingCourse {
    /// Its name.
    pub name: String,
    /// Page or ticket.
    pub severity: Severity,
    /// The times at which it fires.
    pub firings: Vec<Span>,
}

/// The course of the budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetCourse {
    /// The share left right before the incident, as recorded; below 0 if it is overspent.
    pub before: Option<Decimal>,
    /// The share left when all events of the incident are counted, in the period of that time.
    pub after: Option<Decimal>,
    /// The lowest share left from the beginning of the incident on.
    pub least: Option<Decimal>,
    /// How much of the period counts: at a date the agreed time of that period, otherwise the most agreed time of any.
    pub length: Duration,
    /// Bad events since the beginning of the incident.
    pub bad: Decimal,
    /// The bad events that the period allows at the traffic around the incident.
    pub allowed: Decimal,
    /// Whether that traffic was assumed, so that numbers of events have no meaning.
    pub assumed: bool,
}

impl BudgetCourse {
    /// The share of the whole period's budget that the incident spends; at most a million budgets.
    pub fn spent(&self) -> Decimal {
        let most = Decimal::from(1_000_000);
        match self.bad.is_zero() {
            true => Decimal::ZERO,
            false => self.bad.checked_div(self.allowed).unwrap_or(most).min(most),
        }
    }
}

/// One firing of an alert of any kind.
#[derive(Clone, Copy, Debug)]
pub(super) struct AnyFiring<'a> {
    pub name: &'a str,
    pub severity: Severity,
    pub span: Span,
    /// What fires: a tier, a line of the budget, or neither if events are missing.
    pub burn: Option<&'a Firing>,
    pub line: Option<BudgetLine>,
    /// The budget left, as in the notification.
    pub left: Option<Decimal>,
}

impl Timeline {
    /// Every firing, by alert.
    pub(super) fn firings(&self) -> Vec<AnyFiring<'_>> {
        let mut all = Vec::new();
        let of =
            |name, severity, span| AnyFiring { name, severity, span, burn: None, line: None, left: None };
        for AlertCourse { name, severity, firings, .. } in &self.alerts {
            all.extend(firings.iter().map(|firing| AnyFiring {
                burn: Some(firing),
                left: firing.left,
                ..of(name, *severity, firing.span)
            }));
        }
        for LineCourse { name, line, firings } in &self.lines {
            all.extend(firings.iter().map(|(span, severity, left)| AnyFiring {
                line: Some(*line),
                left: Some(*left),
                ..of(name, *severity, *span)
            }));
        }
        if let Some(MissingCourse { name, severity, firings }) = &self.missing {
            all.extend(firings.iter().map(|span| of(name, *severity, *span)));
        }
        all
    }

    /// Whether rounding decides when some alert fires or stops.
    pub fn is_close(&self) -> bool {
        let close = |alert: &AlertCourse| {
            let changes = alert.firings.iter().flat_map(|firing| [Some(firing.span.from), firing.span.until]);
            let changes: Vec<u64> = changes.flatten().map(Duration::millis).collect();
            let long = self.schedule.long.millis();
            // Both are sorted by time.
            let near = |moment: u64| {
                let first = changes.partition_point(|change| change + long < moment);
                changes.get(first).is_some_and(|change| *change <= moment + long)
            };
            alert.undecided.iter().any(|moment| near(moment.millis()))
        };
        self.undecided || self.alerts.iter().any(close)
    }

    /// The last change of a tier, an alert or the incident itself.
    pub fn last_change(&self) -> Duration {
        let tiers = self.tiers.iter().flat_map(|tier| [&tier.pending, &tier.firing]).flatten();
        let lines = self.lines.iter().flat_map(|line| &line.firings).map(|(span, ..)| span);
        let missing = self.missing.iter().flat_map(|missing| &missing.firings);
        let ends = tiers.chain(lines).chain(missing).map(|span| span.until.unwrap_or(self.watched));
        ends.chain([self.incident]).max().unwrap_or_default()
    }
}

/// Adds an evaluation to the spans of one state.
fn follow(spans: &mut Vec<Span>, now: Duration, holds: bool) {
    match spans.last_mut().filter(|span| span.until.is_none()) {
        Some(open) if !holds => open.until = Some(now),
        None if holds => spans.push(Span { from: now, until: None }),
        Some(_) | None => {}
    }
}

/// One alert during a simulation.
struct TrackedAlert {
    course: AlertCourse,
    /// Whether it belongs to the slow group.
    slow: bool,
    /// How long it keeps firing after its tiers.
    kept: Duration,
    /// Since when no tier fires while the alert keeps firing.
    over: Option<Duration>,
}

/// A timeline during a simulation.
pub(super) struct TimelineBuilder<'a> {
    plan: &'a SloPlan,
    begin: usize,
    /// From this evaluation on, sums of five minutes can contain all events of the incident, and every slice that contains some of them.
    counted: usize,
    /// Whether they do.
    is_counted: bool,
    tiers: Vec<[Vec<Span>; 3]>,
    alerts: Vec<TrackedAlert>,
    /// Since which evaluation events are missing.
    missing: Option<usize>,
    timeline: Timeline,
}

impl<'a> TimelineBuilder<'a> {
    pub fn new(plan: &'a SloPlan, scenario: &Scenario, played: &SimulatedSteps) -> Self {
        let time = |evaluations: usize| scenario.schedule.step.millis() * evaluations as u64;
        let evaluations = |length: Duration| (length.millis() / scenario.schedule.step.millis()) as usize;
        let alerts = plan.alerts().map(|(severity, alert)| {
            let kept = alert.keep_firing_for.unwrap_or_default();
            let course = AlertCourse {
                name: alert.id.name.clone(),
                severity,
                firings: Vec::new(),
                undecided: Vec::new(),
            };
            TrackedAlert {
                course,
                slow: plan.promise.tiers_of(severity).all(|tier| tier.slow),
                kept,
                over: None,
            }
        });
        let per_second = match (plan.observed.by, plan.promise.event) {
            (EventSource::Counters { .. }, Event::Occurrence | Event::Check) => {
                scenario.traffic.unwrap_or_else(super::assumed)
            }
            _ => Decimal::from(1000) / Decimal::from(scenario.schedule.step.millis()),
        };
        let timeline = Timeline {
            incident: Duration::from_millis(time(played.end - played.begin)),
            date: scenario.date,
            uncounted: Duration::default(),
            schedule: scenario.schedule,
            watched: Duration::from_millis(time(played.steps.len() - 1 - played.begin)),
            tiers: Vec::new(),
            alerts: Vec::new(),
            lines: (plan.promise.budget_alerts.iter())
                .filter_map(|declared| {
                    let mut alerts = plan.budget_alerts();
                    let (.., alert) = alerts.find(|(line, ..)| *line == declared.line)?;
                    let (name, line) = (alert.id.name.clone(), declared.line);
                    Some(LineCourse { name, line, firings: Vec::new() })
                })
                .collect(),
            missing: plan.expected.as_ref().map(|expected| MissingCourse {
                name: expected.name.clone(),
                severity: expected.severity,
                firings: Vec::new(),
            }),
            silenced: Vec::new(),
            budget: BudgetCourse {
                before: None,
                after: None,
                bad: Decimal::ZERO,
                length: plan.promise.period_length,
                least: None,
                allowed: plan.promise.budget * per_second,
                assumed: plan.promise.event == Event::Occurrence && scenario.traffic.is_none(),
            },
            events: Vec::new(),
            undecided: false,
        };
        Self {
            plan,
            begin: played.begin,
            counted: played.end + 1 + evaluations(plan.promise.event.slice().unwrap_or_default()),
            is_counted: false,
            tiers: plan.promise.tiers.iter().map(|_| Default::default()).collect(),
            alerts: alerts.collect(),
            missing: None,
            timeline,
        }
    }

    /// The time of an evaluation; `None` before the incident.
    fn time(&self, at: usize) -> Option<Duration> {
        let since = at.checked_sub(self.begin)?;
        Some(Duration::from_millis(self.timeline.schedule.step.millis() * since as u64))
    }

    /// Updates the budget after an evaluation, and its events.
    pub fn follow_budget(&mut self, rules: &Rules, at: usize, is_due: bool) {
        if at < self.begin {
            return;
        }
        let budget = &mut self.timeline.budget;
        if at == self.begin {
            budget.before = rules.left();
        } else {
            let events = rules.events(at);
            budget.bad += events.unwrap_or_default().bad;
            self.timeline.events.push(events);
        }
        budget.least = match (budget.least, rules.left()) {
            (Some(least), Some(left)) => Some(least.min(left)),
            (least, left) => least.or(left),
        };
        if !self.is_counted {
            budget.after = rules.left();
            self.is_counted = is_due && at >= self.counted;
        }
    }

    /// Updates the alerts of the fast group, or of the slow one.
    pub fn follow_alerts(&mut self, rules: &Rules, at: usize, slow: bool) {
        let Some(now) = self.time(at) else { return };
        for TrackedAlert { course: alert, slow: in_slow, kept, over } in &mut self.alerts {
            if *in_slow != slow {
                continue;
            }
            let (mut first, mut undecided) = (None, false);
            for (index, tier) in self.plan.promise.tiers.iter().enumerate() {
                if tier.severity != alert.severity {
                    continue;
                }
                let (state, long) = rules.tier_state(tier);
                let fires = state.fires();
                let [pending, firing, armed] = &mut self.tiers[index];
                follow(pending, now, state.short && !fires);
                follow(firing, now, fires);
                follow(armed, now, state.long && state.enough && !state.short);
                if first.is_none() {
                    undecided |= state.undecided;
                    first = fires.then_some((index, long));
                }
            }
            if undecided {
                alert.undecided.push(now);
            }
            let open = alert.firings.last_mut().filter(|firing| firing.span.until.is_none());
            match (open, first) {
                (Some(open), None) => {
                    let since = now.millis() - over.get_or_insert(now).millis();
                    if since >= kept.millis() {
                        open.span.until = Some(now);
                        *over = None;
                    }
                }
                (None, Some((tier, long))) => alert.firings.push(Firing {
                    span: Span { from: now, until: None },
                    tier,
                    burn_rate: long.bad / long.total.max(Decimal::new(1, 9)) / self.plan.promise.budget,
                    left: rules.left(),
                }),
                (Some(_), Some(_)) => *over = None,
                (None, None) => {}
            }
        }
    }

    /// Updates the alert for missing events.
    pub fn follow_missing(&mut self, rules: &Rules, at: usize) {
        let now = self.time(at);
        let (Some(course), Some(expected)) = (&mut self.timeline.missing, &self.plan.expected) else {
            return;
        };
        self.missing = rules.is_missing(at, expected.range).then(|| self.missing.unwrap_or(at));
        let waited = self.missing.map(|since| self.timeline.schedule.step.millis() * (at - since) as u64);
        let fires = waited.is_some_and(|waited| waited >= expected.hold.millis());
        if let Some(now) = now {
            follow(&mut course.firings, now, fires);
        }
    }

    /// Updates the budget alerts after an evaluation of the slow group.
    pub fn follow_lines(&mut self, rules: &Rules, at: usize) {
        let (Some(now), Some(left)) = (self.time(at), rules.budget()) else { return };
        let courses = self.alerts.iter().map(|followed| &followed.course);
        // Only the last firing of each: those before it ended earlier.
        let pages = courses.filter(|course| course.severity == Severity::Page);
        let mut pages = pages.filter_map(|course| course.firings.last());
        let is_awake = pages.any(|firing| {
            firing.span.until.is_none_or(|until| now.millis() < until.millis() + BudgetLine::AWAKE.millis())
        });
        for (course, alert) in self.timeline.lines.iter_mut().zip(&self.plan.promise.budget_alerts) {
            let open = course.firings.last_mut().filter(|(span, ..)| span.until.is_none());
            match (open, course.line.is_crossed(left.share, left.is_known && rules.counted_lately(at), false))
            {
                (Some((span, ..)), _) if !course.line.is_crossed(left.share, left.is_known, true) => {
                    span.until = Some(now);
                }
                (None, true) => {
                    let severity = if is_awake { Severity::Ticket } else { alert.severity };
                    course.firings.push((Span { from: now, until: None }, severity, left.share));
                }
                (Some(_), _) | (None, false) => {}
            }
        }
    }

    /// `uncounted` is the number of the incident's evaluations that do not count.
    pub fn end(self, undecided: bool, uncounted: usize, agreed: Option<Duration>) -> Timeline {
        let tiers = self.plan.promise.tiers.iter().zip(self.tiers).map(|(tier, [pending, firing, armed])| {
            TierCourse { tier: tier.clone(), pending, firing, armed }
        });
        let mut budget = self.timeline.budget;
        budget.length = agreed.unwrap_or(budget.length);
        budget.allowed *= Decimal::new(budget.length.millis() as i64, 3);
        Timeline {
            tiers: tiers.collect(),
            alerts: self.alerts.into_iter().map(|alert| alert.course).collect(),
            undecided,
            budget,
            uncounted: Duration::from_millis(self.timeline.schedule.step.millis() * uncounted as u64),
            ..self.timeline
        }
    }
}
