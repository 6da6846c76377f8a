//! The report: it is one page, has the numbers of the plan, contains no markup from the sources, and its simulator computes what the rules do.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use slowburn::artifact::Artifacts;
use slowburn::diagnostic::{Level, Problem};
use slowburn::plan::{Event, EventSource, Plan, SloPlan, TierFacts};
use slowburn::simulate::{Phase, Scenario, simulate};
use slowburn::source::{SourceFile, Sources};
use slowburn::vocabulary::{Decimal, Duration};
use support::browser::Browser;

const PROJECT: &str = r##"version: slowburn/v1
policy: kept
policies:
  kept:
    tiers:
      - { severity: page,   budget: 2%,  long: 1h, short: 5m,  keep_firing_for: 10m }
      - { severity: page,   budget: 5%,  long: 6h, short: 30m, keep_firing_for: 10m }
      - { severity: ticket, budget: 10%, long: 1d, short: 2h }
      - { severity: ticket, budget: 10%, long: 3d, short: 6h }
dependencies: { shop: [payments] }
alertmanager:
  receivers:
    on-call: { slack: { channel: "#on-call &amp; <more", api_url_file: /etc/alertmanager/slack } }
    head: { webhook: { url: "http://chat.internal/hook" } }
  times:
    nights: { days: monday-friday, hours: "20:00-08:00", time_zone: Europe/Madrid }
  routes:
    - { match: { severity: page }, to: on-call }
    - { match: { severity: page }, to: head, after: 30m }
    - { match: { severity: ticket }, to: on-call, mute: nights }
"##;

/// A description with everything that could be markup.
const SHOP: &str = r#"version: slowburn/v1
service: shop
description: "<script>document.title='owned'</script> & \"quoted\" {{ 7*7 }}"
owner: "<img src=x onerror=document.title='owned'>"
annotations: { source_url: "javascript:document.title='owned'", runbook_url: "https://wiki.internal/a?b=<c>&d=\"e\"" }
planned:
  queue_length: "'><svg onload=document.title='owned'> not yet"
slos:
  checkout:
    description: |
      </script></style><!-- <b>Requests</b> --> answered
      without a server error {% raw %} << x >>
    objective: 99.9%
    traffic: 10/s
    min_events: { page: 2000 }
    accepted: { no-contract: "<b>the exporter</b> is not ours" }
    sli: { total: 'http_requests_total{job="shop"}', bad: 'http_requests_total{job="shop",status=~"5.."}' }
    runbook: checkout-down
  latency:
    objective: P95 < 500ms
    sli: { latency: 'http_request_duration_seconds{job="shop"}' }
    by: [region]
    period: calendar month
    time_zone: Europe/Madrid
  queue:
    objective: 99%
    sli: { condition: 'queue_length{job="shop"} < 100' }
    tiers_off: [page, ticket]
  minutes:
    objective: 99.5%
    sli: { total: 'http_requests_total{job="shop"}', bad: 'http_requests_total{job="shop",status=~"5.."}' }
    budgeting: timeslices
    slice: { length: 5m, objective: 95% }
alerts:
  down:
    description: "<svg onload=document.title='owned'> the shop is gone {{ $value }}"
    expr: up{job="shop"} == 0
    for: 1m
    severity: page
"#;

const PAYMENTS: &str = r#"version: slowburn/v1
service: payments
slos:
  availability:
    objective: 99.95%
    sli: { probe: 'up{job="payments"}' }
"#;

fn sources(language: &str) -> Sources {
    let project = format!("{PROJECT}language: {language}\n");
    let files = [("slowburn.yaml", project.as_str()), ("shop.yaml", SHOP), ("payments.yaml", PAYMENTS)];
    let file = |(path, text): (&str, &str)| SourceFile { path: path.into(), text: text.into() };
    Sources::new(files.map(file).into())
}

/// All files without the proofs, which take longer than all others.
fn artifacts(language: &str) -> Artifacts {
    let compiled = slowburn::compile(&sources(language));
    let targets: Vec<_> = slowburn::emit::TARGETS.iter().filter(|target| !target.proves).collect();
    compiled.artifacts_of(&targets).unwrap_or_else(|| panic!("{}", errors(&compiled.problems)))
}

