//! Parses one line of an exposition: a declaration or a sample.
//!
//! Nothing is copied: names and values are slices of the text, with their escapes.

use std::borrow::Cow;

use crate::inert;

/// Limit for the labels of a series. Prometheus has no default limit; real series have a few dozen.
const MOST_LABELS: usize = 1000;

/// Longest excerpt of the text in a reason, in characters.
const EXCERPT: usize = 40;

/// The meaning of a line.
#[derive(Debug)]
pub(super) enum Line<'a> {
    /// An empty line or a comment.
    Nothing,
    /// `# TYPE`; with the unknown word as an error.
    Type(&'a str, Result<Type, &'a str>),
    /// `# UNIT`
    Unit(&'a str, &'a str),
    /// `# HELP`
    Help(&'a str),
    /// `# EOF`, the end of OpenMetrics.
    End,
    /// A sample; its labels are in the list that the caller gave.
    Sample(Sample<'a>),
}

/// The types that an exposition can declare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Counter,
    Gauge,
    Histogram,
    GaugeHistogram,
    Summary,
    Info,
    StateSet,
    Unknown,
}

/// One sample.
#[derive(Debug)]
pub(super) struct Sample<'a> {
    /// The name of the series.
    pub name: &'a str,
    /// The text between the braces of a composite value: not a number, but a complete histogram or summary (OpenMetrics 2.0).
    pub composite: Option<&'a str>,
    /// A fault after the value, where nothing matters for a contract.
    pub tail: Option<Fault>,
}

/// One label of a sample, as it is written between its quotes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Label<'a> {
    pub name: &'a str,
    pub value: &'a str,
}

/// Why a line cannot be read.
#[derive(Debug)]
pub(super) struct Fault {
    /// The byte of the line at which the fault is.
    pub at: usize,
    pub reason: String,
}

impl Fault {
    fn new(at: usize, reason: impl Into<String>) -> Self {
        Self { at, reason: reason.into() }
    }
}

/// Reads a line without its line end. The labels of a sample are written to `labels`, which is emptied first. Labels with an empty value are left
/// out: for Prometheus they do not exist.
pub(super) fn read<'a>(line: &'a str, labels: &mut Vec<Label<'a>>) -> Result<Line<'a>, Fault> {
    let mut cursor = Cursor { line, at: 0 };
    cursor.blanks();
    match cursor.peek() {
        None => Ok(Line::Nothing),
        Some(b'#') => comment(cursor),
        Some(_) => {
            labels.clear();
            sample(cursor, labels).map(Line::Sample)
        }
    }
}

/// The meaning of a quoted text. Prometheus knows three escapes and leaves the others as they are.
pub(super) fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => plain.push('\n'),
            Some(quoted @ ('\\' | '"')) => plain.push(quoted),
            Some(other) => plain.extend(['\\', other]),
            None => plain.push('\\'),
        }
    }
    Cow::Owned(plain)
}

/// The beginning of a text, for a reason.
pub(super) fn excerpt(text: &str) -> String {
    let mut chars = text.chars();
    let start: String = chars.by_ref().take(EXCERPT).collect();
    let start = inert::line(&start);
    if chars.next().is_some() { format!("{start}…") } else { start.into_owned() }
}

struct Cursor<'a> {
    line: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn peek(&self) -> Option<u8> {
        self.line.as_bytes().get(self.at).copied()
    }

    fn takes(&mut self, byte: u8) -> bool {
        let is = self.peek() == Some(byte);
        self.at += usize::from(is);
        is
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
    }

    fn take_while(&mut self, is: impl Fn(u8) -> bool) -> &'a str {
        let bytes = self.line.as_bytes();
        let start = self.at;
        while self.at < bytes.len() && is(bytes[self.at]) {
            self.at += 1;
        }
        // Every test is true for ASCII only, or for everything else, so no character is split.
        self.line.get(start..self.at).unwrap_or_default()
    }

    fn word(&mut self) -> &'a str {
        self.take_while(|byte| byte != b' ' && byte != b'\t')
    }

    fn rest(&self) -> &'a str {
        self.line.get(self.at..).unwrap_or_default()
    }

    /// The text at the cursor, for a reason.
    fn here(&self) -> String {
        match self.rest().chars().next() {
            Some(c) => format!("`{}`", inert::line(&c.to_string())),
            None => "the end of the line".to_owned(),
        }
    }

    /// The text up to the closing quote; the cursor is behind the opening one.
    fn quoted(&mut self, what: &str) -> Result<&'a str, Fault> {
        let bytes = self.line.as_bytes();
        let start = self.at;
        while let Some(&byte) = bytes.get(self.at) {
            match byte {
                b'"' => {
                    let text = self.line.get(start..self.at).unwrap_or_default();
                    self.at += 1;
                    return Ok(text);
                }
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        Err(Fault::new(start - 1, format!("the quote of this {what} is not closed")))
    }
}

