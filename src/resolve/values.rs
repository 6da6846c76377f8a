//! Single values: names, durations, objectives.

use super::objective_words::{self, Meant};
use super::{common_spellings, whole};
use crate::diagnostic::{Code, Problem, alternatives};
use crate::inert::blank;
use crate::scalar::Scalar;
use crate::source::Span;
use crate::vocabulary::{
    Decimal, Duration, Name, Objective, ObjectiveFault, Severity, Zone, ZoneFault, nearest, text,
};

/// The objective and threshold in one `objective`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Promise {
    pub objective: Objective,
    /// `< 500ms`
    pub threshold: Option<Duration>,
}

/// A service's or an SLO's name.
pub(super) fn name(text: &str, place: Span, what: &str, problems: &mut Vec<Problem>) -> Option<Name> {
    let name = Name::parse(text);
    if name.is_none() {
        let problem = Problem::error(Code::InvalidName, place, format!("this is not a valid name for {what}"))
            .label("allowed are lower-case letters, digits and single hyphens, beginning with a letter, at most 60 characters");
        // Invisible characters and quotes of word processors are left out; other letters are a decision of the author.
        let quotes = ['“', '”', '„', '‘', '’', '«', '»'];
        let seen: String = text
            .chars()
            .filter(|c| blank(*c).is_none() && !quotes.contains(c))
            .map(|c| if matches!(c, '–' | '—' | '−') { '-' } else { c })
            .collect();
        let problem = match text.chars().find_map(|c| Some((c, blank(c)?))) {
            Some((c, blank)) => {
                problem.label(format!("it contains U+{:04X} ({blank}), which cannot be seen", u32::from(c)))
            }
            None if text.contains(quotes) => {
                problem.label("these quotes are a part of the name: YAML knows only `\"` and `'`")
            }
            None => problem,
        };
        problems.push(
            match Name::nearest(&seen).filter(|_| seen.chars().all(|c| c.is_ascii() || c.is_alphabetic())) {
                Some(nearest) => problem.fix(format!("write `{nearest}`"), place, nearest.as_str()),
                None => problem.help(format!(
                    "write a name such as `{}`",
                    if what.contains("SLO") { "availability" } else { "api" }
                )),
            },
        );
    }
    name
}

/// The name of a runbook: the name of its file, without folder.
pub(super) fn runbook(scalar: &Scalar, problems: &mut Vec<Problem>) -> Option<String> {
    let name = scalar.text.trim();
    let fault = match name {
        "" => Some("it is empty"),
        name if name.contains(['/', '\\']) => Some("this is a path or an address"),
        name if name.starts_with('.') => Some("hidden files are not read"),
        name if name.chars().any(char::is_control) => Some("it has more than one line"),
        _ => None,
    };
    let Some(fault) = fault else { return Some(name.to_owned()) };
    let problem = Problem::error(
        Code::InvalidName,
        whole(scalar),
        "a runbook is named like its file, without folder and ending",
    )
    .label(fault);
    problems.push(match name.contains("://") {
        true => problem.help(format!(
            "write the address as an annotation: `annotations: {{ runbook_url: \"{name}\" }}`"
        )),
        false => {
            let file = name.rsplit(['/', '\\']).next().unwrap_or_default().trim_end_matches(".md");
            let file = if file.is_empty() || file.starts_with('.') { "API-down" } else { file };
            problem.help(format!(
                "write `runbook: {file}`, and put the text into the file `runbooks/{file}.md` beside the project file"
            ))
        }
    });
    None
}

/// The problem of a number without a unit where a duration is expected; `None` for other texts.
fn without_unit(text: &str, place: Span, units: &[&str]) -> Option<Problem> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let lengths: Vec<String> = units.iter().map(|unit| format!("{text}{unit}")).collect();
    is_number.then(|| {
        Problem::error(Code::InvalidDuration, place, "this duration has no unit")
            .help(format!("write {}, whichever is meant", alternatives(&lengths)))
    })
}

/// The longest duration: the proofs evaluate the rules over the whole of it.
pub(super) const LONGEST: Duration = Duration::from_secs(366 * 86_400);

