//! Finds series for which a companion alert does not fire, and series for which it fires: the input of its proofs.

use super::effort::Search;
use super::trial::{Trial, TrialQuery};
use crate::model::Firing;
use crate::promql::ast::Expr;

/// The combinations of series to try for the expression of an alert.
pub(super) fn tried<'a>(expr: &'a Expr, search: &'a Search<'a>) -> Option<Trial<'a>> {
    Trial::of(TrialQuery { expr, by: &[], of_target: true, alike: false, search })
}

/// Series for both states. `None` if none were found: no series change the result, or the query cannot be evaluated here.
pub(super) fn invent(trial: &Trial) -> Option<Firing> {
    let (series, samples) = trial.invent(|samples| samples.is_empty(), |samples| samples.len() == 1)?;
    let (labels, value) = samples.into_iter().next()?;
    let gone = trial.without_series().filter(|samples| samples.len() < 2);
    let gone = gone.map(|samples| samples.into_iter().next());
    Some(Firing { series, labels, value, gone })
}

#[cfg(test)]
mod tests {
    use super::super::effort::Effort;
    use super::super::stimulus;
    use super::*;
    use crate::model::Sli;
    use crate::promql::ast::{Binary, Kind};
    use crate::promql::parse;

    #[test]
    fn what_is_provable_as_a_condition_is_provable_as_an_alert() {
        let effort = Effort::new();
        for query in [
            "up == 1",
            "clamp(load, 0, 100) > 90",
            "sum(1 - up) >= 2",
            "count(up == 1) / count(up) > 0.5",
            "sum(absent(x) or vector(0)) == 1",
            "time() - done > 60",
            "rate(x_total[5m]) > 5",
            "sum(x{state=\"used\"}) / sum(x) > 0.8",
            "x > 50 * 0.9",
            "predict_linear(free[1h], 3600) < 0",
            "histogram_quantile(0.9, sum by (le) (rate(x_bucket[5m]))) > 0.5",
        ] {
            let expr = parse(query).unwrap_or_else(|fault| panic!("{query}: {fault:?}"));
            let search = effort.search();
            assert!(tried(&expr, &search).as_ref().and_then(invent).is_some(), "{query} as an alert");
            let Kind::Binary(comparison) = &expr.kind else { panic!("{query}") };
            let opposite = Binary { op: comparison.op.opposite(), ..(**comparison).clone() };
            let good = Expr { kind: Kind::Binary(Box::new(opposite)), ..expr.clone() };
            let sli = Sli::Checked { good, bad: expr };
            assert!(
                stimulus::invent(&sli, &[], &search).is_ok_and(|found| found.is_some()),
                "{query} as a condition"
            );
        }
    }
}
