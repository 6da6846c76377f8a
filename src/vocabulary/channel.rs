//! Names of channels in chats, which are no secrets.

/// Whether a text can only be the name or the number of a channel: `#on-call`, `@ops`, `oncall`, `-1001234567890`. Tokens and passwords are longer, or
/// have letters and digits.
pub fn is_channel_name(text: &str) -> bool {
    let word = text.strip_prefix(['#', '@']).unwrap_or(text);
    let is_part = |c: char| c.is_ascii_lowercase() || matches!(c, '-' | '_');
    let number = word.strip_prefix('-').unwrap_or(word);
    match word.len() {
        0 => false,
        1..=80 if word != text => word.chars().all(|c| is_part(c) || c.is_ascii_digit()),
        1..=20 => word.chars().all(is_part) || number.bytes().all(|byte| byte.is_ascii_digit()),
        _ => false,
    }
}
