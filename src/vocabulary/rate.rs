//! Rates of events, spelled `200/h`.

use super::Decimal;

/// Events per second from `10/s` or `200/h`; `None` if the text is not a number per `s`, `m`, `h` or `d`, or if the rate is below one in thirty years
/// or above 10¹² per second.
pub fn per_second(text: &str) -> Option<Decimal> {
    let (amount, unit) = text.split_once('/')?;
    let amount = Decimal::from_str_exact(amount.trim()).ok()?;
    let seconds = match unit.trim() {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return None,
    };
    // So products of rates, budgets and durations fit into the digits of a decimal.
    let (least, most) = (Decimal::new(1, 9), Decimal::new(1_000_000_000_000, 0));
    amount.checked_div(Decimal::from(seconds)).filter(|rate| (least..=most).contains(rate))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_events_per_second() {
        assert_eq!(per_second("10/s"), Some(Decimal::TEN));
        assert_eq!(per_second(" 7200 / h "), Some(Decimal::TWO));
        assert_eq!(per_second("0.000000001/s"), Some(Decimal::new(1, 9)));
        assert_eq!(per_second("1000000000000/s"), Some(Decimal::from(10u64.pow(12))));
    }

    #[test]
    fn a_rate_is_neither_zero_nor_unlimited() {
        for text in [
            "",
            "10",
            "/s",
            "10/y",
            "x/s",
            "0/s",
            "-1/s",
            "0.0000000001/s",
            "0.00001/d",
            "1000000000001/s",
            "79228162514264337593543950335/s",
            "0.0000000000000000000000000001/d",
            "1e3/s",
        ] {
            assert_eq!(per_second(text), None, "{text}");
        }
    }
}
