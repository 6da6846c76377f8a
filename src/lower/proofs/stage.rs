//! The input of one SLO's situations: its series, its alerts, and the checks that follow from a timeline.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::iter;

use super::numbers::{divided, exhaustion, lasts, one_digit, percent_left, percentage};
use super::{COPIES, NO_SERIES, PER_STEP, at, exception, lead, selectors};
use crate::derive::lag;
use crate::lower::budget::STATE;
use crate::lower::series::Series as Names;
use crate::lower::shapes::{SeriesIncidents, samples};
use crate::lower::timeline::{State, StepEvents, Timeline};
use crate::lower::windows;
use crate::model::{Behaviour, Budgeting, Labels, Part, Series, Service, Sli, Slo};
use crate::plan::{AlertId, Case, Check, Event, Promise, Rule, SilencingAlert, SloPlan, TierFacts};
use crate::promql::ast::{Expr, Kind, Selector};
use crate::promql::build::{gt, number, selector};
use crate::vocabulary::{
    BudgetLine, CURRENT, Decimal, Duration, INTERVAL, LONG_INTERVAL, OUTLOOK, Period, Severity, text,
};

/// One SLO at one evaluation step.
pub(super) struct Stage<'a> {
    pub slo: &'a Slo,
    pub promise: &'a Promise,
    pub names: Names,
    pub stimulus: Cow<'a, [Series]>,
    rules: Vec<&'a Rule>,
    /// Whether no other SLO of the service has alerts of the same name.
    pub named_alone: bool,
    /// The label that distinguishes several series whose state is evaluated, if there can be several.
    copies: Option<String>,
    pub step: Duration,
    /// The part of a journey that fails in the proofs.
    pub lead: Option<&'a Part>,
    /// The bad events of a step without good slices.
    outage: u64,
    /// Series of alerts that would hold back the page of a journey: all is well with them.
    well: Vec<Series>,
    pub service: &'a Service,
    /// The alert of a journey that silences the pages of its parts.
    pub silencing: Option<&'a SilencingAlert>,
    /// When the situation begins: within the hours of the promise.
    pub begins: Duration,
}

