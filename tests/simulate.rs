//! `slowburn simulate` and promtool with the real rules have the same results, for random incidents.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stdout)]

use crate::support;

use std::path::{Path, PathBuf};
use std::time::Instant;

use slowburn::Compiled;
use slowburn::model::{Behaviour, Series};
use slowburn::plan::EventSource;
use slowburn::promql::build::selector;
use slowburn::simulate::{self, Scenario, Schedule, SimulatedSteps, Step, Timeline};
use slowburn::source::{SourceFile, Sources};
use slowburn::vocabulary::{Decimal, Duration, Period, text};
use support::rules::{groups, test_rules, written};
use support::{full, promtool, promtool3, skipped};

/// Two pages, and an alert with a ticket of the fast group and one of the slow group.
const MIXED: &str = "
version: slowburn/v1
policy: brief
policies:
  brief:
    tiers:
      - { severity: page,   budget: 0.5%, long: 30m, short: 5m }
      - { severity: page,   budget: 1%,   long: 1h,  short: 10m }
      - { severity: ticket, budget: 1.5%, long: 2h,  short: 15m }
      - { severity: ticket, budget: 3%,   long: 9h,  short: 1h }
";

/// All tickets in the slow group; one short window is the same as that of a page.
const SLOW: &str = "
version: slowburn/v1
policy: brief
policies:
  brief:
    tiers:
      - { severity: page,   budget: 0.5%, long: 45m, short: 5m }
      - { severity: ticket, budget: 3%,   long: 9h,  short: 45m }
      - { severity: ticket, budget: 3%,   long: 10h, short: 2h }
";

/// Alerts with `keep_firing_for`, in both groups.
const KEPT: &str = "
version: slowburn/v1
policy: brief
policies:
  brief:
    tiers:
      - { severity: page,   budget: 0.5%, long: 30m, short: 5m,  keep_firing_for: 7m }
      - { severity: page,   budget: 1%,   long: 1h,  short: 10m, keep_firing_for: 7m }
      - { severity: ticket, budget: 3%,   long: 9h,  short: 45m, keep_firing_for: 1h }
";

