//! Reads a pattern by the rules of Go's package `regexp/syntax`, with which Prometheus and Alertmanager read it. The syntax of the `regex` crate is
//! another one, so only its trees are used.
//!
//! **Invariant:** what Go 1.19 refuses is refused here, because Prometheus 2.42 is built with it. The only exception is `(?<name>…)`: the result message
//! that it is newer. Newer versions of Go also know more names of characters, such as `\p{Letter}`; these have an older name, too.

use std::fmt;

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, Look, Repetition};

use super::unicode;
use crate::promql::ast::MatchOp;
use crate::promql::globs;

/// Why a pattern is not valid.
#[derive(Clone, Debug)]
pub struct PatternFault {
    message: String,
    kind: FaultKind,
}

/// What was probably meant.
#[derive(Clone, Copy, Debug)]
enum FaultKind {
    /// A `(` without its `)`.
    OpenGroup,
    /// A `[` without its `]`.
    OpenClass,
    /// A sign with a meaning, perhaps meant as itself.
    Sign,
    LookAround,
    Other,
}

impl PatternFault {
    fn new(message: &str, kind: FaultKind) -> Self {
        Self { message: message.to_owned(), kind }
    }

    /// What to write instead of `pattern`; `label` is that of the matcher, if the pattern belongs to one.
    pub fn advice(&self, pattern: &str, label: Option<&str>) -> Option<String> {
        if let (FaultKind::Sign, Some(meant)) = (self.kind, globs::meant(pattern, MatchOp::Matches)) {
            return Some(format!("write `{}`", meant.replace('\\', r"\\")));
        }
        let text = match (self.kind, label) {
            (FaultKind::OpenGroup, _) => "end it with `)`, or write two backslashes before it: `\\\\(`",
            (FaultKind::OpenClass, _) => "end it with `]`, or write two backslashes before it: `\\\\[`",
            (FaultKind::Sign, _) => "write two backslashes before a sign that is meant as itself: `\\\\.`",
            (FaultKind::LookAround, Some(label)) => {
                return Some(format!(
                    "use the opposite operator: `{label}!~\"…\"` selects what a pattern does not match"
                ));
            }
            (FaultKind::LookAround, None) | (FaultKind::Other, _) => return None,
        };
        Some(text.to_owned())
    }
}

impl fmt::Display for PatternFault {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl<T: Into<String>> From<T> for PatternFault {
    fn from(message: T) -> Self {
        Self { message: message.into(), kind: FaultKind::Other }
    }
}

/// A valid pattern.
pub(super) struct Pattern {
    /// What it matches, without anchors.
    pub hir: Hir,
    /// The first group `(?<name>…)`: Go 1.22 was the first to read it.
    pub named: Option<String>,
}

/// The most copies of one part, by all repetitions around it.
const MOST_COPIES: u64 = 1_000;

/// The largest pattern, in steps of Go's program.
const LARGEST: u64 = (128 << 20) / 40;

/// The deepest nesting. Go allows more, but the work on a tree is recursive.
const DEEPEST: u32 = 250;

#[derive(Clone, Copy)]
struct Flags {
    /// `i`
    folds: bool,
    /// `m`
    lines: bool,
    /// `s`
    dot_is_all: bool,
}

/// A part of a concatenation.
struct Part {
    hir: Hir,
    /// The copies of its innermost part, by all its repetitions.
    copies: u64,
    /// Its size as Go counts it.
    size: u64,
    depth: u32,
}

impl Part {
    fn of(hir: Hir) -> Self {
        Self { hir, copies: 1, size: 1, depth: 1 }
    }
}

/// An open group, or the whole pattern.
struct Group {
    /// The flags that hold again after it.
    outer: Flags,
    captures: bool,
    alternatives: Vec<Part>,
    parts: Vec<Part>,
}

struct Reader<'p> {
    left: &'p str,
    flags: Flags,
    named: Option<String>,
}

