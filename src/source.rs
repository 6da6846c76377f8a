//! The texts of the sources, and places in them.
//!
//! Later stages keep only a [`Span`] of a file. The renderers turn it back into a line and a column.

/// Identifies one file of [`Sources`], or one instance of a template in it.
///
/// The lower 18 bits are the number of the file. The upper bits are the number of an instance in it, from 1; 0 is the file itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// The number of bits for the file.
const FILE_BITS: u32 = 18;

/// Limit for the files of a project.
pub const MOST_FILES: usize = 1 << FILE_BITS;

/// Limit for the instances of a file.
pub const MOST_INSTANCES: usize = 1 << (u32::BITS - FILE_BITS);

impl SourceId {
    /// The file itself.
    pub fn plain(self) -> Self {
        Self(self.0 & (MOST_FILES as u32 - 1))
    }

    /// The number of the instance; 0 for the file itself.
    pub fn instance(self) -> u32 {
        self.0 >> FILE_BITS
    }

    /// An instance in the same file.
    pub fn of_instance(self, number: u32) -> Self {
        Self(self.plain().0 | number << FILE_BITS)
    }
}

/// A byte range in one source file; `end` is exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The file.
    pub source: SourceId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// Its first byte, to point at where a block of several lines begins instead of underlining all of it.
    pub fn beginning(self) -> Self {
        Self { end: (self.start + 1).min(self.end), ..self }
    }

    /// The same range, if so many more bytes of the file come before it.
    pub(crate) fn moved(self, by: u32) -> Self {
        Self { start: self.start + by, end: self.end + by, ..self }
    }

    /// Whether `other` is a part of it.
    pub fn contains(self, other: Self) -> bool {
        self.source == other.source && self.start <= other.start && other.end <= self.end
    }
}

/// The quotes around a text in its file: an edit has to escape its text for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// Without quotes, on one line.
    Plain,
    /// `'…'`
    Single,
    /// `"…"`
    Double,
    /// After `|` or `>`, on the following lines.
    Block,
    /// It is not known which characters of the file belong to the text.
    Unknown,
}

impl Spelling {
    /// A text escaped for these quotes; `None` if that is not possible.
    pub fn of(self, text: &str) -> Option<String> {
        let plain =
            !text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}'));
        match self {
            // Characters that begin a comment or a value would end it. Inside a query, all others are safe.
            Self::Plain => {
                let ends = text.contains(": ") || text.contains(" #") || text.ends_with(':');
                (plain && !ends).then(|| text.to_owned())
            }
            Self::Single => plain.then(|| text.replace('\'', "''")),
            Self::Double => plain.then(|| text.replace('\\', "\\\\").replace('"', "\\\"")),
            Self::Block => plain.then(|| text.to_owned()),
            Self::Unknown => None,
        }
    }
}

/// One file as it was read.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// The path as shown to people: relative to the project, with `/` between its parts.
    pub path: String,
    /// The whole text; a byte order mark is part of it.
    pub text: String,
}

/// All files of a project, ordered by path.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

/// A place as people count: both from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Sources {
    /// Takes files in any order; the result does not depend on it.
    pub fn new(mut files: Vec<SourceFile>) -> Self {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Self { files }
    }

    /// All files with their ids, by path.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &SourceFile)> {
        (0..).map(SourceId).zip(&self.files)
    }

    /// The file with this id.
    pub fn file(&self, id: SourceId) -> &SourceFile {
        &self.files[id.plain().0 as usize]
    }

    /// The text under `span`.
    pub fn text(&self, span: Span) -> &str {
        self.file(span.source).text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// Line and column of a byte offset; an offset past the end, or inside a character, is moved back to
    /// the nearest place that exists.
    pub fn position(&self, source: SourceId, offset: u32) -> Position {
        let text = &self.file(source).text;
        let mut offset = (offset as usize).min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &text[..offset];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Position {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].trim_start_matches('\u{feff}').chars().count() + 1,
        }
    }
}
