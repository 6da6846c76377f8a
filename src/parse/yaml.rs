//! Reads YAML into a tree in which every node knows its place.
//!
//! Only this file uses serde-saphyr, for structure and places. The text of a plain scalar is taken from the file, so that no number is converted to
//! floating point.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::budget::{Budget, BudgetBreach};
use serde_saphyr::options::{AliasLimits, DuplicateKeyPolicy, NonFiniteFloatPolicy};
use serde_saphyr::{Error, Location, Options, Spanned};

use super::slips::Faulty;
use super::{keys, pasted};
use crate::ast::Key;
use crate::diagnostic::{self, Code, Problem};
use crate::inert::blank;
use crate::scalar::Scalar;
use crate::source::{SourceId, Span};

/// A value with its place: from its first to its last character, without anchor and tag. A value from an alias or a merge key has the place of its
/// definition, because that text has to be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Where the value is written; empty if the value is left out.
    pub span: Span,
    /// The value.
    pub value: Value,
}

/// The kinds of values. Numbers and booleans are scalars: the reader of the field gives them a meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `null`, `~`, or nothing at all.
    Null,
    /// A text.
    Scalar(Scalar),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping in the order of the file; the entries of `<<` come last. No key is there twice.
    Map(Vec<Entry>),
}

/// One key with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: Key,
    /// The value.
    pub value: Node,
}

impl Node {
    /// The place of the bytes `start..end` of a scalar; of other values, the place of the whole value.
    pub fn place(&self, start: usize, end: usize) -> Span {
        match &self.value {
            Value::Scalar(scalar) => scalar.place(start, end),
            Value::Null | Value::List(_) | Value::Map(_) => self.span,
        }
    }

    /// The entries of a map; empty for other values.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            Value::Null | Value::Scalar(_) | Value::List(_) => &[],
        }
    }

    /// The entry of a map with this key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key.text == key)
    }

    /// The value of this key in a map.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The text of a scalar; `None` for other values.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(scalar) => Some(&scalar.text),
            Value::Null | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// The same value with other places, also of the values in it.
    fn placed(self, span: &dyn Fn(Span) -> Span, scalar: &dyn Fn(Scalar) -> Scalar) -> Self {
        let value = match self.value {
            Value::Null => Value::Null,
            Value::Scalar(own) => Value::Scalar(scalar(own)),
            Value::List(items) => {
                Value::List(items.into_iter().map(|item| item.placed(span, scalar)).collect())
            }
            Value::Map(entries) => {
                let entries = entries.into_iter().map(|Entry { key, value }| Entry {
                    key: Key { span: span(key.span), ..key },
                    value: value.placed(span, scalar),
                });
                Value::Map(entries.collect())
            }
        };
        Self { span: span(self.span), value }
    }

    /// The same value, if so many more bytes of the file come before it.
    fn moved(self, by: u32) -> Self {
        self.placed(&|span| span.moved(by), &|scalar| scalar.moved(by))
    }

    /// The same value, as part of an instance of a template.
    pub fn in_instance(self, number: u32) -> Self {
        let span = |span: Span| Span { source: span.source.of_instance(number), ..span };
        self.placed(&span, &|scalar| scalar.in_instance(number))
    }

    /// The number of values in it, including itself.
    pub fn count(&self) -> usize {
        1 + match &self.value {
            Value::Null | Value::Scalar(_) => 0,
            Value::List(items) => items.iter().map(Node::count).sum(),
            Value::Map(entries) => entries.iter().map(|entry| entry.value.count()).sum(),
        }
    }
}

/// The largest file that is read, in bytes.
pub const MAX_BYTES: usize = 8 << 20;

/// The deepest nesting, chosen so that a thread with a stack of 2 MiB can read it. Definitions need about six levels.
const MAX_DEPTH: usize = 32;

/// Reads the only document of a file. Its top can be any value except null; the caller checks whether it is a mapping.
///
/// # Errors
/// All problems found. A syntax error hides later problems; duplicate and invalid keys do not.
pub fn read(source: SourceId, text: &str) -> Result<Node, Vec<Problem>> {
    let file = File { source, text };
    if let Some(problem) = file.unreadable() {
        return Err(vec![problem]);
    }
    let written = file.parse().map_err(|problem| vec![pasted::found(source, text).unwrap_or(*problem)])?;
    let mut reading = NodeReader { file, problems: Vec::new(), copied: 0 };
    let node = reading.node(written);
    if matches!(node.value, Value::Null) && node.span.start == node.span.end {
        let problem = Problem::error(Code::EmptyFile, file.span(0, 0), "the file is empty")
            .help("write a definition, or delete the file");
        return Err(vec![problem]);
    }
    if reading.problems.is_empty() {
        Ok(node)
    } else {
        diagnostic::sort(&mut reading.problems);
        Err(reading.problems)
    }
}

