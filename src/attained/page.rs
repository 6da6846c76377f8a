//! The month as an HTML page for people: to open, send and print. It needs no other file and no JavaScript.

use serde::Serialize;

use super::{Answers, HOUR, Incident, Outcome, Span, Team, Verdict, teams};
use crate::emit::spelling::LanguageFormat;
use crate::model::Language;
use crate::plan::Plan;
use crate::text;
use crate::vocabulary::{Decimal, Period, on_the_clock};

/// The page of the selected SLOs.
pub fn page(plan: &Plan, named: &[String], answers: &Answers) -> String {
    let words = LanguageFormat::new(plan.project.language, &plan.project.severities);
    let (code, _) = Language::ALL
        .into_iter()
        .find(|(_, known)| *known == plan.project.language)
        .expect("every language has a code");
    let span = &answers.span;
    let teams = teams(plan, named, answers);
    let all = || teams.iter().flat_map(|team| &team.outcomes);
    let month = words.phrase(&format!("month.name.{}", span.month.number()), &[]);
    let count = |name: &str, is: fn(Verdict) -> bool| Figure {
        what: words.phrase(&format!("month.count.{name}"), &[]),
        number: all().filter(|one| is(one.verdict)).count().to_string(),
        about: String::new(),
    };
    let page = Page {
        language: code,
        environment: plan.project.environment.clone(),
        title: words.phrase("month.title", &[("month", &month), ("year", &span.month.year().to_string())]),
        zone: span.zone.clone(),
        until: (!span.is_over()).then(|| on_the_clock(span.range.until, &span.zone)),
        counts: vec![
            count("kept", |verdict| verdict == Verdict::Kept),
            count("broken", |verdict| verdict == Verdict::Broken),
            count("unknown", is_open),
            count("all", |_| true),
        ],
        incomplete: answers.warnings.iter().cloned().collect(),
        teams: teams.iter().map(|team| self::team(team, span, &words)).collect(),
    };
    text::month(plan.project.language, &page)
}

/// Whether the verdict is neither kept nor broken.
fn is_open(verdict: Verdict) -> bool {
    !matches!(verdict, Verdict::Kept | Verdict::Broken)
}

#[derive(Serialize)]
struct Page {
    language: &'static str,
    environment: Option<String>,
    title: String,
    zone: String,
    until: Option<String>,
    counts: Vec<Figure>,
    incomplete: Vec<String>,
    teams: Vec<TeamPart>,
}

#[derive(Serialize)]
struct TeamPart {
    owner: String,
    said: String,
    outcomes: Vec<OutcomePart>,
}

#[derive(Serialize)]
struct OutcomePart {
    name: String,
    about: String,
    verdict: String,
    class: &'static str,
    figures: Vec<Figure>,
    strip: String,
    days: Vec<DayPart>,
    incidents: Vec<String>,
    parts: Vec<String>,
    note: String,
}

#[derive(Serialize)]
struct Figure {
    what: String,
    number: String,
    about: String,
}

#[derive(Serialize)]
struct DayPart {
    /// From 0 to 1; `None` if there is nothing to draw.
    height: Option<String>,
    class: &'static str,
    title: String,
}

fn team(team: &Team, span: &Span, words: &LanguageFormat) -> TeamPart {
    let count =
        |is: fn(Verdict) -> bool| team.outcomes.iter().filter(|one| is(one.verdict)).count().to_string();
    let said = words.phrase(
        "month.team",
        &[
            ("kept", &count(|verdict| verdict == Verdict::Kept)),
            ("broken", &count(|verdict| verdict == Verdict::Broken)),
            ("unknown", &count(is_open)),
            ("all", &count(|_| true)),
        ],
    );
    TeamPart {
        owner: team.owner.unwrap_or_default().to_owned(),
        said,
        outcomes: team.outcomes.iter().map(|one| outcome(one, span, words)).collect(),
    }
}

fn outcome(one: &Outcome, span: &Span, words: &LanguageFormat) -> OutcomePart {
    let promise = &one.slo.promise;
    let labels: Vec<String> = one.labels.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let kept = if labels.is_empty() { String::new() } else { format!(" ({})", labels.join(", ")) };
    let (verdict, class) = match one.verdict {
        Verdict::Broken => ("broken", "page"),
        Verdict::Unknown => ("unknown", "planned"),
        Verdict::Nothing => ("nothing", "planned"),
        Verdict::Few => ("few", "ticket"),
        Verdict::Kept => ("kept", "kept"),
        Verdict::Planned => ("planned", "planned"),
    };
    let note = match one.verdict {
        Verdict::Broken | Verdict::Kept => String::new(),
        Verdict::Few => words.phrase("month.note.few", &[("enough", &words.number(promise.enough_events))]),
        Verdict::Planned => {
            let reason = promise.planned.as_deref().unwrap_or_default();
            words.phrase("month.note.planned", &[("reason", reason)])
        }
        Verdict::Nothing | Verdict::Unknown => words.phrase(&format!("month.note.{verdict}"), &[]),
    };
    OutcomePart {
        name: format!("{}/{}{kept}", promise.service, promise.slo),
        about: promise.description.clone().unwrap_or_default(),
        verdict: words.phrase(&format!("month.verdict.{verdict}"), &[]),
        class,
        figures: figures(one, words),
        strip: strip(one, span, words),
        days: days(one, span, words),
        incidents: one.incidents.iter().map(|incident| self::incident(incident, span, words)).collect(),
        parts: one.parts.iter().map(|part| self::part(part, words)).collect(),
        note,
    }
}

