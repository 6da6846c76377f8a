//! The command line. Doc comments here are what `--help` says.

use std::path::PathBuf;

use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{Args as Group, Parser, Subcommand, ValueEnum};
use slowburn::emit::{TARGETS, Target};
use slowburn::model::Language;
use slowburn::schema::SCHEMAS;
use slowburn::secret;
use slowburn::simulate::is_traffic;
use slowburn::vocabulary::{Decimal, Duration, Month, Name, per_second};

use crate::address::Address;

/// Compiles SLO definitions into Prometheus rules and the promtool tests that prove them
///
/// Without a command, `slowburn` is `slowburn compile`.
///
/// Exit codes: 0 without errors (warnings may be shown), 1 if problems are found, 2 if the command line is wrong or something
/// cannot be read or written.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 110, disable_help_subcommand = true, after_long_help = crate::help::topics())]
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
    /// Writes all files or none: after an error, OUT is as it was before. Files that are already right are not touched.
    /// Files that slowburn wrote for definitions that no longer exist are removed; your own files never are.
    #[command(after_help = "Manual: slowburn help output")]
    Compile(Compile),
    /// Report problems, and write nothing
    ///
    /// With --prometheus the definitions are checked against the series of a running server instead of the contracts
    /// beside them. The server is Prometheus, or another one with its HTTP API (Thanos, Mimir, VictoriaMetrics). slowburn
    /// sends one instant query per metric, and changes nothing there. Credentials come from files, or from SLOWBURN_USER
    /// and SLOWBURN_BEARER.
    #[command(after_help = "Manual: slowburn help contract")]
    Check(Check),
    /// Explain a problem's code, or one SLO with its numbers
    #[command(after_help = "Manual: slowburn help problems")]
    Explain(Explain),
    /// Play an incident through the rules of one SLO, and show who is notified and when
    ///
    /// An incident is written in words: `100% for 5m`, `ramp 0% to 5% for 2h`, `no traffic for 15m`, `no data for 10m`;
    /// with other traffic: `2% for 1h at 50/s`. Separate parts with commas. Before and after the incident all events are
    /// good.
    ///
    /// No server is asked: slowburn computes the rules, evaluation by evaluation, as Prometheus would. The incident
    /// begins right after an evaluation, which is the worst case. Add two scrape intervals, and the time that
    /// Alertmanager waits.
    #[command(after_help = "Manual: slowburn help simulate")]
    Simulate(Simulate),
    /// Show what a change of the definitions means: promises, budgets, alerts and who is notified, instead of lines
    ///
    /// OLD and NEW are directories of definitions or git revisions, in any combination. If a directory with the name
    /// exists, it is read; otherwise the name is a revision (`refs/heads/slos` is the branch if there is also a directory
    /// `slos`). From a revision the folder PATH is read as it was committed; nothing is checked out. Without NEW, the
    /// current files in PATH are compared.
    ///
    /// OLD can also be written by hand or by another tool: a rule file of Prometheus, `PrometheusRule` objects, a spec of
    /// Sloth, Pyrra or OpenSLO, or a directory of those. Then the two sides are compared SLO by SLO: alerts, windows,
    /// thresholds, labels, recorded series. Rules that slowburn does not recognise are listed.
    ///
    /// Exit codes: 0 if both sides could be compared, different or not; 1 if one of them has errors (the parts without
    /// errors are compared); 2 if one cannot be read.
    #[command(after_help = "Manual: slowburn help review")]
    Diff(Diff),
    /// Show the state of every SLO on a running server, and exit 1 if it is not good enough
    ///
    /// Reads the recorded series from Prometheus, or from another server with its HTTP API (Thanos, Mimir,
    /// VictoriaMetrics): one instant query per recorded series; nothing is changed there. The worst SLO comes first. Exit
    /// code 0 means that all series were read and, with --fail-below, that every SLO has at least that much of its budget
    /// left. Credentials come from files, or from SLOWBURN_USER and SLOWBURN_BEARER.
    #[command(after_help = "Manual: slowburn help status")]
    Status(Status),
    /// Make a page that shows which promises were kept in a month, and what spent their budgets
    ///
    /// Reads the recorded series from Prometheus, or from another server with its HTTP API: three range queries per
    /// service, with one point per hour. Nothing is changed there. The page goes to stdout, in the project's language and
    /// time zone, and needs no other file. Where the server has no data, the page says so. --save keeps the answers, and
    /// --answer makes the page from them without a server. Exit code 0 means that there is a page, also if promises were
    /// broken.
    #[command(after_help = "Manual: slowburn help report")]
    Report(Report),
    /// Show where running rules and routes differ from the compiled ones: missing, changed, left over, failing
    ///
    /// Reads the loaded rules from the server that evaluates them, and compares them one by one: expression, `for`,
    /// interval, labels and annotations. Reads the configuration of Alertmanager, and compares everything except its
    /// secrets. Exits with 1 if anything differs. Nothing is changed there, and rules of other sources are ignored.
    /// Credentials are sent to both addresses.
    #[command(after_help = "Manual: slowburn help drift")]
    Drift(Drift),
    /// Play the past of a server through the rules: which alerts would have fired and when, and how the budget was spent
    ///
    /// The past is read in range queries of one day each, and nothing is changed on the server: the recorded series, and
    /// the raw series for the time before the rules ran. With --against it is also played through other definitions, so
    /// that two policies or two revisions are shown side by side.
    #[command(after_help = "Manual: slowburn help backtest")]
    Backtest(Backtest),
    /// Make the history that long windows need from existing raw series
    ///
    /// Writes rule files and prints the commands: promtool evaluates the rules over the past, and the result is moved to
    /// the server. slowburn itself asks no server and changes nothing there.
    #[command(after_help = "Manual: slowburn help cold-start")]
    Backfill(Backfill),
    /// Serve editors: problems while you type, explanations, completion, definitions, quick fixes
    ///
    /// Speaks the language server protocol on stdin and stdout. The editor starts it: see `slowburn help editor`. Files
    /// that are open in the editor are used instead of the files on the disk. Nothing is written, and the network is not
    /// used.
    #[command(after_help = "Manual: slowburn help editor")]
    Lsp {
        /// Nothing else is possible; some editors add it
        #[arg(long, hide = true)]
        stdio: bool,
    },
    /// Learn which metrics a program exposes
    #[command(subcommand)]
    Metrics(Metrics),
    /// Start: write a service file that compiles, from the metrics of a program
    ///
    /// Captures the contract of a program, and proposes SLOs for what it recognises: requests with their status, counters
    /// of failures, durations, probes, times of the last success, gauges with a limit. Every objective is a proposal.
    /// Existing files are never overwritten; in an existing project, only the service is added.
    ///
    /// On a terminal and without flags it asks questions.
    #[command(after_help = "Manual: slowburn help first-definition")]
    Init(Init),
    /// Read the SLOs of Sloth, Pyrra or OpenSLO, and write them as definitions of slowburn
    ///
    /// Reads `prometheus/v1` and `PrometheusServiceLevel` of Sloth, `ServiceLevelObjective` of Pyrra, `openslo/v1` and
    /// `openslo/v1alpha`; a file may contain several documents. Writes one file per service, and a project file if there
    /// is none. Without --to they are printed. Parts that are not imported are listed with their place and the reason.
    /// For every SLO it lists what stays, what is measured better and what changes for the people who are notified.
    /// Existing files are never overwritten.
    ///
    /// With --check, slowburn asks a server that has the old and the new rules for the error ratios of both, window by
    /// window, at one moment. Where they differ by more than the tolerance, it shows the reason if it is known. Nothing
    /// is changed there. Credentials come from files, or from SLOWBURN_USER and SLOWBURN_BEARER.
    ///
    /// Exit codes: 0 if every SLO is imported, with warnings or without; 1 if one needs a decision first, or a source
    /// cannot be understood (then nothing is written); 2 if a file cannot be read or already exists. With --check: 0 if
    /// no ratio differs, 1 if one does, 2 if the server cannot be asked.
    Import(Import),
    /// Print the JSON Schema of a file, for editors
    ///
    /// Editors with a YAML language server complete and explain keys, and mark mistakes, in files that begin with `#
    /// yaml-language-server: $schema=.slowburn/service.json`. Write the output of this command to that file.
    #[command(after_help = "Manual: slowburn help editor")]
    Schema(Schema),
    /// Print the completions of a shell
    ///
    /// In bash: `source <(slowburn completions bash)`, in your ~/.bashrc.
    #[command(after_help = "Manual: slowburn help editor")]
    Completions(Completions),
    /// Print the manual page, or write those of all commands
    Man(Man),
    /// Print a page of the manual, or the help of a command
    ///
    /// Without a topic, all commands and topics are listed.
    Help(Help),
}

