//! `slowburn lsp`, with the messages of editors.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use slowburn::editor::{Project, completion, definition, hover};
use slowburn::source::{SourceFile, Sources};
use support::editor::{Editor, uri};
use support::folder::{API, Folder, service};

/// The visible parts of problems: line, column, code and the first line of the message.
fn seen(problems: &[Value]) -> Vec<String> {
    let line = |problem: &Value| {
        let start = &problem["range"]["start"];
        let message = problem["message"].as_str().unwrap().lines().next().unwrap();
        format!("{}:{} {} {message}", start["line"], start["character"], problem["code"].as_str().unwrap())
    };
    problems.iter().map(line).collect()
}

#[test]
fn problems_appear_while_typing_and_disappear_when_corrected() {
    let folder = Folder::new();
    let (mut editor, answer) = Editor::greeted(&folder, &json!({}));
    assert_eq!(answer["result"]["capabilities"]["positionEncoding"], "utf-16");
    assert_eq!(answer["result"]["serverInfo"]["name"], "slowburn");
    let api = folder.path("slos/api.yaml");
    editor.open(&folder, "slos/api.yaml");
    let at_first = editor.problems(&api);
    assert_eq!(seen(&at_first), [""; 0]);
    // A change of one letter: `objective: 99.9%` becomes `objektive: 99.9%`.
    let range = json!({ "start": { "line": 4, "character": 8 }, "end": { "line": 4, "character": 9 } });
    editor.change(&api, 2, json!([{ "range": range, "text": "k" }]));
    let problems = editor.problems(&api);
    assert_eq!(seen(&problems), ["4:4 unknown-key an SLO has no key `objektive`"]);
    assert_eq!(problems[0]["severity"], 1);
    assert_eq!(problems[0]["range"]["end"], json!({ "line": 4, "character": 13 }));
    assert!(problems[0]["message"].as_str().unwrap().ends_with("help: write `objective`"));
    editor.change(&api, 3, json!([{ "range": range, "text": "c" }]));
    assert_eq!(editor.problems(&api), at_first);
    assert_eq!(folder.read("slos/api.yaml"), API, "nothing is written");
    assert_eq!(editor.ask("shutdown", Value::Null)["result"], Value::Null);
    editor.tell("exit", Value::Null);
    assert_eq!(editor.ended(), Some(0));
}

#[test]
fn fixes_are_offered_as_code_actions() {
    let folder = Folder::new();
    let (mut editor, answer) = Editor::greeted(&folder, &json!({}));
    assert_eq!(
        answer["result"]["capabilities"]["codeActionProvider"]["codeActionKinds"],
        json!(["quickfix"])
    );
    let api = folder.path("slos/api.yaml");
    // The edit is exact in a text that was never saved, after characters of every width.
    editor.open_as(&api, API);
    let text =
        API.replace("traffic:", "trafic:").replace("    objective", "    description: á🔥\n    objectiv");
    editor.replace(&api, 2, &text);
    let place = json!({ "line": 6, "character": 7 });
    let ask = |editor: &mut Editor, only: Value| {
        let range = json!({ "start": place, "end": place });
        let params = json!({ "textDocument": { "uri": uri(&api) }, "range": range, "context": { "diagnostics": [], "only": only } });
        editor.ask("textDocument/codeAction", params)["result"].take()
    };
    let actions = ask(&mut editor, Value::Null);
    assert_eq!(actions.as_array().unwrap().len(), 1, "that of the line, not of others: {actions}");
    assert_eq!(actions[0]["title"], "write `traffic`");
    assert_eq!(actions[0]["isPreferred"], true);
    assert_eq!(actions[0]["diagnostics"][0]["code"], "unknown-key");
    let edit = json!({
        "range": { "start": { "line": 6, "character": 4 }, "end": { "line": 6, "character": 10 } },
        "newText": "traffic",
    });
    assert_eq!(actions[0]["edit"]["changes"][uri(&api)], json!([edit]));
    assert_eq!(ask(&mut editor, json!(["refactor"])), json!([]));
    // The proposed edit corrects it.
    editor.change(&api, 3, json!([{ "range": edit["range"], "text": edit["newText"] }]));
    let reply = editor.wait(|message| message["params"]["version"] == 3);
    assert_eq!(
        seen(reply["params"]["diagnostics"].as_array().unwrap()),
        ["5:4 unknown-key an SLO has no key `objectiv`"]
    );
}

