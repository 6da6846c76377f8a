//! The dashboard of one service: for each SLO what is promised, what is left, how fast it burns, what alerts, and what is measured.

use serde_json::json;

use super::json::{Dashboard, Field, Panel, Property, Variable, VariableQuery};
use super::overview::{
    alert_cell, budget_gauge, burn_cell, decimals, exhaustion, exhaustion_field, judged_ratio, loudness,
    state_field,
};
use super::panels::{self, Board, Column, WIDTH, guide, of_query, property};
use super::{overview, queries};
use crate::inert::markdown;
use crate::plan::{
    Alert, Event, Group, Latency, Level, Makes, Measure, ProjectPlan, Promise, Reading, ServicePlan, Signal,
    SloPlan, Watch,
};
use crate::promql::Expr;
use crate::promql::build::{aggregate, call};
use crate::text::Dashboards;
use crate::vocabulary::{Calendar, Decimal, Duration, Period, Severity, percent, text};

/// What raw series are read over, at most, unless somebody asks for a time of their own.
const RAW_RANGE: &str = "6h";

/// The dashboard.
pub fn dashboard(project: &ProjectPlan, service: &ServicePlan, words: &Dashboards) -> Dashboard {
    let mut board = Board::default();
    let table = overview::table(project, &[service], Some(&service.name), words);
    let lines =
        service.slos.len().max(service.companion_alerts().count() + usize::from(service.missing.is_some()));
    let timeline = timeline(project, service, words);
    let line = match table {
        Some(table) => vec![(15, table), (9, timeline)],
        None => vec![(WIDTH, timeline)],
    };
    board.line((lines as u32 + 3).clamp(5, 12), line);
    for slo in &service.slos {
        slo_panels(&mut board, service, slo, words);
    }
    let about = [
        words.say("service.about"),
        service.description.as_deref().map(|text| markdown(text) + ".").unwrap_or_default(),
        match &service.owner {
            Some(owner) => words.fill("service.owner", &[("owner", &markdown(owner))]),
            None => String::new(),
        },
    ];
    let about =
        about.iter().map(String::as_str).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    let title = words.fill("service.title", &[("service", &service.name)]);
    let blank = super::blank(words, &service.dashboard, title, &about);
    let mut templating = blank.templating;
    templating.list.extend(variables(service, words));
    // A calendar period begins at its own zone's midnight, and so do the panels that show it.
    let zone = service.slos.iter().find_map(|slo| match &slo.promise.period {
        Period::Calendar(_, zone) => Some(zone.name().to_owned()),
        Period::Rolling(_) => None,
    });
    Dashboard {
        annotations: super::annotations(words, queries::chosen_alerts(service).to_string()),
        links: links(project, service, words),
        timezone: zone.unwrap_or(blank.timezone),
        templating,
        panels: board.panels,
        ..super::blank(words, &service.dashboard, blank.title, &about)
    }
}

fn links(project: &ProjectPlan, service: &ServicePlan, words: &Dashboards) -> Vec<super::json::Link> {
    let home = project.overview.as_ref().map(|uid| super::json::Link {
        keep_time: true,
        target_blank: false,
        ..super::link(words.say("link.overview"), format!("/d/{uid}"))
    });
    let mut links: Vec<super::json::Link> = home.into_iter().chain([super::others(words)]).collect();
    let mut seen = Vec::new();
    for slo in &service.slos {
        let Some(url) = slo.runbook_url.as_deref().and_then(super::address) else { continue };
        if !seen.contains(&url) {
            seen.push(url.clone());
            links.push(super::link(words.fill("link.runbook", &[("slo", &slo.promise.slo)]), url));
        }
    }
    let source = service.source.as_deref().and_then(super::address);
    links.extend(source.map(|url| super::link(words.say("link.source"), url)));
    links
}