/// A duration for waiting: greater than zero, and at most a year.
pub(super) fn duration(scalar: &Scalar, problems: &mut Vec<Problem>) -> Option<Duration> {
    let length = length(scalar, problems)?;
    if length <= LONGEST {
        return Some(length);
    }
    problems.push(
        Problem::error(Code::InvalidDuration, whole(scalar), "this duration is more than a year")
            .label(format!("the longest is {LONGEST}"))
            .help(OF_LENGTHS),
    );
    None
}

const OF_LENGTHS: &str = "write a length such as `5m`, `1h30m` or `30d`";

/// A duration greater than zero.
pub(super) fn length(scalar: &Scalar, problems: &mut Vec<Problem>) -> Option<Duration> {
    match Duration::parse(scalar.text.trim()) {
        Some(length) if length > Duration::default() => Some(length),
        Some(_) => {
            problems.push(
                Problem::error(
                    Code::InvalidDuration,
                    whole(scalar),
                    "a duration of zero is not allowed here",
                )
                .help(OF_LENGTHS),
            );
            None
        }
        None => {
            problems.push(
                without_unit(scalar.text.trim(), whole(scalar), &["s", "m", "h", "d"]).unwrap_or_else(|| {
                    let problem = Problem::error(
                    Code::InvalidDuration,
                    whole(scalar),
                    "this is not a valid duration",
                )
                .label(
                    "write whole numbers with their units, without spaces: `w`, `d`, `h`, `m`, `s` or `ms`",
                );
                    match Duration::respelled(&scalar.text) {
                        Some(meant) => problem.fix(format!("write `{meant}`"), whole(scalar), meant),
                        None if is_size(&scalar.text) => problem.help(
                            "a size is no length of time: write the days that fit into it, such as `30d`",
                        ),
                        None if ["never", "none", "off", "nunca"].contains(&scalar.text.trim()) => {
                            problem.help("it cannot be switched off: write a long length, such as `30d`")
                        }
                        None => problem.help(OF_LENGTHS),
                    }
                }),
            );
            None
        }
    }
}

/// Whether a text is a number of bytes.
fn is_size(text: &str) -> bool {
    let text = text.trim().to_lowercase();
    text.starts_with(|c: char| c.is_ascii_digit())
        && ["gb", "gib", "tb", "tib", "mb", "mib"].iter().any(|unit| text.ends_with(unit))
}

/// The place of the threshold in an objective, or of the whole objective.
pub(super) fn threshold_place(scalar: &Scalar) -> Span {
    let written = scalar.text.split_once('<').map_or(scalar.text.as_str(), |(_, threshold)| threshold);
    let start = scalar.text.len() - written.trim_start().len();
    scalar.place(start, start + written.trim().len())
}

/// The promise of an SLO, whose objective is not a slip.
pub(super) fn objective(scalar: &Scalar, problems: &mut Vec<Problem>) -> Option<Promise> {
    let promise = promise(scalar, problems)?;
    let Some((slip, meant)) = promise.objective.meant() else { return Some(promise) };
    let text = scalar.text.trim();
    let end = text.find('<').map_or(text.len(), |at| text[..at].trim_end().len());
    let place = scalar.place(0, end);
    let good = if text.starts_with(['P', 'p']) { format!("P{meant}") } else { format!("{meant}%") };
    problems.push(
        Problem::error(
            Code::ObjectiveOutOfRange,
            place,
            format!("an objective is the share of good events, and {} is almost none", promise.objective),
        )
        .label(format!("if this is {slip}, the objective is {good}"))
        .fix(format!("write `{good}`"), place, good),
    );
    None
}

/// Several promises of a latency in one text: `P95 < 500ms, P99 < 1s`, as a list.
fn several(text: &str) -> Option<String> {
    let parts: Vec<&str> = [",", ";", " and ", " y ", "&&", " & "]
        .iter()
        .map(|join| text.split(join).map(str::trim).collect::<Vec<_>>())
        .find(|parts| parts.len() > 1)?;
    let is_promise = |part: &&str| {
        let Some((ratio, limit)) = part.split_once('<') else { return false };
        let ratio = ratio.trim();
        let ratio = match ratio.strip_prefix(['P', 'p']) {
            Some(digits) => Objective::from_percent(digits).is_ok(),
            None => ratio.ends_with('%') && Objective::parse(ratio).is_ok(),
        };
        ratio && Duration::parse(limit.trim()).is_some()
    };
    parts.iter().all(is_promise).then(|| format!("[{}]", parts.join(", ")))
}

