//! `slowburn metrics capture`: a contract of what a program exposes.

use std::fs;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use slowburn::contract::{Contract, Difference, MARK};
use slowburn::diagnostic::several;
use slowburn::inert;
use slowburn::parse::exposition::{self, Exposition};
use slowburn::render::{self, render};
use slowburn::secret;
use slowburn::source::{SourceFile, Sources};

use crate::advice::Advice;
use crate::args::Capture;
use crate::ending::{Ending, Failure};
use crate::http::Client;
use crate::sources::shown;
use crate::{read, stderr, stdout, usage, write};

/// At most this many unreadable places are listed.
const MOST_SKIPPED: usize = 10;

/// At most this many lines of differences are shown.
const MOST_LINES: usize = 200;

/// Captures, then writes the contract or compares it.
pub fn run(args: &Capture) -> Result<Ending, Failure> {
    let (name, bytes) = exposed(args)?;
    let mut contract = understood(&name, &bytes)?;
    let there = args
        .out
        .as_deref()
        .map(|out| existing_file(out, args.connection.max_size * 1_000_000))
        .transpose()?
        .unwrap_or(ExistingFile::Nothing);
    let before = if let ExistingFile::Contract(_, before) = &there { Some(before) } else { None };
    contract.origin = origin(args, &contract, before);
    if contract.origin.is_none() {
        stderr::print("the program and its version are not known: name them with --from\n");
    }
    let text = contract.to_string();
    let Some(out) = &args.out else {
        stdout::print(&text)?;
        return Ok(Ending::Clean);
    };
    let out_name = shown(out, Path::new(""));
    let metrics = several(contract.families.len(), "metric");
    let (old_text, before) = match &there {
        ExistingFile::Contract(old_text, before) => (old_text, before),
        ExistingFile::Nothing if args.check => {
            return Err(Failure::new(format!("the contract {out_name} does not exist"))
                .and("write it first, without --check"));
        }
        ExistingFile::Unread(problems) if args.check => {
            stderr::print(problems);
            return Ok(Ending::Problems);
        }
        ExistingFile::Nothing | ExistingFile::Unread(_) => {
            write::file(out, &text)?;
            if let ExistingFile::Unread(_) = there {
                stderr::print(&format!(
                    "{out_name} could not be read, so the metrics are not compared with it\n"
                ));
            }
            stderr::print(&format!("captured {metrics} in {out_name}\n"));
            return Ok(Ending::Clean);
        }
    };
    let difference = Difference::between(before, &contract);
    stderr::print(&short(&difference.to_string()));
    let counts = format!(
        "{} appeared, {} vanished, {} changed",
        difference.appeared.len(),
        difference.vanished.len(),
        difference.changed.len()
    );
    if args.check {
        let same = difference.is_empty();
        let words = match same {
            true => format!("{out_name} agrees with {name}: {metrics}\n"),
            false => format!("{out_name} differs from {name}: {counts}\n"),
        };
        stderr::print(&words);
        return Ok(if same { Ending::Clean } else { Ending::Problems });
    }
    if *old_text != text.as_bytes() {
        write::file(out, &text)?;
    }
    stderr::print(&format!("captured {metrics} in {out_name}: {counts}\n"));
    Ok(Ending::Clean)
}

/// A new contract from the captured metrics.
pub fn contract(args: &Capture) -> Result<Contract, Failure> {
    let (name, bytes) = exposed(args)?;
    let mut contract = understood(&name, &bytes)?;
    contract.origin = origin(args, &contract, None);
    Ok(contract)
}

/// The name of the metrics' source for messages, and the bytes.
fn exposed(args: &Capture) -> Result<(String, Vec<u8>), Failure> {
    let limit = args.connection.max_size * 1_000_000;
    let source = args.source.written();
    // Text with a scheme is an address, not a file.
    let (name, bytes) = if source.contains("://") {
        (args.source.to_string(), ask(args)?)
    } else if source == "-" {
        let bytes = take(io::stdin().lock(), limit).map_err(|error| Failure::of("read", "stdin", &error))?;
        ("stdin".to_owned(), bytes)
    } else {
        let name = shown(Path::new(source), Path::new(""));
        let bytes = read::start(Path::new(source), limit + 1).map_err(|error| {
            let failure = Failure::of("read", &name, &error);
            // Text such as `localhost:9100` is more likely an address.
            match error.kind() == ErrorKind::NotFound && source.contains(':') {
                true if secret::has_credentials(source) => failure.and(
                    "if it is an address, write it with `http://` and without user and password: write those into SLOWBURN_USER",
                ),
                true => failure.and(&format!(
                    "if it is an address, write `{}`",
                    usage::with_path(Path::new(source), &format!("http://{source}"))
                )),
                false => failure,
            }
        })?;
        (name, bytes)
    };
    if bytes.len() as u64 > limit {
        return Err(Failure::new(format!("{name} is larger than {} MB", args.connection.max_size))
            .and("if that is right, raise the limit: --max-size MEGABYTES"));
    }
    Ok((name, bytes))
}

fn ask(args: &Capture) -> Result<Vec<u8>, Failure> {
    const ADVICE: Advice = Advice {
        scheme: "write an address with http:// or https://, or a file",
        missing: "metrics are usually at /metrics",
        too_much: "",
    };
    let client = Client::new(&args.source, &args.connection, ADVICE)?;
    let answer = client.get("", "")?;
    let name = args.source.to_string();
    other_than_text(&name, &answer.content_type)?;
    // A text of OpenMetrics says where it ends.
    let is_open = answer.content_type.to_ascii_lowercase().starts_with("application/openmetrics-text");
    if is_open && !answer.body.trim_ascii_end().ends_with(b"# EOF") {
        return Err(Failure::new(format!("the answer of {name} ends early: its last line is not `# EOF`"))
            .and("capture it again; if it always ends so, Prometheus cannot read it either"));
    }
    Ok(answer.body)
}

