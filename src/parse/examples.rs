//! Examples of values that are often written in another shape.

use super::foreign_keys::{self, KeySuggestion};
use super::keys::TARGET_KEYS;
use super::short_values::{flow, is_address};
use super::yaml::{Node, Value};
use crate::vocabulary::is_channel_name;

/// An example of a value that is often written as another kind, with the user's own text in it if it fits.
pub fn example(what: &str, node: &Node) -> Option<String> {
    let (text, part) = form(what)?;
    match &node.value {
        // Only a text that cannot be a secret is repeated.
        Value::Scalar(scalar) if !part.is_empty() && alike(&scalar.text, part) => {
            Some(text.replacen(part, &scalar.text, 1))
        }
        Value::Scalar(scalar) if part.starts_with('#') && is_channel_name(&scalar.text) => {
            Some(text.replacen(part, &format!("#{}", scalar.text.trim_start_matches(['#', '@'])), 1))
        }
        Value::List(entries) if ["`environments`", "`targets`"].contains(&what) && !entries.is_empty() => {
            let names: Vec<String> = entries.iter().map(flow).collect::<Option<_>>()?;
            // Files of the others are always written.
            let is_key = |name: &&String| what != "`targets`" || TARGET_KEYS.contains(&name.as_str());
            let ours = |name: &String| match foreign_keys::suggestion("`targets`", name, TARGET_KEYS) {
                Some(KeySuggestion::Key(ours)) if what == "`targets`" => ours.to_owned(),
                _ => name.clone(),
            };
            let names: Vec<String> = names.iter().map(ours).collect();
            let names: Vec<String> =
                names.iter().filter(is_key).map(|name| format!("{name}: {{}}")).collect();
            let all = if names.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", names.join(", ")) };
            Some(format!("{}: {all}", what.trim_matches('`')))
        }
        _ => Some(text.to_owned()),
    }
}

/// Whether a text has the form of another one: the same kinds of characters in the same order.
fn alike(text: &str, other: &str) -> bool {
    let kinds = |text: &str| {
        let mut kinds: Vec<char> = text
            .chars()
            .map(|c| {
                if c.is_ascii_digit() {
                    '0'
                } else if c.is_ascii_lowercase() || matches!(c, '-' | '_') {
                    'a'
                } else {
                    c
                }
            })
            .collect();
        kinds.dedup();
        kinds
    };
    let (one, two) = (kinds(text), kinds(other));
    text.len() <= 60 && (one == two || other.contains('@') && is_address(text))
}

