//! Which version of Prometheus an expression needs: all features after 2.42, with their version. The versions are from Prometheus' changelog; some
//! features also need a feature flag.
//!
//! **Invariant:** the printed form counts, not the form in the source: `by ("job")` is printed without quotes, and any version reads it.

use super::ast::{
    At, Expr, Extension, Kind, Matcher, Matching, Modifiers, Op, Selector, Span, Time, TimeExpr,
};
use super::functions::function_named;
use super::match_op::MatchOp;
use super::printer::names_of;
use super::regex;
use super::{literals, names};
use crate::vocabulary::{self, Decimal, Duration};

/// Names in quotes.
pub const QUOTED_NAMES: (u32, u32) = (3, 0);

/// Names in quotes in `on (…)`, `ignoring (…)`, `group_left (…)` and `group_right (…)`. Prometheus 3.0 to 3.9 loads such a rule, and evaluates it without
/// the quotes, which fails. In `by (…)` and `without (…)` it keeps them.
pub const QUOTED_IN_MATCHING: (u32, u32) = (3, 10);

/// A part of an expression that some versions of Prometheus cannot read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Newer {
    /// Its place.
    pub span: Span,
    /// The quoted name inside of that place, if it is about one.
    pub quoted: Option<String>,
    /// The feature.
    pub what: String,
    /// The first version with it.
    pub since: (u32, u32),
    /// The equivalent for older versions.
    pub instead: Option<String>,
}

impl Newer {
    /// One clause: the feature, and the version that it needs.
    pub fn headline(&self) -> String {
        let several =
            ["names", "numbers", "labels", "durations"].iter().any(|word| self.what.starts_with(word));
        let (need, (major, minor)) = (if several { "need" } else { "needs" }, self.since);
        format!("{} {need} Prometheus {major}.{minor} or newer", self.what)
    }

    fn of(span: Span, what: String, since: (u32, u32)) -> Self {
        Self { span, quoted: None, what, since, instead: None }
    }
}

/// The parts of `expr` that need a later version of Prometheus: the first such part of every selector, call and operator, in the order of the text.
pub fn newer_than(expr: &Expr, version: (u32, u32)) -> Vec<Newer> {
    let mut found = Vec::new();
    expr.visit(&mut |part| {
        let mut here = needs(part);
        here.retain(|need| need.since > version);
        found.extend(here.into_iter().next());
    });
    found
}

/// The needs of one part, without the parts inside of it.
fn needs(part: &Expr) -> Vec<Newer> {
    let mut needs = Vec::new();
    of_arguments(part, &mut needs);
    let head = |length: usize| Span { start: part.span.start, end: part.span.start + length };
    match &part.kind {
        Kind::Number(text) => needs.extend(number(text, part.span)),
        Kind::String(_) | Kind::Unary { .. } | Kind::Paren(_) => {}
        Kind::Selector(selector) => of_selector(selector, &mut needs),
        Kind::Range { selector, range } => {
            of_selector(selector, &mut needs);
            needs.extend(time(range, part.span));
        }
        Kind::Subquery { range, step, at, .. } => {
            of_modifiers(at, &mut needs);
            needs.extend(
                [Some(range), step.as_ref()].into_iter().flatten().filter_map(|it| time(it, part.span)),
            );
        }
        Kind::Call { function, .. } => {
            let since = function_named(function).and_then(|function| function.since);
            needs.extend(since.map(|since| Newer::of(head(function.len()), format!("`{function}`"), since)));
        }
        Kind::Aggregate { op, grouping, .. } => {
            if ["limitk", "limit_ratio"].contains(&op.as_str()) {
                needs.push(Newer::of(head(op.len()), format!("`{op}`"), (2, 54)));
            }
            of_labels(grouping.iter().flat_map(|grouping| &grouping.labels), part.span, &mut needs);
        }
        Kind::Binary(binary) => {
            if matches!(binary.op, Op::TrimUpper | Op::TrimLower) {
                needs.push(Newer::of(part.span, format!("the operator `{}`", binary.op.symbol()), (3, 11)));
            }
            if let Some(Matching { labels, group, fill, .. }) = &binary.matching {
                if fill.is_some() {
                    needs.push(Newer::of(part.span, "`fill`".to_owned(), (3, 10)));
                }
                let included = group.iter().flat_map(|group| &group.include);
                // Between the operands: an operand may contain the same name.
                let place = Span { start: binary.left.span.end, end: binary.right.span.start };
                let labels = labels.iter().chain(included);
                needs.extend(labels.filter(|label| !names::is_label(label)).map(|label| {
                    let newer = named(label, "", place);
                    // Without the quotes, Prometheus 3 also reads `a:b` there.
                    match names::is_label_with_colons(label) {
                        true => newer,
                        false => in_matching(newer, label),
                    }
                }));
            }
        }
    }
    needs
}

fn of_selector(selector: &Selector, needs: &mut Vec<Newer>) {
    if let (_, Some(name)) = names_of(selector) {
        needs.push(named(name, ":", selector.span));
    }
    for matcher in selector.matchers.iter().filter(|matcher| !names::is_label_in_braces(&matcher.label)) {
        needs.push(named(&matcher.label, "", matcher.span));
    }
    let is_pattern = |one: &&Matcher| matches!(one.op, MatchOp::Matches | MatchOp::NotMatches);
    for matcher in selector.matchers.iter().filter(is_pattern) {
        needs.extend(of_pattern(&matcher.value, matcher.span));
    }
    of_modifiers(&selector.at, needs);
}

