//! Templates of authors: the part of minijinja in which nothing can fail.
//!
//! An author's text is names in `<< >>` and `<% if %>` about names. All else that minijinja knows (loops, filters, arithmetic) can fail for
//! one alert and not for another, or not end, so it is refused when the sources are read. **Invariant:** a template without a fault renders,
//! with whatever values, in time that its length bounds. What Prometheus fills in may be printed and not compared: in a rule it is not known yet.

use std::ops::Range;

use minijinja::machinery::ast::{BinOpKind, CompareOpKind, Expr, Stmt, UnaryOpKind};
use minijinja::machinery::{Span, parse};

use super::SYNTAX;

/// What is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where, in bytes of the template.
    pub place: Range<usize>,
    /// What.
    pub kind: FaultKind,
}

/// What can be wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// It cannot be read.
    Syntax(String),
    /// A name that texts of this kind do not have.
    Unknown(String),
    /// Something else than names, and conditions about them.
    Refused,
    /// What is not known before the alert fires is compared.
    Compared(String),
    /// `{{`, which only Prometheus could fill in.
    Prometheus,
    /// Nothing is said.
    Empty,
}

/// The names that texts of one kind have.
#[derive(Clone, Copy, Debug)]
pub struct Names {
    /// All of them.
    pub all: &'static [&'static str],
    /// Those that Prometheus fills in.
    pub later: &'static [&'static str],
}

/// Everything that is wrong with a template; of one that cannot be read, the first.
pub fn faults(template: &str, names: Names) -> Vec<Fault> {
    if template.trim().is_empty() {
        return vec![Fault { place: 0..template.len(), kind: FaultKind::Empty }];
    }
    if let Some(at) = template.find("{{") {
        return vec![Fault { place: at..at + 2, kind: FaultKind::Prometheus }];
    }
    let read = match parse(template, "text", SYNTAX.clone()) {
        Ok(read) => read,
        Err(error) => {
            let said = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
            // A string that does not end is said to end behind the template.
            let place = error.range().unwrap_or(0..template.len());
            let place = place.start.min(template.len())..place.end.min(template.len());
            return vec![Fault { place, kind: FaultKind::Syntax(said) }];
        }
    };
    let mut reading = Reading { names, faults: Vec::new() };
    reading.statement(&read);
    reading.faults
}

struct Reading {
    names: Names,
    faults: Vec<Fault>,
}

impl Reading {
    fn statements(&mut self, statements: &[Stmt]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Stmt) {
        match statement {
            Stmt::Template(template) => self.statements(&template.children),
            Stmt::EmitRaw(_) => {}
            Stmt::EmitExpr(said) => match &said.expr {
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

    /// What is asked is whether something is there, or what it is.
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
        self.faults.push(Fault { place: span.start_offset as usize..span.end_offset as usize, kind });
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
    use super::*;

    const NAMES: Names = Names { all: &["service", "page", "burn_rate"], later: &["burn_rate"] };

    fn kinds(template: &str) -> Vec<(String, FaultKind)> {
        let at = |fault: Fault| (template[fault.place].to_owned(), fault.kind);
        faults(template, NAMES).into_iter().map(at).collect()
    }

    #[test]
    fn names_and_conditions_about_them_are_templates() {
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
    fn what_could_fail_for_one_alert_is_a_fault_for_all() {
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
    fn names_are_held_in_every_branch() {
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
    fn what_cannot_be_read_has_one_place() {
        assert_eq!(kinds("a {{ $value }}"), [("{{".to_owned(), FaultKind::Prometheus)]);
        assert_eq!(kinds(" \n"), [(" \n".to_owned(), FaultKind::Empty)]);
        for template in ["<% if page %>x", "<< service", "<< >>", "<% endif %>", "<< 'x >>"] {
            let kinds = kinds(template);
            assert!(matches!(kinds[..], [(_, FaultKind::Syntax(_))]), "{template}: {kinds:?}");
        }
        let deep = format!("{}x{}", "<% if page %>".repeat(5000), "<% endif %>".repeat(5000));
        assert!(matches!(kinds(&deep)[..], [(_, FaultKind::Syntax(_))]));
    }
}
