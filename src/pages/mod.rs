//! The pages of `slowburn explain`: one per code, each with examples that the tests compile.

/// Every page with its code, by code.
pub const PAGES: [(&str, &str); 68] = [
    ("alert-reaches-nobody", include_str!("alert-reaches-nobody.md")),
    ("bad-not-within-total", include_str!("bad-not-within-total.md")),
    ("budget-below-one-event", include_str!("budget-below-one-event.md")),
    ("budget-unwatched", include_str!("budget-unwatched.md")),
    ("burn-rate-below-one", include_str!("burn-rate-below-one.md")),
    ("burn-rate-unreachable", include_str!("burn-rate-unreachable.md")),
    ("contract-not-found", include_str!("contract-not-found.md")),
    ("contract-syntax", include_str!("contract-syntax.md")),
    ("counted-apart", include_str!("counted-apart.md")),
    ("dependency-cycle", include_str!("dependency-cycle.md")),
    ("duplicate-alert", include_str!("duplicate-alert.md")),
    ("duplicate-key", include_str!("duplicate-key.md")),
    ("duplicate-service", include_str!("duplicate-service.md")),
    ("duplicate-slo", include_str!("duplicate-slo.md")),
    ("empty-file", include_str!("empty-file.md")),
    ("grouping-explodes", include_str!("grouping-explodes.md")),
    ("inhibition-never-matches", include_str!("inhibition-never-matches.md")),
    ("inline-secret", include_str!("inline-secret.md")),
    ("invalid-duration", include_str!("invalid-duration.md")),
    ("invalid-label", include_str!("invalid-label.md")),
    ("invalid-name", include_str!("invalid-name.md")),
    ("invalid-objective", include_str!("invalid-objective.md")),
    ("invalid-period", include_str!("invalid-period.md")),
    ("invalid-utf-8", include_str!("invalid-utf-8.md")),
    ("missing-bucket", include_str!("missing-bucket.md")),
    ("missing-key", include_str!("missing-key.md")),
    ("needs-newer-alertmanager", include_str!("needs-newer-alertmanager.md")),
    ("needs-newer-prometheus", include_str!("needs-newer-prometheus.md")),
    ("not-a-counter-selector", include_str!("not-a-counter-selector.md")),
    ("not-scraped", include_str!("not-scraped.md")),
    ("objective-out-of-range", include_str!("objective-out-of-range.md")),
    ("period-beyond-retention", include_str!("period-beyond-retention.md")),
    ("placeholder-secret", include_str!("placeholder-secret.md")),
    ("planned-metric-exists", include_str!("planned-metric-exists.md")),
    ("promql-syntax", include_str!("promql-syntax.md")),
    ("promql-type", include_str!("promql-type.md")),
    ("receiver-undefined", include_str!("receiver-undefined.md")),
    ("reserved-label", include_str!("reserved-label.md")),
    ("route-entangled", include_str!("route-entangled.md")),
    ("route-unreachable", include_str!("route-unreachable.md")),
    ("second-document", include_str!("second-document.md")),
    ("selector-modifier", include_str!("selector-modifier.md")),
    ("service-undefined", include_str!("service-undefined.md")),
    ("single-event-pages", include_str!("single-event-pages.md")),
    ("sli-kind", include_str!("sli-kind.md")),
    ("summary-as-histogram", include_str!("summary-as-histogram.md")),
    ("threshold-mismatch", include_str!("threshold-mismatch.md")),
    ("time-undefined", include_str!("time-undefined.md")),
    ("too-deep", include_str!("too-deep.md")),
    ("too-large", include_str!("too-large.md")),
    ("uninitialised-series", include_str!("uninitialised-series.md")),
    ("unit-mismatch", include_str!("unit-mismatch.md")),
    ("unknown-key", include_str!("unknown-key.md")),
    ("unknown-label", include_str!("unknown-label.md")),
    ("unknown-metric", include_str!("unknown-metric.md")),
    ("unknown-policy", include_str!("unknown-policy.md")),
    ("unknown-time-zone", include_str!("unknown-time-zone.md")),
    ("unmatched-value", include_str!("unmatched-value.md")),
    ("unprovable", include_str!("unprovable.md")),
    ("unread-sample", include_str!("unread-sample.md")),
    ("unsupported-version", include_str!("unsupported-version.md")),
    ("unweighted-ratio", include_str!("unweighted-ratio.md")),
    ("window-below-scrape", include_str!("window-below-scrape.md")),
    ("window-off-grid", include_str!("window-off-grid.md")),
    ("window-order", include_str!("window-order.md")),
    ("wrong-metric-type", include_str!("wrong-metric-type.md")),
    ("wrong-type", include_str!("wrong-type.md")),
    ("yaml-syntax", include_str!("yaml-syntax.md")),
];

/// The page of a code.
pub fn page(code: &str) -> Option<&'static str> {
    PAGES.iter().find(|(known, _)| *known == code).map(|(_, page)| *page)
}

/// The code that is spelled most like `text`.
pub fn nearest(text: &str) -> Option<&'static str> {
    let distance = |code: &str| strsim::damerau_levenshtein(text, code);
    PAGES.iter().map(|(code, _)| *code).min_by_key(|code| distance(code)).filter(|code| distance(code) <= 4)
}
