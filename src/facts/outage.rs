//! When tiers fire and stop in a steady outage: the arithmetic of the SRE Workbook (ch. 5), in exact decimals.
//!
//! The error ratio is constant, the time before had no errors, and the traffic is even. Evaluations, scrapes and notifications take additional time.

use super::{Promise, TierFacts};
use crate::model::Agreement;
use crate::vocabulary::{BudgetLine, Decimal, Duration};

impl TierFacts {
    /// Seconds from the beginning of an outage with this error ratio until the tier fires: `W·T/e`; `None` if it never fires.
    pub fn fires_after(&self, error_ratio: Decimal) -> Option<Decimal> {
        (error_ratio > self.threshold).then(|| seconds(self.long_agreed) * self.threshold / error_ratio)
    }

    /// Seconds from the end of an outage that lasted longer than `w·T/e` until the tier's alert stops: `w·(1 − T/e)`, plus the time for which it
    /// keeps firing; `None` if it never fired.
    pub fn stops_after(&self, error_ratio: Decimal) -> Option<Decimal> {
        let kept = seconds(self.keep_firing_for.unwrap_or_default());
        (error_ratio > self.threshold)
            .then(|| seconds(self.short) * (Decimal::ONE - self.threshold / error_ratio) + kept)
    }
}

/// The tier that fires first in an outage with this error ratio, and the seconds until then; `None` if none fires.
pub fn first_to_fire<'a>(
    tiers: impl IntoIterator<Item = &'a TierFacts>,
    error_ratio: Decimal,
) -> Option<(Decimal, &'a TierFacts)> {
    let fire = |tier: &'a TierFacts| Some((tier.fires_after(error_ratio)?, tier));
    tiers.into_iter().filter_map(fire).min_by_key(|(after, _)| *after)
}

/// The effect of a steady outage on every tier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outage {
    /// The error ratio, in (0, 1].
    pub error_ratio: Decimal,
    /// Long windows of the tiers whose threshold is half of this ratio.
    pub twice: Vec<Duration>,
    /// Seconds until each tier fires, and from the end until it stops; `None` if it never fires.
    pub tiers: Vec<Option<(Decimal, Decimal)>>,
}

/// A length of agreed time: `264h` if it is less than `whole`.
pub fn of_agreed_time(agreed: Duration, whole: Duration) -> String {
    if agreed == whole {
        return whole.to_string();
    }
    let minutes = agreed.secs() / 60;
    match minutes % 60 {
        0 => format!("{}h", minutes / 60),
        rest => format!("{}h{rest}m", minutes / 60),
    }
}

impl Promise {
    /// The period as far as it counts: `30d`, or `264h of agreed time`.
    pub fn length(&self) -> String {
        let whole = self.period.nominal();
        let length = of_agreed_time(self.period_length, whole);
        if self.period_length == whole { length } else { format!("{length} of agreed time") }
    }

    /// Seconds of full outage that spend the whole budget, at even traffic.
    pub fn full_outage(&self) -> Decimal {
        seconds(self.period_length) * self.budget
    }

    /// The agreed action when this share of the budget is left: that of the lowest line that is crossed.
    pub fn agreed(&self, left: Decimal) -> Option<&Agreement> {
        self.budget_policy.iter().rfind(|agreement| left < agreement.line.ratio())
    }

    /// The agreed action for a line.
    pub fn agreed_below(&self, line: BudgetLine) -> Option<&Agreement> {
        self.budget_policy.iter().rfind(|agreement| agreement.line >= line)
    }

    /// Outages that show the differences between the tiers, the largest first: 100%, 10% and 1% of errors, and twice the threshold of each tier.
    pub fn outages(&self) -> Vec<Outage> {
        let twice = |tier: &TierFacts| tier.threshold * Decimal::TWO;
        let mut ratios: Vec<Decimal> = [100, 10, 1].map(|of| Decimal::new(of, 2)).to_vec();
        ratios.extend(self.tiers.iter().map(twice).filter(|ratio| *ratio < Decimal::ONE));
        ratios.sort_by_key(|ratio| std::cmp::Reverse(*ratio));
        ratios.dedup();
        let outage = |error_ratio: Decimal| Outage {
            error_ratio,
            twice: self
                .tiers
                .iter()
                .filter(|tier| twice(tier) == error_ratio)
                .map(|tier| tier.long)
                .collect(),
            tiers: self
                .tiers
                .iter()
                .map(|tier| tier.fires_after(error_ratio).zip(tier.stops_after(error_ratio)))
                .collect(),
        };
        ratios.into_iter().map(outage).collect()
    }
}

/// A length in seconds.
pub fn seconds(length: Duration) -> Decimal {
    Decimal::new(length.millis() as i64, 3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::{Severity, spoken};

    /// A tier of the workbook at 99.9 % over 30 days.
    fn tier(severity: Severity, long: &str, short: &str, burn_rate: &str) -> TierFacts {
        let burn_rate = Decimal::from_str_exact(burn_rate).expect("a number");
        TierFacts {
            severity,
            budget_share: Decimal::ONE,
            long: Duration::parse(long).expect("a length"),
            long_agreed: Duration::parse(long).expect("a length"),
            short: Duration::parse(short).expect("a length"),
            burn_rate,
            threshold: burn_rate * Decimal::new(1, 3),
            min_bad_events: 1,
            min_events: 1,
            keep_firing_for: None,
            slow: false,
        }
    }

    #[test]
    fn fires_and_stops_as_the_workbook_computes() {
        let tiers = [
            tier(Severity::Page, "1h", "5m", "14.4"),
            tier(Severity::Page, "6h", "30m", "6"),
            tier(Severity::Ticket, "1d", "2h", "3"),
            tier(Severity::Ticket, "3d", "6h", "1"),
        ];
        let times = |percent: i64| {
            let ratio = Decimal::new(percent, 2);
            tiers
                .iter()
                .map(|tier| match (tier.fires_after(ratio), tier.stops_after(ratio)) {
                    (Some(fires), Some(stops)) => format!("{} / {}", spoken(fires), spoken(stops)),
                    _ => "never".to_owned(),
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(times(100), ["52 s / 4.9 m", "2.2 m / 29.8 m", "4.3 m / 2 h", "4.3 m / 6 h"]);
        assert_eq!(times(10), ["8.6 m / 4.3 m", "21.6 m / 28.2 m", "43.2 m / 1.9 h", "43.2 m / 5.9 h"]);
        assert_eq!(times(1), ["never", "3.6 h / 12 m", "7.2 h / 1.4 h", "7.2 h / 5.4 h"]);
        assert_eq!(tiers[0].fires_after(Decimal::new(144, 4)), None, "never at the threshold itself");
    }
}
