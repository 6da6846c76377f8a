//! Shared settings: project, service and SLO can set them, and the innermost value is used.

use super::values::{
    annotation_name, boolean, code, count, duration, line, own_label_name, percentage, period, reason,
    severity, text, words,
};
use super::{Key, block, list, map, one_or_more};

/// The keys of all three levels.
pub(super) fn settings() -> Vec<Key> {
    let least =
        vec![("page", "For pages. Default: 2.", count()), ("ticket", "For tickets. Default: 1.", count())];
    let all =
        vec![("page", "For pages. Default: 1.", count()), ("ticket", "For tickets. Default: 1.", count())];
    let hours = vec![
        ("days", "Days such as `saturday`, ranges such as `monday-friday`, or a list.", one_or_more(text())),
        (
            "hours",
            "Spans of a day such as `\"08:00-20:00\"`, in steps of five minutes, or a list; a night ends on the next day.",
            one_or_more(text()),
        ),
        (
            "time_zone",
            "An IANA name such as `Europe/Madrid`. Default: `time_zone` of the same level.",
            text(),
        ),
        ("holidays", "Days on which the SLO does not apply, such as `2027-01-01`.", one_or_more(text())),
    ];
    let slice = vec![
        ("length", "The length of a slice: a multiple of 30s, at most one hour.", duration()),
        (
            "objective",
            "The share of good events that makes a slice good, such as 95%. In a journey the default is the objective of each part.",
            percentage(),
        ),
    ];
    vec![
        accepted(),
        (
            "period",
            "The time over which the objective is promised: a length such as `30d` (the default), `calendar month` or `calendar quarter`.",
            period(),
        ),
        (
            "time_zone",
            "The time zone of calendar periods and notifications: an IANA name such as `Europe/Madrid`. Default: `UTC`.",
            text(),
        ),
        (
            "policy",
            "When alerts fire: `workbook` (the default), `workbook-scaled`, or a name from `policies` of the project file.",
            text(),
        ),
        (
            "alert_name",
            "The alert name of pages and tickets; they differ in the label `severity`: `CheckoutErrors`. Default: a name from service and SLO.",
            text(),
        ),
        (
            "min_bad_events",
            "The alert needs at least this many bad events in the long window, so that one failed request does not page.",
            block(&[], least),
        ),
        (
            "min_events",
            "The alert needs at least this many events, good or bad, in the long window.",
            block(&[], all),
        ),
        (
            "budgeting",
            "The budget is a share of events (`occurrences`, the default), or of time (`timeslices`, which need `slice`).",
            words(&["occurrences", "timeslices"]),
        ),
        (
            "slice",
            "When a slice of time is good: `{ length: 1m, objective: 95% }`. Needed for `timeslices`; in a journey `{ length: 5m }` is enough.",
            block(&["length"], slice),
        ),
        ("labels", "Constant labels on alerts. Inner ones win.", map(own_label_name(), text())),
        (
            "annotations",
            "Constant annotations on alerts, copied as they are. Inner ones win.",
            map(annotation_name(), text()),
        ),
        (
            "hours",
            "When the SLO applies: `{ days: monday-friday, hours: \"08:00-20:00\" }`. Events at other times do not count. Default: `always`.",
            serde_json::json!({ "anyOf": [words(&["always"]), block(&["days", "hours"], hours)] }),
        ),
        (
            "except",
            "A query: events do not count while it has a result, such as `maintenance_active == 1`. Default: `never`.",
            text(),
        ),
        (
            "budget_policy",
            "What the team does while little of the error budget is left: `[{ below: 25%, do: Only fixes are deployed }]`.",
            list(block(
                &["below", "do"],
                vec![
                    ("below", "Applies while less is left: a whole percentage from 0% to 99%.", line()),
                    ("do", "What the team does, in a sentence.", text()),
                    (
                        "freeze",
                        "`true`: deployments are frozen during this time; `status --fail-frozen` exits with 1.",
                        boolean(),
                    ),
                ],
            )),
        ),
        (
            "budget_alerts",
            "Lines of the error budget, each with one alert: `[{ left: 25%, severity: ticket }]`. `[]` for none.",
            list(block(
                &["left", "severity"],
                vec![
                    ("left", "The alert fires when less is left: a whole percentage from 0% to 90%.", line()),
                    ("severity", "`page` asks a person to act now, `ticket` within days.", severity()),
                ],
            )),
        ),
    ]
}

/// `accepted`, at every level.
pub(super) fn accepted() -> Key {
    let about = "Accepted warnings, by code, each with the reason: `single-event-pages: one customer`.";
    ("accepted", about, map(code(), reason()))
}

/// `missing_events`, of project and service.
pub(super) fn missing_events() -> Key {
    let keys = vec![
        ("severity", "`page` or `ticket`. Default: `ticket`.", severity()),
        ("after", "How long there must be no counts: from `10m` to `1d`. Default: `15m`.", duration()),
    ];
    let value = serde_json::json!({ "anyOf": [words(&["off"]), block(&[], keys)] });
    (
        "missing_events",
        "The alert for missing events: `off`, or `{ severity: ticket, after: 15m }`, which is the default.",
        value,
    )
}
