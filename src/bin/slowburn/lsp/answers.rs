//! What is answered to a question about a place in a text.

use serde_json::Value;
use slowburn::source::SourceId;

use super::diagnostics::Places;

/// The questions that are answered.
pub const METHODS: [&str; 0] = [];

/// The answer; null where there is nothing to say.
pub fn answer(_method: &str, _params: &Value, _source: SourceId, _places: &Places) -> Value {
    Value::Null
}
