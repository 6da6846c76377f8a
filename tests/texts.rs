//! Every text in the sources stays text: for every output, its real reader finds the same structure with any text, and the whole text.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use std::path::PathBuf;

use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser};
use serde_json::Value;
use slowburn::artifact::Artifacts;
use slowburn::diagnostic::Problem;
use slowburn::emit::yaml::quoted;
use slowburn::inert::is_seen;
use slowburn::render::{ComparedSide, DifferenceFormat, Format, render};
use slowburn::source::{SourceFile, Sources};
use support::readers::{LIBRARIES, read_by, readers};
use support::rules::{self, written};
use support::{amtool, promtool, skipped};

/// The text that all others are compared with.
const PLAIN: &str = "zzplain";

/// Every text of the sources, as `%` and a name.
const PROJECT: &str = "version: slowburn/v1
policy: brief
period: 1d
policies:
  brief: { tiers: [{ severity: page, budget: 10%, long: 30m, short: 5m }, { severity: ticket, budget: 25%, long: 2h, short: 10m }] }
labels: { team: %label }
annotations: { note: %annotation, runbook_url: %runbook_url, source_url: %source_url }
severities:
  page: { label: %severity, labels: { rank: %label }, annotations: { of_page: %annotation } }
  ticket: { label: warning }
links: { grafana: 'https://grafana.shop.internal', source: 'https://git.shop.internal/slos' }
alertmanager:
  smtp: { host: 'mail.internal:587', from: alerts@shop.internal, user: %user, password_file: /etc/smtp, tls: false }
  receivers:
    on-call: { slack: { channel: %channel, api_url_file: /etc/alertmanager/slack } }
    office: { email: office@shop.internal }
  default: office
  routes:
    - { match: { severity: page, team: [%label, other] }, to: on-call }
    - { match: { site: %matched }, to: on-call }
  inhibitions:
    - { while: { alertname: %matched }, silence: { severity: ticket, team: %label } }
";

const SERVICE: &str = "version: slowburn/v1
service: mail
description: %description
owner: %owner
labels: { site: %label }
annotations: { hint: %annotation }
planned: { smtp_lost_total: %planned }
slos:
  delivery:
    description: %description
    labels: { place: %label }
    annotations: { more: %annotation }
    objective: 99%
    runbook: %runbook
    sli: { total: 'smtp_sent_total{path=%query}', bad: 'smtp_sent_total{path=%query, outcome=\"error\"}' }
  losses:
    description: %description
    objective: 99%
    sli: { total: smtp_sent_total, bad: smtp_lost_total }
alerts:
  full: { description: %description, labels: { kind: %label }, expr: 'smtp_queue{path=%query} > 5', for: 2m, severity: page, runbook: %runbook }
  lost: { description: %description, expr: 'smtp_lost_total > 5', severity: ticket }
";

/// Places that do not accept every text: names of files, addresses, names that are looked up. If a text is refused there, the plain text is used.
const NARROW: [&str; 6] = ["runbook", "runbook_url", "source_url", "user", "channel", "severity"];

/// Everything that any reader sees as a line end.
const ENDS: [&str; 8] = ["\n", "\r", "\r\n", "\u{85}", "\u{2028}", "\u{2029}", "\x0c", "\x0b"];

/// Characters with a meaning in any of the output languages.
const SIGNS: [&str; 62] = [
    "- a",
    "+ a",
    "* a",
    "1. a",
    "1) a",
    "# a",
    "> a",
    "===",
    "---",
    "... a",
    "| a | b |",
    "```",
    "~~~",
    "    a",
    "\ta",
    "a: b",
    "a:",
    "a #b",
    "? a",
    "! a",
    "&a b",
    "*a",
    "%YAML 1.1",
    "@a",
    "`a`",
    "'",
    "\"",
    "'a' b",
    "{a: b",
    "[a, b",
    "}",
    "]",
    "|",
    ">",
    "|-\n  a",
    "null",
    "yes",
    "0x1f",
    "1e3",
    "2024-01-01",
    "12:30",
    "=",
    "<<: *a",
    "<script>alert(1)</script>",
    "<!-- a",
    "-->",
    "]]>",
    "&lt;",
    "</script>",
    "[a](javascript:alert(1))",
    "![a](http://evil)",
    "<http://evil>",
    "{{ .x }}",
    "{{ end }}",
    "{{",
    "}}",
    "${a}",
    "$a",
    "[[a]]",
    "<< a >>",
    "<% if %>",
    "\\",
];