/// A set of characters that is being read.
type Ranges = Vec<(u32, u32)>;

pub(super) fn parse(pattern: &str) -> Result<Pattern, PatternFault> {
    // In Prometheus 3 `.` also matches a line break. Earlier label values almost never contained one.
    let flags = Flags { folds: false, lines: false, dot_is_all: true };
    let mut reader = Reader { left: pattern, flags, named: None };
    let mut open: Vec<Group> = Vec::new();
    let mut group = Group::new(flags, false);
    let mut quantified = false;
    while let Some(c) = reader.left.chars().next() {
        let mut quantifier = false;
        match c {
            '(' => {
                let outer = reader.flags;
                reader.skip(1);
                if let Some(captures) = reader.group()? {
                    open.push(std::mem::replace(&mut group, Group::new(outer, captures)));
                }
            }
            ')' => {
                reader.skip(1);
                let outer = open.pop().ok_or("a `)` without its `(`")?;
                let closed = std::mem::replace(&mut group, outer);
                reader.flags = closed.outer;
                group.push(closed.closed()?)?;
            }
            '|' => {
                reader.skip(1);
                group.alternative()?;
            }
            '*' | '+' | '?' | '{' => match reader.counts()? {
                Some((least, most)) => {
                    quantifier = true;
                    // The `?` after a quantifier makes it lazy.
                    if reader.left.starts_with('?') {
                        reader.skip(1);
                    }
                    if quantified {
                        return Err(PatternFault::new("a quantifier after a quantifier", FaultKind::Sign));
                    }
                    group.repeat(least, most, c == '{')?;
                }
                // A brace without a quantifier.
                None => {
                    reader.skip(1);
                    group.push(reader.literal('{'.into()))?;
                }
            },
            '\\' if reader.left.starts_with("\\Q") => {
                let quoted = &reader.left[2..];
                // Prometheus puts the pattern into a group, and an open quote would include the end of the group.
                let length = quoted.find("\\E").ok_or("`\\Q` without `\\E`")?;
                reader.left = &quoted[length + 2..];
                for c in quoted[..length].chars() {
                    group.push(reader.literal(c.into()))?;
                }
            }
            _ => {
                let part = reader.one(c)?;
                group.push(part)?;
            }
        }
        quantified = quantifier;
    }
    if !open.is_empty() {
        return Err(PatternFault::new("a `(` without its `)`", FaultKind::OpenGroup));
    }
    Ok(Pattern { hir: group.closed()?.hir, named: reader.named })
}

impl Group {
    fn new(outer: Flags, captures: bool) -> Self {
        Self { outer, captures, alternatives: Vec::new(), parts: Vec::new() }
    }

    fn push(&mut self, part: Part) -> Result<(), PatternFault> {
        self.parts.push(within_limits(part)?);
        Ok(())
    }

    /// Repeats the last part.
    fn repeat(&mut self, least: u32, most: Option<u32>, counted: bool) -> Result<(), PatternFault> {
        let Some(part) = self.parts.pop() else {
            return Err(PatternFault::new("a quantifier without anything before it", FaultKind::Sign));
        };
        let copies = if counted { u64::from(most.unwrap_or(least)) } else { 1 };
        let all = if most == Some(0) { 1 } else { part.copies.saturating_mul(copies.max(1)) };
        if all > MOST_COPIES {
            let message = if part.copies > 1 {
                "repetitions of repetitions make more than 1000 copies"
            } else {
                TOO_OFTEN
            };
            return Err(message.into());
        }
        let size = match (counted, most) {
            (false, _) => 2 + part.size,
            (true, None) => 2 + u64::from(least) * part.size,
            (true, Some(most)) => u64::from(most) * part.size + u64::from(most - least),
        };
        let sub = Box::new(part.hir);
        let hir = Hir::repetition(Repetition { min: least, max: most, greedy: true, sub });
        self.push(Part { hir, copies: all, size: size.max(1), depth: part.depth + 1 })
    }

