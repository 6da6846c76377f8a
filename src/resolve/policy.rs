//! Policies: lists of tiers.

use super::{innermost, values, whole};
use crate::ast::{Map, PolicyBlock, Settings};
use crate::diagnostic::{Code, Problem, joined};
use crate::model::{Agreed, Tier};
use crate::scalar::Scalar;
use crate::source::Span;
use crate::vocabulary::{
    Decimal, Duration, Objective, ObjectiveFault, Period, Severity, interval_of, percent,
};
use rust_decimal::RoundingStrategy;

/// All policies by name: the built-in ones, then those of the project.
pub(super) struct Policies {
    all: Vec<(String, Policy)>,
    /// The policy for every SLO, regardless of the sources.
    instead: Option<String>,
}

impl Policies {
    fn find(&self, name: &str) -> Option<&Policy> {
        self.all.iter().find(|(known, _)| known == name).map(|(_, policy)| policy)
    }

    /// Uses one policy for every SLO, if it is given.
    pub(super) fn with(self, instead: Option<&str>) -> Self {
        Self { instead: instead.map(str::to_owned), ..self }
    }

    /// The policy with this name; `None` and a problem if there is none.
    pub(super) fn named(&self, named: &Scalar, problems: &mut Vec<Problem>) -> Option<&Policy> {
        let name = named.text.trim();
        let found = self.find(name);
        if found.is_none() {
            let known: Vec<&str> = self.all.iter().map(|(name, _)| name.as_str()).collect();
            let place = whole(named);
            let problem = Problem::error(Code::UnknownPolicy, place, format!("there is no policy `{name}`"));
            const NONE: [&str; 8] = ["none", "off", "false", "no", "null", "ninguna", "never", "disabled"];
            if NONE.contains(&name.to_lowercase().as_str()) {
                problems.push(problem.help(
                    "an SLO without alerts has all tiers switched off: `tiers_off: [page, ticket]`, instead of `policy`",
                ));
                return None;
            }
            problems.push(match crate::vocabulary::nearest(name, &known) {
                Some(nearest) => problem.fix(format!("write `{nearest}`"), place, nearest),
                None => problem.help(crate::diagnostic::there_are(&known)),
            });
        }
        found
    }
}

pub(super) struct Policy {
    /// Whether all tiers are valid. Otherwise SLOs with this policy are left out, instead of judging them by the rest of the tiers.
    complete: bool,
    /// The period for which the windows were chosen, if they are scaled.
    scale_to: Option<Duration>,
    /// With whether the tier is written in the sources.
    tiers: Vec<(Tier, bool)>,
}

/// The names of all policies, the built-in ones first.
pub(super) fn names(blocks: &Map<PolicyBlock>) -> Vec<String> {
    all(blocks, &mut Vec::new()).all.into_iter().map(|(name, _)| name).collect()
}

/// The SRE Workbook's recommendation (chapter 5, table 5-8, and 6h for tickets as in its text): severity, share of the budget in percent, long and
/// short window in seconds.
const WORKBOOK: [(Severity, i64, u64, u64); 4] = [
    (Severity::Page, 2, 3600, 300),
    (Severity::Page, 5, 6 * 3600, 1800),
    (Severity::Ticket, 10, 86_400, 7200),
    (Severity::Ticket, 10, 3 * 86_400, 6 * 3600),
];

/// The built-in policies and those of the project file.
pub(super) fn all(blocks: &Map<PolicyBlock>, problems: &mut Vec<Problem>) -> Policies {
    let nowhere = Span { source: crate::source::SourceId(0), start: 0, end: 0 };
    let workbook = || {
        WORKBOOK
            .iter()
            .map(|(severity, percent, long, short)| {
                let tier = Tier {
                    severity: *severity,
                    budget_share: Decimal::new(*percent, 2),
                    long: Duration::from_secs(*long),
                    short: Duration::from_secs(*short),
                    keep_firing_for: None,
                    span: nowhere,
                };
                (tier, false)
            })
            .collect()
    };
    let month = Duration::from_secs(30 * 86_400);
    let mut policies = vec![
        ("workbook".to_owned(), Policy { complete: true, scale_to: None, tiers: workbook() }),
        ("workbook-scaled".to_owned(), Policy { complete: true, scale_to: Some(month), tiers: workbook() }),
    ];
    for (key, block) in blocks {
        if policies.iter().any(|(name, _)| *name == key.text) {
            problems.push(
                Problem::error(
                    Code::DuplicateKey,
                    key.span,
                    format!("the policy `{}` is built in", key.text),
                )
                .help("give this policy another name"),
            );
            continue;
        }
        let before = problems.len();
        let scale_to = block.scale_to.as_ref().and_then(|length| values::duration(length, problems));
        let tiers =
            block.tiers.iter().filter_map(|tier| own(tier, problems)).map(|tier| (tier, true)).collect();
        if block.understood && problems.len() == before {
            kept_alike(&block.tiers, problems);
        }
        let complete = block.understood && problems.len() == before;
        policies.push((key.text.clone(), Policy { complete, scale_to, tiers }));
    }
    Policies { all: policies, instead: None }
}

