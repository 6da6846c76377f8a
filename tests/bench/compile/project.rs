//! The SLOs of the bench: ten kinds, again and again, in slowburn's language and in that of Sloth.

use std::fmt::Write;
use std::fs;
use std::path::Path;

/// SLOs in one file, one of each kind.
pub const PER_FILE: usize = KINDS.len();

/// One SLO in both languages; `$job` is the service's name.
struct Kind {
    name: &'static str,
    /// `objective` as slowburn reads it.
    objective: &'static str,
    /// Everything else that slowburn reads, indented by four.
    rest: &'static str,
    /// The same objective in percent, and the SLI as Sloth's format says it. It has no word for `by` nor for timeslices, so there the SLO is one
    /// promise over all events.
    sloth: (&'static str, &'static str),
}

const KINDS: [Kind; 10] = [
    Kind {
        name: "checkout",
        objective: "99.9%",
        rest: r#"
    description: Requests answered without a server error
    sli:
      total: http_requests_total{job="$job"}
      bad: http_requests_total{job="$job", status=~"5.."}
    traffic: 10/s
    runbook: $job-down
"#,
        sloth: (
            "99.9",
            r#"
      events:
        error_query: sum(rate(http_requests_total{job="$job", status=~"5.."}[{{.window}}]))
        total_query: sum(rate(http_requests_total{job="$job"}[{{.window}}]))
"#,
        ),
    },
    Kind {
        name: "mail",
        objective: "99.5%",
        rest: r#"
    description: Mails handed over to the next server
    sli:
      total: mails_sent_total{job="$job"} + mails_failed_total{job="$job"}
      good: mails_sent_total{job="$job"}
"#,
        sloth: (
            "99.5",
            r#"
      events:
        error_query: sum(rate(mails_failed_total{job="$job"}[{{.window}}]))
        total_query: sum(rate(mails_sent_total{job="$job"}[{{.window}}])) + sum(rate(mails_failed_total{job="$job"}[{{.window}}]))
"#,
        ),
    },
    Kind {
        name: "jobs",
        objective: "99%",
        rest: r#"
    description: Jobs that end as they should
    sli:
      good: jobs_total{job="$job", result="ok"}
      bad: jobs_total{job="$job", result!="ok"}
    budgeting: timeslices
    slice: { length: 5m, objective: 95% }
"#,
        sloth: (
            "99",
            r#"
      events:
        error_query: sum(rate(jobs_total{job="$job", result!="ok"}[{{.window}}]))
        total_query: sum(rate(jobs_total{job="$job"}[{{.window}}]))
"#,
        ),
    },
    Kind {
        name: "latency",
        objective: "P95 < 500ms",
        rest: r#"
    description: Requests answered within the threshold
    sli: { latency: 'http_request_duration_seconds{job="$job"}' }
"#,
        sloth: (
            "95",
            r#"
      events:
        error_query: sum(rate(http_request_duration_seconds_count{job="$job"}[{{.window}}])) - sum(rate(http_request_duration_seconds_bucket{job="$job", le="0.5"}[{{.window}}]))
        total_query: sum(rate(http_request_duration_seconds_count{job="$job"}[{{.window}}]))
"#,
        ),
    },
    Kind {
        name: "tiles",
        objective: "P99 < 2s",
        rest: r#"
    description: Map tiles drawn within the threshold
    sli: { latency: 'tile_duration_milliseconds{job="$job"}', unit: milliseconds }
"#,
        sloth: (
            "99",
            r#"
      events:
        error_query: sum(rate(tile_duration_milliseconds_count{job="$job"}[{{.window}}])) - sum(rate(tile_duration_milliseconds_bucket{job="$job", le="2000"}[{{.window}}]))
        total_query: sum(rate(tile_duration_milliseconds_count{job="$job"}[{{.window}}]))
"#,
        ),
    },
    Kind {
        name: "memory",
        objective: "99%",
        rest: r#"
    description: Room is left in the cache
    sli: { condition: 'redis_memory_used_bytes{job="$job"} / redis_memory_max_bytes{job="$job"} < 0.9' }
    labels: { component: cache }
"#,
        sloth: (
            "99",
            r#"
      raw:
        error_ratio_query: 1 - avg_over_time((redis_memory_used_bytes{job="$job"} / redis_memory_max_bytes{job="$job"} < bool 0.9)[{{.window}}:30s])
"#,
        ),
    },
    Kind {
        name: "up",
        objective: "99.9%",
        rest: r#"
    description: The process answers when it is scraped
    sli: { probe: 'up{job="$job"}' }
    runbook: $job-gone
"#,
        sloth: (
            "99.9",
            r#"
      raw:
        error_ratio_query: 1 - avg(avg_over_time(up{job="$job"}[{{.window}}]))
"#,
        ),
    },
    Kind {
        name: "backup",
        objective: "99% < 26h",
        rest: r#"
    description: The last backup is no older than a day and two hours
    sli: { freshness: 'backup_last_success_timestamp_seconds{job="$job"}' }
"#,
        sloth: (
            "99",
            r#"
      raw:
        error_ratio_query: 1 - avg_over_time((time() - backup_last_success_timestamp_seconds{job="$job"} < bool 93600)[{{.window}}:30s])
"#,
        ),
    },
    Kind {
        name: "partner",
        objective: "98%",
        rest: r#"
    description: Calls that the partner answers
    sli: { bad_ratio: 'sum(rate(partner_errors_total{job="$job"}[$window])) / sum(rate(partner_calls_total{job="$job"}[$window]))' }
"#,
        sloth: (
            "98",
            r#"
      raw:
        error_ratio_query: sum(rate(partner_errors_total{job="$job"}[{{.window}}])) / sum(rate(partner_calls_total{job="$job"}[{{.window}}]))
"#,
        ),
    },
    Kind {
        name: "tenants",
        objective: "99.9%",
        rest: r#"
    description: Requests of every tenant answered without a server error
    by: [tenant]
    sli:
      total: tenant_requests_total{job="$job", path!~"/(health|metrics)"}
      bad: tenant_requests_total{job="$job", path!~"/(health|metrics)", status=~"5.."}
"#,
        sloth: (
            "99.9",
            r#"
      events:
        error_query: sum(rate(tenant_requests_total{job="$job", path!~"/(health|metrics)", status=~"5.."}[{{.window}}]))
        total_query: sum(rate(tenant_requests_total{job="$job", path!~"/(health|metrics)"}[{{.window}}]))
"#,
        ),
    },
];

