//! Tells what to type instead of a wrong command line: the user's own words, with the ones that slowburn knows.

use std::path::Path;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser};
use slowburn::diagnostic::{Code, listed};
use slowburn::simulate::parse;
use slowburn::vocabulary::{Name, nearest};

use crate::args::{Args, SLOS};
use crate::sources::{folder_of, is_yaml};

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
            "export",
            "emit",
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
    "--incident",
    "--code",
];

/// Targets, with other words for what they contain.
const TARGETS: &[(&str, &[&str])] = &[
    (
        "prometheus",
        &["alerts", "alert", "alerting", "rules", "rule", "recording", "alertas", "reglas", "prom"],
    ),
    ("grafana", &["dashboards", "dashboard", "panels", "tableros", "paneles"]),
    ("promtool", &["tests", "test", "proofs", "pruebas"]),
    ("runbooks", &["docs", "runbook-pages"]),
    ("alertmanager", &["routes", "routing", "receivers", "notifications", "inhibitions", "rutas", "am"]),
    ("report", &["html", "markdown", "reports", "informe"]),
    ("operator", &["kubernetes", "k8s", "crd", "prometheusrule", "prometheus-operator"]),
    ("vmalert", &["victoriametrics", "vm"]),
];

/// Options that name a service or an SLO.
const NAMED: &[&str] = &["--slo", "--service", "--only", "--filter", "--name", "-s"];

/// Commands that take the name of a service or an SLO without an option.
const OF_ONE: &[&str] = &["explain", "simulate", "backtest"];

/// Commands that write no files.
const WRITING_NOTHING: &[&str] = &["check", "explain", "simulate", "diff", "status", "drift", "backtest"];

/// Words that are a command with an option.
const PHRASES: &[(&[&str], &str)] = &[
    (&["version", "-v", "--v"], "--version"),
    (&["watch", "dev", "serve"], "check --watch"),
    (&["capture", "scrape", "discover", "capturar"], "metrics capture"),
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
        &["--out", "--to", "--until"],
    ),
    (&["--env", "-e", "--entorno", "--stage"], &["--environment"]),
    (&["--url", "--server", "--prom", "--prometheus-url", "--host", "-p"], &["--prometheus", "--metrics"]),
    (&["--target", "--targets", "-t"], &["--only"]),
    (&["--name", "--nombre"], &["--service", "--only"]),
    (&["--since", "--days", "--range", "--period", "--window", "--lookback"], &["--last"]),
    (&["--end", "--fin", "--hasta"], &["--until"]),
    (&["-w"], &["--watch"]),
    (&["--dry-run", "-n", "--diff"], &["--check"]),
    (&["--json"], &["--format=json"]),
];

/// Options of other tools that nothing replaces, and what to do instead; for one command, or for all.
const ADVISED: &[(&str, &[&str], &str)] = &[
    (
        "",
        &["--fix", "--autofix", "--write", "--apply"],
        "slowburn does not edit definitions: a problem shows the edit after `help:`, and editors with `slowburn lsp` apply it",
    ),
    (
        "",
        &[
            "--strict",
            "--werror",
            "--fail-on",
            "--fail-on-warning",
            "--fail-on-warnings",
            "--warnings-as-errors",
            "--exit-code",
            "--min-severity",
            "--severity",
            "--level",
            "--no-warnings",
        ],
        "an error ends with exit code 1, a warning with 0; with `--format json` a script reads the level of each and can decide otherwise",
    ),
    (
        "",
        &["--ignore", "--exclude", "--disable", "--skip", "--suppress", "--allow"],
        "accept a warning in the definition, with its reason: `accepted: { unweighted-ratio: there are no counters }`",
    ),
    (
        "backtest",
        &["--from", "--start", "--begin", "--desde"],
        "write how long the past is, and its end if it is not now: `--last 7d --until 2026-12-01T00:00:00Z`",
    ),
    (
        "simulate",
        &["--for", "--errors", "--error-rate", "--error-ratio", "--duration", "--rate", "--percent"],
        "the incident is one text: `slowburn simulate shop/checkout '5% for 10m'`, with your SLO",
    ),
    (
        "report",
        &["--from", "--start", "--begin", "--since", "--desde", "--last"],
        "a report is about a month: `--month 2027-01`",
    ),
    (
        "",
        &["--user", "--username", "-u", "--basic-auth", "--password", "--auth"],
        "write `name:password` into a file that only you can read, and name it: `--user-file FILE`",
    ),
    (
        "",
        &["--token", "--bearer", "--bearer-token", "--api-key", "--header", "-H"],
        "write the token into a file that only you can read, and name it: `--bearer-file FILE`",
    ),
    (
        "",
        &["--insecure", "-k", "--insecure-skip-verify", "--no-verify", "--skip-tls-verify"],
        "every certificate is checked: name the file of your own authority with `--ca-file FILE`",
    ),
    ("import", &["--from", "--type", "--tool"], "remove it: slowburn knows the tool by the files"),
    (
        "compile",
        &["--env", "-e", "--environment", "--entorno", "--stage"],
        "remove it: the files of all environments are written, each into a folder of its own",
    ),
    (
        "check",
        &["--env", "-e", "--environment", "--entorno", "--stage"],
        "remove it: all environments are checked",
    ),
];