/// A choice for every label that tells promises apart.
fn variables(service: &ServicePlan, words: &Dashboards) -> Vec<Variable> {
    let mut labels: Vec<(&str, &SloPlan)> = Vec::new();
    for slo in &service.slos {
        for label in &slo.promise.by {
            if !labels.iter().any(|(seen, _)| seen == label) {
                labels.push((label, slo));
            }
        }
    }
    let variable = |(label, slo): (&str, &SloPlan)| {
        // What Grafana asks here is no PromQL, though it reads like it.
        let name = slo.readings.objective.series.name.as_deref().unwrap_or_default();
        let series = crate::promql::build::selector(name, &[("service", &service.name)]);
        let is_plain = crate::promql::places::spelled_label(label) == label;
        // Grafana asks for the values of plain labels only; of others it takes them out of an answer.
        let (query, qry_type, regex) = match is_plain {
            true => (format!("label_values({series}, {label})"), 1, String::new()),
            false => {
                let counted = aggregate("count", &[label], series);
                let point = |c: char| if "./-".contains(c) { format!("\\{c}") } else { c.to_string() };
                let name: String = label.chars().map(point).collect();
                (format!("query_result({counted})"), 3, format!("/{name}\"?=\"([^\"]*)\"/"))
            }
        };
        Variable {
            r#type: "query",
            name: queries::variable(label),
            label: label.to_owned(),
            description: words.say("variable.by.about"),
            datasource: Some(panels::PROMETHEUS),
            definition: Some(query.clone()),
            query: VariableQuery::Labels {
                qry_type,
                query,
                ref_id: "PrometheusVariableQueryEditor-VariableQuery",
            },
            regex,
            sort: Some(1),
            refresh: 2,
            hide: 0,
            multi: true,
            include_all: true,
            all_value: Some(".*"),
            options: [],
            current: super::json::Current { text: "All", value: "$__all" },
        }
    };
    labels.into_iter().map(variable).collect()
}

/// The loudest alert of every SLO, the one for missing events, and those that stand beside the promises.
fn timeline(project: &ProjectPlan, service: &ServicePlan, words: &Dashboards) -> Panel {
    let severities = [project.severities.page.as_str(), project.severities.ticket.as_str()];
    let mut queries = Vec::new();
    if let Some(any) = service.slos.first() {
        let loudest = queries::loudest(any, severities, Some(&service.name), &["slo"]);
        queries.push((loudest, "{{slo}}".to_owned()));
    }
    if let Some((name, severity)) = service.missing.as_ref().and_then(|group| missing(project, group)) {
        queries.push((queries::beside(service, name, weight(severity), None), words.say("timeline.missing")));
    }
    for (rule, _, companion) in service.companion_alerts() {
        let beside = queries::beside(service, rule.name(), weight(companion.severity), Some(companion));
        queries.push((beside, companion.name.clone()));
    }
    let title = words.say("timeline.service.title");
    let about = if service.slos.is_empty() { "timeline.alerts.about" } else { "timeline.service.about" };
    let mut field = state_field(words);
    if service.companion_alerts().any(|(_, _, companion)| companion.planned.is_some()) {
        let planned = queries::PLANNED.parse().expect("a state is a number");
        field.mappings.push(panels::states(&[(planned, words.say("state.planned"), "text")]));
    }
    panels::timeline(title, words.say(about), &queries, field)
}

/// The alert for missing events.
fn missing<'p>(project: &ProjectPlan, group: &'p Group) -> Option<(&'p str, Severity)> {
    group.rules.iter().find_map(|rule| match &rule.makes {
        Makes::Alert(alert) => {
            let label = rule.labels.get("severity")?;
            let severity =
                Severity::ALL.into_iter().find(|severity| project.severities.get(*severity) == label)?;
            Some((alert.name.as_str(), severity))
        }
        Makes::Record(_) => None,
    })
}

fn weight(severity: Severity) -> u32 {
    match severity {
        Severity::Page => 2,
        Severity::Ticket => 1,
    }
}

/// Everything about one SLO.
fn slo_panels(board: &mut Board, service: &ServicePlan, slo: &SloPlan, words: &Dashboards) {
    let promise = &slo.promise;
    let period = period(promise, words);
    board.row(
        words.fill("row", &[("slo", &promise.slo), ("objective", &promise.objective), ("period", &period)]),
    );
    let (promised, height) = promised(service, slo, &period, words);
    board.line(height, vec![(WIDTH, promised)]);
    board.line(4, tiles(slo, &period, words).into_iter().map(|tile| (WIDTH / 6, tile)).collect());
    if !promise.by.is_empty() {
        board.line(8, vec![(WIDTH, values(slo, words))]);
    }
    board.line(8, vec![(WIDTH / 2, budget(slo, &period, words)), (WIDTH / 2, counted(slo, words))]);
    let tiers: Vec<Panel> =
        promise.tiers.iter().enumerate().map(|(index, watch)| tier(slo, index, watch, words)).collect();
    if !tiers.is_empty() {
        // Where there is a line for every value of a label, the names of the lines need room, too.
        let most = if promise.by.is_empty() { 4 } else { 2 };
        let width = WIDTH / (tiers.len() as u32).min(most);
        board.line(7, tiers.into_iter().map(|tier| (width, tier)).collect());
        board.line(if promise.by.is_empty() { 4 } else { 6 }, vec![(WIDTH, alerts(slo, words))]);
    }
    let mut signals = Vec::new();
    if let Some((counted, length)) = &slo.readings.traffic {
        signals.push(traffic(promise, counted, *length, words));
    }
    match &slo.signal {
        Some(Signal::Latency(latency_of)) => signals.push(latency(slo, latency_of, words)),
        Some(Signal::Level(level_of)) => signals.push(level(slo, level_of, words)),
        None => {}
    }
    if !signals.is_empty() {
        let width = WIDTH / signals.len() as u32;
        board.line(7, signals.into_iter().map(|signal| (width, signal)).collect());
    }
}

