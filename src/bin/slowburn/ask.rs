//! Asks a running Prometheus about the metrics of the definitions, and about what the rules have recorded.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use slowburn::ask::{self, About, Live, Question};
use slowburn::backtest;
use slowburn::model::Model;
use slowburn::plan::Plan;
use slowburn::status::{self, Answers};
use slowburn::vocabulary::Decimal;

use crate::advice::Advice;
use crate::args::Connection;
use crate::ending::Failure;
use crate::http::Client;

/// How a server is asked that answers small questions.
const ADVICE: Advice =
    Advice { scheme: "it is asked at http:// and https:// addresses", missing: BELOW, too_much: "" };

/// How one is asked that may have to read a month of raw series for an answer.
const ADVICE_ON_THE_PAST: Advice =
    Advice { too_much: "ask more coarsely: --step 5m, or for less of the past: --last 7d", ..ADVICE };

/// Where the API is.
const BELOW: &str = "name the address below which /api/v1/query is, such as http://localhost:9090";

/// What the server at `address` shows of what the model reads.
pub fn live(model: &Model, address: &str, connection: &Connection) -> Result<Live, Failure> {
    let client = Client::new(address, connection, &ADVICE)?;
    let mut live = Live::default();
    let all = |questions: Vec<Question>, live: &mut Live| -> Result<(), Failure> {
        for question in questions {
            match success(&question, address, &client) {
                Ok(answer) => live.hear(&question, &answer),
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

/// An answer that is one.
fn success(question: &Question, address: &str, client: &Client) -> Result<Value, Failure> {
    let told = answer(question.path, &question.parameters, client)?;
    match told["status"].as_str() {
        Some("success") => Ok(told),
        _ => Err(no_prometheus(address)),
    }
}

/// What is answered at a path below the address; `null` if that is no JSON.
fn answer(path: &str, parameters: &[(&str, String)], client: &Client) -> Result<Value, Failure> {
    let parameters: Vec<String> = parameters
        .iter()
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
        .collect();
    let answer = client.get(&format!("{path}?{}", parameters.join("&")))?;
    Ok(serde_json::from_slice(&answer.body).unwrap_or_default())
}

fn no_prometheus(address: &str) -> Failure {
    Failure::new(format!("{address} does not answer as Prometheus does")).and(BELOW)
}

/// A server that remembers.
pub struct Past<'a> {
    address: &'a str,
    client: Client<'a>,
    /// Its clock, in seconds since 1970.
    pub now: u64,
}

impl<'a> Past<'a> {
    /// Asks for the time first.
    pub fn connect(address: &'a str, connection: &'a Connection) -> Result<Self, Failure> {
        let client = Client::new(address, connection, &ADVICE_ON_THE_PAST)?;
        let now = moment(address, &client)?.floor();
        Ok(Self { address, client, now: u64::try_from(now).map_err(|_| no_prometheus(address))? })
    }

    /// The answer to a range query.
    pub fn answer(&self, question: &backtest::Question) -> Result<Value, Failure> {
        answer("/api/v1/query_range", &question.parameters(), &self.client)
    }

    pub fn no_prometheus(&self) -> Failure {
        no_prometheus(self.address)
    }
}

/// What time it is there.
fn moment(address: &str, client: &Client) -> Result<Decimal, Failure> {
    let clock = answer(QUERY, &[("query", status::MOMENT.to_owned())], client)?;
    status::moment(&clock["data"]).ok_or_else(|| no_prometheus(address))
}

const QUERY: &str = "/api/v1/query";

/// What the server at `address` answers about the SLOs that are named.
pub fn answers(
    plan: &Plan,
    named: &[String],
    address: &str,
    connection: &Connection,
) -> Result<Answers, Failure> {
    let client = Client::new(address, connection, &ADVICE)?;
    let moment = moment(address, &client)?;
    let mut answers = Answers::new(moment);
    for question in status::questions(plan, named) {
        let parameters = match &question.query {
            Some(query) => vec![("query", query.clone()), ("time", moment.to_string())],
            None => Vec::new(),
        };
        let heard = answer(question.path, &parameters, &client)
            .and_then(|answer| answers.hear(&question, &answer).ok_or_else(|| no_prometheus(address)));
        match heard {
            // Not every server has rules to tell of; series they all have.
            Err(failure) if question.about != status::About::Groups => return Err(failure),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(answers)
}
