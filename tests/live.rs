//! The whole chain from a failing service to a notified person, in real time: services that the test breaks, a real Prometheus with compiled rules, a
//! real Alertmanager with the compiled configuration, and the receivers.
//!
//! The sources are in `tests/live`. Their windows are minutes long; otherwise they are compiled and run as usual.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stdout)]

use crate::support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use slowburn::artifact::Artifacts;
use slowburn::plan::Plan;
use slowburn::source::{SourceFile, Sources};
use support::alertmanager::Running;
use support::application::Application;
use support::dashboards::{self, Chosen, Dashboard, Query};
use support::mailbox::{Mail, Mailbox};
use support::prometheus::Server;
use support::recorder::{Notification, Recorder};
use support::rules::files;
use support::{full, prometheus, skipped, slots};
use tempfile::TempDir;

/// The label value of a region, with characters that have a meaning in some part of the chain.
const REGION: &str = "a\"b\\c{{ .ExternalURL }}<script>&'ñ`|.*$";

/// The longest time to wait. Usually a minute or two are enough, and ten if events are missing.
const PATIENCE: Duration = Duration::from_secs(900);

/// Each job has one target; the database has two.
const JOBS: [&str; 6] = ["database", "mail", "night", "shop", "stock", "web"];

struct World {
    application: Application,
    recorder: Recorder,
    mailbox: Mailbox,
    plan: Plan,
    artifacts: Artifacts,
    // Ended in this order.
    prometheus: Server,
    alertmanager: Running,
    _folder: TempDir,
    begun: Instant,
}

