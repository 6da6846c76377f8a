//! Compares old and new rules on one server: the ratios of both over the same windows, where they differ, and why.
//!
//! Two rounds of instant queries for one moment: first the ratios, then queries about ratios that differ or are missing. A reason is shown only if
//! the server's answers or the expressions confirm it.

mod questions;
mod reasons;
mod table;

pub use table::{human, json};

use std::collections::BTreeMap;

use serde_json::Value;

use crate::diff::foreign::{Matched, OurSlo, matched};
use crate::foreign::{Foreign, Slo};
use crate::model::Labels;
use crate::plan::Plan;
use crate::secret;
use crate::vocabulary::{Calendar, Decimal, Duration, Period, measured};

/// Limit for the queries of one comparison.
pub const MOST_QUESTIONS: usize = 5_000;

/// Limit for the label sets of one SLO. The others are only counted.
const MOST_SETS: usize = 20;

/// A younger calendar period has too few events.
const YOUNG: Duration = Duration::from_secs(3600);

/// An SLO on both sides.
#[derive(Debug)]
pub struct Subject<'a> {
    theirs: Slo,
    ours: OurSlo<'a>,
    windows: Vec<Window>,
}

/// One window of an SLO.
#[derive(Clone, Debug)]
struct Window {
    /// Its length, up to the moment of the queries.
    length: Duration,
    /// Whether it is the period of the promise.
    period: bool,
    /// The calendar period, until the moment of the queries.
    calendar: Option<Calendar>,
}

impl Window {
    /// For people.
    fn named(&self) -> String {
        self.calendar.map_or_else(|| self.length.to_string(), |unit| unit.as_str().to_owned())
    }
}

/// The comparison of old and new rules.
#[derive(Debug)]
pub struct Comparison<'a> {
    subjects: Vec<Subject<'a>>,
    /// What cannot be compared.
    pub notes: Vec<Note>,
    /// SLOs that only the old rules have.
    pub old_only: Vec<String>,
    /// SLOs that only the new definitions have.
    pub new_only: Vec<String>,
    answers: BTreeMap<String, Vec<(Labels, Option<Decimal>)>>,
    /// Queries that the server refused, with its reasons.
    refused: BTreeMap<String, String>,
    /// Number of samples.
    kept: usize,
}

/// How many samples are kept of all answers: half a kilobyte each.
pub const MOST_SAMPLES: usize = 500_000;

/// What is not compared, and why.
#[derive(Clone, Debug)]
pub struct Note {
    /// `service/slo`
    pub slo: String,
    /// What is so, in a sentence.
    pub text: String,
}

/// How much two ratios may differ.
#[derive(Clone, Copy, Debug)]
pub struct Tolerance(pub Decimal);

impl Tolerance {
    /// Relative to the larger ratio, and at least the same share of the error budget: smaller differences do not matter.
    fn differs(self, old: Decimal, new: Decimal, budget: Decimal) -> bool {
        let apart = (new - old).abs();
        apart > self.0 * old.max(new) && apart > self.0 * budget
    }
}

/// One line of the table.
#[derive(Clone, Debug)]
pub struct Row {
    /// `service/slo`
    pub slo: String,
    /// The values of the labels in `by`.
    pub labels: String,
    /// The window: its length, or `month` or `quarter`.
    pub window: String,
    /// Whether it is the period of the promise.
    pub period: bool,
    pub old: Ratio,
    pub new: Ratio,
    /// Whether they differ by more than the tolerance, or one is missing.
    pub differs: bool,
    /// Why, if they do.
    pub reasons: Vec<String>,
    /// The values of the labels in `by`, in order.
    key: Vec<String>,
}

impl Row {
    /// How much they differ. A missing ratio counts as 0.
    fn difference(&self) -> Decimal {
        let number = |ratio| if let Ratio::Of(ratio) = ratio { ratio } else { Decimal::ZERO };
        (number(self.new) - number(self.old)).abs()
    }
}

/// The ratio of one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ratio {
    /// A ratio.
    Of(Decimal),
    /// The answer is not a number: no events were counted.
    Nothing,
    /// There is no answer.
    Missing,
}

