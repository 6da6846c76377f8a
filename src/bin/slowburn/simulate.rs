//! `slowburn simulate`: plays an incident through the rules of one SLO.

use std::path::{Path, PathBuf};

use slowburn::diagnostic::alternatives;
use slowburn::inert;
use slowburn::plan::{EventSource, SloPlan};
use slowburn::simulate::{Scenario, Schedule, Style, json, parse, parse_csv, silence, simulate, words};
use slowburn::vocabulary::{Moment, Period};

use crate::args::{Format, Outcome, Simulate};
use crate::ending::{Ending, Failure};
use crate::sources::{self, Project};
use crate::{named, problems, read, stdout, usage};

/// Limits memory. In bytes.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// Prints who is notified when, and how much of the budget is spent.
pub fn run(args: &Simulate) -> Result<Ending, Failure> {
    let Some((service, slo)) = args.subject.split_once('/').filter(|_| !Path::new(&args.subject).is_dir())
    else {
        return Err(without_service(args));
    };
    let (incident, slos) = described(args)?;
    let project = Project::read(&slos, args.chosen.environment.as_deref())?;
    let Some(whole) = project.compiled.outline() else {
        problems::show(&project, Format::Human)?;
        return Ok(Ending::Problems);
    };
    let plan = named::slo(&whole, service, slo)?;
    let (title, scenario) = scenario(args, plan, &incident)?;
    let mut timeline = simulate(plan, &scenario);
    silence(&mut timeline, &whole.project, plan);
    let style = Style { width: stdout::width(), unicode: !args.ascii && stdout::unicode() };
    stdout::print(&match args.format {
        Outcome::Human => words(plan, &title, &timeline, style),
        Outcome::Json => inert::json(&json(plan, &title, &timeline)).into_owned(),
    })?;
    Ok(Ending::Clean)
}

/// The failure of a name that is not `service/slo`, with the SLOs that may be meant.
fn without_service(args: &Simulate) -> Failure {
    let name = args.subject.as_str();
    let folder = args.slos.display().to_string();
    let given: Vec<&str> =
        [name].into_iter().chain(args.incident.as_deref()).chain([folder.as_str()]).collect();
    if let Some(meant) = usage::in_order(&given) {
        return Failure::new(format!("the SLO comes first, not `{name}`")).and(&format!("write `{meant}`"));
    }
    // The words of an incident without quotes are no directory.
    let slos = if args.slos.is_dir() { args.slos.as_path() } else { Path::new("slos") };
    let project = Project::read(slos, args.chosen.environment.as_deref());
    let plan = project.ok().and_then(|project| project.compiled.outline());
    let meant = plan.as_ref().map(|plan| named::meant(plan, name)).unwrap_or_default();
    let is_service = plan.is_some_and(|plan| plan.services.iter().any(|service| service.name == name));
    let failure = match is_service {
        true => Failure::new(format!("`{name}` is a service, not an SLO")),
        false => Failure::new(format!("`{name}` is not an SLO")),
    };
    // `simulate shop checkout '5% for 10m'`
    let own = args.incident.as_ref().map(|own| format!("{name}/{own}")).filter(|own| meant.contains(own));
    if let Some(own) = own.filter(|_| is_service) {
        let incident = args.slos.display().to_string();
        let incident = match args.slos.is_dir() {
            true => "100% for 5m".to_owned(),
            false => incident,
        };
        return failure.and(&format!("write `slowburn simulate {own} '{incident}'`"));
    }
    match meant.as_slice() {
        [] => {
            failure.and("write it with its service, as in `slowburn simulate api/availability '100% for 5m'`")
        }
        [one] => failure.and(&format!("write `{}`", usage::with_path(Path::new(name), one))),
        all => failure.and(&format!("write one of its SLOs: {}", alternatives(all))),
    }
}

/// How the incident is given.
enum Described {
    Words(String),
    Counts(PathBuf),
}

/// The incident, and the directory of the definitions. With `--csv` there is no incident on the command line, so the first argument is the directory.
fn described(args: &Simulate) -> Result<(Described, PathBuf), Failure> {
    let default = args.slos == Path::new("slos");
    match (&args.csv, &args.incident) {
        (Some(file), None) => Ok((Described::Counts(file.clone()), args.slos.clone())),
        (Some(file), Some(slos)) if default => Ok((Described::Counts(file.clone()), PathBuf::from(slos))),
        (Some(_), Some(_)) => Err(Failure::new("the incident is given twice")
            .and("write it in words, or name a file with --csv, but not both")),
        (None, Some(text)) if !default && !args.slos.is_dir() => {
            let all = format!("{text} {}", args.slos.display());
            match usage::incident_of(&all) {
                Some(meant) => Err(Failure::new(usage::UNQUOTED)
                    .and(&format!("write `slowburn simulate {} '{meant}'`", args.subject))),
                None => Ok((Described::Words(text.clone()), args.slos.clone())),
            }
        }
        (None, Some(text)) => Ok((Described::Words(text.clone()), args.slos.clone())),
        (None, None) => {
            let is_path = Path::new(&args.subject).exists();
            let slo = if is_path { "api/availability" } else { args.subject.as_str() };
            let what = if is_path { "name an SLO, and write what happens" } else { "write what happens" };
            Err(Failure::new("the incident is missing").and(&format!(
                "{what}, as in `slowburn simulate {slo} '100% for 5m'`, or name a file with --csv"
            )))
        }
    }
}

