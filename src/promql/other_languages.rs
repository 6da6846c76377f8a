//! Queries of other tools, by the signs that PromQL does not have.

/// The name of the other language in which `text` is written, if it has a sign of one. The text is not valid PromQL.
pub fn recognised(text: &str) -> Option<&'static str> {
    let lower = text.trim().to_lowercase();
    let begins = |words: &[&str]| words.iter().any(|word| lower.starts_with(word));
    let has = |signs: &[&str]| signs.iter().any(|sign| lower.contains(sign));
    if begins(&["select "]) && lower.contains(" from ") {
        return Some("SQL");
    }
    if has(&["} |=", "} |~", "} != \"", "}|=", "| json", "| logfmt", "|= `"]) {
        return Some("LogQL of Loki");
    }
    if begins(&["from(bucket"]) || has(&["|> "]) {
        return Some("Flux of InfluxDB");
    }
    if begins(&["index=", "sourcetype=", "search index"]) || has(&["| stats ", "| timechart "]) {
        return Some("SPL of Splunk");
    }
    if begins(&["fetch "]) && lower.contains("::") || has(&["| align ", "| where ", "| summarize "]) {
        return Some("another query language with `|`");
    }
    if has(&[".as_count()", ".as_rate()", "{*}"])
        || begins(&["sum:", "avg:", "min:", "max:", "count:", "p95:", "p99:"])
    {
        return Some("Datadog's query language");
    }
    if begins(&["sumseries(", "alias(", "averageseries(", "summarize("])
        || has(&["stats.timers.", "stats.counters."])
    {
        return Some("Graphite's query language");
    }
    if is_search(&lower) {
        return Some("a search of Kibana");
    }
    None
}

/// Whether the text begins with a field, a colon and a value: `status:>=500`, `level:error AND service:shop`.
fn is_search(lower: &str) -> bool {
    let first = lower.trim_start_matches("not ").trim_start();
    let Some((field, rest)) = first.split_once(':') else { return false };
    let is_field = !field.is_empty()
        && field.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.');
    let value = rest.split_whitespace().next().unwrap_or_default();
    let compares = value.starts_with(['>', '<', '"', '[']) || value.starts_with(|c: char| c.is_ascii_digit());
    is_field && (compares || rest.contains(" and ") || rest.contains(" or "))
}

#[cfg(test)]
mod tests {
    use super::recognised;

    #[test]
    fn other_languages_are_recognised() {
        for (text, name) in [
            ("SELECT count(*) FROM requests WHERE status >= 500", "SQL"),
            ("{job=\"shop\"} |= \"error\"", "LogQL of Loki"),
            ("sum:http.requests.errors{env:prod}.as_count()", "Datadog's query language"),
            ("status:>=500", "a search of Kibana"),
            ("level:error AND service:shop", "a search of Kibana"),
            ("from(bucket: \"web\") |> range(start: -1h)", "Flux of InfluxDB"),
            ("index=main status>=500 | stats count", "SPL of Splunk"),
        ] {
            assert_eq!(recognised(text), Some(name), "{text}");
        }
        for text in ["", "up{job=\"a\"} = 1", "job:errors:rate5m{job=a}", "rate(x)", "less than 5"] {
            assert_eq!(recognised(text), None, "{text}");
        }
    }
}
