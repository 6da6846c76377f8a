//! What goes wrong elsewhere, played by hand: nothing here is computed by the compiler but the rules.
//!
//! Every play is also held against what must be so at every evaluation: no NaN, no infinity, no ratio above one, no negative count.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use support::rules::{Play, compiled, groups};
use support::{full, skipped};

/// Windows that hours are enough for: at 99 %, pages above 2.4 %, tickets above 1.5 %.
const PROJECT: &str = "
version: slowburn/v1
period: 6h
policy: brief
policies:
  brief:
    tiers:
      - { severity: page, budget: 20%, long: 30m, short: 5m }
      - { severity: ticket, budget: 50%, long: 2h, short: 10m }
";

/// A service whose events are mails.
const MAIL: &str = "
version: slowburn/v1
service: mail
missing_events: off
slos:
  delivery:
    objective: 99%
    sli:
      total: mail_sent_total{job='mail'}
      bad: mail_sent_total{job='mail', outcome='error'}
";

const OK: &str = "mail_sent_total{job='mail',instance='a',outcome='ok'}";
const ERROR: &str = "mail_sent_total{job='mail',instance='a',outcome='error'}";

fn mail() -> Play {
    Play::of(PROJECT, MAIL)
}

fn with(slo: &str) -> Play {
    let slo = slo.lines().map(|line| format!("    {line}\n")).collect::<String>();
    let head = "version: slowburn/v1\nservice: mail\nmissing_events: off\nslos:\n  delivery:\n";
    Play::of(PROJECT, &format!("{head}{slo}"))
}

/// All events that were ever counted.
fn counted(side: &str) -> String {
    format!("sum(sum_over_time(slo:{side}_events:increase30s[6h]))")
}

/// What a counter goes through; numbers of samples.
#[derive(Clone, Copy)]
enum Part {
    /// Counts up by so much from sample to sample.
    Up(u64, u64),
    /// Counts up unseen.
    Unseen(u64, u64),
    /// Its series is known to have ended, and counts up unseen.
    Gone(u64, u64),
    /// Its process starts again from zero, unseen.
    Restart,
}
use Part::{Gone, Restart, Unseen, Up};

/// A counter's samples, the first of which is `start`.
fn counter(start: u64, parts: &[Part]) -> String {
    let mut value = start;
    let mut tokens = vec![start.to_string()];
    for part in parts {
        match *part {
            Up(0, _) | Unseen(0, _) | Gone(0, _) => {}
            Up(samples, by) => {
                tokens.push(format!("{}+{by}x{}", value + by, samples - 1));
                value += samples * by;
            }
            Unseen(samples, by) => {
                tokens.push(format!("_x{samples}"));
                value += samples * by;
            }
            Gone(samples, by) => {
                tokens.push("stale".to_owned());
                if samples > 1 {
                    tokens.push(format!("_x{}", samples - 1));
                }
                value += samples * by;
            }
            Restart => value = 0,
        }
    }
    tokens.join(" ")
}

#[test]
fn every_event_of_the_period_weighs_the_same_by_day_and_by_night() {
    // Three hours of night with half of few events bad, two hours of day with many good ones.
    mail()
        .series(OK, &counter(0, &[Up(360, 1), Up(240, 1000), Up(22, 0)]))
        .series(ERROR, &counter(0, &[Up(360, 1), Up(240, 0), Up(22, 0)]))
        .until("311m")
        .is("311m", "sum(slo:total_events:increase6h)", "240720")
        .is("311m", "sum(slo:bad_events:increase6h)", "360")
        .near("311m", "sum(slo:sli_error:ratio_rate6h)", "360 / 240720")
        .near("311m", "sum(slo:period_error_budget_remaining:ratio)", "1 - 360 / 240720 / 0.01")
        .run();
}

#[test]
fn half_an_hour_without_traffic_changes_nothing() {
    mail()
        .series(OK, &counter(0, &[Up(120, 99), Up(60, 0), Up(120, 99), Up(12, 0)]))
        .series(ERROR, &counter(0, &[Up(120, 1), Up(60, 0), Up(120, 1), Up(12, 0)]))
        .until("156m")
        .is("80m", "sum(slo:sli_error:ratio_rate5m)", "0")
        .is("156m", "sum(slo:total_events:increase6h)", "24000")
        .is("156m", "sum(slo:bad_events:increase6h)", "240")
        .silent()
        .run();
}

