//! A hundred kilobytes of one thing, for every stage: what `check`, or another command, takes for them. `cargo bench --bench compile -- hundred`.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use crate::SLOWBURN;
use crate::measure;

/// Milliseconds of processor time.
const BOUND: f64 = 100.0;

const BYTES: usize = 100_000;
const PROJECT: &str = "version: slowburn/v1\n";
const SERVICE: &str = "version: slowburn/v1\nservice: a\n";
const SLO: &str = "slos:\n  s: { objective: 99%, sli: { probe: up } }\n";
const ROUTED: &str = "version: slowburn/v1\nalertmanager:\n  receivers: { r: { webhook: { url: \"http://a/\" } } }\n  default: r\n";

type Files = Vec<(String, String)>;

/// `head`, and items as long as there is room.
fn filled(head: &str, room: usize, item: impl Fn(usize) -> String) -> String {
    let mut text = head.to_owned();
    for index in 0.. {
        let item = item(index);
        if text.len() + item.len() > room {
            break;
        }
        text.push_str(&item);
    }
    text
}

fn service(text: String) -> Files {
    vec![("a.yaml".to_owned(), text)]
}

/// A project beside a service, half of the room each.
fn both(project: String, service: String) -> Files {
    vec![("slowburn.yaml".to_owned(), project), ("a.yaml".to_owned(), service)]
}

/// A service with a contract, half of the room each.
fn held(contract: String, slos: String) -> Files {
    vec![("m.prom".to_owned(), contract), ("a.yaml".to_owned(), slos)]
}

fn slos(room: usize, item: impl Fn(usize) -> String) -> String {
    filled(&format!("{SERVICE}slos:\n"), room, |index| {
        format!("  s{index}: {{ objective: 99%, {} }}\n", item(index))
    })
}

fn alerts(head: &str, room: usize, item: impl Fn(usize) -> String) -> String {
    let item = |index| format!("  a{index}: {{ severity: page, {} }}\n", item(index));
    filled(&format!("{head}alerts:\n"), head.len() + room, item)
}

/// Companion alerts beside SLOs, half of the room each.
fn beside(item: impl Fn(usize) -> String) -> Files {
    let slos = slos(BYTES / 2, |_| "sli: { probe: 'up{job=\"a\"}' }".to_owned());
    service(alerts(&slos, BYTES / 2, item))
}

fn expr(expr: String) -> Files {
    service(format!("{SERVICE}alerts: {{ a: {{ severity: page, expr: '{expr}' }} }}\n"))
}

fn joined(count: usize, by: &str, item: impl Fn(usize) -> String) -> String {
    (0..count).map(item).collect::<Vec<_>>().join(by)
}

/// Services that need what `on` says, in files of their own.
fn needing(services: usize, on: impl Fn(usize) -> String) -> Files {
    let file = |index| {
        let text = format!("version: slowburn/v1\nservice: s{index}\n{SLO}");
        (format!("s{index}.yaml"), text)
    };
    let needs: String = (0..services).map(|index| format!("  s{index}: [{}]\n", on(index))).collect();
    let project = ("slowburn.yaml".to_owned(), format!("{PROJECT}dependencies:\n{needs}"));
    (0..services).map(file).chain([project]).collect()
}

fn routes(item: impl Fn(usize) -> String) -> String {
    filled(&format!("{ROUTED}  routes:\n"), BYTES / 2, |index| {
        format!("    - {{ match: {{ {} }}, to: r }}\n", item(index))
    })
}

fn series(count: usize) -> String {
    (0..count).fold("# TYPE c_total counter\n".to_owned(), |text, index| {
        format!("{text}c_total{{l=\"v{index}\"}} 1\n")
    })
}