    /// Ends an alternative.
    fn alternative(&mut self) -> Result<(), PatternFault> {
        let parts = std::mem::take(&mut self.parts);
        self.alternatives.push(together(parts, Hir::concat, 0)?);
        Ok(())
    }

    fn closed(mut self) -> Result<Part, PatternFault> {
        self.alternative()?;
        let between = self.alternatives.len() as u64 - 1;
        let mut whole = together(self.alternatives, Hir::alternation, between)?;
        if self.captures {
            whole.size += 2;
            whole.depth += 1;
        }
        Ok(whole)
    }
}

/// A repetition with too large a number.
const TOO_OFTEN: &str = "a repetition of more than 1000";

fn together(mut parts: Vec<Part>, join: fn(Vec<Hir>) -> Hir, more: u64) -> Result<Part, PatternFault> {
    if parts.len() == 1
        && let Some(one) = parts.pop()
    {
        return Ok(one);
    }
    let copies = parts.iter().map(|part| part.copies).max().unwrap_or(1);
    let size = parts.iter().map(|part| part.size).sum::<u64>() + more;
    let depth = parts.iter().map(|part| part.depth).max().unwrap_or(0) + 1;
    let hir = match parts.is_empty() {
        true => Hir::empty(),
        false => join(parts.into_iter().map(|part| part.hir).collect()),
    };
    within_limits(Part { hir, copies, size: size.max(1), depth })
}

fn within_limits(part: Part) -> Result<Part, PatternFault> {
    if part.size > LARGEST {
        return Err("it is too large".into());
    }
    if part.depth > DEEPEST {
        return Err(format!("it is nested more than {DEEPEST} deep").into());
    }
    Ok(part)
}