/// The headline for an incident that is several words of the command line.
pub const UNQUOTED: &str = "an incident of several words needs quotes";

/// What is wrong with a command line, and what to do; `None` if nobody can tell what was meant.
pub fn meant(words: impl Iterator<Item = String>) -> Option<(String, String)> {
    let mut words: Vec<String> = words.collect();
    let (mut first, mut command) = (None, None);
    for _ in 0..8 {
        let Err(error) = parsed(&words) else {
            of_folders(&mut words);
            return Some((first?, format!("write `{}`", line(&words))));
        };
        let changed = match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                return Some((first?, format!("write `{}`", line(&words))));
            }
            ErrorKind::InvalidSubcommand => {
                let changed = with_command(&mut words, &error);
                command = changed.as_ref().and(words.first().cloned());
                changed
            }
            ErrorKind::UnknownArgument => with_option(&mut words, &error),
            ErrorKind::InvalidValue => with_target(&mut words, &error),
            // The renamed word is right, and something else is missing.
            ErrorKind::MissingRequiredArgument => {
                let Some(ContextValue::Strings(missing)) = error.get(ContextKind::InvalidArg) else {
                    return None;
                };
                match with_address(&mut words, missing) {
                    Some(headline) => Some(Changed::Words(headline)),
                    None => {
                        let plain = |missing: &String| missing.replace(['<', '>'], "").replace("...", "");
                        let lacks: Vec<String> = missing.iter().map(plain).collect();
                        // `metrics` has only one command.
                        let name = words.first().map(|first| first.replace("metrics", "metrics capture"))?;
                        let headline = format!("`slowburn {name}` needs {}", listed(&lacks));
                        let examples: Vec<&str> = missing.iter().map(|missing| example(missing)).collect();
                        of_folders(&mut words);
                        let advice = format!("write `{} {}`, for example", line(&words), examples.join(" "));
                        return Some((first.unwrap_or(headline), advice));
                    }
                }
            }
            _ => None,
        };
        match changed {
            Some(Changed::Words(headline)) => first = first.or(Some(headline)),
            Some(Changed::Advice(headline, advice)) if first.is_none() => return Some((headline, advice)),
            _ => break,
        }
    }
    // Its other words are wrong, too: its help tells about them.
    Some((first?, format!("write `slowburn {} --help`", command.or_else(|| words.first().cloned())?)))
}

/// An example of a missing argument, as the parser names it.
fn example(missing: &str) -> &str {
    const EXAMPLES: [(&str, &str); 11] = [
        ("--out", "--out metrics/api.prom"),
        ("--prometheus", "--prometheus http://localhost:9090"),
        ("--month", "--month 2027-01"),
        ("<OLD>", "main"),
        ("<URL|FILE|->", "http://localhost:8000/metrics"),
        ("<FILES>", "sloth.yaml"),
        ("<FILE>", "service"),
        ("<CODE|", "unknown-key"),
        ("<SERVICE/SLO>", "api/availability '100% for 5m'"),
        ("<SERVICE|", "api/availability"),
        ("<SHELL>", "bash"),
    ];
    EXAMPLES.iter().find(|(of, _)| missing.contains(of)).map_or(missing, |(_, example)| example)
}

/// Whether a word is the address of a server: `http://prom:9090`, `localhost:9090`.
pub fn is_address(word: &str) -> bool {
    let port = word.rsplit_once(':').map_or("", |(_, port)| port);
    word.contains("://") || (2..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit())
}

