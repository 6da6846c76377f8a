//! Finds secrets in text, so that they are never shown.
//!
//! | found | example |
//! |---|---|
//! | a name and a password in an address, with any characters | `https://u:p/w@host`, `http:/u:pw@h`, `u:pw@host:25` |
//! | the value of a parameter with the name of a secret | `?token=…`, `#access_token=…` |
//! | the path of an address that gives access to everybody who knows it | `https://hooks.slack.com/services/…` |
//! | tokens with a known prefix | `xoxb-…`, `ghp_…`, `eyJ….….…`, `Bearer …` |
//! | a word like a password behind the name of a secret | `password: …`, `PGPASSWORD=…`, `la clave es …`, `curl -u name:…` |
//! | private keys | `-----BEGIN … PRIVATE KEY-----` |
//! | in sources: values under a key for secrets, also if the key is misspelt | `pasword: …`, `api_ulr: …` |
//! | in sources: random texts | a long run of letters and digits |
//!
//! **Invariant:** a false positive costs only some readability; a missed secret is leaked. So in doubt a text is a secret.

use crate::vocabulary::{distance, is_channel_name};
use std::collections::BTreeMap;
use std::ops::Range;

/// Replaces a secret in a sentence.
pub const HIDDEN: &str = "…";

/// An address for messages: without name and password, without parameters, and without texts that look like keys.
pub fn address(text: &str) -> String {
    let text = text.trim();
    let (scheme, rest) = match scheme(text) {
        Some(end) => text.split_at(end),
        None => ("", text),
    };
    let rest = match userinfo(rest, !scheme.is_empty()) {
        Some(end) => format!("{HIDDEN}{}", &rest[end..]),
        None => rest.to_owned(),
    };
    let cut = rest.find(['?', '#']).unwrap_or(rest.len());
    let more = if cut + 1 < rest.len() { HIDDEN } else { "" };
    let kept = &rest[..(cut + 1).min(rest.len())];
    let shown = format!("{scheme}{kept}");
    replaced(&shown, &found(&shown, true)) + more
}

/// A sentence without the secrets in its addresses and without tokens.
pub fn masked(text: &str) -> String {
    replaced(text, &found(text, false))
}

/// Whether an address contains a name and a password, perhaps in a wrong form.
pub fn has_credentials(address: &str) -> bool {
    let rest = &address[scheme(address).unwrap_or(0)..];
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let meant = || userinfo(rest, scheme(address).is_some()).is_some() && bad_port(authority);
    authority.contains('@') || meant()
}

/// Whether a text contains a secret.
pub fn is_in(text: &str) -> bool {
    !found(text, false).is_empty()
}

/// Whether an address with a secret or a token with a known prefix is in a query.
pub fn is_in_query(text: &str) -> bool {
    text.lines().any(|line| {
        let mut all = Vec::new();
        addresses(line, false, &mut all);
        tokens(line, &mut all);
        !all.is_empty()
    })
}

/// Whether a label or an annotation has the name of a secret, and a value that can be one.
pub fn is_value_of(name: &str, value: &str) -> bool {
    is_secret_word(name) && is_like_password(value.trim())
}

/// As [`is_in`], for an address. A random text in its path counts as a secret, too.
pub fn is_guessed_in(text: &str) -> bool {
    !found(text, true).is_empty()
}

/// Whether a word is random text, such as a key or a password.
pub fn is_key(word: &str) -> bool {
    !keys(word, 8).is_empty()
}

/// The first secret of a text.
pub fn first(text: &str) -> Option<Range<usize>> {
    found(text, false).into_iter().next()
}

/// The places of secrets in a source, in order: in addresses, in tokens, and as values of keys for secrets.
pub fn places(source: &str) -> Vec<Range<usize>> {
    let mut places = found(source, true);
    let mut keys = Keys::default();
    written(source, &mut keys, &mut places);
    sections(source, &mut keys, &mut places);
    joined(places)
}

/// The text with these ranges replaced.
fn replaced(text: &str, hidden: &[Range<usize>]) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut at = 0;
    for range in hidden {
        shown.push_str(&text[at..range.start]);
        shown.push_str(HIDDEN);
        at = range.end;
    }
    shown + &text[at..]
}

