//! An error in a piece of PromQL, with its place: parser and type checker report errors in this form.

use super::ast::Span;

/// An error for which Prometheus would refuse the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The exact bytes of the error.
    pub span: Span,
    /// One clause, lower case, no full stop.
    pub message: String,
    /// How to correct it, if that is known.
    pub help: Option<String>,
}

impl Fault {
    /// A fault without advice.
    pub(super) fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), help: None }
    }

    /// The same fault without blanks at the ends of its span.
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