fn errors(problems: &[Problem]) -> String {
    let errors = problems.iter().filter(|problem| problem.level == Level::Error);
    errors.map(|problem| format!("{problem:#?}\n")).collect()
}

fn page(language: &str) -> String {
    artifacts(language)["report/index.html"].clone()
}

/// The committed report.
fn out() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("out/report/index.html")).unwrap()
}

/// The texts between `before` and the next `after`, for each occurrence.
fn between<'a>(text: &'a str, before: &'a str, after: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(before).skip(1).filter_map(move |rest| Some(rest.split_once(after)?.0))
}

/// A page without its style and its scripts, which are tested elsewhere.
fn content(page: &str) -> String {
    let (head, rest) = page.split_once("<style>").unwrap();
    let (_, rest) = rest.split_once("</style>").unwrap();
    let (body, rest) = rest.rsplit_once("<script>").unwrap();
    let (_, tail) = rest.split_once("</script>").unwrap();
    format!("{head}<style>…</style>{body}<script>…</script>{tail}")
}

#[test]
fn the_report_has_the_facts_of_the_sources() {
    insta::assert_snapshot!(content(&page("en")));
}

#[test]
fn texts_of_the_sources_never_become_markup() {
    for language in ["en", "es"] {
        let content = content(&page(language));
        let begun: BTreeSet<&str> = content
            .split('<')
            .skip(1)
            .map(|rest| {
                rest.split(|c: char| !c.is_ascii_alphanumeric() && !"/!-".contains(c)).next().unwrap()
            })
            .collect();
        for name in ["svg", "img", "/svg"] {
            assert!(!begun.contains(name), "{name}");
        }
        assert_eq!(content.matches("<script").count(), 2);
        assert!(content.contains("&lt;script&gt;document.title=&#39;owned&#39;&lt;/script&gt;"));
        assert!(content.contains("{{ 7*7 }}"));
        assert!(content.contains("{% raw %} &lt;&lt; x &gt;&gt;"));
        let island = between(&content, "type=\"application/json\">", "</script>").next().unwrap();
        assert!(!island.contains(['<', '>', '&']), "an island of markup");
        serde_json::from_str::<Value>(island).unwrap();
    }
}

#[test]
fn every_link_leads_somewhere_harmless() {
    let here = artifacts("en");
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("out/report");
    let exists = |of: &str, path: &str| match of {
        "here" => here.contains_key(path.strip_prefix("../").unwrap()),
        _ => committed.join(path).exists(),
    };
    for (of, page) in [("here", here["report/index.html"].clone()), ("out", out())] {
        let content = content(&page);
        let ids: Vec<&str> = between(&content, " id=\"", "\"").collect();
        let distinct: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), distinct.len(), "an id twice");
        let links: BTreeSet<&str> = between(&content, "href=\"", "\"").collect();
        assert!(links.len() > 10);
        for link in links {
            match link.strip_prefix('#') {
                Some(id) => assert!(distinct.contains(id.split('?').next().unwrap()), "{link}"),
                None if link.starts_with("../") => assert!(exists(of, link), "{link}"),
                None => assert!(link.starts_with("https://") || link.starts_with("http://"), "{link}"),
            }
        }
        let tags: Vec<&str> = between(&content, "<", ">").collect();
        for elsewhere in [" src=", " srcset=", " style="] {
            assert!(tags.iter().all(|tag| !tag.contains(elsewhere)), "{elsewhere}");
        }
        for elsewhere in ["@import", "url(", "<link", "<iframe", "fetch(", "import("] {
            assert!(!page.contains(elsewhere), "{elsewhere}");
        }
    }
}

