//! Agreed time: `hours`, `except` and `maintenance`.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil, tz::TimeZone};

use super::effort::Effort;
use super::reader::Reader;
use super::{common_spellings, dependencies, firing, innermost, secrets, values, whole};
use crate::ast::{HoursBlock, MaintenanceBlock, ProjectFile, Settings};
use crate::diagnostic::{Code, Problem};
use crate::model::{Agreed, Except, Kept, Maintenance, Service, Slo};
use crate::promql::ast::Expr;
use crate::promql::build;
use crate::promql::carried::ResultLabels;
use crate::promql::{names, since};
use crate::scalar::Scalar;
use crate::source::Span;
use crate::vocabulary::{Duration, HOURS_STEP, Hours, Moment, Offsets, ZoneFault, exact_zone, on_the_clock};

/// Minutes of a day.
pub(super) const DAY: u16 = 1440;

/// Windows begin and end at multiples of this. In seconds.
const STEP: i64 = HOURS_STEP as i64 * 60;

/// A longer list of holidays cannot be reviewed.
const MOST_HOLIDAYS: usize = 200;

/// The longest maintenance window, in seconds.
const LONGEST: i64 = 31 * 86_400;

/// Limit for the query of `except`: it is repeated in the rules of every SLO that it applies to.
const LONGEST_EXCEPT: usize = 1000;

/// Limit for characters, so that the text fits into an alert.
const LONGEST_REASON: usize = 200;

/// A maintenance window with its place, and the service or SLO that it applies to; all if there is none.
pub(super) struct Window {
    window: Maintenance,
    place: Span,
    of: Vec<(String, Option<String>)>,
}

impl Window {
    fn is_of(&self, service: &str, slo: &str) -> bool {
        let of = |(named, one): &(String, Option<String>)| {
            named == service && one.as_ref().is_none_or(|one| one == slo)
        };
        self.of.is_empty() || self.of.iter().any(of)
    }
}

/// The time in which an SLO's promise holds; [`excuse`] adds the maintenance windows.
pub(super) fn agreed(
    levels: [&Settings; 3],
    by: &[Kept],
    version: (u32, u32),
    effort: &Effort,
    problems: &mut Vec<Problem>,
) -> Option<Agreed> {
    let zone = innermost(levels.map(|level| level.time_zone.as_ref()));
    let hours = match innermost(levels.map(|level| level.hours.as_ref())) {
        Some(block) => hours_of(block, zone, problems)?,
        None => None,
    };
    let except = match innermost(levels.map(|level| level.except.as_ref())) {
        Some(written) if written.text.trim() != "never" => {
            Some(except_of(written, by, version, effort, problems)?)
        }
        _ => None,
    };
    Some(Agreed { hours, except, maintenance: Vec::new() })
}

