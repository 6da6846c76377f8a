//! Sets of alerts by their labels: the difference of two sets, in pieces that do not overlap.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Matching;

/// The alerts whose labels all have such values.
pub type Piece = BTreeMap<String, Values>;

/// Values of one label. A missing label has the value "".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Values {
    /// One of these.
    Among(BTreeSet<String>),
    /// None of these.
    Beside(BTreeSet<String>),
}

impl Values {
    fn and(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Among(one), Self::Among(two)) => Self::Among(one & two),
            (Self::Among(among), Self::Beside(beside)) | (Self::Beside(beside), Self::Among(among)) => {
                Self::Among(among - beside)
            }
            (Self::Beside(one), Self::Beside(two)) => Self::Beside(one | two),
        }
    }

    /// Whether the value of an alert's label is one of these values.
    pub fn contains(&self, value: &str) -> bool {
        match self {
            Self::Among(values) => values.contains(value),
            Self::Beside(values) => !values.contains(value),
        }
    }

    fn is_empty(&self) -> bool {
        matches!(self, Self::Among(values) if values.is_empty())
    }
}

/// The alerts that a route or an inhibition matches, as one piece.
pub fn piece(matching: &Matching) -> Piece {
    matching.iter().map(|(label, values)| (label.clone(), Values::Among(values.clone()))).collect()
}

/// The alerts of `piece` whose label has such a value; `None` if there can be none.
fn and(piece: &Piece, label: &str, values: &Values) -> Option<Piece> {
    let values = piece.get(label).map_or_else(|| values.clone(), |known| known.and(values));
    if values.is_empty() {
        return None;
    }
    let mut piece = piece.clone();
    piece.insert(label.to_owned(), values);
    Some(piece)
}

/// Whether no alert of `piece` can match: some label has another value.
pub(super) fn is_disjoint(piece: &Piece, matching: &Matching) -> bool {
    matching.iter().any(|(label, values)| match piece.get(label) {
        Some(Values::Among(known)) => known.is_disjoint(values),
        Some(Values::Beside(_)) | None => false,
    })
}

/// The alerts of `piece` that do not match.
pub(super) fn without(piece: &Piece, matching: &Matching) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = piece.clone();
    for (label, values) in matching {
        let Some(inside) = and(&rest, label, &Values::Among(values.clone())) else {
            // The sets have no alert in common.
            return vec![piece.clone()];
        };
        pieces.extend(and(&rest, label, &Values::Beside(values.clone())));
        rest = inside;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matching(labels: &[(&str, &str)]) -> Matching {
        labels
            .iter()
            .map(|(label, values)| ((*label).to_owned(), values.split('|').map(str::to_owned).collect()))
            .collect()
    }

    fn holds(piece: &Piece, labels: &BTreeMap<&str, &str>) -> bool {
        piece
            .iter()
            .all(|(label, values)| values.contains(labels.get(label.as_str()).copied().unwrap_or_default()))
    }

    #[test]
    fn pieces_are_the_difference_and_do_not_overlap() {
        let one = matching(&[("a", "1|2"), ("c", "1")]);
        let two = matching(&[("a", "2|3"), ("b", "1")]);
        let pieces = without(&piece(&one), &two);
        for values in 0..64 {
            let value = |shift: u32| ["", "1", "2", "3"][(values >> shift) % 4];
            let labels = BTreeMap::from([("a", value(0)), ("b", value(2)), ("c", value(4))]);
            let wanted = holds(&piece(&one), &labels) && !holds(&piece(&two), &labels);
            let found = pieces.iter().filter(|piece| holds(piece, &labels)).count();
            assert_eq!(found, usize::from(wanted), "{labels:?}");
        }
        assert_eq!(without(&piece(&one), &matching(&[("c", "2"), ("b", "1")])), [piece(&one)]);
        assert_eq!(without(&piece(&one), &Matching::new()), []);
    }
}