#[test]
fn an_error_series_is_born_with_its_first_errors() {
    for first in [1, 30] {
        mail()
            .series(OK, &counter(0, &[Up(260, 10_000)]))
            .series(ERROR, &format!("_x200 {first}+0x60"))
            .until("130m")
            .is("99m30s", "sum(slo:sli_error:ratio_rate2h)", "0")
            .is("130m", &counted("bad"), &first.to_string())
            .is("130m", &counted("total"), &(2_600_000 + first).to_string())
            .silent()
            .run();
    }
}

#[test]
fn an_error_series_is_born_while_its_target_is_scraped_seldom() {
    let sli = "objective: 99%\nsli:\n  total: mail_sent_total{job='mail'}\n  bad: mail_sent_total{job='mail', outcome='error'}";
    with(sli)
        .scraped_every(60)
        .series(OK, &counter(0, &[Up(130, 10_000)]))
        .series(ERROR, "_x100 30+0x30")
        .until("130m")
        .is("130m", &counted("bad"), "30")
        .run();
}

#[test]
fn one_failure_in_two_requests_an_hour_is_nothing_to_tell() {
    let sli = "objective: 99%\nmin_bad_events: { page: 2, ticket: 2 }\nsli:\n  total: mail_sent_total{job='mail'}\n  bad: mail_sent_total{job='mail', outcome='error'}";
    let seldom = [Up(59, 0), Up(1, 1)];
    let parts: Vec<Part> = std::iter::repeat_n(seldom, 8).flatten().collect();
    with(sli)
        .series(OK, &counter(0, &parts))
        .series(ERROR, "_x290 1+0x190")
        .until("4h")
        .is("2h30m", "sum(slo:sli_error:ratio_rate30m) > bool 0.4", "1")
        .is("4h", &counted("bad"), "1")
        .silent()
        .run();
}

#[test]
fn two_failures_in_two_requests_an_hour_are() {
    mail()
        .series(OK, &counter(0, &[Up(480, 0)]))
        .series(ERROR, "_x290 1+0x4 2+0x180")
        .until("4h")
        .firing("2h26m30s", "MailDeliveryBurnPage", 0)
        .firing("2h28m", "MailDeliveryBurnPage", 1)
        .run();
}

#[test]
fn a_label_of_the_sources_is_on_no_recorded_series() {
    let recorded = |label: &str| {
        let source = MAIL.replace("slos:", &format!("labels: {{ {label} }}\nslos:"));
        let rules = &compiled(&[("slos/slowburn.yaml", PROJECT), ("slos/mail.yaml", &source)])["prometheus/mail.rules.yaml"];
        let rules: Vec<_> =
            groups(rules).iter().flat_map(|group| group["rules"].as_sequence().unwrap().clone()).collect();
        let (recorded, alerts): (Vec<_>, Vec<_>) =
            rules.into_iter().partition(|rule| rule.get("record").is_some());
        assert!(alerts.iter().all(|alert| alert["labels"].get("team").is_some()), "{alerts:?}");
        recorded
    };
    assert_eq!(recorded("team: red"), recorded("team: blue, floor: '3'"));
}

#[test]
fn matchers_for_what_is_not_so_do_their_work() {
    let slo = "objective: 99%\nsli:\n  total: orders_total{code!='404', tenant!=''}\n  bad: orders_total{code=~'5..', tenant!=''}";
    let orders = |code: &str, tenant: &str| {
        format!("orders_total{{job='shop',instance='a',code='{code}',tenant='{tenant}'}}")
    };
    let nobody = "orders_total{job='shop',instance='a',code='500'}";
    with(slo)
        .series(&orders("200", "x"), &counter(0, &[Up(100, 5)]))
        .series(&orders("404", "x"), &counter(0, &[Up(100, 1000)]))
        .series(&orders("500", "x"), &counter(0, &[Up(100, 5)]))
        .series(nobody, &counter(0, &[Up(100, 1000)]))
        .until("50m")
        .is("50m", &counted("total"), "1000")
        .is("50m", &counted("bad"), "500")
        .is("50m", "sum(slo:sli_error:ratio_rate30m)", "0.5")
        .firing("50m", "MailDeliveryBurnPage", 1)
        .run();
}