/// The ranges in order, with overlapping ones joined.
fn joined(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.retain(|range| !range.is_empty());
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut joined: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

/// The secrets of a text; with `guess`, also random texts.
fn found(text: &str, guess: bool) -> Vec<Range<usize>> {
    let mut all = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive(['\n', '\r']) {
        let mut of_line = Vec::new();
        addresses(line, guess, &mut of_line);
        tokens(line, &mut of_line);
        stated(line, &mut of_line);
        if guess {
            of_line.extend(keys(line, 20));
        }
        all.extend(of_line.into_iter().map(|range| range.start + start..range.end + start));
        start += line.len();
    }
    private_keys(text, &mut all);
    joined(all)
}

/// Finds private keys in PEM: to their end line, or to the end of the text.
fn private_keys(text: &str, all: &mut Vec<Range<usize>>) {
    let mut at = 0;
    while let Some(start) = text[at..].find("-----BEGIN ").map(|skip| at + skip) {
        let rest = &text[start..];
        let title = rest["-----BEGIN ".len()..].split(['-', '\n']).next();
        let is_private = title.is_some_and(|title| title.contains("PRIVATE KEY"));
        let end = rest.find("-----END ").filter(|_| is_private);
        at = match end {
            Some(end) => start + end,
            None if is_private => text.len(),
            None => start + 1,
        };
        if is_private {
            all.push(start..at);
        }
    }
}

/// Finds passwords in a sentence or a command: behind the name of a secret and `:`, `=`, `is` or `es`, directly behind a word for a password, and
/// behind the name of a user after `curl -u`.
fn stated(line: &str, all: &mut Vec<Range<usize>>) {
    let is_blank = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ',' | ';' | '(' | ')');
    // The word before, and what the words before say: a secret follows, or a user and a password.
    let (mut before, mut follows, mut user, mut curl) = ("", false, false, false);
    // The number of words since a word for a password: `the password of the database is …`.
    let mut since = usize::MAX;
    let mut start = 0;
    for part in line.split_inclusive(is_blank) {
        let word = part.trim_end_matches(is_blank);
        let end = start + word.len();
        start += part.len();
        if word.is_empty() {
            continue;
        }
        let (name, value) = match word.split_once(['=', ':']) {
            Some((name, value)) => (name, value.trim_start_matches(['=', ':'])),
            None => (word, ""),
        };
        let assigned =
            !value.is_empty() && !value.contains(':') && is_like_password(value) && is_secret_word(name);
        if !value.is_empty() && (user || assigned) {
            all.push(end - value.len()..end);
        } else if (follows || since == 0 && !is_algorithm(word)) && is_like_password(word) {
            all.push(end - word.len()..end);
        }
        since = if PASSWORDS.contains(&plain(word).as_str()) { 0 } else { since.saturating_add(1) };
        let is = ["is", "es", "=", ":"].contains(&word);
        follows = is && (is_secret_word(before) || since <= 6)
            || word.len() > name.len() && value.is_empty() && is_secret_word(name);
        before = word;
        curl |= word == "curl";
        user = curl && matches!(word, "-u" | "--user");
    }
}

/// Whether a word names a way to hash, to encrypt or to sign in, with digits in its name.
fn is_algorithm(word: &str) -> bool {
    let word = word.to_lowercase();
    ["sha", "aes", "rsa", "md5", "base", "oauth", "argon", "scrypt", "bcrypt", "pbkdf"]
        .iter()
        .any(|name| word.starts_with(name))
}

/// Whether a word can be a password and is not a word of a language, a number, a placeholder, or a part of a query.
fn is_like_password(word: &str) -> bool {
    let word = word.trim_end_matches(['.', '!', '?']);
    let has = |is: fn(&u8) -> bool| word.as_bytes().iter().any(is);
    let letters = has(u8::is_ascii_alphabetic);
    let sign = |c: char| "!@#$%^&*+".contains(c);
    let kinds = [
        has(u8::is_ascii_digit),
        word.trim_matches(sign).contains(sign) || word.ends_with(sign),
        word.as_bytes().windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase()),
    ];
    let placeholder = word.starts_with(['<', '{', '$', '%', '[', '…', '*']) || word.contains("***");
    word.len() >= 6 && letters && kinds.contains(&true) && !placeholder && !word.contains("://")
}

/// The length of `https://` at the beginning of a text, with any number of slashes.
fn scheme(text: &str) -> Option<usize> {
    let name = text.find(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c))?;
    let slashes = text.get(name..)?.strip_prefix(':')?;
    let count = slashes.len() - slashes.trim_start_matches(['/', '\\']).len();
    (text.starts_with(|c: char| c.is_ascii_alphabetic()) && count > 0).then_some(name + 1 + count)
}