/// What each stage may choke on.
fn cases() -> Vec<(&'static str, Files)> {
    let one = format!("{SERVICE}{SLO}");
    let own = |what: &str| format!("expr: 'slo:sli_error:ratio_rate1h{{{what}}} > 0.1'");
    let labelled = || alerts(&one, BYTES / 2, |index| format!("expr: a > 1, labels: {{ l: x{index} }}"));
    vec![
        ("flow sequences in each other", service(format!("{SERVICE}slos: {}", "[".repeat(98_000)))),
        ("keys that nobody knows", service(filled(&one, BYTES, |index| format!("k{index}: 1\n")))),
        (
            "keys without values",
            service(format!(
                "{SERVICE}slos: {{ s: {{ objective: 99%, description: x, {} }} }}\n",
                joined(14_000, ", ", |index| format!("k{index}"))
            )),
        ),
        ("one key again and again", service(filled(&one, BYTES, |_| "owner: x\n".to_owned()))),
        ("documents", service(filled("", BYTES, |index| format!("---\n{SERVICE}x: {index}\n")))),
        (
            "line ends in a text",
            service(format!("{SERVICE}description: \"{}\"\n{SLO}", "\\L".repeat(48_000))),
        ),
        (
            "SLOs",
            service(slos(BYTES, |index| {
                format!("sli: {{ total: c_total, bad: 'c_total{{a=\"{index}\"}}' }}")
            })),
        ),
        (
            "objectives",
            service(filled(&format!("{SERVICE}slos:\n"), BYTES, |index| {
                format!(
                    "  s{index}: {{ objectives: [P50 < 1s, P60 < 2s, P70 < 3s, P80 < 4s, P90 < 5s, P95 < 6s, P99 < 7s], sli: {{ latency: d_seconds }} }}\n"
                )
            })),
        ),
        (
            "objectives of one SLO",
            service(format!(
                "{SERVICE}slos: {{ s: {{ sli: {{ latency: d }}, objectives: [{}] }} }}\n",
                joined(9_000, ", ", |index| format!("P95 < {index}s"))
            )),
        ),
        (
            "labels to keep",
            service(format!("{SERVICE}by: [{}]\n{SLO}", joined(14_000, ", ", |index| format!("l{index}")))),
        ),
        ("companion alerts", service(alerts(&one, BYTES, |index| format!("expr: a{index} > 1")))),
        ("alerts of what is down", beside(|_| "down: true, expr: 'up{job=\"a\"} == 0'".to_owned())),
        (
            "alerts that say the same",
            beside(|index| format!("same_as: s{}, expr: 'up{{job=\"a\"}} == 0'", index % 100)),
        ),
        ("own series", beside(|_| own("slo=~\"s.*\""))),
        ("own series that are not there", beside(|index| own(&format!("slo=\"zzz{index}\"")))),
        ("own series by patterns", beside(|index| own(&format!("slo=~\".*x{index}.*\"")))),
        ("own series of no name", beside(|index| format!("expr: slo:sli_eror:ratio_rate{index}m > 0.1"))),
        (
            "policies of many tiers",
            both(
                filled(&format!("{PROJECT}policy: p\npolicies:\n  p:\n    tiers:\n"), BYTES / 5, |index| {
                    format!(
                        "    - {{ severity: page, budget: 2%, long: {}h, short: {}m }}\n",
                        index / 30 + 2,
                        index % 30 + 2
                    )
                }),
                slos(BYTES * 4 / 5, |_| "sli: { probe: up }".to_owned()),
            ),
        ),
        ("operators", expr(format!("{} > 1", joined(14_000, " + ", |index| format!("a{index}"))))),
        ("parentheses", expr(format!("{}a{}", "(".repeat(48_000), ")".repeat(48_000)))),
        ("matchers", expr(format!("a{{{}}} > 1", joined(9_000, ",", |index| format!("l!=\"{index}\""))))),
        ("patterns", expr(format!("a{{{}}} > 1", joined(6_000, ",", |index| format!("l=~\".*{index}.*\""))))),
        ("a long pattern", expr(format!("a{{l=~\"{}\"}} > 1", "[^a]".repeat(24_000)))),
        ("routes", both(routes(|index| format!("severity: page, l: y{index}")), labelled())),
        (
            "routes of labels of their own",
            both(routes(|index| format!("service: a, l{index}: b")), labelled()),
        ),
        ("routes that take the same", both(routes(|_| "severity: page, service: a".to_owned()), labelled())),
        (
            "inhibitions",
            both(
                filled(&format!("{ROUTED}  inhibitions:\n"), BYTES / 2, |index| {
                    format!(
                        "    - {{ while: {{ l: x{index} }}, silence: {{ severity: page }}, equal: [l] }}\n"
                    )
                }),
                labelled(),
            ),
        ),
        ("a ring of dependencies", needing(700, |index| format!("s{}", (index + 1) % 700))),
        (
            "dependencies of all on all",
            needing(120, |index| {
                joined(120, ", ", |other| format!("s{}", if other == index { 0 } else { other }))
            }),
        ),
        (
            "dependencies on nothing",
            both(
                format!(
                    "{PROJECT}dependencies:\n  a: [{}]\n",
                    joined(14_000, ", ", |index| format!("x{index}"))
                ),
                one.clone(),
            ),
        ),
        (
            "metrics that are not there",
            held(
                filled("", BYTES / 2, |index| format!("metric_with_name_{index}_total 1\n")),
                alerts(&format!("{SERVICE}metrics: m.prom\n"), BYTES / 2, |index| {
                    format!("expr: metric_with_nam_{index}_totl > 1")
                }),
            ),
        ),
        (
            "patterns against values",
            held(
                series(2_500),
                slos(BYTES / 2, |index| {
                    format!("sli: {{ total: c_total, bad: 'c_total{{l=~\".*w{index}.*\"}}' }}")
                })
                .replacen("slos:", "metrics: m.prom\nslos:", 1),
            ),
        ),
        (
            "texts of aliases",
            service(filled(
                &format!("{SERVICE}description: &d {}\nslos:\n", "d".repeat(40_000)),
                BYTES,
                |index| format!("  s{index}: {{ objective: 99%, description: *d, sli: {{ probe: up }} }}\n"),
            )),
        ),
        (
            "labels beside SLOs",
            both(
                filled(&format!("{PROJECT}labels:\n"), BYTES / 2, |index| format!("  l{index}: v\n")),
                slos(BYTES / 2, |_| "sli: { probe: up }".to_owned()),
            ),
        ),
        (
            "environments",
            both(
                filled(&format!("{PROJECT}environments:\n"), BYTES, |index| format!("  e{index}: {{}}\n")),
                one.clone(),
            ),
        ),
        (
            "alternatives",
            service(alerts(&one, BYTES, |_| {
                let all = joined(120, " or ", |index| format!("m{{a=\"{index}\"}} > 1"));
                format!("expr: '{all}'")
            })),
        ),
        (
            "alerts that never fire",
            service(alerts(&one, BYTES, |_| "expr: 'a > 11 and b < 22 and a < 10 and c > 2'".to_owned())),
        ),
        (
            "patterns of stars",
            expr(joined(90, " or ", |index| format!("a{{l=~\"{}\"}} > {index}", "(.*x)".repeat(180)))),
        ),
        ("colons", expr(format!("a{{l=~\"{}\"}} > 1", "(?i:k)".repeat(16_000)))),
        (
            "labels that are not there",
            held(
                filled("", BYTES / 2, |index| format!("c_total{{code{index}=\"200\"}} 1\n")),
                slos(BYTES / 2, |index| {
                    format!("sli: {{ total: c_total, bad: 'c_total{{coed{index}=\"5\"}}' }}")
                })
                .replacen("slos:", "metrics: m.prom\nslos:", 1),
            ),
        ),
        (
            "values that are not there",
            held(
                filled("", BYTES / 2, |index| format!("c_total{{code{index}=\"200\"}} 1\n")),
                slos(BYTES / 2, |index| {
                    format!("sli: {{ total: c_total, bad: 'c_total{{code{index}=\"5\"}}' }}")
                })
                .replacen("slos:", "metrics: m.prom\nslos:", 1),
            ),
        ),
        (
            "jobs that are not scraped",
            both(
                format!("{PROJECT}prometheus: {{ scrape_config: prometheus.yml }}\n"),
                slos(BYTES / 2, |index| format!("sli: {{ probe: 'up{{job=~\"x.*{index}\"}}' }}")),
            )
            .into_iter()
            .chain([(
                "prometheus.yml".to_owned(),
                filled("scrape_configs:\n", BYTES / 2, |index| {
                    format!("- job_name: j{index}\n  static_configs: [{{ targets: ['a:{index}'] }}]\n")
                }),
            )])
            .collect(),
        ),
        ("lines that no scrape has", held("}{\n".repeat(30_000), format!("{SERVICE}metrics: m.prom\n{SLO}"))),
        (
            "hours of each SLO",
            service(slos(BYTES, |index| {
                let (hour, minute) = (index % 20 + 1, index / 20 % 12 * 5);
                format!(
                    "hours: {{ days: [monday, wednesday], hours: '{hour:02}:{minute:02}-{:02}:00', time_zone: America/New_York }}, sli: {{ probe: up }}",
                    hour + 1
                )
            })),
        ),
        (
            "journeys of twenty parts",
            journeys(|index| joined(20, ", ", |part| format!("a/s{}", (index * 7 + part) % 400))),
        ),
        ("journeys of parts that are not there", journeys(|index| format!("a/x{index}, b/y{index}"))),
        (
            "parameters of many instances",
            service(filled(
                &format!(
                    "{}instances:\n",
                    filled(&format!("{PROJECT}{SLO}parameters:\n"), BYTES / 2, |index| format!(
                        "  p{index}: x\n"
                    ))
                ),
                BYTES,
                |index| format!("  a{index}: {{}}\n"),
            )),
        ),
        (
            "SLOs of a template",
            service(filled(
                &format!(
                    "{SERVICE}slos:\n  t:\n    parameters: {{ x: 1 }}\n    objective: 99%\n    sli: {{ probe: 'up{{job=\"<<x>>\"}}' }}\n    instances:\n"
                ),
                BYTES,
                |index| format!("      i{index}: {{ x: v{index} }}\n"),
            )),
        ),
        (
            "holidays of each SLO",
            service(slos(BYTES, |index| {
                let days = joined(180, ", ", |day| {
                    format!("{}-{:02}-{:02}", 2027 + index, day / 28 + 1, day % 28 + 1)
                });
                format!(
                    "hours: {{ days: monday-friday, hours: '08:00-20:00', time_zone: Europe/Madrid, holidays: [{days}] }}, sli: {{ probe: up }}"
                )
            })),
        ),
        (
            "runbooks that are not there",
            (0..1_200)
                .map(|index| (format!("runbooks/runbook-{index}.md"), "x\n".to_owned()))
                .chain(service(slos(BYTES, |index| format!("runbook: runbok-{index}, sli: {{ probe: up }}"))))
                .collect(),
        ),
    ]
}

