//! The rules of a service: rules that differ only in the name of the SLO are written once.
//!
//! Recorded series carry `service` and `slo`, so a rule that reads nothing else can be evaluated for many SLOs at once. If all SLOs of the service
//! have the rule, its selectors do not match `slo`; if some have it, they match those. Rules that read raw series, contain an objective, or alert
//! belong to one SLO. So a service of ten SLOs has one rule for a window and not ten.
//!
//! A shared rule sets no labels, and to Prometheus two rules of one name without labels are duplicates. So of each name only one rule is shared: that
//! of most SLOs.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::Labels;
use crate::plan::{Group, Rule, RuleOutput, SloPlan};
use crate::promql::ast::{Expr, Grouping, Kind, MatchOp, Selector};
use crate::promql::build::selector;
use crate::vocabulary::INTERVAL;

/// One group counts the events of this many SLOs, with rules that they share.
const TOGETHER: usize = 25;

/// Of more SLOs, the main group counts the events of this many. Groups before it, evaluated at about the same time, count those of the others. They do
/// not share these rules, so fewer fit into an object of Kubernetes.
const APART: usize = 12;

/// The number of alerts in the main group. The others are in groups after it: they read recorded series, so their time of evaluation does not matter.
const ALERTS: usize = 50;

/// The groups of all SLOs of a service. `most` is the number of rules that a ruler takes in a group.
///
/// The rules that count the events of an SLO are all in one group: each reads what the one before has just recorded. In another group it would read
/// that sometimes of this evaluation and sometimes of the last one, and count events twice. So these rules are shared only if one group is enough.
pub(super) fn groups(service: &str, slos: &[SloPlan], most: Option<usize>) -> Vec<Group> {
    let Some(first) = slos.first() else { return Vec::new() };
    let counting: usize = slos.iter().map(counting_rules).sum();
    let is_split = slos.len() > TOGETHER || most.is_some_and(|most| counting > most);
    let mut commons = SharedRules::of(slos, is_split);
    let mut groups = Vec::new();
    for (place, group) in first.groups.iter().enumerate() {
        let (own, rest) = commons.ordered(slos, place);
        let main = Group { name: group.name.clone(), interval: group.interval, rules: Vec::new() };
        let most_slos = if is_split { APART } else { TOGETHER };
        let mut before = together(own, most_slos, most).into_iter();
        let mut rules = before.next().unwrap_or_default();
        let alerts = rest.iter().filter(|rule| matches!(rule.makes, RuleOutput::Alert(_))).count();
        let (rest, behind) = match alerts > ALERTS {
            false => (rest, Vec::new()),
            true => {
                let (alerts, mut rest): (Vec<Rule>, Vec<Rule>) =
                    rest.into_iter().partition(|rule| matches!(rule.makes, RuleOutput::Alert(_)));
                let mut alerts = alerts.chunks(ALERTS).map(<[Rule]>::to_vec);
                rest.extend(alerts.next().unwrap_or_default());
                (rest, alerts.collect())
            }
        };
        rules.extend(rest);
        for (index, rules) in before.enumerate().filter(|(_, rules)| !rules.is_empty()) {
            groups.push(Group { name: format!("{}/{}", name(service), index + 2), rules, ..main.clone() });
        }
        let alerts = format!("{}/alerts", main.name);
        groups.push(Group { rules, ..main });
        let behind = behind.into_iter().enumerate();
        groups.extend(behind.map(|(index, rules)| Group {
            name: format!("{alerts}/{}", index + 2),
            interval: group.interval,
            rules,
        }));
    }
    groups
}

/// The name of the group of a service's SLOs: `api/slos`. The rules beyond its limits are in `api/slos/2`, and so on.
pub(super) fn name(service: &str) -> String {
    format!("{service}/slos")
}

/// A rule that several SLOs share, without the SLO's name.
struct SharedRule<'a> {
    rule: &'a Rule,
    /// The expression for all SLOs of the service.
    expr: Expr,
    /// The SLOs that have it.
    of: Vec<usize>,
    done: bool,
}

