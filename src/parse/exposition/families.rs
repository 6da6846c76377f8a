//! Groups series by name into metrics.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::is_infinite;
use super::line::unescaped;
use super::tally::{self, Column, Distinct, Tally};
use crate::contract::{Bound, Family, Kind, Shape, Values, bound};

/// The metrics found until now.
#[derive(Default)]
pub(super) struct Families<'a> {
    own: BTreeMap<String, Family>,
    /// Histograms and summaries, which have several names of series.
    parted: BTreeMap<String, CompositeFamily<'a>>,
}

#[derive(Default)]
struct CompositeFamily<'a> {
    summary: bool,
    unit: Option<String>,
    /// By label names.
    shapes: BTreeMap<Vec<String>, GatheredShape<'a>>,
    /// Whether there is a bucket `+Inf`, and whether there is a finite one.
    infinite: bool,
    finite: bool,
    /// Whether a value is a native histogram.
    native: bool,
}

/// The labels and series of one shape, over all names of series.
#[derive(Default)]
struct GatheredShape<'a> {
    columns: Vec<Column<'a>>,
    series: Distinct,
    bounds: BTreeMap<Bound, Distinct>,
}

impl<'a> Families<'a> {
    /// Adds the series of one name as a metric of that name.
    pub fn own(&mut self, name: &str, kind: Kind, unit: Option<String>, tally: Tally<'a>) {
        let mark = tally.mark;
        let shapes = tally.shapes.into_iter().map(|shape| plain(shape, mark));
        let mut shapes: Vec<Shape> = shapes.collect();
        sort(&mut shapes);
        self.own.insert(unescaped(name).into_owned(), Family { kind, unit, shapes });
    }

    /// Adds the series of one name to their histogram or summary; returns the bounds that do not fit a decimal.
    pub fn part(
        &mut self,
        base: &str,
        kind: Kind,
        unit: Option<String>,
        bounds: bool,
        tally: Tally<'a>,
    ) -> Vec<String> {
        let parted = self.parted.entry(unescaped(base).into_owned()).or_default();
        parted.summary = kind == Kind::Summary;
        parted.native |= tally.composite.native;
        parted.unit = parted.unit.take().or(unit);
        let mut beyond = Vec::new();
        for shape in tally.shapes {
            let mut columns = shape.columns;
            // Here the mark is an ordinary label. It cannot be `le`, because `…_count` and `…_sum` look for `quantile`.
            if shape.marked && !bounds {
                columns.push(marks(tally.mark, &shape.bounds));
                columns.sort_by(|a, b| a.name.cmp(b.name));
            }
            let names = columns.iter().map(|column| unescaped(column.name).into_owned()).collect();
            let gathered: &mut GatheredShape = parted.shapes.entry(names).or_default();
            if gathered.columns.is_empty() {
                gathered.columns = columns;
            } else {
                gathered.columns.iter_mut().zip(columns).for_each(|(mine, column)| mine.extend(column));
            }
            gathered.series.extend(shape.series);
            if !bounds {
                continue;
            }
            for (text, having) in shape.bounds {
                if is_infinite(text) {
                    parted.infinite = true;
                } else if let Some(bound) = bound(text) {
                    parted.finite = true;
                    gathered.bounds.entry(bound).or_default().extend(having);
                } else {
                    parted.finite = true;
                    beyond.push(text.to_owned());
                }
            }
        }
        beyond
    }

    /// The finished metrics.
    pub fn finish(self) -> BTreeMap<String, Family> {
        let mut families = self.own;
        for (name, parted) in self.parted {
            let kind = match parted {
                CompositeFamily { summary: true, .. } => Kind::Summary,
                CompositeFamily { native: true, finite: true, .. } => Kind::BothHistograms,
                // The text format 0.0.4 shows only the count, the sum and the last bucket of a native histogram.
                CompositeFamily { native: true, .. }
                | CompositeFamily { infinite: true, finite: false, .. } => Kind::NativeHistogram,
                CompositeFamily { .. } => Kind::Histogram,
            };
            let shapes = parted.shapes.into_iter().map(|(names, gathered)| {
                let all = gathered.series.len();
                let everywhere = gathered.bounds.into_iter().filter(|(_, having)| having.len() == all);
                Shape {
                    labels: names.into_iter().zip(gathered.columns.into_iter().map(values)).collect(),
                    series: all as u64,
                    bounds: everywhere.map(|(bound, _)| bound).collect(),
                }
            });
            let shapes = shapes.collect();
            families.insert(name, Family { kind, unit: parted.unit, shapes });
        }
        families
    }
}

fn values(column: Column) -> Values {
    let more = column.distinct.len().saturating_sub(column.known.len()) as u64;
    Values { known: column.known.into_iter().map(Cow::into_owned).collect(), more }
}

/// The mark as an ordinary label, where it has no special meaning.
fn marks<'a>(name: &'static str, bounds: &BTreeMap<&'a str, Distinct>) -> Column<'a> {
    let mut column = Column::of(name);
    for text in bounds.keys() {
        column.add(text);
    }
    column
}

fn plain(shape: tally::Shape, mark: &'static str) -> Shape {
    let mut series = shape.series.len();
    let mut columns = shape.columns;
    if shape.marked {
        series = shape.bounds.values().map(Distinct::len).sum();
        columns.push(marks(mark, &shape.bounds));
    }
    let named = columns.into_iter().map(|column| (unescaped(column.name).into_owned(), values(column)));
    Shape { labels: named.collect(), series: series as u64, bounds: Default::default() }
}

fn sort(shapes: &mut [Shape]) {
    shapes.sort_by(|a, b| a.labels.keys().cmp(b.labels.keys()));
}