/// The hours of one level: `None` with problems, `Some(None)` for always.
pub(super) fn hours_of(
    block: &HoursBlock,
    zone: Option<&Scalar>,
    problems: &mut Vec<Problem>,
) -> Option<Option<Hours>> {
    let (span, days, hours, own, holidays) = match block {
        HoursBlock::Word(word) if word.text.trim() == "always" => return Some(None),
        HoursBlock::Word(word) => {
            let problem =
                Problem::error(Code::InvalidHours, whole(word), "`hours` needs both days and times of day");
            let text = word.text.trim().to_lowercase();
            let always = ["24x7", "24/7", "7x24", "siempre", "all", "00:00-24:00", "none", "off"];
            let is_day = Duration::from_common_spelling(&text) == Some(Duration::from_secs(86_400));
            // `lunes a viernes de 9 a 18`
            let (before, after) =
                text.split_at(text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len()));
            let before = before.trim_end_matches([',', ' ']).trim_start_matches("de ");
            let before = [" de", " from", " las", ","]
                .iter()
                .find_map(|end| before.strip_suffix(end))
                .unwrap_or(before);
            let (days, hours) = (common_spellings::days(before), common_spellings::hours(after));
            problems.push(match (always.contains(&text.as_str()) || is_day, days, hours) {
                (true, ..) => problem.fix("write `always`", whole(word), "always"),
                (false, Some(days), Some(hours)) => {
                    let both = format!("{{ days: {days}, hours: \"{hours}\" }}");
                    problem.fix(format!("write `hours: {both}`"), whole(word), both)
                }
                (false, days, hours) => problem.help(format!(
                    "write `hours: {{ days: {}, hours: \"{}\" }}`, or `hours: always`",
                    days.as_deref().unwrap_or("monday-friday"),
                    hours.as_deref().unwrap_or("08:00-20:00")
                )),
            });
            return None;
        }
        HoursBlock::Week { span, days, hours, time_zone, holidays } => {
            (*span, days, hours, time_zone, holidays)
        }
    };
    let before = problems.len();
    let zone = zone_of(own.as_ref().or(zone), span, problems);
    let mut all: Vec<u8> = Vec::new();
    for written in days {
        match weekdays(&written.text) {
            // Monday becomes 0.
            Some(more) => all.extend(more.into_iter().map(|day| (day + 6) % 7)),
            None => problems.push(not_days(written, Code::InvalidHours)),
        }
    }
    let mut spans = Vec::new();
    for written in hours {
        match self::span(&written.text) {
            Some((from, to)) if from % HOURS_STEP == 0 && to % HOURS_STEP == 0 => spans.push((from, to)),
            Some((from, to)) => {
                let near = |minute: u16| (minute + HOURS_STEP / 2) / HOURS_STEP * HOURS_STEP;
                let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
                let meant = format!("{}-{}", clock(near(from)), clock(near(to)));
                problems.push(
                    Problem::error(
                        Code::InvalidHours,
                        whole(written),
                        "hours must begin and end at multiples of five minutes",
                    )
                    .fix(format!("write `{meant}`"), whole(written), meant),
                );
            }
            None => problems.push(not_hours(written, Code::InvalidHours)),
        }
    }
    let mut dates: Vec<civil::Date> = Vec::new();
    for written in holidays.iter().take(MOST_HOLIDAYS) {
        match written.text.trim().parse::<civil::Date>() {
            Ok(date) if (1971..=2100).contains(&date.year()) => dates.push(date),
            _ => problems.push(not_a_date(written)),
        }
    }
    if let Some(more) = holidays.get(MOST_HOLIDAYS) {
        let headline = format!("there are more than {MOST_HOLIDAYS} holidays");
        problems.push(
            Problem::error(Code::TooLarge, whole(more), headline).help("remove the holidays that are over"),
        );
    }
    if problems.len() > before || all.is_empty() || spans.is_empty() {
        return None;
    }
    let listed = |texts: &[Scalar]| {
        texts.iter().map(|text| text.text.trim().to_lowercase()).collect::<Vec<_>>().join(", ")
    };
    Some(Some(Hours::new(&all, &spans, format!("{} {}", listed(days), listed(hours)), zone?, dates)))
}

/// The problem of a text that is not a date.
fn not_a_date(written: &Scalar) -> Problem {
    let (text, place) = (&written.text, whole(written));
    let problem = Problem::error(Code::InvalidHours, place, "this is not a date");
    if let Some(dates) = common_spellings::dates(text) {
        return problem.label("expected one date").help(format!("list each day: `{dates}`"));
    }
    if !text.contains(|c: char| c.is_ascii_digit()) {
        return problem
            .help("slowburn knows no calendar: list each day, `holidays: [2027-01-01, 2027-05-25]`");
    }
    // `12-25`, or `25/12`
    let parts = text
        .trim()
        .split_once(['-', '/'])
        .and_then(|(one, two)| Some((one.parse::<i8>().ok()?, two.parse::<i8>().ok()?)));
    let day = parts.and_then(|(one, two)| {
        civil::Date::new(2027, one, two).or_else(|_| civil::Date::new(2027, two, one)).ok()
    });
    if let Some(day) = day {
        return problem.label("the year is missing").help(format!("write each year: `{day}`"));
    }
    match (common_spellings::no_such_day(text), common_spellings::date(text)) {
        (Some(why), _) => problem.label(why),
        (None, Some(date)) if date.to_string() != text.trim() => {
            return problem.fix(format!("write `{date}`"), place, date.to_string());
        }
        (None, _) => match common_spellings::both_readings(text) {
            Some(readings) => return either(problem, readings),
            None => problem,
        },
    }
    .help("write year, month and day: `2027-01-01`")
}

