//! Queries in YAML scalars, with the places of their selectors.

use super::sli_advice::{
    RANGE, chained, compared, compares, in_foreign_range, in_ranges, is_hyphen, of_counters, of_variable,
    percentage, several_comparisons, straight,
};
use super::{secrets, whole};
use crate::diagnostic::{Code, Problem};
use crate::model::{Counter, MetricRead, Role, Sli, Term};
use crate::parse::in_brackets;
use crate::promql::ast::{Expr, Kind, Op, Selector, Time};
use crate::promql::{self, Fault, Type, bounds, places, since, without_parens};
use crate::scalar::Scalar;
use crate::vocabulary::{self, Duration, Placeholder};

/// Parses queries in YAML scalars. Every problem is shown at its characters.
pub(super) struct Reader {
    pub version: (u32, u32),
    /// The selectors of all queries until now.
    pub readings: Vec<MetricRead>,
}

impl Reader {
    pub fn new(version: (u32, u32)) -> Self {
        Self { version, readings: Vec::new() }
    }

    /// The expression of an alert: an instant vector. It may use `offset` and `@`.
    pub fn alert(&mut self, query: &Scalar, problems: &mut Vec<Problem>) -> Option<Expr> {
        let (expr, kind) = self.parsed(query, problems)?;
        self.as_vector(expr, kind, query, problems)
    }

    /// A query with correct types, without `offset` and `@`; with its type.
    pub fn read(&self, query: &Scalar, problems: &mut Vec<Problem>) -> Option<(Expr, Type)> {
        let (expr, kind) = self.parsed(query, problems)?;
        let before = problems.len();
        for selector in expr.selectors() {
            self.modifiers(selector, query, problems);
        }
        (problems.len() == before).then_some((expr, kind))
    }

    /// A query with correct types; with its type.
    fn parsed(&self, query: &Scalar, problems: &mut Vec<Problem>) -> Option<(Expr, Type)> {
        let place = |span: promql::ast::Span| query.place(span.start, span.end);
        let report = |code, faults: Vec<Fault>, problems: &mut Vec<Problem>| {
            for fault in faults {
                // `[{{.window}}]`
                let before = query.text.get(..fault.span.start).unwrap_or_default();
                let foreign = before.trim_end().ends_with('[') && query.text[before.len()..].starts_with('{');
                let problem = Problem::error(code, place(fault.span), fault.message);
                problems.push(match fault.help.or_else(|| foreign.then(|| RANGE.to_owned())) {
                    Some(help) => problem.help(help),
                    None => problem,
                });
            }
        };
        if query.text.trim().is_empty() {
            problems.push(
                Problem::error(Code::PromqlSyntax, whole(query), "the query is empty")
                    .help("write a metric with its labels, such as `http_requests_total{job=\"api\"}`"),
            );
            return None;
        }
        let expr = match promql::parse(&query.text) {
            Ok(expr) => expr,
            Err(fault) => {
                if let Some(inner) = in_brackets(query.text.trim()) {
                    let headline = format!("a query has no `{}` before its metric", &query.text.trim()[..1]);
                    let problem = Problem::error(Code::PromqlSyntax, place(fault.span), headline);
                    let text = query.spelling().of(inner);
                    problems.push(problem.spelled(format!("write `{inner}`"), whole(query), text));
                    return None;
                }
                if let Some(problem) = no_promql(query) {
                    problems.push(problem);
                    return None;
                }
                let quotes = straight(query, fault.span.start);
                report(Code::PromqlSyntax, vec![fault], problems);
                if let (Some((span, text)), Some(problem)) = (quotes, problems.last_mut()) {
                    problem.help.clear();
                    *problem = problem.clone().fix("write straight quotes", span, text);
                }
                return None;
            }
        };
        // `status:>=500` is valid PromQL, but recorded series end with a word.
        let colon = |selector: &&Selector| selector.name.as_ref().is_some_and(|name| name.ends_with(':'));
        if expr.selectors().iter().any(colon)
            && let Some(problem) = no_promql(query)
        {
            problems.push(problem);
            return None;
        }
        let mut is_filled = true;
        for found in expr.selectors().into_iter().flat_map(|selector| unfilled(selector, query)) {
            is_filled = false;
            let place = found.primary.span;
            let alike = |other: &&mut Problem| {
                other.headline == found.headline && other.primary.span.source == place.source
            };
            // One placeholder is one problem, however often it is written.
            match problems.iter_mut().find(alike) {
                Some(other) => *other = other.clone().and(place, "the same mistake is here"),
                None => problems.push(found),
            }
        }
        if !is_filled {
            return None;
        }
        let kind = match promql::check(&expr) {
            Ok(kind) => kind,
            Err(faults) => {
                report(Code::PromqlType, faults, problems);
                return None;
            }
        };
        let before = problems.len();
        secrets::in_query(query, problems);
        report(Code::PromqlType, promql::literals::faults(&expr, &query.text), problems);
        if problems.len() == before && !matches!(expr.kind, Kind::Number(_)) {
            self.too_new(&expr, query, problems);
        }
        let expr = expr.map_selectors(&mut bounds::in_every_spelling);
        (problems.len() == before).then_some((expr, kind))
    }