/// Characters that are invisible, change the direction of text, or are noncharacters.
const UNSEEN: [char; 30] = [
    '\0',
    '\x01',
    '\x07',
    '\x08',
    '\x1b',
    '\x1c',
    '\x1e',
    '\x7f',
    '\u{80}',
    '\u{9b}',
    '\u{ad}',
    '\u{34f}',
    '\u{61c}',
    '\u{115f}',
    '\u{180e}',
    '\u{200b}',
    '\u{200c}',
    '\u{200d}',
    '\u{200e}',
    '\u{200f}',
    '\u{202e}',
    '\u{2060}',
    '\u{2066}',
    '\u{2069}',
    '\u{3164}',
    '\u{feff}',
    '\u{fff9}',
    '\u{fffe}',
    '\u{1d173}',
    '\u{e0041}',
];

/// So many texts at the beginning contain all others.
const JOINED: usize = 3;

/// Texts that try to break out of their place.
fn hostile() -> Vec<String> {
    let unseen = UNSEEN.iter().map(|c| format!("x{c}")).collect::<String>();
    let mut all = vec![unseen, ENDS.join("- a: b"), SIGNS.join("\n")];
    for end in ENDS {
        all.push(format!(
            "ok{end}  - name: injected{end}    rules:{end}      - alert: Injected{end}        expr: vector(1){end}  # rest"
        ));
        all.push(format!("{end}injected: yes{end}# a{end}{end}receivers: []"));
        all.push(format!("a{end}b{end}"));
    }
    all.extend(SIGNS.iter().map(|sign| (*sign).to_owned()));
    for chunk in UNSEEN.chunks(5) {
        all.push(format!("a{}b", chunk.iter().map(|c| format!("{c}x")).collect::<String>()));
        all.push(chunk.iter().collect::<String>() + "a");
    }
    all.push("👩\u{200d}💻 ❤\u{fe0f}\u{200d}🔥 1\u{fe0f}\u{20e3} 🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f} می\u{200c}خواهم".to_owned());
    all
}

/// The sources with these texts in their places.
fn sources(text: &dyn Fn(&str) -> String) -> Sources {
    let fill = |template: &str| {
        let mut parts = template.split('%');
        let mut filled = parts.next().unwrap().to_owned();
        for part in parts {
            let length = part.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(part.len());
            let (place, rest) = part.split_at(length);
            filled += &match place {
                // An empty place.
                "" => "%".to_owned(),
                // A string of PromQL in a quoted scalar.
                "query" => serde_json::to_string(&text(place)).unwrap().replace('\'', "''"),
                "runbook_url" => quoted(&format!("https://wiki.shop.internal/{}", text(place))),
                "channel" => quoted(&format!("#{}", text(place))),
                _ => quoted(&text(place)),
            };
            filled += rest;
        }
        filled
    };
    let file = |path: &str, text: String| SourceFile { path: path.to_owned(), text };
    Sources::new(vec![file("slos/slowburn.yaml", fill(PROJECT)), file("slos/mail.yaml", fill(SERVICE))])
}

