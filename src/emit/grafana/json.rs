//! Grafana's dashboard model, as far as it is used here: the classic one, `schemaVersion` 39, which Grafana 9 to 13 load.
//!
//! Fields are written in the order of their declaration. If versions have different spellings of a field, both are written: tables read `displayMode`
//! up to 9 and `cellOptions` since.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{PrettyFormatter, Serializer};

use crate::inert;

/// A dashboard.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Dashboard {
    /// Begins with the mark of generated files.
    pub description: String,
    pub uid: String,
    pub title: String,
    pub tags: Vec<&'static str>,
    pub timezone: String,
    pub editable: bool,
    pub graph_tooltip: u8,
    pub schema_version: u8,
    pub version: u8,
    pub refresh: &'static str,
    pub time: Range,
    pub timepicker: Timepicker,
    pub links: Vec<Link>,
    pub annotations: List<Annotation>,
    pub templating: List<Variable>,
    pub panels: Vec<Panel>,
}

impl Dashboard {
    /// The dashboard as text, one field per line, so that diffs are short; without indentation, which would be a third of the text.
    pub fn text(&self) -> String {
        let mut bytes = Vec::new();
        let formatter = PrettyFormatter::with_indent(b"");
        self.serialize(&mut Serializer::with_formatter(&mut bytes, formatter))
            .expect("all keys are texts, and memory takes all that is written");
        bytes.push(b'\n');
        let text = String::from_utf8(bytes).expect("JSON is UTF-8");
        match inert::json(&text) {
            Cow::Borrowed(_) => text,
            Cow::Owned(escaped) => escaped,
        }
    }
}

#[derive(Serialize)]
pub struct Range {
    pub from: &'static str,
    pub to: &'static str,
}

/// The defaults of Grafana.
#[derive(Serialize)]
pub struct Timepicker {}

#[derive(Serialize)]
pub struct List<T> {
    pub list: Vec<T>,
}

/// A link at the top of a dashboard.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    pub title: String,
    pub r#type: &'static str,
    pub icon: &'static str,
    pub tooltip: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    pub tags: Vec<&'static str>,
    pub as_dropdown: bool,
    pub include_vars: bool,
    pub keep_time: bool,
    pub target_blank: bool,
}

/// Marks on the time axis.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Annotation {
    pub name: String,
    pub datasource: DataSource,
    pub enable: bool,
    pub hide: bool,
    pub icon_color: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expr: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title_format: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_format: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag_keys: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<TagQuery>,
}

/// Annotations that people added in Grafana.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TagQuery {
    pub r#type: &'static str,
    pub tags: Vec<&'static str>,
    pub match_any: bool,
    pub limit: u32,
}

/// A choice at the top of a dashboard.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Variable {
    pub r#type: &'static str,
    pub name: String,
    pub label: String,
    pub description: String,
    pub skip_url_sync: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub datasource: Option<DataSource>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub definition: Option<String>,
    pub query: VariableQuery,
    pub regex: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<u8>,
    pub refresh: u8,
    pub hide: u8,
    pub multi: bool,
    pub include_all: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub all_value: Option<&'static str>,
    pub options: [(); 0],
    pub current: Current,
}

#[derive(Serialize)]
#[serde(untagged)]
pub enum VariableQuery {
    Plugin(&'static str),
    #[serde(rename_all = "camelCase")]
    Labels {
        qry_type: u8,
        query: String,
        ref_id: &'static str,
    },
}

impl Variable {
    /// The same variable with another name.
    pub fn named(self, name: String) -> Self {
        Self { name, ..self }
    }
}

#[derive(Serialize)]
pub struct Current {
    pub text: &'static str,
    pub value: &'static str,
}

#[derive(Clone, Copy, Default, Serialize)]
pub struct DataSource {
    pub r#type: &'static str,
    pub uid: &'static str,
}

/// The position of a panel: 24 columns, rows of 30 pixels.
#[derive(Clone, Copy, Default, Serialize)]
pub struct Grid {
    pub h: u32,
    pub w: u32,
    pub x: u32,
    pub y: u32,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Panel {
    pub id: u32,
    pub r#type: &'static str,
    pub title: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    pub grid_pos: Grid,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collapsed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub panels: Option<Vec<Panel>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub datasource: Option<DataSource>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_from: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<Target>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field_config: Option<FieldConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub options: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub transformations: Vec<Transformation>,
}

/// A query.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    pub ref_id: String,
    pub datasource: DataSource,
    pub expr: String,
    pub legend_format: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<&'static str>,
    pub instant: bool,
    pub range: bool,
}

#[derive(Serialize)]
pub struct Transformation {
    pub id: &'static str,
    pub options: Value,
}

#[derive(Serialize)]
pub struct FieldConfig {
    pub defaults: Field,
    pub overrides: Vec<Override>,
}

/// The display of values.
#[derive(Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Field {
    pub unit: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimals: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<i32>,
    pub no_value: String,
    pub color: Color,
    pub mappings: Vec<Value>,
    pub thresholds: Thresholds,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom: Option<Value>,
}

#[derive(Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Color {
    pub mode: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fixed_color: Option<&'static str>,
}

#[derive(Clone, Default, Serialize)]
pub struct Thresholds {
    pub mode: &'static str,
    pub steps: Vec<Step>,
}

/// The color from `value` on; the first step has no `value`.
#[derive(Clone, Serialize)]
pub struct Step {
    pub color: &'static str,
    pub value: Value,
}

/// The properties of one field that differ.
#[derive(Clone, Serialize)]
pub struct Override {
    pub matcher: Matcher,
    pub properties: Vec<Property>,
}

#[derive(Clone, Serialize)]
pub struct Matcher {
    pub id: &'static str,
    pub options: String,
}

#[derive(Clone, Serialize)]
pub struct Property {
    pub id: &'static str,
    pub value: Value,
}
