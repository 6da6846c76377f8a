//! `slowburn compile`: writes the artifacts of the sources under `out`.

use std::fmt::Write;
use std::path::Path;

use slowburn::artifact::Artifacts;
use slowburn::diagnostic::{Code, Problem, few, several};
use slowburn::emit::Target;
use slowburn::source::Span;

use crate::args::{Compile, Format};
use crate::changes::{self, Change, ENVIRONMENTS};
use crate::ending::{Ending, Failure};
use crate::sources::Project;
use crate::{problems, schema, sources, stderr, stdout, unified, unread, watch, write};

/// Compiles; with `--watch` after every change.
pub fn run(args: &Compile) -> Result<Ending, Failure> {
    if args.watch {
        return watch::run(&args.sources.slos, || Ok(once(args)?.1));
    }
    let (ending, result) = once(args)?;
    if args.format == Format::Human && !args.check && ending == Ending::Clean {
        stderr::print(&format!("{result}\n"));
    }
    Ok(ending)
}

/// Compiles, and writes all files or none; with `--check`, shows what would change. Returns a summary, too.
fn once(args: &Compile) -> Result<(Ending, String), Failure> {
    let slos = &args.sources.slos;
    let mut project = Project::read_all(slos, None)?;
    sources::refuse_out_inside_slos(slos, &args.out)?;
    let targets = args.targets();
    if let Some(model) = &project.compiled.model
        && let Some(name) = args.only.iter().find(|name| !model.project.targets.is_written(name))
    {
        let failure = Failure::new(format!("`--only {name}`: the project file declares no target `{name}`"));
        return Err(failure.and(&format!("write `targets: {{ {name}: {{}} }}` in slowburn.yaml")));
    }
    let artifacts = artifacts(&project, &targets);
    let changes = match &artifacts {
        Some(artifacts) if args.check => changes::find(artifacts, &targets, &args.out)?,
        Some(_) | None => Vec::new(),
    };
    // For programs, this is a problem like any other.
    if args.format != Format::Human && !changes.is_empty() {
        project.compiled.problems.extend(stale(args, &project, &changes));
    }
    problems::show(&project, args.format)?;
    schema::remind(slos);
    unread::remind(slos);
    let Some(artifacts) = &artifacts else {
        if !args.check {
            write::recover_interrupted(&args.out)?;
        }
        return Ok((Ending::Problems, "nothing written".to_owned()));
    };
    if args.check {
        let ending = compare(args, &project, &changes)?;
        return Ok((ending, String::new()));
    }
    let changes = write::write(artifacts, &targets, &args.out)?;
    let removed = changes.iter().filter(|change| change.new.is_none()).count();
    let result = format!(
        "compiled {}: {} in {}, {} changed, {removed} removed",
        amounts(&project),
        several(artifacts.len(), "file"),
        shown(&args.out),
        changes.len() - removed,
    );
    Ok((Ending::Clean, result))
}

/// The files of every environment, each in its own tree; `None` if there is an error.
fn artifacts(project: &Project, targets: &[&Target]) -> Option<Artifacts> {
    let mut all = Artifacts::new();
    for (environment, model) in project.models() {
        let files = slowburn::artifacts(model, targets);
        match environment {
            None => all.extend(files),
            Some(name) => {
                all.extend(
                    files.into_iter().map(|(path, text)| (format!("{ENVIRONMENTS}/{name}/{path}"), text)),
                );
            }
        }
    }
    project.compiled.model.is_some().then_some(all)
}

/// A problem at the beginning of the first source: files under `out` are not up to date.
fn stale(args: &Compile, project: &Project, changes: &[Change]) -> Option<Problem> {
    let (source, _) = project.sources.iter().next()?;
    let (slos, out) = (shown(&args.sources.slos), shown(&args.out));
    let files: Vec<String> = changes.iter().map(|change| format!("{out}/{}", change.path)).collect();
    let headline = format!("{out} does not match {slos}: {}", several(files.len(), "file"));
    let problem = Problem::error(Code::StaleOutput, Span { source, start: 0, end: 0 }, headline);
    Some(
        problem
            .help(format!("run `{}`", command_to_write(args)))
            .help(format!("different files: {}", few(&files))),
    )
}

fn compare(args: &Compile, project: &Project, changes: &[Change]) -> Result<Ending, Failure> {
    let (slos, out) = (shown(&args.sources.slos), shown(&args.out));
    if changes.is_empty() {
        if args.format == Format::Human {
            stderr::print(&format!("checked {}: {out} matches {slos}\n", amounts(project)));
        }
        return Ok(Ending::Clean);
    }
    let message = format!("{out} does not match {slos}: run {}\n", command_to_write(args));
    if args.format == Format::Human {
        stderr::print(&format!("{}:\n", several(changes.len(), "file")));
        for change in changes.iter().take(LISTED) {
            stderr::print(&format!("  {out}/{}: {}\n", change.path, change.words()));
        }
        if changes.len() > LISTED {
            stderr::print(&format!("  and {} more\n", changes.len() - LISTED));
        }
        let lines = changes.iter().filter(|change| !change.is_of_line_ends());
        stdout::print(&lines.map(|change| unified::diff(change, &out)).collect::<String>())?;
    }
    stderr::print(&message);
    Ok(Ending::Problems)
}

/// At most this many files are listed.
const LISTED: usize = 40;

/// The command that writes the files.
fn command_to_write(args: &Compile) -> String {
    let (slos, out) = (shown(&args.sources.slos), shown(&args.out));
    let mut again = String::from("slowburn compile");
    if slos != "slos" || out != "out" {
        let _ = write!(again, " {slos} --out {out}");
    }
    if !args.only.is_empty() {
        let _ = write!(again, " --only {}", args.only.join(","));
    }
    again
}

/// `28 SLOs of 10 services`, `28 SLOs and 9 alerts of 10 services`, `56 SLOs of 20 services in 2 environments`
fn amounts(project: &Project) -> String {
    let (mut slos, mut alerts, mut services) = (0, 0, 0);
    for service in project.models().flat_map(|(_, model)| &model.services) {
        slos += service.slos.len();
        alerts += service.alerts.len();
        services += 1;
    }
    let alerts = if alerts == 0 { String::new() } else { format!(" and {}", several(alerts, "alert")) };
    let environments = match project.others.len() {
        0 => String::new(),
        others => format!(" in {}", several(others + 1, "environment")),
    };
    format!("{}{alerts} of {}{environments}", several(slos, "SLO"), several(services, "service"))
}

fn shown(path: &Path) -> String {
    sources::shown(path, Path::new(""))
}