fn take(source: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(limit + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Refuses an answer whose content type is not a text of metrics.
fn other_than_text(name: &str, content_type: &str) -> Result<(), Failure> {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "text/html" | "application/xhtml+xml" => Err(page(name)),
        "application/json" => Err(Failure::new(format!("{name} answers with JSON, not with metrics"))),
        "application/vnd.google.protobuf" => {
            Err(Failure::new(format!("{name} answers with protobuf, although slowburn asked for text")))
        }
        _ => Ok(()),
    }
}

fn page(name: &str) -> Failure {
    Failure::new(format!("{name} answers with a web page, not with metrics"))
        .and("metrics are usually at /metrics; the page may also be a login page")
}

/// The contract of a text. The text is samples, or already a contract.
fn understood(name: &str, bytes: &[u8]) -> Result<Contract, Failure> {
    let text = bytes.trim_ascii_start();
    let begins =
        |with: &str| text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with.as_bytes()));
    if begins("<!doctype html") || begins("<html") {
        return Err(page(name));
    }
    if bytes.starts_with(&[0x1f, 0x8b]) {
        return Err(Failure::new(format!("{name} is compressed"))
            .and("unpack it first: gzip -dc FILE | slowburn metrics capture -"));
    }
    if text.is_empty() {
        return Err(Failure::new(format!("{name} is empty: there are no metrics in it")));
    }
    if text.starts_with(MARK.as_bytes()) {
        return written(name, bytes).map_err(|shown| Failure::new(shown.trim_end()));
    }
    let reading = exposition::read(bytes);
    print_skipped(name, &reading);
    if reading.contract.families.is_empty() {
        return Err(Failure::new(format!("there are no metrics in {name}"))
            .and("the text format of Prometheus or OpenMetrics is expected"));
    }
    Ok(reading.contract)
}

/// Reads a contract, or returns its problems as text.
fn written(name: &str, bytes: &[u8]) -> Result<Contract, String> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let sources = Sources::new(vec![SourceFile { path: name.to_owned(), text }]);
    let (id, file) = sources.iter().next().expect("it has one file");
    let (contract, problems) = slowburn::parse::contract(id, &file.text);
    contract.ok_or_else(|| {
        format!(
            "{name} is not a contract\n{}",
            render(&problems, &sources, render::Format::Human { color: false })
        )
    })
}

/// Prints which places could not be read.
fn print_skipped(name: &str, reading: &Exposition) {
    let mut words = String::new();
    for skipped in reading.skipped.iter().take(MOST_SKIPPED) {
        words
            .push_str(&format!("{name}:{}:{}: not read: {}\n", skipped.line, skipped.column, skipped.reason));
    }
    let more = reading.skipped.len().saturating_sub(MOST_SKIPPED) as u64 + reading.more;
    if more > 0 {
        words.push_str(&format!("{name}: {more} more places not read\n"));
    }
    stderr::print(&words);
}

/// What is at the path of the contract now.
enum ExistingFile {
    Nothing,
    /// A contract, with its bytes.
    Contract(Vec<u8>, Contract),
    /// A contract with faults, which is replaced. With its problems as text.
    Unread(String),
}

fn existing_file(out: &Path, limit: u64) -> Result<ExistingFile, Failure> {
    let name = shown(out, Path::new(""));
    let bytes = match fs::metadata(out) {
        Ok(found) if !found.is_file() => {
            return Err(
                Failure::new(format!("{name} is not a regular file")).and("name a file to write: --out FILE")
            );
        }
        Ok(_) => read::plain(out, limit).map_err(|error| Failure::of("read", &name, &error))?,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(ExistingFile::Nothing),
        Err(error) => return Err(Failure::of("read", &name, &error)),
    };
    if bytes.starts_with(MARK.as_bytes()) {
        return Ok(match written(&name, &bytes) {
            Ok(contract) => ExistingFile::Contract(bytes, contract),
            Err(problems) => ExistingFile::Unread(problems),
        });
    }
    let contract = exposition::read(&bytes).contract;
    if contract.families.is_empty() && !bytes.trim_ascii().is_empty() {
        return Err(Failure::new(format!("{name} is neither a contract nor a capture of metrics"))
            .and("the file was not changed; name another file with --out FILE, or remove this one"));
    }
    Ok(ExistingFile::Contract(bytes, contract))
}

/// The program and its version: from the user, the capture, the program's own metric, or the old contract, in this order.
fn origin(args: &Capture, contract: &Contract, before: Option<&Contract>) -> Option<String> {
    let one_line = |text: &String| {
        inert::line(text.split(inert::is_break).collect::<Vec<_>>().join(" ").trim()).into_owned()
    };
    let message = args.from.as_ref().map(one_line).filter(|from| !from.is_empty());
    let origin_name = message.or_else(|| contract.origin.clone()).or_else(|| contract.build());
    if origin_name.is_none()
        && let Some(kept) = before.and_then(|before| before.origin.clone())
    {
        stderr::print(&format!(
            "from {kept}, as before: if the version is different, write it with --from\n"
        ));
        return Some(kept);
    }
    origin_name
}

fn short(text: &str) -> String {
    let more = text.lines().count().saturating_sub(MOST_LINES);
    if more == 0 {
        return text.to_owned();
    }
    let shown: String = text.split_inclusive('\n').take(MOST_LINES).collect();
    format!("{shown}… {more} more\n")
}
