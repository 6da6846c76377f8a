//! The answers of a server: samples by series and SLO. An answer with a wrong form is an error.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Events;
use super::by_labels::ByLabels;
use super::questions::{About, Question, name};
use crate::engine::{self, Engine};
use crate::model::Labels;
use crate::plan::SloPlan;
use crate::vocabulary::{Decimal, Duration, measured};

/// Samples of one series of one SLO, by their remaining labels.
type Samples = BTreeMap<Labels, Decimal>;

/// The name of an alert, with its service and SLO.
type Subject = (String, Option<String>, Option<String>);

/// All answers.
#[derive(Debug)]
pub struct Answers {
    at: Decimal,
    /// By question, service and SLO.
    samples: BTreeMap<(About, String, String), Samples>,
    /// The labels of pending and firing alerts, by name, service and SLO.
    alerts: BTreeMap<Subject, Vec<Labels>>,
    /// The services and SLOs with loaded rules, if the server reports them.
    loaded: Option<BTreeSet<(String, String)>>,
    /// The kind of server, if it is known.
    engine: Option<Engine>,
    incomplete: BTreeSet<String>,
    /// Number of samples and alerts.
    kept: usize,
}

/// Limit for the samples and alerts of all answers: each takes a kilobyte.
pub const MOST_SERIES: usize = 500_000;

/// The time in the answer to `time()`, in seconds since 1970.
pub fn moment(data: &Value) -> Option<Decimal> {
    let value = match data["resultType"].as_str()? {
        "scalar" => &data["result"][1],
        // VictoriaMetrics answers with a vector.
        "vector" => &data["result"][0]["value"][1],
        _ => return None,
    };
    decimal(value).filter(|moment| *moment > Decimal::ZERO)
}

impl Answers {
    /// No answers yet, for this time.
    pub fn new(at: Decimal) -> Self {
        Self {
            at,
            samples: BTreeMap::new(),
            alerts: BTreeMap::new(),
            loaded: None,
            engine: None,
            incomplete: BTreeSet::new(),
            kept: 0,
        }
    }

    /// Whether the limit is reached, so that some series are missing.
    pub fn is_full(&self) -> bool {
        self.kept > MOST_SERIES
    }

    /// Adds an answer. `None` if it does not have the form of the API; then it is ignored.
    pub fn add_answer(&mut self, question: &Question, answer: &Value) -> Option<()> {
        if answer["status"] != "success" {
            return None;
        }
        let warnings = answer["warnings"].as_array().map(Vec::as_slice).unwrap_or_default();
        self.incomplete.extend(warnings.iter().filter_map(|warning| warning.as_str().map(str::to_owned)));
        let data = &answer["data"];
        if question.about == About::Groups {
            let groups = data["groups"].as_array()?;
            let rules = groups.iter().filter_map(|group| group["rules"].as_array()).flatten();
            let label = |rule: &Value, name: &str| rule["labels"][name].as_str().map(str::to_owned);
            self.loaded =
                Some(rules.filter_map(|rule| Some((label(rule, "service")?, label(rule, "slo")?))).collect());
            return Some(());
        }
        if question.about == About::Engine {
            self.engine = engine::of_build(answer);
            return Some(());
        }
        if data["resultType"] != "vector" {
            return None;
        }
        for result in data["result"].as_array()? {
            let labels = result["metric"].as_object()?.iter();
            let labels: Option<Labels> =
                labels.map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect();
            let (mut labels, value) = (labels?, &result["value"][1]);
            value.as_str()?;
            self.kept += 1;
            if self.is_full() {
                return Some(());
            }
            if question.about == About::Alerts {
                let of = |label: &str| labels.get(label).cloned();
                let subject = (of("alertname").unwrap_or_default(), of("service"), of("slo"));
                self.alerts.entry(subject).or_default().push(labels);
                continue;
            }
            labels.remove("__name__");
            let (Some(service), Some(slo)) = (labels.remove("service"), labels.remove("slo")) else {
                continue;
            };
            // Values that are not numbers, or too large, are unknown.
            if let Some(value) = decimal(value) {
                let samples = self.samples.entry((question.about.clone(), service, slo)).or_default();
                samples.insert(labels, value);
            }
        }
        Some(())
    }

