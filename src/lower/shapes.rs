//! Writes the samples of a series in promtool's notation: `0+10x5` is 0 10 20 30 40 50, `_x3` is three missing ones.

use super::timeline::StepEvents;
use crate::model::{Behaviour, Series};
use crate::promql::build::selector;
use crate::vocabulary::{Decimal, Duration, text};

/// Incidents of all series of a case, besides its loads.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SeriesIncidents {
    /// All processes restart between this step and the next: counters begin again at zero.
    pub restart: Option<usize>,
    /// Counters of bad events alone do not exist before their first one.
    pub unborn: bool,
    /// All series end after this step.
    pub vanish: Option<usize>,
}

/// The series' name and its samples: one at the beginning and one for every load.
pub(super) fn samples(
    series: &Series,
    step: Duration,
    loads: &[StepEvents],
    mishaps: SeriesIncidents,
) -> (String, String) {
    let labels: Vec<(&str, &str)> =
        series.labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let name = selector(&series.name, &labels).to_string();
    let mut notation = match &series.behaviour {
        Behaviour::Observes => histograms(loads),
        behaviour => compressed(&values(behaviour, step, loads, mishaps)),
    };
    if mishaps.vanish.is_some() {
        notation.push_str(" stale");
    }
    (name, notation)
}

/// One sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sample {
    /// No sample.
    Missing,
    /// A stale marker: the series ended.
    Stale,
    Is(Decimal),
}

fn values(
    behaviour: &Behaviour,
    step: Duration,
    loads: &[StepEvents],
    mishaps: SeriesIncidents,
) -> Vec<Sample> {
    let seconds = Decimal::new(step.millis() as i64, 3);
    let choose = |load: &StepEvents, good: Decimal, bad: Decimal| if load.bad > 0 { bad } else { good };
    let loads = match mishaps.vanish {
        Some(last) => &loads[..last.min(loads.len())],
        None => loads,
    };
    let before = loads.first().copied().unwrap_or_default();
    let mut values = Vec::with_capacity(loads.len() + 1);
    match behaviour {
        Behaviour::Counts { good, bad } => {
            let unborn = mishaps.unborn && *good == 0;
            let mut value = Decimal::ZERO;
            values.push(if unborn { Sample::Missing } else { Sample::Is(value) });
            for (index, load) in loads.iter().enumerate() {
                if mishaps.restart == Some(index) {
                    value = Decimal::ZERO;
                }
                value += Decimal::from(u64::from(*good) * load.good + u64::from(*bad) * load.bad);
                let exists = !unborn || value > Decimal::ZERO;
                let existed = matches!(values.last(), Some(Sample::Is(_)));
                values.push(match (exists, existed) {
                    (true, _) => Sample::Is(value),
                    (false, true) => Sample::Stale,
                    (false, false) => Sample::Missing,
                });
            }
        }
        Behaviour::Stands { good, bad } => {
            values.push(Sample::Is(choose(&before, *good, *bad)));
            values.extend(loads.iter().map(|load| Sample::Is(choose(load, *good, *bad))));
        }
        Behaviour::Grows { good, bad } => {
            let mut value = Decimal::ZERO;
            values.push(Sample::Is(value));
            for load in loads {
                value += choose(load, *good, *bad) * seconds;
                values.push(Sample::Is(value));
            }
        }
        Behaviour::Exists { value } => {
            values.push(Sample::Is(*value));
            for load in loads {
                let was = values.last();
                values.push(match (load.bad > 0, was) {
                    (false, _) => Sample::Is(*value),
                    (true, Some(Sample::Is(_))) => Sample::Stale,
                    (true, _) => Sample::Missing,
                });
            }
        }
        Behaviour::Ages { good, bad } => {
            values.push(Sample::Is(-choose(&before, *good, *bad)));
            values.extend(loads.iter().enumerate().map(|(index, load)| {
                let now = seconds * Decimal::from(index + 1);
                Sample::Is(now - choose(load, *good, *bad))
            }));
        }
        Behaviour::Counted { good } => {
            values.push(Sample::Missing);
            let counted =
                |load: &StepEvents| Decimal::from(if *good { load.good + load.bad } else { load.bad });
            values.extend(loads.iter().map(|load| Sample::Is(counted(load))));
        }
        Behaviour::Observes => {}
    }
    values
}

/// Runs of equal steps, joined.
fn compressed(values: &[Sample]) -> String {
    let mut tokens = Vec::new();
    let mut rest = values;
    while let Some(first) = rest.first() {
        let length = match first {
            Sample::Missing => {
                let length = rest.iter().take_while(|value| *value == first).count();
                tokens.push(format!("_x{length}"));
                length
            }
            Sample::Stale => {
                tokens.push("stale".to_owned());
                1
            }
            Sample::Is(start) => {
                let step = match rest.get(1) {
                    Some(Sample::Is(second)) => *second - *start,
                    _ => Decimal::ZERO,
                };
                let follows = |(index, value): &(usize, &Sample)| {
                    **value == Sample::Is(*start + step * Decimal::from(*index))
                };
                let length = rest.iter().enumerate().take_while(follows).count();
                let sign = if step.is_sign_negative() && !step.is_zero() { '-' } else { '+' };
                match length {
                    1 => tokens.push(text(*start)),
                    _ => tokens.push(format!("{}{sign}{}x{}", text(*start), text(step.abs()), length - 1)),
                }
                length
            }
        };
        rest = &rest[length..];
    }
    tokens.join(" ")
}

/// Native histograms: good observations far below any bound in use, bad ones far above.
fn histograms(loads: &[StepEvents]) -> String {
    // Schema 0 has a bucket for every power of two: index −20 is about a microsecond, 20 about twelve days.
    let at = |good: u64, bad: u64| {
        let between = vec!["0"; 39].join(" ");
        format!("{{{{schema:0 count:{} sum:0 offset:-20 buckets:[{good} {between} {bad}]}}}}", good + bad)
    };
    let (mut good, mut bad) = (0, 0);
    let mut tokens = vec![at(0, 0)];
    let mut rest = loads;
    while let Some(first) = rest.first() {
        let length = rest.iter().take_while(|load| *load == first).count();
        let start = at(good + first.good, bad + first.bad);
        tokens.push(match length {
            1 => start,
            _ => format!("{start}+{}x{}", at(first.good, first.bad), length - 1),
        });
        good += first.good * length as u64;
        bad += first.bad * length as u64;
        rest = &rest[length..];
    }
    tokens.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_steps_are_compressed() {
        let is = |value: i64| Sample::Is(Decimal::from(value));
        let values =
            [Sample::Missing, Sample::Missing, is(3), is(3), is(3), is(5), is(7), is(1), Sample::Stale];
        assert_eq!(compressed(&values), "_x2 3+0x2 5+2x1 1 stale");
    }
}
