//! Asks a running Prometheus about the metrics of the definitions, and about the recorded series.

use std::cell::RefCell;
use std::collections::BTreeSet;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use slowburn::ask::{self, About, Live, Question};
use slowburn::backtest;
use slowburn::drift::{self, Loaded, routes};
use slowburn::engine::{self, Engine, Wanted};
use slowburn::inert;
use slowburn::model::Model;
use slowburn::plan::Plan;
use slowburn::status::{self, Answers};
use slowburn::vocabulary::Decimal;

use crate::address::Address;
use crate::advice::Advice;
use crate::answer::{Responder, Unanswered};
use crate::args::Connection;
use crate::ending::Failure;
use crate::http::{Client, host};
use crate::{stderr, tree};

/// Advice for small queries.
const ADVICE: Advice =
    Advice { scheme: "write an address with http:// or https://", missing: "", too_much: "" };

/// For a server without routes.
const ADDRESS_OF_ALERTMANAGER: &str =
    "write the base address of Alertmanager (above /api/v2/status), such as http://localhost:9093";

/// For a server without rules.
const ADDRESS_OF_RULES: &str = "write the address of the server that evaluates the rules: Prometheus, vmalert, a Thanos Ruler, or Mimir with /prometheus at the end";

/// For an address that is not the base of the API.
const ADDRESS_OF_QUERIES: &str =
    "write the base address of the server (above /api/v1/query), such as http://localhost:9090";

/// What to write as the address if the server is not recognised.
fn address_advice(wanted: Wanted) -> &'static str {
    match wanted {
        Wanted::Queries => ADDRESS_OF_QUERIES,
        Wanted::Rules => ADDRESS_OF_RULES,
        Wanted::Routes => ADDRESS_OF_ALERTMANAGER,
    }
}

/// What the server at `address` has of the series that the model reads.
pub fn live(model: &Model, address: &Address, connection: &Connection) -> Result<Live, Failure> {
    let asking = ServerRequests::new(address, connection, ADVICE, Wanted::Queries)?;
    let mut live = Live::default();
    // Every server answers about series, but not every server knows targets, types or a retention. So a missing answer about series is an error.
    let (series, others): (Vec<Question>, Vec<Question>) =
        ask::questions(model).into_iter().partition(|question| matches!(question.about, About::Series(_)));
    for question in &series {
        live.add_answer(
            question,
            &successful_answer(question, &asking).map_err(|why| asking.with_right_address(why))?,
        );
        if live.is_full() {
            let headline =
                format!("the series of {address} have more than {} sets of label names", ask::MOST_SHAPES);
            return Err(Failure::new(headline).and("check against a contract: `slowburn metrics capture`"));
        }
    }
    let mut silent = None;
    for question in others.into_iter().chain(ask::further(model, &live)) {
        match successful_answer(&question, &asking) {
            Ok(answer) => live.add_answer(&question, &answer),
            Err(refused) if refused.answered => {}
            Err(unanswered) if series.is_empty() => return Err(asking.with_right_address(unanswered)),
            Err(unanswered) => {
                silent = Some(unanswered.failure);
                break;
            }
        }
    }
    if let Some(failure) = silent {
        warn_incomplete(&failure);
    }
    live.settle();
    Ok(live)
}

/// Warns that a server did not answer every question.
fn warn_incomplete(failure: &Failure) {
    let why = failure.to_string();
    stderr::print(&format!("some answers are missing: {}\n", why.lines().next().unwrap_or_default()));
}

/// The answer, if its status is `success`.
fn successful_answer(question: &Question, asking: &ServerRequests) -> Result<Value, Unanswered> {
    let json = asking.answer(question.path, &question.parameters)?;
    match json["status"].as_str() {
        Some("success") => Ok(json),
        _ => Err(Unanswered::from_other_server(no_prometheus(asking.address))),
    }
}

/// A server to ask, with the remarks that it has already printed.
struct ServerRequests<'a> {
    address: &'a Address,
    connection: &'a Connection,
    client: Client<'a>,
    wanted: Wanted,
    printed_notes: RefCell<BTreeSet<String>>,
}

impl<'a> ServerRequests<'a> {
    fn new(
        address: &'a Address,
        connection: &'a Connection,
        advice: Advice,
        wanted: Wanted,
    ) -> Result<Self, Failure> {
        let client = Client::new(address, connection, advice)?;
        Ok(Self { address, connection, client, wanted, printed_notes: RefCell::default() })
    }

    /// The failure. If another server answers at the address, it is named, with the right address.
    fn with_right_address(&self, unanswered: Unanswered) -> Failure {
        let Unanswered { failure, who, .. } = unanswered;
        let instead = (who != Responder::Meant).then(|| self.instead()).flatten();
        match (instead, who) {
            (Some(instead), _) => failure.and(&instead),
            (None, Responder::Other) => failure.and(address_advice(self.wanted)),
            (None, Responder::Meant | Responder::Doubtful) => failure,
        }
    }

