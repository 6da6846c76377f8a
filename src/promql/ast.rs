//! PromQL as a tree: what the parser reads, `lower` transforms and the printer writes.
//!
//! Equality ignores spans: two trees are equal if they stand for the same text.

pub use super::matchers::{MatchOp, Matcher, Matchers};
pub use super::span::Span;
use crate::vocabulary::Duration;

/// An expression with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expr {
    /// Its kind.
    pub kind: Kind,
    /// Its place in the text.
    pub span: Span,
}

/// The kinds of expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A number as it was written or computed. It is decimal text, so that `0.0144` stays `0.0144`.
    Number(String),
    /// A string, unescaped.
    String(String),
    /// An instant selector.
    Selector(Box<Selector>),
    /// `selector[range]`; the inner expression is a `Selector`.
    Range {
        /// The selector, its `offset` and `@` included.
        selector: Box<Selector>,
        /// The range.
        range: Time,
    },
    /// `expr[range:step]`, with modifiers.
    Subquery {
        /// The expression that is evaluated at every step.
        expr: Box<Expr>,
        /// The range.
        range: Time,
        /// The step; `None` for the server's default.
        step: Option<Time>,
        /// `offset` and `@`.
        at: Box<Modifiers>,
    },
    /// A function call.
    Call {
        /// The function's name.
        function: String,
        /// Its arguments.
        args: Vec<Expr>,
    },
    /// An aggregation.
    Aggregate {
        /// `sum`, `count`, `topk`, …
        op: String,
        /// The parameter of `topk`, `quantile`, `count_values`, …
        param: Option<Box<Expr>>,
        /// The expression that is aggregated.
        expr: Box<Expr>,
        /// `by` or `without`; `None` is `by ()`, which is not printed.
        grouping: Option<Grouping>,
    },
    /// `-x` or `+x`.
    Unary {
        /// Whether the sign is minus.
        negative: bool,
        /// The operand.
        expr: Box<Expr>,
    },
    /// `left op right`.
    Binary(Box<Binary>),
    /// Parentheses that were written.
    Paren(Box<Expr>),
}

/// A binary operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binary {
    /// The operator.
    pub op: Op,
    /// Whether a comparison returns 0 and 1 instead of filtering.
    pub bool: bool,
    /// How the two sides are matched.
    pub matching: Option<Matching>,
    /// Left operand.
    pub left: Expr,
    /// Right operand.
    pub right: Expr,
}

/// Binary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Op {
    Pow,
    Mul,
    Div,
    Mod,
    Atan2,
    Add,
    Sub,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    /// Histogram trim, Prometheus 3: `</`.
    TrimUpper,
    /// Histogram trim, Prometheus 3: `>/`.
    TrimLower,
    And,
    Unless,
    Or,
}

impl Op {
    /// The comparison that keeps what this one drops; both drop NaN, except that `!=` keeps it. Other operators stay the same.
    pub const fn opposite(self) -> Self {
        match self {
            Op::Eq => Op::Ne,
            Op::Ne => Op::Eq,
            Op::Lt => Op::Ge,
            Op::Ge => Op::Lt,
            Op::Gt => Op::Le,
            Op::Le => Op::Gt,
            other => other,
        }
    }

    /// Its spelling.
    pub const fn symbol(self) -> &'static str {
        match self {
            Op::Pow => "^",
            Op::Mul => "*",
            Op::Div => "/",
            Op::Mod => "%",
            Op::Atan2 => "atan2",
            Op::Add => "+",
            Op::Sub => "-",
            Op::Eq => "==",
            Op::Ne => "!=",
            Op::Lt => "<",
            Op::Le => "<=",
            Op::Gt => ">",
            Op::Ge => ">=",
            Op::TrimUpper => "</",
            Op::TrimLower => ">/",
            Op::And => "and",
            Op::Unless => "unless",
            Op::Or => "or",
        }
    }

    /// Its precedence: higher numbers bind tighter. Operators of one level associate to the left, `^` to the right.
    pub const fn precedence(self) -> u8 {
        match self {
            Op::Or => 1,
            Op::And | Op::Unless => 2,
            Op::Eq | Op::Ne | Op::Lt | Op::Le | Op::Gt | Op::Ge | Op::TrimUpper | Op::TrimLower => 3,
            Op::Add | Op::Sub => 4,
            Op::Mul | Op::Div | Op::Mod | Op::Atan2 => 5,
            Op::Pow => 6,
        }
    }

    /// `== != < <= > >=`: the operators that allow `bool`.
    pub const fn is_comparison(self) -> bool {
        matches!(self, Op::Eq | Op::Ne | Op::Lt | Op::Le | Op::Gt | Op::Ge)
    }

    /// `and`, `or`, `unless`.
    pub const fn is_set(self) -> bool {
        matches!(self, Op::And | Op::Unless | Op::Or)
    }
}

