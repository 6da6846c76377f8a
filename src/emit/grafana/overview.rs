//! The dashboard of all services: the worst budget first.

use super::json::{Dashboard, Field, Panel, Property, Step};
use super::panels::{self, Board, Column, property};
use super::queries;
use crate::plan::{Plan, ProjectPlan, ServicePlan, SloPlan};
use crate::promql::Expr;
use crate::promql::build::{aggregate, and, call, ge, gt, le, lt, number, sub};
use crate::text::Dashboards;
use crate::vocabulary::{Decimal, Severity, text};
use serde_json::json;

/// What tells the lines of the table apart.
const BY: [&str; 2] = ["service", "slo"];

/// The dashboard; none without an SLO.
pub fn dashboard(plan: &Plan, words: &Dashboards) -> Option<Dashboard> {
    let services: Vec<&ServicePlan> = plan.services.iter().collect();
    let uid = plan.project.overview.as_ref()?;
    let any = services.iter().flat_map(|service| &service.slos).next()?;
    let mut board = Board::default();
    board.line(
        4,
        vec![(
            panels::WIDTH,
            panels::words(String::new(), words.say("overview.about"), &words.say("overview.text")),
        )],
    );
    board.line(4, counts(&plan.project, &services, any, words)?);
    let number = services.iter().map(|service| service.slos.len()).sum::<usize>() as u32;
    board.line(
        // As many lines as a large screen shows two times over.
        (number + 2).clamp(6, 40),
        vec![(panels::WIDTH, table(&plan.project, &services, None, words)?)],
    );
    board.line(9, vec![(12, worst(&services, any, words)?), (12, timeline(&plan.project, any, words))]);
    let alerts = queries::firing(None).to_string();
    Some(Dashboard {
        annotations: super::annotations(words, alerts),
        links: vec![super::others(words)],
        panels: board.panels,
        ..super::blank(words, uid, words.say("overview.title"), &words.say("overview.about"))
    })
}

/// The worst budget of each SLO, where there are enough events to know it.
fn known(services: &[&ServicePlan], any: &SloPlan) -> Option<Expr> {
    let left = queries::across(&any.readings.budget_left, None);
    Some(aggregate("min", &BY, and(left, queries::enough_across(services, None)?)))
}

fn counts(
    project: &ProjectPlan,
    services: &[&ServicePlan],
    any: &SloPlan,
    words: &Dashboards,
) -> Option<Vec<(u32, Panel)>> {
    let all = Decimal::from(services.iter().map(|service| service.slos.len()).sum::<usize>());
    let known = || known(services, any);
    let quarter = || number("0.25");
    let zero = || number("0");
    let tile = |name: &str, expr: Expr, bad: &'static str| {
        let steps = panels::steps(if bad == "text" { "text" } else { "green" }, &[(bad, Decimal::ONE)]);
        let field = Field { decimals: Some(0), ..panels::field(words, "short", steps) };
        let title = words.say(&format!("count.{name}"));
        panels::tile(title, words.say(&format!("count.{name}.about")), &expr, field)
    };
    let alerts = |severity: Severity| {
        let label = project.severities.get(severity);
        queries::how_many(queries::firing(None).matching(
            "severity",
            crate::promql::ast::MatchOp::Equal,
            label,
        ))
    };
    let good = |name: &str, expr: Expr| {
        let steps = panels::steps("text", &[("green", Decimal::ONE)]);
        let field = Field { decimals: Some(0), ..panels::field(words, "short", steps) };
        let title = words.say(&format!("count.{name}"));
        panels::tile(title, words.say(&format!("count.{name}.about")), &expr, field)
    };
    let risky = and(gt(known()?, zero()), lt(known()?, quarter()));
    let unknown = sub(number(text(all)), queries::how_many(known()?));
    Some(vec![
        (3, tile("promised", queries::line(all), "text")),
        (3, good("kept", queries::how_many(ge(known()?, quarter())))),
        (3, tile("risk", queries::how_many(risky), "orange")),
        (3, tile("spent", queries::how_many(le(known()?, zero())), "red")),
        (4, tile("unknown", unknown.into(), "orange")),
        (4, tile("pages", alerts(Severity::Page), "red")),
        (4, tile("tickets", alerts(Severity::Ticket), "orange")),
    ])
}

