//! The dashboard of all services: what is burning, and who is over budget.

use serde_json::json;

use super::display::{self, decimals, state_field};
use super::json::{Current, Dashboard, Field, Panel, Property, Variable};
use super::panels::{self, Board, Column, WIDTH, property};
use super::queries::{self, Alerts, SLO, Scope, Source};
use crate::plan::{Plan, ProjectPlan, ServicePlan, SloPlan};
use crate::promql::Expr;
use crate::promql::ast::{MatchOp, Time};
use crate::promql::build::{aggregate, and, call, ge, gt, le, lt, mul, number, or, selector, sub};
use crate::text::Dashboards;
use crate::vocabulary::Decimal;

/// The dashboard; `None` without an SLO.
pub fn dashboard(plan: &Plan, words: &Dashboards) -> Option<Dashboard> {
    let services: Vec<&ServicePlan> = plan.services.iter().collect();
    let uid = plan.project.overview.as_ref()?;
    let any = services.iter().flat_map(|service| &service.slos).next()?;
    let lengths = queries::lengths(&services);
    let pauses = queries::pauses(&services);
    let of = Source { screens: &plan.project.screens, any, lengths: &lengths, pauses, scope: Scope::Every };
    let alerts = alerts(&plan.project, of.scope);
    let mut board = Board::default();
    let runbooks = services.iter().any(|service| service.knows_runbooks());
    board.line(8, vec![(WIDTH, active(&of, runbooks, &alerts, words))]);
    board.line(16, vec![(WIDTH, table(&of, &services, &alerts, words))]);
    board.line(4, counts(&of, &alerts, words).into_iter().map(|tile| (4, tile)).collect());
    let legend = "{{service}}".to_owned();
    let history = [
        (alerts.history(&["service"], queries::info(of.screens, of.scope)), legend),
        (alerts.no_active_alerts(), words.phrase("state.nothing")),
    ];
    let timeline = panels::timeline(words.titled("timeline.services"), &history, state_field(words));
    board.line(9, vec![(WIDTH / 2, worst(&of, words)), (WIDTH / 2, timeline)]);
    let prose =
        panels::words([String::new(), words.phrase("overview.about")], &words.phrase("overview.text"));
    board.line(5, vec![(WIDTH, prose)]);
    let title = super::titled(&plan.project, words.phrase("overview.title"));
    let blank = super::blank(words, uid, title, &words.phrase("overview.about"));
    let mut templating = super::blank(words, uid, String::new(), "").templating;
    templating.list.extend(variables(&of, &services, words));
    Some(Dashboard {
        annotations: super::annotations(words, alerts.pages(), None),
        links: vec![super::others(words)],
        templating,
        panels: board.panels,
        ..blank
    })
}

/// All alerts, with the project's names of severities.
pub fn alerts(project: &ProjectPlan, scope: Scope) -> Alerts {
    Alerts::of([project.severities.page.as_str(), project.severities.ticket.as_str()], scope)
}

/// Variables for the owner and for the services.
fn variables(of: &Source, services: &[&ServicePlan], words: &Dashboards) -> [Variable; 2] {
    let all = |name: &str, query: String| Variable {
        multi: true,
        include_all: true,
        all_value: Some(".*"),
        current: Current { text: "All", value: "$__all" },
        ..super::choice(words, name, query)
    };
    let info = || of.screens.info.clone();
    // Recorded series have no label of the owner, so the owner selects services.
    let owned = info().chosen("owner", "owner");
    let unpromised = services.iter().filter(|service| service.slos.is_empty());
    let unpromised: Vec<&str> = unpromised.map(|service| service.name.as_str()).collect();
    let service = match unpromised.is_empty() {
        true => all("service", format!("label_values({owned}, service)")),
        // A service without an SLO has no definition, but its alerts are shown, too.
        false => {
            let alerts = selector("ALERTS", &[]).chosen("owner", "owner");
            let alerts = alerts.matching("service", MatchOp::Matches, &unpromised.join("|"));
            let alerts = call("last_over_time", vec![alerts.range(Time::Placeholder("__range".to_owned()))]);
            let all_of_them = aggregate("group", &["service"], or(owned, alerts));
            super::asking(all("service", String::new()), &all_of_them, "/service=\"([^\"]+)\"/")
        }
    };
    [all("owner", format!("label_values({}, owner)", info())), Variable { all_value: None, ..service }]
}

/// Firing and pending alerts: pages before tickets, the longest first.
fn active(of: &Source, runbooks: bool, alerts: &Alerts, words: &Dashboards) -> Panel {
    let by = ["alertname", "service", "slo"];
    let label = |name: &str, properties| Column::label(words, name, properties);
    let column = |name: &str, expr: Expr, properties| Column::query(words, name, expr, properties);
    let shown = || alerts.shown(&by);
    let state = queries::with_screen(of.screens, queries::with_links(of, runbooks, &shown()));
    // An alert without an SLO links to its service.
    let state = queries::labelled(state, "promise", "$1", "screen", "(.+)");
    let state = queries::labelled(state, "promise", &of.screens.promise, "slo", ".+");
    let more = |expr: Expr| queries::labelled(expr, "alertname", &words.phrase("active.more"), "", "");
    let state = or(state, more(sub(mul(number("0"), alerts.more(&by)), number("2")).into()));
    let since = and(alerts.lasting(&by, of.scope), shown()).on(&by);
    let number_of = or(and(alerts.count(&by), shown()).on(&by), more(alerts.more(&by)));
    let columns = vec![
        column("state", state.into(), display::alert_cell(words)),
        label("alertname", vec![property("custom.minWidth", 270)]),
        label("service", linked(words, "link.service", SERVICE, 110)),
        label(
            "slo",
            [
                linked(words, "link.promise", &promise("${__data.fields.promise}"), 110),
                vec![property("noValue", "—")],
            ]
            .concat(),
        ),
        column("since", since.into(), vec![property("unit", "dtdhms")]),
        column("number", number_of.into(), vec![property("decimals", 0)]),
        label("runbook", display::linked_to(words)),
    ];
    let sorted = [(words.phrase("column.state"), true), (words.phrase("column.since"), true)];
    let mut field = panels::field(words, "short", panels::steps("text", &[]));
    field.no_value = words.phrase("none.alert");
    panels::table(words.titled("active"), field, columns, &["dashboard", "screen", "promise"], &sorted)
}