fn period(promise: &Promise, words: &Dashboards) -> String {
    let (rolling, calendar, zone) = match &promise.period {
        Period::Rolling(length) => (length.to_string(), "", ""),
        Period::Calendar(unit, zone) => (String::new(), unit.as_str(), zone.name()),
    };
    words.fill("period", &[("rolling", &rolling), ("calendar", calendar), ("zone", zone)])
}

/// The whole budget as a length of full outage.
fn outage(promise: &Promise) -> String {
    let millis = (promise.budget * Decimal::from(promise.period_length.millis())).trunc();
    let millis = u64::try_from(millis).expect("a share of a period is a length of time");
    let rounded = if millis < 60_000 { millis } else { millis / 1000 * 1000 };
    Duration::from_millis(rounded).to_string()
}

/// Labels as words.
fn listed(by: &[String]) -> String {
    by.join(", ")
}

/// The promise in words, and how high a panel has to be to show them all.
fn promised(service: &ServicePlan, slo: &SloPlan, period: &str, words: &Dashboards) -> (Panel, u32) {
    let promise = &slo.promise;
    let interval = promise.interval.to_string();
    let unit = match promise.event {
        Event::Occurrence => words.say("event.occurrence"),
        Event::Check => words.fill("event.check", &[("interval", &interval)]),
        Event::Slice(length) => {
            words.fill("event.slice", &[("interval", &interval), ("slice", &length.to_string())])
        }
    };
    let own = |text: &Option<String>| text.as_deref().map(markdown).unwrap_or_default();
    let content = words.fill(
        "promise.text",
        &[
            ("description", &own(&promise.description)),
            ("objective", &markdown(&promise.objective)),
            ("period", &markdown(period)),
            ("unit", &unit),
            ("budget", &percent(promise.budget)),
            ("outage", &outage(promise)),
            ("by", &markdown(&listed(&promise.by))),
            ("owner", &own(&service.owner)),
            ("runbook", &own(&slo.runbook)),
            ("planned", &own(&promise.planned)),
        ],
    );
    let title = words.fill("promise.title", &[("slo", &promise.slo)]);
    (panels::words(title, words.say("promise.about"), &content), height(&content))
}

/// Rows of the grid for a headline and Markdown, on a screen on which about 140 characters stand in a line.
fn height(content: &str) -> u32 {
    let paragraphs = content.split("\n\n").map(|text| text.chars().count().div_ceil(140) as u32);
    let pixels: u32 = 44 + paragraphs.map(|lines| 21 * lines + 14).sum::<u32>();
    pixels.div_ceil(38).max(4)
}

