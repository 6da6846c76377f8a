//! Numbers, durations and severities as the reader's language spells them.

use crate::model::Language;
use crate::plan::{AgreedTime, Event, Promise};
use crate::text;
use crate::vocabulary::{self, BudgetLine, Decimal, Duration, PerSeverity, Period, Severity, amount};

/// A space that does not break a line.
pub const TIED: &str = "\u{a0}";

/// The names of days in the sources, from Sunday on.
const DAYS: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

/// The spelling of one language.
pub struct LanguageFormat<'a> {
    pub language: Language,
    severities: &'a PerSeverity<String>,
    /// The decimal mark.
    pub mark: String,
    thousands: String,
}

impl<'a> LanguageFormat<'a> {
    pub fn new(language: Language, severities: &'a PerSeverity<String>) -> Self {
        let phrase = |name| text::phrase(language, name, &[]);
        let thousands = phrase("number.thousands").replace("space", TIED);
        Self { language, severities, mark: phrase("number.mark"), thousands }
    }

    pub fn phrase(&self, name: &str, values: &[(&str, &str)]) -> String {
        text::phrase(self.language, name, values)
    }

    /// A number with all of its digits.
    pub fn number(&self, value: Decimal) -> String {
        let digits = vocabulary::text(value);
        let (whole, part) = digits.split_once('.').unwrap_or((&digits, ""));
        let mut spelled = String::new();
        for (index, digit) in whole.chars().enumerate() {
            // Four digits are not separated.
            if whole.len() > 4 && index > 0 && (whole.len() - index).is_multiple_of(3) {
                spelled += &self.thousands;
            }
            spelled.push(digit);
        }
        if !part.is_empty() {
            spelled += &self.mark;
            spelled += part;
        }
        spelled
    }

    /// A number with three digits, or with all digits before the point.
    pub fn short(&self, value: Decimal) -> String {
        let rounded = value.round_sf(3).unwrap_or(value);
        self.number(if value.abs() < Decimal::ONE_HUNDRED { rounded } else { value.round() })
    }

    /// 0.999 is `99.9%`.
    pub fn percent(&self, ratio: Decimal) -> String {
        self.percent_of(self.number(ratio * Decimal::ONE_HUNDRED))
    }

    /// The same with three digits.
    pub fn short_percent(&self, ratio: Decimal) -> String {
        self.percent_of(self.short(ratio * Decimal::ONE_HUNDRED))
    }

    fn percent_of(&self, number: String) -> String {
        self.phrase("number.percent", &[("n", &number)]).replace(' ', TIED)
    }

    /// Seconds in a suitable unit, rounded: `43.2 min`.
    pub fn time(&self, seconds: Decimal) -> String {
        let (amount, unit) = amount(seconds);
        format!("{}{TIED}{}", self.number(amount), spelled(unit))
    }

    /// An exact length, as in the sources: `1 h 30 min`.
    pub fn length(&self, length: Duration) -> String {
        let mut parts = Vec::new();
        let text = length.to_string();
        let mut rest = text.as_str();
        while let Some(digits) = rest.find(|c: char| !c.is_ascii_digit()).filter(|digits| *digits > 0) {
            let unit =
                rest[digits..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |end| digits + end);
            parts.push(format!("{}{TIED}{}", &rest[..digits], spelled(&rest[digits..unit])));
            rest = &rest[unit..];
        }
        parts.join(TIED)
    }

    /// `30 days`, if it is whole days.
    pub fn days(&self, length: Duration) -> String {
        let days = length.millis() / 86_400_000;
        match length == Duration::from_millis(days * 86_400_000) {
            true => self.phrase("length.days", &[("n", &days.to_string())]).replace(' ', TIED),
            false => self.length(length),
        }
    }

    /// The time in a period that counts: `30 days`, or `264 h of agreed time`.
    pub fn budgeted_time(&self, promise: &Promise) -> String {
        match promise.period_length == promise.period.nominal() {
            true => self.days(promise.period_length),
            false => self.phrase("length.agreed", &[("length", &self.hours(promise.period_length))]),
        }
    }

    /// `264 h`, also if it is more than a day.
    fn hours(&self, length: Duration) -> String {
        let minutes = length.secs() / 60;
        let hours = format!("{}{TIED}h", self.number(Decimal::from(minutes / 60)));
        match minutes % 60 {
            0 => hours,
            rest => format!("{hours}{TIED}{rest}{TIED}min"),
        }
    }

