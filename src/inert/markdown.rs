//! Untrusted text in Markdown: as words, in a code span, in a code block.

use super::{line, text};

/// A text for Markdown that shows exactly these words, on one line: without markup, HTML or variables of a dashboard. It can be anywhere in a line.
pub fn markdown(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let words = line(&words);
    let marker = marker(&words);
    let mut plain = String::with_capacity(words.len());
    for (at, c) in words.char_indices() {
        match c {
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '#' | '|' | '<' | '>' | '&' | '$' | '~' => {
                plain += &format!("&#{};", u32::from(c));
            }
            c if Some(at) == marker => plain += &format!("&#{};", u32::from(c)),
            c => plain.push(c),
        }
    }
    plain
}

/// The end of a marker that would make a list, a rule or a heading at the beginning of a line: `- `, `+ `, `1. `, `===`. Other markers are escaped
/// everywhere.
fn marker(words: &str) -> Option<usize> {
    let digits = words.len() - words.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let marks: &[char] = if digits > 0 { &['.', ')'] } else { &['-', '+', '='] };
    let rest = words[digits..].strip_prefix(marks)?;
    // `-20%` and `1.5` are not markers.
    let alone = rest.is_empty() || rest.starts_with(' ');
    (alone || (digits == 0 && rest.chars().all(|c| marks.contains(&c)))).then_some(digits)
}

/// A text in inline code. Its fence is longer than every run of backticks in it (CommonMark 6.1).
pub fn code(text: &str) -> String {
    let text = line(text);
    let longest = longest_run(&text);
    let fence = "`".repeat(longest + 1);
    // Markdown removes one space on each side, unless there is nothing else. Inline code cannot be empty.
    match text.trim().is_empty() {
        true => format!("{fence}\u{2423}{fence}"),
        false if longest > 0 || text.starts_with(' ') || text.ends_with(' ') => {
            format!("{fence} {text} {fence}")
        }
        false => format!("{fence}{text}{fence}"),
    }
}

/// A code block with a fence that is longer than every fence in it.
pub fn fenced(language: &str, code: &str) -> String {
    let code = text(code);
    let fence = "`".repeat((longest_run(&code) + 1).max(3));
    format!("{fence}{language}\n{}\n{fence}", code.trim_end())
}

/// The longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{code, fenced, markdown};

    #[test]
    fn untrusted_markdown_is_text() {
        let text = "<script>alert(1)</script>\n# [x](y) ${__user.login} {{ x }} `a` a_b \u{202e}\x1b";
        let plain = markdown(text);
        assert!(!plain.contains(['<', '\n', '[', '$', '{', '`', '_', '>', '\u{202e}', '\x1b']), "{plain}");
        assert!(plain.starts_with("&#60;script&#62;alert(1)"), "{plain}");
        assert!(plain.ends_with(" ⟨U+202E⟩␛"), "{plain}");
    }

    #[test]
    fn texts_cannot_begin_a_list_a_rule_a_heading_or_a_quote() {
        let lines = [
            "- a", "+ a", "* a", "1. a", "12) a", "# a", "> a", "===", "---", "- - -", "~~~", "-20% + 1",
            "| a |", "-", "1.",
        ];
        for text in lines {
            let document = format!("before\n{}\n", markdown(text));
            let events: Vec<pulldown_cmark::Event> = pulldown_cmark::Parser::new(&document).collect();
            let shown: String = (events.iter())
                .filter_map(|event| match event {
                    pulldown_cmark::Event::Text(text) => Some(text.as_ref()),
                    pulldown_cmark::Event::SoftBreak => Some("\n"),
                    _ => None,
                })
                .collect();
            assert_eq!(shown, format!("before\n{text}"), "{events:?}");
            assert!(
                matches!(events[0], pulldown_cmark::Event::Start(pulldown_cmark::Tag::Paragraph)),
                "{text}"
            );
            assert!(
                events.iter().filter(|event| matches!(event, pulldown_cmark::Event::Start(_))).count() == 1
            );
        }
        assert_eq!(markdown("1.5 s, a - b, 99.9%"), "1.5 s, a - b, 99.9%");
    }

    #[test]
    fn a_text_cannot_end_its_inline_code() {
        let spans =
            ["a", "a`b", "``", "`", "", "  ", " a", "</details>\n# @all", "a`[x](http://evil)"].map(code);
        assert_eq!(
            spans,
            [
                "`a`",
                "`` a`b ``",
                "``` `` ```",
                "`` ` ``",
                "`␣`",
                "`␣`",
                "`  a `",
                "`</details>␊# @all`",
                "`` a`[x](http://evil) ``"
            ]
        );
    }

    #[test]
    fn a_text_cannot_close_its_code_block() {
        assert_eq!(fenced("promql", "up"), "```promql\nup\n```");
        assert_eq!(fenced("", "a\n```\nb"), "````\na\n```\nb\n````");
    }
}
