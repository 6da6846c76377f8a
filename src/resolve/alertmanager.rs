//! Receivers, routes and inhibitions. Every name must exist, and every secret must be in a file.

use std::collections::{BTreeMap, BTreeSet};

use super::secrets::{self, Public};
use super::{hours, settings, values, whole};
use crate::ast::{
    AlertmanagerBlock, ChannelBlock, InhibitionBlock, MatchBlock, RouteBlock, SmtpBlock, TimeBlock,
    TimingBlock,
};
use crate::diagnostic::{Code, Problem, there_are};
use crate::model::{
    Address, Alertmanager, Channel, Clock, Inhibition, Matching, Receiver, Route, SeverityStyle, Smtp,
    TimeSpan, Times, Timing,
};
use crate::scalar::Scalar;
use crate::source::Span;
use crate::vocabulary::{Duration, LabelName, Name, PerSeverity, Zone, ZoneFault, nearest};

/// The oldest Alertmanager that is supported: Debian 12's.
const OLDEST: (u32, u32) = (0, 25);

/// The first version that reads the address of a webhook, or the token of a bot, from a file.
const URL_FILE: (u32, u32) = (0, 26);

/// The first version that correctly reads the address of Teams or Discord from a file, and converts times to another zone.
const CHATS: (u32, u32) = (0, 28);

/// What is needed to resolve the block.
pub(super) struct Context<'a> {
    /// The oldest Alertmanager that has to load it.
    pub version: (u32, u32),
    pub severities: &'a PerSeverity<SeverityStyle>,
    pub external_labels: &'a [LabelName],
    /// The project's time zone.
    pub time_zone: Option<&'a Scalar>,
    /// Whether any alert of the sources may have a label. If none has it, a match for the empty value is useless.
    pub carried: &'a dyn Fn(&str) -> bool,
}

pub(super) fn alertmanager(
    block: &AlertmanagerBlock,
    context: &Context,
    problems: &mut Vec<Problem>,
) -> Alertmanager {
    secrets::inline(&block.inline, problems);
    let version = version(block.version.as_ref(), problems);
    let smtp = block.smtp.as_ref().and_then(|smtp| self::smtp(smtp, problems));
    let mut receivers = Vec::new();
    let mut reported = false;
    for (key, channels) in &block.receivers {
        let name = values::name(&key.text, key.span, "a receiver", problems);
        let mail = channels.iter().find_map(|channel| match channel {
            ChannelBlock::Email(to) => Some(to),
            _ => None,
        });
        if let Some(to) = mail.filter(|_| block.smtp.is_none() && !std::mem::replace(&mut reported, true)) {
            problems.push(
                Problem::error(Code::MissingKey, whole(to), "the mail server is missing")
                    .help("add `smtp: { host: \"mail.internal:587\", from: alerts@shop.internal }` to `alertmanager`, with your own server"),
            );
        }
        let channels =
            channels.iter().filter_map(|channel| self::channel(channel, version, problems)).collect();
        receivers.extend(name.map(|name| Receiver { name, channels }));
    }
    let mut default_by = vec!["service".to_owned()];
    default_by.extend(context.external_labels.iter().map(ToString::to_string));
    let built_in = Timing {
        group_by: Some(default_by),
        group_wait: Duration::from_secs(30),
        group_interval: Duration::from_secs(300),
        repeat_interval: Duration::from_secs(4 * 3600),
    };
    let timing = timing(&block.timing, &built_in, context, problems);
    let known = DefinedNames {
        receivers: block.receivers.iter().map(|(key, _)| key.text.as_str()).collect(),
        times: block.times.iter().map(|(key, _)| key.text.as_str()).collect(),
    };
    let default = block.default.as_ref().and_then(|name| known.receiver(name, problems));
    let routes: Vec<Route> = block
        .routes
        .iter()
        .filter_map(|route| self::route(route, &timing, &known, context, problems))
        .collect();
    Alertmanager {
        smtp,
        receivers,
        complete: block.understood
            && routes.len() == block.routes.len()
            && default.is_some() == block.default.is_some(),
        default,
        times: block
            .times
            .iter()
            .filter_map(|(key, time)| times(&key.text, key.span, time, context, problems))
            .collect(),
        routes,
        timing,
        inhibitions: block.inhibitions.iter().filter_map(|one| inhibition(one, context, problems)).collect(),
        clock: clock(context.time_zone, version),
        place: block.span,
    }
}

