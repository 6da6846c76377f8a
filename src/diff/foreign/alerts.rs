//! Alerts on both sides: their names, thresholds, labels, annotations and receivers.

use std::collections::{BTreeMap, BTreeSet};

use super::{OurSlo, placed, same, severity};
use crate::diff::Side;
use crate::difference::{Change, Kind, Sentence};
use crate::foreign::{Alert, Slo, Tier};
use crate::lower;
use crate::model::Labels;
use crate::plan::{Rule, TierFacts};
use crate::vocabulary::{Decimal, Duration, Severity, digits};

/// The rules of an SLO's burn rate alerts.
pub fn rules(one: OurSlo<'_>) -> impl Iterator<Item = (Severity, &Rule)> {
    one.slo.rules().filter_map(|rule| Some((rule.burn()?.severity, rule)))
}

/// The changes of alerts. Equal parts are added to `kept`.
pub fn changes(theirs: &Slo, one: OurSlo, new: Side, kept: &mut Vec<Sentence>) -> Vec<Change> {
    let subject = [one.name()];
    let spelled = &new.plan.project.severities;
    let (mut changes, mut carried) = (Vec::new(), ConstantChanges::new());
    let mut of: BTreeMap<Severity, Vec<&Alert>> = BTreeMap::new();
    for alert in &theirs.alerts {
        match severity(alert, spelled) {
            _ if alert.absent => changes.extend(absent(alert, one, &subject, kept)),
            Some(severity) => of.entry(severity).or_default().push(alert),
            None => {
                let sentence = placed(&alert.rule).and(match alert.labels.get("severity") {
                    Some(_) => " has a `severity` that is neither page nor ticket, and is not compared",
                    None => " has no label `severity` for page or ticket, and is not compared",
                });
                changes.push(Change::new(Kind::NotUnderstood, &subject, sentence));
            }
        }
    }
    for severity in Severity::ALL {
        let old = of.get(&severity).map(Vec::as_slice).unwrap_or_default();
        let rule = rules(one).find(|(of, _)| *of == severity).map(|(_, rule)| rule);
        let verb = if severity == Severity::Page { "pages" } else { "opens tickets" };
        match (old, rule) {
            ([], None) => {}
            ([], Some(rule)) => {
                let sentence = Sentence::plain(format!("an alert {verb} that the old rules do not have: "));
                changes.push(Change::new(Kind::AlertAdded, &subject, sentence.quote(rule.name())));
            }
            (old, None) => {
                let names: BTreeSet<&String> = old.iter().map(|alert| &alert.rule.name).collect();
                let sentence =
                    Sentence::plain(format!("no alert {verb}, the old rules have one: ")).list(names);
                let warning = match severity {
                    Severity::Page => "nobody is paged any more once the old rules are removed",
                    Severity::Ticket => {
                        "nobody is notified of a slow burn any more once the old rules are removed"
                    }
                };
                changes
                    .push(Change::new(Kind::AlertRemoved, &subject, sentence).warn(Sentence::plain(warning)));
            }
            (old, Some(rule)) => {
                changes.extend(named(severity, old, rule, &subject, kept));
                changes.extend(tiers(severity, old, one, &subject, kept));
                changes.extend(hold_changes(severity, old, rule, &subject, kept));
                labels(severity, old, rule, one, &mut carried);
                annotations(severity, old, rule, &mut carried);
                changes.extend(receiver_change(severity, old, rule, one, new, kept));
            }
        }
    }
    changes.extend(of_both(carried, &subject, kept));
    changes
}

/// A label or an annotation with its change; the severities that have it, and all of its values.
type ConstantChanges =
    BTreeMap<(ConstantKind, String, ConstantChange), (BTreeSet<Severity>, BTreeSet<String>)>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum ConstantKind {
    Label,
    Annotation,
}

/// The change of a label or an annotation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum ConstantChange {
    Kept(Option<String>),
    New(String),
    Is(String),
    Gone,
}