#[test]
fn columns_count_the_agreed_units() {
    for (encodings, agreed, column) in
        [(json!(["utf-16"]), "utf-16", 26), (json!(["utf-32", "utf-16", "utf-8"]), "utf-8", 29)]
    {
        let folder = Folder::new();
        let capabilities = json!({ "general": { "positionEncodings": encodings } });
        let (mut editor, answer) = Editor::greeted(&folder, &capabilities);
        assert_eq!(answer["result"]["capabilities"]["positionEncoding"], agreed);
        let path = folder.path("slos/aviación.yaml");
        let text = API.replace("api", "aviacion").replace("99.9%", "{ 🔥: más, ñ: 1 }");
        editor.open_as(&path, &text);
        let is_it = |uri: &Value| uri.as_str().is_some_and(|uri| uri.ends_with("aviación.yaml"));
        let reply = editor.wait(|message| is_it(&message["params"]["uri"]));
        let problems = reply["params"]["diagnostics"].as_array().unwrap();
        assert!(seen(problems)[0].starts_with("4:15 wrong-type"), "{problems:?}");
        // After the flame, `ñ: 1` becomes a second `🔥: 1`.
        let at = |character: u32| json!({ "line": 4, "character": character });
        let range = json!({ "start": at(column), "end": at(column + if agreed == "utf-8" { 2 } else { 1 }) });
        editor.change(&path, 2, json!([{ "range": range, "text": "🔥" }]));
        let problems = editor.problems(&path);
        let twice = problems.iter().find(|problem| problem["code"] == "duplicate-key").unwrap();
        let width = if agreed == "utf-8" { 4 } else { 2 };
        assert_eq!(twice["range"], json!({ "start": at(column), "end": at(column + width) }));
    }
}

#[test]
fn open_documents_replace_files_of_the_project() {
    let folder = Folder::new();
    folder.write("slos/teams/shop.yaml", service("shop"));
    let (mut editor, _) = Editor::greeted(
        &folder,
        &json!({ "textDocument": { "publishDiagnostics": { "relatedInformation": true } } }),
    );
    let (api, shop) = (folder.path("slos/api.yaml"), folder.path("slos/teams/shop.yaml"));
    editor.open(&folder, "slos/teams/shop.yaml");
    assert!(editor.problems(&shop).is_empty());
    // Without saving, the shop gets the other's name. The other place is shown, too.
    editor.replace(&shop, 2, API);
    let problems = editor.problems(&shop);
    assert_eq!(seen(&problems), ["1:9 duplicate-service two files define the service `api`"]);
    let related = &problems[0]["relatedInformation"][0];
    assert_eq!(related["location"]["uri"], uri(&api));
    assert_eq!(related["location"]["range"]["start"], json!({ "line": 1, "character": 9 }));
    assert_eq!(related["message"], "the first is here");
    // The other file gets another name on the disk, and the editor reports the change.
    folder.write("slos/api.yaml", service("gate").replace("99.9%", "999%"));
    let changed = json!({ "changes": [{ "uri": uri(&api), "type": 2 }] });
    editor.tell("workspace/didChangeWatchedFiles", changed);
    assert!(editor.problems(&shop).is_empty());
    assert_eq!(editor.problems(&api).len(), 1, "of a file that is not open");
    // A project file that is not saved yet is used, too.
    editor.open_as(&folder.path("slos/slowburn.yaml"), "version: slowburn/v1\npolicy: none\n");
    assert_eq!(
        seen(&editor.problems(&folder.path("slos/slowburn.yaml")))[0],
        "1:8 unknown-policy there is no policy `none`"
    );
    // A file that is closed without being saved does not exist.
    editor.tell("textDocument/didClose", json!({ "textDocument": { "uri": uri(&shop) } }));
    folder.write("slos/api.yaml", API);
    editor.tell("textDocument/didSave", json!({ "textDocument": { "uri": uri(&api) } }));
    assert!(editor.problems(&api).is_empty());
}

