//! The texts of alerts: for the rules, where Prometheus fills in the numbers, and for the tests, where the numbers are known.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::grafana::BY;
use super::spelling::{self, LanguageFormat, TIED};
use crate::inert;
use crate::model::Labels;
use crate::plan::{Alert, BurnForecast, Companion, DashboardLink, Notice, OfPromise, ProjectPlan, Promise};
use crate::promql::ast::Expr;
use crate::promql::places::spelled_label;
use crate::text::{self, Texts};
use crate::vocabulary::{Decimal, Duration, Period, Severity};

/// Values that are known only while an alert fires.
pub struct FiringValues<'a> {
    /// Values of the labels that the result of the expression has.
    pub labels: &'a Labels,
    /// The alert's value.
    pub value: &'a str,
    /// The budget left, in percent; empty if there is none.
    pub budget_left: &'a str,
    /// The error ratio, in percent; empty if there is none.
    pub error_ratio: &'a str,
    /// How long the budget lasts; empty if there is none.
    pub budget_lasts: &'a str,
}

/// All annotations of an alert: as templates for a rule file if `known` is `None`, otherwise as the firing alert shows them.
pub fn annotations(project: &ProjectPlan, alert: &Alert, known: Option<&FiringValues>) -> Labels {
    let own = |value: &String| {
        let shown = inert::text(value);
        if known.is_some() { shown.into_owned() } else { text::inert(&shown) }
    };
    let mut annotations: Labels = Labels::new();
    if let Some(url) = &alert.runbook_url {
        annotations.insert("runbook_url".to_owned(), inert::text(url).into_owned());
    }
    if let Some(link) = &alert.dashboard {
        annotations.insert("dashboard_url".to_owned(), dashboard(link, known));
    }
    annotations.extend(alert.annotations.iter().map(|(name, value)| (name.clone(), own(value))));
    let mut blanks = Blanks::default();
    let texts = match &alert.notice {
        Notice::Burn(burn) => {
            let spoken = AlertFormat::of(project);
            let burn_rate = match known {
                Some(known) => spoken.number(known.value),
                None => format!("{{{{ $value | printf \"%.1f\"{} }}}}", spoken.filter()),
            };
            let burn_rate = &blanks.blank(burn_rate);
            promised(project, burn, known, &mut blanks, |promised| {
                text::burn(project.language, &project.texts, &text::Burn { promised, burn_rate })
            })
        }
        Notice::Budget(line, budget) => {
            let agreed = budget.promise.agreed_below(*line).map_or("", |one| one.action.as_str());
            let agreed = &sentence(&Blanks::none(agreed));
            let spoken = AlertFormat::of(project);
            let (below, until) = (&line.to_string(), &spoken.share(line.recovered()));
            let line = &spoken.share(line.ratio());
            promised(project, budget, known, &mut blanks, |promised| {
                let values = text::Budget { promised, below, line, until, agreed };
                text::budget(project.language, &project.texts, &values)
            })
        }
        Notice::Companion(companion) => self::companion(project, companion, known, &mut blanks),
        Notice::Silencing { service, of, .. } => {
            annotations.insert("summary".to_owned(), text::aftermath(project.language, service, of));
            return annotations;
        }
        Notice::Missing { service, of, owner, severity, after, which } => {
            let asked = format!(
                "{{{{ range $index, $slo := query {} | sortByLabel \"slo\" }}}}{{{{ if $index }}}}, {{{{ end }}}}{{{{ $slo.Labels.slo }}}}{{{{ end }}}}",
                quoted(&which.to_string())
            );
            let values = text::Missing {
                service,
                after: &AlertFormat::of(project).length(*after),
                which: &blanks.blank(asked),
                count: &blanks.blank("{{ $value }}"),
                of: &clause(of.as_deref()),
                page: *severity == Severity::Page,
                owner: &Blanks::none(owner.as_deref().unwrap_or_default()),
            };
            text::missing(project.language, &project.texts, &values)
        }
    };
    let fill = |text: &str| {
        let shown = inert::text(text);
        if known.is_some() { blanks.fill(&shown) } else { blanks.fill_inert(&shown) }
    };
    annotations.insert("summary".to_owned(), fill(&texts.summary));
    annotations.insert("description".to_owned(), fill(&texts.description));
    annotations
}

