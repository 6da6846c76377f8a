//! `alertmanager` and `dependencies` of the project file, key by key.

use super::fields::Fields;
use super::keys::{CHANNELS, ROUTE_KEYS, TIME_KEYS};
use super::wrong_shape::{as_scalar, wrong_type};
use super::yaml::{Entry, Node, Value};
use crate::ast::{
    AlertmanagerBlock, ChannelBlock, DependencyBlock, InhibitionBlock, InlineSecret, Map, MatchBlock,
    RouteBlock, SmtpBlock, TimeBlock, TimingBlock,
};
use crate::diagnostic::{Code, Problem, alternatives};
use crate::scalar::Scalar;
use crate::source::Span;

pub(super) const KEYS: &[&str] = &[
    "version",
    "smtp",
    "receivers",
    "default",
    "group_by",
    "group_wait",
    "group_interval",
    "repeat_interval",
    "times",
    "routes",
    "inhibitions",
];
/// Limits the work: each route is compared with all previous ones.
const MOST_ROUTES: usize = 1000;

/// Limits the work: each inhibition is compared with every alert.
const MOST_INHIBITIONS: usize = 200;

pub(super) fn alertmanager(
    place: Span,
    node: &Node,
    problems: &mut Vec<Problem>,
) -> Option<AlertmanagerBlock> {
    let mut inline = Vec::new();
    let mut fields = Fields::of(node, "`alertmanager`", KEYS, problems)?;
    let version = fields.scalar("version");
    let smtp = fields.node("smtp").and_then(|node| smtp(node, &mut inline, fields.problems()));
    if !fields.has("receivers") {
        fields.missing("receivers", "receivers: { on-call: { email: … } }");
    }
    let receivers = fields.map("receivers", |node, problems| receiver(node, &mut inline, problems));
    let default = fields.scalar("default");
    let timing = timing(&mut fields);
    let times = fields.map("times", time);
    let before = fields.problems().len();
    let mut routes = fields.list("routes", route);
    if let Some(more) = routes.get(MOST_ROUTES) {
        let problem =
            Problem::error(Code::TooLarge, more.span, format!("there are more than {MOST_ROUTES} routes"));
        fields.problems().push(
            problem.help("let one route match several values of a label: `match: { service: [api, web] }`"),
        );
        routes.truncate(MOST_ROUTES);
    }
    let understood = fields.problems().len() == before;
    let mut inhibitions = fields.list("inhibitions", inhibition);
    if let Some(more) = inhibitions.get(MOST_INHIBITIONS) {
        let headline = format!("there are more than {MOST_INHIBITIONS} inhibitions");
        let problem = Problem::error(Code::TooLarge, more.span, headline);
        fields.problems().push(
            problem.help("let one inhibition silence several services: `silence: { service: [api, web] }`"),
        );
        inhibitions.truncate(MOST_INHIBITIONS);
    }
    fields.finish();
    Some(AlertmanagerBlock {
        span: place,
        version,
        smtp,
        receivers,
        default,
        timing,
        times,
        routes,
        understood,
        inhibitions,
        inline,
    })
}

/// Takes keys that would have a secret as their value, and returns whether there were any.
fn secrets(
    fields: &mut Fields,
    keys: &[&str],
    instead: &'static str,
    inline: &mut Vec<InlineSecret>,
) -> bool {
    let before = inline.len();
    for name in keys {
        let Some((key, node)) = fields.foreign(name) else { continue };
        let value = as_scalar(node, &format!("`{name}`"), fields.problems());
        inline.extend(value.map(|value| InlineSecret { key: key.clone(), value, instead }));
    }
    inline.len() > before
}

/// A required file of a secret. If the secret itself is in the source, no further problem is reported.
fn secret_file(
    fields: &mut Fields,
    keys: &[&str],
    file: &'static str,
    example: &str,
    inline: &mut Vec<InlineSecret>,
) -> Option<Scalar> {
    match secrets(fields, keys, file, inline) {
        true => fields.scalar(file),
        false => fields.required(file, example),
    }
}