/// Whether the port is not a number, as in `user:password`.
fn bad_port(authority: &str) -> bool {
    let after = authority.rsplit_once(']').map_or(authority, |(_, after)| after);
    let port = after.split_once(':').map(|(_, port)| port);
    port.is_some_and(|port| !port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The end of the name and the password in an address without its scheme. This is at the last `@`, because passwords may contain `/`, `#` and `?`,
/// which normally end this part. If there is no `@` but the port is not a number, it is at the end of the host.
fn userinfo(rest: &str, has_scheme: bool) -> Option<usize> {
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
fn ends_word(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>')
}

/// The offset behind the character at `last`; 0 without one.
fn after(text: &str, last: Option<usize>) -> usize {
    last.map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8))
}

/// Limit for the addresses of one line. The rest of the line is hidden.
const MOST_ADDRESSES: usize = 100;

/// Finds the secrets in the addresses of one line.
fn addresses(line: &str, guess: bool, all: &mut Vec<Range<usize>>) {
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

/// Finds tokens with a known prefix.
fn tokens(line: &str, all: &mut Vec<Range<usize>>) {
    const BEGIN: [&str; 22] = [
        "xoxb-",
        "xoxp-",
        "xoxa-",
        "xoxr-",
        "xoxs-",
        "xapp-",
        "ghp_",
        "gho_",
        "ghs_",
        "ghu_",
        "github_pat_",
        "glpat-",
        "glsa_",
        "glc_",
        "sk_live_",
        "rk_live_",
        "hvs.",
        "SG.",
        "AKIA",
        "eyJ",
        "npm_",
        "dop_v1_",
    ];
    const LEAST: usize = 12;
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_.~+/=".contains(c);
    let mut at = 0;
    let mut named = false;
    for word in line.split_inclusive(|c: char| !is_part(c)) {
        let bare = word.trim_end_matches(|c: char| !is_part(c));
        let digits = bare.bytes().any(|byte| byte.is_ascii_digit());
        let begins = BEGIN.iter().any(|begin| bare.starts_with(begin) && bare.len() >= begin.len() + LEAST);
        if begins || named && bare.len() >= 6 && (digits || bare.len() > 15) {
            all.push(at..at + bare.len());
        }
        named = ["bearer", "basic"].iter().any(|scheme| bare.eq_ignore_ascii_case(scheme))
            || named && bare.is_empty();
        at += word.len();
    }
}

/// Random runs of letters and digits: long ones, and those from `least` characters on in which letters and digits alternate more often than in words.
fn keys(line: &str, least: usize) -> Vec<Range<usize>> {
    let mut all = Vec::new();
    let mut start = 0;
    for run in line.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let bare = run.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        if bare.len() >= 8 && is_made(bare, least) {
            all.push(start..start + bare.len());
        }
        start += run.len();
    }
    // `01234567-89ab-cdef-0123-456789abcdef`
    let bytes = line.as_bytes();
    for (dash, _) in line.match_indices('-') {
        let Some(start) = dash.checked_sub(8) else { continue };
        let is_one = bytes.get(start..start + 36).is_some_and(|uuid| {
            uuid.iter().enumerate().all(|(index, byte)| match index {
                8 | 13 | 18 | 23 => *byte == b'-',
                _ => byte.is_ascii_hexdigit(),
            })
        });
        if is_one {
            all.push(start..start + 36);
        }
    }
    all
}

fn is_made(word: &str, least: usize) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let letters = word.len() - digits;
    let kind = |byte: u8| (byte.is_ascii_digit(), byte.is_ascii_uppercase());
    let pairs = || word.as_bytes().windows(2);
    let turns = pairs().filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit()).count();
    let changes = pairs().filter(|pair| kind(pair[0]) != kind(pair[1])).count();
    let long = word.len() >= 20 && digits >= 2 && letters >= 2 && turns >= 3;
    // Words may be joined by capitals, as in `EveryWordBeginsSo`, but these are not every second letter.
    let often = if digits >= 2 { 3 } else { 2 };
    let mixed = word.len() >= 16 && changes * often >= word.len();
    let number = word.len() >= 32 && letters == 0;
    long || mixed || number || (word.len() >= least && turns >= 3 && digits >= 2 && letters >= 3)
}

/// Endings of keys for secrets, without `_` and `-`.
const SECRETS: [&str; 33] = [
    "password",
    "passwd",
    "passphrase",
    "pass",
    "pwd",
    "pw",
    "passwort",
    "contraseña",
    "contrasena",
    "clave",
    "secreto",
    "secret",
    "token",
    "apikey",
    "apiurl",
    "routingkey",
    "servicekey",
    "integrationkey",
    "accesskey",
    "privatekey",
    "userkey",
    "credential",
    "credentials",
    "authorization",
    "bearer",
    "webhookurl",
    "hookurl",
    "signature",
    "sig",
    "jwt",
    "auth",
    "key",
    "apitoken",
];

/// Words for a password in a sentence.
const PASSWORDS: [&str; 8] =
    ["password", "passwd", "passphrase", "pwd", "passwort", "contraseña", "contrasena", "clave"];

/// Further names of parameters with secrets.
const SENT: [&str; 4] = ["code", "session", "sid", "state"];

/// Channels: if the value is a text instead of a map, a secret may have been pasted.
const CHANNELS: [&str; 13] = [
    "slack",
    "webhook",
    "pagerduty",
    "opsgenie",
    "discord",
    "telegram",
    "pushover",
    "victorops",
    "msteams",
    "teams",
    "mattermost",
    "hook",
    "webex",
];

