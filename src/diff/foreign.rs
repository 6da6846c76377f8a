//! Compares rules of another tool, or rules written by hand, with a model and its plan, SLO by SLO.
//!
//! **Invariant:** every part of the old side is reported: as equal, as removed, as changed, or as not understood.

mod alerts;
mod measured;
mod series;

pub use measured::{metric_differences, reads};

use std::collections::{BTreeMap, BTreeSet};

use super::promise::new_objective;
use super::{Side, sorted, together};
use crate::difference::{Amounts, Change, Difference, Kind, Sentence};
use crate::foreign::{Foreign, Rule, Slo};
use crate::plan::{Plan, ServicePlan, SloPlan};
use crate::vocabulary::{Decimal, Name, PerSeverity, Period, Severity, percent, shortened};

/// How many rules that are not understood are named.
const NAMED: usize = 100;

/// An SLO of the new side.
#[derive(Clone, Copy, Debug)]
pub struct OurSlo<'a> {
    /// The service.
    pub service: &'a ServicePlan,
    /// The SLO.
    pub slo: &'a SloPlan,
}

impl OurSlo<'_> {
    /// `service/slo`
    pub fn name(&self) -> String {
        format!("{}/{}", self.slo.promise.service, self.slo.promise.slo)
    }
}

/// The pairs of SLOs of both sides.
#[derive(Debug)]
pub struct Matched<'a> {
    /// On both sides, in the order of the new one. Alerts without recording rules that belong together are one SLO.
    pub both: Vec<(Slo, OurSlo<'a>)>,
    /// On the old side only.
    pub old: Vec<&'a Slo>,
    /// On the new side only.
    pub new: Vec<OurSlo<'a>>,
}

/// Pairs by labels first, then by names with the same meaning, then by names of alerts. An SLO with several candidates has no pair.
pub fn matched<'a>(foreign: &'a Foreign, plan: &'a Plan) -> Matched<'a> {
    let services = plan.services.iter();
    let ours: Vec<OurSlo> =
        services.flat_map(|service| service.slos.iter().map(move |slo| OurSlo { service, slo })).collect();
    let mut taken: BTreeMap<usize, usize> = BTreeMap::new();
    let mut used: BTreeSet<usize> = BTreeSet::new();
    type Keys<'a> = (fn(&Slo) -> Vec<String>, fn(OurSlo) -> Vec<String>);
    const BY_ALERTS: usize = 5;
    let keys: [Keys; BY_ALERTS + 1] = [
        (imported, our_names),
        (identities, our_identities),
        (names, our_names),
        (only_objectives, our_names),
        (slo_names, our_slo_names),
        (alert_names, our_alert_names),
    ];
    for (step, (theirs, own)) in keys.into_iter().enumerate() {
        let mut by_key: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for (index, one) in ours.iter().enumerate().filter(|(index, _)| !used.contains(index)) {
            for key in own(*one) {
                by_key.entry(key).or_default().insert(index);
            }
        }
        let mut wanted: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, slo) in foreign.slos.iter().enumerate().filter(|(at, _)| !taken.contains_key(at)) {
            let found: BTreeSet<usize> =
                theirs(slo).iter().filter_map(|key| by_key.get(key)).flatten().copied().collect();
            if let (1, Some(index)) = (found.len(), found.first()) {
                wanted.entry(*index).or_default().push(at);
            }
        }
        for (index, of) in wanted {
            // Only alerts without recording rules can be several for one SLO, such as page and ticket.
            if of.len() == 1 || step == BY_ALERTS {
                taken.extend(of.into_iter().map(|at| (at, index)));
                used.insert(index);
            }
        }
    }
    let mut both: BTreeMap<usize, Slo> = BTreeMap::new();
    for (at, index) in &taken {
        let slo = &foreign.slos[*at];
        match both.get_mut(index) {
            Some(known) => known.join(slo),
            None => drop(both.insert(*index, slo.clone())),
        }
    }
    let slos = foreign.slos.iter().enumerate();
    Matched {
        both: both.into_iter().map(|(index, slo)| (slo, ours[index])).collect(),
        old: slos.filter(|(at, _)| !taken.contains_key(at)).map(|(_, slo)| slo).collect(),
        new: (0..ours.len()).filter(|index| !used.contains(index)).map(|index| ours[index]).collect(),
    }
}

