//! Samples for all series that the rules and dashboards of a model read: played through the rules, or generated.

use std::collections::BTreeMap;
use std::fmt::Write;

use slowburn::model::{Behaviour, Labels, Model, Series};
use slowburn::plan::RuleOutput;
use slowburn::promql;
use slowburn::vocabulary::Decimal;

/// The value at a time in seconds; `None` without a sample.
type Curve = Box<dyn Fn(u64) -> Option<f64>>;

/// The number of steps of an outage of an hour, in half minutes.
pub const STEPS: u32 = 120;

/// The series that the SLIs of `slos/` read, with their values while a fifth of all events is bad.
fn inputs(model: &Model) -> BTreeMap<String, Series> {
    let mut inputs = BTreeMap::new();
    for each in
        model.services.iter().flat_map(|service| &service.slos).flat_map(|slo| &slo.stimulus).flatten()
    {
        // A histogram has more buckets than the one that the SLI counts.
        if each.labels.contains_key("le") {
            for (le, good, bad) in [("0.001", 0, 0), ("+Inf", 1, 1)] {
                let mut bucket = each.clone();
                bucket.labels.insert("le".to_owned(), le.to_owned());
                bucket.behaviour = Behaviour::Counts { good, bad };
                inputs.entry(written_out(&bucket)).or_insert(bucket);
            }
        }
        inputs.entry(written_out(each)).or_insert(each.clone());
    }
    inputs
}

fn written_out(series: &Series) -> String {
    let labels: Vec<(&str, &str)> =
        series.labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    promql::build::selector(&series.name, &labels).to_string()
}

/// The same in promtool's notation: four good events for every bad one, or a state that is always bad.
pub fn series(model: &Model) -> BTreeMap<String, String> {
    let values = |series: &Series| match &series.behaviour {
        Behaviour::Counts { good, bad } => format!("0+{}x{STEPS}", 40 * good + 10 * bad),
        Behaviour::Stands { bad, .. } => format!("{bad}+0x{STEPS}"),
        Behaviour::Grows { bad, .. } => format!("0+{}x{STEPS}", bad * Decimal::from(30)),
        Behaviour::Ages { bad, .. } => format!("-{bad}+30x{STEPS}"),
        Behaviour::Observes | Behaviour::Exists { .. } | Behaviour::Counted { .. } => {
            panic!("no SLO of ours is read so")
        }
    };
    inputs(model).iter().map(|(name, series)| (name.clone(), values(series))).collect()
}

