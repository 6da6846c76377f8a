//! Names of keys, parameters and words for secrets, also with typing errors.

use crate::vocabulary::distance;

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
pub(super) const PASSWORDS: [&str; 8] =
    ["password", "passwd", "passphrase", "pwd", "passwort", "contraseña", "contrasena", "clave"];

/// Further names of parameters with secrets.
pub(super) const SENT: [&str; 4] = ["code", "session", "sid", "state"];

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
pub(super) const ADDRESSES: [&str; 7] = ["url", "uri", "host", "address", "endpoint", "server", "proxy"];

/// Keys of maps with receivers, accounts and certificates.
pub(super) const SECTIONS: [&str; 5] = ["receivers", "smtp", "oauth2", "tls_config", "http_config"];

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
pub(super) fn is_secret_word(name: &str) -> bool {
    is_named_secret(name) && !["key", "sig", "auth"].contains(&plain(name).as_str())
}

/// Whether the value of a key is the path or the name of a secret, not the secret itself.
fn is_about_secret(plain: &str) -> bool {
    ["file", "path", "ref", "name"].iter().any(|end| plain.ends_with(end))
}

pub(super) fn is_channel(name: &str) -> bool {
    let plain = plain(name);
    CHANNELS.iter().any(|channel| plain == *channel || (*channel != "teams" && is_slip(&plain, channel)))
}

pub(super) fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a word is another one with a typing error.
pub(super) fn is_slip(typed: &str, meant: &str) -> bool {
    let most = match meant.len() {
        ..=4 => 0,
        5..=7 => 1,
        _ => 2,
    };
    distance(typed, meant, most).is_some()
}
