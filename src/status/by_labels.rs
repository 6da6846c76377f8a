//! Finds labels that agree with others, without comparing each with each.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::model::Labels;

/// Names or values of labels.
type Words<'a> = Vec<&'a str>;

/// Items of a group, by the values of some of their labels.
type Index<'a> = BTreeMap<Words<'a>, Vec<usize>>;

/// Items by their labels.
pub(super) struct ByLabels<'a, T> {
    /// By the names of their labels.
    groups: BTreeMap<Words<'a>, Vec<(&'a Labels, T)>>,
    /// For a group and some of its names: its items by the values of these names. Made when they are first needed.
    indexes: RefCell<BTreeMap<(Words<'a>, Words<'a>), Index<'a>>>,
}

impl<'a, T: Copy> ByLabels<'a, T> {
    pub(super) fn new(items: impl IntoIterator<Item = (&'a Labels, T)>) -> Self {
        let mut groups: BTreeMap<Words, Vec<(&Labels, T)>> = BTreeMap::new();
        for (labels, item) in items {
            groups.entry(labels.keys().map(String::as_str).collect()).or_default().push((labels, item));
        }
        Self { groups, indexes: RefCell::default() }
    }

    /// The items that have no label with another value than in these labels.
    pub(super) fn agreeing(&self, labels: &Labels) -> Vec<(&'a Labels, T)> {
        let mut found = Vec::new();
        let mut indexes = self.indexes.borrow_mut();
        for (names, items) in &self.groups {
            let shared: Words = names.iter().copied().filter(|name| labels.contains_key(*name)).collect();
            let wanted: Words = shared.iter().map(|name| labels[*name].as_str()).collect();
            let index = indexes.entry((names.clone(), shared)).or_insert_with_key(|(_, shared)| {
                let mut index: Index = BTreeMap::new();
                for (number, (labels, _)) in items.iter().enumerate() {
                    let values = shared.iter().map(|name| labels[*name].as_str()).collect();
                    index.entry(values).or_default().push(number);
                }
                index
            });
            found.extend(index.get(&wanted).into_iter().flatten().map(|number| items[*number]));
        }
        found
    }
}
