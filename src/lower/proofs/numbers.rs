//! Numbers as Prometheus writes them. Here binary fractions are the truth: promtool 2 compares values bit for bit.

use crate::vocabulary::{Decimal, quotient, text};

/// A quotient as Prometheus computes it.
pub(super) fn divided(bad: u64, total: u64) -> String {
    format!("{:?}", bad as f64 / (total as f64).max(1e-9))
}

/// What is left of the budget, as Prometheus computes it.
pub(super) fn left_over(bad: u64, total: u64, budget: Decimal) -> String {
    format!("{:?}", left(bad, total, budget))
}

/// The same in percent, as it is recorded for texts, and as Go prints it: never below zero, one decimal place at most.
pub(super) fn percent_left(bad: u64, total: u64, budget: Decimal) -> String {
    let per_cent: f64 = text(quotient(Decimal::ONE_HUNDRED, budget)).parse().expect("a decimal is a number");
    let percent = 100.0 - per_cent * (bad as f64 / (total as f64).max(1e-9));
    format!("{}%", ((percent * 10.0 + 0.5).floor() / 10.0).max(0.0))
}

fn left(bad: u64, total: u64, budget: Decimal) -> f64 {
    let budget: f64 = text(budget).parse().expect("a decimal is a number");
    1.0 - bad as f64 / (total as f64).max(1e-9) / budget
}

/// Go's `%.4g`.
pub(super) fn four_digits(value: Decimal) -> String {
    let value: f64 = text(value).parse().expect("a decimal is a number");
    if value == 0.0 {
        return "0".to_owned();
    }
    let scientific = format!("{value:.3e}");
    let (mantissa, exponent) = scientific.split_once('e').expect("scientific notation has an exponent");
    let exponent: i32 = exponent.parse().expect("an exponent is a number");
    let trimmed = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    if (-4..4).contains(&exponent) {
        let places = usize::try_from(3 - exponent).unwrap_or(0);
        return trimmed(&format!("{value:.places$}"));
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", trimmed(mantissa), exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_go_writes_them() {
        let written = |text: &str| four_digits(Decimal::from_str_exact(text).expect(text));
        for (value, expected) in [
            ("50", "50"),
            ("99.98765", "99.99"),
            ("-177.00831", "-177"),
            ("-20000", "-2e+04"),
            ("0.012345", "0.01235"),
            ("-12345", "-1.234e+04"),
            ("0", "0"),
        ] {
            assert_eq!(written(value), expected, "{value}");
        }
    }

    #[test]
    fn what_is_left_is_never_below_zero() {
        let budget = Decimal::new(1, 3);
        for (bad, total, expected) in
            [(1, 5000, "80%"), (1, 3000, "66.7%"), (833_600, 1_000_000, "0%"), (0, 0, "100%")]
        {
            assert_eq!(percent_left(bad, total, budget), expected, "{bad} of {total}");
        }
    }
}