    /// `99.9%`, or `95% < 500 ms`.
    pub fn objective(&self, promise: &Promise) -> String {
        let share = self.percent(promise.ratio);
        match self.limit(promise) {
            Some(limit) => format!("{share} < {limit}"),
            None => share,
        }
    }

    /// The limit below which events are good.
    pub fn limit(&self, promise: &Promise) -> Option<String> {
        let (_, limit) = promise.objective.split_once(" < ")?;
        Some(Duration::parse(limit).map_or_else(|| limit.to_owned(), |limit| self.length(limit)))
    }

    /// `in any 30 days`
    pub fn over(&self, period: &Period) -> String {
        match period {
            Period::Rolling(length) => self.phrase("over.rolling", &[("length", &self.days(*length))]),
            Period::Calendar(unit, zone) => {
                self.phrase(&format!("over.{}", unit.as_str()), &[("zone", zone.name())])
            }
        }
    }

    /// The time that counts for a promise, line by line; empty if all time counts.
    pub fn agreed_time(&self, promise: &Promise) -> Vec<String> {
        let Some(agreed) = &promise.agreed else { return Vec::new() };
        let mut lines = Vec::new();
        if let Some(hours) = &agreed.hours {
            let hours = hours.to_string();
            let (days, rest) = hours.split_at(hours.find(|c: char| c.is_ascii_digit()).unwrap_or(0));
            let days: Vec<String> = days.split(',').map(|days| self.weekdays(days)).collect();
            let hours = format!("{} {rest}", days.join(", "));
            let whole = promise.period.nominal();
            let most = match promise.period_length == whole {
                true => self.days(whole),
                false => self.hours(promise.period_length),
            };
            let period = self.days(whole);
            lines
                .push(self.phrase("hours.hours", &[("hours", &hours), ("most", &most), ("period", &period)]));
        }
        let holidays = agreed.holidays();
        if !holidays.is_empty() {
            lines.push(self.phrase("hours.holidays", &[("dates", &AgreedTime::dates(&holidays))]));
        }
        lines.extend(agreed.except.as_ref().map(|query| self.phrase("hours.except", &[("query", query)])));
        for window in agreed.maintenance.iter().rev().take(AgreedTime::SHOWN) {
            let (from, to) = (window.words.0.as_str(), window.words.1.as_str());
            let values = [("from", from), ("to", to), ("reason", window.reason.as_str())];
            lines.push(self.phrase("hours.window", &values));
        }
        let more = agreed.maintenance.len().saturating_sub(AgreedTime::SHOWN);
        if more > 0 {
            lines.push(self.phrase("hours.more", &[("count", &more.to_string())]));
        }
        lines
    }

    /// A day or a range of days, as in the sources: `monday-friday`.
    fn weekdays(&self, days: &str) -> String {
        let named = |day: &str| match DAYS.iter().position(|known| *known == day.trim()) {
            Some(number) => self.phrase(&format!("day.{number}"), &[]),
            None => day.trim().to_owned(),
        };
        match days.split_once('-') {
            Some((from, to)) => self.phrase("day.range", &[("from", &named(from)), ("to", &named(to))]),
            None => named(days),
        }
    }

    /// `page`
    pub fn severity(&self, severity: Severity) -> String {
        self.phrase(&format!("severity.{severity}"), &[])
    }

    /// The value of the label `severity`.
    pub fn severity_label(&self, severity: Severity) -> &str {
        self.severities.get(severity)
    }

    /// What is said about a line of the budget: one text for `0%`, another for all others.
    pub fn at_line(&self, about: &str, line: BudgetLine, values: &[(&str, &str)]) -> String {
        let name = if line.percent() == 0 { "spent" } else { "below" };
        let share = self.percent(line.ratio());
        self.phrase(&format!("{about}.{name}"), &[&[("line", share.as_str())], values].concat())
    }

    /// Which events may be bad.
    pub fn events(&self, event: Event) -> String {
        self.phrase(&format!("events.{}", kind(event)), &[])
    }
}

/// The kind of events in keys of texts and in the simulator.
pub fn kind(event: Event) -> &'static str {
    match event {
        Event::Occurrence => "occurrence",
        Event::Check => "check",
        Event::Slice(_) | Event::Journey(_) => "slice",
    }
}

/// A text with a full stop, if it has no other end.
pub fn sentence(text: String) -> String {
    if text.is_empty() || text.ends_with(['.', '!', '?', '…']) { text } else { format!("{text}.") }
}

/// Units of time with their symbols in the SI.
pub fn spelled(unit: &str) -> &str {
    if unit == "m" { "min" } else { unit }
}
