//! The place of each character of a YAML scalar in its file, so that a fault inside a query can be underlined exactly.
//!
//! YAML's unescaping, folding and removal of indentation are repeated here, with places. **Invariant:** the result is used only if its text is the
//! same as the parser's; otherwise every place is the whole scalar.

use std::ops::Range;

use crate::source::{Span, Spelling};

/// A scalar: its text, and the corresponding places in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar {
    /// The value after unquoting, unescaping and folding. For an unquoted scalar, the text as written, so that `99.90` stays `99.90` and `no` stays
    /// `no`.
    pub text: String,
    /// Whether it is written without quotes and is not a block scalar, so that YAML would look for numbers and booleans in it.
    pub plain: bool,
    written: Spelling,
    span: Span,
    pieces: Vec<Piece>,
}

/// A part of the text, up to the next piece, with its origin in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    text: usize,
    file: usize,
    /// The number of bytes in the file; only used if it is not `verbatim`.
    length: usize,
    /// Whether text and file are the same, so that the piece can be split.
    verbatim: bool,
}

impl Scalar {
    /// A scalar that is written as `raw` in the file, at `span`. Blanks around a plain scalar do not belong to it.
    pub(crate) fn new(text: String, raw: &str, span: Span) -> Self {
        let written = match raw.as_bytes().first() {
            Some(b'"') => Spelling::Double,
            Some(b'\'') => Spelling::Single,
            Some(b'|' | b'>') => Spelling::Block,
            _ => Spelling::Plain,
        };
        let plain = written == Spelling::Plain;
        let pieces = pieces(&text, raw, span.start as usize).unwrap_or_default();
        Self { text, plain, written, span, pieces }
    }

    /// The same scalar, if so many more bytes of the file come before it.
    pub(crate) fn moved(mut self, by: u32) -> Self {
        self.span = self.span.moved(by);
        self.pieces.iter_mut().for_each(|piece| piece.file += by as usize);
        self
    }

    /// The same scalar, as part of an instance of a template.
    pub(crate) fn in_instance(mut self, number: u32) -> Self {
        self.span.source = self.span.source.of_instance(number);
        self
    }

    /// The scalar with some of its parts replaced, which are in order. A new text has the place of the part that it replaces.
    pub(crate) fn replaced(&self, parts: &[(Range<usize>, String)]) -> Self {
        let mut text = String::new();
        let mut pieces = Vec::new();
        let mut from = 0;
        let kept = |text: &mut String, pieces: &mut Vec<Piece>, range: Range<usize>| {
            for (index, piece) in self.pieces.iter().enumerate() {
                let end = self.pieces.get(index + 1).map_or(self.text.len(), |next| next.text);
                let (start, end) = (piece.text.max(range.start), end.min(range.end));
                if start < end {
                    let file = if piece.verbatim { piece.file + (start - piece.text) } else { piece.file };
                    pieces.push(Piece { text: text.len() + (start - range.start), file, ..*piece });
                }
            }
            text.push_str(&self.text[range]);
        };
        for (range, other) in parts {
            kept(&mut text, &mut pieces, from..range.start);
            let place = self.place(range.start, range.end);
            if !self.pieces.is_empty() && !other.is_empty() {
                let length = (place.end - place.start) as usize;
                pieces.push(Piece { text: text.len(), file: place.start as usize, length, verbatim: false });
            }
            text.push_str(other);
            from = range.end;
        }
        kept(&mut text, &mut pieces, from..self.text.len());
        Self { text, plain: self.plain, written: Spelling::Unknown, span: self.span, pieces }
    }

    /// How an edit of a part of it has to be quoted.
    pub fn spelling(&self) -> Spelling {
        match self.written {
            _ if self.pieces.is_empty() => Spelling::Unknown,
            written => written,
        }
    }

    /// The place in the file of the bytes `start..end` of `text`; the whole scalar if that is not known.
    ///
    /// A character that is written as an escape has the place of the whole escape. The end of the text is behind its last character that is not a
    /// line break, so that it is on a line of the scalar.
    pub fn place(&self, start: usize, end: usize) -> Span {
        let (start, end) = if start == end && end == self.text.len() {
            let written = self.text.trim_end_matches('\n').len();
            (written, written)
        } else {
            (start, end)
        };
        let (Some(first), Some(last)) =
            (self.piece_at(start), self.piece_at(end.saturating_sub(1).max(start)))
        else {
            return self.span;
        };
        if start > end || end > self.text.len() {
            return self.span;
        }
        let from = match first.verbatim {
            true => first.file + (start - first.text),
            false if start == self.text.len() => first.file + first.length,
            false => first.file,
        };
        let to = match last.verbatim {
            _ if start == end => from,
            true => last.file + (end - last.text),
            false => last.file + last.length,
        };
        Span { start: from as u32, end: to as u32, ..self.span }
    }

