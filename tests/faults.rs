//! Failures outside of the SLO's service, written by hand as series: only the rules come from the compiler.
//!
//! At every evaluation of every test, the general conditions are checked, too: no NaN, no infinity, no ratio above one, no negative count.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use support::rules::{Play, compiled, groups};
use support::{full, skipped};

/// Windows so short that tests of hours are enough. At 99 %, pages fire above 2.4 %, tickets above 1.5 %.
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

/// A service that sends mails.
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
    with_in(PROJECT, slo)
}

fn with_in(project: &str, slo: &str) -> Play {
    let slo = slo.lines().map(|line| format!("    {line}\n")).collect::<String>();
    let head = "version: slowburn/v1\nservice: mail\nmissing_events: off\nslos:\n  delivery:\n";
    Play::of(project, &format!("{head}{slo}"))
}

/// The sum of all events that were counted.
fn counted(side: &str) -> String {
    format!("sum(sum_over_time(slo:{side}_events:increase30s[6h]))")
}

/// A part of a counter's life; with numbers of samples.
#[derive(Clone, Copy)]
enum Part {
    /// Counts up by this much per sample.
    Up(u64, u64),
    /// Counts up without being scraped.
    Unseen(u64, u64),
    /// The series has ended, and the process counts up without being scraped.
    Gone(u64, u64),
    /// The process restarts from zero, without being scraped.
    Restart,
}
use Part::{Gone, Restart, Unseen, Up};

/// A counter's samples; the first one is `start`.
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
    // Three hours of night with few events, half of them bad; two hours of day with many good events.
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

/// Groups are evaluated in parallel: a count may not be there yet when another group sums the five minutes up to it.
#[test]
fn late_counts_are_in_a_sum_of_five_minutes() {
    for play in [mail(), mail().last_group_first()] {
        play.series(OK, &counter(0, &[Up(270, 90)]))
            .series(ERROR, &counter(0, &[Up(100, 10), Up(170, 0)]))
            .until("131m")
            .is("131m", "sum(sum_over_time(slo:total_events:tile5m[6h]))", &(261 * 90 + 100 * 10).to_string())
            .is("131m", "sum(sum_over_time(slo:bad_events:tile5m[6h]))", "1000")
            .is("131m", "sum(slo:total_events:increase6h)", &(261 * 90 + 100 * 10).to_string())
            .run();
    }
}