fn tiles(slo: &SloPlan, period: &str, words: &Dashboards) -> Vec<Panel> {
    let (promise, readings) = (&slo.promise, &slo.readings);
    let by = &promise.by;
    let places = decimals(promise.ratio);
    let say = |name: &str| words.say(&format!("{name}.title"));
    let outage = outage(promise);
    let quarter = Decimal::new(25, 2);
    let minutes = promise.budget * Decimal::from(promise.period_length.secs()) / Decimal::from(60);

    let objective =
        Field { decimals: Some(places), ..panels::field(words, "percentunit", panels::steps("blue", &[])) };
    let achieved = Field {
        decimals: Some(places + 2),
        ..panels::judged_field(words, "percentunit", panels::steps("red", &[("green", promise.ratio)]))
    };
    let left =
        Field { decimals: Some(1), ..panels::judged_field(words, "percentunit", panels::budget_steps()) };
    let steps = panels::steps("red", &[("orange", Decimal::ZERO), ("green", minutes * quarter)]);
    let outage_left = Field { decimals: Some(1), ..panels::judged_field(words, "suffix: min", steps) };
    let steps = panels::steps("red", &[("orange", Decimal::ZERO), ("green", Decimal::ONE)]);
    let events_left = Field { decimals: Some(0), ..panels::judged_field(words, "locale", steps) };

    let worst = |expr: Expr| queries::one("min", by, queries::judged(slo, expr));
    let about = |name: &str, values: &[(&str, &str)]| words.fill(&format!("{name}.about"), values);
    let budget = percent(promise.budget);
    vec![
        panels::tile(
            say("objective"),
            about("objective", &[("period", period), ("objective", &markdown(&promise.objective))]),
            &queries::one("max", by, queries::read(&readings.objective, by)),
            objective,
        ),
        panels::tile(
            say("achieved"),
            about("achieved", &[("enough", &text(promise.enough_events))]),
            &worst(queries::achieved(slo)),
            achieved,
        ),
        panels::tile(
            say("left"),
            about("left", &[("budget", &budget)]),
            &worst(queries::read(&readings.budget_left, by)),
            left,
        ),
        panels::tile(
            say("minutes"),
            about("minutes", &[("outage", &outage)]),
            &worst(queries::minutes_left(slo)),
            outage_left,
        ),
        panels::tile(say("events"), about("events", &[]), &queries::worst_events_left(slo), events_left),
        panels::tile(
            say("exhaustion"),
            about("exhaustion", &[("window", &readings.pace.to_string())]),
            &worst(queries::read(&readings.exhaustion, by)),
            exhaustion_field(words, promise.period_length),
        ),
    ]
}

/// One line per value of the labels.
fn values(slo: &SloPlan, words: &Dashboards) -> Panel {
    let (promise, readings) = (&slo.promise, &slo.readings);
    let by = &promise.by;
    let places = decimals(promise.ratio);
    let each = |op: &str, expr: Expr| Some(aggregate(op, by, expr));
    let judged = |expr: Expr| queries::judged(slo, expr);
    let column = |name: &str, expr: Option<Expr>, properties: Vec<Property>| Column {
        label: None,
        expr,
        title: words.say(&format!("column.{name}")),
        properties,
    };
    let label = |label: &String| Column {
        label: Some(label.clone()),
        expr: None,
        title: label.clone(),
        properties: Vec::new(),
    };
    let left = aggregate("min", by, judged(queries::read(&readings.budget_left, by)));
    let events = vec![
        property("unit", "locale"),
        property("decimals", 0),
        property("mappings", panels::unjudged(words)),
    ];
    let mut columns: Vec<Column> = by.iter().map(label).collect();
    columns.extend([
        column("left", Some(call("sort", vec![left])), budget_gauge(words)),
        column("achieved", each("min", judged(queries::achieved(slo))), judged_ratio(words, places + 2)),
        column("events", each("min", judged(queries::events_left(slo))), events),
        column("burn", each("max", queries::read(&readings.burn_now, by)), burn_cell(&[slo])),
        column(
            "exhaustion",
            each("min", judged(queries::read(&readings.exhaustion, by))),
            exhaustion(words, promise.period_length),
        ),
    ]);
    let alerts: Vec<(&str, u32)> =
        slo.alerts().map(|(severity, alert)| (alert.name.as_str(), weight(severity))).collect();
    if !alerts.is_empty() {
        columns.push(column("alert", Some(queries::alert(slo, &alerts)), alert_cell(words)));
    }
    let title = words.fill("values.title", &[("slo", &promise.slo), ("by", &listed(by))]);
    let field = panels::field(words, "short", panels::steps("text", &[]));
    panels::table(title, words.say("values.about"), field, columns, &[])
}