    /// The place of the whole text.
    pub fn whole(&self) -> Span {
        self.place(0, self.text.len())
    }

    fn piece_at(&self, offset: usize) -> Option<&Piece> {
        let after = self.pieces.partition_point(|piece| piece.text <= offset);
        self.pieces.get(after.checked_sub(1)?)
    }
}

/// The pieces of `text`, if reading `raw` again gives the same text.
fn pieces(text: &str, raw: &str, file: usize) -> Option<Vec<Piece>> {
    let mut reading = ScalarReader { text: String::with_capacity(text.len()), pieces: Vec::new() };
    match raw.as_bytes().first() {
        Some(b'"') => {
            reading.flow(&Line::split(raw.get(1..raw.len().checked_sub(1)?)?, file + 1), Quote::Double)?
        }
        Some(b'\'') => {
            reading.flow(&Line::split(raw.get(1..raw.len().checked_sub(1)?)?, file + 1), Quote::Single)?
        }
        Some(b'|') => reading.block(&block_lines(text, raw, file)?, false),
        Some(b'>') => reading.block(&block_lines(text, raw, file)?, true),
        _ => reading.flow(&Line::split(raw, file), Quote::None)?,
    }
    // A block scalar is read as if it kept all line breaks at its end. The text shows how many it really keeps.
    let agrees = match raw.as_bytes().first() {
        Some(b'|' | b'>') => {
            reading.text.strip_prefix(text).is_some_and(|rest| rest.bytes().all(|byte| byte == b'\n'))
        }
        _ => reading.text == text,
    };
    reading.pieces.retain(|piece| piece.text < text.len());
    agrees.then_some(reading.pieces)
}

/// One line of a scalar, without its break.
#[derive(Clone, Copy)]
struct Line<'a> {
    content: &'a str,
    file: usize,
    /// 0 for the last line, 2 for CRLF.
    break_length: usize,
}

impl<'a> Line<'a> {
    fn split(raw: &'a str, file: usize) -> Vec<Self> {
        let mut lines = Vec::new();
        let mut start = 0;
        loop {
            let rest = &raw[start..];
            let Some(end) = rest.find(['\n', '\r']) else {
                lines.push(Self { content: rest, file: file + start, break_length: 0 });
                return lines;
            };
            let break_length = if rest[end..].starts_with("\r\n") { 2 } else { 1 };
            lines.push(Self { content: &rest[..end], file: file + start, break_length });
            start += end + break_length;
        }
    }

    fn trim_start(self) -> Self {
        let content = self.content.trim_start_matches([' ', '\t']);
        Self { content, file: self.file + self.content.len() - content.len(), ..self }
    }

    fn break_at(&self) -> usize {
        self.file + self.content.len()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    None,
    Single,
    Double,
}

/// The lines of a block scalar, without its header and indentation.
fn block_lines<'a>(text: &str, raw: &'a str, file: usize) -> Option<Vec<Line<'a>>> {
    let mut lines = Line::split(raw, file);
    lines.remove(0);
    let is_blank = |line: &str| line.bytes().all(|byte| byte == b' ');
    // The indentation is found by comparing the first non-empty line with the text. An indicator such as `|2` is relative to the parent, which is not
    // known here.
    let indentation = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let written =
        lines.iter().find(|line| !is_blank(line.content)).map_or(0, |line| indentation(line.content));
    let kept = text.split('\n').find(|line| !is_blank(line)).map_or(0, indentation);
    let indent = written.checked_sub(kept)?;
    for line in &mut lines {
        let cut = indentation(line.content).min(indent);
        line.content = &line.content[cut..];
        line.file += cut;
    }
    // After the last break there is only the indentation of what follows, or nothing.
    if lines.last().is_some_and(|line| line.content.is_empty()) {
        lines.pop();
    }
    Some(lines)
}

/// A text that is read piece by piece.
struct ScalarReader {
    text: String,
    pieces: Vec<Piece>,
}

impl ScalarReader {
    fn verbatim(&mut self, content: &str, file: usize) {
        if !content.is_empty() {
            self.pieces.push(Piece { text: self.text.len(), file, length: content.len(), verbatim: true });
            self.text.push_str(content);
        }
    }

    fn made(&mut self, character: char, file: usize, length: usize) {
        self.pieces.push(Piece { text: self.text.len(), file, length, verbatim: false });
        self.text.push(character);
    }

