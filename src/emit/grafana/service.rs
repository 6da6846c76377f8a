//! The dashboard of one service: are its promises kept, and what is its traffic? Its height is limited to two screens, for any number of SLOs.

use super::display::state_field;
use super::journey;
use super::json::{Dashboard, Field, Panel};
use super::overview;
use super::panels::{self, Board, WIDTH, guide};
use super::queries::{self, Scope, Source};
use crate::emit::address;
use crate::emit::spelling::LanguageFormat;
use crate::inert::markdown;
use crate::plan::{Event, Latency, Level, Measure, ProjectPlan, RecordedRead, ServicePlan, Signal, SloPlan};
use crate::promql::ast::MatchOp;
use crate::promql::build::selector;
use crate::text::Dashboards;
use crate::vocabulary::{Decimal, Duration, text};

/// The longest default range of raw series.
const RAW_RANGE: &str = "6h";

/// The number of visible measurements, and of collapsed ones.
const SIGNALS: (usize, usize) = (6, 18);

/// How many companion alerts are listed with their runbooks.
const COMPANIONS: usize = 30;

/// The dashboard.
pub fn dashboard(project: &ProjectPlan, service: &ServicePlan, words: &Dashboards) -> Dashboard {
    let scope = Scope::Service(&service.name);
    let alerts = overview::alerts(project, scope);
    let mut board = Board::default();
    let rules = match service.slos.first() {
        Some(_) => queries::info(&project.screens, scope),
        None => selector("up", &[]).into(),
    };
    if let Some(any) = service.slos.first() {
        let lengths = queries::lengths(&[service]);
        let pauses = queries::pauses(&[service]);
        let of = Source { screens: &project.screens, any, lengths: &lengths, pauses, scope };
        let height = (service.slos.len() as u32 + 3).clamp(5, 12);
        board.line(height, vec![(WIDTH, overview::table(&of, &[service], &alerts, words))]);
    }
    let history = [
        (alerts.history(&["alertname"], rules), "{{alertname}}".to_owned()),
        (alerts.no_active_alerts(), words.phrase("state.nothing")),
    ];
    let timeline = panels::timeline(words.titled("timeline.service"), &history, state_field(words));
    board.line(7, vec![(WIDTH, timeline)]);
    let mut signals = journeys(project, service, words).chain(signals(project, service, words));
    let seen: Vec<(u32, Panel)> = signals.by_ref().take(SIGNALS.0).map(|panel| (WIDTH / 3, panel)).collect();
    if !seen.is_empty() {
        board.line(7, seen);
    }
    let folded: Vec<Panel> = signals.by_ref().take(SIGNALS.1).collect();
    let title = words.fill("signals.more", &[("more", &more(signals.count()))]);
    board.folded(title, 7, WIDTH / 3, folded);
    if let Some(companions) = companions(service, words) {
        board.line(5, vec![(WIDTH, companions)]);
    }
    let about = [
        words.phrase("service.about"),
        service
            .description
            .as_deref()
            .map(|text| markdown(text.trim().trim_end_matches('.')) + ".")
            .unwrap_or_default(),
        match &service.owner {
            Some(owner) => words.fill("service.owner", &[("owner", &markdown(owner))]),
            None => String::new(),
        },
    ];
    let about =
        about.iter().map(String::as_str).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    let title = super::titled(project, words.fill("service.title", &[("service", &service.name)]));
    let source = service.source.as_deref().and_then(address::address);
    let source = source.map(|url| super::link(words.phrase("link.source"), url));
    Dashboard {
        annotations: super::annotations(words, alerts.pages(), None),
        links: super::home(project, words).into_iter().chain([super::others(words)]).chain(source).collect(),
        panels: board.panels,
        ..super::blank(words, &service.dashboard, title, &about)
    }
}

/// The number of things that are not shown, for texts; empty if there is none.
fn more(hidden: usize) -> String {
    if hidden == 0 { String::new() } else { hidden.to_string() }
}

/// The companion alerts, each with its runbook.
fn companions(service: &ServicePlan, words: &Dashboards) -> Option<Panel> {
    let line = |(_, alert, companion): (&_, &crate::plan::Alert, &crate::plan::Companion)| {
        let runbook = alert.annotations.get("runbook_url").or(alert.runbook_url.as_ref());
        let name = match runbook.and_then(|url| address::address(url)) {
            Some(url) => format!("[{}]({})", markdown(&alert.id.name), url.replace(['(', ')'], "")),
            None => markdown(&alert.id.name),
        };
        let description = companion.description.as_deref().map(markdown).unwrap_or_default();
        let planned = companion.planned.as_ref().map(|_| words.phrase("state.planned"));
        let parts = [name, description, planned.unwrap_or_default()];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        format!("- {}", parts.join(" · "))
    };
    let mut all = service.companion_alerts();
    let mut lines: Vec<String> = all.by_ref().take(COMPANIONS).map(line).collect();
    let more = more(all.count());
    if !more.is_empty() {
        lines.push(format!("- {}", words.fill("companions.more", &[("more", &more)])));
    }
    (!lines.is_empty()).then(|| panels::words(words.titled("companions"), &lines.join("\n")))
}

/// The measurements of the service, each once even if several SLOs read it: traffic, latency, and values that are compared with limits.
fn signals(project: &ProjectPlan, service: &ServicePlan, words: &Dashboards) -> Vec<Panel> {
    let spelling = &LanguageFormat::new(project.language, &project.severities);
    let mut panels: Vec<Panel> = traffic(service, words);
    let mut asked: Vec<String> = Vec::new();
    for slo in &service.slos {
        let panel = match &slo.signal {
            Some(Signal::Latency(latency)) => self::latency(slo, latency, words, spelling),
            Some(Signal::Level(level)) => self::level(slo, level, words, spelling),
            None => continue,
        };
        let asks = panel.targets.first().map(|target| target.expr.clone()).unwrap_or_default();
        if !asked.contains(&asks) {
            asked.push(asks);
            panels.push(panel);
        }
    }
    panels
}