/// The time zone in notifications. If Alertmanager cannot find a zone, it does not send the notification, so a name is used only if a fixed offset is
/// not enough.
fn clock(zone: Option<&Scalar>, version: (u32, u32)) -> Clock {
    let Some(name) = zone.map(|written| written.text.trim()) else { return Clock::Server };
    let ahead = match Zone::named(name) {
        Err(ZoneFault::Unknown) => return Clock::Server,
        Err(ZoneFault::Varies) => None,
        Ok(zone) => Some(zone.ahead()).filter(|ahead| ahead.iter().all(|month| *month == ahead[0])),
    };
    match ahead {
        Some(ahead) => Clock::Ahead(ahead[0]),
        None if version >= CHATS => Clock::Zone(name.to_owned()),
        None => Clock::Server,
    }
}

/// The oldest Alertmanager that has to load the configuration.
pub(super) fn version_of(block: &AlertmanagerBlock) -> (u32, u32) {
    version(block.version.as_ref(), &mut Vec::new())
}

fn version(written: Option<&Scalar>, problems: &mut Vec<Problem>) -> (u32, u32) {
    let Some(written) = written else { return OLDEST };
    let parts: Option<Vec<u32>> = written.text.split('.').map(|part| part.parse().ok()).collect();
    match parts.as_deref() {
        Some([major, minor, ..]) if (*major, *minor) >= OLDEST => (*major, *minor),
        _ => {
            problems.push(
                Problem::error(
                    Code::WrongType,
                    whole(written),
                    "this is not a version of Alertmanager, 0.25 or newer",
                )
                .help("write major and minor version in quotes, such as `\"0.25\"` or `\"0.28\"`"),
            );
            OLDEST
        }
    }
}

fn smtp(block: &SmtpBlock, problems: &mut Vec<Problem>) -> Option<Smtp> {
    let host = secrets::real(&block.host, problems).and_then(|host| {
        let port = host.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
        let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name);
        // Only an IPv6 address has colons, and it needs brackets.
        let address = name.trim_matches(['[', ']']);
        let is_address = address.chars().all(|c| c.is_ascii_hexdigit() || ".:".contains(c));
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c))
            || is_address && name == format!("[{address}]");
        if host.contains('@') || name.contains(':') && !is_address && !host.contains("://") {
            problems.push(
                Problem::error(Code::InlineSecret, whole(&block.host), "this host contains a user name or a password")
                    .hiding(whole(&block.host))
                    .label("everybody who reads the repository would know it")
                    .help("write only the host, such as `mail.internal:587`, the user name under `user`, and the password in a file: `password_file: /etc/alertmanager/secrets/smtp`"),
            );
            return None;
        }
        if port.is_none() || !plain {
            let mut problem =
                Problem::error(Code::WrongType, whole(&block.host), "this is not a host with a port");
            if port.is_none() && host.contains(':') && !host.contains("://") {
                problem = problem.hiding(whole(&block.host));
            }
            let bare = host.split_once("://").map_or(host.as_str(), |(_, host)| host).trim_end_matches('/');
            let is_host = !bare.is_empty() && bare.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c));
            problems.push(problem.help(format!(
                "write both, such as `{}:587`",
                if is_host { bare } else { "mail.internal" }
            )));
            return None;
        }
        Some(host)
    });
    let from = address(&block.from, problems);
    let user = block.user.as_ref().map(|user| secrets::user(user, problems));
    let password_file = block.password_file.as_ref().map(|file| secrets::file(file, problems));
    let tls = block.tls.as_ref().map_or(Some(true), |written| values::boolean(written, "tls", problems));
    Some(Smtp {
        host: host?,
        from: from?,
        user: user.flatten(),
        password_file: password_file.flatten(),
        tls: tls?,
    })
}