#[test]
fn headings_descend_and_tables_name_their_columns() {
    for page in [page("en"), out()] {
        let content = content(&page);
        let levels: Vec<u8> = content
            .split("<h")
            .skip(1)
            .filter_map(|rest| {
                rest.as_bytes().first().filter(|level| level.is_ascii_digit()).map(|level| level - b'0')
            })
            .collect();
        assert_eq!(levels.iter().filter(|level| **level == 1).count(), 1);
        let main: Vec<u8> = levels.iter().copied().skip_while(|level| *level != 1).collect();
        assert!(main.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{main:?}");
        assert!(
            content
                .split("<th")
                .skip(1)
                .all(|rest| rest.starts_with("ead") || rest.split('>').next().unwrap().contains("scope="))
        );
    }
}

/// An incident for the simulator.
#[derive(Clone, Debug)]
struct Incident {
    slo: String,
    /// Above 0, at most 1.
    errors: Decimal,
    /// In milliseconds.
    length: u64,
    traffic: Option<Decimal>,
}

/// When a tier fires and when it stops, computed evaluation by evaluation.
fn counted(slo: &SloPlan, tier: &TierFacts, incident: &Incident) -> Option<(u64, u64)> {
    let promise = &slo.promise;
    let step = promise.interval.millis();
    let every = if tier.slow { promise.long_interval.millis() } else { step };
    // Bad milliseconds of each step; for a state, of the steps whose evaluation is bad.
    let overlap = |from: u64, to: u64| to.min(incident.length).saturating_sub(from);
    let bad = |look: u64| -> Decimal {
        let (from, to) = ((look - 1) * step, look * step);
        match promise.event {
            Event::Occurrence => incident.errors * Decimal::from(overlap(from, to)),
            Event::Check if to <= incident.length => incident.errors * Decimal::from(step),
            Event::Check => Decimal::ZERO,
            Event::Slice(length) | Event::Journey(length) => {
                let late = if matches!(promise.event, Event::Journey(_)) { step } else { 0 };
                let Some(to) = to.checked_sub(late) else { return Decimal::ZERO };
                let spoiled =
                    incident.errors * Decimal::from(overlap(to.saturating_sub(length.millis()), to));
                let most = slo.observed.slice_budget.unwrap() * Decimal::from(length.millis());
                if spoiled > most { Decimal::from(step) } else { Decimal::ZERO }
            }
        }
    };
    let looks = (incident.length + tier.long.millis() + tier.short.millis()) / step + 30;
    let mut sums = vec![Decimal::ZERO];
    for look in 1..=looks {
        sums.push(sums[look as usize - 1] + bad(look));
    }
    let fast = promise.fast_windows();
    // Sums of five minutes end one evaluation earlier.
    let window = |look: u64, length: u64| {
        let is_tiled = !fast.contains(&Duration::from_millis(length));
        let look = look.saturating_sub(u64::from(is_tiled));
        sums[look as usize] - sums[look.saturating_sub(length / step) as usize]
    };
    let pace = match promise.event {
        Event::Occurrence => incident.traffic,
        Event::Check | Event::Slice(_) | Event::Journey(_) => Some(Decimal::from(1000) / Decimal::from(step)),
    };
    let sees = |look: u64| {
        let above = |length: u64| window(look, length) > tier.threshold * Decimal::from(length);
        let events = pace.map(|pace| pace * window(look, tier.long.millis()) / Decimal::from(1000));
        let least = Decimal::from(tier.min_bad_events) - Decimal::new(5, 1);
        let enough = tier.min_bad_events < 2 || events.is_none_or(|events| events > least);
        let all = pace.map(|pace| pace * Decimal::from(tier.long.millis()) / Decimal::from(1000));
        let asked = Decimal::from(tier.min_events) - Decimal::new(5, 1);
        let busy = tier.min_events < 2 || all.is_none_or(|all| all > asked);
        above(tier.long.millis()) && above(tier.short.millis()) && enough && busy
    };
    let mut at = (1..=looks).filter(|look| (look * step).is_multiple_of(every));
    let fires = at.find(|look| sees(*look))?;
    let stops = at.find(|look| !sees(*look))?;
    Some((fires * step, stops * step))
}

/// The results of a page's simulator for incidents: the times of every tier, and the cost.
fn simulated(browser: &Browser, page: &str, incidents: &[Incident]) -> Vec<Value> {
    let asked: Vec<Value> = incidents
        .iter()
        .map(|incident| {
            json!({
                "slo": incident.slo,
                "errors": incident.errors.to_string(),
                "length": incident.length,
                "traffic": incident.traffic.map(|traffic| traffic.to_string()),
            })
        })
        .collect();
    let ask = format!(
        "<script>
        const slos = JSON.parse(document.getElementById('simulator-data').textContent).slos;
        const answers = {}.map(({{ slo, errors, length, traffic }}) => {{
          const ran = simulation.run(slos.find(({{ name }}) => name === slo), errors, length, traffic);
          return {{ tiers: ran.tiers.map(({{ times }}) => times), alerts: ran.alerts.map(({{ times }}) => times), lines: ran.lines, share: ran.share }};
        }});
        document.body.replaceChildren(Object.assign(document.createElement('pre'), {{ id: 'answers', textContent: JSON.stringify(answers) }}));
        </script></body>",
        json!(asked)
    );
    let document = browser.document(&page.replace("</body>", &ask), "");
    let answers =
        between(&document, "<pre id=\"answers\">", "</pre>").next().unwrap_or_else(|| panic!("{document}"));
    serde_json::from_str(answers).unwrap()
}

fn committed_plan() -> Plan {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["slos", "slos/metrics", "slos/runbooks"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.strip_prefix(root.join("slos")).unwrap().to_str().unwrap().to_owned();
                files.push(SourceFile { path: name, text: fs::read_to_string(&path).unwrap() });
            }
        }
    }
    slowburn::compile(&Sources::new(files)).plan().unwrap()
}

