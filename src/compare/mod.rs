//! Compares old and new rules on one server: the ratios of both over the same windows, where they differ, and why.
//!
//! Two rounds of instant queries at one moment: first the ratios, then, of those that differ or are missing, what may explain it. A reason is shown
//! only if the server's answers or the expressions confirm it.

mod questions;
mod reasons;
mod table;

pub use table::{human, json};

use std::collections::BTreeMap;

use serde_json::Value;

use crate::diff::foreign::{Matched, Ours, matched};
use crate::foreign::{Foreign, Slo};
use crate::model::Labels;
use crate::plan::Plan;
use crate::secret;
use crate::vocabulary::{Decimal, Duration, Period};

/// More questions than this are not asked of a server at once.
pub const MOST_QUESTIONS: usize = 5_000;

/// More sets of label values of one SLO are counted, and not told.
const MOST_SETS: usize = 20;

/// What both sides say of one SLO.
#[derive(Debug)]
pub struct Subject<'a> {
    theirs: Slo,
    ours: Ours<'a>,
    windows: Vec<Window>,
}

/// One window of an SLO.
#[derive(Clone, Debug)]
struct Window {
    length: Duration,
    /// Whether it is the period of the promise.
    period: bool,
}

/// What is compared.
#[derive(Debug)]
pub struct Comparison<'a> {
    subjects: Vec<Subject<'a>>,
    /// SLOs of the old side that no definition has.
    pub old_only: Vec<String>,
    /// SLOs that no old rule is of.
    pub new_only: Vec<String>,
    answers: BTreeMap<String, Vec<(Labels, Option<Decimal>)>>,
    /// Questions that the server refused, and with which words.
    refused: BTreeMap<String, String>,
    /// Samples that are kept.
    kept: usize,
}

/// How many samples are kept of all answers: half a kilobyte each.
pub const MOST_SAMPLES: usize = 500_000;

/// How much two ratios may differ.
#[derive(Clone, Copy, Debug)]
pub struct Tolerance(pub Decimal);

impl Tolerance {
    /// Relative to the larger ratio; and never less than the same share of the budget, below which nothing is decided.
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
    /// The values of the labels that are kept apart.
    pub labels: String,
    /// The window.
    pub window: Duration,
    /// Whether it is the period of the promise.
    pub period: bool,
    /// The old ratio.
    pub old: Ratio,
    /// The new one.
    pub new: Ratio,
    /// Whether they differ by more than the tolerance, or one is missing.
    pub differs: bool,
    /// Why, if they do.
    pub reasons: Vec<String>,
}

/// What a side says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ratio {
    /// A ratio.
    Of(Decimal),
    /// An answer that is no number: nothing was counted.
    Nothing,
    /// No answer.
    Missing,
}

impl<'a> Comparison<'a> {
    /// Of the SLOs that stand on both sides, and are named if any are.
    pub fn of(foreign: &'a Foreign, plan: &'a Plan, named: &[String]) -> Self {
        let Matched { both, old, new } = matched(foreign, plan);
        let is = |one: &Ours| {
            let (service, slo) = (one.slo.promise.service.as_str(), one.name());
            named.is_empty() || named.iter().any(|name| name == service || *name == slo)
        };
        let subjects = both.into_iter().filter(|(_, ours)| is(ours)).map(|(theirs, ours)| {
            let windows = windows(&theirs, ours);
            Subject { theirs, ours, windows }
        });
        Self {
            subjects: subjects.collect(),
            old_only: old.iter().map(|slo| slo.subject()).collect(),
            new_only: new.iter().filter(|one| is(one)).map(|one| one.name()).collect(),
            answers: BTreeMap::new(),
            refused: BTreeMap::new(),
            kept: 0,
        }
    }

    /// How many SLOs are compared.
    pub fn slos(&self) -> usize {
        self.subjects.len()
    }

    /// The first round: both ratios of every window.
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