/// A mail address, checked only as far as needed to avoid ambiguity.
fn address(written: &Scalar, problems: &mut Vec<Problem>) -> Option<String> {
    let plain = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || "!#$%&'*+-/=?^_`|~.".contains(c))
    };
    let is_address = |text: &str| text.split_once('@').is_some_and(|(user, host)| plain(user) && plain(host));
    // `Alerts <alerts@shop.internal>`
    let named = written.text.trim().strip_suffix('>').and_then(|text| text.split_once('<'));
    if let Some((_, bare)) = named.filter(|(_, bare)| is_address(bare)) {
        let headline = "only the address is written here, without a name";
        let problem = Problem::error(Code::WrongType, whole(written), headline);
        problems.push(problem.fix(format!("write `{bare}`"), whole(written), bare));
        return None;
    }
    let text = secrets::real(written, problems)?;
    if !is_address(&text) {
        let parts: Vec<&str> = text.split([',', ';']).map(str::trim).collect();
        let is_list = parts.len() > 1 && parts.iter().all(|part| is_address(part));
        let problem = Problem::error(Code::WrongType, whole(written), "this is not a mail address")
            .label("expected one address, without a name");
        problems.push(match is_list {
            true => problem.help(format!("write a list for several: `email: [{}]`", parts.join(", "))),
            false => problem.help(
                "write an address such as `ops@shop.internal`, or a list for several: `[one@…, other@…]`",
            ),
        });
        return None;
    }
    Some(text)
}

fn channel(block: &ChannelBlock, version: (u32, u32), problems: &mut Vec<Problem>) -> Option<Channel> {
    match block {
        ChannelBlock::Email(to) => Some(Channel::Email { to: address(to, problems)? }),
        ChannelBlock::Slack { channel, api_url_file } => {
            let channel = secrets::channel(channel, problems);
            let api_url_file = secrets::file(api_url_file, problems);
            Some(Channel::Slack { channel: channel?, api_url_file: api_url_file? })
        }
        ChannelBlock::Webhook { url, url_file, token_file } => {
            if let (Some(_), Some(file)) = (url, url_file) {
                problems.push(
                    Problem::error(Code::WrongType, whole(file), "a webhook has only one address")
                        .label("`url` gives another one")
                        .help("keep `url_file` if the address itself gives access, and `url` if it does not"),
                );
                return None;
            }
            let token_file = token_file.as_ref().map(|file| secrets::file(file, problems));
            let address = match (url, url_file) {
                (Some(written), _) => Address::Url(secrets::address(written, &WEBHOOK, problems)?),
                (None, Some(file)) => {
                    let instead = "or write `url`, and keep the secret in a header: `token_file`";
                    let known =
                        can_read_file(URL_FILE, "the address of a webhook", file, version, instead, problems);
                    let file = secrets::file(file, problems);
                    Address::File(file.filter(|_| known)?)
                }
                (None, None) => return None,
            };
            Some(Channel::Webhook { address, token_file: token_file.flatten() })
        }
        ChannelBlock::PagerDuty(file) => {
            Some(Channel::PagerDuty { routing_key_file: secrets::file(file, problems)? })
        }
        ChannelBlock::Opsgenie(file) => {
            Some(Channel::Opsgenie { api_key_file: secrets::file(file, problems)? })
        }
        ChannelBlock::Telegram { chat_id, bot_token_file } => {
            let known =
                can_read_file(URL_FILE, "the token of a bot", bot_token_file, version, BY_WEBHOOK, problems);
            let chat_id = chat(chat_id, problems);
            let bot_token_file = secrets::file(bot_token_file, problems);
            known.then_some(Channel::Telegram { chat_id: chat_id?, bot_token_file: bot_token_file? })
        }
        ChannelBlock::Teams(file) => {
            let known = can_read_file(CHATS, "the address of Teams", file, version, BY_WEBHOOK, problems);
            let webhook_url_file = secrets::file(file, problems)?;
            known.then_some(Channel::Teams { webhook_url_file })
        }
        ChannelBlock::Discord(file) => {
            let known = can_read_file(CHATS, "the address of Discord", file, version, BY_WEBHOOK, problems);
            let webhook_url_file = secrets::file(file, problems)?;
            known.then_some(Channel::Discord { webhook_url_file })
        }
    }
}

/// Advice for receivers that this Alertmanager does not support.
const BY_WEBHOOK: &str = "or send to a bridge: `webhook: { url: http://bridge:8080/ }`";

/// Whether this version of Alertmanager can read the value from a file.
fn can_read_file(
    first: (u32, u32),
    what: &str,
    file: &Scalar,
    version: (u32, u32),
    instead: &str,
    problems: &mut Vec<Problem>,
) -> bool {
    if version >= first {
        return true;
    }
    let (major, minor) = first;
    let headline = format!("Alertmanager before {major}.{minor} cannot read {what} from a file");
    problems.push(
        Problem::error(Code::NeedsNewerAlertmanager, whole(file), headline)
            .label(format!("this configuration must load in Alertmanager {}.{}", version.0, version.1))
            .help(format!(
                "if all your Alertmanagers are newer, declare it: `version: \"{major}.{minor}\"` in `alertmanager`"
            ))
            .help(instead),
    );
    false
}