/// The project, and the SLO.
const KINDS: [(&str, &str, &str); 14] = [
    (
        "errors",
        MIXED,
        "objective: 99%\n    traffic: 10/s\n    sli: { total: 'sent_total{job=\"mail\"}', bad: 'sent_total{job=\"mail\", outcome=\"error\"}' }",
    ),
    (
        "errors-slow",
        SLOW,
        "objective: 99%\n    traffic: 10/s\n    sli: { total: 'sent_total{job=\"mail\"}', bad: 'sent_total{job=\"mail\", outcome=\"error\"}' }",
    ),
    (
        "few-events",
        MIXED,
        "objective: 95%\n    traffic: 40/h\n    min_bad_events: { page: 4, ticket: 3 }\n    sli: { total: 'sent_total{job=\"mail\"}', bad: 'sent_total{job=\"mail\", outcome=\"error\"}' }",
    ),
    (
        "good-events",
        MIXED,
        "objective: 98%\n    traffic: 3/m\n    sli: { total: 'sent_total{job=\"mail\"}', good: 'sent_total{job=\"mail\", outcome=\"done\"}' }",
    ),
    (
        "too-few-events",
        MIXED,
        "objective: 95%\n    traffic: 40/h\n    min_bad_events: { page: 1 }\n    min_events: { page: 20, ticket: 70 }\n    sli: { total: 'sent_total{job=\"mail\"}', bad: 'sent_total{job=\"mail\", outcome=\"error\"}' }",
    ),
    (
        "kept",
        KEPT,
        "objective: 99%\n    traffic: 10/s\n    sli: { total: 'sent_total{job=\"mail\"}', bad: 'sent_total{job=\"mail\", outcome=\"error\"}' }",
    ),
    ("probe", SLOW, "objective: 97%\n    sli: { probe: 'probe_success{job=\"mail\"}' }"),
    (
        "slices",
        SLOW,
        "objective: 97%\n    traffic: 1/s\n    budgeting: timeslices\n    slice: { length: 2m, objective: 93.1% }\n    sli: { total: 'sent_total{job=\"mail\"}', bad: 'sent_total{job=\"mail\", outcome=\"error\"}' }",
    ),
    (
        "slices-of-a-probe",
        MIXED,
        "objective: 97%\n    budgeting: timeslices\n    slice: { length: 5m, objective: 47.3% }\n    sli: { probe: 'probe_success{job=\"mail\"}' }",
    ),
    (
        "calendar-month",
        SLOW,
        "objective: 99%\n    traffic: 10/s\n    period: calendar month\n    sli: { total: 'sent_total{job=\"mail\"}', bad: 'sent_total{job=\"mail\", outcome=\"error\"}' }",
    ),
    (
        "calendar-quarter",
        SLOW,
        "objective: 97%\n    period: calendar quarter\n    sli: { probe: 'probe_success{job=\"mail\"}' }",
    ),
    // From two to seven o'clock UTC. promtool begins with a Thursday.
    (
        "hours",
        MIXED,
        "objective: 99%\n    traffic: 10/s\n    hours: { days: wednesday, hours: '23:00-04:00', time_zone: America/Bogota }\n    sli: { total: 'sent_total{job=\"mail\"}', bad: 'sent_total{job=\"mail\", outcome=\"error\"}' }",
    ),
    (
        "hours-of-slices",
        SLOW,
        "objective: 97%\n    traffic: 1/s\n    hours: { days: monday-sunday, hours: ['03:00-05:15', '06:30-07:10'], time_zone: UTC }\n    budgeting: timeslices\n    slice: { length: 3m, objective: 93.1% }\n    sli: { total: 'sent_total{job=\"mail\"}', bad: 'sent_total{job=\"mail\", outcome=\"error\"}' }",
    ),
    (
        "hours-of-a-month",
        SLOW,
        "objective: 97%\n    period: calendar month\n    hours: { days: monday-sunday, hours: ['03:00-05:00', '06:00-08:00'], time_zone: UTC }\n    sli: { probe: 'probe_success{job=\"mail\"}' }",
    ),
];

/// A gap that begins right after a tile: the last sum before it ended half a minute earlier, and most of it is in that tile.
const GAP: &str = "0% for 10m, 53.1% for 5m, no data for 20m, ramp 0% to 12.3% for 40m";

fn compiled(project: &str, slo: &str) -> Compiled {
    let service = format!("version: slowburn/v1\nservice: mail\nslos:\n  it:\n    {slo}\n");
    let file = |path: &str, text: &str| SourceFile { path: path.into(), text: text.into() };
    let sources = Sources::new(vec![file("slos/slowburn.yaml", project), file("slos/mail.yaml", &service)]);
    let compiled = slowburn::compile(&sources);
    assert!(compiled.model.is_some(), "{:#?}", compiled.problems);
    compiled
}

/// Pseudorandom numbers, the same in each run (SplitMix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % most
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }

    /// Two to five phases. Their ratios are chosen so that none is exactly at a threshold.
    fn incident(&mut self, counts: bool) -> String {
        const RATIOS: [&str; 10] =
            ["100%", "100%", "53.1%", "31.7%", "12.3%", "7.3%", "4.7%", "3.1%", "1.9%", "0.37%"];
        let length = |chance: &mut Self, most: u64| Duration::from_secs(30 + chance.below(most * 4) * 15);
        let phase = |chance: &mut Self| match chance.below(10) {
            0 => format!("0% for {}", length(chance, 40)),
            1 => format!("ramp 0% to {} for {}", chance.one(&RATIOS), length(chance, 90)),
            2 if counts => format!("no traffic for {}", length(chance, 30)),
            3 | 4 => format!("no data for {}", length(chance, 25)),
            5 if counts => format!("{} for {} at 20/m", chance.one(&RATIOS), length(chance, 40)),
            6 | 7 => format!("{} for {}", chance.one(&RATIOS), length(chance, 120)),
            _ => format!("{} for {}", chance.one(&RATIOS), length(chance, 10)),
        };
        let mut phases: Vec<String> = (0..1 + self.below(4)).map(|_| phase(self)).collect();
        // A phase that should alert.
        let place = self.below(phases.len() as u64 + 1) as usize;
        phases.insert(place, format!("{} for {}", self.one(&RATIOS[..4]), length(self, 20)));
        phases.join(", ")
    }
}

