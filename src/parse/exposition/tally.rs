//! The labels, label values and number of the series of one name.
//!
//! No sample is kept. For every value and every series a hash of 64 bits is kept, to recognise it. Among a million different ones, two have the same
//! hash once in 37 million expositions (n²/2⁶⁵); then the count is one too low. Values that are kept are exact.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};

use super::line::{Label, Sample, unescaped};
use crate::contract::VALUES;

/// A longer value, in bytes, is counted and not kept: it is text for people, and no selector compares it.
const LONGEST_VALUE: usize = 1024;

/// Limit for the names of series and labels, orders of labels, and bounds of one exposition. A Prometheus with five thousand metrics has about a
/// tenth. The rest is not read, so that memory stays bounded.
pub(super) const MOST_ENTRIES: usize = 500_000;

/// Counts different things by their hashes.
#[allow(clippy::disallowed_types)] // Only its size is read, which has no order.
#[derive(Debug, Default)]
pub(super) struct Distinct(std::collections::HashSet<u64, BuildHasherDefault<Mixed>>);

/// A hasher for values that are hashes already.
#[derive(Debug, Default)]
pub(super) struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("only numbers are looked up")
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

impl Distinct {
    /// Adds a hash; returns whether it is new.
    pub fn insert(&mut self, bits: u64) -> bool {
        self.0.insert(bits)
    }

    pub fn extend(&mut self, other: Self) {
        // The larger set is kept, because the smaller one is cheaper to move.
        let (mut large, small) = if self.0.len() < other.0.len() {
            (other.0, std::mem::take(&mut self.0))
        } else {
            (std::mem::take(&mut self.0), other.0)
        };
        large.extend(small);
        self.0 = large;
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }
}

