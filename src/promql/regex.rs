//! Reads the patterns of matchers: RE2, anchored on both sides. Decides whether a pattern is valid and whether it matches a text, and finds texts
//! that match.
//!
//! `syntax` reads them as Go does. What cannot be computed is `None`.

mod syntax;
mod unicode;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use regex_automata::meta;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

use super::match_op::MatchOp;
pub use syntax::PatternFault;

/// Values that are tried besides those from the patterns: plain ones that people expect in an example, such as status codes.
const INVENTED: [&str; 14] =
    ["", "a", "b", "x1", "other", "200", "404", "500", "GET", "/", "0", "1", "a.b", "none-of-these"];

/// A longer example is of no use.
const LONGEST: usize = 1_000;

/// The longest pattern that is read, in bytes. Alternatives of a few hundred names are shorter.
pub const LONGEST_PATTERN: usize = 8_192;

/// Whether `pattern` is valid RE2, and the error if not.
pub fn check(pattern: &str) -> Result<(), PatternFault> {
    read(pattern).map(|_| ())
}

/// The name of the first group `(?<name>…)` of a valid pattern: Prometheus reads it since [`NAMED_SINCE`].
pub fn named_group(pattern: &str) -> Option<String> {
    parsed(pattern).ok()?.named
}

/// The first Prometheus that is built with Go 1.22.
pub const NAMED_SINCE: (u32, u32) = (2, 51);

/// Whether the whole of `text` matches `pattern`; `None` if that cannot be computed.
pub fn matches(pattern: &str, text: &str) -> Option<bool> {
    Some(compile(pattern).ok()??.meets(text))
}

/// The condition of a matcher, prepared once for many values: to compile a pattern takes far longer than to match it.
#[derive(Debug)]
pub struct ValueCondition {
    op: MatchOp,
    value: String,
    /// The pattern of `=~` and `!~`; also `None` if it cannot be computed.
    pattern: Option<Arc<Compiled>>,
}

/// A pattern that can be matched.
#[derive(Debug)]
enum Compiled {
    /// All texts that match, if they are few: names in a long list are found at once.
    Texts(BTreeSet<String>),
    /// `contained` is a part of every text that matches, to refuse others at once.
    Machine { machine: meta::Regex, contained: String },
}

impl Compiled {
    fn meets(&self, text: &str) -> bool {
        match self {
            Self::Texts(all) => all.contains(text),
            Self::Machine { machine, contained } => text.contains(contained) && machine.is_match(text),
        }
    }

    /// The work to match one byte: in the slowest case the size of the compiled pattern.
    fn cost(&self) -> usize {
        match self {
            Self::Texts(_) => 1,
            Self::Machine { machine, .. } => machine.memory_usage(),
        }
    }
}

impl ValueCondition {
    /// The condition `op "value"`.
    pub fn of(op: MatchOp, value: &str) -> Self {
        let pattern = match op {
            MatchOp::Matches | MatchOp::NotMatches => compile(value).ok().flatten(),
            MatchOp::Equal | MatchOp::NotEqual => None,
        };
        Self { op, value: value.to_owned(), pattern }
    }

    /// The work to match a text of this many bytes.
    fn cost(&self, length: usize) -> usize {
        self.pattern.as_ref().map_or(1, |pattern| pattern.cost()).saturating_mul(length.max(1))
    }

    /// Whether a value matches; the empty one stands for a missing label. `None` if that cannot be computed.
    pub fn meets(&self, text: &str) -> Option<bool> {
        let matches = || self.pattern.as_ref().map(|pattern| pattern.meets(text));
        match self.op {
            MatchOp::Equal => Some(text == self.value),
            MatchOp::NotEqual => Some(text != self.value),
            MatchOp::Matches => matches(),
            MatchOp::NotMatches => matches().map(|matches| !matches),
        }
    }
}

/// A short string that matches all of `pattern`; `None` if there is none, or none was found.
pub fn example(pattern: &str) -> Option<String> {
    example_of(&read(pattern).ok()?, pattern)
}

fn example_of(hir: &Hir, pattern: &str) -> Option<String> {
    let mut out = String::new();
    shortest(hir, &mut out)?;
    (matches(pattern, &out) == Some(true)).then_some(out)
}

/// Why there is no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoValue {
    /// None of the values that were tried matches.
    NotFound,
    /// Not all values could be tried.
    LimitReached,
}