/// The problem of a date that can be read in two ways.
fn either(problem: Problem, [first, second]: [String; 2]) -> Problem {
    match first == second {
        true => problem.help(format!("write `{first}`")),
        false => problem.label("which of the two numbers is the month?").help(format!(
            "write `{first}` or `{second}`, whichever is meant: the month comes before the day"
        )),
    }
}

fn zone_of(written: Option<&Scalar>, span: Span, problems: &mut Vec<Problem>) -> Option<(String, Offsets)> {
    let place = span.beginning();
    let Some(written) = written else {
        problems.push(
            Problem::error(Code::MissingKey, place, "these hours have no time zone")
                .help("add `time_zone: Europe/Madrid`, here or for the whole project"),
        );
        return None;
    };
    let name = written.text.trim();
    match Offsets::of(name) {
        Ok(offsets) => Some((name.to_owned(), offsets)),
        Err(ZoneFault::Unknown) => {
            problems.push(values::unzoned(written, ZoneFault::Unknown));
            None
        }
        Err(ZoneFault::Varies) => {
            let headline = "this time zone does not change its clocks by the same rule every year";
            problems.push(
                Problem::error(Code::UnknownTimeZone, whole(written), headline)
                    .help("write a time zone that does, such as `UTC`"),
            );
            None
        }
    }
}

/// `except`, if it is not `never`.
fn except_of(
    written: &Scalar,
    by: &[Kept],
    version: (u32, u32),
    effort: &Effort,
    problems: &mut Vec<Problem>,
) -> Option<Except> {
    if let Some((at, _)) = written.text.char_indices().nth(LONGEST_EXCEPT) {
        let headline = format!("this query has more than {LONGEST_EXCEPT} characters");
        problems.push(
            Problem::error(Code::TooLarge, written.place(at, written.text.len()), headline)
                .label("every SLO that it applies to reads all of it")
                .help("record a series of its result, and write the name of that series"),
        );
        return None;
    }
    let text = written.text.trim().to_lowercase();
    let problem = Problem::error(Code::NeverCounted, whole(written), "`except` is a query, not a time");
    if let Some(date) = text.get(..10).and_then(common_spellings::date) {
        problems.push(problem.help(format!(
            "write windows with a date in the project file: `maintenance: [{{ from: {date}T02:00, to: {date}T04:00, reason: The database moves }}]`"
        )));
        return None;
    }
    // `weekends`, `02:00-04:00`, `sunday 02:00-04:00`
    let parts: Vec<&str> = text.split_whitespace().collect();
    let is_time =
        |part: &&str| common_spellings::hours(part).is_some() || common_spellings::days(part).is_some();
    if !parts.is_empty() && parts.iter().all(is_time) {
        problems.push(problem.help(
            "write when events count: `hours: { days: monday-friday, hours: \"08:00-20:00\" }`, in place of `except`",
        ).help("write windows with a date under `maintenance` in the project file"));
        return None;
    }
    let mut reader = Reader::new(version);
    let expr = reader.alert(written, problems)?;
    if expr.selectors().is_empty() {
        let of_hours = ["hour", "minute", "day_of_week"].iter().any(|name| expr.calls(name));
        problems.push(
            Problem::error(
                Code::NeverCounted,
                whole(written),
                "this query reads no series, so it is always true or never",
            )
            .help(match of_hours {
                true => "for hours of the day or days of the week write when events count: `hours: { days: monday-sunday, hours: \"06:00-24:00\" }`",
                false => "write a query that has a result only during maintenance, such as `maintenance_active == 1`",
            })
            .help("write windows with a date under `maintenance` in the project file"),
        );
        return None;
    }
    let on: Vec<&Kept> = match ResultLabels::of(&expr) {
        ResultLabels::Among(labels) => {
            by.iter().filter(|kept| labels.contains(kept.label.as_str())).collect()
        }
        ResultLabels::AllBut(_) if by.is_empty() => Vec::new(),
        ResultLabels::AllBut(_) => {
            let names: Vec<&str> = by.iter().map(|kept| kept.label.as_str()).collect();
            let listed: Vec<String> = names.iter().map(|name| build::label(name)).collect();
            let (names, listed) = (names.join(", "), listed.join(", "));
            problems.push(
                Problem::error(
                    Code::WrongType,
                    whole(written),
                    "the labels of this query's result are not known",
                )
                .label(format!("the SLO has one promise per {names}"))
                .help(format!("write `max by ({listed}) (…)` if the result names what is under maintenance"))
                .help("write `max(…)` if the maintenance is for all of them"),
            );
            return None;
        }
    };
    if let Some(kept) = on.iter().find(|kept| !names::is_label(kept.as_str()))
        && version < since::QUOTED_IN_MATCHING
    {
        problems.push(in_quotes(written, kept, version));
        return None;
    }
    let search = effort.search();
    let stimulus = search.result(firing::tried(&expr, &search).as_ref().and_then(firing::invent));
    // The recorded label has another name than the raw one.
    let renamed = |expr: Expr, kept: &&Kept| match kept.name == kept.label {
        true => expr,
        false => {
            let [name, label] = [kept.as_str(), kept.label.as_str()].map(build::string);
            build::call("label_replace", vec![expr, name, build::string("$1"), label, build::string("(.*)")])
        }
    };
    let expr = on.iter().fold(expr, renamed);
    Some(Except {
        text: written.text.split_whitespace().collect::<Vec<_>>().join(" "),
        on: on.iter().map(|kept| kept.as_str().to_owned()).collect(),
        readings: reader.readings,
        stimulus: stimulus.map(|firing| firing.series),
        expr,
        place: whole(written),
    })
}

