//! Exact decimals: objectives, budgets, burn rates and thresholds are never converted to binary fractions.

pub use rust_decimal::Decimal;
use rust_decimal::RoundingStrategy;

/// The decimal places up to which a quotient counts as finite. Windows are whole seconds, so a finite quotient has far fewer places; one that reaches
/// this limit is infinite (28d: 0.9333…).
const ENDS_WITHIN: u32 = 18;

/// Significant digits of an infinite quotient.
const KEPT_DIGITS: u32 = 12;

/// `numerator ÷ denominator`, exact if it is finite; otherwise rounded half up to twelve significant digits. This is the only rounding rule of the
/// compiler. It is applied once, after every multiplication.
pub fn quotient(numerator: Decimal, denominator: Decimal) -> Decimal {
    let exact = (numerator / denominator).normalize();
    if exact.scale() <= ENDS_WITHIN {
        return exact;
    }
    exact
        .round_sf_with_strategy(KEPT_DIGITS, RoundingStrategy::MidpointAwayFromZero)
        .expect("twelve digits fit in any decimal")
        .normalize()
}

/// The shortest decimal text: `0.0144`, `14.4`, `6`.
pub fn text(value: Decimal) -> String {
    value.normalize().to_string()
}

/// The same with so many digits, for texts. No decision depends on it.
pub fn digits(value: Decimal, digits: u32) -> String {
    text(value.round_sf(digits).unwrap_or(value))
}

/// A ratio as a percentage with so many digits, for texts.
pub fn percent_digits(ratio: Decimal, digits: u32) -> String {
    percent(ratio.round_sf(digits).unwrap_or(ratio))
}

/// A number that floating point made of a count or a ratio; `None` for NaN and for what is larger than `most`.
pub fn measured(text: &str, most: u64) -> Option<Decimal> {
    let number: Decimal = text.parse().ok().or_else(|| Decimal::from_scientific(text).ok())?;
    (number.abs() <= Decimal::from(most)).then_some(number)
}

/// A number of JSON with exactly the digits of the decimal.
pub fn json_number(value: Decimal) -> serde_json::Value {
    serde_json::from_str(&text(value)).expect("a decimal is a JSON number")
}

/// The same as [`text()`] with a decimal point in any case, so that a leading zero changes nothing: `014.4` is 14.4, but `010` would be 8.
pub fn pointed(value: Decimal) -> String {
    let text = text(value);
    if text.contains('.') { text } else { text + ".0" }
}

/// The exact value as a percentage: 0.999 is `99.9%`.
pub fn percent(value: Decimal) -> String {
    format!("{}%", text(value * Decimal::ONE_HUNDRED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_of_the_workbook_are_exact() {
        let budget = Decimal::new(1, 3);
        for (share, hours, expected) in
            [(2, 1, "0.0144"), (5, 6, "0.006"), (10, 24, "0.003"), (10, 72, "0.001")]
        {
            let numerator = Decimal::new(share, 2) * Decimal::from(30 * 24) * budget;
            assert_eq!(text(quotient(numerator, Decimal::from(hours))), expected);
        }
    }

    #[test]
    fn an_infinite_quotient_is_rounded_once() {
        assert_eq!(text(quotient(Decimal::new(28, 1), Decimal::from(3))), "0.933333333333");
        assert_eq!(text(quotient(Decimal::from(2), Decimal::from(3))), "0.666666666667");
    }
}