impl Reader<'_> {
    fn skip(&mut self, bytes: usize) {
        self.left = &self.left[bytes..];
    }

    fn next(&mut self) -> Option<char> {
        let c = self.left.chars().next()?;
        self.skip(c.len_utf8());
        Some(c)
    }

    /// A part that begins with `c` and is no operator.
    fn one(&mut self, c: char) -> Result<Part, PatternFault> {
        let look = |look| Ok(Part::of(Hir::look(look)));
        let after = self.left.chars().nth(1);
        let known = match (c, after) {
            ('^', _) => Some((1, if self.flags.lines { Look::StartLF } else { Look::Start })),
            ('$', _) => Some((1, if self.flags.lines { Look::EndLF } else { Look::End })),
            ('\\', Some('A')) => Some((2, Look::Start)),
            ('\\', Some('z')) => Some((2, Look::End)),
            ('\\', Some('b')) => Some((2, Look::WordAscii)),
            ('\\', Some('B')) => Some((2, Look::WordAsciiNegate)),
            _ => None,
        };
        if let Some((bytes, found)) = known {
            self.skip(bytes);
            return look(found);
        }
        match c {
            '.' => {
                self.skip(1);
                let line_break = (u32::from('\n'), u32::from('\n'));
                let excluded = if self.flags.dot_is_all { Vec::new() } else { vec![line_break] };
                Ok(Part::of(Hir::class(Class::Unicode(negated(excluded)))))
            }
            '[' => {
                self.skip(1);
                let class = self.class()?;
                Ok(Part::of(Hir::class(Class::Unicode(class))))
            }
            '\\' => match self.characters()? {
                Some(ranges) => Ok(Part::of(Hir::class(Class::Unicode(class_of(ranges))))),
                None => {
                    let code = self.escape()?;
                    Ok(self.literal(code))
                }
            },
            _ => {
                self.skip(c.len_utf8());
                Ok(self.literal(c.into()))
            }
        }
    }

    fn literal(&self, code: u32) -> Part {
        let class = class_of(self.folded(vec![(code, code)]));
        Part::of(match <[_; 1]>::try_from(class.ranges()) {
            Ok([one]) if one.start() == one.end() => Hir::literal(one.start().to_string().into_bytes()),
            _ => Hir::class(Class::Unicode(class)),
        })
    }

    /// The ranges with all cases of their characters, if the flags ask for it.
    fn folded(&self, ranges: Ranges) -> Ranges {
        if !self.flags.folds {
            return ranges;
        }
        let mut class = class_of(ranges);
        // Fails only without the tables of the crate.
        let _ = class.try_case_fold_simple();
        ranges_of(&class)
    }

    /// After `(`: whether the group captures; `None` if these are only flags for what follows.
    fn group(&mut self) -> Result<Option<bool>, PatternFault> {
        let Some(inside) = self.left.strip_prefix('?') else { return Ok(Some(true)) };
        for head in ["P<", "<"] {
            let Some(name) = inside.strip_prefix(head) else { continue };
            if head == "<" && name.starts_with(['=', '!']) {
                return Err(PatternFault::new("look-around is not supported", FaultKind::LookAround));
            }
            let length = name.find('>').ok_or("a name of a group without `>`")?;
            let (name, left) = (&name[..length], &name[length + 1..]);
            if name.is_empty() || !name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric()) {
                return Err(format!("`{name}` is not a name of a group").into());
            }
            if head == "<" && self.named.is_none() {
                self.named = Some(name.to_owned());
            }
            self.left = left;
            return Ok(Some(true));
        }
        if inside.starts_with("P=") || inside.starts_with("P>") {
            return Err("backreferences are not supported".into());
        }
        if inside.starts_with(['=', '!']) {
            return Err(PatternFault::new("look-around is not supported", FaultKind::LookAround));
        }
        self.left = inside;
        let (mut flags, mut on, mut any) = (self.flags, true, false);
        loop {
            let c = self.next().ok_or("a `(` without its `)`")?;
            match c {
                'i' => flags.folds = on,
                'm' => flags.lines = on,
                's' => flags.dot_is_all = on,
                // Which match is found first does not matter here.
                'U' => {}
                '-' if on => {
                    (on, any) = (false, false);
                    continue;
                }
                ':' | ')' if on || any => {
                    self.flags = flags;
                    return Ok((c == ':').then_some(false));
                }
                _ => {
                    let read = &inside[..inside.len() - self.left.len()];
                    return Err(format!("`(?{read}` is unknown").into());
                }
            }
            any = true;
        }
    }

    /// Reads a quantifier: its least and its most. `None` if a `{` is a literal one.
    fn counts(&mut self) -> Result<Option<(u32, Option<u32>)>, PatternFault> {
        if let Some(found) = match self.left.as_bytes()[0] {
            b'*' => Some((0, None)),
            b'+' => Some((1, None)),
            b'?' => Some((0, Some(1))),
            _ => None,
        } {
            self.skip(1);
            return Ok(Some(found));
        }
        let Some(end) = self.left.find('}') else { return Ok(None) };
        let (least, most) = match self.left[1..end].split_once(',') {
            Some((least, most)) => (least, Some(most)),
            None => (&self.left[1..end], None),
        };
        let is_number = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|b| b.is_ascii_digit())
                && (text.len() == 1 || !text.starts_with('0'))
        };
        if !is_number(least) || !most.is_none_or(|most| most.is_empty() || is_number(most)) {
            return Ok(None);
        }
        let number = |text: &str| {
            let number = text.parse::<u32>().ok().filter(|number| u64::from(*number) <= MOST_COPIES);
            number.ok_or_else(|| TOO_OFTEN.to_owned())
        };
        let least = number(least)?;
        let most = match most {
            None => Some(least),
            Some("") => None,
            Some(most) => Some(number(most)?),
        };
        if most.is_some_and(|most| most < least) {
            return Err("a repetition whose least is above its most".into());
        }
        self.skip(end + 1);
        Ok(Some((least, most)))
    }

    /// After `[`, up to its `]`. In RE2, classes do not nest and have no operations.
    fn class(&mut self) -> Result<ClassUnicode, PatternFault> {
        let unclosed = || PatternFault::new("a `[` without its `]`", FaultKind::OpenClass);
        let negative = self.left.starts_with('^');
        if negative {
            self.skip(1);
        }
        let mut ranges = Ranges::new();
        let mut first = true;
        while first || !self.left.starts_with(']') {
            first = false;
            if self.left.starts_with("[:")
                && let Some(end) = self.left[2..].find(":]")
            {
                let name = &self.left[2..2 + end];
                let (name, without) = name.strip_prefix('^').map_or((name, false), |name| (name, true));
                let Some((_, found)) = POSIX.iter().find(|(known, _)| *known == name) else {
                    return Err(format!("unknown class `[:{name}:]`").into());
                };
                ranges.extend(self.of_table(found, without));
                self.skip(end + 4);
                continue;
            }
            if let Some(found) = self.characters()? {
                ranges.extend(found);
                continue;
            }
            let low = self.in_class().ok_or_else(unclosed)??;
            let mut high = low;
            if self.left.starts_with('-') && self.left.len() > 1 && !self.left.starts_with("-]") {
                self.skip(1);
                high = self.in_class().ok_or_else(unclosed)??;
                if high < low {
                    return Err("a range that ends before it begins".into());
                }
            }
            ranges.extend(self.folded(vec![(low, high)]));
        }
        self.skip(1);
        Ok(if negative { negated(ranges) } else { class_of(ranges) })
    }

    /// One character inside of a class; `None` at the end.
    fn in_class(&mut self) -> Option<Result<u32, PatternFault>> {
        if self.left.starts_with('\\') {
            return Some(self.escape());
        }
        self.next().map(|c| Ok(c.into()))
    }

    /// A set of characters such as `\d` or `\p{Greek}`.
    fn characters(&mut self) -> Result<Option<Ranges>, PatternFault> {
        let mut ahead = self.left.chars();
        if ahead.next() != Some('\\') {
            return Ok(None);
        }
        let Some(letter) = ahead.next() else { return Ok(None) };
        let table: &[(u32, u32)] = match letter.to_ascii_lowercase() {
            'd' => &[(0x30, 0x39)],
            's' => &[(0x09, 0x0a), (0x0c, 0x0d), (0x20, 0x20)],
            'w' => WORD,
            'p' => {
                self.skip(2);
                return self.named_characters(letter == 'P').map(Some);
            }
            _ => return Ok(None),
        };
        self.skip(2);
        Ok(Some(self.of_table(table, letter.is_ascii_uppercase())))
    }

    fn of_table(&self, table: &[(u32, u32)], without: bool) -> Ranges {
        let ranges = self.folded(table.to_vec());
        if without { ranges_of(&negated(ranges)) } else { ranges }
    }

    /// After `\p` or `\P`.
    fn named_characters(&mut self, without: bool) -> Result<Ranges, PatternFault> {
        let name = match self.left.strip_prefix('{') {
            Some(inside) => &inside[..inside.find('}').ok_or("a `\\p{` without its `}`")?],
            None => &self.left[..self.left.chars().next().ok_or("`\\p` without a name")?.len_utf8()],
        };
        self.skip(if self.left.starts_with('{') { name.len() + 2 } else { name.len() });
        let (name, without) = name.strip_prefix('^').map_or((name, without), |name| (name, !without));
        let Some(ranges) = unicode::ranges(name) else {
            let message = format!("unknown class `\\p{{{name}}}`");
            return Err(match unicode::meant(name) {
                Some(known) => format!("{message}; its name is `\\p{{{known}}}`").into(),
                None => message.into(),
            });
        };
        Ok(self.of_table(&ranges, without))
    }

    /// The character of an escape.
    fn escape(&mut self) -> Result<u32, PatternFault> {
        self.skip(1);
        let c = self.next().ok_or("a backslash at the end")?;
        let unknown = || format!("unknown escape `\\{c}`");
        let is_octal = |c: &char| ('0'..='7').contains(c);
        let code = match c {
            'a' => 0x07,
            'f' => 0x0c,
            'n' => 0x0a,
            'r' => 0x0d,
            't' => 0x09,
            'v' => 0x0b,
            '1'..='9' if !is_octal(&c) || !self.left.starts_with(|c| is_octal(&c)) => {
                return Err("backreferences are not supported".into());
            }
            '0'..='7' => {
                let digits: String = self.left.chars().take_while(is_octal).take(2).collect();
                self.skip(digits.len());
                u32::from_str_radix(&format!("{c}{digits}"), 8).map_err(|_| unknown())?
            }
            'x' => {
                let unknown =
                    || "`\\x` takes two hexadecimal digits, or a code up to `\\x{10ffff}`".to_owned();
                let digits = match self.left.strip_prefix('{') {
                    Some(inside) => &inside[..inside.find('}').ok_or_else(unknown)?],
                    None => self.left.get(..2).ok_or_else(unknown)?,
                };
                self.skip(if self.left.starts_with('{') { digits.len() + 2 } else { 2 });
                let hexadecimal = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit());
                // Leading zeros may be many.
                let digits = digits.trim_start_matches('0');
                let code = if digits.is_empty() { Ok(0) } else { u32::from_str_radix(digits, 16) };
                code.ok().filter(|code| hexadecimal && *code <= u32::from(char::MAX)).ok_or_else(unknown)?
            }
            _ if c.is_ascii() && !c.is_ascii_alphanumeric() => c.into(),
            _ => return Err(unknown().into()),
        };
        Ok(code)
    }
}

