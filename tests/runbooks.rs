//! Runbooks, read as Markdown: every link has a target, every query is valid, and texts of the sources are only text.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use std::collections::BTreeSet;
use std::env;
use std::process::Command;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use slowburn::artifact::{Artifacts, MARK};
use slowburn::source::Sources;
use support::alertmanager::Running;
use support::dashboards::Dashboard;
use support::folder::Folder;
use support::rules::{compiled, groups, own};
use support::{amtool, skipped};

/// A parsed runbook.
#[derive(Debug, Default)]
struct Read {
    headings: Vec<(HeadingLevel, String)>,
    /// With the words after their fences.
    code: Vec<(String, String)>,
    links: Vec<String>,
    html: Vec<String>,
    /// The whole visible text, with code and headings.
    shown: String,
}

fn read(markdown: &str) -> Read {
    let mut read = Read::default();
    let mut heading: Option<String> = None;
    let mut code: Option<(String, String)> = None;
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(level)) => read.headings.push((level, heading.take().unwrap())),
            Event::Start(Tag::CodeBlock(kind)) => {
                let CodeBlockKind::Fenced(words) = kind else { panic!("code without a fence:\n{markdown}") };
                code = Some((words.to_string(), String::new()));
            }
            Event::End(TagEnd::CodeBlock) => read.code.push(code.take().unwrap()),
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                read.links.push(dest_url.to_string());
            }
            Event::Html(html) | Event::InlineHtml(html) => read.html.push(html.trim().to_owned()),
            Event::Text(text) | Event::Code(text) => {
                read.shown += &text;
                if let Some((_, code)) = &mut code {
                    *code += &text;
                }
                if let Some(heading) = &mut heading {
                    *heading += &text;
                }
            }
            Event::SoftBreak | Event::HardBreak => read.shown.push('\n'),
            _ => {}
        }
    }
    read
}

/// The anchor of a heading in Markdown viewers, for ASCII without punctuation, as in all headings with links to them.
fn anchor(heading: &str) -> String {
    heading.to_lowercase().replace(' ', "-")
}

fn runbooks(artifacts: &Artifacts) -> Vec<(&str, Read)> {
    let runbooks = artifacts.iter().filter_map(|(path, text)| Some((path.strip_prefix("runbooks/")?, text)));
    let runbooks: Vec<(&str, Read)> = runbooks.map(|(file, text)| (file, read(text))).collect();
    assert!(!runbooks.is_empty());
    runbooks
}

fn ships() -> Artifacts {
    slowburn::compile(&Sources::new(own())).artifacts().unwrap()
}

/// Checks that the target of a link inside the runbooks exists.
fn assert_leads_somewhere(artifacts: &Artifacts, from: &str, link: &str) {
    let (file, wanted) = link.split_once('#').unwrap_or((link, ""));
    let file = if file.is_empty() { from } else { file };
    let text = artifacts.get(&format!("runbooks/{file}"));
    let text = text.unwrap_or_else(|| panic!("{from} links to {link}, which is not there"));
    let anchors: Vec<String> = read(text).headings.iter().map(|(_, heading)| anchor(heading)).collect();
    assert!(
        wanted.is_empty() || anchors.iter().any(|anchor| anchor == wanted),
        "{from} links to {link}: {anchors:?}"
    );
}

