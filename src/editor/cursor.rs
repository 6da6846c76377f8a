//! Finds the key or value at a place, in YAML that is incomplete.
//!
//! The parser cannot read half a line. This reader uses only lines, indentation and brackets. **Invariant:** it is never used to compile.

use std::ops::Range;

/// The kind of text at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaceKind {
    /// A key.
    Key,
    /// The value of a key.
    Value,
    /// An entry of a list: a value, or the first key of a map.
    Entry,
    /// Text without a meaning, such as a comment.
    Nothing,
}

/// A place in a definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The keys from the top down: for a key those above it, for a value also its own. `[]` is a list.
    pub path: Vec<String>,
    /// The kind of text there.
    pub here: PlaceKind,
    /// Its range: all of a key, or all of a value.
    pub written: Range<usize>,
}

/// The name of a list in a path.
pub const LIST: &str = "[]";

/// The cursor at an offset.
pub fn cursor(text: &str, offset: usize) -> Cursor {
    let mut walk = Walk { text, offset, levels: Vec::new(), goes_on: None };
    let mut start = 0;
    while start <= text.len() {
        let end = text[start..].find('\n').map_or(text.len(), |length| start + length);
        match walk.line(start, end) {
            Step::Found(here, written) => {
                let path = walk.levels.into_iter().map(|level| level.name).collect();
                return Cursor { path, here, written };
            }
            Step::Next(next) => start = next.max(end + 1),
        }
    }
    Cursor { path: Vec::new(), here: PlaceKind::Nothing, written: offset..offset }
}

/// The other keys of the map with the key at `at`; empty in brackets.
pub fn siblings(text: &str, at: usize) -> Vec<String> {
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let column = at - start;
    if !text[start..at].trim_start().trim_start_matches(['-', ' ']).is_empty() {
        return Vec::new();
    }
    // The key of a line that belongs to the same map, and whether the map continues after it.
    let beside = |line: &str| -> (Option<String>, bool) {
        let indent = line.len() - line.trim_start_matches(' ').len();
        let content = line.len() - line.trim_start_matches([' ', '-']).len();
        let is_entry = content > indent;
        let is_key = content == column && !line[content..].starts_with('#');
        let found = is_key.then(|| key(line[content..].trim_end())).flatten().map(|(name, _)| name);
        (found, !is_entry && (indent >= column || line.trim().is_empty()))
    };
    let mut siblings = Vec::new();
    let is_first = text[start..at].contains('-');
    for line in text[..start].lines().rev().take_while(|_| !is_first) {
        let (found, goes_on) = beside(line);
        siblings.extend(found);
        if !goes_on {
            break;
        }
    }
    for line in text[at..].lines().skip(1) {
        let (found, goes_on) = beside(line);
        if !goes_on {
            break;
        }
        siblings.extend(found);
    }
    siblings
}

/// A key, or a dash, by its column.
struct Level {
    column: usize,
    name: String,
}

enum Step {
    Found(PlaceKind, Range<usize>),
    /// Where to continue.
    Next(usize),
}

struct Walk<'a> {
    text: &'a str,
    offset: usize,
    levels: Vec<Level>,
    /// The column of the key whose value continues while lines are indented further, and the beginning of that value.
    goes_on: Option<(usize, usize)>,
}