fn own(block: &crate::ast::TierBlock, problems: &mut Vec<Problem>) -> Option<Tier> {
    let severity = values::severity(&block.severity.text, whole(&block.severity), problems);
    let budget_share = share(&block.budget, &block.long, problems);
    let long = values::duration(&block.long, problems);
    let short = values::duration(&block.short, problems);
    let (long, short) = (long?, short?);
    if short >= long {
        let (at, place) = (whole(&block.long), whole(&block.short));
        let problem =
            Problem::error(Code::WindowOrder, place, "the short window must be shorter than the long window")
                .label(format!("{short} is not less than {long}"))
                .and(at, "the long window");
        let twelfth = Duration::from_millis(long.millis() / 12);
        problems.push(match short > long {
            true => problem.help(format!("swap them: `long: {short}, short: {long}`")),
            false => problem.help(format!("a twelfth of the long window is usual: `short: {twelfth}`")),
        });
        return None;
    }
    let keep_firing_for = match &block.keep_firing_for {
        None => None,
        Some(written) => Some(values::duration(written, problems).and_then(|keep| {
            if keep > long {
                let headline = format!("`keep_firing_for: {keep}` is longer than the long window");
                problems.push(
                    Problem::error(Code::InvalidDuration, whole(written), headline)
                        .label(format!("the longest is {long}, the long window of this tier")),
                );
                return None;
            }
            Some(keep)
        })?),
    };
    let (severity, budget_share) = (severity?, budget_share?);
    Some(Tier { severity, budget_share, long, short, keep_firing_for, span: block.span })
}

/// Checks `keep_firing_for`: all tiers of a severity are one alert, so they need the same value.
fn kept_alike(tiers: &[crate::ast::TierBlock], problems: &mut Vec<Problem>) {
    for severity in Severity::ALL {
        let of = |tier: &&crate::ast::TierBlock| Severity::parse(tier.severity.text.trim()) == Some(severity);
        let Some(named) = tiers.iter().filter(of).find_map(|tier| tier.keep_firing_for.as_ref()) else {
            continue;
        };
        let keep = Duration::parse(named.text.trim());
        for tier in tiers.iter().filter(of) {
            let written = tier.keep_firing_for.as_ref();
            if written.is_some_and(|written| keep.is_none() || Duration::parse(written.text.trim()) == keep) {
                continue;
            }
            let place = written.map_or(tier.span.beginning(), whole);
            let headline = format!(
                "all tiers with `severity: {severity}` are one alert and need the same `keep_firing_for`"
            );
            let problem = Problem::error(Code::InvalidDuration, place, headline);
            let write = format!("keep_firing_for: {}", named.text.trim());
            problems.push(
                match written {
                    Some(written) => {
                        let problem = problem.label(format!("here for {}", written.text.trim()));
                        problem.fix(format!("write `{}`", named.text.trim()), place, named.text.trim())
                    }
                    None => {
                        problem.label("this tier has none").help(format!("add `{write}` to this tier, too"))
                    }
                }
                .and(whole(named), format!("here for {}", named.text.trim())),
            );
        }
    }
}

/// The share of the budget that a burn rate spends over this long window of 30 days, in percent: `2%` of `14.4` or `14.4x` over 1h.
fn share_of_burn_rate(text: &str, long: &Scalar) -> Option<(Decimal, String)> {
    let digits = text.strip_suffix(['x', 'X']).unwrap_or(text).trim_end();
    let rate = Decimal::from_str_exact(digits).ok().filter(|rate| *rate >= Decimal::ONE)?;
    let long = Duration::parse(long.text.trim())?;
    let month = Decimal::from(30 * 86_400_000_u64);
    let share = rate.checked_mul(Decimal::from(long.millis()))?.checked_div(month)?;
    (share <= Decimal::ONE).then(|| (share.normalize(), digits.to_owned()))
}

