//! `slowburn compile`: what the sources mean, under `out`.

use std::fmt::Write;
use std::path::Path;

use slowburn::model::Model;

use crate::args::{Compile, Format};
use crate::changes::{self, Change};
use crate::ending::{Ending, Failure};
use crate::sources::Project;
use crate::{problems, schema, sources, stderr, stdout, unified, watch, write};

/// Compiles; with `--watch` again and again.
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

/// Compiles, and writes all files or none; with `--check`, shows what would change instead. Says what came of it.
fn once(args: &Compile) -> Result<(Ending, String), Failure> {
    let slos = &args.sources.slos;
    let project = Project::read(slos)?;
    sources::apart(slos, &args.out)?;
    problems::show(&project, args.format)?;
    schema::remind(slos);
    let targets = args.targets();
    let (Some(model), Some(artifacts)) = (&project.compiled.model, project.compiled.artifacts_of(&targets))
    else {
        if !args.check {
            write::mend(&args.out)?;
        }
        return Ok((Ending::Problems, "nothing written".to_owned()));
    };
    if args.check {
        let ending = compare(args, model, &changes::find(&artifacts, &targets, &args.out)?)?;
        return Ok((ending, String::new()));
    }
    let changes = write::write(&artifacts, &targets, &args.out)?;
    let removed = changes.iter().filter(|change| change.new.is_none()).count();
    let result = format!(
        "compiled {}: {} in {}, {} changed, {removed} removed",
        amounts(model),
        several(artifacts.len(), "file"),
        shown(&args.out),
        changes.len() - removed,
    );
    Ok((Ending::Clean, result))
}

fn compare(args: &Compile, model: &Model, changes: &[Change]) -> Result<Ending, Failure> {
    let (slos, out) = (shown(&args.sources.slos), shown(&args.out));
    let mut diffs = String::new();
    for change in changes {
        diffs.push_str(&unified::diff(change, &out));
    }
    // A program that asked for its own format reads nothing else on stdout.
    match args.format {
        Format::Human => stdout::print(&diffs)?,
        Format::Json | Format::Github | Format::Sarif => stderr::print(&diffs),
    }
    if !changes.is_empty() {
        let mut again = String::from("slowburn compile");
        if slos != "slos" || out != "out" {
            let _ = write!(again, " {slos} --out {out}");
        }
        if !args.only.is_empty() {
            let _ = write!(again, " --only {}", args.only.join(","));
        }
        stderr::print(&format!("{out} is not what {slos} means: run {again}\n"));
        return Ok(Ending::Problems);
    }
    if args.format == Format::Human {
        stderr::print(&format!("checked {}: {out} is what {slos} means\n", amounts(model)));
    }
    Ok(Ending::Clean)
}

/// `28 SLOs of 10 services`, `28 SLOs and 9 alerts of 10 services`
fn amounts(model: &Model) -> String {
    let slos = model.services.iter().map(|service| service.slos.len()).sum();
    let alerts: usize = model.services.iter().map(|service| service.alerts.len()).sum();
    let alerts = if alerts == 0 { String::new() } else { format!(" and {}", several(alerts, "alert")) };
    format!("{}{alerts} of {}", several(slos, "SLO"), several(model.services.len(), "service"))
}

fn several(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

fn shown(path: &Path) -> String {
    sources::shown(path, Path::new(""))
}