    pub(super) fn at(&self) -> Decimal {
        self.at
    }

    pub(super) fn incomplete(&self) -> Vec<String> {
        self.incomplete.iter().cloned().collect()
    }

    /// The kind of server, if it is known.
    pub(super) fn engine(&self) -> Option<Engine> {
        self.engine
    }

    fn samples(&self, about: About, slo: &SloPlan) -> Option<&Samples> {
        self.samples.get(&(about, slo.promise.service.clone(), slo.promise.slo.clone()))
    }

    fn series(&self, name: &str, slo: &SloPlan, labels: &Labels) -> Option<Decimal> {
        self.samples(About::Series(name.to_owned()), slo)?.get(labels).copied()
    }

    /// The label sets with which an SLO counted events, in the period or in the last day.
    pub(super) fn labels_of(&self, slo: &SloPlan) -> BTreeSet<Labels> {
        let total = About::Series(name(&slo.readings.period_total).to_owned());
        let all = [self.samples(total, slo), self.samples(About::Counted, slo)];
        all.into_iter().flatten().flat_map(BTreeMap::keys).cloned().collect()
    }

    /// The events of the period; `None` if a count is missing.
    pub(super) fn events(&self, slo: &SloPlan, labels: &Labels) -> Option<Events> {
        let total = self.series(name(&slo.readings.period_total), slo, labels)?.max(Decimal::ZERO);
        let bad = self.series(name(&slo.readings.period_bad), slo, labels)?;
        let expected = slo.readings.period_expected.as_ref();
        let expected = expected.and_then(|reading| self.series(name(reading), slo, labels));
        // The counters may be scraped at slightly different times.
        Some(Events {
            total,
            bad: bad.clamp(Decimal::ZERO, total),
            expected: expected.unwrap_or(total).max(total),
        })
    }

    /// The objective and period of the loaded rules, if they differ from the definition.
    pub(super) fn promised(&self, slo: &SloPlan) -> Option<String> {
        let promise = &slo.promise;
        let (objective, period) = (promise.objective.as_str(), promise.period.suffix());
        let label = |labels: &Labels, name: &str| labels.get(name).cloned().unwrap_or_default();
        let known: Vec<(String, String)> = (self.samples(About::Promised, slo)?.keys())
            .map(|labels| (label(labels, "objective"), label(labels, "period")))
            .collect();
        // `30d`, or `month Europe/Madrid`.
        let same =
            |(value, of): &(String, String)| value == objective && of.split(' ').next() == Some(&period);
        let (value, of) = known.first().filter(|_| !known.iter().any(same))?;
        Some(format!("{value} over {of}"))
    }

