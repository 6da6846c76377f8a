//! Places as editors count them: lines and columns from 0, columns in units of UTF-16 unless UTF-8 was negotiated.
//!
//! [Language Server Protocol 3.17, text
//! documents](https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/#textDocuments): a line ends in `\n`, `\r\n`
//! or `\r`, and a column beyond the end of its line is that end.

use serde::{Deserialize, Serialize};

/// The unit of columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// Units of UTF-16: `ó` is one, `🔥` is two.
    #[default]
    Utf16,
    /// Bytes.
    Utf8,
}

/// A place between two characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// From 0.
    pub line: u32,
    /// From 0, in the negotiated unit.
    pub character: u32,
}

/// A range between two places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// Its beginning.
    pub start: Place,
    /// Its end, exclusive.
    pub end: Place,
}

/// A text with the beginnings of its lines.
#[derive(Debug)]
pub struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
    encoding: Encoding,
}

impl<'a> Lines<'a> {
    /// Finds the lines of a text.
    pub fn of(text: &'a str, encoding: Encoding) -> Self {
        let bytes = text.as_bytes();
        let ends = |&(at, byte): &(usize, &u8)| {
            *byte == b'\n' || (*byte == b'\r' && bytes.get(at + 1) != Some(&b'\n'))
        };
        let after = bytes.iter().enumerate().filter(ends).map(|(at, _)| at + 1);
        Self { text, starts: [0].into_iter().chain(after).collect(), encoding }
    }

    /// The byte at a place: for a place that does not exist, the nearest one before it.
    pub fn offset(&self, place: Place) -> usize {
        let line = place.line as usize;
        let Some(&start) = self.starts.get(line) else { return self.text.len() };
        let end = self.starts.get(line + 1).copied().unwrap_or(self.text.len());
        let written = self.text[start..end].trim_end_matches(['\n', '\r']);
        let mut left = place.character as usize;
        for (at, character) in written.char_indices() {
            let width = self.width(character);
            if left < width {
                return start + at;
            }
            left -= width;
        }
        start + written.len()
    }

    /// The place of a byte: for a byte inside of a character, the beginning of that.
    pub fn place(&self, offset: usize) -> Place {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.starts.partition_point(|start| *start <= offset) - 1;
        let before = &self.text[self.starts[line]..offset];
        let character = before.chars().map(|character| self.width(character)).sum::<usize>();
        Place { line: line as u32, character: character as u32 }
    }

    /// The range of some bytes.
    pub fn range(&self, start: usize, end: usize) -> Range {
        Range { start: self.place(start), end: self.place(end) }
    }

    fn width(&self, character: char) -> usize {
        match self.encoding {
            Encoding::Utf16 => character.len_utf16(),
            Encoding::Utf8 => character.len_utf8(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "petición\r\n🔥 más\rfin\n";

    #[test]
    fn columns_count_units_of_the_encoding() {
        for (encoding, columns) in [(Encoding::Utf16, [8, 5]), (Encoding::Utf8, [9, 8])] {
            let lines = Lines::of(TEXT, encoding);
            let ends = ["\r\n", "s\rfin"].map(|mark| lines.place(TEXT.find(mark).expect("it is there")));
            assert_eq!(ends, [0, 1].map(|line| Place { line, character: columns[line as usize] }));
        }
    }

    #[test]
    fn a_byte_has_one_place_and_back() {
        for encoding in [Encoding::Utf16, Encoding::Utf8] {
            let lines = Lines::of(TEXT, encoding);
            let inside = TEXT.find("\n🔥").expect("it is there");
            for (at, _) in TEXT.char_indices().filter(|(at, _)| *at != inside) {
                assert_eq!(lines.offset(lines.place(at)), at);
            }
        }
    }

    #[test]
    fn places_that_do_not_exist_are_moved_back() {
        let lines = Lines::of(TEXT, Encoding::Utf16);
        let offset = |line, character| lines.offset(Place { line, character });
        assert_eq!(offset(0, 99), "petición".len());
        assert_eq!(offset(1, 1), "petición\r\n".len());
        assert_eq!(offset(2, 9), TEXT.len() - 1);
        assert_eq!(offset(3, 7), TEXT.len());
        assert_eq!(offset(u32::MAX, u32::MAX), TEXT.len());
        assert_eq!(lines.place(usize::MAX), Place { line: 3, character: 0 });
        assert_eq!(lines.place("petici".len() + 1), Place { line: 0, character: 6 });
    }
}