/// A document without places, for files of other tools; `None` if it cannot be read.
pub fn plain(text: &str) -> Option<serde_json::Value> {
    let read = |text| serde_saphyr::from_str_with_options(text, options()).ok();
    (text.len() <= MAX_BYTES).then_some(text).and_then(read)
}

/// Limit for the text that aliases copy, in bytes.
pub const MAX_COPIED: usize = 1 << 20;

/// Limit for the documents of a file.
const MAX_DOCUMENTS: usize = 1_000;

/// Limit for the values of a file, over all its documents.
pub const MAX_VALUES: usize = 1_000_000;

/// Reads every document of a file, in their order, and every problem of those that cannot be read. Empty documents are skipped.
pub fn documents(source: SourceId, text: &str) -> (Vec<Node>, Vec<Problem>) {
    let file = File { source, text };
    if let Some(problem) = file.unreadable() {
        return (Vec::new(), vec![problem]);
    }
    let (mut nodes, mut problems, mut values) = (Vec::new(), Vec::new(), 0);
    for (count, (start, piece)) in pieces(text).enumerate() {
        let by = start as u32;
        let found = read(source, piece).map(|node| node.moved(by));
        values += found.as_ref().map_or(0, Node::count);
        if count == MAX_DOCUMENTS || values > MAX_VALUES {
            let headline = match count == MAX_DOCUMENTS {
                true => format!("the file has more than {MAX_DOCUMENTS} documents"),
                false => "the file makes too many values".to_owned(),
            };
            problems.push(
                Problem::error(Code::TooLarge, file.span(start, start), headline)
                    .help("split it into several files"),
            );
            break;
        }
        match found {
            Ok(node) => nodes.push(node),
            Err(faults) => problems.extend(faults.into_iter().map(|fault| moved(fault, by))),
        }
    }
    (nodes, problems)
}

/// The non-empty parts of a file between its document markers, each with its offset. A marker ends everything before it, also a block scalar (YAML
/// 1.2.2, section 9.1.4), so it is enough to look at lines.
fn pieces(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut starts = vec![0];
    let mut at = 0;
    for line in text.split_inclusive(['\n', '\r']) {
        if is_marker(line) {
            // The end marker of a document is not part of the next one.
            starts.push(if line.starts_with('.') { at + 3 } else { at });
        }
        at += line.len();
    }
    starts.push(text.len());
    let is_empty = |line: &str| has_no_value(line) || line.trim_start().starts_with('%');
    let ranges: Vec<(usize, usize)> = starts.windows(2).map(|pair| (pair[0], pair[1])).collect();
    let piece = move |(start, end): (usize, usize)| {
        // Without the dots at its end.
        let piece = &text[start..end];
        (start, piece.strip_suffix("...").filter(|rest| rest.ends_with(['\n', '\r'])).unwrap_or(piece))
    };
    ranges
        .into_iter()
        .map(piece)
        .filter(move |(_, piece)| !piece.trim_start_matches('\u{feff}').split(['\n', '\r']).all(is_empty))
}

/// Whether a text begins with a marker between documents.
fn is_marker(text: &str) -> bool {
    (text.starts_with("---") || text.starts_with("..."))
        && text[3..].chars().next().is_none_or(|c| c.is_ascii_whitespace())
}

/// Whether a line has only a comment or a marker between documents.
fn has_no_value(line: &str) -> bool {
    matches!(line.split('#').next().unwrap_or("").trim(), "" | "---" | "...")
}

/// A problem of a document, with its place in the whole file.
fn moved(mut problem: Problem, by: u32) -> Problem {
    problem.spans_mut().for_each(|span| *span = span.moved(by));
    problem
}

/// The problem of a file that is not UTF-8; its first `valid_up_to` bytes are.
pub fn not_utf8(source: SourceId, valid_up_to: usize) -> Problem {
    let offset = u32::try_from(valid_up_to).unwrap_or(u32::MAX);
    let span = Span { source, start: offset, end: offset };
    Problem::error(Code::InvalidUtf8, span, "the file is not UTF-8")
        .label(format!("the first {valid_up_to} bytes are valid"))
        .help("save the file as UTF-8")
}