    /// The series that say whether events count now; `None` if that is not recorded.
    pub(super) fn agreed_time(&self, slo: &SloPlan) -> Option<ByLabels<'_, Decimal>> {
        let agreed = slo.readings.agreed_time.as_ref()?;
        let samples = self.samples(About::Series(name(agreed).to_owned()), slo)?;
        Some(ByLabels::new(samples.iter().map(|(labels, value)| (labels, *value))))
    }

    /// The share of each part of a journey in the bad events of the period, the largest first. Parts without bad events are left out.
    pub(super) fn shares(&self, slo: &SloPlan) -> Vec<(String, Decimal)> {
        let Some(parts) = &slo.readings.parts else { return Vec::new() };
        let samples = self.samples(About::Series(name(&parts.share).to_owned()), slo);
        let of_part = |(labels, share): (&Labels, &Decimal)| {
            let part = labels.get("part")?;
            let known = slo.promise.parts.iter().any(|known| known.name() == *part);
            (known && share.is_sign_positive() && !share.is_zero()).then(|| (part.clone(), *share))
        };
        let mut shares: Vec<(String, Decimal)> = samples.into_iter().flatten().filter_map(of_part).collect();
        shares.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        shares
    }

    pub(super) fn burn(&self, slo: &SloPlan, labels: &Labels) -> Option<Decimal> {
        self.series(name(&slo.readings.burn_now), slo, labels)
    }

    pub(super) fn exhaustion(&self, slo: &SloPlan, labels: &Labels) -> Option<Decimal> {
        self.series(name(&slo.readings.exhaustion), slo, labels)
    }

    /// How long ago events were last counted; `None` if not within a day.
    pub(super) fn age(&self, slo: &SloPlan, labels: &Labels) -> Option<Duration> {
        let counted = self.samples(About::Counted, slo)?.get(labels)?;
        let age = (self.at - counted).max(Decimal::ZERO) * Decimal::from(1000);
        u64::try_from(age.floor()).ok().map(Duration::from_millis)
    }

    /// For how long events were counted, if less than a day; zero if their begin is not known.
    pub(super) fn young(&self, slo: &SloPlan, labels: &Labels) -> Option<Duration> {
        let first = self.samples(About::First, slo).and_then(|samples| samples.get(labels));
        let known = first.map_or(Decimal::ZERO, |first| (self.at - first).max(Decimal::ZERO));
        let length = u64::try_from(known.floor()).ok().map(Duration::from_secs)?;
        (length < Duration::from_secs(86_400)).then_some(length)
    }

    /// Whether the server reports that the rules of the SLO are loaded.
    pub(super) fn is_loaded(&self, slo: &SloPlan) -> bool {
        let this = (slo.promise.service.clone(), slo.promise.slo.clone());
        self.loaded.as_ref().is_some_and(|loaded| loaded.contains(&this))
    }

    /// Whether the server reports its loaded rules, and those of the SLO are missing.
    pub(super) fn is_not_loaded(&self, slo: &SloPlan) -> bool {
        let loaded = self.loaded.as_ref();
        // A store returns an empty list, because another server evaluates the rules.
        if loaded.is_some_and(BTreeSet::is_empty) && self.engine.is_some_and(Engine::only_stores) {
            return false;
        }
        let this = (slo.promise.service.clone(), slo.promise.slo.clone());
        loaded.is_some_and(|loaded| !loaded.contains(&this))
    }

    /// The pending and firing alerts with this name for an SLO; each with whether it is pending.
    pub(super) fn alerts_of_slo(&self, name: &str, slo: &SloPlan) -> ByLabels<'_, bool> {
        let promise = &slo.promise;
        let subject = (name.to_owned(), Some(promise.service.clone()), Some(promise.slo.clone()));
        let alerts = self.alerts.get(&subject).into_iter().flatten();
        ByLabels::new(alerts.filter_map(|alert| Some((alert, pending(alert)?))))
    }

    /// The pending and firing alerts with this name for any SLO or none; each with whether it is pending.
    pub(super) fn alerts_named(&self, name: &str) -> ByLabels<'_, bool> {
        let from = (name.to_owned(), None, None);
        let named = self.alerts.range(from..).take_while(|((known, ..), _)| known == name);
        let alerts = named.flat_map(|(_, alerts)| alerts);
        ByLabels::new(alerts.filter_map(|alert| Some((alert, pending(alert)?))))
    }
}

/// Whether an alert is pending or firing; `None` for other states.
fn pending(alert: &Labels) -> Option<bool> {
    match alert.get("alertstate")?.as_str() {
        "firing" => Some(false),
        "pending" => Some(true),
        _ => None,
    }
}

/// Limit for counts and times. Products of larger decimals would overflow.
const MOST: u64 = 1_000_000_000_000_000;

/// The value of a sample; `None` if it is not a number.
fn decimal(value: &Value) -> Option<Decimal> {
    measured(value.as_str()?, MOST)
}
