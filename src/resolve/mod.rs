//! ast → model: gives every text its meaning, fills in defaults, and reports every problem.

mod alert;
mod alertmanager;
mod budget;
mod common_spellings;
mod contract;
mod dependencies;
mod dropped;
mod effort;
mod evaluate;
mod fill;
mod firing;
mod hours;
mod journey;
mod labels;
mod latency;
mod links;
mod literal;
mod objective_words;
mod policy;
mod reader;
mod secrets;
mod settings;
mod sli;
mod sli_advice;
mod slices;
mod stimulus;
mod targets;
mod texts;
mod trial;
mod unused_settings;
mod values;

use std::collections::BTreeMap;

use crate::ast::{Ast, Key, ProjectFile, ServiceFile, SloBlock};
use crate::diagnostic::{Code, Problem};
use crate::model::{Links, Model, Places, Planned, Service, Slo};
use crate::parallel;
use crate::scalar::Scalar;
use crate::source::Span;
use crate::vocabulary::{LabelName, Name, Period};

/// Codes of problems for undefined or missing things. The cause may be another problem, such as a misspelt key.
const OF_ABSENCE: [Code; 4] =
    [Code::MissingKey, Code::ReceiverUndefined, Code::TimeUndefined, Code::UnknownPolicy];

/// Resolves the sources. What is not valid is reported and left out.
pub fn resolve(ast: &Ast) -> (Model, Vec<Problem>) {
    resolve_by(ast, None)
}

/// The names of all policies.
pub fn policies(ast: &Ast) -> Vec<String> {
    ast.project.as_ref().map_or_else(|| policy::names(&Vec::new()), |file| policy::names(&file.policies))
}

/// As [`resolve`], with the policy `instead` for every SLO if it is given.
pub fn resolve_by(ast: &Ast, instead: Option<&str>) -> (Model, Vec<Problem>) {
    let mut problems = Vec::new();
    let file = ast.project.clone().unwrap_or_default();
    let mut project = fill::project(&file, ast, &mut problems);
    for key in &file.environments {
        values::name(&key.text, key.span, "an environment", &mut problems);
    }
    let policies = policy::all(&file.policies, &mut problems).with(instead);
    settings::overridden(&file.settings, None, &policies, &mut problems);
    if ast.project_misread {
        problems.retain(|problem| !OF_ABSENCE.contains(&problem.code));
    }
    unused_settings::all(&file, ast, &mut problems);
    literal::all(&file, ast, &mut problems);
    let version = project.prometheus.version;
    let alertmanager = file.alertmanager.as_ref().map(alertmanager::version_of);
    let resolved = parallel::map(&ast.services, |service| {
        let mut problems = Vec::new();
        if !ast.project_misread {
            settings::overridden(
                &service.settings,
                file.settings.time_zone.as_ref(),
                &policies,
                &mut problems,
            );
        }
        let planned = contract::planned(service);
        let links = &project.links;
        let scope = Scope {
            ast,
            project: &file,
            links,
            policies: &policies,
            service,
            planned: &planned,
            version,
            alertmanager,
            effort: effort::Effort::new(),
        };
        (scope.service(&mut problems), problems)
    });
    let mut services = Vec::new();
    let mut seen: BTreeMap<String, Span> = BTreeMap::new();
    for (service, (resolved, found)) in ast.services.iter().zip(resolved) {
        problems.extend(found);
        overwritten(&file, service, &mut problems);
        let Some(resolved) = resolved else { continue };
        let place = whole(&service.name);
        match seen.insert(resolved.name.to_string(), place) {
            Some(first) => problems.push(
                Problem::error(
                    Code::DuplicateService,
                    place,
                    format!("two files define the service `{}`", resolved.name),
                )
                .and(first, "the first is here")
                .help("move the SLOs into one file, or give this service another name"),
            ),
            None => services.push(resolved),
        }
    }
    services.sort_by(|a, b| a.name.cmp(&b.name));
    let windows = hours::maintenance(&file, &mut problems);
    let mut undefined = Vec::new();
    hours::excuse(&file, &windows, &mut services, &ast.absent, &mut undefined);
    journey::link(&mut services, ast, &mut problems, &mut undefined);
    project.dependencies = dependencies::all(&file.dependencies, &services, &ast.absent, &mut undefined);
    for key in file.overridden.iter().filter(|key| !ast.absent.contains(&key.text)) {
        dependencies::service(&key.text, key.span, &services, &mut undefined);
    }
    // Something that was left out after an error is not undefined.
    if !ast.faulty && !problems.iter().any(Problem::is_error) {
        problems.extend(undefined);
    }
    (Model { project, services }, problems)
}

/// The place of a whole scalar.
pub(crate) fn whole(scalar: &Scalar) -> Span {
    scalar.whole()
}