#[derive(Clone, Copy)]
struct File<'a> {
    source: SourceId,
    text: &'a str,
}

/// The problem of a key that is written twice in the file `text`: first at one place, then at another.
fn twice(text: &str, key: &str, [first, span]: [Span; 2], earlier: Option<&Node>, value: &Node) -> Problem {
    let headline = format!("the key `{key}` is written twice in one mapping");
    let problem =
        Problem::error(Code::DuplicateKey, span, headline).label("again here").and(first, "first here");
    if key == "service" {
        return problem.help(
            "a file is one service: move the lines from here on to a file of their own, or delete this line",
        );
    }
    let is_known = keys::is_known(key);
    match (&value.value, earlier.map(|earlier| &earlier.value)) {
        (Value::Map(_), Some(Value::Map(_))) if is_known => {
            let entries = |node: &Node| {
                let written = &text[node.span.start as usize..node.span.end as usize];
                Some(written.strip_prefix('{')?.strip_suffix('}')?.trim().to_owned())
            };
            match earlier.and_then(entries).zip(entries(value)) {
                Some((one, other)) if one.len() + other.len() <= 100 => {
                    problem.help(format!("write one: `{key}: {{ {one}, {other} }}`"))
                }
                _ => problem.help("move the lines below this one to the first, and delete this one"),
            }
        }
        (Value::Map(_), _) if !is_known => {
            problem.help(format!("give one of the two another name, such as `{key}-2`, or delete it"))
        }
        _ => problem.help("delete one of the two"),
    }
}

