//! model → plan: decides what is recorded, what alerts, and what proves both.

mod aftermath;
mod agreed;
mod alerts;
mod budget;
mod calendar;
mod companions;
mod dashboards;
mod events;
mod history;
mod info;
mod inhibitions;
mod ledger;
mod matching;
mod proofs;
mod readings;
mod recorded;
mod routes;
mod runbooks;
mod series;
mod shapes;
mod shared;
mod targets;
mod timeline;
mod windows;

pub use aftermath::{looks_at_the_same, of as aftermath};
pub use alerts::{Known, hold, known, missing_name, name as alert_name, own_name as own_alert_name};
pub use budget::{AWAKE, KNOWN_AFTER, budget_alert_name, crossed};
pub use companions::{companion_name, known as known_companion, told};
pub use inhibitions::causes;
pub use ledger::MEMORY;
pub use proofs::longest_range;
pub use recorded::recorded;
pub use routes::{entangled, taken, told as receivers};
pub use windows::fast_windows;

use crate::model::{Budgeting, Companion, Dependency, Model, Service, Sli, Slo};
use crate::plan::{
    Event, Group, Need, Notifications, Observed, Observer, Plan, Planned, ProjectPlan, Promise, Proof, Rule,
    ServicePlan, SloPlan, Watch,
};
use crate::promql::ast::Expr;
use crate::vocabulary::{Decimal, Duration, PerSeverity, quotient};

/// How often the rules that page look at the counters: half a minute, so that a full outage of a 99.9 % objective, which spends its 52
/// seconds, pages at the next evaluation. Needs no knowledge of the scrape interval: see `events`.
pub const INTERVAL: Duration = Duration::from_secs(30);

/// How far back events are made good that no evaluation counted: a restart of Prometheus, a gap between scrapes.
pub const REACH: Duration = Duration::from_secs(900);

/// How often long windows are summed: as far as an instant selector looks back, so that nothing they record is ever too old to
/// be seen.
pub const LONG_INTERVAL: Duration = Duration::from_secs(300);

/// How old a sample of the slow group may be that is read between its evaluations: three of them.
pub const STALE: Duration = Duration::from_secs(3 * LONG_INTERVAL.secs());

/// What proves the plan of a service. Apart from [`service`], because it takes longer than the rules and is needed for one target only.
pub fn prove(service: &Service, plan: &ServicePlan) -> Vec<Proof> {
    proofs::all(service, plan)
}

/// The plan for a model, without proofs. It cannot fail: whatever could go wrong was a problem before.
pub fn lower(model: &Model) -> Plan {
    let services = model.services.iter().map(|one| service(model, one)).collect();
    Plan { project: project(model), services }
}

/// Who is told of what, if that is declared.
fn notifications(model: &Model) -> Option<Notifications> {
    let alertmanager = model.project.alertmanager.as_ref()?;
    let alerts = known(model);
    let groups = model.services.iter().filter_map(|service| aftermath::group(model, service));
    let unheard: Vec<Rule> = groups.flat_map(|group| group.rules).collect();
    Some(Notifications {
        smtp: alertmanager.smtp.clone(),
        receivers: alertmanager.receivers.clone(),
        default: alertmanager.default.as_ref().map(ToString::to_string),
        timing: alertmanager.timing.clone(),
        times: alertmanager.times.clone(),
        clock: alertmanager.clock.clone(),
        routes: routes::all(alertmanager, &alerts),
        unheard: unheard.iter().map(|rule| rule.name().to_owned()).collect(),
        inhibitions: inhibitions::all(model, &alerts),
        deliveries: routes::deliveries(alertmanager, &alerts)
            .into_iter()
            .chain(unheard.iter().map(routes::to_nobody))
            .collect(),
    })
}

/// What all services share.
pub fn project(model: &Model) -> ProjectPlan {
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
        notifications: notifications(model),
        texts: model.project.texts.clone(),
        alertmanager_url: model.project.links.alertmanager.clone(),
        grafana_url: model.project.links.grafana.clone(),
        needs: model.project.dependencies.iter().map(need).collect(),
        targets: model.project.targets.clone(),
        names_chosen: model
            .services
            .iter()
            .flat_map(|service| &service.slos)
            .any(|slo| slo.alert_name.is_some()),
        accepted: model.project.accepted.clone(),
    }
}

