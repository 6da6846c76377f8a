//! Groups drafts into services. Settings that all SLOs of a service share are written once, and project settings go to the project file.

use std::collections::{BTreeMap, BTreeSet};

use super::Options;
use super::draft::{Alert, Draft, NotImported, Pair, PlacedText, Policy, Tier};
use super::keys::not_carried;
use super::measure::Measured;
use crate::diagnostic::{Code, Problem};
use crate::secret;
use crate::source::Span;
use crate::vocabulary::{Decimal, LabelName, Name, PerSeverity, Period, Severity};

/// The content of all files.
#[derive(Debug, Default)]
pub struct FileContents {
    pub services: Vec<Service>,
    /// The settings of each severity on which all SLOs agree.
    pub severities: PerSeverity<Alert>,
    /// Policies, with their names in the project.
    pub policies: Vec<(String, Vec<Tier>)>,
    /// Whether any SLO reads a native histogram.
    pub native: bool,
    /// The default alert name.
    pub alert_name: Option<String>,
}

impl FileContents {
    /// The place of the first SLO.
    pub fn place(&self) -> Option<Span> {
        self.services.iter().flat_map(|service| &service.slos).map(|slo| slo.draft.place).min()
    }
}

/// One service.
#[derive(Debug)]
pub struct Service {
    pub name: Name,
    pub description: Option<String>,
    pub owner: Option<String>,
    /// The period of most of its SLOs.
    pub period: Period,
    pub labels: Vec<Pair>,
    pub annotations: Vec<Pair>,
    /// The alert name of its SLOs that do not set one.
    pub alert_name: Option<String>,
    /// Whether it has an alert for missing events.
    pub missing: bool,
    pub slos: Vec<Slo>,
    /// SLOs that are left out, with the reasons.
    pub left_out: Vec<(Draft, NotImported)>,
}

/// One SLO.
#[derive(Debug)]
pub struct Slo {
    pub name: Name,
    pub measured: Measured,
    /// Labels and annotations that not all SLOs of the service share.
    pub labels: Vec<Pair>,
    pub annotations: Vec<Pair>,
    /// The name of its own policy, if it has one.
    pub policy: Option<String>,
    /// Its own alert name, if it has one.
    pub alert_name: Option<String>,
    pub draft: Draft,
}

pub fn gather(mut drafts: Vec<Draft>, options: &Options, problems: &mut Vec<Problem>) -> FileContents {
    drafts.sort_by_key(|draft| draft.place);
    let mut gathered = FileContents::default();
    let mut reported = BTreeSet::new();
    for draft in &mut drafts {
        remove_secrets(draft, problems);
        reachable(draft, problems);
        let by: BTreeSet<String> = draft.by.iter().map(|label| label.text.clone()).collect();
        clean(&mut draft.by, problems);
        draft.labels = labels(std::mem::take(&mut draft.labels), &by, &mut reported, problems);
        draft.annotations = annotations(std::mem::take(&mut draft.annotations), &mut reported, problems);
        for severity in Severity::ALL {
            let alert = draft.severities.get_mut(severity);
            alert.labels = labels(std::mem::take(&mut alert.labels), &by, &mut reported, problems);
            alert.annotations = annotations(std::mem::take(&mut alert.annotations), &mut reported, problems);
        }
    }
    for severity in Severity::ALL {
        *gathered.severities.get_mut(severity) = agreed(&mut drafts, severity, problems);
    }
    let mut at: BTreeMap<Name, usize> = BTreeMap::new();
    let mut names = Names::default();
    let service =
        |draft: &Draft| options.service.clone().unwrap_or_else(|| named(&draft.service.text, "service"));
    let apart = distinct_names(&drafts, service);
    for (index, draft) in drafts.into_iter().enumerate() {
        let wanted = named(apart.get(&index).unwrap_or(&draft.name.text), "slo");
        let name = service(&draft);
        let index = *at.entry(name.clone()).or_insert_with(|| {
            gathered.services.push(Service {
                name,
                description: None,
                owner: None,
                period: draft.period.clone(),
                labels: Vec::new(),
                annotations: Vec::new(),
                alert_name: None,
                missing: true,
                slos: Vec::new(),
                left_out: Vec::new(),
            });
            gathered.services.len() - 1
        });
        add(&mut gathered, &mut names, index, wanted, draft, problems);
    }
    for service in &mut gathered.services {
        share_settings(service, problems);
    }
    gathered
}

