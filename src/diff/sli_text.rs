//! An SLI as text, in one spelling for all ways to write it.

use crate::model::{Counter, Sli, Slo, Term};
use crate::promql::ast::{Expr, Selector};
use crate::promql::without_parens;
use crate::vocabulary::text;

pub(super) type Part = (&'static str, String);

/// The identity of a measurement, without its threshold.
pub(super) fn what(slo: &Slo) -> String {
    match &slo.sli {
        Sli::Counted { histogram: Some(histogram), .. } if histogram.success.is_empty() => {
            selector(&histogram.selector)
        }
        Sli::Counted { histogram: Some(histogram), .. } => {
            let successful = Selector {
                name: None,
                matchers: histogram.success.clone().into(),
                ..histogram.selector.clone()
            };
            format!("{} and successful: {}", selector(&histogram.selector), selector(&successful))
        }
        Sli::Counted { .. } | Sli::Checked { .. } | Sli::Ratio { .. } | Sli::Journey { .. } => {
            in_short(&parts(slo))
        }
    }
}

/// The parts of an SLI, in one spelling for all ways to write it.
pub(super) fn parts(slo: &Slo) -> Vec<Part> {
    match &slo.sli {
        Sli::Counted { total, good, bad, .. } => {
            let named = [("all events", total), ("good events", good), ("bad events", bad)];
            named.into_iter().filter_map(|(name, terms)| Some((name, sum(terms.as_ref()?)))).collect()
        }
        Sli::Checked { good, bad } => vec![("good while", expression(good)), ("bad while", expression(bad))],
        Sli::Ratio { bad } => vec![("share of bad events", expression(bad))],
        Sli::Journey { parts } => parts.iter().map(|part| ("through", part.name())).collect(),
    }
}

fn sum(terms: &[Term]) -> String {
    let mut terms: Vec<(bool, String)> =
        terms.iter().map(|term| (term.negative, counter(&term.counter))).collect();
    terms.sort();
    let mut text = String::new();
    for (index, (negative, term)) in terms.iter().enumerate() {
        match (index, negative) {
            (0, false) => {}
            (0, true) => text += "-",
            (_, false) => text += " + ",
            (_, true) => text += " - ",
        }
        text += term;
    }
    text
}

fn counter(counter: &Counter) -> String {
    match counter {
        Counter::Plain(plain) => selector(plain),
        Counter::NativeCount(native) => format!("observations of {}", selector(native)),
        Counter::NativeBelow(native, bound) => {
            format!("observations of {} up to {}", selector(native), text(*bound))
        }
    }
}

pub(super) fn selector(selector: &Selector) -> String {
    expression(&Expr::from(selector.clone()))
}

/// An expression without redundant parentheses, and with matchers in a fixed order.
pub(super) fn expression(expr: &Expr) -> String {
    let ordered = without_parens(expr).map_selectors(&mut |mut selector| {
        let mut matchers = selector.matchers.to_vec();
        matchers.sort_by(|a, b| (&a.label, a.op, &a.value).cmp(&(&b.label, b.op, &b.value)));
        matchers.dedup();
        selector.matchers = matchers.into();
        selector
    });
    ordered.to_string()
}

pub(super) fn in_short(parts: &[Part]) -> String {
    parts.iter().map(|(name, text)| format!("{name}: {text}")).collect::<Vec<_>>().join("; ")
}