/// `99.9%`, `P95 < 500ms` or `99.5% < 60s`.
pub(super) fn promise(scalar: &Scalar, problems: &mut Vec<Problem>) -> Option<Promise> {
    if let Some(list) = several(&scalar.text) {
        let problem = Problem::error(Code::InvalidObjective, whole(scalar), "these are several promises");
        problems
            .push(problem.help(format!("write them as a list: `objectives: {list}`, without `objective`")));
        return None;
    }
    let (ratio, threshold) = match scalar.text.split_once('<') {
        // `< 99.9%` is no threshold.
        Some((ratio, threshold)) if ratio.trim().is_empty() && threshold.contains('%') => {
            (scalar.text.trim(), None)
        }
        Some((ratio, threshold)) => (ratio.trim(), Some(threshold)),
        None => (scalar.text.trim(), None),
    };
    let objective = match ratio.strip_prefix(['P', 'p']) {
        Some(digits) => Objective::from_percent(digits).map_err(|fault| match fault {
            ObjectiveFault::Malformed(_) => ObjectiveFault::Malformed(None),
            ObjectiveFault::OutOfRange => ObjectiveFault::OutOfRange,
        }),
        None => Objective::parse(ratio),
    };
    let threshold = match threshold {
        Some(written) if written.starts_with('=') => {
            let start = scalar.text.len() - written.len() - 1;
            let place = scalar.place(start, start + 2);
            problems.push(
                Problem::error(Code::InvalidObjective, place, "a threshold can only be compared with `<`")
                    .fix("write `<`", place, "<"),
            );
            return None;
        }
        Some(written) => {
            let length = Duration::parse(written.trim()).filter(|length| *length > Duration::default());
            if length.is_none() {
                let start = scalar.text.len() - written.len();
                let blank = written.len() - written.trim_start().len();
                let place = scalar.place(start + blank, start + blank + written.trim().len());
                problems.push(without_unit(written.trim(), place, &["ms", "s"]).unwrap_or_else(|| {
                    let problem =
                        Problem::error(Code::InvalidDuration, place, "this is not a valid duration")
                            .label("write a whole number and its unit: `ms`, `s`, `m`, `h` or `d`");
                    match Duration::respelled(written) {
                        Some(meant) => problem.fix(format!("write `{meant}`"), place, meant),
                        None if written.trim().ends_with("us") || written.trim().ends_with("µs") => {
                            problem.help("the shortest threshold is `1ms`")
                        }
                        None => problem.help("write a length such as `500ms`, `2s` or `1m30s`"),
                    }
                }));
                return None;
            }
            length
        }
        None => None,
    };
    let place = scalar.place(0, ratio.len());
    match objective {
        // `P0.95` is meant as P95: no promise is about less than one event in a hundred.
        Ok(objective) if ratio.starts_with(['P', 'p']) && objective.ratio() < Decimal::new(1, 2) => {
            let meant = format!("P{}", text(objective.ratio() * Decimal::from(10_000)));
            problems.push(
                Problem::error(Code::InvalidObjective, place, "a percentile is a percentage, not a ratio")
                    .fix(format!("write `{meant}`"), place, meant),
            );
            None
        }
        Ok(objective) => {
            if ratio.starts_with(['P', 'p']) && threshold.is_none() {
                problems.push(
                    Problem::error(Code::InvalidObjective, place, "a percentile needs a threshold").fix(
                        format!("write `{ratio} < 500ms`"),
                        place,
                        format!("{ratio} < 500ms"),
                    ),
                );
                return None;
            }
            Some(Promise { objective, threshold })
        }
        Err(ObjectiveFault::OutOfRange) => {
            let digits = ratio.trim_start_matches(['P', 'p']).trim_end_matches('%').trim();
            let value = Decimal::from_str_exact(digits).unwrap_or(Decimal::ONE_HUNDRED);
            let (headline, label) = match value {
                value if value <= Decimal::ZERO => {
                    ("an objective must be more than 0%", "this promises nothing")
                }
                value if value >= Decimal::ONE_HUNDRED => {
                    ("an objective must be less than 100%", "this leaves no error budget")
                }
                _ => ("an objective has at most ten decimal places", "no service has that many events"),
            };
            let problem = Problem::error(Code::ObjectiveOutOfRange, place, headline).label(label);
            // `P999` is the usual name of the percentile 99.9.
            let digits =
                ratio.strip_prefix(['P', 'p']).filter(|digits| digits.starts_with("99") && digits.len() > 2);
            problems.push(match digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit())) {
                Some(digits) => {
                    let meant = format!("P99.{}", &digits[2..]);
                    problem.fix(format!("write `{meant}`"), place, meant)
                }
                None => problem.help("write an objective that can be reached, such as `99.9%`"),
            });
            None
        }
        Err(ObjectiveFault::Malformed(meant)) => {
            let problem = Problem::error(Code::InvalidObjective, place, "this is not a valid objective");
            problems.push(match meant {
                Some(meant) => problem.label("expected a percentage with a decimal point").fix(
                    format!("write `{meant}`"),
                    place,
                    meant,
                ),
                None => match objective_words::meant(&scalar.text) {
                    Some(Meant::Advice(advice)) => problem.help(advice),
                    Some(Meant::Text(meant)) => problem.fix(format!("write `{meant}`"), whole(scalar), meant),
                    None => problem.help("write `99.9%`, `P95 < 500ms` or `99.5% < 60s`"),
                },
            });
            None
        }
    }
}

