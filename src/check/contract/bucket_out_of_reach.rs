//! Quantiles that are compared with more than any bucket can tell: `histogram_quantile` answers the highest bound at most.

use super::missing_bucket::selected;
use super::{Judged, Reader, Verdict, tell};
use crate::diagnostic::Problem;
use crate::promql::ast::{Expr, Kind, Op, Selector};
use crate::vocabulary::{Decimal, text};

pub(super) fn check(all: &[Judged], problems: &mut Vec<Problem>) {
    for Judged { place, verdict } in all {
        let (Verdict::Fits(found), Reader::Companion(companion)) = (verdict, place.reader) else { continue };
        let Some(limit) = limit(&companion.expr, &place.reading.selector) else { continue };
        let Some(highest) = selected(place, found).max() else { continue };
        if limit < highest {
            continue;
        }
        let (limit, highest) = (text(limit), text(highest));
        tell(
            problems,
            place.reader,
            Problem::error(
                "missing-bucket",
                place.reading.name,
                format!(
                    "no bucket of `{}` ends above {limit}, so no quantile of it ever exceeds that",
                    found.name
                ),
            )
            .label(format!("its highest bound is {highest}, and a quantile beyond it is told as {highest}"))
            .help("compare with less, or read a histogram that has a bound above")
            .help(format!("or add one above {limit} to the histogram's bounds")),
        );
    }
}

/// What a quantile of this selector has to exceed.
fn limit(expr: &Expr, selector: &Selector) -> Option<Decimal> {
    let mut limit = None;
    expr.visit(&mut |part| {
        let Kind::Binary(binary) = &part.kind else { return };
        let (quantile, number) = match binary.op {
            Op::Gt | Op::Ge => (&binary.left, &binary.right),
            Op::Lt | Op::Le => (&binary.right, &binary.left),
            _ => return,
        };
        let (Kind::Call { function, .. }, Kind::Number(number)) = (&quantile.kind, &number.kind) else {
            return;
        };
        if function == "histogram_quantile" && quantile.selectors().contains(&selector) {
            limit = Decimal::from_str_exact(number).ok();
        }
    });
    limit
}