/// A command of `metrics`.
#[derive(Debug, Subcommand)]
pub enum Metrics {
    /// Make a contract of what a program exposes, and show what is new in it
    ///
    /// A contract contains metrics with their types, labels, label values and bounds, without samples, in fixed order.
    /// Commit it beside the sources, as in `slowburn metrics capture http://localhost:9100/metrics --out
    /// slos/metrics/node.prom`. The same command updates it, and shows on stderr what appeared and what vanished.
    ///
    /// Credentials are read from files or from the environment, never from the command line, where others could see them:
    /// SLOWBURN_USER is `name:password`, SLOWBURN_BEARER is a token. They are sent only to the given address: redirects
    /// are not followed.
    #[command(after_help = "Manual: slowburn help capture")]
    Capture(Capture),
}

/// Arguments of `metrics capture`.
#[derive(Debug, Group)]
pub struct Capture {
    /// Where the metrics are: an http:// or https:// address, a file in the text format of Prometheus or OpenMetrics, or `-`
    /// for stdin
    #[arg(value_name = "URL|FILE|-")]
    pub source: Address,
    /// The program and its version, for the contract's second line. Default: the first line of the file (`# from: …`),
    /// the metric `…_build_info`, or the existing contract
    #[arg(long, value_name = "TEXT")]
    pub from: Option<String>,
    /// The contract to write or update; without it the contract goes to stdout
    #[arg(long, value_name = "FILE", value_parser = target())]
    pub out: Option<PathBuf>,
    /// Write nothing: show how the metrics differ from the contract in OUT, and exit 1 if they do
    #[arg(long, requires = "out")]
    pub check: bool,
    /// Connection options.
    #[command(flatten)]
    pub connection: Connection,
}

