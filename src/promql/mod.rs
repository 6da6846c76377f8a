//! PromQL as data: read, checked, transformed and printed here and nowhere else.
//!
//! | file | from | to |
//! |---|---|---|
//! | `lexer` | text | tokens |
//! | `parser` | tokens | `Expr` |
//! | `types`, `functions` | `Expr` | its type, or faults |
//! | `walk` | `Expr` | `Expr`, its parts |
//! | `bounds` | numbers, `Selector` | their spellings |
//! | `carried` | `Expr` | labels of its result |
//! | `build` | names, labels, numbers | `Expr` |
//! | `possible` | `Expr` | whether its comparisons are true for all values, or for none |
//! | `places` | text, `Expr` | the places of its names |
//! | `printer` | `Expr` | text |
//! | `matchers` | matchers | their text, once |
//! | `regex` | a matcher's pattern | strings that it matches |
//! | `globs` | a value of a matcher | the pattern that was meant |
//! | `other_languages` | text | the language that it is written in |
//! | `literals` | `Expr` | the arguments that fail in an evaluation |
//! | `since` | `Expr` | the parts that older versions of Prometheus cannot read |

pub mod absent;
pub mod ast;
pub mod bounds;
pub mod build;
pub mod carried;
mod fault;
pub mod functions;
pub mod globs;
mod lexer;
pub mod literals;
mod match_op;
mod matchers;
pub mod names;
pub mod origin;
pub mod other_languages;
pub mod parser;
pub mod places;
pub mod possible;
pub mod printer;
pub mod regex;
mod result_type;
pub mod since;
mod span;
pub mod types;
mod walk;
pub mod without_series;

pub use ast::Expr;
pub use fault::Fault;
pub use parser::parse;
pub use printer::{pretty, pretty_into};
pub use types::{Type, check, read};
pub use walk::without_parens;