/// A change of both pages and tickets is reported once.
fn of_both(carried: ConstantChanges, subject: &[String], kept: &mut Vec<Sentence>) -> Vec<Change> {
    let mut changes = Vec::new();
    for ((thing, name, fact), (severities, was)) in carried {
        let of: Vec<&str> = severities.iter().map(|severity| severity.as_str()).collect();
        let of = match of[..] {
            [one] => format!(" of the {one}"),
            _ => format!(" of {}", of.join(" and ")),
        };
        let (word, kind) = match thing {
            ConstantKind::Label => ("the label ", Kind::Label),
            ConstantKind::Annotation => ("the annotation ", Kind::Annotation),
        };
        let sentence = Sentence::plain(word).quote(&name).and(of);
        let lost = match thing {
            ConstantKind::Label => {
                "routes, inhibitions and silences that match it do not match the new alert"
            }
            ConstantKind::Annotation => "message templates that use it find nothing",
        };
        let kept_by = match name.as_str() {
            "sloth_id" | "sloth_service" | "sloth_slo" | "sloth_severity" => {
                Some(Sentence::plain("`slowburn import --identity` keeps it"))
            }
            _ => None,
        };
        let change = |sentence| Change::new(kind, subject, sentence);
        match (fact, thing) {
            (ConstantChange::Kept(value), _) => kept.push(match value {
                Some(value) => sentence.and(": ").quote(value),
                None => sentence,
            }),
            (ConstantChange::New(is), _) => changes.push(change(sentence.and(" is new: ").quote(is))),
            (ConstantChange::Is(is), ConstantKind::Label) => {
                let sentence = sentence.and(" is ").quote(is).and(", was ").list(was);
                changes.push(change(sentence).warn(Sentence::plain(lost)));
            }
            (ConstantChange::Is(is), ConstantKind::Annotation) => {
                changes.push(change(sentence.and(" is ").quote(is)))
            }
            (ConstantChange::Gone, ConstantKind::Label) => {
                let change = change(sentence.and(" is removed; was ").list(was)).warn(Sentence::plain(lost));
                changes.push(change.effects(kept_by));
            }
            (ConstantChange::Gone, ConstantKind::Annotation) => {
                changes.push(change(sentence.and(" is removed: ").and(lost)))
            }
        }
    }
    changes
}

fn absent(alert: &Alert, one: OurSlo, subject: &[String], kept: &mut Vec<Sentence>) -> Option<Change> {
    let name = &alert.rule.name;
    match one.service.missing.as_ref().and_then(|group| group.rules.first()) {
        Some(rule) => {
            let sentence =
                Sentence::plain("there is an alert for missing events: ").quote(rule.name()).and(", was ");
            kept.push(sentence.quote(name));
            None
        }
        None => {
            let sentence =
                Sentence::plain("there is no counterpart to the alert for missing events ").quote(name);
            let warning = "a service without measurements looks like a service without errors";
            Some(Change::new(Kind::MissingEvents, subject, sentence).warn(Sentence::plain(warning)))
        }
    }
}

fn named(
    severity: Severity,
    old: &[&Alert],
    rule: &Rule,
    subject: &[String],
    kept: &mut Vec<Sentence>,
) -> Option<Change> {
    let names: BTreeSet<&String> = old.iter().map(|alert| &alert.rule.name).collect();
    let count = old.len();
    if count > 1 {
        kept.push(
            Sentence::plain(format!("{count} alerts of the old rules are one {severity}: "))
                .quote(rule.name()),
        );
    }
    if names.len() == 1 && names.first().is_some_and(|name| *name == rule.name()) {
        kept.push(Sentence::plain(format!("the {severity} ")).quote(rule.name()));
        return None;
    }
    let sentence = Sentence::plain(format!("the {severity} is called ")).quote(rule.name()).and(", was ");
    let warning = Sentence::plain("routes and silences that match ").list(&names).and(" do not match it");
    let was = names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
    let change = Change::new(Kind::AlertRenamed, subject, sentence.list(&names)).values(was, rule.name());
    Some(change.warn(warning).effects([Sentence::plain("`alert_name` keeps the old name")]))
}