/// The rules of the SLO have to match this label of `by` in quotes, which only newer versions can evaluate.
fn in_quotes(written: &Scalar, kept: &Kept, version: (u32, u32)) -> Problem {
    let (major, minor) = since::QUOTED_IN_MATCHING;
    let headline = format!("`except` by labels such as `{kept}` needs Prometheus {major}.{minor} or newer");
    Problem::error(Code::NeedsNewerPrometheus, whole(written), headline)
        .label(format!("the rules must load in Prometheus {}.{}", version.0, version.1))
        .help(format!("declare `prometheus: {{ version: \"{major}.{minor}\" }}` in the project file, if your servers are that new"))
        .help(format!("or record the label under a plain name: `by: {{ {}: {} }}`", values::underscored(kept.as_str()), kept.label))
}

/// Every entry of `maintenance`.
pub(super) fn maintenance(file: &ProjectFile, problems: &mut Vec<Problem>) -> Vec<Window> {
    let mut windows: Vec<Window> =
        file.maintenance.iter().filter_map(|block| window(file, block, problems)).collect();
    windows.sort_by_key(|window| (window.window.from, window.window.to));
    windows
}

fn window(file: &ProjectFile, block: &MaintenanceBlock, problems: &mut Vec<Problem>) -> Option<Window> {
    let before = problems.len();
    let zone = file.settings.time_zone.as_ref();
    let from = moment(&block.from, None, zone, problems);
    let to = moment(&block.to, Some(&block.from), zone, problems);
    secrets::published([&block.reason], problems);
    let reason = block.reason.text.split_whitespace().collect::<Vec<_>>().join(" ");
    if !(1..=LONGEST_REASON).contains(&reason.chars().count()) {
        let headline = format!("a reason has between one and {LONGEST_REASON} characters");
        problems.push(
            Problem::error(Code::InvalidMaintenance, whole(&block.reason), headline)
                .help("say why these events do not count"),
        );
    }
    let (from, to) = (from?, to?);
    if to <= from || to - from > LONGEST {
        let headline = if to <= from {
            "this window ends before it begins"
        } else {
            "this window is longer than 31 days"
        };
        let problem = Problem::error(Code::InvalidMaintenance, whole(&block.to), headline)
            .and(whole(&block.from), "it begins here");
        let (begin, end) = (block.from.text.trim(), block.to.text.trim());
        let next = (to < from && from - to < 86_400).then(|| next_day(end)).flatten();
        let swapped = format!("write the earlier time first: `from: {end}, to: {begin}`");
        problems.push(match next {
            // The shorter of both readings is meant.
            Some(next) if from - to > 43_200 => {
                problem.help(format!("if it ends on the next day, write `to: {next}`"))
            }
            Some(next) => problem.help(swapped).help(format!("or, if it ends on the next day, `to: {next}`")),
            None if to < from && from - to <= LONGEST => problem.help(swapped),
            None => problem.help("write a time that is later, and at most 31 days later"),
        });
    }
    let of = |written: &Scalar| {
        let text = written.text.trim();
        match text.split_once('/') {
            Some((service, slo)) => (service.to_owned(), Some(slo.to_owned())),
            None => (text.to_owned(), None),
        }
    };
    let name = zone.map_or("UTC", |zone| zone.text.trim());
    let clock = |at: i64| on_the_clock(at.unsigned_abs(), name);
    let words = (clock(from), format!("{} ({name})", clock(to)));
    let window = Maintenance { from, to, words, reason };
    (problems.len() == before).then(|| Window {
        window,
        place: whole(&block.from),
        of: block.slos.iter().map(of).collect(),
    })
}

