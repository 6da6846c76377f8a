//! `slowburn import --check`: old rules and new ones on one server, ratio by ratio.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use slowburn::Compiled;
use slowburn::compare::{Comparison, MOST_QUESTIONS, MOST_SAMPLES, Tolerance, human, json as printed};
use slowburn::diagnostic::Problem;
use slowburn::foreign::Foreign;
use slowburn::import::specs;

use crate::args::{Format, Import};
use crate::ask::Moment;
use crate::ending::{Ending, Failure};
use crate::sources::shown;
use crate::status::known;
use crate::{foreign, problems, stdout, tree, write};

/// Marks a file of saved answers.
const KIND: &str = "answers for import --check";

/// The default directory of the definitions.
const SLOS: &str = "slos";

/// Asks the server, and prints the table; exit code 1 if a ratio differs.
pub fn run(args: &Import) -> Result<Ending, Failure> {
    if !matches!(args.format, Format::Human | Format::Json) {
        return Err(Failure::new("--check shows its result for people or as JSON")
            .and("write --format human, or --format json"));
    }
    let slos = args.to.as_deref().unwrap_or(Path::new(SLOS));
    let plan = problems::required(slos, &args.chosen, Compiled::plan)?;
    known(&plan, &args.only)?;
    let foreign = old(args)?;
    let tolerance = Tolerance(args.tolerance);
    let mut comparison = Comparison::of(&foreign, &plan, &args.only);
    if comparison.slos() == 0 {
        return Err(Failure::new("no SLO exists on both sides, so the server was not asked")
            .and("`slowburn diff OLD` shows the SLOs of each side"));
    }
    let mut source = match (&args.prometheus, &args.answer) {
        (Some(address), _) => Source::Server(Moment::connect(address, &args.connection)?),
        (None, Some(file)) => Source::Saved(Saved::read(file, args.connection.max_size)?),
        (None, None) => unreachable!("one of both is asked for"),
    };
    let now = source.now();
    comparison.at(now);
    let mut asked = AnswerLog { count: 0, saved: args.save.is_some().then(Vec::new) };
    let first = comparison.questions();
    ask(&mut comparison, first, &mut source, &mut asked)?;
    if let Some(why) = comparison.silent() {
        return Err(Failure::new(format!("{} did not answer any question", source.name())).and(why));
    }
    // A ratio without a recorded series is asked for by its expression, in a second round.
    for _ in 0..2 {
        let further = comparison.further(tolerance);
        ask(&mut comparison, further, &mut source, &mut asked)?;
    }
    if let Some(file) = &args.save {
        let text = json!({ "slowburn": KIND, "moment": now, "answers": asked.saved });
        write::private(file, &format!("{text}\n"))?;
    }
    let (rows, notes) = comparison.rows(tolerance);
    stdout::painted(&match args.format {
        Format::Json => printed(&comparison, &rows, &notes, tolerance),
        Format::Human | Format::Github | Format::Sarif => {
            human(&comparison, &rows, &notes, tolerance, &source.name())
        }
    })?;
    Ok(if rows.iter().any(|row| row.differs) { Ending::Problems } else { Ending::Clean })
}

/// The old rules: those in the files, or those that the specs stand for. What cannot be read is reported, and the rest is compared.
fn old(args: &Import) -> Result<Foreign, Failure> {
    let (sources, foreign, found) = match foreign::read(&args.files)? {
        foreign::Side::Ours => {
            return Err(Failure::new("these are definitions of slowburn")
                .and("name the rules or specs of the other tool, and the definitions with --to"));
        }
        foreign::Side::Rules(rules) => (rules.sources, rules.foreign, rules.problems),
        foreign::Side::Specs(of) => {
            let (foreign, problems) = specs(&of.sources);
            (of.sources, foreign, problems)
        }
    };
    let errors: Vec<Problem> = found.into_iter().filter(Problem::is_error).collect();
    if !errors.is_empty() {
        problems::shown(&errors, &sources, Format::Human)?;
    }
    Ok(foreign)
}

fn ask(
    comparison: &mut Comparison,
    questions: Vec<String>,
    source: &mut Source,
    all: &mut AnswerLog,
) -> Result<(), Failure> {
    all.count += questions.len();
    if all.count > MOST_QUESTIONS {
        return Err(Failure::new(format!("this needs more than {MOST_QUESTIONS} questions"))
            .and("compare a part of it: --only api, or --only api/latency"));
    }
    for asked in questions {
        match source.answer(&asked)? {
            Ok(answer) => {
                if comparison.add_answer(&asked, &answer).is_none() {
                    return Err(Failure::new("this is not an answer of Prometheus to an instant query").and(
                        "write the base address of the server (above /api/v1/query), or a file of --save",
                    ));
                }
                if comparison.is_full() {
                    let headline =
                        format!("{} has more than {MOST_SAMPLES} series of these SLOs", source.name());
                    return Err(
                        Failure::new(headline).and("compare a part of it: --only api, or --only api/latency")
                    );
                }
                if let Some(saved) = &mut all.saved {
                    saved.push(json!({ "asked": asked, "answer": answer }));
                }
            }
            Err(why) => {
                comparison.refuse(&asked, &why);
                if let Some(saved) = &mut all.saved {
                    saved.push(json!({ "asked": asked, "refused": why }));
                }
            }
        }
    }
    Ok(())
}

/// The answers until now.
struct AnswerLog {
    count: usize,
    /// The answers to save, if `--save` is given.
    saved: Option<Vec<Value>>,
}

/// Where answers come from.
enum Source<'a> {
    Server(Moment<'a>),
    Saved(Saved),
}

impl Source<'_> {
    fn name(&self) -> String {
        match self {
            Self::Server(moment) => moment.address.to_string(),
            Self::Saved(saved) => saved.name.clone(),
        }
    }

    /// The moment of all queries, in seconds since 1970.
    fn now(&self) -> u64 {
        match self {
            Self::Server(moment) => moment.now(),
            Self::Saved(saved) => saved.moment,
        }
    }

    /// The answer. The inner error means that the server refuses only this query.
    fn answer(&mut self, asked: &str) -> Result<Result<Value, String>, Failure> {
        match self {
            Self::Server(moment) => moment.answer(asked),
            Self::Saved(saved) => Ok(saved
                .answers
                .remove(asked)
                .unwrap_or_else(|| Err("it was not asked when the answers were saved".to_owned()))),
        }
    }
}

/// Saved answers of a server.
struct Saved {
    name: String,
    moment: u64,
    /// By query.
    answers: BTreeMap<String, Result<Value, String>>,
}

impl Saved {
    fn read(file: &Path, megabytes: u64) -> Result<Self, Failure> {
        let (moment, answers) = tree::saved(file, megabytes, KIND, "moment", "import --check")?;
        let answers = answers.into_iter().map(|mut one| {
            let asked = one["asked"].as_str().unwrap_or_default().to_owned();
            let answer = match one["refused"].as_str() {
                Some(why) => Err(why.to_owned()),
                None => Ok(one["answer"].take()),
            };
            (asked, answer)
        });
        Ok(Self { name: shown(file, Path::new("")), moment, answers: answers.collect() })
    }
}
