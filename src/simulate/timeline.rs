//! The result of a simulation: when each tier and alert fires and stops, and how the budget is spent. Times are counted from the beginning of the
//! incident.

use super::rules::Rules;
use super::{Played, Scenario, Schedule};
use crate::plan::{Counted, Event, Observer, SloPlan, Watch};
use crate::vocabulary::{BudgetLine, Decimal, Duration, Severity};

/// What the rules of an SLO make of an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// How long the incident lasts.
    pub incident: Duration,
    /// When it begins, in seconds since 1970; `None` if at some time at which all events count.
    pub date: Option<i64>,
    /// How much of it is outside of the hours, or in a window of maintenance.
    pub uncounted: Duration,
    /// When rules are evaluated.
    pub schedule: Schedule,
    /// Until when it was watched.
    pub watched: Duration,
    /// Of every tier, in their order.
    pub tiers: Vec<TierCourse>,
    /// Of every alert, the louder first.
    pub alerts: Vec<AlertCourse>,
    /// Of every line of the budget, the highest first.
    pub lines: Vec<LineCourse>,
    /// Of the period's budget.
    pub budget: BudgetCourse,
    /// Events of every evaluation from the beginning of the incident on: the first entry is that of the first evaluation after it.
    pub events: Vec<Option<Counted>>,
    /// Whether a slice was so exactly at its objective that the rounding of Prometheus judges it.
    pub undecided: bool,
}

/// From one evaluation until another at which it is over; `None` if it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first evaluation at which it is so.
    pub from: Duration,
    /// The first at which it is not.
    pub until: Option<Duration>,
}

/// What one tier sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TierCourse {
    /// The tier.
    pub tier: Watch,
    /// The short window is above the threshold, and the long one is not, or has too few bad events: if it goes on like that, the tier will fire.
    pub pending: Vec<Span>,
    /// It fires.
    pub firing: Vec<Span>,
    /// The long window is above the threshold and the short one is not: the next error of some length fires at once.
    pub armed: Vec<Span>,
}

/// What one alert does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertCourse {
    /// Its name.
    pub name: String,
    /// Page or ticket.
    pub severity: Severity,
    /// When it fires.
    pub firings: Vec<Firing>,
    /// Evaluations at which a ratio is so exactly at a threshold that the rounding of Prometheus decides.
    pub undecided: Vec<Duration>,
}

/// One time that an alert fires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Firing {
    /// From when until when.
    pub span: Span,
    /// The first tier that fires then, by its index.
    pub tier: usize,
    /// The burn rate over its long window, which the notification says.
    pub burn_rate: Decimal,
    /// What is left of the budget, as the notification says.
    pub left: Option<Decimal>,
}

/// What the alert of one line of the budget does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineCourse {
    /// Its name.
    pub name: String,
    /// The line.
    pub line: BudgetLine,
    /// When it fires, as what, and what is left then.
    pub firings: Vec<(Span, Severity, Decimal)>,
}

/// What becomes of the budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetCourse {
    /// What is left right before the incident, as recorded; below 0 if it is overspent.
    pub before: Option<Decimal>,
    /// The least that is left from then on.
    pub after: Option<Decimal>,
    /// Bad events, from the beginning of the incident on.
    pub bad: Decimal,
    /// Those that the period may have at the traffic around the incident.
    pub allowed: Decimal,
    /// Whether that traffic was assumed, so that numbers of events mean nothing.
    pub assumed: bool,
}

impl BudgetCourse {
    /// The share of the whole period's budget that the incident spends; a million budgets are said to be no more.
    pub fn spent(&self) -> Decimal {
        let most = Decimal::from(1_000_000);
        match self.bad.is_zero() {
            true => Decimal::ZERO,
            false => self.bad.checked_div(self.allowed).unwrap_or(most).min(most),
        }
    }
}

impl Timeline {
    /// Whether rounding decides when some alert fires or stops.
    pub fn is_close(&self) -> bool {
        let close = |alert: &AlertCourse| {
            let changes = alert.firings.iter().flat_map(|firing| [Some(firing.span.from), firing.span.until]);
            let changes: Vec<u64> = changes.flatten().map(Duration::millis).collect();
            let long = self.schedule.long.millis();
            // Both are in the order of time.
            let near = |moment: u64| {
                let first = changes.partition_point(|change| change + long < moment);
                changes.get(first).is_some_and(|change| *change <= moment + long)
            };
            alert.undecided.iter().any(|moment| near(moment.millis()))
        };
        self.undecided || self.alerts.iter().any(close)
    }

    /// The last moment at which something changes: a tier, an alert or the incident itself.
    pub fn last_change(&self) -> Duration {
        let tiers = self.tiers.iter().flat_map(|tier| [&tier.pending, &tier.firing]).flatten();
        let lines = self.lines.iter().flat_map(|line| &line.firings).map(|(span, ..)| span);
        let ends = tiers.chain(lines).map(|span| span.until.unwrap_or(self.watched));
        ends.chain([self.incident]).max().unwrap_or_default()
    }
}

/// Spans while they are being followed.
#[derive(Debug, Default)]
struct Spans {
    done: Vec<Span>,
}

