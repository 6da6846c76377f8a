//! Every function of PromQL, with its argument types and its result type.

use super::result_type::Type::{self, Matrix, Scalar, String as Text, Vector};

/// A function of PromQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// The types of its arguments; additional ones have the last type.
    pub args: &'static [Type],
    /// The minimum number of arguments.
    pub least: usize,
    /// The maximum number of arguments; `None` if there is no limit.
    pub most: Option<usize>,
    /// The type of its result.
    pub returns: Type,
    /// The version of Prometheus that added it, if later than 2.42. Such functions may need a feature flag.
    pub since: Option<(u32, u32)>,
}

const fn function(name: &'static str, args: &'static [Type], returns: Type) -> Function {
    Function { name, args, least: args.len(), most: Some(args.len()), returns, since: None }
}

const fn since(version: (u32, u32), function: Function) -> Function {
    Function { since: Some(version), ..function }
}

/// The function of that name.
pub fn function_named(name: &str) -> Option<&'static Function> {
    FUNCTIONS.binary_search_by(|function| function.name.cmp(name)).ok().map(|i| &FUNCTIONS[i])
}

/// The functions whose results slowburn computes itself, to find values for proofs.
pub const COMPUTED: [&str; 25] = [
    "abs",
    "absent",
    "absent_over_time",
    "avg_over_time",
    "ceil",
    "clamp",
    "clamp_max",
    "clamp_min",
    "delta",
    "deriv",
    "floor",
    "histogram_quantile",
    "increase",
    "irate",
    "last_over_time",
    "max_over_time",
    "min_over_time",
    "predict_linear",
    "quantile_over_time",
    "rate",
    "scalar",
    "sort",
    "sort_desc",
    "time",
    "vector",
];