/// The rules that the SLOs of a service share.
struct SharedRules<'a> {
    all: Vec<SharedRule<'a>>,
    /// The index of the shared rule, for every place, SLO and rule.
    is: Vec<Vec<Vec<Option<usize>>>>,
}

impl<'a> SharedRules<'a> {
    fn of(slos: &'a [SloPlan], is_split: bool) -> Self {
        let mut all: Vec<SharedRule> = Vec::new();
        let mut named: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut is: Vec<Vec<Vec<Option<usize>>>> = Vec::new();
        for (index, slo) in slos.iter().enumerate() {
            let identity = [("service", slo.promise.service.as_str()), ("slo", slo.promise.slo.as_str())];
            let mut common = |rule: &'a Rule| {
                if !matches!(rule.makes, RuleOutput::Record(_))
                    || rule.labels.len() != identity.len()
                    || is_split && counts(rule)
                {
                    return None;
                }
                let namesakes = named.entry(rule.name()).or_default();
                let known = namesakes
                    .iter()
                    .copied()
                    .find(|known| is_equal_rule_expr(&all[*known].rule.expr, &rule.expr));
                let known = match known {
                    Some(known) => known,
                    None => {
                        let expr = widened(rule, &identity)?;
                        namesakes.push(all.len());
                        all.push(SharedRule { rule, expr, of: Vec::new(), done: false });
                        all.len() - 1
                    }
                };
                all[known].of.push(index);
                Some(known)
            };
            let mut of_group = |group: &'a Group| group.rules.iter().map(&mut common).collect();
            is.push(slo.groups.iter().map(&mut of_group).collect());
        }
        // Of the rules with one name, only one can have no labels: that of most SLOs.
        let mut kept = vec![false; all.len()];
        for namesakes in named.into_values() {
            let most = namesakes.into_iter().rev().max_by_key(|common| all[*common].of.len());
            if let Some(common) = most.filter(|common| all[*common].of.len() > 1 || slos.len() == 1) {
                kept[common] = true;
            }
        }
        for one in is.iter_mut().flatten().flatten() {
            *one = one.filter(|common| kept[*common]);
        }
        Self { all, is }
    }

    /// The rules at a place, in an order that keeps the order of each SLO: the rules of each SLO before the first shared one, and the rest.
    fn ordered(&mut self, slos: &[SloPlan], place: usize) -> (Vec<Vec<Rule>>, Vec<Rule>) {
        let lists: Vec<&[Rule]> =
            slos.iter().map(|slo| slo.groups.get(place).map_or(&[][..], |group| &group.rules)).collect();
        let mut next = vec![0; lists.len()];
        let mut own = self.own(&lists, place, &mut next);
        let before = std::mem::take(&mut own);
        let mut rest = Vec::new();
        loop {
            let waits = |index: usize| self.is[index].get(place)?.get(next[index]).copied().flatten();
            let heads: Vec<usize> = (0..lists.len()).filter_map(waits).collect();
            let Some(first) = heads.first() else { break };
            let ready = |common: &&usize| self.all[**common].of.iter().all(|of| waits(*of) == Some(**common));
            // If two SLOs have rules in opposite orders, one of them reads the value of the evaluation before.
            let common = *heads.iter().find(ready).unwrap_or(first);
            let common = &mut self.all[common];
            common.done = true;
            let expr = if common.of.len() == slos.len() {
                common.expr.clone()
            } else {
                let names: Vec<&str> = common.of.iter().map(|of| slos[*of].promise.slo.as_str()).collect();
                narrowed(common.expr.clone(), &names)
            };
            rest.push(Rule { expr: expr.into(), labels: Arc::new(Labels::new()), ..common.rule.clone() });
            rest.extend(self.own(&lists, place, &mut next).into_iter().flatten());
        }
        (before, rest)
    }

    /// The next rules of each SLO that are not shared; shared rules that are already written are skipped.
    fn own(&self, lists: &[&[Rule]], place: usize, next: &mut [usize]) -> Vec<Vec<Rule>> {
        let own = lists.iter().enumerate().map(|(index, list)| {
            let mut rules = Vec::new();
            while let Some(rule) = list.get(next[index]) {
                match self.is[index][place][next[index]] {
                    None => rules.push(rule.clone()),
                    Some(common) if self.all[common].done => {}
                    Some(_) => break,
                }
                next[index] += 1;
            }
            rules
        });
        own.collect()
    }
}

