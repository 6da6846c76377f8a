//! Walks a tree: to read it, to change its selectors and durations, to remove written parentheses.

use super::ast::{At, Expr, Kind, Selector, Time, TimeExpr};
use crate::vocabulary::Duration;

impl Expr {
    /// Calls `f` with this expression and every expression inside of it, from the outside and from left to right. A range's selector belongs to the
    /// range and is not an expression.
    pub fn visit<'e>(&'e self, f: &mut impl FnMut(&'e Expr)) {
        f(self);
        for child in self.children() {
            child.visit(f);
        }
    }

    /// Whether this expression or one inside of it is such a one.
    pub fn contains(&self, is: impl Fn(&Expr) -> bool) -> bool {
        let mut found = false;
        self.visit(&mut |part| found |= is(part));
        found
    }

    /// Whether it reads more than one moment of a series.
    pub fn reads_ranges(&self) -> bool {
        self.contains(|part| matches!(part.kind, Kind::Range { .. } | Kind::Subquery { .. }))
    }

    /// Whether it calls a function.
    pub fn calls(&self, name: &str) -> bool {
        self.contains(|part| matches!(&part.kind, Kind::Call { function, .. } if function == name))
    }

    /// The direct operands of this expression.
    pub fn children(&self) -> Vec<&Expr> {
        match &self.kind {
            Kind::Number(_) | Kind::String(_) | Kind::Selector(_) | Kind::Range { .. } => Vec::new(),
            Kind::Subquery { expr, .. } | Kind::Unary { expr, .. } | Kind::Paren(expr) => vec![expr.as_ref()],
            Kind::Call { args, .. } => args.iter().collect(),
            Kind::Aggregate { param, expr, .. } => {
                param.as_deref().into_iter().chain([expr.as_ref()]).collect()
            }
            Kind::Binary(binary) => vec![&binary.left, &binary.right],
        }
    }

    /// Every selector in the order of the text, also those with a range.
    pub fn selectors(&self) -> Vec<&Selector> {
        let mut selectors = Vec::new();
        self.visit(&mut |expr| {
            if let Kind::Selector(selector) | Kind::Range { selector, .. } = &expr.kind {
                selectors.push(&**selector);
            }
        });
        selectors
    }

    /// The same expression with `f` applied to every selector, also to those with a range.
    pub fn map_selectors(mut self, f: &mut impl FnMut(Selector) -> Selector) -> Expr {
        self.change(&mut |kind| {
            if let Kind::Selector(selector) | Kind::Range { selector, .. } = kind {
                **selector = f(std::mem::replace(selector, super::build::selector("", &[])));
            }
        });
        self
    }

    /// The same expression with `f` applied to every duration: ranges, steps and offsets. It replaces placeholders.
    pub fn map_times(mut self, f: &mut impl FnMut(Time) -> Time) -> Expr {
        let mut change =
            |time: &mut Time| *time = f(std::mem::replace(time, Time::Fixed(Duration::default())));
        self.change(&mut |kind| {
            let at = match kind {
                Kind::Selector(selector) => &mut selector.at,
                Kind::Range { selector, range } => {
                    change(range);
                    &mut selector.at
                }
                Kind::Subquery { range, step, at, .. } => {
                    change(range);
                    step.iter_mut().for_each(&mut change);
                    at
                }
                _ => return,
            };
            if let Some((At::Time(time), _)) = &mut at.at {
                change(time);
            }
            if let Some((time, _)) = &mut at.offset {
                change(time);
            }
        });
        self
    }

    /// The same expression with one spelling of numbers: `1e-05` becomes `0.00001`, and `+Inf` becomes `inf`.
    pub fn with_plain_numbers(mut self) -> Expr {
        self.change(&mut |kind| {
            if let Kind::Number(text) = kind
                && let Ok(number) = text.parse::<f64>()
            {
                *text = number.to_string();
            }
            if let Kind::Unary { negative: false, expr } = kind
                && let Kind::Number(text) = &mut expr.kind
            {
                *kind = Kind::Number(std::mem::take(text));
            }
        });
        self
    }

    /// Applies `f` to every kind in the tree, from the inside. It works in place, so that a level takes little stack.
    fn change(&mut self, f: &mut impl FnMut(&mut Kind)) {
        match &mut self.kind {
            Kind::Number(_) | Kind::String(_) | Kind::Selector(_) | Kind::Range { .. } => {}
            Kind::Subquery { expr, .. } | Kind::Unary { expr, .. } | Kind::Paren(expr) => expr.change(f),
            Kind::Call { args, .. } => args.iter_mut().for_each(|arg| arg.change(f)),
            Kind::Aggregate { param, expr, .. } => {
                param.iter_mut().for_each(|param| param.change(f));
                expr.change(f);
            }
            Kind::Binary(binary) => {
                binary.left.change(f);
                binary.right.change(f);
            }
        }
        f(&mut self.kind);
    }
}

/// The same expression without the written parentheses, also in durations.
pub fn without_parens(expr: &Expr) -> Expr {
    fn bare(time: TimeExpr) -> TimeExpr {
        match time {
            TimeExpr::Paren(inner) => bare(*inner),
            TimeExpr::Unary { negative, expr } => TimeExpr::Unary { negative, expr: Box::new(bare(*expr)) },
            TimeExpr::Choose { function, args } => {
                TimeExpr::Choose { function, args: args.into_iter().map(bare).collect() }
            }
            TimeExpr::Binary { op, left, right } => {
                TimeExpr::Binary { op, left: Box::new(bare(*left)), right: Box::new(bare(*right)) }
            }
            leaf @ (TimeExpr::Duration(_) | TimeExpr::Number(_) | TimeExpr::Call(_)) => leaf,
        }
    }
    let mut bare_expr = expr.clone();
    bare_expr.change(&mut |kind| {
        if let Kind::Paren(inner) = kind {
            *kind = std::mem::replace(&mut inner.kind, Kind::Number(String::new()));
        }
    });
    bare_expr.map_times(&mut |time| if let Time::Expr(expr) = time { Time::from(bare(*expr)) } else { time })
}
