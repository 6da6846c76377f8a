//! Who is notified of which alert, checked by the real amtool and the real Alertmanager.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use slowburn::artifact::Artifacts;
use slowburn::source::{SourceFile, Sources};
use support::alertmanager::Running;
use support::recorder::{Notification, Recorder};
use support::rules::{compiled, groups, read, written};
use support::{amtool, amtool28, skipped};

/// A service with two SLOs, one of them with a promise per `env`.
fn service(name: &str, labels: &str) -> String {
    format!(
        "version: slowburn/v1
service: {name}
labels: {labels}
slos:
  availability:
    objective: 99.9%
    sli:
      total: {name}_requests_total{{job=\"{name}\"}}
      bad: {name}_requests_total{{job=\"{name}\", status=~\"5..\"}}
  delivery:
    objective: 99%
    sli:
      total: {name}_sent_total{{job=\"{name}\"}}
      bad: {name}_sent_total{{job=\"{name}\", result=\"error\"}}
    by: [env]
"
    )
}

const SEVERITIES: &str = "severities: { page: { label: critical }, ticket: { label: warning } }\n";

/// This project.
fn slos() -> Artifacts {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    collect(root, &root.join("slos"), &mut files);
    let compiled = slowburn::compile(&Sources::new(files));
    compiled.artifacts().unwrap_or_else(|| panic!("{:#?}", compiled.problems))
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<SourceFile>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // Schemas for editors are not sources.
        if path.file_name().unwrap().to_str().unwrap().starts_with('.') {
            continue;
        }
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            files.push(SourceFile { path: name, text: fs::read_to_string(&path).unwrap() });
        }
    }
}

/// The content of `routes.test.yaml`: labels and their receivers.
fn expected(artifacts: &Artifacts) -> Vec<(BTreeMap<String, String>, Vec<String>)> {
    let tests = read(&artifacts["alertmanager/routes.test.yaml"]);
    let text = |value: &serde_yaml::Value| value.as_str().unwrap().to_owned();
    let tests = tests["tests"].as_sequence().unwrap();
    tests
        .iter()
        .map(|test| {
            let labels = test["labels"].as_mapping().unwrap();
            let receivers = test["receivers"].as_sequence().unwrap();
            (
                labels.iter().map(|(name, value)| (text(name), text(value))).collect(),
                receivers.iter().map(text).collect(),
            )
        })
        .collect()
}

fn run(command: &mut Command) -> Result<String, String> {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() { Ok(said) } else { Err(said) }
}

/// amtool accepts the configuration, and routes every alert to the expected receivers.
fn hold(artifacts: &Artifacts) {
    match amtool() {
        Some(amtool) => hold_by(&amtool, artifacts),
        None => skipped("amtool is not installed, so no route was tested"),
    }
}

fn hold_by(amtool: &Path, artifacts: &Artifacts) {
    let folder = written(artifacts);
    let configuration = folder.path().join("alertmanager/alertmanager.yml");
    let checked = run(Command::new(amtool).arg("check-config").arg(&configuration)).unwrap();
    assert!(checked.contains("1 templates"), "{checked}");
    let mut faults = String::new();
    let tests = expected(artifacts);
    assert!(!tests.is_empty());
    for (labels, receivers) in tests {
        let quoted = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let labels: Vec<String> =
            labels.iter().map(|(name, value)| format!("{name}=\"{}\"", quoted(value))).collect();
        let mut command = Command::new(amtool);
        command.args(["config", "routes", "test", "--config.file"]).arg(&configuration);
        command.arg(format!("--verify.receivers={}", receivers.join(","))).args(&labels);
        if let Err(said) = run(&mut command) {
            faults += &format!("{labels:?}\nis to reach {receivers:?}\n{said}\n");
        }
    }
    assert!(faults.is_empty(), "{faults}\n{}", artifacts["alertmanager/alertmanager.yml"]);
}

/// Every alert of the rules has an expected route.
fn no_alert_is_forgotten(artifacts: &Artifacts) {
    let mut made = BTreeSet::new();
    for (_, rules) in artifacts.iter().filter(|(path, _)| path.starts_with("prometheus/")) {
        for group in groups(rules) {
            for rule in group["rules"].as_sequence().unwrap() {
                made.extend(rule.get("alert").map(|name| name.as_str().unwrap().to_owned()));
            }
        }
    }
    let routed: BTreeSet<String> =
        expected(artifacts).into_iter().map(|(mut labels, _)| labels.remove("alertname").unwrap()).collect();
    assert_eq!(made, routed);
}

#[test]
fn every_alert_of_this_project_reaches_the_right_receivers() {
    let artifacts = slos();
    no_alert_is_forgotten(&artifacts);
    hold(&artifacts);
    // The two mistakes of these routes: the teams are notified although the inhibition exists, because `instance` is not compared.
    let tests = expected(&artifacts);
    let receivers_of = |name: &str| &tests.iter().find(|(labels, _)| labels["alertname"] == name).unwrap().1;
    assert_eq!(receivers_of("PostgisAvailabilityBurnPage"), &["guardia", "jefatura", "base-de-datos"]);
    assert_eq!(receivers_of("PostgisAvailabilityBurnTicket"), &["avisos", "base-de-datos"]);
    assert_eq!(receivers_of("ApiAvailabilityBurnPage"), &["guardia", "jefatura", "backend"]);
    assert_eq!(receivers_of("WebsocketDeliveryBurnTicket"), &["avisos", "backend"]);
}

/// Routes that overlap, stop, or have the same receivers; values of every kind.
#[test]
fn each_receiver_is_notified_once_by_overlapping_routes() {
    let receivers: String = ["a", "b", "c", "d", "e"]
        .map(|name| format!("    {name}: {{ webhook: {{ url: \"http://127.0.0.1:9/{name}\" }} }}\n"))
        .concat();
    let project = format!(
        "version: slowburn/v1
{SEVERITIES}prometheus: {{ external_labels: [cluster] }}
alertmanager:
  receivers:
{receivers}  default: e
  routes:
    - {{ match: {{ severity: page, kind: [one, two] }}, to: a }}
    - {{ match: {{ kind: [two, three] }}, to: [a, b] }}
    - {{ match: {{ cluster: west }}, to: c }}
    - {{ match: {{ env: [prod, \"a.b|c\"], severity: ticket }}, to: [b, c], stop: true }}
    - {{ match: {{ quoted: \"\\\"{{{{ x }}}}\\\\ñ\\nline\" }}, to: [d, a] }}
    - {{ match: {{ quoted: [\"\\\"{{{{ x }}}}\\\\ñ\\nline\", \"^$()\"], severity: page }}, to: [c, d] }}
    - {{ match: {{ slo: \"\" }}, to: c }}
"
    );
    let texts = [
        service("one", "{ kind: one }"),
        service("two", "{ kind: two, quoted: \"\\\"{{ x }}\\\\ñ\\nline\" }"),
        service("three", "{ kind: three, quoted: \"^$()\" }"),
        service("four", "{}"),
    ];
    let mut files = vec![("slos/slowburn.yaml", project.as_str())];
    files.extend(
        ["slos/1.yaml", "slos/2.yaml", "slos/3.yaml", "slos/4.yaml"]
            .into_iter()
            .zip(texts.iter().map(String::as_str)),
    );
    let artifacts = compiled(&files);
    no_alert_is_forgotten(&artifacts);
    let tests = expected(&artifacts);
    for (labels, receivers) in &tests {
        let once: BTreeSet<&String> = receivers.iter().collect();
        assert_eq!(once.len(), receivers.len(), "{labels:?}");
    }
    // Unknown values are tried one by one: each value that a route matches, and none.
    let envs: BTreeSet<&str> =
        tests.iter().filter_map(|(labels, _)| Some(labels.get("env")?.as_str())).collect();
    assert_eq!(envs, BTreeSet::from(["a.b|c", "prod", "some-env"]));
    assert!(artifacts["alertmanager/alertmanager.yml"].contains("Without the alerts that an earlier route"));
    hold(&artifacts);
}

/// Pseudorandom numbers, the same in each run (with Knuth's constants).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % end).unwrap()
    }
}

/// Whether labels match the matchers of a route. Their values are single digits or empty.
fn takes(route: &serde_yaml::Value, labels: &BTreeMap<String, String>) -> bool {
    route.get("matchers").and_then(|matchers| matchers.as_sequence()).into_iter().flatten().all(|matcher| {
        let matcher = matcher.as_str().unwrap();
        let at = matcher.find(['=', '!']).unwrap();
        let (label, rest) = matcher.split_at(at);
        let (operator, value) = rest.split_once('"').unwrap();
        let value = value.strip_suffix('"').unwrap();
        let has = labels.get(label).map_or("", String::as_str);
        let found = value.split('|').any(|value| value == has);
        found != operator.starts_with('!')
    })
}

/// For random routes and all alerts with three labels: the matchers select the intended receivers, in order, and each once.
#[test]
fn matchers_of_overlapping_routes_are_right() {
    const VALUES: [&str; 3] = ["", "1", "2"];
    let mut slos = String::new();
    for number in 0..27 {
        let value = |place: u32| VALUES[number / 3_usize.pow(place) % 3];
        slos += &format!(
            "  slo-{number}:
    objective: 99%
    labels: {{ {} }}
    tiers_off: [page]
    sli: {{ probe: up{{job=\"x\"}} }}
",
            ["a", "b", "c"]
                .into_iter()
                .zip((0..3).map(value))
                .filter(|(_, value)| !value.is_empty())
                .map(|(label, value)| format!("{label}: \"{value}\""))
                .collect::<Vec<_>>()
                .join(", ")
        )
        .replace("{ probe: up{job=\"x\"} }", "{ probe: 'up{job=\"x\"}' }");
    }
    let service = format!("version: slowburn/v1\nservice: s\nmissing_events: off\nslos:\n{slos}");
    let target = slowburn::emit::TARGETS.iter().find(|target| target.name == "alertmanager").unwrap();
    let mut numbers = Numbers(7);
    let mut narrowed = 0;
    for _ in 0..200 {
        let mut routes = String::new();
        for _ in 0..=numbers.below(5) {
            let mut labels = BTreeMap::new();
            for _ in 0..numbers.below(3) {
                let values: BTreeSet<&str> =
                    (0..=numbers.below(2)).map(|_| VALUES[numbers.below(3)]).collect();
                labels.insert(["a", "b", "c"][numbers.below(3)], values);
            }
            let to: BTreeSet<&str> =
                (0..=numbers.below(2)).map(|_| ["x", "y", "z"][numbers.below(3)]).collect();
            let stop = numbers.below(4) == 0;
            routes += &format!("    - {{ match: {}, to: {}, stop: {stop} }}\n", json!(labels), json!(to));
        }
        let receivers = ["rest", "x", "y", "z"]
            .map(|name| format!("{name}: {{ webhook: {{ url: \"http://127.0.0.1:9/{name}\" }} }}"))
            .join(", ");
        let project = format!(
            "version: slowburn/v1\nalertmanager:\n  receivers: {{ {receivers} }}\n  default: rest\n  routes:\n{routes}"
        );
        let file = |path: &str, text: &str| SourceFile { path: path.to_owned(), text: text.to_owned() };
        let sources = Sources::new(vec![file("slos/slowburn.yaml", &project), file("slos/s.yaml", &service)]);
        let compiled = slowburn::compile(&sources);
        // A route that no alert reaches is an error, with its own tests.
        let Some(artifacts) = compiled.artifacts_of(&[target]) else {
            assert!(
                compiled.problems.iter().all(|problem| problem.code.name() == "route-unreachable"),
                "{project}"
            );
            continue;
        };
        let text = &artifacts["alertmanager/alertmanager.yml"];
        narrowed += text.matches("Without the alerts").count();
        let configuration = read(text);
        let spelled = configuration["route"]["routes"].as_sequence().unwrap();
        for (labels, receivers) in expected(&artifacts) {
            let taking = spelled.iter().filter(|route| takes(route, &labels));
            let mut taken: Vec<&str> = taking.map(|route| route["receiver"].as_str().unwrap()).collect();
            if taken.is_empty() {
                taken.push("rest");
            }
            assert_eq!(taken, receivers, "{labels:?}\n{project}\n{text}");
        }
    }
    assert!(narrowed > 100, "few of the routes overlap: {narrowed}");
}

#[test]
fn without_declared_targets_nothing_is_written() {
    let artifacts = compiled(&[("slos/a.yaml", &service("a", "{}"))]);
    assert!(artifacts.keys().all(|path| !path.starts_with("alertmanager/")));
}

#[test]
fn a_project_of_every_channel_and_hostile_texts_is_accepted() {
    let project = "version: slowburn/v1
labels: { team: \"'\\\"{{ .ExternalURL }}\\n- x: &a\" }
alertmanager:
  smtp: { host: \"mail.internal:25\", from: alerts@shop.internal, user: \"o'{{x\", password_file: 'C:\\secrets\\smtp', tls: false }
  receivers:
    all:
      email: [one@shop.internal, \"o'two+x@shop.internal\"]
      slack: { channel: \"#a {{ 'b' \\\"c\", api_url_file: \"secrets/#slack: 'x'\" }
      webhook: { url: \"http://[::1]:9/hook?a=b&c='d'\", token_file: /etc/token }
      pagerduty: { routing_key_file: /etc/pagerduty }
      opsgenie: { api_key_file: /etc/opsgenie }
  group_by: [...]
  default: all
  times:
    week: { days: [monday-friday, sunday], hours: [\"22:00-07:00\", \"12:00-13:30\"], time_zone: Europe/Madrid }
  routes:
    - { match: { team: \"'\\\"{{ .ExternalURL }}\\n- x: &a\", severity: ticket }, to: all, mute: week, group_by: [] }
";
    let artifacts = compiled(&[("slos/slowburn.yaml", project), ("slos/a.yaml", &service("a", "{}"))]);
    hold(&artifacts);
    let text = &artifacts["alertmanager/alertmanager.yml"];
    let configuration = read(text);
    let receiver = &configuration["receivers"][0];
    // The user's text is not a template, so Alertmanager prints it unchanged.
    assert_eq!(receiver["slack_configs"][0]["channel"], "#a {{ \"{{\" }} 'b' \"c");
    assert_eq!(receiver["email_configs"].as_sequence().unwrap().len(), 2);
    let spans = configuration["time_intervals"][0]["time_intervals"].as_sequence().unwrap();
    let span = |index: usize| {
        let days: Vec<&str> =
            spans[index]["weekdays"].as_sequence().unwrap().iter().map(|day| day.as_str().unwrap()).collect();
        let times = &spans[index]["times"][0];
        (days, times["start_time"].as_str().unwrap(), times["end_time"].as_str().unwrap())
    };
    // A night ends on the next day.
    let evenings = vec!["sunday", "monday", "tuesday", "wednesday", "thursday", "friday"];
    let mornings = vec!["monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
    assert_eq!(spans.len(), 3);
    assert_eq!(span(0), (evenings.clone(), "22:00", "24:00"));
    assert_eq!(span(1), (mornings, "00:00", "07:00"));
    assert_eq!(span(2), (evenings, "12:00", "13:30"));
}

/// Settings of newer versions, in files that these versions read.
const CHATS: &str = "version: slowburn/v1
time_zone: ZONE
severities: { page: { label: 'cri\"ti\\cal' } }
alertmanager:
  version: \"0.28\"
  receivers:
    chats:
      telegram: { chat_id: -1001234567890, bot_token_file: /etc/telegram }
      teams: { webhook_url_file: /etc/teams }
      discord: { webhook_url_file: /etc/discord }
  default: chats
";

#[test]
fn chats_are_channels_of_a_newer_alertmanager() {
    let project = CHATS.replace("ZONE", "Europe/Madrid");
    let artifacts = compiled(&[("slos/slowburn.yaml", &project), ("slos/a.yaml", &service("a", "{}"))]);
    let configuration = read(&artifacts["alertmanager/alertmanager.yml"]);
    let receiver = &configuration["receivers"][0];
    let telegram = &receiver["telegram_configs"][0];
    assert_eq!(telegram["chat_id"], -1_001_234_567_890_i64);
    assert_eq!(telegram["bot_token_file"], "/etc/telegram");
    assert_eq!(receiver["msteamsv2_configs"][0]["webhook_url_file"], "/etc/teams");
    assert_eq!(receiver["discord_configs"][0]["webhook_url_file"], "/etc/discord");
    let Some(amtool) = amtool28() else {
        return skipped("chats: there is no amtool28, an amtool of Alertmanager 0.28 or newer");
    };
    hold_by(&amtool, &artifacts);
}

/// Times in the project's time zone as far as Alertmanager supports it, a link that silences this alert, and the colour.
#[test]
fn notifications_have_time_severity_and_a_link_to_a_silence() {
    let Some(amtool) = amtool() else { return skipped("amtool is not installed, so no text was rendered") };
    let alert = |severity: &str, status: &str| {
        json!({ "status": status, "startsAt": "2026-07-02T01:04:05Z", "endsAt": "2026-07-02T04:04:05Z",
            "labels": { "alertname": "ShopDown", "severity": severity, "owner": "web", "env": "a b+c\"&<%" },
            "annotations": { "summary": "PAGE *a*_b_", "description": "d", "runbook_url": "https://w/(x)" } })
    };
    let page = "cri\"ti\\cal";
    let since = |zone: &str, version: &str| {
        let project = format!(
            "version: slowburn/v1\ntime_zone: {zone}\nseverities: {{ page: {{ label: 'cri\"ti\\cal' }} }}\nalertmanager: {{ version: \"{version}\", receivers: {{ a: {{ webhook: {{ url: \"http://127.0.0.1:9/\" }} }} }}, default: a }}\n"
        );
        written(&compiled(&[("slos/slowburn.yaml", &project), ("slos/a.yaml", &service("a", "{}"))]))
    };
    let shown = |amtool: &Path, folder: &tempfile::TempDir, name: &str, kind: &str, alerts: Value| {
        let status = alerts[0]["status"].clone();
        let data = json!({ "status": status, "alerts": alerts, "externalURL": "https://am.internal/x" });
        let file = folder.path().join("data.json");
        fs::write(&file, data.to_string()).unwrap();
        let mut command = Command::new(amtool);
        command.args(["template", "render", "--template.type", kind, "--template.glob"]);
        command.arg(folder.path().join("alertmanager/templates/*.tmpl")).arg("--template.data").arg(file);
        run(command.arg(format!("--template.text={{{{ template \"slowburn.{name}\" . }}}}"))).unwrap()
    };
    let folder = since("America/Argentina/Buenos_Aires", "0.25");
    let text = shown(&amtool, &folder, "text", "text", json!([alert(page, "firing")]));
    assert!(text.contains("\nSince 2026-07-01 22:04 -03\n"), "{text}");
    let filter = "https://am.internal/x/#/silences/new?filter=%7Balertname%3D%22ShopDown%22%2Cenv%3D%22a%20b%2Bc%5C%22%26%3C%25%22%7D";
    assert!(text.contains(&format!("\nSilence: {filter}\n")), "{text}");
    let chat = shown(&amtool, &folder, "chat.text", "text", json!([alert(page, "firing")]));
    assert!(chat.starts_with("PAGE \\*a\\*\\_b\\_\n\nd\n\nSince "), "{chat}");
    assert!(chat.contains("\n\n[Runbook](https://w/%28x%29)\n\n"), "{chat}");
    assert!(chat.contains(&format!("\n\n[Silence]({filter})\n")), "{chat}");
    let html = shown(&amtool, &folder, "html", "html", json!([alert(page, "firing")]));
    let address = html.split("href=\"").find(|link| link.starts_with("https://am")).unwrap();
    assert!(address.starts_with("https://am.internal/x/#/silences/new?filter=%7B"), "{address}");
    let address = address.split('"').next().unwrap();
    let decoded = percent_encoding::percent_decode_str(address.split_once("%7B").unwrap().1).decode_utf8();
    assert_eq!(decoded.unwrap(), "alertname=\"ShopDown\",env=\"a b+c\\\"&<%\"}");
    let both = || json!([alert("warning", "firing"), alert(page, "firing")]);
    for (name, ticket, paged, over) in [
        ("mark", "🟠", "🔴", "🟢"),
        ("slack.color", "warning", "danger", "good"),
        ("pagerduty.severity", "warning", "critical", "info"),
        ("opsgenie.priority", "P3", "P1", "P5"),
    ] {
        let shown = |alerts| shown(&amtool, &folder, name, "text", alerts);
        assert_eq!(shown(json!([alert("warning", "firing")])), ticket);
        assert_eq!(shown(both()), paged);
        assert_eq!(shown(json!([alert(page, "resolved")])), over);
    }
    for (zone, version, expected) in [
        ("Asia/Kolkata", "0.25", "2026-07-02 06:34 +05:30"),
        ("UTC", "0.25", "2026-07-02 01:04 UTC"),
        ("Europe/Madrid", "0.27", "2026-07-02 01:04 UTC"),
    ] {
        let text = shown(&amtool, &since(zone, version), "text", "text", json!([alert(page, "firing")]));
        assert!(text.contains(&format!("\nSince {expected}\n")), "{text}");
    }
    let Some(newer) = amtool28() else {
        return skipped("time zones: there is no amtool28, an amtool of Alertmanager 0.28 or newer");
    };
    let folder = since("Europe/Madrid", "0.28");
    let text = shown(&newer, &folder, "text", "text", json!([alert(page, "resolved")]));
    assert!(text.contains("\nSince 2026-07-02 03:04 CEST until 2026-07-02 06:04 CEST\n"), "{text}");
}

/// Texts from alerts are data in Alertmanager's templates, in HTML and in Slack.
#[test]
fn notifications_say_what_is_wrong_in_every_language_and_expand_nothing() {
    let Some(amtool) = amtool() else { return skipped("amtool is not installed, so no text was rendered") };
    let hostile = "<!here> & {{ .ExternalURL }} <script>";
    let alert = |status: &str, annotations: Value| {
        json!({ "status": status, "labels": { "alertname": "Named", "env": hostile }, "annotations": annotations,
            "startsAt": "2026-01-02T03:04:05Z", "endsAt": "2026-01-02T04:04:05Z" })
    };
    let firing = alert(
        "firing",
        json!({ "summary": hostile, "description": "what\nelse", "runbook_url": "javascript:alert(1)",
            "dashboard_url": "https://g.internal/d/x?a=1&b=2" }),
    );
    let project = |language: &str| {
        format!(
            "version: slowburn/v1\nlanguage: {language}\nalertmanager: {{ receivers: {{ a: {{ webhook: {{ url: \"http://127.0.0.1:9/\" }} }} }}, default: a }}\n"
        )
    };
    for (language, resolved, since) in [("en", "RESOLVED", "Since 2026"), ("es", "RESUELTA", "Desde 2026")] {
        let artifacts =
            compiled(&[("slos/slowburn.yaml", &project(language)), ("slos/a.yaml", &service("a", "{}"))]);
        let folder = written(&artifacts);
        let shown = |name: &str, kind: &str, data: Value| {
            let file = folder.path().join("data.json");
            fs::write(&file, data.to_string()).unwrap();
            let mut command = Command::new(&amtool);
            command.args(["template", "render", "--template.type", kind, "--template.glob"]);
            command.arg(folder.path().join("alertmanager/templates/*.tmpl")).arg("--template.data").arg(file);
            run(command.arg(format!("--template.text={{{{ template \"slowburn.{name}\" . }}}}"))).unwrap()
        };
        let both = json!({ "status": "firing", "alerts": [firing, alert("resolved", json!({}))] });
        let escaped = "&lt;!here&gt; &amp; {{ .ExternalURL }} &lt;script&gt;";
        assert_eq!(shown("title", "text", both.clone()), hostile);
        assert_eq!(shown("slack.title", "text", both.clone()), escaped);
        let text = shown("text", "text", both.clone());
        assert!(text.starts_with(&format!("{hostile}\nwhat\nelse\n")), "{text}");
        assert!(text.contains(since) && text.contains(&format!("\n{resolved}: Named\n")), "{text}");
        let slack = shown("slack.text", "text", both.clone());
        assert!(slack.starts_with(&format!("{escaped}\nwhat\nelse\n")) && !slack.contains('<'), "{slack}");
        let html = shown("html", "html", both);
        assert!(html.contains(&format!(">{escaped}</h3>")) && html.contains(since), "{html}");
        assert!(!html.contains("javascript") && !html.contains("<script"), "{html}");
        assert!(html.contains("\"https://g.internal/d/x?a=1&amp;b=2\""), "{html}");
        let ended = alert("resolved", json!({}));
        let ended = json!({ "status": "resolved", "alerts": [ended, ended] });
        assert_eq!(shown("title", "text", ended), format!("[{resolved}] Named (+1)"));
    }
}

/// For every inhibition: the source, the target, and the equal labels.
fn inhibitions(artifacts: &Artifacts) -> Vec<[String; 3]> {
    let configuration = read(&artifacts["alertmanager/alertmanager.yml"]);
    let shown = |value: &serde_yaml::Value| -> String {
        let parts = value.as_sequence().map(Vec::as_slice).unwrap_or_default();
        parts.iter().map(|part| part.as_str().unwrap()).collect::<Vec<_>>().join(" ")
    };
    let rules = configuration["inhibit_rules"].as_sequence().unwrap().iter();
    let keys = ["source_matchers", "target_matchers", "equal"];
    rules.map(|rule| keys.map(|key| rule.get(key).map(shown).unwrap_or_default())).collect()
}

#[test]
fn a_companion_alert_and_its_same_as_slo_notify_once() {
    let project = format!(
        "version: slowburn/v1
{SEVERITIES}dependencies: {{ web: [api] }}
prometheus: {{ external_labels: [cluster] }}
alertmanager:
  receivers: {{ a: {{ webhook: {{ url: \"http://127.0.0.1:9/\" }} }} }}
  default: a
"
    );
    let alerts = "alerts:
  down: { expr: 'absent(up{job=\"api\"} == 1)', for: 1m, severity: page, down: true }
  slow: { expr: 'up{job=\"api\"} == 0', severity: ticket, down: true }
  loud: { expr: 'sum by (env) (queue{job=\"api\"}) > 100', for: 1m, severity: page, same_as: delivery }
  quiet: { expr: 'sum(queue{job=\"api\"}) > 50', severity: ticket, same_as: delivery }
  other: { expr: 'sum(queue{job=\"api\"}) > 200', severity: ticket }
";
    let api = service("api", "{}") + alerts;
    let artifacts = compiled(&[
        ("slos/slowburn.yaml", &project),
        ("slos/api.yaml", &api),
        ("slos/web.yaml", &service("web", "{}")),
    ]);
    let of_slos = "ApiAvailabilityBurnTicket|ApiDeliveryBurnTicket|ApiEventsMissing";
    let loudly = "ApiAvailabilityBurnPage|ApiAvailabilityBurnTicket|ApiDeliveryBurnPage|ApiDeliveryBurnTicket|ApiEventsMissing";
    let expected = [
        ["severity=\"critical\" slo!=\"\"", "severity=\"warning\" slo!=\"\"", "service slo cluster env"],
        ["alertname=~\"ApiAvailabilityBurnPage|ApiDown\"", "service=\"web\"", "cluster"],
        ["alertname=~\"ApiEventsMissing|ApiSlow\"", "service=\"web\" severity=\"warning\"", "cluster"],
        ["alertname=\"ApiDown\"", &format!("alertname=~\"{loudly}\""), "cluster"],
        ["alertname=\"ApiDownAftermath\"", "alertname=\"ApiEventsMissing\"", "cluster"],
        ["alertname=\"ApiSlow\"", &format!("alertname=~\"{of_slos}\""), "cluster"],
        // If both page, the SLO's alert notifies. They are compared by `env`, which both have.
        ["alertname=\"ApiDeliveryBurnPage\"", "alertname=\"ApiLoud\"", "cluster env"],
        ["alertname=\"ApiLoud\"", "alertname=\"ApiDeliveryBurnTicket\"", "cluster env"],
        ["alertname=~\"ApiDeliveryBurnPage|ApiDeliveryBurnTicket\"", "alertname=\"ApiQuiet\"", "cluster"],
    ];
    assert_eq!(inhibitions(&artifacts), expected);
}

/// A budget alert that fires for weeks notifies once. It is silenced while the burn page fires, and silences no alert about a new failure.
#[test]
fn a_budget_alert_notifies_once_and_silences_no_burn_alert() {
    let project = format!(
        "version: slowburn/v1
{SEVERITIES}dependencies: {{ web: [api/availability] }}
alertmanager:
  receivers: {{ a: {{ webhook: {{ url: \"http://127.0.0.1:9/\" }} }}, b: {{ webhook: {{ url: \"http://127.0.0.1:9/b\" }} }} }}
  default: a
  routes:
    - {{ match: {{ severity: page }}, to: a, repeat_interval: 1h }}
    - {{ match: {{ severity: ticket }}, to: b, repeat_interval: 7d }}
    - {{ match: {{ slo: \"\" }}, to: a }}
budget_alerts: [{{ left: 25%, severity: ticket }}, {{ left: 0%, severity: page }}]
"
    );
    let artifacts = compiled(&[
        ("slos/slowburn.yaml", &project),
        ("slos/api.yaml", &service("api", "{}")),
        ("slos/web.yaml", &service("web", "{}")),
    ]);
    no_alert_is_forgotten(&artifacts);
    hold(&artifacts);
    let of_promise = "service slo env";
    let expected = [
        ["severity=\"critical\" slo!=\"\" budget_below=\"\"", "severity=\"warning\" slo!=\"\"", of_promise],
        ["severity=\"critical\" budget_below=\"\"", "severity=\"critical\" budget_below!=\"\"", of_promise],
        ["budget_below=\"0%\"", "budget_below=\"25%\" severity=\"warning\"", of_promise],
        // Only an alert about a present failure means that `web` cannot work.
        ["alertname=\"ApiAvailabilityBurnPage\"", "service=\"web\"", ""],
    ];
    assert_eq!(inhibitions(&artifacts), expected);
    let configuration = read(&artifacts["alertmanager/alertmanager.yml"]);
    let routes = configuration["route"]["routes"].as_sequence().unwrap();
    let repeated =
        |route: &serde_yaml::Value| route.get("routes").map(|inner| inner[0]["repeat_interval"].clone());
    // A route with more than five days keeps its own setting. Alerts without an SLO have no budget.
    let intervals: Vec<_> = routes.iter().map(repeated).collect();
    assert_eq!(intervals, [Some("5d".into()), None, None]);
}

#[test]
fn a_down_service_silences_dependants_up_to_its_severity() {
    let project = format!(
        "version: slowburn/v1
{SEVERITIES}dependencies:
  web: [api]
  api: [database, {{ on: cache/delivery, silences: ticket }}]
  everything: [{{ on: hosts, silences: ticket }}]
alertmanager:
  receivers: {{ a: {{ webhook: {{ url: \"http://127.0.0.1:9/\" }} }} }}
  default: a
"
    );
    let texts: Vec<(String, String)> = ["api", "cache", "database", "hosts", "web"]
        .map(|name| (format!("slos/{name}.yaml"), service(name, "{}")))
        .to_vec();
    let mut files = vec![("slos/slowburn.yaml", project.as_str())];
    files.extend(texts.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let artifacts = compiled(&files);
    let rules = inhibitions(&artifacts);
    let tickets = "severity=\"warning\"";
    let all = "service=~\"api|cache|database|web\"";
    let of_env = "alertname=~\"ApiDeliveryBurnTicket|WebDeliveryBurnTicket\"";
    let rest = "alertname=~\"ApiAvailabilityBurnTicket|ApiEventsMissing|WebAvailabilityBurnTicket|WebEventsMissing\"";
    let expected = [
        ["severity=\"critical\" slo!=\"\"".into(), format!("{tickets} slo!=\"\""), "service slo env".into()],
        ["alertname=\"ApiAvailabilityBurnPage\"".into(), "service=\"web\"".into(), String::new()],
        ["alertname=\"ApiEventsMissing\"".into(), format!("service=\"web\" {tickets}"), String::new()],
        // A promise per `env` silences alerts with the same `env`, and alerts without one.
        ["alertname=\"CacheDeliveryBurnPage\"".into(), format!("{rest} {tickets}"), String::new()],
        ["alertname=\"CacheDeliveryBurnPage\"".into(), format!("{of_env} {tickets}"), "env".into()],
        ["alertname=\"DatabaseAvailabilityBurnPage\"".into(), "service=~\"api|web\"".into(), String::new()],
        [
            "alertname=\"DatabaseEventsMissing\"".into(),
            format!("service=~\"api|web\" {tickets}"),
            String::new(),
        ],
        ["alertname=\"HostsAvailabilityBurnPage\"".into(), format!("{all} {tickets}"), String::new()],
        ["alertname=\"HostsEventsMissing\"".into(), format!("{all} {tickets}"), String::new()],
    ];
    assert_eq!(rules, expected);
}

#[test]
fn independent_alerts_notify_while_a_dependency_is_down() {
    let project = "version: slowburn/v1
dependencies: { api: [database, cache/delivery] }
alertmanager:
  receivers: { a: { webhook: { url: \"http://127.0.0.1:9/\" } } }
  default: a
";
    let of_api = "alerts:
  intruder: { expr: 'sum(queue{job=\"api\"}) > 50', severity: ticket, independent: true }
  full: { expr: 'sum(queue{job=\"api\"}) > 40', severity: ticket }
";
    let api = service("api", "{}") + of_api;
    let (cache, database) = (service("cache", "{}"), service("database", "{}"));
    let artifacts = compiled(&[
        ("slos/slowburn.yaml", project),
        ("slos/api.yaml", &api),
        ("slos/cache.yaml", &cache),
        ("slos/database.yaml", &database),
    ]);
    let rules = inhibitions(&artifacts);
    let silenced = |source: &str| -> Vec<&str> {
        let of = rules.iter().filter(|[silences, ..]| silences.contains(source));
        of.map(|[_, silenced, _]| silenced.as_str()).collect()
    };
    assert_eq!(
        silenced("DatabaseAvailabilityBurnPage"),
        ["service=\"api\" alertname!=\"ApiIntruder\""],
        "{rules:?}"
    );
    let by_env = silenced("CacheDeliveryBurnPage");
    assert!(by_env.iter().any(|silenced| silenced.contains("ApiFull")), "{by_env:?}");
    assert!(by_env.iter().all(|silenced| !silenced.contains("ApiIntruder")), "{by_env:?}");
}

/// A sent notification: the receiver's path, token or channel, and the name and `env` of each alert, or the text in the chat.
type Sent = (String, String, Vec<String>);

fn sent(notification: Notification) -> Sent {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if notification.path.starts_with("/slack") {
        let shown = &notification.body["attachments"][0];
        return (
            notification.path,
            notification.body["channel"].to_string(),
            vec![format!("{}{}", shown["title"], shown["text"])],
        );
    }
    let named = |alert: &Value| {
        let named = format!("{} {}", text(&alert["labels"]["alertname"]), text(&alert["labels"]["env"]));
        named.trim().to_owned()
    };
    let mut alerts: Vec<String> = notification.body["alerts"].as_array().unwrap().iter().map(named).collect();
    alerts.sort();
    (notification.path, notification.authorization, alerts)
}

/// The whole chain: a page notifies its receivers once; its ticket is silenced, and another one is not; values of `by` are separate; alerts of
/// dependent services are silenced; a muted time mutes; an escalation waits; a token is read from its file; texts stay texts.
#[test]
fn alertmanager_notifies_the_right_receivers_once() {
    let recorder = Recorder::start();
    let port = recorder.port();
    let secrets = tempfile::tempdir().unwrap();
    fs::write(secrets.path().join("token"), "t0ken").unwrap();
    fs::write(secrets.path().join("slack"), format!("http://127.0.0.1:{port}/slack")).unwrap();
    let secrets = secrets.path().display();
    let hook =
        |name: &str| format!("    {name}: {{ webhook: {{ url: \"http://127.0.0.1:{port}/{name}\" }} }}\n");
    let plain: String = ["team", "office", "chief", "sleeper", "rest"].map(hook).concat();
    let project = format!(
        "version: slowburn/v1
{SEVERITIES}dependencies: {{ web: [database] }}
alertmanager:
  receivers:
    on-call: {{ webhook: {{ url: \"http://127.0.0.1:{port}/on-call\", token_file: {secrets}/token }} }}
    chat: {{ slack: {{ channel: \"#a {{{{ b\", api_url_file: {secrets}/slack }} }}
{plain}  default: rest
  group_wait: 1s
  group_interval: 1s
  repeat_interval: 1h
  times: {{ always: {{ days: [monday-sunday], time_zone: America/Argentina/Buenos_Aires }} }}
  routes:
    - {{ match: {{ severity: page }}, to: on-call }}
    - {{ match: {{ severity: page }}, to: chief, after: 6s }}
    - {{ match: {{ severity: ticket }}, to: office }}
    - {{ match: {{ service: api }}, to: [team, chat] }}
    - {{ match: {{ service: api, severity: ticket }}, to: sleeper, mute: always }}
"
    );
    let texts = ["api", "database", "web"].map(|name| (format!("slos/{name}.yaml"), service(name, "{}")));
    let mut files = vec![("slos/slowburn.yaml", project.as_str())];
    files.extend(texts.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let artifacts = compiled(&files);
    let Some(running) = Running::start(&artifacts) else { return };
    let all = expected(&artifacts);
    let alert = |name: &str, env: &str| {
        let (labels, _) = all.iter().find(|(labels, _)| labels["alertname"] == name).unwrap();
        let mut labels = labels.clone();
        if labels.contains_key("env") {
            labels.insert("env".to_owned(), env.to_owned());
        }
        labels
    };
    let foreign = BTreeMap::from([("alertname".to_owned(), "Elsewhere".to_owned())]);
    running.fire(&[
        alert("ApiAvailabilityBurnPage", ""),
        alert("ApiAvailabilityBurnTicket", ""),
        alert("ApiDeliveryBurnPage", "one"),
        alert("ApiDeliveryBurnTicket", "one"),
        alert("ApiDeliveryBurnTicket", "two"),
        alert("DatabaseAvailabilityBurnPage", ""),
        alert("WebAvailabilityBurnPage", ""),
        alert("WebEventsMissing", ""),
        foreign,
    ]);
    let all_sent = || recorder.notifications().into_iter().map(sent).collect::<Vec<_>>();
    let begun = Instant::now();
    let is_sent = |path: &str| all_sent().iter().any(|(to, ..)| to == path);
    while !["/on-call", "/team", "/office", "/slack", "/rest"].into_iter().all(is_sent) {
        assert!(begun.elapsed() < Duration::from_secs(60), "{:#?}", all_sent());
        thread::sleep(Duration::from_millis(100));
    }
    assert!(!is_sent("/chief") || begun.elapsed() > Duration::from_secs(5), "an escalation waits");
    while all_sent().iter().filter(|(to, ..)| to == "/chief").count() < 3 {
        assert!(begun.elapsed() < Duration::from_secs(60), "{:#?}", all_sent());
        thread::sleep(Duration::from_millis(100));
    }
    // A second notification would have come at the group's next interval.
    thread::sleep(Duration::from_secs(3));
    let sent = all_sent();
    let of = |path: &str| -> Vec<Vec<&str>> {
        let mut found: Vec<Vec<&str>> = sent
            .iter()
            .filter(|(to, ..)| to == path)
            .map(|(.., alerts)| alerts.iter().map(String::as_str).collect())
            .collect();
        found.sort();
        found
    };
    let api = vec!["ApiAvailabilityBurnPage", "ApiDeliveryBurnPage one"];
    assert_eq!(of("/on-call"), [api, vec!["DatabaseAvailabilityBurnPage"]]);
    assert_eq!(
        of("/team"),
        [["ApiAvailabilityBurnPage", "ApiDeliveryBurnPage one", "ApiDeliveryBurnTicket two"]]
    );
    assert_eq!(of("/office"), [["ApiDeliveryBurnTicket two"]]);
    assert_eq!(
        of("/chief"),
        [["ApiAvailabilityBurnPage"], ["ApiDeliveryBurnPage one"], ["DatabaseAvailabilityBurnPage"]]
    );
    assert_eq!(of("/rest"), [["Elsewhere"]]);
    assert_eq!(of("/sleeper"), Vec::<Vec<&str>>::new());
    let tokens: BTreeSet<&str> =
        sent.iter().filter(|(to, ..)| to == "/on-call").map(|(_, token, ..)| token.as_str()).collect();
    assert_eq!(tokens, BTreeSet::from(["Bearer t0ken"]));
    let (_, channel, text) = sent.iter().find(|(to, ..)| to == "/slack").unwrap();
    assert_eq!(channel, "\"#a {{ b\"");
    assert!(text[0].contains("{{ .ExternalURL }} &lt;!channel&gt;") && !text[0].contains('<'), "{text:?}");
}

/// The labels of a route's alerts select its receiver in all outputs, with so many routes that not every combination of values has an example.
#[test]
fn many_combinations_of_label_values_hide_no_receiver() {
    let service = "version: slowburn/v1
service: api
slos:
  availability:
    objective: 99.9%
    sli: { total: 'requests_total{job=\"api\"}', bad: 'requests_total{job=\"api\", status=~\"5..\"}' }
    by: [region, level]
";
    // 64 combinations, and more.
    for (count, left_out) in [(31, None), (32, Some(33)), (60, Some(61))] {
        let names: Vec<String> = (0..count).map(|one| format!("r{one}")).collect();
        let declared =
            |name: &String| format!("    {name}: {{ webhook: {{ url: \"http://127.0.0.1:9/{name}\" }} }}\n");
        // The last route has two values, and gets only one of them: the route before it takes the other one.
        let matched = |one: usize| match one {
            _ if one + 1 == count => format!("[v{}, v{one}]", one - 1),
            _ => format!("v{one}"),
        };
        let route = |one: usize| {
            format!(
                "    - {{ match: {{ region: {}, level: gold }}, to: r{one}, stop: true }}\n",
                matched(one)
            )
        };
        let project = format!(
            "version: slowburn/v1\nalertmanager:\n  default: team\n  receivers:\n{}{}  routes:\n{}",
            declared(&"team".to_owned()),
            names.iter().map(declared).collect::<String>(),
            (0..count).map(route).collect::<String>(),
        );
        let artifacts = compiled(&[("slos/slowburn.yaml", &project), ("slos/api.yaml", service)]);
        hold(&artifacts);
        let tests = expected(&artifacts);
        let runbook = &artifacts["runbooks/api-availability.md"];
        let report = &artifacts["report/index.html"];
        for (one, name) in names.iter().enumerate() {
            let own = |labels: &BTreeMap<String, String>| {
                labels["region"] == format!("v{one}") && labels["level"] == "gold"
            };
            let of: Vec<&Vec<String>> = tests
                .iter()
                .filter(|(labels, _)| labels.contains_key("region") && own(labels))
                .map(|(_, to)| to)
                .collect();
            // The page and the ticket.
            assert_eq!(of, [&vec![name.clone()], &vec![name.clone()]], "{count}");
            assert_eq!(runbook.matches(&format!("; {name} (after ")).count(), 2, "{count} {name}");
            assert_eq!(report.matches(&format!("href=\"#receiver_{name}\">")).count(), 2, "{count} {name}");
        }
        let said = |text: &str, words: &str| text.contains(words);
        let of_tests = &artifacts["alertmanager/routes.test.yaml"];
        let (more, shown) =
            ("more combinations of label values are left out", "label values that are not shown");
        assert_eq!((said(of_tests, more), said(report, shown)), (left_out.is_some(), left_out.is_some()));
        if let Some(left_out) = left_out {
            assert!(said(of_tests, &format!("# {left_out} {more}")), "{of_tests}");
            assert!(said(report, &format!("{shown}: {left_out}<")));
        }
    }
}