/// A series' samples at each evaluation, in promtool's notation.
fn samples(series: &Series, steps: &[Step]) -> String {
    let mut value = Decimal::ZERO;
    let mut gone = false;
    let sample = |step: &Step| {
        value = match &series.behaviour {
            Behaviour::Counts { good, bad } => {
                value + Decimal::from(*good) * (step.total - step.bad) + Decimal::from(*bad) * step.bad
            }
            Behaviour::Stands { good, bad } => {
                if step.bad.is_zero() {
                    *good
                } else {
                    *bad
                }
            }
            other => panic!("{other:?}"),
        };
        let shown = match (step.seen, gone) {
            (true, _) => text(value),
            // A failed scrape ends the series at once.
            (false, false) => "stale".to_owned(),
            (false, true) => "_".to_owned(),
        };
        gone = !step.seen;
        shown
    };
    steps.iter().map(sample).collect::<Vec<_>>().join(" ")
}

/// At an evaluation, a query has this value.
type Check = (usize, String, String);

/// Whether an alert fires at each evaluation; `None` if rounding decides.
fn states(timeline: &Timeline, played: &SimulatedSteps, alert: usize) -> Vec<Option<bool>> {
    let course = &timeline.alerts[alert];
    let time =
        |at: usize| Duration::from_millis(timeline.schedule.step.millis() * (at - played.begin) as u64);
    let state = |at: usize| {
        if at < played.begin {
            return Some(false);
        }
        let now = time(at);
        let fires = course
            .firings
            .iter()
            .any(|firing| firing.span.from <= now && firing.span.until.is_none_or(|until| now < until));
        (!course.undecided.contains(&now)).then_some(fires)
    };
    (0..played.steps.len()).map(state).collect()
}

/// The expected alerts at every evaluation, if promtool evaluates both groups each time.
fn at_every_evaluation(timeline: &Timeline, played: &SimulatedSteps) -> Vec<Check> {
    let mut checks = Vec::new();
    let end = played.steps.len() - 1;
    for (index, course) in timeline.alerts.iter().enumerate() {
        let firing = format!("ALERTS{{alertname='{}',alertstate='firing'}}", course.name);
        let states = states(timeline, played, index);
        for at in 1..states.len() {
            if states[at - 1] != states[at] {
                for at in [at - 1, at] {
                    if let Some(fires) = states[at] {
                        let count = format!("count({firing}) or vector(0)");
                        checks.push((at, count, u8::from(fires).to_string()));
                    }
                }
            }
        }
        // All other evaluations in one query.
        if states.iter().all(Option::is_some) {
            let count = states.iter().filter(|state| **state == Some(true)).count();
            let range = Duration::from_secs(30 * end as u64 + 1);
            checks.push((
                end,
                format!("sum(count_over_time({firing}[{range}])) or vector(0)"),
                count.to_string(),
            ));
        }
    }
    if let Some(missing) = &timeline.missing {
        let step = timeline.schedule.step.millis();
        let length = |span: &simulate::Span| {
            let until = span.until.map_or(timeline.watched.millis() + step, |until| until.millis());
            (until - span.from.millis()) / step
        };
        let (name, count) = (&missing.name, missing.firings.iter().map(length).sum::<u64>());
        let firing = format!("ALERTS{{alertname='{name}',alertstate='firing'}}");
        // Before the first count it may fire.
        let range = Duration::from_secs(30 * (end as u64 - 1) + 1);
        checks.push((
            end,
            format!("sum(count_over_time({firing}[{range}])) or vector(0)"),
            count.to_string(),
        ));
        for span in &missing.firings {
            let at = played.begin + (span.from.millis() / step) as usize;
            for (at, fires) in [(at - 1, "0"), (at, "1")] {
                checks.push((at, format!("count({firing}) or vector(0)"), fires.to_owned()));
            }
        }
    }
    if let (Some(before), Some(after)) = (timeline.budget.before, timeline.budget.least) {
        let left = "slo:period_error_budget_remaining:ratio";
        let near = |expr: &str, value: Decimal| format!("abs(({expr}) - {}) < bool 1e-9", number(value));
        checks.push((played.begin, near(&format!("max({left})"), before), "1".to_owned()));
        let least = format!(
            "min(min_over_time({left}[{}]))",
            Duration::from_secs(30 * (end - played.begin) as u64 + 1)
        );
        checks.push((end, near(&least, after), "1".to_owned()));
    }
    checks
}