#[test]
fn every_alert_links_to_its_section_and_to_its_dashboard() {
    const RUNBOOKS: &str = "https://git.grupo-gad.gob.ar/observabilidad/slos/src/branch/main/out/runbooks/";
    const GRAFANA: &str = "https://grafana.grupo-gad.gob.ar/d/";
    let artifacts = ships();
    let dashboards: Vec<Dashboard> = artifacts
        .iter()
        .filter(|(path, _)| path.starts_with("grafana/dashboards/"))
        .map(|(path, text)| Dashboard::read(path, text))
        .collect();
    let mut alerts = 0;
    for (_, rules) in artifacts.iter().filter(|(path, _)| path.starts_with("prometheus/")) {
        let rules = groups(rules).into_iter().flat_map(|group| group["rules"].as_sequence().unwrap().clone());
        // Alerts that only silence others notify nobody.
        let silences = ["Aftermath", "PageNotified"];
        let notifies = |rule: &serde_yaml::Value| {
            let name = rule.get("alert").map(|name| name.as_str().unwrap());
            name.is_some_and(|name| !silences.iter().any(|end| name.ends_with(end)))
        };
        for rule in rules.filter(notifies) {
            alerts += 1;
            let said = |name: &str| {
                rule["annotations"][name].as_str().unwrap_or_else(|| panic!("{rule:#?}")).to_owned()
            };
            let url = said("runbook_url");
            let link = url.strip_prefix(RUNBOOKS).unwrap();
            assert_leads_somewhere(&artifacts, "", link);
            assert!(
                link.ends_with(&format!("#{}", rule["alert"].as_str().unwrap().to_lowercase())),
                "{link}"
            );
            let url = said("dashboard_url");
            let (uid, chosen) =
                url.strip_prefix(GRAFANA).map(|rest| rest.split_once('?').unwrap_or((rest, ""))).unwrap();
            let dashboard = dashboards.iter().find(|dashboard| dashboard.json["uid"] == uid).unwrap();
            let variables = dashboard.json["templating"]["list"].as_array().unwrap();
            for choice in chosen.split('&').filter(|choice| !choice.is_empty()) {
                let name = choice.strip_prefix("var-").unwrap().split('=').next().unwrap();
                assert!(variables.iter().any(|variable| variable["name"] == name), "{url}");
            }
        }
    }
    assert!(alerts > 60, "{alerts}");
}

#[test]
fn every_link_among_runbooks_leads_somewhere_and_every_query_is_one() {
    let artifacts = ships();
    let mut queries = 0;
    for (file, read) in runbooks(&artifacts) {
        for link in read.links.iter().filter(|link| !link.contains("://")) {
            assert_leads_somewhere(&artifacts, file, link);
        }
        for (words, code) in &read.code {
            if words == "promql" {
                queries += 1;
                let reread = promql_parser::parser::parse(code);
                assert!(reread.is_ok(), "{file}: {reread:?}\n{code}");
            }
        }
        assert_eq!(read.html, [format!("<!-- {MARK} -->")], "{file}");
        let titles = read.headings.iter().filter(|(level, _)| *level == HeadingLevel::H1).count();
        assert_eq!(titles, 1, "{file}");
    }
    assert!(queries > 100, "{queries}");
}

const HOSTILE: &str = "<script>alert(1)</script> {{ $value }} `x` | a | b | [x](javascript:alert(1)) # *y* ~~~ <!-- ${z} << q >>";

fn hostile(language: &str) -> Artifacts {
    let quoted = format!("{:?}", format!("{HOSTILE}\n\n# {HOSTILE}\n```\n- x"));
    let project = format!(
        "version: slowburn/v1\nlanguage: {language}\nseverities: {{ page: {{ label: {quoted} }} }}\nlinks: {{ grafana: 'https://grafana.shop.internal' }}\nalertmanager:\n  receivers:\n    chat: {{ slack: {{ channel: '#`x` | *y*', api_url_file: /etc/slack }} }}\n  default: chat\n"
    );
    let service = format!(
        "version: slowburn/v1\nservice: mail\ndescription: {quoted}\nowner: {quoted}\nplanned: {{ smtp_lost_total: {quoted} }}\nslos:\n  delivery:\n    description: {quoted}\n    objective: 99%\n    sli:\n      total: 'smtp_sent_total{{job=\"mail\", path=~\"a```b<script>|\\\\n.*\"}}'\n      bad: 'smtp_sent_total{{job=\"mail\", path=~\"a```b<script>|\\\\n.*\", outcome=\"error\"}}'\n    by: [path]\n    runbook: {:?}\n  losses:\n    objective: 99%\n    sli: {{ total: smtp_sent_total, bad: smtp_lost_total }}\nalerts:\n  full:\n    description: {quoted}\n    expr: smtp_queue{{path=\"```\"}} > 5\n    severity: page\n",
        HOSTILE.replace('/', "")
    );
    compiled(&[
        ("slos/slowburn.yaml", &project),
        ("slos/mail.yaml", &service),
        ("slos/runbooks/other.md", "x"),
    ])
}