/// A name in our spelling.
fn ours(text: &str) -> String {
    Name::parse(text).or_else(|| Name::nearest(text)).map_or_else(|| text.to_owned(), |name| name.to_string())
}

fn imported(slo: &Slo) -> Vec<String> {
    slo.imported.iter().cloned().collect()
}

fn identities(slo: &Slo) -> Vec<String> {
    let mut keys: Vec<String> = slo
        .identity
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .filter(|key| key.contains("_id="))
        .collect();
    if slo.tool == "Pyrra" {
        keys.push(format!("pyrra_slo={}", slo.name));
    }
    keys.extend(slo.service.as_ref().map(|service| format!("{service}/{}", slo.name)));
    keys
}

fn our_identities(one: OurSlo) -> Vec<String> {
    let mut keys = vec![one.name()];
    for labels in alerts::rules(one).map(|(_, rule)| &rule.labels) {
        let named = ["sloth_id", "pyrra_slo"].into_iter();
        keys.extend(named.filter_map(|name| Some(format!("{name}={}", labels.get(name)?))));
    }
    keys
}

fn names(slo: &Slo) -> Vec<String> {
    slo.service.iter().map(|service| format!("{}/{}", ours(service), ours(&slo.name))).collect()
}

fn our_names(one: OurSlo) -> Vec<String> {
    vec![one.name()]
}

/// Sloth names the SLO of an OpenSLO file with a single objective `…-0`.
fn only_objectives(slo: &Slo) -> Vec<String> {
    let name = slo.name.strip_suffix("-0").filter(|_| slo.tool == "Sloth");
    name.zip(slo.service.as_ref())
        .iter()
        .map(|(name, service)| format!("{}/{}", ours(service), ours(name)))
        .collect()
}

fn slo_names(slo: &Slo) -> Vec<String> {
    // Pyrra has no names of services, and a rule of Sloth may have only its `sloth_id`.
    if slo.service.is_none() { vec![ours(&slo.name)] } else { Vec::new() }
}

fn our_slo_names(one: OurSlo) -> Vec<String> {
    vec![one.slo.promise.slo.clone(), format!("{}-{}", one.slo.promise.service, one.slo.promise.slo)]
}

fn alert_names(slo: &Slo) -> Vec<String> {
    slo.alerts.iter().filter(|alert| !alert.absent).map(|alert| alert.rule.name.clone()).collect()
}

fn our_alert_names(one: OurSlo) -> Vec<String> {
    one.slo.alerts().map(|(_, alert)| alert.id.name.clone()).collect()
}

/// The difference in meaning between rules of another tool and `new`. `complete` is true if all of these rules could be read.
pub fn diff(foreign: &Foreign, complete: bool, new: Side) -> Difference {
    let Matched { both, old, new: added } = matched(foreign, new.plan);
    let mut changes = Vec::new();
    for (theirs, one) in &both {
        let mut kept = Vec::new();
        changes.extend(renamed(theirs, *one, &mut kept));
        changes.extend(promise(theirs, *one, &mut kept));
        changes.extend(measured::changes(theirs, *one, &mut kept));
        changes.extend(alerts::changes(theirs, *one, new, &mut kept));
        changes.extend(series::changes(theirs, *one, &mut kept));
        changes.extend(unclear(&one.name(), theirs));
        if !kept.is_empty() {
            let message = Sentence::plain("on both sides");
            changes.push(Change::new(Kind::Kept, &[one.name()], message).effects(kept));
        }
    }
    for slo in &old {
        changes.extend(removed(slo, new.complete));
    }
    for one in &added {
        changes.push(added_slo(*one, complete));
    }
    changes.extend(rest(&foreign.rest));
    Difference {
        changes: sorted(together(changes)),
        before: amounts(foreign, &new.plan.project.severities),
        after: new.amounts,
        kept: both.len(),
        complete: complete && new.complete,
    }
}

