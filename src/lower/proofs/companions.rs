//! Proofs of companion alerts: each is silent while all is well, fires after its `for` and not before, has its texts, stops, and behaves as expected
//! when its series disappear.

use std::borrow::Cow;
use std::cell::LazyCell;

use super::numbers::alert_value;
use super::{MARGIN, SeriesIncidents, StepEvents, at, samples};
use crate::derive::{companion_name, longest_range};
use crate::lower::active::BEGAN;
use crate::model::{Behaviour, Companion, Firing, Labels, Series, Service};
use crate::plan::{
    AlertId, Case, Check, Group, Notice, Proof, Rule, RuleOutput, ServicePlan, SilencingAlert,
};
use crate::promql::ast::Selector;
use crate::promql::carried::ResultLabels;
use crate::promql::regex::ValueCondition;
use crate::vocabulary::{Decimal, Duration, INTERVAL};

/// A moment after everything that is played, in seconds since the beginning.
const AFTERWARDS: u32 = 1_000_000_000;

/// Steps of a healthy state before anything happens.
const WELL: usize = 4;

/// Alerts with longer ranges or a longer `for` are not played: promtool evaluates every rule at every step, and a range of two days takes it minutes.
const LONGEST: Duration = Duration::from_secs(36 * 3600);

/// The proof of a service's companion alerts; `None` if it has none that can be played.
pub(super) fn proof(
    service: &Service,
    plan: &ServicePlan,
    group: &Group,
    groups: Vec<String>,
) -> Option<Proof> {
    let mut cases = Vec::new();
    let mut unproven = Vec::new();
    let mut made = RulesBySlo::of_plan(plan);
    for (companion, rule) in service.alerts.iter().zip(&group.rules) {
        let Ok(firing) = &companion.stimulus else {
            unproven.push(format!(
                "{}: slowburn found no values for which it fires, or none for which it does not",
                companion.name
            ));
            continue;
        };
        if let Some(reason) = unplayed(companion, &mut made) {
            unproven.push(format!("{}: {reason}", companion.name));
            continue;
        }
        let stage = Stage { name: companion_name(service, companion), companion, firing, rule };
        cases.push(stage.fires());
        match stage.gone() {
            Some(case) => cases.push(case),
            None => unproven.push(format!("{}: what it does when its series disappear", companion.name)),
        }
    }
    (!cases.is_empty()).then(|| Proof {
        what: "alerts".to_owned(),
        about: "Companion alerts, evaluated every 30 seconds.",
        step: INTERVAL,
        groups,
        cases,
        unproven,
    })
}

/// The limit of comparisons of SLOs and rules with selectors for one service. After that, alerts that read a recorded name are not played.
const MOST_COMPARISONS: usize = 50_000;

/// Writes the rules of one SLO.
pub type WriteRules<'a> = Box<dyn FnOnce() -> Cow<'a, [Group]> + 'a>;

/// The rules of one SLO, written when they are needed.
type LazyRules<'a> = LazyCell<Cow<'a, [Group]>, WriteRules<'a>>;

/// The rules of a service by their SLO; those without an SLO have no name. They are written only if a selector may read their series.
pub struct RulesBySlo<'a> {
    all: Vec<(Option<&'a str>, LazyRules<'a>)>,
    comparisons: usize,
}

impl<'a> RulesBySlo<'a> {
    /// The rules of each SLO, by its name.
    pub fn of(all: impl Iterator<Item = (Option<&'a str>, WriteRules<'a>)>) -> Self {
        Self { all: all.map(|(slo, write)| (slo, LazyCell::new(write))).collect(), comparisons: 0 }
    }

    fn of_plan(plan: &'a ServicePlan) -> Self {
        let slos = plan.slos.iter().map(|slo| (Some(slo.promise.slo.as_str()), &slo.groups[..]));
        let others = [&plan.companions, &plan.silencing, &plan.missing].map(|group| (None, group.as_slice()));
        let written = |groups| -> WriteRules { Box::new(move || Cow::Borrowed(groups)) };
        Self::of(slos.chain(others).map(|(slo, groups)| (slo, written(groups))))
    }

