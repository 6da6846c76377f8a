//! Common mistakes behind an error of YAML. The parser often notices them only a line later, or names a sign that nobody meant as YAML.

use super::keys::{PROJECT_KEYS, SERVICE_KEYS};
use crate::diagnostic::{Code, Problem};
use crate::inert::blank;
use crate::source::{SourceId, Span};

/// A text with an error.
#[derive(Clone, Copy)]
pub struct Faulty<'a> {
    /// The file.
    pub source: SourceId,
    /// Its text.
    pub text: &'a str,
    /// Where the parser stopped.
    pub offset: usize,
    /// Whether a text is YAML by itself.
    pub is_yaml: fn(&str) -> bool,
}

/// `key: value` on a line.
struct Pair<'a> {
    key: &'a str,
    /// The offset of the value.
    at: usize,
    value: &'a str,
}

impl<'a> Faulty<'a> {
    /// What is wrong, if it is a known mistake; `words` are those of the parser.
    pub fn slip(self, words: &str) -> Option<Problem> {
        let here = self.line(self.offset);
        if let Some(problem) =
            self.above(here).into_iter().chain([here]).find_map(|start| self.odd_blank(start))
        {
            return Some(problem);
        }
        if let Some(problem) = self.commented() {
            return Some(problem);
        }
        if words.contains("found a tab") {
            let tab = self.text[self.offset..].find('\t').map(|at| self.offset + at)?;
            let end = tab + self.text[tab..].len() - self.text[tab..].trim_start_matches('\t').len();
            return Some(self.tabbed(tab, end));
        }
        if words.contains("tab") && (words.contains("disallowed") || words.contains("indentation")) {
            let blank = self.text[..self.offset].trim_end_matches([' ', '\t']).len();
            return Some(self.tabbed(blank, self.offset));
        }
        if let Some(problem) =
            self.above(here).into_iter().chain([here]).find_map(|start| self.glued_dash(start))
        {
            return Some(problem);
        }
        if let Some(problem) = self.unquoted(here).or_else(|| self.flat_block(here)) {
            return Some(problem);
        }
        const IN_BRACKETS: [&str; 5] = [
            "expected ',' or '}'",
            "expected ',' or ']'",
            "illegal placement of ':' indicator",
            "only valid inside a block",
            "unclosed bracket",
        ];
        if IN_BRACKETS.iter().any(|part| words.contains(part)) {
            return self
                .colon_in_text(here)
                .or_else(|| self.unclosed_bracket(here))
                .or_else(|| self.opened(here));
        }
        if words.contains("expected alphabetic or numeric character") {
            return self.star();
        }
        if words.contains("trailing content") || words.contains("unclosed quote") {
            return self.unclosed(here);
        }
        if words.contains("mapping values are not allowed") {
            let above = self.line(self.text[..here.checked_sub(1)?].trim_end().len());
            return self
                .without_colon(above)
                .or_else(|| self.bare_above(here))
                .or_else(|| self.uneven(above, here));
        }
        if words.contains("did not find expected '-'") {
            return self.uneven_entry(here).or_else(|| self.dashed(here));
        }
        if words.contains("did not find expected key") || words.contains("simple key expected") {
            return self
                .uneven_entry(here)
                .or_else(|| self.outdented(here))
                .or_else(|| self.indented(here))
                .or_else(|| self.bare(here))
                .or_else(|| self.without_colon(here));
        }
        None
    }

    fn span(self, start: usize, end: usize) -> Span {
        Span { source: self.source, start: start as u32, end: end as u32 }
    }

    fn syntax(self, start: usize, end: usize, headline: impl Into<String>) -> Problem {
        Problem::error(Code::YamlSyntax, self.span(start, end), headline)
    }

    /// The start of the line that contains an offset.
    fn line(self, offset: usize) -> usize {
        self.text[..offset].rfind(['\n', '\r']).map_or(0, |at| at + 1)
    }

    /// The start of the line above the line that begins at `start`.
    fn above(self, start: usize) -> Option<usize> {
        let above = &self.text[..start];
        let above = above.strip_suffix("\r\n").or_else(|| above.strip_suffix(['\n', '\r']))?;
        Some(self.line(above.len()))
    }

    /// The starts of the lines above the line that begins at `start`, the nearest first.
    fn lines_above(self, start: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(self.above(start), move |start| self.above(*start))
    }