impl World {
    /// Everything is running and healthy; `None`, with a message, without Prometheus or Alertmanager.
    fn start() -> Option<Self> {
        let Some(program) = prometheus() else {
            skipped("the live proof: there is no prometheus");
            return None;
        };
        let (application, recorder, mailbox) = (Application::start(), Recorder::start(), Mailbox::start());
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("slack"), format!("http://127.0.0.1:{}/slack", recorder.port()))
            .unwrap();
        let sources = |path: PathBuf| {
            let text = fs::read_to_string(&path).unwrap();
            let text = text
                .replace("WEBHOOK", &format!("127.0.0.1:{}", recorder.port()))
                .replace("SMTP", &format!("127.0.0.1:{}", mailbox.port))
                .replace("SECRETS", folder.path().to_str().unwrap());
            SourceFile { path: format!("slos/{}", path.file_name().unwrap().to_str().unwrap()), text }
        };
        let live = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/live");
        let compiled =
            slowburn::compile(&Sources::new(files(&live, ".yaml").into_iter().map(sources).collect()));
        // Its proofs are like those of the other cases.
        let targets: Vec<_> = slowburn::emit::TARGETS.iter().filter(|target| !target.proves).collect();
        let artifacts = compiled.artifacts_of(&targets).unwrap_or_else(|| panic!("{:#?}", compiled.problems));
        let alertmanager = Running::start(&artifacts)?;
        well(&application);
        let configure = |rules: &[PathBuf]| {
            let configuration = configuration(rules, &application, alertmanager.port);
            fs::write(folder.path().join("prometheus.yml"), configuration.to_string()).unwrap();
        };
        // A job before its first scrape is absent, and on a busy machine rules may be evaluated before it.
        configure(&[]);
        let prometheus = Server::start(&program, folder.path());
        scraped(&prometheus);
        configure(&rules(folder.path(), &artifacts));
        prometheus.reload();
        let (plan, begun) = (compiled.plan().unwrap(), Instant::now());
        let _folder = folder;
        Some(Self {
            application,
            recorder,
            mailbox,
            plan,
            artifacts,
            prometheus,
            alertmanager,
            _folder,
            begun,
        })
    }

    /// Waits for a condition.
    fn wait<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let waiting = Instant::now();
        loop {
            if let Some(found) = look() {
                println!("{:4} s: {what}", self.begun.elapsed().as_secs());
                return found;
            }
            assert!(waiting.elapsed() < PATIENCE, "{what}: not after {PATIENCE:?}\n{}", self.state());
            thread::sleep(Duration::from_millis(500));
        }
    }

    /// The present state, for the message of a failed test.
    fn state(&self) -> String {
        let notifications: Vec<String> =
            self.recorder.notifications().iter().map(|notification| format!("{notification:?}")).collect();
        let alerts = self.prometheus.data("/api/v1/alerts");
        format!("{alerts:?}\n{:?}\n{}", self.alertmanager.alerts(), notifications.join("\n"))
    }

    /// The result of a query now.
    fn ask(&self, expr: &str) -> Vec<Value> {
        self.prometheus.query(expr, now()).unwrap_or_else(|fault| panic!("{fault}\n{expr}"))
    }

    /// All samples of the only series that is selected: time and value.
    fn samples(&self, selector: &str) -> Vec<(f64, f64)> {
        let series = self.ask(&format!("{selector}[1h]"));
        assert!(series.len() < 2, "{selector}: {series:?}");
        let samples = series.first().map(|one| one["values"].as_array().unwrap().clone()).unwrap_or_default();
        let number = |text: &Value| text.as_str().unwrap().parse().unwrap();
        samples.iter().map(|sample| (sample[0].as_f64().unwrap(), number(&sample[1]))).collect()
    }

    /// The names of all firing alerts.
    fn firing(&self) -> BTreeSet<String> {
        let firing = self.ask("ALERTS{alertstate=\"firing\"}");
        firing.iter().map(|alert| alert["metric"]["alertname"].as_str().unwrap().to_owned()).collect()
    }

    /// The notifications of a receiver, each change once, in the order of the first time.
    fn notified(&self, receiver: &str) -> Vec<String> {
        let mut all = Vec::new();
        for notification in self.of(receiver) {
            for alert in notification.body["alerts"].as_array().unwrap() {
                let said = format!("{} {}", word(&alert["status"]), word(&alert["labels"]["alertname"]));
                if !all.contains(&said) {
                    all.push(said);
                }
            }
        }
        all
    }

    /// All notifications of a receiver.
    fn of(&self, receiver: &str) -> Vec<Notification> {
        let path = format!("/{receiver}");
        self.recorder.notifications().into_iter().filter(|notification| notification.path == path).collect()
    }

    /// The only notification of a receiver with this status and alert, and the alert in it.
    fn only(&self, receiver: &str, status: &str, alert: &str) -> (f64, Value) {
        let mut found: Vec<(f64, Value)> = Vec::new();
        for notification in self.of(receiver) {
            let alerts = notification.body["alerts"].as_array().unwrap().clone();
            let ours = alerts
                .into_iter()
                .filter(|one| one["status"] == status && one["labels"]["alertname"] == alert);
            found.extend(ours.map(|one| (notification.at, one)));
        }
        assert_eq!(found.len(), 1, "{receiver}: {status} {alert}: {found:#?}");
        found.remove(0)
    }

    /// An alert in Alertmanager.
    fn known(&self, alert: &str) -> Option<Value> {
        self.alertmanager.alerts().into_iter().find(|known| known["labels"]["alertname"] == alert)
    }

    /// Waits until an alert is silenced, and only by this one.
    fn silenced(&self, alert: &str, by: &str) {
        self.wait(&format!("{alert} is silenced by {by}"), || {
            let (alert, cause) = (self.known(alert)?, self.known(by)?);
            let by = alert["status"]["inhibitedBy"].as_array()?;
            (alert["status"]["state"] == "suppressed" && *by == [cause["fingerprint"].clone()]).then_some(())
        });
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Waits until every target was scraped.
fn scraped(prometheus: &Server) {
    let begun = Instant::now();
    let targets = JOBS.len() + 1;
    while prometheus.query("up == 1", now()).map_or(0, |up| up.len()) < targets {
        assert!(begun.elapsed() < PATIENCE, "{:?}", prometheus.query("up", now()));
        thread::sleep(Duration::from_millis(200));
    }
}

/// The rules for Prometheus. The groups of five minutes begin half a minute after those of half a minute, when these have counted something.
fn rules(folder: &Path, artifacts: &Artifacts) -> Vec<PathBuf> {
    let soon = Duration::from_secs(105)..Duration::from_secs(140);
    let rules = artifacts.iter().filter_map(|(path, text)| Some((path.strip_prefix("prometheus/")?, text)));
    rules
        .map(|(name, text)| {
            let path = slots::path(folder, name, text, &soon);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            path
        })
        .collect()
}

/// The configuration of Prometheus. JSON is valid YAML.
fn configuration(rules: &[PathBuf], application: &Application, alertmanager: u16) -> Value {
    let job = |name: &str| {
        let targets = match name {
            "database" => &["one", "two"][..],
            _ => &["one"][..],
        };
        let address = format!("127.0.0.1:{}", application.port());
        let targets: Vec<Value> = targets
            .iter()
            .map(|instance| json!({ "targets": [address], "labels": { "instance": instance } }))
            .collect();
        json!({ "job_name": name, "metrics_path": format!("/{name}"), "static_configs": targets })
    };
    let jobs: Vec<Value> = JOBS.map(job).into();
    json!({
        "global": { "scrape_interval": "5s", "scrape_timeout": "5s" },
        "rule_files": rules,
        "alerting": { "alertmanagers": [{ "static_configs": [{ "targets": [format!("127.0.0.1:{alertmanager}")] }] }] },
        "scrape_configs": jobs,
    })
}

/// A series of the shop.
fn checkouts(region: &str, result: &str) -> String {
    // Here, JSON has the same escapes as the text format and PromQL.
    format!("checkouts_total{{region={},result=\"{result}\"}}", Value::from(region))
}

/// Every service is healthy. Those that will fail have no counters of errors yet.
fn well(application: &Application) {
    let grows = |service: &str, series: &str, per_second| application.grows(service, series, per_second);
    for region in [REGION, "south"] {
        grows("shop", &checkouts(region, "ok"), 200.0);
    }
    for (le, per_second) in [("0.1", 80.0), ("0.25", 198.0), ("1.0", 200.0), ("+Inf", 200.0)] {
        grows("shop", &format!("checkout_duration_seconds_bucket{{le=\"{le}\"}}"), per_second);
    }
    grows("shop", "checkout_duration_seconds_count", 200.0);
    grows("shop", "checkout_duration_seconds_sum", 25.0);
    grows("mail", "mails_total{result=\"ok\"}", 200.0);
    grows("database", "queries_total{result=\"ok\"}", 200.0);
    grows("web", "pages_total{code=\"200\"}", 200.0);
    // No requests at night. The last failures were long ago.
    application.set("night", "orders_total{result=\"ok\"}", 70.0);
    application.set("night", "orders_total{result=\"error\"}", 30.0);
    for number in 0..20 {
        application.set("stock", &format!("stock_queue_length{{queue=\"{number}\"}}"), 7.0);
        let series = format!("stock_last_export_timestamp_seconds{{export=\"{number}\"}}");
        application.set("stock", &series, now() as f64);
    }
    grows("stock", "stock_bookings_total{result=\"ok\"}", 200.0);
    grows("stock", "stock_bookings_total{result=\"error\"}", 0.0);
}

#[test]
fn the_whole_chain_notifies_exactly_the_right_people() {
    let Some(world) = World::start() else { return };
    nobody_is_notified_while_all_is_well(&world);
    every_panel_of_every_dashboard_has_an_answer(&world, |_| true);
    fail(&world.application);
    a_target_that_vanished_silences_what_needs_it(&world);
    a_full_outage_pages_once_and_its_ticket_waits(&world);
    a_slow_leak_opens_a_ticket(&world);
    // Without scrapes there are no counts.
    every_panel_of_every_dashboard_has_an_answer(&world, |query| !query.contains("queries"));
    recover(&world.application);
    resolved_alerts_are_notified(&world);
    if full() {
        missing_events_are_notified(&world);
    }
    nothing_else_was_notified(&world);
}

/// Three faults at the same time.
fn fail(application: &Application) {
    // All requests of one region fail.
    application.grows("shop", &checkouts(REGION, "ok"), 0.0);
    application.grows("shop", &checkouts(REGION, "error"), 200.0);
    // Four times the budget: more than a ticket's burn rate of 1, less than a page's of 6.
    application.grows("mail", "mails_total{result=\"error\"}", 0.8);
    application.vanishes("database");
}

/// All services recover except the database. Without it, the web shows its last pages.
fn recover(application: &Application) {
    application.grows("shop", &checkouts(REGION, "ok"), 200.0);
    application.grows("shop", &checkouts(REGION, "error"), 0.0);
    application.grows("mail", "mails_total{result=\"error\"}", 0.0);
    application.grows("web", "pages_total{code=\"200\"}", 200.0);
    application.grows("web", "pages_total{code=\"500\"}", 0.0);
    if full() {
        application.vanishes("stock");
    }
}

fn nobody_is_notified_while_all_is_well(world: &World) {
    let promised: usize = world
        .plan
        .services
        .iter()
        .flat_map(|service| &service.slos)
        .map(|slo| if slo.promise.by.is_empty() { 1 } else { 2 })
        .sum();
    world.wait("every promise has its figures", || {
        (world.ask("slo:error_budget_exhaustion:seconds").len() == promised).then_some(())
    });
    assert_eq!(world.firing(), BTreeSet::new());
    assert!(world.recorder.notifications().is_empty(), "{:?}", world.recorder.notifications());
    let left = world.ask("slo:period_error_budget_remaining:ratio < 0.75");
    assert!(left.is_empty(), "{left:?}");
}

fn a_full_outage_pages_once_and_its_ticket_waits(world: &World) {
    let page = "ShopCheckoutBurnPage";
    world.silenced("ShopCheckoutBurnTicket", page);
    world.wait("on-call is notified of the outage", || {
        world.notified("on-call").contains(&format!("firing {page}")).then_some(())
    });
    // At the earliest possible time: at the first or second evaluation after the first scrape with errors.
    let slo = format!("{{service=\"shop\",slo=\"checkout\",region={}}}", Value::from(REGION));
    let errors = world.samples(&checkouts(REGION, "error"));
    let (begun, _) = errors.iter().find(|(_, count)| *count > 0.0).unwrap();
    let evaluations = world.samples(&format!("slo:objective:ratio{slo}"));
    let after: Vec<f64> = evaluations.iter().map(|(at, _)| *at).filter(|at| at > begun).collect();
    let fired = world.samples(&format!("ALERTS{{alertname=\"{page}\",alertstate=\"firing\"}}"))[0].0;
    assert!(
        after.iter().take(2).any(|at| *at == fired),
        "errors since {begun}, evaluated at {after:?}, fired at {fired}"
    );

    let (at, alert) = world.only("on-call", "firing", page);
    let expected = BTreeMap::from([
        ("alertname", page),
        ("owner", "shop-team"),
        ("region", REGION),
        ("service", "shop"),
        ("severity", "critical"),
        ("slo", "checkout"),
    ]);
    assert_eq!(alert["labels"], json!(expected));
    let annotation = |name: &str| word(&alert["annotations"][name]).to_owned();
    assert_eq!(annotation("runbook_url"), "https://wiki.internal/shop?a=1&b=2");
    let region = "a%5C%22b%5C%5Cc%7B%7B+.ExternalURL+%7D%7D%3Cscript%3E%26%27%C3%B1%60%7C.%2A%24";
    assert_eq!(
        annotation("dashboard_url"),
        format!(
            "https://grafana.internal/d/slo_promise?var-service=shop&var-slo=checkout&var-by=region%3D%22{region}%22"
        )
    );
    // The error ratio and the remaining budget are those in Prometheus before the notification.
    let between = |(seen, _): &&(f64, f64)| *seen >= fired && *seen <= at;
    let ratios = world.samples(&format!("slo:sli_error:ratio_rate5m{slo}"));
    let ratios = ratios.iter().filter(between).map(|(_, ratio)| *ratio);
    let left = world.samples(&format!("slo:period_error_budget_remaining:ratio{slo}"));
    let summary = |ratio: f64, left: f64| {
        let minutes = (left * 3600.0 / (ratio / 0.001)).clamp(0.0, 3600.0) / 60.0;
        let lasts = match minutes.round() {
            0.0 => "0s".to_owned(),
            60.0 => "1h 0m 0s".to_owned(),
            minutes => format!("{minutes}m 0s"),
        };
        let ratio = four_digits(100.0 * ratio).replace('.', ",");
        format!(
            "URGENTE shop/checkout (region: {REGION}): ahora falla el {ratio} %, el presupuesto de error dura {lasts}"
        )
    };
    let summaries: Vec<String> =
        ratios.flat_map(|ratio| left.iter().map(move |(_, left)| summary(ratio, *left))).collect();
    assert!(summaries.contains(&annotation("summary")), "{:?}\n{summaries:?}", annotation("summary"));
    let description = annotation("description");
    let begins = "Actuar ya. Queda el ";
    assert!(description.starts_with(begins), "{description}");
    let ends =
        ". Prometido: 99,9 % en cualquier período de 1 h. Los pagos terminan bien. Runbook: pagos-caidos.";
    assert!(description.ends_with(ends), "{description}");
    assert!(!description.contains("<no value>") && !description.contains("<error"), "{description}");
    in_chat(world, &annotation("summary"));
    by_mail(world, &annotation("summary"));
}

/// A positive number as Go's `%.3g` formats it, from a thousandth to a thousand.
fn four_digits(value: f64) -> String {
    let places = (3.0 - value.log10().floor()).max(0.0) as usize;
    let written = format!("{value:.places$}");
    if written.contains('.') {
        written.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        written
    }
}

/// In Slack, text stays text.
fn in_chat(world: &World, summary: &str) {
    let attachment = |notification: &Notification| notification.body["attachments"][0].clone();
    let ours = |notification: &Notification| attachment(notification).to_string().contains("shop/checkout");
    let said = world.wait("the chat is notified of the outage", || world.of("slack").into_iter().find(ours));
    let escaped = summary.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    assert_eq!(word(&attachment(&said)["title"]), escaped);
    assert_eq!(said.body["channel"], "#incidents");
    let text = attachment(&said);
    let text = word(&text["text"]);
    assert!(text.contains("\nRunbook: https://wiki.internal/shop?a=1&amp;b=2\n"), "{text}");
    assert!(!text.contains('<'), "{text}");
}

/// A mail has a text and an HTML page, and the label value adds no tags to the page.
fn by_mail(world: &World, summary: &str) {
    let mail = world.wait("a mail reports the outage", || {
        world.mailbox.mails().into_iter().find(|mail| mail.body.contains("shop/checkout"))
    });
    assert_eq!(mail.to, "<on-call@shop.internal>");
    let Mail { head, body, .. } = mail;
    assert!(head.lines().all(|line| line.contains(": ") || line.starts_with(' ')), "{head}");
    assert!(body.contains(&format!("{summary}\nActuar ya. ")), "{body}");
    assert!(body.contains("\nRunbook: https://wiki.internal/shop?a=1&b=2\n"), "{body}");
    assert!(body.contains("<a href=\"https://wiki.internal/shop?a=1&amp;b=2\">"), "{body}");
    let page = &body[body.find("<html").unwrap()..];
    assert!(page.contains("&lt;script&gt;&amp;") && !page.contains("<script"), "{page}");
    assert!(page.contains("{{ .ExternalURL }}"), "{page}");
}

fn a_slow_leak_opens_a_ticket(world: &World) {
    world.wait("the office is notified of the leak", || {
        world.notified("office").contains(&"firing MailDeliveryBurnTicket".to_owned()).then_some(())
    });
    let (_, alert) = world.only("office", "firing", "MailDeliveryBurnTicket");
    let description = word(&alert["annotations"]["description"]);
    assert!(description.starts_with("Actuar en los próximos días. "), "{description}");
    assert!(
        description.ends_with(" Prometido: 99,9 % en cualquier período de 1 h. Los correos salen."),
        "{description}"
    );
    let link = |name: &str| word(&alert["annotations"][name]).to_owned();
    assert_eq!(link("runbook_url"), "https://wiki.internal/runbooks/mail-delivery.md#maildeliveryburnticket");
    assert_eq!(
        link("dashboard_url"),
        "https://grafana.internal/d/slo_promise?var-service=mail&var-slo=delivery"
    );
}

fn a_target_that_vanished_silences_what_needs_it(world: &World) {
    let down = "DatabaseGone";
    // Notifications that are already sent are not withdrawn, so the dependent service keeps working until the cause is known.
    world.wait("the database is known to be gone", || world.known(down));
    world.application.grows("web", "pages_total{code=\"200\"}", 0.0);
    world.application.grows("web", "pages_total{code=\"500\"}", 200.0);
    world.wait("on-call is notified that the database is gone", || {
        world.notified("on-call").contains(&format!("firing {down}")).then_some(())
    });
    let (_, alert) = world.only("on-call", "firing", down);
    assert_eq!(
        word(&alert["annotations"]["summary"]),
        "URGENTE database/gone: La base de datos no responde."
    );
    let runbook = "https://wiki.internal/runbooks/database.gone.md#databasegone";
    assert_eq!(word(&alert["annotations"]["runbook_url"]), runbook);
    world.silenced("DatabaseAvailabilityBurnPage", down);
    // If several alerts silence it, Alertmanager names the first one that it finds.
    for alert in ["WebPagesBurnPage", "WebPagesBurnTicket"] {
        world.wait(&format!("{alert} is silenced"), || {
            (world.known(alert)?["status"]["state"] == "suppressed").then_some(())
        });
    }
}

/// Every query of every panel, as Grafana sends it. Annotations have data if there are alerts.
fn every_panel_of_every_dashboard_has_an_answer(world: &World, can_be_known: impl Fn(&str) -> bool) {
    let dashboards = world.artifacts.iter().filter(|(path, _)| path.starts_with("grafana/dashboards/"));
    let fired = world.ask("count by (service, severity) (ALERTS{alertstate=\"firing\"})");
    let fired: BTreeSet<(&str, &str)> = (fired.iter().map(|alerts| &alerts["metric"]))
        .map(|labels| (word(&labels["service"]), word(&labels["severity"])))
        .collect();
    let mut asked = 0;
    let mut faults = Vec::new();
    for (path, text) in dashboards {
        let dashboard = Dashboard::read(path, text);
        let service = path.trim_start_matches("grafana/dashboards/").trim_end_matches(".json");
        let here: BTreeSet<&str> = fired
            .iter()
            .filter(|(of, _)| service == "overview" || *of == service)
            .map(|(_, severity)| *severity)
            .collect();
        let marks = if here.is_empty() { Vec::new() } else { dashboard.annotations() };
        let slos = world.plan.services.iter().flat_map(|service| &service.slos);
        let chosen: Vec<Chosen> = match dashboard.is_of_one() {
            true => slos.map(|slo| dashboards::of(&slo.promise, &world.plan.project.severities)).collect(),
            false => vec![dashboards::all()],
        };
        let queries: Vec<Query> = dashboard.queries().into_iter().chain(marks).collect();
        for (query, chosen) in queries.iter().flat_map(|query| chosen.iter().map(move |one| (query, one))) {
            let filled = query.filled(chosen);
            let named: Vec<&str> =
                filled.split("severity=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
            let fires =
                here.iter().any(|severity| named.is_empty() || named.iter().any(|name| name == severity));
            // A tier that the SLO does not have, and the time at which its alert began.
            let may_be_none = dashboard.is_of_one()
                && (["vector(0)", "ratio_rate\""].iter().any(|part| filled.contains(part))
                    || dashboards::is_even_spend(&filled));
            let calm = filled.starts_with("vector(-1)") || filled.contains("ALERTS") && !fires;
            if calm || may_be_none || !can_be_known(&filled) {
                continue;
            }
            asked += 1;
            let answer = match query.instant {
                true => world.prometheus.query(&filled, now()),
                false => world.prometheus.query_range(&filled, now() - 900, now(), 15),
            };
            match answer {
                Ok(series) if !series.is_empty() => {}
                Ok(_) => faults.push(format!("{}: nothing\n{filled}", query.place)),
                Err(fault) => faults.push(format!("{}: {fault}\n{filled}", query.place)),
            }
        }
    }
    assert!(asked > 150, "{asked}");
    assert!(faults.is_empty(), "{} of {asked}\n{}", faults.len(), faults.join("\n"));
}

fn resolved_alerts_are_notified(world: &World) {
    let notified =
        |receiver: &str, said: &str| world.notified(receiver).contains(&said.to_owned()).then_some(());
    world.wait("on-call is notified that the outage is over", || {
        notified("on-call", "resolved ShopCheckoutBurnPage")
    });
    let (_, page) = world.only("on-call", "resolved", "ShopCheckoutBurnPage");
    world.wait("the office is notified that the leak is over", || {
        notified("office", "resolved MailDeliveryBurnTicket")
    });
    world.wait("nothing of the web fires", || {
        world.firing().iter().all(|alert| !alert.starts_with("Web")).then_some(())
    });
    world.wait("the office is notified of the outage when its page is over, and of its end", || {
        notified("office", "resolved ShopCheckoutBurnTicket")
    });
    // They fired for longer than `group_wait`, and nobody was notified.
    for alert in ["WebPagesBurnPage", "WebPagesBurnTicket"] {
        let fired = world.samples(&format!("ALERTS{{alertname=\"{alert}\",alertstate=\"firing\"}}"));
        assert!(fired.last().unwrap().0 - fired[0].0 >= 60.0, "{alert}: {fired:?}");
    }
    let (at, _) = world.only("office", "firing", "ShopCheckoutBurnTicket");
    let ended: jiff::Timestamp = word(&page["endsAt"]).parse().unwrap();
    assert!(at >= ended.as_second() as f64, "the ticket was notified at {at}, the page ended at {ended}");
}

/// Without events, only the alert for missing events can fire.
fn missing_events_are_notified(world: &World) {
    let notified =
        |receiver: &str, said: &str| world.notified(receiver).contains(&said.to_owned()).then_some(());
    world
        .wait("the office is notified of missing events", || notified("office", "firing StockEventsMissing"));
    let (_, alert) = world.only("office", "firing", "StockEventsMissing");
    assert_eq!(word(&alert["annotations"]["summary"]), "AVISO stock: sin eventos desde hace 10 min (5 SLO)");
    let description = word(&alert["annotations"]["description"]);
    assert!(
        description.contains("ningún evento en: export, minutes, month, queue, share. O "),
        "{description}"
    );
    world.silenced("DatabaseEventsMissing", "DatabaseGone");
    world.application.returns("database");
    world.application.returns("stock");
    world.wait("on-call is notified that the database is back", || {
        notified("on-call", "resolved DatabaseGone")
    });
    world.wait("the office is notified that events are back", || {
        notified("office", "resolved StockEventsMissing")
    });
    // They still fire afterwards, and nobody is notified: it was the same problem.
    for alert in ["DatabaseAvailabilityBurnPage", "DatabaseEventsMissing"] {
        world.wait(&format!("{alert} is over"), || (!world.firing().contains(alert)).then_some(()));
        let until = |alert: &str| {
            world.samples(&format!("ALERTS{{alertname=\"{alert}\",alertstate=\"firing\"}}")).last().unwrap().0
        };
        assert!(until(alert) > until("DatabaseGone"), "{alert} did not outlast it");
    }
}

/// All alerts that fired, and all notifications.
fn nothing_else_was_notified(world: &World) {
    let mut fired = vec![
        "DatabaseAvailabilityBurnPage",
        "DatabaseGone",
        "DatabaseGoneAftermath",
        "MailDeliveryBurnTicket",
        "ShopCheckoutBurnPage",
        "ShopCheckoutBurnTicket",
        "WebPagesBurnPage",
        "WebPagesBurnTicket",
    ];
    let mut pages =
        vec!["firing DatabaseGone", "firing ShopCheckoutBurnPage", "resolved ShopCheckoutBurnPage"];
    let mut tickets = vec![
        "firing MailDeliveryBurnTicket",
        "firing ShopCheckoutBurnTicket",
        "resolved MailDeliveryBurnTicket",
        "resolved ShopCheckoutBurnTicket",
    ];
    if full() {
        fired.extend(["DatabaseEventsMissing", "StockEventsMissing"]);
        pages.push("resolved DatabaseGone");
        tickets.extend(["firing StockEventsMissing", "resolved StockEventsMissing"]);
    }
    let ever = world.ask("count by (alertname, region) (count_over_time(ALERTS{alertstate=\"firing\"}[1h]))");
    let ever = ever.iter().map(|alert| word(&alert["metric"]["alertname"]).to_owned()).collect();
    assert_eq!(sorted(ever), sorted(fired));
    assert_eq!(sorted(world.notified("on-call")), sorted(pages));
    assert_eq!(sorted(world.notified("office")), sorted(tickets));
    for receiver in ["web-team", "nobody"] {
        assert!(world.of(receiver).is_empty(), "{:?}", world.of(receiver));
    }
    let rules = world.prometheus.data("/api/v1/rules").unwrap();
    let groups = rules["groups"].as_array().unwrap();
    for rule in groups.iter().flat_map(|group| group["rules"].as_array().unwrap()) {
        assert_eq!(rule["health"], "ok", "{rule}");
    }
}

fn sorted<T: Ord>(mut all: Vec<T>) -> Vec<T> {
    all.sort();
    all
}
