//! A contract: the metrics that a service exposes, with their types, labels, label values and bounds, without samples.

mod difference;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::inert;
use crate::vocabulary::Decimal;

pub use difference::Difference;
pub use text::MARK;

/// An upper bound of a bucket, or a quantile, with its decimal places: `1.0` equals `1`, and is printed as the program's `le` has it.
pub type Bound = Decimal;

/// How many values of each label are kept; the rest are only counted.
pub const VALUES: usize = 40;

/// The content of one capture, or of several together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contract {
    /// The program and its version, from the first line of the capture.
    pub origin: Option<String>,
    /// By name: that of a counter's series (`…_total`), and that of a histogram or summary without a suffix.
    pub families: BTreeMap<String, Family>,
}

/// One metric.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Family {
    /// Its type.
    pub kind: Kind,
    /// Its unit, if the exposition declares one.
    pub unit: Option<String>,
    /// The shapes of its series, sorted by label names: usually one.
    pub shapes: Vec<Shape>,
}

/// Types of metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Kind {
    Counter,
    Gauge,
    /// With buckets as separate series.
    Histogram,
    /// With sparse buckets inside of each sample.
    NativeHistogram,
    /// With both kinds of buckets.
    BothHistograms,
    Summary,
    /// OpenMetrics: a gauge that is always 1.
    Info,
    /// OpenMetrics: one gauge of 0 or 1 for each state.
    StateSet,
    /// Declared as untyped or unknown, or not declared.
    #[default]
    Unknown,
}

impl Kind {
    /// All types.
    pub const ALL: [Self; 9] = [
        Self::Counter,
        Self::Gauge,
        Self::Histogram,
        Self::NativeHistogram,
        Self::BothHistograms,
        Self::Summary,
        Self::Info,
        Self::StateSet,
        Self::Unknown,
    ];

    /// The type for a word in a contract.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.to_string() == word)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::NativeHistogram => "native-histogram",
            Self::BothHistograms => "both-histograms",
            Self::Summary => "summary",
            Self::Info => "info",
            Self::StateSet => "stateset",
            Self::Unknown => "unknown",
        })
    }
}

/// Series of one metric that have the same label names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Values by label, without `le` and `quantile`.
    pub labels: BTreeMap<String, Values>,
    /// The number of series; the buckets, count and sum of a histogram count as one.
    pub series: u64,
    /// Upper bounds of classic buckets that every series of the shape has, without `+Inf`; of a summary, its quantiles.
    pub bounds: BTreeSet<Bound>,
}

/// The values of one label.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values {
    /// The first [`VALUES`] values.
    pub known: BTreeSet<String>,
    /// The number of further values.
    pub more: u64,
}

/// The role of a series within its metric.
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
    /// Adds the content of another contract.
    pub fn merge(&mut self, other: Self) {
        for (name, family) in other.families {
            let known = self.families.entry(name).or_default();
            if known.kind == Kind::Unknown {
                known.kind = family.kind;
            }
            known.unit = known.unit.take().or(family.unit);
            known.shapes.extend(family.shapes);
        }
    }

    /// The program and its version, from its own metric: `shop 1.4.2` from `shop_build_info{version="1.4.2"}`. `None` unless there is exactly one
    /// such metric.
    pub fn build(&self) -> Option<String> {
        // A library exposes its own version in the same form.
        const LIBRARIES: [&str; 1] = ["go_build_info"];
        let mut found = self.families.iter().filter_map(|(name, family)| {
            let program = name.strip_suffix("_build_info").filter(|_| !LIBRARIES.contains(&name.as_str()))?;
            let program = Some(program).filter(|program| inert::is_seen(program))?;
            let [shape] = &family.shapes[..] else { return None };
            let version = shape.labels.get("version").filter(|version| version.more == 0)?;
            let mut versions = version.known.iter().filter(|version| inert::is_seen(version));
            let only = versions.next().filter(|_| versions.next().is_none())?;
            Some(format!("{program} {only}"))
        });
        found.next().filter(|_| found.next().is_none())
    }

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

/// The exact number of a bound's text; `None` if it is not a number, infinite, or needs more than the 28 digits of a decimal.
pub fn bound(text: &str) -> Option<Bound> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, power) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, power)) => (mantissa, power.parse::<i32>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = whole.len() + fraction.len();
    if digits == 0 || digits > 64 || !mantissa.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    // Leading and trailing zeros do not count, except for written decimal places.
    let mut all = format!("{whole}{fraction}");
    let mut scale = i32::try_from(fraction.len()).ok()?.checked_sub(power)?;
    if power != 0 {
        while scale > 0 && all.len() > 1 && all.ends_with('0') {
            all.pop();
            scale -= 1;
        }
    }
    let mut value: i128 = all
        .trim_start_matches('0')
        .parse()
        .or_else(|error| if all.trim_start_matches('0').is_empty() { Ok(0) } else { Err(error) })
        .ok()?;
    while scale < 0 {
        value = value.checked_mul(10)?;
        if value == 0 {
            scale = 0;
        } else {
            scale += 1;
        }
    }
    let value = if text.starts_with('-') { -value } else { value };
    Decimal::try_from_i128_with_scale(value, u32::try_from(scale).ok()?).ok()
}