    /// The right address, if the server is recognised.
    fn instead(&self) -> Option<String> {
        let asked = self.address.written().split(['?', '#']).next().unwrap_or_default();
        let words = match self.recognise_server() {
            Some((engine, host)) => engine.instead(self.wanted, asked, &host)?,
            None => self.below(&host(asked)?)?,
        };
        Some(inert::line(&words).into_owned())
    }

    /// The right address, if the server at this host says that it answers only below a path.
    fn below(&self, host: &str) -> Option<String> {
        let answer = self.client.probe("/", true)?;
        engine::prefix(&answer).map(|path| format!("the server answers below {path}: write {host}{path}"))
    }

    /// Which server answers, and at which address it was found: first below the given address, then below its host.
    fn recognise_server(&self) -> Option<(Engine, String)> {
        let written = self.address.written().split(['?', '#']).next().unwrap_or_default();
        let host = host(written)?;
        let alone = written.trim_end_matches('/') == host;
        let places = [(false, written), (true, host.as_str())];
        for (of_host, place) in places.into_iter().skip(usize::from(alone)) {
            for path in engine::PROBES {
                let json = self.client.probe(path, of_host)?;
                if let Some(engine) = engine::recognise(path, &json) {
                    // A server that has a path of its own is found below this path, by its page or its build information.
                    return Some((engine, place.to_owned()));
                }
            }
        }
        None
    }

    /// The answer at a path below the address; `null` if it is not JSON.
    fn answer(&self, path: &str, parameters: &[(&str, String)]) -> Result<Value, Unanswered> {
        let parameters: Vec<String> = parameters
            .iter()
            .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
            .collect();
        let answer = self.client.get(path, &parameters.join("&"))?;
        let most = tree::most(self.connection.max_size);
        let Some(read) = tree::read(&answer.body, most) else {
            let failure = Failure::new(format!(
                "the answer of {} is larger than {} MB",
                self.address,
                most / 1_000_000
            ))
            .and("if that is right, raise the limit: --max-size MEGABYTES");
            return Err(Unanswered { failure, answered: true, who: Responder::Meant });
        };
        if read.is_none() && answer.body.trim_ascii_start().starts_with(b"{") {
            let failure = Failure::new(format!("the answer of {} is not complete JSON", self.address))
                .and("the connection may have ended early: ask again");
            return Err(Unanswered { failure, answered: true, who: Responder::Meant });
        }
        let mut json = read.unwrap_or_default();
        self.print_notes(&json);
        if let Some(warnings) = json.get_mut("warnings").and_then(Value::as_array_mut) {
            shorten(warnings);
        }
        // VictoriaMetrics sets this if some of its nodes did not answer.
        if json["isPartial"] == true {
            let partial = Value::from("the answer is incomplete: some parts of the server did not answer");
            match json["warnings"].as_array_mut() {
                Some(warnings) => warnings.push(partial),
                None => json["warnings"] = Value::Array(vec![partial]),
            }
        }
        Ok(json)
    }

    /// The same, for an answer that is needed.
    fn required(&self, path: &str, parameters: &[(&str, String)]) -> Result<Value, Failure> {
        self.answer(path, parameters).map_err(|why| self.with_right_address(why))
    }

    /// The failure of an answer that only another kind of server gives.
    fn of_other_server(&self, failure: Failure) -> Failure {
        self.with_right_address(Unanswered::from_other_server(failure))
    }

    /// Prints the notes of a server on a query, each once. They do not mean that data is missing.
    fn print_notes(&self, json: &Value) {
        const MOST_SHOWN: usize = 10;
        let mut printed_notes = self.printed_notes.borrow_mut();
        for info in json["infos"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if printed_notes.len() < MOST_SHOWN && printed_notes.insert(info.to_owned()) {
                let short: String = info.chars().take(500).collect();
                stderr::print(&format!("the server warns: {}\n", inert::line(&short)));
            }
        }
    }
}

/// Limits the warnings in an answer to a number and a length that a person reads.
fn shorten(all: &mut Vec<Value>) {
    const MOST_SHOWN: usize = 1000;
    let more = all.len().saturating_sub(MOST_SHOWN);
    all.truncate(MOST_SHOWN);
    for warning in all.iter_mut() {
        if let Some((end, _)) = warning.as_str().and_then(|text| text.char_indices().nth(500)) {
            *warning = Value::from(format!("{}…", &warning.as_str().unwrap_or_default()[..end]));
        }
    }
    if more > 0 {
        all.push(Value::from(format!("and {more} more warnings")));
    }
}

fn no_prometheus(address: &Address) -> Failure {
    Failure::new(format!("{address} does not answer like Prometheus"))
}

/// A server that has the past.
pub struct Past<'a> {
    address: &'a Address,
    asking: ServerRequests<'a>,
    /// The server's clock, in seconds since 1970.
    pub now: u64,
}