/// How to connect to an address.
#[derive(Clone, Debug, Group)]
pub struct Connection {
    /// A file with `name:password`, for basic authentication
    #[arg(long, value_name = "FILE", conflicts_with = "bearer_file")]
    pub user_file: Option<PathBuf>,
    /// A file with a bearer token
    #[arg(long, value_name = "FILE")]
    pub bearer_file: Option<PathBuf>,
    /// A file with the certificate authorities, in PEM, to trust for an https:// address, instead of those of the public
    /// web
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// The tenant, for servers with several tenants such as Mimir and Cortex: the header X-Scope-OrgID
    #[arg(long, value_name = "NAME")]
    pub tenant: Option<String>,
    /// How long one complete answer may take, such as 10s
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    pub timeout: Duration,
    /// How large an answer may be, unpacked, in megabytes
    #[arg(long, value_name = "MEGABYTES", default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub max_size: u64,
}

/// A path to write to. An address is not one: a folder with its password in the name would be made.
fn target() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| {
        let text = path.to_string_lossy();
        let is_address = text.contains("://") || secret::is_in(&text);
        match is_address {
            true => Err("this is an address, but a path of this machine is expected"),
            false => Ok(path),
        }
    })
}

fn duration(text: &str) -> Result<Duration, String> {
    let positive = Duration::parse(text).filter(|duration| duration.millis() > 0);
    positive.ok_or_else(|| not_a_duration(text, "s"))
}

