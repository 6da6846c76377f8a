//! Secrets for an address, from a file or from the environment.

use std::env;
use std::path::Path;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use slowburn::secret;

use crate::ending::Failure;
use crate::read;
use crate::sources::shown;

/// `name:password`
const USER: &str = "SLOWBURN_USER";
/// A token.
const BEARER: &str = "SLOWBURN_BEARER";

/// Longest accepted secret, in bytes.
const LONGEST: u64 = 64 * 1024;

/// What is sent with a request. It has no `Debug` or `Display`, so that it cannot be printed.
pub enum Credentials {
    /// `name:password`, for basic authentication.
    User(String),
    /// A bearer token.
    Bearer(String),
}

impl Credentials {
    /// The credentials from the files if one is given, else those of the environment, if any.
    pub fn find(user_file: Option<&Path>, bearer_file: Option<&Path>) -> Result<Option<Self>, Failure> {
        match (user_file, bearer_file) {
            (Some(path), _) => return user(&read(path)?, &shown(path, Path::new(""))).map(Some),
            (None, Some(path)) => return bearer(&read(path)?, &shown(path, Path::new(""))).map(Some),
            (None, None) => {}
        }
        match (variable(USER)?, variable(BEARER)?) {
            (Some(_), Some(_)) => Err(Failure::new(format!("both {USER} and {BEARER} are set")).and(
                "unset the one that this address does not need, or name a file: --user-file, --bearer-file",
            )),
            (Some(secret), None) => user(&secret, USER).map(Some),
            (None, Some(secret)) => bearer(&secret, BEARER).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// Replaces the credentials by stars wherever an answer repeats them. The length stays the same, so that JSON stays valid.
    pub fn hide(&self, answer: &mut [u8]) {
        for secret in self.sent() {
            let bytes = secret.as_bytes();
            let mut from = 0;
            while let Some(at) = memchr::memmem::find(&answer[from..], bytes) {
                let at = from + at;
                answer[at..at + bytes.len()].fill(b'*');
                from = at + bytes.len();
            }
        }
    }

    /// A server's text with the credentials masked.
    pub fn hidden_in(&self, text: &str) -> String {
        self.sent().iter().fold(text.to_owned(), |text, secret| text.replace(secret, secret::HIDDEN))
    }

    /// The credentials in every form in which they may come back: as a header, decoded, escaped in JSON, escaped in an address. Short words are left
    /// out: ordinary text contains them.
    fn sent(&self) -> Vec<String> {
        const LEAST: usize = 6;
        let (whole, parts) = match self {
            Self::User(user) => {
                let password = user.split_once(':').map_or("", |(_, password)| password);
                let word = password.chars().all(|c| c.is_ascii_lowercase());
                (base64(user.as_bytes()), vec![user.as_str(), if word { "" } else { password }])
            }
            Self::Bearer(token) => (token.clone(), vec![]),
        };
        let spelled = |part: &str| {
            let json = serde_json::to_string(part).unwrap_or_default();
            let json = json.trim_start_matches('"').strip_suffix('"').unwrap_or_default().to_owned();
            [part.to_owned(), json, utf8_percent_encode(part, NON_ALPHANUMERIC).to_string()]
        };
        let mut sent: Vec<String> = [whole.as_str()].into_iter().chain(parts).flat_map(spelled).collect();
        sent.retain(|secret| secret.len() >= LEAST);
        sent.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        sent.dedup();
        sent
    }

    /// The value of the header `Authorization`.
    pub fn header(&self) -> String {
        match self {
            Self::User(user) => format!("Basic {}", base64(user.as_bytes())),
            Self::Bearer(token) => format!("Bearer {token}"),
        }
    }
}

fn variable(name: &str) -> Result<Option<String>, Failure> {
    match env::var(name) {
        Ok(secret) if secret.is_empty() => Ok(None),
        Ok(secret) => Ok(Some(secret)),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(Failure::new(format!("{name} is not UTF-8"))),
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    let name = shown(path, Path::new(""));
    let bytes = read::plain(path, LONGEST).map_err(|error| Failure::of("read", &name, &error))?;
    String::from_utf8(bytes).map_err(|_| Failure::new(format!("{name} is not UTF-8")))
}

fn user(secret: &str, place: &str) -> Result<Credentials, Failure> {
    let secret = line(secret, place)?;
    if !secret.contains(':') {
        return Err(Failure::new(format!("{place} does not contain name:password")));
    }
    Ok(Credentials::User(secret.to_owned()))
}

fn bearer(secret: &str, place: &str) -> Result<Credentials, Failure> {
    let secret = line(secret, place)?;
    if !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Failure::new(format!(
            "{place} does not contain a token: a token is ASCII without spaces"
        )));
    }
    Ok(Credentials::Bearer(secret.to_owned()))
}

/// The secret without its final line break, which editors add.
fn line<'a>(secret: &'a str, place: &str) -> Result<&'a str, Failure> {
    let line = secret.strip_suffix('\n').unwrap_or(secret);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() {
        return Err(Failure::new(format!("{place} is empty")));
    }
    if line.chars().any(char::is_control) {
        return Err(Failure::new(format!("{place} has more than one line")));
    }
    Ok(line)
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group =
            chunk.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for digit in 0..4 {
            let six = (group >> (18 - 6 * digit)) as usize & 63;
            text.push(if digit <= chunk.len() { char::from(DIGITS[six]) } else { '=' });
        }
    }
    text
}