/// What is needed to resolve the SLOs of one service.
struct Scope<'a> {
    ast: &'a Ast,
    project: &'a ProjectFile,
    links: &'a Links,
    policies: &'a policy::Policies,
    service: &'a ServiceFile,
    planned: &'a BTreeMap<String, Planned>,
    version: (u32, u32),
    alertmanager: Option<(u32, u32)>,
    effort: effort::Effort,
}

impl Scope<'_> {
    fn service(&self, problems: &mut Vec<Problem>) -> Option<Service> {
        let file = self.service;
        let name = values::name(&file.name.text, whole(&file.name), "a service", problems);
        let levels = [&self.project.settings, &file.settings];
        let labels = settings::labels(levels.map(|level| &level.labels), problems);
        let annotations =
            settings::annotations(levels.map(|level| &level.annotations), literal::BURN, problems);
        let missing_events = settings::missing_events(levels, problems);
        let contract = contract::contract(file, self.ast, problems);
        let mut slos: Vec<Slo> = Vec::with_capacity(file.slos.len());
        let mut known: BTreeMap<Name, Span> = BTreeMap::new();
        for (key, block) in &file.slos {
            let mut found = Vec::new();
            let named = self.slos(&key.text, key.span, block, &mut found);
            if !block.understood || self.ast.waits(key.span.source) {
                // A misspelt `tiers_off` leaves tiers that never fire, and a threshold may be beside the objective.
                let more = [Code::BurnRateUnreachable, Code::ThresholdMismatch];
                let of_absence = |code| OF_ABSENCE.contains(&code) || more.contains(&code);
                found.retain(|problem| !of_absence(problem.code));
            }
            problems.extend(found);
            for slo in named {
                match known.get(&slo.name) {
                    Some(first) => problems.push(
                        Problem::error(
                            Code::DuplicateSlo,
                            slo.places.objective,
                            format!("two SLOs of one service are called `{}`", slo.name),
                        )
                        .and(*first, "the first is here")
                        .help("write them as two SLOs with different names"),
                    ),
                    None => {
                        known.insert(slo.name.clone(), slo.places.objective);
                        slos.push(slo);
                    }
                }
            }
        }
        let reasons = file.planned.iter().map(|(_, reason)| reason);
        secrets::published(file.description.iter().chain(&file.owner).chain(reasons), problems);
        Some(Service {
            name: name?,
            place: whole(&file.name),
            description: file.description.as_ref().map(|text| text.text.clone()),
            owner: (file.owner.as_ref())
                .and_then(|owner| settings::label_value(owner, "the owner", problems)),
            source: links::source(self.links, &self.project.path, &file.path),
            labels,
            annotations,
            contract,
            planned: self.planned.clone(),
            missing_events,
            alerts: self.alerts(&slos, problems),
            slos,
            accepted: settings::accepted(&file.settings.accepted, problems),
        })
    }

    /// One SLO for each objective.
    fn slos(&self, name: &str, place: Span, block: &SloBlock, problems: &mut Vec<Problem>) -> Vec<Slo> {
        let valid = values::name(name, place, "an SLO", problems);
        // The remaining faults are reported at once.
        let base = valid.clone().unwrap_or_else(|| Name::parse("unnamed").expect("a name"));
        if block.several && block.objectives.is_empty() {
            problems.push(
                Problem::error(Code::MissingKey, place, "this SLO has no objective")
                    .help("add an objective: `objective: 99.9%`"),
            );
        }
        let mut slos = Vec::with_capacity(block.objectives.len());
        let mut shared = Vec::new();
        for objective in &block.objectives {
            let mut found = Vec::new();
            slos.extend(self.slo(&base, place, block, objective, &mut found));
            shared.push(found);
        }
        // Several objectives share one SLI. Its problems are reported once.
        for problem in shared.into_iter().flatten() {
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
        if valid.is_some() && block.understood { slos } else { Vec::new() }
    }

    fn slo(
        &self,
        base: &Name,
        place: Span,
        block: &SloBlock,
        objective: &Scalar,
        problems: &mut Vec<Problem>,
    ) -> Option<Slo> {
        let levels = [&self.project.settings, &self.service.settings, &block.settings];
        let promise = values::objective(objective, problems);
        let readers = settings::Readers { prometheus: self.version, alertmanager: self.alertmanager };
        let by = settings::by(&block.by, block.by_place, readers, problems);
        let read: Vec<LabelName> = by.iter().flatten().map(|kept| kept.label.clone()).collect();
        let by_places: Vec<Span> = block.by.iter().map(|kept| whole(&kept.label)).collect();
        let sli = sli::sli(
            &block.sli,
            &sli::Context {
                promise: promise.as_ref(),
                objective,
                version: self.version,
                by: &read,
                by_places: &by_places,
                effort: &self.effort,
                file: self.service,
                ast: self.ast,
            },
            problems,
        );
        let period = settings::period(levels, problems);
        let budgeting = match &block.sli.journey {
            Some(_) => journey::budgeting(levels, promise.as_ref(), problems),
            None => slices::budgeting(levels, problems),
        };
        if let (Some(journey), Some(place)) = (&block.sli.journey, block.by_place) {
            problems.push(journey::keeps_nothing(journey, place));
        }
        let alert_name = settings::alert_name(levels, problems);
        let min_bad_events = settings::min_bad_events(levels, problems);
        let min_events = settings::min_events(levels, place, problems);
        let labels = settings::labels([&block.settings.labels], problems);
        let annotations = settings::annotations([&block.settings.annotations], literal::BURN, problems);
        secrets::published(&block.description, problems);
        let runbook = block.runbook.as_ref().and_then(|name| values::runbook(name, problems));
        let traffic = settings::traffic(block.traffic.as_ref(), problems);
        let scrape_interval = settings::scrape_interval(
            [self.project.prometheus.scrape_interval.as_ref(), self.service.scrape_interval.as_ref()],
            problems,
        );
        let agreed =
            hours::agreed(levels, by.as_deref().unwrap_or_default(), self.version, &self.effort, problems);
        let budget_alerts = budget::alerts(levels, problems);
        let budget_policy = budget::policy(levels, problems);
        let assumed = period.as_ref().map_or_else(default_period, |(period, _)| period.clone());
        let tiers = policy::tiers(self.policies, levels, &block.tiers_off, &assumed, place, problems);
        let accepted = settings::accepted(&block.settings.accepted, problems);
        let (period, period_place) = period?;
        let agreed = agreed?;
        let promise = promise?;
        let name = if block.several { values::suffixed(base, &promise) } else { base.clone() };
        let sli::Resolved { sli, stimulus, readings } = sli?;
        let policy::Active { tiers, place: tiers_place, has_tickets } = tiers?;
        let (tiers, left_out) =
            policy::reachable(tiers, promise.objective, (&period, &agreed), whole(objective), problems);
        let alert_name = alert_name?;
        let (min_bad_events, min_place) = min_bad_events?;
        let (min_events, events_places) = min_events?;
        Some(Slo {
            name,
            description: block.description.as_ref().map(|text| text.text.clone()),
            objective: promise.objective,
            threshold: promise.threshold,
            sli,
            planned: contract::reason(&readings, self.planned),
            readings,
            stimulus,
            by: by?,
            budgeting: budgeting?,
            period,
            tiers,
            has_tickets,
            left_out,
            alert_name: alert_name.as_ref().map(|(name, _)| name.clone()),
            min_bad_events,
            min_events,
            budget_alerts: budget_alerts?,
            budget_policy: budget_policy?,
            agreed,
            labels,
            annotations,
            runbook,
            scrape_interval: scrape_interval?,
            traffic,
            accepted,
            places: Places {
                name: place,
                objective: whole(objective),
                threshold: values::threshold_place(objective),
                period: period_place.unwrap_or(place),
                sli: block.sli.span,
                by: by_places,
                alert_name: alert_name.map_or(place, |(_, place)| place),
                min_bad_events: min_place.unwrap_or(place),
                min_events: events_places,
                traffic: block.traffic.as_ref().map_or(place, whole),
                traffic_in_doubt: block.traffic.as_ref().is_some_and(settings::is_in_groups),
                runbook: block.runbook.as_ref().map_or(place, whole),
                tiers: tiers_place,
            },
        })
    }
}

