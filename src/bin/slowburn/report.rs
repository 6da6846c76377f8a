//! `slowburn report`: which promises were kept in a month, as a page.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use slowburn::Compiled;
use slowburn::attained::{Answers, MOST_HOURS, Span, json, page, questions};
use slowburn::backtest::Question;

use crate::args::{MonthFormat, Report};
use crate::ask::Past;
use crate::ending::{Ending, Failure};
use crate::status::known;
use crate::{problems, stdout, tree, write};

/// Advice for a server that cannot answer about so many SLOs.
const TOO_MUCH: &str = "ask for a part of them: --only api, or --only api/latency";

/// Prints the page.
pub fn run(args: &Report) -> Result<Ending, Failure> {
    let plan = problems::required(&args.sources.slos, &args.chosen, Compiled::outline)?;
    known(&plan, &args.only)?;
    let mut source = match &args.prometheus {
        Some(address) => Source::Server(Past::connect(address, &args.connection, TOO_MUCH)?),
        None => Source::Saved(Saved::read(
            args.answer.as_deref().unwrap_or(Path::new("")),
            args.connection.max_size,
        )?),
    };
    let span = Span::new(args.month, &plan.project.time_zone, source.now())
        .ok_or_else(|| Failure::new("the first hour of this month is not over yet"))?;
    let all = questions(&plan, &args.only, &span);
    let mut answers = Answers::new(span);
    let mut saved = Vec::new();
    for one in &all {
        // A saved file may lack an answer. Then the value is unknown.
        let Some(answer) = source.answer(&one.question)? else { continue };
        if answers.add_answer(&plan, one, &answer).is_none() {
            return Err(Failure::new("this is not an answer of Prometheus to a range query").and(
                "write the base address of the server (above /api/v1/query_range), or a file of --save",
            ));
        }
        if answers.is_full() {
            let headline =
                format!("the answers have more than {MOST_HOURS} hours of SLOs and values of their labels");
            return Err(Failure::new(headline).and(TOO_MUCH));
        }
        if args.save.is_some() {
            saved.push(serde_json::json!({ "asked": asked(&one.question), "answer": answer }));
        }
    }
    if let Some(file) = &args.save {
        let text = serde_json::json!({ "slowburn": KIND, "now": source.now(), "answers": saved });
        write::private(file, &format!("{text}\n"))?;
    }
    stdout::painted(&match args.format {
        MonthFormat::Html => page(&plan, &args.only, &answers),
        MonthFormat::Json => json(&plan, &args.only, &answers),
    })?;
    Ok(Ending::Clean)
}

/// Marks a file of saved answers.
const KIND: &str = "answers for a report";

fn asked(question: &Question) -> Value {
    serde_json::json!({
        "query": question.query,
        "from": question.range.from,
        "until": question.range.until,
        "step": question.step,
    })
}

/// Where answers come from.
enum Source<'a> {
    Server(Past<'a>),
    Saved(Saved),
}

impl Source<'_> {
    fn now(&self) -> u64 {
        match self {
            Self::Server(past) => past.now,
            Self::Saved(saved) => saved.now,
        }
    }

    fn answer(&mut self, question: &Question) -> Result<Option<Value>, Failure> {
        match self {
            Self::Server(past) => past.answer(question).map(Some),
            Self::Saved(saved) => Ok(saved.answers.remove(&asked(question).to_string())),
        }
    }
}

/// Saved answers of a server.
struct Saved {
    now: u64,
    /// By query.
    answers: BTreeMap<String, Value>,
}

impl Saved {
    fn read(file: &Path, megabytes: u64) -> Result<Self, Failure> {
        let (now, answers) = tree::saved(file, megabytes, KIND, "now", "report")?;
        let answers = answers.into_iter().map(|mut one| (one["asked"].to_string(), one["answer"].take()));
        Ok(Self { now, answers: answers.collect() })
    }
}