/// The incident to play, and its description.
fn scenario(args: &Simulate, plan: &SloPlan, incident: &Described) -> Result<(String, Scenario), Failure> {
    let counts = matches!(plan.observed.by, EventSource::Counters { .. } | EventSource::Parts);
    let refused = |what: &str| {
        let name = format!("{}/{}", plan.promise.service, plan.promise.slo);
        let every = plan.promise.interval;
        Failure::new(format!(
            "{name} does not count events: its state is evaluated every {every}, so {what} has no meaning"
        ))
    };
    if args.traffic.is_some() && !counts {
        return Err(refused("--traffic").and("remove it"));
    }
    let (title, mut scenario) = match incident {
        Described::Words(text) => {
            let incident = parse(text).map_err(|fault| Failure::new(fault.to_string()))?;
            if !counts && incident.phases.iter().any(|phase| phase.traffic.is_some()) {
                return Err(refused("a traffic").and("write how long it is bad, as in `100% for 5m`"));
            }
            let words: Vec<&str> = text.split_whitespace().collect();
            (words.join(" "), Scenario::new(plan, &incident, args.traffic))
        }
        Described::Counts(path) => {
            let shown = sources::shown(path, Path::new(""));
            let counts = parse_csv(&counted(path, &shown)?, Schedule::default().step)
                .map_err(|fault| Failure::new(format!("{shown}:{}: {fault}", fault.line)))?;
            let usual = args.traffic.or(Some(counts.traffic).filter(|traffic| !traffic.is_zero()));
            let date = counts.date.filter(|date| args.into.is_none() && (YEARS.0..YEARS.1).contains(date));
            (shown, Scenario { date, ..Scenario::counted(plan, counts.steps, usual) })
        }
    };
    if let Some(into) = args.into {
        let name = format!("{}/{}", plan.promise.service, plan.promise.slo);
        match &plan.promise.period {
            Period::Rolling(length) => {
                return Err(Failure::new(format!("the period of {name} is always the last {length}"))
                    .and("remove --into"));
            }
            Period::Calendar(unit, _) if into >= unit.nominal() => {
                return Err(Failure::new(format!("{into} is past the end of a {}", unit.as_str()))
                    .and(&format!("it is counted as {}: write a shorter time", unit.nominal())));
            }
            Period::Calendar(..) => {}
        }
    }
    if let Some(at) = &args.at {
        scenario.date = Some(date(at, plan)?);
    }
    scenario.history = args.history;
    scenario.spent = args.budget_spent;
    scenario.into_period = args.into;
    Ok((title, scenario))
}

/// When the incident begins, in seconds since 1970.
fn date(written: &str, plan: &SloPlan) -> Result<i64, Failure> {
    let zone = &plan.promise.zone;
    match Moment::read(written, zone) {
        Some(Moment::At(at)) if (YEARS.0..YEARS.1).contains(&at) => Ok(at),
        Some(Moment::At(_)) => {
            Err(Failure::new("the year in --at is out of range").and("write a time from 1971 to 2100"))
        }
        Some(Moment::Skipped { from, first, unchanged, .. }) => Err(Failure::new(format!(
            "`{}` does not exist in {zone}: clocks are set forward then",
            written.trim()
        ))
        .and(&format!("write `{first}`, a time before {from}, or an offset: `{unchanged}`"))),
        Some(Moment::Twice([first, second])) => Err(Failure::new(format!(
            "`{}` exists twice in {zone}: clocks are set back then",
            written.trim()
        ))
        .and(&format!("write `{first}` for the first time, or `{second}` for the second"))),
        None => Err(Failure::new(format!("`{}` is not a time", inert::line(written)))
            .and("write date and time, as in `--at 2027-01-04T19:50`")),
    }
}

/// Accepted dates: from the beginning of 1971 to the beginning of 2101, in seconds since 1970.
const YEARS: (i64, i64) = (31_536_000, 4_133_980_800);

fn counted(path: &Path, shown: &str) -> Result<String, Failure> {
    let failed = |error| Failure::of("read", shown, &error);
    let bytes = read::start(path, MOST_BYTES + 1).map_err(failed)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(Failure::new(format!("{shown} is larger than 16 MiB")).and("join rows, or remove some"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes()[..valid].iter().filter(|byte| **byte == b'\n').count();
        Failure::new(format!("{shown}:{line}: this is not UTF-8"))
            .and("write `time,good,bad` and rows of numbers")
    })
}