/// Removes tiers that could never fire, not even in a full outage.
fn reachable(draft: &mut Draft, problems: &mut Vec<Problem>) {
    let Policy::Own(_, tiers) = &mut draft.policy else { return };
    let spent = draft.objective.budget().ratio() * Decimal::from(draft.period.nominal().millis());
    // Burn rate × error budget ≥ 1, without a division.
    let dead = |tier: &Tier| spent * tier.share >= Decimal::from(tier.long.millis());
    let (out, kept): (Vec<Tier>, Vec<Tier>) = tiers.drain(..).partition(dead);
    if let Some(first) = out.first() {
        let headline = format!("an alert over {} that can never fire is not imported", first.long);
        problems.push(
            not_carried(draft.name.place, headline)
                .label(format!("at {} not even a full outage reaches its burn rate", draft.objective)),
        );
    }
    for severity in Severity::ALL.into_iter().filter(|_| !out.is_empty()) {
        draft.severities.get_mut(severity).off |= !kept.iter().any(|tier| tier.severity == severity);
    }
    match kept.is_empty() {
        true => draft.policy = Policy::Workbook,
        false => *tiers = kept,
    }
}

/// Removes secrets from texts that will be published.
fn remove_secrets(draft: &mut Draft, problems: &mut Vec<Problem>) {
    let Draft { description, service_description, owner, severities, account, name, alert_name, .. } = draft;
    let labels = [&mut severities.page.label, &mut severities.ticket.label];
    let short = labels.into_iter().chain([owner, alert_name]).flatten().map(|text| &mut text.text);
    let texts =
        [description, service_description].into_iter().flatten().chain(short).chain(&mut account.alerts);
    let mut found = false;
    for text in texts.filter(|text| secret::is_in(text)) {
        *text = secret::masked(text);
        found = true;
    }
    if found {
        problems.push(
            not_carried(name.place, "a secret in a text of this SLO is not imported")
                .label("everybody would read it"),
        );
    }
}

/// New names for SLOs of a service with the same name: with the values of their differing labels, if these make the names unique.
fn distinct_names(drafts: &[Draft], service: impl Fn(&Draft) -> Name) -> BTreeMap<usize, String> {
    let mut alike: BTreeMap<(Name, Name), Vec<usize>> = BTreeMap::new();
    for (index, draft) in drafts.iter().enumerate() {
        alike.entry((service(draft), named(&draft.name.text, "slo"))).or_default().push(index);
    }
    let mut apart = BTreeMap::new();
    for indices in alike.into_values().filter(|indices| indices.len() > 1) {
        let value = |index: usize, label: &str| {
            drafts[index].labels.iter().find(|pair| pair.name == label).map(|pair| pair.value.as_str())
        };
        let labels: BTreeSet<&str> =
            indices.iter().flat_map(|index| &drafts[*index].labels).map(|pair| pair.name.as_str()).collect();
        let differ = labels.into_iter().filter(|label| {
            let values: BTreeSet<Option<&str>> = indices.iter().map(|index| value(*index, label)).collect();
            values.len() > 1 && !values.contains(&None)
        });
        let differ: Vec<&str> = differ.collect();
        let with_values = |index: usize| {
            let values = differ.iter().filter_map(|label| value(index, label));
            std::iter::once(drafts[index].name.text.as_str()).chain(values).collect::<Vec<_>>().join("-")
        };
        let found: Vec<(usize, String)> =
            indices.into_iter().map(|index| (index, with_values(index))).collect();
        let names: BTreeSet<Name> = found.iter().map(|(_, name)| named(name, "slo")).collect();
        if names.len() == found.len() {
            apart.extend(found);
        }
    }
    apart
}

