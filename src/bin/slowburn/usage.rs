//! Tells what to type instead of a wrong command line: the user's own words, with the ones that slowburn knows.

use std::path::Path;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser};
use slowburn::simulate::parse;
use slowburn::vocabulary::nearest;

use crate::args::Args;

/// Commands, with words of other tools and of Spanish.
const COMMANDS: &[(&str, &[&str])] = &[
    (
        "check",
        &[
            "validate",
            "lint",
            "verify",
            "test",
            "plan",
            "verificar",
            "validar",
            "comprobar",
            "chequear",
            "revisar",
            "probar",
        ],
    ),
    (
        "compile",
        &[
            "generate",
            "gen",
            "build",
            "run",
            "make",
            "apply",
            "render",
            "compilar",
            "generar",
            "construir",
            "ejecutar",
        ],
    ),
    ("help", &["ayuda", "manual", "docs", "topics"]),
    ("explain", &["show", "describe", "explicar", "mostrar"]),
    ("simulate", &["sim", "play", "simular"]),
    ("import", &["convert", "migrate", "importar", "convertir", "migrar"]),
    ("init", &["new", "create", "start", "iniciar", "crear", "nuevo"]),
    ("status", &["state", "estado", "budget", "budgets"]),
    ("report", &["informe", "reporte"]),
    ("diff", &["compare", "comparar", "diferencia"]),
    ("backtest", &["replay", "history"]),
];

/// Options whose value is written without them.
const PLAIN: &[&str] = &[
    "--slos",
    "--input",
    "--in",
    "-i",
    "--dir",
    "--directory",
    "--folder",
    "-d",
    "--source",
    "--sources",
    "--path",
    "--config",
    "-c",
    "--file",
    "-f",
    "--files",
    "--slo",
    "--service",
    "--incident",
    "--code",
];

/// Options that nothing replaces.
const REMOVED: &[&str] = &[
    "--verbose",
    "-v",
    "-vv",
    "--quiet",
    "-q",
    "--silent",
    "--debug",
    "--force",
    "--yes",
    "-y",
    "--color",
    "--no-color",
];

/// Options of other tools, with those of slowburn: the first that the command has.
const RENAMED: &[(&[&str], &[&str])] = &[
    (
        &["-o", "--output", "--out-dir", "--output-dir", "--outdir", "--salida", "--out", "--to"],
        &["--out", "--to"],
    ),
    (&["--env", "-e", "--entorno", "--stage"], &["--environment"]),
    (&["--url", "--server", "--prom", "--prometheus-url", "--host", "-p"], &["--prometheus"]),
    (&["--target", "--targets", "-t"], &["--only"]),
    (&["--since", "--days", "--range", "--period", "--window"], &["--last"]),
    (&["-w"], &["--watch"]),
    (&["--dry-run", "-n"], &["--check"]),
    (&["--json"], &["--format=json"]),
];

/// The headline for an incident that is several words of the command line.
pub const UNQUOTED: &str = "an incident of several words needs quotes";

/// What is wrong with a command line, and the right one; `None` if nobody can tell what was meant.
pub fn meant(words: impl Iterator<Item = String>) -> Option<(String, String)> {
    let mut words: Vec<String> = words.collect();
    let (mut first, mut command) = (None, None);
    for _ in 0..8 {
        let Err(error) = parsed(&words) else {
            return Some((first?, line(&words)));
        };
        if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
            return Some((first?, line(&words)));
        }
        let changed = match error.kind() {
            ErrorKind::InvalidSubcommand => {
                let changed = with_command(&mut words, &error);
                command = changed.as_ref().and(words.first().cloned());
                changed
            }
            ErrorKind::UnknownArgument => with_option(&mut words, &error),
            _ => None,
        };
        match changed {
            Some(headline) => first = first.or(Some(headline)),
            None => break,
        }
    }
    // Its other words are wrong, too: its help tells about them.
    Some((first?, format!("slowburn {} --help", command?)))
}

/// The command line that was typed, with a path in place of another one, or after it.
pub fn with_path(written: &Path, instead: &str) -> String {
    let mut words: Vec<String> = typed().collect();
    if words.is_empty() {
        words.push("compile".to_owned());
    }
    match words.iter_mut().find(|word| Path::new(word.as_str()) == written) {
        Some(word) => instead.clone_into(word),
        None => words.push(instead.to_owned()),
    }
    line(&words)
}

