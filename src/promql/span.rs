//! Places in the text of an expression.

/// A byte range in the parsed PromQL text; `end` is exclusive. Trees that were not parsed have `Span::default()`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl PartialEq for Span {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Span {}
