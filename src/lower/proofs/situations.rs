//! The situations: a day that ends in an outage, burns between and below the thresholds, and days of long windows.

use super::numbers::{divided, left_over};
use super::played::{Situation, SloCases, counts};
use super::stage::Stage;
use super::{MARGIN, PER_STEP, ProofKind};
use super::{closed, journeys, lines};
use crate::lower::series::Side;
use crate::lower::shapes::SeriesIncidents;
use crate::lower::timeline::{State, StepEvents, Timeline};
use crate::model::Behaviour;
use crate::plan::{Case, Check, Event, TierFacts};
use crate::promql::build::{call, gt, lt, number, sub};
use crate::vocabulary::{Decimal, Duration, Period, Severity, text};

/// The cases of an SLO in one act.
pub(super) fn play(stage: &Stage, act: ProofKind) -> SloCases {
    let mut played = SloCases::default();
    let (fast, slow) = (stage.tiers(false), stage.tiers(true));
    let torn = |severity: &Severity| {
        [&fast, &slow].iter().all(|tiers| tiers.iter().any(|tier| tier.severity == *severity))
    };
    if let (ProofKind::Page, Some(severity)) = (act, Severity::ALL.iter().find(|severity| torn(severity))) {
        played
            .unproven
            .push(format!("the alert of its {severity} tiers, whose windows are summed in two groups"));
    }
    match act {
        ProofKind::Page => {
            let (case, spiked) = day(stage);
            played.add(Situation::Day, case, spiked || fast.is_empty() || !stage.is_prompt());
            match stage.burns_with_pages() {
                true if stage.is_prompt() => burns(stage, &mut played),
                true => played.unproven.push(LATE.to_owned()),
                false => {}
            }
            played.cases.extend(journeys::parts(stage).map(|case| (Situation::Parts, case)));
        }
        // Slices end at every evaluation of a page, so their burns are played there. Those of a journey read samples, which are closer than steps.
        ProofKind::Burn if stage.is_prompt() => {
            if !stage.burns_with_pages() {
                burns(stage, &mut played);
            }
            closed::play(stage, &mut played);
        }
        ProofKind::Burn if stage.burns_with_pages() => {}
        ProofKind::Burn => played.unproven.push(LATE.to_owned()),
        ProofKind::Long => {
            let (case, spiked) = days(stage);
            played.add(Situation::Days, case, spiked || slow.is_empty() || !stage.is_prompt());
            lines::play(stage, &mut played);
        }
    }
    played.cases.retain(|(_, case)| !case.checks.is_empty());
    played
}

/// Why burns are not played.
const LATE: &str = "its state follows its series late, because it reads ranges: only outages are tested";

/// Burns between the thresholds and just below the lowest ones.
fn burns(stage: &Stage, played: &mut SloCases) {
    let (fast, slow) = (stage.tiers(false), stage.tiers(true));
    for (index, tier) in fast.iter().enumerate().filter(|(_, tier)| has_higher(&fast, tier)) {
        match between(stage, &fast, tier) {
            Some(case) => played.cases.push((Situation::Between(index), case)),
            None => played.unproven.push(format!(
                "slowburn found no burn rate at which the tier of {} fires and no higher tier does",
                tier.long
            )),
        }
    }
    for (situation, tiers, slow) in
        [(Situation::BelowPages, fast, false), (Situation::BelowTickets, slow, true)]
    {
        match below(stage, &tiers, slow) {
            Some(case) => played.cases.push((situation, case)),
            None if tiers.is_empty() => {}
            None => played.unproven.push(format!(
                "slowburn found no burn rate just below {}: {}",
                text(tiers.iter().map(|tier| tier.threshold).min().unwrap_or_default()),
                match stage.promise.event {
                    Event::Slice(_) | Event::Journey(_) => "one bad slice is already above it",
                    Event::Check | Event::Occurrence => "it would take too long until one event is bad",
                }
            )),
        }
    }
}

fn has_higher(tiers: &[&TierFacts], tier: &TierFacts) -> bool {
    tiers.iter().any(|other| other.threshold > tier.threshold)
}

