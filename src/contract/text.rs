//! The form in which a contract is committed: one block for each shape of a metric, without samples, in fixed order.
//!
//! ```text
//! # slowburn contract
//! # from: shop 1.4.2
//!
//! counter http_requests_total
//!   code: "200" "500"
//!   handler: "/cart" "/pay"
//!   series: 3
//! histogram http_request_duration_seconds in seconds
//!   handler: "/cart" "/pay" and 12 more
//!   le: 0.1 0.5 1.0
//! ```
//!
//! A text is in quotes, a number is not. A list that is too long for one line has one entry per line, so that a new entry is one line of a diff. The
//! number of series is written only if it is not one per combination of values; `series: 0` is a metric that is declared but has no series yet. A
//! metric whose series have different labels has a block for each set of labels.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};

use super::{Bound, Contract, Family, Kind, Shape, Values, bound};
use crate::diagnostic::{Code, Problem};
use crate::inert;
use crate::source::{SourceId, Span};
use crate::vocabulary::distance;

/// The first line of a contract.
pub const MARK: &str = "# slowburn contract";

const ORIGIN: &str = "# from:";

/// A list stays on one line if it has at most this many characters.
const WIDTH: usize = 100;

/// The most problems that are reported for one file: with more, it is not a contract.
const MOST_PROBLEMS: usize = 20;

impl fmt::Display for Contract {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{MARK}")?;
        if let Some(origin) = &self.origin {
            writeln!(f, "{ORIGIN} {origin}")?;
        }
        writeln!(f)?;
        for (name, family) in &self.families {
            let head = head(name, family);
            if family.shapes.is_empty() {
                writeln!(f, "{head}\n  series: 0")?;
            }
            for shape in &family.shapes {
                writeln!(f, "{head}")?;
                print(f, family.kind, shape)?;
            }
        }
        Ok(())
    }
}

/// `counter http_requests_total`
fn head(name: &str, family: &Family) -> String {
    let mut head = format!("{} {}", family.kind, Name(name, true));
    if let Some(unit) = &family.unit {
        let _ = write!(head, " in {}", Name(unit, false));
    }
    head
}

fn print(f: &mut fmt::Formatter<'_>, kind: Kind, shape: &Shape) -> fmt::Result {
    for (label, values) in &shape.labels {
        let mut list: Vec<String> = values.known.iter().map(|value| quoted(value)).collect();
        if values.more > 0 {
            list.push(format!("and {} more", values.more));
        }
        print_list(f, &Name(label, false).to_string(), &list)?;
    }
    if !shape.bounds.is_empty() {
        let list: Vec<String> = shape.bounds.iter().map(Bound::to_string).collect();
        print_list(f, bounds_key(kind), &list)?;
    }
    if Some(shape.series) != combinations(shape) {
        writeln!(f, "  series: {}", shape.series)?;
    }
    Ok(())
}

fn print_list(f: &mut fmt::Formatter<'_>, key: &str, list: &[String]) -> fmt::Result {
    let line = format!("  {key}: {}", list.join(" "));
    if list.len() == 1 || line.chars().count() <= WIDTH {
        return writeln!(f, "{line}");
    }
    writeln!(f, "  {key}:")?;
    list.iter().try_for_each(|entry| writeln!(f, "    {entry}"))
}

fn bounds_key(kind: Kind) -> &'static str {
    if kind == Kind::Summary { "quantile" } else { "le" }
}

/// The number of series if every combination of values is one.
fn combinations(shape: &Shape) -> Option<u64> {
    let count = |values: &Values| (values.known.len() as u64).checked_add(values.more);
    shape.labels.values().try_fold(1_u64, |all, values| all.checked_mul(count(values)?))
}

/// A name in a contract: without quotes if PromQL needs none. The name of a metric may contain a colon.
struct Name<'a>(&'a str, bool);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = |c: char| c.is_ascii_alphanumeric() || c == '_' || (self.1 && c == ':');
        let plain =
            self.0.starts_with(|c: char| inner(c) && !c.is_ascii_digit()) && self.0.chars().all(inner);
        if plain { f.write_str(self.0) } else { f.write_str(&quoted(self.0)) }
    }
}