fn number(value: Decimal) -> String {
    let text = text(value);
    if text.starts_with('-') { format!("({text})") } else { text }
}

/// The expected alerts of the slow group every five minutes, as on a server.
fn at_the_slow_groups_evaluations(timeline: &Timeline, played: &SimulatedSteps, first: usize) -> Vec<Check> {
    let mut checks = Vec::new();
    for (index, course) in timeline.alerts.iter().enumerate() {
        let slow = timeline.tiers.iter().filter(|tier| tier.tier.severity == course.severity);
        // `keep_firing_for` begins with the last evaluation that fired, and promtool has more evaluations.
        if slow.clone().any(|tier| !tier.tier.slow || tier.tier.keep_firing_for.is_some()) {
            continue;
        }
        let firing = format!("count(ALERTS{{alertname='{}',alertstate='firing'}}) or vector(0)", course.name);
        let states = states(timeline, played, index);
        let evaluations: Vec<usize> = (first..states.len()).step_by(10).collect();
        for pair in evaluations.windows(2) {
            if states[pair[0]] != states[pair[1]] {
                for at in pair {
                    if let Some(fires) = states[*at] {
                        checks.push((*at, firing.clone(), u8::from(fires).to_string()));
                    }
                }
            }
        }
    }
    checks
}

/// One test of promtool.
fn test(title: &str, series: &[Series], (steps, idle): (&[Step], usize), checks: &[Check]) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let mut test = format!("  - name: {}\n    interval: 30s\n    input_series:\n", quoted(title));
    for series in series {
        let labels: Vec<(&str, &str)> =
            series.labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let name = selector(&series.name, &labels).to_string();
        test += &format!(
            "      - {{ series: {}, values: {} }}\n",
            quoted(&name),
            quoted(&format!("{}{}", "_ ".repeat(idle), samples(series, steps)))
        );
    }
    test += "    promql_expr_test:\n";
    for (at, expr, value) in checks {
        test += &format!("      - expr: {}\n        eval_time: {}s\n", quoted(expr), (idle + at) * 30);
        test += &format!("        exp_samples: [{{ labels: '{{}}', value: {value} }}]\n");
    }
    test
}

/// The number of comparisons.
#[derive(Default)]
struct ComparedSide {
    incidents: usize,
    evaluations: usize,
    firings: usize,
    undecided: usize,
}