/// The steps of the longest of these windows.
fn longest(stage: &Stage, tiers: &[&TierFacts], window: impl Fn(&TierFacts) -> Duration) -> usize {
    tiers.iter().map(|tier| stage.steps(window(tier))).max().unwrap_or(0)
}

/// Steps of full outage until every tier fires. Windows longer than `moving` steps lose no good events meanwhile.
fn outage(stage: &Stage, tiers: &[&TierFacts], moving: usize) -> usize {
    let steps = |tier: &&TierFacts| {
        let length = stage.steps(tier.long);
        let good = if length <= moving { Decimal::ONE } else { Decimal::ONE - tier.threshold };
        let share = (tier.threshold * Decimal::from(length as u64)).checked_div(good);
        share.and_then(|share| usize::try_from(share.ceil()).ok()).unwrap_or(usize::MAX / 2)
    };
    tiers.iter().map(steps).max().unwrap_or(0) + stage.slice_steps() + stage.lag_steps() + MARGIN
}

/// Steps in which the good events of hours are played.
const COMPRESSED: usize = 10;

/// Steps of good events before the first incident of a day, at the usual pace: as many as the longest window has. Where burns of hours prove the
/// length of the lower tiers' windows, they are only as many as the highest tier's window has, and the events before them are played in a few steps.
fn before_incidents(stage: &Stage, tiers: &[&TierFacts]) -> usize {
    let all = longest(stage, tiers, |tier| tier.long);
    let highest: Vec<&TierFacts> = tiers.iter().filter(|tier| !has_higher(tiers, tier)).copied().collect();
    let least = longest(stage, &highest, |tier| tier.long).max(longest(stage, tiers, |tier| tier.short));
    let is_compressed = stage.counts()
        && stage.promise.event == Event::Occurrence
        && least + COMPRESSED + outage(stage, tiers, least) < all + outage(stage, tiers, all);
    if is_compressed { least } else { all }
}

/// Steps until no tier fires any more.
fn recovery(stage: &Stage, tiers: &[&TierFacts]) -> usize {
    let kept = longest(stage, tiers, |tier| tier.keep_firing_for.unwrap_or_default());
    longest(stage, tiers, |tier| tier.short) + kept + stage.slice_steps() + stage.lag_steps() + MARGIN
}

/// Steps in which the ranges of a state are not filled yet. If they have different lengths, it may be bad until they are.
fn settling(stage: &Stage) -> usize {
    if stage.is_prompt() { 0 } else { stage.lag_steps() + 1 }
}

/// The loads so far, with their checks.
struct Script<'s, 'a> {
    stage: &'s Stage<'a>,
    loads: Vec<StepEvents>,
    sentences: Vec<&'static str>,
    mishaps: SeriesIncidents,
}

impl Script<'_, '_> {
    fn now(&self) -> usize {
        self.loads.len()
    }

    fn add(&mut self, sentence: &'static str, loads: Vec<StepEvents>) {
        self.loads.extend(loads);
        if !sentence.is_empty() {
            self.sentences.push(sentence);
        }
    }
}