    /// The line from `start` on, without blanks at its end.
    fn rest(self, start: usize) -> &'a str {
        self.text[start..].split(['\n', '\r']).next().unwrap_or_default().trim_end()
    }

    /// The entry on the line that begins at `start`.
    fn pair(self, start: usize) -> Option<Pair<'a>> {
        let line = self.rest(start);
        let colon = line.find(": ")?;
        let key = line[..colon].trim_start_matches([' ', '-']);
        let value = line[colon + 1..].trim_start();
        let value = value.split(" #").next().unwrap_or(value).trim_end();
        let at = start + colon + 1 + line[colon + 1..].len() - line[colon + 1..].trim_start().len();
        (!key.is_empty() && key.chars().all(is_key)).then_some(Pair { key, at, value })
    }

    /// A blank that is not a space, in the indentation or around the colon.
    fn odd_blank(self, start: usize) -> Option<Problem> {
        let line = self.rest(start);
        let is_blank = |c: char| c == ' ' || blank(c).is_some();
        let indented = line.len() - line.trim_start_matches(is_blank).len();
        let after = line.find(':').map_or(0, |colon| colon + 1);
        let end = after + line[after..].len() - line[after..].trim_start_matches(is_blank).len();
        let (from, to) = match line[..indented].contains(|c| blank(c).is_some()) {
            true => (0, indented),
            false => (after, end),
        };
        let (at, c, name) =
            line[from..to].char_indices().find_map(|(at, c)| Some((from + at, c, blank(c)?)))?;
        let place = (start + at, start + at + c.len_utf8());
        let spaces: String = line[from..to].chars().filter(|c| c.is_whitespace()).map(|_| ' ').collect();
        let spaces = if from == after && after > 0 { " ".to_owned() } else { spaces };
        let problem = self.syntax(place.0, place.1, format!("this blank is U+{:04X} ({name})", u32::from(c)));
        let label = problem.label("YAML knows only the ordinary space here");
        Some(label.fix("write ordinary spaces", self.span(start + from, start + to), spaces))
    }

    /// A `#` without quotes that begins a value inside brackets above the error: the rest of its line is a comment, and so is the closing bracket.
    fn commented(self) -> Option<Problem> {
        let here = self.line(self.offset);
        for start in [here].into_iter().chain(self.lines_above(here)).take(5) {
            if let Some(problem) = self.cut_in_brackets(start) {
                return Some(problem);
            }
        }
        None
    }

    /// A text inside brackets that a `#` cuts: `{ reason: Bug #12 }`.
    fn cut_in_brackets(self, start: usize) -> Option<Problem> {
        let line = self.rest(start);
        let sign = line.match_indices(" #").take(20).map(|(at, _)| at + 1).find(|at| {
            let is_open = |open: char, close: char| {
                line[..*at].matches(open).count() > line[..*at].matches(close).count()
            };
            line[at + 1..].starts_with(char::is_alphanumeric) && (is_open('{', '}') || is_open('[', ']'))
        })?;
        let before = &line[..sign];
        let from = before.rfind(": ")? + 2;
        let key = before[..from - 2].rsplit(['{', '[', ',', ' ']).next().unwrap_or_default();
        let end = sign + line[sign..].find([',', '}', ']']).unwrap_or(line.len() - sign);
        let text = line[from..end].trim_end();
        let is_plain = !text.contains(['"', '\'', ',']) && !key.is_empty() && key.chars().all(is_key);
        is_plain.then(|| {
            let at = start + sign;
            self.syntax(at, at + 1, "`#` begins a comment: the rest of the line is not read").fix(
                format!("write `{key}: '{text}'`"),
                self.span(start + from, start + from + text.len()),
                format!("'{text}'"),
            )
        })
    }

    /// A tab in the indentation. The fix replaces a line's tabs by the indentation of the line above it, or by a deeper one if that line ends with a
    /// colon.
    fn tabbed(self, from: usize, to: usize) -> Problem {
        let problem = self.syntax(from, to, "a tab is used for indentation");
        let start = self.line(from);
        let blank = self.text[start..].len() - self.text[start..].trim_start_matches([' ', '\t']).len();
        let above =
            self.lines_above(start).map(|start| self.rest(start)).find(|line| !line.trim().is_empty());
        let above =
            above.filter(|line| !line.trim_start().starts_with('#') && !line.trim_start().contains('\t'));
        if !self.text[start..start + blank].contains('\t') || from > start + blank {
            return problem.help("indent with spaces");
        }
        let Some(above) = above else { return problem.help("indent with spaces") };
        let depth = above.len() - above.trim_start_matches(' ').len();
        let depth = if above.trim_end().ends_with(':') { depth + 2 } else { depth };
        problem.fix("indent with spaces", self.span(start, start + blank), " ".repeat(depth.min(80)))
    }

    /// A value that YAML cannot read without quotes: `> 99%`, `@team`, `Fast: always`, `"Fast" answers`.
    fn unquoted(self, start: usize) -> Option<Problem> {
        let Pair { key, at, value } = self.pair(start)?;
        let first = value.chars().next()?;
        // A collection, or a text in quotes, may end on a later line.
        let count = |sign: char| value.matches(sign).count();
        let is_open = match first {
            '{' => count('{') > count('}'),
            '[' => count('[') > count(']'),
            '"' | '\'' => quotes(value, first) == 1,
            // An anchor may be missing, or misspelt.
            '*' => key != "objective" && value[1..].chars().all(is_key),
            _ => false,
        };
        if is_open || (self.is_yaml)(&format!("{key}: {value}")) {
            return None;
        }
        if let Some(problem) = self.open_in_braces(start) {
            return Some(problem);
        }
        let begins =
            value.split(": ").next().filter(|begin| value.len() > begin.len() && begin.chars().all(is_key));
        if let Some(begin) = begins.filter(|_| key == "sli") {
            let indent = " ".repeat(depth(self.rest(start)) + 2);
            let problem = self.syntax(
                at,
                at + begin.len(),
                format!("`{begin}` needs a line of its own, below `{key}`"),
            );
            return Some(problem.fix(
                format!("begin a new line after `{key}:`"),
                self.span(at - 1, at),
                format!("\n{indent}"),
            ));
        }
        let meant = match key {
            "objective" => objective(value)?,
            _ if in_brackets(value).is_some() => plain_or_quoted(in_brackets(value)?),
            _ if value.contains('{') && value.contains(": \"") => value.replace(": \"", "=\""),
            _ if first == '{' && value.contains(": ") => in_flow(value)?,
            _ => quoted(value),
        };
        if !(self.is_yaml)(&format!("{key}: {meant}")) {
            return None;
        }
        if first == '{' && value.ends_with('}') && !value[1..].contains(['{', '[', '"', '\'']) {
            return self.colon_in_text(start);
        }
        let headline = match first {
            '"' if value.len() > 1 && ends_its_quotes(value) => {
                "in double quotes a backslash begins an escape, and YAML does not know this one".to_owned()
            }
            '"' | '\'' => "there is more text after the closing quote".to_owned(),
            '{' | '[' if in_brackets(value).is_some() => {
                format!("a query has no `{first}` before its metric")
            }
            '{' if value.ends_with('}') => {
                "a text with brackets, quotes or `: ` in it must be in quotes".to_owned()
            }
            '{' | '[' => format!("there is more text after the bracket that closes `{first}`"),
            '>' | '|' | '*' | '&' | '!' | '%' | '@' | '`' => {
                format!("a text without quotes cannot begin with `{first}`")
            }
            _ => "a text without quotes cannot contain `: `".to_owned(),
        };
        let place = match headline.ends_with("`: `") {
            true => at + value.find(": ")?,
            false => at,
        };
        let end = place + self.text[place..].chars().next().map_or(0, char::len_utf8);
        let fix = self.span(at, at + value.len());
        Some(self.syntax(place, end, headline).fix(format!("write `{key}: {meant}`"), fix, meant))
    }

    /// A quote in braces that is not closed before them: `{ hours: "22:00-07:00 }`.
    fn open_in_braces(self, start: usize) -> Option<Problem> {
        let Pair { at, value, .. } = self.pair(start)?;
        let quote = value.find('"').filter(|_| value.starts_with('{') && value.ends_with('}'))?;
        let end = value.trim_end_matches(['}', ' ']).len();
        let problem = self.syntax(at + quote, at + quote + 1, "this quote is never closed");
        let closed = format!("write `{}\"`", value.get(quote..end)?);
        (quotes(value, '"') == 1).then(|| problem.fix(closed, self.span(at + end, at + end), "\""))
    }

    /// A quote in a line above that is not closed on its line.
    fn unclosed(self, start: usize) -> Option<Problem> {
        for start in self.lines_above(start).take(20) {
            let line = self.rest(start);
            if let Some(rest) = line.trim_start().strip_prefix('"').filter(|rest| !rest.contains('"')) {
                let at = start + line.len() - rest.len() - 1;
                let problem = self.syntax(at, at + 1, "this quote is never closed");
                return Some(problem.fix(format!("write `{rest}`"), self.span(at, at + 1), ""));
            }
            if let Some(problem) = self.open_in_braces(start) {
                return Some(problem);
            }
            let Some(Pair { key, at, value }) = self.pair(start) else { continue };
            let Some(quote @ ('"' | '\'')) = value.chars().next() else { continue };
            if quotes(value, quote) == 1 {
                let end = at + value.len();
                let problem =
                    self.syntax(at, at + 1, format!("the quote before `{key}`'s value is never closed"));
                return Some(problem.fix(
                    format!("write `{key}: {value}{quote}`"),
                    self.span(end, end),
                    quote.to_string(),
                ));
            }
        }
        None
    }

    /// A bracket at the end of a line above, with an indented mapping below it.
    fn opened(self, start: usize) -> Option<Problem> {
        for start in self.lines_above(start).take(20) {
            let line = self.rest(start);
            if let Some(key) = line.strip_suffix(['{', '[']).and_then(|key| key.trim_end().strip_suffix(':'))
            {
                let at = start + line.len() - 1;
                let bracket = &self.text[at..=at];
                let problem = self.syntax(
                    at,
                    at + 1,
                    format!(
                        "`{bracket}` begins a collection in brackets, and the lines below have no commas"
                    ),
                );
                return Some(problem.fix(
                    format!(
                        "write `{}:`, and remove the bracket that closes it, if there is one",
                        key.trim_start()
                    ),
                    self.span(at, at + 1),
                    "",
                ));
            }
        }
        None
    }

    /// A bracket that is not closed where the lines that belong to it end.
    fn unclosed_bracket(self, here: usize) -> Option<Problem> {
        let depth = |start: usize| self.rest(start).len() - self.rest(start).trim_start_matches(' ').len();
        let is_empty = |start: usize| {
            let line = self.rest(start).trim_start();
            line.is_empty() || line.starts_with('#')
        };
        let lines: Vec<usize> = [here]
            .into_iter()
            .chain(self.lines_above(here))
            .take(50)
            .filter(|start| !is_empty(*start))
            .collect();
        for (index, start) in lines.iter().copied().enumerate() {
            let line = self.rest(start);
            // The lines that are indented more belong to the bracket.
            let inner = lines[..index].iter().rev().take_while(|inner| depth(**inner) > depth(start));
            let last = inner.last().copied().unwrap_or(start);
            let begin = line.find(": ").map(|at| at + 2).into_iter().chain(line.find("- ").map(|at| at + 2));
            let Some(open) = begin.min().map(|at| at + line[at..].len() - line[at..].trim_start().len())
            else {
                continue;
            };
            if !line[open..].starts_with(['{', '[']) {
                continue;
            }
            let end = last + self.rest(last).len();
            let missing = unclosed(&self.text[start + open..end]);
            if missing.is_empty() {
                continue;
            }
            let blank = if missing.starts_with('}') { " " } else { "" };
            let closing = format!("{blank}{missing}");
            if !(self.is_yaml)(&format!("{}{closing}", &self.text[start..end])) {
                return None;
            }
            let bracket = if missing.ends_with('}') { '{' } else { '[' };
            let problem = self.syntax(end, end, format!("`{bracket}` is never closed"));
            // The inner one of two brackets may be the one that is not closed.
            let inner = start + line.rfind('{').unwrap_or_default();
            if let Some(comma) =
                self.text[inner..end].find(',').filter(|_| missing == "}" && inner > start + open)
            {
                let (before, after) = self.text[start..end].split_at(inner - start + comma);
                let meant = format!("{before} }}{after}");
                if (self.is_yaml)(&meant) {
                    return Some(problem.label("a `}` is missing here or before a comma").help(format!(
                        "write `{}`, or `{}{closing}`",
                        meant.trim_start(),
                        line.trim_start()
                    )));
                }
            }
            let meant = match last == start {
                true => format!("write `{}{closing}`", line.trim_start()),
                false => format!("end this line with `{missing}`"),
            };
            return Some(problem.label(format!("`{missing}` is missing here")).fix(
                meant,
                self.span(end, end),
                closing,
            ));
        }
        None
    }

    /// A `-` of a list without a space behind it: `-{ match: … }`, `-from: …`.
    fn glued_dash(self, start: usize) -> Option<Problem> {
        let line = self.rest(start);
        let at = start + line.len() - line.trim_start().len();
        let rest = line.trim_start().strip_prefix('-')?;
        let is_pair =
            rest.split_once(": ").is_some_and(|(key, _)| !key.is_empty() && key.chars().all(is_key));
        let begins = rest.starts_with(['{', '[']) || is_pair && rest.starts_with(char::is_alphabetic);
        begins.then(|| {
            self.syntax(at, at + 1, "the `-` of a list needs a space behind it").fix(
                format!("write `- {rest}`"),
                self.span(at, at + 1),
                "- ",
            )
        })
    }

    /// A key alone on a line above, without its colon, with more indented lines below it.
    fn bare_above(self, here: usize) -> Option<Problem> {
        let depth = |start: usize| self.rest(start).len() - self.rest(start).trim_start_matches(' ').len();
        let mut below = here;
        for start in self.lines_above(here).take(3) {
            if self.rest(start).contains(':') {
                return None;
            }
            if depth(below) > depth(start)
                && let Some(problem) = self.bare(start)
            {
                return Some(problem);
            }
            below = start;
        }
        None
    }

    /// A key in the line above whose colon has no space behind it, or that has another sign instead of the colon.
    fn without_colon(self, start: usize) -> Option<Problem> {
        let line = self.rest(start);
        let first = line.trim_start().split(' ').next().unwrap_or_default();
        if first.chars().any(char::is_alphanumeric)
            && first.chars().all(is_key)
            && line.trim_start().len() > first.len()
        {
            let value = line.trim_start()[first.len()..].trim_start();
            if !value.starts_with(['=', ':']) {
                let at = start + line.find(first)? + first.len();
                let problem = self.syntax(at, at, format!("the colon after `{first}` is missing"));
                return Some(problem.fix(format!("write `{first}: {value}`"), self.span(at, at), ":"));
            }
        }
        let sign = line.find([':', '=', '：'])?;
        let key = line[..sign].trim_start_matches([' ', '-']).trim_end();
        let c = line[sign..].chars().next()?;
        let (from, after) = (start + sign, start + sign + c.len_utf8());
        if key.is_empty() || !key.chars().all(is_key) {
            return None;
        }
        if c != ':' {
            let value = line[sign + c.len_utf8()..].trim_start();
            let blank = start + line[..sign].trim_end().len();
            let fix = self.span(blank, start + line.len() - value.len());
            let problem = self.syntax(from, after, format!("`{c}` is not the colon that ends a key"));
            return Some(problem.fix(format!("write `{key}: {value}`"), fix, ": "));
        }
        let glued = line.len() > sign + 1 && !line[sign + 1..].starts_with([' ', '/']);
        glued.then(|| {
            self.syntax(from, after, format!("the colon after `{key}` needs a space behind it")).fix(
                format!("write `{key}: {}`", line[sign + 1..].trim_start()),
                self.span(from, after),
                ": ",
            )
        })
    }

    /// A key below another one that has a value, and indented more.
    fn uneven(self, above: usize, here: usize) -> Option<Problem> {
        let depth = |start: usize| self.rest(start).len() - self.rest(start).trim_start_matches(' ').len();
        let (upper, lower) = (self.pair(above)?, self.pair(here)?);
        let (shallow, deep) = (depth(above), depth(here));
        // `[` and `{` may go on below.
        if upper.value.starts_with(['[', '{']) || deep <= shallow {
            return None;
        }
        let parent = self.line(self.text[..above.checked_sub(1)?].trim_end().len());
        let belongs = self.rest(parent).ends_with(':') && depth(parent) >= shallow;
        let (start, has, wants, key, as_key) = match belongs {
            true => (above, shallow, deep, upper.key, lower.key),
            false => (here, deep, shallow, lower.key, upper.key),
        };
        let headline = format!("`{key}` has {} before it, and `{as_key}` has {wants}", spaces(has));
        let at = start + has;
        let label = match belongs {
            true => format!("`{}` has no keys below it", self.rest(parent).trim()),
            false => format!(
                "the line of `{as_key}` above it is complete: both lines must begin in the same column"
            ),
        };
        Some(self.syntax(at, at + key.len(), headline).label(label).fix(
            format!("indent it by {}, like `{as_key}`", spaces(wants)),
            self.span(start, start + has),
            " ".repeat(wants),
        ))
    }

    /// A text with `: ` in a mapping in brackets: `{ reason: Base: moved }`.
    fn colon_in_text(self, start: usize) -> Option<Problem> {
        let line = self.rest(start);
        let open = line[..self.offset.checked_sub(start)?.min(line.len())].rfind('{')?;
        let close = open + closing(&line[open..])?;
        let written = &line[open..close];
        let meant = in_flow(written)?;
        if !(self.is_yaml)(&meant)
            || !(self.is_yaml)(&format!("- {}", line[close..].trim_start_matches([',', ' ', ']', '}'])))
        {
            return None;
        }
        // The text that gets quotes.
        let quote = meant.find(": '")? + 2;
        let entry = meant[..quote].rfind(['{', ','])? + 1;
        let text = meant[quote + 1..].split('\'').next()?;
        let at = start + open + written.find(text)?;
        let problem = self.syntax(self.offset, self.offset + 1, "a text without quotes cannot contain `: `");
        Some(problem.fix(
            format!("write `{} '{text}'`", meant[entry..quote].trim()),
            self.span(at, at + text.len()),
            format!("'{text}'"),
        ))
    }

    /// A key alone on its line, without its colon.
    fn bare(self, start: usize) -> Option<Problem> {
        let line = self.rest(start);
        let key = line.trim_start();
        if key.is_empty() || !key.chars().all(is_key) {
            return None;
        }
        let end = start + line.len();
        let problem = self.syntax(end - key.len(), end, format!("the colon after `{key}` is missing"));
        Some(problem.fix(format!("write `{key}:`"), self.span(end, end), ":"))
    }

    /// A line of a block scalar (`|`, `>`) that is not indented more than its key.
    fn flat_block(self, here: usize) -> Option<Problem> {
        let mut first = here;
        for start in self.lines_above(here).take(20) {
            let line = self.rest(start);
            let (before, header) = line.rsplit_once(": ").unwrap_or_default();
            let key = before.trim_start_matches([' ', '-']);
            let is_header = header.starts_with(['|', '>'])
                && header[1..].chars().all(|c| matches!(c, '-' | '+') || c.is_ascii_digit());
            let wanted = before.len() - key.len() + 2;
            let text = self.rest(first);
            if is_header && !key.is_empty() && key.chars().all(is_key) {
                let found = depth(text);
                let place = first + found;
                let problem =
                    self.syntax(place, first + text.len(), format!("the text of `{key}` is not indented"));
                let spaces = spaces(wanted);
                let next = self.text[first + text.len()..].lines().nth(1).unwrap_or_default();
                let is_one = next.trim().is_empty() || next.contains(':') || depth(next) < found;
                return (found < wanted).then(|| match is_one && first == here {
                    true => problem.fix(
                        format!("write {spaces} before it"),
                        self.span(first, place),
                        " ".repeat(wanted),
                    ),
                    false => problem.help(format!("write {spaces} before each of its lines")),
                });
            }
            if !line.is_empty() {
                first = start;
            }
        }
        None
    }

    /// An entry of a list that is indented more or less than the entry above it.
    fn uneven_entry(self, start: usize) -> Option<Problem> {
        let line = self.rest(start);
        let found = depth(line);
        if !line.trim_start().starts_with("- ") {
            return None;
        }
        let above = self.lines_above(start).take(50).map(|start| self.rest(start));
        let entry = above.take_while(|line| line.is_empty() || depth(line) + 1 >= found);
        let wanted = entry.filter(|line| line.trim_start().starts_with("- ")).map(depth).next()?;
        let problem = self.syntax(
            start + found,
            start + found + 1,
            format!("`-` has {} before it, and the one above has {wanted}", spaces(found)),
        );
        let advice = format!("indent it by {}, like the entry above", spaces(wanted));
        (found != wanted).then(|| problem.fix(advice, self.span(start, start + found), " ".repeat(wanted)))
    }

    /// A `-` before a key of a mapping.
    fn dashed(self, start: usize) -> Option<Problem> {
        let here = self.rest(start);
        let mut above = self.lines_above(start).take(50);
        let above = above.find(|start| {
            let line = self.rest(*start);
            !line.trim().is_empty() && !line.trim_start().starts_with('#') && depth(line) <= depth(here)
        })?;
        let line = self.rest(above);
        let at = above + line.find("- ")?;
        let key = line.trim_start().strip_prefix("- ")?.split(':').next()?;
        if depth(here) != depth(line) || !here.contains(':') || !key.chars().all(is_key) {
            return None;
        }
        let problem = self.syntax(at, at + 1, "`-` begins a list, and the line below does not belong to it");
        if let Some(Pair { key: "name" | "alert" | "id", at: value, value: name }) = self.pair(above) {
            let fix = self.span(at, value + name.len());
            return Some(problem.fix(
                format!("the name is the key: write `{name}:`"),
                fix,
                format!("{name}:"),
            ));
        }
        Some(problem.fix(format!("write `{key}:` without the `-`"), self.span(at, at + 2), ""))
    }

    /// A line whose indentation is none of the lines above it.
    fn indented(self, start: usize) -> Option<Problem> {
        let line = self.rest(start);
        let found = depth(line);
        // What stands below a name is indented more than the name.
        let below = self.text[start + line.len()..].lines().map(str::trim_end).find(|line| !line.is_empty());
        let most = below.filter(|_| line.ends_with(':')).map_or(usize::MAX, depth).max(1);
        self.pair(start).map(|_| ()).or_else(|| line.ends_with(':').then_some(()))?;
        let mut wanted: Option<usize> = None;
        for above in self.lines_above(start).take(200).map(|start| self.rest(start)) {
            let at = depth(above);
            if above.trim().is_empty() || above.trim_start().starts_with('#') {
                continue;
            }
            let nearer = wanted.is_none_or(|wanted| at.abs_diff(found) < wanted.abs_diff(found));
            let nearer = nearer && (at < most || most <= found);
            wanted = if nearer { Some(at) } else { wanted };
            if at == 0 {
                break;
            }
        }
        let wanted = wanted.filter(|wanted| *wanted != found && !line.trim_start().starts_with('-'))?;
        let key = line.trim_start().split(':').next().unwrap_or_default();
        let headline = format!("the indentation of `{key}` fits no line above");
        let fix = self.span(start, start + found);
        Some(
            self.syntax(start + found, start + found + key.len(), headline)
                .label(format!("it has {}", spaces(found)))
                .fix(
                    format!("indent it by {}, like the keys beside it", spaces(wanted)),
                    fix,
                    " ".repeat(wanted),
                ),
        )
    }

    /// A name with less indentation than the names beside it, of which the next one seems wrong instead.
    fn outdented(self, start: usize) -> Option<Problem> {
        let wanted = depth(self.rest(start));
        let is_key = |start: &usize| {
            let line = self.rest(*start).trim_start();
            !line.is_empty() && !line.starts_with(['#', '-'])
        };
        let mut above = self.lines_above(start).take(200).filter(is_key);
        let name = above.find(|start| depth(self.rest(*start)) < wanted)?;
        let beside = above.find(|start| depth(self.rest(*start)) <= wanted)?;
        let (line, found) = (self.rest(name), depth(self.rest(name)));
        let key = line.trim_start().strip_suffix(':')?;
        let is_known = SERVICE_KEYS.contains(&key) || PROJECT_KEYS.contains(&key);
        if depth(self.rest(beside)) != wanted || is_known || !self.rest(beside).ends_with(':') {
            return None;
        }
        let as_key = self.rest(beside).trim().trim_end_matches(':');
        let headline = format!("`{key}` has {} before it, and `{as_key}` has {wanted}", spaces(found));
        Some(self.syntax(name + found, name + found + key.len(), headline).fix(
            format!("indent it by {}, like `{as_key}`", spaces(wanted)),
            self.span(name, name + found),
            " ".repeat(wanted),
        ))
    }

    /// `*` or `&` as a value in brackets: `{ service: * }`.
    fn star(self) -> Option<Problem> {
        let at = self.text.get(..=self.offset)?.rfind(['*', '&']).filter(|at| self.offset - at < 3)?;
        let (before, rest) = (&self.text[self.line(at)..at], &self.text[at..]);
        let end = rest.find([',', '}', ']', ' ', '\n']).unwrap_or(rest.len());
        let key = before.trim_end().strip_suffix(':')?.rsplit(['{', ',', ' ']).next()?;
        let headline = format!("a text without quotes cannot begin with `{}`", &rest[..1]);
        let problem = self.syntax(at, at + 1, headline);
        // A label with any value needs no matcher.
        Some(match &rest[..end] {
            "*" => problem.help(format!("remove `{key}: *`: what is not named may have any value")),
            text => problem.fix(
                format!("write `{key}: \"{text}\"`"),
                self.span(at, at + end),
                format!("\"{text}\""),
            ),
        })
    }
}

