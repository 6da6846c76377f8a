//! The promise as a ratio: which share of events, or of time, must be good.

use std::fmt;

use super::decimal::{self, Decimal};

/// The share of good events promised, strictly between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Objective(Decimal);

/// The error budget: 1 − objective, strictly between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ErrorBudget(Decimal);

/// Why a text is not an objective.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectiveFault {
    /// Not a decimal percentage; with the percentage that was probably meant, if it is recognized.
    Malformed(Option<String>),
    /// A number, but it promises nothing, or allows no failure.
    OutOfRange,
}

impl Objective {
    /// From the digits of a percentage: `99.9` is 0.999.
    ///
    /// # Errors
    /// [`ObjectiveFault::OutOfRange`] unless it is strictly between 0 and 100.
    pub fn from_percent(digits: &str) -> Result<Self, ObjectiveFault> {
        let plain = !digits.is_empty()
            && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
            && digits.starts_with(|c: char| c.is_ascii_digit());
        let value = plain.then(|| Decimal::from_str_exact(digits).ok()).flatten();
        let Some(value) = value else {
            return Err(ObjectiveFault::Malformed(None));
        };
        // Twelve decimal places keep every product of thresholds exact, and are more than anybody measures.
        if value <= Decimal::ZERO || value >= Decimal::ONE_HUNDRED || value.normalize().scale() > 10 {
            return Err(ObjectiveFault::OutOfRange);
        }
        Ok(Self((value / Decimal::ONE_HUNDRED).normalize()))
    }

    /// What an objective below 10% probably is, and the percentage of the objective that is meant: 0.999% is a ratio and means 99.9, 0.5% is the share
    /// that may be bad and means 99.5. `None` from 10% on.
    pub fn meant(self) -> Option<(&'static str, Decimal)> {
        let (is, ratio) = match self.0 {
            share if share >= Decimal::new(1, 1) => return None,
            share if share >= Decimal::new(9, 3) && share < Decimal::new(1, 2) => {
                ("a ratio", share * Decimal::ONE_HUNDRED)
            }
            share => ("the share that may be bad", Decimal::ONE - share),
        };
        Some((is, (ratio * Decimal::ONE_HUNDRED).normalize()))
    }

    /// Reads `99.9%`.
    ///
    /// # Errors
    /// [`ObjectiveFault`], with the percentage that was probably meant if it is recognized: `99,9%` and `0.999` are the usual mistakes.
    pub fn parse(text: &str) -> Result<Self, ObjectiveFault> {
        let text = text.trim();
        if let Some(digits) = text.strip_suffix('%') {
            let digits = digits.trim_end();
            return Self::from_percent(digits).map_err(|fault| match fault {
                ObjectiveFault::Malformed(_) => {
                    let dotted = digits.replace(',', ".");
                    let meant = Self::from_percent(&dotted).ok().map(|objective| objective.to_string());
                    ObjectiveFault::Malformed(meant)
                }
                ObjectiveFault::OutOfRange => ObjectiveFault::OutOfRange,
            });
        }
        let meant = Decimal::from_str_exact(text).ok().and_then(|value| {
            // A ratio, or a percentage without its sign. The product may overflow.
            let percent = if value < Decimal::ONE { value.checked_mul(Decimal::ONE_HUNDRED)? } else { value };
            Self::from_percent(&decimal::text(percent)).ok()
        });
        Err(ObjectiveFault::Malformed(meant.map(|objective| objective.to_string())))
    }

    /// The promised ratio.
    pub fn ratio(self) -> Decimal {
        self.0
    }

    /// The error budget.
    pub fn budget(self) -> ErrorBudget {
        ErrorBudget((Decimal::ONE - self.0).normalize())
    }
}

impl fmt::Display for Objective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&decimal::percent(self.0))
    }
}

impl ErrorBudget {
    /// The largest allowed error ratio.
    pub fn ratio(self) -> Decimal {
        self.0
    }
}

impl fmt::Display for ErrorBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&decimal::text(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_what_it_reads() {
        for text in ["99.9%", "99.999%", "50%", "0.1%"] {
            assert_eq!(Objective::parse(text).expect(text).to_string(), text);
        }
        assert_eq!(Objective::parse("99.90%").expect("trailing zero").to_string(), "99.9%");
    }

    /// The least and the greatest decimal.
    const DECIMALS: [&str; 2] = ["-79228162514264337593543950335", "79228162514264337593543950335"];

    #[test]
    fn suggests_the_probable_objective() {
        let meant = |text: &str| ObjectiveFault::Malformed(Some(text.to_owned()));
        assert_eq!(Objective::parse("99,9%"), Err(meant("99.9%")));
        assert_eq!(Objective::parse("0.999"), Err(meant("99.9%")));
        assert_eq!(Objective::parse("99.9"), Err(meant("99.9%")));
        for text in ["NaN", "NaN%", "", "%", "-1%", "1e1%", "+5%", ".5%", "-0.5", DECIMALS[0], DECIMALS[1]] {
            assert_eq!(Objective::parse(text), Err(ObjectiveFault::Malformed(None)), "{text}");
        }
        for text in ["0%", "100%", "250%", "99.99999999999999999999999999999999%"] {
            assert!(Objective::parse(text).is_err(), "{text}");
        }
    }
}