/// `on` or `ignoring`, with the modifiers after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matching {
    /// `on (…)` if true, `ignoring (…)` if not.
    pub on: bool,
    /// The labels.
    pub labels: Vec<String>,
    /// `group_left` or `group_right`.
    pub group: Option<Group>,
    /// Prometheus 3: `fill(x)`, `fill_left(x)`, `fill_right(x)`, as decimal text.
    pub fill: Option<Fill>,
}

/// The values for a missing side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fill {
    /// For the left side.
    pub left: Option<String>,
    /// For the right side.
    pub right: Option<String>,
}

/// `group_left (…)` or `group_right (…)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Left if true.
    pub left: bool,
    /// Labels taken from the side with one.
    pub include: Vec<String>,
}

/// `by (…)` or `without (…)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grouping {
    /// `without` if true.
    pub without: bool,
    /// The labels.
    pub labels: Vec<String>,
}

/// An instant selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    /// The metric's name, written before the braces or quoted inside them.
    pub name: Option<String>,
    /// The matchers; all must match. VictoriaMetrics' `or` between them is not PromQL and is refused.
    pub matchers: Matchers,
    /// `offset`, `@`, and Prometheus 3's `anchored` and `smoothed`.
    pub at: Modifiers,
    /// The place of the selector without its modifiers.
    pub span: Span,
}

/// `offset`, `@` and the range modifiers of Prometheus 3.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Modifiers {
    /// `offset`, with its place.
    pub offset: Option<(Time, Span)>,
    /// `@`, with its place.
    pub at: Option<(At, Span)>,
    /// `anchored` or `smoothed`.
    pub extension: Option<(Extension, Span)>,
}

/// The instant of `@`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    /// A timestamp in seconds, as decimal text.
    Timestamp(String),
    /// `start()`
    Start,
    /// `end()`
    End,
    /// Prometheus 3: a duration expression.
    Time(Time),
}

/// Experimental range modifiers of Prometheus 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Extension {
    Anchored,
    Smoothed,
}

/// A duration in the grammar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Time {
    /// A duration such as `5m`, or seconds as a plain number.
    Fixed(Duration),
    /// A negative duration (`offset -5m`).
    Negative(Duration),
    /// `$name`: a placeholder that is replaced before anything is printed for Prometheus.
    Placeholder(String),
    /// `-$name`: the same with a minus sign, in `offset` only. Dashboards write it; it is not read.
    Ahead(String),
    /// Prometheus 3: arithmetic, `step()`, `range()`, `min(…)`, `max(…)`; kept as a tree.
    Expr(Box<TimeExpr>),
}

/// Prometheus 3's duration expressions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimeExpr {
    /// A duration.
    Duration(Duration),
    /// A plain number, in seconds or a factor, as decimal text.
    Number(String),
    /// `step()` or `range()`.
    Call(String),
    /// `min(a, b)` or `max(a, b)`.
    Choose {
        /// `min` or `max`.
        function: String,
        /// Both arguments.
        args: Vec<TimeExpr>,
    },
    /// Arithmetic.
    Binary {
        /// `+ - * / % ^`.
        op: Op,
        /// Left operand.
        left: Box<TimeExpr>,
        /// Right operand.
        right: Box<TimeExpr>,
    },
    /// `-x`, `+x`.
    Unary {
        /// Whether the sign is minus.
        negative: bool,
        /// The operand.
        expr: Box<TimeExpr>,
    },
    /// Parentheses that were written.
    Paren(Box<TimeExpr>),
}

impl From<Duration> for Time {
    fn from(duration: Duration) -> Self {
        Time::Fixed(duration)
    }
}

impl From<TimeExpr> for Time {
    /// The simplest form: arithmetic that is only one duration becomes a duration.
    fn from(expr: TimeExpr) -> Self {
        match fixed(&expr) {
            Some(duration) => Time::Fixed(duration),
            None => match &expr {
                TimeExpr::Unary { negative, expr: inner } if fixed(inner).is_some() => {
                    let duration = fixed(inner).unwrap_or_default();
                    if *negative { Time::Negative(duration) } else { Time::Fixed(duration) }
                }
                _ => Time::Expr(Box::new(expr)),
            },
        }
    }
}

/// A duration, or whole milliseconds written as seconds.
fn fixed(expr: &TimeExpr) -> Option<Duration> {
    match expr {
        TimeExpr::Duration(duration) => Some(*duration),
        TimeExpr::Number(text) => {
            let millis = super::parser::seconds(text)? * 1_000.0;
            (millis.fract() == 0.0 && (0.0..1e16).contains(&millis))
                .then(|| Duration::from_millis(millis as u64))
        }
        _ => None,
    }
}
