//! The keys of the language, in the order of messages.

pub(super) const PROJECT_KEYS: &[&str] = &[
    "version",
    "language",
    "policies",
    "severities",
    "prometheus",
    "alertmanager",
    "dependencies",
    "links",
    "texts",
    "targets",
    "maintenance",
    "environments",
    "period",
    "time_zone",
    "policy",
    "alert_name",
    "min_bad_events",
    "min_events",
    "missing_events",
    "budgeting",
    "slice",
    "labels",
    "annotations",
    "budget_alerts",
    "budget_policy",
    "hours",
    "except",
    "accepted",
];

pub(super) const SERVICE_KEYS: &[&str] = &[
    "version",
    "service",
    "description",
    "owner",
    "scrape_interval",
    "metrics",
    "planned",
    "slos",
    "alerts",
    "period",
    "time_zone",
    "policy",
    "alert_name",
    "min_bad_events",
    "min_events",
    "missing_events",
    "budgeting",
    "slice",
    "labels",
    "annotations",
    "budget_alerts",
    "budget_policy",
    "hours",
    "except",
    "accepted",
    "parameters",
    "instances",
];

pub(super) const SLO_KEYS: &[&str] = &[
    "description",
    "objective",
    "objectives",
    "sli",
    "by",
    "tiers_off",
    "traffic",
    "runbook",
    "period",
    "time_zone",
    "policy",
    "alert_name",
    "min_bad_events",
    "min_events",
    "budgeting",
    "slice",
    "labels",
    "annotations",
    "budget_alerts",
    "budget_policy",
    "hours",
    "except",
    "accepted",
    "parameters",
    "instances",
];

pub(super) const ALERT_KEYS: &[&str] = &[
    "description",
    "expr",
    "for",
    "keep_firing_for",
    "severity",
    "down",
    "independent",
    "same_as",
    "runbook",
    "labels",
    "annotations",
    "accepted",
    "parameters",
    "instances",
];

pub(super) const SLI_KEYS: &[&str] = &[
    "total",
    "good",
    "bad",
    "latency",
    "successful",
    "histogram",
    "unit",
    "condition",
    "probe",
    "freshness",
    "bad_ratio",
    "journey",
];

/// The keys of the channels of a receiver.
pub(super) const CHANNELS: &[&str] =
    &["email", "slack", "telegram", "teams", "discord", "webhook", "pagerduty", "opsgenie"];

pub(super) const POLICY_KEYS: &[&str] = &["scale_to", "tiers"];

/// The keys of hours with a name, under `times`.
pub(super) const TIME_KEYS: &[&str] = &["days", "hours", "time_zone"];

pub(super) const ROUTE_KEYS: &[&str] =
    &["match", "to", "after", "group_by", "group_wait", "group_interval", "repeat_interval", "mute", "stop"];

/// Whether a word is a key of a file or of a part of it, and not a name.
pub(super) fn is_known(word: &str) -> bool {
    let all = [
        PROJECT_KEYS,
        SERVICE_KEYS,
        SLO_KEYS,
        ALERT_KEYS,
        SLI_KEYS,
        CHANNELS,
        POLICY_KEYS,
        TIME_KEYS,
        ROUTE_KEYS,
    ];
    all.iter().any(|keys| keys.contains(&word))
}

/// Keys of `targets`: files of the other targets are always written.
pub const TARGET_KEYS: &[&str] = &["operator", "thanos", "mimir", "cortex", "vmalert", "vmrule"];
