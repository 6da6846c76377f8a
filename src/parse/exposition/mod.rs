//! Reads what programs expose: Prometheus' text format 0.0.4 and 1.0.0, OpenMetrics 1.0, and the composite values of OpenMetrics 2.0.
//!
//! Real programs make many mistakes, and Prometheus accepts most of them: declarations after the samples, twice, or none; metrics whose lines are not
//! together; extra blanks and commas. This parser accepts them, too. A line that cannot be read is reported and left out.
//!
//! | in the text | in the contract |
//! |---|---|
//! | counter `x` of OpenMetrics, with samples `x_total` | counter `x_total`, as Prometheus stores it |
//! | info `x`, with samples `x_info` | info `x_info` |
//! | `x_created` of a counter, histogram or summary | gauge `x_created`: a time |
//! | gaugehistogram `x` | gauges `x_bucket`, `x_gcount`, `x_gsum`: none of them only grows |
//! | histogram with `+Inf` as its only bucket | native histogram: the text format 0.0.4 shows only this of it |
//! | composite value with `schema:`, with `bucket:[…]` | native histogram, histogram, or both |
//! | `x_bucket` with `le="+Inf"` and `x_count`, without a known type | histogram `x`: only a histogram looks like this |
//! | `x` with `quantile`, `x_count` and `x_sum`, without a known type | summary `x` |
//! | declared without a sample | a metric without shapes |
//!
//! An empty value of a label is an absent label.

mod families;
mod line;
mod tally;

use std::collections::BTreeMap;

use crate::contract::{Contract, Family, Kind};
use crate::inert;
use families::Families;
use line::{Label, Line, Type, unescaped};
use tally::Tally;

/// At most this many unreadable lines are reported; the others are counted.
const MOST_SKIPPED: usize = 100;

/// The result of reading an exposition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exposition {
    /// The metrics.
    pub contract: Contract,
    /// The lines that could not be read, in order: the first hundred.
    pub skipped: Vec<Skipped>,
    /// The number of further lines that could not be read.
    pub more: u64,
    /// The number of samples that were read.
    pub samples: u64,
}

/// A place that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1; in bytes where the line is not UTF-8.
    pub column: usize,
    /// The reason, as one clause.
    pub reason: String,
}

/// Reads an exposition. Time is proportional to its length. Memory is proportional to its different names and values, and bounded.
pub fn read(text: &[u8]) -> Exposition {
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    let mut reader = Reader::default();
    let mut rest = text;
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest);
        let (line, after) = match end {
            Some(end) => (&rest[..end], &rest[end + 1..]),
            None => (rest, &rest[rest.len()..]),
        };
        rest = after;
        reader.number += 1;
        reader.line(line.strip_suffix(b"\r").unwrap_or(line));
    }
    let mut reading = reader.finish();
    reading.contract.origin = origin(text);
    reading
}

/// The program in the first line of a capture: `# from: prometheus-node-exporter 1.5.0`.
fn origin(text: &[u8]) -> Option<String> {
    let line = text.split(|byte| *byte == b'\n').next()?;
    let program = std::str::from_utf8(line).ok()?.strip_prefix("# from:")?.trim();
    (!program.is_empty() && inert::is_seen(program)).then(|| program.to_owned())
}

/// What `# TYPE` and `# UNIT` declare for a metric.
#[derive(Clone, Copy, Debug)]
struct Declared<'a> {
    kind: Type,
    /// Another declared type of the same name, and its line.
    second: Option<(Type, usize)>,
    /// Whether `…_total` is a counter of this name, beside a metric of this name itself. OpenMetrics declares the gauge `x` and the counter `x_total`
    /// by the same name. Every Go program has both of `go_memstats_alloc_bytes`.
    total: bool,
    unit: Option<&'a str>,
    /// Whether a series of it was found.
    seen: bool,
}

#[derive(Default)]
struct Reader<'a> {
    number: usize,
    skipped: Vec<Skipped>,
    more: u64,
    samples: u64,
    entries: usize,
    declared: BTreeMap<&'a str, Declared<'a>>,
    /// By name, as written.
    names: BTreeMap<&'a str, usize>,
    tallies: Vec<(&'a str, Tally<'a>)>,
    /// The index of the last sample's metric: most lines belong to the same metric as the previous line.
    last: Option<usize>,
    labels: Vec<Label<'a>>,
    /// Whether `# EOF` was found: the text is OpenMetrics.
    ended: bool,
}