/// An address with `http://` if it has no scheme.
pub fn with_scheme(address: &str) -> String {
    if address.contains("://") { address.to_owned() } else { format!("http://{address}") }
}

/// Writes the option before an address without one.
fn with_address(words: &mut Vec<String>, missing: &[String]) -> Option<String> {
    let place = words.iter().skip(1).position(|word| is_address(word))? + 1;
    if !missing.iter().any(|missing| missing.contains("--prometheus")) || words[place - 1].starts_with('-') {
        return None;
    }
    words[place] = with_scheme(&words[place]);
    words.insert(place, "--prometheus".to_owned());
    Some("the address of a server needs `--prometheus` before it".to_owned())
}

/// What was done about an error.
enum Changed {
    /// The words were changed; with what was wrong.
    Words(String),
    /// No words can be written instead: what was wrong, and advice.
    Advice(String, String),
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

/// Names the folder in place of a definition in it: these commands read a whole folder. A file of another tool is imported.
fn of_folders(words: &mut Vec<String>) {
    if words.first().is_some_and(|first| ["check", "compile", "status", "drift"].contains(&first.as_str())) {
        for place in (1..words.len()).filter(|place| is_yaml(Path::new(&words[*place]))).collect::<Vec<_>>() {
            let text = std::fs::read_to_string(&words[place]).unwrap_or_default();
            if ["prometheus/v1", "sloth.slok.dev", "pyrra.dev", "openslo/"]
                .iter()
                .any(|other| text.contains(other))
            {
                *words = vec!["import".to_owned(), words[place].clone()];
                return;
            }
            let is_output = words[place - 1] == "--out";
            let folder = folder_of(Path::new(&words[place]));
            words[place] = match folder.as_str() {
                "." if is_output => "out".to_owned(),
                "." if Path::new(SLOS).is_dir() => SLOS.to_owned(),
                _ => folder,
            };
        }
    }
}

/// The target that a word names, or what it contains.
fn target(word: &str) -> Option<&'static str> {
    let folded = word.to_lowercase();
    let means = |(name, theirs): &&(&str, &[&str])| *name == folded || theirs.contains(&folded.as_str());
    TARGETS.iter().find(means).map(|(name, _)| *name)
}

/// Puts the target that was probably meant in place of another word after `--only`.
fn with_target(words: &mut [String], error: &clap::Error) -> Option<Changed> {
    let wrong = named(error, ContextKind::InvalidValue)?;
    let option = named(error, ContextKind::InvalidArg)?;
    let ContextValue::Strings(known) = error.get(ContextKind::ValidValue)? else { return None };
    let folded = wrong.to_lowercase();
    let meant = target(&wrong);
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let headline = format!("there is no target `{wrong}`");
    if option.starts_with("--only") && is_slo(&wrong) {
        let advice = format!("all SLOs are compiled, and `--only` names a kind of files: {}", listed(&known));
        return Some(Changed::Advice(headline, advice));
    }
    if !option.starts_with("--only") {
        return None;
    }
    let Some(meant) = meant.filter(|meant| known.contains(meant)).or_else(|| nearest(&folded, &known)) else {
        return Some(Changed::Advice(headline, format!("the targets are {}", listed(&known))));
    };
    let place = words.iter().position(|word| word.split([',', '=']).any(|part| part == wrong))?;
    let parts = words[place].split(',').map(|part| match part.split_once('=') {
        Some((option, value)) if value == wrong => format!("{option}={meant}"),
        _ if part == wrong => meant.to_owned(),
        _ => part.to_owned(),
    });
    words[place] = parts.collect::<Vec<_>>().join(",");
    Some(Changed::Words(headline))
}

/// The word that an error is about.
fn named(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(word) => Some(word.clone()),
        _ => None,
    }
}