/// The texts that `say` makes of what is said about every promise.
fn promised(
    project: &ProjectPlan,
    OfPromise { promise, severity, of, runbook, owner, budget_left, pace }: &OfPromise,
    known: Option<&FiringValues>,
    blanks: &mut Blanks,
    phrase: impl FnOnce(text::Promised) -> Texts,
) -> Texts {
    let spoken = &AlertFormat::of(project);
    let article = spoken.article();
    let mut both = |value: &dyn Fn(&str) -> String| {
        let bare = blanks.blank(value(""));
        let behind = if article.is_empty() { bare.clone() } else { blanks.blank(value(&article)) };
        (bare, behind)
    };
    let (error_ratio, failed) = both(&|article| error_ratio(spoken, promise, pace, known, article));
    let (budget_left, remains) = both(&|article| left(spoken, promise, budget_left, known, article));
    let lasts = lasts(spoken, promise, pace, known);
    let (rolling, calendar, zone) = over(spoken, &promise.period);
    let own = |text: &Option<String>| Blanks::none(text.as_deref().unwrap_or_default());
    phrase(text::Promised {
        service: &promise.service,
        slo: &promise.slo,
        description: &sentence(&own(&promise.description)),
        objective: &spoken.objective(promise),
        rolling: &rolling,
        calendar,
        zone,
        which: &which(promise, known, blanks),
        window: &spoken.length(pace.window),
        error_ratio: &error_ratio,
        failed: &failed,
        budget_left: &budget_left,
        remains: &remains,
        budget_lasts: &blanks.blank(lasts),
        of: &clause(of.as_deref()),
        runbook: &own(runbook),
        page: *severity == Severity::Page,
        owner: &own(owner),
    })
}

/// `30d`, or `month` and its zone.
fn over<'a>(spoken: &AlertFormat, period: &'a Period) -> (String, &'static str, &'a str) {
    match period {
        Period::Rolling(length) => (spoken.days(*length), "", ""),
        Period::Calendar(unit, zone) => (String::new(), unit.as_str(), zone.name()),
    }
}

fn companion(
    project: &ProjectPlan,
    companion: &Companion,
    known: Option<&FiringValues>,
    blanks: &mut Blanks,
) -> Texts {
    let spoken = AlertFormat::of(project);
    let own = |words: Option<&str>| Blanks::none(words.unwrap_or_default());
    let which: String = (companion.distinguishing.iter())
        .map(|label| match known {
            Some(known) => {
                let value = known.labels.get(label).map(|value| format!(", {label} {value}"));
                blanks.blank(value.unwrap_or_default())
            }
            None => blanks
                .blank(format!("{{{{ with {} }}}}, {label} {{{{ . }}}}{{{{ end }}}}", asked_label(label))),
        })
        .collect();
    let value = match known {
        _ if !companion.has_value => String::new(),
        Some(known) => blanks.blank(spoken.number(known.value)),
        // `%.4g` alone writes 93600 as `9.36e+04`.
        None => blanks.blank(format!(
            "{{{{ if and (lt $value 9999.5) (gt $value -9999.5) }}}}{{{{ $value | printf \"%.4g\"{} }}}}{{{{ else }}}}{{{{ $value | printf \"%.0f\" }}}}{{{{ end }}}}",
            spoken.filter()
        )),
    };
    let held = companion.hold.map(|hold| spoken.length(hold)).unwrap_or_default();
    let values = text::Companion {
        service: &companion.service,
        name: &companion.name,
        description: &sentence(&own(companion.description.as_deref())),
        of: &clause(companion.of.as_deref()),
        which: &which,
        held: &held,
        value: &value,
        runbook: &own(companion.runbook.as_deref()),
        page: companion.severity == Severity::Page,
    };
    text::companion(project.language, &project.texts, &values)
}

/// ` (env: production)`: which promise of the SLO it is.
fn which(promise: &Promise, known: Option<&FiringValues>, blanks: &mut Blanks) -> String {
    let mut value = |label: &String| match known {
        Some(known) => blanks.blank(known.labels.get(label).map_or("", String::as_str)),
        None => blanks.blank(format!("{{{{ {} }}}}", asked_label(label))),
    };
    let parts: Vec<String> = promise.by.iter().map(|label| format!("{label}: {}", value(label))).collect();
    if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
}

/// Placeholders in a text that are replaced last. Each is one character that no template changes and no source contains. So templates for Prometheus
/// stay whole, and no other text can be mistaken for one.
#[derive(Default)]
struct Blanks {
    values: Vec<String>,
}

impl Blanks {
    /// The first character of Unicode's last private plane, which has no defined characters.
    const FIRST: u32 = 0x10_0000;

    /// A placeholder for this value.
    fn blank(&mut self, value: impl Into<String>) -> String {
        let place =
            char::from_u32(Self::FIRST + self.values.len() as u32).expect("a plane has places enough");
        self.values.push(value.into());
        place.to_string()
    }