/// The number of spaces that a line begins with.
fn depth(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

fn spaces(count: usize) -> String {
    format!("{count} space{}", if count == 1 { "" } else { "s" })
}

/// How often a quote is in a text, without escaped ones in double quotes.
fn quotes(text: &str, quote: char) -> usize {
    let escaped = if quote == '"' { text.matches("\\\"").count() } else { 0 };
    text.matches(quote).count() - escaped
}

/// The closing brackets that are missing at the end of a text, the innermost first.
fn unclosed(text: &str) -> String {
    let (mut open, mut quote) = (Vec::new(), None);
    for c in text.chars() {
        match (quote, c) {
            (Some(sign), c) if sign == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '{') => open.push('}'),
            (None, '[') => open.push(']'),
            (None, '}' | ']') => drop(open.pop()),
            (None, _) => {}
        }
    }
    open.into_iter().rev().collect()
}

/// Where the bracket that begins a text is closed: the place behind it.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut quote) = (0, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(sign), c) if sign == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '{') => depth += 1,
            (None, '}') if depth == 1 => return Some(at + 1),
            (None, '}') => depth -= 1,
            (None, _) => {}
        }
    }
    None
}

fn is_key(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-')
}

/// An objective with signs before its number: `>= 99.9%`, `@99`, `P95: 500ms`.
fn objective(value: &str) -> Option<String> {
    let start = value.find(|c: char| c.is_ascii_digit())?;
    let start = if value[..start].ends_with(['P', 'p']) { start - 1 } else { start };
    let meant = value[start..].trim_end_matches(['"', '\'', '`', ']', '}']).replace(": ", " < ");
    let is_percentage = meant.contains('%') || meant.starts_with(['P', 'p']);
    Some(if is_percentage { meant } else { format!("{meant}%") })
}

