//! Builds trees in code, about as briefly as the PromQL text.
//!
//! Functions accept everything that converts to an expression, so selectors and operations nest: `div(sum_by(&[], bad), sum_by(&[],
//! total)).on(&["service"])`.

use super::ast::{
    Binary, Expr, Group, Grouping, Kind, MatchOp, Matcher, Matchers, Matching, Modifiers, Op, Selector, Span,
    Time,
};
use crate::vocabulary::Duration;

impl From<Kind> for Expr {
    fn from(kind: Kind) -> Self {
        Expr { kind, span: Span::default() }
    }
}

impl From<Selector> for Expr {
    fn from(selector: Selector) -> Self {
        Kind::Selector(Box::new(selector)).into()
    }
}

impl From<Binary> for Expr {
    fn from(binary: Binary) -> Self {
        Kind::Binary(Box::new(binary)).into()
    }
}

/// `name{label="value",…}`; an empty name is omitted.
pub fn selector(name: &str, labels: &[(&str, &str)]) -> Selector {
    let selector = Selector {
        name: (!name.is_empty()).then(|| name.to_owned()),
        matchers: Matchers::default(),
        at: Modifiers::default(),
        span: Span::default(),
    };
    labels.iter().fold(selector, |selector, (label, value)| selector.matching(label, MatchOp::Equal, value))
}

impl Selector {
    /// The index of the matcher that allows one value of a label; the first of several.
    pub fn equal(&self, label: &str) -> Option<usize> {
        self.matchers.iter().position(|matcher| matcher.label == label && matcher.op == MatchOp::Equal)
    }

    /// Adds a matcher.
    pub fn matching(mut self, label: &str, op: MatchOp, value: &str) -> Self {
        let (label, value) = (label.to_owned(), value.to_owned());
        let matcher = Matcher { label, op, value, placeholder: false, span: Span::default() };
        self.matchers.push(matcher);
        self
    }

    /// Adds `label=~"$variable"`, which the reader of a dashboard selects. Without a label the variable contains matchers: `${variable:raw}`.
    pub fn chosen(mut self, label: &str, variable: &str) -> Self {
        let (label, value) = (label.to_owned(), variable.to_owned());
        let op = MatchOp::Matches;
        let matcher = Matcher { label, op, value, placeholder: true, span: Span::default() };
        self.matchers.push(matcher);
        self
    }

    /// Adds `label op "a $variable b"`: our own text, in which a dashboard replaces variables.
    pub fn filled(mut self, label: &str, op: MatchOp, value: &str) -> Self {
        let (label, value) = (label.to_owned(), value.to_owned());
        self.matchers.push(Matcher { label, op, value, placeholder: true, span: Span::default() });
        self
    }

    /// `self offset by`, which replaces an existing offset.
    pub fn offset(mut self, by: impl Into<Time>) -> Self {
        self.at.offset = Some((by.into(), Span::default()));
        self
    }

    /// `self[range]`; an offset follows the range.
    pub fn range(self, range: impl Into<Time>) -> Expr {
        Kind::Range { selector: Box::new(self), range: range.into() }.into()
    }
}

/// `selector[range]`.
pub fn range(selector: Selector, range: impl Into<Time>) -> Expr {
    selector.range(range)
}

/// `expr[range:step]`, or `expr[range:]`.
pub fn subquery(expr: impl Into<Expr>, range: Duration, step: Option<Duration>) -> Expr {
    let (range, step) = (range.into(), step.map(Time::from));
    Kind::Subquery { expr: Box::new(expr.into()), range, step, at: Box::default() }.into()
}

/// A number with this text. A sign becomes an operation, as in parsed PromQL.
pub fn number(text: impl ToString) -> Expr {
    let text = text.to_string();
    match text.strip_prefix('-') {
        Some(positive) => neg(number(positive)),
        None => Kind::Number(text).into(),
    }
}

/// `"text"`.
pub fn string(text: &str) -> Expr {
    Kind::String(text.to_owned()).into()
}

/// A label as it is written in `by (…)` and similar lists: `job`, `"http.route"`.
pub fn label(name: &str) -> String {
    if super::names::is_label(name) { name.to_owned() } else { string(name).to_string() }
}

/// `-expr`.
pub fn neg(expr: impl Into<Expr>) -> Expr {
    Kind::Unary { negative: true, expr: Box::new(expr.into()) }.into()
}