fn smtp(node: &Node, inline: &mut Vec<InlineSecret>, problems: &mut Vec<Problem>) -> Option<SmtpBlock> {
    let mut fields = Fields::of(node, "`smtp`", &["host", "from", "user", "password_file", "tls"], problems)?;
    if let (Some(Value::Scalar(host)), Some((key, Node { value: Value::Scalar(port), .. }))) =
        (fields.peek("host").map(|node| &node.value), fields.foreign("port"))
    {
        let problem = Problem::error(Code::UnknownKey, key.span, "`smtp` has no key `port`");
        let host = &host.text;
        let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
        fields.problems().push(match plain(host) && plain(&port.text) {
            true => {
                problem.help(format!("write it in `host`, after a colon: `host: \"{host}:{}\"`", port.text))
            }
            false => problem.help("write it in `host`, after a colon: `host: \"mail.internal:587\"`"),
        });
        return None;
    }
    let host = fields.required("host", "host: mail.internal:587");
    let from = fields.required("from", "from: alerts@…");
    let user = fields.scalar("user");
    let is_inline = secrets(&mut fields, &["password", "auth_password", "secret"], "password_file", inline);
    let password_file = fields.scalar("password_file");
    match (&user, &password_file) {
        // A user name with a colon is reported as a secret.
        (Some(user), None) if !is_inline && !user.text.contains(':') => fields.problems().push(
            Problem::error(Code::MissingKey, user.place(0, user.text.len()), "`user` needs `password_file`")
                .label("Alertmanager cannot log in without a password, and sends no mail")
                .help("add `password_file: /etc/alertmanager/secrets/smtp`, or remove `user` if the server asks for no login"),
        ),
        (None, Some(file)) => fields.problems().push(
            Problem::error(Code::MissingKey, file.place(0, file.text.len()), "`password_file` needs `user`")
                .label("Alertmanager does not log in without a user name")
                .help("add `user: alerts@…`, or remove `password_file` if the server asks for no login"),
        ),
        _ => {}
    }
    let tls = fields.scalar("tls");
    fields.finish();
    Some(SmtpBlock { host: host?, from: from?, user, password_file, tls })
}

fn receiver(
    node: &Node,
    inline: &mut Vec<InlineSecret>,
    problems: &mut Vec<Problem>,
) -> Option<Vec<ChannelBlock>> {
    let mut fields = Fields::of(node, "a receiver", CHANNELS, problems)?;
    // Any other key is reported as unknown.
    if fields.is_empty() {
        fields.problems().push(
            Problem::error(Code::MissingKey, node.span.beginning(), "this receiver has no channel")
                .help(format!("add a channel: {}", alternatives(CHANNELS))),
        );
    }
    let mut channels: Vec<ChannelBlock> =
        fields.one_or_more("email").into_iter().map(ChannelBlock::Email).collect();
    if let Some(node) = fields.node("slack") {
        channels.extend(slack(node, inline, fields.problems()));
    }
    if let Some(node) = fields.node("telegram") {
        channels.extend(telegram(node, inline, fields.problems()));
    }
    if let Some(node) = fields.node("teams") {
        channels.extend(hook(node, "`teams`", inline, fields.problems()).map(ChannelBlock::Teams));
    }
    if let Some(node) = fields.node("discord") {
        channels.extend(hook(node, "`discord`", inline, fields.problems()).map(ChannelBlock::Discord));
    }
    if let Some(node) = fields.node("webhook") {
        channels.extend(webhook(node, inline, fields.problems()));
    }
    if let Some(node) = fields.node("pagerduty") {
        channels.extend(pagerduty(node, inline, fields.problems()));
    }
    if let Some(node) = fields.node("opsgenie") {
        channels.extend(opsgenie(node, inline, fields.problems()));
    }
    fields.finish();
    Some(channels)
}

fn slack(node: &Node, inline: &mut Vec<InlineSecret>, problems: &mut Vec<Problem>) -> Option<ChannelBlock> {
    let mut fields = Fields::of(node, "`slack`", &["channel", "api_url_file"], problems)?;
    let channel = fields.required("channel", "channel: \"#alerts\"");
    let api_url_file = secret_file(
        &mut fields,
        &["api_url", "url", "webhook_url", "token"],
        "api_url_file",
        "api_url_file: /etc/alertmanager/secrets/slack",
        inline,
    );
    fields.finish();
    Some(ChannelBlock::Slack { channel: channel?, api_url_file: api_url_file? })
}