/// What is left, as time goes by.
fn budget(slo: &SloPlan, period: &str, words: &Dashboards) -> Panel {
    let promise = &slo.promise;
    let by = &promise.by;
    // Aggregated, so that what is judged and what is not are one series: only one of them carries the metric's name.
    let left = || aggregate("min", by, queries::judged(slo, queries::read(&slo.readings.budget_left, by)));
    let (since, length) = match &promise.period {
        Period::Rolling(length) => (panels::span(*length), *length),
        Period::Calendar(Calendar::Month, _) => ("now/M".to_owned(), promise.period_length),
        Period::Calendar(Calendar::Quarter, _) => ("now/fQ".to_owned(), promise.period_length),
    };
    let queries = [
        (left(), named(words.say("budget.left"), &promise.by)),
        (queries::guiding(queries::even_spend(length), left()), words.say("budget.even")),
        (queries::guiding(queries::line(Decimal::ZERO), left()), words.say("none.spent")),
    ];
    let field = Field {
        decimals: Some(1),
        max: Some(1),
        color: panels::palette(),
        custom: Some(panels::drawn("line", filled(promise), false, false)),
        ..panels::field(words, "percentunit", panels::budget_steps())
    };
    let about = words.fill("budget.about", &[("period", period)]);
    let lines = panels::lines(
        words.say("budget.title"),
        about,
        &queries,
        field,
        vec![guide(1, "text"), guide(2, "red")],
    );
    Panel { time_from: Some(since), interval: Some(promise.long_interval.to_string()), ..lines }
}

/// `name`, or `name {{env}}`.
fn legend(name: &str, by: &[String]) -> String {
    by.iter().fold(name.to_owned(), |legend, label| format!("{legend} {{{{{label}}}}}"))
}

/// `name`, or only the values of the labels where they say enough.
fn named(name: String, by: &[String]) -> String {
    if by.is_empty() {
        name
    } else {
        by.iter().map(|label| format!("{{{{{label}}}}}")).collect::<Vec<_>>().join(" ")
    }
}

/// How much of what is below a line is coloured: nothing where there are several, whose colours would mix.
fn filled(promise: &Promise) -> u32 {
    if promise.by.is_empty() { 10 } else { 0 }
}

fn counted(slo: &SloPlan, words: &Dashboards) -> Panel {
    let queries = [
        (queries::good_events(slo), words.say("counted.good")),
        (queries::bad_events(slo), words.say("counted.bad")),
    ];
    let field = Field {
        min: Some(0),
        color: panels::palette(),
        custom: Some(panels::drawn("bars", 80, true, false)),
        ..panels::field(words, "locale", panels::steps("green", &[]))
    };
    let colour = |index, colour: &str| {
        of_query(index, vec![property("color", json!({ "mode": "fixed", "fixedColor": colour }))])
    };
    let overrides = vec![colour(0, "green"), colour(1, "red")];
    let lines =
        panels::lines(words.say("counted.title"), words.say("counted.about"), &queries, field, overrides);
    Panel { interval: Some(slo.readings.counted_every.to_string()), ..lines }
}

/// The burn rates that one tier compares, and what it compares them with.
fn tier(slo: &SloPlan, index: usize, watch: &Watch, words: &Dashboards) -> Panel {
    let promise = &slo.promise;
    let readings = &slo.readings.tiers[index];
    let (long, short) = (watch.long.to_string(), watch.short.to_string());
    let (rate, share) = (text(watch.burn_rate), percent(watch.budget_share));
    let least = if watch.min_bad_events > 1 { watch.min_bad_events.to_string() } else { String::new() };
    let severity = words.say(match watch.severity {
        Severity::Page => "severity.page",
        Severity::Ticket => "severity.ticket",
    });
    let limited = queries::read(&readings.long, &promise.by);
    let queries = [
        (queries::burn(promise, &readings.long), legend(&long, &promise.by)),
        (queries::burn(promise, &readings.short), legend(&short, &promise.by)),
        (
            queries::guiding(queries::line(watch.burn_rate), limited),
            words.fill("tier.limit", &[("burn", &rate)]),
        ),
    ];
    let colour = match watch.severity {
        Severity::Page => "red",
        Severity::Ticket => "orange",
    };
    let field = Field {
        min: Some(0),
        color: panels::palette(),
        custom: Some(panels::drawn("line", 0, false, true)),
        ..panels::field(words, "suffix:×", panels::steps("transparent", &[(colour, watch.burn_rate)]))
    };
    // Long windows decide, short ones only say that it still burns.
    let mut overrides = vec![of_query(0, vec![property("custom.lineWidth", 2)]), guide(2, colour)];
    if !promise.by.is_empty() {
        let hidden = json!({ "legend": true, "tooltip": false, "viz": false });
        overrides.push(of_query(1, vec![property("custom.hideFrom", hidden)]));
    }
    let title = words.fill("tier.title", &[("severity", &severity), ("share", &share), ("long", &long)]);
    let threshold = text(watch.threshold);
    let about = words.fill(
        "tier.about",
        &[("burn", &rate), ("long", &long), ("short", &short), ("least", &least), ("threshold", &threshold)],
    );
    let interval = if watch.slow { promise.long_interval } else { promise.interval };
    Panel { interval: Some(interval.to_string()), ..panels::lines(title, about, &queries, field, overrides) }
}

