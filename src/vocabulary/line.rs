//! A line of the error budget: the share that is left, in whole percent.

use std::fmt;

use super::decimal::Decimal;
use super::duration::Duration;

/// A share of the budget, from 0 to 99 percent. The line is crossed when less is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BudgetLine(u8);

impl BudgetLine {
    /// How much more must be left until the alert of a line ends, in percent of the budget: so a budget that oscillates around the line alerts once.
    pub const DISTANCE: u8 = 5;

    /// The highest line of an alert: above it a budget could hardly recover.
    pub const HIGHEST_ALERT: u8 = 90;

    /// The highest line: at 100% no event was bad.
    pub const HIGHEST: u8 = 99;

    /// How long somebody is awake after a page: a line that is crossed meanwhile is a ticket.
    pub const AWAKE: Duration = Duration::from_secs(3600);

    /// How long after the hours of an SLO end, or maintenance begins, a line can still be crossed: the last counts are known by then. No number of
    /// evaluations is exactly so long.
    pub const AFTER_HOURS: Duration = Duration::from_secs(885);

    /// How long events must have been counted until the budget of a period is known: a tile was recorded in the hour that ended this long ago.
    pub const KNOWN_AFTER: Duration = Duration::from_secs(23 * 3600);

    /// Reads `25%`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.trim().strip_suffix('%')?.trim_end();
        let whole =
            !digits.is_empty() && digits.len() <= 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        whole.then(|| digits.parse().ok().map(Self))?
    }

    /// The share in percent.
    pub fn percent(self) -> u8 {
        self.0
    }

    /// The share of the budget.
    pub fn ratio(self) -> Decimal {
        Decimal::new(i64::from(self.0), 2).normalize()
    }

    /// The share at which an alert of this line ends.
    pub fn recovered(self) -> Decimal {
        Decimal::new(i64::from(self.0 + Self::DISTANCE), 2).normalize()
    }

    /// Whether it is crossed in an evaluation, as in the rules: by the budget left, whether that is known, and whether it was crossed before.
    pub fn is_crossed(self, left: Decimal, is_known: bool, before: bool) -> bool {
        if before { left < self.recovered() } else { is_known && left < self.ratio() }
    }
}

impl fmt::Display for BudgetLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::BudgetLine;

    #[test]
    fn prints_what_it_reads_and_reads_nothing_else() {
        for text in ["0%", "25%", "99%"] {
            assert_eq!(BudgetLine::parse(text).map(|line| line.to_string()).as_deref(), Some(text));
        }
        for text in ["100%", "-1%", "12.5%", "25", "%", "", "+5%", "000%", "1e1%"] {
            assert_eq!(BudgetLine::parse(text), None, "{text}");
        }
    }
}