/// One line per SLO: of all services, or of one.
pub fn table(
    project: &ProjectPlan,
    services: &[&ServicePlan],
    service: Option<&str>,
    words: &Dashboards,
) -> Option<Panel> {
    let slos: Vec<&SloPlan> = services.iter().flat_map(|service| &service.slos).collect();
    let any = *slos.first()?;
    let judged = |expr| queries::judged_across(services, service, expr);
    let worst = |op: &str, expr: Expr| aggregate(op, &BY, expr);
    let across = |reading| queries::across(reading, service);
    let left = worst("min", judged(across(&any.readings.budget_left))?);
    let objective = worst("max", across(&any.readings.objective));
    let achieved = worst("min", judged(queries::achieved_across(any, service))?);
    let burn = worst("max", across(&any.readings.burn_now));
    let exhaustion = worst("min", judged(across(&any.readings.exhaustion))?);
    let severities = [project.severities.page.as_str(), project.severities.ticket.as_str()];
    let alert = queries::loudest(any, severities, service, &BY);
    let column = |name: &str, expr: Option<Expr>, properties: Vec<Property>| Column {
        label: None,
        expr,
        title: words.say(&format!("column.{name}")),
        properties,
    };
    let label =
        |name: &str, properties| Column { label: Some(name.to_owned()), ..column(name, None, properties) };
    let linked = json!([{
        "title": words.say("link.service"),
        "url": "/d/${__data.fields.dashboard}?${datasource:queryparam}&${__url_time_range}",
    }]);
    let places =
        services.iter().flat_map(|service| &service.slos).map(|slo| decimals(slo.promise.ratio)).max();
    let places = places.unwrap_or_default();
    let mut columns = Vec::new();
    let mut hidden = Vec::new();
    let objective = match service {
        None => {
            let properties = vec![property("links", linked), property("custom.minWidth", 120)];
            columns.push(label("service", properties));
            hidden.push("dashboard");
            queries::with_dashboard(services, objective)
        }
        Some(_) => {
            hidden.push("service");
            objective
        }
    };
    columns.push(label("slo", vec![property("custom.minWidth", 120)]));
    columns.extend([
        // The first query decides the order; what cannot be judged comes last.
        column("left", Some(call("sort", vec![left])), budget_gauge(words)),
        column("achieved", Some(achieved), judged_ratio(words, places + 1)),
        column(
            "objective",
            Some(objective),
            vec![property("unit", "percentunit"), property("decimals", places)],
        ),
        column("burn", Some(burn), burn_cell(&slos)),
        column("exhaustion", Some(exhaustion), exhaustion_cell(services, words)),
        column("alert", Some(alert), alert_cell(words)),
    ]);
    let (title, about) = match service {
        None => ("table.title", "table.about"),
        Some(_) => ("table.title", "table.service.about"),
    };
    let field = panels::field(words, "short", panels::steps("text", &[]));
    Some(panels::table(words.say(title), words.say(about), field, columns, &hidden))
}

/// Decimal places of a ratio as a percentage.
pub fn decimals(ratio: Decimal) -> u32 {
    (ratio * Decimal::ONE_HUNDRED).normalize().scale()
}

/// The budget that is left, as a bar.
pub fn budget_gauge(words: &Dashboards) -> Vec<Property> {
    vec![
        property("unit", "percentunit"),
        property("decimals", 1),
        property("min", 0),
        property("max", 1),
        property(
            "custom.cellOptions",
            json!({ "type": "gauge", "mode": "basic", "valueDisplayMode": "color" }),
        ),
        property("custom.displayMode", "basic"),
        property("custom.minWidth", 190),
        property("color", json!({ "mode": "thresholds" })),
        property("thresholds", json!({ "mode": "absolute", "steps": panels::budget_steps() })),
        property("mappings", panels::unjudged(words)),
    ]
}

/// A ratio that too few events say nothing about.
pub fn judged_ratio(words: &Dashboards, places: u32) -> Vec<Property> {
    vec![
        property("unit", "percentunit"),
        property("decimals", places),
        property("mappings", panels::unjudged(words)),
    ]
}

/// A burn rate: orange where the budget does not last, red where somebody would be called.
pub fn burn_cell(slos: &[&SloPlan]) -> Vec<Property> {
    let mut properties = vec![
        property("unit", "suffix:×"),
        property("decimals", 1),
        property("thresholds", json!({ "mode": "absolute", "steps": burn_steps(slos) })),
    ];
    properties.extend(panels::coloured());
    properties
}

