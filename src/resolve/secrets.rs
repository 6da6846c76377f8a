//! Secrets in sources, and placeholders that were not filled in.

use super::whole;
use std::ops::Range;

use crate::ast::{InlineSecret, Key, RunbookFile};
use crate::diagnostic::{Code, Problem};
use crate::scalar::Scalar;
use crate::secret;
use crate::source::Span;

/// Reports values of keys that would hold a secret.
pub(super) fn inline(found: &[InlineSecret], problems: &mut Vec<Problem>) {
    for InlineSecret { key, value, instead } in found {
        if let Some(problem) = placeholder(value) {
            let example = format!("{instead}: /etc/alertmanager/secrets/…");
            problems.push(
                problem
                    .help(format!("write the secret to a file, and the path of the file here: `{example}`")),
            );
            continue;
        }
        problems.push(
            Problem::error(Code::InlineSecret, key.span, format!("`{}` would contain a secret", key.text))
                .hiding(whole(value))
                .label("everybody who reads the repository would know it")
                .help(format!(
                    "write it to a file that only Alertmanager can read, and name the file: `{instead}: /etc/alertmanager/secrets/…`"
                ))
                .help("if it was ever committed, replace it with a new one"),
        );
    }
}

/// A text that is not a placeholder.
pub(super) fn real(written: &Scalar, problems: &mut Vec<Problem>) -> Option<String> {
    if let Some(problem) = placeholder(written) {
        problems.push(problem);
        return None;
    }
    let text = written.text.trim();
    if text.is_empty() || text.chars().any(char::is_control) {
        problems.push(
            Problem::error(Code::WrongType, whole(written), "this is empty or has more than one line")
                .label("expected one line of text"),
        );
        return None;
    }
    Some(text.to_owned())
}

/// The name of a user, without the password that some tools write behind it.
pub(super) fn user(written: &Scalar, problems: &mut Vec<Problem>) -> Option<String> {
    let name = real(written, problems)?;
    // The user of Amazon SES is called as the id of a key, which is not secret.
    if name.contains(':') || secret::is_in(&name) && !name.starts_with("AKIA") {
        problems.push(
            Problem::error(Code::InlineSecret, whole(written), "this user name contains a password")
                .hiding(whole(written))
                .label("everybody who reads the repository would know it")
                .help("write only the name here, and the password in a file: `password_file: /etc/alertmanager/secrets/smtp`")
                .help("if it was ever committed, replace it with a new one"),
        );
        return None;
    }
    Some(name)
}

/// The path of a file that contains a secret.
pub(super) fn file(written: &Scalar, problems: &mut Vec<Problem>) -> Option<String> {
    let path = real(written, problems)?;
    // A password can be any text, but is seldom like a path: a path begins with `/` or `.`, or names a folder.
    let folder = path.split_once(['/', '\\']).map(|(folder, _)| folder);
    // Characters that are common in passwords and base64, and rare in names of files.
    let plain = |part: &str| !part.contains(['+', '=', '$', '%', '!', '@', '^', '*', '?', '|', '~', '&']);
    let rooted = folder.is_some_and(|folder| folder.is_empty() || folder.chars().all(|c| c == '.'));
    let drive = folder.is_some_and(|folder| folder.len() == 2 && folder.ends_with(':'));
    let in_folder =
        folder.is_some() && path.split(['/', '\\']).all(|part| plain(part) && !secret::is_key(part));
    if let Some(problem) = elsewhere(&path, whole(written)) {
        problems.push(problem);
        return None;
    }
    if path.contains("://") || secret::is_in(&path) || !(rooted || drive || in_folder) {
        problems.push(
            Problem::error(Code::InlineSecret, whole(written), "this is a secret, not a path")
                .hiding(whole(written))
                .label("everybody who reads the repository would know it")
                .help("write it to a file that only Alertmanager can read, and the path of the file here")
                .help(
                    "if it is a path, write it from its root, or from where Alertmanager is started: `./…`",
                ),
        );
        return None;
    }
    Some(path)
}

/// The problem of a place that Alertmanager cannot read: `vault:secret/am`, `~/secret`, `$SECRET_FILE`.
fn elsewhere(path: &str, place: Span) -> Option<Problem> {
    const STORES: [&str; 12] =
        ["vault", "env", "secret", "arn", "ssm", "op", "sops", "awssm", "gcp", "ref+vault", "k8s", "file"];
    let problem = |headline: &str| Problem::error(Code::WrongType, place, headline);
    let store = path.split_once(':').filter(|(store, _)| STORES.contains(store));
    if let Some((store, _)) = store.filter(|_| !secret::is_in(path)) {
        return Some(
            problem(&format!("Alertmanager reads a file, not `{store}:`"))
                .hiding(place)
                .help("let your secret store write the file, and name it: `/etc/alertmanager/secrets/slack`"),
        );
    }
    let variable = path.strip_prefix('$').is_some_and(|name| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || matches!(c, '_' | '/'))
    });
    (path.starts_with("~/") || variable).then(|| {
        problem("neither slowburn nor Alertmanager replaces `~` and variables")
            .hiding(place)
            .help("write the path from its root, such as `/etc/alertmanager/secrets/slack`")
    })
}

/// What is needed to check an address that everybody may know.
pub(super) struct Public {
    /// What the address is, for messages: `a web address`.
    pub of: &'static str,
    /// Whether the text after the scheme is valid.
    pub fits: fn(&str) -> bool,
    /// Whether the address itself gives access to something.
    pub gives_access: fn(&str) -> bool,
    /// Who would see the secret, for messages.
    pub seen: &'static str,
    /// What to write instead, the best first.
    pub instead: &'static [&'static str],
}