impl<'a> Comparison<'a> {
    /// Compares the SLOs that both sides have; only those with these names, if any are given.
    pub fn of(foreign: &'a Foreign, plan: &'a Plan, named: &[String]) -> Self {
        let Matched { both, old, new } = matched(foreign, plan);
        let is = |one: &OurSlo| {
            let (service, slo) = (one.slo.promise.service.as_str(), one.name());
            named.is_empty() || named.iter().any(|name| name == service || *name == slo)
        };
        let subjects = both.into_iter().filter(|(_, ours)| is(ours));
        let subject = |(theirs, ours)| Subject { theirs, ours, windows: Vec::new() };
        Self {
            subjects: subjects.map(subject).collect(),
            notes: Vec::new(),
            old_only: old.iter().map(|slo| slo.subject()).collect(),
            new_only: new.iter().filter(|one| is(one)).map(|one| one.name()).collect(),
            answers: BTreeMap::new(),
            refused: BTreeMap::new(),
            kept: 0,
        }
    }

    /// Chooses the windows at a time in seconds since 1970.
    pub fn at(&mut self, now: u64) {
        for subject in &mut self.subjects {
            let (windows, notes) = windows(&subject.theirs, subject.ours, now);
            let slo = subject.ours.name();
            self.notes.extend(notes.into_iter().map(|text| Note { slo: slo.clone(), text }));
            subject.windows = windows;
        }
    }

    /// The number of compared SLOs.
    pub fn slos(&self) -> usize {
        self.subjects.len()
    }

    /// Their names, in the order of the definitions.
    pub fn names(&self) -> impl Iterator<Item = String> {
        self.subjects.iter().map(|subject| subject.ours.name())
    }

    /// The first round of queries: both ratios of every window.
    pub fn questions(&self) -> Vec<String> {
        let mut all: Vec<String> = self
            .subjects
            .iter()
            .flat_map(|subject| subject.windows.iter().flat_map(|window| questions::ratios(subject, window)))
            .collect();
        all.sort();
        all.dedup();
        all
    }

    /// The second round: old expressions whose series are not recorded, and queries that may explain a difference.
    pub fn further(&self, tolerance: Tolerance) -> Vec<String> {
        let mut all = Vec::new();
        for subject in &self.subjects {
            for window in &subject.windows {
                let old = questions::old_expr(subject, window);
                let recorded = questions::old_series(subject, window).is_some_and(|asked| self.has(&asked));
                match old {
                    Some(asked) if !recorded && !self.answers.contains_key(&asked) => all.push(asked),
                    Some(_) | None => {}
                }
                if self.rows_of(subject, window, tolerance).0.iter().any(|row| row.differs) {
                    all.extend(reasons::questions(subject, window));
                }
            }
        }
        all.retain(|asked| !self.answers.contains_key(asked) && !self.refused.contains_key(asked));
        all.sort();
        all.dedup();
        all
    }

    /// Adds the answer to a query. `None` if it does not have the form of the API.
    pub fn add_answer(&mut self, asked: &str, answer: &Value) -> Option<()> {
        if answer["status"] == "error" {
            let message = answer["error"].as_str().unwrap_or_default().chars().take(200).collect();
            self.refused.insert(asked.to_owned(), message);
            return Some(());
        }
        let data = &answer["data"];
        if answer["status"] != "success" || !["vector", "scalar"].contains(&data["resultType"].as_str()?) {
            return None;
        }
        if data["resultType"] == "scalar" {
            let value = number(data["result"][1].as_str()?);
            self.answers.insert(asked.to_owned(), vec![(Labels::new(), value)]);
            return Some(());
        }
        let mut samples = Vec::new();
        for result in data["result"].as_array()? {
            let labels: Option<Labels> = result["metric"]
                .as_object()?
                .iter()
                .map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
                .collect();
            self.kept += 1;
            if self.is_full() {
                return Some(());
            }
            samples.push((labels?, number(result["value"][1].as_str()?)));
        }
        self.answers.insert(asked.to_owned(), samples);
        Some(())
    }

    /// Whether the limit is reached, so that some samples are missing.
    pub fn is_full(&self) -> bool {
        self.kept > MOST_SAMPLES
    }