#[test]
fn descriptions_are_shown_as_text() {
    let one_line = HOSTILE.split_whitespace().collect::<Vec<_>>().join(" ");
    for language in ["en", "es"] {
        let artifacts = hostile(language);
        for (file, read) in runbooks(&artifacts) {
            assert_eq!(read.html, [format!("<!-- {MARK} -->")], "{file}");
            assert!(read.shown.contains(&one_line), "{file} does not say it:\n{}", read.shown);
            for link in &read.links {
                assert!(
                    link.starts_with("https://grafana.shop.internal/d/") || !link.contains(':'),
                    "{file}: {link}"
                );
            }
            for (_, heading) in &read.headings {
                assert!(!heading.contains(['<', '{', '`', '|']), "{file}: {heading}");
            }
            for (words, code) in &read.code {
                match words.as_str() {
                    "promql" => assert!(promql_parser::parser::parse(code).is_ok(), "{file}\n{code}"),
                    "sh" => assert!(code.starts_with("amtool silence add "), "{file}\n{code}"),
                    other => panic!("{file}: {other}\n{code}"),
                }
            }
        }
        let page = read(&artifacts["runbooks/mail-delivery.md"]);
        assert!(page.code.iter().any(|(_, code)| code.contains("a```b<script>|")), "{page:#?}");
    }
}