    /// A text of the sources, without characters that would be placeholders.
    fn none(text: &str) -> String {
        text.chars().filter(|c| u32::from(*c) < Self::FIRST).collect()
    }

    fn value(&self, c: char) -> Option<&str> {
        self.values.get(u32::from(c).checked_sub(Self::FIRST)? as usize).map(String::as_str)
    }

    /// The text with its values.
    fn fill(&self, text: &str) -> String {
        text.chars().fold(String::new(), |mut filled, c| {
            match self.value(c) {
                Some(value) => filled += value,
                None => filled.push(c),
            }
            filled
        })
    }

    /// The text with its values, in which Prometheus expands only these values: braces of the text cannot join theirs.
    fn fill_inert(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text::inert(text);
        let count = if rest.contains('{') { self.values.len() } else { 0 };
        for index in 0..count {
            let place = char::from_u32(Self::FIRST + index as u32).expect("a plane has places enough");
            rest = rest.replace(&format!("{{{place}"), &format!("{{{{ \"{{\" }}}}{place}"));
        }
        filled += &self.fill(&rest);
        filled
    }
}

/// The address of a dashboard that selects the alert's values of its labels.
fn dashboard(link: &DashboardLink, known: Option<&FiringValues>) -> String {
    // As a string of PromQL, so that no value can end the string.
    let value = |label: &String| match known {
        Some(known) => {
            let value = known.labels.get(label).map_or("", String::as_str);
            escaped(&format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")))
        }
        None => format!("{{{{ printf `%q` {} | urlquery }}}}", asked_label(label)),
    };
    let mut chosen: Vec<String> =
        link.chosen.iter().map(|(name, value)| format!("var-{name}={}", escaped(value))).collect();
    if !link.by.is_empty() {
        let matcher = |label: &String| format!("{}%3D{}", escaped(&spelled_label(label)), value(label));
        let matchers: Vec<String> = link.by.iter().map(matcher).collect();
        chosen.push(format!("var-{BY}={}", matchers.join("%2C")));
    }
    match chosen.is_empty() {
        true => link.url.clone(),
        false => format!("{}?{}", link.url, chosen.join("&")),
    }
}

/// The result of Go's `urlquery` for a text.
fn escaped(text: &str) -> String {
    const KEPT: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b' ');
    utf8_percent_encode(text, KEPT).to_string().replace(' ', "+")
}

/// The budget left behind an article, or the template that queries it.
fn left(
    spoken: &AlertFormat,
    promise: &Promise,
    budget_left: &Expr,
    known: Option<&FiringValues>,
    article: &str,
) -> String {
    match known {
        Some(known) => format!("{article}{}", spoken.percent(known.budget_left)),
        None => spoken.asked_percent(promise, budget_left, article),
    }
}

/// The error ratio behind an article, or the template that queries it.
fn error_ratio(
    spoken: &AlertFormat,
    promise: &Promise,
    pace: &BurnForecast,
    known: Option<&FiringValues>,
    article: &str,
) -> String {
    match known {
        Some(known) => format!("{article}{}", spoken.percent(known.error_ratio)),
        None => spoken.asked_ratio(promise, &pace.error_ratio, article),
    }
}

/// How long the budget lasts at the error ratio, or the template that queries it.
fn lasts(
    spoken: &AlertFormat,
    promise: &Promise,
    pace: &BurnForecast,
    known: Option<&FiringValues>,
) -> String {
    match known {
        Some(known) => known.budget_lasts.to_owned(),
        None => spoken.asked_time(promise, &pace.budget_lasts),
    }
}

/// How alerts write numbers and lengths. Some of them are filled in by Prometheus.
struct AlertFormat<'a>(LanguageFormat<'a>);

impl<'a> AlertFormat<'a> {
    fn of(project: &'a ProjectPlan) -> Self {
        Self(LanguageFormat::new(project.language, &project.severities))
    }

    /// Whether the language writes numbers and lengths as the sources do: `99.9%`, `1h`.
    fn is_as_written(&self) -> bool {
        self.0.mark == "."
    }

    /// The article before a share in a sentence, with a space; empty if the language has none.
    fn article(&self) -> String {
        self.0.phrase("number.share", &[("n", "")])
    }