    /// Records the selectors of a query; selectors outside functions get `role`.
    fn note(&mut self, expr: &Expr, query: &Scalar, role: Role) {
        expr.visit(&mut |part| match &part.kind {
            Kind::Selector(selector) => self.readings.push(reading(selector, role, query)),
            Kind::Call { function, args } => {
                for arg in args {
                    if let Kind::Range { selector, .. } = &arg.kind {
                        let role = match function.as_str() {
                            // They only look whether there are samples and whether these change.
                            "absent_over_time" | "changes" | "count_over_time" | "first_over_time"
                            | "last_over_time" | "present_over_time" | "resets" => Role::State,
                            function if function.starts_with("ts_of_") => Role::State,
                            function if of_gauges(function) => Role::Course,
                            _ => Role::Gain,
                        };
                        self.readings.push(reading(selector, role, query));
                    }
                }
            }
            _ => {}
        });
    }

    /// Reports functions that the declared version of Prometheus does not have yet.
    fn too_new(&self, expr: &Expr, query: &Scalar, problems: &mut Vec<Problem>) {
        for newer in since::newer_than(expr, self.version) {
            let ((major, minor), headline) = (newer.since, newer.headline());
            let quoted = newer.quoted.and_then(|name| places::quoted(&query.text, newer.span, &name));
            let span = quoted.unwrap_or(newer.span);
            let place = query.place(span.start, span.end);

            let problem = Problem::error(Code::NeedsNewerPrometheus, place, headline)
                .label(format!("the rules must load in Prometheus {}.{}", self.version.0, self.version.1))
                .help(format!("declare `prometheus: {{ version: \"{major}.{minor}\" }}` in the project file, if your servers are that new"));
            problems.push(match newer.instead {
                Some(instead) => problem.help(instead),
                None => problem,
            });
        }
    }

    /// Reports `offset` and `@`: the compiler adds its own.
    fn modifiers(&self, selector: &Selector, query: &Scalar, problems: &mut Vec<Problem>) {
        let offset = selector.at.offset.as_ref().map(|(_, span)| (*span, "offset"));
        let at = selector.at.at.as_ref().map(|(_, span)| (*span, "@"));
        let extension = selector.at.extension.as_ref().map(|(_, span)| (*span, "anchored or smoothed"));
        for (span, what) in [offset, at, extension].into_iter().flatten() {
            let place = query.place(span.start, span.end);
            problems.push(
                Problem::error(Code::SelectorModifier, place, format!("`{what}` is not allowed in an SLI"))
                    .label("the rules choose the time themselves")
                    .spelled("remove it", place, query.spelling().of("")),
            );
        }
    }

    /// An instant vector.
    pub fn vector(&mut self, query: &Scalar, problems: &mut Vec<Problem>) -> Option<Expr> {
        let (expr, kind) = self.read(query, problems)?;
        self.as_vector(expr, kind, query, problems)
    }

