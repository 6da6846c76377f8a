//! What project, service and SLO may each say; the innermost decides.

use super::values::{
    annotation_name, boolean, code, count, duration, line, own_label_name, percentage, period, reason,
    severity, text, words,
};
use super::{Key, block, list, map, one_or_more};

/// The keys of all three levels.
pub(super) fn settings() -> Vec<Key> {
    let least = vec![
        ("page", "For pages; 2 if nothing is said.", count()),
        ("ticket", "For tickets; 1 if nothing is said.", count()),
    ];
    let all = vec![
        ("page", "For pages; one is enough if nothing is said.", count()),
        ("ticket", "For tickets; one is enough if nothing is said.", count()),
    ];
    let hours = vec![
        ("days", "Days such as `saturday`, ranges such as `monday-friday`, or a list.", one_or_more(text())),
        (
            "hours",
            "Spans of a day such as `\"08:00-20:00\"`, in steps of five minutes, or a list; a night ends on the next day.",
            one_or_more(text()),
        ),
        (
            "time_zone",
            "An IANA name such as `Europe/Madrid`; `time_zone` of the level if nothing is said.",
            text(),
        ),
        ("holidays", "Days without promise, such as `2027-01-01`.", one_or_more(text())),
    ];
    let slice = vec![
        ("length", "How long a slice is: a multiple of 30s, one hour at most.", duration()),
        (
            "objective",
            "The share of good events that makes a slice good, such as 95%. In a journey, if it is not that of each part.",
            percentage(),
        ),
    ];
    vec![
        (
            "accepted",
            "Warnings that are known and no fault, by code, each with the reason: `single-event-pages: one customer`.",
            map(code(), reason()),
        ),
        (
            "period",
            "What the objective is promised over: a length such as `30d` (the default), `calendar month` or `calendar quarter`.",
            period(),
        ),
        (
            "time_zone",
            "Where calendar periods begin, and what notifications go by: an IANA name such as `Europe/Madrid`. `UTC` if nothing is said.",
            text(),
        ),
        (
            "policy",
            "When alerts fire: `workbook` (the default), `workbook-scaled`, or a name from `policies` of the project file.",
            text(),
        ),
        (
            "alert_name",
            "What pages and tickets are called, told apart by the label `severity`: `CheckoutErrors`. Named after service and SLO if nothing is said.",
            text(),
        ),
        (
            "min_bad_events",
            "Bad events in the long window without which an alert is silent, so that one failed request pages nobody.",
            block(&[], least),
        ),
        (
            "min_events",
            "Events in the long window, good ones among them, without which an alert is silent: too few say nothing.",
            block(&[], all),
        ),
        (
            "budgeting",
            "What the budget is a share of: events (`occurrences`, the default), or time (`timeslices`, which need `slice`).",
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
            "Constant annotations on alerts, taken as they are. Inner ones win.",
            map(annotation_name(), text()),
        ),
        (
            "hours",
            "When the promise holds: `{ days: monday-friday, hours: \"08:00-20:00\" }`. What happens outside is not counted. `always` if nothing is said.",
            serde_json::json!({ "anyOf": [words(&["always"]), block(&["days", "hours"], hours)] }),
        ),
        (
            "except",
            "A query: what happens while it has an answer is not counted, such as `maintenance_active == 1`. `never` if nothing is said.",
            text(),
        ),
        (
            "budget_policy",
            "What is agreed to be done while little of the error budget is left: `[{ below: 25%, do: Only fixes are deployed }]`.",
            list(block(
                &["below", "do"],
                vec![
                    ("below", "Holds while less is left: a whole percentage from 0% to 99%.", line()),
                    ("do", "What is done, in a sentence.", text()),
                    (
                        "freeze",
                        "Whether nothing is deployed meanwhile: `status --fail-frozen` ends with 1.",
                        boolean(),
                    ),
                ],
            )),
        ),
        (
            "budget_alerts",
            "Lines of the error budget at which somebody is told once: `[{ left: 25%, severity: ticket }]`. `[]` for none.",
            list(block(
                &["left", "severity"],
                vec![
                    ("left", "Told when less is left: a whole percentage from 0% to 90%.", line()),
                    (
                        "severity",
                        "What it asks for: `page` wants somebody now, `ticket` within days.",
                        severity(),
                    ),
                ],
            )),
        ),
    ]
}

/// `missing_events`, of project and service.
pub(super) fn missing_events() -> Key {
    let keys = vec![
        ("severity", "What the alert asks for; `ticket` if nothing is said.", severity()),
        ("after", "How long there are no counts: from `10m` to `1d`; `15m` if nothing is said.", duration()),
    ];
    let value = serde_json::json!({ "anyOf": [words(&["off"]), block(&[], keys)] });
    (
        "missing_events",
        "The alert for a service whose events are no longer counted: `off`, or `{ severity: ticket, after: 15m }`, which is the default.",
        value,
    )
}