/// The name of one of several objectives: `latency` and `P95` give `latency-p95`. Decimal points are left out: `P99.9` gives `p999`.
pub(super) fn suffixed(base: &Name, promise: &Promise) -> Name {
    let digits = text(promise.objective.ratio() * Decimal::ONE_HUNDRED).replace('.', "");
    let suffix = format!("-p{digits}");
    let room = Name::LONGEST - suffix.len();
    let stem = &base.as_str()[..base.as_str().len().min(room)];
    Name::parse(&format!("{}{suffix}", stem.trim_end_matches('-')))
        .expect("a name with a name's suffix is a name")
}

/// A positive integer.
pub(super) fn count(scalar: &Scalar, what: &str, problems: &mut Vec<Problem>) -> Option<u32> {
    let count = scalar.text.parse().ok().filter(|count| (1..=1_000_000).contains(count));
    if count.is_none() {
        problems.push(
            Problem::error(
                Code::WrongType,
                whole(scalar),
                format!("{what} must be a whole number from 1 to 1000000"),
            )
            .label("expected a number such as `2`")
            .help(match scalar.text.trim_end_matches(|c: char| !c.is_ascii_digit()) {
                digits if digits.parse::<u32>().is_ok_and(|count| (1..=1_000_000).contains(&count)) => {
                    format!("write `{digits}`: it counts events")
                }
                _ => "write how many events, such as `5`".to_owned(),
            }),
        );
    }
    count
}

/// The boolean value of a key.
pub(super) fn boolean(written: &Scalar, key: &str, problems: &mut Vec<Problem>) -> Option<bool> {
    match written.text.as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => {
            let headline = format!("`{key}` must be `true` or `false`");
            let problem = Problem::error(Code::WrongType, whole(written), headline);
            problems.push(match common_spellings::switch(&written.text) {
                Some(meant) => problem.fix(format!("write `{meant}`"), whole(written), meant),
                None => problem
                    .label("expected `true` or `false`")
                    .help(format!("write `{key}: true`, or `{key}: false`")),
            });
            None
        }
    }
}

/// The problem of an unknown name, with the nearest known one.
pub(super) fn undefined(place: Span, headline: String, word: &str, known: &[&str]) -> Problem {
    let problem = Problem::error(Code::ServiceUndefined, place, headline);
    // `shop/checkout` in `shop`.
    let own = word.rsplit_once('/').map_or(word, |(_, own)| if known.contains(&own) { own } else { word });
    match nearest(own, known) {
        Some(name) => {
            problem.label(format!("did you mean `{name}`?")).fix(format!("write `{name}`"), place, name)
        }
        None if known.is_empty() => problem.help("remove it, or define it"),
        None => problem.help(crate::diagnostic::there_are(known)),
    }
}