fn telegram(
    node: &Node,
    inline: &mut Vec<InlineSecret>,
    problems: &mut Vec<Problem>,
) -> Option<ChannelBlock> {
    let mut fields = Fields::of(node, "`telegram`", &["chat_id", "bot_token_file"], problems)?;
    let chat_id = fields.required("chat_id", "chat_id: -1001234567890");
    let example = "bot_token_file: /etc/alertmanager/secrets/telegram";
    let file = secret_file(&mut fields, &["bot_token", "token"], "bot_token_file", example, inline);
    fields.finish();
    Some(ChannelBlock::Telegram { chat_id: chat_id?, bot_token_file: file? })
}

/// A chat that is reached by a secret address: whoever knows it can write to the chat.
fn hook(
    node: &Node,
    what: &'static str,
    inline: &mut Vec<InlineSecret>,
    problems: &mut Vec<Problem>,
) -> Option<Scalar> {
    let mut fields = Fields::of(node, what, &["webhook_url_file"], problems)?;
    let example = "webhook_url_file: /etc/alertmanager/secrets/webhook";
    let file =
        secret_file(&mut fields, &["webhook_url", "url", "webhook"], "webhook_url_file", example, inline);
    fields.finish();
    file
}

fn webhook(node: &Node, inline: &mut Vec<InlineSecret>, problems: &mut Vec<Problem>) -> Option<ChannelBlock> {
    let mut fields = Fields::of(node, "`webhook`", &["url", "url_file", "token_file"], problems)?;
    let keys = ["token", "bearer_token", "password", "credentials", "secret"];
    secrets(&mut fields, &keys, "token_file", inline);
    if !fields.has("url") && !fields.has("url_file") {
        fields.missing("url", "url: http://…");
    }
    let url = fields.scalar("url");
    let url_file = fields.scalar("url_file");
    let token_file = fields.scalar("token_file");
    fields.finish();
    Some(ChannelBlock::Webhook { url, url_file, token_file })
}

fn pagerduty(
    node: &Node,
    inline: &mut Vec<InlineSecret>,
    problems: &mut Vec<Problem>,
) -> Option<ChannelBlock> {
    let mut fields = Fields::of(node, "`pagerduty`", &["routing_key_file"], problems)?;
    let example = "routing_key_file: /etc/alertmanager/secrets/pagerduty";
    let keys = ["routing_key", "service_key", "integration_key"];
    let file = secret_file(&mut fields, &keys, "routing_key_file", example, inline);
    fields.finish();
    file.map(ChannelBlock::PagerDuty)
}

fn opsgenie(
    node: &Node,
    inline: &mut Vec<InlineSecret>,
    problems: &mut Vec<Problem>,
) -> Option<ChannelBlock> {
    let mut fields = Fields::of(node, "`opsgenie`", &["api_key_file"], problems)?;
    let example = "api_key_file: /etc/alertmanager/secrets/opsgenie";
    let file = secret_file(&mut fields, &["api_key"], "api_key_file", example, inline);
    fields.finish();
    file.map(ChannelBlock::Opsgenie)
}

fn timing(fields: &mut Fields) -> TimingBlock {
    TimingBlock {
        group_by: fields.has("group_by").then(|| fields.texts("group_by")),
        group_wait: fields.scalar("group_wait"),
        group_interval: fields.scalar("group_interval"),
        repeat_interval: fields.scalar("repeat_interval"),
    }
}

fn time(node: &Node, problems: &mut Vec<Problem>) -> Option<TimeBlock> {
    let mut fields = Fields::of(node, "an entry of `times`", TIME_KEYS, problems)?;
    if !fields.has("days") && !fields.has("hours") {
        fields.missing("hours", "hours: \"22:00-07:00\"");
    }
    let block = TimeBlock {
        days: fields.one_or_more("days"),
        hours: fields.one_or_more("hours"),
        time_zone: fields.scalar("time_zone"),
    };
    fields.finish();
    Some(block)
}