/// Incidents of every kind, the same in each run: with round numbers, and with times between evaluations.
fn incidents(plan: &Plan) -> Vec<Incident> {
    let mut state = 20_261_122_u64;
    let mut next = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut all = Vec::new();
    for slo in plan.services.iter().flat_map(|service| &service.slos) {
        for _ in 0..12 {
            let errors =
                [Decimal::ONE, Decimal::new(1, 1), Decimal::new(1 + next(9_999) as i64, 4)][next(3) as usize];
            let length = match next(4) {
                0 => 1 + next(120_000),
                1 => 30_000 * (1 + next(240)),
                2 => 1000 * (1 + next(4 * 86_400)),
                _ => 60_000 * (1 + next(600)),
            };
            let traffic = (next(2) == 0).then(|| Decimal::new(1 + next(2_000) as i64, 3));
            all.push(Incident {
                slo: format!("{}/{}", slo.promise.service, slo.promise.slo),
                errors,
                length,
                traffic,
            });
        }
    }
    all
}

#[test]
fn the_simulator_agrees_with_counting() {
    let Some(browser) = Browser::found("the report's simulator is not held against counted events") else {
        return;
    };
    let mut fired = 0;
    for (plan, page) in
        [(slowburn::compile(&sources("en")).plan().unwrap(), page("en")), (committed_plan(), out())]
    {
        let incidents = incidents(&plan);
        let answers = simulated(&browser, &page, &incidents);
        assert_eq!(answers.len(), incidents.len());
        for (incident, answer) in incidents.iter().zip(&answers) {
            let mut slos = plan.services.iter().flat_map(|service| &service.slos);
            let named = |SloPlan { promise, .. }: &&SloPlan| {
                format!("{}/{}", promise.service, promise.slo) == incident.slo
            };
            let slo = slos.find(named).unwrap();
            let promise = &slo.promise;
            for (tier, times) in promise.tiers.iter().zip(answer["tiers"].as_array().unwrap()) {
                let said = said(times);
                assert_eq!(said, counted(slo, tier, incident), "{incident:?} {tier:?}");
                fired += usize::from(said.is_some());
            }
        }
    }
    assert!(fired > 200, "only {fired} tiers fired");
}

/// The begin and the end of firing on the page.
fn said(times: &Value) -> Option<(u64, u64)> {
    times["fires"].as_u64().zip(times["stops"].as_u64())
}