/// The form of a value, and the part of it that the user's own text may replace.
pub fn form(what: &str) -> Option<(&'static str, &'static str)> {
    Some(match what {
        "slos" => ("{ availability: { objective: 99.9%, sli: { total: …, bad: … } } }", ""),
        "alerts" => ("{ down: { expr: 'absent(up{job=\"api\"} == 1)', severity: page } }", ""),
        "accepted" => ("{ single-event-pages: why this is right here }", ""),
        "labels" | "annotations" => ("{ component: database }", ""),
        "policies" => ("{ strict: { tiers: [{ severity: page, budget: 2%, long: 1h, short: 5m }] } }", ""),
        "severities" => ("{ page: { label: critical }, ticket: { label: warning } }", ""),
        "receivers" => ("{ ops: { email: ops@shop.internal } }", ""),
        "planned" => ("{ http_requests_total: why it does not exist yet }", ""),
        "min_bad_events" => ("{ page: 5, ticket: 1 }", "5"),
        "min_events" => ("{ page: 100, ticket: 20 }", "100"),
        "`sli`" => ("sli: { total: http_requests_total, bad: 'http_requests_total{code=~\"5..\"}' }", ""),
        "`environments`" => ("environments: { production: {}, staging: {} }", "production"),
        "`targets`" => ("targets: { thanos: {} }", "thanos"),
        "`operator`" => ("operator: { namespace: monitoring, labels: { release: prometheus } }", ""),
        "`vmrule`" => ("vmrule: { namespace: monitoring }", ""),
        "`thanos`" => ("thanos: {}", ""),
        "`mimir`" => ("mimir: {}", ""),
        "`cortex`" => ("cortex: {}", ""),
        "`vmalert`" => ("vmalert: {}", ""),
        "`prometheus`" => (
            "prometheus: { version: \"3.0\" }`; an address is an option of commands: `--prometheus http://localhost:9090",
            "",
        ),
        "a receiver" => ("{ email: ops@shop.internal }", "ops@shop.internal"),
        "a tier" => ("{ severity: page, budget: 2%, long: 1h, short: 5m }", ""),
        "a policy" => ("{ tiers: [{ severity: page, budget: 2%, long: 1h, short: 5m }] }", ""),
        "a severity" => ("{ label: critical }", "critical"),
        "`links`" => ("links: { runbooks: https://wiki.shop.internal/runbooks }", ""),
        "`slice`" => ("slice: { length: 1m, objective: 95% }", "1m"),
        "budget_alerts" => ("[{ left: 25%, severity: ticket }]", ""),
        "`hours`" => ("hours: { days: monday-friday, hours: \"08:00-20:00\" }", ""),
        "maintenance" => {
            ("[{ from: 2027-01-10T02:00, to: 2027-01-10T04:00, reason: The database moves }]", "")
        }
        "an entry of `maintenance`" => {
            ("{ from: 2027-01-10T02:00, to: 2027-01-10T04:00, reason: The database moves }", "")
        }
        "texts" => ("{ burn: { summary: \"<< service >>/<< slo >> burns\" } }", ""),
        "an entry of `texts`" => ("texts: { burn: { summary: \"<< service >>/<< slo >> burns\" } }", ""),
        "dependencies" => ("{ shop: [database] }", ""),
        "routes" => ("[{ match: { severity: page }, to: ops }]", ""),
        "tiers" => ("[{ severity: page, budget: 2%, long: 1h, short: 5m }]", ""),
        "times" => ("{ nights: { hours: \"22:00-07:00\" } }", ""),
        "an entry of `times`" => ("{ hours: \"22:00-07:00\" }", "22:00-07:00"),
        "match" | "while" | "silence" => ("{ severity: page }", ""),
        "a route" => ("{ match: { severity: page }, to: ops }", ""),
        "`slack`" => {
            ("slack: { channel: \"#alerts\", api_url_file: /etc/alertmanager/secrets/slack }", "#alerts")
        }
        "`telegram`" => (
            "telegram: { chat_id: -1001234567890, bot_token_file: /etc/alertmanager/secrets/telegram }",
            "-1001234567890",
        ),
        "`teams`" => ("teams: { webhook_url_file: /etc/alertmanager/secrets/teams }", ""),
        "`discord`" => ("discord: { webhook_url_file: /etc/alertmanager/secrets/discord }", ""),
        "`webhook`" => {
            ("webhook: { url: \"http://bridge.internal:8080/\" }` with your own address in `url", "")
        }
        "`pagerduty`" => ("pagerduty: { routing_key_file: /etc/alertmanager/secrets/pagerduty }", ""),
        "`opsgenie`" => ("opsgenie: { api_key_file: /etc/alertmanager/secrets/opsgenie }", ""),
        "`smtp`" => ("smtp: { host: \"mail.internal:587\", from: alerts@shop.internal }", ""),
        "`alertmanager`" => {
            ("alertmanager: { receivers: { ops: { email: ops@shop.internal } }, default: ops }", "")
        }
        "budget_policy" => ("[{ below: 25%, do: Only fixes are deployed }]", ""),
        "an entry of `budget_policy`" => ("{ below: 25%, do: Only fixes are deployed }", "25%"),
        "an entry of `budget_alerts`" => ("{ left: 25%, severity: ticket }", "25%"),
        "an SLO" => ("{ objective: 99.9%, sli: { total: …, bad: … } }", "99.9%"),
        "an alert" => ("{ expr: 'absent(up{job=\"api\"} == 1)', severity: page }", ""),
        _ => return None,
    })
}
