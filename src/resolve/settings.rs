//! Shared settings: project, service and SLO can set them, and the innermost value is used.

use super::policy::Policies;
use super::{budget, common_spellings, default_period, hours, innermost, literal, secrets, values, whole};
use crate::ast::{KeptBlock, Map, MissingBlock, Settings};
use crate::diagnostic::{Code, Problem};
use crate::model::{Kept, Labels, MissingEvents};
use crate::promql::since::QUOTED_NAMES;
use crate::scalar::Scalar;
use crate::source::Span;
use crate::vocabulary::{
    AlertName, Calendar, Decimal, Duration, LONG_INTERVAL, LabelName, PerSeverity, Period, RESERVED_LABELS,
    Severity, Zone, per_second,
};

/// Alert labels of all levels; inner ones win.
pub(super) fn labels<const N: usize>(levels: [&Map<Scalar>; N], problems: &mut Vec<Problem>) -> Labels {
    secrets::published_values(levels.into_iter().flatten(), problems);
    let mut labels = Labels::new();
    for (key, value) in levels.into_iter().flatten() {
        let name = label_name(&key.text, key.span, problems);
        let value = label_value(value, &format!("the label `{}`", key.text), problems);
        if let (Some(name), Some(value)) = (name, value) {
            labels.insert(name.as_str().to_owned(), value);
        }
    }
    labels
}

/// Reasons why warnings are accepted, by code.
pub(super) fn accepted(written: &Map<Scalar>, problems: &mut Vec<Problem>) -> Labels {
    secrets::published(written.iter().map(|(_, reason)| reason), problems);
    let mut reasons = Labels::new();
    for (code, reason) in written {
        let text = reason.text.trim();
        if text.is_empty() {
            let problem =
                Problem::error(Code::MissingKey, code.span, "a warning is accepted without a reason");
            problems.push(problem.help(format!(
                "write why the warning does not apply: `{}: one customer, one request a day`",
                code.text
            )));
        }
        reasons.insert(code.text.clone(), text.to_owned());
    }
    reasons
}

/// The value of a label. It cannot be empty: for Prometheus and Alertmanager an empty label is a missing label. An alert would not have it, and a
/// matcher for it would match every alert without such a label.
pub(super) fn label_value(written: &Scalar, what: &str, problems: &mut Vec<Problem>) -> Option<String> {
    if !written.text.trim().is_empty() {
        return Some(written.text.clone());
    }
    problems.push(
        Problem::error(Code::InvalidLabel, whole(written), format!("{what} is empty"))
            .label("to Prometheus an empty label does not exist")
            .help("write its value, or remove it"),
    );
    None
}

/// The name of a label that sources may set.
pub(super) fn label_name(text: &str, place: Span, problems: &mut Vec<Problem>) -> Option<LabelName> {
    let Some(name) = LabelName::parse(text) else {
        // `sum by (region)` names its labels in parentheses.
        let by = text.split_once("by").and_then(|(_, rest)| rest.trim_start().strip_prefix('('));
        let named = by.and_then(|rest| rest.split_once(')')).map_or(text, |(inner, _)| inner.trim());
        let mended: String = named.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        let problem = Problem::error(Code::InvalidLabel, place, "this is not a valid label name")
            .label("letters, digits and `_`, not beginning with a digit");
        let is_word = text.contains(|c: char| c.is_ascii_alphanumeric());
        problems.push(match LabelName::parse(&mended).filter(|_| named.is_ascii() && is_word) {
            Some(mended) => problem.fix(format!("write `{mended}`"), place, mended.as_str()),
            None => problem.help("write the name of one label, such as `region`"),
        });
        return None;
    };
    if name.is_reserved() {
        let listed = RESERVED_LABELS.map(|label| format!("`{label}`")).join(", ");
        problems.push(
            Problem::error(
                Code::ReservedLabel,
                place,
                format!("the label `{name}` is reserved for the generated rules"),
            )
            .label(match name.as_str().starts_with("__") {
                true => "Prometheus removes labels with such names",
                false => "slowburn sets it itself on every alert",
            })
            .help(match name.as_str() {
                "severity" => "remove it: every alert has `severity: page` or `severity: ticket`; to write other values there, add to the project file: `severities: { page: { label: critical }, ticket: { label: warning } }`".to_owned(),
                "owner" => "write `owner: …` in the service file, which sets it".to_owned(),
                _ => format!("give it another name; reserved are {listed} and names that begin with `__`"),
            }),
        );
        return None;
    }
    Some(name)
}

