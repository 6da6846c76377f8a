//! Secrets in sources: values of keys for secrets, and words like passwords in the sections that contain secrets.

use std::collections::BTreeMap;
use std::ops::Range;

use super::address::{after, ends_word};
use super::names::{ADDRESSES, SECTIONS, is_channel, is_secret_name, is_slip};
use super::words::is_like_password;
use crate::vocabulary::is_channel_name;

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
pub(super) fn written<'a>(source: &'a str, keys: &mut Keys<'a>, all: &mut Vec<Range<usize>>) {
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

/// Finds the values of pairs that name a secret: `{ name: password, value: hunter2 }`, also on two lines, as Kubernetes writes them.
pub(super) fn pairs(source: &str, all: &mut Vec<Range<usize>>) {
    const NAMES: [&str; 3] = ["name:", "key:", "label:"];
    let (mut start, mut is_named) = (0, false);
    for line in source.split_inclusive('\n') {
        let mut at = 0;
        let is_end = |c: char| matches!(c, ',' | '{' | '}' | '[' | ']' | '\n' | '\r');
        for part in line.split_inclusive(is_end) {
            let written = part.trim_end_matches(is_end);
            let bare = written.trim_start_matches([' ', '\t', '-', '"', '\'']).replace(['"', '\''], "");
            let value = |key: &str| bare.strip_prefix(key).map(str::trim);
            if let Some(name) = NAMES.iter().find_map(|key| value(key)) {
                is_named = is_secret_name(name);
            } else if value("value:").is_some_and(|value| !value.is_empty()) && is_named {
                let colon = written.find(':').map_or(0, |colon| colon + 1);
                let begins = colon + written[colon..].len() - written[colon..].trim_start().len();
                // A comma may belong to the value.
                let end = line.trim_end().len().max(at + written.len());
                all.push(start + at + begins..start + end);
                is_named = false;
            } else if !bare.trim().is_empty() && !bare.starts_with('#') && has_key(&bare) {
                is_named &= bare.starts_with("type:") || bare.starts_with("description:");
            }
            at += part.len();
        }
        start += line.len();
    }
}

/// Finds words like passwords in the sections that contain secrets, whatever their key is, and also if they have none.
pub(super) fn sections<'a>(source: &'a str, keys: &mut Keys<'a>, all: &mut Vec<Range<usize>>) {
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
pub(super) struct Keys<'a>(BTreeMap<&'a str, KeyKind>);

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