/// What to write instead of a text that is not a duration; `unit` is that of a number alone.
fn not_a_duration(text: &str, unit: &str) -> String {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, word) = (&text[..end], text[end..].trim());
    let is_month = ["M", "mo", "mon", "month", "months", "mes", "meses"].contains(&word);
    let meant = match number.parse::<u32>() {
        Ok(_) if word.is_empty() => Duration::parse(&format!("{number}{unit}")),
        Ok(months) if is_month => Some(Duration::from_secs(u64::from(months) * 30 * 86_400)),
        _ => Duration::from_common_spelling(text),
    };
    match meant.filter(|meant| meant.millis() > 0) {
        Some(meant) => format!("write `{meant}`"),
        None => "a duration such as 500ms, 10s or 1m30s is expected".to_owned(),
    }
}

/// A duration whose usual unit is a day.
fn days(text: &str) -> Result<Duration, String> {
    duration(text).map_err(|_| not_a_duration(text, "d"))
}

impl Default for Command {
    fn default() -> Self {
        Self::Compile(Compile {
            sources: Sources { slos: PathBuf::from(SLOS) },
            out: PathBuf::from(OUT),
            only: Vec::new(),
            check: false,
            watch: false,
            format: Format::Human,
        })
    }
}

pub const SLOS: &str = "slos";
const OUT: &str = "out";

/// Where the definitions are.
#[derive(Debug, Group)]
pub struct Sources {
    /// The directory with the SLO definitions: every *.yaml and *.yml in it that is neither hidden nor ignored by a
    /// .gitignore in it
    #[arg(default_value = SLOS)]
    pub slos: PathBuf,
}

/// Which environment is meant.
#[derive(Debug, Default, Group)]
pub struct Chosen {
    /// One of the `environments` in slowburn.yaml
    #[arg(long, value_name = "NAME")]
    pub environment: Option<String>,
}

/// Arguments of `compile`.
#[derive(Debug, Group)]
pub struct Compile {
    /// Where the definitions are.
    #[command(flatten)]
    pub sources: Sources,
    /// The directory to write to
    #[arg(long, default_value = OUT, value_parser = target())]
    pub out: PathBuf,
    /// The targets to compile, separated by commas; the files of all other targets are not changed
    #[arg(long, value_name = "TARGETS", value_delimiter = ',', value_parser = TARGETS.map(|target| target.name))]
    pub only: Vec<String>,
    /// Write nothing: show how OUT differs from the compiled definitions, and exit 1 if it does
    #[arg(long)]
    pub check: bool,
    /// Compile again whenever a definition changes, until Ctrl-C
    #[arg(long, conflicts_with = "check")]
    pub watch: bool,
    /// How to show problems: for people on stderr, for programs on stdout
    #[arg(long, value_enum, default_value = "human")]
    pub format: Format,
}

impl Compile {
    /// The requested targets: all, if none is given.
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
    /// Which environment is meant.
    #[command(flatten)]
    pub chosen: Chosen,
    /// Check against a running server: its address, such as http://localhost:9090
    #[arg(long, value_name = "URL")]
    pub prometheus: Option<Address>,
    /// Connection options.
    #[command(flatten)]
    pub connection: Connection,
    /// Check again whenever a definition changes, until Ctrl-C
    #[arg(long, conflicts_with = "prometheus")]
    pub watch: bool,
    /// How to show problems: for people on stderr, for programs on stdout
    #[arg(long, value_enum, default_value = "human")]
    pub format: Format,
}

/// Arguments of `explain`.
#[derive(Debug, Group)]
pub struct Explain {
    /// The code of a problem, as in `budget-unwatched`, a service, an SLO, as in `api/availability`, or the name of an alert
    #[arg(value_name = "CODE|SERVICE[/SLO]")]
    pub subject: String,
    /// Where the definitions are.
    #[command(flatten)]
    pub sources: Sources,
    /// Which environment is meant.
    #[command(flatten)]
    pub chosen: Chosen,
}