/// Endings of keys for addresses.
const ADDRESSES: [&str; 7] = ["url", "uri", "host", "address", "endpoint", "server", "proxy"];

/// Keys of maps with receivers, accounts and certificates.
const SECTIONS: [&str; 5] = ["receivers", "smtp", "oauth2", "tls_config", "http_config"];

/// Whether a key is for a secret, or differs from one by one typing error.
pub fn is_secret_name(name: &str) -> bool {
    is_named_secret(name) || {
        let plain = plain(name);
        !is_about_secret(&plain) && SECRETS.iter().any(|secret| secret.len() > 4 && is_slip(&plain, secret))
    }
}

/// Whether a name ends with a word for a secret.
fn is_named_secret(name: &str) -> bool {
    let plain = plain(name);
    let last = name.rsplit(['_', '-', '.']).next().unwrap_or_default().to_lowercase();
    !is_about_secret(&plain)
        && SECRETS.iter().any(|secret| match secret.len() {
            ..=4 => plain == *secret || last == *secret,
            _ => plain.ends_with(secret),
        })
}

/// As [`is_named_secret`], for words of sentences and names of labels: `key`, `sig` and `auth` have other meanings there.
fn is_secret_word(name: &str) -> bool {
    is_named_secret(name) && !["key", "sig", "auth"].contains(&plain(name).as_str())
}

/// Whether the value of a key is the path or the name of a secret, not the secret itself.
fn is_about_secret(plain: &str) -> bool {
    ["file", "path", "ref", "name"].iter().any(|end| plain.ends_with(end))
}

fn is_channel(name: &str) -> bool {
    let plain = plain(name);
    CHANNELS.iter().any(|channel| plain == *channel || (*channel != "teams" && is_slip(&plain, channel)))
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a word is another one with a typing error.
fn is_slip(typed: &str, meant: &str) -> bool {
    let most = match meant.len() {
        ..=4 => 0,
        5..=7 => 1,
        _ => 2,
    };
    distance(typed, meant, most).is_some()
}

/// How a value continues on the next lines.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Continuation {
    /// A block scalar.
    Lines,
    /// As a plain text: it begins or continues on the next line, unless that is a map.
    Word,
    /// Until this closing quote.
    Quoted(char),
}

/// Finds the values of keys for secrets. The source may not be valid YAML, for example with an open quote, so it is read line by line.
fn written<'a>(source: &'a str, keys: &mut Keys<'a>, all: &mut Vec<Range<usize>>) {
    let mut start = 0;
    // The indentation of a key whose value continues on the next lines.
    let mut below: Option<(usize, Continuation)> = None;
    for line in source.split_inclusive('\n') {
        let content = line.trim_end();
        let bare = content.trim_start();
        let blanks = content.len() - bare.len();
        let deeper = |least: usize| bare.is_empty() || blanks > least;
        let goes_on = below.is_some_and(|(least, kind)| match kind {
            Continuation::Quoted(_) => true,
            Continuation::Lines => deeper(least),
            Continuation::Word => {
                deeper(least)
                    && !bare.starts_with('#')
                    && (bare.starts_with(['"', '\'', '|', '>']) || !has_key(bare))
            }
        });
        if goes_on {
            all.push(start + blanks..start + content.len());
            if matches!(below, Some((_, Continuation::Quoted(quote))) if bare.contains(quote)) {
                below = None;
            }
        } else {
            below = of_line(content, start, keys, all);
        }
        start += line.len();
    }
}

/// Finds words like passwords in the sections that contain secrets, whatever their key is, and also if they have none.
fn sections<'a>(source: &'a str, keys: &mut Keys<'a>, all: &mut Vec<Range<usize>>) {
    let (mut start, mut within) = (0, None);
    for line in source.split_inclusive('\n') {
        let bare = line.trim();
        let blanks = line.len() - line.trim_start().len();
        if within.is_some_and(|least| blanks <= least && !bare.is_empty()) {
            within = None;
        }
        let begins = match within {
            Some(_) => Some(0),
            None => section(line, keys),
        };
        if let Some(begins) = begins {
            within = within.or(Some(blanks));
            like_passwords(&line[begins..], start + begins, all);
        }
        start += line.len();
    }
}

/// Where a section begins on a line: behind its key.
fn section<'a>(line: &'a str, keys: &mut Keys<'a>) -> Option<usize> {
    line.match_indices(':').map(|(colon, _)| colon).find(|colon| {
        let before = line[..*colon].trim_end().trim_end_matches(['"', '\'']);
        let from = after(before, before.rfind(|c: char| !c.is_alphanumeric() && c != '_'));
        keys.kind(&before[from..]) == KeyKind::Section
    })
}

