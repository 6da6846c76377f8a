//! `slowburn init`: writes a first project that compiles.

use std::fs;
use std::io::{self, BufRead, IsTerminal};
use std::path::{Path, PathBuf};

use slowburn::contract::Contract;
use slowburn::diagnostic::Level;
use slowburn::model::{self, Language};
use slowburn::parse::PROJECT_FILE;
use slowburn::propose::{Proposal, project_file, propose, service_file};
use slowburn::schema::SCHEMAS;
use slowburn::source::{SourceFile, Sources};
use slowburn::vocabulary::Name;

use crate::address::Address;
use crate::args::{Capture, Init};
use crate::ending::{Ending, Failure};
use crate::sources::{Project, shown};
use crate::{capture, stderr, write};

/// What the user chose.
struct Answers {
    service: Name,
    job: String,
    language: Language,
    metrics: Option<Address>,
}

/// Asks for what the flags do not give, captures, proposes, and writes.
pub fn run(args: &Init) -> Result<Ending, Failure> {
    let slos = &args.sources.slos;
    if slos.is_file() {
        return Err(Failure::new(format!("{} is a file", shown(slos, Path::new(""))))
            .and("name the directory for the definitions: slowburn init path/to/slos"));
    }
    let answers = answers(args)?;
    let contract = match &answers.metrics {
        Some(source) => {
            let capture = Capture {
                source: source.clone(),
                from: None,
                out: None,
                check: false,
                connection: args.connection.clone(),
            };
            Some(capture::contract(&capture)?)
        }
        None => None,
    };
    let files = files(slos, &answers, contract.as_ref());
    let written = write(slos, &files)?;
    for path in written {
        stderr::print(&format!("wrote {}\n", shown(slos, path)));
    }
    let next = match slos == Path::new("slos") {
        true => "slowburn".to_owned(),
        false => format!("slowburn compile {}", shown(slos, Path::new(""))),
    };
    stderr::print(&format!("read it, change the objectives, and compile it: {next}\n"));
    Ok(Ending::Clean)
}

/// From the flags; on a terminal without flags, from questions.
fn answers(args: &Init) -> Result<Answers, Failure> {
    let there = project_there(&args.sources.slos).map(|project| project.language);
    let language =
        |word: &str| Language::ALL.iter().find(|(code, _)| *code == word).map(|(_, language)| *language);
    let asked =
        args.service.is_none() && args.metrics.is_none() && args.job.is_none() && args.language.is_none();
    if asked && io::stdin().is_terminal() {
        let service = ask("Name of the service, such as api", None, |text| {
            Name::parse(text).ok_or_else(|| match Name::nearest(text) {
                Some(nearest) => format!("lower-case letters, digits and hyphens, such as {nearest}"),
                None => "lower-case letters, digits and hyphens".to_owned(),
            })
        })?;
        let job = ask("Its job in Prometheus", Some(service.as_str()), |text| Ok(text.to_owned()))?;
        let metrics =
            ask("Where its metrics are: an address or a file; empty if it has none yet", Some(""), |text| {
                Ok(if text.is_empty() { None } else { text.parse().ok() })
            })?;
        let language = match there {
            Some(there) => there,
            None => ask("Language of alerts, en or es", Some("en"), |text| {
                language(text).ok_or_else(|| "en or es".to_owned())
            })?,
        };
        return Ok(Answers { service, job, language, metrics });
    }
    let Some(service) = args.service.as_ref().or(args.job.as_ref()) else {
        // `slowburn init shop`: a service is probably meant, not a directory.
        let slos = args.sources.slos.to_string_lossy();
        let name = Name::parse(&slos).filter(|_| slos != "slos" && !args.sources.slos.exists());
        let name = name.map_or("api".to_owned(), |name| name.to_string());
        return Err(Failure::new("the name of the service is missing").and(&format!(
            "write it: slowburn init --service {name} --metrics http://localhost:8000/metrics"
        )));
    };
    let Some(name) = Name::parse(service) else {
        let failure = Failure::new(format!("`{service}` is not a valid name for a service"));
        return Err(match Name::nearest(service) {
            Some(nearest) => failure.and(&format!("write --service {nearest}")),
            None => failure
                .and("allowed are lower-case letters, digits and single hyphens, beginning with a letter"),
        });
    };
    let message = args.language.as_deref().and_then(language);
    Ok(Answers {
        job: args.job.clone().unwrap_or_else(|| service.clone()),
        service: name,
        language: message.or(there).unwrap_or(Language::English),
        metrics: args.metrics.clone(),
    })
}