/// The words that were typed after the name of the program.
pub fn typed() -> impl Iterator<Item = String> {
    std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned())
}

/// The command that a word of another tool, or of Spanish, stands for, or the one with nearly this name.
pub fn command(word: &str) -> Option<String> {
    let folded = word.to_lowercase();
    let synonym = COMMANDS.iter().find(|(_, words)| words.contains(&folded.as_str())).map(|(name, _)| *name);
    let all = Args::command();
    let names: Vec<&str> = all.get_subcommands().map(clap::Command::get_name).collect();
    synonym.or_else(|| nearest(&folded, &names)).map(str::to_owned)
}

fn parsed(words: &[String]) -> Result<Args, clap::Error> {
    Args::try_parse_from(std::iter::once("slowburn").chain(words.iter().map(String::as_str)))
}

fn line(words: &[String]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:%=,@+~".contains(c);
    let word = |word: &String| match !word.is_empty() && word.chars().all(plain) {
        true => word.clone(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    };
    let words: Vec<String> = words.iter().map(word).collect();
    format!("slowburn {}", words.join(" "))
}

/// The word that an error is about.
fn named(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(word) => Some(word.clone()),
        _ => None,
    }
}

/// Puts a known command in place of an unknown one, or before a path.
fn with_command(words: &mut Vec<String>, error: &clap::Error) -> Option<String> {
    let wrong = named(error, ContextKind::InvalidSubcommand)?;
    let place = words.iter().position(|word| *word == wrong)?;
    let headline = format!("there is no command `{wrong}`");
    match command(&wrong) {
        Some(name) => words[place] = name,
        None if Path::new(&wrong).exists() => words.insert(place, "compile".to_owned()),
        None => return None,
    }
    Some(headline)
}

/// Renames or removes an unknown option, or puts the words of an incident together.
fn with_option(words: &mut Vec<String>, error: &clap::Error) -> Option<String> {
    let wrong = named(error, ContextKind::InvalidArg)?;
    if !wrong.starts_with('-') {
        return together(words);
    }
    if words[0].starts_with('-') {
        words.insert(0, "compile".to_owned());
        return Some("an option needs a command before it".to_owned());
    }
    let place = words.iter().position(|word| word.split('=').next() == Some(wrong.as_str()))?;
    let value = words[place].split_once('=').map(|(_, value)| value.to_owned());
    let headline = format!("`slowburn {}` has no option `{wrong}`", words[0]);
    if PLAIN.contains(&wrong.as_str()) {
        match value {
            Some(value) => words[place] = value,
            None => drop(words.remove(place)),
        }
        return Some(headline);
    }
    if REMOVED.contains(&wrong.as_str()) {
        words.remove(place);
        return Some(headline);
    }
    let has = |name: &&&str| {
        let name = name.split('=').next().unwrap_or_default();
        let of = Args::command().find_subcommand(&words[0]).cloned();
        of.is_some_and(|of| of.get_arguments().any(|arg| arg.get_long() == name.strip_prefix("--")))
    };
    let (_, ours) = RENAMED.iter().find(|(theirs, _)| theirs.contains(&wrong.as_str()))?;
    let ours = ours.iter().find(has)?;
    words[place] = match value {
        Some(value) => format!("{ours}={value}"),
        None => (*ours).to_owned(),
    };
    Some(headline)
}

/// An incident in its right spelling; `None` if it is not clear.
pub fn incident_of(text: &str) -> Option<String> {
    match parse(text) {
        Ok(_) => Some(text.to_owned()),
        Err(fault) => fault.meant().map(str::to_owned),
    }
}

/// Makes one word of an incident that was typed without quotes. A directory after it stays a word of its own.
fn together(words: &mut Vec<String>) -> Option<String> {
    if words[0] != "simulate" {
        return None;
    }
    let end = words.iter().position(|word| word.starts_with("--")).unwrap_or(words.len());
    let end = if Path::new(&words[end - 1]).is_dir() { end - 1 } else { end };
    let incident = words.get(2..end).filter(|incident| incident.len() > 1)?.join(" ");
    let incident = incident_of(&incident).unwrap_or(incident);
    words.splice(2..end, [incident]);
    Some(UNQUOTED.to_owned())
}
