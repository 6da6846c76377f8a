//! A difference for a terminal: the most severe first, one paragraph per fact.

use super::{Flaw, Page, for_subjects};
use crate::difference::{Sentence, SentencePart, Weight};
use crate::inert;

/// The width of lines.
const WIDTH: usize = 110;

/// More effects of one change are only counted: contracts can change in hundreds of lines.
const EFFECTS: usize = 40;

/// ANSI sequences: bold, red, yellow, and reset.
const BOLD: &str = "\u{1b}[1m";
const RED: &str = "\u{1b}[1;31m";
const YELLOW: &str = "\u{1b}[1;33m";
const PLAIN: &str = "\u{1b}[0m";

pub(super) fn render(page: &Page, color: bool) -> String {
    let paint = |style: &str, text: &str| {
        if color { format!("{style}{text}{PLAIN}") } else { text.to_owned() }
    };
    let mut text = format!("{} → {}\n", inert::line(page.old), inert::line(page.new));
    text += &wrapped(0, "", &page.difference.summary());
    for flaw in &page.flaws {
        text += &format!("\n{}\n", flaw_text(flaw, &paint));
    }
    if let Some(caveat) = page.caveat() {
        text += &format!("\n{}", wrapped(0, "", &caveat));
    }
    for weight in Weight::ALL {
        let changes = page.of(weight);
        if changes.is_empty() {
            continue;
        }
        let (title, style) = match weight {
            Weight::Care => ("Needs care", RED),
            Weight::Promise => ("What is promised", BOLD),
            Weight::Alerting => ("What alerts, and who is notified", BOLD),
            Weight::Detail => ("Details", BOLD),
        };
        text += &format!("\n{}\n", paint(style, title));
        for change in changes {
            let subjects = page.subjects(change);
            let head = wrapped(2, "", &format!("{subjects}: {}", plain(&change.text)));
            text += &match head.strip_prefix(&format!("  {subjects}:")) {
                Some(rest) => format!("  {}{rest}", paint(BOLD, &format!("{subjects}:"))),
                None => head,
            };
            if let Some(warning) = &change.warning {
                let warned = wrapped(4, "! ", &plain(warning));
                text += &warned.replacen("! ", &format!("{} ", paint(RED, "!")), 1);
            }
            for effect in change.effects.iter().take(EFFECTS) {
                let subjects =
                    for_subjects(effect).map(|subjects| format!(" ({subjects})")).unwrap_or_default();
                text += &wrapped(4, "- ", &format!("{}{subjects}", plain(&effect.text)));
            }
            if change.effects.len() > EFFECTS {
                text += &format!("    … and {} more\n", change.effects.len() - EFFECTS);
            }
        }
    }
    if let Some(cost) = page.difference.cost() {
        text += &format!("\n{}", wrapped(0, "", &cost));
    }
    text
}

fn flaw_text(flaw: &Flaw, paint: &dyn Fn(&str, &str) -> String) -> String {
    let style = if flaw.level == "error" { RED } else { YELLOW };
    let code = paint(style, &format!("{}[{}]", flaw.level, flaw.code));
    format!("{code}: {}\n  --> {} ({} side)", inert::line(flaw.headline), flaw.place(), flaw.side)
}

fn plain(words: &Sentence) -> String {
    let word = |word: &SentencePart| match word {
        SentencePart::Plain(text) => inert::line(text).into_owned(),
        SentencePart::Quoted(text) => format!("`{}`", inert::line(text)),
    };
    words.0.iter().map(word).collect()
}

/// Lines of limited width: the first after a mark, the others indented to its text.
fn wrapped(indent: usize, mark: &str, words: &str) -> String {
    let mut text = String::new();
    let mut line = format!("{}{mark}", " ".repeat(indent));
    let mut is_new = true;
    for word in words.split(' ') {
        if !is_new && line.chars().count() + 1 + word.chars().count() > WIDTH {
            text += line.trim_end();
            text.push('\n');
            line = " ".repeat(indent + 2);
            is_new = true;
        }
        if !is_new {
            line.push(' ');
        }
        line += word;
        is_new = false;
    }
    text + line.trim_end() + "\n"
}