/// Puts a known command in place of an unknown one, or before a path.
fn with_command(words: &mut Vec<String>, error: &clap::Error) -> Option<Changed> {
    let wrong = named(error, ContextKind::InvalidSubcommand)?;
    let place = words.iter().position(|word| *word == wrong)?;
    let headline = format!("there is no command `{wrong}`");
    // `metrics` has only one command.
    if place == 1 && words[0] == "metrics" {
        let is_source = wrong.contains(['/', ':', '.']) || wrong == "-";
        words.splice(place..place + usize::from(!is_source), ["capture".to_owned()]);
        return Some(Changed::Words(match is_source {
            true => "`slowburn metrics` needs its command `capture`".to_owned(),
            false => format!("there is no command `metrics {wrong}`"),
        }));
    }
    if let Some((_, phrase)) = PHRASES.iter().find(|(theirs, _)| theirs.contains(&wrong.as_str())) {
        words.splice(place..=place, phrase.split(' ').map(str::to_owned));
        return Some(Changed::Words(headline));
    }
    match command(&wrong) {
        Some(name) => {
            // `slowburn new shop`: the folder of `init` has a name already.
            let next =
                words.get(place + 1).filter(|next| !next.starts_with('-') && !next.contains(['/', '.']));
            let service = next.and_then(|next| Name::nearest(next)).filter(|_| name == "init");
            if let Some(service) = service.filter(|_| !words.iter().any(|word| word.starts_with("--service")))
            {
                words.splice(place + 1..=place + 1, ["--service".to_owned(), service.to_string()]);
            }
            words[place] = name;
        }
        None if Path::new(&wrong).exists() => words.insert(place, "compile".to_owned()),
        None if words[0] == "metrics" => words.insert(place, "capture".to_owned()),
        None if Code::named(&wrong).is_some() || is_slo(&wrong) => words.insert(place, "explain".to_owned()),
        // `slowburn slo shop/checkout`
        None if words.get(place + 1).is_some_and(|next| is_slo(next)) => {
            "explain".clone_into(&mut words[place])
        }
        None if target(&wrong).is_some() => {
            let only = ["compile", "--only", target(&wrong).unwrap_or_default()];
            words.splice(place..=place, only.map(str::to_owned));
        }
        None => {
            let all = Args::command();
            let names: Vec<&str> = all.get_subcommands().map(clap::Command::get_name).collect();
            let advice = format!("the commands are {}; `slowburn help` describes them", listed(&names));
            return Some(Changed::Advice(headline, advice));
        }
    }
    Some(Changed::Words(headline))
}

/// Whether a word has the form of `service/slo`.
pub fn is_slo(word: &str) -> bool {
    word.split_once('/')
        .is_some_and(|(service, slo)| [service, slo].iter().all(|name| Name::parse(name).is_some()))
}

