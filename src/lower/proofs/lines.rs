//! Proofs of budget alerts: crossed, around the line, silent, recovered, crossed again.
//!
//! The budget of a calendar period is compared with all of its events. So it takes days of burning to spend it, and nothing recovers within the
//! period unless more events come than expected. So most of the budget is burnt at once, with hours of rest before the line is crossed slowly.

use super::numbers::{exhaustion, percent_left, percentage};
use super::played::{Situation, SloCases};
use super::stage::Stage;
use crate::lower::shapes::SeriesIncidents;
use crate::lower::timeline::{StepEvents, Timeline};
use crate::lower::windows;
use crate::model::BudgetAlert;
use crate::plan::{AlertId, Case, Check, Counted, Event, Rule, TierFacts};
use crate::vocabulary::{BudgetLine, Decimal, Duration, Period, Severity};

/// The limit of steps. A state with one evaluation per step may need more steps until its budget is known.
const MOST: usize = 2_600;

/// The test stays within a calendar period.
const OF_CALENDAR: Duration = Duration::from_secs(27 * 86_400);

/// Plays every line of an SLO.
pub(super) fn play(stage: &Stage, played: &mut SloCases) {
    for (index, alert) in stage.slo.budget_alerts.iter().enumerate() {
        let case = match stage.is_prompt() {
            true => BudgetCase::new(stage, alert).and_then(BudgetCase::case),
            false => Err("its state lags behind its series by the ranges it reads"),
        };
        match case {
            Ok(case) => played.cases.push((Situation::Line(index), case)),
            Err(reason) => {
                played
                    .unproven
                    .push(format!("the alert of less than {} of its budget: {reason}", alert.line));
            }
        }
    }
}

/// The events around one line.
struct BudgetCase<'s, 'a> {
    stage: &'s Stage<'a>,
    alert: &'s BudgetAlert,
    loads: Vec<StepEvents>,
    /// Steps that are checked in any state.
    moments: Vec<usize>,
    most: usize,
    /// Whether more is lost than the line leaves before the budget is known.
    early: bool,
}

impl<'s, 'a> BudgetCase<'s, 'a> {
    fn new(stage: &'s Stage<'a>, alert: &'s BudgetAlert) -> Result<Self, &'static str> {
        let (begins, most) = match &stage.slo.period {
            Period::Rolling(_) => (0, MOST),
            // A test begins with 1970. In time zones behind UTC it is still December for some hours.
            Period::Calendar(_, zone) => {
                let behind = u64::try_from(-i64::from(zone.ahead()[0])).unwrap_or(0);
                let behind = behind.saturating_sub(stage.begins.secs());
                (stage.steps(Duration::from_secs(behind)), MOST.min(stage.steps(OF_CALENDAR)))
            }
        };
        let mut story = Self { stage, alert, loads: Vec::new(), moments: Vec::new(), most, early: false };
        story.all_good(begins + 4)?;
        if story.is_calendar() {
            story.all_good(stage.steps(Duration::from_secs(86_400)) + 8)?;
            let enough = story.measured().is_some_and(|(_, _, of)| of >= stage.promise.enough_events);
            return enough.then_some(story).ok_or(TOO_LONG);
        }
        // The losses before the budget is known.
        let all = Decimal::from(story.units()) * stage.promise.budget * (Decimal::ONE - alert.line.ratio());
        let day = Decimal::from(stage.steps(Duration::from_secs(86_400)) as u64);
        let early = u64::try_from((all * day / Decimal::from(6)).floor()).unwrap_or(0);
        if early > 0 && stage.promise.event.slice().is_none() {
            story.loads.extend(stage.burst(early));
            story.moments.push(story.now() + 1);
            story.early = true;
        }
        let enough = stage.promise.enough_events / Decimal::from(story.units());
        let enough = usize::try_from(enough.ceil()).map_err(|_| TOO_LONG)?;
        story.all_good(enough.max(stage.steps(Duration::from_secs(86_400))) + 8 - story.now().min(8))?;
        Ok(story)
    }

    fn now(&self) -> usize {
        self.loads.len()
    }

    /// Events of one step; for slices, one moment.
    fn units(&self) -> u64 {
        match self.stage.promise.event {
            Event::Slice(_) | Event::Journey(_) => 1,
            Event::Check | Event::Occurrence => self.stage.units(),
        }
    }

    /// The number of steps depends on the budget, and a budget can be tiny: it is compared with the limit before they are made.
    fn all_good(&mut self, steps: usize) -> Result<(), &'static str> {
        if steps > self.most.saturating_sub(self.now()) {
            return Err(TOO_LONG);
        }
        self.loads.extend(self.stage.good(steps));
        Ok(())
    }

    /// The budget that is left at a step, with the bad events and the events that the budget is compared with.
    fn budget_left(&self, timeline: &Timeline, step: usize) -> Option<(Decimal, u64, Decimal)> {
        let (bad, of) = self.stage.measured(timeline, step)?;
        let ratio = match of.is_zero() {
            true => Decimal::ZERO,
            false => (Decimal::from(bad) / of).min(Decimal::ONE),
        };
        Some((Decimal::ONE - ratio / self.stage.promise.budget, bad, of))
    }