/// Finds words like passwords that are neither keys nor addresses nor paths.
fn like_passwords(line: &str, start: usize, all: &mut Vec<Range<usize>>) {
    let is_around = |c: char| c.is_whitespace() || "{}[](),\"'`<>".contains(c);
    let is_between = |c: char| ":=;/$".contains(c);
    let mut at = 0;
    for part in line.split_inclusive(is_around) {
        let word = part.trim_end_matches(is_around);
        let before = line[..at].trim_end().trim_end_matches('-').trim_end();
        // The name of a receiver, or another key.
        let is_key = word.ends_with(':') && (before.is_empty() || before.ends_with(['{', ',']));
        if !is_key && !word.contains("://") && !word.starts_with(['/', '.', '#']) {
            let plain = word.trim_start_matches(['%', '*', '&', '!', '@']);
            let mut begins = at + word.len() - plain.len();
            for piece in plain.split_inclusive(is_between) {
                let bare = piece.trim_end_matches(is_between);
                let is_host = |text: &str| {
                    text.trim_matches('.').contains('.')
                        && text
                            .bytes()
                            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b))
                };
                let is_mail = bare.split_once('@').is_some_and(|(_, host)| is_host(host));
                if is_like_password(bare) && !is_host(bare) && !is_mail {
                    all.push(start + begins..start + begins + bare.len());
                }
                begins += piece.len();
            }
        }
        at += part.len();
    }
}

/// What the value of a key may contain.
#[derive(Clone, Copy, PartialEq, Eq)]
enum KeyKind {
    Secret,
    /// The path of a file with a secret.
    File,
    /// A map with a secret.
    Channel,
    Address,
    /// A map in which a secret is often pasted at a wrong place.
    Section,
    Other,
}

/// The kinds of the keys of a source. Comparing a name with all that it may be meant to be takes long, and sources repeat their keys.
#[derive(Default)]
struct Keys<'a>(BTreeMap<&'a str, KeyKind>);

impl<'a> Keys<'a> {
    fn kind(&mut self, key: &'a str) -> KeyKind {
        *self.0.entry(key).or_insert_with(|| match key.to_lowercase() {
            name if name.is_empty() => KeyKind::Other,
            _ if is_secret_name(key) => KeyKind::Secret,
            name if name.strip_suffix("_file").is_some_and(is_secret_name) => KeyKind::File,
            _ if is_channel(key) => KeyKind::Channel,
            name if ADDRESSES.iter().any(|end| name.ends_with(end)) => KeyKind::Address,
            name if SECTIONS.iter().any(|section| name == *section || is_slip(&name, section)) => {
                KeyKind::Section
            }
            _ => KeyKind::Other,
        })
    }
}

/// Whether a line begins with a key.
fn has_key(line: &str) -> bool {
    line.split_once(':').is_some_and(|(key, rest)| {
        let key = key.trim_matches(['"', '\'', ' ', '-']);
        (rest.is_empty() || rest.starts_with([' ', '\t']))
            && key.chars().all(|c| c.is_alphanumeric() || "_-. ".contains(c))
    })
}

