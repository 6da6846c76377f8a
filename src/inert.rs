//! Text of others, shown so that it does nothing: labels that a server tells, values that a program exposes, whatever stands in sources.

/// A text that moves no cursor and hides nothing: control characters, and those that turn or join the text around them, as pictures. Line
/// breaks and tabs stay.
pub fn text(text: &str) -> String {
    text.chars().map(|c| if matches!(c, '\n' | '\t') { c } else { picture(c) }).collect()
}

/// As [`text`], on one line: line breaks and tabs are pictures, too.
pub fn line(text: &str) -> String {
    text.chars().map(picture).collect()
}

/// A line in a code span of Markdown that nothing in it can end: its fence is longer than any run of backticks (CommonMark 6.1).
pub fn code(text: &str) -> String {
    let text = line(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // One space on each side is dropped, unless there is nothing else; a span of spaces, or of nothing, would be no span.
    match text.trim().is_empty() {
        true => format!("{fence}\u{2423}{fence}"),
        false if longest > 0 || text.starts_with(' ') || text.ends_with(' ') => {
            format!("{fence} {text} {fence}")
        }
        false => format!("{fence}{text}{fence}"),
    }
}

fn picture(c: char) -> char {
    match c {
        '\0'..='\x1f' => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'),
        '\x7f' => '\u{2421}',
        '\u{80}'..='\u{9f}'
        | '\u{61c}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}' => '\u{fffd}',
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::{code, line, text};

    #[test]
    fn what_moves_turns_or_hides_is_a_picture() {
        let hostile = "a\u{1b}[2J\r\n\tb\u{202e}c\u{200b}\u{85}\u{7f}é🔥";
        assert_eq!(text(hostile), "a␛[2J␍\n\tb\u{fffd}c\u{fffd}\u{fffd}␡é🔥");
        assert_eq!(line(hostile), "a␛[2J␍␊␉b\u{fffd}c\u{fffd}\u{fffd}␡é🔥");
    }

    #[test]
    fn nothing_leaves_a_code_span() {
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
}
