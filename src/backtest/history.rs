//! The queries of the past, in pieces; and their answers joined, evaluation by evaluation.
//!
//! Recorded series have priority, because the rules saw those values. Where nothing is recorded, raw series are used. They are not used in the
//! quarter of an hour before a recorded count: events that were missed there are in that count (`vocabulary::REACH`).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::lower::counted;
use crate::model::{Labels, Model, Service, Slo};
use crate::simulate::Step;
use crate::vocabulary::{Decimal, Duration, INTERVAL, LONG_INTERVAL, REACH, measured};

/// How finely the past is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    /// As the rules count: every 30 seconds.
    Fine,
    /// As tiles are recorded: every five minutes. An error that is shorter looks weaker and longer than it was.
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
    /// The first count ends one step later.
    pub from: u64,
    /// The last count ends here.
    pub until: u64,
}

impl Range {
    /// Days of the clock, so that the same pieces are asked for again tomorrow. At 30 seconds a day is 2,880 of the 11,000 points that Prometheus gives at once.
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
    /// Of when.
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
    /// Every query of bad events answers 0 where there are none: without an answer it is not known how many were bad.
    fn is_whole(&self) -> bool {
        self.total.is_some() && self.bad.is_some()
    }
}

/// Counts by the labels that are kept; one for each moment of the range.
type Counts = BTreeMap<Labels, Vec<Count>>;

/// How many counts a history has at most, of all values of its labels together: 40 bytes each.
pub const MOST_COUNTS: usize = 10_000_000;

/// The past of one SLO, as far as it is known.
#[derive(Debug)]
pub struct History {
    range: Range,
    grain: Grain,
    by: Vec<String>,
    /// What is asked for: total and bad, as recorded and from raw series.
    queries: [[String; 2]; 2],
    recorded: Counts,
    raw: Counts,
    /// What the server says of its own answers.
    warnings: BTreeSet<String>,
    /// Whether there was more than there is room for.
    full: bool,
}

/// Where counts come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// What the rules recorded.
    Recorded,
    /// Raw series.
    Raw,
}

impl History {
    /// Nothing known yet.
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

    /// Whether a server told of more label values than there is room for, so that some of them are missing.
    pub fn is_full(&self) -> bool {
        self.full
    }

    /// Of when it is.
    pub fn range(&self) -> Range {
        self.range
    }

    /// What the server says of its own answers: they may not be all there is.
    pub fn warnings(&self) -> Vec<String> {
        self.warnings.iter().cloned().collect()
    }

    /// What raw series are asked for: SLOs that ask the same have the same past.
    pub fn raw_queries(&self) -> &[String; 2] {
        &self.queries[1]
    }

    /// What is asked of a piece: total, then bad.
    pub fn questions(&self, piece: Range, from: From) -> [Question; 2] {
        let step = self.grain.step().secs();
        self.queries[from as usize].clone().map(|query| Question { query, range: piece, step })
    }

    /// Pieces of which something is not recorded.
    pub fn unrecorded(&self) -> Vec<Range> {
        let wanted = |piece: &Range| {
            self.recorded.is_empty()
                || self
                    .recorded
                    .values()
                    .any(|counts| self.moments(*piece).any(|at| !self.is_told(counts, at)))
        };
        self.range.pieces().into_iter().filter(wanted).collect()
    }

    fn moments(&self, range: Range) -> impl Iterator<Item = u64> + use<> {
        let step = self.grain.step().secs();
        (range.from + step..=range.until).step_by(step as usize)
    }

    /// Which of its moments it is.
    fn index(&self, at: u64) -> Option<usize> {
        let (since, step) = (at.checked_sub(self.range.from)?, self.grain.step().secs());
        let index =
            (since / step).checked_sub(1).filter(|_| since.is_multiple_of(step) && at <= self.range.until);
        index.map(|index| index as usize)
    }

    fn count<'c>(&self, counts: &'c [Count], at: u64) -> Option<&'c Count> {
        counts.get(self.index(at)?).filter(|count| count.is_whole())
    }

    /// Whether a count is recorded, or a later one that makes good what happened then.
    fn is_told(&self, counts: &[Count], at: u64) -> bool {
        let reach = (REACH.secs().div_ceil(self.grain.step().secs())) as usize;
        let later = self.index(at).and_then(|index| counts.get(index..));
        later.is_some_and(|later| later.iter().take(reach).any(Count::is_whole))
    }

    /// Takes in an answer; `None` if it is not of the shape that the API promises.
    pub fn hear(&mut self, question: &Question, from: From, answer: &Value) -> Option<()> {
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
        let heard = self.hear_all(question, is_total, answer, (&mut all, other, moments));
        match from {
            From::Recorded => self.recorded = all,
            From::Raw => self.raw = all,
        }
        heard
    }

    fn hear_all(
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
                // What is not a number is not a count.
                let (Some(value), Some(index)) = (number(value), self.index(at)) else { continue };
                let count = &mut counts[index];
                let side = if is_total { &mut count.total } else { &mut count.bad };
                *side = Some(side.unwrap_or_default() + value);
            }
        }
        Some(())
    }

    /// What happened, one entry for each evaluation, by the labels that are kept.
    pub fn steps(&self) -> impl Iterator<Item = (Labels, Vec<Step>)> {
        let labels: BTreeSet<&Labels> = self.recorded.keys().chain(self.raw.keys()).collect();
        let parts = self.grain.step().millis() / INTERVAL.millis();
        let course = move |labels: &Labels| {
            let recorded = self.recorded.get(labels).map_or(&[][..], Vec::as_slice);
            let raw = self.raw.get(labels).map_or(&[][..], Vec::as_slice);
            let count = |at: u64| match self.count(recorded, at) {
                Some(count) => Some(count),
                None if self.is_told(recorded, at) => None,
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

/// What a server says of an answer of its own, such as that a part of it could not be asked.
pub fn warnings(answer: &Value) -> impl Iterator<Item = &str> {
    answer["warnings"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// A count spread evenly over so many evaluations.
fn step(count: Option<&Count>, parts: u64) -> Step {
    let Some(Count { total: Some(total), bad: Some(bad) }) = count else { return Step::default() };
    let total = (*total).max(Decimal::ZERO);
    // Counters that are not scraped together may differ for a moment.
    let bad = (*bad).clamp(Decimal::ZERO, total);
    let part = |count: Decimal| count / Decimal::from(parts);
    Step { total: part(total), bad: part(bad), seen: true }
}

/// More events are in no five minutes.
const MOST: u64 = 1_000_000_000_000;

/// What floating point has made of a count, to nine digits after the point.
fn number(text: &str) -> Option<Decimal> {
    measured(text, MOST).map(|number| number.round_dp(9))
}
