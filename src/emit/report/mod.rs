//! The report: one page that says what is promised, what tells of a broken promise and whom, and what is missing.
//!
//! | file | makes |
//! |---|---|
//! | `summary` | what an executive reads: counts, the index, gaps, who is told, who needs whom |
//! | `service` | what an architect reads: a section per service, a card per SLO |
//! | `simulator` | the numbers that the page's simulator computes with |
//!
//! The page itself is a template: `src/text/report`.

mod service;
mod simulator;
mod summary;

use std::collections::BTreeMap;

use serde::Serialize;

use super::spelling::Words;
use crate::artifact::{Artifacts, MARK};
use crate::model::Language;
use crate::plan::{Delivery, NOBODY, Plan};
use crate::text;

/// Adds `report/index.html`.
pub fn emit(plan: &Plan, artifacts: &mut Artifacts) {
    let language = plan.project.language;
    let words = Words::new(language, &plan.project.severities);
    let told = Told::of(plan);
    let (code, _) =
        Language::ALL.into_iter().find(|(_, known)| *known == language).expect("every language has a code");
    let page = Page {
        mark: MARK,
        language: code,
        summary: summary::summary(plan, &told, &words),
        services: plan
            .services
            .iter()
            .map(|service| service::service(&plan.project, service, &told, &words))
            .collect(),
        island: text::island(&simulator::simulator(plan, &told, &words)),
    };
    artifacts.insert("report/index.html".to_owned(), text::report(language, &page));
}

/// Everything that the page says.
#[derive(Serialize)]
struct Page {
    mark: &'static str,
    language: &'static str,
    summary: summary::Summary,
    services: Vec<service::Service>,
    island: String,
}

/// Who is told of every alert, by its name.
struct Told<'a> {
    deliveries: BTreeMap<&'a str, Vec<&'a Delivery>>,
}

impl<'a> Told<'a> {
    fn of(plan: &'a Plan) -> Self {
        let mut deliveries: BTreeMap<&str, Vec<&Delivery>> = BTreeMap::new();
        let all = plan.project.notifications.iter().flat_map(|all| &all.deliveries);
        let heard = all.filter(|delivery| delivery.receivers != [NOBODY]);
        for delivery in heard {
            let name = delivery.labels.get("alertname").map_or("", String::as_str);
            deliveries.entry(name).or_default().push(delivery);
        }
        Self { deliveries }
    }

    /// The deliveries of an alert: several where it depends on the values of labels who is told.
    fn of_alert(&self, name: &str) -> &[&'a Delivery] {
        self.deliveries.get(name).map_or(&[], Vec::as_slice)
    }
}

/// A link within the page or to another one.
#[derive(Clone, Serialize)]
struct Link {
    text: String,
    href: String,
}

/// What a service's section, and an SLO's card, is called in addresses. Names hold no `_`, so nothing else is called so.
fn anchor(service: &str, slo: Option<&str>) -> String {
    match slo {
        Some(slo) => format!("slo_{service}_{slo}"),
        None => format!("service_{service}"),
    }
}