/// The share of a journey's part in the bad events.
fn part((part, share): &(String, Decimal), words: &LanguageFormat) -> String {
    words.phrase("month.part", &[("part", part), ("share", &words.percent(share.round_dp(3).normalize()))])
}

fn figures(one: &Outcome, words: &LanguageFormat) -> Vec<Figure> {
    let (Some(attained), Some(spent)) = (one.attained(), one.spent) else { return Vec::new() };
    let promise = &one.slo.promise;
    let figure = |name: &str, number: String, about: String| Figure {
        what: words.phrase(&format!("month.{name}"), &[]),
        number,
        about,
    };
    let events = [("bad", &*words.number(one.bad.round())), ("total", &*words.number(one.total.round()))];
    let over = match &promise.period {
        Period::Rolling(length) => words.phrase("month.period", &[("period", &words.days(*length))]),
        Period::Calendar(unit, _) => words.phrase(&format!("month.period.{}", unit.as_str()), &[]),
    };
    let known = match (spent > Decimal::ONE, one.missing.secs() > 0) {
        (true, _) => words.phrase("month.overspent", &[]),
        (false, true) => words.phrase("month.known", &[]),
        (false, false) => String::new(),
    };
    let mut figures = vec![
        figure("objective", words.objective(promise), over),
        figure(
            "attained",
            words.percent(down(attained, promise.ratio)),
            words.phrase("month.events", &events),
        ),
        figure("spent", share(spent, words), known),
    ];
    if one.missing.secs() > 0 {
        let missing = words.time(Decimal::from(one.missing.secs()));
        figures.push(figure("missing", missing, words.phrase("month.missing.about", &[])));
    }
    figures
}

/// Two digits more than the objective has, rounded down: a lower ratio never looks like the objective.
fn down(attained: Decimal, objective: Decimal) -> Decimal {
    let digits = objective.normalize().scale().max(2) + 2;
    attained.round_dp_with_strategy(digits, rust_decimal::RoundingStrategy::ToZero).normalize()
}

/// A share of the budget, rounded up.
fn share(spent: Decimal, words: &LanguageFormat) -> String {
    let rounded = spent.round_dp_with_strategy(3, rust_decimal::RoundingStrategy::AwayFromZero);
    words.percent(rounded.normalize())
}

fn incident(incident: &Incident, span: &Span, words: &LanguageFormat) -> String {
    let values = [
        ("from", &*on_the_clock(incident.range.from, &span.zone)),
        ("until", &*on_the_clock(incident.range.until, &span.zone)),
        ("share", &*share(incident.share, words)),
        ("ratio", &*words.short_percent(incident.ratio)),
    ];
    words.phrase("month.incident", &values)
}

fn date(at: u64, span: &Span) -> String {
    let clock = on_the_clock(at, &span.zone);
    clock.split(' ').next().unwrap_or_default().to_owned()
}

fn days(one: &Outcome, span: &Span, words: &LanguageFormat) -> Vec<DayPart> {
    let most = one.days.iter().flatten().max().copied().unwrap_or_default();
    let day = |(spent, begins): (&Option<Decimal>, &u64)| {
        let date = date(*begins, span);
        let title = |name: &str, values: &[(&str, &str)]| {
            words.phrase(&format!("month.{name}"), &[&[("day", &*date)], values].concat())
        };
        match spent {
            Some(spent) => DayPart {
                height: (most > Decimal::ZERO).then(|| (spent / most).round_dp(3).normalize().to_string()),
                // Even spending is a thirtieth per day.
                class: if *spent > Decimal::ONE / Decimal::from(10) { "much" } else { "little" },
                title: title("day", &[("share", &*share(*spent, words))]),
            },
            None if begins + HOUR > span.range.until => {
                DayPart { height: None, class: "ahead", title: title("day.ahead", &[]) }
            }
            None => DayPart { height: None, class: "missing", title: title("day.missing", &[]) },
        }
    };
    one.days.iter().zip(&span.days).map(day).collect()
}

/// The days as a text for screen readers.
fn strip(one: &Outcome, span: &Span, words: &LanguageFormat) -> String {
    let known = one.days.iter().zip(&span.days).filter_map(|(spent, begins)| Some(((*spent)?, *begins)));
    // The first of several equal ones.
    match known.rev().max_by_key(|(spent, _)| *spent).filter(|(spent, _)| *spent > Decimal::ZERO) {
        Some((spent, begins)) => {
            let values = [("day", &*date(begins, span)), ("share", &*share(spent, words))];
            words.phrase("month.strip", &values)
        }
        None => words.phrase("month.strip.none", &[]),
    }
}