/// Finds the secret values of one line. Returns how the last value continues.
fn of_line<'a>(
    line: &'a str,
    start: usize,
    keys: &mut Keys<'a>,
    all: &mut Vec<Range<usize>>,
) -> Option<(usize, Continuation)> {
    let indent = line.len() - line.trim_start_matches([' ', '\t', '-']).len();
    without_colon(line, start, keys, all);
    let mut at = 0;
    while let Some(colon) = line[at..].find([':', '=']).map(|skip| at + skip) {
        at = colon + 1;
        let assigned = line[colon..].starts_with('=');
        let before = line[..colon].trim_end().trim_end_matches(['"', '\'']);
        let from = after(before, before.rfind(|c: char| !c.is_alphanumeric() && !"_-.".contains(c)));
        let key = before[from..].trim_start_matches('-');
        let kind = keys.kind(key);
        // The path of a file has a folder; a password is seldom like that.
        let pasted = kind == KeyKind::File && !line[colon..].contains(['/', '\\', '<']);
        let secret = pasted || kind == KeyKind::Secret;
        let channel = !assigned && kind == KeyKind::Channel;
        let address = !assigned && kind == KeyKind::Address;
        if !(secret || channel || address) {
            continue;
        }
        let rest = &line[colon + 1..];
        let value = rest.trim_start();
        let begins = colon + 1 + (rest.len() - value.len());
        let parted = rest.is_empty() || value.len() < rest.len() || value.starts_with(['"', '\'']);
        // Only the first key of a line can have a value on the next line.
        let first = from <= indent + 1;
        if !parted && !assigned {
            // The blank was forgotten: `token:abc`. The name of a recorded series has further colons.
            let key_begins = first || line[..from].trim_end().ends_with(['{', ',']);
            let end = value.find(|c: char| ends_word(c) || ",}".contains(c)).unwrap_or(value.len());
            let pasted = secret || address && !is_like_address(&value[..end]);
            if pasted && key_begins && !value[..end].contains([':', '(', '{', '[']) {
                all.push(start + begins..start + begins + end);
            }
            continue;
        }
        let alone = without_tag(value);
        if alone.is_empty() && !value.is_empty() {
            all.push(start + begins..start + line.len());
        }
        if alone.is_empty() || alone.starts_with('#') {
            return (!channel && first).then_some((indent, Continuation::Word));
        }
        if alone.starts_with(['|', '>']) {
            all.push(start + begins..start + line.len());
            return Some((indent, Continuation::Lines));
        }
        if let Some(entry) = alone.strip_prefix('{') {
            // `{ file: abc }`, or a map without any key. Other maps are looked at key by key.
            let entry = &entry[..entry.find('}').unwrap_or(entry.len())];
            if !entry.contains(',') && (!channel || !entry.contains([':', '='])) {
                let begins = line.len() - alone.len() + 1;
                all.push(start + begins..start + begins + entry.len());
            }
            continue;
        }
        if channel && alone.starts_with('[') {
            continue;
        }
        // A value that is no address may be what the address was meant to be for.
        if address && is_like_address(&value[..value_length(value)]) {
            // A complete value on this line is found by other rules, unless it continues.
            match open_quote(alone) {
                Some(quote) => return Some((indent, Continuation::Quoted(quote))),
                None => continue,
            }
        }
        let length = match assigned && !value.starts_with(['"', '\'']) {
            true => value.find(|c: char| ends_word(c) || "&,;})]".contains(c)).unwrap_or(value.len()),
            false => value_length(value),
        };
        if channel && is_channel_name(value[..length].trim_matches(['"', '\''])) {
            at = begins + length;
            continue;
        }
        all.push(start + begins..start + begins + length);
        if let Some(quote) = open_quote(alone) {
            return Some((indent, Continuation::Quoted(quote)));
        }
        at = begins + length;
        // A plain text may continue on the next lines.
        if at >= line.len() && !alone.starts_with(['"', '\'']) && first {
            return Some((indent, Continuation::Word));
        }
    }
    None
}

/// Whether a value is an address or the name of a host, perhaps with mistakes.
fn is_like_address(value: &str) -> bool {
    let value = value.trim_matches(['"', '\'']);
    let port = value.rsplit_once(':').map(|(_, port)| port);
    value.contains(['/', '.', '$', ','])
        || value.starts_with("localhost")
        || port.is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Finds a value whose colon was forgotten: `{ user: a, password abc }`.
fn without_colon<'a>(line: &'a str, start: usize, keys: &mut Keys<'a>, all: &mut Vec<Range<usize>>) {
    let mut at = 0;
    for entry in line.split_inclusive(['{', ',', '}']) {
        let bare = entry.trim_end_matches(['{', ',', '}']).trim_end();
        let mut words = bare.trim_start_matches([' ', '\t', '-']).split_whitespace();
        if let (Some(key), Some(value), None) = (words.next(), words.next(), words.next())
            && !bare.contains(':')
            && keys.kind(key) == KeyKind::Secret
        {
            all.push(start + at + bare.len() - value.len()..start + at + bare.len());
        }
        at += entry.len();
    }
}

/// A value without its tag and anchor.
fn without_tag(value: &str) -> &str {
    let mut value = value;
    while value.starts_with(['!', '&']) {
        value = value.split_once([' ', '\t']).map_or("", |(_, rest)| rest.trim_start());
    }
    value
}

/// The opening quote of a value that is not closed on its line.
fn open_quote(value: &str) -> Option<char> {
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    (!value[1..].contains(quote)).then_some(quote)
}

/// The length of a value on its line: to the end of its quotes, to the end of its entry in braces, or to the end of the line. If it seems not to be
/// closed, it includes the rest of the line.
fn value_length(value: &str) -> usize {
    let Some(first) = value.chars().next() else { return 0 };
    if matches!(first, '"' | '\'') {
        let mut chars = value.char_indices().skip(1).peekable();
        while let Some((at, c)) = chars.next() {
            if c == '\\' && first == '"' {
                chars.next();
            } else if c == first {
                if first == '\'' && chars.next_if(|(_, next)| *next == first).is_some() {
                    continue;
                }
                // After a closing quote, only the end of an entry or a comment may follow.
                let rest = value[at + 1..].trim_start();
                let closed = rest.is_empty() || rest.starts_with([',', '}', ']', '#']);
                return if closed { at + 1 } else { value.len() };
            }
        }
        return value.len();
    }
    // In braces, a comma ends it if a key or nothing follows.
    let ends = value.match_indices([',', '}', ']']).find(|(at, end)| match *end {
        "," => has_key(value[at + 1..].trim_start()) || value[at + 1..].trim().is_empty(),
        _ => value[at + 1..].trim_matches([' ', '}', ']', ',']).is_empty(),
    });
    ends.map_or(value, |(at, _)| &value[..at]).trim_end().len()
}

