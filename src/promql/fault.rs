//! What is wrong with a piece of PromQL, and where: the one shape in which parser and type checker complain.

use super::ast::Span;

/// One thing that Prometheus would refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The very bytes at fault.
    pub span: Span,
    /// One clause, lower case, no full stop.
    pub message: String,
    /// What to write instead, where that is known.
    pub help: Option<String>,
}

impl Fault {
    /// A fault without advice.
    pub(super) fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), help: None }
    }

    /// The same fault with blanks at the ends of its span left out.
    pub(super) fn trimmed(mut self, text: &str) -> Self {
        if let Some(inner) = text.get(self.span.start..self.span.end) {
            let start = self.span.start + inner.len() - inner.trim_start().len();
            self.span = Span { start, end: start + inner.trim().len() };
        }
        self
    }

    /// The same fault with advice.
    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}