fn of_pattern(pattern: &str, span: Span) -> Option<Newer> {
    // Most patterns have no group.
    let group = pattern.contains("(?<").then(|| regex::named_group(pattern)).flatten()?;
    let newer = Newer::of(span, format!("the group `(?<{group}>…)`"), regex::NAMED_SINCE);
    Some(Newer { instead: Some(format!("or write `(?P<{group}>…)`, or `(…)`")), ..newer })
}

/// The strings of calls that are patterns and names of labels: Prometheus reads them when it evaluates the call.
fn of_arguments(part: &Expr, needs: &mut Vec<Newer>) {
    for argument in literals::labels(part) {
        // An empty name is a fault in every version.
        let label = literals::string(argument).filter(|label| !label.is_empty());
        if let Some(label) = label.filter(|label| !names::is_label_in_braces(label)) {
            let what = format!("labels such as `{label}`");
            needs.push(Newer { what, quoted: None, ..named(label, "", argument.span) });
        }
    }
    if let Some(argument) = literals::pattern(part) {
        needs.extend(literals::string(argument).and_then(|pattern| of_pattern(pattern, argument.span)));
    }
}

fn of_labels<'l>(labels: impl Iterator<Item = &'l String>, span: Span, needs: &mut Vec<Newer>) {
    needs.extend(labels.filter(|label| !names::is_label(label)).map(|label| named(label, "", span)));
}

/// A quoted name. Before 3.0, programs and the OpenTelemetry collector expose it with underscores.
fn named(name: &str, more: &str, span: Span) -> Newer {
    let older = names::with_underscores(name, more);
    let what = format!("names in quotes such as `{}`", super::build::string(name));
    let mut newer = Newer { quoted: Some(name.to_owned()), ..Newer::of(span, what, QUOTED_NAMES) };
    if older != name {
        newer.instead = Some(format!("or write `{older}`: older servers store the label under this name"));
    }
    newer
}

/// A quoted name that only versions with [`QUOTED_IN_MATCHING`] evaluate.
fn in_matching(newer: Newer, name: &str) -> Newer {
    let what = format!(
        "names in quotes such as `{}` in `on`, `ignoring` and `group_left`",
        super::build::string(name)
    );
    let plain = names::with_underscores(name, "");
    let instead = format!(
        "or name the label without quotes first, on both sides: `label_replace(…, \"{plain}\", \"$1\", {}, \"(.*)\")`; for Prometheus 2 write `{plain}`",
        super::build::string(name)
    );
    Newer { what, since: QUOTED_IN_MATCHING, instead: Some(instead), ..newer }
}

fn of_modifiers(at: &Modifiers, needs: &mut Vec<Newer>) {
    if let Some((extension, span)) = &at.extension {
        let word = match extension {
            Extension::Anchored => "`anchored`",
            Extension::Smoothed => "`smoothed`",
        };
        needs.push(Newer::of(*span, word.to_owned(), (3, 7)));
    }
    match &at.at {
        Some((At::Timestamp(text), span)) => needs.extend(number(text, *span)),
        Some((At::Time(_), span)) => {
            needs.push(Newer::of(*span, "`@` with a duration".to_owned(), (2, 54)));
        }
        Some((At::Start | At::End, _)) | None => {}
    }
    if let Some((offset, span)) = &at.offset {
        if matches!(offset, Time::Fixed(length) | Time::Negative(length) if length.millis() == 0) {
            let newer = Newer::of(*span, "`offset` by nothing".to_owned(), (2, 54));
            needs.push(Newer { instead: Some("or remove it".to_owned()), ..newer });
        }
        needs.extend(time(offset, *span));
    }
}

fn time(time: &Time, span: Span) -> Option<Newer> {
    let Time::Expr(expr) = time else { return None };
    let since = since_of(expr);
    let what = if since == (2, 54) { "durations without a unit" } else { "arithmetic on durations" };
    let instead = Some("or write a duration such as `5m`".to_owned());
    Some(Newer { instead, ..Newer::of(span, what.to_owned(), since) })
}

/// The first version with duration arithmetic.
fn since_of(expr: &TimeExpr) -> (u32, u32) {
    match expr {
        TimeExpr::Duration(_) | TimeExpr::Number(_) => (2, 54),
        TimeExpr::Call(function) if function == "range" => (3, 10),
        TimeExpr::Call(_) => (3, 6),
        TimeExpr::Choose { args, .. } => args.iter().map(since_of).fold((3, 6), Ord::max),
        TimeExpr::Binary { left, right, .. } => since_of(left).max(since_of(right)).max((3, 4)),
        TimeExpr::Unary { expr, .. } | TimeExpr::Paren(expr) => since_of(expr).max((3, 4)),
    }
}

fn number(text: &str, span: Span) -> Option<Newer> {
    let plain = plainly(text)?;
    let newer = Newer::of(span, format!("numbers such as `{text}`"), (2, 54));
    Some(Newer { instead: Some(format!("or write `{plain}`")), ..newer })
}

/// A number in a spelling for all versions, if this text is not one: without `_`, and durations in seconds.
fn plainly(text: &str) -> Option<String> {
    let ends_in_unit = text.ends_with(|c: char| c.is_ascii_alphabetic());
    if let Some(length) = Duration::parse(text).filter(|_| ends_in_unit) {
        return Some(vocabulary::text(Decimal::new(i64::try_from(length.millis()).ok()?, 3)));
    }
    text.contains('_').then(|| text.replace('_', ""))
}