/// The lowest burn rate that pages begins the red, where it is the same for all that share a column.
fn burn_steps(slos: &[&SloPlan]) -> Vec<Step> {
    let pages = |slo: &&SloPlan| {
        let pages = slo.promise.tiers.iter().filter(|tier| tier.severity == Severity::Page);
        pages.map(|tier| tier.burn_rate).min()
    };
    let mut rates = slos.iter().map(pages);
    let first = rates.next().flatten();
    let red = first.filter(|rate| *rate > Decimal::ONE && rates.all(|other| other == Some(*rate)));
    let more: Vec<(&str, Decimal)> =
        [("orange", Decimal::ONE)].into_iter().chain(red.map(|rate| ("red", rate))).collect();
    panels::steps("green", &more)
}

/// When the budget is gone.
pub fn exhaustion_cell(services: &[&ServicePlan], words: &Dashboards) -> Vec<Property> {
    let slos = || services.iter().flat_map(|service| &service.slos);
    // Several lengths of period cannot each have their own words in one column: from the shortest on it is just long.
    let shortest = slos().map(|slo| slo.promise.period_length).min().unwrap_or_default();
    exhaustion(words, shortest)
}

/// The same for one length of period.
pub fn exhaustion(words: &Dashboards, period: crate::vocabulary::Duration) -> Vec<Property> {
    let field = exhaustion_field(words, period);
    let mut properties = vec![
        property("unit", field.unit),
        property("decimals", 1),
        property("mappings", field.mappings),
        property("thresholds", json!(field.thresholds)),
    ];
    properties.extend(panels::coloured());
    properties
}

/// A length of time until the budget is gone.
pub fn exhaustion_field(words: &Dashboards, period: crate::vocabulary::Duration) -> Field {
    let seconds = Decimal::from(period.secs());
    let never = words.fill("none.never", &[("period", &period.to_string())]);
    let steps = panels::steps("red", &[("orange", seconds / Decimal::TEN), ("green", seconds)]);
    let mut mappings = panels::unjudged(words);
    mappings.push(panels::states(&[(0, words.say("none.spent"), "red")]));
    mappings.push(panels::from_on(seconds, &never, "green"));
    Field { decimals: Some(1), mappings, ..panels::field(words, "s", steps) }
}

/// Which alert fires.
pub fn alert_cell(words: &Dashboards) -> Vec<Property> {
    let mut properties = vec![property("mappings", json!([loudness(words)]))];
    properties.extend(panels::coloured());
    properties
}

/// 0, 1 and 2 as [`queries::loudest`] answers them.
pub fn loudness(words: &Dashboards) -> serde_json::Value {
    panels::states(&[
        (0, words.say("state.quiet"), "green"),
        (1, words.say("state.ticket"), "orange"),
        (2, words.say("state.page"), "red"),
    ])
}

fn worst(services: &[&ServicePlan], any: &SloPlan, words: &Dashboards) -> Option<Panel> {
    let smallest = queries::smallest("10", known(services, any)?);
    let field = Field {
        // One that is spent many times over leaves room for all others.
        min: Some(-1),
        color: panels::palette(),
        custom: Some(panels::drawn("line", 0, false, false)),
        decimals: Some(1),
        ..panels::field(words, "percentunit", panels::budget_steps())
    };
    let queries = [
        (smallest, "{{service}}/{{slo}}".to_owned()),
        (queries::line(Decimal::ZERO), words.say("none.spent")),
    ];
    let zero = vec![panels::guide(1, "red")];
    let lines = panels::lines(words.say("worst.title"), words.say("worst.about"), &queries, field, zero);
    Some(Panel { interval: Some("5m".to_owned()), ..lines })
}

fn timeline(project: &ProjectPlan, any: &SloPlan, words: &Dashboards) -> Panel {
    let severities = [project.severities.page.as_str(), project.severities.ticket.as_str()];
    let queries = [(queries::loudest(any, severities, None, &["service"]), "{{service}}".to_owned())];
    let title = words.say("timeline.services.title");
    panels::timeline(title, words.say("timeline.services.about"), &queries, state_field(words))
}

/// States of alerts.
pub fn state_field(words: &Dashboards) -> Field {
    let steps = panels::steps("green", &[("orange", Decimal::ONE), ("red", Decimal::TWO)]);
    Field { mappings: vec![loudness(words)], ..panels::field(words, "short", steps) }
}