/// A text in quotes; characters that would break the line or are invisible are escaped.
fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    let escaped = inert::replaced(&text, |c| match c {
        '\n' => "\\n".to_owned(),
        c => format!("\\u{{{:x}}}", u32::from(c)),
    });
    format!("\"{escaped}\"")
}

impl Contract {
    /// Reads a printed contract.
    ///
    /// # Errors
    /// All problems; a printed contract has none.
    pub fn parse(source: SourceId, text: &str) -> Result<Self, Vec<Problem>> {
        let mut parser = Parser::default();
        let mut offset = 0;
        for line in text.split_inclusive('\n') {
            let content = line.trim_end_matches(['\n', '\r', ' ', '\t']);
            let start = content.len() - content.trim_start_matches([' ', '\t', '\u{feff}']).len();
            if content.get(start..).is_some_and(|content| !content.is_empty()) {
                let cursor = Cursor { source, line: content, offset, at: start };
                parser.line(cursor);
            }
            offset += line.len();
            if parser.conflict || parser.problems.len() >= MOST_PROBLEMS {
                break;
            }
        }
        parser.finish()
    }
}

/// The state of the parser after a line.
#[derive(Default)]
struct Parser {
    contract: Contract,
    problems: Vec<Problem>,
    block: Option<Block>,
    list: Option<List>,
    /// Whether the next lines belong to a metric that could not be read.
    lost: bool,
    /// Whether the file contains a merge conflict.
    conflict: bool,
}

/// A shape while it is read.
struct Block {
    name: String,
    place: Span,
    kind: Kind,
    unit: Option<String>,
    labels: BTreeMap<String, Values>,
    bounds: BTreeSet<Bound>,
    series: Option<u64>,
    /// Whether a part of it could not be read.
    unreadable: bool,
}

/// The entries after one key, on its line or below.
struct List {
    key: String,
    place: Span,
    entries: Vec<(Entry, Span)>,
}

enum Entry {
    Text(String),
    Number(Bound),
    More(u64),
}

/// The only problem of a line. It is boxed, because most lines have none.
type Fault = Box<Problem>;

fn fault(place: Span, label: impl Into<String>) -> Fault {
    Box::new(
        Problem::error(Code::ContractSyntax, place, "this line of the contract cannot be read").label(label),
    )
}