fn comment(mut cursor: Cursor) -> Result<Line, Fault> {
    cursor.at += 1;
    cursor.blanks();
    match cursor.word() {
        "HELP" => Ok(metric(&mut cursor).map_or(Line::Nothing, Line::Help)),
        "TYPE" => {
            let name = metric(&mut cursor)?;
            cursor.blanks();
            let at = cursor.at;
            let word = cursor.word();
            cursor.blanks();
            match (word, cursor.peek()) {
                ("", _) => Err(Fault::new(at, "`# TYPE` has no type")),
                (_, Some(_)) => Err(Fault::new(
                    cursor.at,
                    format!("`{}` after the type is not expected", excerpt(cursor.rest())),
                )),
                (word, None) => Ok(Line::Type(name, type_of(word).ok_or(word))),
            }
        }
        "UNIT" => {
            let name = metric(&mut cursor)?;
            cursor.blanks();
            Ok(Line::Unit(name, cursor.rest().trim_end_matches([' ', '\t'])))
        }
        "EOF" if cursor.rest().trim().is_empty() => Ok(Line::End),
        _ => Ok(Line::Nothing),
    }
}

fn type_of(word: &str) -> Option<Type> {
    // Prometheus' own library for other languages than Go has always accepted any case.
    let is = |name: &str| word.eq_ignore_ascii_case(name);
    const TYPES: [(&str, Type); 9] = [
        ("counter", Type::Counter),
        ("gauge", Type::Gauge),
        ("histogram", Type::Histogram),
        ("gaugehistogram", Type::GaugeHistogram),
        ("summary", Type::Summary),
        ("info", Type::Info),
        ("stateset", Type::StateSet),
        ("unknown", Type::Unknown),
        ("untyped", Type::Unknown),
    ];
    TYPES.iter().find(|(name, _)| is(name)).map(|(_, known)| *known)
}

/// The name in a declaration.
fn metric<'a>(cursor: &mut Cursor<'a>) -> Result<&'a str, Fault> {
    cursor.blanks();
    let at = cursor.at;
    let name = if cursor.takes(b'"') { cursor.quoted("name")? } else { cursor.word() };
    if name.is_empty() { Err(Fault::new(at, "the declaration has no metric name")) } else { Ok(name) }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b':'
}

fn is_label(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn sample<'a>(mut cursor: Cursor<'a>, labels: &mut Vec<Label<'a>>) -> Result<Sample<'a>, Fault> {
    let start = cursor.at;
    let mut name = cursor.take_while(is_name);
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(Fault::new(start, format!("`{}` is not a name of a metric", excerpt(name))));
    }
    match cursor.peek() {
        Some(b' ' | b'\t' | b'{') | None => {}
        Some(_) if name.is_empty() => {
            return Err(Fault::new(start, format!("a metric's name is expected, not {}", cursor.here())));
        }
        Some(_) => {
            let reason = format!("a name with {} must be quoted, in braces", cursor.here());
            return Err(Fault::new(cursor.at, reason));
        }
    }
    cursor.blanks();
    if !name.is_empty() && is_composite(cursor.rest()) {
        // These braces contain the value.
    } else if cursor.takes(b'{') {
        let quoted = braces(&mut cursor, labels)?;
        name = match (name.is_empty(), quoted) {
            (false, None) => name,
            (true, Some((_, quoted))) => quoted,
            (false, Some((at, _))) => return Err(Fault::new(at, "the sample has two names")),
            (true, None) => return Err(Fault::new(start, "the sample has no name")),
        };
        cursor.blanks();
    }
    let at = cursor.at;
    let composite = if cursor.takes(b'{') {
        let inner = cursor.take_while(|byte| byte != b'}');
        if !cursor.takes(b'}') {
            return Err(Fault::new(at, "the brace of this value is not closed"));
        }
        Some(inner)
    } else {
        match cursor.word() {
            "" => return Err(Fault::new(at, "the sample has no value")),
            word if is_number(word) => None,
            word => return Err(Fault::new(at, format!("the value `{}` is not a number", excerpt(word)))),
        }
    };
    let tail = tail(&mut cursor).err();
    Ok(Sample { name, composite, tail })
}

/// Whether a brace opens a composite value: a key is followed by a colon, where a label has `=`.
fn is_composite(text: &str) -> bool {
    let Some(inner) = text.strip_prefix('{') else { return false };
    let key = inner.bytes().take_while(|byte| is_label(*byte)).count();
    key > 0 && inner.as_bytes().get(key) == Some(&b':')
}

