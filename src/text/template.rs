//! The user's templates: a subset of minijinja that cannot fail.
//!
//! A template may contain names in `<< >>`, and `<% if %>` with names. Everything else in minijinja (loops, filters, arithmetic) may fail for some
//! alerts, or never end, so it is refused when the sources are read. **Invariant:** a valid template renders with all values, in a time that its
//! length limits. Long templates are refused before minijinja parses them, so that a small stack is enough. Values that Prometheus fills in can be
//! printed but not compared: they are not known yet when the rules are written.

use std::ops::Range;

use minijinja::machinery::ast::{BinOpKind, CompareOpKind, Expr, Stmt, UnaryOpKind};
use minijinja::machinery::{Span, Token, parse, tokenize};

use super::SYNTAX;

/// A fault of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The place, in bytes of the template.
    pub place: Range<usize>,
    /// The kind of fault.
    pub kind: FaultKind,
}

/// The kinds of faults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// It cannot be parsed.
    Syntax(String),
    /// More than [`MOST_BYTES`] or [`MOST_WORDS`].
    Long,
    /// A name that does not exist for this kind of text.
    Unknown(String),
    /// Other syntax than names and conditions on names.
    Refused,
    /// A comparison of a value that is known only when the alert fires.
    Compared(String),
    /// `{{`, which only Prometheus could evaluate.
    Prometheus,
    /// The template is empty.
    Empty,
}

/// The names for one kind of text.
#[derive(Clone, Copy, Debug)]
pub struct Names {
    /// All of them.
    pub all: &'static [&'static str],
    /// The names that Prometheus fills in.
    pub later: &'static [&'static str],
}

/// Longest template, in bytes. The built-in ones are much shorter.
pub const MOST_BYTES: usize = 4096;

/// Limit for the names, words and signs in a template's tags, with their delimiters. Minijinja limits the depth of parentheses and blocks, but not of
/// `elif`, `and`, `or`, `not` and `-`, each of which is a recursive call.
pub const MOST_WORDS: usize = 500;

/// All faults of a template; if it cannot be parsed, the first one.
pub fn faults(template: &str, names: Names) -> Vec<Fault> {
    if template.trim().is_empty() {
        return vec![Fault { place: 0..template.len(), kind: FaultKind::Empty }];
    }
    if let Some(at) = template.find("{{") {
        return vec![Fault { place: at..at + 2, kind: FaultKind::Prometheus }];
    }
    if let Some(place) = excess(template) {
        return vec![Fault { place, kind: FaultKind::Long }];
    }
    let read = match parse(template, "text", SYNTAX.clone()) {
        Ok(read) => read,
        Err(error) => {
            let message = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
            // For a string without an end, minijinja gives a place behind the template.
            let place = error.range().unwrap_or(0..template.len());
            let place = place.start.min(template.len())..place.end.min(template.len());
            return vec![Fault { place, kind: FaultKind::Syntax(message) }];
        }
    };
    let mut reading = TemplateReader { names, faults: Vec::new() };
    reading.statement(&read);
    reading.faults
}

/// The place from which a template is too long. If the lexer fails earlier, the parser will, too.
fn excess(template: &str) -> Option<Range<usize>> {
    if template.len() > MOST_BYTES {
        let within = (0..=MOST_BYTES).rev().find(|at| template.is_char_boundary(*at)).unwrap_or_default();
        return Some(within..template.len());
    }
    let words = tokenize(template, false, SYNTAX.clone()).map_while(Result::ok);
    let written = words.filter(|(token, _)| !matches!(token, Token::TemplateData(_)));
    written.map(|(_, span)| bytes(span)).nth(MOST_WORDS)
}

fn bytes(span: Span) -> Range<usize> {
    span.start_offset as usize..span.end_offset as usize
}

struct TemplateReader {
    names: Names,
    faults: Vec<Fault>,
}

impl TemplateReader {
    fn statements(&mut self, statements: &[Stmt]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Stmt) {
        match statement {
            Stmt::Template(template) => self.statements(&template.children),
            Stmt::EmitRaw(_) => {}
            Stmt::EmitExpr(emitted) => match &emitted.expr {
                Expr::Var(name) => self.name(name.id, name.span()),
                Expr::Const(_) => {}
                other => self.fault(other.span(), FaultKind::Refused),
            },
            Stmt::IfCond(condition) => {
                self.condition(&condition.expr);
                self.statements(&condition.true_body);
                self.statements(&condition.false_body);
            }
            other => self.fault(span(other), FaultKind::Refused),
        }
    }

