//! What is answered to a question about a place in a text.

use serde_json::{Value, json};
use slowburn::editor::{self, Lines, Place, Range};
use slowburn::source::{SourceId, Span};

use super::diagnostics::{Places, diagnostic};

/// The questions that are answered.
pub const METHODS: [&str; 1] = ["textDocument/codeAction"];

/// What the editor is told that it may ask.
pub fn capabilities() -> Value {
    json!({
        "codeActionProvider": { "codeActionKinds": [QUICK_FIX] },
    })
}

const QUICK_FIX: &str = "quickfix";

/// The answer; null where there is nothing to say.
pub fn answer(method: &str, params: &Value, source: SourceId, places: &Places) -> Value {
    match method {
        "textDocument/codeAction" => actions(params, source, places),
        _ => Value::Null,
    }
}

/// The bytes of a range that the editor names.
fn span(range: &Value, source: SourceId, places: &Places) -> Option<Span> {
    let Range { start, end } = serde_json::from_value(range.clone()).ok()?;
    let lines = Lines::of(&places.checked.project.sources.file(source).text, places.encoding);
    let at = |place: Place| lines.offset(place) as u32;
    Some(Span { source, start: at(start), end: at(end).max(at(start)) })
}

fn actions(params: &Value, source: SourceId, places: &Places) -> Value {
    let wanted = params["context"]["only"].as_array();
    let is_wanted = wanted.is_none_or(|kinds| {
        kinds.iter().any(|kind| kind.as_str().is_some_and(|kind| kind.is_empty() || kind == QUICK_FIX))
    });
    let Some(place) = span(&params["range"], source, places).filter(|_| is_wanted) else { return json!([]) };
    let problems = &places.checked.project.compiled.problems;
    let action = |action: editor::Action| {
        let uri = places.uri(&places.checked.path(action.fix.span.source));
        let edit = json!({ "range": places.range(action.fix.span), "newText": action.fix.replacement });
        json!({
            "title": action.title,
            "kind": QUICK_FIX,
            "isPreferred": action.only,
            "diagnostics": [diagnostic(action.problem, places)],
            "edit": { "changes": { uri: [edit] } },
        })
    };
    editor::actions(problems, place).into_iter().map(action).collect()
}
