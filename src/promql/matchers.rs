//! The matchers of a selector. They are shared and printed once, because rules select the same few series repeatedly.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

pub use super::match_op::MatchOp;
use super::regex::ValueCondition;
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
    /// Whether the value is a variable: printed as `"$name"`, and replaced before Prometheus reads it.
    pub placeholder: bool,
    /// Its place in the text.
    pub span: Span,
}

impl Matcher {
    /// Its condition on values, prepared to be compared with many.
    pub fn asked(&self) -> ValueCondition {
        ValueCondition::of(self.op, &self.value)
    }
}

/// Matchers in the order of the text; all must match.
#[derive(Clone, Debug, Default)]
pub struct Matchers(Arc<Shared>);

#[derive(Clone, Debug, Default)]
struct Shared {
    list: Vec<Matcher>,
    /// The text between the braces, after it was needed once.
    spelled: OnceLock<String>,
}

impl Matchers {
    /// Adds a matcher.
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
