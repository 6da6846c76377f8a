//! `slowburn backtest`: plays the past of a server through the rules.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal};
use std::path::Path;

use serde_json::Value;
use slowburn::backtest::{
    Course, From, Grain, History, MOST_COUNTS, Question, Range, Run, course, json, warnings, words,
};
use slowburn::diagnostic::{alternatives, there_are};
use slowburn::inert;
use slowburn::model::{Model, Service, Slo};
use slowburn::plan::{Plan, SloPlan};
use slowburn::status::is_named;

use crate::args::{Backtest, Format, Outcome};
use crate::ask::Past;
use crate::cached::Cached;
use crate::ending::{Ending, Failure};
use crate::sources::{Project, shown};
use crate::{named, problems, revision, stderr, stdout};

/// Younger answers may still change. In seconds.
const SETTLED: u64 = 3600;

/// Advice for a past that is too much for the server, or for memory.
const TOO_MUCH: &str = "use a larger step: --step 5m, or a shorter past: --last 7d";

/// Prints who would have been notified, and how the budget was spent.
pub fn run(args: &Backtest) -> Result<Ending, Failure> {
    let mut projects = vec![(
        shown(&args.slos, Path::new("")),
        Project::read(&args.slos, args.chosen.environment.as_deref())?,
    )];
    if let Some(other) = &args.against {
        projects.push((other.clone(), against(other, args)?));
    }
    if !args.policies.is_empty() {
        projects = by_policies(projects, &args.policies)?;
    }
    let mut sides = Vec::new();
    for (name, project) in &projects {
        let (Some(model), Some(plan)) = (&project.compiled.model, project.compiled.outline()) else {
            problems::show(project, Format::Human)?;
            return Ok(Ending::Problems);
        };
        sides.push((name, model, plan));
    }
    let subjects = subjects(&sides[0].2, &args.subjects)?;
    let mut asking = CachedServer::new(args)?;
    let grain = if args.step == "5m" { Grain::Coarse } else { Grain::Fine };
    let mut runs: Vec<Run> = sides
        .iter()
        .map(|(name, ..)| Run { name: (*name).clone(), courses: vec![], absent: vec![] })
        .collect();
    for (service, slo) in subjects {
        let sides: Vec<(usize, Side)> = sides
            .iter()
            .enumerate()
            .filter_map(|(index, (_, model, plan))| Some((index, side(model, plan, &service, &slo)?)))
            .collect();
        for (index, run) in runs.iter_mut().enumerate() {
            if sides.iter().all(|(known, _)| *known != index) {
                run.absent.push(format!("{service}/{slo}"));
            }
        }
        let (judged, whole) = ranges(args, asking.past.now, &sides)?;
        let mut histories: Vec<History> = sides
            .iter()
            .map(|(_, side)| History::new(side.model, side.service, side.slo, whole, grain))
            .collect();
        // Recorded series belong to the definitions that were loaded then. They do not fit definitions that measure something else.
        let same = histories.iter().all(|history| history.raw_queries() == histories[0].raw_queries());
        asking.fill(&mut histories, whole, same && !args.raw)?;
        for (history, (index, side)) in histories.iter().zip(&sides) {
            let courses =
                history.steps().map(|(labels, steps)| course(side.plan, labels, history, judged, steps));
            let mut courses: Vec<Course> = courses.collect();
            if courses.is_empty() {
                let nothing = vec![Default::default(); ((whole.until - whole.from) / 30) as usize];
                courses.push(course(side.plan, BTreeMap::new(), history, judged, nothing));
            }
            runs[*index].courses.extend(courses);
        }
    }
    asking.end();
    stdout::print(&match args.format {
        // The names of labels come from a server.
        Outcome::Human => inert::text(&words(&runs, grain)).into_owned(),
        Outcome::Json => inert::json(&json(&runs, grain)).into_owned(),
    })?;
    Ok(Ending::Clean)
}

/// Reads the other definitions: a directory if it exists, else a revision.
fn against(other: &str, args: &Backtest) -> Result<Project, Failure> {
    let environment = args.chosen.environment.as_deref();
    match Path::new(other).is_dir() {
        true => Project::read(Path::new(other), environment),
        false => Project::one(revision::read(other, &args.slos)?, environment),
    }
}

/// The definitions under each of the policies.
fn by_policies(
    projects: Vec<(String, Project)>,
    policies: &[String],
) -> Result<Vec<(String, Project)>, Failure> {
    let alone = projects.len() == 1;
    let mut all = Vec::new();
    for (name, project) in projects {
        // Problems are shown for the definitions as they are written, before a policy is applied.
        if project.compiled.model.is_none() {
            return Ok(vec![(name, project)]);
        }
        for policy in policies {
            let compiled = slowburn::compile_by(&project.sources, project.environment.as_deref(), policy)
                .map_err(|known| {
                    let known: Vec<&str> = known.iter().map(String::as_str).collect();
                    Failure::new(format!("there is no policy `{policy}` in {name}: {}", there_are(&known)))
                })?;
            let called = if alone { policy.clone() } else { format!("{name} by {policy}") };
            let (sources, environment) = (project.sources.clone(), project.environment.clone());
            all.push((called, Project { sources, compiled, environment, others: Vec::new() }));
        }
    }
    Ok(all)
}

/// An SLO on one side.
struct Side<'a> {
    model: &'a Model,
    service: &'a Service,
    slo: &'a Slo,
    plan: &'a SloPlan,
}

fn side<'a>(model: &'a Model, plan: &'a Plan, service: &str, slo: &str) -> Option<Side<'a>> {
    let meant = model.services.iter().find(|known| known.name.as_str() == service)?;
    let is_it = |plan: &&SloPlan| plan.promise.service == service && plan.promise.slo == slo;
    Some(Side {
        model,
        service: meant,
        slo: meant.slos.iter().find(|known| known.name.as_str() == slo)?,
        plan: plan.slos().find(is_it)?,
    })
}