#[cfg(test)]
mod tests {
    use super::{address, has_credentials, masked, places};

    #[test]
    fn addresses_are_shown_without_secrets() {
        for (written, shown) in [
            ("http://localhost:9090", "http://localhost:9090"),
            ("https://prometheus.shop.internal/prometheus/", "https://prometheus.shop.internal/prometheus/"),
            ("https://u:S3cr3tPW@h", "https://…@h"),
            ("https://u:S3cr/3tPW@h:9090/x", "https://…@h:9090/x"),
            ("https://u:S3c#r3tPW@h", "https://…@h"),
            ("https://u:S3c?r3tPW@h", "https://…@h"),
            ("https://u:S3c@r3tPW@h", "https://…@h"),
            ("https://S3cr3tPW@h", "https://…@h"),
            ("http:/u:S3cr3tPW@h", "http:/…@h"),
            ("http:///u:S3cr3tPW@h", "http:///…@h"),
            ("http://u:S3cr3tPW", "http://…"),
            ("u:S3cr3tPW@h:9090", "…@h:9090"),
            ("//u:S3cr3tPW@h", "…@h"),
            ("http://h/?token=S3cr3tPW", "http://h/?…"),
            ("http://h/p#S3cr3tPW", "http://h/p#…"),
            ("https://hooks.slack.com/services/T0/B0/S3cr3tPW", "https://hooks.slack.com/…"),
            ("https://h/hook/S3cr3tPW/x", "https://h/hook/…/x"),
            ("http://[::1]:9090/x", "http://[::1]:9090/x"),
            ("slos", "slos"),
        ] {
            assert_eq!(address(written), shown, "{written}");
        }
        for with in ["u:p@h", "http://u:p@h", "http:/u:p@h", "http://u:p/w@h", "https://u:p?w@h"] {
            assert!(has_credentials(with), "{with}");
        }
        for without in ["http://h", "http://h:9090/a@b", "h:9090", "//h/x", "http://[::1]:1/"] {
            assert!(!has_credentials(without), "{without}");
        }
    }

    #[test]
    fn sentences_are_shown_without_secrets() {
        for (message, shown) in [
            ("cannot ask https://u:S3cr/3tPW@h: nobody", "cannot ask https://…@h: nobody"),
            (
                "see `http://h/x?a=1&token=S3cr3tPW&b=2#key=S3cr3tPW`",
                "see `http://h/x?a=1&token=…&b=2#key=…`",
            ),
            ("it says: Basic dTpTM2NyM3RQVw==", "it says: Basic …"),
            ("the password is hunter2, ask", "the password is …, ask"),
            ("Contraseña: hunter2.", "Contraseña: …"),
            ("la clave es 'hunter2'", "la clave es '…'"),
            ("la clave del wifi de la sala es gato1234.", "la clave del wifi de la sala es …"),
            ("log in as admin with password hunter2", "log in as admin with password …"),
            ("usuario admin, contraseña Perro2024", "usuario admin, contraseña …"),
            ("user=admin pw=hunter2", "user=admin pw=…"),
            ("run `PGPASSWORD=hunter2 psql`", "run `PGPASSWORD=… psql`"),
            ("curl -u admin:swordfish https://h", "curl -u admin:… https://h"),
            (
                "key: -----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----",
                "key: …-----END PRIVATE KEY-----",
            ),
        ] {
            assert_eq!(masked(message), shown);
        }
        for message in [
            "`slo:sli_error:ratio_rate5m@1609746000` and `a:b @ end()`",
            "write to mailto:me@shop.internal, see https://medium.com/@me/post",
            "a bearer token, basic authentication",
            "password SHA256 hashes, a password reset of web2shop, a clave RSA2048",
            "password: reset mails are late; a token is valid for 15 minutes",
            "the password is rotated, `password: <PASSWORD>` or `password=$PASSWORD`",
            "clave de partición: la cola espera; date -u 10:30; docker run -u www:www",
            "token=~\"5..\", job:errors:rate5m, sum by (token) (x) / token:requests:rate5m",
            "-----BEGIN CERTIFICATE-----",
            "cannot ask http://127.0.0.1:9090: nobody listens there",
            "api.yaml:5:16: `P95 < 500ms` at http://localhost:9090",
        ] {
            assert_eq!(masked(message), message);
        }
    }