impl File<'_> {
    fn span(&self, start: usize, end: usize) -> Span {
        // Longer texts than MAX_BYTES are rejected before.
        Span { source: self.source, start: start as u32, end: end as u32 }
    }

    /// The place of the character at `offset`, or of the end of the file.
    fn span_of_char(&self, offset: usize) -> Span {
        let length =
            self.text[offset..].chars().next().filter(|&c| c != '\n' && c != '\r').map_or(0, char::len_utf8);
        self.span(offset, offset + length)
    }

    /// The problem if the file cannot be YAML at all.
    fn unreadable(&self) -> Option<Problem> {
        if self.text.len() > MAX_BYTES {
            let headline = format!("the file is larger than {} MiB", MAX_BYTES >> 20);
            return Some(
                Problem::error(Code::TooLarge, self.span(0, 0), headline).help("split it into several files"),
            );
        }
        // YAML 1.2.2, section 5.1: the characters that are allowed without an escape.
        let forbidden = |c: char| matches!(c, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\x7f'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}');
        let (offset, c) = self.text.char_indices().find(|&(_, c)| forbidden(c))?;
        let headline = format!("the text contains the control character U+{:04X}", c as u32);
        let help = format!("delete it, or write `\\u{:04x}` in double quotes", c as u32);
        Some(syntax(self.span_of_char(offset), headline).help(help))
    }

    fn parse(&self) -> Result<Spanned<RawValue>, Box<Problem>> {
        let first = |text| serde_saphyr::from_str_with_options(text, options());
        let error = match first(self.text) {
            Ok(written) => return Ok(written),
            Err(error) => error,
        };
        let second = matches!(error.without_snippet(), Error::MultipleDocuments { .. });
        let Some(marker) = second.then(|| self.marker_before(self.offset(error.location()))).flatten() else {
            return Err(Box::new(self.problem(&error)));
        };
        if self.text[marker..].split(['\n', '\r']).all(has_no_value) {
            return first(&self.text[..marker]).map_err(|error| Box::new(self.problem(&error)));
        }
        let span = self.span(marker, marker + 3);
        let problem = Problem::error(Code::SecondDocument, span, "the file has a second document")
            .label("it begins here")
            .help("move it into a file of its own, or remove this line if the text after it belongs to the first");
        Err(Box::new(problem))
    }

    /// The line before `offset` that separates two documents.
    fn marker_before(&self, offset: usize) -> Option<usize> {
        let mut starts = self.text[..offset].rmatch_indices(['\n', '\r']).map(|(at, _)| at + 1);
        starts.find(|&at| is_marker(&self.text[at..]))
    }

    /// The byte offset of a place for which saphyr gives only lines and characters, as for syntax errors.
    fn offset(&self, location: Option<Location>) -> usize {
        let Some(location) = location else { return 0 };
        if let Some(offset) = location.span().byte_offset() {
            return self.floor(offset as usize);
        }
        let mut line_start = 0;
        for _ in 1..location.line() {
            let rest = &self.text[line_start..];
            let Some(end) = rest.find(['\n', '\r']) else { break };
            line_start += end + if rest[end..].starts_with("\r\n") { 2 } else { 1 };
        }
        let line = &self.text[line_start..];
        let bom = if line_start == 0 && line.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let mut column = line[bom..].char_indices();
        let into =
            column.nth((location.column() as usize).saturating_sub(1)).map_or(line.len() - bom, |(at, _)| at);
        line_start + bom + into
    }

    fn floor(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }

    fn slip(&self, offset: usize, words: &str) -> Option<Problem> {
        let is_yaml = |text: &str| serde_saphyr::from_str_with_options::<RawValue>(text, options()).is_ok();
        Faulty { source: self.source, text: self.text, offset, is_yaml }.slip(words)
    }

    /// A problem for an error of saphyr, in our words.
    fn problem(&self, error: &Error) -> Problem {
        let offset = self.offset(error.location());
        let here = self.span_of_char(offset);
        match error.without_snippet() {
            Error::AliasError { error, locations, .. } => {
                let mut problem = self.problem(error);
                problem.primary.span = self.span_of_char(self.offset(Some(locations.reference_location)));
                problem
            }
            Error::Budget { breach: BudgetBreach::Depth { .. }, .. }
            | Error::AliasReplayStackDepthExceeded { .. } => too_deep(here),
            Error::Budget { .. }
            | Error::AliasReplayCounterOverflow { .. }
            | Error::AliasReplayLimitExceeded { .. }
            | Error::AliasExpansionLimitExceeded { .. } => {
                Problem::error(Code::TooLarge, here, "the file makes too many values")
                    .help("split it into several files, or use fewer aliases")
            }
            Error::UnknownAnchor { .. } => {
                let token =
                    self.text[offset..].split(|c: char| c.is_whitespace() || ",[]{}".contains(c)).next();
                let token = token.unwrap_or("");
                if let Some(problem) = self.slip(offset, "") {
                    return problem;
                }
                let span = self.span(offset, offset + token.len());
                syntax(span, format!("the alias `{token}` has no anchor before it")).help(format!(
                    "write `&{}` before the value that it repeats",
                    token.trim_start_matches('*')
                ))
            }
            Error::RecursiveReferencesRequireWeakTypes { .. } => {
                syntax(here, "an anchor contains its own alias")
            }
            Error::MergeValueNotMapOrSeqOfMaps { .. } => {
                syntax(here, "`<<` merges only mappings, or a list of mappings")
            }
            other => {
                let words = other.to_string();
                let words = words.split(" at line ").next().unwrap_or(&words);
                if words.contains("recursion limit") {
                    too_deep(here)
                } else if let Some(problem) = self.slip(offset, words) {
                    problem
                } else {
                    reword(here, words)
                }
            }
        }
    }
}

fn options() -> Options {
    let mut budget = Budget::default();
    budget.max_depth = MAX_DEPTH;
    budget.flow_nesting_limit = MAX_DEPTH;
    // Many services may share one block of settings.
    budget.enforce_alias_anchor_ratio = false;
    budget.max_recorded_anchor_events = 100_000;
    // As many as a file of MAX_BYTES can reasonably have.
    budget.max_nodes = 1_000_000;
    budget.max_events = 4_000_000;
    let mut alias_limits = AliasLimits::default();
    alias_limits.max_total_replayed_events = 20_000;
    alias_limits.max_replay_stack_depth = MAX_DEPTH;
    serde_saphyr::options! {
        budget: Some(budget),
        alias_limits: alias_limits,
        // Duplicate keys are found below, where the first of them can be shown, too.
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        reject_unsupported_tags: true,
        strict_booleans: true,
        with_snippet: false,
    }
}

fn syntax(span: Span, headline: impl Into<String>) -> Problem {
    Problem::error(Code::YamlSyntax, span, headline)
}

fn too_deep(span: Span) -> Problem {
    Problem::error(Code::TooDeep, span, format!("values are nested more than {MAX_DEPTH} deep"))
}