    /// The expression, if it is an instant vector and its ranges are written out. Records its selectors.
    fn as_vector(
        &mut self,
        expr: Expr,
        kind: Type,
        query: &Scalar,
        problems: &mut Vec<Problem>,
    ) -> Option<Expr> {
        if let Some(name) = placeholder(&expr) {
            let place = of_variable(query, name);
            let headline = match name {
                "window" => "`$window` is allowed only in `bad_ratio`".to_owned(),
                name => format!("nothing fills in `${name}`"),
            };
            let problem = Problem::error(Code::PromqlSyntax, place, headline).label("expected a duration");
            problems.push(problem.spelled(
                "write `5m`, or another duration",
                place,
                query.spelling().of("5m"),
            ));
            return None;
        }
        if kind != Type::Vector {
            let help = match kind {
                Type::Matrix => "remove the range",
                Type::Scalar if Duration::parse(query.text.trim()).is_some() => {
                    "write the limit after the objective, `99% < 26h`, and here the metric that is read"
                }
                Type::Scalar | Type::String | Type::Vector => "query at least one metric",
            };
            problems.push(
                Problem::error(
                    Code::PromqlType,
                    whole(query),
                    format!("this is {}, but an instant vector is needed", kind.description()),
                )
                .help(help),
            );
            return None;
        }
        self.note(&expr, query, Role::State);
        Some(without_parens(&expr))
    }

    /// Sums and differences of counter selectors.
    pub fn terms(&mut self, query: &Scalar, role: Role, problems: &mut Vec<Problem>) -> Option<Vec<Term>> {
        let before = problems.len();
        let Some((expr, _)) = self.read(query, problems) else {
            // The range of another tool: `[{{.window}}]`.
            if let ([problem], Some(bare)) = (&mut problems[before..], in_foreign_range(&query.text)) {
                problem.help.clear();
                *problem = problem
                    .clone()
                    .label("a placeholder of another tool; the rules choose the range themselves")
                    .spelled(
                        format!("write the bare counter: `{bare}`"),
                        whole(query),
                        query.spelling().of(&bare),
                    );
            }
            return None;
        };
        self.note(&expr, query, role);
        let mut terms = Vec::new();
        collect(&expr, false, (query, role), &mut terms, problems).then_some(terms)
    }

    /// `condition`
    pub fn condition(&mut self, query: &Scalar, problems: &mut Vec<Problem>) -> Option<Sli> {
        if let Some(problem) = several_comparisons(query) {
            problems.push(problem);
            return None;
        }
        let expr = self.vector(query, problems)?;
        let compares = |op| matches!(op, Op::Eq | Op::Ne | Op::Lt | Op::Le | Op::Gt | Op::Ge);
        match &expr.kind {
            Kind::Binary(binary) if compares(binary.op) && !binary.bool => {
                if let Some(problem) = chained(binary, query) {
                    problems.push(problem);
                    return None;
                }
                let mut bad = binary.clone();
                bad.op = binary.op.opposite();
                Some(Sli::Checked { bad: Kind::Binary(bad).into(), good: expr })
            }
            _ => {
                let problem = Problem::error(
                    Code::PromqlType,
                    whole(query),
                    "a condition must be a comparison that is true while all is well",
                )
                .label("its outermost operator must be one of `== != < <= > >=`, without `bool`");
                problems.push(match is_named_up(&expr) {
                    true => {
                        let compared = format!("{} == 1", query.text.trim());
                        problem.spelled(
                            format!("write `{compared}`"),
                            whole(query),
                            query.spelling().of(&compared),
                        )
                    }
                    false => problem.help(format!(
                        "write what is true while all is well, such as `{} < 100`",
                        expr.selectors().first().map_or("queue_length", |one| {
                            query.text.get(one.span.start..one.span.end).unwrap_or_default()
                        })
                    )),
                });
                None
            }
        }
    }

    /// `bad_ratio`
    pub fn ratio(&mut self, query: &Scalar, problems: &mut Vec<Problem>) -> Option<Sli> {
        let (expr, kind) = self.read(query, problems)?;
        match placeholder(&expr) {
            Some("window") if kind == Type::Vector => {}
            // Gauges have a ratio at every moment.
            None if kind == Type::Vector && of_moments(&expr) => {}
            Some("window") => {
                problems.push(
                    Problem::error(
                        Code::PromqlType,
                        whole(query),
                        format!("this is {}, but an instant vector is needed", kind.description()),
                    )
                    .help("aggregate: `sum(rate(a[$window])) / sum(rate(b[$window]))`"),
                );
                return None;
            }
            found => {
                if let Some(name) = found {
                    let (headline, meant) =
                        (format!("nothing fills in `${name}`"), in_ranges(&query.text, "$window"));
                    let problem = Problem::error(Code::PromqlSyntax, of_variable(query, name), headline)
                        .label("only `$window` is known here");
                    problems.push(problem.spelled(
                        format!("write `{meant}`"),
                        whole(query),
                        query.spelling().of(&meant),
                    ));
                    return None;
                }
                let headline = "the ratio does not use `$window`";
                let problem = Problem::error(Code::PromqlSyntax, whole(query), headline)
                    .help("write `$window` as the range: `rate(errors_total[$window])`");
                problems.push(match of_counters(&expr) {
                    Some((bad, total)) => problem.help(format!(
                        "or count the events: `bad: {bad}` and `total: {total}`, without `bad_ratio`"
                    )),
                    None => problem,
                });
                return None;
            }
        }
        all_values(&expr, query, "bad_ratio", problems)?;
        if let Some(problem) = percentage(&expr, query) {
            problems.push(problem);
            return None;
        }
        self.note(&expr, query, Role::State);
        Some(Sli::Ratio { bad: without_parens(&expr) })
    }
}

