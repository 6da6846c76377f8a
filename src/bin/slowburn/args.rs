//! The command line. Doc comments here are what `--help` says.

use std::path::PathBuf;

use clap::{Args as Group, Parser, Subcommand, ValueEnum};
use slowburn::emit::{TARGETS, Target};

/// Compiles SLO definitions into Prometheus rules and the promtool tests that prove them
///
/// Without a command, `slowburn` is `slowburn compile`.
///
/// Exit codes: 0 without errors (warnings may be shown), 1 if problems are found, 2 if the command line is wrong or something
/// cannot be read or written.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 110)]
pub struct Args {
    /// What to do
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// A command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write the rules and their tests
    ///
    /// Writes all files or none: after an error, OUT is as it was before. Files that are already right are not touched;
    /// files that slowburn wrote for definitions that are gone are removed, files of your own never are.
    Compile(Compile),
    /// Report problems, and write nothing
    Check(Check),
    /// Explain a problem's code, or one SLO with its numbers
    Explain(Explain),
}

impl Default for Command {
    fn default() -> Self {
        Self::Compile(Compile {
            sources: Sources { slos: PathBuf::from(SLOS) },
            out: PathBuf::from(OUT),
            only: Vec::new(),
            check: false,
            format: Format::Human,
        })
    }
}

const SLOS: &str = "slos";
const OUT: &str = "out";

/// Where the definitions are.
#[derive(Debug, Group)]
pub struct Sources {
    /// The directory with the SLO definitions: every *.yaml and *.yml in it that is neither hidden nor ignored by a
    /// .gitignore in it
    #[arg(default_value = SLOS)]
    pub slos: PathBuf,
}

/// Arguments of `compile`.
#[derive(Debug, Group)]
pub struct Compile {
    /// Where the definitions are.
    #[command(flatten)]
    pub sources: Sources,
    /// The directory to write to
    #[arg(long, default_value = OUT)]
    pub out: PathBuf,
    /// The targets to compile, separated by commas; the files of all others stay as they are
    #[arg(long, value_name = "TARGETS", value_delimiter = ',', value_parser = TARGETS.map(|target| target.name))]
    pub only: Vec<String>,
    /// Write nothing: show how OUT differs from what the definitions mean, and exit 1 if it does
    #[arg(long)]
    pub check: bool,
    /// How to show problems: for people on stderr, for programs on stdout
    #[arg(long, value_enum, default_value = "human")]
    pub format: Format,
}

impl Compile {
    /// The targets that are asked for: all, if none is named.
    pub fn targets(&self) -> Vec<&'static Target> {
        let asked =
            |target: &&Target| self.only.is_empty() || self.only.iter().any(|name| name == target.name);
        TARGETS.iter().filter(asked).collect()
    }
}

/// Arguments of `check`.
#[derive(Debug, Group)]
pub struct Check {
    /// Where the definitions are.
    #[command(flatten)]
    pub sources: Sources,
    /// How to show problems: for people on stderr, for programs on stdout
    #[arg(long, value_enum, default_value = "human")]
    pub format: Format,
}

/// Arguments of `explain`.
#[derive(Debug, Group)]
pub struct Explain {
    /// The code of a problem, as in `budget-unwatched`, or an SLO, as in `api/availability`
    #[arg(value_name = "CODE|SERVICE/SLO")]
    pub subject: String,
    /// Where the definitions are.
    #[command(flatten)]
    pub sources: Sources,
}

/// How problems are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// The text with its faults underlined, on stderr
    Human,
    /// A JSON object, on stdout
    Json,
    /// Workflow commands of GitHub Actions, on stdout
    Github,
    /// SARIF 2.1.0 for code scanning, on stdout
    Sarif,
}
