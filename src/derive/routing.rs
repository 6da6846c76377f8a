//! Which alerts reach a receiver by a route, in pieces that do not overlap.

use super::matching::{Piece, is_disjoint, piece, without};
use crate::facts::AlertFacts;
use crate::model::Route;
use crate::vocabulary::Name;

/// The most pieces of one route: people cannot follow more.
const MOST_PIECES: usize = 16;

/// The most labels that one piece can exclude, for the same reason.
const MOST_LABELS: usize = 16;

/// Whether too many routes or labels are needed to describe which alerts reach a receiver by this route.
pub fn entangled(routes: &[Route], index: usize, receiver: &Name) -> bool {
    is_too_much(&pieces(routes, index, receiver), &routes[index])
}

fn is_too_much(pieces: &[Piece], route: &Route) -> bool {
    let added = |piece: &Piece| piece.len().saturating_sub(route.matching.len()) >= MOST_LABELS;
    pieces.len() >= MOST_PIECES || pieces.iter().any(added)
}

/// The alerts that this route sends to `receiver`.
pub fn pieces(routes: &[Route], index: usize, receiver: &Name) -> Vec<Piece> {
    let mut pieces = vec![piece(&routes[index].matching)];
    for earlier in before(routes, index, receiver) {
        if pieces.iter().all(|piece| is_disjoint(piece, &earlier.matching)) {
            continue;
        }
        pieces = pieces.iter().flat_map(|piece| without(piece, &earlier.matching)).collect();
        if is_too_much(&pieces, &routes[index]) {
            break;
        }
    }
    pieces
}

/// Earlier routes that decide whether this one notifies `receiver`.
pub fn before<'a>(routes: &'a [Route], index: usize, receiver: &Name) -> impl Iterator<Item = &'a Route> {
    routes[..index].iter().filter(move |earlier| earlier.stop || earlier.to.contains(receiver))
}

/// The first earlier route that prevents this one from notifying one of its receivers of an alert.
pub fn taken<'a>(
    routes: &'a [Route],
    index: usize,
    receiver: &Name,
    alert: &AlertFacts,
) -> Option<&'a Route> {
    before(routes, index, receiver).find(|earlier| alert.always(&earlier.matching))
}
