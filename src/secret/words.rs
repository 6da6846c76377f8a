//! Secrets in any text: tokens, random texts, private keys, and passwords in sentences.

use std::ops::Range;

use super::names::{PASSWORDS, is_secret_word, plain};

/// Finds private keys in PEM: to their end line, or to the end of the text.
pub(super) fn private_keys(text: &str, all: &mut Vec<Range<usize>>) {
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
pub(super) fn stated(line: &str, all: &mut Vec<Range<usize>>) {
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
pub(super) fn is_like_password(word: &str) -> bool {
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

/// Finds tokens with a known prefix.
pub(super) fn tokens(line: &str, all: &mut Vec<Range<usize>>) {
    const BEGIN: [&str; 35] = [
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
        "sk-ant-",
        "sk-proj-",
        "sk_test_",
        "rk_test_",
        "AIzaSy",
        "pypi-",
        "glptt-",
        "glrt-",
        "ya29.",
        "xkeysib-",
        "shpat_",
        "lin_api_",
        "ASIA",
    ];
    const LEAST: usize = 12;
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_.~+/=".contains(c);
    let mut at = 0;
    let mut named = false;
    for word in line.split_inclusive(|c: char| !is_part(c)) {
        let bare = word.trim_end_matches(|c: char| !is_part(c));
        let digits = bare.bytes().any(|byte| byte.is_ascii_digit());
        let begins = BEGIN.iter().any(|begin| bare.starts_with(begin) && bare.len() >= begin.len() + LEAST);
        if begins || is_key_of_aws(bare) || named && bare.len() >= 6 && (digits || bare.len() > 15) {
            all.push(at..at + bare.len());
        }
        named = ["bearer", "basic"].iter().any(|scheme| bare.eq_ignore_ascii_case(scheme))
            || named && bare.is_empty();
        at += word.len();
    }
}

/// Whether a word has the form of a secret key of AWS: forty signs of base64.
fn is_key_of_aws(word: &str) -> bool {
    let count = |is: fn(&u8) -> bool| word.bytes().filter(is).count();
    word.len() == 40
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/+".contains(&byte))
        && count(u8::is_ascii_digit) > 0
        && count(u8::is_ascii_uppercase) >= 5
        && count(u8::is_ascii_lowercase) >= 5
}

/// Finds tokens of bots of Telegram: a number, a colon and 35 signs.
pub(super) fn bots(line: &str, all: &mut Vec<Range<usize>>) {
    let bytes = line.as_bytes();
    for (colon, _) in line.match_indices(':') {
        let digits = bytes[..colon].iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        let signs = bytes[colon + 1..]
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(byte))
            .count();
        if (8..=12).contains(&digits) && (30..=50).contains(&signs) {
            all.push(colon - digits..colon + 1 + signs);
        }
    }
}

/// Random runs of letters and digits: long ones, and those from `least` characters on in which letters and digits alternate more often than in words.
pub(super) fn keys(line: &str, least: usize) -> Vec<Range<usize>> {
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