/// The same time a day later, as in `2027-01-11T02:00` for `2027-01-10T02:00`.
fn next_day(text: &str) -> Option<String> {
    let day: civil::Date = text.get(..10)?.parse().ok()?;
    Some(format!("{}{}", day.tomorrow().ok()?, text.get(10..)?))
}

/// A time in seconds since 1970: with an offset, or in the project's time zone. `begins` is the begin of the window, if this is its end.
fn moment(
    written: &Scalar,
    begins: Option<&Scalar>,
    zone: Option<&Scalar>,
    problems: &mut Vec<Problem>,
) -> Option<i64> {
    let text = written.text.trim();
    // With a time zone, a date means its midnight.
    if let (Some(date), None) = (common_spellings::date(text), zone) {
        let midnight = format!("{date}T00:00");
        problems.push(
            Problem::error(Code::InvalidMaintenance, whole(written), "this is a date without a time")
                .help(format!("write the time with `Z` or an offset: `{midnight}-03:00`"))
                .help("or add `time_zone: Europe/Madrid` to the project file: then the window begins at midnight"),
        );
        return None;
    }
    let local: Option<civil::DateTime> = text.parse().ok().filter(|_| text.parse::<Timestamp>().is_err());
    let name = match (zone, local) {
        (Some(zone), _) => zone.text.trim(),
        (None, None) => "UTC",
        (None, Some(_)) => {
            // `from` and `to` lack it together.
            let headline = "this time has no time zone";
            let near = |other: &Problem| {
                let (span, place) = (other.primary.span, whole(written));
                other.headline == headline
                    && span.source == place.source
                    && place.start.abs_diff(span.start) < 80
            };
            if problems.iter().any(near) {
                return None;
            }
            problems.push(
                Problem::error(Code::InvalidMaintenance, whole(written), headline)
                    .help(format!("add `Z` or an offset: `{}-03:00`", text.replace(' ', "T")))
                    .help("or add `time_zone: Europe/Madrid` to the project file"),
            );
            return None;
        }
    };
    if local.is_some() && exact_zone(name).is_none() {
        return None;
    }
    let changes = |what: &str| {
        let headline = format!("this time {what} in {name}: the clocks change that night");
        Problem::error(Code::InvalidMaintenance, whole(written), headline)
    };
    let at = match Moment::read(text, name) {
        Some(Moment::At(at)) => Timestamp::from_second(at).ok(),
        None => None,
        Some(Moment::Skipped { from, to, first, unchanged }) => {
            problems.push(
                changes("does not exist")
                    .label(format!("they go from {from} to {to}"))
                    .fix(format!("write `{first}`, the first time after the change"), whole(written), first)
                    .help(format!("or write a time before {from}, or add an offset: `{unchanged}`")),
            );
            return None;
        }
        Some(Moment::Twice([first, second])) => {
            problems.push(
                changes("exists twice")
                    .label("they go back")
                    .help(format!("write `{first}` for the first time, or `{second}` for the second")),
            );
            return None;
        }
    };
    let year = |at: Timestamp| at.to_zoned(TimeZone::UTC).year();
    let problem = match at {
        None => {
            let problem = Problem::error(Code::InvalidMaintenance, whole(written), "this is not a time");
            if let Some(meant) = common_spellings::moment(text, begins.map(|begins| begins.text.trim())) {
                problems.push(problem.fix(format!("write `{meant}`"), whole(written), meant));
                return None;
            }
            if let Some(meant) = with_zone(text).or_else(|| of_seconds(text)) {
                problems.push(problem.fix(format!("write `{meant}`"), whole(written), meant));
                return None;
            }
            if let Some(readings) = common_spellings::both_readings(text) {
                problems.push(either(problem, readings));
                return None;
            }
            let problem = match text.get(..10).and_then(common_spellings::no_such_day) {
                Some(why) => problem.label(why),
                None => problem,
            };
            match text.split(' ').any(|word| common_spellings::days(word).is_some()) {
                true => problem
                    .help("a window that repeats has no date: write one entry for each, or an `except`"),
                false => problem.help("write date and time: `2027-01-10T02:00`"),
            }
        }
        Some(at) if !(1971..=2100).contains(&year(at)) => {
            Problem::error(Code::InvalidMaintenance, whole(written), "this year is out of range")
                .help("write a time from 1971 to 2100")
        }
        Some(at) if at.as_second() % STEP != 0 => {
            let headline = "windows must begin and end at multiples of five minutes";
            let problem = Problem::error(Code::InvalidMaintenance, whole(written), headline);
            match on_the_step(text) {
                Some(next) => problem.fix(format!("write `{next}`"), whole(written), next),
                None => problem.help("write the next multiple, such as `02:05`"),
            }
        }
        Some(at) => return Some(at.as_second()),
    };
    problems.push(problem);
    None
}