impl Spans {
    fn follow(&mut self, now: Duration, holds: bool) {
        match self.done.last_mut().filter(|span| span.until.is_none()) {
            Some(open) if !holds => open.until = Some(now),
            None if holds => self.done.push(Span { from: now, until: None }),
            Some(_) | None => {}
        }
    }
}

/// One alert while it is being followed.
struct Followed {
    course: AlertCourse,
    /// Whether it is one of the slow group.
    slow: bool,
    /// How long it goes on firing after no tier does.
    kept: Duration,
    /// Since when no tier does, while it goes on firing.
    over: Option<Duration>,
}

/// A timeline while it is being made.
pub(super) struct Courses<'a> {
    plan: &'a SloPlan,
    begin: usize,
    tiers: Vec<[Spans; 3]>,
    alerts: Vec<Followed>,
    timeline: Timeline,
}

impl<'a> Courses<'a> {
    pub fn new(plan: &'a SloPlan, scenario: &Scenario, played: &Played) -> Self {
        let time = |evaluations: usize| scenario.schedule.step.millis() * evaluations as u64;
        let alerts = plan.alerts().map(|(severity, alert)| {
            let mut tiers = plan.promise.tiers.iter().filter(|tier| tier.severity == severity);
            let kept = alert.keep_firing_for.unwrap_or_default();
            let course = AlertCourse {
                name: alert.which.name.clone(),
                severity,
                firings: Vec::new(),
                undecided: Vec::new(),
            };
            Followed { course, slow: tiers.all(|tier| tier.slow), kept, over: None }
        });
        let per_second = match (plan.observed.by, plan.promise.event) {
            (Observer::Counters { .. }, Event::Occurrence | Event::Check) => {
                scenario.traffic.unwrap_or_else(super::assumed)
            }
            _ => Decimal::from(1000) / Decimal::from(scenario.schedule.step.millis()),
        };
        let period = Decimal::new(plan.promise.period_length.millis() as i64, 3);
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
                    let (name, line) = (alert.which.name.clone(), declared.line);
                    Some(LineCourse { name, line, firings: Vec::new() })
                })
                .collect(),
            budget: BudgetCourse {
                before: None,
                after: None,
                bad: Decimal::ZERO,
                allowed: plan.promise.budget * per_second * period,
                assumed: plan.promise.event == Event::Occurrence && scenario.traffic.is_none(),
            },
            events: Vec::new(),
            undecided: false,
        };
        Self {
            plan,
            begin: played.begin,
            tiers: plan.promise.tiers.iter().map(|_| Default::default()).collect(),
            alerts: alerts.collect(),
            timeline,
        }
    }

    /// The time of an evaluation; `None` before the incident.
    fn time(&self, at: usize) -> Option<Duration> {
        let since = at.checked_sub(self.begin)?;
        Some(Duration::from_millis(self.timeline.schedule.step.millis() * since as u64))
    }

    /// What is left behind an evaluation, and what it counted.
    pub fn follow_budget(&mut self, rules: &Rules, at: usize) {
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
        budget.after = match (budget.after, rules.left()) {
            (Some(least), Some(left)) => Some(least.min(left)),
            (least, left) => least.or(left),
        };
    }

    /// What the alerts of the fast group see at an evaluation, or those of the slow one.
    pub fn follow_alerts(&mut self, rules: &Rules, at: usize, slow: bool) {
        let Some(now) = self.time(at) else { return };
        for Followed { course: alert, slow: in_slow, kept, over } in &mut self.alerts {
            if *in_slow != slow {
                continue;
            }
            let (mut first, mut undecided) = (None, false);
            for (index, tier) in self.plan.promise.tiers.iter().enumerate() {
                if tier.severity != alert.severity {
                    continue;
                }
                let (sight, long) = rules.sight(tier);
                let fires = sight.fires();
                let [pending, firing, armed] = &mut self.tiers[index];
                pending.follow(now, sight.short && !fires);
                firing.follow(now, fires);
                armed.follow(now, sight.long && sight.enough && !sight.short);
                if first.is_none() {
                    undecided |= sight.undecided;
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

    /// What the alerts of the budget see at an evaluation of the slow group.
    pub fn follow_lines(&mut self, rules: &Rules, at: usize) {
        let (Some(now), Some(left)) = (self.time(at), rules.budget()) else { return };
        let courses = self.alerts.iter().map(|followed| &followed.course);
        // Of each the last firing alone: those before it ended earlier.
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

    /// `uncounted` is how many evaluations of the incident do not count.
    pub fn end(self, undecided: bool, uncounted: usize) -> Timeline {
        let tiers = self.plan.promise.tiers.iter().zip(self.tiers).map(|(tier, [pending, firing, armed])| {
            TierCourse { tier: tier.clone(), pending: pending.done, firing: firing.done, armed: armed.done }
        });
        Timeline {
            tiers: tiers.collect(),
            alerts: self.alerts.into_iter().map(|alert| alert.course).collect(),
            undecided,
            uncounted: Duration::from_millis(self.timeline.schedule.step.millis() * uncounted as u64),
            ..self.timeline
        }
    }
}
