//! Durations as people say them, in a suitable unit.

use super::{Decimal, text};

/// Seconds in one unit: `52 s`, `2.2 m`, `3.6 h`, `5 d`. Rounded, only for people.
pub fn spoken(seconds: Decimal) -> String {
    let (amount, unit) = amount(seconds);
    format!("{} {unit}", text(amount))
}

/// The same, with the amount separate from its unit, for languages with other spellings.
pub fn amount(seconds: Decimal) -> (Decimal, &'static str) {
    let limits = [(1, 60, "s"), (60, 60, "m"), (3600, 48, "h")];
    for (size, limit, unit) in limits {
        let amount = seconds / Decimal::from(size);
        let places = u32::from(!(unit == "s" && amount >= Decimal::TEN));
        let amount = rounded(amount, places);
        if amount < Decimal::from(limit) {
            return (amount, unit);
        }
    }
    (rounded(seconds / Decimal::from(86_400), 1), "d")
}

fn rounded(value: Decimal, places: u32) -> Decimal {
    value.round_dp_with_strategy(places, rust_decimal::RoundingStrategy::MidpointAwayFromZero)
}

/// So many characters of a text, with a sign if there are more.
pub fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_suitable_unit() {
        assert_eq!(
            [3, 259, 599, 600, 35_990, 36_000, 1_728_000, 4_320_000]
                .map(|tenths| spoken(Decimal::new(tenths, 1))),
            ["0.3 s", "26 s", "1 m", "1 m", "1 h", "1 h", "2 d", "5 d"]
        );
    }
}