fn bits(value: impl Hash) -> u64 {
    // This hasher has fixed keys: the same text has the same hash in every run.
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Mixes two hashes, so that exchanging values between labels changes the result.
fn mix(a: u64, b: u64) -> u64 {
    let spread = (a ^ b.rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (spread ^ (spread >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) ^ b
}

/// The series of one name.
#[derive(Debug)]
pub(super) struct Tally<'a> {
    /// The line of the first one.
    pub line: usize,
    /// The label that identifies a part of a histogram or summary: `le` for `…_bucket`, otherwise `quantile`. It has this meaning only for some
    /// types, and the type may be declared later.
    pub mark: &'static str,
    /// By label names, without the mark.
    pub shapes: Vec<Shape<'a>>,
    /// What was found in composite values, which are not numbers.
    pub composite: Composite,
    /// By label names in the order of a line: where to find the shape.
    orders: BTreeMap<Vec<&'a str>, Order>,
    by_labels: BTreeMap<(Vec<&'a str>, bool), usize>,
    last: Option<(Vec<&'a str>, Order)>,
}

/// What was found in values that are complete histograms or summaries.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Composite {
    pub native: bool,
    pub classic: bool,
    pub summary: bool,
}

impl Composite {
    pub fn any(self) -> bool {
        self.native || self.classic || self.summary
    }
}

/// Series with the same label names.
#[derive(Debug, Default)]
pub(super) struct Shape<'a> {
    /// Whether some of these series also have the mark.
    pub marked: bool,
    /// By name.
    pub columns: Vec<Column<'a>>,
    /// Without the mark.
    pub series: Distinct,
    /// For each value of the mark, or bound in a composite value: the series that have it.
    pub bounds: BTreeMap<&'a str, Distinct>,
    last: Option<u64>,
}

/// One label.
#[derive(Debug, Default)]
pub(super) struct Column<'a> {
    pub name: &'a str,
    pub distinct: Distinct,
    /// The first values, in sorted order.
    pub known: BTreeSet<Cow<'a, str>>,
    bits: u64,
    last: Option<(&'a str, u64)>,
}

/// How the labels of a line correspond to the columns of a shape.
#[derive(Clone, Debug)]
struct Order {
    shape: usize,
    /// The column of each label; `None` for the mark.
    columns: Vec<Option<usize>>,
}

impl<'a> Tally<'a> {
    pub fn new(name: &str, line: usize) -> Self {
        Self {
            line,
            mark: if name.ends_with("_bucket") { "le" } else { "quantile" },
            shapes: Vec::new(),
            composite: Composite::default(),
            orders: BTreeMap::new(),
            by_labels: BTreeMap::new(),
            last: None,
        }
    }

    /// Counts a sample. `entries` is the number of kept names, orders and bounds.
    ///
    /// # Errors
    /// The reason why it was not counted.
    pub fn add(
        &mut self,
        sample: &Sample<'a>,
        labels: &[Label<'a>],
        entries: &mut usize,
    ) -> Result<(), String> {
        let same = |names: &[&str]| {
            names.len() == labels.len() && names.iter().zip(labels).all(|(name, label)| *name == label.name)
        };
        if !self.last.as_ref().is_some_and(|(names, _)| same(names)) {
            let names: Vec<&str> = labels.iter().map(|label| label.name).collect();
            let order = match self.orders.get(&names) {
                Some(order) => order.clone(),
                None => self.order(&names, entries)?,
            };
            self.last = Some((names, order));
        }
        let Some((_, order)) = &self.last else { return Ok(()) };
        let shape = &mut self.shapes[order.shape];
        let mut series = 0_u64;
        let mut mark = None;
        for (label, column) in labels.iter().zip(&order.columns) {
            match column {
                Some(column) => series = series.wrapping_add(shape.columns[*column].add(label.value)),
                None => mark = Some(label.value),
            }
        }
        if shape.last != Some(series) {
            shape.series.insert(series);
            shape.last = Some(series);
        }
        if let Some(mark) = mark {
            shape.bound(mark, series, entries)?;
        }
        match sample.composite {
            Some(inner) => self.composite(inner, series, entries),
            None => Ok(()),
        }
    }

    fn order(&mut self, names: &[&'a str], entries: &mut usize) -> Result<Order, String> {
        let mut sorted: Vec<&str> = names.iter().copied().filter(|name| *name != self.mark).collect();
        sorted.sort_unstable();
        let marked = sorted.len() < names.len();
        if sorted.len() + 1 < names.len() {
            return Err(format!("the sample has the label `{}` twice", self.mark));
        }
        if let Some(twice) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(format!("the sample has the label `{}` twice", super::line::excerpt(twice[0])));
        }
        spend(entries, 2 * names.len() + 1)?;
        let column = |name: &&str| sorted.binary_search(name).ok();
        let columns = names.iter().map(column).collect();
        let shape = *self.by_labels.entry((sorted.clone(), marked)).or_insert_with(|| {
            let columns = sorted.iter().map(|name| Column::of(name)).collect();
            self.shapes.push(Shape { marked, columns, ..Shape::default() });
            self.shapes.len() - 1
        });
        let order = Order { shape, columns };
        self.orders.insert(names.to_vec(), order.clone());
        Ok(order)
    }

    /// Reads a composite value: `count:17,sum:324789.3,bucket:[0.1:8,+Inf:17]`.
    fn composite(&mut self, inner: &'a str, series: u64, entries: &mut usize) -> Result<(), String> {
        let Some((_, order)) = &self.last else { return Ok(()) };
        let shape = &mut self.shapes[order.shape];
        self.composite.native |= inner.split(',').any(|field| field.starts_with("schema:"));
        for (key, found) in
            [("bucket:[", &mut self.composite.classic), ("quantile:[", &mut self.composite.summary)]
        {
            let Some((_, list)) = inner.split_once(key) else { continue };
            *found = true;
            for entry in list.split(']').next().unwrap_or_default().split(',') {
                let bound = entry.split(':').next().unwrap_or_default();
                if !bound.is_empty() {
                    shape.bound(bound, series, entries)?;
                }
            }
        }
        if !self.composite.any() {
            return Err("the value in braces is neither a histogram nor a summary".to_owned());
        }
        Ok(())
    }
}

fn spend(entries: &mut usize, amount: usize) -> Result<(), String> {
    if *entries + amount > MOST_ENTRIES {
        return Err(format!("the exposition has more than {MOST_ENTRIES} names, labels and bounds"));
    }
    *entries += amount;
    Ok(())
}

impl<'a> Shape<'a> {
    fn bound(&mut self, text: &'a str, series: u64, entries: &mut usize) -> Result<(), String> {
        if let Some(having) = self.bounds.get_mut(text) {
            having.insert(series);
            return Ok(());
        }
        spend(entries, 1)?;
        self.bounds.entry(text).or_default().insert(series);
        Ok(())
    }
}

impl<'a> Column<'a> {
    /// A label without values.
    pub fn of(name: &'a str) -> Self {
        Self { name, bits: bits(unescaped(name)), ..Self::default() }
    }

    /// Counts a value; returns the part of the series' hash for this label.
    pub fn add(&mut self, value: &'a str) -> u64 {
        match self.last {
            Some((last, share)) if last == value => share,
            _ => {
                let plain = unescaped(value);
                let hash = bits(&plain);
                if self.distinct.insert(hash) {
                    self.keep(plain);
                }
                let share = mix(self.bits, hash);
                self.last = Some((value, share));
                share
            }
        }
    }

    /// Keeps the first values in sorted order, so that the order of lines does not matter.
    fn keep(&mut self, value: Cow<'a, str>) {
        if value.len() > LONGEST_VALUE {
            return;
        }
        if self.known.len() < VALUES {
            self.known.insert(value);
        } else if self.known.last().is_some_and(|last| value < *last) {
            self.known.insert(value);
            self.known.pop_last();
        }
    }

    /// Adds the values of another column of the same label.
    pub fn extend(&mut self, other: Self) {
        self.distinct.extend(other.distinct);
        for value in other.known {
            // It may be kept already.
            if !self.known.contains(&value) {
                self.keep(value);
            }
        }
    }
}
