//! The parts of a journey: which were bad, and which spent the budget.

use super::json::{Field, Panel};
use super::panels;
use crate::promql::Expr;
use crate::text::Dashboards;
use crate::vocabulary::Decimal;

/// Each part over time.
pub fn states(title: String, bad: Expr, words: &Dashboards) -> Panel {
    let states = panels::states(&[
        (-1, words.phrase("parts.none"), "text"),
        (0, words.phrase("parts.good"), "green"),
        (1, words.phrase("parts.bad"), "orange"),
    ]);
    let steps = panels::steps("green", &[("orange", Decimal::ONE)]);
    let field = Field { mappings: vec![states], ..panels::field(words, "short", steps) };
    panels::timeline([title, words.phrase("parts.states.about")], &[(bad, "{{part}}".to_owned())], field)
}

/// The share of each part in what was bad in the period.
pub fn shares(title: String, shares: Expr, words: &Dashboards) -> Panel {
    let field = Field {
        min: Some(0),
        max: Some(1),
        decimals: Some(1),
        color: panels::palette(),
        custom: Some(panels::drawn("line", 40, true, false)),
        ..panels::field(words, "percentunit", panels::steps("text", &[]))
    };
    let about = words.phrase("parts.shares.about");
    panels::lines([title, about], &[(shares, "{{part}}".to_owned())], field, Vec::new())
}
