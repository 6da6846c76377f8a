//! Alertmanager's configuration, its templates, and the list of receivers of every alert.

use super::yaml::{Yaml, quoted, scalar};
use crate::artifact::{Artifacts, MARK};
use crate::inert::{is_break, is_seen};
use crate::plan::{
    Address, BELOW, Channel, Clock, Delivery, InhibitionReason, Matcher, NOBODY, Notifications, Plan,
    PlannedInhibition, ProjectPlan, Receiver, ReceiverRoute, Smtp, TimeSpan, Times, Timing,
};
use crate::text;
use crate::vocabulary::Severity;

/// Adds `alertmanager/alertmanager.yml`, the templates that it reads, and `alertmanager/routes.test.yaml`; nothing if the sources declare no
/// receivers.
pub fn emit(plan: &Plan, artifacts: &mut Artifacts) {
    let Some(notifications) = &plan.project.notifications else { return };
    artifacts.insert("alertmanager/alertmanager.yml".to_owned(), configuration(notifications, TEMPLATES));
    artifacts.insert(format!("alertmanager/{TEMPLATES}"), templates(&plan.project, notifications));
    artifacts.insert("alertmanager/routes.test.yaml".to_owned(), tests(&notifications.deliveries));
}

/// The path of the templates. Alertmanager resolves it relative to the configuration.
const TEMPLATES: &str = "templates/slowburn.tmpl";

/// The templates of notifications.
pub(super) fn templates(project: &ProjectPlan, notifications: &Notifications) -> String {
    let texts = text::Notification {
        page: &in_template(project.severities.get(Severity::Page)),
        starts: &moment(&notifications.clock, ".StartsAt"),
        ends: &moment(&notifications.clock, ".EndsAt"),
    };
    format!("# {MARK}\n{}", text::notification(project.language, &texts))
}

/// A text as a string in Go's templates, with invisible characters escaped.
fn in_template(text: &str) -> String {
    let mut written = "\"".to_owned();
    for c in text.chars() {
        match (c, u32::from(c)) {
            ('\\' | '"', _) => written.extend(['\\', c]),
            _ if is_seen(c.encode_utf8(&mut [0; 4])) && !is_break(c) => written.push(c),
            (_, code @ ..=0xffff) => written += &format!("\\u{code:04x}"),
            (_, code) => written += &format!("\\U{code:08x}"),
        }
    }
    written + "\""
}

/// The template that prints a time: `2026-01-02 00:04 -03`.
fn moment(clock: &Clock, time: &str) -> String {
    const DATE: &str = "2006-01-02 15:04";
    match clock {
        Clock::Server => format!("{{{{ {time}.Format \"{DATE} MST\" }}}}"),
        Clock::Ahead(0) => format!("{{{{ {time}.UTC.Format \"{DATE} MST\" }}}}"),
        Clock::Ahead(seconds) => {
            let (sign, minutes) = (if *seconds < 0 { '-' } else { '+' }, seconds.unsigned_abs() / 60);
            let rest =
                if minutes.is_multiple_of(60) { String::new() } else { format!(":{:02}", minutes % 60) };
            let nanoseconds = i64::from(*seconds) * 1_000_000_000;
            format!(
                "{{{{ ({time}.UTC.Add {nanoseconds}).Format \"{DATE}\" }}}} {sign}{:02}{rest}",
                minutes / 60
            )
        }
        Clock::Zone(name) => format!("{{{{ {time} | tz {} | date \"{DATE} MST\" }}}}", in_template(name)),
    }
}

/// The configuration of Alertmanager. `templates` is the path of its templates.
pub(super) fn configuration(notifications: &Notifications, templates: &str) -> String {
    let mut yaml = Yaml::default();
    yaml.comment(0, MARK);
    if let Some(smtp) = &notifications.smtp {
        self::smtp(&mut yaml, smtp);
    }
    yaml.line(0, "templates:");
    yaml.line(2, &format!("- {templates}"));
    yaml.line(0, "");
    route(&mut yaml, notifications);
    yaml.line(0, "");
    yaml.line(0, "inhibit_rules:");
    for silenced in &notifications.inhibitions {
        inhibition(&mut yaml, silenced);
    }
    yaml.line(0, "");
    yaml.line(0, "receivers:");
    if notifications.default.is_none() || !notifications.notify_nobody.is_empty() {
        yaml.pair(2, "- ", "name", NOBODY);
    }
    for receiver in &notifications.receivers {
        self::receiver(&mut yaml, receiver);
    }
    if !notifications.times.is_empty() {
        yaml.line(0, "");
        yaml.line(0, "time_intervals:");
        for times in &notifications.times {
            self::times(&mut yaml, times);
        }
    }
    yaml.finish()
}