/// Annotations of all levels; inner ones win. `kind` is that of the alerts in `texts`.
pub(super) fn annotations<const N: usize>(
    levels: [&Map<Scalar>; N],
    (kind, names): (&str, crate::text::Names),
    problems: &mut Vec<Problem>,
) -> Labels {
    secrets::published_values(levels.into_iter().flatten(), problems);
    let mut annotations = Labels::new();
    for (key, value) in levels.into_iter().flatten() {
        if LabelName::parse(&key.text).is_none() {
            problems.push(
                Problem::error(Code::InvalidLabel, key.span, "this is not a valid annotation name")
                    .label("letters, digits and `_`, not beginning with a digit"),
            );
        } else if literal::OURS.contains(&key.text.as_str()) {
            let headline = format!("slowburn writes the annotation `{}` itself", key.text);
            let problem = Problem::error(Code::ReservedLabel, key.span, headline);
            let own = literal::translated(&value.text, names).filter(|own| *own != value.text);
            problems.push(match own {
                Some(own) => problem.help(format!(
                    "write it for all alerts of this kind, in the project file: `texts: {{ {kind}: {{ {}: \"{own}\" }} }}`",
                    key.text
                )),
                None => problem.help("write it in `description`, or under another name"),
            });
        } else {
            annotations.insert(key.text.clone(), value.text.clone());
        }
    }
    annotations
}

/// Labels that come from targets.
pub(super) fn target_labels(
    labels: &[Scalar],
    version: (u32, u32),
    problems: &mut Vec<Problem>,
) -> Vec<LabelName> {
    let mut names = Vec::new();
    for label in labels {
        if LabelName::is_keyword(&label.text) {
            problems.push(keyword(label));
            continue;
        }
        let quoted = LabelName::in_quotes(&label.text);
        if quoted.is_some() && version < QUOTED_NAMES {
            problems.push(too_new(label, version));
            continue;
        }
        match LabelName::parse(&label.text).or(quoted) {
            Some(name) => names.push(name),
            None => {
                let problem =
                    Problem::error(Code::InvalidLabel, whole(label), "this is not a valid label name")
                        .label("letters, digits and `_`, not beginning with a digit");
                // `cluster=eu`, `cluster: eu`
                let name = label.text.split(['=', ':']).next().unwrap_or_default().trim();
                problems.push(match LabelName::parse(name).filter(|_| name != label.text.trim()) {
                    Some(name) => {
                        problem.fix(format!("write only the name: `{name}`"), whole(label), name.as_str())
                    }
                    None => problem.help("write the name of one label, such as `cluster`"),
                });
            }
        }
    }
    names
}

/// The versions of the programs that read the labels in `by`.
#[derive(Clone, Copy)]
pub(super) struct Readers {
    /// Prometheus.
    pub prometheus: (u32, u32),
    /// Alertmanager, if slowburn configures it.
    pub alertmanager: Option<(u32, u32)>,
}

/// The first Alertmanager that compares such labels in inhibitions. Exactly, it is 0.28.1.
pub(super) const QUOTED_SINCE: (u32, u32) = (0, 29);

/// Limit for the labels of an SLO. Its rules are grouped and matched by each of them.
const KEPT: usize = 32;

