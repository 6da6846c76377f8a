//! Dashboards in tests: their panels, and their queries with the variables replaced as Grafana does.

use std::collections::BTreeMap;

use serde_json::Value;
use slowburn::plan::Promise;
use slowburn::vocabulary::{Decimal, PerSeverity, Period, pointed};

/// A dashboard.
pub struct Dashboard {
    /// The name of its file.
    pub name: String,
    /// Its content.
    pub json: Value,
}

/// One query of a panel or of an annotation.
#[derive(Clone, Debug)]
pub struct Query {
    /// The dashboard, the panel's number and its title, and the query's name.
    pub place: String,
    /// The text of the query.
    pub expr: String,
    /// Whether it is an instant query.
    pub instant: bool,
}

/// The selected values, by the names of variables.
pub type Chosen = BTreeMap<String, String>;

impl Dashboard {
    /// Reads a dashboard.
    pub fn read(name: &str, text: &str) -> Self {
        let json = serde_json::from_str(text).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        Self { name: name.to_owned(), json }
    }

    /// All panels, also those in collapsed rows.
    pub fn panels(&self) -> Vec<&Value> {
        let all = self.json["panels"].as_array().unwrap();
        all.iter()
            .flat_map(|panel| [panel].into_iter().chain(panel["panels"].as_array().into_iter().flatten()))
            .collect()
    }

    /// The panel of this kind whose title begins with this text.
    pub fn panel(&self, kind: &str, title: &str) -> &Value {
        let found = self
            .panels()
            .into_iter()
            .find(|panel| panel["type"] == kind && panel["title"].as_str().unwrap().starts_with(title));
        found.unwrap_or_else(|| panic!("{}: no {kind} {title}", self.name))
    }

    /// The queries of one panel.
    pub fn asked_by(&self, panel: &Value) -> Vec<Query> {
        let query = |target: &Value| Query {
            place: format!("{} #{} {}: {}", self.name, panel["id"], panel["title"], target["refId"]),
            expr: target["expr"].as_str().unwrap().to_owned(),
            instant: target["instant"].as_bool().unwrap(),
        };
        panel["targets"].as_array().into_iter().flatten().map(query).collect()
    }

    /// The queries of all panels.
    pub fn queries(&self) -> Vec<Query> {
        self.panels().into_iter().flat_map(|panel| self.asked_by(panel)).collect()
    }

    /// The queries of annotations.
    pub fn annotations(&self) -> Vec<Query> {
        let all = self.json["annotations"]["list"].as_array().unwrap();
        let asking = all.iter().filter_map(|annotation| {
            let place = format!("{} {}", self.name, annotation["name"]);
            Some(Query { place, expr: annotation["expr"].as_str()?.to_owned(), instant: false })
        });
        asking.collect()
    }

    /// The variables with a query to Prometheus.
    pub fn variables(&self) -> Vec<&Value> {
        let all = self.json["templating"]["list"].as_array().unwrap();
        all.iter().filter(|variable| variable["type"] == "query").collect()
    }

    /// Whether it shows one selected SLO.
    pub fn is_of_one(&self) -> bool {
        self.json["uid"] == "slo_promise"
    }
}

/// Whether this is the line of even spend, which only calendar periods have.
pub fn is_even_spend(expr: &str) -> bool {
    expr.starts_with("max(1 - ") && expr.contains("slo:expected_events:") && !expr.contains(" or ")
}

/// All values are selected.
pub fn all() -> Chosen {
    ["owner", "service", "slo"].map(|name| (name.to_owned(), ".*".to_owned())).into()
}

/// The values in Grafana when this SLO is selected: the labels of `slo:definition:info`.
pub fn of(promise: &Promise, severities: &PerSeverity<String>) -> Chosen {
    let period = match &promise.period {
        Period::Rolling(length) => length.to_string(),
        Period::Calendar(unit, _) => unit.as_str().to_owned(),
    };
    let whole = promise.budget * Decimal::from(promise.period_length.secs());
    let mut chosen = Chosen::from(
        [
            ("service", promise.service.clone()),
            ("slo", promise.slo.clone()),
            ("by", "slo!=\"\"".to_owned()),
            ("period", period),
            ("length", pointed(Decimal::from(promise.period_length.secs()))),
            ("outage", pointed(whole)),
            ("page", severities.page.clone()),
            ("ticket", severities.ticket.clone()),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    for tier in 0..4 {
        let watch = promise.tiers.get(tier);
        let parts = [
            ("long", watch.map(|watch| watch.long.to_string())),
            ("short", watch.map(|watch| watch.short.to_string())),
            ("burn", watch.map(|watch| pointed(watch.burn_rate))),
        ];
        for (name, value) in parts {
            chosen.insert(format!("{name}_{}", tier + 1), value.unwrap_or_default());
        }
    }
    chosen
}

impl Query {
    /// The query of a variable, without Grafana's function around it.
    pub fn of(variable: &Value) -> Self {
        let query = variable["definition"].as_str().unwrap();
        let inner = query.strip_prefix("query_result(").and_then(|rest| rest.strip_suffix(')'));
        let expr = inner.unwrap_or_else(|| panic!("{query}")).to_owned();
        Self { place: variable["name"].to_string(), expr, instant: true }
    }

    /// With these values, over an hour in steps of five minutes.
    pub fn filled(&self, chosen: &Chosen) -> String {
        self.over(chosen, "1h", "5m")
    }

    /// With these values, over this range in these steps.
    pub fn over(&self, chosen: &Chosen, range: &str, step: &str) -> String {
        let mut expr = self.expr.replace("$__rate_interval", "5m").replace("$__interval", step);
        expr = expr.replace("$__range", range);
        for (name, value) in chosen {
            expr = expr.replace(&format!("${{{name}:raw}}"), value);
            expr = expr.replace(&format!("${name}"), value);
        }
        expr
    }
}