const SHOP: &str = "version: slowburn/v1
service: shop
description: The web shop
owner: web
slos:
  checkout:
    description: Requests answered without a server error
    objective: 99.9%
    sli:
      total: http_requests_total{job=\"shop\"}
      bad: http_requests_total{job=\"shop\", status=~\"5..\"}
    by: [env]
    runbook: checkout-down
alerts:
  queue-full:
    description: Orders wait for more than they should
    expr: shop_queue_length{job=\"shop\"} > 100
    for: 5m
    severity: ticket
    runbook: checkout-down
";

const PROJECT: &str = "version: slowburn/v1
links:
  runbooks: https://git.shop.internal/slos/out/runbooks
  source: https://git.shop.internal/slos/slos/
  grafana: https://grafana.shop.internal
  alertmanager: http://127.0.0.1:9093
dependencies:
  shop: [database]
alertmanager:
  receivers:
    on-call: { slack: { channel: \"#on-call\", api_url_file: /etc/alertmanager/slack } }
    head: { webhook: { url: \"http://pager.internal/hook\" } }
  default: on-call
  times:
    nights: { hours: \"20:00-08:00\", time_zone: Europe/Madrid }
  routes:
    - { match: { severity: page }, to: on-call }
    - { match: { severity: page }, to: head, after: 30m }
    - { match: { severity: ticket }, to: on-call, mute: nights }
";

const DATABASE: &str = "version: slowburn/v1
service: database
slos:
  availability:
    objective: 99.9%
    sli: { probe: 'pg_up{job=\"postgres\"}' }
";

const WRITTEN: &str = "# Checkout is down\r\n\r\nCall the bank.\r\n\r\nThen\n----\n\n```sh\n# restart\nsystemctl restart shop\n```\n\n- Or:\n  ~~~html\n  <!-- two\n\n\n  blank lines\n  ~~~\n\n~~~\nleft\n\n\nopen\n";

fn shop(project: &str) -> Artifacts {
    compiled(&[
        ("slos/slowburn.yaml", project),
        ("slos/shop.yaml", SHOP),
        ("slos/database.yaml", DATABASE),
        ("slos/runbooks/checkout-down.md", WRITTEN),
    ])
}

#[test]
fn runbooks_of_a_shop() {
    let artifacts = shop(PROJECT);
    for file in ["shop-checkout.md", "shop.queue-full.md", "shop.events-missing.md", "README.md"] {
        insta::assert_snapshot!(file, artifacts[&format!("runbooks/{file}")]);
    }
    let spanish = shop(&PROJECT.replace("links:", "language: es\nlinks:"));
    insta::assert_snapshot!("shop-checkout.es.md", spanish["runbooks/shop-checkout.md"]);
}

#[test]
fn the_users_text_comes_first_in_a_runbook() {
    let page = read(&shop(PROJECT)["runbooks/shop-checkout.md"]);
    let headings: Vec<(HeadingLevel, &str)> =
        page.headings.iter().map(|(level, heading)| (*level, heading.as_str())).collect();
    assert_eq!(
        headings,
        [
            (HeadingLevel::H1, "shop/checkout"),
            (HeadingLevel::H2, "Steps to take"),
            (HeadingLevel::H3, "Checkout is down"),
            (HeadingLevel::H4, "Then"),
            (HeadingLevel::H2, "ShopCheckoutBurnPage"),
            (HeadingLevel::H2, "ShopCheckoutBurnTicket"),
            (HeadingLevel::H2, "First queries"),
            (HeadingLevel::H2, "Dependencies"),
            (HeadingLevel::H2, "Contact"),
        ]
    );
}

/// The line is pasted into a shell, and creates the right silence in Alertmanager.
#[test]
fn the_command_that_silences_an_alert_does() {
    let Some(amtool) = amtool() else { return skipped("amtool is not installed, so nothing was silenced") };
    let Some(running) = Running::start(&shop(PROJECT)) else { return };
    let project = PROJECT.replace("9093", &running.port.to_string());
    let artifacts = shop(&project);
    let page = read(&artifacts["runbooks/shop-checkout.md"]);
    let (_, line) = page.code.iter().find(|(_, code)| code.starts_with("amtool ")).unwrap();
    let path = format!("{}:{}", amtool.parent().unwrap().display(), env::var("PATH").unwrap());
    let sh = |script: &str| {
        let ran = Command::new("bash").args(["-c", script]).env("PATH", &path).output().unwrap();
        assert!(ran.status.success(), "{script}\n{}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).unwrap()
    };
    sh(line);
    let silences =
        sh(&format!("amtool silence query -o json --alertmanager.url=http://127.0.0.1:{}", running.port));
    let silences: serde_json::Value = serde_json::from_str(&silences).unwrap();
    let matchers = silences[0]["matchers"].as_array().unwrap();
    let matchers: BTreeSet<(&str, &str)> = matchers
        .iter()
        .map(|matcher| (matcher["name"].as_str().unwrap(), matcher["value"].as_str().unwrap()))
        .collect();
    let wanted = [("alertname", "ShopCheckoutBurnPage"), ("service", "shop"), ("slo", "checkout")];
    assert_eq!(matchers, BTreeSet::from(wanted));
    assert_eq!(silences.as_array().unwrap().len(), 1);
}

/// A file in another place, or with another name, is not a runbook.
#[test]
fn runbooks_are_read_from_one_folder_and_no_name_leads_out_of_it() {
    let folder = Folder::new();
    folder.write("slos/runbooks/down.md", "# Down\n\nRestart it.\n");
    folder.write("slos/runbooks/deep/other.md", "# Other\n");
    folder.write("slos/README.md", "# About\n");
    folder.write("slos/notes/runbooks/third.md", "# Third\n");
    let own = folder.read("slos/api.yaml");
    folder.write("slos/api.yaml", format!("{own}    runbook: down\n"));
    let ran = folder.slowburn(&[]);
    assert_eq!((ran.code, ran.stderr.contains("warning")), (Some(0), false), "{}", ran.stderr);
    let page = folder.read("out/runbooks/api-availability.md");
    assert!(page.contains("\n### Down\n\nRestart it.\n"), "{page}");
    // It is a source, so it is used whenever the runbook is made again.
    folder.remove("out/runbooks/api-availability.md");
    assert_eq!(folder.slowburn(&[]).code, Some(0));
    assert_eq!(folder.read("out/runbooks/api-availability.md"), page);
    // A file that is not text is reported, as for other sources.
    folder.write("slos/runbooks/down.md", b"caf\xe9");
    let ran = folder.slowburn(&[]);
    assert_eq!((ran.code, ran.stderr.contains("invalid-utf-8")), (Some(1), true), "{}", ran.stderr);
    // If the text is removed, the rest of the runbook stays.
    folder.remove("slos/runbooks/down.md");
    let ran = folder.slowburn(&["compile", "--check"]);
    assert!(
        ran.stdout.contains("Restart it.") || ran.stderr.contains("Restart it."),
        "{} {}",
        ran.stdout,
        ran.stderr
    );
    folder.write("slos/api.yaml", format!("{own}    runbook: ../../secrets\n"));
    let ran = folder.slowburn(&[]);
    assert_eq!((ran.code, ran.stderr.contains("invalid-name")), (Some(1), true), "{}", ran.stderr);
}
