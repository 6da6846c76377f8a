//! A difference as a comment of a pull request: a summary, then the most important changes, and details folded.
//!
//! **Invariant:** texts of the sources are always in code spans, in which GitHub reads neither HTML nor mentions nor links.

use super::{Page, for_subjects};
use crate::difference::{Change, Sentence, SentencePart, Weight};
use crate::inert::{code, line};

/// GitHub refuses comments with more than 65,536 characters, and other text may be added around this one. A text never has more characters than
/// bytes.
const LONGEST: usize = 60_000;

/// The maximum of headings and of lines that count hidden changes.
const HEADINGS: usize = 1_000;

/// Effects of one change that are visible without a click.
const SHOWN: usize = 3;

/// More lines in one fold are only counted.
const FOLDED: usize = 60;

/// More changes of one weight are only counted.
const CHANGES: usize = 60;

/// Longer texts of the sources are cut.
const QUOTED: usize = 400;

pub(super) fn render(page: &Page) -> String {
    let of = |weight: Weight| page.of(weight).into_iter().take(CHANGES).map(move |change| (weight, change));
    let changes: Vec<(Weight, &Change)> = Weight::ALL.into_iter().flat_map(of).collect();
    let all = page.difference.changes.len();
    let mut text = top(page);
    let mut room = LONGEST.saturating_sub(text.len() + bottom(page, all).len() + HEADINGS);
    // Every change gets its short form before any gets its long form, the most severe first.
    let mut entries = Vec::new();
    for (weight, change) in changes {
        let Entry { short, long } = Entry::of(page, change);
        let Some(left) = room.checked_sub(short.len()) else { break };
        room = left;
        entries.push((weight, short, long));
    }
    for (_, short, long) in &mut entries {
        let Some(long) = long.take() else { continue };
        if let Some(left) = (room + short.len()).checked_sub(long.len()) {
            (room, *short) = (left, long);
        }
    }
    for weight in Weight::ALL {
        let of_weight = || entries.iter().filter(|(of, ..)| *of == weight);
        if of_weight().next().is_none() {
            continue;
        }
        let count = page.of(weight).len();
        let lines: String = of_weight().map(|(_, text, _)| text.as_str()).collect();
        let lines = lines + &more(count, of_weight().count());
        text += &match weight {
            Weight::Care => format!("\n#### ⚠️ Needs care\n\n{lines}"),
            Weight::Promise => format!("\n#### What is promised\n\n{lines}"),
            Weight::Alerting => format!("\n#### What alerts, and who is notified\n\n{lines}"),
            Weight::Detail => {
                let s = if count == 1 { "" } else { "s" };
                format!(
                    "\n<details><summary>{count} detail{s}: labels, texts, contracts</summary>\n\n{lines}\n</details>\n"
                )
            }
        };
    }
    text + &bottom(page, all - entries.len())
}

/// The summary, and the problems of the sources.
fn top(page: &Page) -> String {
    let mut text = format!("### What changes in the SLOs\n\n**{}**\n", escaped(&page.difference.summary()));
    if let Some(caveat) = page.caveat() {
        text += &format!("\n> [!WARNING]\n> {caveat}\n");
    }
    if !page.flaws.is_empty() {
        text += "\n#### Problems\n\n";
        let mut shown = 0;
        for flaw in page.flaws.iter().take(CHANGES) {
            let (name, headline, place) = (code(flaw.code), quoted(flaw.headline), quoted(&flaw.place()));
            let line = format!("- {} {name} ({} side): {headline} at {place}\n", flaw.level, flaw.side);
            if text.len() + line.len() > LONGEST / 2 {
                break;
            }
            text += &line;
            shown += 1;
        }
        text += &more(page.flaws.len(), shown);
    }
    text
}

/// The cost, the number of hidden changes, and the names of both sides.
fn bottom(page: &Page, unseen: usize) -> String {
    let mut text = String::new();
    if unseen > 0 {
        let s = if unseen == 1 { "" } else { "s" };
        let command = quoted(&format!("slowburn diff {} {}", page.old, page.new));
        text += &format!("\n… and {unseen} more change{s}: {command}\n");
    }
    if let Some(cost) = page.difference.cost() {
        text += &format!("\n<sub>{}</sub>\n", escaped(&cost.replace('`', "")));
    }
    text + &format!("\n<sub>Compared: {} with {}</sub>\n", quoted(page.old), quoted(page.new))
}

/// A change in words.
struct Entry {
    /// The short form, with the number of hidden lines.
    short: String,
    /// The long form with all lines, if there are any.
    long: Option<String>,
}

impl Entry {
    fn of(page: &Page, change: &Change) -> Self {
        let mut text = format!("- **{}**: {}\n", page.subjects(change), words(&change.text));
        if let Some(warning) = &change.warning {
            text += &format!("  - ⚠️ **{}**\n", words(warning));
        }
        let lines = change.effects.iter().map(|effect| {
            let subjects = for_subjects(effect).map(|subjects| format!(" ({subjects})")).unwrap_or_default();
            format!("  - {}{subjects}\n", words(&effect.text))
        });
        let lines: Vec<String> = lines.collect();
        // A fold for one or two lines saves no space.
        if lines.len() <= SHOWN + 2 {
            return Self { short: text + &lines.concat(), long: None };
        }
        let (shown, folded) = lines.split_at(SHOWN);
        text += &shown.concat();
        let count = folded.len();
        let short = format!("{text}  {}", more(lines.len(), SHOWN));
        let rest = more(count, FOLDED);
        let rest = if rest.is_empty() { rest } else { format!("  {rest}") };
        let folded: String = folded.iter().take(FOLDED).map(String::as_str).collect();
        let long =
            format!("{text}\n  <details><summary>{count} more</summary>\n\n{folded}{rest}\n  </details>\n\n");
        Self { short, long: Some(long) }
    }
}

fn more(count: usize, shown: usize) -> String {
    if count > shown { format!("- … and {} more\n", count - shown) } else { String::new() }
}

/// A text of the sources, in a code span of limited length.
fn quoted(text: &str) -> String {
    match text.char_indices().nth(QUOTED) {
        Some((end, _)) => code(&format!("{}…", &text[..end])),
        None => code(text),
    }
}

fn words(words: &Sentence) -> String {
    let word = |word: &SentencePart| match word {
        SentencePart::Plain(text) => escaped(text),
        SentencePart::Quoted(text) => quoted(text),
    };
    words.0.iter().map(word).collect()
}

/// A text without markup.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in line(text).chars() {
        match c {
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '&' => escaped += "&amp;",
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '@' => {
                escaped.push('\\');
                escaped.push(c);
            }
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn escaped_texts_contain_no_markup() {
        assert_eq!(escaped("P95 < 500ms *and* [a](b)"), "P95 &lt; 500ms \\*and\\* \\[a\\](b)");
    }
}