fn compare(tool: &Path, closed: bool, incidents: u64) -> ComparedSide {
    let mut compared = ComparedSide::default();
    let mut folders = Vec::new();
    for (kind, (name, project, slo)) in KINDS.into_iter().enumerate() {
        let compiled = compiled(project, slo);
        let plan = compiled.plan().unwrap();
        let plan = &plan.services[0].slos[0];
        let series = compiled.model.as_ref().unwrap().services[0].slos[0].stimulus.clone().unwrap();
        let mut artifacts = compiled.artifacts().unwrap();
        let mut tests = String::from(
            "rule_files: [../prometheus/mail.rules.yaml]\nevaluation_interval: 30s\ngroup_eval_order:\n",
        );
        for group in groups(&artifacts["prometheus/mail.rules.yaml"]) {
            tests += &format!("  - {}\n", group["name"].as_str().unwrap());
        }
        tests += "tests:\n";
        let counts = matches!(plan.observed.by, EventSource::Counters { .. });
        for number in 0..incidents {
            let mut chance = Chance(1000 * kind as u64 + number);
            let incident = match number {
                1 if counts => GAP.to_owned(),
                _ => chance.incident(counts),
            };
            let mut scenario = Scenario::new(plan, &simulate::parse(&incident).unwrap(), None);
            // promtool evaluates every group at each of its steps.
            let step = scenario.schedule.step;
            scenario.schedule = Schedule { long: step, closed, ..scenario.schedule };
            scenario.history = Some(Duration::from_secs(60 * (5 + chance.below(90))));
            // Most of them end before all windows are empty, because promtool needs seconds for that.
            if number % 4 != 3 {
                scenario.after = Some(Duration::from_secs(60 * (30 + chance.below(60))));
            }
            let played = simulate::play(plan, &scenario);
            // It begins with January, which has a day more than the nominal month. The first quarter has its nominal length.
            let is_calendar = matches!(plan.promise.period, Period::Calendar(..));
            // With a date, months have their real length, and hours begin and end, hours after promtool begins.
            let has_hours = plan.promise.agreed.is_some();
            let has_date = has_hours || is_calendar && number % 2 == 1;
            let idle = match name {
                _ if has_hours => 200 + 40 * chance.below(5) as usize,
                "calendar-month" if !has_date => 2880,
                _ => 0,
            };
            scenario.into_period =
                is_calendar.then(|| Duration::from_millis(step.millis() * played.begin as u64));
            scenario.date = has_date.then_some((step.secs() as usize * (idle + played.begin)) as i64);
            let timeline = simulate::simulate(plan, &scenario);
            let mut checks = at_every_evaluation(&timeline, &played);
            if !incident.contains("no data") {
                // The first tile is recorded one evaluation after the first count. For counters, that is the second evaluation.
                let first = usize::from(counts) + 1;
                let phase = (300 + 30 * first as i64 - 30 * played.begin as i64).rem_euclid(300) as u64;
                let long = Schedule::default().long;
                scenario.schedule = Schedule { long, phase: Duration::from_secs(phase), closed, step };
                let timeline = simulate::simulate(plan, &scenario);
                checks.extend(at_the_slow_groups_evaluations(&timeline, &played, first));
            }
            checks.sort();
            compared.incidents += 1;
            compared.evaluations += played.steps.len();
            compared.firings += timeline.alerts.iter().map(|alert| alert.firings.len()).sum::<usize>();
            compared.undecided += usize::from(timeline.undecided);
            if timeline.undecided {
                continue;
            }
            let title = format!("{name} {number}: {incident}");
            tests += &test(&title, &series, (&played.steps, idle), &checks);
        }
        artifacts.insert("promtool/simulated.yaml".to_owned(), tests);
        folders.push(written(&artifacts));
    }
    let files = folders.iter().map(|folder| folder.path().join("promtool/simulated.yaml")).collect();
    let failed = test_rules(tool, files);
    assert!(failed.is_empty(), "{}\n{}", tool.display(), failed.join("\n"));
    compared
}

