//! Addresses from the sources, in a form that links can contain.

/// A web address without characters that Grafana or a page would interpret; `None` for all others, such as `javascript:`.
pub fn address(url: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#@!&'()*+,;=%".contains(c);
    let web = ["https://", "http://"].iter().any(|scheme| url.starts_with(scheme));
    let encoded = |c: char| c.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect();
    web.then(|| url.chars().map(|c| if plain(c) { c.to_string() } else { encoded(c) }).collect())
}
