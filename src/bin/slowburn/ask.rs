//! Asks a running Prometheus about the metrics of the definitions.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use slowburn::ask::{self, About, Live, Question};
use slowburn::model::Model;

use crate::args::Connection;
use crate::ending::Failure;
use crate::http::Client;

/// Where the API is.
const BELOW: &str = "name the address below which /api/v1/query is, such as http://localhost:9090";

/// What the server at `address` shows of what the model reads.
pub fn live(model: &Model, address: &str, connection: &Connection) -> Result<Live, Failure> {
    let client = Client::new(address, connection, BELOW)?;
    let mut live = Live::default();
    let all = |questions: Vec<Question>, live: &mut Live| -> Result<(), Failure> {
        for question in questions {
            match data(&question, address, &client) {
                Ok(data) => live.hear(&question, &data),
                // Not every server has targets, types or a retention to tell of; series they all have.
                Err(failure) if matches!(question.about, About::Series(_)) => return Err(failure),
                Err(_) => {}
            }
        }
        Ok(())
    };
    all(ask::questions(model), &mut live)?;
    all(ask::further(model, &live), &mut live)?;
    live.settle();
    Ok(live)
}

/// The `data` of an answer.
fn data(question: &Question, address: &str, client: &Client) -> Result<serde_json::Value, Failure> {
    let parameters: Vec<String> = question
        .parameters
        .iter()
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
        .collect();
    let answer = client.get(&format!("{}?{}", question.path, parameters.join("&")))?;
    let told: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    match told["status"].as_str() {
        Some("success") => Ok(told["data"].clone()),
        _ => Err(Failure::new(format!("{address} does not answer as Prometheus does")).and(BELOW)),
    }
}
