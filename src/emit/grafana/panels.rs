//! The kinds of panels and their display: colors, states, and the texts shown instead of a number.

use serde_json::{Value, json};

use super::json::{
    Color, DataSource, Field, FieldConfig, Grid, Matcher, Override, Panel, Property, Step, Target,
    Thresholds, Transformation,
};
use crate::promql::Expr;
use crate::text::Dashboards;
use crate::vocabulary::{Decimal, text};

/// The name of the variable that holds the data source.
pub const DATA_SOURCE: &str = "datasource";

/// The data source of every query.
pub const PROMETHEUS: DataSource = DataSource { r#type: "prometheus", uid: "${datasource}" };

/// Grafana's own yellow is not readable on white.
pub const YELLOW: &str = "dark-yellow";

/// The number for too few events in tables: they sort by numbers, and NaN would break the order of the rows around it.
pub const FEW: u64 = 9_000_000_000_000_000;

/// Columns of a dashboard.
pub const WIDTH: u32 = 24;

/// Panels, one below the other.
#[derive(Default)]
pub struct Board {
    pub panels: Vec<Panel>,
    height: u32,
    /// The number of panels inside of other panels.
    inside: u32,
}

impl Board {
    /// Panels side by side, each with its width. Panels that do not fit are placed below.
    pub fn line(&mut self, height: u32, panels: Vec<(u32, Panel)>) {
        let (mut x, mut lines) = (0, 1);
        for (width, panel) in panels {
            if x + width > WIDTH {
                (x, lines) = (0, lines + 1);
            }
            let grid = Grid { h: height, w: width, x, y: self.height + (lines - 1) * height };
            self.push(panel, grid);
            x += width;
        }
        self.height += lines * height;
    }

    /// A collapsed row with a title and its panels, side by side.
    pub fn folded(&mut self, title: String, height: u32, width: u32, panels: Vec<Panel>) {
        if panels.is_empty() {
            return;
        }
        let at = self.panels.len();
        self.height += 1;
        let below = self.height;
        self.push(panel("row", [title, String::new()]), Grid { h: 1, w: WIDTH, x: 0, y: below - 1 });
        self.line(height, panels.into_iter().map(|panel| (width, panel)).collect());
        let inside = self.panels.split_off(at + 1);
        self.inside += inside.len() as u32;
        self.height = below;
        let row = self.panels.pop().expect("it was put there");
        self.panels.push(Panel { collapsed: Some(true), panels: Some(inside), datasource: None, ..row });
    }

    fn push(&mut self, panel: Panel, grid_pos: Grid) {
        let id = self.panels.len() as u32 + self.inside + 1;
        self.panels.push(Panel { id, grid_pos, ..panel });
    }
}

fn panel(kind: &'static str, [title, description]: [String; 2]) -> Panel {
    Panel { r#type: kind, title, description, datasource: Some(PROMETHEUS), ..Panel::default() }
}

/// A text in Markdown.
pub fn words(titled: [String; 2], content: &str) -> Panel {
    let options = json!({
        "mode": "markdown",
        "content": content,
        "code": { "language": "plaintext", "showLineNumbers": false, "showMiniMap": false },
    });
    Panel { options: Some(options), datasource: None, ..panel("text", titled) }
}

/// One number.
pub fn tile(titled: [String; 2], expr: &Expr, field: Field) -> Panel {
    let options = json!({
        // Not `lastNotNull`: NaN, which means too few events, must be shown.
        "reduceOptions": { "calcs": ["last"], "fields": "", "values": false },
        "orientation": "auto",
        "textMode": "value",
        "wideLayout": true,
        "colorMode": "value",
        "graphMode": "none",
        "justifyMode": "auto",
        "showPercentChange": false,
        "percentChangeColorMode": "standard",
        // The largest size at which the text for a missing number fits, on one line or two.
        "text": { "valueSize": 26 },
    });
    Panel {
        targets: vec![Target { instant: true, range: false, ..target(0, expr, "") }],
        field_config: Some(FieldConfig { defaults: field, overrides: Vec::new() }),
        options: Some(options),
        ..panel("stat", titled)
    }
}

/// Lines over time.
pub fn lines(
    titled: [String; 2],
    queries: &[(Expr, String)],
    field: Field,
    overrides: Vec<Override>,
) -> Panel {
    let options = json!({
        "legend": { "showLegend": true, "displayMode": "list", "placement": "bottom", "calcs": [] },
        "tooltip": { "mode": "multi", "sort": "desc" },
    });
    Panel {
        targets: ranges(queries),
        field_config: Some(FieldConfig { defaults: field, overrides }),
        options: Some(options),
        ..panel("timeseries", titled)
    }
}

/// The field of values that are drawn as lines.
pub fn lines_field(words: &Dashboards, unit: &'static str, steps: Vec<Step>) -> Field {
    Field { color: palette(), custom: Some(drawn("line", 0, false, false)), ..field(words, unit, steps) }
}

/// The style of lines; `area` shades the values beyond a threshold.
pub fn drawn(style: &str, fill: u32, stacked: bool, area: bool) -> Value {
    json!({
        "drawStyle": style,
        "lineInterpolation": "linear",
        "lineWidth": 1,
        "fillOpacity": fill,
        "gradientMode": "none",
        "showPoints": "never",
        "spanNulls": false,
        "axisPlacement": "auto",
        "stacking": { "mode": if stacked { "normal" } else { "none" }, "group": "A" },
        "thresholdsStyle": { "mode": if area { "area" } else { "off" } },
    })
}

/// States over time.
pub fn timeline(titled: [String; 2], queries: &[(Expr, String)], field: Field) -> Panel {
    let options = json!({
        "mergeValues": true,
        "showValue": "never",
        "alignValue": "left",
        "rowHeight": 0.9,
        "legend": { "showLegend": false, "displayMode": "list", "placement": "bottom" },
        "tooltip": { "mode": "single", "sort": "none" },
    });
    let custom = json!({ "lineWidth": 0, "fillOpacity": 70 });
    Panel {
        targets: ranges(queries),
        field_config: Some(FieldConfig {
            defaults: Field { custom: Some(custom), color: fixed("text"), ..field },
            overrides: Vec::new(),
        }),
        options: Some(options),
        // Shorter states are visible, too. A step is never shorter than the interval of recorded series.
        interval: Some("1m".to_owned()),
        ..panel("state-timeline", titled)
    }
}

/// One column of a table: a query, or a label that the queries share.
pub struct Column {
    /// The label's name; `None` for a query.
    pub label: Option<String>,
    /// The query.
    pub expr: Option<Expr>,
    /// The title.
    pub title: String,
    /// The display.
    pub properties: Vec<Property>,
}

impl Column {
    /// The values of a label, under the words of its name.
    pub fn label(words: &Dashboards, name: &str, properties: Vec<Property>) -> Self {
        let title = words.phrase(&format!("column.{name}"));
        Self { label: Some(name.to_owned()), expr: None, title, properties }
    }

    /// The results of a query, under the words of this name.
    pub fn query(words: &Dashboards, name: &str, expr: Expr, properties: Vec<Property>) -> Self {
        Self { label: None, expr: Some(expr), ..Self::label(words, name, properties) }
    }
}

/// A table: queries whose results have the same labels, side by side, in the order of these columns. Each column may be sorted in descending order.
pub fn table(
    titled: [String; 2],
    field: Field,
    columns: Vec<Column>,
    hidden: &[&str],
    sorted: &[(String, bool)],
) -> Panel {
    let (mut targets, mut overrides) = (Vec::new(), Vec::new());
    let (mut renamed, mut order) = (serde_json::Map::new(), serde_json::Map::new());
    let queries = columns.iter().filter(|column| column.expr.is_some()).count();
    // Labels without a column come first, in the order of the result; with an order of columns they would come last.
    let named = columns.iter().any(|column| column.label.is_some());
    for (index, column) in columns.into_iter().enumerate() {
        let source = match (&column.label, &column.expr) {
            (_, Some(expr)) => {
                let query = target(targets.len(), expr, "");
                // The column of a single query has this name, too.
                let source =
                    if queries > 1 { format!("Value #{}", query.ref_id) } else { "Value".to_owned() };
                targets.push(Target { format: Some("table"), instant: true, range: false, ..query });
                source
            }
            (label, None) => label.clone().unwrap_or_default(),
        };
        renamed.insert(source.clone(), Value::from(column.title.as_str()));
        if named {
            order.insert(source, Value::from(index));
        }
        if !column.properties.is_empty() {
            overrides.push(of_name(&column.title, column.properties));
        }
    }
    for name in hidden {
        overrides.push(of_name(name, vec![property("custom.hidden", true)]));
    }
    let by = |(name, down): &(String, bool)| json!({ "displayName": name, "desc": down });
    let sort_by: Vec<Value> = sorted.iter().map(by).collect();
    let merge = Transformation { id: "merge", options: json!({}) };
    let organize = Transformation {
        id: "organize",
        options: json!({ "excludeByName": { "Time": true }, "indexByName": order, "renameByName": renamed }),
    };
    let options = json!({
        "frameIndex": 0,
        "showHeader": true,
        "cellHeight": "sm",
        "sortBy": sort_by,
        "footer": { "show": false, "reducer": ["sum"], "countRows": false, "fields": [] },
    });
    let custom = json!({
        "align": "auto",
        "cellOptions": { "type": "auto" },
        "displayMode": "auto",
        "filterable": true,
        "inspect": false,
        "minWidth": 70,
    });
    Panel {
        targets,
        field_config: Some(FieldConfig { defaults: Field { custom: Some(custom), ..field }, overrides }),
        options: Some(options),
        transformations: vec![merge, organize],
        ..panel("table", titled)
    }
}

/// A query over the range of the panel.
fn ranges(queries: &[(Expr, String)]) -> Vec<Target> {
    queries.iter().enumerate().map(|(index, (expr, legend))| target(index, expr, legend)).collect()
}

fn target(index: usize, expr: &Expr, legend: &str) -> Target {
    Target {
        ref_id: reference(index),
        datasource: PROMETHEUS,
        expr: expr.to_string(),
        legend_format: legend.to_owned(),
        format: None,
        instant: false,
        range: true,
    }
}

/// `A`, `B`, …, `Z`, `AA`, …: the names of queries in overrides.
pub fn reference(index: usize) -> String {
    let last = char::from(b'A' + (index % 26) as u8);
    match index / 26 {
        0 => last.to_string(),
        more => format!("{}{last}", reference(more - 1)),
    }
}

/// The display of a number with this unit; a missing number is shown as a text.
pub fn field(words: &Dashboards, unit: &'static str, steps: Vec<Step>) -> Field {
    Field {
        unit,
        no_value: words.phrase("none.data"),
        color: Color { mode: "thresholds", fixed_color: None },
        mappings: vec![nothing(words)],
        thresholds: Thresholds { mode: "absolute", steps },
        ..Field::default()
    }
}

/// The same, with a text for too few events.
pub fn judged_field(words: &Dashboards, unit: &'static str, steps: Vec<Step>) -> Field {
    Field { mappings: unjudged(words), ..field(words, unit, steps) }
}

/// Colors from a number on; the first holds below all others.
pub fn steps(lowest: &'static str, more: &[(&'static str, Decimal)]) -> Vec<Step> {
    let more = more.iter().map(|(color, from)| Step { color, value: number(*from) });
    [Step { color: lowest, value: Value::Null }].into_iter().chain(more).collect()
}

