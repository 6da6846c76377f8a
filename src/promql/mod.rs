//! PromQL as data: read, checked, transformed and printed here and nowhere else.

pub mod ast;