/// Whether a rule counts events: it reads what other rules have just recorded.
fn counts(rule: &Rule) -> bool {
    rule.name().ends_with(":counted")
        || rule.name().ends_with(":new")
        || rule.name().ends_with(&format!("increase{INTERVAL}"))
}

/// The number of rules of an SLO up to the last one that counts events.
fn counting_rules(slo: &SloPlan) -> usize {
    let rules = slo.groups.first().map_or(&[][..], |group| &group.rules);
    rules.iter().rposition(counts).map_or(0, |last| last + 1)
}

/// The rules of several SLOs in one group, as many as fit: at most so many SLOs, and at most so many rules.
fn together(own: Vec<Vec<Rule>>, slos: usize, most: Option<usize>) -> Vec<Vec<Rule>> {
    let mut groups: Vec<(usize, Vec<Rule>)> = Vec::new();
    for rules in own {
        match groups.last_mut() {
            Some((count, group))
                if *count < slos && most.is_none_or(|most| group.len() + rules.len() <= most) =>
            {
                *count += 1;
                group.extend(rules);
            }
            _ => groups.push((1, rules)),
        }
    }
    groups.into_iter().map(|(_, rules)| rules).collect()
}

/// The expression of a recording rule without the SLO's name, if its result has the labels that the rule would set: it reads only series of the SLO,
/// and nothing in it drops their labels.
fn widened(rule: &Rule, identity: &[(&str, &str); 2]) -> Option<Expr> {
    if carried(&rule.expr, identity)? != SloLabels::Both {
        return None;
    }
    Some(Expr::clone(&rule.expr).map_selectors(&mut |reads| {
        let all = selector("", &identity[..1]);
        let matchers = reads
            .matchers
            .iter()
            .skip(identity.len())
            .fold(all, |all, matcher| all.matching(&matcher.label, matcher.op, &matcher.value));
        Selector { matchers: matchers.matchers, ..reads }
    }))
}

/// Whether two expressions of a service differ only in the SLO's name. One of them can be widened.
fn is_equal_rule_expr(one: &Expr, other: &Expr) -> bool {
    let reads = |one: &Selector, other: &Selector| {
        let skipped =
            |index: usize| index == 1 && one.matchers[1].label == "slo" && other.matchers[1].label == "slo";
        let mut pairs = one.matchers.iter().zip(other.matchers.iter()).enumerate();
        one.name == other.name
            && one.at == other.at
            && one.matchers.len() == other.matchers.len()
            && pairs.all(|(index, (one, other))| one == other || skipped(index) && one.op == other.op)
    };
    match (&one.kind, &other.kind) {
        (Kind::Selector(one), Kind::Selector(other)) => reads(one, other),
        (Kind::Range { selector: one, range }, Kind::Range { selector: other, range: wide }) => {
            range == wide && reads(one, other)
        }
        (Kind::Call { function, args }, Kind::Call { function: named, args: others }) => {
            function == named
                && args.len() == others.len()
                && args.iter().zip(others).all(|(one, other)| is_equal_rule_expr(one, other))
        }
        (Kind::Binary(one), Kind::Binary(other)) => {
            (one.op, one.bool, &one.matching) == (other.op, other.bool, &other.matching)
                && is_equal_rule_expr(&one.left, &other.left)
                && is_equal_rule_expr(&one.right, &other.right)
        }
        (
            Kind::Aggregate { op, param: None, expr, grouping },
            Kind::Aggregate { op: named, param: None, expr: inner, grouping: by },
        ) => op == named && grouping == by && is_equal_rule_expr(expr, inner),
        (one, other) => one == other,
    }
}

