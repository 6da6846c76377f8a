//! The report: one page with the promises, their alerts and receivers, and gaps.
//!
//! | file | makes |
//! |---|---|
//! | `summary` | for executives: counts, the index, gaps, receivers, dependencies |
//! | `service` | for architects: a section per service, a card per SLO |
//! | `simulator` | the numbers for the page's simulator |
//!
//! The page itself is a template: `src/text/report`.

mod service;
mod simulator;
mod summary;

use std::collections::BTreeMap;

use serde::Serialize;

use super::spelling::LanguageFormat;
use crate::artifact::{Artifacts, MARK};
use crate::model::Language;
use crate::plan::{AlertId, Delivery, NOBODY, Plan, ServicePlan};
use crate::text;

/// With more SLOs than this, every service has its own page.
const MOST: usize = 50;

/// Adds `report/index.html`, and `report/<service>.html` if one page would be too large.
pub fn emit(plan: &Plan, artifacts: &mut Artifacts) {
    let language = plan.project.language;
    let words = LanguageFormat::new(language, &plan.project.severities);
    let deliveries = Deliveries::of(plan);
    let (code, _) =
        Language::ALL.into_iter().find(|(_, known)| *known == language).expect("every language has a code");
    let links: Vec<Link> = plan.services.iter().map(|service| service::to(&service.name, None)).collect();
    let sections = |services: &[ServicePlan]| -> Vec<service::Service> {
        let section = |one| service::service(&plan.project, one, &deliveries, &words);
        services.iter().map(section).collect()
    };
    let page = |page: Option<String>, whole: bool, services: &[ServicePlan]| Page {
        mark: MARK,
        language: code,
        environment: plan.project.environment.clone(),
        summary: whole.then(|| summary::summary(plan, &deliveries, &words)),
        links: if whole { links.clone() } else { Vec::new() },
        services: sections(services),
        island: match page.as_deref() {
            Some("") => String::new(),
            _ => text::script_data(&simulator::simulator(services, &deliveries, &words)),
        },
        page,
    };
    let mut add = |name: &str, page: &Page| {
        artifacts.insert(format!("report/{name}"), text::report(language, page));
    };
    let slos: usize = plan.services.iter().map(|service| service.slos.len()).sum();
    if slos <= MOST {
        add("index.html", &page(None, true, &plan.services));
        return;
    }
    add("index.html", &page(Some(String::new()), true, &[]));
    for service in &plan.services {
        let own = page(Some(service.name.clone()), false, std::slice::from_ref(service));
        add(&text::page_of(&service.name), &own);
    }
}

/// The content of a page.
#[derive(Serialize)]
struct Page {
    mark: &'static str,
    language: &'static str,
    /// The page: `None` if there is only one, empty for the index, or the service's name.
    page: Option<String>,
    /// The environment, if the project has several.
    environment: Option<String>,
    /// The summary; only on the index, or on the only page.
    summary: Option<summary::Summary>,
    links: Vec<Link>,
    services: Vec<service::Service>,
    /// The data of the simulator; empty without one.
    island: String,
}

/// The deliveries of every alert, by its name.
struct Deliveries<'a> {
    by_name: BTreeMap<&'a str, Vec<&'a Delivery>>,
}

impl<'a> Deliveries<'a> {
    fn of(plan: &'a Plan) -> Self {
        let mut by_name: BTreeMap<&str, Vec<&Delivery>> = BTreeMap::new();
        let all = plan.project.notifications.iter().flat_map(|all| &all.deliveries);
        let notifying = all.filter(|delivery| delivery.receivers != [NOBODY]);
        for delivery in notifying {
            let name = delivery.labels.get("alertname").map_or("", String::as_str);
            by_name.entry(name).or_default().push(delivery);
        }
        Self { by_name }
    }

    /// The deliveries of an alert: several if its receivers depend on values of labels.
    fn of_alert(&self, id: &AlertId) -> Vec<&'a Delivery> {
        let named = self.by_name.get(id.name.as_str()).into_iter().flatten();
        named.copied().filter(|delivery| id.is(&delivery.labels)).collect()
    }
}

/// A link within the page or to another one.
#[derive(Clone, Serialize)]
struct Link {
    text: String,
    href: String,
}

/// The anchor of a service's section, or of an SLO's card. Names contain no `_`, so anchors are unique.
fn anchor(service: &str, slo: Option<&str>) -> String {
    match slo {
        Some(slo) => format!("slo_{service}_{slo}"),
        None => format!("service_{service}"),
    }
}
