//! Inserts Markdown into other Markdown.

/// The user's Markdown as part of a document. Its highest headings become one level deeper than `level`, and open blocks are closed at its end.
pub fn below(level: usize, markdown: &str) -> String {
    let text = markdown.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n");
    let mut lines: Vec<Line> = Vec::new();
    let mut fences = Fences::default();
    let mut in_comment = false;
    for line in text.trim().lines() {
        let line = line.trim_end();
        if !in_comment && fences.hold(line) {
            lines.push(Line::Text(line.to_owned()));
            continue;
        }
        in_comment = leaves_comment_open(line, in_comment);
        match (heading(line), underline(line), lines.last()) {
            (Some((depth, title)), _, _) => lines.push(Line::Heading(depth, title.to_owned())),
            (None, Some(depth), Some(Line::Text(title))) if is_paragraph(title) => {
                let title = title.trim().to_owned();
                lines.pop();
                lines.push(Line::Heading(depth, title));
            }
            _ => lines.push(Line::Text(line.to_owned())),
        }
    }
    let highest = lines.iter().filter_map(|line| match line {
        Line::Heading(depth, _) => Some(*depth),
        Line::Text(_) => None,
    });
    let highest = highest.min().unwrap_or(1);
    let mut shifted = String::new();
    for line in &lines {
        match line {
            Line::Heading(depth, title) => {
                let depth = (depth - highest + level + 1).min(6);
                shifted += &format!("{} {title}", "#".repeat(depth));
            }
            Line::Text(line) => shifted += line,
        }
        shifted.push('\n');
    }
    if let Some((mark, length)) = fences.open {
        shifted += &format!("{}\n", String::from(mark).repeat(length));
    } else if in_comment {
        shifted += "-->\n";
    }
    shifted.truncate(shifted.trim_end().len());
    shifted
}

enum Line {
    Heading(usize, String),
    Text(String),
}

/// Tracks fenced code blocks, line by line.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fences {
    open: Option<(char, usize)>,
}

impl Fences {
    /// Whether the next line is in a code block, or is one of its fences.
    pub fn hold(&mut self, line: &str) -> bool {
        let line = line.trim_end();
        let (mark, length) = fence_of(line);
        match self.open {
            Some((open, least)) => {
                let ends = line.trim_start().trim_start_matches(mark).is_empty();
                if mark == open && length >= least && ends {
                    self.open = None;
                }
                true
            }
            None => {
                self.open = (length >= 3).then_some((mark, length));
                self.open.is_some()
            }
        }
    }
}

/// Whether a comment is open after a line of text. In `code`, comment marks have no meaning.
fn leaves_comment_open(line: &str, mut open: bool) -> bool {
    let mut rest = line;
    loop {
        if open {
            let Some(end) = rest.find("-->") else { return true };
            rest = &rest[end + 3..];
            open = false;
        }
        let Some(at) = rest.find(['`', '<']) else { return false };
        rest = &rest[at..];
        if let Some(within) = rest.strip_prefix("<!--") {
            rest = within;
            open = true;
            continue;
        }
        let ticks = rest.len() - rest.trim_start_matches('`').len();
        let code = &rest[ticks.max(1)..];
        rest = match code_end(code, ticks) {
            Some(end) => &code[end..],
            None => code,
        };
    }
}

/// The end of inline code that began with so many backticks.
fn code_end(code: &str, ticks: usize) -> Option<usize> {
    if ticks == 0 {
        return None;
    }
    let mut at = 0;
    loop {
        at += code[at..].find('`')?;
        let run = code[at..].len() - code[at..].trim_start_matches('`').len();
        at += run;
        if run == ticks {
            return Some(at);
        }
    }
}

/// The fence at the beginning of a line: its character and length.
fn fence_of(line: &str) -> (char, usize) {
    let line = line.trim_start();
    let mark = line.chars().next().filter(|c| ['`', '~'].contains(c)).unwrap_or(' ');
    let length = line.chars().take_while(|c| *c == mark && mark != ' ').count();
    // After three backticks, another backtick on the same line means inline code.
    let inline = mark == '`' && line[length..].contains('`');
    (mark, if inline { 0 } else { length })
}

/// The depth and title of `## Title`.
fn heading(line: &str) -> Option<(usize, &str)> {
    let start = line.trim_start_matches(' ');
    let depth = start.chars().take_while(|c| *c == '#').count();
    let title = &start[depth..];
    let is_heading = line.len() - start.len() <= 3 && (1..=6).contains(&depth);
    (is_heading && (title.is_empty() || title.starts_with([' ', '\t']))).then(|| (depth, title.trim()))
}

/// The depth of the heading that a line of `=` or `-` makes from the previous line.
fn underline(line: &str) -> Option<usize> {
    let is =
        |mark: char| !line.is_empty() && !line.starts_with("    ") && line.trim().chars().all(|c| c == mark);
    if is('=') { Some(1) } else { is('-').then_some(2) }
}

/// Whether a line belongs to a paragraph: not empty, and not a list, quote, table, rule or indented code.
fn is_paragraph(line: &str) -> bool {
    let text = line.trim();
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let other = text.is_empty()
        || line.starts_with("    ")
        || text.starts_with(['>', '|', '<', '`', '~'])
        || ["- ", "* ", "+ ", "---", "***", "___"].iter().any(|mark| text.starts_with(mark))
        || (digits > 0 && text[digits..].starts_with(['.', ')']));
    !other
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inserted_headings_are_below_their_parent() {
        assert_eq!(below(2, "# A\r\n\r\n## B\r\ntext\r\n"), "### A\n\n#### B\ntext");
        assert_eq!(below(2, "### A\n##### B"), "### A\n##### B");
        assert_eq!(below(2, "A\n=\n\nB\n---\n\n- x\n---\n\n---\n"), "### A\n\n#### B\n\n- x\n---\n\n---");
        assert_eq!(below(5, "# A\n## B\n### C"), "###### A\n###### B\n###### C");
        assert_eq!(below(2, "#hash\n    # code\n"), "#hash\n    # code");
        assert_eq!(below(2, "\u{feff}text"), "text");
    }

    #[test]
    fn code_is_unchanged_and_open_blocks_are_closed() {
        assert_eq!(below(2, "```sh\n# no heading\n```\n# A"), "```sh\n# no heading\n```\n### A");
        assert_eq!(below(2, "````\n```\n# x\n"), "````\n```\n# x\n````");
        assert_eq!(below(2, "~~~\n# x\n```"), "~~~\n# x\n```\n~~~");
        assert_eq!(below(2, "``` a ` b\n# A"), "``` a ` b\n### A");
        assert_eq!(below(2, "a <!-- b\n# c"), "a <!-- b\n### c\n-->");
    }

    #[test]
    fn comment_marks_in_code_are_code() {
        for closed in
            ["```\n<!-- a\n```\nb", "~~~\n<!--\n~~~", "  ```\n  <!--\n  ```", "a `<!--` b", "a ``<!-- ` `` b"]
        {
            assert_eq!(below(2, closed.trim()), closed.trim());
        }
        assert_eq!(below(2, "a ` <!-- b"), "a ` <!-- b\n-->");
        assert_eq!(below(2, "<!-- a\n```\n-->\nb\n<!-- c"), "<!-- a\n```\n-->\nb\n<!-- c\n-->");
        assert_eq!(below(2, "<!-- a --> <!-- b --> `x"), "<!-- a --> <!-- b --> `x");
    }
}
