//! Secrets in addresses: names with passwords, parameters, and paths that give access.

use std::ops::Range;

use super::is_key;
use super::names::{SENT, is_secret_name};

/// The length of `https://` at the beginning of a text, with any number of slashes.
pub(super) fn scheme(text: &str) -> Option<usize> {
    let name = text.find(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c))?;
    let slashes = text.get(name..)?.strip_prefix(':')?;
    let count = slashes.len() - slashes.trim_start_matches(['/', '\\']).len();
    (text.starts_with(|c: char| c.is_ascii_alphabetic()) && count > 0).then_some(name + 1 + count)
}

/// Whether the port is not a number, as in `user:password`.
pub(super) fn bad_port(authority: &str) -> bool {
    let after = authority.rsplit_once(']').map_or(authority, |(_, after)| after);
    let port = after.split_once(':').map(|(_, port)| port);
    port.is_some_and(|port| !port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The end of the name and the password in an address without its scheme. This is at the last `@`, because passwords may contain `/`, `#` and `?`,
/// which normally end this part. If there is no `@` but the port is not a number, it is at the end of the host.
pub(super) fn userinfo(rest: &str, has_scheme: bool) -> Option<usize> {
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let last = rest.rfind('@').filter(|at| *at > 0);
    match last {
        Some(at) if authority.contains('@') || bad_port(authority) || !has_scheme => Some(at),
        // `medium.com/@somebody` is an account, not a password.
        Some(at) if !rest[..at].ends_with('/') => Some(at),
        Some(_) | None if has_scheme && bad_port(authority) => Some(authority.len()),
        Some(_) | None => None,
    }
}

/// Whether a character ends a word that may be an address.
pub(super) fn ends_word(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>')
}

/// The offset behind the character at `last`; 0 without one.
pub(super) fn after(text: &str, last: Option<usize>) -> usize {
    last.map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8))
}

/// Limit for the addresses of one line. The rest of the line is hidden.
const MOST_ADDRESSES: usize = 100;

/// Finds the secrets in the addresses of one line.
pub(super) fn addresses(line: &str, guess: bool, all: &mut Vec<Range<usize>>) {
    let (mut at, mut end, mut begins, mut looked) = (0, 0, 0, 0);
    let mut hosts = HostAfterAt { sign: None, named: false };
    while let Some(colon) = line[at..].find(':').map(|skip| at + skip) {
        // Computed once per word, however many colons the word has.
        if colon >= end {
            end = line[colon..].find(ends_word).map_or(line.len(), |length| colon + length);
            hosts = HostAfterAt::of(line, colon, end);
        }
        let between = &line[at..colon];
        if let Some(last) = between.rfind(|c: char| ends_word(c) || "[{(,=".contains(c)) {
            begins = at + after(between, Some(last));
        }
        at = colon + 1;
        let before = &line[..colon];
        let before = after(before, before.rfind(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c)));
        if let Some(length) = scheme(&line[before..]).filter(|length| before + length > colon) {
            let start = before + length;
            looked += 1;
            if looked > MOST_ADDRESSES {
                all.push(start..line.trim_end_matches(['\n', '\r']).len());
                return;
            }
            // The address may be followed by punctuation.
            let word = line[start..end.max(start)].trim_end_matches([':', ',', ';', '.', '!', ')']);
            of_address(line, start, word, guess, all);
        } else if let Some(sign) = hosts.sign.filter(|sign| hosts.named && *sign > colon + 1) {
            let mail = line[begins..colon].eq_ignore_ascii_case("mailto");
            if begins < colon && !mail {
                all.push(colon + 1..sign);
                // The range already hides the rest of the word's credentials.
                hosts.named = false;
            }
        }
    }
}

/// Finds the secrets of an address; `start` is behind its scheme.
fn of_address(line: &str, start: usize, word: &str, guess: bool, all: &mut Vec<Range<usize>>) {
    let authority = &word[..word.find(['/', '?', '#']).unwrap_or(word.len())];
    // If this is a password, it may contain quotes and blanks, too.
    let reach = match bad_port(authority) {
        true => line[start..].trim_end_matches(['\n', '\r']),
        false => word,
    };
    let end = userinfo(reach, true);
    all.extend(end.map(|end| start..start + end));
    let host = end.filter(|_| reach.contains('@')).map_or(0, |end| end + 1);
    let rest = word.get(host..).unwrap_or_default();
    let lower = rest.to_ascii_lowercase();
    let base = start + host;
    if let Some(path) = lower.find('/').filter(|_| HOOKS.iter().any(|hook| lower.contains(hook))) {
        all.push(base + path + 1..base + lower.len());
    }
    if let Some(query) = lower.find(['?', '#']) {
        let mut at = query + 1;
        for pair in lower[query + 1..].split_inclusive(['&', '#', '?', ';']) {
            let value = pair.find('=').map(|equals| equals + 1);
            let name = &pair[..value.map_or(0, |value| value - 1)];
            let end = pair.trim_end_matches(['&', '#', '?', ';']).len();
            if let Some(value) =
                value.filter(|value| (is_secret_name(name) || SENT.contains(&name)) && *value < end)
            {
                all.push(base + at + value..base + at + end);
            }
            at += pair.len();
        }
    }
    // `…/token/abc`, and random words.
    if guess {
        const ENDS: [char; 5] = ['/', '?', '#', '&', '='];
        let mut at = base;
        let mut named = false;
        for part in rest.split_inclusive(ENDS) {
            let end = part.trim_end_matches(ENDS).len();
            let is_host = at == base;
            if !is_host && (named || is_key(&part[..end])) {
                all.push(at..at + end);
            }
            named = !is_host && part.ends_with('/') && is_secret_name(&part[..end]);
            at += part.len();
        }
    }
}

/// Addresses to which everybody who knows them can send.
const HOOKS: [&str; 12] = [
    "hooks.slack.com/",
    "hooks.slack-gov.com/",
    "discord.com/api/webhooks/",
    "discordapp.com/api/webhooks/",
    "webhook.office.com/",
    "outlook.office.com/webhook/",
    "api.telegram.org/bot",
    "chat.googleapis.com/",
    "hooks.zapier.com/",
    "logic.azure.com",
    "events.pagerduty.com/integration/",
    "alert.victorops.com/integrations/",
];

/// The `@` of a word that may contain `name:password@host`, around a colon that does not belong to a scheme.
struct HostAfterAt {
    /// The place of the last `@`.
    sign: Option<usize>,
    /// Whether a host follows the `@`.
    named: bool,
}

impl HostAfterAt {
    /// Looks at the word from a colon to its end.
    fn of(line: &str, colon: usize, end: usize) -> Self {
        let word = &line[colon..end];
        let Some(sign) = word.rfind('@') else { return Self { sign: None, named: false } };
        let behind = &word[sign + 1..];
        let host =
            behind.split(|c: char| !c.is_ascii_alphanumeric() && !"-.".contains(c)).next().unwrap_or("");
        let further = &behind[host.len()..];
        // In PromQL, `@` has a time: `job:errors:rate5m@1609746000`, `…@end()`.
        let number = host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let moment = number && host.matches('.').count() < 3;
        let is_host = !further.starts_with('(') && (further.starts_with('[') || !moment);
        let named = is_host && (!host.is_empty() || behind.starts_with('['));
        Self { sign: Some(colon + sign), named }
    }
}