fn renamed(theirs: &Slo, one: OurSlo, kept: &mut Vec<Sentence>) -> Option<Change> {
    let (was, is) = (theirs.subject(), one.name());
    // Pyrra, and rules written by hand, have no names of services.
    if was == is || theirs.service.is_none() {
        kept.push(Sentence::plain(format!("in {} it is ", name_of_rules(theirs))).quote(&was));
        return None;
    }
    let message = Sentence::plain(format!("an SLO of {}: ", tool(theirs))).quote(&was);
    let change = Change::new(Kind::SloRenamed, std::slice::from_ref(&is), message).values(&was, &is);
    let message = "the recorded series keep the old name: the new SLO starts with a full budget, unless `slowburn backfill` makes its history";
    Some(change.effects([Sentence::plain(message)]))
}

fn tool(slo: &Slo) -> &'static str {
    match slo.tool {
        "rules" => "these rules",
        tool => tool,
    }
}

fn name_of_rules(slo: &Slo) -> String {
    match slo.tool {
        "rules" => "the old rules".to_owned(),
        tool => format!("the rules of {tool}"),
    }
}

/// Objective and period.
fn promise(theirs: &Slo, one: OurSlo, kept: &mut Vec<Sentence>) -> Vec<Change> {
    let (promise, subject) = (&one.slo.promise, [one.name()]);
    let unknown = |what: &str| {
        let message = format!("the old rules do not say their {what}, so it is not compared");
        Change::new(Kind::NotUnderstood, &subject, Sentence::plain(message))
    };
    let mut changes = Vec::new();
    match theirs.objective {
        Some(was) if same(was, promise.ratio) => {
            kept.push(Sentence::plain(format!("the objective {}", percent(promise.ratio))));
        }
        Some(was) => changes.push(new_objective(&subject, was, promise.ratio)),
        None => changes.push(unknown("objective")),
    }
    match theirs.period {
        Some(was) if promise.period == Period::Rolling(was) => {
            kept.push(Sentence::plain(format!("the period {was}")));
        }
        Some(was) => {
            let message = Sentence::plain(format!("period {}, was {was}", promise.period));
            let warning = "the budget is counted over another period, so the budget left differs from that of the old rules";
            let change = Change::new(Kind::Period, &subject, message).values(was, &promise.period);
            changes.push(change.warn(Sentence::plain(warning)));
        }
        None => changes.push(unknown("period")),
    }
    changes
}

/// The numbers of rules may contain errors of binary fractions.
fn same(one: Decimal, other: Decimal) -> bool {
    let short = |number: Decimal| number.round_sf(7).unwrap_or(number).normalize();
    short(one) == short(other) || short(Decimal::ONE - one) == short(Decimal::ONE - other)
}

/// Page or ticket, by the names of severities on the new side, or by usual names.
fn severity(alert: &crate::foreign::Alert, spelled: &PerSeverity<String>) -> Option<Severity> {
    let message = alert.labels.get("severity");
    let ours = Severity::ALL.into_iter().find(|one| message == Some(spelled.get(*one)));
    let other = spelled.page != spelled.ticket;
    if alert.labels.contains_key("sloth_severity") {
        alert.severity
    } else {
        ours.filter(|_| other).or(alert.severity)
    }
}

/// The parts of the old alerts that could not be compared.
fn unclear(subject: &str, slo: &Slo) -> Vec<Change> {
    let mut changes = Vec::new();
    for alert in &slo.alerts {
        for part in alert.unclear.iter().take(NAMED) {
            let message = placed(&alert.rule)
                .and(" has a part that slowburn does not recognise, and that is not compared: ")
                .quote(short(part));
            changes.push(Change::new(Kind::NotUnderstood, &[subject.to_owned()], message));
        }
    }
    changes
}

fn short(text: &str) -> String {
    const SHOWN: usize = 300;
    let one: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    shortened(&one, SHOWN)
}

