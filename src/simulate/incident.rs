//! An incident: a sequence of error ratios, traffic and gaps.

use std::fmt;

use super::Step;
use crate::vocabulary::{Decimal, Duration, digits, percent};

/// The longest incident: as long as the longest period.
pub(super) const LONGEST: Duration = Duration::from_secs(92 * 86_400);

/// A sequence of phases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// The phases; never empty.
    pub phases: Vec<Phase>,
}

/// A time with a constant or linearly changing error ratio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phase {
    /// The error ratio at its beginning.
    pub from: Decimal,
    /// The error ratio at its end.
    pub to: Decimal,
    /// Its length.
    pub length: Duration,
    /// Events per second; the usual traffic if not given.
    pub traffic: Option<Decimal>,
    /// Whether its series are scraped.
    pub seen: bool,
}

impl Incident {
    /// The length of all phases.
    pub fn length(&self) -> Duration {
        Duration::from_millis(self.phases.iter().map(|phase| phase.length.millis()).sum())
    }

    /// The events until each evaluation, at this usual traffic.
    pub fn steps(&self, traffic: Decimal, step: Duration) -> Vec<Step> {
        let mut steps = vec![
            Step { seen: true, ..Step::default() };
            self.length().millis().div_ceil(step.millis()) as usize
        ];
        let mut begin = 0;
        for phase in &self.phases {
            let end = begin + phase.length.millis();
            let pace = phase.traffic.unwrap_or(traffic) / Decimal::from(1000);
            let first = (begin / step.millis()) as usize;
            for (index, happened) in steps.iter_mut().enumerate().skip(first) {
                let edges = (index as u64 * step.millis(), (index as u64 + 1) * step.millis());
                if edges.0 >= end {
                    break;
                }
                let (from, to) = (edges.0.max(begin), edges.1.min(end));
                let total = pace * Decimal::from(to - from);
                happened.total += total;
                happened.bad += total * phase.ratio(Decimal::from(from + to - 2 * begin) / Decimal::TWO);
                // The sample is taken at the end of the step.
                happened.seen &= phase.seen || !(begin < edges.1 && edges.1 <= end);
            }
            begin = end;
        }
        // The usual traffic continues in the rest of the last step.
        if let Some(last) = steps.last_mut() {
            let left = (step.millis() - begin % step.millis()) % step.millis();
            last.total += traffic * Decimal::new(left as i64, 3);
        }
        steps
    }
}

impl fmt::Display for Incident {
    /// In the syntax of incidents.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.phases.iter().map(Phase::written).collect::<Vec<_>>().join(", "))
    }
}

impl Phase {
    /// The error ratio at this number of milliseconds after its beginning.
    fn ratio(&self, after: Decimal) -> Decimal {
        match self.from == self.to {
            true => self.from,
            false => self.from + (self.to - self.from) * after / Decimal::from(self.length.millis()),
        }
    }

    fn written(&self) -> String {
        let what =
            match (self.seen, self.traffic.is_some_and(|traffic| traffic.is_zero()), self.from == self.to) {
                (false, ..) => "no data".to_owned(),
                (true, true, _) => "no traffic".to_owned(),
                (true, false, true) => percent(self.from),
                (true, false, false) => format!("ramp {} to {}", percent(self.from), percent(self.to)),
            };
        let traffic = self.traffic.filter(|traffic| !traffic.is_zero());
        let traffic = traffic.map_or(String::new(), |traffic| format!(" at {}/s", digits(traffic, 6)));
        format!("{what} for {}{traffic}", self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::parse;

    #[test]
    fn events_are_spread_evenly() {
        let steps = |text: &str| parse(text).expect(text).steps(Decimal::TEN, Duration::from_secs(30));
        let step =
            |total: i64, bad: i64| Step { total: Decimal::from(total), bad: Decimal::from(bad), seen: true };
        assert_eq!(steps("100% for 45s"), [step(300, 300), step(300, 150)]);
        assert_eq!(steps("ramp 0% to 100% for 1m"), [step(300, 75), step(300, 225)]);
        assert_eq!(steps("10% for 30s at 20/s, no traffic for 30s"), [step(600, 60), step(0, 0)]);
        let seen: Vec<bool> =
            steps("0% for 15s, no data for 30s, 0% for 30s").iter().map(|step| step.seen).collect();
        assert_eq!(seen, [false, true, true]);
    }
}
