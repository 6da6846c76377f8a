//! Advice for keys of other tools (Sloth, Pyrra, OpenSLO, Grafana, Alertmanager), and for keys on the wrong level.

use super::keys::{ALERT_KEYS, CHANNELS, PROJECT_KEYS, SERVICE_KEYS, SLI_KEYS, SLO_KEYS};

/// What to suggest for an unknown key.
pub enum KeySuggestion {
    /// The name of this key in slowburn.
    Key(&'static str),
    /// What to write instead.
    Advice(String),
}

/// Words of other tools: the word, where it is written, and the equivalent key.
const CALLED: &[(&str, &[&str], &str)] = &[
    ("a service file", &["name", "service_name", "app", "job"], "service"),
    ("a service file", &["team", "squad", "contact", "maintainer"], "owner"),
    ("a service file", &["objectives", "slo_list"], "slos"),
    ("a service file", &["interval", "scrapeInterval", "resolution"], "scrape_interval"),
    ("a service file", &["contract", "metrics_file"], "metrics"),
    ("the project file", &["lang", "locale"], "language"),
    ("the project file", &["timezone", "tz"], "time_zone"),
    ("a receiver", &["msteams", "microsoft_teams"], "teams"),
    ("an SLO", &["target", "goal", "slo", "percentage", "objectivePercent", "ratio"], "objective"),
    ("an SLO", &["window", "time_window", "timeWindow", "duration", "rolling", "range"], "period"),
    ("an SLO", &["indicator", "sli_spec", "query"], "sli"),
    ("an SLO", &["group_by", "groupBy", "grouping", "groupings", "per"], "by"),
    ("an SLO", &["alert_policy", "alertPolicies", "alerting_policy"], "policy"),
    ("an SLO", &["timezone", "tz"], "time_zone"),
    (
        "`sli`",
        &[
            "total_query",
            "totalQuery",
            "total_events",
            "valid",
            "valid_events",
            "denominator",
            "all",
            "requests",
        ],
        "total",
    ),
    (
        "`sli`",
        &["error", "errors", "error_query", "errorQuery", "error_events", "failures", "failed", "bad_events"],
        "bad",
    ),
    (
        "`sli`",
        &["success", "successes", "successful", "good_events", "good_query", "success_query", "numerator"],
        "good",
    ),
    ("`sli`", &["gauge_up", "up"], "probe"),
    ("`sli`", &["error_ratio", "error_ratio_query", "errorRatioQuery"], "bad_ratio"),
    ("`sli`", &["duration", "response_time"], "latency"),
    ("an SLO", &["ignore", "ignored", "accept", "acknowledged", "suppress", "allow"], "accepted"),
    ("an alert", &["ignore", "ignored", "accept", "acknowledged", "suppress", "allow"], "accepted"),
    ("a service file", &["ignore", "ignored", "accept", "acknowledged", "suppress", "allow"], "accepted"),
    ("the project file", &["ignore", "ignored", "accept", "acknowledged", "suppress", "allow"], "accepted"),
    ("an alert", &["query", "expression", "promql"], "expr"),
    ("an alert", &["duration", "hold", "pending"], "for"),
    ("an alert", &["keepFiringFor", "keep_firing", "keep"], "keep_firing_for"),
    ("a tier", &["keepFiringFor", "keep_firing", "keep"], "keep_firing_for"),
    ("an alert", &["runbook_link"], "runbook"),
    ("an alert", &["message", "summary"], "description"),
    ("a tier", &["long_window", "longWindow"], "long"),
    ("a tier", &["short_window", "shortWindow"], "short"),
    ("a tier", &["error_budget_percent", "errorBudgetPercent", "share"], "budget"),
    ("an entry of `budget_alerts`", &["at", "below", "remaining", "threshold", "budget", "line"], "left"),
    ("an entry of `budget_policy`", &["at", "left", "remaining", "threshold", "budget", "line"], "below"),
    ("an entry of `budget_policy`", &["action", "then", "agreed", "text"], "do"),
    ("an entry of `maintenance`", &["start", "starts", "begin", "begins", "since"], "from"),
    ("an entry of `maintenance`", &["end", "ends", "until", "till"], "to"),
    ("an entry of `maintenance`", &["services", "of"], "slos"),
    ("an entry of `maintenance`", &["why", "because", "description", "comment"], "reason"),
    ("`hours`", &["timezone", "tz", "zone"], "time_zone"),
    ("`hours`", &["weekdays", "day", "on"], "days"),
    ("`hours`", &["time", "times", "hour", "between"], "hours"),
    ("`hours`", &["except", "closed", "feriados"], "holidays"),
    ("a receiver", &["mail"], "email"),
    ("a route", &["receiver", "receivers"], "to"),
    ("a route", &["matchers", "match_re"], "match"),
    ("a route", &["mute_time_intervals"], "mute"),
    ("`smtp`", &["smarthost", "smtp_smarthost"], "host"),
];

/// Words of other tools that have no equivalent key, and what to write instead.
const ADVISED: &[(&str, &[&str], &str)] = &[
    (
        "an entry of `maintenance`",
        &["for", "duration", "length", "lasts"],
        "write when it ends: `to: 2027-01-10T04:00`",
    ),
    (
        "an entry of `budget_alerts`",
        &["spent", "used", "consumed"],
        "write how much is left: when 75% are spent, it is `left: 25%`",
    ),
    (
        "an entry of `budget_policy`",
        &["spent", "used", "consumed", "above"],
        "write how much is left: when 75% are spent, it is `below: 25%`",
    ),
    (
        "`hours`",
        &["from", "to", "start", "end", "begin", "until"],
        "write both in one text: `hours: \"08:00-20:00\"`",
    ),
    (
        "an SLO",
        &["threshold", "latency_threshold", "percentile"],
        "write the threshold in the objective: `objective: P95 < 500ms`",
    ),
    (
        "`sli`",
        &["threshold", "latency_threshold", "percentile", "quantile", "le"],
        "write the threshold in the objective: `objective: P95 < 500ms`",
    ),
    (
        "an SLO",
        &["runbook_url", "runbookUrl", "runbook_link"],
        "write an address as an annotation: `annotations: { runbook_url: https://… }`",
    ),
    (
        "an alert",
        &["runbook_url", "runbookUrl"],
        "write an address as an annotation: `annotations: { runbook_url: https://… }`",
    ),
    (
        "an SLO",
        &["error", "errors", "error_query", "errorQuery", "total_query", "totalQuery", "success", "events"],
        "write the events under `sli`: `sli: { total: http_requests_total, bad: 'http_requests_total{code=~\"5..\"}' }`",
    ),
    (
        "an SLO",
        &["alerting", "burn_rate", "burnRates", "page_alert", "ticket_alert"],
        "the policy makes the alerts: remove this, or name another policy: `policy: workbook`",
    ),
    (
        "an SLO",
        &["alerts"],
        "an SLO makes its own alerts; write alerts on causes beside `slos`: `alerts: { down: { expr: …, severity: page } }`",
    ),
    ("an SLO", &["name", "id", "displayName"], "the key is its name: `slos: { availability: … }`"),
    ("an SLO", &["dashboard", "dashboard_url"], "slowburn makes one dashboard for each service: remove this"),
    ("an alert", &["alert", "name"], "the key is its name: `alerts: { down: … }`"),
    ("an alert", &["runbook_text", "text"], "write it as `description`, or in a file that `runbook` names"),
    (
        "`sli`",
        &["events", "raw", "plugin", "spec", "ratioMetric", "type"],
        "write the counters themselves: `sli: { total: http_requests_total, bad: 'http_requests_total{code=~\"5..\"}' }`",
    ),
    (
        "`sli`",
        &["metric", "query", "expr", "promql"],
        "write the kind of SLI: `total` and `bad` for counters, `latency` for a histogram, `condition` for a comparison, `probe` for a series of 0 and 1",
    ),
    (
        "a tier",
        &["burn_rate", "burnRate", "factor", "rate"],
        "the share of the budget decides it: burn rate = share × period ÷ long window; 14.4 over 1h of 30d is `budget: 2%`",
    ),
    ("a tier", &["for", "window", "windows"], "a tier has two windows: `long: 1h, short: 5m`"),
    ("a receiver", &["email_configs"], "write only the address: `email: ops@example.com`"),
    (
        "a receiver",
        &["slack_configs"],
        "write `slack: { channel: \"#ops\", api_url_file: /etc/alertmanager/slack }`",
    ),
    ("a receiver", &["webhook_configs", "url"], "write `webhook: { url: http://bridge:8080/ }`"),
    (
        "a receiver",
        &["pagerduty_configs"],
        "write `pagerduty: { routing_key_file: /etc/alertmanager/pagerduty }`",
    ),
    ("a receiver", &["opsgenie_configs"], "write `opsgenie: { api_key_file: /etc/alertmanager/opsgenie }`"),
    (
        "a receiver",
        &["telegram_configs"],
        "write `telegram: { chat_id: -1001234567890, bot_token_file: /etc/alertmanager/telegram }`",
    ),
    (
        "a receiver",
        &["msteams_configs", "msteamsv2_configs"],
        "write `teams: { webhook_url_file: /etc/alertmanager/teams }`",
    ),
    ("a receiver", &["discord_configs"], "write `discord: { webhook_url_file: /etc/alertmanager/discord }`"),
    ("a receiver", &["name"], "the key is its name: `receivers: { ops: { email: … } }`"),
    (
        "a receiver",
        &[
            "pushover",
            "pushover_configs",
            "victorops",
            "victorops_configs",
            "sns",
            "sns_configs",
            "webex",
            "webex_configs",
        ],
        "there is no such channel: send to a bridge, `webhook: { url: http://bridge:8080/ }`",
    ),
];

/// Keys on the wrong level, and where they belong.
const BELONG: &[(&str, &[&str], &str)] = &[
    ("`sli`", SLI_KEYS, "it belongs under `sli`, in an SLO"),
    ("an SLO", SLO_KEYS, "it belongs to an SLO, under `slos`"),
    ("a service file", SERVICE_KEYS, "it belongs to a service file, at the left margin"),
    ("the project file", PROJECT_KEYS, "it belongs to the project file, `slowburn.yaml`, at the left margin"),
    ("an alert", ALERT_KEYS, "it belongs to an alert, under `alerts`"),
    ("a receiver", CHANNELS, "it belongs to a receiver, under `receivers`"),
];

/// The suggestion for an unknown `key` of `what`.
pub fn suggestion(what: &str, key: &str) -> Option<KeySuggestion> {
    let of = |(place, words, sentence): &(&str, &'static [&'static str], &'static str)| {
        (*place == what && words.contains(&key)).then_some(*sentence)
    };
    if let Some(name) = CALLED.iter().find_map(of) {
        return Some(KeySuggestion::Key(name));
    }
    if let Some(advice) = ADVISED.iter().find_map(of) {
        return Some(KeySuggestion::Advice(advice.to_owned()));
    }
    let levels = ["an SLO", "a service file", "the project file", "`sli`"];
    let other = BELONG.iter().find(|(place, keys, _)| *place != what && keys.contains(&key));
    other
        .filter(|_| levels.contains(&what))
        .map(|(_, _, sentence)| KeySuggestion::Advice((*sentence).to_owned()))
}