const PROJECT: &str = r#"version: slowburn/v1
severities:
  page: { label: critical }
  ticket: { label: warning }
labels: { environment: production }
prometheus: { retention: 35d, scrape_interval: 15s }
"#;

/// What each service is called: of one width, so that every service has as many bytes as the next.
fn services(slos: usize) -> impl Iterator<Item = (String, &'static [Kind])> {
    (0..slos.div_ceil(PER_FILE)).map(move |service| {
        let kinds = &KINDS[..PER_FILE.min(slos - service * PER_FILE)];
        (format!("service-{service:05}"), kinds)
    })
}

/// Writes so many SLOs as slowburn reads them. Contracts (`metrics/<service>.prom`) will be written here, too, as soon as the language knows them.
pub fn slowburn(slos: usize, folder: &Path) {
    fs::create_dir_all(folder).expect("the target directory may be written to");
    write(&folder.join("slowburn.yaml"), PROJECT);
    for (service, kinds) in services(slos) {
        let mut text = format!(
            "version: slowburn/v1\nservice: {service}\nowner: team-a\nlabels: {{ component: {service} }}\n\nslos:\n"
        );
        for Kind { name, objective, rest, .. } in kinds {
            let rest = rest.replace("$job", &service);
            let _ = writeln!(text, "  {name}:\n    objective: {objective}{rest}");
        }
        write(&folder.join(format!("{service}.yaml")), &text);
    }
}

/// Writes the same SLOs as Sloth and slokit read them.
pub fn sloth(slos: usize, folder: &Path) {
    fs::create_dir_all(folder).expect("the target directory may be written to");
    for (service, kinds) in services(slos) {
        let mut text = format!(
            "version: prometheus/v1\nservice: {service}\nlabels: {{ owner: team-a, component: {service} }}\nslos:\n"
        );
        for Kind { name, rest, sloth: (objective, sli), .. } in kinds {
            let sli = sli.replace("$job", &service);
            let description = rest.trim().lines().next().unwrap_or_default();
            let _ = writeln!(
                text,
                "  - name: {name}\n    objective: {objective}\n    {description}\n    sli:{sli}    alerting:\n      name: {service}-{name}\n      page_alert: {{ labels: {{ severity: critical }} }}\n      ticket_alert: {{ labels: {{ severity: warning }} }}"
            );
        }
        write(&folder.join(format!("{service}.yaml")), &text);
    }
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).expect("the target directory may be written to");
}