#[test]
fn two_promises_on_one_metric_do_not_mix() {
    let slos = "
version: slowburn/v1
service: shop
missing_events: off
slos:
  checkout:
    objective: 99%
    sli: { total: 'orders_total{step=\"checkout\"}', bad: 'orders_total{step=\"checkout\", code=~\"5..\"}' }
  all:
    objective: 99%
    sli: { total: orders_total, bad: 'orders_total{code=~\"5..\"}' }
";
    let orders =
        |step: &str, code: &str| format!("orders_total{{job='s',instance='a',step='{step}',code='{code}'}}");
    Play::of(PROJECT, slos)
        .series(&orders("checkout", "200"), &counter(0, &[Up(100, 90)]))
        .series(&orders("checkout", "500"), &counter(0, &[Up(100, 10)]))
        .series(&orders("cart", "200"), &counter(0, &[Up(100, 700)]))
        .series(&orders("cart", "500"), &counter(0, &[Up(100, 200)]))
        .until("50m")
        .is("50m", "sum(slo:sli_error:ratio_rate30m{slo='checkout'})", "0.1")
        .is("50m", "sum(slo:sli_error:ratio_rate30m{slo='all'})", "0.21")
        .run();
}

#[test]
fn a_bound_is_found_however_it_is_spelled() {
    for (objective, unit, spelled) in [
        ("P90 < 1s", "seconds", ["1", "1.0"]),
        ("P90 < 1000s", "milliseconds", ["1000000", "1e+06"]),
        ("P90 < 2500ms", "seconds", ["2.5", "2.5"]),
    ] {
        for le in spelled {
            let slo = format!(
                "objective: {objective}\nsli:\n  latency: mail_duration{{job='mail'}}\n  unit: {unit}"
            );
            let bucket = |le: &str| format!("mail_duration_bucket{{job='mail',instance='a',le='{le}'}}");
            with(&slo)
                .series(&bucket("0.5"), &counter(0, &[Up(60, 10)]))
                .series(&bucket(le), &counter(0, &[Up(60, 60)]))
                .series(&bucket("10000000"), &counter(0, &[Up(60, 90)]))
                .series(&bucket("+Inf"), &counter(0, &[Up(60, 100)]))
                .series("mail_duration_count{job='mail',instance='a'}", &counter(0, &[Up(60, 100)]))
                .until("30m")
                .is("30m", &counted("total"), "6000")
                .is("30m", &counted("bad"), "2400")
                .run();
        }
    }
}

#[test]
fn a_gap_in_the_data_neither_fires_nor_stops_a_page() {
    for gap in [Unseen(20, 100), Gone(20, 100)] {
        // An hour without errors, 20 minutes of outage, ten of them unseen, 20 more.
        let ok = [Up(120, 100), Up(40, 90)];
        let (seen, ok_gap) = match gap {
            Unseen(samples, _) => (Unseen(samples, 10), Unseen(samples, 90)),
            _ => (Gone(20, 10), Gone(20, 90)),
        };
        let ok = [ok.as_slice(), &[ok_gap, Up(40, 90), Up(120, 100)]].concat();
        mail()
            .series(OK, &counter(0, &ok))
            .series(ERROR, &counter(0, &[Up(120, 0), Up(40, 10), seen, Up(40, 10), Up(120, 0)]))
            .until("170m")
            // 2.4 % of half an hour are bad after 7.2 minutes of 10 %.
            .firing_for("67m", "67m", "MailDeliveryBurnPage", 0)
            .firing("67m30s", "MailDeliveryBurnPage", 1)
            .firing_for("110m", "42m45s", "MailDeliveryBurnPage", 86)
            .firing("115m", "MailDeliveryBurnPage", 0)
            .is("170m", &counted("total"), "34000")
            .is("170m", &counted("bad"), "1000")
            .run();
    }
}

#[test]
fn a_gap_in_health_fires_nothing() {
    for gap in [Unseen(20, 99), Gone(20, 99)] {
        let errors = match gap {
            Unseen(samples, _) => Unseen(samples, 1),
            _ => Gone(20, 1),
        };
        mail()
            .series(OK, &counter(0, &[Up(120, 99), gap, Up(120, 99)]))
            .series(ERROR, &counter(0, &[Up(120, 1), errors, Up(120, 1)]))
            .until("130m")
            .is("130m", &counted("total"), "26000")
            .is("130m", &counted("bad"), "260")
            .silent()
            .run();
    }
}

#[test]
fn one_of_several_processes_starts_again() {
    let other = OK.replace("'a'", "'b'");
    mail()
        .series(OK, &counter(1_000_000, &[Up(100, 50), Restart, Up(100, 50)]))
        .series(&other, &counter(5_000_000, &[Up(200, 50)]))
        .series(ERROR, &counter(400, &[Up(100, 0), Restart, Up(100, 0)]))
        .until("100m")
        .is("100m", &counted("total"), "20000")
        .is("100m", &counted("bad"), "0")
        .silent()
        .run();
}