/// A place in a line.
#[derive(Clone)]
struct Cursor<'a> {
    source: SourceId,
    line: &'a str,
    /// The offset of the line in the file.
    offset: usize,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn span(&self, start: usize, end: usize) -> Span {
        let place = |at: usize| u32::try_from(self.offset + at).unwrap_or(u32::MAX);
        Span { source: self.source, start: place(start), end: place(end) }
    }

    fn rest(&self) -> &'a str {
        self.line.get(self.at..).unwrap_or_default()
    }

    fn blanks(&mut self) {
        self.at = self.line.len() - self.rest().trim_start_matches([' ', '\t']).len();
    }

    fn takes(&mut self, text: &str) -> bool {
        let is = self.rest().starts_with(text);
        self.at += if is { text.len() } else { 0 };
        is
    }

    /// The text up to the next blank or colon.
    fn word(&mut self, colon: bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c| c == ' ' || c == '\t' || (colon && c == ':')).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn problem(&self, start: usize, end: usize, label: impl Into<String>) -> Fault {
        fault(self.span(start, end), label)
    }

    /// A text in quotes.
    fn quoted(&mut self) -> Result<String, Fault> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        while let Some(c) = self.rest().chars().next() {
            let here = self.at;
            self.at += c.len_utf8();
            match c {
                '"' => return Ok(text),
                '\\' => text.push(self.escape().ok_or_else(|| {
                    self.problem(here, self.at, r#"`\\`, `\"`, `\n` or `\u{…}` is expected"#)
                })?),
                c => text.push(c),
            }
        }
        Err(self.problem(start, self.at, "this quote is not closed"))
    }

    /// The character of an escape, after its backslash.
    fn escape(&mut self) -> Option<char> {
        let c = self.rest().chars().next()?;
        self.at += c.len_utf8();
        match c {
            '"' | '\\' => Some(c),
            'n' => Some('\n'),
            'u' => {
                let (digits, _) = self.rest().strip_prefix('{')?.split_once('}')?;
                let is = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
                self.at += digits.len() + 2;
                Some(is)
            }
            _ => None,
        }
    }

    /// A name, quoted or not.
    fn name(&mut self, colon: bool, what: &str) -> Result<String, Fault> {
        let start = self.at;
        let name = match self.rest().starts_with('"') {
            true => self.quoted()?,
            false => self.word(colon).to_owned(),
        };
        let plain = self.line[start..].starts_with('"') || Name(&name, !colon).to_string() == name;
        if name.is_empty() || !plain {
            let end = if name.is_empty() { start } else { self.at };
            let label = match name.contains('{') || self.rest().starts_with('{') {
                true => "labels are in lines of their own, below the name".to_owned(),
                false => format!("{what} is expected"),
            };
            return Err(self.problem(start, end, label));
        }
        Ok(name)
    }

    /// The entries up to the end of the line.
    fn entries(&mut self) -> Result<Vec<(Entry, Span)>, Fault> {
        let mut entries = Vec::new();
        loop {
            self.blanks();
            let start = self.at;
            if self.rest().is_empty() {
                return Ok(entries);
            }
            let entry = if self.rest().starts_with('"') {
                Entry::Text(self.quoted()?)
            } else if self.takes("and ") {
                self.blanks();
                let count = self.word(false).parse().ok();
                self.blanks();
                match count {
                    Some(count) if self.word(false) == "more" => Entry::More(count),
                    _ => return Err(self.problem(start, self.line.len(), "`and 12 more` is expected")),
                }
            } else {
                let word = self.word(false);
                let label = || match word.find(|c: char| !c.is_ascii_digit() && c != '.') {
                    Some(unit) if unit > 0 => {
                        "a number has no unit: bounds are in the unit of the histogram".to_owned()
                    }
                    _ if word.is_empty() => "a value in quotes or a number is expected".to_owned(),
                    _ => format!("a value needs quotes: `\"{word}\"`"),
                };
                Entry::Number(bound(word).ok_or_else(|| self.problem(start, self.at, label()))?)
            };
            if !self.rest().is_empty() && !self.rest().starts_with([' ', '\t']) {
                let label = match self.rest().starts_with(',') {
                    true => "values have spaces between them, and no commas",
                    false => "a space is expected before this",
                };
                return Err(self.problem(self.at, self.line.len(), label));
            }
            entries.push((entry, self.span(start, self.at)));
        }
    }
}

impl Parser {
    fn line(&mut self, mut cursor: Cursor) {
        let content = cursor.rest();
        if ["<<<<<<<", "=======", ">>>>>>>", "|||||||"].iter().any(|marker| content.starts_with(marker)) {
            let problem =
                cursor.problem(0, cursor.line.len(), "the merge of two branches is not finished here");
            self.problems.push(
                problem.help("keep the lines of both sides that are true, or capture the metrics again"),
            );
            self.conflict = true;
        } else if content.starts_with('#') {
            if let Some(origin) =
                content.strip_prefix(ORIGIN).map(str::trim).filter(|origin| !origin.is_empty())
            {
                self.contract.origin.get_or_insert_with(|| origin.to_owned());
            }
        } else if cursor.line.starts_with([' ', '\t']) {
            if self.lost {
                return;
            }
            if self.block.is_none() {
                let problem =
                    cursor.problem(cursor.at, cursor.line.len(), "there is no metric above this line");
                self.problems
                    .push(problem.help("write the metric's type and name in a line above: `counter name`"));
                self.lost = true;
            } else if let Err(fault) = self.detail(&mut cursor) {
                self.problems.push(*fault);
                self.list = None;
                self.mark_unreadable();
            }
        } else {
            self.close();
            match block(&mut cursor) {
                Ok(block) => {
                    self.block = Some(block);
                    self.lost = false;
                }
                Err(fault) => {
                    self.problems.push(*fault);
                    self.lost = true;
                }
            }
        }
    }

