//! The promise of an SLO, in numbers.

use std::collections::BTreeMap;

use super::TierFacts;
use crate::model::{Agreement, BudgetAlert, Maintenance};
use crate::vocabulary::{
    CURRENT, Decimal, Duration, Hours, LONG_INTERVAL, OUTLOOK, Period, Severity, quotient,
};

/// The promise of an SLO, in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    /// The service's name.
    pub service: String,
    /// The SLO's name.
    pub slo: String,
    /// The description, for people.
    pub description: Option<String>,
    /// `99.9%`, or `95% < 500ms`.
    pub objective: String,
    /// The objective, in (0, 1).
    pub ratio: Decimal,
    /// 1 − objective.
    pub budget: Decimal,
    /// With fewer events than this, the period says nothing about the objective.
    pub enough_events: Decimal,
    /// The period.
    pub period: Period,
    /// The length from which burn rates are derived: the most agreed time in a period.
    pub period_length: Duration,
    /// The time that counts; `None` if all time counts.
    pub agreed: Option<AgreedTime>,
    /// The IANA name of the time zone of its hours, else of its calendar period, else of the project; `UTC` if none is written.
    pub zone: String,
    /// The kind of its events.
    pub event: Event,
    /// The parts of a journey; empty for other SLOs.
    pub parts: Vec<Part>,
    /// Labels that are kept.
    pub by: Vec<String>,
    /// The original names of renamed labels, by new name.
    pub read_as: BTreeMap<String, String>,
    /// The matchers of successful events, if only those are good.
    pub successful: Option<String>,
    /// Expected events per second, if declared or known.
    pub traffic: Option<Decimal>,
    /// The tiers, in the order of the policy.
    pub tiers: Vec<TierFacts>,
    /// Lines of the budget with a budget alert, the highest first.
    pub budget_alerts: Vec<BudgetAlert>,
    /// The agreed actions by line of the budget, the highest first.
    pub budget_policy: Vec<Agreement>,
    /// Tiers of the policy that could never fire: page or ticket, and the long window.
    pub left_out: Vec<(Severity, Duration)>,
    /// The evaluation interval of pages and their windows.
    pub interval: Duration,
    /// The evaluation interval of long windows.
    pub long_interval: Duration,
    /// Why the metric does not exist yet.
    pub planned: Option<String>,
}

impl Promise {
    /// The tiers with this severity: together they are one alert.
    pub fn tiers_of(&self, severity: Severity) -> impl Iterator<Item = &TierFacts> {
        self.tiers.iter().filter(move |tier| tier.severity == severity)
    }

    /// Windows that are evaluated every [`INTERVAL`](crate::vocabulary::INTERVAL), in ascending order; [`CURRENT`] is always among them.
    pub fn fast_windows(&self) -> Vec<Duration> {
        let mut windows = vec![CURRENT];
        for tier in self.tiers.iter().filter(|tier| !tier.slow) {
            windows.extend([tier.short, tier.long]);
        }
        windows.sort();
        windows.dedup();
        windows
    }

    /// Whether events at a moment count, in seconds since 1970. A query of `except` is assumed to have no result.
    pub fn counts(&self, at: i64) -> bool {
        self.agreed.as_ref().is_none_or(|agreed| agreed.counts(at))
    }

    /// How much of the time between two moments counts. Agreed time begins and ends with a tile.
    pub fn agreed_between(&self, from: i64, until: i64) -> Duration {
        let tile = LONG_INTERVAL.secs() as i64;
        let tiles = (from.div_euclid(tile)..until.div_euclid(tile) + 1).map(|index| index * tile);
        let seconds = |begins: i64| until.min(begins + tile) - from.max(begins);
        let counted = tiles.filter(|begins| self.counts(*begins)).map(seconds).sum::<i64>();
        Duration::from_secs(u64::try_from(counted).unwrap_or(0))
    }