    /// Whether one of the rules makes series that a selector may match.
    fn reads_recorded(&mut self, selector: &Selector) -> bool {
        let name = selector.name.as_deref().unwrap_or_default();
        // Other names belong to no rule.
        let alerts = ["ALERTS", "ALERTS_FOR_STATE"].contains(&name);
        if !alerts && !name.starts_with("slo:") {
            return false;
        }
        let asked: Vec<_> =
            selector.matchers.iter().map(|matcher| (&*matcher.label, matcher.asked())).collect();
        let of_slo: Vec<_> = asked.iter().filter(|(label, _)| *label == "slo").collect();
        self.all.iter().any(|(slo, groups)| {
            self.comparisons += 1;
            // Every rule of an SLO has its name as a label.
            let may = |slo| of_slo.iter().all(|(_, asked)| asked.meets(slo) != Some(false));
            if self.comparisons > MOST_COMPARISONS || !slo.is_none_or(may) {
                return self.comparisons > MOST_COMPARISONS;
            }
            let named = |rule: &&Rule| match &rule.makes {
                RuleOutput::Record(made) => made == name,
                RuleOutput::Alert(_) => alerts,
            };
            groups.iter().flat_map(|group| &group.rules).filter(named).any(|rule| {
                debug_assert!(slo.is_none_or(|slo| rule.labels["slo"] == slo), "{}", rule.name());
                self.comparisons += 1;
                self.comparisons > MOST_COMPARISONS || makes(rule, &asked)
            })
        })
    }
}

/// Why a companion alert is not played beside these rules although series are known that make it fire; `None` if it is played.
pub fn unplayed(companion: &Companion, made: &mut RulesBySlo) -> Option<String> {
    let held =
        companion.hold.unwrap_or_default().millis() + companion.keep_firing_for.unwrap_or_default().millis();
    let range = longest_range(companion).unwrap_or_default();
    let length = Duration::from_millis(held.saturating_add(range.millis()));
    if length > LONGEST {
        let what = if companion.keep_firing_for.is_some() {
            "`for`, `keep_firing_for` and its ranges"
        } else {
            "`for` and its ranges"
        };
        return Some(format!("{what} take {length} together, and a proof plays at most {LONGEST}"));
    }
    let mut read = companion.readings.iter().map(|reading| &reading.selector);
    let own = read.find(|selector| made.reads_recorded(selector))?;
    let name = own.name.as_deref().unwrap_or_default();
    if made.comparisons > MOST_COMPARISONS {
        return Some(format!(
            "it reads `{name}`, and this service has too many rules to see whether one records it"
        ));
    }
    Some(format!("it reads `{name}`, which the rules of its own service record, so a test cannot supply it"))
}

/// Whether a rule makes series whose labels may meet these conditions.
fn makes(rule: &Rule, asked: &[(&str, ValueCondition)]) -> bool {
    let may_have = |label: &str| match &rule.makes {
        RuleOutput::Record(_) => ResultLabels::of(&rule.expr).may_have(label),
        RuleOutput::Alert(alert) => match &alert.notice {
            _ if label == "alertstate" => true,
            Notice::Burn(of) | Notice::Budget(_, of) => of.promise.by.iter().any(|by| by == label),
            Notice::Missing { .. } | Notice::Silencing { .. } => false,
            Notice::Companion(_) => ResultLabels::of(&rule.expr).may_have(label),
        },
    };
    asked.iter().all(|(label, asked)| {
        let known = match (*label, &rule.makes) {
            ("alertname", RuleOutput::Alert(alert)) => alert.id.name.as_str(),
            (label, _) => match rule.labels.get(label) {
                Some(value) => value,
                None if may_have(label) => return true,
                None => "",
            },
        };
        asked.meets(known) != Some(false)
    })
}

/// One companion alert with the series that are played for it.
struct Stage<'a> {
    name: String,
    companion: &'a Companion,
    firing: &'a Firing,
    rule: &'a Rule,
}