/// Whether an expression reads only instant values, and none from a metric with the name of a counter.
fn of_moments(expr: &Expr) -> bool {
    let counts = |selector: &&Selector| {
        let name = selector.name.as_deref().unwrap_or_default();
        name.is_empty() || ["_total", "_count", "_sum", "_bucket"].iter().any(|end| name.ends_with(end))
    };
    let selectors = expr.selectors();
    !expr.reads_ranges() && !selectors.is_empty() && !selectors.iter().any(counts)
}

/// A selector with its places in the file.
pub(super) fn reading(selector: &Selector, role: Role, query: &Scalar) -> MetricRead {
    let place = |span: promql::ast::Span| query.place(span.start, span.end);
    let matchers = || selector.matchers.iter();
    MetricRead {
        selector: selector.clone(),
        role,
        name: place(places::name(&query.text, selector)),
        matchers: matchers().map(|matcher| place(matcher.span)).collect(),
        labels: matchers().map(|matcher| place(places::label(&query.text, matcher))).collect(),
        place: place(selector.span),
        spelling: query.spelling(),
    }
}

/// Splits a sum into its counters; false if it has other parts.
fn collect(
    expr: &Expr,
    negative: bool,
    written: (&Scalar, Role),
    terms: &mut Vec<Term>,
    problems: &mut Vec<Problem>,
) -> bool {
    let (query, role) = written;
    let place = query.place(expr.span.start, expr.span.end);
    match &expr.kind {
        Kind::Paren(inner) => collect(inner, negative, written, terms, problems),
        Kind::Unary { negative: minus, expr } => collect(expr, negative ^ minus, written, terms, problems),
        Kind::Binary(binary)
            if binary.op == Op::Sub && is_hyphen(&query.text, &binary.left, &binary.right) =>
        {
            let (name, rest) = query.text.split_at(query.text.find('{').unwrap_or(query.text.len()));
            let meant = format!("{}{rest}", name.replace('-', "_"));
            problems.push(
                Problem::error(
                    Code::PromqlSyntax,
                    place,
                    "`-` subtracts here: a metric has no `-` in its name",
                )
                .spelled(
                    format!("write `{meant}`"),
                    whole(query),
                    query.spelling().of(&meant),
                ),
            );
            false
        }
        Kind::Binary(binary)
            if binary.op == Op::Sub
                && matches!(&binary.left.kind, Kind::Number(_))
                && !binary.right.selectors().is_empty() =>
        {
            let problem = Problem::error(
                Code::NotACounterSelector,
                place,
                "a number minus a counter does not count events",
            );
            let span = binary.right.selectors()[0].span;
            let counter = query.text.get(span.start..span.end).unwrap_or_default();
            problems.push(match role {
                Role::Bad => {
                    problem.help(format!("count the good events instead: `good: {counter}`, without `bad`"))
                }
                Role::Good => {
                    problem.help(format!("count the bad events instead: `bad: {counter}`, without `good`"))
                }
                _ => problem.help(format!("write the bare counter: `{counter}`")),
            });
            false
        }
        Kind::Binary(binary) if matches!(binary.op, Op::Add | Op::Sub) && binary.matching.is_none() => {
            let left = collect(&binary.left, negative, written, terms, problems);
            let right = collect(&binary.right, negative ^ (binary.op == Op::Sub), written, terms, problems);
            left && right
        }
        Kind::Selector(selector) if selector.name.is_some() => {
            terms.push(Term { negative, counter: Counter::Plain((**selector).clone()) });
            true
        }
        Kind::Selector(_) => {
            problems.push(
                Problem::error(Code::NotACounterSelector, place, "a counter selector must name its metric")
                    .help("write the metric's name before the braces"),
            );
            false
        }
        Kind::Range { selector, .. } => {
            let bare = query.text.get(selector.span.start..selector.span.end).unwrap_or_default();
            problems.push(
                Problem::error(
                    Code::PromqlType,
                    place,
                    "this is a range vector, but a counter selector is needed",
                )
                .label("the rules choose the range themselves")
                .spelled(format!("write `{bare}`"), place, query.spelling().of(bare)),
            );
            false
        }
        _ => {
            if compares(expr) {
                problems.push(compared(expr, place, role));
                return false;
            }
            let inner = expr.selectors().first().map(|selector| selector.span);
            let problem = Problem::error(
                Code::NotACounterSelector,
                place,
                "only counter selectors are allowed here, and their sums and differences",
            )
            .label("the rules compute increases and sums themselves");
            let bare = inner.and_then(|span| query.text.get(span.start..span.end));
            let problem = match &expr.kind {
                Kind::Call { function, .. } if of_gauges(function) => problem.help(
                    "a gauge is not a counter: say which values are good, in a `condition` such as `queue_length < 100`",
                ),
                _ => problem,
            };
            let divided = matches!(&expr.kind, Kind::Binary(binary) if binary.op == Op::Div);
            problems.push(match bare {
                Some(_) if divided => match expr.selectors().as_slice() {
                    [one, total] => {
                        let key = if role == Role::Good { "good" } else { "bad" };
                        let [one, total] = [one, total].map(|one| &query.text[one.span.start..one.span.end]);
                        problem.help(format!("write the two counters: `{key}: {one}` and `total: {total}`"))
                    }
                    _ => problem.help("write the two counters, one as `bad` and the other as `total`"),
                },
                Some(bare) => {
                    let problem = problem.help(format!("write the bare counter: `{bare}`"));
                    match grouped(expr).filter(|_| role == Role::Total) {
                        Some(labels) => problem.help(format!(
                            "if each value needs a promise of its own, write `by: [{labels}]` in the SLO"
                        )),
                        None => problem,
                    }
                }
                None if matches!(expr.kind, Kind::Number(_)) => problem
                    .help("write the selector of a counter, such as `http_requests_total`")
                    .help("a series that is 1 while all is well, and else 0, is a `probe`: `sli: { probe: probe_success }`"),
                None => problem.help("write the selector of a counter"),
            });
            false
        }
    }
}