/// `2027-01-10T02:00Z` of the seconds since 1970.
fn of_seconds(text: &str) -> Option<String> {
    let seconds: i64 = text.trim().parse().ok()?;
    let is_moment = (1_500_000_000..4_102_444_800).contains(&seconds);
    is_moment
        .then(|| Timestamp::from_second(seconds).ok())
        .flatten()
        .map(|at| at.strftime("%Y-%m-%dT%H:%MZ").to_string())
}

/// `2027-01-10T02:00-03:00` of `2027-01-10T02:00 America/Argentina/Cordoba`.
fn with_zone(text: &str) -> Option<String> {
    let (local, zone) = text.split_once([' ', '['])?;
    let zone = zone.trim_end_matches(']');
    let known = exact_zone(zone)?;
    match Moment::read(local, zone)? {
        Moment::At(at) => {
            let offset = Timestamp::from_second(at).ok()?.to_zoned(known).strftime("%:z").to_string();
            Some(format!("{local}{offset}"))
        }
        Moment::Skipped { .. } | Moment::Twice(_) => None,
    }
}

/// The next time at which a window can begin: `2027-01-10T02:05Z` of `2027-01-10T02:02Z`.
fn on_the_step(text: &str) -> Option<String> {
    let end = 11 + text.get(11..)?.find(['Z', 'z', '+', '-']).unwrap_or(text.len() - 11);
    let (local, offset) = text.split_at(end);
    let local: civil::DateTime = local.trim().parse().ok()?;
    let up = civil::DateTimeRound::new()
        .smallest(jiff::Unit::Minute)
        .increment(STEP / 60)
        .mode(jiff::RoundMode::Ceil);
    Some(format!("{}{offset}", local.round(up).ok()?.strftime("%Y-%m-%dT%H:%M")))
}