#[test]
fn related_places_are_added_to_messages_for_simple_editors() {
    let folder = Folder::new();
    folder.write("slos/shop.yaml", API);
    let (mut editor, _) = Editor::greeted(&folder, &json!({}));
    let problems = editor.problems(&folder.path("slos/shop.yaml"));
    assert_eq!(problems[0]["relatedInformation"], Value::Null);
    assert!(problems[0]["message"].as_str().unwrap().contains("\nslos/api.yaml:2: the first is here\n"));
}

#[test]
fn files_of_other_programs_are_not_changed() {
    let folder = Folder::new();
    folder.write("compose.yaml", "services: {}\n");
    let (mut editor, _) = Editor::greeted(&folder, &json!({}));
    editor.open(&folder, "compose.yaml");
    assert!(editor.problems(&folder.path("compose.yaml")).is_empty());
    editor.tell(
        "textDocument/didOpen",
        json!({ "textDocument": { "uri": "untitled:1", "text": "version: slowburn/v1" } }),
    );
    // A definition in another folder is recognised as soon as its `version` says so.
    let away = folder.path("away/shop.yaml");
    editor.open_as(&away, &service("shop").replace("99.9%", "101%"));
    assert_eq!(seen(&editor.problems(&away)).len(), 1);
}

#[test]
fn an_unreadable_project_is_reported_once() {
    let folder = Folder::new();
    folder.write("slos/more/slowburn.yaml", "version: slowburn/v1\n");
    let (mut editor, _) = Editor::greeted(&folder, &json!({}));
    let reply = editor.wait(|message| message["method"] == "window/showMessage");
    let words = reply["params"]["message"].as_str().unwrap();
    assert!(words.contains("slos/more/slowburn.yaml would be a second project file"), "{words}");
}