/// The existing project file.
fn project_there(slos: &Path) -> Option<model::Project> {
    if !slos.join(PROJECT_FILE).exists() {
        return None;
    }
    Some(Project::read_all(slos, None).ok()?.meant().into_owned().project)
}

/// Repeats a question until the answer is valid.
fn ask<T>(
    question: &str,
    default: Option<&str>,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<T, Failure> {
    loop {
        let offered = default.filter(|default| !default.is_empty()).map(|default| format!(" [{default}]"));
        stderr::print(&format!("{question}{}: ", offered.unwrap_or_default()));
        let mut line = String::new();
        let count =
            io::stdin().lock().read_line(&mut line).map_err(|error| Failure::of("read", "stdin", &error))?;
        if count == 0 {
            return Err(Failure::new("there was no answer").and("nothing was written"));
        }
        match (line.trim(), default) {
            ("", Some(default)) => return read(default).map_err(Failure::new),
            (text, _) => match read(text) {
                Ok(answer) => return Ok(answer),
                Err(words) => stderr::print(&format!("{words}\n")),
            },
        }
    }
}

/// All files by path. Those that may already exist come first.
fn files(slos: &Path, answers: &Answers, contract: Option<&Contract>) -> Vec<(PathBuf, String)> {
    let Answers { service, job, language, .. } = answers;
    let beside = format!("metrics/{service}.prom");
    let none = Contract::default();
    let project = project_file(*language, contract.unwrap_or(&none));
    // In an existing project the project file stays, and so does its version of Prometheus.
    let holds = match project_there(slos).map(|project| project.prometheus.version) {
        Some((major, minor)) => {
            format!("version: slowburn/v1\nprometheus: {{ version: \"{major}.{minor}\" }}\n")
        }
        None => project.clone(),
    };
    let named = contract.map(|_| beside.as_str());
    let draft = |proposals: &[Proposal]| service_file(service, named, proposals, *language);
    let text = contract.map(ToString::to_string);
    let compiles = |proposal: &Proposal| {
        let file =
            |path: &str, text: &str| SourceFile { path: format!("slos/{path}"), text: text.to_owned() };
        let draft = draft(std::slice::from_ref(proposal));
        let mut files = vec![file(PROJECT_FILE, &holds), file("draft.yaml", &draft)];
        files.extend(text.as_ref().map(|text| file(&beside, text)));
        let problems = slowburn::compile(&Sources::new(files)).problems;
        problems.iter().all(|problem| problem.level != Level::Error)
    };
    let proposals = propose(contract.unwrap_or(&none), job, compiles);
    let mut files = vec![(PathBuf::from(PROJECT_FILE), project)];
    files.extend(
        SCHEMAS.map(|schema| (PathBuf::from(format!(".slowburn/{}.json", schema.name)), schema.text())),
    );
    files.push((PathBuf::from(format!("{service}.yaml")), draft(&proposals)));
    files.extend(text.map(|text| (PathBuf::from(beside), text)));
    files
}

/// Writes the files that do not exist, and returns them. Files of the whole project may exist already; files of the service must not.
fn write<'a>(slos: &Path, files: &'a [(PathBuf, String)]) -> Result<Vec<&'a PathBuf>, Failure> {
    let shared = 1 + SCHEMAS.len();
    let exists = |path: &Path| fs::symlink_metadata(slos.join(path)).is_ok();
    if let Some((path, _)) = files[shared..].iter().find(|(path, _)| exists(path)) {
        let folder = shown(slos, Path::new(""));
        return Err(Failure::new(format!("{} already exists", shown(slos, path))).and(&format!(
            "nothing was written: the service is defined already, and `slowburn check {folder}` checks it; for another service write its name: `slowburn init {folder} --service NAME`"
        )));
    }
    let new: Vec<_> = files.iter().filter(|(path, _)| !exists(path)).collect();
    write::new_files(slos, &new)?;
    Ok(new.into_iter().map(|(path, _)| path).collect())
}