/// Parts, and journeys through them.
fn journeys(through: impl Fn(usize) -> String) -> Files {
    let parts = slos(BYTES / 3, |_| "sli: { probe: up }".to_owned());
    service(filled(&parts, BYTES, |index| {
        format!("  j{index}: {{ objective: 90%, sli: {{ journey: [{}] }} }}\n", through(index))
    }))
}

/// What other commands than `check` may choke on: files below `slos`, and arguments.
fn others() -> Vec<(&'static str, Files, Vec<String>)> {
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let sli = |query: &str| {
        let source =
            |query: &str| format!("{{ metricSource: {{ type: Prometheus, spec: {{ query: '{query}' }} }} }}");
        format!(
            "apiVersion: openslo/v1\nkind: SLI\nmetadata: {{ name: i }}\nspec: {{ ratioMetric: {{ counter: true, good: {}, total: {} }} }}\n",
            source(query),
            source("sum(a)")
        )
    };
    let specs = filled(&sli(&format!("sum(a{{b=\"{}\"}})", "x".repeat(BYTES / 2))), BYTES, |index| {
        format!(
            "---\napiVersion: openslo/v1\nkind: SLO\nmetadata: {{ name: o{index} }}\nspec: {{ service: web, indicatorRef: i, timeWindow: [{{ duration: 28d, isRolling: true }}], budgetingMethod: Occurrences, objectives: [{{ target: 0.99 }}] }}\n"
        )
    });
    let gauges = filled("", BYTES, |index| {
        format!("# TYPE g{index}_used gauge\ng{index}_used 1\n# TYPE g{index}_max gauge\ng{index}_max 1\n")
    });
    let rules = filled("groups:\n- name: g\n  rules:\n", BYTES, |index| {
        format!("  - record: r{index}\n    expr: r{} / r{}\n", index + 1, index + 2)
    });
    let ratio = |index: usize| (format!("a{{j=\"{index}\",c=\"5\"}}"), format!("a{{j=\"{index}\"}}"));
    let sloth = filled("version: prometheus/v1\nservice: x\nslos:\n", BYTES, |index| {
        let (bad, total) = ratio(index);
        format!(
            "- name: s{index}\n  objective: 99.9\n  sli: {{ events: {{ error_query: 'sum(rate({bad}[{{{{.window}}}}]))', total_query: 'sum(rate({total}[{{{{.window}}}}]))' }} }}\n  alerting: {{ name: A{index}, page_alert: {{ labels: {{ severity: page }} }}, ticket_alert: {{ labels: {{ severity: ticket }} }} }}\n"
        )
    });
    let pyrra = filled("", BYTES, |index| {
        let (bad, total) = ratio(index);
        format!(
            "---\napiVersion: pyrra.dev/v1alpha1\nkind: ServiceLevelObjective\nmetadata: {{ name: s{index}, namespace: m }}\nspec: {{ target: '99', window: 2w, indicator: {{ ratio: {{ errors: {{ metric: '{bad}' }}, total: {{ metric: '{total}' }} }} }} }}\n"
        )
    });
    let of_sloth = filled("groups:\n- name: g\n  rules:\n", BYTES, |index| {
        let (bad, total) = ratio(index);
        let of = format!("sloth_id: a-{index}, sloth_service: a, sloth_slo: s{index}");
        format!(
            "  - alert: A{index}\n    expr: slo:sli_error:ratio_rate1h{{sloth_id=\"a-{index}\"}} > 0.01\n    labels: {{ severity: page, {of} }}\n  - record: slo:sli_error:ratio_rate1h\n    expr: sum(rate({bad}[1h])) / sum(rate({total}[1h]))\n    labels: {{ {of} }}\n"
        )
    });
    let counted = filled("time,good,bad\n", BYTES, |index| format!("{},100,{}\n", 30 * index, index % 7));
    let many = || service(slos(BYTES, |_| "sli: { probe: up }".to_owned()));
    let slo = || service(format!("{SERVICE}{SLO}"));
    let incident = filled("0% for 1m", BYTES, |index| format!(", {}% for {}s", index % 100, index % 90 + 1));
    let with =
        |path: &str, text: String| slo().into_iter().chain([(path.to_owned(), text)]).collect::<Files>();
    vec![
        ("import: one SLI of many SLOs", vec![("../in.yaml".to_owned(), specs)], words("import in.yaml")),
        (
            "init: gauges with limits",
            vec![("../m.prom".to_owned(), gauges)],
            words("init out --service a --metrics m.prom"),
        ),
        ("import: Sloth", vec![("../in.yaml".to_owned(), sloth)], words("import in.yaml")),
        ("import: Pyrra", vec![("../in.yaml".to_owned(), pyrra)], words("import in.yaml")),
        ("explain: one SLO of many", many(), words("explain a/s5")),
        ("diff: a chain of rules", with("../old.yaml", rules), words("diff old.yaml")),
        ("diff: rules of Sloth", with("../old.yaml", of_sloth), words("diff old.yaml")),
        ("simulate: counted events", with("../in.csv", counted), words("simulate a/s --csv in.csv")),
        ("simulate: phases", slo(), [words("simulate a/s"), vec![incident]].concat()),
        ("simulate: one long word", slo(), [words("simulate a/s"), vec!["x".repeat(BYTES)]].concat()),
    ]
}