/// Labels that tell the promises of one SLO apart.
pub(super) fn by(
    blocks: &[KeptBlock],
    place: Option<Span>,
    readers: Readers,
    problems: &mut Vec<Problem>,
) -> Option<Vec<Kept>> {
    let mut all: Vec<Kept> = Vec::new();
    if let Some(block) = blocks.get(KEPT) {
        let headline = format!("`by` has {} labels; at most {KEPT} are allowed", blocks.len());
        problems.push(
            Problem::error(Code::GroupingExplodes, block.name.span, headline)
                .help("keep only labels that separate promises, such as `env` or `region`"),
        );
        return None;
    }
    for KeptBlock { name: key, label } in blocks {
        if LabelName::is_keyword(&label.text) {
            problems.push(keyword(label));
            return None;
        }
        let kept = match key.span == whole(label) {
            true => {
                let name = match LabelName::in_quotes(&label.text) {
                    Some(name) => quoted(name, label, readers, problems)?,
                    None if RESERVED_LABELS.contains(&label.text.as_str()) => {
                        problems.push(reserved(label, blocks, place));
                        return None;
                    }
                    None if is_several_labels(&label.text) => {
                        let labels = label.text.split_whitespace().collect::<Vec<_>>().join(", ");
                        problems.push(
                            Problem::error(Code::InvalidLabel, whole(label), "this is more than one label")
                                .label("a comma separates labels")
                                .help(format!("write each label as an entry of its own: `by: [{labels}]`")),
                        );
                        return None;
                    }
                    None => label_name(&label.text, whole(label), problems)?,
                };
                Kept { label: name.clone(), name }
            }
            false => Kept {
                name: label_name(&key.text, key.span, problems)?,
                label: read_as(label, readers, problems)?,
            },
        };
        if all.iter().any(|known| known.name == kept.name || known.label == kept.label) {
            problems.push(
                Problem::error(Code::DuplicateKey, key.span, format!("`{}` is listed twice", label.text))
                    .help("remove one of them"),
            );
            return None;
        }
        all.push(kept);
    }
    for (kept, block) in all.iter().zip(blocks).filter(|(kept, _)| kept.is_renamed()) {
        if all.iter().any(|other| other.label == kept.name) {
            problems.push(
                Problem::error(
                    Code::DuplicateKey,
                    block.name.span,
                    format!("`{kept}` is the new name of one label and the old name of another"),
                )
                .help("choose a name that no other label here has"),
            );
            return None;
        }
    }
    Some(all)
}

/// Whether a text is several labels with blanks between them.
fn is_several_labels(text: &str) -> bool {
    text.split_whitespace().count() > 1
        && text.split_whitespace().all(|label| LabelName::parse(label).is_some())
}

/// A label of the raw series that gets another name.
fn read_as(label: &Scalar, readers: Readers, problems: &mut Vec<Problem>) -> Option<LabelName> {
    if let Some(name) = LabelName::in_quotes(&label.text) {
        return quoted(name, label, Readers { alertmanager: None, ..readers }, problems);
    }
    if ["le", "quantile"].contains(&label.text.as_str()) {
        let problem = Problem::error(
            Code::ReservedLabel,
            whole(label),
            format!("`{}` separates the parts of one metric", label.text),
        );
        problems.push(problem.help("remove it: a bucket is not a promise"));
        return None;
    }
    match LabelName::parse(&label.text) {
        Some(name) if RESERVED_LABELS.contains(&label.text.as_str()) => Some(name),
        _ => label_name(&label.text, whole(label), problems),
    }
}

/// The name of a label that needs quotes, if all its readers support that.
fn quoted(
    name: LabelName,
    label: &Scalar,
    readers: Readers,
    problems: &mut Vec<Problem>,
) -> Option<LabelName> {
    let problem = match readers.alertmanager {
        _ if readers.prometheus < QUOTED_NAMES => too_new(label, readers.prometheus),
        Some(version) if version < QUOTED_SINCE => {
            let (major, minor) = QUOTED_SINCE;
            Problem::error(
                Code::NeedsNewerAlertmanager,
                whole(label),
                format!("Alertmanager before {major}.{minor} does not support labels such as `{name}`"),
            )
            .label(format!("this configuration must load in Alertmanager {}.{}", version.0, version.1))
            .help(format!(
                "if all your Alertmanagers are newer, declare it: `version: \"{major}.{minor}\"` in `alertmanager`"
            ))
            .help(renamed_at_scrape(label))
        }
        _ => return Some(name),
    };
    problems.push(problem);
    None
}

/// The problem of a label that no Prometheus can use in a list.
fn keyword(label: &Scalar) -> Problem {
    let headline = format!("Prometheus cannot use the label `{}` in a list of labels", label.text);
    Problem::error(Code::InvalidLabel, whole(label), headline)
        .label("it reads this word there as a keyword, not as a label")
        .help(renamed_at_scrape(label))
}

fn too_new(label: &Scalar, version: (u32, u32)) -> Problem {
    let (major, minor) = QUOTED_NAMES;
    let older = values::underscored(&label.text);
    let problem = Problem::error(Code::NeedsNewerPrometheus, whole(label), format!("labels such as `{}` need Prometheus {major}.{minor} or newer", label.text))
        .label(format!("the rules must load in Prometheus {}.{}", version.0, version.1))
        .help(format!("declare `prometheus: {{ version: \"{major}.{minor}\" }}` in the project file, if your servers are that new"));
    if older == label.text {
        return problem.help(renamed_at_scrape(label));
    }
    problem.fix(
        format!("or write `{older}`: older servers store the label under this name"),
        whole(label),
        older,
    )
}

