//! Parameters of templates: the meaning of `<<job>>` at a place.

use std::ops::Range;

use super::Project;
use crate::ast::Key;
use crate::inert::code;
use crate::parse::parameters;
use crate::source::SourceId;

/// The name in `<<…>>` at a place, or the part of it that is written before the place.
pub(super) fn named(text: &str, offset: usize) -> Option<Range<usize>> {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let before = text.get(..offset)?.bytes().rev().take_while(is_name).count();
    let start = offset - before;
    let after = text[offset..].bytes().take_while(is_name).count();
    text[..start].ends_with("<<").then_some(start..offset + after)
}

/// The parameters that are allowed at a place, the innermost first, each with its default.
pub(super) fn known(project: Project, source: SourceId, path: &[String]) -> Vec<(Key, Option<String>)> {
    parameters(source, &project.sources.file(source).text, path)
}

/// The description of a parameter.
pub(super) fn described(project: Project, source: SourceId, path: &[String], name: &str) -> Option<String> {
    if name == "name" {
        return Some("The name of the instance.".to_owned());
    }
    let (key, default) = known(project, source, path).into_iter().find(|(key, _)| key.text == name)?;
    let key = code(&key.text);
    Some(match default {
        Some(default) => {
            format!("The parameter {key} of the template. Default: {}", code(&default))
        }
        None => format!("The parameter {key} of the template. Every instance sets it."),
    })
}