/// From orange to green with the budget that is left. Red is for pages only, and a spent budget is not a page.
pub fn budget_steps() -> Vec<Step> {
    steps("orange", &[(YELLOW, Decimal::ZERO), ("green", Decimal::new(25, 2))])
}

/// A different color for each series.
pub fn palette() -> Color {
    Color { mode: "palette-classic", fixed_color: None }
}

/// One colour.
pub fn fixed(color: &'static str) -> Color {
    Color { mode: "fixed", fixed_color: Some(color) }
}

/// A missing value is shown without a color.
pub fn nothing(words: &Dashboards) -> Value {
    json!({ "type": "special", "options": {
        "match": "null", "result": { "text": words.phrase("none.data"), "color": "text", "index": 92 },
    } })
}

/// NaN means too few events.
fn too_few(words: &Dashboards) -> Value {
    json!({ "type": "special", "options": {
        "match": "nan", "result": { "text": words.phrase("none.events"), "color": "text", "index": 90 },
    } })
}

/// The same in tables, with this color.
pub fn few(words: &Dashboards, color: &str) -> Value {
    let text = json!({ "text": words.phrase("none.events"), "color": color, "index": 91 });
    json!({ "type": "value", "options": { FEW.to_string(): text } })
}

/// Both mappings.
pub fn unjudged(words: &Dashboards) -> Vec<Value> {
    vec![nothing(words), too_few(words), few(words, "text")]
}

