//! The queries of the past, in pieces, and their answers, joined evaluation by evaluation.
//!
//! Recorded series are used first, because the rules saw their values. Otherwise raw series are used, except in the quarter of an hour before a
//! recorded count: this count includes missed events of that time (`vocabulary::REACH`).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::lower::counted;
use crate::model::{Labels, Model, Service, Slo};
use crate::simulate::Step;
use crate::vocabulary::{Decimal, Duration, INTERVAL, LONG_INTERVAL, REACH, measured};

/// The resolution of the queries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    /// 30 seconds, as in the rules.
    Fine,
    /// Five minutes, as for tiles. A shorter error seems weaker and longer than it was.
    Coarse,
}

impl Grain {
    /// The time between two counts.
    pub fn step(self) -> Duration {
        match self {
            Self::Fine => INTERVAL,
            Self::Coarse => LONG_INTERVAL,
        }
    }
}

/// A time in whole seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Range {
    /// The begin. The first count ends one step later.
    pub from: u64,
    /// The end of the last count.
    pub until: u64,
}

impl Range {
    /// The range in days of UTC, so that the same pieces are asked for again tomorrow. With 30 seconds, a day has 2,880 points; Prometheus returns at
    /// most 11,000.
    pub fn pieces(self) -> Vec<Self> {
        const DAY: u64 = 86_400;
        let mut pieces = Vec::new();
        let mut from = self.from;
        while from < self.until {
            let until = ((from / DAY + 1) * DAY).min(self.until);
            pieces.push(Self { from, until });
            from = until;
        }
        pieces
    }
}

/// A range query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The query.
    pub query: String,
    /// The range.
    pub range: Range,
    /// The time between two points, in seconds.
    pub step: u64,
}

impl Question {
    /// The parameters of `/api/v1/query_range`.
    pub fn parameters(&self) -> Vec<(&'static str, String)> {
        vec![
            ("query", self.query.clone()),
            ("start", (self.range.from + self.step).to_string()),
            ("end", self.range.until.to_string()),
            ("step", self.step.to_string()),
        ]
    }
}

/// Total and bad events of one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    total: Option<Decimal>,
    bad: Option<Decimal>,
}

impl Count {
    /// Whether both counts are known. Queries of bad events return 0 if there are none, so a missing value is unknown.
    fn is_whole(&self) -> bool {
        self.total.is_some() && self.bad.is_some()
    }
}

/// Counts by the labels in `by`; one for each moment of the range.
type Counts = BTreeMap<Labels, Vec<Count>>;

/// Limit for the counts of a history, over all its label values: 40 bytes each.
pub const MOST_COUNTS: usize = 10_000_000;

/// The known past of one SLO.
#[derive(Debug)]
pub struct History {
    range: Range,
    grain: Grain,
    by: Vec<String>,
    /// The queries: total and bad events, recorded and raw.
    queries: [[String; 2]; 2],
    recorded: Counts,
    raw: Counts,
    /// Warnings of the server about its answers.
    warnings: BTreeSet<String>,
    /// Whether the limit is reached.
    full: bool,
}

/// Where counts come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// Series that the rules recorded.
    Recorded,
    /// Raw series.
    Raw,
}

impl History {
    /// A history without any answers.
    pub fn new(model: &Model, service: &Service, slo: &Slo, range: Range, grain: Grain) -> Self {
        let queries = counted(model, service, slo, grain.step());
        Self {
            range,
            grain,
            by: slo.by.iter().map(ToString::to_string).collect(),
            queries: queries.map(|(total, bad)| [total.to_string(), bad.to_string()]),
            recorded: Counts::new(),
            raw: Counts::new(),
            warnings: BTreeSet::new(),
            full: false,
        }
    }

    /// Whether the limit is reached, so that some label values are missing.
    pub fn is_full(&self) -> bool {
        self.full
    }

    pub fn range(&self) -> Range {
        self.range
    }

    /// Warnings of the server: its answers may be incomplete.
    pub fn warnings(&self) -> Vec<String> {
        self.warnings.iter().cloned().collect()
    }

    /// The queries of raw series. SLOs with the same queries have the same past.
    pub fn raw_queries(&self) -> &[String; 2] {
        &self.queries[1]
    }

    /// The queries for a piece: total, then bad.
    pub fn questions(&self, piece: Range, from: From) -> [Question; 2] {
        let step = self.grain.step().secs();
        self.queries[from as usize].clone().map(|query| Question { query, range: piece, step })
    }

    /// Pieces in which recorded counts are missing.
    pub fn unrecorded(&self) -> Vec<Range> {
        let wanted = |piece: &Range| {
            self.recorded.is_empty()
                || self
                    .recorded
                    .values()
                    .any(|counts| self.moments(*piece).any(|at| !self.is_counted(counts, at)))
        };
        self.range.pieces().into_iter().filter(wanted).collect()
    }

    fn moments(&self, range: Range) -> impl Iterator<Item = u64> + use<> {
        let step = self.grain.step().secs();
        (range.from + step..=range.until).step_by(step as usize)
    }

