//! The display of an SLO's values, the same on all dashboards. Only pages are red.

use serde_json::json;

use super::json::{Field, Panel, Property};
use super::panels::{self, YELLOW, property};
use crate::text::Dashboards;
use crate::vocabulary::Decimal;

/// A time beyond every period, in seconds: the budget lasts.
pub const LASTS: u64 = 100_000_000_000;

/// A grey that is readable on black and on white, and conspicuous on neither.
pub const DIM: &str = "#8e8e8e";

/// The states of alerts, as numbers from [`super::queries`].
fn states(words: &Dashboards) -> serde_json::Value {
    panels::states(&[
        (3, words.phrase("state.page"), "red"),
        (2, words.phrase("state.ticket"), "orange"),
        (1, words.phrase("state.pending"), YELLOW),
        (0, words.phrase("state.quiet"), "green"),
        (-1, words.phrase("state.planned"), DIM),
        (-2, "…".to_owned(), DIM),
        (-3, words.phrase("state.paused"), DIM),
    ])
}

fn state_steps() -> Vec<super::json::Step> {
    let three = Decimal::from(3);
    let states = [(YELLOW, Decimal::ONE), ("orange", Decimal::TWO), ("red", three)];
    panels::steps("green", &states)
}

/// States over time; −1 if no alert was active in the range.
pub fn state_field(words: &Dashboards) -> Field {
    let calm = panels::states(&[(-1, words.phrase("state.nothing"), DIM)]);
    Field { mappings: vec![calm, states(words)], ..panels::field(words, "short", state_steps()) }
}

/// The state of one SLO.
pub fn alert_field(words: &Dashboards) -> Field {
    let field = panels::field(words, "short", state_steps());
    Field { mappings: [field.mappings.clone(), vec![states(words)]].concat(), ..field }
}

/// The same as a column.
pub fn alert_cell(words: &Dashboards) -> Vec<Property> {
    let mut properties =
        vec![property("mappings", json!(alert_field(words).mappings)), property("custom.minWidth", 110)];
    properties.extend(panels::coloured());
    properties
}

/// How long an alert has been active; empty if none is active.
pub fn since_field(words: &Dashboards) -> Field {
    let mut field = panels::field(words, "dtdhms", panels::steps("text", &[]));
    // Otherwise the mapping for an empty value would show `no data`.
    field.mappings.clear();
    field.no_value = words.phrase("none.alert");
    field
}

/// The budget left, as a bar.
pub fn budget_gauge(words: &Dashboards) -> Vec<Property> {
    // The bar has the color. A budget that is not judged has no bar, but its text is shown.
    let gauge = json!({ "type": "gauge", "mode": "basic", "valueDisplayMode": "text" });
    vec![
        property("unit", "percentunit"),
        property("decimals", 1),
        property("min", 0),
        property("max", 1),
        property("custom.cellOptions", gauge),
        property("custom.displayMode", "basic"),
        property("custom.minWidth", 160),
        property("color", json!({ "mode": "thresholds" })),
        property("thresholds", json!({ "mode": "absolute", "steps": panels::budget_steps() })),
        property("mappings", vec![panels::nothing(words), panels::few(words, "transparent")]),
    ]
}

/// A ratio, or the text for too few events.
pub fn judged_ratio(words: &Dashboards, places: u32) -> Vec<Property> {
    vec![
        property("unit", "percentunit"),
        property("decimals", places),
        property("mappings", panels::unjudged(words)),
    ]
}

/// A number of events.
pub fn events_cell(words: &Dashboards) -> Vec<Property> {
    vec![property("unit", "short"), property("mappings", panels::unjudged(words))]
}

/// A burn rate; orange if the budget does not last.
pub fn burn_cell() -> Vec<Property> {
    let steps = panels::steps("green", &[("orange", Decimal::ONE)]);
    let mut properties = vec![
        property("unit", "suffix:×"),
        property("decimals", 1),
        property("thresholds", json!({ "mode": "absolute", "steps": steps })),
    ];
    properties.extend(panels::coloured());
    properties
}

/// The time until the budget is spent.
pub fn exhaustion(words: &Dashboards) -> Vec<Property> {
    let field = exhaustion_field(words);
    let mut properties = vec![
        property("unit", field.unit),
        property("mappings", field.mappings),
        property("thresholds", json!(field.thresholds)),
        property("custom.minWidth", 150),
    ];
    properties.extend(panels::coloured());
    properties
}

/// The same as a tile.
pub fn exhaustion_field(words: &Dashboards) -> Field {
    let seconds = Decimal::from(LASTS);
    let lasts = words.phrase("none.lasts");
    let steps = panels::steps("orange", &[(YELLOW, Decimal::from(86_400)), ("green", seconds)]);
    let mut mappings = panels::unjudged(words);
    mappings.push(panels::states(&[(0, words.phrase("none.spent"), "orange")]));
    mappings.push(panels::from_on(seconds, &lasts, "green"));
    Field { mappings, ..panels::field(words, "dtdhms", steps) }
}

/// A link in a cell of its own. It shows a text instead of its long address.
pub fn linked_to(words: &Dashboards) -> Vec<Property> {
    let open = words.phrase("link.open");
    let link = json!([{ "title": open, "url": "${__value.raw:raw}", "targetBlank": true }]);
    let called = json!({ "pattern": ".+", "result": { "text": open, "index": 0 } });
    vec![
        property("links", link),
        property("mappings", json!([{ "type": "regex", "options": called }])),
        property("noValue", "—"),
        property("custom.minWidth", 70),
    ]
}

/// Decimal places of a ratio as a percentage.
pub fn decimals(ratio: Decimal) -> u32 {
    (ratio * Decimal::ONE_HUNDRED).normalize().scale()
}

/// A table with rows for two lines of text.
pub fn two_line_rows(mut table: Panel) -> Panel {
    if let Some(options) = &mut table.options {
        options["cellHeight"] = json!("lg");
    }
    table
}
