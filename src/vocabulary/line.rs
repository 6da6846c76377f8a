//! A line of the error budget: the share that is left, in whole percent.

use std::fmt;

use super::decimal::Decimal;
use super::duration::Duration;

/// A share of the budget that is left, from 0 to 99 percent. It is crossed when less is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BudgetLine(u8);

impl BudgetLine {
    /// How much more has to be left again until an alert of a line ends, in percent of the budget: so a budget that goes up and down around the line
    /// alerts once.
    pub const DISTANCE: u8 = 5;

    /// The highest line that an alert can have: from above it a budget could hardly recover.
    pub const HIGHEST_ALERT: u8 = 90;

    /// The highest line there is: at 100% nothing has failed.
    pub const HIGHEST: u8 = 99;

    /// How long after a page somebody is awake: a line that is crossed then is a ticket.
    pub const AWAKE: Duration = Duration::from_secs(3600);

    /// How long after the hours of an SLO end, or maintenance begins, a line can still be crossed: the last counts are known by then. No number of
    /// evaluations is exactly so long.
    pub const AFTER_HOURS: Duration = Duration::from_secs(885);

    /// How long events of a period have been counted when its budget is known: so long ago a tile was recorded, in an hour that ends with that
    /// moment's.
    pub const KNOWN_AFTER: Duration = Duration::from_secs(23 * 3600);

    /// Reads `25%`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.trim().strip_suffix('%')?.trim_end();
        let whole =
            !digits.is_empty() && digits.len() <= 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        whole.then(|| digits.parse().ok().map(Self))?
    }

    /// In percent.
    pub fn percent(self) -> u8 {
        self.0
    }

    /// As a share of the budget.
    pub fn ratio(self) -> Decimal {
        Decimal::new(i64::from(self.0), 2).normalize()
    }

    /// The share from which on an alert of this line ends.
    pub fn recovered(self) -> Decimal {
        Decimal::new(i64::from(self.0 + Self::DISTANCE), 2).normalize()
    }

    /// Whether it is crossed at some moment, as the rules have it: what is left, whether that is known, and whether it was crossed before.
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