/// Whether the quote that begins a text is closed only at its end, so that a fault is between them.
fn ends_its_quotes(value: &str) -> bool {
    let mut escaped = false;
    let mut closing = value.char_indices().skip(1).filter(|(_, c)| {
        let is_quote = *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        is_quote
    });
    value.contains('\\') && closing.next().is_some_and(|(at, _)| at + 1 == value.len())
}

/// The query in `{metric{job="api"}}` or `[metric{job="api"}]`, which needs no brackets around it.
pub fn in_brackets(value: &str) -> Option<&str> {
    let inner = [('{', '}'), ('[', ']')]
        .iter()
        .find_map(|(open, close)| value.strip_prefix(*open)?.strip_suffix(*close))?
        .trim();
    let inner = in_brackets(inner).unwrap_or(inner);
    let name = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':')?;
    let is_selector =
        inner[name..].starts_with(['{', '(']) && inner.contains('{') && inner.ends_with(['}', ')']);
    (name > 0 && !inner.contains(": ") && is_selector).then_some(inner)
}

/// A text without quotes if YAML can read it so.
fn plain_or_quoted(text: &str) -> String {
    if text.contains(": ") || text.contains(" #") { quoted(text) } else { text.to_owned() }
}

/// A text in the quotes that fit it.
fn quoted(value: &str) -> String {
    let inner = ['"', '\'', '`'].iter().find_map(|quote| {
        let inner = value.strip_prefix(*quote)?.strip_suffix(*quote)?;
        (!inner.is_empty()).then_some(inner)
    });
    let text = inner.unwrap_or(value);
    // A selector begins with its name.
    let turned =
        text.starts_with('{').then(|| text.rsplit_once('}')).flatten().and_then(|(labels, after)| {
            let after = after.trim_start();
            let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':');
            let (name, rest) = after.split_at(after.find(|c| !is_name(c)).unwrap_or(after.len()));
            (!name.is_empty() && !rest.starts_with('(')).then(|| format!("{name}{labels}}}{rest}"))
        });
    let text = turned.as_deref().unwrap_or(text);
    // In double quotes, `\"` was a quote.
    let text = &match value.starts_with('"') && ends_its_quotes(value) {
        true => text.replace("\\\"", "\""),
        false => text.to_owned(),
    };
    match text.contains('\'') && !text.contains(['"', '\\']) {
        true => format!("\"{text}\""),
        false => format!("'{}'", text.replace('\'', "''")),
    }
}