impl<'a> Stage<'a> {
    /// The reason if there are no series to play.
    pub fn new(
        service: &'a Service,
        slo: &'a Slo,
        plans: &'a [SloPlan],
        plan: &'a SloPlan,
        step: Duration,
    ) -> Result<Self, &'static str> {
        exception::playable(slo)?;
        let lead = lead::failing_part(service, slo, plans, plan, step);
        let alike = |other: &&Slo| other.alert_name.is_some() && other.alert_name == slo.alert_name;
        let no_series = match slo.parts() {
            [] => NO_SERIES,
            _ => "its parts are in this service, and its rules would overwrite the series of a test",
        };
        Ok(Self {
            named_alone: service.slos.iter().filter(alike).count() < 2,
            slo,
            promise: &plan.promise,
            names: Names::new(slo, &plan.promise),
            lead: lead.as_ref().map(|lead| lead.part),
            outage: lead.as_ref().map_or(PER_STEP, |lead| lead.outage),
            well: lead.as_ref().map(|lead| lead.well.clone()).unwrap_or_default(),
            stimulus: match lead {
                Some(lead) => lead.series.into(),
                None => slo.stimulus.as_deref().map_err(|_| no_series)?.into(),
            },
            service,
            copies: copies(slo, &plan.promise),
            begins: begins(slo),
            rules: plan.rules().collect(),
            step,
            silencing: None,
        })
    }

    /// Tiers of the fast group, or of the slow one.
    pub fn tiers(&self, slow: bool) -> Vec<&TierFacts> {
        self.promise.tiers.iter().filter(|tier| tier.slow == slow).collect()
    }

    /// Whether the state changes at the same evaluation as its series: it reads no range that is longer than a step. A range may contain the sample
    /// on its left edge (Prometheus 2), which belongs to the step before. For the increase of a counter, that sample is the start.
    pub fn is_prompt(&self) -> bool {
        if self.shifted() {
            return true;
        }
        // The ranges of a journey are a millisecond short.
        let short = self.grows() || matches!(self.promise.event, Event::Journey(_));
        let edge = if short { 0 } else { INTERVAL.millis() };
        match lag(self.slo).millis() {
            0 => true,
            lag => lag + edge <= self.step.millis(),
        }
    }

    /// Whether burns of hours are played at the evaluation step of pages.
    pub fn burns_with_pages(&self) -> bool {
        matches!(self.promise.event, Event::Slice(_))
    }

    /// Whether a slice is judged one step after its end: a journey reads series that were recorded an evaluation ago.
    fn shifted(&self) -> bool {
        matches!(self.promise.event, Event::Journey(_)) && self.step == INTERVAL
    }

    pub fn lag_steps(&self) -> usize {
        if self.shifted() {
            return 1;
        }
        if self.is_prompt() { 0 } else { lag(self.slo).millis().div_ceil(self.step.millis()) as usize }
    }

    /// The time between two samples of a series: the evaluation step; less for a state that is read from ranges and needs several samples in each.
    pub fn interval(&self) -> Duration {
        let fits = |slice: Duration| {
            [self.step, LONG_INTERVAL].iter().all(|whole| whole.millis().is_multiple_of(slice.millis()))
        };
        match self.promise.event {
            // One in each slice is enough.
            Event::Journey(slice) if fits(slice) => slice,
            _ if lag(self.slo) == Duration::default() => self.step,
            _ => INTERVAL,
        }
    }

    /// Whether all ranges are increases. There are none at the beginning.
    fn grows(&self) -> bool {
        self.stimulus.iter().all(|series| matches!(series.behaviour, Behaviour::Grows { .. }))
    }

    /// Whether a state is a prediction, which needs two samples.
    fn is_predicted(&self) -> bool {
        let (Sli::Checked { good: expr, .. } | Sli::Ratio { bad: expr }) = &self.slo.sli else {
            return false;
        };
        expr.calls("predict_linear")
    }

    /// Steps until a slice is full.
    pub fn slice_steps(&self) -> usize {
        match self.promise.event {
            Event::Slice(length) | Event::Journey(length) => self.steps(length),
            Event::Occurrence | Event::Check => 0,
        }
    }

    pub fn steps(&self, window: Duration) -> usize {
        (window.millis() / self.step.millis()) as usize
    }

    /// Whether its series are counters of events.
    pub fn counts(&self) -> bool {
        self.stimulus.iter().all(|series| {
            matches!(
                series.behaviour,
                Behaviour::Counts { .. } | Behaviour::Observes | Behaviour::Counted { .. }
            )
        })
    }

    /// The share of bad events that a slice may contain.
    fn slice_budget(&self) -> Option<Decimal> {
        match (&self.slo.budgeting, self.lead) {
            (_, Some(part)) => Some(part.objective.budget().ratio()),
            (Budgeting::Timeslices { objective, .. }, None) => Some(objective.budget().ratio()),
            (Budgeting::Occurrences, None) => None,
        }
    }

    pub fn timeline(&self, loads: &[StepEvents]) -> Timeline<'a> {
        self.timeline_with(loads, &[])
    }

    /// The timeline if nothing is counted at steps at which `excepted` has bad events.
    pub fn timeline_with(&self, loads: &[StepEvents], excepted: &[StepEvents]) -> Timeline<'a> {
        let slice_budget = self.slice_budget().unwrap_or(Decimal::ONE);
        let states = matches!(self.slo.sli, Sli::Checked { .. } | Sli::Ratio { .. })
            && !self.grows()
            && !self.is_predicted();
        let tiers = &self.promise.tiers;
        let late = match loads.split_last() {
            Some((_, before)) if self.shifted() => Cow::from([&[StepEvents::default()], before].concat()),
            _ => loads.into(),
        };
        let is_excepted = |step: usize| {
            step.checked_sub(1).and_then(|at| excepted.get(at)).is_some_and(|load| load.bad > 0)
        };
        let holds = |step| self.holds(step) && !is_excepted(step);
        Timeline::new(self.promise.event, states, slice_budget, tiers, self.step, &late, holds)
            .shifted_by(usize::from(self.shifted()))
    }

    /// Whether the events that are counted at a step are within the hours: they happened since the evaluation before.
    pub fn holds(&self, step: usize) -> bool {
        let at = i64::try_from(self.at(step).secs()).unwrap_or(i64::MAX);
        let begun = at - INTERVAL.millis() as i64 / 1000;
        self.slo.agreed.hours.as_ref().is_none_or(|hours| hours.hold(begun))
    }

    /// Whether events count at a step or shortly before it: then a line of the budget can be crossed.
    pub fn held_lately(&self, step: usize) -> bool {
        let back = self.steps(BudgetLine::AFTER_HOURS);
        (step.saturating_sub(back)..=step).any(|step| self.holds(step))
    }

    /// Steps without bad events.
    pub fn good(&self, steps: usize) -> Vec<StepEvents> {
        vec![StepEvents { good: self.units(), bad: 0 }; steps]
    }

    /// Steps without good events; of a journey, without good slices.
    pub fn bad(&self, steps: usize) -> Vec<StepEvents> {
        let bad = self.units().min(self.outage);
        vec![StepEvents { good: self.units() - bad, bad }; steps]
    }

    /// The size of one step: events, or series whose state is evaluated.
    pub fn units(&self) -> u64 {
        match self.promise.event {
            Event::Occurrence | Event::Slice(_) | Event::Journey(_) => PER_STEP,
            Event::Check => self.copies.as_ref().map_or(1, |_| COPIES),
        }
    }

    /// Bad units as early as possible.
    pub fn burst(&self, bad: u64) -> Vec<StepEvents> {
        let units = self.units();
        let mut loads = self.bad((bad / units) as usize);
        if !bad.is_multiple_of(units) {
            loads.push(StepEvents { good: units - bad % units, bad: bad % units });
        }
        loads
    }

    /// This number of bad slices, one ending at each step: two partly bad steps at such a distance that no other slice contains both. Neither makes a
    /// slice bad alone.
    pub fn slices(&self, bad: usize) -> Option<Vec<StepEvents>> {
        let budget = self.slice_budget()?;
        let slice = self.slice_steps();
        if !self.counts() && slice > 1 {
            // A state is bad or good: a step cannot be partly bad.
            return None;
        }
        if matches!(self.promise.event, Event::Journey(_)) && bad >= slice {
            // A bad step makes all slices bad that contain it.
            return Some(self.bad(bad + 1 - slice.max(1)));
        }
        if slice < 2 || bad >= slice {
            return (slice < 2).then(|| self.bad(bad));
        }
        let part = budget * Decimal::from(slice as u64) * Decimal::new(55, 2);
        let part =
            u64::try_from((part * Decimal::from(PER_STEP)).trunc()).ok().filter(|part| *part <= PER_STEP)?;
        let spoiled = StepEvents { good: PER_STEP - part, bad: part };
        Some([vec![spoiled], self.good(slice - bad - 1), vec![spoiled], self.good(bad - 1)].concat())
    }

    /// Steps with an error ratio, as even as whole units allow; for slices, a bad step at regular distances.
    pub fn ratio(&self, steps: usize, ratio: Decimal) -> Option<Vec<StepEvents>> {
        let units = self.units();
        if self.promise.event == Event::Occurrence {
            let bad = u64::try_from((ratio * Decimal::from(units)).trunc()).ok().filter(|bad| *bad > 0)?;
            return Some(vec![StepEvents { good: units.checked_sub(bad)?, bad }; steps]);
        }
        if self.promise.event == Event::Check {
            let until = |step: usize| {
                let bad = (ratio * Decimal::from(units) * Decimal::from(step as u64)).trunc();
                u64::try_from(bad).unwrap_or(0)
            };
            let load = |step: usize| {
                let bad = (until(step) - until(step - 1)).min(units);
                StepEvents { good: units - bad, bad }
            };
            return Some((1..=steps).map(load).collect());
        }
        // One bad slice if that is possible, or those that contain one bad step.
        let (spoiling, spoiled) = match self.slices(1) {
            Some(loads) => (loads, 1),
            None => (self.bad(1), self.slice_steps().max(1)),
        };
        let every = usize::try_from((Decimal::from(spoiled as u64) / ratio).ceil()).ok()?;
        let between = every.checked_sub(spoiling.len()).filter(|between| (1..steps).contains(between))?;
        let repeated = [self.good(between), spoiling].concat();
        Some(repeated.into_iter().cycle().take(steps).collect())
    }

    pub fn at(&self, step: usize) -> Duration {
        Duration::from_millis(self.begins.millis() + self.step.millis() * step as u64)
    }

    pub fn case(
        &self,
        title: &str,
        loads: &[StepEvents],
        mishaps: SeriesIncidents,
        checks: Vec<Check>,
    ) -> Case {
        self.case_with(title, loads, mishaps, &[], checks)
    }

    /// A case in which the query of maintenance has a result where `excepted` has bad events.
    pub fn case_with(
        &self,
        title: &str,
        loads: &[StepEvents],
        mishaps: SeriesIncidents,
        excepted: &[StepEvents],
        mut checks: Vec<Check>,
    ) -> Case {
        checks.sort_by_key(at);
        let title = format!("{}: {title}", self.promise.slo);
        let mut series = self.series(loads, mishaps);
        let calm = self.expanded(&self.good(loads.len()), StepEvents { good: 1, bad: 0 });
        series.extend(
            self.well.iter().map(|one| samples(one, self.interval(), &calm, SeriesIncidents::default())),
        );
        let well = vec![StepEvents { good: 1, bad: 0 }; loads.len()];
        let excepted =
            self.expanded(if excepted.is_empty() { &well } else { excepted }, StepEvents { good: 1, bad: 0 });
        series.extend(
            exception::series(self.slo, &self.stimulus)
                .iter()
                .map(|one| samples(one, self.interval(), &excepted, SeriesIncidents::default())),
        );
        Case { title, interval: self.interval(), series, checks }
    }

    /// Loads at the interval of samples, after `idle` loads until the situation begins.
    fn expanded(&self, loads: &[StepEvents], idle: StepEvents) -> Vec<StepEvents> {
        let often = (self.step.millis() / self.interval().millis()) as usize;
        let before = (self.begins.millis() / self.interval().millis()) as usize;
        let loads = loads.iter().flat_map(|load| iter::repeat_n(*load, often));
        iter::repeat_n(idle, before).chain(loads).collect()
    }

    /// The series of a case. If an SLO is one promise per label value, a second promise is kept meanwhile.
    fn series(&self, loads: &[StepEvents], mishaps: SeriesIncidents) -> Vec<(String, String)> {
        let often = (self.step.millis() / self.interval().millis()) as usize;
        // Before the beginning nothing is counted, and states are good.
        let before = (self.begins.millis() / self.interval().millis()) as usize;
        let idle =
            if self.counts() { StepEvents::default() } else { StepEvents { good: self.units(), bad: 0 } };
        let loads = self.expanded(loads, idle);
        let mishaps = SeriesIncidents {
            restart: mishaps.restart.map(|step| before + step * often),
            vanish: mishaps.vanish.map(|step| before + step * often),
            ..mishaps
        };
        let mut series: Vec<(String, String)> = match &self.copies {
            None => {
                self.stimulus.iter().map(|series| samples(series, self.interval(), &loads, mishaps)).collect()
            }
            Some(label) => (0..COPIES)
                .flat_map(|copy| {
                    let bad = |load: &StepEvents| StepEvents { good: 0, bad: u64::from(load.bad > copy) };
                    let loads: Vec<StepEvents> = loads.iter().map(bad).collect();
                    let one = move |series: &Series| {
                        let mut series = series.clone();
                        series.labels.insert(label.clone(), format!("copy-{copy}"));
                        series
                    };
                    let copies: Vec<Series> = self.stimulus.iter().map(one).collect();
                    let samples = |series: &Series| samples(series, self.interval(), &loads, mishaps);
                    copies.iter().map(samples).collect::<Vec<_>>()
                })
                .collect(),
        };
        let quiet = self.good(loads.len());
        let neighbours = self.neighbours();
        series.extend(
            neighbours
                .iter()
                .map(|other| samples(other, self.interval(), &quiet, SeriesIncidents::default())),
        );
        series
    }

    /// The same series with other values of the kept labels, if the selectors allow several.
    fn neighbours(&self) -> Vec<Series> {
        let chosen = selectors(&self.slo.sli).iter().any(|selector| {
            selector.matchers.iter().any(|matcher| self.read().any(|label| label == matcher.label))
        });
        if self.promise.by.is_empty() || chosen {
            return Vec::new();
        }
        let moved = |series: &Series| {
            let mut series = series.clone();
            for label in self.read() {
                series.labels.insert(label.to_owned(), "neighbour".to_owned());
            }
            series
        };
        self.stimulus.iter().map(moved).collect()
    }

    /// The names of the kept labels in the raw series.
    fn read(&self) -> impl Iterator<Item = &str> {
        self.slo.by.iter().map(|kept| kept.label.as_str())
    }

    /// Labels of the rules' results beside the labels that the rules set.
    pub fn kept(&self) -> Labels {
        let named = self.slo.by.iter().map(|kept| (kept.to_string(), kept.label.as_str()));
        named.map(|(name, label)| (name, exception::value_of(&self.stimulus, label))).collect()
    }

    /// All labels of the recorded series under proof.
    fn recorded_labels(&self) -> Labels {
        let mut labels = self.names.labels();
        labels.extend(self.kept());
        labels
    }

    /// A recorded series of the promise under proof.
    pub fn recorded(&self, name: &str) -> Selector {
        let labels = self.recorded_labels();
        let labels: Vec<(&str, &str)> =
            labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        selector(name, &labels)
    }

    /// The check of a query's result for the promise under proof.
    pub fn value(&self, step: usize, expr: impl Into<Expr>, value: String) -> Check {
        let labels = self.recorded_labels();
        Check::Value { at: self.at(step), expr: expr.into(), labels, value: Some(value) }
    }

    /// The check whether a query's result is above a threshold.
    pub fn above(&self, step: usize, window: Duration, threshold: Decimal, is: bool) -> Check {
        let ratio = self.recorded(&self.names.ratio(&window.to_string()));
        let above = gt(ratio, number(text(threshold))).bool();
        self.value(step, above, u8::from(is).to_string())
    }

    /// Severities whose tiers are all in the fast group, or all in the slow one.
    pub fn severities(&self, slow: bool) -> Vec<Severity> {
        let here = |severity: &Severity| {
            let mut tiers = self.promise.tiers_of(*severity).peekable();
            tiers.peek().is_some() && tiers.all(|tier| tier.slow == slow)
        };
        Severity::ALL.into_iter().filter(here).collect()
    }

    /// The alert rule of a severity.
    fn alert(&self, severity: Severity) -> Option<&'a Rule> {
        self.rules.iter().copied().find(|rule| rule.burn().is_some_and(|burn| burn.severity == severity))
    }

    /// The identity of that alert.
    fn id(&self, severity: Severity) -> Option<&'a AlertId> {
        Some(&self.alert(severity)?.alert()?.id)
    }

    /// The budget alerts.
    pub fn budget_alerts(&self) -> impl Iterator<Item = (BudgetLine, Severity, &'a Rule)> {
        self.rules.iter().filter_map(|rule| {
            let (line, budget) = rule.budget()?;
            Some((line, budget.severity, *rule))
        })
    }

    /// Whether only the burn page turns the page of a budget into a ticket.
    pub fn wakes_by_burn_alone(&self) -> bool {
        let burn = self.alert(Severity::Page).map(Rule::name);
        let states = self.rules.iter().filter(|rule| rule.name() == STATE);
        let mut alerts =
            states.flat_map(|rule| rule.expr.selectors()).filter(|it| it.name.as_deref() == Some("ALERTS"));
        alerts.all(|it| it.matchers.iter().any(|matcher| Some(matcher.value.as_str()) == burn))
    }

    /// The check of the alert of a severity at a step; `None` if rounding decides.
    pub fn state(&self, timeline: &Timeline, severity: Severity, step: usize) -> Option<Check> {
        let alert = self.id(severity)?.clone();
        let at = self.at(step);
        match timeline.state(severity, step) {
            State::Silent => Some(Check::Silent { at, alert }),
            State::Fires(_) => Some(Check::Fires { at, alert, count: 1 }),
            State::Undecided => None,
        }
    }

    /// The checks of the alert around each of its changes, and at the end.
    pub fn turns(&self, timeline: &Timeline, severity: Severity) -> Vec<Check> {
        let mut checks = Vec::new();
        let mut last: Option<(usize, bool)> = None;
        for step in 1..=timeline.last() {
            let fires = match timeline.state(severity, step) {
                State::Undecided => continue,
                State::Silent => false,
                State::Fires(_) => true,
            };
            if let Some((before, was)) = last
                && was != fires
            {
                checks.extend(self.state(timeline, severity, before));
                checks.extend(self.state(timeline, severity, step));
            }
            last = Some((step, fires));
        }
        checks.extend(last.and_then(|(step, _)| self.state(timeline, severity, step)));
        checks
    }

    /// The check of the alert's texts at the first step from `from` on at which it fires.
    pub fn text_check(&self, timeline: &Timeline, severity: Severity, from: usize) -> Option<Check> {
        // promtool compares all alerts of one name together, so texts are checked where the alert fires alone.
        let name = |severity| self.id(severity).map(|id| &id.name);
        let others =
            Severity::ALL.into_iter().filter(|other| *other != severity && name(*other) == name(severity));
        let alone = |step: &usize| {
            self.named_alone && others.clone().all(|other| timeline.state(other, *step) == State::Silent)
        };
        (from..=timeline.last()).filter(alone).find_map(|step| self.text_check_at(timeline, severity, step))
    }

    fn text_check_at(&self, timeline: &Timeline, severity: Severity, step: usize) -> Option<Check> {
        let State::Fires(tier) = timeline.state(severity, step) else { return None };
        let tier = &self.promise.tiers[tier];
        let (bad, total) = timeline.window(step, tier.long);
        let burn_rate = Decimal::from(bad) / Decimal::from(total) / self.promise.budget;
        // The fast group is evaluated before the slow one, so it reads what that one recorded a step earlier.
        let recorded = if tier.slow { step } else { step - 1 };
        let (bad, of) = self.measured(timeline, recorded)?;
        let (now, lasts) = match severity {
            Severity::Page => {
                let now = timeline.window(step, CURRENT);
                (now, lasts((bad, of), now, self.promise.budget, self.promise.period_length)?)
            }
            Severity::Ticket => {
                let window = windows::pace(self.promise);
                let then = timeline.counted(recorded, window);
                let lasts = exhaustion((bad, of), then, self.promise.budget, self.promise.period_length)?;
                (timeline.counted(step, window), lasts)
            }
        };
        Some(Check::Says {
            at: self.at(step),
            rule: Box::new(self.alert(severity)?.clone()),
            labels: self.kept(),
            value: one_digit(burn_rate)?,
            budget_left: percent_left(bad, of, self.promise.budget),
            error_ratio: percentage(now.0, now.1)?,
            budget_lasts: lasts,
        })
    }

    /// Bad events of the period at a step, and the events that the budget is compared with; `None` as in [`Self::period_so_far`].
    pub fn measured(&self, timeline: &Timeline, step: usize) -> Option<(u64, Decimal)> {
        let (bad, total) = self.period_so_far(timeline, step)?;
        let total = Decimal::from(total);
        let Period::Calendar(unit, zone) = &self.slo.period else { return Some((bad, total)) };
        if self.at(step) >= OUTLOOK {
            return None;
        }
        let tile = self.step.max(self.promise.long_interval);
        let tiles = Decimal::from(self.begins.millis() / tile.millis() + timeline.tiles(step));
        let counted = Decimal::from(timeline.tiled(step).1);
        let to_come = zone.tiles_to_come(*unit, self.at(step).secs());
        Some((bad, total + self.promise.expected(to_come, counted, tiles)))
    }

    /// Bad and total events of the period at a step; `None` if the period begins between tiles.
    pub fn period_so_far(&self, timeline: &Timeline, step: usize) -> Option<(u64, u64)> {
        let (bad, total) = timeline.tiled(step);
        match &self.slo.period {
            Period::Rolling(length) if self.steps(*length) > step => Some((bad, total)),
            Period::Rolling(length) => {
                (self.step >= self.promise.long_interval).then(|| timeline.period(step, *length))
            }
            // A test begins with 1970. In time zones behind UTC it is still December for some hours, and only later events are in the period.
            Period::Calendar(_, zone) => {
                let behind = u64::try_from(-i64::from(zone.ahead()[0])).unwrap_or(0);
                let midnight = self.steps(Duration::from_secs(behind.saturating_sub(self.begins.secs())));
                let (before_bad, before) = match midnight.checked_sub(1) {
                    Some(last) if step >= midnight => timeline.tiled(last),
                    Some(_) | None => (0, 0),
                };
                Some((bad - before_bad, total - before))
            }
        }
    }

    /// Checks of the ratios of the tiers' windows, each at the first step from `from` on at which a shorter or a longer window would have another.
    pub fn lengths(&self, timeline: &Timeline, tiers: &[&TierFacts], from: usize) -> Vec<Check> {
        let windows: BTreeSet<Duration> = tiers.iter().flat_map(|tier| [tier.long, tier.short]).collect();
        let check = |window: Duration| {
            let shows = |of_each| timeline.first(from, |step| timeline.shows_length(step, window, of_each));
            let step = shows(true).or_else(|| shows(false))?;
            let (bad, total) = timeline.window(step, window);
            let ratio = self.recorded(&self.names.ratio(&window.to_string()));
            Some(self.value(step, ratio, divided(bad, total)))
        };
        windows.into_iter().filter_map(check).collect()
    }

    /// Checks that a tier's threshold is passed at its step and not one evaluation earlier.
    pub fn crossing(&self, timeline: &Timeline, tier: &TierFacts, from: usize) -> Vec<Check> {
        let Some(step) = timeline.first(from, |step| timeline.burns(tier, step) == Some(true)) else {
            return Vec::new();
        };
        let (bad, total) = timeline.window(step - 1, tier.long);
        let below = Decimal::from(bad) < tier.threshold * Decimal::from(total);
        let mut checks = Vec::new();
        if below && timeline.burns(tier, step - 1).is_some() {
            checks.push(self.above(step - 1, tier.long, tier.threshold, false));
        }
        checks.push(self.above(step, tier.long, tier.threshold, true));
        checks
    }
}

