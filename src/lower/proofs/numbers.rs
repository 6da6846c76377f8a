//! Numbers as Prometheus writes them. They are f64, because promtool 2 compares values bit for bit.

use crate::vocabulary::{Decimal, Duration, quotient, text};

/// A quotient as Prometheus computes it.
pub(super) fn divided(bad: u64, total: u64) -> String {
    format!("{:?}", bad as f64 / (total as f64).max(1e-9))
}

/// The budget that is left, as Prometheus computes it; `of` is the number of events that the budget is compared with.
pub(super) fn left_over(bad: u64, of: Decimal, budget: Decimal) -> String {
    format!("{:?}", left(bad, of, budget))
}

/// The same in percent, as it is recorded for texts and as Go prints it: never below zero, at most one decimal place.
pub(super) fn percent_left(bad: u64, of: Decimal, budget: Decimal) -> String {
    let per_cent = binary(quotient(Decimal::ONE_HUNDRED, budget));
    let percent = 100.0 - per_cent * (bad as f64 / binary(of).max(1e-9));
    format!("{}", ((percent * 10.0 + 0.5).floor() / 10.0).max(0.0))
}

fn left(bad: u64, of: Decimal, budget: Decimal) -> f64 {
    1.0 - bad as f64 / binary(of).max(1e-9) / binary(budget)
}

fn binary(value: Decimal) -> f64 {
    text(value).parse().expect("a decimal is a number")
}

/// A share in percent with the digits of `humanizePercentage`; `None` if binary fractions decide the rounding.
pub(super) fn percentage(bad: u64, total: u64) -> Option<String> {
    let percent = Decimal::from(bad).checked_mul(Decimal::ONE_HUNDRED)?.checked_div(Decimal::from(total))?;
    let near = Decimal::new(1, 9);
    let [below, above] = [Decimal::ONE - near, Decimal::ONE + near].map(|by| digits::<4>(percent * by));
    (below == above).then_some(below)
}

/// A burn rate with the one digit of the texts; `None` if binary fractions decide the rounding.
pub(super) fn one_digit(burn_rate: Decimal) -> Option<String> {
    let near = Decimal::new(1, 9);
    let [below, above] = [burn_rate - near, burn_rate + near].map(|rate| format!("{:.1}", rate.round_dp(1)));
    (below == above).then_some(below)
}

/// How long a budget lasts at an error ratio, as `humanizeDuration` writes whole minutes: no longer than the period. `None` if binary fractions
/// decide.
pub(super) fn lasts(
    left: (u64, Decimal),
    now: (u64, u64),
    budget: Decimal,
    period: Duration,
) -> Option<String> {
    let minutes = seconds_left(left, now, budget, period)? / Decimal::from(60);
    let near = Decimal::new(1, 6);
    let [below, above] = [minutes - near, minutes + near].map(|at| at.max(Decimal::ZERO).round());
    let minutes: u64 = (below == above).then_some(below)?.try_into().ok()?;
    Some(humanized(minutes * 60))
}

/// The recorded value, not in whole minutes. `None` also for less than a minute, which is written with a fraction.
pub(super) fn exhaustion(
    left: (u64, Decimal),
    now: (u64, u64),
    budget: Decimal,
    period: Duration,
) -> Option<String> {
    let seconds = seconds_left(left, now, budget, period)?;
    // Zero and the whole period are limits, so nothing is rounded.
    let near = match seconds == Decimal::from(period.secs()) || seconds.is_zero() {
        true => Decimal::ZERO,
        false => Decimal::new(1, 4),
    };
    let [below, above] = [seconds - near, seconds + near].map(|at| at.floor());
    let seconds: u64 = (below == above).then_some(below)?.try_into().ok()?;
    (seconds == 0 || seconds >= 60).then(|| humanized(seconds))
}

/// Seconds that a budget lasts at an error ratio: no longer than the period, and none if it is spent. `None` if rounding decides whether it is.
fn seconds_left(left: (u64, Decimal), now: (u64, u64), budget: Decimal, period: Duration) -> Option<Decimal> {
    let ratio = |bad: u64, total: Decimal| Decimal::from(bad).checked_div(total);
    let period = Decimal::from(period.secs());
    let left = Decimal::ONE - ratio(left.0, left.1).unwrap_or_default() / budget;
    if left.abs() < Decimal::new(1, 9) {
        return None;
    }
    Some(match ratio(now.0, Decimal::from(now.1)) {
        _ if left < Decimal::ZERO => Decimal::ZERO,
        Some(now) if now > Decimal::ZERO => left.checked_mul(period * budget)?.checked_div(now)?.min(period),
        Some(_) | None => period,
    })
}