    /// Records that the server refused a query.
    pub fn refuse(&mut self, asked: &str, why: &str) {
        self.refused.insert(asked.to_owned(), why.chars().take(200).collect());
    }

    /// The server's reason, if it refused all queries.
    pub fn silent(&self) -> Option<&str> {
        match self.answers.is_empty() {
            true => self.refused.values().next().map(String::as_str),
            false => None,
        }
    }

    /// Whether a query has an answer with samples.
    fn has(&self, asked: &str) -> bool {
        self.answers.get(asked).is_some_and(|samples| !samples.is_empty())
    }

    /// The number in the answer to a query, for these label values.
    fn number(&self, asked: &str, labels: &[String], values: &[String]) -> Option<Decimal> {
        match by_values(self.answers.get(asked), labels).get(values) {
            Some(Ratio::Of(number)) => Some(*number),
            Some(Ratio::Nothing | Ratio::Missing) | None => None,
        }
    }

    /// All rows of the table, with reasons; and notes on what is not shown.
    pub fn rows(&self, tolerance: Tolerance) -> (Vec<Row>, Vec<Note>) {
        let (mut rows, mut notes) = (Vec::new(), self.notes.clone());
        for subject in &self.subjects {
            for window in &subject.windows {
                let (mut found, more) = self.rows_of(subject, window, tolerance);
                for row in found.iter_mut().filter(|row| row.differs) {
                    row.reasons = reasons::reasons(self, subject, window, row, tolerance);
                }
                rows.extend(found);
                notes.extend(more);
            }
        }
        (rows, notes)
    }

    /// The rows of one window, the largest differences first; and a note on the others.
    fn rows_of(&self, subject: &Subject, window: &Window, tolerance: Tolerance) -> (Vec<Row>, Option<Note>) {
        let promise = &subject.ours.slo.promise;
        let recorded = questions::old_series(subject, window).filter(|asked| self.has(asked));
        let old = recorded.or_else(|| questions::old_expr(subject, window));
        let old = old.and_then(|asked| self.answers.get(&asked));
        let new = self.answers.get(&questions::new_ratio(subject, window));
        let old = by_values(old, &subject.labels());
        let new = by_values(new, &promise.by);
        let mut keys: Vec<&Vec<String>> = old.keys().chain(new.keys()).collect();
        keys.sort();
        keys.dedup();
        let none = Vec::new();
        if keys.is_empty() {
            keys.push(&none);
        }
        let row = |key: &Vec<String>| {
            let (old, new) = (
                old.get(key).copied().unwrap_or(Ratio::Missing),
                new.get(key).copied().unwrap_or(Ratio::Missing),
            );
            let differs = match (old, new) {
                (Ratio::Of(old), Ratio::Of(new)) => tolerance.differs(old, new, promise.budget),
                // Without events there is no ratio on either side, so they agree.
                (Ratio::Nothing, Ratio::Nothing) => false,
                (Ratio::Nothing, Ratio::Of(ratio)) | (Ratio::Of(ratio), Ratio::Nothing) => !ratio.is_zero(),
                (Ratio::Missing, _) | (_, Ratio::Missing) => true,
            };
            let named = promise.by.iter().zip(key);
            let named = named.map(|(name, value)| format!("{name}={}", secret::masked(value)));
            Row {
                slo: subject.ours.name(),
                labels: named.collect::<Vec<_>>().join(", "),
                window: window.named(),
                period: window.period,
                old,
                new,
                differs,
                reasons: Vec::new(),
                key: key.clone(),
            }
        };
        let mut rows: Vec<Row> = keys.into_iter().map(row).collect();
        rows.sort_by_key(|row| std::cmp::Reverse((row.differs, row.difference())));
        let more = rows.split_off(rows.len().min(MOST_SETS));
        let differ = more.iter().filter(|row| row.differs).count();
        let note = (differ > 0).then(|| Note {
            slo: subject.ours.name(),
            text: format!(
                "over {} {differ} more values of {} differ, by no more than those in the table",
                window.named(),
                promise.by.iter().map(|label| format!("`{label}`")).collect::<Vec<_>>().join(", ")
            ),
        });
        (rows, note)
    }
}