/// Advice: give a label another name before it is stored.
fn renamed_at_scrape(label: &Scalar) -> String {
    let other = match LabelName::parse(&label.text) {
        None if values::underscored(&label.text) != label.text => values::underscored(&label.text),
        _ => format!("exported_{}", label.text),
    };
    format!(
        "or let Prometheus store it under another name, and write `by: [{other}]`: `metric_relabel_configs: [{{ source_labels: [{}], target_label: {other} }}]` in the job that scrapes it",
        label.text
    )
}

/// The problem of a label that the rules set themselves.
fn reserved(label: &Scalar, blocks: &[KeptBlock], place: Option<Span>) -> Problem {
    let name = &label.text;
    let problem = Problem::error(
        Code::ReservedLabel,
        whole(label),
        format!("the label `{name}` is reserved for the generated rules"),
    )
    .label("the rules set this label, so there cannot be a promise for each of its values");
    match name.as_str() {
        "le" | "quantile" => problem.help("remove it: a bucket is not a promise"),
        _ => {
            let free = |wanted: &str| !blocks.iter().any(|block| block.label.text == wanted);
            let other = if name == "service" && free("backend") {
                "backend".to_owned()
            } else {
                format!("source_{name}")
            };
            let pair = |block: &KeptBlock| match block.label.text == *name {
                true => format!("{other}: {name}"),
                false => format!("{0}: {0}", block.label.text),
            };
            let plain = blocks.iter().all(|block| LabelName::parse(&block.label.text).is_some());
            let map = format!("{{ {} }}", blocks.iter().map(pair).collect::<Vec<_>>().join(", "));
            let problem = match place.filter(|_| plain) {
                Some(place) => {
                    problem.fix(format!("write `by: {map}` to record it as `{other}`"), place, map)
                }
                None => problem.help(format!("write `by: {{ {other}: {name} }}` to record it as `{other}`")),
            };
            problem.help(format!(
                "or write one SLO for each value, with a matcher such as `{name}=\"…\"` in its queries"
            ))
        }
    }
}

/// The period, and its place.
pub(super) fn period(levels: [&Settings; 3], problems: &mut Vec<Problem>) -> Option<(Period, Option<Span>)> {
    let zone = innermost(levels.map(|level| level.time_zone.as_ref()));
    let Some(written) = innermost(levels.map(|level| level.period.as_ref())) else {
        return Some((default_period(), None));
    };
    let text = written.text.trim();
    let unit = match text.split_whitespace().collect::<Vec<_>>()[..] {
        ["calendar", "month"] => Some(Calendar::Month),
        ["calendar", "quarter"] => Some(Calendar::Quarter),
        _ => None,
    };
    if let Some(unit) = unit {
        let zone = match zone {
            None => Zone::utc(),
            Some(name) => match Zone::named(name.text.trim()) {
                Ok(zone) => zone,
                Err(fault) => {
                    problems.push(values::unzoned(name, fault));
                    return None;
                }
            },
        };
        return Some((Period::Calendar(unit, zone), Some(whole(written))));
    }
    let least = Duration::from_secs(3600);
    match Duration::parse(text) {
        Some(length)
            if (least..=values::LONGEST).contains(&length)
                && length.millis() % LONG_INTERVAL.millis() == 0 =>
        {
            Some((Period::Rolling(length), Some(whole(written))))
        }
        Some(_) => {
            problems.push(
                Problem::error(
                    Code::InvalidPeriod,
                    whole(written),
                    "a period must be between an hour and a year, and a multiple of five minutes",
                )
                .help("write a length such as `30d`, or `calendar month`"),
            );
            None
        }
        None => {
            let problem = Problem::error(Code::InvalidPeriod, whole(written), "this is not a valid period");
            problems.push(
                match period_meant(text) {
                    Some(meant) if meant == YEAR => problem
                        .label("the longest calendar period is a quarter")
                        .fix("write `calendar quarter`", whole(written), "calendar quarter")
                        .fix(format!("write `{YEAR}`"), whole(written), YEAR),
                    Some(meant) => problem.fix(format!("write `{meant}`"), whole(written), meant),
                    None if text.contains('/') => {
                        problem.help("write the zone in a line of its own: `time_zone: Europe/Madrid`")
                    }
                    None => problem,
                }
                .help("write a length such as `30d`, `calendar month` or `calendar quarter`"),
            );
            None
        }
    }
}

