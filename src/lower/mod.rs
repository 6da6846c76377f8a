//! facts → plan: writes recording rules, alerting rules and their proofs.

mod active;
mod aftermath;
mod agreed;
mod alert;
mod alerts;
mod budget;
mod calendar;
mod companions;
mod dashboards;
mod events;
mod held;
mod history;
mod info;
mod inhibitions;
mod journey;
mod journey_pages;
mod ledger;
mod matchers;
mod proofs;
mod readings;
mod recorded;
mod routes;
mod runbooks;
mod series;
mod shapes;
mod shared;
mod split;
mod sums;
mod targets;
mod timeline;
mod windows;

pub use routes::{is_unknown, receivers};

use std::borrow::Cow;

use crate::derive;
use crate::facts::{Facts, Rules, ServiceFacts, SloFacts};
use crate::model::{Budgeting, Companion, Dependency, Model, Service, Sli, Slo};
use crate::parallel;
use crate::plan::{
    EventCounting, EventSource, Group, Notifications, Plan, Planned, ProjectPlan, Proof, Rule,
    ServiceDependency, ServicePlan, SloPlan,
};
use crate::promql::ast::Expr;
use crate::vocabulary::{Duration, INTERVAL, LONG_INTERVAL, PerSeverity};

/// The proofs for the plan of a service. They are apart from [`service`] because they take longer than the rules, and only one target needs them.
pub fn prove(service: &Service, plan: &ServicePlan) -> Vec<Proof> {
    proofs::all(service, plan)
}

/// The plan for a model, without proofs. It cannot fail: every cause of a failure was reported as a problem before.
pub fn lower(facts: &Facts) -> Plan {
    let services = facts.services.iter().map(|one| service(facts.model, one)).collect();
    Plan { project: project(facts), services }
}

/// Who is notified of which alert, if notifications are declared.
fn notifications(facts: &Facts) -> Option<Notifications> {
    let model = facts.model;
    let alertmanager = model.project.alertmanager.as_ref()?;
    let alerts = facts.alerts();
    let groups = facts.services.iter().filter_map(|service| aftermath::silencing_group(model, service));
    let notify_nobody: Vec<Rule> = groups.flat_map(|group| group.rules).collect();
    Some(Notifications {
        smtp: alertmanager.smtp.clone(),
        receivers: alertmanager.receivers.clone(),
        default: alertmanager.default.as_ref().map(ToString::to_string),
        timing: alertmanager.timing.clone(),
        times: alertmanager.times.clone(),
        clock: alertmanager.clock.clone(),
        routes: routes::all(alertmanager, &alerts),
        notify_nobody: notify_nobody.iter().map(|rule| rule.name().to_owned()).collect(),
        inhibitions: inhibitions::all(facts),
        deliveries: routes::deliveries(alertmanager, &alerts)
            .into_iter()
            .chain(notify_nobody.iter().map(routes::to_nobody))
            .collect(),
    })
}

/// The part of the plan that all services share.
pub fn project(facts: &Facts) -> ProjectPlan {
    let model = facts.model;
    let severities = PerSeverity {
        page: model.project.severities.page.label.clone(),
        ticket: model.project.severities.ticket.label.clone(),
    };
    let promised = model.services.iter().any(|service| !service.slos.is_empty());
    let environment = model.project.environment.as_deref();
    ProjectPlan {
        environment: model.project.environment.clone(),
        language: model.project.language,
        time_zone: model.project.time_zone.clone().unwrap_or_else(|| "UTC".to_owned()),
        severities,
        overview: promised.then(|| dashboards::overview(environment)),
        screens: info::screens(environment),
        notifications: notifications(facts),
        texts: model.project.texts.clone(),
        alertmanager_url: model.project.links.alertmanager.clone(),
        grafana_url: model.project.links.grafana.clone(),
        needs: model.project.dependencies.iter().map(need).collect(),
        targets: model.project.targets.clone(),
        accepted: model.project.accepted.clone(),
    }
}

fn need(dependency: &Dependency) -> ServiceDependency {
    ServiceDependency {
        service: dependency.service.to_string(),
        on: dependency.on.to_string(),
        slo: dependency.slo.as_ref().map(ToString::to_string),
        silences: dependency.silences,
    }
}

/// What checks ask of the rules.
pub const RULES: Rules = Rules { recorded: recorded::recorded, unplayed };

/// The companion alerts of a service that have series which make them fire, but are not played, each with the reason. Only alerts that meet
/// the condition are looked at.
fn unplayed<'a>(
    model: &Model,
    facts: &ServiceFacts<'a>,
    condition: &dyn Fn(&Companion) -> bool,
) -> Vec<(&'a Companion, String)> {
    let service = facts.service;
    let bounds = series::Bounds::of_all(service);
    let of_slo = |slo| -> proofs::WriteRules {
        Box::new(move || Cow::Owned(lower_slo(model, service, slo, bounds).groups))
    };
    let slos = facts.slos.iter().map(|slo| (Some(slo.slo.name.as_str()), of_slo(slo)));
    let groups: [fn(&Model, &ServiceFacts) -> Option<Group>; 3] =
        [companions::group, aftermath::silencing_group, alerts::missing];
    let others = groups.map(|group| -> (_, proofs::WriteRules) {
        (None, Box::new(move || Cow::Owned(Vec::from_iter(group(model, facts)))))
    });
    let is_asked = |alert: &&Companion| alert.stimulus.is_ok() && condition(alert);
    let mut made = proofs::RulesBySlo::of(slos.chain(others));
    let known = service.alerts.iter().filter(is_asked);
    known.filter_map(|companion| Some((companion, proofs::unplayed(companion, &mut made)?))).collect()
}