/// `match`, `while` and `silence`: labels with one or several values.
fn matches(fields: &mut Fields, name: &'static str) -> MatchBlock {
    fields.map(name, |node, problems| one_or_more(node, &format!("an entry of `{name}`"), problems))
}

fn one_or_more(node: &Node, what: &str, problems: &mut Vec<Problem>) -> Option<Vec<Scalar>> {
    match &node.value {
        Value::Scalar(scalar) => Some(vec![scalar.clone()]),
        Value::List(entries) if !entries.is_empty() => {
            Some(entries.iter().filter_map(|entry| as_scalar(entry, what, problems)).collect())
        }
        Value::List(_) | Value::Map(_) | Value::Null => {
            problems.push(wrong_type(node, what, "a value or a list of values"));
            None
        }
    }
}

fn route(node: &Node, problems: &mut Vec<Problem>) -> Option<RouteBlock> {
    let before = problems.len();
    let mut fields = Fields::of(node, "a route", ROUTE_KEYS, problems)?;
    if !fields.has("to") {
        fields.missing("to", "to: NAME");
    }
    let block = RouteBlock {
        span: node.span,
        matches: matches(&mut fields, "match"),
        to: fields.one_or_more("to"),
        after: fields.scalar("after"),
        timing: timing(&mut fields),
        mute: fields.one_or_more("mute"),
        stop: fields.scalar("stop"),
    };
    fields.finish();
    // An incomplete match would select other alerts than intended.
    (problems.len() == before).then_some(block)
}

fn inhibition(node: &Node, problems: &mut Vec<Problem>) -> Option<InhibitionBlock> {
    let before = problems.len();
    let mut fields = Fields::of(node, "an inhibition", &["while", "silence", "equal"], problems)?;
    for (name, example) in [("while", "while: { alertname: … }"), ("silence", "silence: { service: … }")]
    {
        if !fields.has(name) || fields.empty_map(name).is_some() {
            fields.missing(name, example);
        }
    }
    let block = InhibitionBlock {
        span: node.span,
        source: matches(&mut fields, "while"),
        silenced: matches(&mut fields, "silence"),
        equal: fields.one_or_more("equal"),
    };
    fields.finish();
    (problems.len() == before).then_some(block)
}

/// `dependencies`.
pub(super) fn dependencies(fields: &mut Fields) -> Map<Vec<DependencyBlock>> {
    fields.map("dependencies", |node, problems| match &node.value {
        Value::List(entries) => {
            Some(entries.iter().filter_map(|entry| dependency(entry, problems)).collect())
        }
        _ => Some(dependency(node, problems).into_iter().collect()),
    })
}

fn dependency(node: &Node, problems: &mut Vec<Problem>) -> Option<DependencyBlock> {
    if !matches!(node.value, Value::Map(_)) {
        let on = as_scalar(node, "an entry of `dependencies`", problems)?;
        return Some(DependencyBlock { on, silences: None });
    }
    let Value::Map(entries) = &node.value else { return None };
    let is_key = |entry: &Entry| ["on", "silences"].contains(&entry.key.text.as_str());
    let switches = |entry: &Entry| {
        matches!(&entry.value.value, Value::Null)
            || matches!(&entry.value.value, Value::Scalar(word) if word.text == "true")
    };
    if !entries.is_empty() && !entries.iter().any(is_key) && entries.iter().all(switches) {
        let names: Vec<&str> = entries.iter().map(|entry| entry.key.text.as_str()).collect();
        let list = format!("[{}]", names.join(", "));
        let problem = wrong_type(node, "an entry of `dependencies`", "a name or a list of names");
        problems.push(problem.fix(format!("write `{list}`"), node.span, list));
        return None;
    }
    let mut fields = Fields::of(node, "an entry of `dependencies`", &["on", "silences"], problems)?;
    let on = fields.required("on", "on: NAME");
    let silences = fields.scalar("silences");
    fields.finish();
    Some(DependencyBlock { on: on?, silences })
}