/// The longest suggested period.
const YEAR: &str = "365d";

/// The period that was probably meant.
fn period_meant(text: &str) -> Option<String> {
    let word = text.trim_start_matches(['1', ' ']);
    let spelled = word.to_lowercase().replace(['-', '_'], " ");
    let words: Vec<&str> = spelled
        .split_whitespace()
        .filter(|word| {
            ![
                "calendar",
                "calendario",
                "natural",
                "rolling",
                "last",
                "the",
                "últimos",
                "ultimos",
                "último",
                "ultimo",
                "a",
                "one",
                "each",
                "per",
                "un",
                "una",
                "el",
                "la",
                "por",
                "cada",
                "al",
            ]
            .contains(word)
        })
        .collect();
    match words.join(" ").trim_end_matches('s') {
        "month" | "monthly" | "mo" | "me" | "mensual" => Some("calendar month".to_owned()),
        "quarter" | "quarterly" | "trimestre" | "trimestral" | "3mo" | "3 month" | "3month" | "3 mese" => {
            Some("calendar quarter".to_owned())
        }
        "year" | "yearly" | "annual" | "annually" | "año" | "anual" => Some(YEAR.to_owned()),
        "week" | "weekly" | "semana" | "semanal" => Some("7d".to_owned()),
        rest if words.len() < spelled.split_whitespace().count() => {
            Some(Duration::from_common_spelling(rest)?.to_string())
        }
        _ if word == "M" => Some("calendar month".to_owned()),
        _ if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(Duration::from_common_spelling(&format!("{text}d"))?.to_string())
        }
        _ => Some(Duration::from_common_spelling(text)?.to_string()),
    }
}

/// The alert name of an SLO, and its place.
pub(super) fn alert_name(
    levels: [&Settings; 3],
    problems: &mut Vec<Problem>,
) -> Option<Option<(AlertName, Span)>> {
    let Some(written) = innermost(levels.map(|level| level.alert_name.as_ref())) else { return Some(None) };
    secrets::published([written], problems);
    let name = AlertName::parse(&written.text);
    if name.is_none() {
        problems.push(
            Problem::error(Code::InvalidName, whole(written), "this is not a valid alert name")
                .label("allowed are letters, digits, `_ - . :` and single spaces, beginning with a letter, at most 100 characters")
                .help("write a name such as `CheckoutErrors`, or the name that your routes and silences match"),
        );
    }
    Some(Some((name?, whole(written))))
}

/// The minimum numbers of bad events, and the place of the number for pages.
pub(super) fn min_bad_events(
    levels: [&Settings; 3],
    problems: &mut Vec<Problem>,
) -> Option<(PerSeverity<u32>, Option<Span>)> {
    let mut least = PerSeverity { page: 2, ticket: 1 };
    let mut place = None;
    for (key, value) in levels.into_iter().flat_map(|level| &level.min_bad_events) {
        let severity = values::severity(&key.text, key.span, problems)?;
        *least.get_mut(severity) = values::count(value, "`min_bad_events`", problems)?;
        if severity == Severity::Page {
            place = Some(whole(value));
        }
    }
    Some((least, place))
}

/// The minimum numbers of events, and the places of the innermost settings.
pub(super) fn min_events(
    levels: [&Settings; 3],
    slo: Span,
    problems: &mut Vec<Problem>,
) -> Option<(PerSeverity<u32>, PerSeverity<Span>)> {
    let mut least = PerSeverity { page: 1, ticket: 1 };
    let mut places = PerSeverity { page: slo, ticket: slo };
    for (key, value) in levels.into_iter().flat_map(|level| &level.min_events) {
        let severity = values::severity(&key.text, key.span, problems)?;
        *least.get_mut(severity) = values::count(value, "`min_events`", problems)?;
        *places.get_mut(severity) = whole(value);
    }
    Some((least, places))
}

