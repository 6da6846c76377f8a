//! Single values and their patterns.

use serde_json::{Value, json};

use super::with;
use crate::vocabulary::{Name, RESERVED_LABELS, Severity};

/// A duration, as part of a pattern. The compiler checks the order of units.
const LENGTH: &str = r"[0-9]+(ms|[ywdhms])([0-9]+(ms|[ywdhms]))*";

const PERCENTAGE: &str = r"[0-9]+(\.[0-9]*)?\s*%";

/// Every YAML value of one kind: the parser reads its text.
pub(super) fn text() -> Value {
    json!({ "type": ["string", "number", "boolean"] })
}

/// Blanks at both ends are allowed.
fn pattern(pattern: &str) -> Value {
    json!({ "type": "string", "pattern": format!(r"^\s*({pattern})\s*$") })
}

pub(super) fn duration() -> Value {
    with_examples(pattern(LENGTH), &["30s", "5m", "1h30m", "30d"])
}

/// A duration that may be zero.
pub(super) fn pause() -> Value {
    json!({ "anyOf": [duration(), { "enum": ["0", 0] }] })
}

pub(super) fn percentage() -> Value {
    pattern(PERCENTAGE)
}

/// A line of the error budget.
pub(super) fn line() -> Value {
    with_examples(pattern(r"[0-9]{1,2}\s*%"), &["25%", "0%"])
}

pub(super) fn objective() -> Value {
    let forms = format!(r"{PERCENTAGE}(\s*<\s*{LENGTH})?|[Pp][0-9]+(\.[0-9]*)?\s*<\s*{LENGTH}");
    with_examples(pattern(&forms), &["99.9%", "P95 < 500ms", "99.5% < 60s"])
}

pub(super) fn period() -> Value {
    let forms = format!(r"{LENGTH}|calendar\s+(month|quarter)");
    with_examples(pattern(&forms), &["30d", "28d", "calendar month", "calendar quarter"])
}

pub(super) fn traffic() -> Value {
    with_examples(pattern(r"[0-9]+(\.[0-9]*)?\s*/\s*[smhd]"), &["10/s", "200/h"])
}

/// Major and minor version. Without quotes, `2.40` is the number 2.4 in YAML, but the compiler reads the text.
pub(super) fn version() -> Value {
    json!({ "type": ["string", "number"], "pattern": r"^[0-9]+\.[0-9]+(\.[0-9]+)*$" })
}

pub(super) fn name() -> Value {
    json!({ "type": "string", "pattern": "^[a-z][a-z0-9]*(-[a-z0-9]+)*$", "maxLength": Name::LONGEST })
}

/// A text that is not empty.
pub(super) fn reason() -> Value {
    json!({ "type": "string", "pattern": "\\S" })
}

/// The code of a problem.
pub(super) fn code() -> Value {
    json!({ "type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$" })
}

pub(super) fn metric_name() -> Value {
    json!({ "type": "string", "pattern": "^[a-zA-Z_:][a-zA-Z0-9_:./-]*$" })
}

/// A label that may come from any source, also from OpenTelemetry.
pub(super) fn label_name() -> Value {
    json!({ "type": "string", "pattern": "^[a-zA-Z_][a-zA-Z0-9_./-]*$" })
}

/// A label of series that `by` can have.
pub(super) fn kept_label_name() -> Value {
    with(label_name(), "not", json!({ "anyOf": [{ "enum": RESERVED_LABELS }, { "pattern": "^__" }] }))
}

/// A label of a raw series that is recorded under another name.
pub(super) fn read_label_name() -> Value {
    with(label_name(), "not", json!({ "anyOf": [{ "enum": ["le", "quantile"] }, { "pattern": "^__" }] }))
}

/// A name that every version of Prometheus accepts.
fn plain_label_name() -> Value {
    json!({ "type": "string", "pattern": "^[a-zA-Z_][a-zA-Z0-9_]*$" })
}

/// The name of a label that sources may set.
pub(super) fn own_label_name() -> Value {
    with(plain_label_name(), "not", json!({ "anyOf": [{ "enum": RESERVED_LABELS }, { "pattern": "^__" }] }))
}

/// The name of an annotation that sources may set.
pub(super) fn annotation_name() -> Value {
    with(plain_label_name(), "not", json!({ "enum": ["summary", "description"] }))
}

pub(super) fn severity() -> Value {
    json!({ "enum": Severity::ALL.map(Severity::as_str) })
}

/// A positive integer, with or without quotes.
pub(super) fn count() -> Value {
    json!({ "type": ["integer", "string"], "minimum": 1, "maximum": 1_000_000, "pattern": "^[0-9]+$" })
}

pub(super) fn boolean() -> Value {
    json!({ "enum": [true, false, "true", "false"] })
}

pub(super) fn words(words: &[&str]) -> Value {
    json!({ "enum": words })
}

pub(super) fn the_version() -> Value {
    json!({ "const": "slowburn/v1" })
}

/// Editors suggest examples if there is no list of values.
fn with_examples(value: Value, examples: &[&str]) -> Value {
    with(value, "examples", json!(examples))
}