#[test]
fn a_new_error_series_counts_its_first_errors() {
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
fn a_new_error_series_of_a_rarely_scraped_target() {
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
fn one_failure_in_two_requests_an_hour_does_not_alert() {
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
fn two_failures_in_two_requests_an_hour_alert() {
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
        // Series of facts that do not depend on counts are known, too.
        let (said, counted): (Vec<_>, Vec<_>) =
            recorded.into_iter().partition(|rule| rule["record"] == "slo:definition:info");
        assert!(said.iter().all(|info| info["labels"].get("team").is_some()), "{said:?}");
        counted
    };
    assert_eq!(recorded("team: red"), recorded("team: blue, floor: '3'"));
}

#[test]
fn series_may_have_the_labels_that_the_rules_set() {
    let mail = |outcome: &str, service: &str| {
        format!(
            "mail_sent_total{{job='mail',instance='a',outcome='{outcome}',service='{service}',slo='x',events='y'}}"
        )
    };
    let good = "mail_sent_total{job='mail', outcome!='error'}";
    let bad = "mail_sent_total{job='mail', outcome='error'}";
    let total = "mail_sent_total{job='mail'}";
    for sli in [
        format!("total: {total}\n  bad: {bad}"),
        format!("total: {total}\n  good: {good}"),
        format!("good: {good}\n  bad: {bad}"),
        format!("total: {total}\n  bad: mail_sent_total{{job='mail', outcome='error', service=~'.+'}}"),
    ] {
        with(&format!("objective: 99%\nsli:\n  {sli}"))
            .series(&mail("ok", "web"), &counter(0, &[Up(100, 5)]))
            .series(&mail("ok", "mobile"), &counter(0, &[Up(100, 5)]))
            .series(&mail("error", "web"), &counter(0, &[Up(100, 5)]))
            .series(&mail("error", "mobile"), &counter(0, &[Up(100, 5)]))
            .until("50m")
            .is("50m", &counted("total"), "2000")
            .is("50m", &counted("bad"), "1000")
            .firing("50m", "MailDeliveryBurnPage", 1)
            .run();
    }
    // As a kept label under another name.
    with(&format!("objective: 99%\nby: {{ of: service }}\nsli:\n  total: {total}\n  bad: {bad}"))
        .series(&mail("ok", "web"), &counter(0, &[Up(100, 5)]))
        .series(&mail("error", "web"), &counter(0, &[Up(100, 5)]))
        .series(&mail("ok", "mobile"), &counter(0, &[Up(100, 10)]))
        .until("50m")
        .is("50m", &counted("total"), "2000")
        .is("50m", "sum(sum_over_time(slo:total_events:increase30s{of='web'}[6h]))", "1000")
        .is("50m", "sum(sum_over_time(slo:bad_events:increase30s{of='web'}[6h]))", "500")
        .firing("50m", "MailDeliveryBurnPage", 1)
        .run();
}

#[test]
fn negative_matchers_work() {
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
        // An hour without errors, 20 minutes of outage, ten minutes of outage without scrapes, 20 more minutes of outage.
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
            // After 7.2 minutes with 10 % errors, 2.4 % of half an hour are bad.
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
fn a_gap_while_all_is_good_fires_no_alert() {
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
fn one_of_several_processes_restarts() {
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
fn a_host_restarts_with_all_its_counters() {
    // Six minutes without data, then new processes that fail at first.
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
fn a_new_instance_counts_no_old_events() {
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
fn a_new_label_on_all_targets_counts_no_old_events() {
    // The old series end at once, or some scrapes after the new ones began, or without a staleness marker. Prometheus writes the marker two intervals
    // after a target has disappeared, and none if Prometheus itself restarts with another configuration.
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
fn a_new_label_on_all_targets_at_a_restart_counts_no_old_events() {
    // Four minutes without samples, or after the fifth minute without evaluations; then all series have another label.
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
fn a_gap_of_one_of_several_instances_is_compensated() {
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
    mail()
        .series(OK, &counter(0, &[Up(104, 50), Restart, Up(96, 50)]))
        .series(&OK.replace("'a'", "'b'"), &counter(0, &[Up(100, 50), Gone(20, 50), Up(80, 50)]))
        .until("100m")
        .is("100m", &counted("total"), "20000")
        .silent()
        .run();
}

#[test]
fn a_gap_in_a_targets_first_quarter_of_an_hour_is_compensated() {
    mail()
        .series(OK, &counter(0, &[Up(200, 50)]))
        .series(
            &OK.replace("'a'", "'b'"),
            &format!("_x20 {}", counter(5000, &[Up(12, 50), Gone(4, 50), Up(120, 50)])),
        )
        .until("50m")
        .is("24m30s", &counted("total"), "3900")
        .is("25m", &counted("total"), "4000")
        .is("50m", &counted("total"), "9000")
        .silent()
        .run();
}

#[test]
fn targets_that_appear_and_disappear_count_no_event_twice() {
    // Three generations of two instances, one after the other. What a process counted before its first scrape is not in the result.
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

/// One request per second. Rules are evaluated as rarely as missed evaluations are compensated, from an hour on.
fn months(period: &str, zone: &str, from: u64, hours: u64) -> Play {
    let slo = format!(
        "objective: 99%\nperiod: {period}\ntime_zone: {zone}\npolicy: monthly\nsli:\n  total: mail_sent_total{{job='mail'}}\n  bad: mail_sent_total{{job='mail', outcome='error'}}"
    );
    of_months(&slo)
        .scraped_every(900)
        .evaluated_every(900)
        .series(OK, &format!("_x{} {}", from * 4, counter(0, &[Up((hours - from) * 4, 900)])))
}

/// With a policy for months.
fn of_months(slo: &str) -> Play {
    let policy = "\n  monthly:\n    tiers:\n      - { severity: page, budget: 1%, long: 1h, short: 15m }\n";
    let slo = slo.lines().map(|line| format!("    {line}\n")).collect::<String>();
    let head = "version: slowburn/v1\nservice: mail\nmissing_events: off\nslos:\n  delivery:\n";
    Play::of(&format!("{PROJECT}{policy}"), &format!("{head}{slo}"))
}

#[test]
fn a_calendar_period_begins_when_its_zone_says() {
    // In hours since the begin of 1970: the begin of February, and the begin of April, when Madrid is two hours ahead of UTC and Sydney eleven.
    if !full() {
        skipped("calendar periods that begin in April, or in UTC: set SLOWBURN_FULL=1");
    }
    let all = [
        ("calendar month", "UTC", 700, 31 * 24, "month"),
        ("calendar month", "America/Bogota", 700, 31 * 24 + 5, "month"),
        ("calendar month", "Europe/Madrid", 700, 31 * 24 - 1, "month"),
        ("calendar month", "Europe/Madrid", 2100, 90 * 24 - 2, "month"),
        ("calendar quarter", "Australia/Sydney", 2100, 90 * 24 - 11, "quarter"),
    ];
    // promtool needs half a minute for evaluations of three months. UTC is the case that cannot go wrong alone.
    for (period, zone, from, begins, name) in
        all.into_iter().filter(|(_, zone, from, ..)| full() || *from < 1000 && *zone != "UTC")
    {
        let events = format!("sum(slo:total_events:{name})");
        months(period, zone, from, begins + 3)
            .until(&format!("{}h", begins + 2))
            .near(&format!("{}m", begins * 60 - 15), &events, &((begins - from) * 3600 - 900).to_string())
            // The quarter of an hour in which the old period ends belongs to the new one.
            .is(&format!("{begins}h"), &events, "900")
            .is(&format!("{}h", begins + 2), &events, "8100")
            .run();
    }
}

/// In Bogota January begins five hours into the test. Ten events come every half minute, and all fail for five minutes of the month's first quarter
/// of an hour.
#[test]
fn the_budget_of_a_new_month_is_that_of_the_whole_month_on_every_ruler() {
    let slo = "objective: 99%\nperiod: calendar month\ntime_zone: America/Bogota\npolicy: monthly\nsli:\n  total: mail_sent_total{job='mail'}\n  bad: mail_sent_total{job='mail', outcome='error'}";
    for (late, apart) in [(false, "1e-9"), (true, "1e-3")] {
        let play = of_months(slo);
        let play = if late { play.late() } else { play };
        // The first count of five minutes is recorded after half a minute, and then one every five minutes, with a hundred events each.
        let near = |expr: &str, value: &str| format!("abs({expr} / ({value}) - 1) < bool {apart}");
        let expected = "sum(slo:expected_events:month)";
        let spent = "1 - sum(slo:period_error_budget_remaining:ratio)";
        play.series(OK, &counter(0, &[Up(620, 10), Up(10, 0), Up(220, 10)]))
            .series(ERROR, &counter(0, &[Up(620, 0), Up(10, 10), Up(220, 0)]))
            .until("420m")
            .is("304m", &near(expected, "100 + 6010 / 61 * 8927"), "1")
            .is("304m", "sum(slo:period_error_budget_remaining:ratio)", "1")
            .is("419m", &near(expected, "2400 + 8310 / 84 * 8904"), "1")
            .is("419m", &near(&format!("({spent})"), "100 / (2400 + 8310 / 84 * 8904) / 0.01"), "1")
            // A twenty-fourth of the events of two hours is bad.
            .is("419m", &near("sum(slo:sli_error:ratio_month)", "1 / 24"), "1")
            .run();
    }
}

#[test]
fn a_page_keeps_firing_during_a_gap_at_any_scrape_interval() {
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
fn a_probe_that_fails_once_after_a_gap_is_one_bad_evaluation() {
    // A target that is not up yet when Prometheus starts has one bad evaluation. The gap does not count, and does not page.
    let slo = "objective: 99%\nsli:\n  probe: probe_success{job='blackbox'}";
    with(slo)
        .series("probe_success{job='blackbox',instance='a'}", "1+0x119 stale _x19 0 1+0x60")
        .until("95m")
        .is("95m", &counted("bad"), "1")
        .firing("70m", "MailDeliveryBurnPage", 0)
        .run();
}

#[test]
fn total_and_good_from_separate_scrapes_agree() {
    // A burst that only one of two scrapes shows is bad in one evaluation, and is compensated in the next one.
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
fn events_that_one_of_two_programs_shows_later_are_not_bad() {
    let slo = "objective: 99.9%\nsli:\n  total: lb_requests_total\n  good: app_answers_total";
    let lb = "lb_requests_total{job='lb',instance='l'}";
    let app = |instance: &str| format!("app_answers_total{{job='app',instance='{instance}'}}");
    // One scrape is missed, or three in two minutes. Then all are back.
    for end in ["stale _x1", "stale _x2"] {
        let missed =
            end.split(' ').map(|part| part.trim_start_matches("_x").parse().unwrap_or(1)).sum::<u64>();
        let back = 30_300 + 300 * missed;
        for late in [false, true] {
            let play = with(slo);
            let play = if late { play.late() } else { play };
            play.series(lb, "0+300x240")
                .series(&app("a"), &format!("0+300x100 {end} {back}+300x130"))
                .until("110m")
                .is("110m", &counted("bad"), "0")
                .silent()
                .run();
        }
    }
    // The last scrape is between two evaluations.
    for missed in [4, 5, 6, 7] {
        let before = 120;
        let play = with(slo).scraped_every(15).series(lb, "0+150x480").series(
            &app("a"),
            &format!("0+150x{before} stale _x{} {}+150x340", missed - 1, 150 * (before + 1 + missed)),
        );
        play.until("110m").is("110m", &counted("bad"), "0").silent().run();
    }
    // One of two pods restarts, or both one after the other.
    with(slo)
        .series(lb, "0+600x240")
        .series(&app("a"), "0+300x100 stale _x1 30900+300x137")
        .series(&app("b"), "0+300x240")
        .until("110m")
        .is("110m", &counted("bad"), "0")
        .silent()
        .run();
    // Both programs are on one host, or have no instance.
    for instance in ["instance='h'", ""] {
        for matchers in [("", ""), ("{job='lb'}", "{job='app'}")] {
            let slo = format!(
                "objective: 99.9%\nsli:\n  total: lb_requests_total{}\n  good: app_answers_total{}",
                matchers.0, matchers.1
            );
            with(&slo)
                .series(&format!("lb_requests_total{{job='lb',{instance}}}"), "0+300x240")
                .series(
                    &format!("app_answers_total{{job='app',{instance}}}"),
                    "0+300x100 stale _x2 31200+300x130",
                )
                .until("110m")
                .is("110m", &counted("bad"), "0")
                .silent()
                .run();
        }
    }
    // Six pods are replaced, one a minute. Of each, only the events between its last scrape and the first one of its successor are missing.
    for late in [false, true] {
        let mut play = with("objective: 99%\nsli:\n  total: lb_requests_total\n  good: app_answers_total");
        if late {
            play = play.late();
        }
        play = play.series(lb, "0+600x240");
        for pod in 0..6 {
            let end = 100 + 2 * pod;
            play = play
                .series(&app(&format!("old{pod}")), &format!("0+100x{} stale", end - 1))
                .series(&app(&format!("new{pod}")), &format!("_x{end} 0+100x{}", 240 - end));
        }
        play.until("110m").is("110m", &counted("bad"), "600").silent().run();
    }
    // If it really fails, the alert fires two minutes later.
    with(slo)
        .series(lb, "0+300x240")
        .series(&app("a"), "0+300x100 stale")
        .until("70m")
        .is("70m", &counted("total"), "42000")
        .is("70m", &counted("bad"), "12000")
        .firing("54m", "MailDeliveryBurnPage", 1)
        .run();
}

#[test]
fn errors_from_another_target_are_counted_from_the_first_on() {
    // The load balancer counts all requests, the application its errors. A new error series begins at 40. A contract shows that `kind` is a label of
    // the metric. Without a contract the series may belong to a new target, and then counts only from its first sample on.
    let contract = "# TYPE lb_requests_total counter\nlb_requests_total 1\n# TYPE app_errors_total counter\napp_errors_total{kind='known'} 1\n";
    let source = |contract: &str| {
        let slo = "slos:\n  delivery:\n    objective: 99%\n    sli:\n      total: lb_requests_total\n      bad: app_errors_total\n";
        format!("version: slowburn/v1\nservice: mail\nmissing_events: off\n{contract}{slo}")
    };
    let contract = contract.replace('\'', "\"");
    for (metrics, born) in [("metrics: mail.prom\n", "40"), ("", "0")] {
        Play::from(&[
            ("slos/slowburn.yaml", PROJECT),
            ("slos/mail.yaml", &source(metrics)),
            ("slos/mail.prom", &contract),
        ])
        .series("lb_requests_total{job='lb',instance='l'}", &counter(0, &[Up(120, 100_000)]))
        .series("app_errors_total{job='app',instance='a',kind='known'}", &counter(0, &[Up(120, 0)]))
        .series("app_errors_total{job='app',instance='a',kind='new'}", "_x60 40+0x60")
        .until("60m")
        .is("60m", &counted("bad"), born)
        .silent()
        .run();
    }
}

/// The events of an SLI's series, and their number.
struct Happening {
    name: String,
    sli: &'static str,
    by: &'static str,
    contract: &'static str,
    series: Vec<(String, String)>,
    /// In minutes.
    length: u64,
    total: u64,
    bad: u64,
}

impl Happening {
    /// Checks that the counts are right and that no page fires, also if rules see results of other groups one evaluation late.
    fn play(self) {
        let by = if self.by.is_empty() { String::new() } else { format!("    by: {}\n", self.by) };
        let (contract, metrics) = match self.contract {
            "" => ("", ""),
            text => (text, "metrics: it.prom\n"),
        };
        let source = format!(
            "version: slowburn/v1\nservice: mail\nmissing_events: off\n{metrics}slos:\n  delivery:\n    objective: 99%\n{by}    sli: {}\n",
            self.sli
        );
        let files = [
            ("slos/slowburn.yaml", PROJECT),
            ("slos/mail.yaml", source.as_str()),
            ("slos/it.prom", contract),
        ];
        for late in [false, true] {
            let mut play = Play::from(&files[..if contract.is_empty() { 2 } else { 3 }]);
            if late {
                play = play.late();
            }
            for (name, values) in &self.series {
                play = play.series(name, values);
            }
            let end = format!("{}m", self.length);
            let all = |side: &str| format!("sum(sum_over_time(slo:{side}_events:increase30s[20h]))");
            let title = format!("vector({}) # {}", u8::from(late), self.name);
            play.until(&end)
                .is(&end, &title, &u8::from(late).to_string())
                .is(&end, &all("total"), &self.total.to_string())
                .is(&end, &all("bad"), &self.bad.to_string())
                .silent()
                .run();
        }
    }
}

const COUNTERS: &str = r#"{ total: 'calls_total{job="col"}', bad: 'calls_total{job="col",code="500"}' }"#;
const CALLS: &str = "# TYPE calls_total counter\ncalls_total{code=\"200\",route=\"/\"} 1\n";

/// `calls_total` of the job `col` with further labels.
fn calls(labels: &str) -> String {
    format!("calls_total{{job='col',{labels}}}")
}

/// A counter that is constant in the last ten of these samples.
fn resting(start: u64, by: u64, samples: u64) -> String {
    format!("{start}+{by}x{} {}x40", samples, start + by * samples)
}

#[test]
fn a_burst_after_older_series_have_ended_is_not_a_restart() {
    // Most series of the target have expired, so a burst is more than half of the rest. It is not a new process, in which all errors would be new.
    let series = vec![
        (calls("instance='c',code='200'"), "1000000+0x20 stale".to_owned()),
        (calls("instance='c',code='201'"), "100+0x60 300+0x60".to_owned()),
        (calls("instance='c',code='500'"), "8000+0x20 stale".to_owned()),
        (calls("instance='c',code='503'"), "5000+0x121".to_owned()),
    ];
    let name = "a burst".to_owned();
    Happening { name, sli: COUNTERS, by: "", contract: "", series, length: 50, total: 200, bad: 0 }.play();
}

#[test]
fn counts_of_other_processes_of_a_target_are_not_counted_again() {
    let of = |lane: u8, code: u16| calls(&format!("instance='c',lane='{lane}',code='{code}'"));
    let contract = "# TYPE calls_total counter\ncalls_total{code=\"200\",lane=\"1\"} 1\n";
    let happening = |name: &str, series: Vec<(String, &str)>, total, bad| {
        let series = series.into_iter().map(|(name, values)| (name, values.to_owned())).collect();
        Happening { name: name.to_owned(), sli: COUNTERS, by: "", contract, series, length: 50, total, bad }
            .play();
    };
    // It has fewer calls than the restarted one has in half a minute, and more errors.
    let series = vec![
        (of(1, 200), "1000000+0x40 200+0x60"),
        (of(1, 500), "8000+0x40 stale"),
        (of(2, 200), "100+0x121"),
        (of(2, 500), "5000+0x121"),
    ];
    happening("a small one", series, 200, 0);
    // One after the other.
    let series = vec![
        (of(1, 200), "1000000+100x40 2000+0x80"),
        (of(1, 500), "8000+0x40 0+0x80"),
        (of(2, 200), "900000+0x39 1000+0x80"),
        (of(2, 500), "7000+0x39 20+0x80"),
    ];
    happening("a rolling restart", series, 7020, 20);
}

#[test]
fn a_process_that_fails_from_its_start_has_all_its_errors_counted() {
    let series = vec![
        (calls("instance='c',code='200'"), "1000000+500x40 1200+0x80".to_owned()),
        (calls("instance='c',code='500'"), "_x41 140+0x80".to_owned()),
    ];
    let name = "one metric".to_owned();
    Happening { name, sli: COUNTERS, by: "", contract: CALLS, series, length: 50, total: 21340, bad: 140 }
        .play();
    let of = |name: &str, route: &str| format!("{name}{{job='j',instance='a',route='{route}'}}");
    let series = vec![
        (of("asked_total", "a"), "1000000+500x40 1200+0x80".to_owned()),
        (of("asked_total", "b"), "_x41 140+0x80".to_owned()),
        (of("failed_total", "b"), "_x41 140+0x80".to_owned()),
    ];
    let sli = "{ total: 'asked_total', bad: 'failed_total' }";
    let contract = "# TYPE asked_total counter\nasked_total{route=\"a\"} 1\n# TYPE failed_total counter\nfailed_total{route=\"a\"} 1\n";
    let name = "two metrics".to_owned();
    Happening { name, sli, by: "", contract, series, length: 50, total: 21340, bad: 140 }.play();
}

#[test]
fn a_series_that_expires_and_returns_counts_only_new_events() {
    // Returns after one minute, six, twenty, and three hours. A collector removes series after five idle minutes.
    for away in [2, 12, 40, 360] {
        let total = 120 + away;
        let ok = (calls("instance='c:9464',code='200'"), resting(1_000_000, 100, total));
        let error = |away: u64| format!("5000+0x100 stale _x{away} 5001+0x200 5001x400");
        let name = format!("away for {away} samples");
        let length = (total + 40) / 2;
        let events = 100 * total + 1;
        let series = vec![ok.clone(), (calls("instance='c:9464',code='500'"), error(away))];
        Happening {
            name: name.clone(),
            sli: COUNTERS,
            by: "",
            contract: "",
            series,
            length,
            total: events,
            bad: 1,
        }
        .play();
        // Three hours take promtool long, and the length matters only for this kind of counter.
        if away != 12 && away != 40 && !full() {
            continue;
        }
        // One promise per code of a region.
        let by = |series: &str| series.replace("job='col'", "job='col',region='eu'");
        let series =
            vec![(by(&ok.0), ok.1.clone()), (by(&calls("instance='c:9464',code='500'")), error(away))];
        Happening {
            name: name.clone(),
            sli: COUNTERS,
            by: "[region]",
            contract: "",
            series,
            length,
            total: events,
            bad: 1,
        }
        .play();
        // A sum of two counters.
        let sums = r#"{ good: 'sent_total + kept_total', bad: 'lost_total + late_total' }"#;
        let series = vec![
            ("sent_total{job='j',instance='a'}".to_owned(), ok.1.clone()),
            ("kept_total{job='j',instance='a'}".to_owned(), "7x900".to_owned()),
            ("lost_total{job='j',instance='a'}".to_owned(), error(away)),
            ("late_total{job='j',instance='a'}".to_owned(), "70x900".to_owned()),
        ];
        Happening {
            name: name.clone(),
            sli: sums,
            by: "",
            contract: "",
            series,
            length,
            total: events,
            bad: 1,
        }
        .play();
        // Total and good events from two metrics. The good ones return with their increase.
        let two = r#"{ total: 'asked_total', good: 'answered_total' }"#;
        let route = |route: &str, name: &str| format!("{name}{{job='j',instance='a',route='{route}'}}");
        let series = vec![
            (route("a", "asked_total"), resting(1000, 100, total)),
            (route("a", "answered_total"), resting(1000, 100, total)),
            (route("b", "asked_total"), format!("4000+0x100 stale _x{away} 4001+0x200 4001x400")),
            (route("b", "answered_total"), format!("1000+0x100 stale _x{away} 1001+0x200 1001x400")),
        ];
        let contract = "# TYPE asked_total counter\nasked_total{route=\"a\"} 1\n# TYPE answered_total counter\nanswered_total{route=\"a\"} 1\n";
        Happening { name: name.clone(), sli: two, by: "", contract, series, length, total: events, bad: 0 }
            .play();
        // The buckets of a histogram.
        let histogram =
            r#"{ good: 'd_seconds_bucket{job="j",le="0.5"}', total: 'd_seconds_count{job="j"}' }"#;
        let of = |name: &str, route: &str, le: &str| {
            format!("d_seconds_{name}{{job='j',instance='a',route='{route}'{le}}}")
        };
        let series = vec![
            (of("count", "a", ""), resting(1000, 100, total)),
            (of("bucket", "a", ",le='0.5'"), resting(1000, 100, total)),
            (of("count", "b", ""), format!("4000+0x100 stale _x{away} 4001+0x200 4001x400")),
            (of("bucket", "b", ",le='0.5'"), format!("1000+0x100 stale _x{away} 1001+0x200 1001x400")),
        ];
        let contract = "# TYPE d_seconds histogram\nd_seconds_bucket{route=\"a\",le=\"0.5\"} 1\nd_seconds_bucket{route=\"a\",le=\"+Inf\"} 1\nd_seconds_count{route=\"a\"} 1\nd_seconds_sum{route=\"a\"} 1\n";
        for contract in ["", contract] {
            let series = series.clone();
            // Without a contract a route looks like a target, which is forgotten after a quarter of an hour.
            let known = !contract.is_empty() || away < 30;
            let total = 100 * total + u64::from(known);
            Happening { name: name.clone(), sli: histogram, by: "", contract, series, length, total, bad: 0 }
                .play();
        }
    }
}

#[test]
fn native_histograms_that_return_or_restart_count_only_new_events() {
    const SLI: &str = r#"objective: P99 < 250ms
sli: { latency: 'smtp_delivery_duration_seconds{job="mail"}', histogram: native }"#;
    // Fast ones took less than an eighth of a second, slow ones half a second to one.
    let sample = |(fast, slow): (u64, u64)| {
        let count = fast + slow;
        format!("{{{{schema:0 sum:{count} count:{count} offset:-3 buckets:[{fast} 0 0 {slow}]}}}}")
    };
    let samples = |values: Vec<(u64, u64)>| values.into_iter().map(sample).collect::<Vec<_>>().join(" ");
    let play = |series: Vec<String>, total: u64, good: u64| {
        let mut play = with_in(&format!("{PROJECT}prometheus: {{ version: \"3.0\" }}\n"), SLI).newest();
        for (at, values) in series.iter().enumerate() {
            let name = format!("smtp_delivery_duration_seconds{{job='mail',instance='a',route='{at}'}}");
            play = play.series(&name, values);
        }
        play.until("99m30s")
            .is("99m30s", &format!("round({}, 0.1)", counted("total")), &total.to_string())
            .is("99m30s", &format!("round({}, 0.1)", counted("good")), &good.to_string())
            .silent()
            .run();
    };
    let steady = || samples((0..200).map(|at| (1_000_000 + 100 * at, 0)).collect());
    // Away for one minute, six and twenty. After a quarter of an hour nothing is known of what a series was.
    for (away, slow, new) in [(2, 4000, 1), (12, 4000, 1), (12, 0, 1), (40, 4000, 0)] {
        let gone = vec!["_"; away].join(" ");
        let (before, after) = (samples(vec![(1000, slow); 60]), samples(vec![(1001, slow); 139 - away]));
        play(vec![steady(), format!("{before} stale {gone} {after}")], 19_900 + new, 19_900 + new);
    }
    let old = (0..60).map(|at| (1_000_000 + 100 * at, 0));
    let restarted = samples(old.chain((0..140).map(|at| (90 + 100 * at, 1))).collect());
    play(vec![restarted], 19_891, 19_890);
    // At its first scrape a new process has no observations yet.
    let old = (0..100).map(|at| (1_000_000 + 100 * at, 0));
    let empty = "{{schema:0 sum:0 count:0}}";
    let empty =
        format!("{} {empty} {}", samples(old.collect()), samples((1..100).map(|at| (100 * at, 0)).collect()));
    play(vec![empty], 19_800, 19_800);
    // The histogram halves its resolution. Then the limit is within a larger bucket, and old events seem to be fast that were not.
    let fine = (0..100)
        .map(|at| format!("{{{{schema:1 count:{0} offset:-4 buckets:[{0}]}}}}", 1_000_000 + 100 * at));
    let coarse = (100..200)
        .map(|at| format!("{{{{schema:0 count:{0} offset:-2 buckets:[{0}]}}}}", 1_000_000 + 100 * at));
    let halved = fine.chain(coarse).collect::<Vec<_>>().join(" ");
    with_in(&format!("{PROJECT}prometheus: {{ version: \"3.0\" }}\n"), &SLI.replace("250ms", "210ms"))
        .newest()
        .series("smtp_delivery_duration_seconds{job='mail',instance='a'}", &halved)
        .until("99m30s")
        .is("99m30s", "sum(min_over_time(slo:bad_events:increase30s[90m]) >= bool 0)", "1")
        .run();
}

#[test]
fn an_error_series_that_disappears_for_ever_counts_nothing() {
    for contract in ["", CALLS] {
        let series = vec![
            (calls("instance='a',route='/',code='200'"), resting(0, 100, 400)),
            (calls("instance='a',route='/',code='500'"), "4000+0x100 stale".to_owned()),
            (calls("instance='a',route='/',code='503'"), "70x150 71x400".to_owned()),
        ];
        let sli = r#"{ total: 'calls_total{job="col"}', bad: 'calls_total{job="col",code=~"5.."}' }"#;
        let (name, by) = ("vanishes".to_owned(), "");
        Happening { name, sli, by, contract, series, length: 220, total: 40_001, bad: 1 }.play();
    }
}

#[test]
fn series_with_other_labels_count_no_old_events() {
    let moved = |from: &str, to: &str, end: &str| {
        vec![
            (calls(&format!("{from},code='200'")), format!("1000000+100x200 {end}")),
            (calls(&format!("{from},code='500'")), format!("5000+0x200 {end}")),
            (calls(&format!("{to},code='200'")), format!("_x201 {}", resting(1_020_200, 100, 200))),
            (calls(&format!("{to},code='500'")), "_x201 5000x300".to_owned()),
        ]
    };
    let another = [("instance='other',route='/',code='200'".to_owned(), resting(500, 100, 400))];
    // Replicas without an instance, and then one more; a target with another label; a second cluster; one of many routes; only the code.
    let all = [
        ("replica='a'", "replica='b'", "", 0),
        ("instance='a',replica='a'", "instance='a',replica='b'", CALLS, 0),
        ("instance='a',zone='x'", "instance='a',zone='y'", CALLS, 0),
        ("instance='a'", "instance='a',cluster='two'", CALLS, 0),
        ("instance='a',route='/users/1'", "instance='a',route='/users/:id'", "", 0),
        ("instance='a',route='/users/1'", "instance='a',route='/users/:id'", CALLS, 200),
        ("instance='col-0',app='cart'", "instance='col-1',app='cart'", CALLS, 0),
    ];
    for (from, to, contract, unseen) in all {
        // The old series end at once, or without a staleness marker, so that both exist for five minutes.
        for end in ["stale", "_x200"] {
            let overlapped = end != "stale";
            if overlapped && !to.contains("replica") && !full() {
                continue;
            }
            if overlapped && contract == CALLS && to.contains(":id") {
                // With a label of the metric itself (see the manual), this cannot be distinguished from new errors.
                continue;
            }
            let mut series = moved(from, to, end);
            series.extend(another.iter().map(|(labels, values)| (calls(labels), values.clone())));
            let total = 80_000 + unseen;
            let name = format!("{from} becomes {to}, {end}");
            Happening { name, sli: COUNTERS, by: "", contract, series, length: 220, total, bad: 0 }.play();
        }
    }
    // Neither job nor instance.
    let bare = r#"{ total: 'calls_total', bad: 'calls_total{code="500"}' }"#;
    let series = vec![
        ("calls_total{code='200'}".to_owned(), resting(1000, 100, 400)),
        ("calls_total{code='500'}".to_owned(), "_x200 3x300".to_owned()),
    ];
    let (name, by, contract) = ("bare".to_owned(), "", "");
    Happening { name, sli: bare, by, contract, series, length: 220, total: 40_003, bad: 3 }.play();
}

#[test]
fn restarted_processes_count_their_whole_values() {
    let contract = "# TYPE calls_total counter\ncalls_total{code=\"200\",lane=\"1\"} 1\n";
    // Two independent counters behind one target, of which one restarts. Then new error series appear.
    let lane = |lane: &str, code: &str| calls(&format!("instance='a',lane='{lane}',code='{code}'"));
    let series = vec![
        (lane("1", "200"), resting(100_000, 50, 400)),
        (lane("2", "200"), format!("1000000+50x150 {}", resting(50, 50, 249))),
        (lane("1", "500"), "300x440".to_owned()),
        (lane("2", "500"), "4000x150 0x20 2x300".to_owned()),
    ];
    let (name, sli, by) = ("one of two lanes".to_owned(), COUNTERS, "");
    Happening { name, sli, by, contract, series, length: 220, total: 40_002, bad: 2 }.play();
    // Three targets, one after the other, each missing for three samples. Their error series have disappeared, and are created again.
    let target = |which: u64| {
        let end = 100 + 20 * which;
        let ok = format!("{}+100x{end} stale _x2 {}", 500_000 * (which + 1), resting(100, 100, 396 - end));
        let errors = format!("4000+0x{end} stale _x{} 1x300", 80 - which);
        let of = |code: &str| calls(&format!("instance='{which}',code='{code}'"));
        vec![(of("200"), ok), (of("500"), errors)]
    };
    let series: Vec<_> = (0..3).flat_map(target).collect();
    let total = (0..3).map(|which| 100 * (100 + 20 * which) + 100 * (397 - 100 - 20 * which) + 1).sum();
    let (name, contract) = ("rolling restart".to_owned(), "");
    Happening { name, sli: COUNTERS, by: "", contract, series, length: 220, total, bad: 3 }.play();
    // A process that crashes every two and a half samples, beside one that does not. Counts after its last scrape are lost.
    let crashing = std::iter::repeat_n("100+100x1 100+100x2", 20).collect::<Vec<_>>().join(" ");
    let series = vec![
        (calls("instance='a',code='200'"), format!("0+100x100 {crashing} 300x100")),
        (calls("instance='b',code='200'"), resting(0, 100, 240)),
    ];
    let name = "crash loop".to_owned();
    Happening {
        name,
        sli: COUNTERS,
        by: "",
        contract: "",
        series,
        length: 140,
        total: 10_000 + 20 * 500 + 24_000,
        bad: 0,
    }
    .play();
}

#[test]
fn pods_replaced_every_hour_lose_counts_before_their_first_scrape() {
    // Ten pods per generation, five generations. Each pod fails three times at its start, and twice later with a new code. Counts before a pod's
    // first scrape are lost: 30 calls and 3 errors for each.
    let mut series = Vec::new();
    for generation in 0..5 {
        for pod in 0..10 {
            let of = |code: &str| {
                calls(&format!("instance='{generation}-{pod}',pod='p{generation}-{pod}',code='{code}'"))
            };
            let begin = if generation == 0 { String::new() } else { format!("_x{} ", generation * 120) };
            series.push((of("200"), format!("{begin}30+60x118 stale")));
            series.push((of("500"), format!("{begin}3x118 stale")));
            series.push((of("503"), format!("_x{} 2x58 stale", generation * 120 + 60)));
        }
    }
    let (name, by, contract) = ("pods".to_owned(), "", "");
    let sli = r#"{ total: 'calls_total{job="col"}', bad: 'calls_total{job="col",code=~"5.."}' }"#;
    let (total, bad) = (50 * (118 * 60 + 2), 50 * 2);
    Happening { name, sli, by, contract, series, length: 320, total, bad }.play();
}

#[test]
fn a_deploy_that_removes_a_bound_makes_no_event_bad() {
    let sli = r#"{ latency: 'd_seconds{job="j"}' }"#;
    let source = format!("objective: P95 < 500ms\nsli: {sli}");
    let of = |name: &str, pod: &str, le: &str| format!("d_seconds_{name}{{job='j',instance='{pod}'{le}}}");
    with(&source)
        .series(&of("count", "old", ""), "0+50x300 stale")
        .series(&of("bucket", "old", ",le='0.5'"), "0+50x300 stale")
        .series(&of("count", "new", ""), "_x200 0+50x200")
        .series(&of("bucket", "new", ",le='1'"), "_x200 0+50x200")
        .until("200m")
        .is("200m", &counted("bad"), "0")
        .is("200m", &counted("total"), "15000")
        .silent()
        .run();
}

/// A life of the counters of one process, and the bad events in it.
struct Lives {
    scrape: u32,
    good: String,
    errors: String,
    minutes: u32,
    bad: u32,
}

impl Lives {
    /// On a ruler whose rules see each other's results at once, and on one where they see them one evaluation late.
    fn hold(&self, more: fn(Play) -> Play) {
        more(self.play()).run();
        more(self.play().late()).run();
    }

    fn play(&self) -> Play {
        let until = format!("{}m", self.minutes);
        mail().scraped_every(self.scrape).series(OK, &self.good).series(ERROR, &self.errors).until(&until).is(
            &until,
            &counted("bad"),
            &self.bad.to_string(),
        )
    }
}

#[test]
fn errors_of_a_process_that_restarts_are_counted_although_the_last_one_had_as_many() {
    // A crash every 150 s: each process begins with 15 s of errors alone.
    let good = format!("1000050+150x159{}", " stale 0 100 250+150x6".repeat(16));
    let errors = format!("0x159{}", " stale 100 150x7".repeat(16));
    let crashes = Lives { scrape: 15, good, errors, minutes: 80, bad: 2400 };
    crashes.hold(|play| play.firing("79m", "MailDeliveryBurnPage", 1));
    // One restart. Before it there were fewer errors, or nearly as many, or more.
    for before in [0, 40, 140, 200] {
        let good = "1000000+100x200 _x3 300+100x200".to_owned();
        let errors = format!("{before}x200 _x3 150x200");
        Lives { scrape: 10, good, errors, minutes: 60, bad: 150 }.hold(|play| play);
    }
}

#[test]
fn errors_right_before_a_restart_are_counted() {
    // Every five minutes all fails for 20 s, and then the process is replaced.
    let good = "50+100x27 2750 2750 ".repeat(12);
    let errors = "0x27 50 150 ".repeat(12);
    Lives { scrape: 10, good: good + "50+100x40", errors: errors + "0x40", minutes: 64, bad: 1800 }
        .hold(|play| play);
}

#[test]
fn errors_before_the_first_good_event_of_a_process_are_counted_once() {
    // The series of good events comes with the first of them, minutes after the errors.
    for silent in [3, 12, 60] {
        let good = format!("5000+100x240 stale _x{silent} 100+100x199");
        let errors = "40x240 10+10x299".to_owned();
        Lives { scrape: 10, good, errors, minutes: 85, bad: 2700 }.play().run();
    }
}

#[test]
fn a_quiet_night_makes_no_old_error_new() {
    // All series expire. After 40 minutes the good ones are back, and half an hour later the errors.
    for night in [35, 80, 600] {
        let good = format!("1000000+30x120 stale _x{} 1003600+30x120", night - 1);
        let errors = format!("5000x10 stale _x{} 5001x59", night + 169);
        let night = Lives { scrape: 30, good, errors, minutes: (240 + night) / 2, bad: 1 };
        night.hold(Play::silent);
    }
}

#[test]
fn a_burst_of_a_new_series_after_others_expired_is_no_restart() {
    let series = vec![
        (calls("instance='c',code='500'"), "5000x30 stale".to_owned()),
        (calls("instance='c',code='503'"), "3000x300".to_owned()),
        (calls("instance='c',code='200'"), "1000+5x60 stale".to_owned()),
        (calls("instance='c',code='201'"), "_x85 2 40x215".to_owned()),
    ];
    let name = "a burst".to_owned();
    Happening { name, sli: COUNTERS, by: "", contract: "", series, length: 140, total: 339, bad: 0 }.play();
}

#[test]
fn a_series_that_misses_scrapes_and_returns_unchanged_counts_nothing() {
    let good = "5000+1x300".to_owned();
    let errors = format!("40x60{}", " stale 40x9".repeat(20));
    Lives { scrape: 15, good, errors, minutes: 70, bad: 0 }.hold(Play::silent);
}

#[test]
fn old_errors_that_a_collector_still_shows_after_a_restart_are_not_counted_again() {
    // The process begins again without errors. Its old error series has no stale marker and stays for five minutes. Two errors come later.
    for pause in [1, 4] {
        let good = format!("1000000+150x239 _x{} {}+150x240", pause - 1, 150 * pause);
        let errors = "900x259 stale _x100 2x100".to_owned();
        // The value of the collector's series is above what the new process shows, so of the new errors only one is seen.
        Lives { scrape: 15, good, errors, minutes: 110, bad: 1 }.hold(Play::silent);
    }
}

#[test]
fn failed_requests_that_a_collector_still_shows_after_a_restart_are_not_slow_again() {
    let slo = "objective: 99% < 500ms\nsli:\n  latency: d_seconds{job='mail'}\n  successful: code='ok'";
    let series = |part: &str, code: &str| format!("d_seconds_{part}job='mail',instance='a',code='{code}'}}");
    // The process restarts after half an hour; the series of its failed requests stays, without a stale marker. Later two requests fail.
    let good = "1000000+150x119 _ 150+150x120";
    let old = "90000x139 stale _x40 2x60";
    for late in [false, true] {
        let play = with(slo)
            .series(&series("count{", "ok"), good)
            .series(&series("bucket{le='0.5',", "ok"), good)
            .series(&series("count{", "error"), old)
            .series(&series("bucket{le='0.5',", "error"), old);
        let play = if late { play.late() } else { play };
        // The value of the old series is above what the new process shows, so of the new failures only one is seen.
        play.until("110m").is("110m", &counted("bad"), "1").silent().run();
    }
}

#[test]
fn a_route_that_only_fails_is_counted_by_a_promise_of_fast_and_successful_requests() {
    let slo =
        "objective: 99% < 500ms\nby: [path]\nsli:\n  latency: d_seconds{job='mail'}\n  successful: code='ok'";
    let series = |part: &str, code: &str, path: &str| {
        format!("d_seconds_{part}job='mail',instance='a',code='{code}',path='{path}'}}")
    };
    for late in [false, true] {
        let play = with(slo)
            .series(&series("count{", "ok", "/"), "0+10x140")
            .series(&series("bucket{le='0.5',", "ok", "/"), "0+9x140")
            .series(&series("count{", "error", "/report"), "0+3x140")
            .series(&series("bucket{le='0.5',", "error", "/report"), "0+3x140");
        let play = if late { play.late() } else { play };
        let last = |side: &str, path: &str| format!("sum(slo:{side}_events:increase30s{{path='{path}'}})");
        play.until("60m")
            .is("60m", &last("total", "/"), "10")
            .is("60m", &last("bad", "/"), "1")
            .is("60m", &last("total", "/report"), "3")
            .is("60m", &last("bad", "/report"), "3")
            .run();
    }
}

#[test]
fn what_the_last_scrape_of_a_pod_shows_is_counted() {
    // The pod is gone at the next evaluation. Its last scrape is right before that, or in the middle between two evaluations.
    for samples in [119, 120, 121, 122] {
        let good = format!("5000+150x{samples} stale");
        let errors = format!("0x{} 100 stale", samples - 1);
        Lives { scrape: 15, good, errors, minutes: 50, bad: 100 }.hold(|play| play);
    }
}

#[test]
fn samples_that_are_not_numbers_spoil_nothing() {
    for (good, errors) in [
        ("1000000+150x119 NaN 1018150+150x119", "5000x240"),
        ("1000000+150x240", "5000x119 NaN NaN 5000x119"),
        ("1000000+150x119 NaN 1018150+150x119", "5000x119 NaN 5000x119"),
    ] {
        let (good, errors) = (good.to_owned(), errors.to_owned());
        Lives { scrape: 15, good, errors, minutes: 60, bad: 0 }.hold(Play::silent);
    }
}

#[test]
fn a_share_below_zero_is_a_good_one() {
    // Twelve replicas of ten; for ten minutes there are eight: 20 % are missing at 20 of 181 evaluations.
    with("objective: 90%\nsli:\n  bad_ratio: 1 - sum(available{job='k'}) / sum(wanted{job='k'})")
        .series("available{job='k'}", "12x99 8x19 12x70")
        .series("wanted{job='k'}", "10x190")
        .until("90m")
        .is("90m", &counted("total"), "181")
        .is("90m", &format!("round({}, 0.001)", counted("bad")), "4")
        .run();
}

#[test]
fn a_bucket_that_is_new_makes_no_event_slow() {
    let slo = "objective: 99.9% < 500ms\nsli:\n  latency: d_seconds{job='mail'}";
    let series = |part: &str, instance: u32| format!("d_seconds_{part}job='mail',instance='{instance}'}}");
    for late in [false, true] {
        // Six processes restart, one a minute, and from then on have the bucket.
        let mut restarts = with(slo);
        // The bucket appears without a restart.
        let mut appears = with(slo);
        if late {
            (restarts, appears) = (restarts.late(), appears.late());
        }
        for instance in 0..6 {
            let before = 120 + 2 * instance;
            let counts = format!("1000000+300x{} 150+300x{}", before - 1, 240 - before);
            restarts = restarts
                .series(&series("count{", instance), &counts)
                .series(&series("bucket{le='+Inf',", instance), &counts)
                .series(
                    &series("bucket{le='0.5',", instance),
                    &format!("_x{before} 150+300x{}", 240 - before),
                );
            let bucket = format!("_x{before} {}+300x{}", 1_000_000 + 300 * before, 240 - before);
            let bucket = if instance == 0 { "1000000+300x240".to_owned() } else { bucket };
            appears = appears
                .series(&series("count{", instance), "1000000+300x240")
                .series(&series("bucket{le='0.5',", instance), &bucket);
        }
        for play in [restarts, appears] {
            play.until("110m").is("110m", &counted("bad"), "0").silent().run();
        }
    }
}

#[test]
fn a_bucket_that_is_spelled_in_another_way_hides_no_slow_event() {
    // Prometheus 3 writes 1.0. For five minutes the series of Prometheus 2 is still visible. Half an hour later all events are slow.
    let slo = "objective: 99% < 1s\nsli:\n  latency: d_seconds{job='mail'}";
    let series = |part: &str| format!("d_seconds_{part}job='mail',instance='a'}}");
    with(slo)
        .series(&series("count{"), "1000000+300x240")
        .series(&series("bucket{le='1',"), "990000+300x119")
        .series(&series("bucket{le='1.0',"), "_x120 1026000+300x70 1047000x60")
        .until("110m")
        .firing("92m", "MailDeliveryBurnPage", 0)
        .firing("105m", "MailDeliveryBurnPage", 1)
        .run();
}

/// After an edit of the definition, what the new counters have counted before is not new: their series of targets are others.
#[test]
fn the_counts_begin_again_if_the_definition_has_other_counters() {
    let counters = |slo: &str| -> Vec<String> {
        let slo: String = slo.lines().map(|line| format!("    {line}\n")).collect();
        let source = format!("version: slowburn/v1\nservice: mail\nslos:\n  delivery:\n{slo}");
        let artifacts = compiled(&[("slos/slowburn.yaml", PROJECT), ("slos/mail.yaml", &source)]);
        let all = groups(&artifacts["prometheus/mail.rules.yaml"]);
        let rules = all.iter().flat_map(|group| group["rules"].as_sequence().unwrap());
        rules.filter_map(|rule| Some(rule.get("labels")?.get("counters")?.as_str()?.to_owned())).collect()
    };
    let errors = |objective: &str, codes: &str| {
        format!(
            "objective: {objective}\nsli:\n  total: sent_total{{job='mail'}}\n  bad: sent_total{{job='mail',code=~'{codes}'}}"
        )
    };
    let latency = |limit: &str| format!("objective: 99% < {limit}\nsli:\n  latency: d_seconds{{job='mail'}}");
    let before = counters(&errors("99%", "5.."));
    assert_eq!(before.len(), 4);
    assert!(before.iter().all(|value| *value == before[0]));
    assert_eq!(before, counters(&format!("description: Mails.\n{}", errors("99.5%", "5.."))));
    assert_ne!(before, counters(&errors("99%", "5..|429")));
    let selected = errors("99%", "5..").replace("{job='mail'", "{job='mail',path!='/'");
    assert_ne!(before, counters(&selected));
    assert_ne!(counters(&latency("500ms")), counters(&latency("1s")));
}