/// The plan for one service, without proofs.
pub fn service(model: &Model, facts: &ServiceFacts) -> ServicePlan {
    let service = facts.service;
    let bounds = series::Bounds::of_all(service);
    let slos = parallel::map_many(&facts.slos, |slo| lower_slo(model, service, slo, bounds));
    let plan = with_slos(model, facts, slos);
    let most = model.project.targets.mimir.as_ref().map(|mimir| mimir.max_rules as usize);
    ServicePlan { groups: shared::groups(&plan.name, &plan.slos, most), ..plan }
}

/// Its [`ServicePlan::outline`], without the work for the recorded series.
pub fn outline(model: &Model, facts: &ServiceFacts) -> ServicePlan {
    let bounds = series::Bounds::of_all(facts.service);
    let alerts = |slo: &SloFacts| {
        let names = series::Series::new(slo.slo, &slo.promise).bounded(bounds);
        with_alerts(model, facts.service, slo, &names, Vec::new(), Vec::new())
    };
    with_slos(model, facts, parallel::map_many(&facts.slos, alerts)).outline()
}

/// The plan with these SLOs, without the groups of all of them.
fn with_slos(model: &Model, facts: &ServiceFacts, slos: Vec<SloPlan>) -> ServicePlan {
    let service = facts.service;
    ServicePlan {
        name: service.name.to_string(),
        description: service.description.clone(),
        owner: service.owner.clone(),
        source: service.annotations.get("source_url").cloned().or_else(|| service.source.clone()),
        dashboard: dashboards::uid(service.name.as_str(), model.project.environment.as_deref()),
        contract: service.contract.is_some(),
        planned: planned(service),
        accepted: service.accepted.clone(),
        groups: Vec::new(),
        slos,
        missing_page: runbooks::of_missing_events(model, service),
        missing: alerts::missing(model, facts),
        companions: companions::group(model, facts),
        silencing: aftermath::silencing_group(model, facts),
        proofs: Vec::new(),
    }
}

fn planned(service: &Service) -> Vec<Planned> {
    let reading = |metric: &String| {
        let reads = |slo: &&Slo| slo.readings.iter().any(|reading| reading.reads(metric));
        service.slos.iter().filter(reads).map(|slo| slo.name.to_string()).collect()
    };
    let planned = service.planned.iter();
    planned
        .map(|(metric, planned)| Planned {
            metric: metric.clone(),
            reason: planned.reason.clone(),
            slos: reading(metric),
        })
        .collect()
}

fn lower_slo(model: &Model, service: &Service, facts: &SloFacts, bounds: series::Bounds) -> SloPlan {
    let SloFacts { slo, promise, .. } = facts;
    let names = series::Series::new(slo, promise).bounded(bounds);
    let mut fast = vec![info::rule(model, service, slo, promise, &names)];
    fast.extend(windows::constants(promise, &names));
    let counted = events::base(model, service, slo, &names);
    // Constants with kept labels must come after the counts, which they read.
    let at = if promise.by.is_empty() { fast.len() } else { 1 };
    fast.splice(at..at, counted);
    fast.extend(windows::fast(promise, &names));
    let slow = events::remembered(slo, &names).into_iter().chain(windows::slow(slo, promise, &names));
    with_alerts(model, service, facts, &names, fast, slow.collect())
}

/// The plan of an SLO with these recording rules.
fn with_alerts(
    model: &Model,
    service: &Service,
    facts: &SloFacts,
    names: &series::Series,
    mut fast: Vec<Rule>,
    mut slow: Vec<Rule>,
) -> SloPlan {
    let SloFacts { slo, promise, .. } = facts;
    let alerts = alerts::burn(model, service, facts, names);
    for (rule, in_slow) in alerts {
        if in_slow {
            slow.push(rule);
        } else {
            fast.push(rule);
        }
    }
    let name = shared::name(&promise.service);
    slow.extend(budget::rules(model, service, facts, names));
    let groups = vec![
        Group { name: name.clone(), interval: INTERVAL, rules: fast },
        Group { name: format!("{name}/long"), interval: LONG_INTERVAL, rules: slow },
    ];
    let signal = readings::signal(slo);
    SloPlan {
        readings: readings::readings(slo, promise, names),
        page: runbooks::runbook(model, slo, &promise.service, names, signal.as_ref()),
        signal,
        observed: observed(slo),
        expected: alerts::expected(service, slo),
        accepted: slo.accepted.clone(),
        runbook: slo.runbook.clone(),
        promise: promise.clone(),
        groups,
    }
}

fn observed(slo: &Slo) -> EventCounting {
    let slice_budget = match &slo.budgeting {
        Budgeting::Timeslices { objective, .. } => Some(objective.budget().ratio()),
        Budgeting::Occurrences => None,
    };
    let by = match &slo.sli {
        Sli::Counted { .. } => EventSource::Counters { traffic: slo.traffic },
        Sli::Checked { .. } => EventSource::States,
        Sli::Ratio { .. } => EventSource::Ratios,
        Sli::Journey { .. } => EventSource::Parts,
    };
    EventCounting { by, slice_budget }
}

/// The rules that compute the history of a service from raw series, for promtool; see `history`.
pub fn history(model: &Model, facts: &ServiceFacts) -> Vec<Group> {
    // The backfill does not contain the counts of every thirty seconds that a journey reads.
    let slos = facts.slos.iter().filter(|slo| slo.slo.parts().is_empty());
    slos.map(|slo| history::group(model, facts.service, slo.slo, &slo.promise)).collect()
}

/// Total and bad events over `window`, as queries about the past: from recorded series, and from raw series.
pub fn counted(model: &Model, service: &Service, slo: &Slo, window: Duration) -> [(Expr, Expr); 2] {
    history::counted(model, service, slo, &derive::promise(model, service, slo), window)
}