/// The parser's message as a headline. Frequent messages have our own words.
fn reword(span: Span, words: &str) -> Problem {
    let has = |part: &str| words.contains(part);
    if has("mapping values are not allowed") {
        return syntax(span, "a mapping cannot begin at this `:`").help(
            "quote the text if the colon belongs to it, or indent the line like the other keys of its mapping",
        );
    }
    if let Some(bracket) = words.strip_prefix("unclosed bracket ") {
        return syntax(span, format!("{} is never closed", bracket.replace('\'', "`")));
    }
    if let Some(brackets) = words.strip_prefix("mismatched bracket ") {
        return syntax(span, brackets.replace('\'', "`").replace(" closed by ", " is closed by "));
    }
    if let Some(character) = words.strip_prefix("unexpected character: `") {
        let character = character.trim_end_matches('\'');
        return syntax(span, format!("a text without quotes cannot begin with `{character}`"))
            .help("put the text into quotes");
    }
    if let Some(tag) = words.strip_prefix("unsupported tag ") {
        return syntax(span, format!("the tag {tag} is not supported"));
    }
    if has("unclosed quote") {
        return syntax(span, "a quote is never closed").help("end the text with the same quote");
    }
    if has("trailing content after") {
        return syntax(span, "there is more text after the closing quote").help(
            "put a text that contains double quotes into single quotes: `'http_requests_total{job=\"api\"}'`",
        );
    }
    if has("unknown escape") {
        return syntax(span, "YAML does not know this escape after the backslash")
            .help("write `\\\\` for a backslash, or use single quotes");
    }
    if has("did not find expected '-'") {
        return syntax(span, "an entry of this list does not begin with `-`")
            .help("indent it by as many spaces as the entry above, and begin it with `- `");
    }
    if has("did not find expected key") || has("simple key expected") {
        return syntax(span, "a line of this mapping is not `key: value`").help(
            "indent the key by as many spaces as the keys beside it, and write a space after its colon",
        );
    }
    if has("expected <document start>") {
        return syntax(span, "there is more text after the end of the document");
    }
    if has("expected ',' or '}'") || has("expected ',' or ']'") {
        return syntax(span, "a comma or a closing bracket is missing")
            .help("write a comma between two entries, or put a text with brackets into single quotes");
    }
    let words = words
        .rsplit_once("while ")
        .map_or(words, |(_, rest)| rest.split_once(", ").map_or(words, |(_, w)| w));
    let words = words.replace("EOF", "end of file").replace("eof", "end of file").replace('\n', " ");
    let mut characters = words.trim_end_matches('.').chars();
    let lower: String = characters.next().map(|first| first.to_lowercase().collect()).unwrap_or_default();
    syntax(span, format!("not YAML: {lower}{}", characters.as_str()))
}

/// The tree as saphyr returns it.
enum RawValue {
    Null,
    /// A text without its YAML escapes.
    Text(String),
    /// A number or a boolean, as saphyr read it.
    Typed(String),
    List(Vec<Spanned<RawValue>>),
    Map(Vec<(Spanned<RawValue>, Spanned<RawValue>)>),
}

struct WrittenVisitor;

impl<'de> Deserialize<'de> for RawValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WrittenVisitor)
    }
}

impl<'de> Visitor<'de> for WrittenVisitor {
    type Value = RawValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<RawValue, E> {
        Ok(RawValue::Null)
    }