fn smtp(yaml: &mut Yaml, smtp: &Smtp) {
    yaml.line(0, "global:");
    yaml.pair(2, "", "smtp_smarthost", &smtp.host);
    yaml.pair(2, "", "smtp_from", &smtp.from);
    if let Some(user) = &smtp.user {
        yaml.pair(2, "", "smtp_auth_username", user);
    }
    if let Some(file) = &smtp.password_file {
        yaml.pair(2, "", "smtp_auth_password_file", file);
    }
    yaml.line(2, &format!("smtp_require_tls: {}", smtp.tls));
}

fn route(yaml: &mut Yaml, notifications: &Notifications) {
    yaml.line(0, "route:");
    match &notifications.default {
        Some(receiver) => {
            yaml.comment(2, "Gets the alerts that no route below matches.");
            yaml.pair(2, "", "receiver", receiver);
        }
        None => {
            yaml.comment(
                2,
                "There is no default receiver: alerts of other rules that no route below matches reach nobody.",
            );
            yaml.pair(2, "", "receiver", NOBODY);
        }
    }
    timing(yaml, 2, &notifications.timing, None);
    if notifications.routes.is_empty() && notifications.notify_nobody.is_empty() {
        return;
    }
    yaml.line(2, "routes:");
    if !notifications.notify_nobody.is_empty() {
        yaml.comment(
            4,
            "Alerts that only silence other alerts after an outage. Nobody is notified of them, so this route is first.",
        );
        yaml.pair(4, "- ", "receiver", NOBODY);
        let values = notifications.notify_nobody.clone();
        let names = Matcher { label: "alertname".to_owned(), negative: false, values };
        matchers(yaml, 6, "matchers", &[names]);
    }
    if !notifications.routes.is_empty() {
        yaml.comment(
            4,
            "All routes that match an alert send it, in any order, and no receiver gets one alert twice.",
        );
    }
    for sent in &notifications.routes {
        self::sent(yaml, sent, &notifications.timing);
    }
}

fn sent(yaml: &mut Yaml, sent: &ReceiverRoute, outer: &Timing) {
    if sent.narrowed {
        yaml.comment(4, "Without the alerts that an earlier route already sends to this receiver.");
    }
    if sent.escalates {
        yaml.comment(
            4,
            &format!(
                "Notified only of alerts that still fire after {} and are not silenced then.",
                sent.timing.group_wait
            ),
        );
    }
    yaml.pair(4, "- ", "receiver", &sent.receiver);
    matchers(yaml, 6, "matchers", &sent.matchers);
    timing(yaml, 6, &sent.timing, Some(outer));
    if !sent.mute.is_empty() {
        yaml.line(6, &format!("mute_time_intervals: {}", flow(&sent.mute)));
    }
    yaml.line(6, "continue: true");
    if let Some(repeat) = sent.budgets.filter(|repeat| *repeat > sent.timing.repeat_interval) {
        yaml.line(6, "routes:");
        yaml.comment(
            8,
            "A budget recovers in weeks: one notification, and another when Alertmanager has forgotten the first.",
        );
        yaml.line(8, &format!("- matchers: [{}]", scalar(&format!("{BELOW}!=\"\""))));
        yaml.pair(10, "", "repeat_interval", &repeat.to_string());
    }
}

/// The timing, without the values that the outer timing already has.
fn timing(yaml: &mut Yaml, indent: usize, timing: &Timing, outer: Option<&Timing>) {
    let differs = |get: fn(&Timing) -> &crate::vocabulary::Duration| {
        outer.is_none_or(|outer| get(outer) != get(timing))
    };
    if outer.is_none_or(|outer| outer.group_by != timing.group_by) {
        let all = ["...".to_owned()];
        yaml.line(indent, &format!("group_by: {}", flow(timing.group_by.as_deref().unwrap_or(&all))));
    }
    if differs(|timing| &timing.group_wait) {
        yaml.pair(indent, "", "group_wait", &timing.group_wait.to_string());
    }
    if differs(|timing| &timing.group_interval) {
        yaml.pair(indent, "", "group_interval", &timing.group_interval.to_string());
    }
    if differs(|timing| &timing.repeat_interval) {
        yaml.pair(indent, "", "repeat_interval", &timing.repeat_interval.to_string());
    }
}

/// A list on one line.
fn flow(texts: &[String]) -> String {
    let written: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", written.join(", "))
}

fn matchers(yaml: &mut Yaml, indent: usize, key: &str, matchers: &[Matcher]) {
    if matchers.is_empty() {
        return;
    }
    yaml.line(indent, &format!("{key}:"));
    for matcher in matchers {
        yaml.line(indent + 2, &format!("- {}", scalar(&spelled(matcher))));
    }
}

