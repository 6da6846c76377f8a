//! The project file and the service files, key by key.

use std::sync::Arc;

use super::environments::{self, Overrides};
use super::fields::Fields;
use super::foreign_keys;
use super::invisible::invisible;
use super::keys::{ALERT_KEYS, POLICY_KEYS, PROJECT_KEYS, SERVICE_KEYS, SLI_KEYS, SLO_KEYS};
use super::lost_text::lost_text;
use super::wrong_shape::{glued, wrong_type};
use super::yaml::{self, Entry, Node, Value};
use super::{alertmanager, contract, hours, nesting, overlay, scrape, short_values, targets, template};
use crate::ast::{
    AgreementBlock, AlertBlock, Ast, BudgetAlertBlock, Instance, JourneyBlock, KeptBlock, Key, LinksBlock,
    MissingBlock, PolicyBlock, ProjectFile, PrometheusBlock, RunbookFile, ScrapeFile, ServiceFile, Settings,
    SeverityBlock, SliBlock, SliceBlock, SloBlock, TierBlock,
};
use crate::contract::Contract;
use crate::diagnostic::{Code, Problem, listed};
use crate::parallel;
use crate::scalar::Scalar;
use crate::source::{SourceFile, SourceId, Sources, Span};
use crate::vocabulary::{Duration, Name, nearest};

/// The name of the project file.
pub const PROJECT_FILE: &str = "slowburn.yaml";

const VERSION: &str = "slowburn/v1";

fn is_project(file: &SourceFile) -> bool {
    file.path.rsplit('/').next() == Some(PROJECT_FILE)
}

/// The names of the environments that the project file declares, in their order.
pub fn environments(sources: &Sources) -> Vec<String> {
    let project = sources.iter().find(|(_, file)| is_project(file));
    let declares = project.filter(|(_, file)| file.text.contains(environments::KEY));
    let node = declares.and_then(|(id, file)| yaml::read(id, &file.text).ok());
    let mut names: Vec<String> = node.iter().flat_map(environments::keys).map(|key| key.text).collect();
    // The problem that there are too many is reported in any of them.
    if names.len() > environments::MOST {
        names.truncate(1);
    }
    names
}

/// Reads every file, with the overrides of the environment if one is given. What cannot be read is reported and left out.
pub fn parse(sources: &Sources, environment: Option<&str>) -> (Ast, Vec<Problem>) {
    let mut ast = Ast { environment: environment.map(str::to_owned), ..Ast::default() };
    let mut problems = Vec::new();
    let mut overrides = Overrides::default();
    let (project_files, others): (Vec<_>, Vec<_>) = sources.iter().partition(|(_, file)| is_project(file));
    for (id, file) in &project_files {
        match yaml::read(*id, &file.text) {
            Err(found) => problems.extend(found),
            Ok(node) => {
                problems.extend(invisible(&file.text, &node));
                problems.extend(lost_text(&file.text, &node));
                let declared = environments::keys(&node);
                if let Some(problem) = nesting::fault(&node, &nesting::PROJECT) {
                    problems.push(problem);
                    ast.project_misread = true;
                    continue;
                }
                let (node, found) = environments::choose(node, environment, &mut problems);
                let project = project(&file.path, &node, &mut problems);
                ast.project = project.map(|project| ProjectFile {
                    environments: declared,
                    overridden: found.keys().collect(),
                    ..project
                });
                overrides = found;
            }
        }
        ast.project_misread = problems.iter().any(Problem::is_error);
    }
    // The user has settings in a project file with a wrong name, so nothing is reported as missing from it.
    ast.project_misread |= others.iter().any(|(_, file)| is_called_like_project(&file.path));
    let scrape_config = ast
        .project
        .as_ref()
        .and_then(|project| Some(beside(&project.path, &project.prometheus.scrape_config.as_ref()?.text)));
    let scrapes = |path: &str, node: &Node| match &scrape_config {
        Some(named) => named == path,
        // If the project file cannot be read, the line that names this file may be lost.
        None => ast.project_misread && scrape::looks_like(node),
    };
    let read = parallel::map(&others, |(id, source)| file(*id, source, &scrapes, &overrides));
    let count = |(found, _): &(Option<File>, Vec<Problem>)| match found {
        Some(File::Services { services, .. }) => services.len(),
        Some(File::Runbook(_) | File::Contract(_) | File::Scrape(_)) | None => 0,
    };
    // A service takes two kilobytes here, and a list that grows takes twice its length.
    ast.services.reserve_exact(read.iter().map(count).sum());
    for ((id, source), (found, faults)) in others.iter().zip(read) {
        match found {
            Some(File::Runbook(text)) => {
                let place = Span { source: *id, start: 0, end: 0 };
                ast.runbooks.insert(runbook(&source.path).to_owned(), RunbookFile { place, text });
            }
            Some(File::Contract(contract)) => {
                drop(ast.contracts.insert(source.path.clone(), Arc::new(contract)))
            }
            Some(File::Scrape(scrape)) => ast.scrape = Some(scrape),
            Some(File::Services { services, absent, instances }) => {
                if services.is_empty() && absent.is_empty()
                    || services.iter().any(|service| !service.understood)
                {
                    ast.misread.insert(*id);
                }
                ast.services.extend(services);
                ast.absent.extend(absent);
                if !instances.is_empty() {
                    ast.instances.insert(*id, instances);
                }
            }
            None => drop(ast.unreadable.insert(source.path.clone())),
        }
        problems.extend(faults);
    }
    ast.faulty = problems.iter().any(Problem::is_error);
    (ast, problems)
}