/// Arguments of `simulate`.
#[derive(Debug, Group)]
pub struct Simulate {
    /// The SLO, as in `api/availability`
    #[arg(value_name = "SERVICE/SLO")]
    pub subject: String,
    /// What happens, as in `100% for 5m`; not with --csv
    #[arg(value_name = "INCIDENT")]
    pub incident: Option<String>,
    /// The directory with the SLO definitions
    #[arg(value_name = "SLOS", default_value = SLOS)]
    pub slos: PathBuf,
    /// Which environment is meant.
    #[command(flatten)]
    pub chosen: Chosen,
    /// Read the incident from a file of counted events: a first line `time,good,bad`, then rows with the events since the
    /// previous row; times are seconds or RFC 3339
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// The usual traffic, such as 10/s or 200/h. Default: the traffic of the definition, or of the file
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub traffic: Option<Decimal>,
    /// How much of the period's budget was spent before the incident, such as 30%
    #[arg(long, value_name = "PERCENT", value_parser = share, default_value = "0%", hide_default_value = true)]
    pub budget_spent: Decimal,
    /// How long the series existed before the incident, such as 2h. Default: longer than any window
    #[arg(long, value_name = "DURATION", value_parser = history)]
    pub history: Option<Duration>,
    /// How far into a calendar period the incident begins, such as 20d. Default: half of it
    #[arg(long, value_name = "DURATION", value_parser = days)]
    pub into: Option<Duration>,
    /// When the incident begins, such as 2027-01-04T19:50, in the time zone of the SLO's hours or calendar period; or with
    /// Z or an offset. Hours, maintenance and the calendar then apply. Default: some time at which all events count
    #[arg(long, value_name = "TIME", conflicts_with = "into")]
    pub at: Option<String>,
    /// Draw with ASCII characters only; this is the default if LC_ALL, LC_CTYPE or LANG does not name UTF-8
    #[arg(long)]
    pub ascii: bool,
    /// How to show the outcome, on stdout
    #[arg(long, value_enum, default_value = "human")]
    pub format: Outcome,
}

/// How an outcome is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Outcome {
    /// Words and a chart
    Human,
    /// A JSON object
    Json,
}

/// Arguments of `diff`.
#[derive(Debug, Group)]
pub struct Diff {
    /// The old side: a directory or a git revision, such as `main`, `v1.2`, `HEAD~3`; or a file of rules or specs of
    /// another tool
    pub old: String,
    /// The new side. Default: PATH in the working tree
    pub new: Option<String>,
    /// Another file or directory of rules or specs that belongs to OLD
    #[arg(long, value_name = "FILE")]
    pub also: Vec<PathBuf>,
    /// The folder of the definitions, relative to the current directory
    #[arg(long, value_name = "PATH", default_value = SLOS)]
    pub path: PathBuf,
    /// Which environment is meant.
    #[command(flatten)]
    pub chosen: Chosen,
    /// How to show it, on stdout
    #[arg(long, value_enum, default_value = "human")]
    pub format: DiffFormat,
}

/// How a difference is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// Text for a terminal
    Human,
    /// A comment for a pull request
    Markdown,
    /// A JSON object
    Json,
}

fn rate(text: &str) -> Result<Decimal, String> {
    let rate = per_second(text).filter(is_traffic);
    rate.ok_or_else(|| "events per `s`, `m`, `h` or `d` are expected, such as 10/s or 200/h".to_owned())
}

fn share(text: &str) -> Result<Decimal, String> {
    let percent = text.strip_suffix('%').and_then(|digits| Decimal::from_str_exact(digits).ok());
    let most = Decimal::from(100_000);
    let share = percent.filter(|percent| *percent >= Decimal::ZERO && *percent <= most);
    share
        .map(|percent| percent / Decimal::ONE_HUNDRED)
        .ok_or_else(|| "a percentage is expected, such as 30%".to_owned())
}

fn history(text: &str) -> Result<Duration, String> {
    let most = Duration::from_secs(92 * 86_400);
    duration(text).map_err(|_| not_a_duration(text, "h")).and_then(|length| match length <= most {
        true => Ok(length),
        false => Err(format!("at most {most} are played")),
    })
}