#[test]
fn a_host_starts_again_with_all_its_counters() {
    // Six minutes of nothing, then new processes that fail at first.
    for down in [Unseen(12, 0), Gone(12, 0)] {
        mail()
            .series(OK, &counter(1_000_000, &[Up(100, 50), down, Restart, Up(2, 0), Up(100, 50)]))
            .series(ERROR, &counter(4_000, &[Up(100, 0), down, Restart, Up(2, 3), Up(100, 0)]))
            .until("107m")
            .near("107m", &counted("total"), "10006")
            .firing("107m", "MailDeliveryBurnPage", 0)
            .run();
    }
}

#[test]
fn a_new_instance_brings_no_events_of_its_past() {
    let new = |series: &str| series.replace("'a'", "'new'");
    for end in [Gone(100, 0), Unseen(100, 0)] {
        mail()
            .series(OK, &counter(0, &[Up(100, 50), end]))
            .series(&OK.replace("'a'", "'b'"), &counter(0, &[Up(200, 50)]))
            .series(&new(OK), &format!("_x101 {}", counter(9_000_000, &[Up(99, 50)])))
            .series(&new(ERROR), &format!("_x101 {}", counter(8_000_000, &[Up(99, 0)])))
            .until("100m")
            .is("100m", &counted("total"), "19950")
            .is("100m", &counted("bad"), "0")
            .silent()
            .run();
    }
}

#[test]
fn a_label_that_all_targets_get_brings_no_events_of_their_past() {
    // The old series end at once, some scrapes after the new ones began, or are never known to have ended: Prometheus says
    // so of a target that is gone after two more intervals, and of none when it is itself started with another configuration.
    let relabelled = |series: &str| series.replace("job=", "zone='eu',job=");
    for end in [Gone(100, 0), Unseen(100, 0)] {
        mail()
            .series(OK, &counter(7_000_000, &[Up(100, 50), end]))
            .series(ERROR, &counter(6_000_000, &[Up(100, 0), end]))
            .series(&relabelled(OK), &format!("_x101 {}", counter(7_005_050, &[Up(99, 50)])))
            .series(&relabelled(ERROR), &format!("_x101 {}", counter(6_000_000, &[Up(99, 0)])))
            .until("100m")
            .is("100m", &counted("total"), "9950")
            .is("100m", &counted("bad"), "0")
            .silent()
            .run();
    }
}

#[test]
fn a_label_that_all_targets_get_over_a_restart_brings_no_events_of_their_past() {
    // Four minutes without samples or, after the fifth minute, evaluations; then all series with another label.
    let relabelled = |series: &str| series.replace("job=", "zone='eu',job=");
    for missing in [8, 16, 28] {
        let before = |value| counter(value, &[Up(100, 50), Unseen(100, 0)]);
        mail()
            .series(OK, &before(7_000_000))
            .series(ERROR, &counter(6_000_000, &[Up(100, 0), Unseen(100, 0)]))
            .series(
                &relabelled(OK),
                &format!("_x{} {}", 101 + missing, counter(7_100_000, &[Up(99 - missing, 50)])),
            )
            .series(
                &relabelled(ERROR),
                &format!("_x{} {}", 101 + missing, counter(6_000_000, &[Up(99 - missing, 0)])),
            )
            .until("100m")
            .is("100m", &counted("total"), &(9_950 - 50 * missing).to_string())
            .is("100m", &counted("bad"), "0")
            .silent()
            .run();
    }
}

#[test]
fn a_restart_of_prometheus_loses_nothing() {
    for start in [8, 9, 10, 11] {
        mail()
            .series(OK, &counter(0, &[Up(100 + start, 90), Unseen(8, 90), Up(92 - start, 90)]))
            .series(ERROR, &counter(0, &[Up(100 + start, 10), Unseen(8, 10), Up(92 - start, 10)]))
            .until("100m")
            .is("100m", &counted("total"), "20000")
            .is("100m", &counted("bad"), "2000")
            .run();
    }
}