/// The content of a file other than the project file.
enum File {
    Contract(Contract),
    Runbook(String),
    Scrape(ScrapeFile),
    /// Services. Empty if the file is valid YAML without a valid service.
    Services {
        services: Vec<ServiceFile>,
        /// Services that are switched off in this environment.
        absent: Vec<String>,
        /// The instances of templates.
        instances: Vec<Instance>,
    },
}

/// Reads a file; `None` if its content cannot be determined.
fn file(
    id: SourceId,
    source: &SourceFile,
    scrapes: &(impl Fn(&str, &Node) -> bool + Sync),
    overrides: &Overrides,
) -> (Option<File>, Vec<Problem>) {
    if is_contract(&source.path) {
        let (contract, problems) = contract(id, &source.text);
        return (contract.map(File::Contract), problems);
    }
    if is_runbook(&source.path) {
        if source.text.len() > yaml::MAX_BYTES {
            let headline = format!("the runbook is larger than {} MiB", yaml::MAX_BYTES >> 20);
            let place = Span { source: id, start: 0, end: 0 };
            return (
                None,
                vec![
                    Problem::error(Code::TooLarge, place, headline)
                        .help("write the long parts elsewhere, and link to them"),
                ],
            );
        }
        return (Some(File::Runbook(source.text.clone())), Vec::new());
    }
    let node = match yaml::read(id, &source.text) {
        Ok(node) => node,
        Err(problems) => return (None, problems),
    };
    let mut problems = invisible(&source.text, &node);
    problems.extend(lost_text(&source.text, &node));
    if is_called_like_project(&source.path) {
        let place = Span { source: id, start: 0, end: 0 };
        let problem = Problem::error(Code::InvalidName, place, "this file is not read as the project file");
        let label = problem.label(format!("the project file is called `{PROJECT_FILE}`"));
        problems.push(label.help(format!("rename it to `{PROJECT_FILE}`")));
        return (None, problems);
    }
    let is_scrape_config = scrapes(&source.path, &node);
    if !is_scrape_config && let Some(problem) = foreign(&source.path, &node) {
        return (None, vec![problem]);
    }
    let found = if is_scrape_config {
        scrape::scrape(&node, &mut problems).map(File::Scrape)
    } else if let Some(problem) = nesting::fault(&node, &nesting::SERVICE) {
        problems.push(problem);
        Some(File::Services { services: Vec::new(), absent: Vec::new(), instances: Vec::new() })
    } else {
        let (nodes, instances) = template::services(node, &mut problems);
        let (mut services, mut absent) = (Vec::with_capacity(nodes.len()), Vec::new());
        for node in nodes {
            match overrides.of(node, &mut problems) {
                Ok(node) => services.extend(service(&source.path, &node, &mut problems)),
                Err(name) => absent.push(name),
            }
        }
        Some(File::Services { services, absent, instances })
    };
    (found, problems)
}

/// The problem of a file that has definitions of another tool.
fn foreign(path: &str, node: &Node) -> Option<Problem> {
    let text = |key: &str| node.get(key).and_then(|value| Some((value.text()?, value.span)));
    // A file of Sloth has a list of SLOs.
    let is_ours = matches!(node.get("slos"), Some(Node { value: Value::Map(_), .. }));
    let (of, place) = match (text("apiVersion"), text("version"), node.entry("groups")) {
        _ if is_ours => return None,
        // Files that provision Grafana.
        (Some(("1", place)), ..) => ("Grafana", place),
        (Some((version, place)), ..) => {
            let known = [
                ("openslo", "OpenSLO"),
                ("pyrra", "Pyrra"),
                ("sloth", "Sloth"),
                ("monitoring.coreos.com", "the Prometheus Operator"),
                ("operator.victoriametrics.com", "the VictoriaMetrics Operator"),
            ];
            let of = known.into_iter().find(|(word, _)| version.starts_with(word));
            let of = of.map_or("Kubernetes", |(_, name)| name);
            (of, place)
        }
        (_, Some((version, place)), _) if version.starts_with("prometheus/") => ("Sloth", place),
        (_, None, Some(groups)) => ("Prometheus (rules)", groups.key.span),
        (_, version, None) if version.is_none_or(|(version, _)| !version.starts_with("slowburn")) => {
            unversioned(node)?
        }
        _ => return None,
    };
    let problem = Problem::error(Code::UnsupportedVersion, place, format!("this is a file of {of}"));
    let problem = problem.label("this compiler reads `version: slowburn/v1`");
    let name = node.get("metadata").and_then(|metadata| metadata.get("name")?.text());
    let name = name.and_then(Name::nearest).map_or("api".to_owned(), |name| name.to_string());
    if text("apiVersion").is_some_and(|(version, _)| version.starts_with("slowburn/")) {
        let headline = "a service file is not an object of Kubernetes";
        let problem = Problem::error(Code::UnsupportedVersion, place, headline);
        return Some(problem.label("the key is called `version`").help(format!(
            "write `version: slowburn/v1` and `service: {name}`, and `slos:` below them, without indentation"
        )));
    }
    let by_hand = format!(
        "write its promises in this language: `version: slowburn/v1`, `service: {name}`, \
         `slos: {{ availability: {{ objective: 99.9%, sli: {{ total: …, bad: … }} }} }}`"
    );
    Some(match of {
        "OpenSLO" | "Pyrra" | "Sloth" => problem.help(format!(
            "move it to another directory, and translate it: `slowburn import {}`",
            name_of(path)
        )),
        SCRAPING => {
            let name = name_of(path);
            problem
                .help(format!("name it in `slowburn.yaml`: `prometheus: {{ scrape_config: {name} }}`"))
                .help("or move it to another directory")
        }
        ALERTMANAGER => problem.help(
            "move it to another directory: slowburn writes its own, from `alertmanager` in `slowburn.yaml`",
        ),
        _ => problem.help("move it to another directory").help(format!("or {by_hand}")),
    })
}