    /// The index of a moment in the range.
    fn index(&self, at: u64) -> Option<usize> {
        let (since, step) = (at.checked_sub(self.range.from)?, self.grain.step().secs());
        let index =
            (since / step).checked_sub(1).filter(|_| since.is_multiple_of(step) && at <= self.range.until);
        index.map(|index| index as usize)
    }

    fn count<'c>(&self, counts: &'c [Count], at: u64) -> Option<&'c Count> {
        counts.get(self.index(at)?).filter(|count| count.is_whole())
    }

    /// Whether this count is recorded, or a later one that includes its events.
    fn is_counted(&self, counts: &[Count], at: u64) -> bool {
        let reach = (REACH.secs().div_ceil(self.grain.step().secs())) as usize;
        let later = self.index(at).and_then(|index| counts.get(index..));
        later.is_some_and(|later| later.iter().take(reach).any(Count::is_whole))
    }

    /// Adds an answer; `None` if it does not have the form of the API.
    pub fn add_answer(&mut self, question: &Question, from: From, answer: &Value) -> Option<()> {
        let is_total = self.queries[from as usize][0] == question.query;
        if answer["status"] != "success" || answer["data"]["resultType"] != "matrix" {
            return None;
        }
        self.warnings.extend(warnings(answer).map(str::to_owned));
        let moments = self.moments(self.range).count();
        let mut all = std::mem::take(match from {
            From::Recorded => &mut self.recorded,
            From::Raw => &mut self.raw,
        });
        let other = self.recorded.len() + self.raw.len();
        let added = self.add_samples(question, is_total, answer, (&mut all, other, moments));
        match from {
            From::Recorded => self.recorded = all,
            From::Raw => self.raw = all,
        }
        added
    }

    fn add_samples(
        &mut self,
        question: &Question,
        is_total: bool,
        answer: &Value,
        (all, other, moments): (&mut Counts, usize, usize),
    ) -> Option<()> {
        for series in answer["data"]["result"].as_array()? {
            let metric = series["metric"].as_object()?;
            let kept = |label: &String| Some((label.clone(), metric.get(label)?.as_str()?.to_owned()));
            let labels: Labels = self.by.iter().filter_map(kept).collect();
            if !all.contains_key(&labels) && (all.len() + other + 1).saturating_mul(moments) > MOST_COUNTS {
                self.full = true;
                return Some(());
            }
            let counts = all.entry(labels).or_insert_with(|| vec![Count::default(); moments]);
            for sample in series["values"].as_array()? {
                let (at, value) = (sample[0].as_f64()?, sample[1].as_str()?);
                let asked =
                    at.fract() == 0.0 && at > question.range.from as f64 && at <= question.range.until as f64;
                let at = asked.then_some(at as u64)?;
                // Values that are not numbers are unknown.
                let (Some(value), Some(index)) = (number(value), self.index(at)) else { continue };
                let count = &mut counts[index];
                let side = if is_total { &mut count.total } else { &mut count.bad };
                *side = Some(side.unwrap_or_default() + value);
            }
        }
        Some(())
    }

    /// The events of each evaluation, by the labels in `by`.
    pub fn steps(&self) -> impl Iterator<Item = (Labels, Vec<Step>)> {
        let labels: BTreeSet<&Labels> = self.recorded.keys().chain(self.raw.keys()).collect();
        let parts = self.grain.step().millis() / INTERVAL.millis();
        let course = move |labels: &Labels| {
            let recorded = self.recorded.get(labels).map_or(&[][..], Vec::as_slice);
            let raw = self.raw.get(labels).map_or(&[][..], Vec::as_slice);
            let count = |at: u64| match self.count(recorded, at) {
                Some(count) => Some(count),
                None if self.is_counted(recorded, at) => None,
                None => self.count(raw, at),
            };
            let steps = self
                .moments(self.range)
                .flat_map(|at| std::iter::repeat_n(step(count(at), parts), parts as usize));
            steps.collect()
        };
        labels.into_iter().map(move |labels| (labels.clone(), course(labels)))
    }
}

/// The warnings in an answer, for example that a part of the server did not answer.
pub fn warnings(answer: &Value) -> impl Iterator<Item = &str> {
    answer["warnings"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// The events of one evaluation, if a count is spread evenly over so many evaluations.
fn step(count: Option<&Count>, parts: u64) -> Step {
    let Some(Count { total: Some(total), bad: Some(bad) }) = count else { return Step::default() };
    let total = (*total).max(Decimal::ZERO);
    // The counters may be scraped at slightly different times.
    let bad = (*bad).clamp(Decimal::ZERO, total);
    let part = |count: Decimal| count / Decimal::from(parts);
    Step { total: part(total), bad: part(bad), seen: true }
}

/// Limit for the events of five minutes.
const MOST: u64 = 1_000_000_000_000;

/// A count, rounded to nine digits to remove the errors of floating point.
fn number(text: &str) -> Option<Decimal> {
    measured(text, MOST).map(|number| number.round_dp(9))
}
