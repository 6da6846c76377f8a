//! Dashboards as a test sees them: their panels, and their queries with the variables filled in as Grafana does.

use serde_json::Value;

/// A dashboard.
pub struct Dashboard {
    /// What its file is called.
    pub name: String,
    /// All of it.
    pub json: Value,
}

/// One query of a panel, of a variable or of an annotation.
#[derive(Clone, Debug)]
pub struct Query {
    /// The dashboard, the panel's number and its title, and the query's name.
    pub place: String,
    /// As it is written.
    pub expr: String,
    /// Whether it is asked for one moment only.
    pub instant: bool,
}

impl Dashboard {
    /// Reads one.
    pub fn read(name: &str, text: &str) -> Self {
        let json = serde_json::from_str(text).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        Self { name: name.to_owned(), json }
    }

    /// All panels; none is inside another.
    pub fn panels(&self) -> &Vec<Value> {
        self.json["panels"].as_array().unwrap()
    }

    /// The queries of all panels and annotations.
    pub fn queries(&self) -> Vec<Query> {
        let mut queries = Vec::new();
        for panel in self.panels() {
            for target in panel["targets"].as_array().into_iter().flatten() {
                queries.push(Query {
                    place: format!("{} #{} {}: {}", self.name, panel["id"], panel["title"], target["refId"]),
                    expr: target["expr"].as_str().unwrap().to_owned(),
                    instant: target["instant"].as_bool().unwrap(),
                });
            }
        }
        queries
    }

    /// What marks the time axis.
    pub fn annotations(&self) -> Vec<Query> {
        let all = self.json["annotations"]["list"].as_array().unwrap();
        let asking = all.iter().filter_map(|annotation| {
            let place = format!("{} {}", self.name, annotation["name"]);
            Some(Query { place, expr: annotation["expr"].as_str()?.to_owned(), instant: false })
        });
        asking.collect()
    }

    /// The names of the variables, the data source's aside.
    pub fn variables(&self) -> Vec<String> {
        let all = self.json["templating"]["list"].as_array().unwrap();
        let queried = all.iter().filter(|variable| variable["type"] == "query");
        queried.map(|variable| variable["name"].as_str().unwrap().to_owned()).collect()
    }
}

impl Query {
    /// With everything chosen, and the intervals of a step of five minutes.
    pub fn filled(&self, variables: &[String]) -> String {
        self.filled_with(variables, ".*")
    }

    /// With this pattern in place of every variable.
    pub fn filled_with(&self, variables: &[String], pattern: &str) -> String {
        let mut expr = self.expr.replace("$__rate_interval", "5m").replace("$__interval", "5m");
        for variable in variables {
            expr = expr.replace(&format!("\"${variable}\""), &Value::from(pattern).to_string());
        }
        expr
    }
}