/// Renames or removes an unknown option, or puts the words of an incident together.
fn with_option(words: &mut Vec<String>, error: &clap::Error) -> Option<Changed> {
    let wrong = named(error, ContextKind::InvalidArg)?;
    if !wrong.starts_with('-') {
        return together(words).or_else(|| surplus(words, &wrong)).map(Changed::Words);
    }
    if let ([_], Some((_, phrase))) =
        (words.as_slice(), PHRASES.iter().find(|(theirs, _)| theirs.contains(&wrong.as_str())))
    {
        words[0] = (*phrase).to_owned();
        return Some(Changed::Words(format!("there is no option `{wrong}`")));
    }
    if words[0].starts_with('-') {
        words.insert(0, "compile".to_owned());
        return Some(Changed::Words("an option needs a command before it".to_owned()));
    }
    if let Some(incident) =
        words.iter().find(|word| word.starts_with('-') && word[1..].starts_with(|c: char| c.is_ascii_digit()))
    {
        let headline = format!("`{incident}` begins with a minus");
        return Some(Changed::Advice(headline, format!("write it without: `{}`", &incident[1..])));
    }
    let place = words.iter().position(|word| word.split('=').next() == Some(wrong.as_str()))?;
    let value = words[place].split_once('=').map(|(_, value)| value.to_owned());
    let command = words[0].clone();
    let mut asked = Args::command();
    let mut names = Vec::new();
    while let Some(below) = words.get(names.len()).and_then(|word| asked.find_subcommand(word)).cloned() {
        names.push(words[names.len()].as_str());
        asked = below;
    }
    let headline = format!("`slowburn {}` has no option `{wrong}`", names.join(" "));
    let is = |all: &[&str]| all.contains(&wrong.as_str());
    let options: Vec<String> = asked
        .get_arguments()
        .filter_map(|arg| Some(format!("--{}", arg.get_long()?)))
        .filter(|option| option != "--help")
        .collect();
    let has = |name: &str| options.iter().any(|own| own == name.split('=').next().unwrap_or_default());
    let advised = |(of, theirs, advice): &&(&str, &[&str], &str)| {
        // Advice to write an option is for commands that have it.
        let has_it = advice
            .split('`')
            .skip(1)
            .step_by(2)
            .all(|code| !code.starts_with("--") || has(code.split(' ').next().unwrap_or_default()));
        (of.is_empty() && has_it || *of == command) && is(theirs)
    };
    if let Some((.., advice)) = ADVISED.iter().find(advised) {
        return Some(Changed::Advice(headline, (*advice).to_owned()));
    }
    if is(NAMED) && !OF_ONE.contains(&command.as_str()) && !has("--only") && !has("--service") {
        let advice =
            "it reads all definitions of a directory; `slowburn explain shop/checkout` shows one SLO";
        return Some(Changed::Advice(headline, advice.to_owned()));
    }
    // `diff --from main` names the first of two.
    if is(PLAIN) || is(NAMED) && OF_ONE.contains(&command.as_str()) || command == "diff" && wrong == "--from"
    {
        match value {
            Some(value) => words[place] = value,
            None => drop(words.remove(place)),
        }
        return Some(Changed::Words(headline));
    }
    if is(REMOVED) || is(&["--dry-run", "-n"]) && WRITING_NOTHING.contains(&command.as_str()) {
        words.remove(place);
        return Some(Changed::Words(headline));
    }
    let next = value.as_deref().or_else(|| words.get(place + 1).map(String::as_str)).unwrap_or_default();
    let is_format = ["json", "yaml", "text", "human", "sarif", "github", "markdown", "csv"].contains(&next);
    let renamed = RENAMED.iter().find(|(theirs, _)| is(theirs)).and_then(|(theirs, ours)| {
        // `-o json` is the format of kubectl.
        let ours = if theirs.contains(&"-o") && is_format { &["--format"][..] } else { ours };
        ours.iter().find(|ours| has(ours)).copied()
    });
    let of_this: Vec<&str> = options.iter().map(String::as_str).collect();
    let Some(ours) = renamed.or_else(|| nearest(&wrong, &of_this)) else {
        let advice = match of_this.as_slice() {
            [] => "it has no options".to_owned(),
            [only] => format!("its only option is `{only}`"),
            options => format!("its options are {}", listed(options)),
        };
        return Some(Changed::Advice(headline, advice));
    };
    // `--days 7` is a length.
    if ours == "--last"
        && wrong == "--days"
        && !next.is_empty()
        && next.bytes().all(|byte| byte.is_ascii_digit())
    {
        let days = format!("{next}d");
        match value.is_some() {
            true => words[place] = format!("{ours}={days}"),
            false => {
                words[place + 1] = days;
                words[place] = ours.to_owned();
            }
        }
        return Some(Changed::Words(headline));
    }
    words[place] = match value {
        Some(value) => format!("{ours}={value}"),
        None => ours.to_owned(),
    };
    Some(Changed::Words(headline))
}

/// An incident in its right spelling; `None` if it is not clear.
pub fn incident_of(text: &str) -> Option<String> {
    match parse(text) {
        Ok(_) => Some(text.to_owned()),
        Err(fault) => fault.meant().map(str::to_owned),
    }
}

/// Removes a word after the last that a command takes, or writes the option before it.
fn surplus(words: &mut Vec<String>, wrong: &str) -> Option<String> {
    let place = words.iter().rposition(|word| word == wrong)?;
    let command = words[0].clone();
    let headline = format!("`slowburn {command}` takes no further argument: `{wrong}`");
    if let Some(headline) = with_address(words, &["--prometheus".to_owned()]) {
        return Some(headline);
    }
    match command.as_str() {
        "compile" => words.insert(place, "--out".to_owned()),
        "diff" => words.insert(place, "--path".to_owned()),
        // It reads every service of the directory.
        "check" | "status" | "drift" | "backfill" | "report" => drop(words.remove(place)),
        _ => return None,
    }
    Some(headline)
}

/// The words of `simulate` in their order, if they are an SLO, an incident and perhaps a directory in another one.
pub fn in_order(words: &[&str]) -> Option<String> {
    let is_slo = |word: &&&str| word.contains('/') && !Path::new(**word).exists() && parse(word).is_err();
    let slo = words.iter().find(is_slo)?;
    let incident = words.iter().find_map(|word| if word == slo { None } else { incident_of(word) });
    let folder = words.iter().find(|word| Path::new(word).is_dir() && **word != "slos");
    let all = ["simulate", slo, incident.as_deref().unwrap_or("100% for 5m")].into_iter();
    Some(line(&all.chain(folder.copied()).map(str::to_owned).collect::<Vec<_>>()))
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
