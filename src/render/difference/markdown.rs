//! A difference as a comment of a pull request: a sentence on top, then the worst, and folded what only some want to know.
//!
//! **Invariant:** whatever the sources say stands in code spans, in which GitHub reads neither HTML nor mentions nor links.

use super::{Page, for_whom};
use crate::difference::{Change, Weight, Word, Words};
use crate::inert::code;

/// Effects of one change that are not folded.
const SHOWN: usize = 3;

/// More lines of one fold than this are counted: GitHub refuses comments beyond 65,536 characters.
const FOLDED: usize = 60;

/// More changes of one weight than this are counted.
const CHANGES: usize = 60;

pub(super) fn render(page: &Page) -> String {
    let mut text = format!("### What changes in the SLOs\n\n**{}**\n", escaped(&page.difference.summary()));
    if let Some(caveat) = page.caveat() {
        text += &format!("\n> [!WARNING]\n> {caveat}\n");
    }
    if !page.flaws.is_empty() {
        text += "\n#### Problems\n\n";
        for flaw in page.flaws.iter().take(CHANGES) {
            let side = if flaw.new { "new" } else { "old" };
            text += &format!(
                "- {} {} ({side} side): {} at {}\n",
                flaw.level,
                code(flaw.code),
                code(flaw.headline),
                code(&flaw.place())
            );
        }
        text += &more(page.flaws.len(), CHANGES);
    }
    for weight in Weight::ALL {
        let changes = page.of(weight);
        if changes.is_empty() {
            continue;
        }
        let lines: String = changes.iter().take(CHANGES).map(|change| told(page, change)).collect();
        let lines = lines + &more(changes.len(), CHANGES);
        text += &match weight {
            Weight::Care => format!("\n#### ⚠️ Needs care\n\n{lines}"),
            Weight::Promise => format!("\n#### What is promised\n\n{lines}"),
            Weight::Alerting => format!("\n#### What alerts, and who is told\n\n{lines}"),
            Weight::Detail => {
                let count = changes.len();
                let s = if count == 1 { "" } else { "s" };
                format!(
                    "\n<details><summary>{count} detail{s}: labels, texts, contracts</summary>\n\n{lines}\n</details>\n"
                )
            }
        };
    }
    if let Some(cost) = page.difference.cost() {
        text += &format!("\n<sub>{}</sub>\n", escaped(&cost.replace('`', "")));
    }
    let names = format!("Compared: {} with {}", code(page.old), code(page.new));
    text + &format!("\n<sub>{names}</sub>\n")
}

fn told(page: &Page, change: &Change) -> String {
    let mut text = format!("- **{}**: {}\n", page.whom(change), words(&change.said));
    if let Some(warning) = &change.warning {
        text += &format!("  - ⚠️ **{}**\n", words(warning));
    }
    let lines = change.effects.iter().map(|effect| {
        let whom = for_whom(effect).map(|whom| format!(" ({whom})")).unwrap_or_default();
        format!("  - {}{whom}\n", words(&effect.said))
    });
    let lines: Vec<String> = lines.collect();
    // A fold around one or two lines saves nothing.
    if lines.len() <= SHOWN + 2 {
        return text + &lines.concat();
    }
    let (shown, folded) = lines.split_at(SHOWN);
    text += &shown.concat();
    let rest = folded.len().saturating_sub(FOLDED);
    let count = folded.len();
    let folded: String = folded.iter().take(FOLDED).map(String::as_str).collect();
    let rest = if rest > 0 { format!("  - … and {rest} more\n") } else { String::new() };
    text + &format!("\n  <details><summary>{count} more</summary>\n\n{folded}{rest}\n  </details>\n\n")
}

fn more(count: usize, shown: usize) -> String {
    if count > shown { format!("- … and {} more\n", count - shown) } else { String::new() }
}

fn words(words: &Words) -> String {
    let word = |word: &Word| match word {
        Word::Plain(text) => escaped(text),
        Word::Quoted(text) => code(text),
    };
    words.0.iter().map(word).collect()
}

/// Text in which nothing is markup.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
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
    fn nothing_of_ours_is_markup() {
        assert_eq!(escaped("P95 < 500ms *and* [a](b)"), "P95 &lt; 500ms \\*and\\* \\[a\\](b)");
    }
}