/// Adds one SLO to its service.
fn add(
    gathered: &mut FileContents,
    names: &mut Names,
    index: usize,
    wanted: Name,
    mut draft: Draft,
    problems: &mut Vec<Problem>,
) {
    let measured = match draft.measured.clone() {
        Ok(measured) => measured,
        Err(missing) => {
            if let NotImported::Decision(decision) = &missing {
                problems.push(
                    Problem::error(
                        Code::DecisionMissing,
                        draft.name.place,
                        format!("this SLO is left out: somebody must decide {decision}"),
                    )
                    .help("decide it, and write this SLO by hand in the file of its service"),
                );
            }
            gathered.services[index].left_out.push((draft, missing));
            return;
        }
    };
    gathered.native |= matches!(measured, Measured::Latency { native: true, .. });
    let policy = match &draft.policy {
        Policy::Workbook => None,
        Policy::Scaled => Some("workbook-scaled".to_owned()),
        Policy::Own(name, tiers) => Some(names.policy(&mut gathered.policies, name, tiers)),
    };
    let service = &mut gathered.services[index];
    let name = names.of(&service.name, wanted);
    if service.name.as_str() != draft.service.text {
        draft
            .account
            .changes
            .push(format!("the label `service` was `{}`, and is `{}`", draft.service.text, service.name));
    }
    if name.as_str() != draft.name.text {
        draft.account.changes.push(format!("the SLO was called `{}`, and is `{name}`", draft.name.text));
    }
    let (labels, annotations) = (draft.labels.clone(), draft.annotations.clone());
    service.slos.push(Slo { name, measured, labels, annotations, policy, alert_name: None, draft });
}

/// Moves settings that all SLOs of a service share to the service.
fn share_settings(service: &mut Service, problems: &mut Vec<Problem>) {
    let shared = |of: fn(&Slo) -> &Vec<Pair>| -> Vec<Pair> {
        let Some((first, rest)) = service.slos.split_first() else { return Vec::new() };
        let everywhere = |pair: &&Pair| rest.iter().all(|slo| of(slo).iter().any(|other| same(other, pair)));
        of(first).iter().filter(everywhere).cloned().collect()
    };
    service.labels = shared(|slo| &slo.labels);
    service.annotations = shared(|slo| &slo.annotations);
    for slo in &mut service.slos {
        slo.labels.retain(|pair| !service.labels.iter().any(|other| same(other, pair)));
        slo.annotations.retain(|pair| !service.annotations.iter().any(|other| same(other, pair)));
    }
    let drafts = || service.slos.iter().map(|slo| &slo.draft);
    service.description = drafts().find_map(|draft| draft.service_description.clone());
    let owners: Vec<&PlacedText> = drafts().filter_map(|draft| draft.owner.as_ref()).collect();
    if let Some(first) = owners.first() {
        for other in owners.iter().filter(|owner| owner.text != first.text) {
            problems.push(
                not_carried(other.place, "a service has one owner")
                    .label(format!("its other SLOs are owned by `{}`", first.text)),
            );
        }
        service.owner = Some(first.text.clone());
    }
    // Sorted by their text, because periods have no order.
    let mut periods: BTreeMap<String, (usize, Period)> = BTreeMap::new();
    for draft in drafts() {
        periods.entry(draft.period.to_string()).or_insert((0, draft.period.clone())).0 += 1;
    }
    let first = periods.get(&service.period.to_string()).map_or(0, |(count, _)| *count);
    if let Some((_, most)) =
        periods.values().max_by_key(|(count, _)| *count).filter(|(count, _)| *count > first)
    {
        service.period = most.clone();
    }
    let switches: Vec<(bool, Span)> = drafts().filter_map(|draft| draft.missing).collect();
    service.missing = switches.is_empty()
        || switches.len() < service.slos.len()
        || switches.iter().any(|(reported, _)| *reported);
    if service.missing {
        for (_, place) in switches.iter().filter(|(reported, _)| !reported) {
            problems.push(
                not_carried(
                    *place,
                    "the switch that turns off notifications of missing events is not imported",
                )
                .label("the service has one alert for all its SLOs, and other SLOs need it")
                .help("`missing_events: off` in the service file turns it off for all"),
            );
        }
    }
}