/// The id of a Telegram chat.
fn chat(written: &Scalar, problems: &mut Vec<Problem>) -> Option<i64> {
    let text = secrets::real(written, problems)?;
    let number = text.parse::<i64>().ok().filter(|number| *number != 0);
    if number.is_none() {
        problems.push(
            Problem::error(Code::WrongType, whole(written), "this is not a chat number")
                .hiding(whole(written))
                .help("write the number, such as `chat_id: -1001234567890`; groups have negative numbers")
                .help("Telegram returns it as `chat.id` in the bot's `getUpdates`"),
        );
    }
    number
}

/// What is needed to check the address of a webhook without secrets.
const WEBHOOK: Public = Public {
    of: "the address of a webhook",
    fits: |rest| {
        let plain = |c: char| c.is_ascii_graphic() && !"\"<>\\^`{|}".contains(c);
        !rest.is_empty() && !rest.starts_with(['/', ':']) && rest.chars().all(plain)
    },
    gives_access: secrets::is_called_with_a_key,
    seen: "everybody who reads the repository would know it",
    instead: &[
        "write it into a file that only Alertmanager can read, and name the file: `url_file: /etc/alertmanager/secrets/…` (from Alertmanager 0.26 on)",
        "if it is an address of Slack, use the channel `slack`, with `api_url_file`",
    ],
};

fn timing(block: &TimingBlock, outer: &Timing, context: &Context, problems: &mut Vec<Problem>) -> Timing {
    let group_by = match &block.group_by {
        None => outer.group_by.clone(),
        Some(labels) if labels.len() == 1 && labels[0].text == "..." => None,
        Some(labels) => {
            let mut names: Vec<String> = Vec::new();
            for label in labels {
                let Some(name) = label_name(&label.text, whole(label), context, problems) else { continue };
                if names.contains(&name) {
                    let headline = format!("`{name}` is listed twice");
                    problems.push(
                        Problem::error(Code::DuplicateKey, whole(label), headline).help("remove one of them"),
                    );
                }
                names.push(name);
            }
            Some(names)
        }
    };
    let mut length = |written: &Option<Scalar>, outer: Duration| match written {
        None => outer,
        Some(written) => values::duration(written, problems).unwrap_or(outer),
    };
    let group_interval = length(&block.group_interval, outer.group_interval);
    let repeat_interval = length(&block.repeat_interval, outer.repeat_interval);
    // The only duration that may be zero.
    let group_wait = match &block.group_wait {
        Some(written) if Duration::parse(written.text.trim()) == Some(Duration::default()) => {
            Duration::default()
        }
        written => length(written, outer.group_wait),
    };
    Timing { group_by, group_wait, group_interval, repeat_interval }
}

/// The name of a label that alerts may have from any source.
fn label_name(text: &str, place: Span, context: &Context, problems: &mut Vec<Problem>) -> Option<String> {
    // Only Prometheus reads these words as keywords.
    if LabelName::is_keyword(text) {
        return Some(text.to_owned());
    }
    let quoted = LabelName::in_quotes(text);
    if let Some(name) = quoted.as_ref().filter(|_| context.version < settings::QUOTED_SINCE) {
        let (major, minor) = settings::QUOTED_SINCE;
        problems.push(
            Problem::error(
                Code::NeedsNewerAlertmanager,
                place,
                format!("Alertmanager before {major}.{minor} does not support labels such as `{name}`"),
            )
            .label(format!("this configuration must load in Alertmanager {}.{}", context.version.0, context.version.1))
            .help(format!(
                "if all your Alertmanagers are newer, declare it: `version: \"{major}.{minor}\"` in `alertmanager`"
            )),
        );
        return None;
    }
    let name = LabelName::parse(text).or(quoted);
    if name.is_none() {
        problems.push(
            Problem::error(Code::InvalidLabel, place, "this is not a valid label name")
                .label("letters, digits and `_`, not beginning with a digit"),
        );
    }
    name.map(|name| name.to_string())
}

/// The names that routes can use.
struct DefinedNames<'a> {
    receivers: Vec<&'a str>,
    times: Vec<&'a str>,
}

