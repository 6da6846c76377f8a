//! Removes secrets from problems and sources.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::diagnostic::{Code, Fix, Help, Problem};
use crate::secret;
use crate::source::{SourceFile, SourceId, Sources, Span};

/// Secret parts of each file that a problem points into, in order.
type Hidden = BTreeMap<SourceId, Vec<Range<usize>>>;

/// The problems without secrets, and the sources with stars in their place, of the same length, so that all other places stay the same; `None` if
/// there is nothing to hide.
pub(super) fn hide_secrets(problems: &[Problem], sources: &Sources) -> Option<(Vec<Problem>, Sources)> {
    let mut hidden = Hidden::new();
    let shown: BTreeSet<SourceId> = problems.iter().flat_map(spans).map(|span| span.source).collect();
    for id in shown {
        hidden.insert(id, secret::places(&sources.file(id).text));
    }
    for span in problems.iter().filter_map(|problem| problem.hidden) {
        hidden.entry(span.source).or_default().push(span.start as usize..span.end as usize);
    }
    for ranges in hidden.values_mut() {
        ranges.sort_by_key(|range| (range.start, range.end));
        ranges.dedup();
    }
    hidden.retain(|_, ranges| !ranges.is_empty());
    let words = problems.iter().map(|problem| worded(problem, sources, &hidden)).collect();
    if words == problems && hidden.is_empty() {
        return None;
    }
    let file = |(id, file): (SourceId, &SourceFile)| SourceFile {
        path: secret::masked(&file.path),
        text: hidden.get(&id).map_or_else(|| file.text.clone(), |ranges| starred(&file.text, ranges)),
    };
    Some((words, Sources::new(sources.iter().map(file).collect())))
}

/// All places of a problem.
fn spans(problem: &Problem) -> impl Iterator<Item = Span> {
    let fixes = problem.help.iter().filter_map(|help| help.fix.as_ref().map(|fix| fix.span));
    let labels = problem.secondary.iter().map(|label| label.span);
    [problem.primary.span].into_iter().chain(labels).chain(fixes)
}

/// A text of the same length and with the same line breaks, with stars in the hidden parts.
fn starred(text: &str, hidden: &[Range<usize>]) -> String {
    let mut starred = String::with_capacity(text.len());
    let mut next = hidden.iter().peekable();
    let mut end = 0;
    for (at, c) in text.char_indices() {
        while let Some(range) = next.next_if(|range| range.start <= at) {
            end = end.max(range.end);
        }
        starred.push(match c.len_utf8() {
            _ if at >= end || matches!(c, '\n' | '\r') => c,
            1 => '*',
            2 => '¤',
            3 => '∗',
            _ => '🞶',
        });
    }
    starred
}

/// A problem whose words repeat none of the secrets on its lines. An edit that would repeat one is left out.
fn worded(problem: &Problem, sources: &Sources, hidden: &Hidden) -> Problem {
    /// A shorter secret may be an ordinary word.
    const LEAST: usize = 4;
    /// Limits time for a line of many words.
    const MOST_WORDS: usize = 100;
    /// A longer word with digits and letters is hidden everywhere: a template puts it into other lines.
    const LEAST_ELSEWHERE: usize = 6;
    let mut parts: Vec<&str> = Vec::new();
    for span in spans(problem).chain(problem.hidden) {
        let Some(ranges) = hidden.get(&span.source) else { continue };
        let text = &sources.file(span.source).text;
        let (start, end) = ((span.start as usize).min(text.len()), (span.end as usize).min(text.len()));
        let bytes = text.as_bytes();
        let start = bytes[..start].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let end = bytes[end..].iter().position(|byte| *byte == b'\n').map_or(text.len(), |at| at + end);
        let first = ranges.partition_point(|range| range.end <= start);
        let of_lines = ranges[first..].iter().take_while(|range| range.start < end);
        parts.extend(of_lines.filter_map(|range| text.get(range.clone())));
        let anywhere = ranges.iter().take(MOST_WORDS).filter_map(|range| text.get(range.clone()));
        parts.extend(anywhere.filter(|part| part.len() >= LEAST_ELSEWHERE && is_mixed(part)));
    }
    // The reader of YAML names tags, anchors and aliases without their sign. Of a list or a map, only a part may be repeated.
    let is_secret = |word: &&str| word.starts_with(['!', '&', '*']) || is_mixed(word);
    let is_around = |c: char| c.is_whitespace() || "\"'*&!`%@".contains(c);
    let mut parts: Vec<&str> = parts
        .into_iter()
        .flat_map(|part| {
            let words = part.split(|c: char| c.is_whitespace() || "{}[],".contains(c)).filter(is_secret);
            [part]
                .into_iter()
                .chain(words.take(MOST_WORDS).chain([part]).map(|part| part.trim_matches(is_around)))
        })
        .filter(|part| part.len() >= LEAST)
        .collect();
    parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
    parts.dedup();
    let masked = |words: &str| {
        let words = parts.iter().fold(words.to_owned(), |words, part| words.replace(part, secret::HIDDEN));
        secret::masked(&words)
    };
    let mut worded = problem.clone();
    // A placeholder is not a secret, and the problem must name it.
    if problem.code == Code::PlaceholderSecret {
        return worded;
    }
    for text in worded.sentences_mut() {
        *text = masked(text);
    }
    // A name that is made of a secret has its letters, with other signs between them.
    let folded = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let secrets: Vec<String> =
        parts.iter().map(|part| folded(part)).filter(|part| part.len() >= LEAST).collect();
    for help in &mut worded.help {
        let repeats = |fix: &Fix| {
            let replacement = folded(&fix.replacement);
            secrets.iter().any(|secret| replacement.contains(secret.as_str()))
        };
        if help.fix.as_ref().is_some_and(repeats) {
            *help = Help { text: "write another text: this one contains a secret".to_owned(), fix: None };
            continue;
        }
        let changes = |fix: &Fix| masked(&fix.replacement) != fix.replacement;
        if help.fix.as_ref().is_some_and(changes) {
            help.fix = None;
        }
    }
    worded
}

/// Whether a word has digits and letters.
fn is_mixed(word: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| word.as_bytes().iter().any(kind);
    has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic)
}