    /// A number, or a text with numbers: every point between two digits becomes the decimal mark of the language.
    fn number(&self, text: &str) -> String {
        let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        let mut before = None;
        let mut chars = text.chars().peekable();
        let mut number = String::new();
        while let Some(c) = chars.next() {
            match c == '.' && digit(before) && digit(chars.peek().copied()) {
                true => number += &self.0.mark,
                false => number.push(c),
            }
            before = Some(c);
        }
        number
    }

    fn percent(&self, number: &str) -> String {
        self.0.phrase("number.percent", &[("n", &self.number(number))])
    }

    /// 0.25 is `25%`.
    fn share(&self, ratio: Decimal) -> String {
        self.0.percent(ratio).replace(TIED, " ")
    }

    /// What the sources say, or what the language makes of it.
    fn either(&self, written: impl ToString, spelled: impl FnOnce() -> String) -> String {
        if self.is_as_written() { written.to_string() } else { spelled().replace(TIED, " ") }
    }

    /// `99.9%`, or `95% < 500ms`.
    fn objective(&self, promise: &Promise) -> String {
        self.either(&promise.objective, || self.0.objective(promise))
    }

    /// `1h30m`
    fn length(&self, length: Duration) -> String {
        self.either(length, || self.0.length(length))
    }

    /// `30d`
    fn days(&self, length: Duration) -> String {
        self.either(length, || self.0.days(length))
    }

    /// The template function that writes a number of Prometheus with the decimal mark of the language.
    fn filter(&self) -> String {
        match self.is_as_written() {
            true => String::new(),
            false => format!(" | reReplaceAll \"[.]\" \"{}\"", self.0.mark),
        }
    }

    /// The template for a ratio, which Prometheus prints in percent.
    fn asked_ratio(&self, promise: &Promise, query: &Expr, article: &str) -> String {
        let percent = self.percent("");
        let sign = (percent != "%").then(|| format!(" | reReplaceAll \"%\" \"{percent}\""));
        let printed = format!(" | humanizePercentage{}{}", self.filter(), sign.unwrap_or_default());
        asked(promise, query, [article, &printed, ""], &self.0.phrase("unknown.share", &[]))
    }

    /// The template for a value that is recorded in percent.
    fn asked_percent(&self, promise: &Promise, query: &Expr, article: &str) -> String {
        let printed = match self.filter() {
            // Only texts can be filtered.
            filter if !filter.is_empty() => format!(" | printf \"%v\"{filter}"),
            none => none,
        };
        let percent = self.percent("");
        asked(promise, query, [article, &printed, &percent], &self.0.phrase("unknown.share", &[]))
    }

    /// The template for a time, as Prometheus prints it in every language: `1d 2h 3m 4s`.
    fn asked_time(&self, promise: &Promise, query: &Expr) -> String {
        asked(promise, query, ["", " | humanizeDuration", ""], &self.0.phrase("unknown.time", &[]))
    }
}

/// The template that queries a number in Prometheus, with the alert's values of the kept labels. `printed` is the template function of the number.
fn asked(promise: &Promise, query: &Expr, [before, printed, after]: [&str; 3], unknown: &str) -> String {
    let wanted: String =
        (promise.by.iter()).map(|label| format!(",{}=%q", spelled_label(label).replace('%', "%%"))).collect();
    let (mut format, mut values) = (String::new(), String::new());
    // Names of services and SLOs, which are values in the query, contain no braces.
    for c in query.to_string().chars() {
        if c == '}' {
            format += &wanted;
            values.extend(promise.by.iter().map(|label| format!(" {}", asked_label(label))));
        }
        format.push(c);
    }
    let query = match values.is_empty() {
        true => quoted(&format),
        false => format!("(printf {}{values})", quoted(&format)),
    };
    format!(
        "{{{{ with query {query} }}}}{before}{{{{ . | first | value{printed} }}}}{after}{{{{ else }}}}{unknown}{{{{ end }}}}"
    )
}

/// A label of the alert in Go's templates. Only names without points can follow a dot there.
fn asked_label(label: &str) -> String {
    match spelled_label(label) == label {
        true => format!("$labels.{label}"),
        false => format!("(index $labels {label:?})"),
    }
}

/// A string of Go's templates.
fn quoted(text: &str) -> String {
    if text.contains('`') { format!("{text:?}") } else { format!("`{text}`") }
}

/// Words for the middle of a sentence: on one line, without a full stop.
fn clause(text: Option<&str>) -> String {
    Blanks::none(text.unwrap_or_default()).trim().trim_end_matches('.').replace(['\n', '\r'], " ")
}

/// A description on one line, with a full stop.
fn sentence(text: &str) -> String {
    spelling::sentence(text.trim().replace(['\n', '\r'], " "))
}