impl Walk<'_> {
    fn nothing(&self) -> Step {
        Step::Found(PlaceKind::Nothing, self.offset..self.offset)
    }

    fn line(&mut self, start: usize, end: usize) -> Step {
        let line = self.text[start..end].trim_end();
        let is_here = self.offset <= end;
        let column = line.len() - line.trim_start_matches(' ').len();
        if let Some((key, value)) = self.goes_on {
            if line.is_empty() && !is_here || column > key && !line.is_empty() {
                return if is_here {
                    Step::Found(PlaceKind::Value, self.whole(key, value))
                } else {
                    Step::Next(end + 1)
                };
            }
            if !line.is_empty() {
                self.goes_on = None;
            } else if self.offset - start > key {
                return Step::Found(PlaceKind::Value, value..self.offset);
            }
        }
        if line.is_empty() || line.trim_start().starts_with('#') {
            if !is_here {
                return Step::Next(end + 1);
            }
            self.outside(self.offset - start);
            let here = if line.is_empty() { PlaceKind::Key } else { PlaceKind::Nothing };
            return Step::Found(here, self.offset..self.offset);
        }
        if is_here && self.offset < start + column {
            self.outside(self.offset - start);
            return self.nothing();
        }
        self.entry(start, start + column, start + line.len(), end)
    }

    /// Reads the line that begins at `start`, from `at` on.
    fn entry(&mut self, start: usize, mut at: usize, stop: usize, end: usize) -> Step {
        let is_here = self.offset <= end;
        let mut is_entry = false;
        while self.text[at..stop].starts_with("- ") || &self.text[at..stop] == "-" {
            // A list may have the same column as its key.
            while self.levels.last().is_some_and(|level| {
                level.column > at - start || (level.column == at - start && level.name == LIST)
            }) {
                self.levels.pop();
            }
            self.levels.push(Level { column: at - start, name: LIST.to_owned() });
            let rest = self.text[at + 1..stop].trim_start();
            if is_here && (rest.is_empty() || self.offset < stop - rest.len()) {
                return Step::Found(PlaceKind::Entry, self.offset..self.offset);
            }
            if rest.is_empty() {
                return Step::Next(end + 1);
            }
            at = stop - rest.len();
            is_entry = true;
        }
        let column = at - start;
        if !is_entry {
            self.outside(column);
        }
        let Some((name, colon)) = key(&self.text[at..stop]) else {
            return self.without_key(column, at, stop, end, is_entry);
        };
        let name_end = at + self.text[at..at + colon].trim_end().len();
        if is_here && self.offset <= at + colon {
            return Step::Found(PlaceKind::Key, at..name_end);
        }
        self.levels.push(Level { column, name });
        let rest = &self.text[at + colon + 1..stop];
        let value = at + colon + 1 + (rest.len() - rest.trim_start().len());
        self.value(column, value, stop, end)
    }

    fn without_key(&mut self, column: usize, at: usize, stop: usize, end: usize, is_entry: bool) -> Step {
        if self.text[at..stop].starts_with(['{', '[']) {
            return self.flow(column.saturating_sub(1), at, end);
        }
        if self.offset > end {
            return Step::Next(end + 1);
        }
        let here = if is_entry { PlaceKind::Entry } else { PlaceKind::Key };
        Step::Found(
            here,
            at.min(self.offset)..without_comment(self.text, at, stop).max(self.offset.min(stop)),
        )
    }

    fn value(&mut self, column: usize, at: usize, stop: usize, end: usize) -> Step {
        let is_here = self.offset <= end;
        let written = &self.text[at.min(stop)..stop];
        if written.is_empty() || written.starts_with('#') {
            if is_here {
                return Step::Found(PlaceKind::Value, self.offset..self.offset);
            }
            return Step::Next(end + 1);
        }
        if written.starts_with(['{', '[']) {
            return self.flow(column, at, end);
        }
        let is_block = written.starts_with(['|', '>']);
        let begin = if is_block { end + 1 } else { at };
        self.goes_on = Some((column, begin));
        if !is_here {
            return Step::Next(end + 1);
        }
        if is_block {
            return Step::Found(PlaceKind::Nothing, at..stop);
        }
        if self.offset < at {
            return Step::Found(PlaceKind::Value, self.offset..self.offset);
        }
        let comment = without_comment(self.text, at, stop);
        if self.offset > comment && comment < stop {
            return self.nothing();
        }
        Step::Found(PlaceKind::Value, self.whole(column, at))
    }

    /// The whole value that begins at `value` and continues while lines are indented further than `column`.
    fn whole(&self, column: usize, value: usize) -> Range<usize> {
        let mut end = value;
        let mut at = value;
        while at <= self.text.len() {
            let stop = self.text[at..].find('\n').map_or(self.text.len(), |length| at + length);
            let line = &self.text[at..stop];
            let indent = line.len() - line.trim_start_matches(' ').len();
            if at != value && !line.trim().is_empty() && indent <= column {
                break;
            }
            if !line.trim().is_empty() {
                end = without_comment(self.text, at, at + line.trim_end().len());
            }
            at = stop + 1;
        }
        value..end.max(self.offset.min(self.text.len())).max(value)
    }

    /// Reads brackets from `at` on, up to the one that closes the first.
    fn flow(&mut self, column: usize, at: usize, end: usize) -> Step {
        let mut frames: Vec<Frame> = Vec::new();
        let mut quote = None;
        // The offset up to which the indentation was checked, so that empty lines are read only once.
        let mut judged = at;
        let bytes = self.text.as_bytes();
        for (index, c) in self.text[at..].char_indices().map(|(index, c)| (at + index, c)) {
            if index >= self.offset && index > at {
                return self.in_flow(frames);
            }
            if let Some(open) = quote {
                if c == open {
                    quote = None;
                }
                continue;
            }
            let is_first = |frame: &Frame| frame.first.is_none_or(|first| first == index);
            if let Some(frame) = frames.last_mut().filter(|_| !c.is_whitespace()) {
                frame.first.get_or_insert(index);
            }
            let ends_key =
                bytes.get(index + 1).is_none_or(|next| next.is_ascii_whitespace() || b",{}[]".contains(next));
            match (c, frames.last_mut()) {
                ('{' | '[', None) => frames.push(Frame::of(c, index)),
                ('{' | '[', Some(frame)) if is_first(frame) => frames.push(Frame::of(c, index)),
                ('}' | ']', Some(_)) => {
                    frames.pop();
                    if frames.is_empty() {
                        let line =
                            self.text[index..].find('\n').map_or(self.text.len(), |length| index + length);
                        if self.offset <= line && self.offset > end.min(index) {
                            return self.nothing();
                        }
                        return Step::Next(line + 1);
                    }
                }
                (',', Some(frame)) => {
                    frame.key = None;
                    frame.begins(index + 1);
                }
                (':', Some(frame)) if frame.is_map && frame.key.is_none() && ends_key => {
                    frame.key = Some(unquoted(&self.text[frame.begin..index]));
                    frame.begins(index + 1);
                }
                ('"' | '\'', Some(frame)) if is_first(frame) => quote = Some(c),
                ('\n', _) if index >= judged => {
                    let rest = self.text[index + 1..].trim_start();
                    judged = self.text.len() - rest.len();
                    let line = self.text[..judged].rfind('\n').map_or(0, |newline| newline + 1);
                    if judged - line <= column && !rest.is_empty() {
                        // No bracket closes it: a line with less indentation belongs to another value.
                        return Step::Next(index + 1);
                    }
                }
                _ => {}
            }
        }
        self.in_flow(frames)
    }

    fn in_flow(&mut self, frames: Vec<Frame>) -> Step {
        let Some(last) = frames.last() else { return self.nothing() };
        let begin = last.begin
            + (self.text[last.begin..].len() - self.text[last.begin..].trim_start_matches(' ').len());
        let begin = begin.min(self.offset);
        let here = match (last.is_map, &last.key) {
            (true, None) => PlaceKind::Key,
            (true, Some(_)) => PlaceKind::Value,
            (false, _) => PlaceKind::Entry,
        };
        let rest = &self.text[self.offset..];
        let stop = rest.find([',', '}', ']', '\n']).unwrap_or(rest.len());
        let stop = if here == PlaceKind::Key { rest[..stop].find(':').unwrap_or(stop) } else { stop };
        let stop = self.offset + rest[..stop].trim_end().len();
        for frame in frames {
            let name = if frame.is_map { frame.key } else { Some(LIST.to_owned()) };
            self.levels.extend(name.map(|name| Level { column: usize::MAX, name }));
        }
        Step::Found(here, begin..stop)
    }

    /// Closes every key that a line at this column does not belong to.
    fn outside(&mut self, column: usize) {
        while self.levels.last().is_some_and(|level| level.column >= column) {
            self.levels.pop();
        }
    }
}

