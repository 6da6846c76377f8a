//! The values for the templates of runbooks. Texts of the sources are already escaped for Markdown here.

use serde::Serialize;

use crate::model::Language;

/// One promise, or the events of a service.
#[derive(Clone, Debug, Serialize)]
pub struct Page {
    /// The service's name.
    pub service: String,
    /// What it is, in the author's words; may be empty.
    pub about: String,
    /// The SLO's name; of a companion alert that of the SLO that says the same; may be empty.
    pub slo: String,
    /// What a good event is, in the author's words; may be empty.
    pub description: String,
    /// Why it is not measured yet; may be empty.
    pub planned: String,
    /// `99.9%`
    pub objective: String,
    /// `30d`; empty for a calendar period.
    pub rolling: String,
    /// `month` or `quarter`; empty for a rolling period.
    pub calendar: String,
    /// The time zone of a calendar period.
    pub zone: String,
    /// `0.1%`
    pub budget: String,
    /// How long a full outage lasts that spends the budget.
    pub full_outage: String,
    /// How long nothing came, or how long it has to hold; may be empty.
    pub after: String,
    /// How long it goes on firing after it is over; may be empty.
    pub kept: String,
    /// Labels that tell its promises apart.
    pub by: Vec<String>,
    /// When it holds, line by line; empty for always.
    pub hours: Vec<String>,
    /// The matchers that tell successful events; may be empty.
    pub successful: String,
    /// What a journey goes through; empty of any other.
    pub parts: Vec<JourneyPart>,
    /// The length of its slices; may be empty.
    pub slice: String,
    /// What is agreed to be done at which line of the budget.
    pub agreed: Vec<AgreedPart>,
    /// The louder first.
    pub alerts: Vec<AlertPart>,
    /// What people wrote; may be empty.
    pub written: String,
    /// The name of that; may be empty.
    pub runbook: String,
    /// What to ask first.
    pub questions: Vec<QuestionPart>,
    /// Where its dashboard is; may be empty.
    pub dashboard: String,
    /// Where its source is; may be empty.
    pub source: String,
    /// Whether its alert is told even while what it needs is down.
    pub independent: bool,
    /// What it cannot work without.
    pub needs: Vec<NeedPart>,
    /// What cannot work without it.
    pub needed_by: Vec<NeedPart>,
    /// Who looks after it; may be empty.
    pub owner: String,
    /// Who is told, and how they are reached.
    pub people: Vec<Person>,
}

/// A part of a journey.
#[derive(Clone, Debug, Serialize)]
pub struct JourneyPart {
    /// `api/availability`
    pub name: String,
    /// Its runbook.
    pub file: String,
    /// `0.1%`
    pub budget: String,
    /// Whether it has several promises, which are taken together.
    pub several: bool,
    /// Why it is not measured yet; may be empty.
    pub planned: String,
}

/// What is agreed to be done.
#[derive(Clone, Debug, Serialize)]
pub struct AgreedPart {
    /// `25%`
    pub below: String,
    /// In the team's words.
    pub action: String,
    /// Whether nothing is deployed meanwhile.
    pub freeze: bool,
}

/// One alert.
#[derive(Clone, Debug, Serialize)]
pub struct AlertPart {
    /// Its name.
    pub name: String,
    /// Whether somebody is wanted now.
    pub page: bool,
    /// What the label `severity` says.
    pub severity: String,
    /// The line of the budget below which it fires; empty if it burns.
    pub below: String,
    /// How much has to be left again until it stops.
    pub until: String,
    /// When it fires.
    pub tiers: Vec<TierPart>,
    /// How long things take in an outage.
    pub outages: Vec<OutagePart>,
    /// Who is told, in order; empty if that is not known.
    pub told: Vec<NotifiedPart>,
    /// Whether somebody is told only if nobody has silenced it.
    pub escalates: bool,
    /// The command that silences it, as a block of code.
    pub silence: String,
    /// How long after the last bad event it stops, at most.
    pub stops: String,
}