/// Arguments of `status`.
#[derive(Debug, Group)]
#[command(group = clap::ArgGroup::new("gate").multiple(true).args(["fail_below", "fail_frozen"]))]
pub struct Status {
    /// Where the definitions are.
    #[command(flatten)]
    pub sources: Sources,
    /// Which environment is meant.
    #[command(flatten)]
    pub chosen: Chosen,
    /// The server: its address, such as http://localhost:9090
    #[arg(long, value_name = "URL")]
    pub prometheus: Address,
    /// Only these SLOs, separated by commas: `api` for all SLOs of a service, `api/latency` for one
    #[arg(long, value_name = "SERVICE|SERVICE/SLO", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Exit 1 if an SLO has less of its budget left, such as 10%, or if that is not known: no recorded series, no recent
    /// events, or too few events. An SLO that is `planned` and has no data is skipped
    #[arg(long, value_name = "PERCENT", value_parser = part)]
    pub fail_below: Option<Decimal>,
    /// Exit 1 if the error budget policy of an SLO stops deployments now (`freeze: true`), or if that is not known
    #[arg(long)]
    pub fail_frozen: bool,
    /// Accept SLOs whose remaining budget is not known
    #[arg(long, requires = "gate")]
    pub allow_missing: bool,
    /// Connection options.
    #[command(flatten)]
    pub connection: Connection,
    /// How to show it, on stdout
    #[arg(long, value_enum, default_value = "human")]
    pub format: TableFormat,
}

/// Arguments of `drift`.
#[derive(Debug, Group)]
pub struct Drift {
    /// Where the definitions are.
    #[command(flatten)]
    pub sources: Sources,
    /// Which environment is meant.
    #[command(flatten)]
    pub chosen: Chosen,
    /// The server that evaluates the rules: its address, such as http://localhost:9090
    #[arg(long, value_name = "URL", required_unless_present = "alertmanager")]
    pub prometheus: Option<Address>,
    /// Also compare the routes of this Alertmanager: its address, such as http://localhost:9093
    #[arg(long, value_name = "URL")]
    pub alertmanager: Option<Address>,
    /// Connection options.
    #[command(flatten)]
    pub connection: Connection,
    /// How to show it, on stdout
    #[arg(long, value_enum, default_value = "human")]
    pub format: DriftFormat,
}

/// How differences are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DriftFormat {
    /// A line for each rule
    Human,
    /// A JSON object
    Json,
}

/// How a table is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TableFormat {
    /// A table, with colour on a terminal and as wide as that
    Human,
    /// A table for a pull request, a wiki or a chat
    Markdown,
    /// A JSON object
    Json,
}

fn part(text: &str) -> Result<Decimal, String> {
    let percent = text.strip_suffix('%').and_then(|digits| Decimal::from_str_exact(digits).ok());
    let part = percent.filter(|percent| (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(percent));
    part.map(|percent| (percent / Decimal::ONE_HUNDRED).normalize())
        .ok_or_else(|| "a percentage from 0% to 100% is expected, such as 10%".to_owned())
}

/// Arguments of `report`.
#[derive(Debug, Group)]
#[command(group = clap::ArgGroup::new("source").required(true).args(["prometheus", "answer"]))]
pub struct Report {
    /// Where the definitions are.
    #[command(flatten)]
    pub sources: Sources,
    /// Which environment is meant.
    #[command(flatten)]
    pub chosen: Chosen,
    /// The month, such as 2027-01
    #[arg(long, value_name = "MONTH", value_parser = month)]
    pub month: Month,
    /// The server: its address, such as http://localhost:9090
    #[arg(long, value_name = "URL")]
    pub prometheus: Option<Address>,
    /// A file that --save wrote, instead of a server
    #[arg(long, value_name = "FILE")]
    pub answer: Option<PathBuf>,
    /// Also write the answers of the server to this file
    #[arg(long, value_name = "FILE", conflicts_with = "answer", value_parser = target())]
    pub save: Option<PathBuf>,
    /// Only these services and SLOs, separated by commas, as in `api,redis/latency`
    #[arg(long, value_name = "SERVICE|SERVICE/SLO", value_delimiter = ',')]
    pub only: Vec<String>,
    /// The format of the month's report
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "html")]
    pub format: MonthFormat,
    /// Connection options.
    #[command(flatten)]
    pub connection: Connection,
}

