//! The dashboard of the selected SLO: is it kept, how long does its budget last, since when does it burn, what should be done?
//!
//! It reads recorded series and `slo:definition:info`, so the file is the same in every project.

use serde_json::json;

use super::display::{self, events_cell, state_field};
use super::journey;
use super::json::{Current, Dashboard, Field, Panel, Variable};
use super::panels::{self, Board, Column, WIDTH, guide, of_query, property};
use super::queries::{self, Alerts, BY, SLO, Scope, Source};
use crate::plan::{ProjectPlan, SloPlan};
use crate::promql::Expr;
use crate::promql::build::{add, aggregate, aggregate_without, call, div, lt, mul, number, or, sub};
use crate::text::Dashboards;
use crate::vocabulary::{Decimal, Severity};

/// How many tiers have their own panel.
const TIERS: usize = 4;

/// The dashboard.
pub fn dashboard(project: &ProjectPlan, any: &SloPlan, words: &Dashboards) -> Dashboard {
    let screens = &project.screens;
    let of = Source { screens, any, lengths: "$period", pauses: true, scope: Scope::Promise };
    let alerts = Alerts::of_promise();
    let mut board = Board::default();
    board.line(3, tiles(&of, &alerts, words).into_iter().map(|tile| (WIDTH / 8, tile)).collect());
    board.line(5, vec![(WIDTH, promised(&of, words))]);
    board.line(7, (1..=TIERS).map(|tier| (WIDTH / TIERS as u32, burn(&of, tier, words))).collect());
    let rules = within_rules(&of);
    let history = [
        (alerts.history(&["alertname"], rules), "{{alertname}}".to_owned()),
        (alerts.no_active_alerts(), words.phrase("state.nothing")),
    ];
    let timeline = panels::timeline(words.titled("alerts"), &history, state_field(words));
    board.line(5, vec![(WIDTH, timeline)]);
    board.line(8, vec![(WIDTH / 2, indicator(&of, words)), (WIDTH / 2, budget(&of, words))]);
    board.line(7, vec![(WIDTH / 2, counted(&of, words)), (WIDTH / 2, values(&of, words))]);
    // They are empty for an SLO that is not a journey.
    board.folded(words.phrase("parts.title"), 7, WIDTH / 2, parts(&of, words));
    let title = super::titled(project, words.phrase("promise.title"));
    let blank = super::blank(words, &screens.promise, title, &words.phrase("promise.about"));
    let mut templating = blank.templating;
    templating.list.extend(variables(&of, words));
    let link = |name: &str, variable: &str| super::link(words.phrase(name), format!("${{{variable}}}"));
    let service = super::json::Link {
        keep_time: true,
        target_blank: false,
        ..super::link(words.phrase("link.service"), "/d/${screen}".to_owned())
    };
    Dashboard {
        annotations: super::annotations(words, alerts.pages(), Some(of.paused())),
        links: super::home(project, words)
            .into_iter()
            .chain([service, link("link.runbook", "runbook"), link("link.source", "source")])
            .collect(),
        templating,
        panels: board.panels,
        ..super::blank(words, &screens.promise, blank.title, &words.phrase("promise.about"))
    }
}

/// The time until the budget is spent, in seconds; [`display::LASTS`] if that is not within the period.
fn exhaustion(of: &Source) -> Expr {
    let gone = || of.read(|readings| &readings.exhaustion);
    let whole = mul(number("0.999"), queries::known_number("length"));
    let soon = lt(gone(), whole).on::<&str>(&[]).group_left::<&str>(&[]);
    let lasts = add(mul(number("0"), gone()), number(display::LASTS));
    or(soon, lasts).into()
}

/// A sample if the SLO's rules are evaluated.
fn within_rules(of: &Source) -> Expr {
    queries::info(of.screens, of.scope)
}