/// One day at the step of pages, and whether a spike is in it.
fn day(stage: &Stage) -> (Case, bool) {
    let tiers = stage.tiers(false);
    let severities = stage.severities(false);
    let all = longest(stage, &tiers, |tier| tier.long);
    let before = before_incidents(stage, &tiers);
    let healthy = match stage.promise.event {
        // Each of its rules costs an evaluation per step, and burns of hours are played separately.
        Event::Journey(_) => 120,
        _ => before.max(120),
    };
    let mut script =
        Script { stage, loads: Vec::new(), sentences: Vec::new(), mishaps: SeriesIncidents::default() };
    let mut silent = Vec::new();
    let mut counted = Vec::new();
    if stage.counts() && stage.promise.event == Event::Occurrence {
        if tiers.iter().all(|tier| tier.min_bad_events > 1) {
            let few =
                |steps: usize| (0..steps).map(|step| StepEvents { good: u64::from(step % 20 == 0), bad: 0 });
            script.add(
                "a single failed event among few does not page",
                few(40).chain([StepEvents { good: 0, bad: 1 }]).chain(few(19)).collect(),
            );
            silent.push(41);
        }
        let pages = || tiers.iter().filter(|tier| tier.severity == Severity::Page);
        let fewest = pages().map(|tier| tier.min_events).min().unwrap_or(1) - 1;
        let least = pages().map(|tier| tier.min_bad_events).max().unwrap_or(1);
        if fewest >= least {
            // One at a time, fewer than a page requires together with those before.
            let few = (fewest as usize).saturating_sub(script.now()).min(20);
            script.add(
                "a full outage of too few events does not page",
                vec![StepEvents { good: 0, bad: 1 }; few],
            );
            silent.push(script.now());
        }
        script.add("", stage.good(10));
        script.mishaps.restart = Some(script.now());
        script.add("counters that restart lose no events", stage.good(5));
        counted.push(script.now());
        script.mishaps.unborn = stage
            .stimulus
            .iter()
            .any(|series| matches!(series.behaviour, Behaviour::Counts { good: 0, bad: 1.. }));
        // So few that no alert fires for them: in the gap that follows, the last ratio counts for a minute more.
        let lowest = tiers.iter().map(|tier| tier.threshold).min().unwrap_or(Decimal::ONE);
        let enough = u64::try_from((Decimal::from(7) / lowest).ceil()).unwrap_or(0);
        let errors = vec![StepEvents { good: enough.max(PER_STEP) - 7, bad: 7 }; 3];
        if script.mishaps.unborn {
            script.add("a new error series that starts with errors counts them all", errors);
        } else {
            script.add("", errors);
        }
        counted.push(script.now());
    }
    if stage.counts() {
        script.add("no events for a quarter of an hour cost nothing", vec![StepEvents::default(); 30]);
        silent.push(script.now());
        counted.push(script.now());
    }
    let idle_until = script.now();
    if before < all {
        // Until the outage, the events after them are those of a spike and its end.
        let compressed = all.saturating_sub(healthy + recovery(stage, &tiers)).div_ceil(COMPRESSED) as u64;
        script.add("", vec![StepEvents { good: compressed * stage.units(), bad: 0 }; COMPRESSED]);
        script.add("", stage.good(healthy));
    } else {
        script.add("", stage.good(healthy.saturating_sub(script.now()).max(10) + settling(stage)));
    }
    let spiked = if stage.is_prompt() && !tiers.is_empty() {
        spike(stage, &tiers, &script.loads, &severities)
    } else {
        None
    };
    let mut checks = Vec::new();
    if let Some((loads, tier)) = &spiked {
        script.add("a spike that only the short window sees does not alert", loads.clone());
        checks.push(stage.above(script.now(), tier.short, tier.threshold, true));
        silent.push(script.now());
        script.add("", stage.good(recovery(stage, &tiers)));
    }
    let begins = script.now();
    if !tiers.is_empty() {
        script.add("a full outage fires in time", stage.bad(outage(stage, &tiers, before)));
    }
    let ends = script.now();
    if !tiers.is_empty() {
        script.add("and stops in time", stage.good(recovery(stage, &tiers)));
    }
    let timeline = stage.timeline(&script.loads);
    for severity in &severities {
        checks.extend(alerted(stage, &timeline, *severity, &silent, begins..ends));
    }
    if stage.is_prompt() {
        for tier in &tiers {
            checks.extend(stage.crossing(&timeline, tier, begins));
        }
        checks.extend(stage.lengths(&timeline, &tiers, begins));
    }
    for step in counted {
        checks.extend(counts(stage, &timeline, step));
    }
    if stage.counts() && stage.promise.event == Event::Occurrence {
        let (bad, total) = timeline.window(idle_until, Duration::from_secs(300));
        let ratio = stage.recorded(&stage.names.ratio("5m"));
        checks.push(stage.value(idle_until, ratio, divided(bad, total)));
    }
    let first = journeys::first(stage, &timeline, begins..ends);
    if first.is_some() {
        script.sentences.push("and a part that pages after its journey is silenced");
    }
    let (series, silenced) = first.unwrap_or_default();
    checks.extend(silenced);
    let title = script.sentences.join(", ");
    let mut case = stage.case(&title, &script.loads, script.mishaps, checks);
    case.series.extend(series);
    (case, spiked.is_some())
}