/// The format of a month's report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MonthFormat {
    /// A page for people
    Html,
    /// A JSON object
    Json,
}

fn month(text: &str) -> Result<Month, String> {
    Month::parse(text).ok_or_else(|| "a year and a month are expected, such as 2027-01".to_owned())
}

/// Arguments of `backtest`.
#[derive(Debug, Group)]
pub struct Backtest {
    /// `api` for all SLOs of a service, `api/latency` for one
    #[arg(value_name = "SERVICE|SERVICE/SLO", required = true)]
    pub subjects: Vec<String>,
    /// The server: its address, such as http://localhost:9090
    #[arg(long, value_name = "URL")]
    pub prometheus: Address,
    /// The directory with the SLO definitions
    #[arg(long, value_name = "SLOS", default_value = SLOS)]
    pub slos: PathBuf,
    /// Which environment is meant.
    #[command(flatten)]
    pub chosen: Chosen,
    /// Also play it through other definitions: a directory, or a git revision of SLOS
    #[arg(long, value_name = "SLOS|REVISION")]
    pub against: Option<String>,
    /// Play it as if every SLO had this policy; several are shown side by side
    #[arg(long = "policy", value_name = "NAME")]
    pub policies: Vec<String>,
    /// How much of the past is played
    #[arg(long, value_name = "DURATION", default_value = "30d", value_parser = past)]
    pub last: Duration,
    /// The end of the past, such as 2026-11-22T12:00:00Z. Default: now
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub until: Option<u64>,
    /// The step of the count: `30s` as in the rules, `5m` if that is too much for the server
    #[arg(long, value_name = "STEP", value_parser = ["30s", "5m"], default_value = "30s")]
    pub step: String,
    /// Read only raw series, not recorded series: for definitions that recently measured something else
    #[arg(long)]
    pub raw: bool,
    /// Keep the answers in this folder, so that the same question is not sent again
    #[arg(long, value_name = "FOLDER", value_parser = target())]
    pub cache: Option<PathBuf>,
    /// Connection options.
    #[command(flatten)]
    pub connection: Connection,
    /// How to show it, on stdout
    #[arg(long, value_enum, default_value = "human")]
    pub format: Outcome,
}

fn past(text: &str) -> Result<Duration, String> {
    let most = Duration::from_secs(400 * 86_400);
    days(text).and_then(|length| match (Duration::from_secs(3600)..=most).contains(&length) {
        true => Ok(length),
        false => Err(format!("from 1h to {most} are played")),
    })
}

fn time(text: &str) -> Result<u64, String> {
    let moment =
        text.parse::<jiff::Timestamp>().ok().and_then(|moment| u64::try_from(moment.as_second()).ok());
    moment.ok_or_else(|| "a time such as 2026-11-22T12:00:00Z is expected".to_owned())
}

/// Arguments of `backfill`.
#[derive(Debug, Group)]
pub struct Backfill {
    /// Where the definitions are.
    #[command(flatten)]
    pub sources: Sources,
    /// Which environment is meant.
    #[command(flatten)]
    pub chosen: Chosen,
    /// The directory for the rule files; it must not exist
    #[arg(long, value_name = "FOLDER", default_value = "history", value_parser = target())]
    pub to: PathBuf,
    /// The server that has the raw series, for the printed command
    #[arg(long, value_name = "URL", default_value = "http://localhost:9090")]
    pub prometheus: Address,
}