#[test]
fn no_input_ends_the_language_server() {
    let folder = Folder::new();
    let mut editor = Editor::start(&folder);
    let code = |message: &Value| message["error"]["code"].as_i64();
    // `initialize` has to be the first message.
    assert_eq!(code(&editor.ask("textDocument/hover", json!({}))), Some(-32002));
    editor.tell("textDocument/didOpen", json!({}));
    assert!(editor.ask("initialize", json!({ "capabilities": 7, "rootUri": 7 }))["result"].is_object());
    assert_eq!(code(&editor.ask("initialize", json!({}))), Some(-32600));
    assert_eq!(code(&editor.ask("workspace/executeCommand", json!({}))), Some(-32601));
    let fault = |editor: &mut Editor, number: i64| {
        let reply = editor.wait(|message| message["error"]["code"] == number);
        assert_eq!(reply["id"], Value::Null);
    };
    for text in ["{", "", "{\"a\":1}}", &"[".repeat(100_000), "\u{0}"] {
        editor.send(text);
        fault(&mut editor, -32700);
    }
    editor.raw(b"Content-Length: 2\r\n\r\n\xff\xfe");
    fault(&mut editor, -32700);
    for text in
        ["[]", "7", "null", "{}", r#"{"id": 1}"#, r#"{"method": 7}"#, r#"[{"id": 1, "method": "shutdown"}]"#]
    {
        editor.send(text);
        fault(&mut editor, -32600);
    }
    // Lengths that are invalid, too short, too long, or larger than the memory.
    editor.raw(b"Content-Length: many\r\n\r\nContent-Length: -1\r\n\r\n");
    editor.raw(b"Content-Length: 5\r\n\r\n{\"jsonrpc\": \"2.0\"}");
    fault(&mut editor, -32700);
    editor.raw(b"Content-Length: 60\r\n\r\n{\"jsonrpc\": \"2.0\"}\n");
    editor.send(r#"{"jsonrpc":"2.0","method":"swallowed in part"}"#);
    fault(&mut editor, -32700);
    editor.raw(&[b'x'; 100_000]);
    editor
        .raw(b"\r\ncontent-length:  2\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n{}");
    fault(&mut editor, -32600);
    editor.raw(format!("Content-Length: {}\r\n\r\n", 65 << 20).as_bytes());
    for _ in 0..65 {
        editor.raw(&vec![b' '; 1 << 20]);
    }
    fault(&mut editor, -32600);
    // Changes of files that are not open, at places that do not exist, or without a text.
    let api = folder.path("slos/api.yaml");
    editor.replace(&api, 2, "");
    editor.open_as(&api, API);
    let far = json!({ "line": u32::MAX, "character": u32::MAX });
    let near = json!({ "line": 0, "character": 0 });
    editor.change(
        &api,
        2,
        json!([{ "range": { "start": far, "end": near }, "text": "\n" }, { "range": 7, "text": "" }, {}, 7]),
    );
    editor.change(&api, 3, json!({}));
    editor.replace(&api, 4, &"{".repeat(1 << 20));
    editor.replace(&api, 5, "\u{0}\u{feff}🔥");
    editor.replace(&api, 6, &API.replace("99.9%", "101%"));
    editor.tell("$/cancelRequest", json!({ "id": 99 }));
    let reply = editor.wait(|message| message["params"]["version"] == 6);
    assert_eq!(seen(reply["params"]["diagnostics"].as_array().unwrap()).len(), 1);
    assert_eq!(editor.ask("shutdown", Value::Null)["result"], Value::Null);
    assert_eq!(code(&editor.ask("textDocument/hover", json!({}))), Some(-32600));
    editor.tell("exit", Value::Null);
    assert_eq!(editor.ended(), Some(0));
}

#[test]
fn exit_without_shutdown_has_exit_code_1() {
    let folder = Folder::new();
    let (mut editor, _) = Editor::greeted(&folder, &json!({}));
    editor.tell("exit", Value::Null);
    assert_eq!(editor.ended(), Some(1));
    assert_eq!(Editor::start(&folder).ended(), Some(1));
}

/// A project with a definition for every kind of name.
fn shop() -> Folder {
    let folder = Folder::empty();
    folder.write(
        "slos/slowburn.yaml",
        "\
version: slowburn/v1
policies:
  calma:
    tiers:
      - { severity: page, budget: 2%, long: 1h, short: 5m }
dependencies:
  shop: [database]
alertmanager:
  receivers:
    guardia: { webhook: { url: \"http://chat.internal/hook\" } }
  default: guardia
",
    );
    folder.write(
        "slos/metrics/shop.prom",
        "\
# slowburn contract
# from: shop 1.0

counter http_requests_total
  job: \"shop\"
  method: \"GET\" \"POST\"
  status: \"200\" \"500\" \"con \\\"comillas\\\"\"
histogram http_seconds
  job: \"shop\"
  le: 0.1 0.5
gauge up
  job: \"shop\"
",
    );
    folder.write("slos/database.yaml", service("database"));
    folder.write("slos/runbooks/shop-down.md", "Reiniciar.\n");
    folder.write("slos/shop.yaml", SHOP);
    folder
}

const SHOP: &str = "\
version: slowburn/v1
service: shop
owner: guardia
metrics: metrics/shop.prom
slos:
  availability:
    description: Una petición es buena 🔥 si se responde.
    objective: 99.9%
    policy: calma
    traffic: 10/s
    runbook: shop-down
    sli:
      total: http_requests_total{job=\"shop\"}
      bad: http_requests_total{job=\"shop\", status=~\"5..\"}
alerts:
  down:
    expr: absent(up{job=\"shop\"} == 1)
    for: 1m
    severity: page
    same_as: availability
    runbook: shop-down
";

/// Line and column behind the first occurrence of a text, in UTF-16 units.
fn behind(text: &str, mark: &str) -> (u32, u32) {
    let before = &text[..text.find(mark).unwrap() + mark.len()];
    let line = before.rsplit('\n').next().unwrap();
    (before.matches('\n').count() as u32, line.encode_utf16().count() as u32)
}

#[test]
fn hover_shows_the_meaning_of_a_place() {
    let folder = shop();
    let (mut editor, _) = Editor::greeted(&folder, &json!({}));
    let path = folder.path("slos/shop.yaml");
    editor.open(&folder, "slos/shop.yaml");
    let hover = |editor: &mut Editor, text: &str, mark: &str| {
        let (line, column) = behind(text, mark);
        let reply = editor.ask_at("textDocument/hover", &path, line, column);
        reply["contents"]["value"].as_str().unwrap_or("nothing").to_owned()
    };
    let explained = folder.slowburn(&["explain", "shop/availability"]).stdout;
    for mark in ["  availab", "objective: 99"] {
        let reply = hover(&mut editor, SHOP, mark);
        assert_eq!(reply, format!("```text\n{}\n```", explained.trim_end()));
    }
    let explained = folder.slowburn(&["explain", "shop/down"]).stdout;
    let reply = hover(&mut editor, SHOP, "  dow");
    assert_eq!(reply, format!("```text\n{}\n```", explained.trim_end()));
    // A line of the SLI: the metric, and the compiled rules that read it.
    let reply = hover(&mut editor, SHOP, "bad: http_req");
    let metric = "`http_requests_total`: counter\n- `job`: `shop`\n- `method`: `GET`, `POST`\n";
    assert!(reply.starts_with(metric), "{reply}");
    let (words, rules) = reply.split_once("```yaml\n").unwrap();
    assert!(words.contains("its alerts: `ShopAvailabilityBurnPage` (page)"), "{words}");
    assert_eq!(folder.slowburn(&["compile"]).code, Some(0));
    let compiled = folder.read("out/prometheus/shop.rules.yaml");
    let rules = rules.trim_end_matches("\n```").split("\n      - record: ").skip(1);
    let rules: Vec<&str> = rules.map(|rule| rule.split("\n  - name:").next().unwrap()).collect();
    assert!(rules.len() > 2 && rules.iter().all(|rule| rule.contains("http_requests_total")), "{rules:#?}");
    for rule in rules {
        let rule = rule.split("\n      #").next().unwrap();
        assert!(compiled.contains(rule), "{rule}");
    }
    // A key, and the word after it.
    for mark in ["    traff", "traffic: 1"] {
        let reply = hover(&mut editor, SHOP, mark);
        assert!(reply.starts_with("The expected events per time, such as `200/h`."), "{reply}");
    }
    let reply = hover(&mut editor, SHOP, "🔥 si");
    assert_eq!(reply, "What a good event is, in a sentence. The alert's description contains it.");
    // A problem, with its page.
    let wrong = SHOP.replace("traffic", "trafic");
    editor.replace(&path, 2, &wrong);
    let page = folder.slowburn(&["explain", "unknown-key"]).stdout;
    assert_eq!(hover(&mut editor, &wrong, "    traf"), page);
    // Without a meaning, there is no hover text.
    let broken = SHOP.replace("slos:", "# nada\nslos: {");
    editor.replace(&path, 3, &broken);
    assert_eq!(hover(&mut editor, &broken, "# na"), "nothing");
    assert_eq!(editor.ask_at("textDocument/hover", &folder.path("slos/none.yaml"), 0, 0), Value::Null);
}

/// The completions behind a text: the label, the new text, and how many characters before it are replaced.
struct Typist {
    editor: Editor,
    path: PathBuf,
    version: i64,
}

impl Typist {
    fn proposals(&mut self, before: &str, after: &str) -> Vec<(String, String, i64)> {
        self.version += 1;
        let text = format!("{before}{after}");
        self.editor.replace(&self.path, self.version, &text);
        let (line, column) = behind(&text, before);
        let reply = self.editor.ask_at("textDocument/completion", &self.path, line, column);
        let proposal = |item: &Value| {
            let edit = &item["textEdit"];
            assert_eq!(edit["range"]["start"]["line"], line);
            assert_eq!(edit["range"]["end"]["line"], line);
            let start = edit["range"]["start"]["character"].as_i64().unwrap();
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            (text(&item["label"]), text(&edit["newText"]), i64::from(column) - start)
        };
        reply["items"].as_array().unwrap().iter().map(proposal).collect()
    }

    fn labels(&mut self, before: &str, after: &str) -> Vec<String> {
        self.proposals(before, after).into_iter().map(|(label, ..)| label).collect()
    }
}

#[test]
fn completions_fit_the_place() {
    let folder = shop();
    let (mut editor, _) = Editor::greeted(&folder, &json!({}));
    editor.open(&folder, "slos/shop.yaml");
    let mut typist = Typist { editor, path: folder.path("slos/shop.yaml"), version: 1 };
    let head = SHOP.split("    policy").next().unwrap();
    // Keys, which replace the word at the cursor.
    let keys = typist.proposals(&format!("{head}    pol"), "\n    traffic: 10/s\n");
    assert!(keys.contains(&("policy".into(), "policy: ".into(), 3)), "{keys:?}");
    assert!(keys.contains(&("sli".into(), "sli:".into(), 3)), "{keys:?}");
    assert!(keys.iter().all(|(label, ..)| label != "owner" && label != "traffic"), "{keys:?}");
    assert_eq!(typist.proposals(&format!("{head}    sli: {{ "), "").len(), 12);
    assert!(typist.labels("ver", "").contains(&"version".to_owned()));
    // Words of the language.
    let words = typist.labels(&format!("{head}    budgeting: "), "\n    traffic: 10/s\n");
    assert_eq!(words, ["occurrences", "timeslices"]);
    assert_eq!(typist.labels(&format!("{head}    tiers_off: [pa"), "]\n"), ["page", "ticket"]);
    // Names of the project.
    let policies = typist.labels(&format!("{head}    policy: ca"), "\n");
    assert_eq!(policies, ["workbook", "workbook-scaled", "calma"]);
    assert_eq!(typist.labels(&format!("{head}    runbook: "), "\n"), ["shop-down"]);
    assert_eq!(typist.labels("version: slowburn/v1\nmetrics: ", "\n"), ["metrics/shop.prom"]);
    // In a query, names from the contract, although an incomplete query is often neither valid YAML nor valid PromQL.
    let sli = format!("{head}    sli:\n");
    let metrics = typist.proposals(&format!("{sli}      total: http_r"), "\n");
    let shown: Vec<_> = metrics.iter().map(|(label, _, length)| (label.as_str(), *length)).collect();
    assert_eq!(shown, [("http_requests_total", 6), ("http_seconds_count", 6), ("http_seconds_bucket", 6)]);
    assert_eq!(typist.labels(&format!("{sli}      latency: "), "\n"), ["http_seconds"]);
    let selector = format!("{sli}      bad: http_requests_total{{");
    let after = "\n    traffic: 10/s\n";
    let labels = ["instance", "job", "method", "status"];
    assert_eq!(typist.labels(&format!("{selector}job=\"shop\", "), after), labels);
    let values = typist.proposals(&format!("{selector}method=~\"GET|PO"), after);
    assert_eq!(values, [("GET".into(), "GET".into(), 2), ("POST".into(), "POST".into(), 2)]);
    let values = typist.proposals(&format!("{selector}status=\""), "\"}\n");
    assert_eq!(values[2], ("con \"comillas\"".into(), "con \\\"comillas\\\"".into(), 0));
    let query = format!("{SHOP}  slow:\n    expr: >-\n      ");
    let rest = "status) (rate(http_requests_total[5m])) > 1\n";
    assert_eq!(typist.labels(&format!("{query}sum by ("), rest), labels);
    let functions = typist.labels(&format!("{query}histogram_q"), "\n");
    assert!(functions.contains(&"histogram_quantile".to_owned()) && functions.contains(&"sum".to_owned()));
    // No completions in comments and durations.
    assert_eq!(typist.labels(&format!("{head}    # pol"), "\n"), [""; 0]);
    assert_eq!(typist.labels(&format!("{sli}      condition: rate(up[5"), "m]) > 1\n"), [""; 0]);
}

#[test]
fn parts_of_a_journey_are_proposed_and_lead_to_where_they_are_defined() {
    let folder = shop();
    let trip = "version: slowburn/v1\nservice: trip\nslos:\n  trip:\n    objective: 99%\n    sli:\n      journey: [shop/availability, database/";
    folder.write("slos/trip.yaml", format!("{trip}availability]\n"));
    let (mut editor, _) = Editor::greeted(&folder, &json!({}));
    editor.open(&folder, "slos/trip.yaml");
    let path = folder.path("slos/trip.yaml");
    let (line, column) = behind(trip, "journey: [sh");
    let found = editor.ask_at("textDocument/definition", &path, line, column);
    assert_eq!(found[0]["uri"], uri(&folder.path("slos/shop.yaml")), "{found}");
    let mut typist = Typist { editor, path, version: 1 };
    // Without the journey itself.
    let parts = typist.labels(trip.split("shop/").next().unwrap(), "]\n");
    assert_eq!(parts, ["database/availability", "shop/availability"]);
}

#[test]
fn a_name_leads_to_its_definition() {
    let folder = shop();
    let (mut editor, _) = Editor::greeted(&folder, &json!({}));
    let (shop, project) = (folder.path("slos/shop.yaml"), folder.path("slos/slowburn.yaml"));
    editor.open(&folder, "slos/shop.yaml");
    let text = folder.read("slos/slowburn.yaml");
    let cases = [
        (&shop, SHOP, "policy: cal", "slos/slowburn.yaml", 2, 2),
        (&shop, SHOP, "owner: gu", "slos/slowburn.yaml", 9, 4),
        (&shop, SHOP, "metrics: met", "slos/metrics/shop.prom", 0, 0),
        (&shop, SHOP, "runbook: sh", "slos/runbooks/shop-down.md", 0, 0),
        (&shop, SHOP, "same_as: av", "slos/shop.yaml", 5, 2),
        (&shop, SHOP, "total: http_re", "slos/metrics/shop.prom", 3, 8),
        (&project, &text, "shop: [data", "slos/database.yaml", 1, 9),
        (&project, &text, "dependencies:\n  sh", "slos/shop.yaml", 1, 9),
        (&project, &text, "default: gu", "slos/slowburn.yaml", 9, 4),
    ];
    for (path, text, mark, file, line, character) in cases {
        let (at_line, at_column) = behind(text, mark);
        let found = editor.ask_at("textDocument/definition", path, at_line, at_column);
        assert_eq!(found[0]["uri"], uri(&folder.path(file)), "{mark}: {found}");
        let start = json!({ "line": line, "character": character });
        assert_eq!(found[0]["range"]["start"], start, "{mark}");
    }
    for mark in ["objective: 99", "  availab", "service: sh"] {
        let (line, column) = behind(SHOP, mark);
        assert_eq!(editor.ask_at("textDocument/definition", &shop, line, column), json!([]), "{mark}");
    }
}

/// The definitions of this repository.
fn own() -> Sources {
    fn read(folder: &Path, shown: &str, files: &mut Vec<SourceFile>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{shown}/{}", path.file_name().unwrap().to_str().unwrap());
            if path.is_dir() {
                read(&path, &name, files);
            } else if [".yaml", ".prom", ".md"].iter().any(|ending| name.ends_with(ending)) {
                files.push(SourceFile { path: name, text: std::fs::read_to_string(&path).unwrap() });
            }
        }
    }
    let mut files = Vec::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("slos"), "slos", &mut files);
    Sources::new(files)
}

#[test]
fn every_place_of_a_real_project_can_be_queried() {
    let sources = own();
    let compiled = slowburn::compile(&sources);
    let model = slowburn::model_of(&sources);
    let project = Project { sources: &sources, problems: &compiled.problems, model: &model };
    let mut asked = [0; 3];
    for (source, file) in sources.iter().filter(|(_, file)| file.path.ends_with(".yaml")) {
        // All places would take minutes. A step of a prime number of bytes meets every kind of place.
        for offset in (0..=file.text.len()).step_by(89).filter(|offset| file.text.is_char_boundary(*offset)) {
            asked[0] += usize::from(hover(project, source, offset).is_some());
            asked[1] += definition(project, source, offset).len();
            for item in completion(project, source, offset) {
                assert!(item.span.start as usize <= offset && offset <= item.span.end as usize, "{item:?}");
                asked[2] += 1;
            }
        }
    }
    assert!(asked[0] > 60 && asked[1] > 4 && asked[2] > 200, "{asked:?}");
}

#[test]
fn a_parameter_of_a_template_is_known() {
    let text = "version: slowburn/v1
parameters: { job: <<name>>, errors: 5.. }
instances: { shop: {}, mail: { job: postfix } }
slos:
  routes:
    parameters: { route: }
    instances: { home: { route: / } }
    objective: 99.9%
    sli:
      total: x_total{job=\"<<job>>\",route=\"<<route>>\"}
      bad: x_total{job=\"<<job>>\",route=\"<<route>>\",code=~\"<<errors>>\"}
";
    let folder = Folder::empty();
    folder.write("slos/web.yaml", text);
    let (mut editor, _) = Editor::greeted(&folder, &json!({}));
    let path = folder.path("slos/web.yaml");
    editor.open(&folder, "slos/web.yaml");
    for (mark, line, character) in [("<<jo", 1, 14), ("<<rou", 5, 18), ("<<erro", 1, 29)] {
        let (at_line, at_column) = behind(text, mark);
        let found = editor.ask_at("textDocument/definition", &path, at_line, at_column);
        assert_eq!(found[0]["range"]["start"], json!({ "line": line, "character": character }), "{mark}");
    }
    let hovered = |editor: &mut Editor, mark: &str| {
        let (line, column) = behind(text, mark);
        editor.ask_at("textDocument/hover", &path, line, column)["contents"]["value"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let said = hovered(&mut editor, "code=~\"<<err");
    assert_eq!(said, "The parameter `errors` of the template. Default: `5..`");
    let said = hovered(&mut editor, "route=\"<<ro");
    assert_eq!(said, "The parameter `route` of the template. Every instance sets it.");
    let mut typist = Typist { editor, path, version: 1 };
    let (before, after) = text.split_once("errors>>").unwrap();
    let proposed = typist.proposals(&format!("{before}err"), &format!(">>{after}"));
    let names: Vec<&str> = proposed.iter().map(|(label, ..)| label.as_str()).collect();
    assert_eq!(names, ["route", "job", "errors", "name"]);
    assert_eq!(proposed[2], ("errors".into(), "errors".into(), 3));
}