fn need(dependency: &Dependency) -> Need {
    Need {
        service: dependency.service.to_string(),
        on: dependency.on.to_string(),
        slo: dependency.slo.as_ref().map(ToString::to_string),
        silences: dependency.silences,
    }
}

/// The companion alerts of a service that are not played although series are known that make them fire, each with the reason.
pub fn unplayed<'a>(model: &Model, service: &'a Service) -> Vec<(&'a Companion, String)> {
    let known: Vec<&Companion> =
        service.alerts.iter().filter(|companion| companion.stimulus.is_some()).collect();
    // Names without a colon are of no rule, and then the plan need not be made for this.
    let made = |name: &String| name.contains(':') || name.starts_with("ALERTS");
    let mut read = known.iter().flat_map(|companion| &companion.readings);
    let plan = read
        .any(|reading| reading.selector.name.as_ref().is_some_and(made))
        .then(|| self::service(model, service));
    let mut made = proofs::Made::of(plan.iter().flat_map(ServicePlan::rules));
    known
        .into_iter()
        .filter_map(|companion| Some((companion, proofs::unplayed(companion, &mut made)?)))
        .collect()
}

/// The plan for one service, without proofs.
pub fn service(model: &Model, service: &Service) -> ServicePlan {
    let bounds = series::Bounds::of_all(service);
    let slos: Vec<SloPlan> = service.slos.iter().map(|slo| lower_slo(model, service, slo, bounds)).collect();
    let missing = alerts::missing(model, service);
    ServicePlan {
        name: service.name.to_string(),
        description: service.description.clone(),
        owner: service.owner.clone(),
        source: service.annotations.get("source_url").cloned().or_else(|| service.source.clone()),
        dashboard: dashboards::uid(service.name.as_str(), model.project.environment.as_deref()),
        contract: service.contract.is_some(),
        planned: planned(service),
        accepted: service.accepted.clone(),
        groups: shared::groups(service.name.as_str(), &slos),
        slos,
        missing_page: runbooks::of_missing_events(model, service),
        missing,
        companions: companions::group(model, service),
        aftermath: aftermath::group(model, service),
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

fn lower_slo(model: &Model, service: &Service, slo: &Slo, bounds: series::Bounds) -> SloPlan {
    let promise = promise(service, slo);
    let names = series::Series::new(slo, &promise).bounded(bounds);
    let mut fast = vec![info::rule(model, service, slo, &promise, &names)];
    fast.extend(windows::constants(&promise, &names));
    let counted = events::base(model, service, slo, &names);
    // Constants with labels that are kept need something that is counted.
    let at = if promise.by.is_empty() { fast.len() } else { 1 };
    fast.splice(at..at, counted);
    fast.extend(windows::fast(&promise, &names));
    let mut slow = windows::slow(slo, &promise, &names);
    let alerts = alerts::burn(model, service, slo, &promise, &names);
    for (rule, in_slow) in alerts {
        if in_slow {
            slow.push(rule);
        } else {
            fast.push(rule);
        }
    }
    let name = shared::name(&promise.service);
    slow.extend(budget::rules(model, service, slo, &promise, &names));
    let groups = vec![
        Group { name: name.clone(), interval: INTERVAL, rules: fast },
        Group { name: format!("{name}/long"), interval: LONG_INTERVAL, rules: slow },
    ];
    let signal = readings::signal(slo);
    SloPlan {
        readings: readings::readings(slo, &promise, &names),
        page: runbooks::runbook(model, slo, &promise.service, &names, signal.as_ref()),
        signal,
        observed: observed(slo, &names),
        accepted: slo.accepted.clone(),
        runbook: slo.runbook.clone(),
        runbook_url: match slo.annotations.get("runbook_url").or(service.annotations.get("runbook_url")) {
            Some(own) => Some(own.clone()),
            None => runbooks::file_url(model, &runbooks::of_slo(&promise.service, &promise.slo)),
        },
        promise,
        groups,
    }
}

fn observed(slo: &Slo, names: &series::Series) -> Observed {
    let slice_budget = match &slo.budgeting {
        Budgeting::Timeslices { objective, .. } => Some(objective.budget().ratio()),
        Budgeting::Occurrences => None,
    };
    let by = match &slo.sli {
        Sli::Counted { .. } => Observer::Counters { signed: names.signed, traffic: slo.traffic },
        Sli::Checked { .. } => Observer::Looks,
        Sli::Ratio { .. } => Observer::Shares,
    };
    Observed { by, slice_budget }
}

/// What makes the history of a service out of raw series, for promtool; see `history`.
pub fn history(model: &Model, service: &Service) -> Vec<Group> {
    service.slos.iter().map(|slo| history::group(model, service, slo, &promise(service, slo))).collect()
}

/// Total and bad events of so long a time, as they are asked for afterwards: what was recorded, and what raw series tell.
pub fn counted(model: &Model, service: &Service, slo: &Slo, window: Duration) -> [(Expr, Expr); 2] {
    history::counted(model, service, slo, &promise(service, slo), window)
}

/// The numbers of an SLO.
pub fn promise(service: &Service, slo: &Slo) -> Promise {
    let objective = match slo.threshold {
        Some(threshold) => format!("{} < {threshold}", slo.objective),
        None => slo.objective.to_string(),
    };
    let event = match (&slo.budgeting, &slo.sli) {
        (Budgeting::Timeslices { length, .. }, _) => Event::Slice(*length),
        (Budgeting::Occurrences, Sli::Counted { .. }) => Event::Occurrence,
        (Budgeting::Occurrences, Sli::Checked { .. } | Sli::Ratio { .. }) => Event::Check,
    };
    let per_check = quotient(Decimal::from(1000), Decimal::from(INTERVAL.millis()));
    Promise {
        service: service.name.to_string(),
        slo: slo.name.to_string(),
        description: slo.description.clone(),
        objective,
        ratio: slo.objective.ratio(),
        budget: slo.objective.budget().ratio(),
        enough_events: readings::enough_events(slo.objective.budget().ratio()),
        period: slo.period.clone(),
        period_length: slo.agreed.most_within(slo.period.nominal()),
        agreed: agreed::words(&slo.agreed),
        event,
        by: slo.by.iter().map(ToString::to_string).collect(),
        successful: match &slo.sli {
            Sli::Counted { histogram: Some(histogram), .. } if !histogram.success.is_empty() => {
                Some(readings::successful(histogram))
            }
            Sli::Counted { .. } | Sli::Checked { .. } | Sli::Ratio { .. } => None,
        },
        read_as: (slo.by.iter().filter(|kept| kept.is_renamed()))
            .map(|kept| (kept.to_string(), kept.label.to_string()))
            .collect(),
        traffic: match event {
            Event::Occurrence => slo.traffic,
            Event::Check | Event::Slice(_) => Some(per_check),
        },
        tiers: watches(slo),
        budget_alerts: slo.budget_alerts.clone(),
        budget_policy: slo.budget_policy.clone(),
        left_out: slo.left_out.iter().map(|tier| (tier.severity, tier.long)).collect(),
        interval: INTERVAL,
        long_interval: LONG_INTERVAL,
        planned: slo.planned.clone(),
    }
}

/// Every tier with its burn rate and threshold, each the one quotient of exact products (SRE Workbook, ch. 5).
pub fn watches(slo: &Slo) -> Vec<Watch> {
    let period = Decimal::from(slo.agreed.most_within(slo.period.nominal()).millis());
    slo.tiers
        .iter()
        .map(|tier| {
            let long_agreed = slo.agreed.most_within(tier.long);
            let long = Decimal::from(long_agreed.millis());
            let spent = tier.budget_share * period;
            Watch {
                severity: tier.severity,
                budget_share: tier.budget_share,
                long: tier.long,
                long_agreed,
                short: tier.short,
                burn_rate: quotient(spent, long),
                threshold: quotient(spent * slo.objective.budget().ratio(), long),
                min_bad_events: *slo.min_bad_events.get(tier.severity),
                min_events: *slo.min_events.get(tier.severity),
                keep_firing_for: tier.keep_firing_for,
                slow: is_slow(tier.long, tier.severity),
            }
        })
        .collect()
}

/// Pages are always evaluated every [`INTERVAL`]; a ticket too if its long window is so short that [`LONG_INTERVAL`] would
/// be more than one percent of it late.
pub fn is_slow(long: Duration, severity: crate::vocabulary::Severity) -> bool {
    severity == crate::vocabulary::Severity::Ticket && long.millis() >= 100 * LONG_INTERVAL.millis()
}
