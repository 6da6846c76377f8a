//! Asks a running Prometheus about the metrics of the definitions.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use slowburn::ask::{self, About, Live, Question};
use slowburn::model::Model;

use crate::args::Connection;
use crate::credentials::Credentials;
use crate::ending::Failure;
use crate::http::{self, Request};
use crate::stderr;

/// What the server at `address` shows of what the model reads.
pub fn live(model: &Model, address: &str, connection: &Connection) -> Result<Live, Failure> {
    let credentials = Credentials::find(connection.user_file.as_deref(), connection.bearer_file.as_deref())?;
    if credentials.is_some() && http::is_exposed(address) {
        stderr::print("the credentials are sent unencrypted: whoever sees the connection can read them\n");
    }
    let mut live = Live::default();
    let all = |questions: Vec<Question>, live: &mut Live| -> Result<(), Failure> {
        for question in questions {
            match data(&question, address, credentials.as_ref(), connection) {
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
fn data(
    question: &Question,
    address: &str,
    credentials: Option<&Credentials>,
    connection: &Connection,
) -> Result<serde_json::Value, Failure> {
    let parameters: Vec<String> = question
        .parameters
        .iter()
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
        .collect();
    let limit = connection.max_size * 1_000_000;
    let url = format!("{}{}?{}", address.trim_end_matches('/'), question.path, parameters.join("&"));
    let answer = http::get(&Request {
        url: url.trim_end_matches('?'),
        credentials,
        ca_file: connection.ca_file.as_deref(),
        timeout: connection.timeout,
        limit,
    })?;
    if answer.body.len() as u64 > limit {
        return Err(Failure::new(format!(
            "an answer of {address} is larger than {} MB",
            connection.max_size
        ))
        .and("if it should be, allow it more: --max-size MEGABYTES"));
    }
    let told: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    match told["status"].as_str() {
        Some("success") => Ok(told["data"].clone()),
        _ => Err(Failure::new(format!("{address} does not answer as Prometheus does"))
            .and("name the address below which /api/v1/query is, such as http://localhost:9090")),
    }
}