    fn line_break(&mut self, line: &Line) {
        self.made('\n', line.break_at(), line.break_length);
    }

    /// Plain and quoted scalars: lines are trimmed. One break becomes a space; of several breaks, the first is dropped.
    fn flow(&mut self, lines: &[Line], quote: Quote) -> Option<()> {
        let mut first_break: Option<&Line> = None;
        let mut more_breaks: Vec<&Line> = Vec::new();
        for (number, whole) in lines.iter().enumerate() {
            let (first, last) = (number == 0, number + 1 == lines.len());
            let line = if first { *whole } else { whole.trim_start() };
            // An escaped break is dropped, and the blanks before it are kept.
            let escaped = quote == Quote::Double && !last && ends_in_escape(line.content);
            let content =
                if last || escaped { line.content } else { line.content.trim_end_matches([' ', '\t']) };
            if !content.is_empty() || last {
                match first_break.take() {
                    Some(only) if more_breaks.is_empty() => {
                        self.made(' ', only.break_at(), only.break_length);
                    }
                    _ => more_breaks.drain(..).for_each(|line| self.line_break(line)),
                }
            }
            match quote {
                Quote::None => self.verbatim(content, line.file),
                Quote::Single => self.single_quoted(content, line.file),
                Quote::Double => self.double_quoted(content, line.file)?,
            }
            if content.is_empty() && !first {
                more_breaks.push(whole);
            } else if !escaped {
                first_break = Some(whole);
            }
        }
        Some(())
    }

    fn single_quoted(&mut self, content: &str, file: usize) {
        let mut start = 0;
        while let Some(quote) = content[start..].find("''") {
            self.verbatim(&content[start..start + quote], file + start);
            self.made('\'', file + start + quote, 2);
            start += quote + 2;
        }
        self.verbatim(&content[start..], file + start);
    }

    fn double_quoted(&mut self, content: &str, file: usize) -> Option<()> {
        let mut start = 0;
        while let Some(escape) = content[start..].find('\\') {
            self.verbatim(&content[start..start + escape], file + start);
            start += escape;
            let Some(name) = content[start + 1..].chars().next() else {
                return Some(()); // An escaped line break: it stands for nothing.
            };
            let digits = match name {
                'x' => 2,
                'u' => 4,
                'U' => 8,
                _ => 0,
            };
            let length = 1 + name.len_utf8() + digits;
            let character = match digits {
                0 => simple_escape(name)?,
                _ => char::from_u32(u32::from_str_radix(content.get(start + 2..start + length)?, 16).ok()?)?,
            };
            self.made(character, file + start, length);
            start += length;
        }
        self.verbatim(&content[start..], file + start);
        Some(())
    }

    /// Literal scalars keep their breaks. In folded ones, a break between two lines that begin in the first column becomes a space, and of several
    /// breaks the first is dropped.
    fn block(&mut self, lines: &[Line], folded: bool) {
        let spaced = |line: &Line| line.content.starts_with([' ', '\t']);
        let mut above: Option<usize> = None;
        for (number, line) in lines.iter().enumerate().filter(|(_, line)| !line.content.is_empty()) {
            // The breaks since the last non-empty line, including its own.
            let breaks = &lines[above.unwrap_or(0)..number];
            match (above, breaks) {
                (Some(above), [first, more @ ..]) if folded && !spaced(&lines[above]) && !spaced(line) => {
                    if more.is_empty() {
                        self.made(' ', first.break_at(), first.break_length);
                    }
                    more.iter().for_each(|line| self.line_break(line));
                }
                _ => breaks.iter().for_each(|line| self.line_break(line)),
            }
            self.verbatim(line.content, line.file);
            above = Some(number);
        }
        lines[above.unwrap_or(0)..].iter().for_each(|line| self.line_break(line));
    }
}

/// Whether a line of a double-quoted scalar ends in a backslash that is not itself escaped.
fn ends_in_escape(content: &str) -> bool {
    content.bytes().rev().take_while(|&byte| byte == b'\\').count() % 2 == 1
}

/// YAML 1.2.2, section 5.7.
fn simple_escape(name: char) -> Option<char> {
    Some(match name {
        '0' => '\0',
        'a' => '\x07',
        'b' => '\x08',
        't' | '\t' => '\t',
        'n' => '\n',
        'v' => '\x0b',
        'f' => '\x0c',
        'r' => '\r',
        'e' => '\x1b',
        ' ' | '"' | '/' | '\\' => name,
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        _ => return None,
    })
}
