//! The matchers of a selector: shared and spelled once, because rules name the same few series again and again.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

pub use super::match_op::MatchOp;
use super::regex::Asked;
use super::span::Span;

/// `label op "value"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matcher {
    /// The label.
    pub label: String,
    /// The operator.
    pub op: MatchOp,
    /// The value, unescaped.
    pub value: String,
    /// Whether the value names a variable instead: printed as `"$name"`, and replaced before Prometheus reads it.
    pub placeholder: bool,
    /// Where it stood.
    pub span: Span,
}

impl Matcher {
    /// What it asks of values, ready to be held against many.
    pub fn asked(&self) -> Asked {
        Asked::of(self.op, &self.value)
    }
}

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