/// The variables at the top, and facts about the selected SLO that only the compiler knows.
fn variables(of: &Source, words: &Dashboards) -> Vec<Variable> {
    let info = queries::within(of.screens.info.clone(), Scope::Promise).to_string();
    let services = format!("label_values({}, service)", of.screens.info.clone());
    let of_service = format!("label_values({}, slo)", queries::within(of.screens.info.clone(), Scope::Every));
    let objective = of.any.readings.objective.series.name.as_deref().unwrap_or_default();
    let objective = queries::within(crate::promql::build::selector(objective, &[]), Scope::Promise);
    let matchers = aggregate_without("max", &SLO, objective);
    let chosen = |name: &str, query: String| super::choice(words, name, query);
    let mut all = vec![
        chosen("service", services),
        chosen("slo", of_service),
        Variable {
            include_all: true,
            all_value: Some("slo!=\"\""),
            current: Current { text: "All", value: "$__all" },
            // `{env="test",role="db"} 1 1700000000`: the text between the braces is already a matcher, unless a quote, a backslash or a dot in a name
            // needs an escape, which Grafana omits. The value and the time follow.
            ..super::asking(
                chosen(BY, String::new()),
                &matchers,
                "/^\\{((?:\\w+=\"[^\"\\\\]*\",?)+)\\} \\S+ \\S+$/",
            )
        },
    ];
    let hidden = |name: String, label: &str, regex: String| Variable {
        regex,
        hide: 2,
        skip_url_sync: true,
        ..chosen("hidden", format!("label_values({info}, {label})")).named(name)
    };
    let whole = |name: &str, label: &str| hidden(name.to_owned(), label, String::new());
    all.extend([
        hidden("period".to_owned(), "period", "/^(\\S+)/".to_owned()),
        whole("length", "period_seconds"),
        whole("outage", "budget_seconds"),
        whole("runbook", "runbook"),
        whole("source", "source"),
    ]);
    all.extend(Severity::ALL.map(|severity| {
        let name = severity.as_str();
        whole(name, &format!("severity_{name}"))
    }));
    // A sentence from labels, or an empty text.
    let made = |name: String, expr: Expr| {
        super::asking(hidden(name, "", String::new()), &expr, "/made=\"([^\"]+)\"/")
    };
    all.push(made("values".to_owned(), values_of(of)));
    let every = || "(.+)".to_owned();
    let screen = [(of.screens.service.clone(), "service", every()), ("$1".to_owned(), "dashboard", every())];
    all.push(made("screen".to_owned(), made_of(of, &screen)));
    for tier in 0..TIERS {
        let named = Severity::ALL.map(|severity| {
            let severity = severity.as_str();
            let title =
                words.fill("tier.title", &[("severity", &words.phrase(&format!("state.{severity}")))]);
            (
                title,
                "tiers",
                format!("(?:[^,]*, ){{{tier}}}{severity} ([^/]+)/(\\S+) ([0-9]+[.][0-9]{{1,2}}).*"),
            )
        });
        all.push(made(format!("tier_{}", tier + 1), made_of(of, &named)));
        // `page 1h/5m 14.4, ticket 1d/2h 3.0`
        for (name, part) in
            [("long", "\\w+ ([^/]+)"), ("short", "\\w+ [^/]+/(\\S+)"), ("burn", "\\w+ \\S+ ([0-9.]+)")]
        {
            let regex = format!("/^(?:[^,]*, ){{{tier}}}{part}/");
            all.push(hidden(format!("{name}_{}", tier + 1), "tiers", regex));
        }
    }
    all
}

/// A text that Grafana uses as the name of a line: `{{env}} {{role}}`.
fn values_of(of: &Source) -> Expr {
    let each = |many: usize| {
        let replacement: Vec<String> = (1..=many).map(|place| format!("{{{{${place}}}}}")).collect();
        let more = if many == 3 { "(?:, .+)?" } else { "" };
        (replacement.join(" "), "by", vec!["([^,]+)"; many].join(", ") + more)
    };
    made_of(of, &[each(1), each(2), each(3)])
}

/// The SLO's definition with a label `made`, from the last of these patterns that matches.
fn made_of(of: &Source, made: &[(String, &str, String)]) -> Expr {
    let info = queries::within(of.screens.info.clone(), Scope::Promise);
    let labelled = |expr: Expr, (replacement, label, pattern): &(String, &str, String)| {
        queries::labelled(expr, "made", replacement, label, pattern)
    };
    aggregate("max", &["made"], made.iter().fold(info.into(), labelled))
}