/// The checks of the alert of a severity: at its changes, at some steps of interest, and in an outage of these steps.
fn alerted(
    stage: &Stage,
    timeline: &Timeline,
    severity: Severity,
    silent: &[usize],
    outage: std::ops::Range<usize>,
) -> Vec<Check> {
    if !stage.is_prompt() {
        return lagging(stage, timeline, severity, outage.start, outage.end);
    }
    let mut checks = stage.turns(timeline, severity);
    checks.extend(silent.iter().filter_map(|step| stage.state(timeline, severity, *step)));
    checks.extend(stage.text_check(timeline, severity, outage.start));
    checks
}

/// A state that is read from ranges changes at some step between the change of its series and the end of the range.
fn lagging(stage: &Stage, timeline: &Timeline, severity: Severity, begins: usize, ends: usize) -> Vec<Check> {
    let fires = |step: usize| matches!(timeline.state(severity, step), State::Fires(_));
    let Some(first) = timeline.first(begins, fires) else { return Vec::new() };
    let lag = stage.lag_steps();
    let mut checks = Vec::new();
    checks.extend(stage.state(timeline, severity, first - 1));
    if first + lag < ends {
        checks.extend(stage.state(timeline, severity, first + lag));
    }
    checks.extend(stage.state(timeline, severity, timeline.last()));
    checks
}

/// Bad events after `before` that pass a short window's threshold and no long one's, with the tier of that short window.
fn spike<'t>(
    stage: &Stage,
    tiers: &[&'t TierFacts],
    before: &[StepEvents],
    severities: &[Severity],
) -> Option<(Vec<StepEvents>, &'t TierFacts)> {
    let budget =
        tiers.iter().map(|tier| tier.threshold * Decimal::from(stage.steps(tier.long) as u64)).min()?;
    [8, 6, 4, 2].into_iter().find_map(|tenths| {
        let spent = budget * Decimal::new(tenths, 1);
        let spike = match stage.promise.event {
            Event::Occurrence | Event::Check => {
                let units = (spent * Decimal::from(stage.units())).floor();
                stage.burst(u64::try_from(units).ok().filter(|units| *units > 0)?)
            }
            Event::Slice(_) | Event::Journey(_) => {
                stage.slices(usize::try_from(spent.floor()).ok().filter(|slices| *slices > 0)?)?
            }
        };
        let loads = [before.to_vec(), spike.clone(), stage.good(recovery(stage, tiers))].concat();
        let timeline = stage.timeline(&loads);
        let mut steps = before.len()..=timeline.last();
        let silent = steps
            .all(|step| severities.iter().all(|severity| timeline.state(*severity, step) == State::Silent));
        let step = before.len() + spike.len();
        let seen = tiers.iter().find(|tier| {
            let (bad, total) = timeline.window(step, tier.short);
            Decimal::from(bad) > tier.threshold * Decimal::from(total) * Decimal::new(101, 2)
        })?;
        silent.then_some((spike, *seen))
    })
}

/// A burn that passes this tier's threshold and not the next higher one.
fn between(stage: &Stage, tiers: &[&TierFacts], tier: &TierFacts) -> Option<Case> {
    let higher: Vec<&TierFacts> =
        tiers.iter().filter(|other| other.threshold > tier.threshold).copied().collect();
    let healthy = match stage.promise.event {
        // Played at the step of pages: the outage of the day proves the length of the windows.
        Event::Slice(_) => longest(stage, &higher, |tier| tier.long),
        _ => longest(stage, tiers, |tier| tier.long),
    };
    let (loads, higher) = burn_between(stage, tiers, tier, &stage.good(healthy))?;
    let kept = stage.steps(tier.keep_firing_for.unwrap_or_default());
    let quiet = stage.good(stage.steps(tier.short) + kept + stage.slice_steps() + MARGIN);
    let loads = [stage.good(healthy), loads, quiet].concat();
    let timeline = stage.timeline(&loads);
    let mut checks = stage.crossing(&timeline, tier, healthy);
    checks.extend(stage.lengths(&timeline, tiers, healthy));
    for severity in stage.severities(false) {
        checks.extend(stage.turns(&timeline, severity));
    }
    let (low, high) = (text(tier.threshold), text(higher));
    let title = format!("a burn rate between {low} and {high} fires the tier of {}", tier.long);
    Some(stage.case(&title, &loads, SeriesIncidents::default(), checks))
}