/// Samples in the text format from which promtool makes blocks: generated values for every series that the rules record and that the SLIs read, as if
/// budgets had been spent for `days`, with an outage two thirds into the last two hours.
pub fn made_up(model: &Model, end: u64, days: u64) -> String {
    let mut metrics: BTreeMap<String, String> = BTreeMap::new();
    let mut add =
        |name: &str, labels: &Labels, every: u64, since: u64, value: &dyn Fn(u64) -> Option<f64>| {
            let labels: Vec<(&str, &str)> =
                labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let series = format!("{name}{}", promql::build::selector("", &labels));
            let text = metrics.entry(name.to_owned()).or_default();
            let begin = end - end % every - since;
            for at in (begin..=end).step_by(every as usize) {
                if let Some(value) = value(at) {
                    let _ = writeln!(text, "{series} {value} {at}");
                }
            }
        };
    const RECENT: u64 = 2 * 3600;
    let outage = move |at: u64| at + 2400 > end && at + 1200 < end;
    let inputs = inputs(model);
    let plan = slowburn::plan_of(model);
    let slos = plan.services.iter().flat_map(|service| &service.slos);
    for (index, slo) in slos.enumerate() {
        let promise = &slo.promise;
        let budget = promise.budget.to_string().parse::<f64>().unwrap();
        let kept = |label: &String, other: &str| {
            let known = inputs.values().filter(|series| {
                slo.groups.iter().flat_map(|group| &group.rules).any(|rule| {
                    rule.expr
                        .selectors()
                        .iter()
                        .any(|selector| selector.name.as_deref().is_some_and(|name| name == series.name))
                })
            });
            let value = known.filter_map(|series| series.labels.get(label)).next();
            (label.clone(), format!("{}{other}", value.map_or("x", String::as_str)))
        };
        let others = if promise.by.is_empty() { &[""][..] } else { &["", "-2"][..] };
        for (place, other) in others.iter().enumerate() {
            let mut labels: Labels = promise.by.iter().map(|label| kept(label, other)).collect();
            labels.insert("service".to_owned(), promise.service.clone());
            labels.insert("slo".to_owned(), promise.slo.clone());
            // From 0.1 to 1.3 budgets, evenly over the period.
            let spent = 0.1 + 0.15 * ((index + 5 * place) % 9) as f64;
            let few = index % 8 == 5;
            let period = promise.period_length.secs();
            let left = move |at: u64| {
                let gone = 1.0 - (end - at) as f64 / period as f64;
                1.0 - spent * gone.max(0.0).powi(2)
            };
            let burn = move |at: u64| if outage(at) { 20.0 } else { spent };
            for rule in slo.groups.iter().flat_map(|group| &group.rules) {
                let RuleOutput::Record(name) = &rule.makes else { continue };
                let mut labels = labels.clone();
                labels.extend(rule.labels.iter().map(|(name, value)| (name.clone(), value.clone())));
                if name == "slo:definition:info" {
                    if place == 0 {
                        add(name, &rule.labels, 60, days * 86_400, &|_| Some(1.0));
                    }
                    continue;
                }
                let total = if few { 7.0 } else { 250_000.0 };
                let long = days * 86_400;
                let (every, since, value): (u64, u64, Curve) = match name.as_str() {
                    "slo:objective:ratio" => (60, RECENT, Box::new(move |_| Some(1.0 - budget))),
                    "slo:error_budget:ratio" => (240, long, Box::new(move |_| Some(budget))),
                    "slo:current_burn_rate:ratio" => (60, RECENT, Box::new(move |at| Some(burn(at)))),
                    "slo:period_error_budget_remaining:ratio" => {
                        (600, long, Box::new(move |at| Some(left(at))))
                    }
                    "slo:period_burn_rate:ratio" => (240, RECENT, Box::new(move |at| Some(1.0 - left(at)))),
                    "slo:error_budget_exhaustion:seconds" => (
                        240,
                        RECENT,
                        Box::new(move |at| {
                            Some((left(at) * period as f64 / burn(at)).clamp(0.0, period as f64))
                        }),
                    ),
                    _ if *name == slo.readings.period_ratio.series.name.clone().unwrap() => {
                        (240, RECENT, Box::new(move |at| Some(budget * (1.0 - left(at)))))
                    }
                    _ if *name == slo.readings.period_total.series.name.clone().unwrap() => {
                        (600, long, Box::new(move |_| Some(total)))
                    }
                    _ if name.starts_with("slo:expected_events:") => {
                        (600, long, Box::new(move |_| Some(total)))
                    }
                    _ if *name == slo.readings.period_bad.series.name.clone().unwrap() => {
                        (240, RECENT, Box::new(move |at| Some(total * budget * (1.0 - left(at)))))
                    }
                    _ if name.contains(":ratio_") => {
                        (60, RECENT, Box::new(move |at| Some((budget * burn(at)).min(1.0))))
                    }
                    _ if name.contains(":tile") => {
                        let bad = name.contains("bad");
                        (
                            300,
                            long.min(2 * 86_400),
                            Box::new(move |at| {
                                Some(if bad { 300.0 * (budget * burn(at)).min(1.0) } else { 300.0 })
                            }),
                        )
                    }
                    _ => (60, RECENT, Box::new(move |at| Some(300.0 + (at % 1800) as f64 / 20.0))),
                };
                add(name, &labels, every, since, &value);
            }
            for (_, alert) in slo.alerts() {
                let mut labels = labels.clone();
                let rule = slo
                    .groups
                    .iter()
                    .flat_map(|group| &group.rules)
                    .find(|rule| matches!(&rule.makes, RuleOutput::Alert(it) if it.id == alert.id));
                labels.extend(Labels::clone(&rule.unwrap().labels));
                labels.insert("alertname".to_owned(), alert.id.name.clone());
                let since = labels.clone();
                labels.insert("alertstate".to_owned(), "firing".to_owned());
                // The alerts of half the SLOs still fire.
                let still = move |at: u64| index % 2 == 0 && place == 0 && at + 1200 >= end;
                add("ALERTS", &labels, 60, RECENT, &|at| (outage(at) || still(at)).then_some(1.0));
                add("ALERTS_FOR_STATE", &since, 60, RECENT, &|at| {
                    (outage(at) || still(at)).then_some((end - 2400) as f64)
                });
            }
        }
    }
    for (index, series) in inputs.values().enumerate() {
        let wave = move |at: u64| 1.0 + ((at + 600 * index as u64) % 3600) as f64 / 3600.0;
        let number = |decimal: &Decimal| decimal.to_string().parse::<f64>().unwrap();
        let value: Curve = match &series.behaviour {
            Behaviour::Counts { good, bad } => {
                let rate = f64::from(9 * good + bad);
                Box::new(move |at| Some(rate * (at + RECENT - end) as f64))
            }
            Behaviour::Stands { good, bad } => {
                let (good, bad) = (number(good), number(bad));
                Box::new(move |at| Some(if outage(at) { bad } else { good * wave(at) / 2.0 }))
            }
            Behaviour::Grows { good, .. } => {
                let rate = number(good);
                Box::new(move |at| Some(rate * (at + RECENT - end) as f64))
            }
            Behaviour::Ages { good, .. } => {
                let age = number(good);
                Box::new(move |at| Some(at as f64 - age * wave(at)))
            }
            Behaviour::Observes | Behaviour::Exists { .. } | Behaviour::Counted { .. } => {
                panic!("no SLO of ours is read so")
            }
        };
        add(&series.name, &series.labels, 15, RECENT - 60, &value);
    }
    metrics.into_values().collect::<String>() + "# EOF\n"
}