/// A file of a tool that names no version of its language: its place, and the tool.
fn unversioned(node: &Node) -> Option<(&'static str, Span)> {
    let (first, has) = (node.entries().first()?.key.span, |key: &str| node.get(key).is_some());
    if ["service", "slos", "alerts"].into_iter().any(has) {
        return None;
    }
    let runs = |entry: &Entry| entry.value.get("image").or_else(|| entry.value.get("build")).is_some();
    let of = match node.get("services").map(Node::entries) {
        _ if has("scrape_configs") => SCRAPING,
        _ if has("route") && has("receivers") => ALERTMANAGER,
        Some(services) if services.iter().any(runs) => "Docker Compose",
        _ if has("panels") && has("title") => "Grafana",
        _ => return None,
    };
    Some((of, first))
}

const SCRAPING: &str = "Prometheus (its configuration)";
const ALERTMANAGER: &str = "Alertmanager";

/// Whether a file was probably meant to be the project file: `slowburn.yml`, `slowburn.YAML`.
fn is_called_like_project(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name != PROJECT_FILE && ["slowburn.yml", PROJECT_FILE].iter().any(|like| name.eq_ignore_ascii_case(like))
}

/// The name of a file without its folders.
fn name_of(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if name.chars().all(plain) && !name.starts_with('-') { name } else { "FILE" }
}

/// Whether a file is a contract, or a raw capture.
pub fn is_contract(path: &str) -> bool {
    path.ends_with(".prom")
}

/// Whether a file is a text for runbooks: Markdown in a folder `runbooks`.
pub fn is_runbook(path: &str) -> bool {
    let mut parts = path.rsplit('/');
    let name = parts.next().and_then(|name| name.strip_suffix(".md"));
    name.is_some_and(|name| !name.is_empty()) && parts.next() == Some("runbooks")
}

/// The name of a runbook text in definitions.
fn runbook(path: &str) -> &str {
    path.rsplit('/').next().and_then(|name| name.strip_suffix(".md")).unwrap_or(path)
}