/// The SLOs with these names, in the order of the plan.
fn subjects(plan: &Plan, names: &[String]) -> Result<Vec<(String, String)>, Failure> {
    for name in names {
        if let Some((service, slo)) = name.split_once('/') {
            named::slo(plan, service, slo)?;
        } else if !plan.slos().any(|slo| is_named(slo, std::slice::from_ref(name))) {
            let unknown = Failure::new(format!("there is no service `{name}` with SLOs"));
            return Err(match named::meant(plan, name).as_slice() {
                [] => unknown,
                meant => unknown.and(&format!("did you mean {}?", alternatives(meant))),
            });
        }
    }
    let wanted = plan.slos().filter(|slo| is_named(slo, names));
    Ok(wanted.map(|slo| (slo.promise.service.clone(), slo.promise.slo.clone())).collect())
}

/// The range to judge, and the same range with the longest window before it. Both are multiples of five minutes.
fn ranges(args: &Backtest, now: u64, sides: &[(usize, Side)]) -> Result<(Range, Range), Failure> {
    const GRID: u64 = 300;
    let until = args.until.unwrap_or(now).min(now) / GRID * GRID;
    let tiers = sides.iter().flat_map(|(_, side)| &side.plan.promise.tiers);
    let longest = tiers.map(|tier| tier.long.secs()).max().unwrap_or(0) + 3 * GRID;
    let from = until.checked_sub(args.last.secs()).map(|from| from / GRID * GRID);
    let whole = from.and_then(|from| from.checked_sub(longest.div_ceil(GRID) * GRID));
    match (from, whole) {
        (Some(from), Some(whole)) => Ok((Range { from, until }, Range { from: whole, until })),
        _ => Err(Failure::new("the data would begin before 1970: write a later time, or a shorter past")),
    }
}

/// A server, with the cache of its earlier answers.
struct CachedServer<'a> {
    past: Past<'a>,
    cached: Option<Cached<'a>>,
    progress: bool,
}

impl<'a> CachedServer<'a> {
    fn new(args: &'a Backtest) -> Result<Self, Failure> {
        let past = Past::connect(&args.prometheus, &args.connection, TOO_MUCH)?;
        let open = |folder| Cached::open(folder, &args.prometheus, &args.connection);
        let cached = args.cache.as_deref().map(open).transpose()?;
        Ok(Self { past, cached, progress: io::stderr().is_terminal() })
    }

    /// Asks for everything that the histories of an SLO still lack.
    fn fill(&mut self, histories: &mut [History], whole: Range, recorded: bool) -> Result<(), Failure> {
        if recorded {
            self.ask(histories, vec![whole.pieces(); histories.len()], From::Recorded)?;
        }
        let lacking = |history: &History| if recorded { history.unrecorded() } else { whole.pieces() };
        let lacking = histories.iter().map(lacking).collect();
        self.ask(histories, lacking, From::Raw)
    }

    /// Asks for pieces of each history. Answers are not kept in memory, so a query that several histories need is sent once, for all of them.
    fn ask(&mut self, histories: &mut [History], pieces: Vec<Vec<Range>>, from: From) -> Result<(), Failure> {
        let mut wanted: BTreeMap<Range, Vec<usize>> = BTreeMap::new();
        for (index, pieces) in pieces.into_iter().enumerate() {
            pieces.into_iter().for_each(|piece| wanted.entry(piece).or_default().push(index));
        }
        for (done, (piece, of)) in wanted.iter().enumerate() {
            self.show(done, wanted.len(), from);
            let mut questions: Vec<(Question, Vec<usize>)> = Vec::new();
            for index in of {
                for question in histories[*index].questions(*piece, from) {
                    match questions.iter_mut().find(|(known, _)| *known == question) {
                        Some((_, of)) => of.push(*index),
                        None => questions.push((question, vec![*index])),
                    }
                }
            }
            for (question, of) in questions {
                let answer = self.answer(&question)?;
                for index in of {
                    let history = &mut histories[index];
                    if history.add_answer(&question, from, &answer).is_none() {
                        return Err(self.past.no_prometheus());
                    }
                    if history.is_full() {
                        return Err(self.too_much());
                    }
                }
            }
        }
        Ok(())
    }

    fn too_much(&self) -> Failure {
        let headline = format!(
            "{} has too many values of the labels in `by`: more than {MOST_COUNTS} counts",
            self.past.address()
        );
        Failure::new(headline).and(TOO_MUCH)
    }

    /// The answer from the cache folder, or else from the server.
    fn answer(&mut self, question: &Question) -> Result<Value, Failure> {
        if let Some(known) = self.cached.as_ref().and_then(|cached| cached.read(question)) {
            return Ok(known);
        }
        let answer = self.past.answer(question)?;
        let settled = question.range.until + SETTLED <= self.past.now;
        // An answer with warnings is incomplete, and may be complete tomorrow.
        let whole = answer["status"] == "success" && warnings(&answer).next().is_none();
        if let (Some(cached), true) = (&self.cached, settled && whole) {
            cached.write(question, &answer)?;
        }
        Ok(answer)
    }

    fn show(&self, done: usize, all: usize, from: From) {
        if self.progress {
            let what = match from {
                From::Recorded => "what was recorded",
                From::Raw => "raw series",
            };
            let filled = 20 * done / all.max(1);
            stderr::painted(&format!(
                "\r[{:<20}] day {} of {all} of {what}\u{1b}[K",
                "#".repeat(filled),
                done + 1
            ));
        }
    }

    fn end(&self) {
        if self.progress {
            stderr::painted("\r\u{1b}[K");
        }
    }
}
