//! The values for the templates of runbooks. Texts of the sources are already escaped for Markdown here.

use serde::Serialize;

use crate::model::Language;
use crate::plan::QuestionKind;

/// The values for the runbook of an SLO, of a companion alert, or of missing events.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Page {
    /// The service's name.
    pub service: String,
    /// The description of the service in the source; may be empty.
    pub about: String,
    /// The SLO's name; for a companion alert, the SLO of `same_as`; may be empty.
    pub slo: String,
    /// The description in the source; may be empty.
    pub description: String,
    /// Why the metric does not exist yet; may be empty.
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
    /// How long a full outage can last until the budget is spent.
    pub full_outage: String,
    /// The time without events, or `for`; may be empty.
    pub after: String,
    /// `keep_firing_for`; may be empty.
    pub kept: String,
    /// Labels that tell its promises apart.
    pub by: Vec<String>,
    /// The hours in which it holds, and what is excepted, one per line; empty for always.
    pub hours: Vec<String>,
    /// Whether it holds at all hours, except what is excepted.
    pub always: bool,
    /// The matchers of successful events; may be empty.
    pub successful: String,
    /// The parts of a journey; otherwise empty.
    pub parts: Vec<JourneyPart>,
    /// The length of the slices; may be empty.
    pub slice: String,
    /// The error budget policy.
    pub agreed: Vec<AgreedPart>,
    /// Pages come first.
    pub alerts: Vec<AlertPart>,
    /// The user's runbook text; may be empty.
    pub written: String,
    /// The name of that text; may be empty.
    pub runbook: String,
    /// Queries for the first diagnosis.
    pub questions: Vec<QuestionPart>,
    /// The address of its dashboard; may be empty.
    pub dashboard: String,
    /// The address of its source; may be empty.
    pub source: String,
    /// Whether its alert notifies even while a dependency is down.
    pub independent: bool,
    /// The services that it depends on.
    pub needs: Vec<NeedPart>,
    /// The services that depend on it.
    pub needed_by: Vec<NeedPart>,
    /// The owner; may be empty.
    pub owner: String,
    /// The receivers.
    pub people: Vec<Person>,
}

/// A part of a journey.
#[derive(Clone, Debug, Serialize)]
pub struct JourneyPart {
    /// `api/availability`
    pub name: String,
    /// The file of its runbook.
    pub file: String,
    /// `0.1%`
    pub budget: String,
    /// Whether it has several promises, which are counted together.
    pub several: bool,
    /// Why the metric does not exist yet; may be empty.
    pub planned: String,
}

/// A line of the error budget policy.
#[derive(Clone, Debug, Serialize)]
pub struct AgreedPart {
    /// `25%`
    pub below: String,
    /// Whether that is nothing.
    pub spent: bool,
    /// The agreed action.
    pub action: String,
    /// Whether deployments stop.
    pub freeze: bool,
}

/// One alert.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AlertPart {
    /// Its name.
    pub name: String,
    /// Whether it is a page.
    pub page: bool,
    /// The value of the label `severity`.
    pub severity: String,
    /// The line of the budget below which it fires; empty for a burn alert.
    pub below: String,
    /// Whether it fires when the budget is spent.
    pub spent: bool,
    /// It stops if so much of the budget is left.
    pub until: String,
    /// Its tiers.
    pub tiers: Vec<TierPart>,
    /// The times in typical outages.
    pub outages: Vec<OutagePart>,
    /// The receivers in the order of notification; empty if they are not known.
    pub notified: Vec<NotifiedPart>,
    /// Whether there is an escalation, which a silence prevents.
    pub escalates: bool,
    /// The command that silences it, as a code block.
    pub silence: String,
    /// The latest time after the last bad event at which it stops.
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
    /// How long a full budget lasts at this error ratio.
    pub gone: String,
}

/// An outage with a constant error ratio.
#[derive(Clone, Debug, Serialize)]
pub struct OutagePart {
    /// `10%`
    pub errors: String,
    /// How long until the alert fires.
    pub fires: String,
    /// How long a full budget lasts.
    pub gone: String,
    /// How long after the end of the outage the alert stops.
    pub stops: String,
}

/// When a receiver is notified.
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
    /// The kind of query: `burn`, `worst`, …
    pub asks: QuestionKind,
    /// The query as a code block.
    pub query: String,
}

/// A service of a dependency.
#[derive(Clone, Debug, Serialize)]
pub struct NeedPart {
    /// Its name.
    pub service: String,
    /// The SLO whose page means that the service is down; empty for its availability.
    pub slo: String,
    /// Whether only tickets are silenced while it is down.
    pub tickets_only: bool,
}

/// A receiver.
#[derive(Clone, Debug, Serialize)]
pub struct Person {
    /// Its name.
    pub name: String,
    /// Addresses and channels, except secrets.
    pub at: Vec<String>,
}

/// The index of all runbooks.
#[derive(Clone, Debug, Serialize)]
pub struct Index {
    /// By name.
    pub services: Vec<IndexService>,
    /// The address of the dashboard of all services; may be empty.
    pub overview: String,
}

/// One service in the index.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct IndexService {
    pub name: String,
    pub about: String,
    pub owner: String,
    pub pages: Vec<IndexPage>,
}

/// One runbook in the index.
#[derive(Clone, Debug, Serialize)]
pub struct IndexPage {
    pub title: String,
    pub file: String,
    /// The objective; may be empty.
    pub promise: String,
    /// Its alerts, with their anchors.
    pub alerts: Vec<(String, String)>,
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

/// The index.
pub fn index(language: Language, index: &Index) -> String {
    super::render(templates(language)[2], index)
}

/// The templates: of an SLO, of missing events, of the index, and of a companion alert.
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