/// The objective, the owner, and the place of the source.
fn promised(of: &Source, words: &Dashboards) -> Panel {
    let label = |name: &str, properties| Column::label(words, name, properties);
    let wide = |width: u32| vec![property("custom.minWidth", width)];
    let prose = |width: u32| {
        let wrapped = json!({ "type": "auto", "wrapText": true });
        vec![property("custom.minWidth", width), property("custom.cellOptions", wrapped)]
    };
    let columns = vec![
        label("description", prose(230)),
        label("runbook", display::linked_to(words)),
        label("objective", wide(80)),
        label("period", prose(80)),
        label("by", wide(70)),
        label("owner", wide(90)),
        label("journey", prose(200)),
        label("hours", prose(240)),
        label("except", prose(160)),
        label("maintenance", prose(200)),
        label("tiers", prose(150)),
        label("budget_alerts", prose(120)),
        label("budget_policy", prose(280)),
        label("planned", prose(240)),
        label("source", display::linked_to(words)),
        Column {
            label: None,
            expr: Some(queries::within(of.screens.info.clone(), of.scope).into()),
            title: "Value".to_owned(),
            properties: vec![property("custom.hidden", true)],
        },
    ];
    let hidden = [
        "service",
        "slo",
        "budget_seconds",
        "period_seconds",
        "severity_page",
        "severity_ticket",
        "dashboard",
        "__name__",
        "instance",
        "job",
    ];
    let field = panels::field(words, "short", panels::steps("text", &[]));
    display::two_line_rows(panels::table(words.titled("promised"), field, columns, &hidden, &[]))
}

fn tiles(of: &Source, alerts: &Alerts, words: &Dashboards) -> Vec<Panel> {
    let tile = |name: &str, expr: Expr, field: Field| panels::tile(words.titled(name), &expr, field);
    let one = |op: &str, expr: Expr| aggregate::<&str>(op, &[], expr);
    let judged = |expr: Expr| one("min", of.judged(expr));
    let left = || of.read(|readings| &readings.budget_left);
    let plain = |unit, places| Field {
        decimals: Some(places),
        ..panels::judged_field(words, unit, panels::steps("text", &[]))
    };
    let outage = mul(left(), queries::known_number("outage")).on::<&str>(&[]).group_left::<&str>(&[]);
    // A negative time is not shown; the budget itself shows by how much it is overspent.
    let outage = call("clamp_min", vec![outage.into(), number("0")]);
    let steps = panels::steps("orange", &[(panels::YELLOW, Decimal::ZERO), ("green", Decimal::ONE)]);
    let events = panels::judged_field(words, "short", steps.clone());
    let mut outage_left = panels::judged_field(words, "dtdhms", steps);
    outage_left.mappings.push(panels::states(&[(0, words.phrase("none.spent"), "orange")]));
    let share =
        Field { decimals: Some(1), ..panels::judged_field(words, "percentunit", panels::budget_steps()) };
    let burn = Field {
        decimals: Some(1),
        ..panels::field(words, "suffix:×", panels::steps("green", &[("orange", Decimal::ONE)]))
    };
    vec![
        tile("alert", one("max", of.loudest(alerts)), display::alert_field(words)),
        tile("since", alerts.loudest_lasting(of.scope), display::since_field(words)),
        tile("burn", one("max", of.read(|readings| &readings.burn_now)), burn),
        tile("exhaustion", judged(exhaustion(of)), display::exhaustion_field(words)),
        tile("left", judged(left()), share),
        tile("outage", judged(outage), outage_left),
        tile("events", judged(of.events_left()), events),
        tile("achieved", judged(of.achieved()), plain("percentunit", 3)),
    ]
}

/// The name of a line, with its values of `by`.
fn valued(name: String) -> String {
    format!("{name} ${{values}}")
}

/// The burn rates that one tier compares, and its threshold.
fn burn(of: &Source, tier: usize, words: &Dashboards) -> Panel {
    let rate = |window: &str| -> Expr {
        let ratio = queries::ratio(of.screens, of.any, window);
        let budget = of.read(|readings| &readings.error_budget);
        queries::largest(aggregate_without("max", &SLO, div(ratio, budget)))
    };
    let (long, short) = (format!("long_{tier}"), format!("short_{tier}"));
    let limit = queries::known_number(&format!("burn_{tier}"));
    let queries = [
        (rate(&long), valued(format!("${long}"))),
        (rate(&short), valued(format!("${short}"))),
        (queries::guiding(limit, rate(&long)), words.phrase("tier.limit")),
    ];
    let field = Field {
        min: Some(0),
        no_value: words.phrase("none.tier"),
        ..panels::lines_field(words, "suffix:×", panels::steps("text", &[]))
    };
    // Long windows decide. Short ones only show whether the burn continues.
    let overrides = vec![of_query(0, vec![property("custom.lineWidth", 2)]), guide(2, "text")];
    let title = format!("${{tier_{tier}}}");
    let about = words.fill("tier.about", &[("tier", &tier.to_string())]);
    panels::lines([title, about], &queries, field, overrides)
}