/// A share of the budget: above 0, at most 1.
fn share(scalar: &Scalar, long: &Scalar, problems: &mut Vec<Problem>) -> Option<Decimal> {
    if scalar.text.trim() == "100%" {
        return Some(Decimal::ONE);
    }
    match Objective::parse(&scalar.text) {
        Ok(share) => Some(share.ratio()),
        Err(fault) => {
            let problem = Problem::error(
                Code::InvalidObjective,
                whole(scalar),
                "this is not a share of the error budget",
            );
            let long_text = long.text.trim();
            // A share of the budget has few digits.
            let of_rate = share_of_burn_rate(scalar.text.trim(), long).map(|(share, rate)| {
                let rounded = share.round_dp(4);
                (rate, percent(rounded), rounded == share && share.scale() < 4)
            });
            problems.push(match (fault, of_rate) {
                (_, Some((rate, share, true))) => problem
                    .label("this is a burn rate")
                    .fix(format!("write `{share}`: a burn rate of {rate} spends this share in {long_text} of 30d"), whole(scalar), share),
                (ObjectiveFault::Malformed(Some(meant)), of_rate) => {
                    let problem = problem.fix(format!("write `{meant}`"), whole(scalar), meant);
                    match of_rate {
                        Some((rate, share, false)) => problem.help(format!(
                            "or `{share}` if a burn rate of {rate} is meant: it spends this share in {long_text} of 30d"
                        )),
                        _ => problem,
                    }
                }
                (ObjectiveFault::Malformed(None) | ObjectiveFault::OutOfRange, _) => {
                    problem.help("write a percentage above 0% and up to 100%, such as `2%`")
                }
            });
            None
        }
    }
}

/// The active tiers of an SLO.
pub(super) struct Active {
    /// Each with whether it is written in the sources.
    pub tiers: Vec<(Tier, bool)>,
    /// The place that decides them.
    pub place: Span,
    /// Whether their policy has tickets, active or not.
    pub has_tickets: bool,
}

/// The active tiers of an SLO.
pub(super) fn tiers(
    policies: &Policies,
    levels: [&Settings; 3],
    off: &[Scalar],
    period: &Period,
    slo: Span,
    problems: &mut Vec<Problem>,
) -> Option<Active> {
    let named = innermost(levels.map(|level| level.policy.as_ref()));
    let mut place = named.filter(|_| levels[2].policy.is_some()).map_or(slo, whole);
    let name = named.map_or("workbook", |scalar| scalar.text.trim());
    let name = policies.instead.as_deref().unwrap_or(name);
    let policy = match named.filter(|_| policies.instead.is_none()) {
        Some(named) => policies.named(named, problems)?,
        None => policies.find(name)?,
    };
    if !policy.complete {
        return None;
    }
    let mut tiers: Vec<(Tier, bool)> = policy
        .tiers
        .iter()
        .map(|(tier, written)| {
            let tier = Tier { span: if *written { tier.span } else { place }, ..tier.clone() };
            let tier = match policy.scale_to {
                Some(base) => scaled(tier, period.nominal(), base),
                None => tier,
            };
            (tier, *written)
        })
        .collect();
    for word in off {
        let text = word.text.trim();
        let window = Duration::parse(text);
        let matches = |tier: &Tier| Severity::parse(text) == Some(tier.severity) || window == Some(tier.long);
        if !tiers.iter().any(|(tier, _)| matches(tier)) {
            // These tiers belong to another policy.
            if policies.instead.is_some() {
                continue;
            }
            let longs: Vec<String> = tiers.iter().map(|(tier, _)| tier.long.to_string()).collect();
            let headline = format!("policy `{name}` has no tier `{text}`");
            let problem = Problem::error(Code::UnknownPolicy, whole(word), headline);
            let has = |severity: &Severity| tiers.iter().any(|(tier, _)| tier.severity == *severity);
            let there = Severity::ALL.iter().filter(|severity| has(severity)).map(ToString::to_string);
            let names: Vec<String> = there.chain(longs).collect();
            let meant = crate::vocabulary::severity_meant(text).filter(|meant| *meant != text);
            problems.push(match (meant, Severity::parse(text)) {
                (Some(meant), _) => problem.fix(format!("write `{meant}`"), whole(word), meant),
                // The tiers are off already.
                (None, Some(_)) if off.len() == 1 => {
                    problem.help(format!("remove `tiers_off`: there is no {text} to switch off"))
                }
                (None, Some(_)) => problem.help(format!("remove `{text}` from the list")),
                (None, None) if ["all", "true", "yes", "todo", "todos", "off"].contains(&text) => {
                    let all = Severity::ALL.iter().filter(|severity| has(severity)).map(ToString::to_string);
                    problem.help(format!("write `tiers_off: [{}]`", all.collect::<Vec<_>>().join(", ")))
                }
                (None, None) => problem.help(format!("its tiers are {}", crate::diagnostic::listed(&names))),
            });
            return None;
        }
        tiers.retain(|(tier, _)| !matches(tier));
        place = whole(word);
    }
    let has_tickets = policy.tiers.iter().any(|(tier, _)| tier.severity == Severity::Ticket);
    Some(Active { tiers, place, has_tickets })
}

