//! What must not stand in a source, and what was never filled in.

use super::whole;
use crate::ast::InlineSecret;
use crate::diagnostic::Problem;
use crate::scalar::Scalar;

/// Reports what stands under keys that would hold a secret.
pub(super) fn inline(found: &[InlineSecret], problems: &mut Vec<Problem>) {
    for InlineSecret { key, value, instead } in found {
        if let Some(problem) = placeholder(value) {
            let example = format!("{instead}: /etc/alertmanager/secrets/…");
            problems
                .push(problem.help(format!("write the secret into a file, and here its path: `{example}`")));
            continue;
        }
        problems.push(
            Problem::error("inline-secret", key.span, format!("`{}` would hold a secret", key.text))
                .hiding(whole(value))
                .label("whoever reads the repository would have it")
                .help(format!(
                    "write it into a file that only Alertmanager can read, and name the file: `{instead}: /etc/alertmanager/secrets/…`"
                ))
                .help("if it was ever committed, replace it by a new one"),
        );
    }
}

/// A text that is not to be filled in yet.
pub(super) fn real(written: &Scalar, problems: &mut Vec<Problem>) -> Option<String> {
    if let Some(problem) = placeholder(written) {
        problems.push(problem);
        return None;
    }
    let text = written.text.trim();
    if text.is_empty() || text.chars().any(char::is_control) {
        problems.push(
            Problem::error("wrong-type", whole(written), "this is empty or has more than one line")
                .label("expected one line of text"),
        );
        return None;
    }
    Some(text.to_owned())
}

/// The path of a file with a secret in it.
pub(super) fn file(written: &Scalar, problems: &mut Vec<Problem>) -> Option<String> {
    let path = real(written, problems)?;
    // A path has a slash or a dot in it; a key as services give it out has neither.
    let key = path.len() >= 20 && path.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if path.contains("://") || key {
        problems.push(
            Problem::error("inline-secret", whole(written), "this is a secret and no path")
                .hiding(whole(written))
                .label("whoever reads the repository would have it")
                .help("write it into a file that only Alertmanager can read, and here the file's path"),
        );
        return None;
    }
    Some(path)
}

/// What an address is written for, if everybody may know it.
pub(super) struct Public {
    /// Whose address it is: `the web`.
    pub of: &'static str,
    /// Whether what stands behind the scheme can be one.
    pub fits: fn(&str) -> bool,
    /// Who would have it if it were a secret.
    pub seen: &'static str,
    /// What to write then, best first.
    pub instead: &'static [&'static str],
}

/// An address that gives nothing to whoever knows it.
pub(super) fn address(written: &Scalar, public: &Public, problems: &mut Vec<Problem>) -> Option<String> {
    let url = real(written, problems)?;
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    if !rest.is_some_and(public.fits) {
        let headline = format!("this is no address of {}", public.of);
        problems.push(
            Problem::error("wrong-type", whole(written), headline)
                .help("write one that begins with `http://` or `https://`"),
        );
        return None;
    }
    if gives_access(&url) {
        let problem =
            Problem::error("inline-secret", whole(written), "whoever knows this address may use it")
                .hiding(whole(written))
                .label(public.seen);
        problems.push(public.instead.iter().fold(problem, |problem, help| problem.help(*help)));
        return None;
    }
    Some(url)
}

/// Parts of an address that let whoever knows it do something.
fn gives_access(url: &str) -> bool {
    const BEARERS: [&str; 5] = [
        "hooks.slack.com/",
        "discord.com/api/webhooks/",
        "webhook.office.com/",
        "api.telegram.org/bot",
        "chat.googleapis.com/",
    ];
    const KEYS: [&str; 8] =
        ["token", "access_token", "key", "api_key", "apikey", "secret", "sig", "password"];
    let lower = url.to_ascii_lowercase();
    let after_scheme = lower.split_once("://").map_or(lower.as_str(), |(_, rest)| rest);
    let host = after_scheme.split(['/', '?', '#']).next().unwrap_or_default();
    let query = after_scheme.split_once('?').map_or("", |(_, query)| query);
    host.contains('@')
        || BEARERS.iter().any(|bearer| after_scheme.contains(bearer))
        || query.split('&').any(|pair| KEYS.contains(&pair.split('=').next().unwrap_or_default()))
}

/// The problem of a text that was copied from instructions and never filled in.
fn placeholder(written: &Scalar) -> Option<Problem> {
    /// Domains that nobody can have (RFC 2606), and words that ask to be replaced.
    const WORDS: [&str; 16] = [
        "example.com",
        "example.org",
        "example.net",
        ".example",
        ".invalid",
        "changeme",
        "change-me",
        "change_me",
        "replaceme",
        "replace-me",
        "replace_me",
        "placeholder",
        "xxx",
        "path/to/",
        "your-",
        "your_",
    ];
    let text = written.text.trim().to_ascii_lowercase();
    let between =
        |open: &str, close: &str| text.split_once(open).is_some_and(|(_, rest)| rest.contains(close));
    let word = WORDS
        .into_iter()
        .find_map(|word| text.find(word).map(|at| &written.text.trim()[at..at + word.len()]));
    let shape = (between("<", ">") || between("${", "}") || between("$(", ")") || between("{{", "}}"))
        || text.contains("***")
        || text.contains("...")
        || text.contains('…')
        || ["todo", "tbd", "fixme"].contains(&text.as_str());
    if word.is_none() && !shape {
        return None;
    }
    let problem = Problem::error("placeholder-secret", whole(written), "this was never filled in");
    Some(match word {
        Some(word) => problem.label(format!("`{word}` stands for something else")),
        None if text.contains('$') => {
            problem.label("nothing here or in Alertmanager puts the value of a variable in its place")
        }
        None => problem.label("a stand-in, and nobody is told by it"),
    })
}