    /// What is asked once the ratios are known: old expressions whose series are not recorded, and what may explain a difference.
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
                if self.rows_of(subject, window, tolerance).iter().any(|row| row.differs) {
                    all.extend(reasons::questions(subject, window));
                }
            }
        }
        all.retain(|asked| !self.answers.contains_key(asked) && !self.refused.contains_key(asked));
        all.sort();
        all.dedup();
        all
    }

    /// Takes in the answer to a question. `None` if it is not of the shape that the API promises.
    pub fn hear(&mut self, asked: &str, answer: &Value) -> Option<()> {
        if answer["status"] == "error" {
            let said = answer["error"].as_str().unwrap_or_default().chars().take(200).collect();
            self.refused.insert(asked.to_owned(), said);
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

    /// Whether a server told of more samples than are kept, so that some are missing.
    pub fn is_full(&self) -> bool {
        self.kept > MOST_SAMPLES
    }

    /// The server would not answer a question.
    pub fn refuse(&mut self, asked: &str, why: &str) {
        self.refused.insert(asked.to_owned(), why.chars().take(200).collect());
    }

    /// What the server says, if it has answered no question at all.
    pub fn silent(&self) -> Option<&str> {
        match self.answers.is_empty() {
            true => self.refused.values().next().map(String::as_str),
            false => None,
        }
    }

    /// Whether a question has an answer that says something.
    fn has(&self, asked: &str) -> bool {
        self.answers.get(asked).is_some_and(|samples| !samples.is_empty())
    }

    /// The one number that a question is answered with.
    fn number(&self, asked: &str) -> Option<Decimal> {
        match self.answers.get(asked).map(Vec::as_slice) {
            Some([(_, value)]) => *value,
            Some(_) | None => None,
        }
    }

    /// All lines of the table, with reasons.
    pub fn rows(&self, tolerance: Tolerance) -> Vec<Row> {
        let mut rows = Vec::new();
        for subject in &self.subjects {
            for window in &subject.windows {
                let mut found = self.rows_of(subject, window, tolerance);
                for row in found.iter_mut().filter(|row| row.differs) {
                    row.reasons = reasons::reasons(self, subject, window, row, tolerance);
                }
                rows.extend(found);
            }
        }
        rows
    }

    fn rows_of(&self, subject: &Subject, window: &Window, tolerance: Tolerance) -> Vec<Row> {
        let promise = &subject.ours.slo.promise;
        let recorded = questions::old_series(subject, window).filter(|asked| self.has(asked));
        let old = recorded.or_else(|| questions::old_expr(subject, window));
        let read = |label: &String| promise.read_as.get(label).unwrap_or(label).clone();
        let old = old.and_then(|asked| self.answers.get(&asked));
        let new = self.answers.get(&questions::new_ratio(subject, window));
        let theirs: Vec<String> = promise.by.iter().map(read).collect();
        let old = by_values(old, &theirs);
        let new = by_values(new, &promise.by);
        let mut keys: Vec<&Vec<String>> = old.keys().chain(new.keys()).collect();
        keys.sort();
        keys.dedup();
        let none = Vec::new();
        if keys.is_empty() {
            keys.push(&none);
        }
        let many = keys.len() > MOST_SETS;
        let row = |key: &Vec<String>| {
            let (old, new) = (
                old.get(key).copied().unwrap_or(Ratio::Missing),
                new.get(key).copied().unwrap_or(Ratio::Missing),
            );
            let differs = match (old, new) {
                (Ratio::Of(old), Ratio::Of(new)) => tolerance.differs(old, new, promise.budget),
                // Without events there is no ratio, and a promise of nothing is kept.
                (Ratio::Nothing, Ratio::Nothing) => false,
                (Ratio::Nothing, Ratio::Of(ratio)) | (Ratio::Of(ratio), Ratio::Nothing) => !ratio.is_zero(),
                (Ratio::Missing, _) | (_, Ratio::Missing) => true,
            };
            let named = promise.by.iter().zip(key);
            let named = named.map(|(name, value)| format!("{name}={}", secret::masked(value)));
            Row {
                slo: subject.ours.name(),
                labels: named.collect::<Vec<_>>().join(", "),
                window: window.length,
                period: window.period,
                old,
                new,
                differs,
                reasons: Vec::new(),
            }
        };
        let mut rows: Vec<Row> = keys.into_iter().map(row).collect();
        if many {
            // Those that differ most are worth the lines.
            rows.sort_by_key(|row| !row.differs);
            let more = rows.split_off(MOST_SETS);
            let differ = more.iter().filter(|row| row.differs).count();
            let mut last = more.into_iter().next().expect("there are more than are shown");
            last.labels = format!("{differ} more that differ");
            last.differs = differ > 0;
            rows.extend((differ > 0).then_some(last));
        }
        rows
    }
}

/// Answers by the values of some labels. Of several series with the same values, nothing is known.
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

/// Windows that either side watches, and the period.
fn windows(theirs: &Slo, ours: Ours) -> Vec<Window> {
    let promise = &ours.slo.promise;
    let period = match &promise.period {
        Period::Rolling(length) => Some(*length),
        Period::Calendar(..) => None,
    };
    let mut lengths: Vec<Duration> = theirs.ratios.iter().map(|ratio| ratio.window).collect();
    lengths.extend(theirs.period);
    lengths.sort();
    lengths.dedup();
    // What the old side says nothing of cannot be compared; and what is shorter than an evaluation is recorded by nobody.
    lengths.retain(|length| questions::says(theirs, *length) && length.millis() >= 60_000);
    const WINDOWS: usize = 16;
    lengths.truncate(WINDOWS);
    lengths.into_iter().map(|length| Window { length, period: Some(length) == period }).collect()
}

/// A sample's value; `None` for what is no number, and for what no ratio and no count can be.
fn number(text: &str) -> Option<Decimal> {
    const MOST: u64 = 1_000_000_000_000_000;
    let number: Decimal = text.parse().ok().or_else(|| Decimal::from_scientific(text).ok())?;
    // Floating point has sixteen digits, and fewer are meant.
    (number.abs() <= Decimal::from(MOST)).then(|| number.round_dp(12))
}