fn removed(slo: &Slo, complete: bool) -> Vec<Change> {
    let subject = [slo.subject()];
    if !complete {
        let message = "the new side has errors, and this SLO could not be read there";
        return vec![Change::new(Kind::Unread, &subject, Sentence::plain(message))];
    }
    let names: BTreeSet<&String> = slo.alerts.iter().map(|alert| &alert.rule.name).collect();
    let mut message = Sentence::plain(format!("an SLO of {} that no definition has", tool(slo)));
    if let Some(objective) = slo.objective {
        message = message.and(format!(": promises {}", percent(objective)));
    }
    let mut effects: Vec<Sentence> = slo.alerts.iter().take(NAMED).map(|alert| placed(&alert.rule)).collect();
    let series: BTreeSet<&String> = slo.recorded.iter().map(|rule| &rule.name).collect();
    if !series.is_empty() {
        effects.push(Sentence::plain("it records ").list(series.into_iter().take(NAMED)));
    }
    let warning = match names.is_empty() {
        true => "its recorded series end with the old rules",
        false => "nobody is notified any more once the old rules are removed",
    };
    let change =
        Change::new(Kind::SloRemoved, &subject, message).warn(Sentence::plain(warning)).effects(effects);
    std::iter::once(change).chain(unclear(&slo.subject(), slo)).collect()
}

fn added_slo(one: OurSlo, complete: bool) -> Change {
    let promise = &one.slo.promise;
    let subject = [one.name()];
    if !complete {
        let message = "the old side has errors, and this SLO could not be read there";
        return Change::new(Kind::Unread, &subject, Sentence::plain(message));
    }
    let message =
        format!("new: promises {} over {}; there are no old rules for it", promise.objective, promise.period);
    Change::new(Kind::SloAdded, &subject, Sentence::plain(message))
}

/// `the alert A of FILE:LINE`
fn placed(rule: &Rule) -> Sentence {
    let what = if rule.alerts { "the alert " } else { "the recorded series " };
    Sentence::plain(what).quote(&rule.name).and(" of ").quote(&rule.place)
}

/// Rules that belong to no SLO.
fn rest(rules: &[Rule]) -> Vec<Change> {
    let one = |rule: &Rule| {
        let message = placed(rule).and(" belongs to no recognised SLO, and is not compared");
        Change::new(Kind::NotUnderstood, &[], message)
    };
    let mut changes: Vec<Change> = rules.iter().take(NAMED).map(one).collect();
    if rules.len() > NAMED {
        let message = format!("{} more rules belong to no recognised SLO", rules.len() - NAMED);
        changes.push(Change::new(Kind::NotUnderstood, &[], Sentence::plain(message)));
    }
    changes
}

/// The size of the old rules.
fn amounts(foreign: &Foreign, spelled: &PerSeverity<String>) -> Amounts {
    let mut amounts = Amounts { slos: foreign.slos.len(), ..Amounts::default() };
    let services: BTreeSet<&Option<String>> = foreign.slos.iter().map(|slo| &slo.service).collect();
    amounts.services = services.len();
    let recorded = || foreign.slos.iter().flat_map(|slo| &slo.recorded).chain(foreign.rest.iter());
    let names: BTreeSet<&str> =
        recorded().filter(|rule| !rule.alerts).map(|rule| rule.name.as_str()).collect();
    let alerts = || foreign.slos.iter().flat_map(|slo| &slo.alerts);
    for rule in recorded().chain(alerts().map(|alert| &alert.rule)) {
        let hourly = usize::try_from(3_600_000 / rule.interval.millis().max(1_000)).unwrap_or_default();
        let selectors = rule.expr.iter().flat_map(|expr| expr.selectors());
        let raw = selectors.filter(|one| !names.contains(one.name.as_deref().unwrap_or_default())).count();
        amounts.recorded += usize::from(!rule.alerts);
        amounts.evaluations += hourly;
        amounts.raw_reads += hourly * raw;
    }
    for alert in alerts() {
        match severity(alert, spelled) {
            Some(Severity::Page) => amounts.pages += 1,
            Some(Severity::Ticket) => amounts.tickets += 1,
            None => {}
        }
    }
    amounts
}