    /// The events that are expected in `to_come` tiles, if the last four weeks had `counted` events in `tiles` tiles.
    pub fn expected(&self, to_come: u64, counted: Decimal, tiles: Decimal) -> Decimal {
        let all = Decimal::from(OUTLOOK.millis() / self.long_interval.millis());
        let per_tile = match self.expected_per_tile() {
            _ if tiles.is_zero() => Decimal::ZERO,
            None => counted / tiles,
            Some(declared) => (counted + declared * (all - tiles)) / all,
        };
        per_tile * Decimal::from(to_come)
    }

    /// How many events are expected in five minutes on average, closed hours included, if the traffic is declared. A state needs no declaration,
    /// because its evaluations are counted. With kept labels there is no value, because the traffic of each label value is not declared.
    pub fn expected_per_tile(&self) -> Option<Decimal> {
        let traffic = self.traffic.filter(|_| self.event == Event::Occurrence && self.by.is_empty())?;
        let agreed =
            traffic * Decimal::from(self.long_interval.secs()) * Decimal::from(self.period_length.secs());
        Some(quotient(agreed, Decimal::from(self.period.nominal().secs())))
    }

    /// The labels that are kept, for people.
    pub fn kept(&self) -> String {
        let shown = |label: &String| match self.read_as.get(label) {
            Some(read) => format!("{label} (read as {read})"),
            None => label.clone(),
        };
        self.by.iter().map(shown).collect::<Vec<_>>().join(", ")
    }
}

/// The kind of an SLO's events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// An event that the service counts.
    Occurrence,
    /// One evaluation of a state, every `interval`, for each of its series.
    Check,
    /// One moment, judged by the slice that ends there.
    Slice(Duration),
    /// One moment, judged by the parts of a journey in the slice that ends there.
    Journey(Duration),
}

impl Event {
    /// The length of the slices; `None` without slices.
    pub fn slice(self) -> Option<Duration> {
        match self {
            Self::Slice(length) | Self::Journey(length) => Some(length),
            Self::Occurrence | Self::Check => None,
        }
    }
}

/// A part of a journey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its service.
    pub service: String,
    /// Its SLO.
    pub slo: String,
    /// The largest error ratio of a good slice.
    pub budget: Decimal,
    /// Whether it has several promises, which are added up.
    pub several: bool,
    /// Why its metric does not exist yet.
    pub planned: Option<String>,
    /// The time that counts; `None` if all time counts.
    pub agreed: Option<AgreedTime>,
}

impl Part {
    /// `api/availability`
    pub fn name(&self) -> String {
        format!("{}/{}", self.service, self.slo)
    }
}

/// The time that counts for a promise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgreedTime {
    /// Its hours and holidays; `None` for every hour.
    pub hours: Option<Hours>,
    /// A query that has a result while time does not count.
    pub except: Option<String>,
    /// Windows of maintenance, by their beginning.
    pub maintenance: Vec<Maintenance>,
}

impl AgreedTime {
    /// The number of windows of maintenance that are shown, the latest first.
    pub const SHOWN: usize = 20;

    /// Whether events at a moment count, in seconds since 1970. The result of `except` at that moment is not known.
    pub fn counts(&self, at: i64) -> bool {
        let in_maintenance = |window: &Maintenance| (window.from..window.to).contains(&at);
        self.hours.as_ref().is_none_or(|hours| hours.hold(at)) && !self.maintenance.iter().any(in_maintenance)
    }

    /// Dates on which no time counts, such as `2027-01-01`.
    pub fn holidays(&self) -> Vec<String> {
        self.hours.iter().flat_map(|hours| hours.holidays()).map(ToString::to_string).collect()
    }

    /// Dates as a list; of very many, only the first.
    pub fn dates<S: AsRef<str>>(dates: &[S]) -> String {
        let shown: Vec<&str> = dates.iter().take(Self::SHOWN).map(AsRef::as_ref).collect();
        let rest = if dates.len() > Self::SHOWN { ", …" } else { "" };
        format!("{}{rest}", shown.join(", "))
    }
}
