//! Answers to requests of the editor about a place in a text.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use slowburn::editor::{self, Lines, Place, Project, Range};
use slowburn::inert;
use slowburn::source::{SourceId, Span};

use super::diagnostics::{Places, diagnostic};

/// The requests that are supported.
pub const METHODS: [&str; 4] =
    ["textDocument/codeAction", "textDocument/hover", "textDocument/completion", "textDocument/definition"];

/// The capabilities that are announced to the editor.
pub fn capabilities() -> Value {
    json!({
        "codeActionProvider": { "codeActionKinds": [QUICK_FIX] },
        "hoverProvider": true,
        "definitionProvider": true,
        "completionProvider": { "triggerCharacters": ["{", "\"", "(", ",", " ", "|"] },
    })
}

const QUICK_FIX: &str = "quickfix";

/// The answer; null if there is none.
pub fn answer(method: &str, params: &Value, source: SourceId, places: &Places) -> Value {
    match method {
        "textDocument/codeAction" => actions(params, source, places),
        "textDocument/hover" => hover(params, source, places),
        "textDocument/completion" => completion(params, source, places),
        "textDocument/definition" => definition(params, source, places),
        _ => Value::Null,
    }
}

/// The project, and the byte offset of the editor's position.
fn project_and_offset<'a>(
    params: &Value,
    source: SourceId,
    places: &Places<'a>,
) -> Option<(Project<'a>, usize)> {
    let project = places.checked.editor_project();
    let place: Place = serde_json::from_value(params["position"].clone()).ok()?;
    Some((project, Lines::of(&project.sources.file(source).text, places.encoding).offset(place)))
}

fn hover(params: &Value, source: SourceId, places: &Places) -> Value {
    let Some((project, offset)) = project_and_offset(params, source, places) else { return Value::Null };
    let Some(hover) = editor::hover(project, source, offset) else { return Value::Null };
    let contents = json!({ "kind": "markdown", "value": hover.markdown });
    json!({ "contents": contents, "range": places.range(hover.span) })
}

fn completion(params: &Value, source: SourceId, places: &Places) -> Value {
    let Some((project, offset)) = project_and_offset(params, source, places) else { return Value::Null };
    let items = editor::completion(project, source, offset);
    let ranges: BTreeMap<Span, Value> =
        items.iter().map(|item| (item.span, places.range(item.span))).collect();
    let completion = |(at, item): (usize, editor::CompletionItem)| {
        let mut completion = json!({
            "label": inert::line(&item.label),
            "kind": kind(item.kind),
            // Keep our order, with the most frequent completions first. Editors would sort by name.
            "sortText": format!("{at:05}"),
            "textEdit": { "range": ranges[&item.span], "newText": item.text },
        });
        if !item.detail.is_empty() {
            completion["detail"] = json!(item.detail);
        }
        if !item.documentation.is_empty() {
            completion["documentation"] = json!({ "kind": "markdown", "value": item.documentation });
        }
        completion
    };
    let items: Vec<Value> = items.into_iter().enumerate().map(completion).collect();
    json!({ "isIncomplete": false, "items": items })
}

/// The number of a completion's kind in the protocol. Editors choose an icon by it.
fn kind(kind: editor::Kind) -> u8 {
    match kind {
        editor::Kind::Key => 10,
        editor::Kind::Word => 20,
        editor::Kind::Name => 18,
        editor::Kind::File => 17,
        editor::Kind::Metric => 6,
        editor::Kind::Label => 5,
        editor::Kind::LabelValue => 12,
        editor::Kind::Function => 3,
    }
}

fn definition(params: &Value, source: SourceId, places: &Places) -> Value {
    let Some((project, offset)) = project_and_offset(params, source, places) else { return Value::Null };
    editor::definition(project, source, offset).into_iter().map(|span| places.location(span)).collect()
}

/// The bytes of a range that the editor gives.
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
