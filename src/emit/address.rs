//! Addresses that the sources give, as links may carry them.

/// Of the web, and with nothing in it that Grafana or a page would take for its own; `None` for all others, such as `javascript:`.
pub fn address(url: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#@!&'()*+,;=%".contains(c);
    let web = ["https://", "http://"].iter().any(|scheme| url.starts_with(scheme));
    let mut bytes = [0; 4];
    let encoded = |c: char| -> String {
        c.encode_utf8(&mut bytes).bytes().map(|byte| format!("%{byte:02X}")).collect()
    };
    let mut encoded = encoded;
    web.then(|| url.chars().map(|c| if plain(c) { c.to_string() } else { encoded(c) }).collect())
}