/// An open bracket.
struct Frame {
    is_map: bool,
    key: Option<String>,
    /// The beginning of the key or value that is being read.
    begin: usize,
    /// Its first character that is not blank.
    first: Option<usize>,
}

impl Frame {
    fn of(bracket: char, index: usize) -> Self {
        Self { is_map: bracket == '{', key: None, begin: index + 1, first: None }
    }

    fn begins(&mut self, at: usize) {
        (self.begin, self.first) = (at, None);
    }
}

/// The key at the beginning of a line, and the offset of its colon.
fn key(line: &str) -> Option<(String, usize)> {
    let colon = match line.chars().next()? {
        quote @ ('"' | '\'') => {
            let close = 1 + line[1..].find(quote)?;
            close + 1 + line[close + 1..].find(':').filter(|at| line[close + 1..][..*at].trim().is_empty())?
        }
        _ => {
            let colon = line.find(": ").or_else(|| line.ends_with(':').then(|| line.len() - 1))?;
            // A query that continues on a line of its own has brackets before its first colon.
            (!line[..colon].contains(['{', '}', '[', ']', '(', ')', '"', '\'', '=', ','])).then_some(colon)?
        }
    };
    let behind = line[colon + 1..].chars().next();
    behind.is_none_or(char::is_whitespace).then(|| (unquoted(&line[..colon]), colon))
}