impl Stage<'_> {
    /// Healthy, then failing, then healthy again.
    fn fires(&self) -> Case {
        let (hold, lag, kept) = (self.hold(), self.lag(), self.kept());
        let well = self.well();
        // The first step at which the series show the failure.
        let begins = well + 1;
        let fires_at = begins + hold + lag;
        let bad = hold + lag + 1 + MARGIN;
        let ends = well + bad + 1;
        let silencing = self.silencing();
        let stays = silencing.map_or(0, |silencing| steps(silencing.length));
        // One healthy step, and the failure comes back before the range is over and while the alert keeps firing.
        let flaps = kept > lag + 1;
        let flap = if flaps { [good(1), wrong(lag + 1)].concat() } else { Vec::new() };
        let ends = ends + flap.len();
        let well_again = good(lag + 1 + kept + stays + MARGIN);
        let loads = [good(well), wrong(bad), flap, well_again].concat();
        let mut checks =
            vec![self.silent(well), self.text_check(fires_at, &self.firing.labels, self.firing.value)];
        if hold > 0 {
            // The series showed no failure before, so the alert cannot fire earlier than this, even if its expression reads older samples.
            checks.push(self.silent(begins + hold - 1));
        }
        if kept > 0 {
            let alert = AlertId::of(self.name.clone());
            checks.push(Check::Fires { at: time(ends + kept - 1), alert, count: 1 });
        }
        if flaps {
            checks.extend((ends - lag - 2..ends).map(|step| Check::Fires {
                at: time(step),
                alert: AlertId::of(self.name.clone()),
                count: 1,
            }));
        }
        checks.push(self.silent(ends + lag + kept));
        if let Some(SilencingAlert { name, .. }) = silencing {
            let alert = || AlertId::of(name.clone());
            let quiet = |step| Check::Silent { at: time(step), alert: alert() };
            let fires = |step| Check::Fires { at: time(step), alert: alert(), count: 1 };
            // The alert itself fires for the last time one step before. If it reads a range, it begins and stops at some step within that.
            let over = ends + kept + stays;
            checks.extend([quiet(begins + hold - 1), fires(fires_at), fires(over - 2), quiet(over + lag)]);
        }
        // An alert that fires all the time and began after this one.
        let began = silencing.map(|SilencingAlert { silenced, .. }| Series {
            name: BEGAN.to_owned(),
            labels: silenced[0]
                .apart
                .clone()
                .into_iter()
                .chain([("alertname".to_owned(), silenced[0].name.clone())])
                .collect(),
            behaviour: Behaviour::Stands { good: Decimal::from(AFTERWARDS), bad: Decimal::from(AFTERWARDS) },
        });
        let held = match self.companion.hold {
            Some(hold) => format!("fires after {hold} and not before"),
            None => "fires at once".to_owned(),
        };
        let stops = match self.companion.keep_firing_for {
            Some(kept) if flaps => format!("fires on while the cause flaps, and stops {kept} after that"),
            Some(kept) => format!("and stops {kept} after the cause is over"),
            None => "and stops".to_owned(),
        };
        let title = format!("silent while all is well, {held}, {stops}");
        let mut case = self.case(&title, &loads, SeriesIncidents::default(), checks);
        case.series
            .extend(began.map(|series| samples(&series, INTERVAL, &loads, SeriesIncidents::default())));
        case
    }

    /// Healthy, then all series disappear; `None` if the behaviour of the alert is not known.
    fn gone(&self) -> Option<Case> {
        let (hold, lag, kept) = (self.hold(), self.lag(), self.kept());
        let well = self.well();
        // Between a series that is gone and a range that is not empty yet, it may fire.
        let last = well + 1 + hold + lag + if lag > 0 { kept } else { 0 } + MARGIN;
        let loads = good(well);
        let mishaps = SeriesIncidents { vanish: Some(well), ..SeriesIncidents::default() };
        let (check, does) = match self.firing.gone.clone()? {
            Some((labels, value)) => (self.text_check(last, &labels, value), "fires"),
            None => (self.silent(last), "is silent"),
        };
        let title = format!("{does} when its series disappear");
        Some(self.case(&title, &loads, mishaps, vec![self.silent(well), check]))
    }

    fn case(
        &self,
        title: &str,
        loads: &[StepEvents],
        mishaps: SeriesIncidents,
        mut checks: Vec<Check>,
    ) -> Case {
        checks.sort_by_key(at);
        let series =
            self.firing.series.iter().map(|series| samples(series, INTERVAL, loads, mishaps)).collect();
        Case { title: format!("{}: {title}", self.companion.name), interval: INTERVAL, series, checks }
    }

    fn silencing(&self) -> Option<&SilencingAlert> {
        self.rule.companion()?.silencing.as_ref()
    }

    fn hold(&self) -> usize {
        self.companion.hold.map_or(0, steps)
    }

    fn kept(&self) -> usize {
        self.companion.keep_firing_for.map_or(0, steps)
    }

    /// Healthy steps at the beginning. While ranges are not filled yet, the alert may fire, and then it is kept firing.
    fn well(&self) -> usize {
        let lag = self.lag();
        WELL + lag + if lag > 0 { self.kept() } else { 0 }
    }

    /// Steps until samples leave the longest range, with the sample on its far edge.
    fn lag(&self) -> usize {
        longest_range(self.companion).map_or(0, |range| steps(range) + 1)
    }

    fn silent(&self, step: usize) -> Check {
        Check::Silent { at: time(step), alert: AlertId::of(self.name.clone()) }
    }

    fn text_check(&self, step: usize, labels: &Labels, value: Decimal) -> Check {
        Check::Says {
            at: time(step),
            rule: Box::new(self.rule.clone()),
            labels: labels.clone(),
            value: alert_value(value),
            budget_left: String::new(),
            error_ratio: String::new(),
            budget_lasts: String::new(),
        }
    }
}

fn good(steps: usize) -> Vec<StepEvents> {
    vec![StepEvents { good: 1, bad: 0 }; steps]
}

fn wrong(steps: usize) -> Vec<StepEvents> {
    vec![StepEvents { good: 0, bad: 1 }; steps]
}

fn steps(length: Duration) -> usize {
    length.millis().div_ceil(INTERVAL.millis()) as usize
}

fn time(step: usize) -> Duration {
    Duration::from_millis(INTERVAL.millis() * step as u64)
}