/// The sources with one text in every place that accepts it.
fn with(hostile: &str) -> Sources {
    let only = |wanted: &[&str]| {
        sources(&|place: &str| match place {
            // In PromQL in a single-quoted YAML scalar, line breaks cannot be written.
            "query" if hostile.contains(|c: char| c.is_control() || !is_seen(&c.to_string())) => {
                PLAIN.to_owned()
            }
            place if NARROW.contains(&place) && !wanted.contains(&place) => PLAIN.to_owned(),
            _ => hostile.to_owned(),
        })
    };
    let takes = |places: &[&str]| slowburn::compile(&only(places)).model.is_some();
    if takes(&NARROW) {
        return only(&NARROW);
    }
    let taken: Vec<&str> = NARROW.into_iter().filter(|place| takes(&[place])).collect();
    only(&taken)
}

fn compiled(sources: &Sources) -> Artifacts {
    let compiled = slowburn::compile(sources);
    let problems = || render(&compiled.problems, sources, Format::Human { color: false });
    compiled.artifacts().unwrap_or_else(|| panic!("{}", problems()))
}

/// Whether two values differ only in the user's texts.
fn same(plain: &Value, other: &Value) -> Result<(), String> {
    match (plain, other) {
        (Value::String(text), Value::String(_)) if text.contains(PLAIN) => Ok(()),
        (Value::Object(plain), Value::Object(other)) => {
            let keys = |object: &serde_json::Map<String, Value>| object.keys().cloned().collect::<Vec<_>>();
            if keys(plain) != keys(other) {
                return Err(format!("{:?} became {:?}", keys(plain), keys(other)));
            }
            // The height of a text panel depends on the length of its text, and `counters` on the selectors.
            plain.iter().filter(|(key, _)| *key != "gridPos" && *key != "counters").try_for_each(
                |(key, value)| same(value, &other[key]).map_err(|fault| format!("{key}: {fault}")),
            )
        }
        (Value::Array(plain), Value::Array(other)) if plain.len() == other.len() => {
            plain.iter().zip(other).try_for_each(|(plain, other)| same(plain, other))
        }
        _ if plain == other => Ok(()),
        _ => Err(format!("{plain} became {other}")),
    }
}

/// The structure of a Markdown page, without its words.
fn markdown(page: &str) -> Vec<String> {
    let words = |event: &Event| matches!(event, Event::Text(_) | Event::SoftBreak);
    let events = Parser::new_ext(page, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH);
    let mut shapes: Vec<String> = Vec::new();
    for event in events.filter(|event| !words(event)) {
        shapes.push(match event {
            Event::Code(_) => "code".to_owned(),
            event => format!("{event:?}"),
        });
    }
    shapes
}

