//! slowburn compiles SLO definitions.

pub mod diagnostic;
pub mod promql;
pub mod source;
pub mod vocabulary;