/// A path in a file, relative to the folder of that file.
pub fn beside(file: &str, path: &str) -> String {
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn version(fields: &mut Fields) {
    let Some(version) = fields.required("version", "version: slowburn/v1") else { return };
    if version.text != VERSION {
        let span = version.whole();
        let problem =
            Problem::error(Code::UnsupportedVersion, span, "this version of the language does not exist");
        fields.problems().push(problem.label("this compiler reads `slowburn/v1`").fix(
            "write `slowburn/v1`",
            span,
            VERSION,
        ));
    }
}

fn project(path: &str, node: &Node, problems: &mut Vec<Problem>) -> Option<ProjectFile> {
    let mut fields = Fields::of(node, "the project file", PROJECT_KEYS, problems)?;
    version(&mut fields);
    let language = fields.scalar("language");
    let policies = fields.map("policies", policy);
    let severities = fields.map("severities", severity);
    let prometheus = match fields.node("prometheus") {
        Some(node) => prometheus(node, fields.problems()).unwrap_or_default(),
        None => PrometheusBlock::default(),
    };
    let place = fields.place("alertmanager");
    let alertmanager = place
        .zip(fields.node("alertmanager"))
        .and_then(|(place, node)| alertmanager::alertmanager(place, node, fields.problems()));
    let dependencies = alertmanager::dependencies(&mut fields);
    let links = fields.node("links").and_then(|node| links(node, fields.problems())).unwrap_or_default();
    let texts = fields.map("texts", |node, problems| {
        let mut fields = Fields::of(node, "an entry of `texts`", &["summary", "description"], problems)?;
        let texts = ["summary", "description"].map(|name| Some((fields.key(name)?, fields.scalar(name)?)));
        fields.finish();
        Some(texts.into_iter().flatten().collect())
    });
    let place = fields.place("targets");
    let targets = fields
        .node("targets")
        .and_then(|node| targets::targets(place, node, fields.problems()))
        .unwrap_or_default();
    let maintenance = hours::maintenance(&mut fields);
    let mut settings = settings(&mut fields);
    settings.missing_events = missing_events(&mut fields);
    fields.finish();
    Some(ProjectFile {
        path: path.to_owned(),
        language,
        policies,
        severities,
        prometheus,
        alertmanager,
        links,
        texts,
        dependencies,
        targets,
        maintenance,
        environments: Vec::new(),
        overridden: Vec::new(),
        settings,
    })
}

fn links(node: &Node, problems: &mut Vec<Problem>) -> Option<LinksBlock> {
    let mut fields =
        Fields::of(node, "`links`", &["runbooks", "grafana", "source", "alertmanager"], problems)?;
    let block = LinksBlock {
        runbooks: fields.scalar("runbooks"),
        grafana: fields.scalar("grafana"),
        source: fields.scalar("source"),
        alertmanager: fields.scalar("alertmanager"),
    };
    fields.finish();
    Some(block)
}

fn prometheus(node: &Node, problems: &mut Vec<Problem>) -> Option<PrometheusBlock> {
    let keys = &[
        "version",
        "retention",
        "scrape_interval",
        "target_labels",
        "external_labels",
        "replica_labels",
        "scrape_config",
    ];
    let mut fields = Fields::of(node, "`prometheus`", keys, problems)?;
    let block = PrometheusBlock {
        version: fields.scalar("version"),
        retention: fields.scalar("retention"),
        scrape_interval: fields.scalar("scrape_interval"),
        target_labels: fields.texts("target_labels"),
        external_labels: fields.texts("external_labels"),
        replica_labels: fields.texts("replica_labels"),
        scrape_config: fields.scalar("scrape_config"),
    };
    fields.finish();
    Some(block)
}

/// More tiers than this are certainly a mistake.
const MOST_TIERS: usize = 20;

/// Each objective makes an SLO. OpenSLO has the same limit.
const MOST_OBJECTIVES: usize = 50;

fn policy(node: &Node, problems: &mut Vec<Problem>) -> Option<PolicyBlock> {
    let before = problems.len();
    let mut fields = Fields::of(node, "a policy", POLICY_KEYS, problems)?;
    let scale_to = fields.scalar("scale_to");
    if !fields.has("tiers") {
        fields.missing("tiers", "tiers: [{ severity: page, budget: 2%, long: 1h, short: 5m }]");
    }
    let mut tiers = fields.list("tiers", tier);
    fields.finish();
    if let Some(more) = tiers.get(MOST_TIERS) {
        let headline = format!("a policy has more than {MOST_TIERS} tiers");
        let problem = Problem::error(Code::TooLarge, more.severity.whole(), headline);
        problems.push(problem.help("remove tiers that hardly differ: the policy `workbook` has four"));
        tiers.truncate(MOST_TIERS);
    }
    Some(PolicyBlock { understood: problems.len() == before, scale_to, tiers })
}

fn tier(node: &Node, problems: &mut Vec<Problem>) -> Option<TierBlock> {
    let mut fields =
        Fields::of(node, "a tier", &["severity", "budget", "long", "short", "keep_firing_for"], problems)?;
    let severity = fields.required("severity", "severity: page");
    let budget = fields.required("budget", "budget: 2%");
    let long = fields.required("long", "long: 1h");
    let short = fields.required("short", "short: 5m");
    let keep_firing_for = fields.scalar("keep_firing_for");
    fields.finish();
    Some(TierBlock {
        span: node.span,
        severity: severity?,
        budget: budget?,
        long: long?,
        short: short?,
        keep_firing_for,
    })
}

fn severity(node: &Node, problems: &mut Vec<Problem>) -> Option<SeverityBlock> {
    // `critical: page`
    if let Some(ours @ ("page" | "ticket")) = node.text() {
        problems.push(wrong_type(node, "a severity", "a map of keys").help(format!(
            "write the severity of slowburn first, and your word as its label: `severities: {{ {ours}: {{ label: critical }} }}`"
        )));
        return None;
    }
    let mut fields = Fields::of(node, "a severity", &["label", "labels", "annotations"], problems)?;
    let block = SeverityBlock {
        label: fields.scalar("label"),
        labels: fields.scalars("labels"),
        annotations: fields.scalars("annotations"),
    };
    fields.finish();
    Some(block)
}

/// The settings that every level can have.
fn settings(fields: &mut Fields) -> Settings {
    Settings {
        period: fields.scalar("period"),
        time_zone: fields.scalar("time_zone"),
        policy: fields.scalar("policy"),
        alert_name: fields.scalar("alert_name"),
        min_bad_events: fields.scalars("min_bad_events"),
        min_events: fields.scalars("min_events"),
        missing_events: None,
        budgeting: fields.scalar("budgeting"),
        slice: fields.node("slice").and_then(|node| slice(node, fields.problems())),
        labels: fields.scalars("labels"),
        annotations: fields.scalars("annotations"),
        budget_alerts: fields.has("budget_alerts").then(|| fields.list("budget_alerts", budget_alert)),
        budget_policy: fields.has("budget_policy").then(|| fields.list("budget_policy", agreement)),
        hours: hours::hours(fields),
        except: fields.scalar("except"),
        accepted: fields.scalars("accepted"),
    }
}

fn agreement(node: &Node, problems: &mut Vec<Problem>) -> Option<AgreementBlock> {
    let keys = &["below", "do", "freeze"];
    if let Some(problem) = keyed_by_share(node, ["below", "do"]) {
        problems.push(problem);
        return None;
    }
    let mut fields = Fields::of(node, "an entry of `budget_policy`", keys, problems)?;
    let below = fields.required("below", "below: 25%");
    let action = fields.required("do", "do: Only fixes are deployed");
    let freeze = fields.scalar("freeze");
    fields.finish();
    Some(AgreementBlock { below: below?, action: action?, freeze })
}

/// The problem of an entry such as `{ 25%: ticket }`, whose key is a value.
fn keyed_by_share(node: &Node, [share, other]: [&str; 2]) -> Option<Problem> {
    let [Entry { key, value }] = node.entries() else { return None };
    let text = short_values::flow(value)?;
    key.text.ends_with('%').then(|| {
        let meant = format!("{{ {share}: {}, {other}: {text} }}", key.text);
        let headline = format!("`{}` is a value, and needs its key `{share}`", key.text);
        Problem::error(Code::UnknownKey, key.span, headline).fix(format!("write `{meant}`"), node.span, meant)
    })
}

fn budget_alert(node: &Node, problems: &mut Vec<Problem>) -> Option<BudgetAlertBlock> {
    if let Some(problem) = keyed_by_share(node, ["left", "severity"]) {
        problems.push(problem);
        return None;
    }
    let mut fields = Fields::of(node, "an entry of `budget_alerts`", &["left", "severity"], problems)?;
    let left = fields.required("left", "left: 25%");
    let severity = fields.required("severity", "severity: ticket");
    fields.finish();
    Some(BudgetAlertBlock { left: left?, severity: severity? })
}

fn slice(node: &Node, problems: &mut Vec<Problem>) -> Option<SliceBlock> {
    let mut fields = Fields::of(node, "`slice`", &["length", "objective"], problems)?;
    let length = fields.required("length", "length: 1m");
    let objective = fields.scalar("objective");
    fields.finish();
    Some(SliceBlock { span: node.span, length: length?, objective })
}

/// The problem of a list that the commas of its numbers divide: `[99,9%, 99%]`.
fn with_decimal_commas(objectives: &[Scalar]) -> Option<Problem> {
    let text = |index: usize| objectives.get(index).map(|one| one.text.trim());
    let ends_open = |text: &str| text.ends_with(|c: char| c.is_ascii_digit());
    let is_rest = |text: &str| text.starts_with(|c: char| c.is_ascii_digit()) && (text.ends_with(['%', 's']));
    let mut joined: Vec<String> = Vec::new();
    let (mut index, mut found) = (0, None);
    while let Some(one) = text(index) {
        match text(index + 1).filter(|next| ends_open(one) && is_rest(next)) {
            Some(next) => {
                found = found.or(Some(objectives[index].whole()));
                joined.push(format!("{one}.{next}"));
                index += 2;
            }
            None => {
                joined.push(one.to_owned());
                index += 1;
            }
        }
    }
    // Half a second is 500ms.
    let meant: Vec<String> = joined
        .iter()
        .map(|one| match one.split_once('<') {
            Some((share, length)) => {
                let length = Duration::respelled(length).unwrap_or_else(|| length.trim().to_owned());
                format!("{}< {length}", share)
            }
            None => one.clone(),
        })
        .collect();
    found.map(|place| {
        Problem::error(Code::InvalidObjective, place, "a decimal comma divides the entries of a list")
            .help(format!("write points: `objectives: [{}]`", meant.join(", ")))
    })
}

/// A list of labels, or a map of labels from the names of the recorded labels.
fn by(fields: &mut Fields) -> (Vec<KeptBlock>, Option<Span>) {
    match fields.peek("by") {
        Some(Node { value: Value::Map(_), span, .. }) => {
            let place = *span;
            let pairs = fields.scalars("by").into_iter().map(|(name, label)| KeptBlock { name, label });
            (pairs.collect(), Some(place))
        }
        node => {
            let place = node.map(|node| node.span);
            let same = |label: Scalar| {
                let name = Key { text: label.text.clone(), span: label.whole() };
                KeptBlock { name, label }
            };
            (fields.texts("by").into_iter().map(same).collect(), place)
        }
    }
}

fn missing_events(fields: &mut Fields) -> Option<MissingBlock> {
    let node = fields.node("missing_events")?;
    if let Value::Scalar(word) = &node.value {
        return Some(MissingBlock::Word(word.clone()));
    }
    let mut fields = Fields::of(node, "`missing_events`", &["severity", "after"], fields.problems())?;
    let block = MissingBlock::Block { severity: fields.scalar("severity"), after: fields.scalar("after") };
    fields.finish();
    Some(block)
}

/// A name for the service of a file: `shop` of `slos/shop.yaml`.
fn stem(path: &str) -> String {
    let file = path.rsplit('/').next().unwrap_or(path);
    let stem = file.split('.').next().unwrap_or(file);
    Name::nearest(stem).map_or("api".to_owned(), |name| name.to_string())
}

/// The problem of a file that has no key of slowburn.
fn of_another_program(node: &Node) -> Option<Problem> {
    let known = |entry: &Entry| {
        let key = entry.key.text.as_str();
        SERVICE_KEYS.contains(&key)
            || PROJECT_KEYS.contains(&key)
            || foreign_keys::suggestion("a service file", key, SERVICE_KEYS).is_some()
            || nearest(key, SERVICE_KEYS).is_some()
    };
    // One unknown key may be a mistake in a definition that has only begun.
    let first =
        node.entries().first().filter(|_| node.entries().len() > 1 && !node.entries().iter().any(known))?;
    let problem = Problem::error(Code::UnknownKey, first.key.span, "this file has no key of slowburn");
    Some(problem.label("every `*.yaml` of this directory is read as a definition").help(
        "move the file to another directory, or name it in a file `.gitignore` beside it; a definition begins with `version: slowburn/v1` and `service:`",
    ))
}

/// The problem of a project file with another name: none of its keys are those of a service alone.
fn settings_of_the_project(path: &str, node: &Node) -> Option<Problem> {
    let keys = || node.entries().iter().map(|entry| entry.key.text.as_str());
    let of_project = keys().any(|key| PROJECT_KEYS.contains(&key) && !SERVICE_KEYS.contains(&key));
    if !of_project || !keys().all(|key| PROJECT_KEYS.contains(&key)) {
        return None;
    }
    let first = node.entries().iter().find(|entry| entry.key.text != "version")?;
    let headline = "these are settings of the project, and this is not the project file";
    let problem = Problem::error(Code::UnknownKey, first.key.span, headline);
    Some(problem.help(format!(
        "rename `{}` to `{PROJECT_FILE}`, or move its lines there if that file exists",
        path.rsplit('/').next().unwrap_or(path)
    )))
}

fn service(path: &str, node: &Node, problems: &mut Vec<Problem>) -> Option<ServiceFile> {
    let before = problems.len();
    if let Some(problem) = settings_of_the_project(path, node).or_else(|| of_another_program(node)) {
        problems.push(problem);
        return None;
    }
    let mut fields = Fields::of(node, "a service file", SERVICE_KEYS, problems)?;
    version(&mut fields);
    let name = match fields.has("parameters") {
        true => fields.scalar("service"),
        false => fields.required("service", &format!("service: {}", stem(path))),
    };
    let description = fields.scalar("description");
    let owner = fields.scalar("owner");
    let scrape_interval = fields.scalar("scrape_interval");
    let metrics = fields.one_or_more("metrics");
    let planned = fields.scalars("planned");
    if !fields.has("slos") && !fields.has("alerts") {
        let bare = written_outside(&mut fields, &["objective", "objectives", "sli"], |keys| {
            format!("{keys} must be in an SLO, under `slos`")
        });
        match bare {
            Some(problem) => fields.problems().push(
                problem.help("write `slos:` and a name in two lines above, and indent these keys below them: `slos: { availability: { objective: 99.9%, sli: { … } } }`"),
            ),
            None => fields.missing("slos", "slos: { availability: { objective: 99.9%, sli: { … } } }"),
        }
    }
    if let Some(place) = fields.empty_map("slos") {
        fields.problems().push(
            Problem::error(Code::MissingKey, place, "this service has no SLO and no alert")
                .help("add an SLO: `availability: { objective: 99.9%, sli: { … } }`"),
        );
    }
    template::take_unexpanded(&mut fields);
    let outer = fields.problems().len() - before;
    let slos = fields.map("slos", slo);
    let alerts = fields.map("alerts", alert);
    let inner = fields.problems().len() - before - outer;
    let mut settings = settings(&mut fields);
    settings.missing_events = missing_events(&mut fields);
    fields.finish();
    Some(ServiceFile {
        name: name?,
        description,
        owner,
        scrape_interval,
        path: path.to_owned(),
        understood: problems.len() - before == inner,
        metrics,
        planned,
        settings,
        slos,
        alerts,
    })
}

/// Whether a block has none of its `own` keys and has a `foreign` one. Then it belongs under another key of the file, and there is one problem
/// instead of one per key.
fn is_misplaced(
    fields: &mut Fields,
    own: &[&str],
    foreign: &'static str,
    headline: &'static str,
    belongs: &'static str,
) -> bool {
    if own.iter().any(|key| fields.has(key)) {
        return false;
    }
    let Some((key, _)) = fields.foreign(foreign) else { return false };
    let problem = Problem::error(Code::UnknownKey, key.span, headline);
    fields
        .problems()
        .push(problem.help(format!("move it with its name under the key `{belongs}` of this file")));
    true
}

/// One problem for all keys of an inner level that are in this one; `None` if there are none.
fn written_outside(
    fields: &mut Fields,
    inner: &[&'static str],
    headline: impl Fn(&str) -> String,
) -> Option<Problem> {
    let keys: Vec<Key> =
        inner.iter().filter_map(|key| fields.foreign(key)).map(|(key, _)| key.clone()).collect();
    let first = keys.iter().min_by_key(|key| key.span.start)?;
    let names: Vec<&str> = keys.iter().map(|key| key.text.as_str()).collect();
    Some(Problem::error(Code::UnknownKey, first.span, headline(&listed(&names))))
}

fn alert(node: &Node, problems: &mut Vec<Problem>) -> Option<AlertBlock> {
    let before = problems.len();
    if is_off_alone(node, "alert", "alerts", problems) {
        return None;
    }
    let mut fields = Fields::of(node, "an alert", ALERT_KEYS, problems)?;
    if is_misplaced(
        &mut fields,
        &["expr", "severity"],
        "sli",
        "this is an SLO, but it is written under `alerts`",
        "slos",
    ) {
        return None;
    }
    let description = fields.scalar("description");
    let expr = fields.required("expr", "expr: absent(up{job=\"api\"} == 1)");
    let hold = fields.scalar("for");
    let keep_firing_for = fields.scalar("keep_firing_for");
    let labelled = fields.peek("labels").and_then(severity_label);
    let severity = match labelled {
        Some(_) if !fields.has("severity") => None,
        _ => fields.required("severity", "severity: page"),
    };
    if let Some((label, meant)) = labelled {
        let problem = Problem::error(
            Code::ReservedLabel,
            label.span,
            "the severity of an alert is a key of its own, not a label",
        );
        fields.problems().push(match &severity {
            Some(_) => problem.help("remove it here: `severity` of the alert already sets it"),
            None => problem.help(format!("write `severity: {meant}` beside `labels`, not in it")),
        });
    }
    let down = fields.scalar("down");
    let independent = fields.scalar("independent");
    let same_as = fields.scalar("same_as");
    let runbook = fields.scalar("runbook");
    let mut labels = fields.scalars("labels");
    labels.retain(|(key, _)| key.text != "severity");
    template::take_unexpanded(&mut fields);
    let annotations = fields.scalars("annotations");
    let accepted = fields.scalars("accepted");
    fields.finish();
    let (expr, severity) = (expr?, severity?);
    Some(AlertBlock {
        understood: problems.len() == before,
        span: node.span,
        description,
        expr,
        hold,
        keep_firing_for,
        severity,
        down,
        independent,
        same_as,
        runbook,
        labels,
        annotations,
        accepted,
    })
}

/// The label `severity` of an alert, and the severity that it means.
fn severity_label(labels: &Node) -> Option<(&Key, &'static str)> {
    let entry = labels.entry("severity")?;
    let tickets = ["ticket", "warning", "warn", "info", "low", "aviso"];
    let is_ticket = entry.value.text().is_some_and(|word| tickets.contains(&word.to_lowercase().as_str()));
    Some((&entry.key, if is_ticket { "ticket" } else { "page" }))
}

/// Reports `off` for an entry that does not exist, so that there is nothing to remove.
fn is_off_alone(node: &Node, what: &str, key: &str, problems: &mut Vec<Problem>) -> bool {
    let is_off = overlay::is_off(node);
    if is_off {
        let headline = format!("there is no {what} of this name to turn off");
        problems.push(
            Problem::error(Code::WrongType, node.span, headline)
                .help(format!("write a name that the service has under `{key}`, or remove this line")),
        );
    }
    is_off
}

fn slo(node: &Node, problems: &mut Vec<Problem>) -> Option<SloBlock> {
    let before = problems.len();
    if is_off_alone(node, "SLO", "slos", problems) {
        return None;
    }
    let mut fields = Fields::of(node, "an SLO", SLO_KEYS, problems)?;
    let own = ["objective", "objectives", "sli"];
    if is_misplaced(&mut fields, &own, "expr", "this is an alert, but it is written under `slos`", "alerts") {
        return None;
    }
    let description = fields.scalar("description");
    let several = fields.has("objectives");
    let mut objectives = fields.texts("objectives");
    if let Some(problem) = with_decimal_commas(&objectives) {
        fields.problems().push(problem);
        return None;
    }
    if several && fields.has("objective") {
        let place = fields.place("objective").unwrap_or(node.span);
        let headline = "an SLO has `objective` or `objectives`, not both";
        fields.problems().push(Problem::error(Code::InvalidObjective, place, headline).help(
            "write all promises in `objectives`, and remove `objective`; each becomes an SLO of its own",
        ));
        return None;
    }
    if fields.has("objective") || !(several || fields.is_misspelt("objectives")) {
        objectives.extend(fields.required("objective", "objective: 99.9%"));
    }
    if let Some(more) = objectives.get(MOST_OBJECTIVES) {
        let headline = format!("an SLO has more than {MOST_OBJECTIVES} objectives");
        let problem = Problem::error(Code::TooLarge, more.whole(), headline);
        fields
            .problems()
            .push(problem.help("remove objectives that nobody uses: each is an SLO with alerts of its own"));
        objectives.truncate(MOST_OBJECTIVES);
    }
    let sli = match fields.node("sli") {
        Some(node) => sli(node, fields.problems()),
        None => {
            match written_outside(&mut fields, SLI_KEYS, |keys| format!("{keys} must be under `sli`")) {
                Some(problem) => fields
                    .problems()
                    .push(problem.help("write `sli:` in a line above, and indent these keys below it")),
                None => fields.missing("sli", sli_for(&objectives)),
            }
            None
        }
    };
    let (by, by_place) = by(&mut fields);
    let tiers_off = fields.texts("tiers_off");
    let traffic = fields.scalar("traffic");
    let runbook = fields.scalar("runbook");
    template::take_unexpanded(&mut fields);
    let settings = settings(&mut fields);
    threshold(&mut fields, &objectives);
    fields.finish();
    let understood = problems.len() == before;
    let sli = sli?;
    Some(SloBlock {
        understood,
        span: node.span,
        description,
        objectives,
        several,
        sli,
        by,
        by_place,
        tiers_off,
        traffic,
        runbook,
        settings,
    })
}

/// The kind of SLI that objectives need: a threshold of minutes and more is an age, a shorter one the duration of a request.
fn sli_for(objectives: &[Scalar]) -> &'static str {
    let thresholds = objectives.iter().filter_map(|one| one.text.split_once('<'));
    let longest =
        thresholds.map(|(_, limit)| Duration::from_common_spelling(limit).unwrap_or_default()).max();
    match longest {
        Some(longest) if longest >= Duration::from_secs(600) => {
            "sli: { freshness: backup_last_success_timestamp_seconds }"
        }
        Some(_) => "sli: { latency: http_request_duration_seconds }",
        None => "sli: { total: http_requests_total, bad: 'http_requests_total{code=~\"5..\"}' }",
    }
}

/// Reports a threshold beside the objective, as other tools have it.
fn threshold(fields: &mut Fields, objectives: &[Scalar]) {
    let [objective] = objectives else { return };
    let (text, percentage) = (objective.text.trim(), |text: &str| text.ends_with('%') && !text.contains('<'));
    for name in ["threshold", "latency_threshold", "umbral", "limite", "límite"] {
        let Some((key, node)) = fields.foreign(name) else { continue };
        let problem = Problem::error(Code::UnknownKey, key.span, format!("an SLO has no key `{name}`"));
        let Value::Scalar(limit) = &node.value else {
            let example = "a threshold belongs in the objective: `objective: P95 < 500ms`";
            fields.problems().push(problem.help(example));
            continue;
        };
        let meant = match percentage(text) {
            true => format!("write `objective: {text} < {}`, and remove this line", limit.text.trim()),
            false => format!("remove this line: the objective says `{text}`"),
        };
        fields.problems().push(problem.label("the threshold belongs to the objective").help(meant));
    }
}

/// `journey`: a list of at least two parts.
fn journey(fields: &mut Fields) -> Option<JourneyBlock> {
    let key = fields.place("journey")?;
    let before = fields.problems().len();
    let parts = match fields.peek("journey") {
        Some(node) if matches!(node.value, Value::List(_)) || glued(node).is_some() => {
            fields.texts("journey")
        }
        None => Vec::new(),
        Some(_) => {
            let node = fields.node("journey")?;
            let problem = wrong_type(node, "`journey`", "a list of two or more parts");
            let text = match &node.value {
                Value::Scalar(scalar) => ["->", "→", " and ", " y ", " + ", "&&", " then "]
                    .iter()
                    .fold(scalar.text.clone(), |text, join| text.replace(join, ",")),
                _ => String::new(),
            };
            // Without its space, the `-` of a list is a part of the text.
            let parts = text.split(|c: char| c == ',' || c == ';' || c.is_whitespace());
            let parts: Vec<&str> =
                parts.map(|part| part.trim_start_matches('-')).filter(|part| !part.is_empty()).collect();
            let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
            let are_names = parts.iter().all(|part| part.chars().all(is_name));
            match (&node.value, parts.iter().all(|part| part.contains('/'))) {
                (Value::Scalar(scalar), false) if are_names => {
                    // Which SLOs are meant is known when all files are read.
                    let words = parts
                        .iter()
                        .map(|part| scalar.replaced(&[(0..scalar.text.len(), (*part).to_owned())]));
                    return Some(JourneyBlock { key, parts: words.collect(), understood: true });
                }
                (Value::Scalar(_), true) if are_names && parts.len() > 1 => {
                    let list = format!("[{}]", parts.join(", "));
                    fields.problems().push(problem.fix(format!("write `journey: {list}`"), node.span, list));
                }
                _ => fields.problems().push(problem.help(
                    "write two or more SLOs as `service/slo`: `[proxy/availability, api/availability]`",
                )),
            }
            Vec::new()
        }
    };
    Some(JourneyBlock { key, parts, understood: fields.problems().len() == before })
}

fn sli(node: &Node, problems: &mut Vec<Problem>) -> Option<SliBlock> {
    let before = problems.len();
    let mut fields = Fields::of(node, "`sli`", SLI_KEYS, problems)?;
    let block = SliBlock {
        span: node.span,
        understood: true,
        total: fields.scalar("total"),
        good: fields.scalar("good"),
        bad: fields.scalar("bad"),
        latency: fields.scalar("latency"),
        successful: fields.scalar("successful"),
        histogram: fields.scalar("histogram"),
        unit: fields.scalar("unit"),
        condition: fields.scalar("condition"),
        probe: fields.scalar("probe"),
        freshness: fields.scalar("freshness"),
        bad_ratio: fields.scalar("bad_ratio"),
        journey: journey(&mut fields),
    };
    fields.finish();
    Some(SliBlock { understood: problems.len() == before, ..block })
}
