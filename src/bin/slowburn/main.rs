//! The shell of slowburn: reads sources, calls the library, and writes the output.
//!
//! | file | is the only one that |
//! |---|---|
//! | `args`, `usage` | knows the command line; tells what to type instead of a wrong one |
//! | `address` | shows an address that was given |
//! | `read` | opens files to read them |
//! | `sources` | reads SLO definitions |
//! | `revision` | runs git, to read them as they were |
//! | `changes` | reads what was compiled before |
//! | `write` | changes anything on the disk |
//! | `stdout` | prints to stdout |
//! | `http` | touches the network |
//! | `credentials` | reads secrets |
//! | `cached` | reads what servers answered before |
//! | `compile`, `check`, `explain`, `simulate`, `diff`, `status`, `report`, `drift`, `backtest`, `backfill`, `capture`, `lsp` | each is one command |
//! | `init`, `import`, `schema`, `completions`, `man`, `help` | each is one command, too, for beginners |

// This is the shell: the one crate that may touch disk, network, environment and process.
#![allow(clippy::disallowed_methods)]

mod address;
mod advice;
mod answer;
mod args;
mod ask;
mod backfill;
mod backtest;
mod cached;
mod capture;
mod changes;
mod check;
mod compile;
mod completions;
#[cfg(feature = "http")]
mod credentials;
mod diff;
mod drift;
mod ending;
mod explain;
mod foreign;
mod help;
#[cfg_attr(not(feature = "http"), path = "no_http.rs")]
mod http;
mod ignored;
mod import;
mod import_check;
mod init;
mod lsp;
mod man;
mod named;
mod problems;
mod read;
mod report;
mod revision;
mod schema;
mod simulate;
mod sources;
mod status;
mod stderr;
mod stdout;
mod tree;
mod unified;
mod unread;
mod usage;
mod watch;
mod write;

use std::process::ExitCode;

use args::{Command, Metrics};
use clap::Parser;
use ending::{Ending, Failure};
use slowburn::{inert, secret};

/// The compiler makes and drops many small boxes on several threads at once. This allocator is faster at that; see the bench of the compiler.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args = match args::Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // Help goes to stdout, an error to stderr. A closed pipe is not an error.
            return match error.use_stderr() {
                true => {
                    match usage::meant(usage::typed()) {
                        Some((wrong, advice)) => {
                            let failure = Failure::new(wrong).and(&advice);
                            stderr::print(&format!("error: {failure}\n"));
                        }
                        // The message repeats the arguments, and an argument may be an address with a password.
                        None => stderr::painted(&masked(&error.render().ansi().to_string())),
                    }
                    ExitCode::from(2)
                }
                false => {
                    let _ = error.print();
                    ExitCode::SUCCESS
                }
            };
        }
    };
    let ended = match args.command.unwrap_or_default() {
        Command::Compile(args) => compile::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Simulate(args) => simulate::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Status(args) => status::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Drift(args) => drift::run(&args),
        Command::Backtest(args) => backtest::run(&args),
        Command::Lsp { .. } => lsp::run(),
        Command::Backfill(args) => backfill::run(&args),
        Command::Metrics(Metrics::Capture(args)) => capture::run(&args),
        Command::Init(args) => init::run(&args),
        Command::Import(args) => import::run(&args),
        Command::Schema(args) => schema::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
        Command::Help(args) => help::run(&args),
    };
    match ended {
        Ok(Ending::Clean) => ExitCode::SUCCESS,
        Ok(Ending::Problems) => ExitCode::from(1),
        Err(failure) => {
            stderr::print(&format!("error: {failure}\n"));
            ExitCode::from(2)
        }
    }
}

/// A styled text with its secrets masked, and only a part of each long word.
fn masked(styled: &str) -> String {
    let shown = |text: &str| inert::bounded(&secret::masked(text)).into_owned();
    let piece = |(index, piece): (usize, &str)| match piece.find('m').filter(|_| index > 0) {
        Some(end) => format!("\u{1b}{}{}", &piece[..=end], shown(&piece[end + 1..])),
        None => shown(piece),
    };
    styled.split('\u{1b}').enumerate().map(piece).collect()
}