impl DefinedNames<'_> {
    fn receiver(&self, written: &Scalar, problems: &mut Vec<Problem>) -> Option<Name> {
        if self.receivers.contains(&written.text.as_str()) {
            // An invalid name is reported where it is defined.
            return Name::parse(&written.text);
        }
        let parts: Vec<&str> = written.text.split([',', ';', ' ']).filter(|part| !part.is_empty()).collect();
        if parts.len() > 1 && parts.iter().all(|part| self.receivers.contains(part)) {
            let list = format!("[{}]", parts.join(", "));
            let problem =
                Problem::error(Code::ReceiverUndefined, whole(written), "these are several receivers");
            problems.push(problem.help(format!("write a list: `to: {list}`")));
            return None;
        }
        let headline = format!("there is no receiver `{}`", written.text);
        if let Some((user, _)) = written.text.split_once('@').filter(|(user, _)| Name::parse(user).is_some())
        {
            problems.push(Problem::error(Code::ReceiverUndefined, whole(written), headline).help(format!(
                "define it, `receivers: {{ {user}: {{ email: {} }} }}`, and write `to: {user}`",
                written.text
            )));
            return None;
        }
        problems.push(undefined(
            Problem::error(Code::ReceiverUndefined, whole(written), headline),
            written,
            &self.receivers,
        ));
        None
    }

    fn time(&self, written: &Scalar, problems: &mut Vec<Problem>) -> Option<Name> {
        if self.times.contains(&written.text.as_str()) {
            return Name::parse(&written.text);
        }
        let headline = format!("`times` has no entry `{}`", written.text);
        if let Some(hours) = super::common_spellings::hours(&written.text) {
            problems.push(
                Problem::error(Code::TimeUndefined, whole(written), headline)
                    .label("`mute` names an entry of `times`")
                    .help(format!("write `times: {{ nights: {{ hours: \"{hours}\" }} }}` in `alertmanager`, and `mute: nights` here")),
            );
            return None;
        }
        let name = written.text.to_lowercase();
        if let Some(name) = Name::parse(&name).filter(|_| {
            self.times.is_empty()
                && ["weekend", "finde", "fin-de-semana"].iter().any(|word| name.contains(word))
        }) {
            let problem = Problem::error(Code::TimeUndefined, whole(written), headline);
            problems.push(problem.help(format!(
                "define it in `alertmanager`: `times: {{ {name}: {{ days: saturday-sunday, hours: \"00:00-24:00\" }} }}`"
            )));
            return None;
        }
        problems.push(undefined(
            Problem::error(Code::TimeUndefined, whole(written), headline),
            written,
            &self.times,
        ));
        None
    }
}

fn undefined(problem: Problem, written: &Scalar, known: &[&str]) -> Problem {
    match nearest(&written.text, known) {
        Some(name) => problem.label(format!("did you mean `{name}`?")).fix(
            format!("write `{name}`"),
            whole(written),
            name,
        ),
        None if known.is_empty() => problem.help(format!(
            "define it in `alertmanager`: `times: {{ {}: {{ hours: \"22:00-07:00\" }} }}`",
            Name::nearest(&written.text).map_or_else(|| "nights".to_owned(), |name| name.to_string())
        )),
        None => problem.help(there_are(known)),
    }
}

fn matching(block: &MatchBlock, context: &Context, problems: &mut Vec<Problem>) -> Matching {
    let mut matching = BTreeMap::new();
    for (key, written) in block {
        let Some(label) = label_name(&key.text, key.span, context, problems) else { continue };
        let values: BTreeSet<String> = match label.as_str() {
            "severity" => written
                .iter()
                .filter_map(|word| values::severity(&word.text, whole(word), problems))
                .map(|severity| context.severities.get(severity).label.clone())
                .collect(),
            // The empty value selects alerts without this label, which is useful if other alerts have it.
            label if (context.carried)(label) => written.iter().map(|value| value.text.clone()).collect(),
            label => written.iter().filter_map(|value| matched(label, value, problems)).collect(),
        };
        matching.insert(label, values);
    }
    matching
}

/// The value of a label that no alert is known to have. It cannot be empty: that would match every alert.
fn matched(label: &str, written: &Scalar, problems: &mut Vec<Problem>) -> Option<String> {
    if !written.text.trim().is_empty() {
        return Some(written.text.clone());
    }
    problems.push(
        Problem::error(Code::InvalidLabel, whole(written), format!("the value of `{label}` is empty"))
            .label("this matches alerts without the label, and no alert here has it")
            .help("write a value, or remove the matcher"),
    );
    None
}

