//! `slowburn backfill`: rules that make history, and the commands that run them.

use std::fs;
use std::path::Path;

use slowburn::diagnostic::few;
use slowburn::model::Model;

use crate::args::{Backfill, Format};
use crate::ending::{Ending, Failure};
use crate::sources::{Project, shown};
use crate::{problems, stdout, write};

/// Writes the rule files, and prints the commands to run.
pub fn run(args: &Backfill) -> Result<Ending, Failure> {
    let project = Project::read(&args.sources.slos, args.chosen.environment.as_deref())?;
    problems::show(&project, Format::Human)?;
    let (Some(model), Some(files)) = (&project.compiled.model, project.compiled.history()) else {
        return Ok(Ending::Problems);
    };
    let folder = shown(&args.to, Path::new(""));
    // promtool reads every file in the folder, and writes its blocks there, too.
    if args.to.symlink_metadata().is_ok() {
        return Err(Failure::new(format!("{folder} already exists")).and("name a new folder: --to FOLDER"));
    }
    fs::create_dir_all(&args.to).map_err(|error| Failure::of("make", &folder, &error))?;
    for (name, text) in &files {
        write::file(&args.to.join(name), text)?;
    }
    stdout::print(&commands(model, &quoted(&folder), &quoted(&args.prometheus.to_string())))?;
    Ok(Ending::Clean)
}

/// The commands as a script. What the user has to fill in is at its top.
fn commands(model: &Model, folder: &str, server: &str) -> String {
    let periods = model.slos().map(|slo| slo.period.reach());
    let slos = model.services.iter().flat_map(|service| service.slos.iter().map(move |slo| (service, slo)));
    let journeys: Vec<String> = slos
        .filter(|(_, slo)| !slo.parts().is_empty())
        .map(|(service, slo)| format!("{}/{}", service.name, slo.name))
        .collect();
    let journeys = match journeys.is_empty() {
        true => String::new(),
        false => format!(
            "# Journeys get no history: they count from the time when the rules are loaded: {}.\n",
            few(&journeys)
        ),
    };
    let days = periods.max().unwrap_or_default().secs().div_ceil(86_400);
    format!(
        "# When Prometheus loaded the compiled rules. Run this three hours later or more: newer samples are not in blocks yet.
LOADED='YYYY-MM-DD hh:mm'
{journeys}# The rules count what happened up to a quarter of an hour before they were loaded; history ends there.
END=$(($(date -d \"$LOADED\" +%s) - 900))
promtool tsdb create-blocks-from rules --url={server} \\
  --start=$((END - {days} * 86400)) --end=$END --output-dir={folder}/blocks {folder}/*.rules.yaml
# Prometheus loads the blocks within a minute once they are in its data folder and belong to its user:
#   mv {folder}/blocks/* /var/lib/prometheus/metrics2/
"
    )
}

/// Quotes a word for a shell.
fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:".contains(&byte);
    if !word.is_empty() && !word.starts_with('-') && word.bytes().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}