    /// A condition: whether a value is there, or whether it has a certain value.
    fn condition(&mut self, expr: &Expr) {
        match expr {
            Expr::Var(name) => self.name(name.id, name.span()),
            Expr::Const(_) => {}
            Expr::UnaryOp(not) if matches!(not.op, UnaryOpKind::Not) => self.condition(&not.expr),
            Expr::BinOp(both) if matches!(both.op, BinOpKind::ScAnd | BinOpKind::ScOr) => {
                self.condition(&both.left);
                self.condition(&both.right);
            }
            Expr::BinOp(sides) if matches!(sides.op, BinOpKind::Eq | BinOpKind::Ne) => {
                self.compared(&sides.left);
                self.compared(&sides.right);
            }
            Expr::Compare(chain)
                if chain.ops.iter().all(|op| matches!(op.op, CompareOpKind::Eq | CompareOpKind::Ne)) =>
            {
                self.compared(&chain.expr);
                for op in &chain.ops {
                    self.compared(&op.expr);
                }
            }
            other => self.fault(other.span(), FaultKind::Refused),
        }
    }

    fn compared(&mut self, expr: &Expr) {
        match expr {
            Expr::Var(name) if self.names.later.contains(&name.id) => {
                self.fault(name.span(), FaultKind::Compared(name.id.to_owned()));
            }
            Expr::Var(name) => self.name(name.id, name.span()),
            Expr::Const(_) => {}
            other => self.fault(other.span(), FaultKind::Refused),
        }
    }

    fn name(&mut self, name: &str, span: Span) {
        if !self.names.all.contains(&name) {
            self.fault(span, FaultKind::Unknown(name.to_owned()));
        }
    }

    fn fault(&mut self, span: Span, kind: FaultKind) {
        self.faults.push(Fault { place: bytes(span), kind });
    }
}