/// The parts of its journeys.
fn journeys(project: &ProjectPlan, service: &ServicePlan, words: &Dashboards) -> impl Iterator<Item = Panel> {
    let journeys = service.slos.iter().filter(|slo| slo.readings.parts.is_some());
    journeys.flat_map(|slo| {
        let own = |series| {
            queries::within(series, Scope::Service(&service.name)).matching(
                "slo",
                MatchOp::Equal,
                &slo.promise.slo,
            )
        };
        let title = |name: &str| format!("{}: {}", slo.promise.slo, words.phrase(name));
        let (bad, shares) =
            (queries::part_bad(&project.screens, own), queries::part_share(&project.screens, own));
        [
            journey::states(title("parts.states"), bad, words),
            journey::shares(title("parts.shares"), shares, words),
        ]
    })
}

/// The most SLOs of one kind whose traffic is queried: VictoriaMetrics refuses queries of more than 16 KiB.
const COUNTED: usize = 100;

fn traffic(service: &ServicePlan, words: &Dashboards) -> Vec<Panel> {
    let mut queries = Vec::new();
    let mut hidden = 0;
    for sliced in [false, true] {
        let of = |slo: &&SloPlan| matches!(slo.promise.event, Event::Slice(_)) == sliced;
        let mut counted: Vec<(&str, &RecordedRead, Duration)> = service
            .slos
            .iter()
            .filter(of)
            .filter_map(|slo| {
                slo.readings
                    .traffic
                    .as_ref()
                    .map(|(counted, length)| (slo.promise.slo.as_str(), counted, *length))
            })
            .collect();
        hidden += counted.len().saturating_sub(COUNTED);
        counted.truncate(COUNTED);
        if let Some((_, reading, length)) = counted.first() {
            let slos: Vec<&str> = counted.iter().map(|(slo, ..)| *slo).collect();
            queries.push((queries::traffic(reading, *length, &service.name, &slos), "{{slo}}".to_owned()));
        }
    }
    if queries.is_empty() {
        return Vec::new();
    }
    let field = Field { min: Some(0), ..panels::lines_field(words, "cps", panels::steps("green", &[])) };
    let titled = [words.phrase("traffic.title"), words.fill("traffic.about", &[("more", &more(hidden))])];
    let lines = panels::lines(titled, &queries, field, Vec::new());
    vec![Panel { interval: Some("1m".to_owned()), ..lines }]
}

fn latency(slo: &SloPlan, latency: &Latency, words: &Dashboards, spelling: &LanguageFormat) -> Panel {
    let unit = unit(latency.measure);
    let limit = format!("{} {unit}", spelling.number(latency.limit));
    let name = |share: &Decimal| format!("P{}", text(*share * Decimal::ONE_HUNDRED));
    let percentiles = latency.percentiles.iter();
    let mut queries: Vec<_> =
        percentiles.map(|share| (queries::percentile(latency, *share), name(share))).collect();
    let guide = guide(queries.len(), "text");
    let measured = queries::percentile(latency, latency.percentiles.first().copied().unwrap_or_default());
    queries.push((
        queries::guiding(queries::line(latency.limit), measured),
        words.fill("latency.limit", &[("limit", &limit)]),
    ));
    let field = Field { min: Some(0), ..panels::lines_field(words, unit, panels::steps("text", &[])) };
    let about = words.fill("latency.about", &[("limit", &limit)]);
    let title = words.fill("latency.title", &[("slo", &slo.promise.slo)]);
    let lines = panels::lines([title, about], &queries, field, vec![guide]);
    Panel {
        time_from: Some(RAW_RANGE.to_owned()),
        interval: Some(latency.scrape_interval.to_string()),
        ..lines
    }
}

fn level(slo: &SloPlan, level: &Level, words: &Dashboards, spelling: &LanguageFormat) -> Panel {
    let worst = queries::worst_level(level);
    let queries = [
        (worst.clone(), words.phrase("level.value")),
        (queries::guiding(queries::limit(level), worst), words.phrase("level.limit")),
    ];
    let field = panels::lines_field(words, unit(level.measure), panels::steps("text", &[]));
    let limit = match (level.fixed, level.measure) {
        (Some(limit), Measure::Share) => spelling.percent(limit),
        (Some(limit), Measure::Seconds) => format!("{} s", spelling.number(limit)),
        (Some(limit), Measure::Milliseconds) => format!("{} ms", spelling.number(limit)),
        (Some(limit), Measure::Plain) => spelling.number(limit),
        (None, _) => String::new(),
    };
    let high = if level.high_is_bad { "yes" } else { "" };
    let about = words.fill("level.about", &[("limit", &limit), ("high", high)]);
    let title = words.fill("level.title", &[("slo", &slo.promise.slo)]);
    let lines = panels::lines([title, about], &queries, field, vec![guide(1, "text")]);
    Panel {
        time_from: Some(RAW_RANGE.to_owned()),
        interval: Some(level.scrape_interval.to_string()),
        ..lines
    }
}

fn unit(measure: Measure) -> &'static str {
    match measure {
        Measure::Seconds => "s",
        Measure::Milliseconds => "ms",
        Measure::Share => "percentunit",
        Measure::Plain => "short",
    }
}