/// One pair of windows.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct TierPart {
    pub burn_rate: String,
    pub share: String,
    pub long: String,
    pub short: String,
    /// The error ratio above which it fires.
    pub threshold: String,
    /// How long a whole budget lasts at that.
    pub gone: String,
}

/// A steady error ratio.
#[derive(Clone, Debug, Serialize)]
pub struct OutagePart {
    /// `10%`
    pub errors: String,
    /// How long until the alert fires.
    pub fires: String,
    /// How long a whole budget lasts.
    pub gone: String,
    /// How long after its end the alert stops.
    pub stops: String,
}

/// When one receiver is told.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct NotifiedPart {
    pub receiver: String,
    pub after: String,
    pub escalates: bool,
    pub mute: Vec<String>,
}

/// A query.
#[derive(Clone, Debug, Serialize)]
pub struct QuestionPart {
    /// `burn`, `worst`, …
    pub asks: &'static str,
    /// As a block of code.
    pub query: String,
}

/// Another service.
#[derive(Clone, Debug, Serialize)]
pub struct NeedPart {
    /// Its name.
    pub service: String,
    /// The SLO that says that it is down; empty for its availability.
    pub slo: String,
    /// Whether only tickets are silenced meanwhile.
    pub tickets_only: bool,
}

/// A receiver.
#[derive(Clone, Debug, Serialize)]
pub struct Person {
    /// Its name.
    pub name: String,
    /// Where it is reached: addresses and channels that are not secrets.
    pub at: Vec<String>,
}

/// Every runbook there is.
#[derive(Clone, Debug, Serialize)]
pub struct Index {
    /// By name.
    pub services: Vec<IndexService>,
    /// Where the dashboard of all services is; may be empty.
    pub overview: String,
}

/// One service in it.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct IndexService {
    pub name: String,
    pub about: String,
    pub owner: String,
    pub pages: Vec<IndexPage>,
}

/// One runbook in it.
#[derive(Clone, Debug, Serialize)]
pub struct IndexPage {
    /// What it is called.
    pub title: String,
    /// Its file.
    pub file: String,
    /// What is promised; may be empty.
    pub promise: String,
    /// Its alerts with their anchors.
    pub alerts: Vec<(String, String)>,
}

/// What a silence says of itself, without anything that a shell would take for its own.
pub fn comment(language: Language) -> &'static str {
    match language {
        Language::English => "I am on it",
        Language::Spanish => "me hago cargo",
    }
}

/// The runbook of an SLO.
pub fn slo(language: Language, page: &Page) -> String {
    super::render(templates(language)[0], page)
}

/// The runbook of a service whose events disappear.
pub fn missing(language: Language, page: &Page) -> String {
    super::render(templates(language)[1], page)
}

/// The runbook of a companion alert.
pub fn companion(language: Language, page: &Page) -> String {
    super::render(templates(language)[3], page)
}

/// The list of all.
pub fn index(language: Language, index: &Index) -> String {
    super::render(templates(language)[2], index)
}

/// An SLO's, that for missing events, the index, a companion alert's.
pub(super) fn templates(language: Language) -> [&'static str; 4] {
    match language {
        Language::English => [
            concat!(include_str!("en/runbook.slo.md"), include_str!("en/runbook.shared.md")),
            concat!(include_str!("en/runbook.missing.md"), include_str!("en/runbook.shared.md")),
            include_str!("en/runbook.index.md"),
            concat!(include_str!("en/runbook.companion.md"), include_str!("en/runbook.shared.md")),
        ],
        Language::Spanish => [
            concat!(include_str!("es/runbook.slo.md"), include_str!("es/runbook.shared.md")),
            concat!(include_str!("es/runbook.missing.md"), include_str!("es/runbook.shared.md")),
            include_str!("es/runbook.index.md"),
            concat!(include_str!("es/runbook.companion.md"), include_str!("es/runbook.shared.md")),
        ],
    }
}