/// The settings of a severity on which all SLOs agree. Differences are reported.
fn agreed(drafts: &mut [Draft], severity: Severity, problems: &mut Vec<Problem>) -> Alert {
    let on = || drafts.iter().filter(|draft| !draft.severities.get(severity).off);
    // The most frequent value; if there are several, the first one.
    let mut counts: BTreeMap<&str, (usize, std::cmp::Reverse<usize>)> = BTreeMap::new();
    for (index, label) in on().filter_map(|draft| draft.severities.get(severity).label.as_ref()).enumerate() {
        counts.entry(&label.text).or_insert((0, std::cmp::Reverse(index))).0 += 1;
    }
    let most = counts.iter().max_by_key(|(_, count)| **count).map(|(text, _)| (*text).to_owned());
    let everywhere = |of: fn(&Alert) -> &Vec<Pair>| -> Vec<Pair> {
        let Some(first) = on().next() else { return Vec::new() };
        let in_all = |pair: &&Pair| {
            on().all(|draft| of(draft.severities.get(severity)).iter().any(|other| same(other, pair)))
        };
        of(first.severities.get(severity)).iter().filter(in_all).cloned().collect()
    };
    let labels = everywhere(|alert| &alert.labels);
    let annotations = everywhere(|alert| &alert.annotations);
    let mut label = None;
    for draft in drafts.iter_mut().filter(|draft| !draft.severities.get(severity).off) {
        let alert = draft.severities.get(severity);
        let mut changes = Vec::new();
        if let (Some(own), Some(most)) = (&alert.label, &most) {
            if own.text == *most {
                label.get_or_insert_with(|| own.clone());
            } else {
                problems.push(
                    not_carried(own.place, format!("the severity `{}` is not imported", own.text)).label(
                        format!(
                            "a project has one label value for a {severity}, and most SLOs have `{most}`"
                        ),
                    ),
                );
                changes.push(format!(
                    "the label `severity` of a {severity} was `{}`, and is `{most}`",
                    own.text
                ));
            }
        }
        let lost = |pairs: &[Pair], kept: &[Pair]| -> Vec<Pair> {
            pairs.iter().filter(|pair| !kept.iter().any(|other| same(other, pair))).cloned().collect()
        };
        for pair in lost(&alert.labels, &labels).iter().chain(&lost(&alert.annotations, &annotations)) {
            problems.push(
                not_carried(pair.place, format!("`{}` is not imported", pair.name))
                    .label(format!(
                        "labels of a {severity} belong to the project, but not all SLOs have this one"
                    ))
                    .help("if pages and tickets should both have it, write it in the `labels` of the SLO"),
            );
        }
        draft.account.changes.extend(changes);
    }
    Alert { off: false, label, labels, annotations }
}

fn same(one: &Pair, other: &Pair) -> bool {
    one.name == other.name && one.value == other.value
}

/// Names in use.
#[derive(Default)]
struct Names {
    /// The names of SLOs, by service.
    slos: BTreeMap<Name, UsedNames>,
    policies: UsedNames,
    /// Names of policies, by their former name and their tiers.
    same: BTreeMap<(Name, String), String>,
}

/// Names in use, each with the next number for it.
#[derive(Default)]
struct UsedNames {
    names: BTreeSet<Name>,
    next: BTreeMap<Name, usize>,
}

impl UsedNames {
    /// The name, with a number added if it is in use.
    fn free(&mut self, wanted: Name) -> Name {
        let mut name = wanted.clone();
        while self.names.contains(&name) {
            let next = self.next.entry(wanted.clone()).or_insert(1);
            *next += 1;
            name = numbered(&wanted, *next);
        }
        self.names.insert(name.clone());
        name
    }
}

impl Names {
    /// A free name for an SLO.
    fn of(&mut self, service: &Name, wanted: Name) -> Name {
        self.slos.entry(service.clone()).or_default().free(wanted)
    }

    /// The name of a policy with these tiers in the project.
    fn policy(&mut self, policies: &mut Vec<(String, Vec<Tier>)>, name: &str, tiers: &[Tier]) -> String {
        let mut wanted = named(name, "policy");
        if wanted.as_str().starts_with("workbook") {
            // These are names of built-in policies.
            wanted = named(&format!("own-{wanted}"), "policy");
        }
        let key = (wanted.clone(), format!("{tiers:?}"));
        if let Some(name) = self.same.get(&key) {
            return name.clone();
        }
        let name = self.policies.free(wanted).to_string();
        policies.push((name.clone(), tiers.to_vec()));
        self.same.insert(key, name.clone());
        name
    }
}

/// A valid name made from another tool's name.
pub fn named(text: &str, otherwise: &str) -> Name {
    Name::parse(text)
        .or_else(|| Name::nearest(text))
        // A longer text is cut, and may then end with a hyphen.
        .or_else(|| {
            Name::nearest(&text.chars().filter(char::is_ascii).take(Name::LONGEST - 2).collect::<String>())
        })
        .or_else(|| Name::parse(otherwise))
        .expect("what stands in its place is a name")
}