/// Everything that can be checked without other programs.
fn holds(hostile: &str, plain: &Artifacts, made: &Artifacts) {
    assert_eq!(plain.keys().collect::<Vec<_>>(), made.keys().collect::<Vec<_>>());
    for (path, text) in made {
        let before = &plain[path];
        for line in text.split('\n') {
            assert!(is_seen(&line.replace('\t', " ")), "{hostile:?} in {path}: {line:?}");
        }
        let end = path.rsplit('.').next().unwrap();
        let fault = match end {
            "yaml" | "yml" => {
                let read = |text: &str| -> Value {
                    serde_yaml::from_str(text).unwrap_or_else(|fault| panic!("{path}: {fault}\n{text}"))
                };
                annotations(&read(text), path, hostile);
                same_for(hostile, read(before), read(text))
            }
            "json" => {
                let read = |text: &str| -> Value { serde_json::from_str(text).unwrap() };
                same(&read(before), &read(text))
            }
            "md" => {
                let (before, after) = (markdown(before), markdown(text));
                let differs = before.iter().zip(&after).position(|(before, after)| before != after);
                match differs {
                    Some(at) => Err(format!("{} became {}", before[at], after[at])),
                    None if before.len() != after.len() => Err("there is more or less of it".to_owned()),
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        };
        fault.unwrap_or_else(|fault| panic!("{hostile:?} in {path}: {fault}"));
    }
}

/// The same shape. Addresses that are too long for a label are left out.
fn same_for(hostile: &str, mut plain: Value, mut other: Value) -> Result<(), String> {
    if hostile.len() > 200 {
        [&mut plain, &mut other].into_iter().for_each(without_addresses);
    }
    same(&plain, &other)
}

fn without_addresses(value: &mut Value) {
    match value {
        Value::Array(all) => {
            all.retain(|one| one["record"] != "slo:alert:info");
            all.iter_mut().for_each(without_addresses);
        }
        Value::Object(all) => {
            all.retain(|name, _| !["runbook", "source"].contains(&name.as_str()));
            all.values_mut().for_each(without_addresses);
        }
        _ => {}
    }
}

/// Annotations are shown by programs that would interpret control characters.
fn annotations(value: &Value, path: &str, hostile: &str) {
    for (key, inner) in value.as_object().into_iter().flatten() {
        if key == "annotations" {
            for text in inner.as_object().unwrap().values().filter_map(Value::as_str) {
                assert!(text.split(['\n', '\t']).all(is_seen), "{hostile:?} in {path}: {text:?}");
            }
        }
        annotations(inner, path, hostile);
    }
    value.as_array().into_iter().flatten().for_each(|inner| annotations(inner, path, hostile));
}

/// Messages on a terminal, in a comment of a pull request, and for programs.
fn problems_are_seen(hostile: &str, before: &Sources, sources: &Sources) {
    let seen = |what: &str, text: &str| {
        assert!(text.split(['\n', '\t']).all(is_seen), "{hostile:?} in {what}: {text:?}");
    };
    let compiled = slowburn::compile(sources);
    let plan = compiled.plan().unwrap();
    for service in &plan.services {
        for slo in &service.slos {
            seen("explain", &slowburn::explain::explain(slo));
        }
        for (rule, _, companion) in service.companion_alerts() {
            seen("explain", &slowburn::explain::explain_companion(companion, rule));
        }
    }
    let problem = |text: &str, sources: &Sources| {
        let (id, _) = sources.iter().next().unwrap();
        let span = slowburn::source::Span { source: id, start: 0, end: 400 };
        Problem::error(slowburn::diagnostic::Code::WrongType, span, text)
            .label(text)
            .help(text)
            .fix(text, span, text)
    };
    let problems = [problem(hostile, sources)];
    for format in [Format::Human { color: false }, Format::Json, Format::Github, Format::Sarif] {
        seen("problems", &render(&problems, sources, format));
    }
    let models = [before, sources].map(slowburn::model_of);
    let difference = slowburn::difference(&models[0], true, &models[1], true);
    let side = |sources| ComparedSide { name: hostile, sources, problems: &problems };
    for format in
        [DifferenceFormat::Human { color: false }, DifferenceFormat::Markdown, DifferenceFormat::Json]
    {
        let side = |sources| ComparedSide { problems: &[], ..side(sources) };
        seen("diff", &slowburn::render::difference(&difference, side(before), side(sources), format));
    }
}

#[test]
fn every_text_stays_text_for_every_reader() {
    let before = sources(&|_| PLAIN.to_owned());
    let plain = compiled(&before);
    let all = hostile();
    let mut made = Artifacts::new();
    for (number, text) in all.iter().enumerate() {
        let sources = with(text);
        let artifacts = compiled(&sources);
        holds(text, &plain, &artifacts);
        problems_are_seen(text, &before, &sources);
        made.extend(artifacts.into_iter().map(|(path, text)| (format!("{number}/{path}"), text)));
    }
    made.extend(plain.iter().map(|(path, text)| (format!("plain/{path}"), text.clone())));
    let folder = written(&made);
    let of = |folders: &[String], within: &str, end: &str| -> Vec<PathBuf> {
        let within = |number: &String| rules::files(&folder.path().join(number).join(within), end);
        folders.iter().flat_map(within).collect()
    };
    let folders: Vec<String> = (0..all.len()).map(|number| number.to_string()).collect();
    rules::check_rules("hostile texts", &of(&folders, "prometheus", ".yaml"));
    if let Some(promtool) = promtool() {
        // They take seconds each, so a few texts contain all others.
        let failed = rules::test_rules(&promtool, of(&folders[..JOINED], "promtool", ".test.yaml"));
        assert!(failed.is_empty(), "{}", failed.join("\n"));
    } else {
        skipped("proofs of hostile texts: there is no promtool");
    }
    if let Some(amtool) = amtool() {
        let files = of(&folders, "alertmanager", ".yml");
        rules::run(&amtool, &["check-config"], &files).unwrap_or_else(|said| panic!("{said}"));
    } else {
        skipped("check of Alertmanager's configuration with hostile texts: there is no amtool");
    }
    let Some(program) = readers() else { return };
    let read = read_by(&program, folder.path());
    let mut count = 0;
    for (path, value) in &read {
        let (number, name) = path.split_once('/').unwrap();
        let before = &read[&format!("plain/{name}")];
        let text = number.parse::<usize>().map_or(PLAIN, |number| &all[number]);
        if name.ends_with(".html") {
            assert_eq!(before[0], value[0], "{text:?} in {name}");
            let shown = value[1].as_str().unwrap();
            assert!(shown.split(['\n', '\t']).all(is_seen), "{text:?} in {name}");
        } else {
            for (library, (before, value)) in
                LIBRARIES.iter().enumerate().map(|(at, library)| (library, (&before[at], &value[at])))
            {
                assert!(before.is_object(), "{library} reads {before}");
                same_for(text, before.clone(), value.clone())
                    .unwrap_or_else(|fault| panic!("{text:?} in {name} by {library}: {fault}"));
            }
        }
        count += 1;
    }
    assert!(count > 10 * all.len(), "{count}");
}

/// Parts of random texts.
fn pieces() -> Vec<String> {
    let unseen = UNSEEN.iter().map(|c| c.to_string());
    ENDS.iter()
        .chain(&SIGNS)
        .map(|piece| (*piece).to_owned())
        .chain(unseen)
        .chain([" ".to_owned(), "x".to_owned()])
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn texts_of_many_pieces_stay_text(chosen in proptest::collection::vec(proptest::sample::select(pieces()), 1..8), any in "\\PC{0,4}") {
        let text = format!("{}{any}", chosen.concat());
        // A text like `name:password@host` is refused as a secret everywhere: `tests/secrets.rs`.
        prop_assume!(!text.trim().is_empty() && !slowburn::secret::is_in(&text));
        let before = sources(&|_| PLAIN.to_owned());
        let sources = with(&text);
        holds(&text, &compiled(&before), &compiled(&sources));
        problems_are_seen(&text, &before, &sources);
    }
}

/// The effect of a burn rate of 14.4 is written in several places, and computed here.
#[test]
fn texts_about_burn_rates_have_the_computed_numbers() {
    let texts = [
        (include_str!("../src/text/en/dashboards.txt"), "14.4", "2%", "hour", "30-day"),
        (include_str!("../src/text/en/report.txt"), "14.4", "2%", "hour", "30-day"),
        (include_str!("../src/text/es/dashboards.txt"), "14,4", "2 %", "hora", "30 días"),
        (include_str!("../src/text/es/report.txt"), "14,4", "2 %", "hora", "30 días"),
    ];
    let (hour, period) = (3_600.0, 30.0 * 86_400.0);
    assert!((14.4 * hour / period - 0.02_f64).abs() < 1e-12);
    for (text, burn, share, length, budget) in texts {
        let lines: Vec<&str> = text.lines().filter(|line| line.contains(burn)).collect();
        assert!(!lines.is_empty());
        for line in lines {
            let after = &line[line.find(burn).unwrap()..];
            let clause = after.split(". ").next().unwrap();
            assert!([share, length, budget].iter().all(|word| clause.contains(word)), "{clause}");
        }
    }
}