/// Adds the maintenance windows to every SLO. Reports windows of unknown services and SLOs.
pub(super) fn excuse(
    file: &ProjectFile,
    windows: &[Window],
    services: &mut [Service],
    absent: &BTreeSet<String>,
    problems: &mut Vec<Problem>,
) {
    for written in file.maintenance.iter().flat_map(|block| &block.slos) {
        let text = written.text.as_str();
        let name = text.split('/').next().unwrap_or_default();
        if absent.contains(name) {
            continue;
        }
        if let Some(owner) = only_owner(text, services) {
            let meant = format!("{owner}/{text}");
            let headline = format!("there is no service `{text}`");
            problems.push(
                Problem::error(Code::ServiceUndefined, whole(written), headline)
                    .label(format!("`{owner}` has an SLO of that name"))
                    .fix(format!("write `{meant}`"), whole(written), meant),
            );
            continue;
        }
        if let Some(meant) = with_slash(text, services) {
            let headline = format!("there is no service `{text}`");
            problems.push(
                Problem::error(Code::ServiceUndefined, whole(written), headline)
                    .label("the SLO of a service is written after a slash")
                    .fix(format!("write `{meant}`"), whole(written), meant),
            );
            continue;
        }
        let Some(service) = dependencies::service(name, written.place(0, name.len()), services, problems)
        else {
            continue;
        };
        let Some(slo) = text.get(name.len() + 1..) else { continue };
        if slo == "*" || slo == "all" {
            let place = written.place(0, text.len());
            let headline = "a service without a slash is all of its SLOs";
            problems.push(Problem::error(Code::ServiceUndefined, place, headline).fix(
                format!("write `{name}`"),
                place,
                name,
            ));
            continue;
        }
        let names: Vec<&str> = service.slos.iter().map(|known| known.name.as_str()).collect();
        if !names.contains(&slo) {
            let place = written.place(name.len() + 1, text.len());
            problems.push(values::undefined(
                place,
                format!("service `{name}` has no SLO `{slo}`"),
                slo,
                &names,
            ));
        }
    }
    for service in services.iter_mut() {
        for slo in &mut service.slos {
            let of = windows.iter().filter(|window| window.is_of(service.name.as_str(), slo.name.as_str()));
            slo.agreed.maintenance = of.map(|window| window.window.clone()).collect();
        }
    }
    for window in windows {
        problems.extend(in_vain(window, services));
        problems.extend(hiding_all(window, services));
    }
}

/// `shop/checkout` of `shop.checkout`, `shop:checkout` or `shop checkout`, if there is such an SLO.
fn with_slash(text: &str, services: &[Service]) -> Option<String> {
    let named = services.iter().filter_map(|service| {
        let rest = text.strip_prefix(service.name.as_str())?;
        let slo = rest.strip_prefix(['.', ':', ' ', '-', '_', '#', '>'])?.trim();
        let exists = service.slos.iter().any(|known| known.name.as_str() == slo);
        exists.then(|| format!("{}/{slo}", service.name))
    });
    let exists = services.iter().any(|service| service.name.as_str() == text);
    named.into_iter().next().filter(|_| !exists)
}

/// The only service with an SLO of this name, if no service has this name.
fn only_owner<'a>(name: &str, services: &'a [Service]) -> Option<&'a str> {
    let has = |service: &&Service| service.slos.iter().any(|slo| slo.name.as_str() == name);
    let mut owners = services.iter().filter(has);
    let (owner, more) = (owners.next()?, owners.next());
    let is_service = services.iter().any(|service| service.name.as_str() == name);
    (more.is_none() && !is_service).then_some(owner.name.as_str())
}

/// The SLOs of a window, with their services.
fn slos_of<'a>(window: &'a Window, services: &'a [Service]) -> impl Iterator<Item = (&'a Service, &'a Slo)> {
    let slos = services.iter().flat_map(|service| service.slos.iter().map(move |slo| (service, slo)));
    slos.filter(|(service, slo)| window.is_of(service.name.as_str(), slo.name.as_str()))
}

/// The problem of a window outside the hours of all its SLOs.
fn in_vain(window: &Window, services: &[Service]) -> Option<Problem> {
    let Maintenance { from, to, .. } = window.window;
    let mut closed: Vec<&Hours> = Vec::new();
    let mut any = false;
    for (_, slo) in slos_of(window, services) {
        any = true;
        let hours = slo.agreed.hours.as_ref()?;
        if closed.contains(&hours) {
            continue;
        }
        let mut moments = (0..(to - from) / STEP).map(|step| from + step * STEP);
        if moments.any(|at| hours.hold(at)) {
            return None;
        }
        closed.push(hours);
    }
    any.then(|| {
        Problem::warning(Code::NeverCounted, window.place, "this window changes nothing")
            .label("it is outside the `hours` of all its SLOs")
            .help("remove it, or correct its times")
    })
}