/// `a burn rate of 14.4, an error ratio above 0.0144, over 1h and 5m`
fn described(burn_rate: Option<Decimal>, threshold: Decimal, long: Duration, short: Duration) -> String {
    let rounded = |number: Decimal| digits(number, 4);
    let windows = if long == short { format!("{long}") } else { format!("{long} and {short}") };
    let burn = burn_rate.map(|rate| format!("a burn rate of {}, ", rounded(rate))).unwrap_or_default();
    format!("{burn}an error ratio above {}, over {windows}", rounded(threshold))
}

fn tiers(
    severity: Severity,
    old: &[&Alert],
    one: OurSlo,
    subject: &[String],
    kept: &mut Vec<Sentence>,
) -> Vec<Change> {
    let mut before: Vec<&Tier> = old.iter().flat_map(|alert| &alert.tiers).collect();
    let mut after: Vec<&TierFacts> = one.slo.promise.tiers_of(severity).collect();
    let theirs = |tier: &Tier| described(tier.burn_rate, tier.threshold, tier.long, tier.short);
    let ours = |tier: &TierFacts| described(Some(tier.burn_rate), tier.threshold, tier.long, tier.short);
    let mut both: Vec<(&Tier, &TierFacts)> = Vec::new();
    // The same windows first, then the same long window, then the rest in order.
    let alike: [fn(&Tier, &TierFacts) -> bool; 3] =
        [|was, is| was.long == is.long && was.short == is.short, |was, is| was.long == is.long, |_, _| true];
    for alike in alike {
        before.retain(|was| match after.iter().position(|is| alike(was, is)) {
            Some(at) => {
                both.push((was, after.remove(at)));
                false
            }
            None => true,
        });
    }
    let mut changes = Vec::new();
    for (was, is) in both {
        if (was.long, was.short) == (is.long, is.short) && same(was.threshold, is.threshold) {
            kept.push(Sentence::plain(format!("the {severity} at {}", ours(is))));
            continue;
        }
        let sentence =
            Sentence::plain(format!("the {severity} fires at {}; was at {}", ours(is), theirs(was)));
        changes.push(Change::new(Kind::Tier, subject, sentence).values(theirs(was), ours(is)));
    }
    for was in before {
        let sentence = Sentence::plain(format!("the {severity} no longer fires at {}", theirs(was)));
        changes.push(Change::new(Kind::Tier, subject, sentence));
    }
    for is in after {
        let sentence = Sentence::plain(format!("the {severity} also fires at {}", ours(is)));
        changes.push(Change::new(Kind::Tier, subject, sentence));
    }
    changes
}

/// `for` and `keep_firing_for`.
fn hold_changes(
    severity: Severity,
    old: &[&Alert],
    rule: &Rule,
    subject: &[String],
    kept: &mut Vec<Sentence>,
) -> Vec<Change> {
    let Some(alert) = rule.alert() else { return Vec::new() };
    let holds: BTreeSet<Duration> = old.iter().map(|alert| alert.rule.hold).collect();
    let keeps: BTreeSet<Duration> = old.iter().map(|alert| alert.rule.keep_firing_for).collect();
    let mut changes = Vec::new();
    for (field, was, is) in [("for", holds, alert.hold), ("keep_firing_for", keeps, alert.keep_firing_for)] {
        let is = is.unwrap_or_default();
        let none =
            |length: Duration| if length.millis() == 0 { "none".to_owned() } else { length.to_string() };
        if was.iter().all(|was| *was == is) {
            if is.millis() > 0 {
                kept.push(Sentence::plain(format!("the {severity} has `{field}: {is}`")));
            }
            continue;
        }
        let shown = was.into_iter().map(none).collect::<Vec<_>>().join(", ");
        let sentence = Sentence::plain(format!("`{field}` of the {severity} is {}, was {shown}", none(is)));
        changes.push(Change::new(Kind::Tier, subject, sentence).values(shown, none(is)));
    }
    changes
}