impl<'a> Reader<'a> {
    fn skip(&mut self, line: usize, column: usize, reason: impl Into<String>) {
        if self.skipped.len() < MOST_SKIPPED {
            self.skipped.push(Skipped { line, column, reason: reason.into() });
        } else {
            self.more += 1;
        }
    }

    fn line(&mut self, bytes: &'a [u8]) {
        let line = match std::str::from_utf8(bytes) {
            Ok(line) => line,
            Err(fault) => return self.skip(self.number, fault.valid_up_to() + 1, "the line is not UTF-8"),
        };
        let mut labels = std::mem::take(&mut self.labels);
        let fault = match line::read(line, &mut labels) {
            Ok(Line::Nothing) => None,
            Ok(Line::End) => {
                self.ended = true;
                None
            }
            Ok(Line::Help(name)) => self.declare(name, None, None),
            Ok(Line::Unit(name, unit)) => self.declare(name, None, Some(unit)),
            Ok(Line::Type(name, Ok(kind))) => self.declare(name, Some(kind), None),
            Ok(Line::Type(name, Err(word))) => {
                let unknown = || (0, format!("`{}` is not a type of metric", line::excerpt(word)));
                Some(self.declare(name, None, None).unwrap_or_else(unknown))
            }
            Ok(Line::Sample(sample)) => match self.sample(&sample, &labels) {
                Ok(()) => {
                    self.samples += 1;
                    sample.tail.map(|tail| (tail.at, tail.reason))
                }
                Err(reason) => Some((0, reason)),
            },
            Err(fault) => Some((fault.at, fault.reason)),
        };
        self.labels = labels;
        if let Some((at, reason)) = fault {
            let column = line.get(..at).unwrap_or(line).chars().count() + 1;
            self.skip(self.number, column, reason);
        }
    }

    /// Records a declaration; returns what is wrong with it.
    fn declare(
        &mut self,
        name: &'a str,
        kind: Option<Type>,
        unit: Option<&'a str>,
    ) -> Option<(usize, String)> {
        let unit = unit.filter(|unit| !unit.is_empty());
        if let Some(declared) = self.declared.get_mut(name) {
            declared.unit = declared.unit.or(unit);
            if let Some(kind) = kind.filter(|kind| *kind != Type::Unknown) {
                if declared.kind == Type::Unknown {
                    declared.kind = kind;
                } else if declared.kind != kind {
                    declared.second.get_or_insert((kind, self.number));
                }
            }
            return None;
        }
        if self.entries >= tally::MOST_ENTRIES {
            return Some((0, too_many_entries()));
        }
        self.entries += 1;
        self.declared.insert(
            name,
            Declared { kind: kind.unwrap_or(Type::Unknown), second: None, total: false, unit, seen: false },
        );
        None
    }