/// The texts of numbers, each with its color.
pub fn states(states: &[(i32, String, &str)]) -> Value {
    let state = |(index, (value, text, color)): (usize, &(i32, String, &str))| {
        (value.to_string(), json!({ "text": text, "color": color, "index": index }))
    };
    let options: serde_json::Map<String, Value> = states.iter().enumerate().map(state).collect();
    json!({ "type": "value", "options": options })
}

/// Longer than any time, in seconds: a range without an end matches nothing in Grafana 11.
const ENDLESS: u64 = 1_000_000_000_000;

/// The text of all values from a number on.
pub fn from_on(from: Decimal, text: &str, color: &str) -> Value {
    json!({ "type": "range", "options": {
        "from": number(from), "to": ENDLESS, "result": { "text": text, "color": color, "index": 93 },
    } })
}

/// The override for the series of one query.
pub fn of_query(index: usize, properties: Vec<Property>) -> Override {
    Override { matcher: Matcher { id: "byFrameRefID", options: reference(index) }, properties }
}

fn of_name(name: &str, properties: Vec<Property>) -> Override {
    Override { matcher: Matcher { id: "byName", options: name.to_owned() }, properties }
}

/// The override for a guide line: dashed, in one color, without area.
pub fn guide(index: usize, color: &'static str) -> Override {
    of_query(
        index,
        vec![
            property("color", json!({ "mode": "fixed", "fixedColor": color })),
            property("custom.lineStyle", json!({ "fill": "dash", "dash": [10, 10] })),
            property("custom.fillOpacity", 0),
            property("custom.stacking", json!({ "mode": "none", "group": "A" })),
        ],
    )
}

/// One property of an override.
pub fn property(id: &'static str, value: impl Into<Value>) -> Property {
    Property { id, value: value.into() }
}

/// A cell with the color of its value.
pub fn coloured() -> [Property; 2] {
    [
        property("custom.cellOptions", json!({ "type": "color-text" })),
        property("custom.displayMode", "color-text"),
    ]
}

/// A decimal as a JSON number.
pub fn number(value: Decimal) -> Value {
    serde_json::from_str(&text(value)).expect("a decimal is a number of JSON")
}