/// A value of one label that matches all of `matchers`; `None` if none was found. The empty string stands for a missing label.
pub fn satisfying(matchers: &[(MatchOp, &str)]) -> Option<String> {
    value(matchers).ok()
}

/// The same, with the reason if none was found.
pub fn value(matchers: &[(MatchOp, &str)]) -> Result<String, NoValue> {
    let patterns = matchers.iter().filter(|(op, _)| matches!(op, MatchOp::Matches | MatchOp::NotMatches));
    if patterns.count() == 0 {
        return search(matchers);
    }
    let mut asked = String::new();
    for (op, value) in matchers {
        asked += &format!("{}{}{value}", op.symbol(), value.len());
    }
    let found = || FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = found().get(&asked) {
        return known.clone();
    }
    let value = search(matchers);
    if asked.len() <= LONGEST_FOUND {
        let mut found = found();
        if found.len() >= KEPT {
            found.clear();
        }
        found.insert(asked, value.clone());
    }
    value
}

/// Earlier results: a project needs a value other than `5..` a thousand times.
static FOUND: Mutex<BTreeMap<String, Result<String, NoValue>>> = Mutex::new(BTreeMap::new());

/// Longer results are not kept.
const LONGEST_FOUND: usize = 1_000;

fn search(matchers: &[(MatchOp, &str)]) -> Result<String, NoValue> {
    let mut candidates: Vec<String> = Vec::new();
    let mut texts: Vec<String> = Vec::new();
    let mut complete = true;
    for (op, value) in matchers {
        if candidates.len() + texts.len() >= CANDIDATES {
            complete = false;
            break;
        }
        match op {
            MatchOp::Equal => candidates.push((*value).to_owned()),
            MatchOp::Matches => {
                candidates.extend(examples(value));
                match read(value).map(|hir| all_texts(&hir)) {
                    Ok(Some(all)) => texts.extend(all),
                    // Of endless texts some are tried, but of a list of names all of them should be.
                    Ok(None) if has_long_list(value) => complete = false,
                    _ => {}
                }
            }
            MatchOp::NotEqual | MatchOp::NotMatches => {}
        }
    }
    // A value is a better example than a missing label, so the empty string comes after the other plain values.
    candidates.extend(INVENTED[1..].iter().chain(&INVENTED[..1]).map(|value| (*value).to_owned()));
    candidates.extend(texts);
    let asked: Vec<ValueCondition> =
        matchers.iter().map(|(op, value)| ValueCondition::of(*op, value)).collect();
    let mut left = MOST_WORK;
    for candidate in candidates {
        let meets = asked.iter().all(|matcher| {
            let cost = matcher.cost(candidate.len());
            complete &= cost <= left;
            let goes_on = cost <= left;
            left = left.saturating_sub(cost);
            goes_on && matcher.meets(&candidate) == Some(true)
        });
        if meets {
            return Ok(candidate);
        }
    }
    Err(if complete { NoValue::NotFound } else { NoValue::LimitReached })
}

/// Whether a part of the pattern has more alternatives than are followed.
fn has_long_list(pattern: &str) -> bool {
    fn is_long(hir: &Hir) -> bool {
        match hir.kind() {
            HirKind::Alternation(parts) => parts.len() > SEVERAL || parts.iter().any(is_long),
            HirKind::Concat(parts) => parts.iter().any(is_long),
            HirKind::Capture(capture) => is_long(&capture.sub),
            HirKind::Repetition(repetition) => is_long(&repetition.sub),
            HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => false,
        }
    }
    read(pattern).is_ok_and(|hir| is_long(&hir))
}

/// The most work for one label; see [`ValueCondition::cost`]. `5..` with a status code costs ten thousand.
const MOST_WORK: usize = 20_000_000;

/// After so many values of one label no more are added.
const CANDIDATES: usize = 2 * MOST_TEXTS;

/// Several strings that match, the shortest first, because a second matcher may exclude some.
fn examples(pattern: &str) -> Vec<String> {
    let mut found = Vec::new();
    if let Ok(hir) = read(pattern) {
        found.extend(example_of(&hir, pattern));
        found.extend(several(&hir));
    }
    found.extend(INVENTED.map(str::to_owned));
    found
}

/// The most texts of a pattern that are listed, and their bytes.
const MOST_TEXTS: usize = 4_096;
const MOST_BYTES: usize = 1 << 16;