fn route(
    block: &RouteBlock,
    outer: &Timing,
    known: &DefinedNames,
    context: &Context,
    problems: &mut Vec<Problem>,
) -> Option<Route> {
    let before = problems.len();
    let matching = matching(&block.matches, context, problems);
    let mut to: Vec<Name> = Vec::new();
    for written in &block.to {
        let Some(name) = known.receiver(written, problems) else { continue };
        if to.contains(&name) {
            let headline = format!("`{name}` is listed twice");
            problems.push(
                Problem::error(Code::DuplicateKey, whole(written), headline).help("remove one of them"),
            );
        }
        to.push(name);
    }
    let mut timing = timing(&block.timing, outer, context, problems);
    if let Some(written) = &block.after {
        if let Some(wait) = &block.timing.group_wait {
            problems.push(
                Problem::error(
                    Code::WrongType,
                    whole(wait),
                    "`after` and `group_wait` both say when the first notification is sent",
                )
                .and(whole(written), "the other one is here")
                .help("remove `group_wait`"),
            );
        }
        timing.group_wait = values::duration(written, problems).unwrap_or_default();
        // In a larger group, an alert that joins later would not wait.
        if block.timing.group_by.is_none() {
            timing.group_by = None;
        }
    }
    let mute = block.mute.iter().filter_map(|written| known.time(written, problems)).collect();
    let stop = block.stop.as_ref().map_or(Some(false), |written| values::boolean(written, "stop", problems));
    let route = Route {
        labels: block.matches.iter().map(|(key, _)| (key.text.clone(), key.span)).collect(),
        matching,
        to,
        timing,
        escalates: block.after.is_some(),
        mute,
        stop: stop?,
        place: block.span.beginning(),
    };
    (problems.len() == before && !route.to.is_empty()).then_some(route)
}

fn inhibition(block: &InhibitionBlock, context: &Context, problems: &mut Vec<Problem>) -> Option<Inhibition> {
    let before = problems.len();
    let source = matching(&block.source, context, problems);
    let silenced = matching(&block.silenced, context, problems);
    let equal = block
        .equal
        .iter()
        .filter_map(|label| Some((label_name(&label.text, whole(label), context, problems)?, whole(label))))
        .collect();
    (problems.len() == before).then(|| Inhibition { source, silenced, equal, place: block.span.beginning() })
}

fn times(
    name: &str,
    place: Span,
    block: &TimeBlock,
    context: &Context,
    problems: &mut Vec<Problem>,
) -> Option<Times> {
    let name = values::name(name, place, "a time", problems);
    let zone = match block.time_zone.as_ref().or(context.time_zone) {
        None => {
            problems.push(
                Problem::error(Code::MissingKey, place, "these times have no time zone")
                    .help("add `time_zone: Europe/Madrid`, here or for the whole project"),
            );
            None
        }
        Some(written) => match Zone::named(written.text.trim()) {
            // A zone whose months have no fixed offset is allowed: only calendar periods need that.
            Ok(_) | Err(ZoneFault::Varies) => Some(written.text.trim().to_owned()),
            Err(ZoneFault::Unknown) => {
                problems.push(values::unzoned(written, ZoneFault::Unknown));
                None
            }
        },
    };
    let mut days = BTreeSet::new();
    let mut understood = true;
    for written in &block.days {
        match hours::weekdays(&written.text) {
            Some(more) => days.extend(more),
            None => {
                understood = false;
                problems.push(hours::not_days(written, Code::WrongType));
            }
        }
    }
    let mut spans = Vec::new();
    for written in &block.hours {
        match hours::span(&written.text) {
            Some((from, to)) if from < to => spans.push(TimeSpan { days: days.clone(), from, to }),
            // A night begins on one day and ends on the next one.
            Some((from, to)) => {
                let next = days.iter().map(|day| (day + 1) % 7).collect();
                if from < hours::DAY {
                    spans.push(TimeSpan { days: days.clone(), from, to: hours::DAY });
                }
                if to > 0 {
                    spans.push(TimeSpan { days: next, from: 0, to });
                }
            }
            None => {
                understood = false;
                problems.push(hours::not_hours(written, Code::WrongType));
            }
        }
    }
    if block.hours.is_empty() {
        spans.push(TimeSpan { days, from: 0, to: hours::DAY });
    }
    understood.then_some(Times { name: name?, time_zone: zone?, spans })
}