fn numbered(name: &Name, number: usize) -> Name {
    let suffix = format!("-{number}");
    let kept: String = name.as_str().chars().take(Name::LONGEST - suffix.len()).collect();
    Name::parse(&format!("{}{suffix}", kept.trim_end_matches('-'))).expect("a number may end a name")
}

/// The labels in `by` that rules can keep. Labels that the rules set themselves are recorded under another name.
fn clean(by: &mut Vec<PlacedText>, problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    by.retain(|label| {
        let bound = ["le", "quantile"].contains(&label.text.as_str());
        let kept = !bound && !label.text.starts_with("__") && LabelName::parse(&label.text).is_some();
        if !kept {
            let shown: String = label.text.chars().take(60).collect();
            problems.push(
                not_carried(label.place, format!("this SLO has no separate promises per `{shown}`"))
                    .label("the rules cannot keep a label with this name: all its values share one budget")
                    .help("rename the label when it is scraped, and write the new name in `by`"),
            );
        }
        kept && seen.insert(label.text.clone())
    });
}

/// The recorded name of a label, if it differs.
pub fn recorded_as(label: &str) -> Option<String> {
    let name = LabelName::parse(label)?;
    name.is_reserved().then(|| match label {
        "service" => "backend".to_owned(),
        label => format!("source_{label}"),
    })
}

/// The labels that alerts can have.
fn labels(
    pairs: Vec<Pair>,
    by: &BTreeSet<String>,
    reported: &mut BTreeSet<Span>,
    problems: &mut Vec<Problem>,
) -> Vec<Pair> {
    let fault = |pair: &Pair| {
        Some(match LabelName::parse(&pair.name) {
            None => "this is not a valid label name",
            Some(name) if name.is_reserved() => "the rules set this label themselves",
            Some(_) if by.contains(&pair.name) => "the events already have this label",
            Some(_) if pair.value.trim().is_empty() => "a label without a value does not exist in Prometheus",
            Some(_) if pair.value.contains("{{") => {
                "labels are copied as they are: templates are not filled in"
            }
            Some(_) if hides(pair) => "everybody would read a secret",
            Some(_) => return None,
        })
    };
    carried(pairs, fault, reported, problems)
}

/// The annotations that alerts can have.
fn annotations(pairs: Vec<Pair>, reported: &mut BTreeSet<Span>, problems: &mut Vec<Problem>) -> Vec<Pair> {
    let fault = |pair: &Pair| {
        Some(match (LabelName::parse(&pair.name), pair.name.as_str()) {
            (None, _) => "this is not a valid annotation name",
            (_, "summary" | "description") => {
                "slowburn writes it, with the burn rate and the budget that is left: see `texts`"
            }
            _ if pair.name.starts_with("__") => "the rules set it themselves",
            _ if pair.value.trim().is_empty() => "it is empty",
            _ if pair.value.contains("{{") => {
                "annotations are copied as they are: templates are not filled in"
            }
            _ if hides(pair) => "everybody would read a secret",
            _ => return None,
        })
    };
    carried(pairs, fault, reported, problems)
}

/// Whether the value of a label is a secret. The name alone does not decide: a `routing_key` may be the name of a team.
fn hides(pair: &Pair) -> bool {
    let name = pair.name.to_lowercase();
    let is_secret_word = ["pass", "secret", "token"].iter().any(|word| name.contains(word));
    secret::is_in(&pair.value)
        || secret::is_secret_name(&name) && (is_secret_word || secret::is_key(&pair.value))
}

/// The valid pairs; a problem for each of the others. Of two pairs with one name, the last is used, as inner levels override outer ones.
fn carried(
    pairs: Vec<Pair>,
    fault: impl Fn(&Pair) -> Option<&'static str>,
    reported: &mut BTreeSet<Span>,
    problems: &mut Vec<Problem>,
) -> Vec<Pair> {
    let mut kept: Vec<Pair> = Vec::new();
    for pair in pairs {
        match fault(&pair) {
            // A shared pair is reported once.
            Some(_) if !reported.insert(pair.place) => {}
            Some(why) => {
                let shown: String = pair.name.chars().take(60).collect();
                let problem = not_carried(pair.place, format!("`{shown}` is not imported")).label(why);
                problems.push(if hides(&pair) { problem.hiding(pair.at) } else { problem });
            }
            None => match kept.iter_mut().find(|other| other.name == pair.name) {
                Some(other) => *other = pair,
                None => kept.push(pair),
            },
        }
    }
    kept
}