/// The problem of a query in another language, or of an address.
fn no_promql(query: &Scalar) -> Option<Problem> {
    let text = query.text.trim();
    if text.starts_with("http://") || text.starts_with("https://") {
        let problem = Problem::error(Code::PromqlSyntax, whole(query), "this is an address, not a query");
        return Some(problem.label("slowburn sends no requests to it").help(
            "let Prometheus check it, with the blackbox exporter, and write its metric: `probe_success{job=\"web\"}`",
        ));
    }
    let language = promql::other_languages::recognised(text)?;
    let headline = format!("this is {language}, not PromQL");
    let problem = Problem::error(Code::PromqlSyntax, whole(query), headline);
    Some(
        problem.help(
            "write the metric that Prometheus has: `http_requests_total{job=\"api\", status=~\"5..\"}`",
        ),
    )
}

/// Whether this is a series such as `up`, which is 1 in the good state.
fn is_named_up(expr: &Expr) -> bool {
    match &without_parens(expr).kind {
        Kind::Selector(selector) => selector.name.as_deref().is_some_and(vocabulary::is_named_up),
        _ => false,
    }
}

/// Whether a function is only for gauges.
fn of_gauges(function: &str) -> bool {
    const OTHERS: [&str; 5] = ["delta", "idelta", "deriv", "predict_linear", "double_exponential_smoothing"];
    function.ends_with("_over_time") || OTHERS.contains(&function)
}

/// The name of the first `$name` in the place of a duration.
fn placeholder(expr: &Expr) -> Option<&str> {
    let mut found = None;
    expr.visit(&mut |part| {
        let time = match &part.kind {
            Kind::Range { range, .. } | Kind::Subquery { range, .. } => Some(range),
            _ => None,
        };
        if let (None, Some(Time::Placeholder(name))) = (found, time) {
            found = Some(name.as_str());
        }
    });
    found
}

