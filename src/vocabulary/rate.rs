//! Rates of events, spelled `200/h`.

use super::Decimal;

/// Events per second, of `10/s`, `200/h`; `None` for what is no positive number per `s`, `m`, `h` or `d`.
pub fn per_second(text: &str) -> Option<Decimal> {
    let (amount, unit) = text.split_once('/')?;
    let amount = Decimal::from_str_exact(amount.trim()).ok().filter(|amount| *amount > Decimal::ZERO)?;
    let seconds = match unit.trim() {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return None,
    };
    amount.checked_div(Decimal::from(seconds))
}