/// The expression for these SLOs of the service.
fn narrowed(expr: Expr, slos: &[&str]) -> Expr {
    let names = slos.join("|");
    expr.map_selectors(&mut |reads| {
        let mut matchers = reads.matchers.iter();
        let service = selector("", &[]);
        let service = matchers
            .next()
            .map_or(service.clone(), |first| service.matching(&first.label, first.op, &first.value));
        let some = service.matching("slo", MatchOp::Matches, &names);
        let matchers =
            matchers.fold(some, |some, matcher| some.matching(&matcher.label, matcher.op, &matcher.value));
        Selector { matchers: matchers.matchers, ..reads }
    })
}

/// The labels of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SloLabels {
    /// `service` and `slo`, from the series that it reads.
    Both,
    /// No label of an SLO: it reads no series.
    None,
}

/// The labels of the result of an expression; `None` if they are not certain, or if it reads other series.
fn carried(expr: &Expr, identity: &[(&str, &str); 2]) -> Option<SloLabels> {
    let of = |expr: &Expr| carried(expr, identity);
    match &expr.kind {
        Kind::Number(_) | Kind::String(_) => Some(SloLabels::None),
        Kind::Selector(selector) | Kind::Range { selector, .. } => {
            let mut matchers = selector.matchers.iter();
            let own = identity.iter().all(|(label, value)| {
                matchers.next().is_some_and(|matcher| {
                    matcher.label == *label && matcher.op == MatchOp::Equal && matcher.value == *value
                })
            });
            own.then_some(SloLabels::Both)
        }
        Kind::Subquery { expr, .. } | Kind::Unary { expr, .. } | Kind::Paren(expr) => of(expr),
        Kind::Call { function, args } => {
            let args: Option<Vec<SloLabels>> = args.iter().map(of).collect();
            let both = args?.contains(&SloLabels::Both);
            let drops = matches!(function.as_str(), "absent" | "absent_over_time" | "scalar" | "vector");
            match (both, drops) {
                (true, true) => None,
                (both, _) => Some(if both { SloLabels::Both } else { SloLabels::None }),
            }
        }
        Kind::Aggregate { expr, grouping, .. } => match of(expr)? {
            SloLabels::None => Some(SloLabels::None),
            SloLabels::Both => {
                let named = |grouping: &Grouping, (label, _): &(&str, &str)| {
                    grouping.labels.iter().any(|name| name == label)
                };
                let grouping = grouping.as_ref()?;
                let kept = identity.iter().all(|label| named(grouping, label) != grouping.without);
                kept.then_some(SloLabels::Both)
            }
        },
        Kind::Binary(binary) => {
            let (left, right) = (of(&binary.left)?, of(&binary.right)?);
            let matched = match &binary.matching {
                None => true,
                Some(matching) => {
                    let names = |label: &str| matching.labels.iter().any(|name| name == label);
                    // A result that is matched with a vector without SLO labels keeps its own labels, unless it is the one side that loses them.
                    let lone = right == SloLabels::None && (matching.group.is_some() || binary.op.is_set());
                    lone || matching.on == names("service") && matching.on == names("slo")
                }
            };
            match (left, right) {
                (SloLabels::None, SloLabels::None) => Some(SloLabels::None),
                (SloLabels::Both, SloLabels::None) | (SloLabels::Both, SloLabels::Both) if matched => {
                    Some(SloLabels::Both)
                }
                // A number before an operator.
                (SloLabels::None, SloLabels::Both) if matches!(binary.left.kind, Kind::Number(_)) => {
                    Some(SloLabels::Both)
                }
                _ => None,
            }
        }
    }
}