/// Prints what each takes whose name contains `some`, and says whether all stay within the bound. The files of the last one stay.
pub fn print(folder: &Path, some: &str) -> ExitCode {
    let mut broken = 0;
    let check = |(name, files)| (name, files, vec!["check".to_owned()]);
    let all = cases().into_iter().map(check).chain(others());
    for (name, files, args) in all.filter(|(name, ..)| name.contains(some)) {
        let _ = fs::remove_dir_all(folder);
        fs::create_dir_all(folder.join("slos")).unwrap();
        for (path, text) in files {
            let path = folder.join("slos").join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        std::env::set_current_dir(folder).unwrap();
        let command: Vec<&str> = [SLOWBURN].into_iter().chain(args.iter().map(String::as_str)).collect();
        // What has problems ends with 1 or 2, and no run may end with a signal.
        let ended =
            Command::new(command[0]).args(&command[1..]).stdout(Stdio::null()).stderr(Stdio::null()).status();
        assert!(ended.unwrap().code().is_some_and(|code| code <= 2), "{name}");
        let cost = measure::best(3, &command, &folder.join("out"));
        let millis = 1000.0 * cost.cpu;
        println!(
            "{}  {millis:>6.0} ms{:>6.0} MB  {name}",
            if millis < BOUND { "holds " } else { "BROKEN" },
            cost.peak as f64 / 1e6
        );
        broken += usize::from(millis >= BOUND);
    }
    if broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