/// All texts that `hir` matches; `None` if they are many.
fn all_texts(hir: &Hir) -> Option<Vec<String>> {
    let fits = |all: &Vec<String>| {
        all.len() <= MOST_TEXTS && all.iter().map(String::len).sum::<usize>() <= MOST_BYTES
    };
    let product = |heads: &Vec<String>, tails: &Vec<String>| -> Option<Vec<String>> {
        if heads.len() * tails.len() > MOST_TEXTS {
            return None;
        }
        let pairs = heads.iter().flat_map(|head| tails.iter().map(move |tail| format!("{head}{tail}")));
        Some(pairs.collect()).filter(fits)
    };
    let one = || vec![String::new()];
    let all = match hir.kind() {
        HirKind::Empty => one(),
        HirKind::Literal(literal) => vec![std::str::from_utf8(&literal.0).ok()?.to_owned()],
        HirKind::Class(Class::Unicode(class)) => {
            let size = class.ranges().iter().map(|range| range.len()).sum::<usize>();
            let all = class.ranges().iter().flat_map(|range| range.start()..=range.end());
            (size <= MOST_TEXTS).then(|| all.map(String::from).collect())?
        }
        HirKind::Class(Class::Bytes(_)) | HirKind::Look(_) => return None,
        HirKind::Capture(capture) => all_texts(&capture.sub)?,
        HirKind::Alternation(branches) => {
            let mut all = Vec::new();
            for branch in branches {
                all.extend(all_texts(branch)?);
                if !fits(&all) {
                    return None;
                }
            }
            all
        }
        HirKind::Concat(parts) => {
            parts.iter().try_fold(one(), |heads, part| product(&heads, &all_texts(part)?))?
        }
        HirKind::Repetition(repetition) => {
            let most = repetition.max?;
            let once = all_texts(&repetition.sub)?;
            let mut all = Vec::new();
            let mut power = one();
            for times in 0..=most {
                if times >= repetition.min {
                    all.extend(power.iter().cloned());
                }
                if !fits(&all) {
                    return None;
                }
                power = product(&power, &once)?;
            }
            all
        }
    };
    Some(all).filter(fits)
}

/// The most strings that `several` follows.
const SEVERAL: usize = 64;

/// Some of the strings that `hir` might match, from all of its branches.
fn several(hir: &Hir) -> Vec<String> {
    let mut found = match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => vec![String::new()],
        HirKind::Literal(literal) => vec![String::from_utf8_lossy(&literal.0).into_owned()],
        HirKind::Class(Class::Unicode(class)) => {
            let holds =
                |c: &char| class.ranges().iter().any(|range| (range.start()..=range.end()).contains(c));
            let ends = class.ranges().iter().take(4).flat_map(|range| [range.start(), range.end()]);
            "ab019xAZ-_/."
                .chars()
                .filter(holds)
                .chain(ends.filter(|c| c.is_ascii_graphic()))
                .map(String::from)
                .collect()
        }
        HirKind::Class(Class::Bytes(_)) => Vec::new(),
        HirKind::Capture(capture) => several(&capture.sub),
        HirKind::Alternation(branches) => {
            let each = (SEVERAL / branches.len()).max(1);
            branches.iter().flat_map(|branch| several(branch).into_iter().take(each)).collect()
        }
        HirKind::Concat(parts) => {
            parts.iter().fold(vec![String::new()], |heads, part| joined(&heads, &several(part)))
        }
        HirKind::Repetition(repetition) => {
            let once = several(&repetition.sub);
            let mut heads = vec![String::new()];
            for _ in 0..repetition.min.min(SEVERAL as u32) {
                heads = joined(&heads, &once);
            }
            let more = repetition.max.is_none_or(|max| max > repetition.min);
            let longer = if more { joined(&heads, &once) } else { Vec::new() };
            heads.truncate(SEVERAL / 2);
            heads.into_iter().chain(longer).collect()
        }
    };
    found.truncate(SEVERAL);
    found.retain(|text| text.len() <= LONGEST);
    found
}

/// Every head with every tail.
fn joined(heads: &[String], tails: &[String]) -> Vec<String> {
    let pairs = heads.iter().flat_map(|head| tails.iter().map(move |tail| format!("{head}{tail}")));
    pairs.filter(|pair| pair.len() <= LONGEST).take(SEVERAL).collect()
}

