//! The types of PromQL.

/// The types of PromQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// One number.
    Scalar,
    /// An instant vector: one sample per series.
    Vector,
    /// A range vector: many samples per series.
    Matrix,
    /// A string.
    String,
}

impl Type {
    /// Its name in Prometheus' documentation, with its article.
    pub const fn description(self) -> &'static str {
        match self {
            Type::Scalar => "a scalar",
            Type::Vector => "an instant vector",
            Type::Matrix => "a range vector",
            Type::String => "a string",
        }
    }
}