    fn sample(&mut self, sample: &line::Sample<'a>, labels: &[Label<'a>]) -> Result<(), String> {
        let index = match self.last {
            Some(last) if self.tallies[last].0 == sample.name => last,
            _ => match self.names.get(sample.name) {
                Some(index) => *index,
                None if self.entries >= tally::MOST_ENTRIES => return Err(too_many_entries()),
                None => {
                    self.entries += 1;
                    self.tallies.push((sample.name, Tally::new(sample.name, self.number)));
                    self.names.insert(sample.name, self.tallies.len() - 1);
                    self.tallies.len() - 1
                }
            },
        };
        self.last = Some(index);
        self.tallies[index].1.add(sample, labels, &mut self.entries)
    }

    fn finish(mut self) -> Exposition {
        self.decide_type();
        self.infer();
        let mut families = Families::default();
        for (name, tally) in std::mem::take(&mut self.tallies) {
            // If its samples could not be counted, nothing is known of it.
            if tally.shapes.is_empty() {
                continue;
            }
            let line = tally.line;
            match self.owner(name, tally.composite) {
                SeriesOwner::Own { kind, declared } => {
                    // The unit belongs to the measured value, not to a time or a count beside it.
                    let same = declared == Some(name) || kind != Kind::Gauge;
                    let unit = self.seen_unit(declared).filter(|_| same);
                    families.own(name, kind, unit, tally);
                }
                SeriesOwner::Part { base, kind, bounds } => {
                    let unit = self.seen_unit(Some(base));
                    let beyond = families.part(base, kind, unit, bounds, tally);
                    for text in beyond {
                        let reason = format!(
                            "the bound `{}` of `{}` has more digits than the 28 that slowburn reads",
                            line::excerpt(&text),
                            line::excerpt(name)
                        );
                        self.skip(line, 1, reason);
                    }
                }
                SeriesOwner::Nowhere(reason) => self.skip(line, 1, reason),
            }
        }
        let mut contract = Contract { origin: None, families: families.finish() };
        for (name, declared) in &self.declared {
            if !declared.seen {
                for (name, kind) in unseen(name, declared.kind, self.ended) {
                    let unit = declared.unit.map(|unit| unescaped(unit).into_owned());
                    let family = Family { kind, unit, shapes: Vec::new() };
                    contract.families.entry(unescaped(&name).into_owned()).or_insert(family);
                }
            }
        }
        self.skipped.sort();
        Exposition { contract, skipped: self.skipped, more: self.more, samples: self.samples }
    }

    /// Decides the type of a metric for which two types are declared.
    fn decide_type(&mut self) {
        let mut contrary = Vec::new();
        for (name, declared) in &mut self.declared {
            let Some((second, line)) = declared.second else { continue };
            let counted = self.names.contains_key(format!("{name}_total").as_str());
            match (declared.kind, second) {
                (other, Type::Counter) | (Type::Counter, other) if counted => {
                    (declared.kind, declared.total) = (other, true);
                }
                _ => contrary
                    .push((line, format!("an earlier line gives `{}` another type", line::excerpt(name)))),
            }
        }
        for (line, reason) in contrary {
            self.skip(line, 1, reason);
        }
    }

    /// Whether no type is declared for a metric.
    fn has_no_type(&self, name: &str) -> bool {
        self.declared.get(name).is_none_or(|declared| declared.kind == Type::Unknown)
    }

    /// Finds histograms and summaries without a declared type, as in the answers of `/federate`.
    fn infer(&mut self) {
        let mut found = Vec::new();
        for (name, tally) in &self.tallies {
            let none_has_a_type = |suffixes: &[&str], base: &str| {
                suffixes.iter().all(|suffix| {
                    let part = format!("{base}{suffix}");
                    self.names.contains_key(part.as_str()) && self.has_no_type(&part)
                })
            };
            let (base, kind, parts): (_, _, &[&str]) = match name.strip_suffix("_bucket") {
                Some(base) => (base, Type::Histogram, &["_bucket", "_count"]),
                None => (*name, Type::Summary, &["", "_count", "_sum"]),
            };
            let marked = tally.shapes.iter().all(|shape| {
                shape.marked && (kind == Type::Summary || shape.bounds.keys().any(|text| is_infinite(text)))
            });
            let free = kind == Type::Summary || !self.names.contains_key(base);
            if marked && free && self.has_no_type(base) && none_has_a_type(parts, base) {
                found.push((base, kind));
            }
        }
        for (base, kind) in found {
            for suffix in ["_bucket", "_count", "_sum"] {
                if self.has_no_type(&format!("{base}{suffix}")) {
                    self.declared.remove(format!("{base}{suffix}").as_str());
                }
            }
            let unit = self.declared.get(base).and_then(|declared| declared.unit);
            self.declared.insert(base, Declared { kind, second: None, total: false, unit, seen: false });
        }
    }

    fn kind(&self, name: &str) -> Option<Type> {
        self.declared.get(name).map(|declared| declared.kind)
    }

    /// The metric to which the series of a name belong.
    fn owner(&self, name: &'a str, composite: tally::Composite) -> SeriesOwner<'a> {
        let own = |kind, declared| SeriesOwner::Own { kind, declared: Some(declared) };
        match self.kind(name) {
            _ if composite.any() => return self.composite(name, composite),
            Some(Type::Counter) => return own(Kind::Counter, name),
            Some(Type::Gauge) => return own(Kind::Gauge, name),
            Some(Type::Info) => return own(Kind::Info, name),
            Some(Type::StateSet) => return own(Kind::StateSet, name),
            Some(Type::Summary) => {
                return SeriesOwner::Part { base: name, kind: Kind::Summary, bounds: true };
            }
            Some(Type::Histogram | Type::GaugeHistogram) => {
                return SeriesOwner::Nowhere(format!(
                    "the histogram `{}` has no series with this name",
                    line::excerpt(name)
                ));
            }
            Some(Type::Unknown) | None => {}
        }
        let histogram = |base, bounds| SeriesOwner::Part { base, kind: Kind::Histogram, bounds };
        let known = |suffix| name.strip_suffix(suffix).and_then(|base| Some((base, self.kind(base)?)));
        if let Some(base) = name.strip_suffix("_total")
            && self.declared.get(base).is_some_and(|base| base.total || base.kind == Type::Counter)
        {
            return own(Kind::Counter, base);
        }
        if let Some((base, Type::Info)) = known("_info") {
            return own(Kind::Info, base);
        }
        if let Some((base, Type::Counter | Type::Histogram | Type::Summary | Type::GaugeHistogram)) =
            known("_created")
        {
            return own(Kind::Gauge, base);
        }
        match known("_bucket") {
            Some((base, Type::Histogram)) => return histogram(base, true),
            Some((base, Type::GaugeHistogram)) => return own(Kind::Gauge, base),
            _ => {}
        }
        for suffix in ["_count", "_sum"] {
            match known(suffix) {
                Some((base, Type::Histogram)) => return histogram(base, false),
                Some((base, Type::Summary)) => {
                    return SeriesOwner::Part { base, kind: Kind::Summary, bounds: false };
                }
                _ => {}
            }
        }
        if let Some((base, Type::GaugeHistogram)) = known("_gcount").or(known("_gsum")) {
            return own(Kind::Gauge, base);
        }
        SeriesOwner::Own { kind: Kind::Unknown, declared: self.declared.contains_key(name).then_some(name) }
    }

    fn composite(&self, name: &'a str, composite: tally::Composite) -> SeriesOwner<'a> {
        let histogram = composite.native || composite.classic;
        let kind = if histogram { Kind::Histogram } else { Kind::Summary };
        let fits = match self.kind(name) {
            Some(Type::Histogram) => histogram,
            Some(Type::Summary) => !histogram,
            Some(Type::Unknown) | None => true,
            Some(Type::Counter | Type::Gauge | Type::GaugeHistogram | Type::Info | Type::StateSet) => false,
        };
        if !fits {
            return SeriesOwner::Nowhere(format!(
                "the type of `{}` does not allow these values",
                line::excerpt(name)
            ));
        }
        SeriesOwner::Part { base: name, kind, bounds: true }
    }

    /// Records that a metric has series; returns its declared unit.
    fn seen_unit(&mut self, name: Option<&str>) -> Option<String> {
        let declared = self.declared.get_mut(name?)?;
        declared.seen = true;
        declared.unit.map(|unit| unescaped(unit).into_owned())
    }
}

fn too_many_entries() -> String {
    format!("the exposition has more than {} names, labels and bounds", tally::MOST_ENTRIES)
}

/// The series that a declaration without samples stands for, as Prometheus would store them.
fn unseen(name: &str, kind: Type, open_metrics: bool) -> Vec<(String, Kind)> {
    let suffixed = |suffix: &str| match open_metrics && !name.ends_with(suffix) {
        true => format!("{name}{suffix}"),
        false => name.to_owned(),
    };
    let as_declared = |kind| vec![(name.to_owned(), kind)];
    match kind {
        Type::Counter => vec![(suffixed("_total"), Kind::Counter)],
        Type::Info => vec![(suffixed("_info"), Kind::Info)],
        Type::GaugeHistogram => {
            ["_bucket", "_gcount", "_gsum"].map(|suffix| (format!("{name}{suffix}"), Kind::Gauge)).to_vec()
        }
        Type::Gauge => as_declared(Kind::Gauge),
        Type::Histogram => as_declared(Kind::Histogram),
        Type::Summary => as_declared(Kind::Summary),
        Type::StateSet => as_declared(Kind::StateSet),
        Type::Unknown => as_declared(Kind::Unknown),
    }
}

/// The metric that the series of a name belong to.
enum SeriesOwner<'a> {
    /// A metric of the same name.
    Own { kind: Kind, declared: Option<&'a str> },
    /// A histogram or summary; `bounds` if their mark is a bound.
    Part { base: &'a str, kind: Kind, bounds: bool },
    /// None, with the reason.
    Nowhere(String),
}

fn is_infinite(text: &str) -> bool {
    let text = text.strip_prefix('+').unwrap_or(text);
    text.eq_ignore_ascii_case("inf") || text.eq_ignore_ascii_case("infinity")
}
