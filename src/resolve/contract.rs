//! The contracts and the planned metrics of a service.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{values, whole};
use crate::ast::{Ast, JobBlock, ServiceFile};
use crate::contract::Contract;
use crate::diagnostic::{Code, Problem};
use crate::model::{Job, MetricRead, Planned};
use crate::parse::beside;
use crate::scalar::Scalar;
use crate::vocabulary::{Duration, SEARCHED, distance};

/// Prometheus's default.
const SCRAPE_INTERVAL: Duration = Duration::from_secs(60);

/// The contracts of a service, merged; `None` if it names none.
pub(super) fn contract(file: &ServiceFile, ast: &Ast, problems: &mut Vec<Problem>) -> Option<Arc<Contract>> {
    let mut all: Option<Arc<Contract>> = None;
    for named in &file.metrics {
        let path = beside(&file.path, &named.text);
        match ast.contracts.get(&path) {
            // Hundreds of services may share one contract.
            Some(contract) => match &mut all {
                None => all = Some(Arc::clone(contract)),
                Some(all) => Arc::make_mut(all).merge(Contract::clone(contract)),
            },
            None if ast.unreadable.contains(&path) => {}
            None => problems.push(missing(&path, named, file, ast, problems.len() < SEARCHED)),
        }
    }
    all
}

/// `search` says whether to look for a similar name.
fn missing(path: &str, named: &Scalar, file: &ServiceFile, ast: &Ast, search: bool) -> Problem {
    let place = whole(named);
    let folder = format!("{}/", path.trim_end_matches('/'));
    if let Some(file) = ast.contracts.keys().find_map(|known| known.strip_prefix(&folder)) {
        let headline = format!("the contract `{path}` is a folder, not a file");
        let file = format!("{}/{file}", named.text.trim_end_matches('/'));
        return Problem::error(Code::ContractNotFound, place, headline)
            .help(format!("write a file of this folder, such as `{file}`, or a list of files"));
    }
    if let Some(problem) = not_one_file(file, named, ast) {
        return problem;
    }
    let problem =
        Problem::error(Code::ContractNotFound, place, format!("the contract `{path}` does not exist"));
    let here = file.path.rfind('/').map_or("", |slash| &file.path[..=slash]);
    let all = ast.contracts.keys().take_while(|_| search);
    // A file that the list names already is not meant a second time.
    let is_listed =
        |known: &&str| file.metrics.iter().any(|named| named.text.trim_start_matches("./") == *known);
    let known: Vec<&str> =
        all.filter_map(|known| known.strip_prefix(here)).filter(|known| !is_listed(known)).collect();
    // All paths have the same folder and ending, so only names tell how near they are.
    let name = |path: &'_ str| {
        path.rsplit('/').next().unwrap_or_default().split('.').next().unwrap_or_default().to_lowercase()
    };
    let nearness = |path: &&&str| distance(&name(&named.text), &name(path), 1 + name(path).len() / 4);
    let near = known.iter().filter(|path| nearness(path).is_some()).min_by_key(nearness);
    let problem = match near.copied() {
        Some(near) => problem.fix(format!("write `{near}`"), place, near),
        None => problem,
    };
    // An address, or the name of a metric, is no path.
    let text = &named.text;
    let is_address = text.contains("://");
    let is_word = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ':'));
    if !is_address && !is_word {
        return problem.help(format!(
            "capture it from the program: `slowburn metrics capture http://localhost:8000/metrics --out {path}`"
        ));
    }
    let name = file.name.text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect::<String>();
    let address =
        match is_address && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"'@`\"".contains(&byte)) {
            true => text,
            false => "http://localhost:8000/metrics",
        };
    problem
        .label("this is not the path of a file")
        .help(format!("capture what the program shows: `slowburn metrics capture {address} --out {here}metrics/{name}.prom`"))
        .help(format!("and write `metrics: metrics/{name}.prom`"))
}

/// Metrics that do not exist yet.
pub(super) fn planned(file: &ServiceFile) -> BTreeMap<String, Planned> {
    let planned = |(key, reason): &(crate::ast::Key, Scalar)| {
        (key.text.clone(), Planned { reason: reason.text.clone(), span: key.span })
    };
    file.planned.iter().map(planned).collect()
}

/// The reason why a metric of an SLO does not exist yet.
pub(super) fn reason(readings: &[MetricRead], planned: &BTreeMap<String, Planned>) -> Option<String> {
    let mut reasons: Vec<&str> = Vec::new();
    let read = readings.iter().flat_map(MetricRead::metrics);
    let read: BTreeMap<&String, &Planned> = read.filter_map(|metric| planned.get_key_value(metric)).collect();
    for planned in read.into_values() {
        if !reasons.contains(&planned.reason.as_str()) {
            reasons.push(&planned.reason);
        }
    }
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

/// The scrape jobs.
pub(super) fn jobs(ast: &Ast, problems: &mut Vec<Problem>) -> Option<Vec<Job>> {
    let file = ast.scrape.as_ref()?;
    let global = file.scrape_interval.as_ref().and_then(|written| values::duration(written, problems));
    let mut job = |block: &JobBlock| {
        let own = block.scrape_interval.as_ref().and_then(|written| values::duration(written, problems));
        Job {
            name: block.name.text.clone(),
            scrape_interval: own.or(global).unwrap_or(SCRAPE_INTERVAL),
            labels: block.labels.clone(),
            open: block.open,
        }
    };
    Some(file.jobs.iter().map(&mut job).collect())
}

/// The problem of a text that is a list, a pattern or a path of Windows, or that names a definition.
fn not_one_file(file: &ServiceFile, named: &Scalar, ast: &Ast) -> Option<Problem> {
    let text = named.text.trim();
    let problem = |headline: &str| Problem::error(Code::ContractNotFound, whole(named), headline);
    let parts: Vec<&str> = text.split([',', ';', ' ']).filter(|part| !part.is_empty()).collect();
    if parts.len() > 1 && parts.iter().all(|part| part.ends_with(".prom")) {
        let list = format!("[{}]", parts.join(", "));
        return Some(problem("these are several files").fix(
            format!("write a list: `{list}`"),
            whole(named),
            list,
        ));
    }
    if text.contains(['*', '?']) {
        let here = file.path.rfind('/').map_or("", |slash| &file.path[..=slash]);
        let (begin, end) =
            (&text[..text.find(['*', '?']).unwrap_or(0)], text.rsplit(['*', '?']).next().unwrap_or_default());
        let meant: Vec<&str> = (ast.contracts.keys())
            .filter_map(|known| known.strip_prefix(here))
            .filter(|known| known.starts_with(begin) && known.ends_with(end))
            .take(20)
            .collect();
        let problem = problem("`metrics` has no patterns: it names each file");
        let list = format!("[{}]", meant.join(", "));
        return Some(match meant.is_empty() {
            true => problem
                .help("write a list of files, such as `metrics: [metrics/api.prom, metrics/node.prom]`"),
            false => problem.fix(format!("write `{list}`"), whole(named), list),
        });
    }
    if text.contains('\\') && !text.contains('/') {
        let meant = text.replace('\\', "/");
        return Some(problem("a path has `/` between its folders").fix(
            format!("write `{meant}`"),
            whole(named),
            meant,
        ));
    }
    if text.ends_with(".yaml") || text.ends_with(".yml") {
        return Some(problem("this is a file of definitions, not a contract").help(
            "name the file with the metrics of the program, such as `metrics: metrics/api.prom`; `slowburn metrics capture` writes it",
        ));
    }
    None
}