/// An incident that both can simulate: `slowburn simulate` counts whole events, so every evaluation has a whole number of bad events.
fn in_whole_events(slo: &SloPlan, incident: Incident) -> Incident {
    match slo.observed.by {
        // Without known traffic it assumes a million events per evaluation.
        EventSource::Counters { .. } if incident.traffic.is_none() && slo.promise.traffic.is_none() => {
            incident
        }
        EventSource::Parts if incident.traffic.is_none() => incident,
        EventSource::Counters { .. } | EventSource::Ratios | EventSource::Parts => {
            let step = slo.promise.interval.millis();
            let traffic = incident.traffic.map(|traffic| (traffic * Decimal::ONE_THOUSAND).floor());
            Incident {
                length: incident.length.div_ceil(step) * step,
                traffic: Some(traffic.unwrap_or(Decimal::TEN) * Decimal::from(1000)),
                ..incident
            }
        }
        EventSource::States => Incident { errors: Decimal::ONE, ..incident },
    }
}

/// Incidents that spend the budget of a period, fast and slowly.
fn spending(slo: &SloPlan) -> [Incident; 2] {
    let promise = &slo.promise;
    let whole = promise.budget * Decimal::from(promise.period_length.millis());
    [Decimal::ONE, promise.budget * Decimal::from(3)].map(|errors| Incident {
        slo: format!("{}/{}", promise.service, promise.slo),
        errors,
        length: u64::try_from((whole * Decimal::new(11, 1) / errors).floor()).unwrap(),
        traffic: None,
    })
}

/// Both count from the evaluation right before the incident, at which slow rules are evaluated, too.
#[test]
fn the_simulator_agrees_with_the_command() {
    let Some(browser) = Browser::found("the report's simulator is not held against `slowburn simulate`")
    else {
        return;
    };
    let (mut fired, mut crossed) = (0, 0);
    for (plan, page) in
        [(slowburn::compile(&sources("en")).plan().unwrap(), page("en")), (committed_plan(), out())]
    {
        let slos: Vec<&SloPlan> = plan.services.iter().flat_map(|service| &service.slos).collect();
        let of = |incident: &Incident| {
            let is = |slo: &&&SloPlan| format!("{}/{}", slo.promise.service, slo.promise.slo) == incident.slo;
            *slos.iter().find(is).unwrap()
        };
        let incidents: Vec<Incident> = incidents(&plan)
            .into_iter()
            .step_by(3)
            .chain(
                slos.iter().filter(|slo| !slo.promise.budget_alerts.is_empty()).flat_map(|slo| spending(slo)),
            )
            .map(|incident| in_whole_events(of(&incident), incident))
            .collect();
        for (incident, answer) in incidents.iter().zip(simulated(&browser, &page, &incidents)) {
            let slo = of(incident);
            let phase = Phase {
                from: incident.errors,
                to: incident.errors,
                length: Duration::from_millis(incident.length),
                traffic: None,
                seen: true,
            };
            let played = slowburn::simulate::Incident { phases: vec![phase] };
            let timeline = simulate(slo, &Scenario::new(slo, &played, incident.traffic));
            let tiers = timeline.tiers.iter().map(|course| course.firing.clone());
            let alerts = timeline
                .alerts
                .iter()
                .map(|course| course.firings.iter().map(|firing| firing.span).collect::<Vec<_>>());
            for (kind, spans) in [("tiers", tiers.collect::<Vec<_>>()), ("alerts", alerts.collect())] {
                let times = answer[kind].as_array().unwrap();
                assert_eq!(times.len(), spans.len());
                for (times, spans) in times.iter().zip(&spans) {
                    let spans = spans.iter().map(|span| (span.from.millis(), span.until.unwrap().millis()));
                    assert_eq!(
                        Vec::from_iter(said(times)),
                        spans.collect::<Vec<_>>(),
                        "{kind} of {incident:?}"
                    );
                    fired += usize::from(!times.is_null());
                }
            }
            // The remaining budget is summed over five minutes, so a line may be crossed one sum earlier or later.
            for (line, course) in answer["lines"].as_array().unwrap().iter().zip(&timeline.lines) {
                let played =
                    course.firings.first().map(|(span, severity, _)| (span.from.millis(), severity.as_str()));
                let there = line["at"].as_u64().zip(line["severity"].as_str());
                let near = match (played, there) {
                    (None, None) => true,
                    (Some(played), Some(there)) => {
                        played.0.abs_diff(there.0) <= 300_000 && played.1 == there.1
                    }
                    // Exactly at the line.
                    (Some(_), None) | (None, Some(_)) => {
                        let left = timeline.budget.least.unwrap_or(Decimal::ONE);
                        (left - course.line.ratio()).abs() < Decimal::new(1, 2)
                    }
                };
                assert!(near, "{played:?} {there:?} of {:?} of {incident:?}", course.line);
                crossed += usize::from(there.is_some());
            }
            // The page rounds numbers for people; a part of one event does not matter.
            let budget = timeline.budget;
            let (bad, allowed) = (number(budget.bad), number(budget.allowed));
            let bad_there = answer["share"].as_f64().unwrap() * allowed;
            assert!((bad_there - bad).abs() <= 1.0, "{bad_there} and {bad} of {allowed} of {incident:?}");
        }
    }
    assert!(fired > 200, "only {fired} fired");
    assert!(crossed > 5, "only {crossed} lines of a budget were crossed");
}