/// An address that does not give access to anything.
pub(super) fn address(written: &Scalar, public: &Public, problems: &mut Vec<Problem>) -> Option<String> {
    let url = real(written, problems)?;
    if (public.gives_access)(&url) {
        let problem = Problem::error(
            Code::InlineSecret,
            whole(written),
            "this address gives access to everybody who knows it",
        )
        .hiding(whole(written))
        .label(public.seen);
        problems.push(public.instead.iter().fold(problem, |problem, help| problem.help(*help)));
        return None;
    }
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    if !rest.is_some_and(public.fits) {
        let headline = format!("this is not {}", public.of);
        let problem = Problem::error(Code::WrongType, whole(written), headline);
        let host = url.split('/').next().unwrap_or_default();
        let is_host = host.contains('.') || host.starts_with("localhost");
        let scheme = if host.starts_with("localhost") { "http" } else { "https" };
        let meant = format!("{scheme}://{url}");
        let is_meant =
            is_host && !url.contains("://") && (public.fits)(&url) && !(public.gives_access)(&meant);
        problems.push(match is_meant {
            true => problem.fix(format!("write `{meant}`"), whole(written), meant),
            false => problem.help("write one that begins with `http://` or `https://`"),
        });
        return None;
    }
    Some(url)
}

/// Whether everybody who knows an address has access: it has a user and password, or a secret in its host or query.
pub(super) fn gives_access(url: &str) -> bool {
    secret::has_credentials(url) || secret::is_in(url)
}

/// As [`gives_access`], for an address that is only called: a random text in its path or fragment is a key, too.
pub(super) fn is_called_with_a_key(url: &str) -> bool {
    gives_access(url) || secret::is_guessed_in(url)
}

/// Reports secrets in published texts: annotations, labels, descriptions; and texts that nobody wrote yet.
pub(super) fn published<'a>(texts: impl IntoIterator<Item = &'a Scalar>, problems: &mut Vec<Problem>) {
    for text in texts {
        if secret::is_in(&text.text) {
            problems.push(would_be_published(whole(text), "a text that everybody reads"));
        }
        let word = text.text.trim().trim_matches(['<', '>', '[', ']']).to_lowercase();
        if UNWRITTEN.contains(&word.as_str()) {
            problems.push(
                Problem::error(Code::PlaceholderSecret, whole(text), "this text is not written yet")
                    .label("it stands for a text that people need")
                    .help("write the text, in a few words"),
            );
        }
    }
}

/// Texts in place of a text that nobody wrote yet.
const UNWRITTEN: [&str; 14] = [
    "…",
    "...",
    "..",
    "todo",
    "to do",
    "tbd",
    "fixme",
    "xxx",
    "?",
    "reason",
    "motivo",
    "placeholder",
    "pendiente",
    "por definir",
];

/// As [`published`], for labels and annotations: a name can say that the value is a secret.
pub(super) fn published_values<'a>(
    values: impl IntoIterator<Item = &'a (Key, Scalar)>,
    problems: &mut Vec<Problem>,
) {
    for (name, value) in values {
        if secret::is_in(&value.text) || secret::is_value_of(&name.text, &value.text) {
            problems.push(would_be_published(whole(value), "a text that everybody reads"));
        }
    }
}

/// Reports secrets in a query, which the rules would contain.
pub(super) fn in_query(query: &Scalar, problems: &mut Vec<Problem>) {
    if secret::is_in_query(&query.text) {
        problems.push(would_be_published(whole(query), "a query"));
    }
}

/// Reports secrets in a text for runbooks.
pub(super) fn in_runbook(file: &RunbookFile, problems: &mut Vec<Problem>) {
    if let Some(Range { start, end }) = secret::first(&file.text) {
        let place = Span { source: file.place.source, start: start as u32, end: end as u32 };
        problems.push(would_be_published(place, "a runbook"));
    }
}

fn would_be_published(place: Span, what: &str) -> Problem {
    Problem::error(Code::InlineSecret, place, format!("{what} contains a secret"))
        .hiding(place)
        .label("everybody who reads `out` or a notification would know it")
        .help("write where the secret is kept, not the secret; write an address without a user, a password or a key")
        .help("if it was ever committed, replace it with a new one")
}

/// The name of a channel in a chat.
pub(super) fn channel(written: &Scalar, problems: &mut Vec<Problem>) -> Option<String> {
    let name = real(written, problems)?;
    if secret::is_guessed_in(&name) || name.contains("://") {
        problems.push(
            Problem::error(Code::InlineSecret, whole(written), "this is an address, not the name of a channel")
                .hiding(whole(written))
                .label("everybody who reads the repository could send to it")
                .help("write the channel, such as `channel: \"#alerts\"`")
                .help(
                    "write the address to a file that only Alertmanager can read, and name the file: `api_url_file: /etc/alertmanager/secrets/slack`",
                ),
        );
        return None;
    }
    Some(name)
}

/// The problem of a text that was copied from instructions and not filled in.
fn placeholder(written: &Scalar) -> Option<Problem> {
    /// Reserved domains (RFC 2606), and words that ask to be replaced.
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
    let problem = Problem::error(
        Code::PlaceholderSecret,
        whole(written),
        "this is a placeholder that nobody filled in",
    );
    Some(match word {
        Some(word) => problem.label(format!("replace `{word}` with the real value")),
        None if text.contains('$') => problem.label("neither slowburn nor Alertmanager replaces variables"),
        None => problem.label("nobody is notified through a placeholder"),
    })
}