/// A constant label of an alert must not have the name of a label in `by`. Each label is reported once, however many SLOs have it.
fn overwritten(project: &ProjectFile, service: &ServiceFile, problems: &mut Vec<Problem>) {
    let severities = project.severities.iter().map(|(_, block)| &block.labels);
    let shared: Vec<&Key> = [&project.settings.labels, &service.settings.labels]
        .into_iter()
        .chain(severities)
        .flatten()
        .map(|(key, _)| key)
        .collect();
    for (_, block) in &service.slos {
        let own = block.settings.labels.iter().map(|(key, _)| key);
        for key in shared.iter().copied().chain(own) {
            let Some(by) = block.by.iter().find(|kept| kept.name.text == key.text) else { continue };
            let reported =
                |problem: &Problem| problem.code == Code::ReservedLabel && problem.primary.span == key.span;
            if !problems.iter().any(reported) {
                problems.push(
                    Problem::error(
                        Code::ReservedLabel,
                        key.span,
                        format!("the constant label `{}` overwrites a label of `by`", key.text),
                    )
                    .label("every alert would have this value")
                    .and(by.name.span, "`by` makes one promise for each value")
                    .help("remove it, or give it another name"),
                );
            }
        }
    }
}

/// The innermost setting.
fn innermost<T, const N: usize>(levels: [Option<&T>; N]) -> Option<&T> {
    levels.into_iter().rev().flatten().next()
}

/// The default of `period`.
fn default_period() -> Period {
    Period::Rolling(crate::vocabulary::Duration::from_secs(30 * 86_400))
}