/// All functions, sorted by name. Prometheus' own list is `promql/parser/functions.go`; the versions are from its
/// changelog.
pub const FUNCTIONS: &[Function] = &[
    function("abs", &[Vector], Vector),
    function("absent", &[Vector], Vector),
    function("absent_over_time", &[Matrix], Vector),
    function("acos", &[Vector], Vector),
    function("acosh", &[Vector], Vector),
    function("asin", &[Vector], Vector),
    function("asinh", &[Vector], Vector),
    function("atan", &[Vector], Vector),
    function("atanh", &[Vector], Vector),
    function("avg_over_time", &[Matrix], Vector),
    function("ceil", &[Vector], Vector),
    function("changes", &[Matrix], Vector),
    function("clamp", &[Vector, Scalar, Scalar], Vector),
    function("clamp_max", &[Vector, Scalar], Vector),
    function("clamp_min", &[Vector, Scalar], Vector),
    function("cos", &[Vector], Vector),
    function("cosh", &[Vector], Vector),
    function("count_over_time", &[Matrix], Vector),
    Function { least: 0, most: Some(1), ..function("day_of_month", &[Vector], Vector) },
    Function { least: 0, most: Some(1), ..function("day_of_week", &[Vector], Vector) },
    Function { least: 0, most: Some(1), ..function("day_of_year", &[Vector], Vector) },
    Function { least: 0, most: Some(1), ..function("days_in_month", &[Vector], Vector) },
    function("deg", &[Vector], Vector),
    function("delta", &[Matrix], Vector),
    function("deriv", &[Matrix], Vector),
    since((3, 0), function("double_exponential_smoothing", &[Matrix, Scalar, Scalar], Vector)),
    since((3, 12), function("end", &[], Scalar)),
    function("exp", &[Vector], Vector),
    since((3, 7), function("first_over_time", &[Matrix], Vector)),
    function("floor", &[Vector], Vector),
    since((2, 51), function("histogram_avg", &[Vector], Vector)),
    function("histogram_count", &[Vector], Vector),
    function("histogram_fraction", &[Scalar, Scalar, Vector], Vector),
    function("histogram_quantile", &[Scalar, Vector], Vector),
    since(
        (3, 11),
        Function {
            least: 3,
            most: Some(12),
            ..function("histogram_quantiles", &[Vector, Text, Scalar], Vector)
        },
    ),
    since((2, 47), function("histogram_stddev", &[Vector], Vector)),
    since((2, 47), function("histogram_stdvar", &[Vector], Vector)),
    function("histogram_sum", &[Vector], Vector),
    Function { least: 0, most: Some(1), ..function("hour", &[Vector], Vector) },
    function("idelta", &[Matrix], Vector),
    function("increase", &[Matrix], Vector),
    since((3, 0), Function { least: 1, most: Some(2), ..function("info", &[Vector, Vector], Vector) }),
    since((3, 14), Function { least: 1, most: Some(2), ..function("integral", &[Matrix, Scalar], Vector) }),
    function("irate", &[Matrix], Vector),
    Function { least: 3, most: None, ..function("label_join", &[Vector, Text, Text, Text], Vector) },
    function("label_replace", &[Vector, Text, Text, Text, Text], Vector),
    function("last_over_time", &[Matrix], Vector),
    function("ln", &[Vector], Vector),
    function("log10", &[Vector], Vector),
    function("log2", &[Vector], Vector),
    since((2, 49), function("mad_over_time", &[Matrix], Vector)),
    function("max_over_time", &[Matrix], Vector),
    function("min_over_time", &[Matrix], Vector),
    Function { least: 0, most: Some(1), ..function("minute", &[Vector], Vector) },
    Function { least: 0, most: Some(1), ..function("month", &[Vector], Vector) },
    function("pi", &[], Scalar),
    function("predict_linear", &[Matrix, Scalar], Vector),
    function("present_over_time", &[Matrix], Vector),
    function("quantile_over_time", &[Scalar, Matrix], Vector),
    function("rad", &[Vector], Vector),
    since((3, 12), function("range", &[], Scalar)),
    function("rate", &[Matrix], Vector),
    function("resets", &[Matrix], Vector),
    Function { least: 1, most: Some(2), ..function("round", &[Vector, Scalar], Vector) },
    function("scalar", &[Vector], Scalar),
    function("sgn", &[Vector], Vector),
    function("sin", &[Vector], Vector),
    function("sinh", &[Vector], Vector),
    function("sort", &[Vector], Vector),
    since((2, 49), Function { least: 1, most: None, ..function("sort_by_label", &[Vector, Text], Vector) }),
    since(
        (2, 49),
        Function { least: 1, most: None, ..function("sort_by_label_desc", &[Vector, Text], Vector) },
    ),
    function("sort_desc", &[Vector], Vector),
    function("sqrt", &[Vector], Vector),
    since((3, 12), function("start", &[], Scalar)),
    function("stddev_over_time", &[Matrix], Vector),
    function("stdvar_over_time", &[Matrix], Vector),
    since((3, 12), function("step", &[], Scalar)),
    function("sum_over_time", &[Matrix], Vector),
    function("tan", &[Vector], Vector),
    function("tanh", &[Vector], Vector),
    function("time", &[], Scalar),
    function("timestamp", &[Vector], Vector),
    since((3, 7), function("ts_of_first_over_time", &[Matrix], Vector)),
    since((3, 5), function("ts_of_last_over_time", &[Matrix], Vector)),
    since((3, 5), function("ts_of_max_over_time", &[Matrix], Vector)),
    since((3, 5), function("ts_of_min_over_time", &[Matrix], Vector)),
    function("vector", &[Scalar], Vector),
    Function { least: 0, most: Some(1), ..function("year", &[Vector], Vector) },
];

#[cfg(test)]
mod tests {
    use super::FUNCTIONS;

    #[test]
    fn functions_are_sorted_by_name() {
        assert!(FUNCTIONS.is_sorted_by(|a, b| a.name < b.name));
    }
}