/// Loads after `before` at which this tier fires before all tiers with a higher threshold, and the next threshold.
fn burn_between(
    stage: &Stage,
    tiers: &[&TierFacts],
    tier: &TierFacts,
    before: &[StepEvents],
) -> Option<(Vec<StepEvents>, Decimal)> {
    let higher = tiers.iter().map(|other| other.threshold).filter(|other| *other > tier.threshold).min()?;
    // Close to the higher threshold if possible, so that a lower one would be noticed.
    [95, 70, 50, 80, 40, 60, 30, 20, 10].into_iter().find_map(|percent| {
        let ratio = tier.threshold + (higher - tier.threshold) * Decimal::new(percent, 2);
        let full = Decimal::from(stage.steps(tier.long) as u64) * tier.threshold / ratio;
        // If there were fewer good events than a window has room for, it fires earlier.
        let filling = Decimal::from(before.len() as u64) * tier.threshold / (ratio - tier.threshold);
        let fires = full.min(filling);
        // With few events, the one that passes the threshold may be a whole unit late; with a bad slice now and then, each is a little late.
        let late = match stage.promise.event {
            Event::Occurrence | Event::Check => Decimal::ONE / ratio / Decimal::from(stage.units()),
            Event::Slice(_) | Event::Journey(_) => fires / Decimal::TEN + Decimal::TWO / ratio,
        };
        let unit = usize::try_from(late.ceil()).ok()?;
        let burning = usize::try_from(fires.ceil()).ok()?.checked_add(unit)? + stage.slice_steps() + MARGIN;
        // A burn that needs longer than the period until it fires is not played.
        let burning = Some(burning).filter(|steps| *steps <= stage.steps(stage.promise.period_length))?;
        let burn = stage.ratio(burning, ratio)?;
        let loads = [before.to_vec(), burn.clone()].concat();
        let timeline = stage.timeline(&loads);
        let from = before.len();
        let sees = |tier: &TierFacts| {
            timeline.first(from, |step| timeline.burns(tier, step) != Some(false)).is_some()
        };
        let alone = sees(tier) && tiers.iter().all(|other| other.threshold <= tier.threshold || !sees(other));
        alone.then_some((burn, higher))
    })
}

/// A burn below all thresholds. After a cold start every window has the ratio of the burn at once, so a few hours are as good as days.
fn below(stage: &Stage, tiers: &[&TierFacts], slow: bool) -> Option<Case> {
    let most = if stage.promise.event.slice().is_some() { 1_500 } else { 150 };
    let tier = tiers.iter().min_by_key(|tier| tier.threshold)?;
    let severities = stage.severities(slow);
    [999, 990, 970, 950, 900, 800, 700, 600, 500].into_iter().find_map(|per_mille| {
        let ratio = tier.threshold * Decimal::new(per_mille, 3);
        let one = Decimal::ONE / ratio / Decimal::from(stage.units());
        let steps = match stage.promise.event {
            Event::Occurrence => 30,
            Event::Check => usize::try_from(one.ceil()).ok()?.checked_add(20)?,
            Event::Slice(_) | Event::Journey(_) => {
                usize::try_from((Decimal::ONE / ratio).ceil()).ok()?.checked_mul(2)?
            }
        };
        let steps = Some(steps).filter(|steps| *steps <= most)?;
        let loads = stage.ratio(steps, ratio)?;
        let timeline = stage.timeline(&loads);
        let mut all = 1..=timeline.last();
        let silent = all
            .all(|step| severities.iter().all(|severity| timeline.state(*severity, step) == State::Silent));
        // Slow windows are sums of tiles; after a cold start, of all tiles.
        let (bad, total) = match tier.slow {
            true => timeline.tiled(timeline.last()),
            false => timeline.window(timeline.last(), tier.long),
        };
        if !silent || bad == 0 {
            return None;
        }
        let mut checks = Vec::new();
        for severity in &severities {
            checks.extend(stage.turns(&timeline, *severity));
            checks.extend(stage.state(&timeline, *severity, steps / 2));
        }
        let ratio = stage.recorded(&stage.names.ratio(&tier.long.to_string()));
        checks.push(stage.value(timeline.last(), ratio, divided(bad, total)));
        let title = format!("a burn rate just below {} does not alert", text(tier.threshold));
        Some(stage.case(&title, &loads, SeriesIncidents::default(), checks))
    })
}