/// `page` or `ticket`.
pub(super) fn severity(text: &str, place: Span, problems: &mut Vec<Problem>) -> Option<Severity> {
    let severity = Severity::parse(text);
    if severity.is_none() {
        let problem = Problem::error(Code::UnknownKey, place, format!("there is no severity `{text}`"))
            .label("expected `page` or `ticket`");
        let meant = crate::vocabulary::severity_meant(text);
        if let Some(others) = text.strip_prefix('!').and_then(Severity::parse) {
            let other = Severity::ALL.into_iter().find(|severity| *severity != others).unwrap_or(others);
            problems.push(problem.fix(format!("write `{other}`"), place, other.to_string()));
            return None;
        }
        let parts: Vec<&str> = text.split(['|', ',', ' ']).filter(|part| !part.is_empty()).collect();
        if parts.len() > 1 && parts.iter().all(|part| Severity::parse(part).is_some()) {
            problems.push(problem.help(format!("write a list: `[{}]`", parts.join(", "))));
            return None;
        }
        let problem = match meant {
            Some(meant) => problem.fix(format!("write `{meant}`"), place, meant),
            None => problem
                .help("write `page` if somebody must act now, `ticket` if it can wait for working hours"),
        };
        problems.push(
            problem.help(format!(
                "if the alerts must carry a word of your own, write it as their label in the project file, too: `severities: {{ {}: {{ label: {} }} }}`",
                meant.unwrap_or("page"),
                if text.is_ascii() { underscored(&text.to_lowercase()) } else { "critical".to_owned() }
            )),
        );
    }
    severity
}

/// A region with many people for an offset, by its name in the database.
const REGIONS: [(&str, &str); 12] = [
    ("Etc/GMT+8", "America/Los_Angeles"),
    ("Etc/GMT+6", "America/Mexico_City"),
    ("Etc/GMT+5", "America/Bogota"),
    ("Etc/GMT+4", "America/La_Paz"),
    ("Etc/GMT+3", "America/Argentina/Buenos_Aires"),
    ("Etc/GMT-1", "Europe/Madrid"),
    ("Etc/GMT-2", "Europe/Athens"),
    ("Etc/GMT-3", "Europe/Istanbul"),
    ("Etc/GMT-4", "Asia/Dubai"),
    ("Etc/GMT-8", "Asia/Shanghai"),
    ("Etc/GMT-9", "Asia/Tokyo"),
    ("Etc/GMT-10", "Australia/Brisbane"),
];

/// The problem of a text that is not a time zone for a calendar period.
pub(super) fn unzoned(name: &Scalar, fault: ZoneFault) -> Problem {
    let place = whole(name);
    match fault {
        ZoneFault::Unknown => match Zone::like(name.text.trim()) {
            Some(like) if like.starts_with("Etc/GMT") => {
                let problem = Problem::error(Code::UnknownTimeZone, place, "this is not a known time zone");
                let offset = like["Etc/GMT".len()..].replace('+', "_").replace('-', "+").replace('_', "-");
                let fixed =
                    format!("`{like}`, which is UTC{offset} all year: these names have the opposite sign");
                let region = REGIONS.iter().find(|(offset, _)| *offset == like);
                return match region {
                    Some((_, region)) => problem
                        .fix(format!("write your region, such as `{region}`"), place, *region)
                        .help(format!("or write {fixed}")),
                    None => problem.fix(format!("write {fixed}"), place, like),
                };
            }
            Some(like) => Problem::error(Code::UnknownTimeZone, place, "this is not a known time zone").fix(
                format!("write `{like}`"),
                place,
                like,
            ),
            None => Problem::error(Code::UnknownTimeZone, place, "this is not a known time zone"),
        }
        .help("write an IANA name such as `Europe/Madrid` or `America/Argentina/Buenos_Aires`"),
        ZoneFault::Varies => {
            let headline = "in this time zone months do not begin at the same UTC offset every year";
            Problem::error(Code::UnknownTimeZone, place, headline)
                .help("write a time zone in which they do, such as `UTC`, or a rolling period")
        }
    }
}

/// The text as a label that needs no quotes.
pub(super) fn underscored(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}
