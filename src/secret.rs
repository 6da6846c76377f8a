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

mod address;
mod names;
mod source;
mod words;

use std::ops::Range;

use address::{addresses, bad_port, scheme, userinfo};
use names::is_secret_word;
use source::{Keys, pairs, sections, written};
use words::{bots, is_like_password, keys, private_keys, stated, tokens};

pub use names::is_secret_name;

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
        bots(line, &mut all);
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
    pairs(source, &mut places);
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
        bots(line, &mut of_line);
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

    #[test]
    fn pairs_that_name_a_secret_are_found() {
        for source in [
            "labels: [{ name: password, value: hunter2 }]",
            "env:\n  - name: SMTP_PASSWORD\n    value: hunter2\n",
            "- \"key\": \"api_token\"\r\n  \"value\": \"hunter2\"\r\n",
            "{ key: secret, type: text, value: hunter2, }",
        ] {
            let places = places(source);
            assert!(
                places.iter().any(|place| source[place.clone()].contains("hunter2")),
                "{source}: {places:?}"
            );
        }
        for source in
            ["- name: team\n  value: web\n", "- name: password\n  from: file\n- name: team\n  value: web\n"]
        {
            assert!(places(source).iter().all(|place| !source[place.clone()].contains("web")), "{source}");
        }
    }
}
