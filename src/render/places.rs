//! Converts spans into lines and columns. Each file is read once, for any number of problems.

use std::collections::BTreeMap;

use crate::source::{Position, SourceId, Sources, Span};

/// The lines of every file.
pub(super) struct Places<'a> {
    sources: &'a Sources,
    line_starts: BTreeMap<SourceId, Vec<usize>>,
}

impl<'a> Places<'a> {
    pub(super) fn new(sources: &'a Sources) -> Self {
        let line_starts = sources.iter().map(|(id, file)| {
            let after_breaks = file.text.match_indices('\n').map(|(at, _)| at + 1);
            (id, std::iter::once(0).chain(after_breaks).collect())
        });
        Self { sources, line_starts: line_starts.collect() }
    }

    pub(super) fn path(&self, source: SourceId) -> &'a str {
        &self.sources.file(source).path
    }

    pub(super) fn text(&self, source: SourceId) -> &'a str {
        &self.sources.file(source).text
    }

    /// The bytes of a span, limited to existing places.
    pub(super) fn range(&self, span: Span) -> (usize, usize) {
        let text = self.text(span.source);
        let floor = |offset: u32| {
            let mut offset = (offset as usize).min(text.len());
            while !text.is_char_boundary(offset) {
                offset -= 1;
            }
            offset
        };
        let start = floor(span.start);
        (start, floor(span.end).max(start))
    }

    /// The line of an offset, from 0.
    pub(super) fn line(&self, source: SourceId, offset: usize) -> usize {
        self.line_starts[&source].partition_point(|&start| start <= offset) - 1
    }

    /// The first byte of a line and the end of its text, without its line break; for the first line, without a byte order mark.
    pub(super) fn line_range(&self, source: SourceId, line: usize) -> (usize, usize) {
        let (text, starts) = (self.text(source), &self.line_starts[&source]);
        let start = starts[line];
        let end = starts.get(line + 1).map_or(text.len(), |next| next - 1);
        let content = text[start..end].strip_suffix('\r').unwrap_or(&text[start..end]);
        let mark = if content.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        (start + mark, start + content.len())
    }

    /// Like [`Sources::position`].
    pub(super) fn position(&self, source: SourceId, offset: usize) -> Position {
        let line = self.line(source, offset);
        let before = &self.text(source)[self.line_starts[&source][line]..offset];
        Position { line: line + 1, column: before.trim_start_matches('\u{feff}').chars().count() + 1 }
    }

    /// The positions of both ends of a span.
    pub(super) fn positions(&self, span: Span) -> (Position, Position) {
        let (start, end) = self.range(span);
        (self.position(span.source, start), self.position(span.source, end))
    }
}

#[cfg(test)]
mod tests {
    use super::Places;
    use crate::source::{SourceFile, SourceId, Sources};

    #[test]
    fn positions_equal_those_of_the_sources() {
        let text = "\u{feff}aé\r\n\n\tb\u{feff}\r\r\nc".to_owned();
        let sources = Sources::new(vec![SourceFile { path: "a".to_owned(), text: text.clone() }]);
        let places = Places::new(&sources);
        for offset in (0..=text.len()).filter(|&at| text.is_char_boundary(at)) {
            assert_eq!(places.position(SourceId(0), offset), sources.position(SourceId(0), offset as u32));
        }
    }
}
