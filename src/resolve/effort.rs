//! Limits the search for series that prove something. Every search has a number of steps of its own, so that simple cases are always found, and
//! further steps that the searches of a service share. A search that finds something gives them back. So a file with many unprovable queries
//! takes only as long as a few of them, and takes nothing from those that can be proven.

use std::cell::Cell;

use crate::model::NoSeries;

/// The steps of one search. Typical queries need less.
const OWN: usize = 1_000;

/// The steps that a search has for itself if a service has more than [`SEARCHES`] of them. Two counters need about a hundred.
const LEAST: usize = 150;

/// The number of searches of a service that have [`OWN`] steps.
const SEARCHES: usize = 50;

/// The steps that the searches of one service share.
const SHARED: usize = 50_000;

/// Limit for combinations.
const MOST: usize = 20_000;

/// The shared steps that are left to a service.
pub(super) struct Effort {
    /// The steps that are left to share.
    shared: Cell<usize>,
    /// The number of searches so far.
    searches: Cell<usize>,
}

impl Effort {
    pub fn new() -> Self {
        Self { shared: Cell::new(SHARED), searches: Cell::new(0) }
    }

    /// Begins a search.
    pub fn search(&self) -> Search<'_> {
        let before = self.searches.replace(self.searches.get() + 1);
        let own = if before < SEARCHES { OWN } else { LEAST };
        Search { own: Cell::new(own), taken: Cell::new(0), ended: Cell::new(false), shared: &self.shared }
    }
}

/// One search. A step takes about half a microsecond.
pub(super) struct Search<'a> {
    /// The steps of its own that are left.
    own: Cell<usize>,
    /// The shared steps that it took.
    taken: Cell<usize>,
    /// Whether something was not tried: there were too few steps, or too many combinations.
    ended: Cell<bool>,
    shared: &'a Cell<usize>,
}

impl Search<'_> {
    /// Takes so many steps; false if there are not enough left.
    pub fn goes_on(&self, steps: usize) -> bool {
        let is_own = self.own.get() >= steps;
        let store = if is_own { &self.own } else { self.shared };
        let left = store.get().checked_sub(steps);
        if !is_own {
            self.taken.set(self.taken.get() + store.get().min(steps));
        }
        store.set(left.unwrap_or(0));
        self.ended.set(self.ended.get() || left.is_none());
        left.is_some()
    }

    /// Says that not everything can be tried.
    pub fn stop(&self) {
        self.ended.set(true);
    }

    /// The result of the search. What was found gives back the shared steps that it took, at most [`OWN`].
    pub fn result<T>(&self, found: Option<T>) -> Result<T, NoSeries> {
        let back = if found.is_some() { self.taken.take().min(OWN) } else { 0 };
        self.shared.set(self.shared.get() + back);
        found.ok_or(if self.ended.get() { NoSeries::LimitReached } else { NoSeries::NotFound })
    }
}

/// The number of combinations with one entry from each list; `None` if there is none, or if there are too many.
pub(super) fn ways(sizes: &[usize]) -> Option<usize> {
    let all = sizes.iter().try_fold(1usize, |all, size| all.checked_mul(*size))?;
    (!sizes.is_empty() && (1..=MOST).contains(&all)).then_some(all)
}

/// The indices of a combination.
pub(super) fn picked(mut way: usize, sizes: &[usize]) -> Vec<usize> {
    let pick = |size: &usize| {
        let picked = way % size;
        way /= size;
        picked
    };
    sizes.iter().map(pick).collect()
}

/// Two combinations with one entry from each list: the first one whose answer is `one`; and, of those for which `other` is true, one that differs
/// from it in as few lists as possible, with its answer. `look` gives the answer for a combination if there is one; `None` ends the search.
pub(super) fn pair<A>(
    sizes: &[usize],
    mut look: impl FnMut(&[usize]) -> Option<Option<A>>,
    one: impl Fn(&A) -> bool,
    other: impl Fn(&[usize], &[usize], &A) -> bool,
) -> Option<(Vec<usize>, Vec<usize>, A)> {
    let all = ways(sizes)?;
    let mut seen: Vec<Option<A>> = Vec::new();
    loop {
        if seen.len() == all {
            return None;
        }
        let answer = look(&picked(seen.len(), sizes))?;
        let found = answer.as_ref().is_some_and(&one);
        seen.push(answer);
        if found {
            break;
        }
    }
    let first = picked(seen.len() - 1, sizes);
    for differing in 1..=sizes.len() {
        let mut ways = Vec::new();
        combinations_at_distance(&first, sizes, differing, (0, 1), &mut ways);
        ways.sort_unstable();
        for way in ways {
            let picked = picked(way, sizes);
            let answer = match seen.get_mut(way) {
                Some(answer) => answer.take(),
                None => look(&picked)?,
            };
            if let Some(answer) = answer.filter(|answer| other(&first, &picked, answer)) {
                return Some((first, picked, answer));
            }
        }
    }
    None
}

/// The combinations that differ from one in exactly so many lists. `way` is the number of the combination in the lists until now, and `stride` the
/// weight of the next list.
fn combinations_at_distance(
    from: &[usize],
    sizes: &[usize],
    differing: usize,
    (way, stride): (usize, usize),
    ways: &mut Vec<usize>,
) {
    let ([same, from @ ..], [size, sizes @ ..]) = (from, sizes) else {
        ways.extend((differing == 0).then_some(way));
        return;
    };
    if differing > from.len() + 1 {
        return;
    }
    for picked in 0..*size {
        let left = differing.checked_sub(usize::from(picked != *same));
        if let Some(left) = left {
            combinations_at_distance(from, sizes, left, (way + picked * stride, stride * size), ways);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pair_differs_in_as_few_lists_as_possible() {
        let sizes = [3, 2, 4];
        let sum = |picked: &[usize]| Some(Some(picked.iter().sum::<usize>()));
        let (first, second, sum) = pair(&sizes, sum, |sum| *sum == 2, |_, _, sum| *sum == 5).expect("one");
        // 2 + 0 + 0 is the first one. A change in one list gives 5: 2 + 0 + 3.
        assert_eq!((first, second, sum), (vec![2, 0, 0], vec![2, 0, 3], 5));
        let mut ways = Vec::new();
        for differing in 0..=3 {
            combinations_at_distance(&[2, 0, 1], &sizes, differing, (0, 1), &mut ways);
        }
        ways.sort_unstable();
        assert_eq!(ways, (0..24).collect::<Vec<_>>());
    }

    #[test]
    fn a_search_ends_and_the_next_one_has_its_own_steps() {
        let effort = Effort::new();
        let endless = effort.search();
        assert_eq!((1..).find(|_| !endless.goes_on(100)), Some(OWN / 100 + SHARED / 100 + 1));
        assert!(effort.search().goes_on(OWN));
        assert!(!effort.search().goes_on(OWN + 1));
        let later = (0..SEARCHES).map(|_| effort.search()).last().expect("a search");
        assert!(later.goes_on(LEAST));
        assert_eq!(later.result(None::<()>), Err(NoSeries::NotFound));
        assert!(!later.goes_on(1));
        assert_eq!(later.result(None::<()>), Err(NoSeries::LimitReached));
    }

    #[test]
    fn a_search_that_finds_something_takes_nothing_from_the_others() {
        let effort = Effort::new();
        for _ in 0..4 * SHARED / OWN {
            let search = effort.search();
            assert!(search.goes_on(OWN));
            assert_eq!(search.result(Some(1)), Ok(1));
        }
    }
}
