//! The matchers of a selector: shared and spelled once, because rules name the same few series again and again.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use super::ast::Matcher;

/// Matchers in the order of the text, all of which hold.
#[derive(Clone, Debug, Default)]
pub struct Matchers(Arc<Shared>);

#[derive(Clone, Debug, Default)]
struct Shared {
    list: Vec<Matcher>,
    /// What stands between the braces, once somebody has asked for it.
    spelled: OnceLock<String>,
}

impl Matchers {
    /// One more.
    pub fn push(&mut self, matcher: Matcher) {
        let shared = Arc::make_mut(&mut self.0);
        shared.list.push(matcher);
        shared.spelled = OnceLock::new();
    }

    /// `job="api",status=~"5.."`
    pub fn spelled(&self) -> &str {
        self.0.spelled.get_or_init(|| {
            let each: Vec<String> = self.iter().map(Matcher::to_string).collect();
            each.join(",")
        })
    }
}

impl Deref for Matchers {
    type Target = [Matcher];

    fn deref(&self) -> &[Matcher] {
        &self.0.list
    }
}

impl From<Vec<Matcher>> for Matchers {
    fn from(list: Vec<Matcher>) -> Self {
        Self(Arc::new(Shared { list, spelled: OnceLock::new() }))
    }
}

impl PartialEq for Matchers {
    fn eq(&self, other: &Self) -> bool {
        self[..] == other[..]
    }
}

impl Eq for Matchers {}
