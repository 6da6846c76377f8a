//! What a service is known to expose: metrics with their types, labels, label values and bounds, without a single sample.

use std::collections::{BTreeMap, BTreeSet};

use crate::vocabulary::Decimal;

/// Label values that are kept of each label; the rest are counted.
pub const VALUES: usize = 40;

/// What one capture, or several together, show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contract {
    /// The program and its version, as the first line of the capture tells it.
    pub origin: Option<String>,
    /// By name: that of a counter's series (`…_total`), and that of a histogram or summary without a suffix.
    pub families: BTreeMap<String, Family>,
}

/// One metric.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Family {
    /// What it is.
    pub kind: Kind,
    /// Its unit, where the exposition declares one.
    pub unit: Option<String>,
    /// How its series are labelled, sorted by label names: usually one shape.
    pub shapes: Vec<Shape>,
}

/// Types of metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Kind {
    Counter,
    Gauge,
    /// With buckets as series of their own.
    Histogram,
    /// With sparse buckets inside of one sample.
    NativeHistogram,
    /// With both.
    BothHistograms,
    Summary,
    /// OpenMetrics: a gauge that is always 1.
    Info,
    /// OpenMetrics: one gauge of 0 or 1 for each state.
    StateSet,
    /// Declared untyped or unknown, or not at all.
    #[default]
    Unknown,
}

/// Series of one metric that have the same label names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Values by label, without `le` and `quantile`.
    pub labels: BTreeMap<String, Values>,
    /// How many series there are; a histogram's buckets, count and sum are one.
    pub series: u64,
    /// Upper bounds of classic buckets that every series of the shape has, without `+Inf`; of a summary, its quantiles.
    pub bounds: BTreeSet<Decimal>,
}

/// The values of one label.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values {
    /// The first [`VALUES`] of them.
    pub known: BTreeSet<String>,
    /// How many there are beyond.
    pub more: u64,
}

/// What a series of a metric is to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The metric itself.
    Whole,
    /// `_bucket`
    Bucket,
    /// `_count`
    Count,
    /// `_sum`
    Sum,
}

impl Contract {
    /// The metric that a series of this name belongs to.
    pub fn find(&self, series: &str) -> Option<(&str, &Family, Part)> {
        if let Some((name, family)) = self.families.get_key_value(series) {
            return Some((name, family, Part::Whole));
        }
        const SUFFIXES: [(&str, Part); 3] =
            [("_bucket", Part::Bucket), ("_count", Part::Count), ("_sum", Part::Sum)];
        SUFFIXES.iter().find_map(|(suffix, part)| {
            let (name, family) = self.families.get_key_value(series.strip_suffix(suffix)?)?;
            let classic = matches!(family.kind, Kind::Histogram | Kind::BothHistograms);
            let has = match part {
                Part::Bucket => classic,
                Part::Count | Part::Sum => classic || family.kind == Kind::Summary,
                Part::Whole => false,
            };
            has.then_some((name.as_str(), family, *part))
        })
    }
}
