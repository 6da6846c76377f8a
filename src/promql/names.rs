//! Reserved words of PromQL, so that the parser and the printer agree on what must be quoted.

/// Aggregations, with or without a parameter.
pub const AGGREGATIONS: [&str; 14] = [
    "avg",
    "bottomk",
    "count",
    "count_values",
    "group",
    "limit_ratio",
    "limitk",
    "max",
    "min",
    "quantile",
    "stddev",
    "stdvar",
    "sum",
    "topk",
];

/// The aggregations that take a parameter before the expression.
pub(super) const WITH_PARAMETER: [&str; 6] =
    ["bottomk", "count_values", "limit_ratio", "limitk", "quantile", "topk"];

/// Functions of MetricsQL that SLOs use and that PromQL does not have.
pub(super) const METRICSQL: [&str; 32] = [
    "any",
    "count_eq_over_time",
    "count_gt_over_time",
    "count_le_over_time",
    "count_ne_over_time",
    "default_rollup",
    "distinct_over_time",
    "duration_over_time",
    "histogram_quantiles",
    "histogram_share",
    "increase_prometheus",
    "increase_pure",
    "interpolate",
    "keep_last_value",
    "label_keep",
    "label_set",
    "lifetime",
    "median",
    "median_over_time",
    "quantiles_over_time",
    "range_avg",
    "rate_over_sum",
    "rate_prometheus",
    "remove_resets",
    "rollup",
    "rollup_increase",
    "rollup_rate",
    "running_sum",
    "share",
    "share_gt_over_time",
    "share_le_over_time",
    "union",
];

/// Words that cannot be metric names, in any case.
const NOT_A_METRIC: [&str; 8] =
    ["atan2", "bool", "group_left", "group_right", "ignoring", "inf", "nan", "on"];

/// Words that cannot be in a list of labels, in any case. Prometheus' grammar omits `without` from its list of keywords that may also be labels.
const NOT_A_LABEL: [&str; 3] = ["inf", "nan", "without"];

fn is_one_of(word: &str, list: &[&str]) -> bool {
    list.iter().any(|each| each.eq_ignore_ascii_case(word))
}

/// Whether `word` names an aggregation, in any case.
pub(super) fn is_aggregation(word: &str) -> bool {
    is_one_of(word, &AGGREGATIONS)
}

/// Whether `word`, unquoted, is read as a metric name.
pub(super) fn is_metric(word: &str) -> bool {
    is_identifier(word, ":") && !is_one_of(word, &NOT_A_METRIC)
}

/// Whether `word`, unquoted, is read as a label in `by (…)`, `on (…)` and similar lists.
pub fn is_label(word: &str) -> bool {
    is_identifier(word, "") && !is_one_of(word, &NOT_A_LABEL)
}

/// The same for Prometheus 3, which also reads `a:b` there.
pub(super) fn is_label_with_colons(word: &str) -> bool {
    is_identifier(word, ":") && may_be_label(word)
}

/// Whether `word`, unquoted, is read as a label in braces, where no word is reserved.
pub(super) fn is_label_in_braces(word: &str) -> bool {
    is_identifier(word, "")
}

/// Whether a word may be in a list of labels. Prometheus 3 also accepts `a:b` there.
pub fn may_be_label(word: &str) -> bool {
    !is_one_of(word, &NOT_A_LABEL)
}

/// The name in Prometheus 2 for a name that it cannot read: every unknown character becomes an underscore.
pub(super) fn with_underscores(name: &str, more: &str) -> String {
    let kept = |c: char| c.is_ascii_alphanumeric() || c == '_' || more.contains(c);
    let mended: String = name.chars().map(|c| if kept(c) { c } else { '_' }).collect();
    if mended.starts_with(|c: char| c.is_ascii_digit()) { format!("_{mended}") } else { mended }
}

fn is_identifier(word: &str, more: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || more.as_bytes().contains(&byte);
    word.bytes().next().is_some_and(|first| inner(first) && !first.is_ascii_digit())
        && word.bytes().all(inner)
}

/// Whether `word`, with a parenthesis after it, is read as a call.
pub(super) fn is_function(word: &str) -> bool {
    const KEYWORDS: [&str; 9] =
        ["and", "anchored", "by", "offset", "or", "smoothed", "unless", "without", "atan2"];
    is_identifier(word, "") && is_metric(word) && !is_one_of(word, &KEYWORDS)
}