    /// The same at the end of the steps so far.
    fn measured(&self) -> Option<(Decimal, u64, Decimal)> {
        let timeline = self.stage.timeline(&self.loads);
        self.budget_left(&timeline, timeline.last())
    }

    fn share_left(&self) -> Option<Decimal> {
        Some(self.measured()?.0)
    }

    fn is_calendar(&self) -> bool {
        matches!(self.stage.slo.period, Period::Calendar(..))
    }

    /// Whether a budget can recover within its period.
    fn recovers(&self) -> bool {
        !self.is_calendar() || self.stage.promise.event == Event::Occurrence
    }

    /// The pages among the tiers.
    fn pages(&self) -> impl Iterator<Item = &TierFacts> {
        self.stage.promise.tiers_of(Severity::Page)
    }

    /// Everything fails until about this share is left. Then all is well until nobody is awake because of that.
    fn burn_to(&mut self, line: Decimal) -> Result<(), &'static str> {
        let (_, bad, of) = self.measured().ok_or(BETWEEN)?;
        if self.stage.promise.event.slice().is_none() {
            let needed = (Decimal::ONE - line) * self.stage.promise.budget * of - Decimal::from(bad);
            self.loads.extend(self.stage.burst(u64::try_from(needed.floor()).unwrap_or(0)));
        }
        while self.stage.promise.event.slice().is_some() && self.share_left().ok_or(BETWEEN)? > line {
            self.loads.extend(self.stage.bad(1));
            if self.now() > self.most {
                return Err(TOO_LONG);
            }
        }
        let forgotten = |tier: &TierFacts| {
            self.stage.steps(tier.long) + self.stage.steps(tier.keep_firing_for.unwrap_or_default())
        };
        let forgotten = self.pages().map(forgotten).max().unwrap_or(0);
        self.all_good(forgotten + self.stage.steps(BudgetLine::AWAKE) + 8)
    }

    /// Adds bad events until less is left, so slowly that no page fires.
    fn fail_below(&mut self, line: Decimal) -> Result<(), &'static str> {
        let units = Decimal::from(self.stage.units());
        let slow = self.pages().map(|tier| tier.threshold).min();
        let slow = slow.map_or(units, |least| least * units / Decimal::TWO);
        let most = u64::try_from(slow.floor()).unwrap_or(0);
        let apart = self.pages().map(|tier| self.stage.steps(tier.long)).max().unwrap_or(0);
        loop {
            let timeline = self.stage.timeline(&self.loads);
            let (left, bad, of) = self.budget_left(&timeline, timeline.last()).ok_or(BETWEEN)?;
            if left < line {
                return Ok(());
            }
            if self.now() > self.most {
                return Err(TOO_LONG);
            }
            let is_slice = self.stage.promise.event.slice().is_some();
            if most == 0 || is_slice {
                self.loads.extend(if is_slice { self.stage.bad(1) } else { self.stage.burst(1) });
                if self.share_left().ok_or(BETWEEN)? >= line {
                    self.all_good(apart)?;
                }
                continue;
            }
            let of = if self.is_calendar() { of } else { of + units };
            let needed = (Decimal::ONE - line) * self.stage.promise.budget * of - Decimal::from(bad);
            let needed = u64::try_from(needed.floor()).unwrap_or(0) + 1;
            self.loads.extend(self.stage.burst(needed.min(most)));
        }
    }

    /// Adds good events until this share is left; in a calendar period more than were expected.
    fn recover_to(&mut self, line: Decimal) -> Result<(), &'static str> {
        let from = self.now();
        let more = if self.is_calendar() { 3 } else { 1 };
        let good = self.stage.good(self.most.saturating_sub(from)).into_iter();
        self.loads.extend(good.map(|load| StepEvents { good: more * load.good, ..load }));
        let timeline = self.stage.timeline(&self.loads);
        let recovered =
            |step: usize| self.budget_left(&timeline, step).is_some_and(|(left, ..)| left >= line);
        let step = timeline.first(from, recovered).ok_or(TOO_LONG)?;
        self.loads.truncate(step);
        Ok(())
    }

    fn check_here(&mut self) {
        self.moments.push(self.now());
    }

    fn case(mut self) -> Result<Case, &'static str> {
        let (line, recovered) = (self.alert.line.ratio(), self.alert.line.recovered());
        self.check_here();
        if self.is_calendar() {
            self.burn_to(recovered + (recovered - line))?;
            self.check_here();
        }
        self.fail_below(line)?;
        let below = self.now();
        self.check_here();
        if !self.recovers() {
            self.all_good(8)?;
            self.check_here();
            let title = format!("less than {} of the budget left alerts, and not before", self.alert.line);
            let checks = self.checks(below)?;
            return Ok(self.stage.case(&title, &self.loads, SeriesIncidents::default(), checks));
        }
        self.recover_to(line)?;
        self.check_here();
        self.fail_below(line)?;
        self.check_here();
        if self.stage.counts() && self.stage.promise.event == Event::Occurrence {
            self.loads.extend(vec![StepEvents::default(); 8]);
            self.check_here();
        }
        self.recover_to(recovered)?;
        self.check_here();
        self.fail_below(line + (recovered - line) / Decimal::TWO)?;
        self.check_here();
        self.fail_below(line)?;
        self.check_here();
        let checks = self.checks(below)?;
        let title = format!(
            "less than {} of the budget left alerts once, also around the line, until {}% more is left{}",
            self.alert.line,
            BudgetLine::DISTANCE,
            if self.early { "; not before it is known" } else { "" }
        );
        Ok(self.stage.case(&title, &self.loads, SeriesIncidents::default(), checks))
    }

    fn checks(&self, below: usize) -> Result<Vec<Check>, &'static str> {
        let stage = self.stage;
        let timeline = stage.timeline(&self.loads);
        let rules: Vec<_> = (stage.budget_alerts())
            .filter(|(line, severity, _)| (*line, *severity) == (self.alert.line, self.alert.severity))
            .collect();
        let (_, _, rule) = rules.first().ok_or(BETWEEN)?;
        let alert = AlertId::of(rule.name().to_owned());
        let day = stage.steps(Duration::from_secs(23 * 3600));
        let kept = self.pages().filter_map(|tier| tier.keep_firing_for).max().unwrap_or_default();
        let awake = stage.steps(BudgetLine::AWAKE) + stage.steps(kept) + 2;
        let mut states: Vec<Option<bool>> = Vec::new();
        let (mut state, mut woken) = (false, None);
        let nearly = Decimal::new(1, 9);
        for step in 0..=timeline.last() {
            let (left, _, of) = self.budget_left(&timeline, step).ok_or(BETWEEN)?;
            let is_known = step > day + 1 && of >= stage.promise.enough_events && stage.held_lately(step);
            let edge = step >= day && step <= day + 2;
            let line = self.alert.line;
            let close = [line.ratio(), line.recovered()].iter().any(|at| (left - at).abs() < nearly);
            let was = state;
            state = line.is_crossed(left, is_known, was);
            // If the state depends on the exact step at which the budget becomes known, it is not checked.
            if edge && left < line.ratio() {
                return Err(BETWEEN);
            }
            states.push((!close).then_some(state));
            let page = |tier: &TierFacts| {
                let (bad, total) = timeline.counted(step, tier.long);
                let counted = Counted { bad: Decimal::from(bad), total: Decimal::from(total) };
                tier.state(counted, counted).fires()
            };
            if self.pages().any(page) {
                woken = Some(step);
            }
            let is_awake = woken.is_some_and(|woken| step <= woken + awake);
            if self.alert.severity == Severity::Page && state && !was && is_awake {
                return Err("a page burns while it is crossed");
            }
        }
        let mut steps = self.moments.clone();
        let turn =
            |step: &usize| matches!((states[step - 1], states[*step]), (Some(was), Some(is)) if was != is);
        steps.extend((1..states.len()).filter(turn).flat_map(|step| [step - 1, step]));
        steps.sort_unstable();
        steps.dedup();
        let check = |step: usize| {
            let at = stage.at(step);
            states.get(step).copied().flatten().map(|fires| match fires {
                true => Check::Fires { at, alert: alert.clone(), count: 1 },
                false => Check::Silent { at, alert: alert.clone() },
            })
        };
        let mut checks: Vec<Check> = steps.into_iter().filter_map(check).collect();
        // A companion alert that is not played may fire, and then the page is a ticket.
        if stage.wakes_by_burn_alone() {
            let says = |step: usize| self.text_check(rule, &timeline, step);
            let fires = |step: &usize| states[*step] == Some(true);
            // If rounding decides the text, a later moment is checked.
            checks.extend((below..states.len()).filter(fires).find_map(says));
        }
        Ok(checks)
    }

    /// The text of the alert at a step at which it fires; `None` if rounding decides.
    fn text_check(&self, rule: &Rule, timeline: &Timeline, step: usize) -> Option<Check> {
        let (stage, promise) = (self.stage, self.stage.promise);
        let (_, bad, total) = self.budget_left(timeline, step)?;
        let window = windows::pace(promise);
        let now = timeline.counted(step, window);
        Some(Check::Says {
            at: stage.at(step),
            rule: Box::new(rule.clone()),
            labels: stage.kept(),
            value: String::new(),
            budget_left: percent_left(bad, total, promise.budget),
            error_ratio: percentage(now.0, now.1)?,
            budget_lasts: exhaustion((bad, total), now, promise.budget, promise.period_length)?,
        })
    }
}

const TOO_LONG: &str = "it would take too long until it is known, or has recovered";
const BETWEEN: &str = "no moment was found at which it is certain";
