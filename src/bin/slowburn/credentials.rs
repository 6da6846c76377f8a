//! Secrets for an address, from a file or from the environment.

use std::env;
use std::ops::Range;
use std::path::Path;

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
        for (option, path) in [("--user-file", user_file), ("--bearer-file", bearer_file)] {
            // Perhaps the secret itself was written in place of the name of its file, so it is not repeated.
            if path.is_some_and(|path| !path.exists()) {
                return Err(Failure::new(format!(
                    "{option} takes the name of a file, and there is no such file"
                ))
                .and("write the secret into a file that only you can read, and name that file"));
            }
        }
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
        for place in repeated(&self.sent(), answer) {
            answer[place].fill(b'*');
        }
    }

    /// A server's text with the credentials masked.
    pub fn hidden_in(&self, text: &str) -> String {
        let mut hidden = text.to_owned();
        for place in repeated(&self.sent(), text.as_bytes()).into_iter().rev() {
            hidden.replace_range(place, secret::HIDDEN);
        }
        hidden
    }

    /// The credentials as they may come back: as they are, or in base64 of both alphabets. Short words are left out: ordinary text contains them.
    fn sent(&self) -> Vec<Spelled> {
        const LEAST: usize = 6;
        let parts = match self {
            Self::User(user) => {
                let password = user.split_once(':').map_or("", |(_, password)| password);
                let word = password.chars().all(|c| c.is_ascii_lowercase());
                vec![user.as_str(), if word { "" } else { password }]
            }
            Self::Bearer(token) => vec![token.as_str()],
        };
        let forms = |part: &str| {
            let standard = base64(part.as_bytes());
            let standard = standard.trim_end_matches('=');
            [part.to_owned(), standard.to_owned(), standard.replace('+', "-").replace('/', "_")]
        };
        let mut sent: Vec<String> = parts.into_iter().flat_map(forms).collect();
        sent.retain(|form| form.len() >= LEAST);
        sent.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        sent.dedup();
        sent.iter().map(|secret| secret.chars().map(spellings).collect()).collect()
    }

    /// The value of the header `Authorization`.
    pub fn header(&self) -> String {
        match self {
            Self::User(user) => format!("Basic {}", base64(user.as_bytes())),
            Self::Bearer(token) => format!("Bearer {token}"),
        }
    }
}

/// A secret: for each of its characters, the ways to write it.
type Spelled = Vec<Vec<String>>;

/// A character as it is, then its escapes in addresses, JSON and HTML, in lower case.
fn spellings(c: char) -> Vec<String> {
    let code = u32::from(c);
    let percent = c.encode_utf8(&mut [0; 4]).bytes().map(|byte| format!("%{byte:02x}")).collect();
    let json = c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect();
    let mut all = vec![c.to_string(), percent, json, format!("&#{code};"), format!("&#x{code:x};")];
    let more: &[&str] = match c {
        '"' => &["\\\"", "&quot;"],
        '\\' => &["\\\\"],
        '/' => &["\\/"],
        '&' => &["&amp;"],
        '<' => &["&lt;"],
        '>' => &["&gt;"],
        '\'' => &["&apos;", "&#039;"],
        ' ' => &["+"],
        _ => &[],
    };
    all.extend(more.iter().map(|one| (*one).to_owned()));
    all
}

/// The places where a text repeats one of the secrets, in order. Where several begin, the longest is found first.
fn repeated(secrets: &[Spelled], text: &[u8]) -> Vec<Range<usize>> {
    let mut begins = [false; 256];
    for spelling in secrets.iter().filter_map(|secret| secret.first()).flatten() {
        begins[usize::from(spelling.as_bytes()[0])] = true;
    }
    let mut places = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let found = |secret| end_of(secret, text, at);
        match begins[usize::from(text[at])].then(|| secrets.iter().find_map(found)).flatten() {
            Some(end) => {
                places.push(at..end);
                at = end;
            }
            None => at += 1,
        }
    }
    places
}

/// The end of a secret that begins at this place.
fn end_of(secret: &Spelled, text: &[u8], at: usize) -> Option<usize> {
    let mut ends = vec![at];
    for spellings in secret {
        let mut next = Vec::new();
        for end in ends {
            let rest = &text[end..];
            let is_here = |(index, spelling): (usize, &String)| {
                let written = rest.get(..spelling.len())?;
                // Only the digits of an escape may be in upper case.
                let same = written == spelling.as_bytes()
                    || index > 0 && written.eq_ignore_ascii_case(spelling.as_bytes());
                same.then_some(end + spelling.len())
            };
            next.extend(spellings.iter().enumerate().filter_map(is_here));
        }
        next.sort_unstable();
        next.dedup();
        ends = next;
    }
    ends.pop()
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

#[cfg(test)]
mod tests {
    use super::Credentials;

    #[test]
    fn credentials_are_hidden_in_every_form_in_which_they_come_back() {
        let password = "S3>c?\"&/\\é~pw";
        let basic = Credentials::User(format!("ops:{password}"));
        for form in [
            password,
            "ops:S3>c?\"&/\\é~pw",
            "S3%3Ec%3F%22%26%2F%5C%C3%A9~pw",
            "%533%3ec%3f%22%26%2f%5c%c3%a9%7epw",
            r#"S3>c?\"&\/\\\u00E9~pw"#,
            r#"S3\u003ec?\u0022\u0026/\\é\u007epw"#,
            "S3&gt;c?&quot;&amp;/\\&#233;~pw",
            "S3&#62;c?&#34;&#x26;/\\é~pw",
            "b3BzOlMzPmM/IiYvXMOpfnB3",
            "b3BzOlMzPmM_IiYvXMOpfnB3",
            "UzM+Yz8iJi9cw6l+cHc=",
            "UzM+Yz8iJi9cw6l+cHc",
            "UzM-Yz8iJi9cw6l-cHc",
            "UzM%2BYz8iJi9cw6l%2bcHc%3D",
        ] {
            let hidden = basic.hidden_in(&format!("a {form} b"));
            assert!(
                ["a … b", "a …= b", "a …%3D b", "a ops:… b"].contains(&hidden.as_str()),
                "{form}: {hidden}"
            );
            let mut answer = form.as_bytes().to_vec();
            basic.hide(&mut answer);
            assert_eq!(answer.len(), form.len());
            assert!(answer.starts_with(b"****"), "{form}");
        }
        let bearer = Credentials::Bearer("Az/+._-~9".to_owned());
        for form in ["Az/+._-~9", "Az%2F%2B._-~9", "%41z%2f%2b%2e%5F-~9", "QXovKy5fLX45"] {
            assert_eq!(bearer.hidden_in(&format!("a {form} b")), "a … b");
        }
        assert_eq!(bearer.hidden_in("az/+._-~9, Az/+"), "az/+._-~9, Az/+");
        let word = Credentials::User("ops:monitoring".to_owned());
        assert_eq!(word.hidden_in("monitoring for ops:monitoring"), "monitoring for …");
    }
}