/// Every alert at every evaluation, and the budget, for random incidents on SLOs of all kinds except `bad_ratio`, whose ratios series cannot have
/// exactly. Ten times as many, and with Prometheus 3, too, if `SLOWBURN_FULL=1`.
#[test]
fn every_month_of_a_long_incident_has_its_own_budget() {
    let slo = "objective: 99.9%\n    traffic: 10/s\n    period: calendar month\n    time_zone: Europe/Madrid\n    sli: { total: 'sent_total{job=\"mail\"}', bad: 'sent_total{job=\"mail\", outcome=\"error\"}' }";
    let plan = compiled("version: slowburn/v1\n", slo).plan().unwrap();
    let after = |incident: &str| {
        let incident = simulate::parse(incident).unwrap();
        let scenario = Scenario::new(&plan.services[0].slos[0], &incident, None);
        simulate::simulate(&plan.services[0].slos[0], &scenario).budget.least
    };
    // An hour on the second day of the next month, and of the month after it.
    let [next, later] = ["0% for 16d, 100% for 1h", "0% for 46d, 100% for 1h"].map(after);
    assert_eq!(next, later);
    // 60 minutes of the 43.2 that a whole month allows, on any day.
    assert_eq!(next.unwrap().round_dp(6), Decimal::new(-388_889, 6));
}

#[test]
fn an_incident_in_a_month_lowers_the_remaining_budget() {
    let sli =
        "sli: { total: 'sent_total{job=\"mail\"}', bad: 'sent_total{job=\"mail\", outcome=\"error\"}' }";
    for (keys, spent) in [
        ("", "11.574%"),
        ("    hours: { days: monday-friday, hours: \"08:00-20:00\", time_zone: Europe/Madrid }\n", "31.566%"),
        (
            "    hours: { days: monday-friday, hours: \"08:00-20:00\", time_zone: Europe/Madrid }\n    traffic: 10/s\n",
            "31.566%",
        ),
    ] {
        let slo = format!("objective: 99.9%\n    period: calendar month\n{keys}    {sli}");
        let plan = compiled("version: slowburn/v1\n", &slo).plan().unwrap();
        let slo = &plan.services[0].slos[0];
        for hours in [1, 24, 240, 700] {
            let incident = simulate::parse("100% for 5m").unwrap();
            let mut scenario = Scenario::new(slo, &incident, None);
            scenario.into_period = Some(Duration::from_secs(3600 * hours));
            let budget = simulate::simulate(slo, &scenario).budget;
            let near = |one: Decimal, other: Decimal| (one - other).abs() < Decimal::new(1, 9);
            assert!(near(Decimal::ONE - budget.spent(), budget.least.unwrap()), "{keys} {hours}: {budget:?}");
            assert_eq!(format!("{}%", (budget.spent() * Decimal::ONE_HUNDRED).round_dp(3)), spent, "{keys}");
        }
    }
}

#[test]
fn promtool_agrees_with_simulations() {
    let tools = promtool().into_iter().map(|tool| (tool, true));
    let newer = if full() { promtool3() } else { None };
    let tools: Vec<(PathBuf, bool)> = tools.chain(newer.map(|tool| (tool, false))).collect();
    if tools.is_empty() {
        skipped("simulations against promtool: there is no promtool");
    }
    if tools.len() < 2 {
        skipped("simulations against promtool of Prometheus 3: set SLOWBURN_FULL=1, and have promtool3");
    }
    let incidents = std::env::var("SLOWBURN_INCIDENTS").ok().and_then(|it| it.parse().ok());
    let incidents = incidents.unwrap_or(if full() { 20 } else { 2 });
    for (tool, closed) in tools {
        let begun = Instant::now();
        let compared = compare(&tool, closed, incidents);
        println!(
            "{}: {} incidents, {} evaluations, {} firings, {} undecided: {:.0?}",
            tool.display(),
            compared.incidents,
            compared.evaluations,
            compared.firings,
            compared.undecided,
            begun.elapsed()
        );
        assert!(compared.firings > compared.incidents / 2, "hardly anything fired");
        assert!(compared.undecided * 10 <= compared.incidents, "too much is left to rounding");
    }
}