#[test]
fn counts_are_whole_whatever_the_scrape_interval() {
    for scrape in [10, 15, 30, 60] {
        let per = u64::from(scrape);
        let samples = 3600 / per;
        mail()
            .scraped_every(scrape)
            .series(OK, &counter(0, &[Up(samples, 9 * per), Up(samples / 4, 0)]))
            .series(ERROR, &counter(0, &[Up(samples, per), Up(samples / 4, 0)]))
            .until("75m")
            .is("75m", &counted("total"), "36000")
            .is("75m", &counted("bad"), "3600")
            .is("75m", "sum(slo:total_events:increase6h)", "36000")
            .is("75m", "sum(slo:bad_events:increase6h)", "3600")
            .is("50m", "sum(slo:sli_error:ratio_rate30m)", "0.1")
            .run();
    }
}

#[test]
fn one_of_several_instances_that_is_not_scraped_for_a_while_is_made_good() {
    for gap in [Gone(20, 50), Gone(1, 50), Gone(28, 50), Unseen(20, 50)] {
        let after = match gap {
            Gone(samples, _) | Unseen(samples, _) => 100 - samples,
            Up(..) | Restart => 0,
        };
        mail()
            .series(OK, &counter(0, &[Up(200, 50)]))
            .series(&OK.replace("'a'", "'b'"), &counter(0, &[Up(100, 50), gap, Up(after, 50)]))
            .until("100m")
            .is("100m", &counted("total"), "20000")
            .silent()
            .run();
    }
}

#[test]
fn a_gap_of_one_instance_while_another_restarts_counts_nothing_twice() {
    // Known to fall short by 200: what the restarted counter no longer shows of the last quarter of an hour hides a part of what the other gained
    // unseen. Nothing is counted that did not happen.
    mail()
        .series(OK, &counter(0, &[Up(104, 50), Restart, Up(96, 50)]))
        .series(&OK.replace("'a'", "'b'"), &counter(0, &[Up(100, 50), Gone(20, 50), Up(80, 50)]))
        .until("100m")
        .is("100m", &counted("total"), "19800")
        .silent()
        .run();
}

#[test]
fn a_gap_in_a_targets_first_quarter_of_an_hour_is_made_good_at_its_end() {
    // What a counter showed a quarter of an hour ago tells what it gained since, and until then this one showed nothing.
    mail()
        .series(OK, &counter(0, &[Up(200, 50)]))
        .series(
            &OK.replace("'a'", "'b'"),
            &format!("_x20 {}", counter(5000, &[Up(12, 50), Gone(4, 50), Up(120, 50)])),
        )
        .until("50m")
        .is("24m30s", &counted("total"), "3650")
        .is("25m", &counted("total"), "4000")
        .is("50m", &counted("total"), "9000")
        .silent()
        .run();
}

#[test]
fn targets_that_come_and_go_count_nothing_twice() {
    // Three generations of two instances, one after the other; whatever a process counted before it was known is not in the interval.
    let lived = |name: &str| OK.replace("'a'", &format!("'{name}'"));
    mail()
        .series(&lived("a"), &counter(0, &[Up(60, 10), Gone(60, 0)]))
        .series(&lived("b"), &counter(0, &[Up(70, 10), Gone(50, 0)]))
        .series(&lived("c"), &format!("_x61 {} stale", counter(5000, &[Up(60, 10)])))
        .series(&lived("d"), &format!("_x71 {}", counter(7000, &[Up(100, 10)])))
        .until("85m")
        .is("85m", &counted("total"), "2890")
        .silent()
        .run();
}

/// One request a second, looked at as seldom as a lost evaluation is made good, from an hour on.
fn months(period: &str, zone: &str, from: u64, hours: u64) -> Play {
    let slo = format!(
        "objective: 99%\nperiod: {period}\ntime_zone: {zone}\npolicy: monthly\nsli:\n  total: mail_sent_total{{job='mail'}}\n  bad: mail_sent_total{{job='mail', outcome='error'}}"
    );
    let policy = "\n  monthly:\n    tiers:\n      - { severity: page, budget: 1%, long: 1h, short: 15m }\n";
    let slo = slo.lines().map(|line| format!("    {line}\n")).collect::<String>();
    let head = "version: slowburn/v1\nservice: mail\nmissing_events: off\nslos:\n  delivery:\n";
    Play::of(&format!("{PROJECT}{policy}"), &format!("{head}{slo}"))
        .scraped_every(900)
        .evaluated_every(900)
        .series(OK, &format!("_x{} {}", from * 4, counter(0, &[Up((hours - from) * 4, 900)])))
}

