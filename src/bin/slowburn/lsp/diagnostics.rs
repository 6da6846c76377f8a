//! Problems in the format of the language server protocol.

use std::path::Path;

use serde_json::{Value, json};
use slowburn::diagnostic::{Level, Problem};
use slowburn::editor::{Encoding, Lines};
use slowburn::inert;
use slowburn::secret;
use slowburn::source::Span;

use super::documents::Documents;
use super::project::Checked;
use super::uri;

/// What is needed to give places to the editor.
pub struct Places<'a> {
    /// The texts.
    pub checked: &'a Checked,
    /// The open documents, for the editor's spelling of their names.
    pub documents: &'a Documents,
    /// What columns count.
    pub encoding: Encoding,
    /// Whether the editor shows related places of a problem.
    pub related: bool,
}

impl Places<'_> {
    /// The address of a file.
    pub fn uri(&self, path: &Path) -> String {
        self.documents.get(path).map_or_else(|| uri::of(path), |document| document.uri.clone())
    }

    /// The range of a span in its file.
    pub fn range(&self, span: Span) -> Value {
        let lines = Lines::of(&self.checked.project.sources.file(span.source).text, self.encoding);
        json!(lines.range(span.start as usize, span.end as usize))
    }

    /// A span with its file.
    pub fn location(&self, span: Span) -> Value {
        json!({ "uri": self.uri(&self.checked.path(span.source)), "range": self.range(span) })
    }
}

/// A problem. If the editor cannot show related places, they are added to the message.
pub fn diagnostic(problem: &Problem, places: &Places) -> Value {
    let mut message = problem.headline.clone();
    if !problem.primary.text.is_empty() {
        message += &format!("\n{}", problem.primary.text);
    }
    let second = |text: &str| if text.is_empty() { "here, too".to_owned() } else { text.to_owned() };
    if !places.related {
        for label in &problem.secondary {
            let file = places.checked.project.sources.file(label.span.source);
            let place = places.checked.project.sources.position(label.span.source, label.span.start);
            message += &format!("\n{}:{}: {}", file.path, place.line, second(&label.text));
        }
    }
    for help in &problem.help {
        message += &format!("\nhelp: {}", help.text);
    }
    let mut diagnostic = json!({
        "range": places.range(problem.primary.span),
        "severity": match problem.level { Level::Error => 1, Level::Warning => 2 },
        "code": problem.code.name(),
        "source": "slowburn",
        "message": inert::bounded(&secret::masked(&inert::text(&message))),
    });
    if places.related && !problem.secondary.is_empty() {
        let label = |label: &slowburn::diagnostic::Label| json!({ "location": places.location(label.span), "message": inert::bounded(&inert::text(&second(&label.text))) });
        diagnostic["relatedInformation"] = problem.secondary.iter().map(label).collect();
    }
    diagnostic
}