fn unquoted(text: &str) -> String {
    text.trim().trim_matches(['"', '\'']).to_owned()
}

/// The end of the text up to `stop`, without a comment.
fn without_comment(text: &str, at: usize, stop: usize) -> usize {
    let line = &text[at..stop];
    let quoted = match line.chars().next() {
        Some(quote @ ('"' | '\'')) => line[1..].find(quote).map_or(line.len(), |close| close + 2),
        _ => 0,
    };
    let comment = line[quoted..].find(" #").map_or(line.len(), |comment| quoted + comment);
    at + line[..comment].trim_end().len()
}

/// Whether the value of these keys is PromQL.
pub(super) fn is_query(path: &[String]) -> bool {
    const OF_SLI: [&str; 9] =
        ["total", "good", "bad", "latency", "successful", "condition", "probe", "freshness", "bad_ratio"];
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let path = match &path[..] {
        // The settings of a service in an environment.
        ["environments", _, "services", _, rest @ ..] => rest,
        path => path,
    };
    match path {
        ["slos", _, "sli", key] => OF_SLI.contains(key),
        ["alerts", _, "expr"] => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cursor at the `▮` in a text.
    fn at(text: &str) -> String {
        let offset = text.find('▮').expect("a mark");
        let text = text.replace('▮', "");
        let Cursor { path, here, written } = cursor(&text, offset);
        format!("{here:?} {} <{}>", path.join("."), &text[written])
    }

    #[test]
    fn a_place_is_in_the_right_key_or_value() {
        const CASES: &[(&str, &str)] = &[
            ("▮", "Key  <>"),
            ("ver▮", "Key  <ver>"),
            ("ver▮sion: x", "Key  <version>"),
            ("version: slo▮w", "Value version <slow>"),
            ("version: ▮", "Value version <>"),
            ("version:▮", "Value version <>"),
            ("a: 1 # wh▮y", "Nothing a <>"),
            ("# wh▮y\n", "Nothing  <>"),
            ("slos:\n  ▮", "Key slos <>"),
            ("slos:\n  a:\n    obj▮\n    sli:\n", "Key slos.a <obj>"),
            ("slos:\n  a:\n    sli:\n      total: up\n▮", "Key  <>"),
            ("slos:\n  a:\n    sli:\n      total: up\n    ▮", "Key slos.a <>"),
            (
                "slos:\n  a:\n    sli:\n      total: x{job=\"▮\"}\n      bad: y",
                "Value slos.a.sli.total <x{job=\"\"}>",
            ),
            ("e: >-\n  sum(x)\n  / su▮m(y) > 1\nf: 1", "Value e <  sum(x)\n  / sum(y) > 1>"),
            ("e: >-▮\n", "Nothing e <>->"),
            ("by: [jo▮b, x]", "Entry by.[] <job>"),
            ("by: [▮", "Entry by.[] <>"),
            ("by:\n  - jo▮b\n", "Entry by.[] <job>"),
            ("by:\n- jo▮b\n", "Entry by.[] <job>"),
            ("tiers:\n  - { severity: pa▮ }\n", "Value tiers.[].severity <pa>"),
            ("tiers:\n  - { severity: page, bu▮ }\n", "Key tiers.[] <bu>"),
            ("tiers:\n  - severity: page\n    bu▮\n", "Key tiers.[] <bu>"),
            ("tiers:\n  - sev▮erity: page\n", "Key tiers.[] <severity>"),
            ("routes:\n  - match: { severity: page }\n    to: ▮x\n", "Value routes.[].to <x>"),
            ("a: { b: { c: ▮\nd: 1", "Value a.b.c <>"),
            ("a: { b: { c: 1\nd: ▮1", "Value d <1>"),
            ("a: { b: 1 }\nd: ▮1", "Value d <1>"),
            ("a: {\n  b: 1,\n  c: ▮2 }\nd: 1", "Value a.c <2>"),
            ("a: { b: \"x, y: ▮\" }", "Value a.b <\"x, y: \">"),
            ("a: { \"b c\": ▮1 }", "Value a.b c <1>"),
            ("receivers:\n  base-de-datos:\n    email: ▮x", "Value receivers.base-de-datos.email <x>"),
            ("d:\n  á🔥: [ñ▮]", "Entry d.á🔥.[] <ñ>"),
            ("on: x\n\n\n▮\nz: 1", "Key  <>"),
            ("by: {\n\n  \r\n  a: ▮1 }\n", "Value by.a <1>"),
            ("by: {\n\n▮\n\nz: 1", "Key  <>"),
            ("l:\n  - { a: [1, [2]], b\n \n    : { c: ▮3 } }", "Value l.[].b.c <3>"),
            ("by:\n  - ▮\n", "Entry by.[] <>"),
            ("by:\n  - a\n  -▮\n", "Entry by.[] <>"),
        ];
        let found: Vec<(&str, String)> = CASES.iter().map(|(text, _)| (*text, at(text))).collect();
        let expected: Vec<(&str, String)> =
            CASES.iter().map(|(text, is)| (*text, (*is).to_owned())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn siblings_are_keys_of_the_same_map() {
        let beside = |text: &str| siblings(&text.replace('▮', ""), text.find('▮').expect("a mark")).join(" ");
        assert_eq!(beside("a: 1\nb:\n  c: 2\n▮\nd: 3\n"), "b a d");
        assert_eq!(beside("a: 1\nb:\n  c: 2\n\n  ▮x: 1\n  # e: 1\n  f: 3\nd: 3\n"), "c f");
        assert_eq!(beside("l:\n  - a: 1\n    b: 2\n  - c: 1\n    ▮\n    d: 2\n  - e: 1\n"), "c d");
        assert_eq!(beside("l:\n  - a: 1\n  - ▮\n    d: 2\n  - e: 1\n"), "d");
        assert_eq!(beside("a: { b: 1, ▮ }\n"), "");
    }

    /// Each would take hours if the time were quadratic in the number of lines or brackets.
    #[test]
    fn long_texts_are_read_once() {
        let many = |part: &str| part.repeat(200_000);
        for text in [
            format!("labels: {{{}", many("\n")),
            format!("labels: {{{}a: 1", many(" \r\n")),
            format!("labels: {{{}{}", many("\n"), many("\"a\"")),
            format!("labels: {}", many("[")),
            format!("labels: [{}", many("{},")),
            many("a: {\n"),
        ] {
            cursor(&text, text.len());
        }
    }

    #[test]
    fn every_place_of_a_text_has_a_cursor() {
        for text in [
            "a: {[}]\n- - x: 'y\"\n  ? é: |\n   🔥: [\n",
            "\r\n- \r\n  -\t: {",
            "a: \"",
            ":",
            "- -",
            "{a: {b",
            "x: >\n\n\n y",
        ] {
            for offset in (0..=text.len()).filter(|offset| text.is_char_boundary(*offset)) {
                let written = cursor(text, offset).written;
                siblings(text, written.start);
                assert!(text.get(written.clone()).is_some(), "{text:?} at {offset}: {written:?}");
            }
        }
    }
}