    fn visit_none<E>(self) -> Result<RawValue, E> {
        Ok(RawValue::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<RawValue, E> {
        Ok(RawValue::Typed(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<RawValue, E> {
        Ok(RawValue::Typed(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<RawValue, E> {
        Ok(RawValue::Typed(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<RawValue, E> {
        Ok(RawValue::Typed(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<RawValue, E> {
        Ok(RawValue::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<RawValue, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(RawValue::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<RawValue, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
        }
        Ok(RawValue::Map(entries))
    }
}

/// Converts [`RawValue`] to [`Node`].
struct NodeReader<'a> {
    file: File<'a>,
    problems: Vec<Problem>,
    /// Bytes of texts that aliases copied.
    copied: usize,
}

impl NodeReader<'_> {
    fn node(&mut self, written: Spanned<RawValue>) -> Node {
        let (start, end) = self.range(written.defined);
        let is_alias = written.defined != written.referenced;
        let (end, value) = match written.value {
            RawValue::Null => {
                let (start, end) = if start == end { self.left_out(start) } else { (start, end) };
                return Node { span: self.file.span(start, end), value: Value::Null };
            }
            RawValue::Text(text) if is_alias && self.is_too_long(text.len(), start) => {
                return Node { span: self.file.span(start, end), value: Value::Null };
            }
            RawValue::Text(text) => return self.scalar(text, start, end),
            RawValue::Typed(understood) => {
                let span = self.file.span(start, end);
                let text = self.as_written(understood, start, end);
                let scalar = Scalar::new(text, &self.file.text[start..end], span);
                return Node { span, value: Value::Scalar(scalar) };
            }
            RawValue::List(items) => {
                let mut reach = Extent { start, end, is_alias };
                let mut nodes = Vec::with_capacity(items.len());
                for item in items {
                    let reference = self.reference(&item);
                    let node = self.node(item);
                    reach.include(node.span, reference);
                    nodes.push(node);
                }
                (reach.end, Value::List(nodes))
            }
            RawValue::Map(entries) => {
                let mut reach = Extent { start, end, is_alias };
                let entries = self.entries(entries, &mut reach);
                (reach.end, Value::Map(entries))
            }
        };
        let end = self.closing_bracket(start, end).unwrap_or(end);
        Node { span: self.file.span(start, end), value }
    }

    /// Whether aliases copy more text than the limit. This is reported once.
    fn is_too_long(&mut self, length: usize, place: usize) -> bool {
        let before = self.copied;
        self.copied += length;
        if before <= MAX_COPIED && self.copied > MAX_COPIED {
            let headline = "aliases repeat more text than any definition needs";
            let problem = Problem::error(Code::TooLarge, self.file.span(place, place), headline);
            self.problems.push(problem.label("this text").help("write it once, where it is shared"));
        }
        self.copied > MAX_COPIED
    }

    fn entries(
        &mut self,
        written: Vec<(Spanned<RawValue>, Spanned<RawValue>)>,
        reach: &mut Extent,
    ) -> Vec<Entry> {
        let mut entries = Vec::with_capacity(written.len());
        let mut seen: BTreeMap<String, Span> = BTreeMap::new();
        let mut second = None;
        for (key, value) in written {
            let references = [self.reference(&key), self.reference(&value)];
            let key = self.key(key);
            let value = self.node(value);
            if let (Some(key), Value::Null) = (&key, &value.value)
                && self.is_glued(key)
            {
                continue;
            }
            reach.include(value.span, references[1]);
            let Some(Key { text, span }) = key else { continue };
            reach.include(span, references[0]);
            match seen.get(&text) {
                None => {
                    seen.insert(text.clone(), span);
                    entries.push(Entry { key: Key { text, span }, value });
                }
                Some(&first) => {
                    // A second service in the file repeats other keys, too.
                    if seen.contains_key("service") && second.is_some() {
                        continue;
                    }
                    if text == "service" {
                        second = Some(span);
                    }
                    let earlier = entries.iter().find(|entry| entry.key.text == text);
                    self.problems.push(twice(
                        self.file.text,
                        &text,
                        [first, span],
                        earlier.map(|entry| &entry.value),
                        &value,
                    ));
                }
            }
        }
        entries
    }

    /// The text of a key; a problem if it is not a text.
    fn key(&mut self, written: Spanned<RawValue>) -> Option<Key> {
        let (start, end) = self.range(written.defined);
        let span = self.file.span(start, end);
        let what = match &written.value {
            RawValue::Text(text) | RawValue::Typed(text) => {
                let text = self.as_written(text.clone(), start, end);
                return self.has_odd_blank(start, end).is_none().then_some(Key { text, span });
            }
            RawValue::Null => "null",
            RawValue::List(_) => "a list",
            RawValue::Map(_) => "a mapping",
        };
        let span = self.node(written).span;
        let problem = Problem::error(Code::WrongType, span, format!("a key is {what}"))
            .label("a key is one text")
            .help("put the key into quotes if it is meant as text");
        self.problems.push(problem);
        None
    }

    /// Reports a key in braces whose colon has no space behind it: `{ severity:page }`.
    fn is_glued(&mut self, key: &Key) -> bool {
        let (start, end) = (key.span.start as usize, key.span.end as usize);
        let Some((name, value)) = self.file.text[start..end].split_once(':') else { return false };
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        // `http://…` is an address.
        let glued =
            !name.is_empty() && name.chars().all(is_name) && !value.is_empty() && !value.starts_with("//");
        if glued {
            let colon = self.file.span(start + name.len(), start + name.len() + 1);
            let problem = syntax(colon, format!("the colon after `{name}` needs a space behind it"));
            self.problems.push(problem.fix("write a space after the colon", colon, ": "));
        }
        glued
    }

    /// Reports curly quotes around a value: to YAML they are a part of it.
    fn has_curly_quotes(&mut self, start: usize, end: usize) {
        const CURLY: [char; 9] = ['“', '”', '„', '«', '»', '‘', '’', '´', '‚'];
        let text = &self.file.text[start..end];
        let Some(inner) = text.strip_prefix(CURLY).and_then(|text| text.strip_suffix(CURLY)) else { return };
        let inner = inner.replace(CURLY, "\"");
        let written = match inner.contains('"') {
            true => format!("'{}'", inner.replace('\'', "''")),
            false => format!("\"{inner}\""),
        };
        let place = self.file.span(start, end);
        let problem = syntax(place, "YAML does not know these quotes: it knows only `\"` and `'`");
        self.problems.push(problem.fix(format!("write `{written}`"), place, written));
    }

    /// Reports a blank that is not a space at an end of a text without quotes, where nobody sees it. At the beginning of a line it is indentation.
    fn has_odd_blank(&mut self, start: usize, end: usize) -> Option<()> {
        let text = &self.file.text[start..end];
        let ends = [text.chars().next()?, text.chars().next_back()?];
        let (c, name) = ends.iter().find_map(|c| Some((*c, blank(*c)?)))?;
        let is_blank = |c: char| blank(c).is_some();
        let inner = text.trim_matches(is_blank);
        let at = start + text.find(c)?;
        let from_start = text.starts_with(is_blank);
        let indents = from_start && self.file.text[..start].ends_with(['\n', '\r']);
        let spaces = if indents {
            text.chars().take_while(|c| is_blank(*c)).filter(|c| c.is_whitespace()).map(|_| ' ').collect()
        } else {
            String::new()
        };
        let headline = format!("this blank is U+{:04X} ({name})", u32::from(c));
        let problem = syntax(self.file.span(at, at + c.len_utf8()), headline);
        let help =
            if !spaces.is_empty() { "write ordinary spaces".to_owned() } else { format!("write `{inner}`") };
        self.problems.push(problem.label("it cannot be seen").fix(
            help,
            self.file.span(start, end),
            format!("{spaces}{inner}"),
        ));
        Some(())
    }

    /// The text of a plain scalar on one line as it is in the file, not as saphyr read it: `1.50`, not `1.5`.
    fn as_written(&self, understood: String, start: usize, end: usize) -> String {
        let raw = &self.file.text[start..end];
        let is_other = raw.is_empty() || raw.contains(['"', '\'', '\n', '\r']);
        if is_other || is_binary(&self.file.text[..start]) { understood } else { raw.to_owned() }
    }

    /// The place of the alias for a value that is defined elsewhere.
    fn reference(&self, written: &Spanned<RawValue>) -> Option<(usize, usize)> {
        (written.defined != written.referenced).then(|| self.range(written.referenced))
    }

    fn range(&self, location: Location) -> (usize, usize) {
        let start = self.file.offset(Some(location));
        let length = location.span().byte_len().unwrap_or(0) as usize;
        (start, self.file.floor(start + length))
    }

    /// The place of a value that is left out: behind the colon, not before it.
    fn left_out(&self, at: usize) -> (usize, usize) {
        let rest = &self.file.text[at..];
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let at = if rest[blanks..].starts_with(':') { at + blanks + 1 } else { at };
        (at, at)
    }

    fn scalar(&mut self, text: String, start: usize, end: usize) -> Node {
        let file = self.file.text;
        let written = &file[start..end];
        // If the last thing in the file is an empty block scalar, only its header is there.
        if written.starts_with(['"', '\'', '|', '>']) {
            let span = self.file.span(start, end);
            return Node { span, value: Value::Scalar(Scalar::new(text, written, span)) };
        }
        if let Some(header) = block_header(file, start)
            && (header.strips || text.is_empty() || text.ends_with('\n'))
        {
            let raw = &file[header.start..end];
            let span = self.file.span(header.start, header.start + raw.trim_end().len());
            return Node { span, value: Value::Scalar(Scalar::new(text, raw, span)) };
        }
        let span = self.file.span(start, end);
        self.has_odd_blank(start, end);
        self.has_curly_quotes(start, end);
        if written.ends_with(',') && !written.contains(['\n', '\r']) {
            self.problems.push(pasted::comma(self.file.span(end - 1, end)));
        }
        let text = self.as_written(text, start, end);
        Node { span, value: Value::Scalar(Scalar::new(text, written, span)) }
    }

    /// The closing bracket of a flow collection: saphyr gives only its start. It is the first character after the last value that is not a blank, a
    /// comma or part of a comment.
    fn closing_bracket(&self, start: usize, end: usize) -> Option<usize> {
        let close = match self.file.text.as_bytes().get(start)? {
            b'[' => ']',
            b'{' => '}',
            _ => return None,
        };
        let mut at = end.max(start + 1);
        loop {
            let rest = &self.file.text[at..];
            let next = rest.find(|c: char| !c.is_whitespace() && c != ',' && c != ':')?;
            at += next;
            let found = rest[next..].chars().next()?;
            if found == close {
                return Some(at + 1);
            }
            if found != '#' {
                return None;
            }
            at += rest[next..].find(['\n', '\r'])?;
        }
    }
}

/// The extent of a collection, computed from its values.
struct Extent {
    start: usize,
    end: usize,
    /// Whether the collection itself comes from an alias. Then aliases in it are elsewhere, and do not extend it here.
    is_alias: bool,
}

impl Extent {
    /// Extends the collection by a value that is defined at `defined` and referred to at `referenced`. If the definition is before the collection,
    /// the value is an alias, and only the reference counts.
    fn include(&mut self, defined: Span, reference: Option<(usize, usize)>) {
        if defined.start as usize >= self.start {
            self.end = self.end.max(defined.end as usize);
        }
        if let Some((start, end)) = reference.filter(|_| !self.is_alias)
            && start >= self.start
        {
            self.end = self.end.max(end);
        }
    }
}

/// The `|2-` before the content of a block scalar.
struct Header {
    start: usize,
    /// Whether it drops the line breaks at the end. Otherwise a block scalar ends with one; a plain scalar never does.
    strips: bool,
}

/// The header of the block scalar whose content begins at `content`; `None` if it is no block scalar. saphyr gives only the place of the content.
fn block_header(file: &str, content: usize) -> Option<Header> {
    let before = file[..content].trim_end_matches(' ');
    if !before.is_empty() && !before.ends_with(['\n', '\r']) {
        return None;
    }
    let before = before.trim_end();
    let line_start = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let tokens = tokens(&before[line_start..]);
    let (&(at, header), introduction) = tokens.split_last()?;
    let is_header =
        header.starts_with(['|', '>']) && header[1..].chars().all(|c| matches!(c, '1'..='9' | '+' | '-'));
    let is_introduced = introduction.last().is_none_or(|(_, token)| {
        token.ends_with(':') || matches!(*token, "-" | "?" | "---") || token.starts_with(['&', '!'])
    });
    (is_header && is_introduced).then(|| Header { start: line_start + at, strips: header.contains('-') })
}

/// The words of a line up to its comment; a quoted text counts as one word.
fn tokens(line: &str) -> Vec<(usize, &str)> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(start) = line[at..].find(|c: char| !c.is_whitespace()).map(|skip| at + skip) {
        let rest = &line[start..];
        if rest.starts_with('#') {
            break;
        }
        let quoted = match rest.as_bytes()[0] {
            b'"' => quoted_length(rest, true),
            b'\'' => quoted_length(rest, false),
            _ => 0,
        };
        let end =
            rest[quoted..].find(char::is_whitespace).map_or(line.len(), |length| start + quoted + length);
        tokens.push((start, &line[start..end]));
        at = end;
    }
    tokens
}

/// The length of the quoted text at the beginning of `rest`, with its quotes.
fn quoted_length(rest: &str, escapes: bool) -> usize {
    let mut characters = rest.char_indices().skip(1);
    let quote = rest.as_bytes()[0] as char;
    while let Some((at, c)) = characters.next() {
        if escapes && c == '\\' {
            characters.next();
        } else if c == quote {
            return at + 1;
        }
    }
    rest.len()
}

/// Whether the value after `before` has the tag for base64. Then the decoded text is the value.
fn is_binary(before: &str) -> bool {
    before.trim_end().ends_with("!!binary")
}