/// `function(args…)`.
pub fn call(function: &str, args: Vec<Expr>) -> Expr {
    Kind::Call { function: function.to_owned(), args }.into()
}

/// The longest chain of alternatives. The depth of a tree is the depth of the stack that reads or prints it; thousands would be too many.
const CHAIN: usize = 64;

/// `a or b or c`; for very many, chains of chains. `None` if there are none.
pub fn any(alternatives: impl IntoIterator<Item = Expr>) -> Option<Expr> {
    let mut all: Vec<Expr> = alternatives.into_iter().collect();
    while all.len() > CHAIN {
        let mut rest = all.into_iter();
        let chains = std::iter::from_fn(|| chain(rest.by_ref().take(CHAIN)));
        all = chains.collect();
    }
    chain(all.into_iter())
}

fn chain(alternatives: impl Iterator<Item = Expr>) -> Option<Expr> {
    alternatives.reduce(|all, one| or(all, one).into())
}

/// `vector(expr)`.
pub fn vector(expr: impl Into<Expr>) -> Expr {
    call("vector", vec![expr.into()])
}

/// `op by (labels) (expr)`; without labels `op(expr)`.
pub fn aggregate<L: AsRef<str>>(op: &str, by: &[L], expr: impl Into<Expr>) -> Expr {
    let labels = owned(by);
    let grouping = (!labels.is_empty()).then_some(Grouping { without: false, labels });
    Kind::Aggregate { op: op.to_owned(), param: None, expr: Box::new(expr.into()), grouping }.into()
}

/// `op without (labels) (expr)`.
pub fn aggregate_without<L: AsRef<str>>(op: &str, labels: &[L], expr: impl Into<Expr>) -> Expr {
    let grouping = Some(Grouping { without: true, labels: owned(labels) });
    Kind::Aggregate { op: op.to_owned(), param: None, expr: Box::new(expr.into()), grouping }.into()
}

/// `sum by (labels) (expr)`; without labels `sum(expr)`.
pub fn sum_by<L: AsRef<str>>(by: &[L], expr: impl Into<Expr>) -> Expr {
    aggregate("sum", by, expr)
}

/// `sum(expr)`.
pub fn sum(expr: impl Into<Expr>) -> Expr {
    aggregate::<&str>("sum", &[], expr)
}

fn owned<L: AsRef<str>>(labels: &[L]) -> Vec<String> {
    labels.iter().map(|label| label.as_ref().to_owned()).collect()
}

/// `left op right`.
pub fn binary(op: Op, left: impl Into<Expr>, right: impl Into<Expr>) -> Binary {
    Binary { op, bool: false, matching: None, left: left.into(), right: right.into() }
}

macro_rules! operations {
    ($($name:ident $op:ident $text:literal;)*) => {$(
        #[doc = concat!("`left ", $text, " right`.")]
        pub fn $name(left: impl Into<Expr>, right: impl Into<Expr>) -> Binary {
            binary(Op::$op, left, right)
        }
    )*};
}

operations! {
    and And "and";
    or Or "or";
    unless Unless "unless";
    add Add "+";
    sub Sub "-";
    mul Mul "*";
    div Div "/";
    rem Mod "%";
    pow Pow "^";
    eq Eq "==";
    ne Ne "!=";
    gt Gt ">";
    ge Ge ">=";
    lt Lt "<";
    le Le "<=";
}

impl Binary {
    /// Returns 0 and 1 instead of filtering.
    pub fn bool(self) -> Self {
        Self { bool: true, ..self }
    }

    /// `on (labels)`.
    pub fn on<L: AsRef<str>>(self, labels: &[L]) -> Self {
        let matching = Matching { on: true, labels: owned(labels), group: None, fill: None };
        Self { matching: Some(matching), ..self }
    }

    /// `ignoring (labels)`.
    pub fn ignoring<L: AsRef<str>>(self, labels: &[L]) -> Self {
        let matching = Matching { on: false, labels: owned(labels), group: None, fill: None };
        Self { matching: Some(matching), ..self }
    }

    /// `group_left (include)`, after `on` or `ignoring`; without either, after `ignoring ()`.
    pub fn group_left<L: AsRef<str>>(mut self, include: &[L]) -> Self {
        let none = Matching { on: false, labels: Vec::new(), group: None, fill: None };
        let matching = self.matching.take().unwrap_or(none);
        let group = Some(Group { left: true, include: owned(include) });
        Self { matching: Some(Matching { group, ..matching }), ..self }
    }
}