/// `{ total: 'a{b="c"}' }` of `{ total: a{b="c"} }`: each text of a mapping in the quotes that it needs.
fn in_flow(value: &str) -> Option<String> {
    let inner = value.strip_prefix('{')?.strip_suffix('}')?;
    let (mut depth, mut quote, mut from, mut parts) = (0_i32, None, 0, Vec::new());
    for (at, c) in inner.char_indices() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '{' | '[' | '(') => depth += 1,
            (None, '}' | ']' | ')') => depth -= 1,
            (None, ',') if depth == 0 => {
                parts.push(&inner[from..at]);
                from = at + 1;
            }
            (None, _) => {}
        }
    }
    parts.push(&inner[from..]);
    let entry = |part: &str| {
        let (key, text) = part.trim().split_once(": ")?;
        let is_plain = !text.contains(['{', '[', '"', '\'']) && !text.contains(": ")
            || text.starts_with(['{', '[', '\'']);
        let inner = in_flow(text.trim_end());
        Some(format!(
            "{key}: {}",
            inner.unwrap_or_else(|| if is_plain { text.to_owned() } else { quoted(text) })
        ))
    };
    let entries: Vec<String> = parts.into_iter().map(entry).collect::<Option<_>>()?;
    Some(format!("{{ {} }}", entries.join(", ")))
}