impl Subject<'_> {
    /// The labels in `by`, with their names on the old side.
    fn labels(&self) -> Vec<String> {
        let promise = &self.ours.slo.promise;
        promise.by.iter().map(|label| promise.read_as.get(label).unwrap_or(label).clone()).collect()
    }
}

/// The samples of an answer by the values of some labels. If several have the same values, they are left out.
fn by_values(
    samples: Option<&Vec<(Labels, Option<Decimal>)>>,
    labels: &[String],
) -> BTreeMap<Vec<String>, Ratio> {
    let mut all: BTreeMap<Vec<String>, Ratio> = BTreeMap::new();
    let mut several: Vec<Vec<String>> = Vec::new();
    for (of, value) in samples.into_iter().flatten() {
        let key: Vec<String> = labels.iter().map(|name| of.get(name).cloned().unwrap_or_default()).collect();
        let ratio = value.map_or(Ratio::Nothing, Ratio::Of);
        if all.insert(key.clone(), ratio).is_some() {
            several.push(key);
        }
    }
    for key in several {
        all.insert(key, Ratio::Missing);
    }
    all
}

/// The windows of the old side, and the periods of both; with notes on what is not compared.
fn windows(theirs: &Slo, ours: OurSlo, now: u64) -> (Vec<Window>, Vec<String>) {
    let period = &ours.slo.promise.period;
    let mut notes = Vec::new();
    if let Some(was) = theirs.period.filter(|was| *period != Period::Rolling(*was)) {
        let is = match period {
            Period::Rolling(length) => format!("the last {length}"),
            Period::Calendar(unit, _) => format!("the calendar {}", unit.as_str()),
        };
        notes.push(format!(
            "the period differs: the old rules count their budget over the last {was}, the new ones over {is}"
        ));
    }
    let mut lengths: Vec<Duration> = theirs.ratios.iter().map(|ratio| ratio.window).collect();
    lengths.extend(theirs.period);
    let no_ratio = "the old rules record no ratio over it, and it cannot be computed from their queries";
    let mut of_calendar = None;
    match period {
        Period::Rolling(length) if questions::has_ratio(theirs, *length) => lengths.push(*length),
        Period::Rolling(length) => notes.push(format!("the period {length} is not compared: {no_ratio}")),
        Period::Calendar(unit, zone) => {
            // Sums of five minutes end at whole minutes.
            let elapsed = now.saturating_sub(zone.begins(*unit, now)) / 60 * 60;
            let length = Duration::from_secs(elapsed);
            let name = format!("the calendar {}", unit.as_str());
            if length < YOUNG {
                notes
                    .push(format!("{name} is not compared: it began {length} ago, so it has too few events"));
            } else if questions::weighted(theirs, length).is_none() {
                notes.push(format!("{name} is not compared: {no_ratio}"));
            } else {
                of_calendar = Some(Window { length, period: true, calendar: Some(*unit) });
            }
        }
    }
    lengths.sort();
    lengths.dedup();
    // The old side must have the window, and nobody records windows that are shorter than an evaluation.
    lengths.retain(|length| questions::has_ratio(theirs, *length) && length.millis() >= 60_000);
    if lengths.is_empty() && of_calendar.is_none() && notes.is_empty() {
        notes.push("the old rules record no error ratio".to_owned());
    }
    const WINDOWS: usize = 16;
    if lengths.len() > WINDOWS {
        let is_period = |length: &Duration| *period == Period::Rolling(*length);
        let at = lengths.iter().position(is_period).filter(|at| *at >= WINDOWS);
        let kept = at.map(|at| lengths[at]);
        let left_out = lengths.len() - WINDOWS;
        lengths.truncate(WINDOWS - usize::from(kept.is_some()));
        lengths.extend(kept);
        notes.push(format!("{left_out} of the longer windows are not compared"));
    }
    let rolling = |length| Window { length, period: *period == Period::Rolling(length), calendar: None };
    (lengths.into_iter().map(rolling).chain(of_calendar).collect(), notes)
}

/// The value of a sample; `None` if it is not a number, or too large for a ratio or a count.
fn number(text: &str) -> Option<Decimal> {
    const MOST: u64 = 1_000_000_000_000_000;
    // Removes the rounding errors of floating point, which has sixteen digits.
    measured(text, MOST).map(|number| number.round_dp(12))
}