/// The tiers that can fire at an objective, and the built-in ones that cannot, because even a full outage does not reach their burn rate. That is not
/// the user's mistake. Such tiers of the user's own policy are kept, and reported as errors.
pub(super) fn reachable(
    tiers: Vec<(Tier, bool)>,
    objective: Objective,
    (period, agreed): (&Period, &Agreed),
    place: Span,
    problems: &mut Vec<Problem>,
) -> (Vec<Tier>, Vec<Tier>) {
    let period = Decimal::from(agreed.most_within(period.nominal()).millis());
    let spent = objective.budget().ratio() * period;
    let long = |tier: &Tier| Decimal::from(agreed.most_within(tier.long).millis());
    // Burn rate × error budget ≥ 1, without a division.
    let dead = |tier: &Tier| spent * tier.budget_share >= long(tier);
    let (out, kept): (Vec<_>, Vec<_>) = tiers.into_iter().partition(|(tier, written)| !written && dead(tier));
    let tiers = |all: Vec<(Tier, bool)>| all.into_iter().map(|(tier, _)| tier).collect::<Vec<Tier>>();
    let kept = kept.into_iter().map(|(tier, written)| {
        if agreed.hours.is_none() || written {
            return (tier, written);
        }
        // With `hours`, a long window is a larger part of the agreed time than of the whole period. Then 10 % of the budget may be less than even
        // consumption.
        let even = (long(&tier) / period).round_dp_with_strategy(3, RoundingStrategy::AwayFromZero);
        (Tier { budget_share: tier.budget_share.max(even), ..tier }, written)
    });
    let (out, kept) = (tiers(out), tiers(kept.collect()));
    if !out.is_empty() {
        let longs: Vec<String> = out.iter().map(|tier| tier.long.to_string()).collect();
        let tiers = if out.len() == 1 { "the tier" } else { "the tiers" };
        let named = joined(&longs, "and");
        let headline = format!("at an objective of {objective} {tiers} of {named} cannot fire");
        let pages = kept.iter().any(|tier| tier.severity == Severity::Page);
        let label = match pages {
            true => "not even a full outage has such a burn rate",
            false => "not even a full outage has such a burn rate, and no tier is left that pages",
        };
        let problem = Problem::warning(Code::BurnRateUnreachable, place, headline).label(label);
        // The user may have written the share of failures.
        let problem = match objective.ratio() < Decimal::new(5, 1) {
            true => problem.help(format!(
                "an objective is the share of good events: if {objective} may be bad, write `{}`",
                percent(Decimal::ONE - objective.ratio())
            )),
            false => problem,
        };
        problems
            .push(problem.help(format!("to remove this warning, write `tiers_off: [{}]`", longs.join(", "))));
    }
    (kept, out)
}

/// Scales the windows from `base` to another period: to multiples of the group's interval, and never zero. They are rounded down, because a burn rate
/// of 1 must not become less than 1. For a slow tier that changes less than one percent.
fn scaled(tier: Tier, period: Duration, base: Duration) -> Tier {
    let exact = |length: Duration| {
        (u128::from(length.millis()) * u128::from(period.millis()) / u128::from(base.millis())) as u64
    };
    let grid = interval_of(Duration::from_millis(exact(tier.long)), tier.severity).millis();
    let scale = |length: Duration| Duration::from_millis((exact(length) / grid).max(1) * grid);
    Tier { long: scale(tier.long), short: scale(tier.short), ..tier }
}