/// The SLI against its objective.
fn indicator(of: &Source, words: &Dashboards) -> Panel {
    let worst = |expr: Expr| queries::fewest(aggregate_without("min", &SLO, expr));
    let burnt = mul(of.read(|readings| &readings.burn_now), of.read(|readings| &readings.error_budget));
    let queries = [
        (worst(sub(number("1"), burnt).into()), valued(words.phrase("indicator.now"))),
        (worst(of.judged(of.achieved())), valued(words.phrase("indicator.period"))),
        (
            aggregate::<&str>("max", &[], of.read(|readings| &readings.objective)),
            words.phrase("indicator.objective"),
        ),
    ];
    let field = Field {
        decimals: Some(2),
        max: Some(1),
        ..panels::lines_field(words, "percentunit", panels::steps("text", &[]))
    };
    let overrides = vec![of_query(1, vec![property("custom.lineWidth", 2)]), guide(2, "text")];
    panels::lines(words.titled("indicator"), &queries, field, overrides)
}

/// The budget left over time.
fn budget(of: &Source, words: &Dashboards) -> Panel {
    // Aggregated, so that judged and unjudged values are one series: only one of them has the metric's name.
    let left = || {
        let judged = of.judged(of.read(|readings| &readings.budget_left));
        queries::fewest(aggregate_without("min", &SLO, judged))
    };
    let queries = [
        (left(), valued(words.phrase("budget.left"))),
        (queries::guiding(queries::line(Decimal::ZERO), left()), words.phrase("none.spent")),
        (of.even(), words.phrase("budget.even")),
    ];
    let field = Field {
        decimals: Some(1),
        min: Some(-1),
        max: Some(1),
        ..panels::lines_field(words, "percentunit", panels::budget_steps())
    };
    let overrides = vec![guide(1, "orange"), guide(2, "text")];
    panels::lines(words.titled("budget"), &queries, field, overrides)
}

/// Bad events, and all events on an axis of their own.
fn counted(of: &Source, words: &Dashboards) -> Panel {
    let readings = &of.any.readings;
    let queries = [
        (queries::counted(&readings.counted_bad, of.scope), words.phrase("counted.bad")),
        (queries::counted(&readings.counted_total, of.scope), words.phrase("counted.total")),
    ];
    let field = Field {
        min: Some(0),
        color: panels::palette(),
        custom: Some(panels::drawn("bars", 80, false, false)),
        ..panels::field(words, "short", panels::steps("text", &[]))
    };
    let colour = |colour: &str| property("color", json!({ "mode": "fixed", "fixedColor": colour }));
    let overrides = vec![
        of_query(0, vec![colour("orange")]),
        of_query(
            1,
            vec![
                colour("text"),
                property("custom.drawStyle", "line"),
                property("custom.fillOpacity", 0),
                property("custom.axisPlacement", "right"),
            ],
        ),
    ];
    let lines = panels::lines(words.titled("counted"), &queries, field, overrides);
    Panel { interval: Some(readings.counted_every.to_string()), ..lines }
}

/// The parts of a journey: when each was bad, and its share of the bad moments. For other SLOs a text says that there are none.
fn parts(of: &Source, words: &Dashboards) -> Vec<Panel> {
    let none = |expr: Expr, otherwise: &str| {
        let none = mul(number(otherwise), aggregate::<&str>("max", &[], within_rules(of)));
        let none = queries::labelled(none.into(), "part", "–", "", "");
        or(expr, none).on::<&str>(&[]).into()
    };
    let within = |series| queries::chosen(series, of.scope);
    let (bad, shares) = (queries::part_bad(of.screens, within), queries::part_share(of.screens, within));
    vec![
        journey::states(words.phrase("parts.states"), none(bad, "-1"), words),
        journey::shares(words.phrase("parts.shares"), none(shares, "0"), words),
    ]
}

/// One row per value of `by`.
fn values(of: &Source, words: &Dashboards) -> Panel {
    let each = |op: &str, expr: Expr| aggregate_without(op, &SLO, expr);
    let column = |name: &str, expr: Expr, properties| Column::query(words, name, expr, properties);
    let columns = vec![
        column("burn", each("max", of.read(|readings| &readings.burn_now)), display::burn_cell()),
        column("exhaustion", each("min", of.sortable(exhaustion(of))), display::exhaustion(words)),
        column(
            "left",
            each("min", of.sortable(of.read(|readings| &readings.budget_left))),
            display::budget_gauge(words),
        ),
        column("events", each("min", of.sortable(of.events_left())), events_cell(words)),
    ];
    let sorted = [(words.phrase("column.burn"), true), (words.phrase("column.left"), false)];
    let field = panels::field(words, "short", panels::steps("text", &[]));
    panels::table(words.titled("values"), field, columns, &["__name__"], &sorted)
}
