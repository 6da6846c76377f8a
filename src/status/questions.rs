//! The queries of `status`: one instant query per recorded series over all SLOs, and the list of rules.

use crate::engine::BUILD;
use crate::plan::{Plan, RecordedRead, SloPlan};
use crate::promql::ast::{Expr, MatchOp};
use crate::promql::build::{aggregate, call, selector, subquery};
use crate::vocabulary::{Duration, LONG_INTERVAL};

use super::is_named;

/// A request of the HTTP API, below the server's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What it asks for.
    pub about: About,
    /// The path, such as `/api/v1/query`.
    pub path: &'static str,
    /// The query, for paths that have one.
    pub query: Option<String>,
}

/// The kinds of questions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// The latest value of a recorded series.
    Series(String),
    /// When the counts of events were last recorded.
    Counted,
    /// When these counts were first recorded, within the limit of `FIRST`.
    First,
    /// The objectives and periods of the loaded rules, which may be older than the definitions.
    Promised,
    /// Pending and firing alerts.
    Alerts,
    /// The loaded rules. Not all servers report them.
    Groups,
    /// The kind of server. Not all servers report it.
    Engine,
}

impl About {
    /// Whether a server may leave it unanswered.
    pub fn is_optional(&self) -> bool {
        matches!(self, Self::Groups | Self::Engine)
    }
}

/// The query for the server's clock. All other queries use this time.
pub const MOMENT: &str = "time()";

/// The range in which the latest counts are searched.
const BACK: Duration = Duration::from_secs(86_400);

/// The range and step in which the first count is searched. The range is longer than a day, so that a server that was down for some days does not
/// count as new.
const FIRST: (Duration, Duration) = (Duration::from_secs(8 * 86_400), Duration::from_secs(3600));

/// The questions about the selected SLOs, without duplicates.
pub fn questions(plan: &Plan, named: &[String]) -> Vec<Question> {
    let slos: Vec<&SloPlan> = plan.slos().filter(|slo| is_named(slo, named)).collect();
    let mut questions: Vec<Question> = Vec::new();
    let mut ask = |about: About, query: Expr| {
        if questions.iter().all(|question| question.about != about) {
            let query = Some(query.to_string());
            questions.push(Question { about, path: "/api/v1/query", query });
        }
    };
    for slo in &slos {
        let readings = &slo.readings;
        for reading in
            [&readings.period_total, &readings.period_bad, &readings.burn_now, &readings.exhaustion]
        {
            ask(About::Series(name(reading).to_owned()), read(reading));
        }
        if let Some(expected) = &readings.period_expected {
            ask(About::Series(name(expected).to_owned()), read(expected));
        }
        if let Some(agreed) = &readings.agreed_time {
            ask(About::Series(name(agreed).to_owned()), read(agreed));
        }
        if let Some(parts) = &readings.parts {
            ask(About::Series(name(&parts.share).to_owned()), read(&parts.share));
        }
        // Tiles are recorded every five minutes, so a step of five minutes finds all of them.
        let counted = selector(slo.readings.counted_total.name.as_deref().unwrap_or_default(), &[]);
        let seen = || call("timestamp", vec![counted.clone().into()]);
        ask(About::Counted, call("max_over_time", vec![subquery(seen(), BACK, Some(LONG_INTERVAL))]));
        ask(About::First, call("min_over_time", vec![subquery(seen(), FIRST.0, Some(FIRST.1))]));
    }
    let promised = ["service", "slo", "objective", "period"];
    ask(About::Promised, aggregate("group", &promised, plan.project.screens.info.clone()));
    let alerts = selector("ALERTS", &[]).matching("service", MatchOp::NotEqual, "");
    ask(About::Alerts, alerts.into());
    questions.push(Question { about: About::Groups, path: "/api/v1/rules", query: None });
    questions.push(Question { about: About::Engine, path: BUILD, query: None });
    questions
}

/// The name of a reading's series.
pub(super) fn name(reading: &RecordedRead) -> &str {
    reading.series.name.as_deref().unwrap_or_default()
}

/// The latest values of the series, for all SLOs.
fn read(reading: &RecordedRead) -> Expr {
    let series = selector(name(reading), &[]);
    match reading.held {
        None => series.into(),
        Some(held) => call("last_over_time", vec![series.range(held)]),
    }
}