/// By name, all values in alerts of one severity.
fn together<'a>(
    alerts: &[&'a Alert],
    of: fn(&'a Alert) -> &'a Labels,
) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let mut all: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, value) in alerts.iter().flat_map(|alert| of(alert)) {
        all.entry(name).or_default().insert(value);
    }
    all
}

fn labels(severity: Severity, old: &[&Alert], rule: &Rule, one: OurSlo, carried: &mut ConstantChanges) {
    let before = together(old, |alert| &alert.labels);
    let mut add = |name: &str, fact: ConstantChange, was: Option<&BTreeSet<&str>>| {
        let known = carried.entry((ConstantKind::Label, name.to_owned(), fact)).or_default();
        known.0.insert(severity);
        known.1.extend(was.into_iter().flatten().map(|value| (*value).to_owned()));
    };
    for (name, values) in &before {
        let fact = match rule.labels.get(*name) {
            Some(is) if values.len() == 1 && values.contains(is.as_str()) => {
                ConstantChange::Kept(Some(is.clone()))
            }
            Some(is) => ConstantChange::Is(is.clone()),
            None if one.slo.promise.by.iter().any(|by| by == name) => ConstantChange::Kept(None),
            None => ConstantChange::Gone,
        };
        add(name, fact, Some(values));
    }
    for (name, is) in rule.labels.iter().filter(|(name, _)| !before.contains_key(name.as_str())) {
        add(name, ConstantChange::New(is.clone()), None);
    }
}

/// Annotations that people wrote, which a message template may use.
fn annotations(severity: Severity, old: &[&Alert], rule: &Rule, carried: &mut ConstantChanges) {
    let Some(alert) = rule.alert() else { return };
    // The rules write these for every alert.
    let written = |name: &str| {
        ["summary", "description"].contains(&name)
            || (name == "runbook_url" && alert.runbook_url.is_some())
            || (name == "dashboard_url" && alert.dashboard.is_some())
    };
    for (name, values) in together(old, |alert| &alert.rule.annotations) {
        let fact = match alert.annotations.get(name) {
            Some(is) if values.contains(is.as_str()) => ConstantChange::Kept(None),
            Some(is) => ConstantChange::Is(is.clone()),
            None if written(name) => ConstantChange::Kept(None),
            None => ConstantChange::Gone,
        };
        carried.entry((ConstantKind::Annotation, name.to_owned(), fact)).or_default().0.insert(severity);
    }
}

/// Changes of receivers, if the new side has routes: the routes are applied to the old and the new alerts.
fn receiver_change(
    severity: Severity,
    old: &[&Alert],
    rule: &Rule,
    one: OurSlo,
    new: Side,
    kept: &mut Vec<Sentence>,
) -> Option<Change> {
    let alertmanager = new.model.project.alertmanager.as_ref()?;
    let receivers = |name: &str, labels: &Labels| -> BTreeSet<String> {
        let mut labels = labels.clone();
        labels.insert("alertname".to_owned(), name.to_owned());
        lower::receivers(alertmanager, &labels).into_iter().map(|notified| notified.receiver).collect()
    };
    let before: BTreeSet<String> =
        old.iter().flat_map(|alert| receivers(&alert.rule.name, &alert.labels)).collect();
    let after = receivers(rule.name(), &rule.labels);
    if before == after {
        let nobody = after.is_empty();
        let sentence =
            Sentence::plain(format!("the {severity}, sent through the routes of the project, goes to "));
        kept.push(if nobody { sentence.and("nobody") } else { sentence.list(after) });
        return None;
    }
    let list = |words: Sentence, names: &BTreeSet<String>| match names.is_empty() {
        true => words.and("nobody"),
        false => words.list(names),
    };
    let sentence = list(Sentence::plain(format!("the {severity} goes to ")), &after);
    let sentence = list(sentence.and("; the old one, sent through the same routes, goes to "), &before);
    let lost: Vec<&String> = before.difference(&after).collect();
    let warning = (!lost.is_empty()).then(|| Sentence::default().list(lost).and(" is not notified any more"));
    Some(Change::new(Kind::Notified, &[one.name()], sentence).warn(warning))
}