/// The labels up to the closing brace, and a metric's name in quotes among them.
fn braces<'a>(
    cursor: &mut Cursor<'a>,
    labels: &mut Vec<Label<'a>>,
) -> Result<Option<(usize, &'a str)>, Fault> {
    let mut name = None;
    let mut count = 0;
    loop {
        cursor.blanks();
        if cursor.takes(b'}') {
            return Ok(name);
        }
        let at = cursor.at;
        let (label, quoted) = match cursor.takes(b'"') {
            true => (cursor.quoted("name")?, true),
            false => (cursor.take_while(is_label), false),
        };
        let digit = !quoted && label.starts_with(|c: char| c.is_ascii_digit());
        if label.is_empty() || digit {
            return Err(Fault::new(
                at,
                format!("a label's name is expected, not {}", Cursor { at, ..*cursor }.here()),
            ));
        }
        cursor.blanks();
        if cursor.takes(b'=') {
            cursor.blanks();
            if !cursor.takes(b'"') {
                let reason = format!("the value of a label is expected in quotes, not {}", cursor.here());
                return Err(Fault::new(cursor.at, reason));
            }
            let value = cursor.quoted("value")?;
            count += 1;
            if count > MOST_LABELS {
                return Err(Fault::new(at, format!("the sample has more than {MOST_LABELS} labels")));
            }
            if !value.is_empty() {
                labels.push(Label { name: label, value });
            }
        } else if quoted && name.is_none() {
            name = Some((at, label));
        } else {
            return Err(Fault::new(cursor.at, format!("`=` is expected, not {}", cursor.here())));
        }
        cursor.blanks();
        if !cursor.takes(b',') && cursor.peek() != Some(b'}') {
            return Err(Fault::new(cursor.at, format!("`,` or `}}` is expected, not {}", cursor.here())));
        }
    }
}

/// What can follow a value: a time, the start time of the series (OpenMetrics 2.0), exemplars.
fn tail(cursor: &mut Cursor) -> Result<(), Fault> {
    let mut labels = Vec::new();
    let mut exemplar = false;
    loop {
        cursor.blanks();
        let at = cursor.at;
        match cursor.peek() {
            None => return Ok(()),
            Some(b'#') => {
                cursor.at += 1;
                cursor.blanks();
                if !cursor.takes(b'{') {
                    return Err(Fault::new(at, "the exemplar has no labels"));
                }
                labels.clear();
                braces(cursor, &mut labels)?;
                cursor.blanks();
                let at = cursor.at;
                if !is_number(cursor.word()) {
                    return Err(Fault::new(at, "the exemplar has no value"));
                }
                exemplar = true;
            }
            Some(_) => {
                let word = cursor.word();
                let began = word.strip_prefix("st@").or(word.strip_prefix("ct@")).unwrap_or(word);
                if !is_number(began) {
                    let after = if exemplar { "exemplar" } else { "value" };
                    return Err(Fault::new(
                        at,
                        format!("`{}` after the {after} is not a time", excerpt(word)),
                    ));
                }
            }
        }
    }
}

/// Whether Go's `ParseFloat`, which Prometheus uses for values, accepts the text: decimal and hexadecimal numbers, infinities, NaN.
pub(super) fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let hexadecimal = unsigned.strip_prefix("0x").or(unsigned.strip_prefix("0X"));
    let (digits, is_digit, exponent): (_, fn(&u8) -> bool, _) = match hexadecimal {
        Some(digits) => (digits, |byte| byte.is_ascii_hexdigit() || *byte == b'_', b'p'),
        None => (unsigned, u8::is_ascii_digit, b'e'),
    };
    let bytes = digits.as_bytes();
    let run = |from: usize| bytes[from..].iter().take_while(|byte| is_digit(byte)).count();
    let whole = run(0);
    let point = usize::from(bytes.get(whole) == Some(&b'.'));
    let fraction = if point == 1 { run(whole + 1) } else { 0 };
    let mantissa = whole + point + fraction;
    if whole + fraction > 0 {
        let Some((mark, power)) = bytes[mantissa..].split_first() else { return hexadecimal.is_none() };
        let power = power.strip_prefix(b"+").or(power.strip_prefix(b"-")).unwrap_or(power);
        return mark.eq_ignore_ascii_case(&exponent)
            && !power.is_empty()
            && power.iter().all(u8::is_ascii_digit);
    }
    let nan = unsigned.len() == text.len() && text.eq_ignore_ascii_case("nan");
    nan || unsigned.eq_ignore_ascii_case("inf") || unsigned.eq_ignore_ascii_case("infinity")
}