fn number(decimal: Decimal) -> f64 {
    decimal.to_string().parse().unwrap()
}

#[test]
fn a_result_is_an_address() {
    let Some(browser) = Browser::found("no address of the report was opened") else { return };
    let shown = |fragment: &str| {
        let document = browser.document(&page("en"), fragment);
        let shown = between(&document, "id=\"simulator-fault\"", "</section>").next();
        shown.unwrap_or_else(|| panic!("{document}")).replace("&nbsp;", " ")
    };
    let result = shown("#simulate?slo=shop/checkout&errors=10&for=30m");
    // W·T/e is 518.4 s and 1,296 s; the next evaluations are at 540 s and 1,320 s.
    for expected in [
        "data-tier=\"page 1 h\" data-fires=\"540000\" data-stops=\"2070000\"",
        "data-tier=\"page 6 h\" data-fires=\"1320000\"",
        "data-receiver=\"on-call\" data-at=\"570000\"",
        "data-receiver=\"head\" data-at=\"2340000\"",
        // 3 of 43.2 minutes, and a tenth of the events of half an hour.
        "It costs 6.94% of the error budget, as much as 3 min of full outage. Bad events: 1,800.",
    ] {
        assert!(result.contains(expected), "{expected}: {result}");
    }
    let wrong = shown("#simulate?slo=shop/checkout&errors=0&for=<b>");
    assert!(
        wrong.contains("The error ratio must be a number above 0") && !wrong.contains("data-fires"),
        "{wrong}"
    );
}

/// 390 pixels are the width of a phone.
#[test]
fn no_number_is_cut_on_a_phone() {
    let Some(browser) = Browser::found("no report was opened as on a phone") else { return };
    for page in [page("en"), page("es"), out()] {
        assert_eq!(browser.cut(&page, 390), [] as [&str; 0]);
    }
    let digits = "9".repeat(100);
    let wide = format!("<div class=\"scroll\" style=\"overflow: auto\"><dd>{digits}</dd></div>");
    assert_eq!(browser.cut(&wide, 390).len(), 1);
}

#[test]
fn a_hostile_page_runs_no_script_but_its_own() {
    let Some(browser) = Browser::found("no hostile report was opened") else { return };
    let document = browser.document(&page("en"), "#simulate?slo=</script><script>document.title='owned'</script>&errors=<img src=x onerror=document.title='owned'>");
    assert!(document.contains("<title>Service level objectives</title>"), "{document}");
    assert_eq!(document.matches("<script").count(), 2, "{document}");
    assert!(document.contains("<option value=\"shop/checkout\">"), "its own did not run");
}

#[test]
fn the_page_prints() {
    let Some(browser) = Browser::found("the report was not printed") else { return };
    let pdf = browser.printed(&page("en"));
    assert!(pdf.starts_with(b"%PDF-") && pdf.len() > 20_000, "{} bytes", pdf.len());
}
