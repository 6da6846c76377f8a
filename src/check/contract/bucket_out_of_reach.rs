//! Quantiles that are compared with a limit above all buckets: `histogram_quantile` returns at most the highest bound.

use super::selected;
use super::{JudgedSelector, Reader, Verdict, report};
use crate::diagnostic::{Code, Problem};
use crate::promql::ast::{Expr, Kind, Op, Selector};
use crate::vocabulary::{Decimal, text};

pub(super) fn check(all: &[JudgedSelector], problems: &mut Vec<Problem>) {
    for JudgedSelector { place, verdict, .. } in all {
        let (Verdict::Fits(found), Reader::Companion(companion)) = (verdict, place.reader) else { continue };
        let Some((limit, reached)) = limit(&companion.expr, &place.reading.selector) else { continue };
        let Some(highest) = selected(place, found).max() else { continue };
        if limit < highest || reached && limit == highest {
            continue;
        }
        let (limit, highest) = (text(limit), text(highest));
        let (ends, does) = match reached {
            true => (format!("at {limit} or above"), "reach"),
            false => (format!("above {limit}"), "exceed"),
        };
        report(
            problems,
            place.reader,
            Problem::error(
                Code::MissingBucket,
                place.reading.name,
                format!("no bucket of `{}` ends {ends}, so its quantiles never {does} that limit", found.name),
            )
            .label(format!("its highest bound is {highest}, and Prometheus returns {highest} for every quantile beyond it"))
            .help("compare with a lower limit, or read a histogram that has a higher bound")
            .help(format!("or add one {ends} to the histogram's bounds")),
        );
    }
}

/// The limit for a quantile of this selector, and whether equality is enough.
fn limit(expr: &Expr, selector: &Selector) -> Option<(Decimal, bool)> {
    let mut limit = None;
    expr.visit(&mut |part| {
        let Kind::Binary(binary) = &part.kind else { return };
        let (quantile, number, reached) = match binary.op {
            Op::Gt => (&binary.left, &binary.right, false),
            Op::Ge => (&binary.left, &binary.right, true),
            Op::Lt => (&binary.right, &binary.left, false),
            Op::Le => (&binary.right, &binary.left, true),
            _ => return,
        };
        let (Kind::Call { function, .. }, Kind::Number(number)) = (&quantile.kind, &number.kind) else {
            return;
        };
        if function == "histogram_quantile" && quantile.selectors().contains(&selector) {
            limit = Decimal::from_str_exact(number).ok().map(|number| (number, reached));
        }
    });
    limit
}