impl<'a> Past<'a> {
    /// Asks for the server's time first. `too_much` is the command's advice for a query that is too expensive.
    pub fn connect(
        address: &'a Address,
        connection: &'a Connection,
        too_much: &'static str,
    ) -> Result<Self, Failure> {
        let advice = Advice { too_much, ..ADVICE };
        let asking = ServerRequests::new(address, connection, advice, Wanted::Queries)?;
        let now = moment(&asking)?.floor();
        Ok(Self { address, asking, now: u64::try_from(now).map_err(|_| no_prometheus(address))? })
    }

    /// The answer to a range query.
    pub fn answer(&self, question: &backtest::Question) -> Result<Value, Failure> {
        self.asking.required("/api/v1/query_range", &question.parameters())
    }

    pub fn address(&self) -> &Address {
        self.address
    }

    pub fn no_prometheus(&self) -> Failure {
        self.asking.of_other_server(no_prometheus(self.address))
    }
}

/// A server that answers queries about one moment.
pub struct Moment<'a> {
    pub address: &'a Address,
    asking: ServerRequests<'a>,
    at: Decimal,
}

impl<'a> Moment<'a> {
    /// Asks for the server's time first.
    pub fn connect(address: &'a Address, connection: &'a Connection) -> Result<Self, Failure> {
        let asking = ServerRequests::new(address, connection, ADVICE, Wanted::Queries)?;
        let at = moment(&asking)?;
        Ok(Self { address, asking, at })
    }

    /// The server's clock, in seconds since 1970.
    pub fn now(&self) -> u64 {
        u64::try_from(self.at.floor()).unwrap_or(0)
    }

    /// The answer to an instant query. The inner error means that the server refuses only this query.
    pub fn answer(&self, query: &str) -> Result<Result<Value, String>, Failure> {
        let parameters = [("query", query.to_owned()), ("time", self.at.to_string())];
        match self.asking.answer(QUERY, &parameters) {
            Ok(answer) => Ok(Ok(answer)),
            Err(refused) if refused.answered => {
                let why = refused.failure.to_string();
                Ok(Err(why.lines().next().unwrap_or_default().to_owned()))
            }
            Err(silent) => Err(silent.failure),
        }
    }
}

/// The server's time.
fn moment(asking: &ServerRequests) -> Result<Decimal, Failure> {
    let clock = asking.required(QUERY, &[("query", status::MOMENT.to_owned())])?;
    status::moment(&clock["data"]).ok_or_else(|| asking.of_other_server(no_prometheus(asking.address)))
}

const QUERY: &str = "/api/v1/query";

/// The rules that the server at `address` evaluates.
pub fn rules(address: &Address, connection: &Connection) -> Result<Vec<Loaded>, Failure> {
    let asking = ServerRequests::new(address, connection, ADVICE, Wanted::Rules)?;
    let answer = asking.required(drift::PATH, &[])?;
    let no_answer = || Failure::new(format!("{address} does not list the rules that it evaluates"));
    let rules = drift::loaded(&answer).ok_or_else(|| asking.of_other_server(no_answer()))?;
    // VictoriaMetrics and a Thanos querier answer with an empty list, whichever server evaluates the rules.
    if rules.is_empty()
        && let Some(instead) = asking.instead()
    {
        return Err(no_answer().and(&instead));
    }
    Ok(rules)
}

/// The configuration that the Alertmanager at `address` runs.
pub fn routes(address: &Address, connection: &Connection) -> Result<Value, Failure> {
    let asking = ServerRequests::new(address, connection, ADVICE, Wanted::Routes)?;
    let answer = asking.required(routes::PATH, &[])?;
    let no_answer = || Failure::new(format!("{address} does not show the configuration that it runs"));
    routes::running(&answer).ok_or_else(|| asking.of_other_server(no_answer()))
}

/// What the server at `address` answers about the given SLOs.
pub fn answers(
    plan: &Plan,
    named: &[String],
    address: &Address,
    connection: &Connection,
) -> Result<Answers, Failure> {
    let asking = ServerRequests::new(address, connection, ADVICE, Wanted::Queries)?;
    let moment = moment(&asking)?;
    let mut answers = Answers::new(moment);
    for question in status::questions(plan, named) {
        let parameters = match &question.query {
            Some(query) => vec![("query", query.clone()), ("time", moment.to_string())],
            None => Vec::new(),
        };
        let none = || Unanswered::from_other_server(no_prometheus(address));
        let answered = asking
            .answer(question.path, &parameters)
            .and_then(|answer| answers.add_answer(&question, &answer).ok_or_else(none));
        match answered {
            Ok(()) if answers.is_full() => {
                let headline =
                    format!("{address} has more than {} series of these SLOs", status::MOST_SERIES);
                return Err(
                    Failure::new(headline).and("ask for a part of them: --only api, or --only api/latency")
                );
            }
            Ok(()) => {}
            // Every server answers about series, but not every server has rules.
            Err(unanswered) if !question.about.is_optional() => {
                return Err(asking.with_right_address(unanswered));
            }
            Err(refused) if refused.answered => {}
            Err(unanswered) => warn_incomplete(&unanswered.failure),
        }
    }
    Ok(answers)
}