/// Days at the step of long windows; also whether they contain a spike.
fn days(stage: &Stage) -> (Case, bool) {
    let tiers = stage.tiers(true);
    let severities = stage.severities(true);
    let healthy = longest(stage, &tiers, |tier| tier.long).max(36) + settling(stage);
    let mut script =
        Script { stage, loads: Vec::new(), sentences: Vec::new(), mishaps: SeriesIncidents::default() };
    let mut checks = Vec::new();
    let mut silent = Vec::new();
    let mut spiked = false;
    script.add("", stage.good(healthy));
    if stage.is_prompt() && !tiers.is_empty() {
        if let Some((loads, tier)) = spike(stage, &tiers, &script.loads, &severities) {
            spiked = true;
            script.add("a spike that only the short window sees does not alert", loads);
            checks.push(stage.above(script.now(), tier.short, tier.threshold, true));
            silent.push(script.now());
            script.add("", stage.good(recovery(stage, &tiers)));
        }
        let lowest = tiers.iter().min_by_key(|tier| tier.threshold).copied();
        let burn = lowest.and_then(|tier| Some((tier, burn_between(stage, &tiers, tier, &script.loads)?.0)));
        if let Some((tier, loads)) = burn {
            let begins = script.now();
            script.add("a slow burn fires in time", loads);
            let timeline = stage.timeline(&script.loads);
            checks.extend(stage.crossing(&timeline, tier, begins));
            script.add("and stops in time", stage.good(recovery(stage, &tiers)));
        }
    }
    let begins = script.now();
    script.add("a full outage fires in time", stage.bad(outage(stage, &tiers, healthy)));
    let ends = script.now();
    script.add("and stops in time", stage.good(recovery(stage, &tiers)));
    script.sentences.push("and the period's figures are those of the counted events");
    let timeline = stage.timeline(&script.loads);
    for severity in &severities {
        checks.extend(alerted(stage, &timeline, *severity, &silent, begins..ends));
    }
    if stage.is_prompt() {
        checks.extend(stage.lengths(&timeline, &tiers, healthy));
    }
    checks.extend(figures(stage, &timeline));
    (
        script.stage.case(&script.sentences.join(", "), &script.loads, SeriesIncidents::default(), checks),
        spiked,
    )
}

/// The checks of the period's series.
fn figures(stage: &Stage, timeline: &Timeline) -> Vec<Check> {
    let last = timeline.last();
    let rolling = matches!(stage.slo.period, Period::Rolling(_));
    let suffix = stage.slo.period.suffix();
    let Some((bad, total)) = stage.period_so_far(timeline, last) else { return Vec::new() };
    let events = |side| stage.recorded(&stage.names.period(side, rolling, &suffix));
    if !stage.is_prompt() {
        return vec![stage.value(last, gt(events(Side::Total), number("0")).bool(), "1".to_owned())];
    }
    let mut checks = vec![
        stage.value(last, events(Side::Bad), bad.to_string()),
        stage.value(last, events(Side::Total), total.to_string()),
        stage.value(last, stage.recorded(&stage.names.period_ratio(rolling, &suffix)), divided(bad, total)),
    ];
    let left = stage.recorded("slo:period_error_budget_remaining:ratio");
    let Some((_, of)) = stage.measured(timeline, last) else { return checks };
    let is_left = left_over(bad, of, stage.promise.budget);
    checks.push(match rolling {
        true => stage.value(last, left, is_left),
        // An average differs in the last bits between versions.
        false => {
            let apart = call("abs", vec![sub(left, number(is_left)).into()]);
            stage.value(last, lt(apart, number("1e-9")).bool(), "1".to_owned())
        }
    });
    checks.extend(journeys::spent_alone(stage, last).filter(|_| bad > 0));
    checks
}