    #[test]
    fn no_line_of_a_source_shows_a_secret() {
        for source in [
            "slack: 'https://hooks.slack.com/services/T0/B0/S3cr3tPW'",
            "slack: S3cr3tPW",
            "slak: 'S3cr3tPW'",
            "slack: { channel: \"#a\", api_ulr: S3cr3tPW }",
            "slack: { apiurl: 'S3cr3tPW', channel: \"#a\" }",
            "slack:\n  api_url: S3cr3tPW\n  api_url: S3cr3tPW",
            "webhook: 'https://u:S3cr3tPW@h'",
            "webhook: { url: 'https://h/S3cr3tPW' }",
            "url: >-\n  https://u:S3cr\n  S3cr3tPW@h",
            "  url: |\n\n    S3cr3tPW\n  x: y",
            "password: >-\n  S3cr3tPW\n  and S3cr3tPW\nnext: x",
            "password:\n  S3cr3tPW\nnext: x",
            "- password:\n    S3cr3tPW\n  next: x",
            "host: 'u:S3cr3tPW@m:25'",
            "basic_auth: { username: u, pasword: \"S3cr3tPW }",
            "password: \"S3cr3tPW\n  S3cr3tPW: x\n  y\"\nz: 1",
            "bearer_token: 'S3cr3tPW",
            "- bot_token: S3cr3tPW",
            "\"password\": \"S3cr3tPW\",",
            "params: { token: [S3cr3tPW] }",
            "headers: { Authorization: Bearer S3cr3tPW }",
            "x: http://h/?sig=S3cr3tPW",
            "passwort: !!str S3cr3tPW",
            "routing-key: S3cr3tPW # old: S3cr3tPW",
            "x: postgres://u:S3cr3tPW@db/x",
            "token:S3cr3tPW",
            "smtp: { from: a, password:S3cr3tPW }",
            "token: *S3cr3tPW",
            "token: !S3cr3tPW",
            "token: &S3cr3tPW",
            "token: { file: S3cr3tPW }",
            "victorops: { S3cr3tPW }",
            "webhook: { url: S3cr3tPW: x }",
            "webhook: { url: *S3cr3tPW }",
            "slack: { api_url_file: S3cr3tPW }",
            "webhook: { url:S3cr3tPW }",
            "webhook: { url: |S3cr3tPW }",
            "webhook: { url: \"S3cr3tPW }",
            "smtp: { from: a, password S3cr3tPW }",
            "  password S3cr3tPW",
            "receivers: { a: { webhook: { url = S3cr3tPW } } }",
            "receivers:\n  a:\n    email:\n      to: S3cr3tPW!",
            "recievers:\n  a: { email: [x@h.io, S3cr3tPW] }",
            "smtp: { from: x@h.io:S3cr3tPW, host => S3cr3tPW }",
            "receivers:\n  a:\n    url: S3cr3tPW: x\n    url, `S3cr3tPW`",
            "clave: S3cr3tPW",
            "x: |\n  -----BEGIN RSA PRIVATE KEY-----\n  S3cr3tPW\n  -----END RSA PRIVATE KEY-----\ny: 1",
            "x: -----BEGIN PRIVATE KEY-----\n S3cr3tPW",
        ] {
            let mut shown = source.to_owned();
            for place in places(source).into_iter().rev() {
                shown.replace_range(place, "*");
            }
            assert!(!shown.contains("S3cr"), "{source}\n-----\n{shown}");
        }
    }

    #[test]
    fn texts_without_secrets_stay() {
        for source in [
            "objective: 99.9%",
            "password_file: /etc/alertmanager/secrets/smtp",
            "slos:\n  token-issue:\n    objective: 99.9%\n    sli: { total: a, bad: b }",
            "token:\n  objective: 99.9%",
            "      total: http_requests_total{job=\"api\", status=~\"5..\"}",
            "runbook_url: https://wiki.internal/runbooks/API-down?page=3",
            "webhook: { url: \"http://pager.internal/hook\" }",
            "version: slowburn/v1",
            "- { match: { alertname: MailDeliveryBurnPage }, to: a }",
            "bad: a_total{code=~\"5..\", status_code=\"500\"}",
            "team: backend\nlabels: { teams: [a] }",
            "from: alerts@shop.internal",
            "expr: slo:sli_error:ratio_rate5m{slo=\"a\"} > 0.0144",
            "metrics: metrics/api.prom",
            "url: http://localhost:9090",
            "receivers:\n  OnCall2: { email: alerts2@shop.internal }\n  b: { slack: { channel: '#Alerts2', api_url_file: /x/Slack2 } }\nlabels: S3cr3tPW",
            "slack: '#on-call2'\ntelegram: -1001234567890\nteams: ops",
            "smtp: { host: 'mail2.shop.internal:587', from: a@shop2.internal, user: alerts, tls: true }",
        ] {
            assert!(places(source).is_empty(), "{source}: {:?}", places(source));
        }
    }
}
