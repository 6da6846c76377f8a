//! Writes sets of alerts as matchers of routes and inhibitions.

use crate::derive::{Piece, Values};
use crate::plan::Matcher;

/// The matchers for exactly the alerts of a piece.
pub(super) fn matchers(piece: &Piece) -> Vec<Matcher> {
    piece
        .iter()
        .map(|(label, values)| {
            let (negative, values) = match values {
                Values::Among(values) => (false, values),
                Values::Beside(values) => (true, values),
            };
            Matcher { label: label.clone(), negative, values: values.iter().cloned().collect() }
        })
        .collect()
}
