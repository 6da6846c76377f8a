//! slowburn compiles SLO definitions.

pub mod ast;
pub mod diagnostic;
pub mod model;
pub mod parse;
pub mod promql;
pub mod render;
pub mod resolve;
pub mod scalar;
pub mod source;
pub mod vocabulary;