    /// A line below a metric.
    fn detail(&mut self, cursor: &mut Cursor) -> Result<(), Fault> {
        let key = key(&mut cursor.clone(), cursor).inspect_err(|_| self.close_list())?;
        if let Some((key, place)) = key {
            self.close_list();
            let entries = cursor.entries()?;
            self.list = Some(List { key, place, entries });
            return Ok(());
        }
        let entries = cursor.entries()?;
        match &mut self.list {
            Some(list) => {
                list.entries.extend(entries);
                Ok(())
            }
            None => {
                let label = "the name of a label and a colon are expected before this";
                Err(cursor.problem(
                    cursor.line.len() - cursor.line.trim_start().len(),
                    cursor.line.len(),
                    label,
                ))
            }
        }
    }

    /// Marks the block as not readable, so that its labels are unknown.
    fn mark_unreadable(&mut self) {
        if let Some(block) = &mut self.block {
            block.unreadable = true;
        }
    }

    /// Adds the finished list to its block.
    fn close_list(&mut self) {
        let Some(List { key, place, entries }) = self.list.take() else { return };
        let Some(block) = &mut self.block else { return };
        let found = match entries.first() {
            None => Err(fault(place, format!("`{key}` has no values"))),
            Some((Entry::Number(_), _)) => numbers(block, &key, place, &entries),
            Some((Entry::Text(_) | Entry::More(_), _)) => values(&entries)
                .and_then(|values| match block.labels.insert(key.clone(), values) {
                    None => Ok(()),
                    Some(_) => Err((place, format!("the label `{key}` is written twice"))),
                })
                .map_err(|(place, label)| fault(place, label)),
        };
        if let Err(fault) = found {
            self.problems.push(*fault);
            self.mark_unreadable();
        }
    }

    /// Adds the finished block to its metric.
    fn close(&mut self) {
        self.close_list();
        let Some(block) = self.block.take() else { return };
        let shape = Shape { labels: block.labels, series: 0, bounds: block.bounds };
        let series = block.series.or_else(|| combinations(&shape)).unwrap_or(u64::MAX);
        let shape = Shape { series, ..shape };
        let known = self.contract.families.contains_key(&block.name);
        let family = self.contract.families.entry(block.name).or_default();
        let problem = |label| {
            Problem::error(
                Code::ContractSyntax,
                block.place,
                "two blocks of the contract contradict each other",
            )
            .label(label)
        };
        if !known {
            (family.kind, family.unit) = (block.kind, block.unit);
        } else if family.kind != block.kind {
            self.problems.push(problem(format!("above its type is {}", family.kind)));
        } else if family.unit != block.unit {
            let unit = family.unit.as_deref().unwrap_or("not declared");
            self.problems.push(problem(format!("above its unit is {unit}")));
        }
        if block.unreadable || (series == 0 && shape.labels.is_empty()) {
            return;
        }
        match family.shapes.binary_search_by(|known| known.labels.keys().cmp(shape.labels.keys())) {
            Ok(_) => self.problems.push(problem("there is a block with the same labels above".to_owned())),
            Err(at) => family.shapes.insert(at, shape),
        }
    }

    fn finish(mut self) -> Result<Contract, Vec<Problem>> {
        self.close();
        if self.problems.is_empty() {
            return Ok(self.contract);
        }
        crate::diagnostic::sort(&mut self.problems);
        Err(self.problems)
    }
}