/// `severity="critical"`, `component=~"api|websocket"`: a form that both parsers of Alertmanager read.
fn spelled(matcher: &Matcher) -> String {
    let (operator, value) = match (&matcher.values[..], matcher.negative) {
        ([value], false) => ("=", value.clone()),
        ([value], true) => ("!=", value.clone()),
        (values, negative) => {
            let operator = if negative { "!~" } else { "=~" };
            (operator, values.iter().map(|value| literally(value)).collect::<Vec<_>>().join("|"))
        }
    };
    let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    // Only the new parser reads quoted names. The configuration requires it if there are any.
    format!("{}{operator}\"{value}\"", crate::promql::places::spelled_label(&matcher.label))
}

/// A regular expression (RE2) that matches this text only.
fn literally(text: &str) -> String {
    let mut pattern = String::new();
    for c in text.chars() {
        if r"\.+*?()|[]{}^$".contains(c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

fn inhibition(yaml: &mut Yaml, silenced: &PlannedInhibition) {
    match &silenced.why {
        InhibitionReason::PageOverTicket => {
            yaml.comment(2, "The page of an SLO silences its ticket. To Alertmanager, a label that neither side has is equal.");
        }
        InhibitionReason::BurnOverBudget => {
            yaml.comment(2, "The page for the burn rate silences the page for the budget of the same SLO.");
        }
        InhibitionReason::LowerLine => {
            yaml.comment(2, "The alert of the lowest budget line silences the alerts of the lines above it.");
        }
        InhibitionReason::Down { service } => {
            yaml.comment(2, &format!("While {service} is down, alerts of the services that need it are silenced."));
        }
        InhibitionReason::DownItself { service } => {
            yaml.comment(2, &format!("While {service} is down, alerts of its own SLOs are silenced."))
        }
        InhibitionReason::Aftermath { service } => {
            yaml.comment(2, &format!("After {service} was down, its outage is still in long windows, and counters start again: these alerts are silenced."))
        }
        InhibitionReason::Same { service, slo } => {
            yaml.comment(2, &format!("Both alerts are about the promise of `{service}/{slo}`."));
        }
        InhibitionReason::Journey { service, slo } => {
            yaml.comment(2, &format!("An alert of a part of `{service}/{slo}` says where it fails, and silences the ticket of the journey."));
        }
        InhibitionReason::JourneyFirst { service, slo } => {
            yaml.comment(2, &format!("`{service}/{slo}` paged first: this part was already bad, so its page is silenced."));
        }
        InhibitionReason::Declared => yaml.comment(2, "Declared under `inhibitions`."),
    }
    yaml.line(2, "- source_matchers:");
    for matcher in &silenced.source {
        yaml.line(6, &format!("- {}", scalar(&spelled(matcher))));
    }
    matchers(yaml, 4, "target_matchers", &silenced.target);
    if !silenced.equal.is_empty() {
        yaml.line(4, &format!("equal: {}", flow(&silenced.equal)));
    }
}

/// The title as a template. Several kinds of receivers use it.
const TITLE: &str = r#"{{ template "slowburn.title" . }}"#;
const TEXT: &str = r#"{{ template "slowburn.text" . }}"#;
const HTML: &str = r#"{{ template "slowburn.html" . }}"#;
const SLACK_TITLE: &str = r#"{{ template "slowburn.slack.title" . }}"#;
const SLACK_TEXT: &str = r#"{{ template "slowburn.slack.text" . }}"#;
const SLACK_COLOR: &str = r#"{{ template "slowburn.slack.color" . }}"#;
const CHAT_TITLE: &str = r#"{{ template "slowburn.mark" . }} {{ template "slowburn.chat.title" . }}"#;
const CHAT_TEXT: &str = r#"{{ template "slowburn.chat.text" . }}"#;
const TELEGRAM: &str = r#"{{ template "slowburn.mark" . }} {{ template "slowburn.text" . }}"#;
const PAGERDUTY_SEVERITY: &str = r#"{{ template "slowburn.pagerduty.severity" . }}"#;
const OPSGENIE_PRIORITY: &str = r#"{{ template "slowburn.opsgenie.priority" . }}"#;

fn receiver(yaml: &mut Yaml, receiver: &Receiver) {
    yaml.pair(2, "- ", "name", receiver.name.as_str());
    let mut last = "";
    for channel in &receiver.channels {
        let kind = match channel {
            Channel::Email { .. } => "email_configs",
            Channel::Slack { .. } => "slack_configs",
            Channel::Webhook { .. } => "webhook_configs",
            Channel::PagerDuty { .. } => "pagerduty_configs",
            Channel::Opsgenie { .. } => "opsgenie_configs",
            Channel::Telegram { .. } => "telegram_configs",
            Channel::Teams { .. } => "msteamsv2_configs",
            Channel::Discord { .. } => "discord_configs",
        };
        // Channels of one kind are written as one list.
        if kind != last {
            yaml.line(4, &format!("{kind}:"));
            last = kind;
        }
        self::channel(yaml, channel);
    }
}

fn channel(yaml: &mut Yaml, channel: &Channel) {
    yaml.line(6, "- send_resolved: true");
    match channel {
        Channel::Email { to } => {
            yaml.pair(8, "", "to", to);
            yaml.line(8, "headers:");
            yaml.pair(10, "", "Subject", TITLE);
            yaml.pair(8, "", "html", HTML);
            yaml.pair(8, "", "text", TEXT);
        }
        Channel::Slack { channel, api_url_file } => {
            yaml.pair(8, "", "api_url_file", api_url_file);
            yaml.pair(8, "", "channel", &text::inert(channel));
            yaml.pair(8, "", "color", SLACK_COLOR);
            yaml.pair(8, "", "title", SLACK_TITLE);
            yaml.pair(8, "", "text", SLACK_TEXT);
        }
        Channel::Webhook { address, token_file } => {
            match address {
                Address::Url(url) => yaml.pair(8, "", "url", url),
                Address::File(file) => yaml.pair(8, "", "url_file", file),
            }
            if let Some(file) = token_file {
                yaml.line(8, "http_config:");
                yaml.line(10, "authorization:");
                yaml.pair(12, "", "credentials_file", file);
            }
        }
        Channel::PagerDuty { routing_key_file } => {
            yaml.pair(8, "", "routing_key_file", routing_key_file);
            yaml.pair(8, "", "description", TITLE);
            yaml.pair(8, "", "severity", PAGERDUTY_SEVERITY);
        }
        Channel::Opsgenie { api_key_file } => {
            yaml.pair(8, "", "api_key_file", api_key_file);
            yaml.pair(8, "", "message", TITLE);
            yaml.pair(8, "", "description", TEXT);
            yaml.pair(8, "", "priority", OPSGENIE_PRIORITY);
        }
        Channel::Telegram { chat_id, bot_token_file } => {
            yaml.pair(8, "", "bot_token_file", bot_token_file);
            yaml.line(8, &format!("chat_id: {chat_id}"));
            // As plain text a message that is too long is cut; as HTML it would not be sent.
            yaml.line(8, "parse_mode: \"\"");
            yaml.pair(8, "", "message", TELEGRAM);
        }
        Channel::Teams { webhook_url_file } | Channel::Discord { webhook_url_file } => {
            let text = if matches!(channel, Channel::Teams { .. }) { "text" } else { "message" };
            yaml.pair(8, "", "webhook_url_file", webhook_url_file);
            yaml.pair(8, "", "title", CHAT_TITLE);
            yaml.pair(8, "", text, CHAT_TEXT);
        }
    }
}

fn times(yaml: &mut Yaml, times: &Times) {
    yaml.pair(2, "- ", "name", times.name.as_str());
    yaml.line(4, "time_intervals:");
    for TimeSpan { days, from, to } in &times.spans {
        yaml.pair(6, "- ", "location", &times.time_zone);
        if !days.is_empty() {
            const NAMES: [&str; 7] =
                ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
            let names: Vec<String> = (0..)
                .zip(NAMES)
                .filter(|(day, _)| days.contains(day))
                .map(|(_, name)| name.to_owned())
                .collect();
            yaml.line(8, &format!("weekdays: {}", flow(&names)));
        }
        if (*from, *to) != (0, 1440) {
            let clock = |minutes: &u16| format!("\"{:02}:{:02}\"", minutes / 60, minutes % 60);
            yaml.line(8, "times:");
            yaml.line(10, &format!("- start_time: {}", clock(from)));
            yaml.line(12, &format!("end_time: {}", clock(to)));
        }
    }
}

/// The receivers of every alert, for `amtool config routes test` or any other reader of YAML.
fn tests(deliveries: &[Delivery]) -> String {
    let mut yaml = Yaml::default();
    yaml.comment(0, MARK);
    yaml.comment(0, "The receivers of every alert, computed from the definitions and not from alertmanager.yml. To ask Alertmanager:");
    yaml.comment(0, "amtool config routes test --config.file=alertmanager.yml --verify.receivers=RECEIVER,… LABEL=VALUE …");
    yaml.line(0, "tests:");
    let mut of = None;
    for delivery in deliveries {
        // The examples of one alert are together, and labels that they share include its name and severity.
        let alert = Some(["alertname", "service", "severity"].map(|label| delivery.labels.get(label)));
        if alert != of && delivery.left_out > 0 {
            let words = "more combinations of label values are left out: each route has examples of its own.";
            yaml.comment(2, &format!("{} {words}", delivery.left_out));
        }
        of = alert;
        yaml.line(2, "- labels:");
        for (name, value) in &delivery.labels {
            yaml.pair(6, "", name, value);
        }
        yaml.line(4, &format!("receivers: {}", flow(&delivery.receivers)));
    }
    yaml.finish()
}