#[test]
fn a_calendar_period_begins_when_its_zone_says() {
    // Hours since the beginning of 1970: the first of February, and of April when Madrid is two hours ahead and Sydney eleven.
    if !full() {
        skipped("calendar periods that begin in April: set SLOWBURN_FULL=1");
    }
    let all = [
        ("calendar month", "UTC", 700, 31 * 24, "month"),
        ("calendar month", "America/Bogota", 700, 31 * 24 + 5, "month"),
        ("calendar month", "Europe/Madrid", 700, 31 * 24 - 1, "month"),
        ("calendar month", "Europe/Madrid", 2100, 90 * 24 - 2, "month"),
        ("calendar quarter", "Australia/Sydney", 2100, 90 * 24 - 11, "quarter"),
    ];
    // Three months of evaluations take promtool half a minute.
    for (period, zone, from, begins, name) in
        all.into_iter().filter(|(_, _, from, ..)| full() || *from < 1000)
    {
        let events = format!("sum(slo:total_events:{name})");
        months(period, zone, from, begins + 3)
            .until(&format!("{}h", begins + 2))
            .near(&format!("{}m", begins * 60 - 15), &events, &((begins - from) * 3600 - 900).to_string())
            // The quarter of an hour that ends with the old period is the new one's.
            .is(&format!("{begins}h"), &events, "900")
            .is(&format!("{}h", begins + 2), &events, "8100")
            .run();
    }
}

#[test]
fn a_gap_holds_a_page_whatever_the_scrape_interval() {
    for scrape in [10, 15, 60] {
        let per = u64::from(scrape);
        let minutes = |minutes: u64| minutes * 60 / per;
        let parts = |healthy: u64, burning: u64| {
            [
                Up(minutes(60), healthy * per),
                Up(minutes(20), burning * per),
                Unseen(minutes(10), burning * per),
                Up(minutes(20), burning * per),
            ]
        };
        mail()
            .scraped_every(scrape)
            .series(OK, &counter(0, &parts(10, 9)))
            .series(ERROR, &counter(0, &parts(0, 1)))
            .until("110m")
            .firing("67m", "MailDeliveryBurnPage", 0)
            .firing_for("110m", "39m45s", "MailDeliveryBurnPage", 80)
            .is("110m", &counted("bad"), "3000")
            .run();
    }
}

#[test]
fn a_probe_that_fails_once_after_a_gap_is_one_bad_look() {
    // Whatever is not up yet when Prometheus is costs one look, not the gap, and pages nobody.
    let slo = "objective: 99%\nsli:\n  probe: probe_success{job='blackbox'}";
    with(slo)
        .series("probe_success{job='blackbox',instance='a'}", "1+0x119 stale _x19 0 1+0x60")
        .until("95m")
        .is("95m", &counted("bad"), "1")
        .firing("70m", "MailDeliveryBurnPage", 0)
        .run();
}

#[test]
fn total_and_good_of_targets_that_are_scraped_one_after_the_other_meet() {
    // A burst that the one scrape shows before the other is bad in one evaluation, and taken back in the next.
    let slo = "objective: 99%\nsli:\n  total: lb_requests_total\n  good: app_answers_total";
    let bursts = |start: &[Part]| {
        let bursts: Vec<Part> = std::iter::repeat_n([Up(1, 1000), Up(3, 0)], 30).flatten().collect();
        counter(0, &[start, bursts.as_slice()].concat())
    };
    with(slo)
        .series("lb_requests_total{job='lb',instance='l'}", &bursts(&[]))
        .series("app_answers_total{job='app',instance='a'}", &bursts(&[Up(1, 0)]))
        .until("60m")
        .is("60m", &counted("total"), "30000")
        .is("60m", &counted("bad"), "0")
        .is("60m", "sum(slo:sli_error:ratio_rate6h)", "0")
        .run();
}

#[test]
fn errors_of_another_target_are_counted_from_the_first_one_on() {
    // The load balancer counts all requests, the application its errors: the series of one of them is born with 40.
    let slo = "objective: 99%\nsli:\n  total: lb_requests_total\n  bad: app_errors_total";
    with(slo)
        .series("lb_requests_total{job='lb',instance='l'}", &counter(0, &[Up(120, 100_000)]))
        .series("app_errors_total{job='app',instance='a',kind='known'}", &counter(0, &[Up(120, 0)]))
        .series("app_errors_total{job='app',instance='a',kind='new'}", "_x60 40+0x60")
        .until("60m")
        .is("60m", &counted("bad"), "40")
        .silent()
        .run();
}
