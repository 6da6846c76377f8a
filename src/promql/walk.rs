//! Goes through a tree: to look at it, to change its selectors and times, to drop the parentheses that were written.

use super::ast::{At, Binary, Expr, Kind, Modifiers, Selector, Time, TimeExpr};

impl Expr {
    /// Calls `f` with this expression and everything in it, outside in and left to right. A range's selector is part
    /// of the range, not an expression of its own.
    pub fn visit<'e>(&'e self, f: &mut impl FnMut(&'e Expr)) {
        f(self);
        for child in self.children() {
            child.visit(f);
        }
    }

    /// The expressions right below this one.
    pub fn children(&self) -> Vec<&Expr> {
        match &self.kind {
            Kind::Number(_) | Kind::String(_) | Kind::Selector(_) | Kind::Range { .. } => Vec::new(),
            Kind::Subquery { expr, .. } | Kind::Unary { expr, .. } | Kind::Paren(expr) => vec![expr.as_ref()],
            Kind::Call { args, .. } => args.iter().collect(),
            Kind::Aggregate { param, expr, .. } => param.as_deref().into_iter().chain([expr.as_ref()]).collect(),
            Kind::Binary(binary) => vec![&binary.left, &binary.right],
        }
    }

    /// Every selector, the ones with a range included, in the order of the text.
    pub fn selectors(&self) -> Vec<&Selector> {
        let mut selectors = Vec::new();
        self.visit(&mut |expr| {
            if let Kind::Selector(selector) | Kind::Range { selector, .. } = &expr.kind {
                selectors.push(selector);
            }
        });
        selectors
    }

    /// The same expression with `f` applied to every selector, the ones with a range included.
    pub fn map_selectors(self, f: &mut impl FnMut(Selector) -> Selector) -> Expr {
        self.map(&mut |kind| match kind {
            Kind::Selector(selector) => Kind::Selector(f(selector)),
            Kind::Range { selector, range } => Kind::Range { selector: f(selector), range },
            other => other,
        })
    }

    /// The same expression with `f` applied to every length of time: ranges, steps and offsets. So placeholders are
    /// replaced.
    pub fn map_times(self, f: &mut impl FnMut(Time) -> Time) -> Expr {
        fn modifiers(at: Modifiers, f: &mut impl FnMut(Time) -> Time) -> Modifiers {
            Modifiers {
                offset: at.offset.map(|(time, span)| (f(time), span)),
                at: at.at.map(|(at, span)| (if let At::Time(time) = at { At::Time(f(time)) } else { at }, span)),
                extension: at.extension,
            }
        }
        fn selector(selector: Selector, f: &mut impl FnMut(Time) -> Time) -> Selector {
            Selector { at: modifiers(selector.at, f), ..selector }
        }
        self.map(&mut |kind| match kind {
            Kind::Selector(it) => Kind::Selector(selector(it, f)),
            Kind::Range { selector: it, range } => Kind::Range { range: f(range), selector: selector(it, f) },
            Kind::Subquery { expr, range, step, at } => {
                Kind::Subquery { expr, range: f(range), step: step.map(&mut *f), at: modifiers(at, f) }
            }
            other => other,
        })
    }

    /// The same expression with `f` applied to every kind in it, inside out.
    fn map(self, f: &mut impl FnMut(Kind) -> Kind) -> Expr {
        let kind = match self.kind {
            leaf @ (Kind::Number(_) | Kind::String(_) | Kind::Selector(_) | Kind::Range { .. }) => leaf,
            Kind::Subquery { expr, range, step, at } => {
                Kind::Subquery { expr: Box::new(expr.map(f)), range, step, at }
            }
            Kind::Call { function, args } => {
                Kind::Call { function, args: args.into_iter().map(|arg| arg.map(f)).collect() }
            }
            Kind::Aggregate { op, param, expr, grouping } => {
                let param = param.map(|param| Box::new(param.map(f)));
                Kind::Aggregate { op, param, expr: Box::new(expr.map(f)), grouping }
            }
            Kind::Unary { negative, expr } => Kind::Unary { negative, expr: Box::new(expr.map(f)) },
            Kind::Binary(binary) => {
                let Binary { op, bool, matching, left, right } = *binary;
                let (left, right) = (left.map(f), right.map(f));
                Kind::Binary(Box::new(Binary { op, bool, matching, left, right }))
            }
            Kind::Paren(expr) => Kind::Paren(Box::new(expr.map(f))),
        };
        Expr { kind: f(kind), span: self.span }
    }
}

/// The same expression without the parentheses that were written, in durations too: what it means.
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
    expr.clone()
        .map(&mut |kind| if let Kind::Paren(inner) = kind { inner.kind } else { kind })
        .map_times(&mut |time| if let Time::Expr(expr) = time { Time::from(bare(*expr)) } else { time })
}
