//! Checks of the promise: what is valid, and still would not do what its author believes.
//!
//! A new check is one file here, its page, and one line in [`CHECKS`].

use crate::diagnostic::Problem;
use crate::model::Model;

/// A check looks at the whole model and adds its problems.
pub type Check = fn(&Model, &mut Vec<Problem>);

/// Every check with its code.
pub const CHECKS: [(&str, Check); 0] = [];

/// The problems that all checks find.
pub fn check(model: &Model) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (_, check) in CHECKS {
        check(model, &mut problems);
    }
    problems
}