/// The first line of a block: `histogram http_request_duration_seconds in seconds`.
fn block(cursor: &mut Cursor) -> Result<Block, Fault> {
    let start = cursor.at;
    let word = cursor.word(false);
    let Some(kind) = Kind::parse(word) else {
        let problem = cursor.problem(start, cursor.at, "a type of metric is expected");
        let near = |kind: Kind| Some((distance(word, &kind.to_string(), 2)?, kind));
        let near = Kind::ALL.into_iter().filter_map(near).min_by_key(|(distance, _)| *distance);
        return Err(match near.map(|(_, kind)| kind) {
            Some(kind) => Box::new(problem.fix(
                format!("write `{kind}`"),
                cursor.span(start, cursor.at),
                kind.to_string(),
            )),
            None => Box::new(
                problem.help(format!("types are {}", Kind::ALL.map(|kind| kind.to_string()).join(", "))),
            ),
        });
    };
    cursor.blanks();
    let start = cursor.at;
    let name = cursor.name(false, "the name of a metric")?;
    let place = cursor.span(start, cursor.at);
    cursor.blanks();
    let mut unit = None;
    if cursor.takes("in ") {
        cursor.blanks();
        unit = Some(cursor.name(false, "a unit")?);
        cursor.blanks();
    }
    if !cursor.rest().is_empty() {
        return Err(cursor.problem(
            cursor.at,
            cursor.line.len(),
            "there must be no text after a metric's name and unit",
        ));
    }
    Ok(Block {
        name,
        place,
        kind,
        unit,
        labels: BTreeMap::new(),
        bounds: BTreeSet::new(),
        series: None,
        unreadable: false,
    })
}

/// The key at the beginning of a line, if there is one; only then `cursor` moves.
fn key(ahead: &mut Cursor, cursor: &mut Cursor) -> Result<Option<(String, Span)>, Fault> {
    let start = ahead.at;
    let quoted = ahead.rest().starts_with('"');
    let name = if quoted { ahead.quoted()? } else { ahead.word(true).to_owned() };
    let end = ahead.at;
    if !ahead.takes(":") {
        return Ok(None);
    }
    if name.is_empty() || !(quoted || Name(&name, false).to_string() == name) {
        return Err(ahead.problem(
            start,
            end,
            "the name of a label is expected, in quotes where PromQL needs quotes",
        ));
    }
    cursor.at = ahead.at;
    Ok(Some((name, cursor.span(start, end))))
}

/// The values of a label.
fn values(entries: &[(Entry, Span)]) -> Result<Values, (Span, String)> {
    let mut values = Values::default();
    for (index, (entry, place)) in entries.iter().enumerate() {
        match entry {
            Entry::Text(value) => {
                if !values.known.insert(value.clone()) {
                    return Err((*place, "this value is written twice".to_owned()));
                }
            }
            Entry::More(more) if index + 1 == entries.len() => values.more = *more,
            Entry::More(_) => return Err((*place, "this is expected after all values".to_owned())),
            Entry::Number(_) => {
                return Err((*place, "the value of a label is expected in quotes".to_owned()));
            }
        }
    }
    Ok(values)
}

/// Bounds, or the number of series.
fn numbers(block: &mut Block, key: &str, place: Span, entries: &[(Entry, Span)]) -> Result<(), Fault> {
    let mut all = Vec::new();
    for (entry, place) in entries {
        match entry {
            Entry::Number(number) => all.push(*number),
            Entry::Text(_) | Entry::More(_) => {
                return Err(fault(*place, "a number is expected".to_owned()));
            }
        }
    }
    let has_bounds = match block.kind {
        Kind::Histogram | Kind::NativeHistogram | Kind::BothHistograms | Kind::Summary => true,
        Kind::Counter | Kind::Gauge | Kind::Info | Kind::StateSet | Kind::Unknown => false,
    };
    if key == "series" {
        let [count] = all[..] else {
            return Err(fault(place, "one number of series is expected".to_owned()));
        };
        let Ok(count) = u64::try_from(count) else {
            return Err(fault(entries[0].1, "a number of series is expected".to_owned()));
        };
        if bound(&count.to_string()) != Some(all[0]) {
            return Err(fault(entries[0].1, "a whole number of series is expected".to_owned()));
        }
        block.series = Some(count);
    } else if has_bounds && key == bounds_key(block.kind) {
        block.bounds.extend(all);
    } else {
        return Err(fault(entries[0].1, format!("a value of the label `{key}` is expected in quotes")));
    }
    Ok(())
}