/// The setting `missing_events`.
pub(super) fn missing_events(levels: [&Settings; 2], problems: &mut Vec<Problem>) -> Option<MissingEvents> {
    let default = MissingEvents { severity: Severity::Ticket, after: Duration::from_secs(900) };
    match innermost(levels.map(|level| level.missing_events.as_ref())) {
        None => Some(default),
        Some(MissingBlock::Word(word)) => {
            if word.text != "off" {
                problems.push(
                    Problem::error(
                        Code::WrongType,
                        whole(word),
                        "`missing_events` must be `off` or say when to alert",
                    )
                    .help(
                        match (Severity::parse(&word.text), Duration::parse(&word.text)) {
                            (Some(severity), _) => {
                                format!("write `{{ severity: {}, after: 15m }}`", severity.as_str())
                            }
                            (_, Some(after)) => format!("write `{{ severity: ticket, after: {after} }}`"),
                            _ => "write `off`, or `{ severity: ticket, after: 15m }`".to_owned(),
                        },
                    ),
                );
            }
            None
        }
        Some(MissingBlock::Block { severity: written, after }) => {
            let severity = match written {
                Some(word) => values::severity(&word.text, whole(word), problems)?,
                None => default.severity,
            };
            let after = match after {
                Some(length) => {
                    let parsed = values::duration(length, problems)?;
                    if !(Duration::from_secs(600)..=Duration::from_secs(86_400)).contains(&parsed) {
                        problems.push(
                            Problem::error(
                                Code::InvalidDuration,
                                whole(length),
                                "`after` must be between ten minutes and a day",
                            )
                            .label("a restart of Prometheus takes minutes and is not a disappearance"),
                        );
                        return None;
                    }
                    parsed
                }
                None => default.after,
            };
            Some(MissingEvents { severity, after })
        }
    }
}

/// The interval of scrapes.
pub(super) fn scrape_interval(levels: [Option<&Scalar>; 2], problems: &mut Vec<Problem>) -> Option<Duration> {
    match innermost(levels) {
        None => Some(Duration::from_secs(15)),
        Some(written) => values::duration(written, problems),
    }
}

/// Checks settings of an outer level that every inner level overrides.
pub(super) fn overridden(
    level: &Settings,
    zone: Option<&Scalar>,
    policies: &Policies,
    problems: &mut Vec<Problem>,
) {
    let none = Settings::default();
    let alone = [&none, &none, level];
    if level.period.is_some() {
        period(alone, problems);
    }
    if let Some(named) = &level.policy {
        policies.named(named, problems);
    }
    if let Some(blocks) = &level.budget_alerts {
        budget::alerts_of(blocks, problems);
    }
    if let Some(blocks) = &level.budget_policy {
        budget::policy_of(blocks, problems);
    }
    if let (Some(block), Some(zone)) = (&level.hours, level.time_zone.as_ref().or(zone)) {
        hours::hours_of(block, Some(zone), problems);
    }
}

/// Whether the point of a rate may separate groups of digits.
pub(super) fn is_in_groups(traffic: &Scalar) -> bool {
    common_spellings::with_groups(&traffic.text).is_some()
}

/// The expected events per second: `200/h` is 200 ÷ 3600.
pub(super) fn traffic(written: Option<&Scalar>, problems: &mut Vec<Problem>) -> Option<Decimal> {
    let written = written?;
    let rate = per_second(&written.text);
    if let Some(meant) = rate.and_then(|_| common_spellings::with_groups(&written.text)) {
        problems.push(
            Problem::warning(Code::WrongType, whole(written), "the point is a decimal point")
                .label(format!("this is the same as `{}`", meant.0))
                .fix(format!("write `{}`, or `{}`", meant.1, meant.0), whole(written), meant.1),
        );
    }
    if rate.is_none() {
        let amount = written.text.trim();
        let problem = Problem::error(Code::WrongType, whole(written), "this is not a rate of events");
        problems.push(match Decimal::from_str_exact(amount) {
            Ok(_) => problem.label("the unit of time is missing").help(format!(
                "write `{amount}/s`, `{amount}/m`, `{amount}/h` or `{amount}/d`, whichever is meant"
            )),
            Err(_) => match common_spellings::rate(amount).filter(|meant| per_second(meant).is_some()) {
                Some(meant) => problem.fix(format!("write `{meant}`"), whole(written), meant),
                None => problem
                    .help("write events per `s`, `m`, `h` or `d`, such as `200/h`")
                    .help("the range is from one in thirty years to 10^12 per second"),
            },
        });
    }
    rate
}