/// The dashboard of a row's service.
const SERVICE: &str = "/d/${__data.fields.screen}?${datasource:queryparam}&${__url_time_range}";

/// The dashboard of a row's SLO.
fn promise(screen: &str) -> String {
    format!(
        "/d/{screen}?${{datasource:queryparam}}&var-service=${{__data.fields.service}}&var-slo=${{__data.fields.slo}}&${{__url_time_range}}"
    )
}

fn linked(words: &Dashboards, title: &str, url: &str, width: u32) -> Vec<Property> {
    let link = json!([{ "title": words.phrase(title), "url": url }]);
    vec![property("links", link), property("custom.minWidth", width)]
}

/// One row per SLO, with or without data: for all services, or for one.
pub fn table(of: &Source, services: &[&ServicePlan], alerts: &Alerts, words: &Dashboards) -> Panel {
    let slos: Vec<&SloPlan> = services.iter().flat_map(|service| &service.slos).collect();
    let worst = |op: &str, expr: Expr| aggregate(op, &SLO, expr);
    let column = |name: &str, expr: Expr, properties| Column::query(words, name, expr, properties);
    let label = |name: &str, properties| Column::label(words, name, properties);
    let places = slos.iter().map(|slo| decimals(slo.promise.ratio)).max().unwrap_or_default();
    let info = queries::within(of.screens.info.clone(), of.scope);
    let known = queries::with_screen(
        of.screens,
        aggregate("max", &["service", "slo", "objective", "dashboard"], info),
    );
    let mut columns = Vec::new();
    let mut hidden = vec!["dashboard", "screen", "Value"];
    match of.scope {
        Scope::Service(_) => hidden.push("service"),
        Scope::Every | Scope::Promise => {
            columns.push(label("service", linked(words, "link.service", SERVICE, 100)))
        }
    }
    let read = |reading| of.read(reading);
    columns.extend([
        label("slo", linked(words, "link.promise", &promise(&of.screens.promise), 100)),
        column("alert", of.loudest(alerts), display::alert_cell(words)),
        column("burn", worst("max", read(|readings| &readings.burn_now)), display::burn_cell()),
        column(
            "exhaustion",
            worst("min", of.sortable(of.exhaustion(&queries::periods(services)))),
            display::exhaustion(words),
        ),
        column(
            "left",
            worst("min", of.sortable(read(|readings| &readings.budget_left))),
            display::budget_gauge(words),
        ),
        column(
            "achieved",
            worst("min", of.sortable(of.achieved())),
            display::judged_ratio(words, places + 1),
        ),
        label("objective", vec![property("custom.minWidth", 90)]),
        Column {
            title: "Value".to_owned(),
            ..column("objective", known, vec![property("custom.hidden", true)])
        },
    ]);
    let sorted = [(words.phrase("column.alert"), true), (words.phrase("column.left"), false)];
    let field = panels::field(words, "short", panels::steps("text", &[]));
    panels::table(words.titled("table"), field, columns, &hidden, &sorted)
}

fn counts(of: &Source, alerts: &Alerts, words: &Dashboards) -> Vec<Panel> {
    let tile = |name: &str, expr: Expr, none: &'static str, some: &'static str| {
        let steps = panels::steps(none, &[(some, Decimal::ONE)]);
        let field = Field { decimals: Some(0), ..panels::field(words, "short", steps) };
        let title = words.phrase(&format!("count.{name}"));
        panels::tile([title, words.phrase(&format!("count.{name}.about"))], &expr, field)
    };
    let known = || of.known();
    let risky = and(gt(known(), number("0")), lt(known(), number("0.25")));
    let all = queries::how_many(queries::info(of.screens, of.scope));
    let unknown = sub(all, queries::how_many(known()));
    vec![
        tile("pages", queries::how_many(alerts.pages()), "green", "red"),
        tile("tickets", queries::how_many(alerts.tickets()), "green", "orange"),
        tile("spent", queries::how_many(le(known(), number("0"))), "green", "orange"),
        tile("risk", queries::how_many(risky), "green", panels::YELLOW),
        tile("kept", queries::how_many(ge(known(), number("0.25"))), "text", "green"),
        tile("unknown", unknown.into(), "green", "text"),
    ]
}

fn worst(of: &Source, words: &Dashboards) -> Panel {
    let field = Field {
        // A limit, so that an SLO far below zero does not hide the bars of the others.
        min: Some(-1),
        max: Some(1),
        decimals: Some(1),
        ..panels::lines_field(words, "percentunit", panels::budget_steps())
    };
    let queries = [
        (of.smallest(), "{{service}}/{{slo}}".to_owned()),
        (queries::guiding(queries::line(Decimal::ZERO), queries::promised(of)), words.phrase("none.spent")),
    ];
    let zero = vec![panels::guide(1, "orange")];
    let lines = panels::lines(words.titled("worst"), &queries, field, zero);
    Panel { interval: Some("5m".to_owned()), ..lines }
}