/// Appends a shortest string that `hir` matches.
fn shortest(hir: &Hir, out: &mut String) -> Option<()> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => out.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(Class::Unicode(class)) => {
            // After a digit a digit is the better example: `5..` becomes 500.
            let digits = out.ends_with(|c: char| c.is_ascii_digit());
            let order = if digits { "0123456789ax" } else { "abcxyz019ABCXYZ-_/.:" };
            let holds =
                |c: char| class.ranges().iter().any(|range| (range.start()..=range.end()).contains(&c));
            let printable = ('!'..='~').find(|c| holds(*c));
            let any = || class.ranges().first().map(|range| range.start());
            out.push(order.chars().find(|c| holds(*c)).or(printable).or_else(any)?);
        }
        HirKind::Class(Class::Bytes(class)) => out.push(char::from(class.ranges().first()?.start())),
        HirKind::Repetition(repetition) => {
            for _ in 0..repetition.min {
                shortest(&repetition.sub, out)?;
                if out.len() > LONGEST {
                    return None;
                }
            }
        }
        HirKind::Capture(capture) => shortest(&capture.sub, out)?,
        HirKind::Concat(parts) => {
            for part in parts {
                shortest(part, out)?;
            }
        }
        HirKind::Alternation(branches) => {
            let start = out.len();
            let mut best: Option<String> = None;
            for branch in branches {
                let mut branch_out = out.clone();
                if shortest(branch, &mut branch_out).is_some()
                    && best
                        .as_ref()
                        .is_none_or(|best| branch_out[start..].chars().count() < best.chars().count())
                {
                    best = Some(branch_out.split_off(start));
                }
            }
            out.push_str(&best?);
        }
    }
    (out.len() <= LONGEST).then_some(())
}

/// Compiled patterns. A project uses `5..` a thousand times, and to compile a pattern takes far longer than to match it.
static KNOWN: Mutex<BTreeMap<String, Option<Arc<Compiled>>>> = Mutex::new(BTreeMap::new());

/// The most patterns that are kept: enough for any project, with a limit for generated ones.
const KEPT: usize = 4_096;

/// `Ok(None)` is a valid pattern that is too large to run.
fn compile(pattern: &str) -> Result<Option<Arc<Compiled>>, PatternFault> {
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = known().get(pattern) {
        return Ok(found.clone());
    }
    let built = build(pattern)?.map(Arc::new);
    let mut known = known();
    if known.len() >= KEPT {
        known.clear();
    }
    known.insert(pattern.to_owned(), built.clone());
    Ok(built)
}

fn build(pattern: &str) -> Result<Option<Compiled>, PatternFault> {
    let hir = read(pattern)?;
    if let Some(texts) = all_texts(&hir) {
        return Ok(Some(Compiled::Texts(texts.into_iter().collect())));
    }
    let contained = contained(&hir).unwrap_or_default().to_owned();
    let whole = Hir::concat(vec![Hir::look(Look::Start), hir, Hir::look(Look::End)]);
    // A pattern is matched with a few short texts: optimizations for long searches would take longer to build than they save.
    let plain = meta::Config::new()
        .hybrid(false)
        .dfa(false)
        .onepass(false)
        .auto_prefilter(false)
        .nfa_size_limit(Some(LARGEST));
    let machine = meta::Builder::new().configure(plain).build_from_hir(&whole).ok();
    Ok(machine.map(|machine| Compiled::Machine { machine, contained }))
}

/// The longest literal that every match of `hir` contains.
fn contained(hir: &Hir) -> Option<&str> {
    match hir.kind() {
        HirKind::Literal(literal) => std::str::from_utf8(&literal.0).ok(),
        HirKind::Capture(capture) => contained(&capture.sub),
        HirKind::Concat(parts) => parts.iter().filter_map(contained).max_by_key(|text| text.len()),
        HirKind::Empty
        | HirKind::Class(_)
        | HirKind::Look(_)
        | HirKind::Repetition(_)
        | HirKind::Alternation(_) => None,
    }
}

/// The maximum size of a pattern in memory.
const LARGEST: usize = 1 << 20;

fn read(pattern: &str) -> Result<Hir, PatternFault> {
    Ok(parsed(pattern)?.hir)
}

fn parsed(pattern: &str) -> Result<syntax::Pattern, PatternFault> {
    if pattern.len() > LONGEST_PATTERN {
        return Err(format!("it has {} bytes; the longest has {LONGEST_PATTERN}", pattern.len()).into());
    }
    syntax::parse(pattern)
}