/// Arguments of `init`.
#[derive(Debug, Group)]
pub struct Init {
    /// Where the definitions are.
    #[command(flatten)]
    pub sources: Sources,
    /// The name of the service. Default: its job
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,
    /// Its job in Prometheus. Default: the name of the service
    #[arg(long, value_name = "NAME")]
    pub job: Option<String>,
    /// Where its metrics are: an http:// or https:// address, a file, or `-` for stdin
    #[arg(long, value_name = "URL|FILE|-")]
    pub metrics: Option<Address>,
    /// The language of alerts, comments and descriptions. Default: en
    #[arg(long, value_parser = Language::ALL.map(|(code, _)| code))]
    pub language: Option<String>,
    /// Connection options.
    #[command(flatten)]
    pub connection: Connection,
}

/// Arguments of `import`.
#[derive(Debug, Group)]
pub struct Import {
    /// The files of the other tool, or `-` for stdin
    #[arg(value_name = "FILES", required = true)]
    pub files: Vec<PathBuf>,
    /// The directory for the definitions; without it they are printed
    #[arg(long, value_name = "DIR", value_parser = target())]
    pub to: Option<PathBuf>,
    /// The service of all SLOs, instead of the one in the files: Pyrra has no services
    #[arg(long, value_name = "NAME", value_parser = service)]
    pub service: Option<Name>,
    /// Keep the labels on alerts with which the other tool identifies its SLOs, such as `sloth_slo`
    #[arg(long)]
    pub identity: bool,
    /// How to show problems: for people on stderr, for programs on stdout (this needs --to). With --check: human or json
    #[arg(long, value_enum, default_value = "human")]
    pub format: Format,
    /// Write nothing: compare old and new ratios on a server that has both, and exit 1 if they differ. FILES are rules or
    /// specs, or directories of those; the definitions are in the directory of --to, or in slos
    #[arg(long, requires = "asked", conflicts_with_all = ["service", "identity"])]
    pub check: bool,
    /// The server: its address, such as http://localhost:9090
    #[arg(long, value_name = "URL", requires = "check", group = "asked")]
    pub prometheus: Option<Address>,
    /// A file that --save wrote, instead of a server
    #[arg(long, value_name = "FILE", requires = "check", group = "asked")]
    pub answer: Option<PathBuf>,
    /// Also write the answers of the server to this file
    #[arg(long, value_name = "FILE", requires = "prometheus", conflicts_with = "answer", value_parser = target())]
    pub save: Option<PathBuf>,
    /// Compare only these, separated by commas: `api` for all SLOs of a service, `api/latency` for one
    #[arg(long, value_name = "SERVICE|SERVICE/SLO", value_delimiter = ',', requires = "check")]
    pub only: Vec<String>,
    /// How much two ratios may differ, as a share of the larger one and of the error budget
    #[arg(long, value_name = "PERCENT", value_parser = part, default_value = "5%", requires = "check")]
    pub tolerance: Decimal,
    /// Which environment is meant.
    #[command(flatten)]
    pub chosen: Chosen,
    /// Connection options.
    #[command(flatten)]
    pub connection: Connection,
}

fn service(text: &str) -> Result<Name, String> {
    Name::parse(text).ok_or_else(|| match Name::nearest(text) {
        Some(nearest) => format!("lower-case letters, digits and hyphens are expected, such as {nearest}"),
        None => "lower-case letters, digits and hyphens are expected".to_owned(),
    })
}

/// Arguments of `schema`.
#[derive(Debug, Group)]
pub struct Schema {
    /// The kind of file
    #[arg(value_name = "FILE", value_parser = SCHEMAS.map(|schema| schema.name))]
    pub of: String,
}

/// Arguments of `completions`.
#[derive(Debug, Group)]
pub struct Completions {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// Arguments of `man`.
#[derive(Debug, Group)]
pub struct Man {
    /// The folder to write one page per command to, such as ~/.local/share/man/man1
    #[arg(long, value_name = "FOLDER", value_parser = target())]
    pub out: Option<PathBuf>,
}

/// Arguments of `help`.
#[derive(Debug, Group)]
pub struct Help {
    /// A topic of the manual, as in `policies`, or a command, as in `metrics capture`
    #[arg(value_name = "TOPIC|COMMAND")]
    pub subject: Vec<String>,
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