fn alerts(slo: &SloPlan, words: &Dashboards) -> Panel {
    let by = &slo.promise.by;
    let state = |(severity, alert): (Severity, &Alert)| {
        let name = words.say(match severity {
            Severity::Page => "severity.page",
            Severity::Ticket => "severity.ticket",
        });
        (queries::alert(slo, &[(&alert.name, weight(severity))]), legend(&name, by))
    };
    let queries: Vec<(Expr, String)> = slo.alerts().map(state).collect();
    let field = Field { mappings: vec![loudness(words)], ..state_field(words) };
    let timeline = panels::timeline(words.say("alerts.title"), words.say("alerts.about"), &queries, field);
    Panel { interval: Some(slo.promise.interval.to_string()), ..timeline }
}

fn traffic(promise: &Promise, counted: &Reading, length: Duration, words: &Dashboards) -> Panel {
    let by = &promise.by;
    let queries = [(queries::traffic(counted, length, by), named(words.say("traffic.events"), by))];
    let field = Field {
        min: Some(0),
        color: panels::palette(),
        custom: Some(panels::drawn("line", filled(promise), false, false)),
        ..panels::field(words, "cps", panels::steps("green", &[]))
    };
    let title = words.say("traffic.title");
    let about = words.fill("traffic.about", &[("length", &length.to_string())]);
    let lines = panels::lines(title, about, &queries, field, Vec::new());
    Panel { interval: Some(promise.interval.to_string()), ..lines }
}

fn latency(slo: &SloPlan, latency: &Latency, words: &Dashboards) -> Panel {
    let by = &slo.promise.by;
    let unit = unit(latency.measure);
    let limit = format!("{} {unit}", text(latency.limit));
    let mut queries: Vec<(Expr, String)> = latency
        .percentiles
        .iter()
        .map(|share| {
            let name = format!("P{}", text(*share * Decimal::ONE_HUNDRED));
            (queries::percentile(latency, *share, by), legend(&name, by))
        })
        .collect();
    let guide = guide(queries.len(), "red");
    let measured = queries::read(&slo.readings.burn_now, by);
    queries.push((
        queries::guiding(queries::line(latency.limit), measured),
        words.fill("latency.limit", &[("limit", &limit)]),
    ));
    let field = Field {
        min: Some(0),
        color: panels::palette(),
        custom: Some(panels::drawn("line", 0, false, true)),
        ..panels::field(words, unit, panels::steps("transparent", &[("red", latency.limit)]))
    };
    let about = words.fill("latency.about", &[("limit", &limit)]);
    let lines = panels::lines(words.say("latency.title"), about, &queries, field, vec![guide]);
    Panel {
        time_from: Some(RAW_RANGE.to_owned()),
        interval: Some(latency.scrape_interval.to_string()),
        ..lines
    }
}

fn level(slo: &SloPlan, level: &Level, words: &Dashboards) -> Panel {
    let by = &slo.promise.by;
    let queries = [
        (queries::worst_level(slo, level), named(words.say("level.value"), by)),
        (
            queries::guiding(queries::limit(slo, level), queries::read(&slo.readings.burn_now, by)),
            words.say("level.limit"),
        ),
    ];
    let steps = match (level.fixed, level.high_is_bad) {
        (Some(limit), true) => panels::steps("transparent", &[("red", limit)]),
        (Some(limit), false) => panels::steps("red", &[("transparent", limit)]),
        (None, _) => panels::steps("transparent", &[]),
    };
    let field = Field {
        color: panels::palette(),
        custom: Some(panels::drawn("line", 0, false, level.high_is_bad)),
        ..panels::field(words, unit(level.measure), steps)
    };
    let limit = match (level.fixed, level.measure) {
        (Some(limit), Measure::Share) => percent(limit),
        (Some(limit), Measure::Seconds) => format!("{} s", text(limit)),
        (Some(limit), Measure::Milliseconds) => format!("{} ms", text(limit)),
        (Some(limit), Measure::Plain) => text(limit),
        (None, _) => String::new(),
    };
    let high = if level.high_is_bad { "yes" } else { "" };
    let about = words.fill("level.about", &[("limit", &limit), ("high", high)]);
    let lines = panels::lines(words.say("level.title"), about, &queries, field, vec![guide(1, "red")]);
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