fn span(statement: &Stmt) -> Span {
    match statement {
        Stmt::Template(node) => node.span(),
        Stmt::EmitExpr(node) => node.span(),
        Stmt::EmitRaw(node) => node.span(),
        Stmt::ForLoop(node) => node.span(),
        Stmt::IfCond(node) => node.span(),
        Stmt::WithBlock(node) => node.span(),
        Stmt::Set(node) => node.span(),
        Stmt::SetBlock(node) => node.span(),
        Stmt::AutoEscape(node) => node.span(),
        Stmt::FilterBlock(node) => node.span(),
        Stmt::Do(node) => node.span(),
        Stmt::Block(node) => node.span(),
        Stmt::Import(node) => node.span(),
        Stmt::FromImport(node) => node.span(),
        Stmt::Extends(node) => node.span(),
        Stmt::Include(node) => node.span(),
        Stmt::Macro(node) => node.span(),
        Stmt::CallBlock(node) => node.span(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const NAMES: Names = Names { all: &["service", "page", "burn_rate"], later: &["burn_rate"] };

    fn kinds(template: &str) -> Vec<(String, FaultKind)> {
        let at = |fault: Fault| (template[fault.place].to_owned(), fault.kind);
        faults(template, NAMES).into_iter().map(at).collect()
    }

    #[test]
    fn names_and_conditions_are_valid_templates() {
        for template in [
            "plain { } } text",
            "<< service >>: << burn_rate >>",
            "<% if page and not service == \"api\" %>a<% elif burn_rate %>b<% else %>c<% endif %>",
            "<# why #>x",
            "<< 'a' >>",
        ] {
            assert_eq!(kinds(template), [], "{template}");
        }
    }

    #[test]
    fn templates_that_could_fail_are_refused() {
        let refused = |text: &str| (text.to_owned(), FaultKind::Refused);
        assert_eq!(kinds("<< service | upper >>"), [refused("upper")]);
        assert_eq!(kinds("<< service * 9 >>"), [refused("service * 9")]);
        assert_eq!(kinds("<% if service > 3 %>x<% endif %>"), [refused("if service > 3")]);
        assert_eq!(kinds("<% if service.x %>x<% endif %>"), [refused("service.x")]);
        for statement in
            ["for x in service", "set x = 1", "macro x()", "include 'x'", "extends 'x'", "with x = 1"]
        {
            let end = statement.split(' ').next().unwrap_or_default();
            let ends = !["include", "extends", "set"].contains(&end);
            let template =
                format!("<% {statement} %>{}", if ends { format!("<% end{end} %>") } else { String::new() });
            assert!(
                kinds(&template).iter().any(|(_, kind)| *kind == FaultKind::Refused),
                "{template}: {:?}",
                kinds(&template)
            );
        }
    }

    #[test]
    fn names_are_checked_in_every_branch() {
        let unknown = |name: &str| (name.to_owned(), FaultKind::Unknown(name.to_owned()));
        assert_eq!(
            kinds("<< servce >><% if pag %><< x >><% elif false %><< y >><% else %><< z >><% endif %>"),
            [unknown("servce"), unknown("pag"), unknown("x"), unknown("y"), unknown("z")]
        );
        assert_eq!(
            kinds("<% if burn_rate == \"2\" %>x<% endif %>"),
            [("burn_rate".to_owned(), FaultKind::Compared("burn_rate".to_owned()))]
        );
    }

    #[test]
    fn a_syntax_error_has_one_place() {
        assert_eq!(kinds("a {{ $value }}"), [("{{".to_owned(), FaultKind::Prometheus)]);
        assert_eq!(kinds(" \n"), [(" \n".to_owned(), FaultKind::Empty)]);
        for template in ["<% if page %>x", "<< service", "<< >>", "<% endif %>", "<< 'x >>"] {
            let kinds = kinds(template);
            assert!(matches!(kinds[..], [(_, FaultKind::Syntax(_))]), "{template}: {kinds:?}");
        }
    }

    /// Templates that nest one thing `count` times.
    fn deep(count: usize) -> Vec<String> {
        let around = |open: &str, middle: &str, close: &str| {
            format!("{}{middle}{}", open.repeat(count), close.repeat(count))
        };
        let asked = |condition: String| format!("<% if {condition} %>x<% endif %>");
        vec![
            around("<% if page %>", "x", "<% endif %>"),
            format!("<% if page %>a{}<% endif %>", "<% elif page %>b".repeat(count)),
            format!("<% if page %>a{}<% endif %>", "<%elif 1%>".repeat(count)),
            format!("<% if page %>a{}<% endif %>", "<% else if page %>".repeat(count)),
            asked(around("not ", "page", "")),
            asked(around("page and ", "page", "")),
            asked(around("page or ", "page", "")),
            asked(around("page == ", "page", "")),
            asked(around("page + ", "page", "")),
            asked(around("page ~ ", "page", "")),
            asked(around("page ** ", "page", "")),
            asked(around("page if page else ", "page", "")),
            asked(around("-", "1", "")),
            asked(around("(", "page", ")")),
            asked(around("[", "page", "]")),
            asked(around("{1:", "page", "}")),
            asked(around("", "page", ".x")),
            asked(around("", "page", "|x")),
            asked(around("", "page", "(x)")),
            asked(around("", "page", "[x]")),
            asked(around("", "page", " is x")),
            asked(around("-", "1", "|x")),
            around("<% raw %>", "x", "<% endraw %>"),
            around("<#", "x", "#>"),
            around("<% for x in page %>", "x", "<% endfor %>"),
            around("<% filter x %>", "x", "<% endfilter %>"),
            around("<% set x %>", "x", "<% endset %>"),
            around("<% macro x() %>", "x", "<% endmacro %>"),
            around("<< ", "page", " >>"),
            around("<", "<", "<"),
            "é".repeat(count),
        ]
    }

    #[test]
    fn deep_templates_are_refused_or_rendered_on_a_small_stack() {
        let read = || {
            let environment = &*super::super::ENVIRONMENT;
            let values = BTreeMap::from([("service", "a"), ("page", "b"), ("burn_rate", "c")]);
            for count in [1, 40, 80, 120, 124, 125, 160, 200, 245, 250, 490, 500, 1000, 5000, 100_000] {
                for template in deep(count) {
                    let kinds = kinds(&template);
                    if kinds.is_empty() {
                        environment
                            .render_str(&template, &values)
                            .expect("a template without a fault renders");
                    }
                    if template.len() > MOST_BYTES {
                        assert!(matches!(kinds[..], [(_, FaultKind::Long)]), "{template}");
                    }
                }
            }
        };
        // The default size of a thread's stack.
        let small = std::thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(read).expect("a thread");
        small.join().expect("no overflow, which would end the process, and nothing else");
    }
}