/// Matchers whose value is a placeholder of a template or of Grafana: nothing fills it in here.
fn unfilled<'a>(selector: &'a Selector, query: &'a Scalar) -> impl Iterator<Item = Problem> + 'a {
    selector.matchers.iter().filter_map(|matcher| {
        let value = &matcher.value;
        let found = Placeholder::all(value).find(|found| {
            let written = &value[found.place.clone()];
            // Braces may be the text of a value that exists, unless they name their own label.
            let in_braces = written.starts_with("{{");
            found.is_certain(value) && !in_braces
                || found.place == (0..value.len()) && found.name == matcher.label
        })?;
        let written = &value[found.place];
        let problem = Problem::error(
            Code::UnmatchedValue,
            query.place(matcher.span.start, matcher.span.end),
            format!("nothing fills in `{written}`: to Prometheus it is plain text"),
        )
        .label("only a series with exactly this value would be selected");
        let (label, name) = (&matcher.label, found.name);
        let name = name.replace(['-', '.'], "_");
        Some(match written.starts_with("<<") {
            true => problem.help(format!(
                "write the value itself: `{label}=\"…\"`; only a template with `parameters: {{ {name}: }}` and `instances` fills in `<<{name}>>`"
            )),
            false => problem.help(format!(
                "write the value itself: `{label}=\"…\"`, or remove the matcher and keep the label: `by: [{label}]`"
            )),
        })
    })
}

/// Checks that a query returns every value, also the bad ones. A comparison without `bool` drops series.
pub(super) fn all_values(expr: &Expr, query: &Scalar, key: &str, problems: &mut Vec<Problem>) -> Option<()> {
    let Some(filter) = filtering(expr) else { return Some(()) };
    let Kind::Binary(binary) = &filter.kind else { return Some(()) };
    let place = query.place(filter.span.start, filter.span.end);
    let is_number = |side: &Expr| side.selectors().is_empty();
    let kept = if is_number(&binary.left) { &binary.right } else { &binary.left };
    let text = query.text.get(kept.span.start..kept.span.end).unwrap_or_default();
    let headline = format!("`{key}` must return every series, and this comparison leaves some out");
    let problem = Problem::error(Code::PromqlType, place, headline).label(match key {
        "probe" => "a series that it leaves out is not counted at all, so its failures are not seen",
        "freshness" => "a timestamp that it leaves out is never too old",
        _ => "a ratio that it leaves out is not measured",
    });
    let problem = problem.spelled(format!("write `{text}`"), place, query.spelling().of(text));
    let whole_query = filter.span.start == 0 && filter.span.end == query.text.len();
    problems.push(match key {
        "probe" if whole_query && is_number(&binary.left) != is_number(&binary.right) => {
            let condition = query.text.replace('\'', "''");
            problem
                .help(format!("or say what is true while all is well: `sli: {{ condition: '{condition}' }}`"))
        }
        _ => problem,
    });
    None
}

/// A comparison that drops series of the result.
fn filtering(expr: &Expr) -> Option<&Expr> {
    match &expr.kind {
        Kind::Paren(inner) | Kind::Unary { expr: inner, .. } | Kind::Aggregate { expr: inner, .. } => {
            filtering(inner)
        }
        Kind::Binary(binary) if binary.op.is_comparison() => (!binary.bool).then_some(expr),
        Kind::Binary(binary) => match binary.op {
            Op::Or => filtering(&binary.left).or_else(|| filtering(&binary.right)),
            Op::And | Op::Unless => filtering(&binary.left),
            _ => None,
        },
        Kind::Number(_) | Kind::String(_) | Kind::Selector(_) | Kind::Range { .. } => None,
        Kind::Subquery { .. } | Kind::Call { .. } => None,
    }
}

/// The labels after `by` of an aggregation, as a list.
fn grouped(expr: &Expr) -> Option<String> {
    match &expr.kind {
        Kind::Aggregate { grouping: Some(grouping), .. } if !grouping.without => {
            let labels: Vec<&str> =
                grouping.labels.iter().map(String::as_str).filter(|label| *label != "le").collect();
            (!labels.is_empty() && labels.len() <= 10).then(|| labels.join(", "))
        }
        _ => None,
    }
}