/// The characters of these codes. Surrogates are codes in Go, and no text has them.
fn class_of(ranges: Ranges) -> ClassUnicode {
    let of = |(low, high): (u32, u32)| {
        let start = char::from_u32(low).unwrap_or('\u{e000}');
        let end = char::from_u32(high).unwrap_or('\u{d7ff}');
        (start <= end).then(|| ClassUnicodeRange::new(start, end))
    };
    ClassUnicode::new(ranges.into_iter().filter_map(of))
}

fn ranges_of(class: &ClassUnicode) -> Ranges {
    class.ranges().iter().map(|range| (range.start().into(), range.end().into())).collect()
}

fn negated(ranges: Ranges) -> ClassUnicode {
    let mut class = class_of(ranges);
    class.negate();
    class
}

/// `\w`
const WORD: &[(u32, u32)] = &[(0x30, 0x39), (0x41, 0x5a), (0x5f, 0x5f), (0x61, 0x7a)];

/// The named classes of RE2.
const POSIX: [(&str, &[(u32, u32)]); 14] = [
    ("alnum", &[(0x30, 0x39), (0x41, 0x5a), (0x61, 0x7a)]),
    ("alpha", &[(0x41, 0x5a), (0x61, 0x7a)]),
    ("ascii", &[(0x00, 0x7f)]),
    ("blank", &[(0x09, 0x09), (0x20, 0x20)]),
    ("cntrl", &[(0x00, 0x1f), (0x7f, 0x7f)]),
    ("digit", &[(0x30, 0x39)]),
    ("graph", &[(0x21, 0x7e)]),
    ("lower", &[(0x61, 0x7a)]),
    ("print", &[(0x20, 0x7e)]),
    ("punct", &[(0x21, 0x2f), (0x3a, 0x40), (0x5b, 0x60), (0x7b, 0x7e)]),
    ("space", &[(0x09, 0x0d), (0x20, 0x20)]),
    ("upper", &[(0x41, 0x5a)]),
    ("word", WORD),
    ("xdigit", &[(0x30, 0x39), (0x41, 0x46), (0x61, 0x66)]),
];