/// The problem of a window that covers a whole period: no events would be left.
fn hiding_all(window: &Window, services: &[Service]) -> Option<Problem> {
    let length = u64::try_from(window.window.to - window.window.from).ok()?;
    let (service, slo) = slos_of(window, services).find(|(_, slo)| slo.period.nominal().secs() <= length)?;
    let headline = format!("this window covers a whole period of `{}/{}`", service.name, slo.name);
    Some(
        Problem::warning(Code::NeverCounted, window.place, headline)
            .label(format!("its period is {}, so no events are left to count", slo.period))
            .and(slo.places.name, "this SLO promises nothing during this time")
            .help("write a shorter window, or name its SLOs: `slos: [api/availability]`"),
    )
}

/// `saturday`, or `monday-friday`, as numbers from Sunday on.
pub(super) fn weekdays(text: &str) -> Option<Vec<u8>> {
    const DAYS: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
    let day = |name: &str| (0..).zip(DAYS).find(|(_, known)| *known == name.trim()).map(|(day, _)| day);
    match text.split_once('-') {
        None => Some(vec![day(text)?]),
        Some((from, to)) => {
            let (from, to): (u8, u8) = (day(from)?, day(to)?);
            Some((0..=(to + 7 - from) % 7).map(|step| (from + step) % 7).collect())
        }
    }
}

/// The problem of a text that does not name weekdays.
pub(super) fn not_days(written: &Scalar, code: Code) -> Problem {
    let problem = Problem::error(code, whole(written), "this is not a day of the week");
    if let Some(list) = common_spellings::several(&written.text, common_spellings::days, "") {
        return problem.label("these are several").help(format!("write a list: `{list}`"));
    }
    match common_spellings::days(&written.text) {
        Some(meant) => problem.fix(format!("write `{meant}`"), whole(written), meant),
        None => problem.help("write `monday` … `sunday`, or a range such as `monday-friday`"),
    }
}

/// The problem of a text that is not a span of hours.
pub(super) fn not_hours(written: &Scalar, code: Code) -> Problem {
    let problem = Problem::error(code, whole(written), "these are not hours of a day");
    if let Some(list) = common_spellings::several(&written.text, common_spellings::hours, "\"") {
        return problem.label("these are several").help(format!("write a list: `{list}`"));
    }
    let ends = written.text.split_once('-').map(|(from, to)| (from.trim(), to.trim()));
    if ends.is_some_and(|(from, to)| from == to && !from.is_empty()) {
        return problem.label("they end when they begin").help("write `\"00:00-24:00\"` for the whole day");
    }
    match common_spellings::hours(&written.text) {
        Some(meant) => {
            let next = match meant.split_once('-') {
                Some((from, to)) if to < from => ", which ends on the next day",
                _ => "",
            };
            let replacement = if written.plain { format!("\"{meant}\"") } else { meant.clone() };
            problem.fix(format!("write `\"{meant}\"`{next}"), whole(written), replacement)
        }
        None => problem.help("write a beginning and an end, in quotes: `\"08:00-20:00\"`"),
    }
}

/// `22:00-07:00` in minutes of the day. A span that ends before it begins passes midnight.
pub(super) fn span(text: &str) -> Option<(u16, u16)> {
    let minute = |text: &str| {
        let (hour, minute) = text.trim().split_once(':')?;
        let digits = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        let (hour, minute): (u16, u16) =
            (digits(hour) && digits(minute)).then(|| hour.parse().ok().zip(minute.parse().ok()))??;
        let minutes = hour * 60 + minute;
        (minute < 60 && minutes <= DAY).then_some(minutes)
    };
    let (from, to) = text.split_once('-')?;
    let (from, to) = (minute(from)?, minute(to)?);
    (from != to && from < DAY).then_some((from, to))
}