/// Whole seconds as `humanizeDuration` writes them.
fn humanized(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    let seconds = seconds % 60;
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, minutes) => format!("{minutes}m {seconds}s"),
        (0, hours, minutes) => format!("{hours}h {minutes}m {seconds}s"),
        (days, hours, minutes) => format!("{days}d {hours}h {minutes}m {seconds}s"),
    }
}

/// The value of a companion alert as its text writes it: Go's `%.4g`, or `%.0f` for large numbers.
pub(super) fn alert_value(value: Decimal) -> String {
    let large = Decimal::new(99_995, 1);
    if value.abs() < large { digits::<4>(value) } else { format!("{:.0}", float(value)) }
}

fn float(value: Decimal) -> f64 {
    text(value).parse().expect("a decimal is a number")
}

/// Go's `%g` with this number of digits.
fn digits<const DIGITS: usize>(value: Decimal) -> String {
    let value = float(value);
    if value == 0.0 {
        return "0".to_owned();
    }
    let scientific = format!("{value:.*e}", DIGITS - 1);
    let (mantissa, exponent) = scientific.split_once('e').expect("scientific notation has an exponent");
    let exponent: i32 = exponent.parse().expect("an exponent is a number");
    let trimmed = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    if exponent >= -4 && (DIGITS as i32) > exponent {
        let places = usize::try_from(DIGITS as i32 - 1 - exponent).unwrap_or(0);
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
        let written = |text: &str| alert_value(Decimal::from_str_exact(text).expect(text));
        for (value, expected) in [
            ("50", "50"),
            ("99.98765", "99.99"),
            ("-177.00831", "-177"),
            ("9999.4", "9999"),
            ("-20000", "-20000"),
            ("0.012345", "0.01235"),
            ("93612.4", "93612"),
            ("0", "0"),
        ] {
            assert_eq!(written(value), expected, "{value}");
        }
    }

    #[test]
    fn the_budget_left_is_never_below_zero() {
        let budget = Decimal::new(1, 3);
        for (bad, total, expected) in
            [(1, 5000, "80"), (1, 3000, "66.7"), (833_600, 1_000_000, "0"), (0, 0, "100")]
        {
            assert_eq!(percent_left(bad, Decimal::from(total), budget), expected, "{bad} of {total}");
        }
    }

    #[test]
    fn texts_that_rounding_decides_are_not_computed() {
        for (bad, total, expected) in
            [(1, 288, Some("0.3472")), (1, 64, None), (1, 1, Some("100")), (0, 5, Some("0")), (1, 0, None)]
        {
            assert_eq!(percentage(bad, total).as_deref(), expected, "{bad} of {total}");
        }
        let month = Duration::from_secs(30 * 86_400);
        let budget = Decimal::new(1, 3);
        for (left, now, expected) in [
            ((0, 1000), (1, 1), Some("43m 0s")),
            ((0, 1000), (1, 10), Some("7h 12m 0s")),
            ((1, 2000), (1, 500), Some("7d 12h 0m 0s")),
            ((0, 1000), (1, 72), Some("2d 3h 50m 0s")),
            ((2, 1000), (1, 1), Some("0s")),
            ((0, 1000), (0, 10), Some("30d 0h 0m 0s")),
            ((2, 1000), (0, 10), Some("0s")),
            ((1, 1000), (0, 10), None),
        ] {
            let left = (left.0, Decimal::from(left.1));
            assert_eq!(lasts(left, now, budget, month).as_deref(), expected, "{left:?} at {now:?}");
        }
        for (left, now, expected) in [
            ((1, 7000), (1, 72), Some("1d 20h 26m 3s")),
            ((0, 1000), (1, 72), None),
            ((2, 1000), (1, 1), Some("0s")),
            ((0, 1000), (0, 10), Some("30d 0h 0m 0s")),
            ((999, 1_000_000), (1, 10), None),
        ] {
            let left = (left.0, Decimal::from(left.1));
            assert_eq!(exhaustion(left, now, budget, month).as_deref(), expected, "{left:?} at {now:?}");
        }
        assert_eq!(
            lasts((0, Decimal::ONE), (1, 1), budget, Duration::from_secs(30_000)),
            None,
            "half a minute"
        );
    }
}