/// When a situation begins: at the beginning of the promise's hours.
fn begins(slo: &Slo) -> Duration {
    let opening = slo.agreed.hours.as_ref().map_or(0, |hours| hours.opening());
    Duration::from_secs(u64::try_from(opening).unwrap_or(0))
}

/// A label that can distinguish several series whose state is evaluated: it must survive every aggregation and matching of the query, and is neither
/// selected by its selectors nor kept by the promise. `None` for counters.
fn copies(slo: &Slo, promise: &Promise) -> Option<String> {
    let (Sli::Checked { good, .. }, Event::Check) = (&slo.sli, promise.event) else { return None };
    let mut survivors: Option<Vec<String>> = None;
    let mut dropped: Vec<String> = slo.by.iter().map(|kept| kept.label.to_string()).collect();
    dropped.extend(
        good.selectors().iter().flat_map(|it| it.matchers.iter().map(|matcher| matcher.label.clone())),
    );
    let mut keep = |labels: &[String]| {
        let known = survivors.take().unwrap_or_else(|| labels.to_vec());
        survivors = Some(known.into_iter().filter(|label| labels.contains(label)).collect());
    };
    good.visit(&mut |part| match &part.kind {
        Kind::Aggregate { grouping: Some(grouping), .. } if !grouping.without => keep(&grouping.labels),
        Kind::Aggregate { grouping: Some(grouping), .. } => dropped.extend(grouping.labels.clone()),
        Kind::Aggregate { grouping: None, .. } => keep(&[]),
        Kind::Binary(binary) => match &binary.matching {
            Some(matching) if matching.on => keep(&matching.labels),
            Some(matching) => dropped.extend(matching.labels.clone()),
            None => {}
        },
        Kind::Call { function, .. }
            if ["absent", "absent_over_time", "scalar", "vector"].contains(&function.as_str()) =>
        {
            keep(&[]);
        }
        Kind::Call { function, .. } if function == "histogram_quantile" => dropped.push("le".to_owned()),
        _ => {}
    });
    let free = |label: &String| !dropped.contains(label);
    match survivors {
        Some(labels) => labels.into_iter().find(free),
        None => Some("copy".to_owned()).filter(free),
    }
}
