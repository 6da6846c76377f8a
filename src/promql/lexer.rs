//! Splits PromQL text into tokens with their places. The parser does not read characters.

use super::ast::Span;
use super::fault::Fault;
use crate::inert::{blank, is_seen, line};
use crate::vocabulary::without_accent;

/// A token and its place.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub kind: TokenKind,
    pub span: Span,
}

/// The kinds of token. If the text is enough, there is only the span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A metric, label, function or keyword: the parser decides which.
    Word,
    /// A number in any of PromQL's spellings, `Inf` and `NaN` included.
    Number,
    /// `5m`, `1h30m`.
    Duration,
    /// A string, unescaped.
    String(String),
    /// `$name`.
    Placeholder,
    /// An operator or a bracket.
    Symbol(&'static str),
    /// The end of the text.
    End,
    /// Text that is not a token; always the last token. The parser reports it when it gets there, because an error further left is more useful.
    Fault(Fault),
}

/// Longest first, so that `<=` is not read as `<`.
const SYMBOLS: [&str; 29] = [
    "==", "=~", "!=", "!~", "<=", ">=", "</", ">/", "=", "<", ">", "+", "-", "*", "/", "%", "^", "(", ")",
    "{", "}", "[", "]", ",", ":", "@", ";", "&&", "||",
];

/// The tokens of `text`; the last one is `End` or `Fault`.
pub(super) fn lex(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    // A colon may be in a metric's name, but not in a label's. In a subquery it separates the range from the step.
    let (mut braces, mut brackets) = (false, false);
    loop {
        at = skip_blanks(text, at);
        let (kind, end) = match next(text, at, braces, brackets) {
            Ok(token) => token,
            Err(fault) => {
                tokens.push(Token { span: fault.span, kind: TokenKind::Fault(fault) });
                return tokens;
            }
        };
        match kind {
            TokenKind::Symbol("{") => braces = true,
            TokenKind::Symbol("}") => braces = false,
            TokenKind::Symbol("[") => brackets = true,
            TokenKind::Symbol("]") => brackets = false,
            TokenKind::End => {
                tokens.push(Token { kind, span: Span { start: at, end } });
                return tokens;
            }
            _ => {}
        }
        tokens.push(Token { kind, span: Span { start: at, end } });
        at = end;
    }
}

/// Skips white space and comments.
fn skip_blanks(text: &str, mut at: usize) -> usize {
    let bytes = text.as_bytes();
    loop {
        match bytes.get(at) {
            Some(b' ' | b'\t' | b'\n' | b'\r') => at += 1,
            Some(b'#') => at += text[at..].find(['\n', '\r']).unwrap_or(text.len() - at),
            _ => return at,
        }
    }
}

fn next(text: &str, at: usize, braces: bool, brackets: bool) -> Result<(TokenKind, usize), Fault> {
    let rest = &text[at..];
    let Some(first) = rest.chars().next() else { return Ok((TokenKind::End, at)) };
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || (c == ':' && !braces && !brackets);
    let name_end = |from: usize| from + text[from..].find(|c| !is_name(c)).unwrap_or(text.len() - from);
    match first {
        '"' | '\'' => string(text, at, first),
        '`' => raw_string(text, at),
        '0'..='9' => number_or_duration(text, at),
        '.' if rest[1..].starts_with(|c: char| c.is_ascii_digit()) => number_or_duration(text, at),
        '$' => {
            let end = at
                + 1
                + rest[1..].find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len() - 1);
            if rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
                Ok((TokenKind::Placeholder, end))
            } else {
                Err(Fault::new(Span { start: at, end: at + 1 }, "`$` without a name"))
            }
        }
        _ if is_name(first) => {
            let end = name_end(at);
            // In braces there are no reserved words.
            let special =
                !braces && ["inf", "nan"].iter().any(|word| word.eq_ignore_ascii_case(&text[at..end]));
            Ok((if special { TokenKind::Number } else { TokenKind::Word }, end))
        }
        _ => match SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
            Some(symbol) => Ok((TokenKind::Symbol(symbol), at + symbol.len())),
            None => {
                let span = Span { start: at, end: at + first.len_utf8() };
                let fault = Fault::new(span, format!("unexpected character {}", quoted(first)));
                if let Some(name) = blank(first) {
                    let headline = format!("this blank is U+{:04X} ({name})", u32::from(first));
                    return Err(Fault::new(span, headline).help("write an ordinary space, or remove it"));
                }
                Err(match first {
                    '“' | '”' | '„' | '«' | '»' => fault.help("use straight quotes: `\"`"),
                    '‘' | '’' | '´' => fault.help("use straight quotes: `'`"),
                    '–' | '−' => fault.help("write `-`"),
                    '≤' => fault.help("write `<=`"),
                    '≥' => fault.help("write `>=`"),
                    '≠' => fault.help("write `!=`"),
                    '÷' => fault.help("write `/`"),
                    '×' => fault.help("write `*`"),
                    '.' if at > 0 => {
                        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':');
                        let start = text[..at].rfind(|c| !is_part(c)).map_or(0, |before| before + 1);
                        let end = text[at..].find(|c| !is_part(c)).map_or(text.len(), |length| at + length);
                        let name = text[start..end].replace('.', "_");
                        fault.help(format!(
                            "Prometheus stores dots as `_`, unless it is configured otherwise: write `{name}`"
                        ))
                    }
                    _ if first.is_alphabetic()
                        && text[..at].ends_with(|c: char| c.is_ascii_alphabetic() || c == '_') =>
                    {
                        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':');
                        let start = text[..at].rfind(|c| !is_part(c)).map_or(0, |before| before + 1);
                        let end = text[at..].find(|c| !is_part(c)).map_or(text.len(), |length| at + length);
                        let name = &text[start..end];
                        let plain: String = name.chars().map(without_accent).collect();
                        fault.help(match plain.is_ascii() {
                            true => format!("names have only the letters a to z: write `{plain}`, or, if the program shows `{name}`, `{{\"{name}\"}}`"),
                            false => format!("names have only the letters a to z; if the program shows `{name}`, write `{{\"{name}\"}}`"),
                        })
                    }
                    _ => fault,
                })
            }
        },
    }
}

/// A character in a message; an invisible one by its number.
fn quoted(c: char) -> String {
    let character = c.to_string();
    if is_seen(&character) { format!("`{c}`") } else { format!("U+{:04X}", u32::from(c)) }
}

/// A token that starts with a digit. The longest possible run of characters is one token or one fault, so the fault for `5mm` covers all of it.
fn number_or_duration(text: &str, at: usize) -> Result<(TokenKind, usize), Fault> {
    let bytes = text.as_bytes();
    let hex = text[at..].starts_with("0x") || text[at..].starts_with("0X");
    let mut end = at;
    while let Some(byte) = bytes.get(end) {
        let sign_of_exponent = matches!(byte, b'+' | b'-')
            && !hex
            && matches!(bytes[end - 1], b'e' | b'E')
            && is_decimal(&text[at..end - 1]);
        if !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.') || sign_of_exponent) {
            break;
        }
        end += 1;
    }
    let (word, span) = (&text[at..end], Span { start: at, end });
    if is_number(word) {
        Ok((TokenKind::Number, end))
    } else if crate::vocabulary::Duration::parse(word).is_some() {
        Ok((TokenKind::Duration, end))
    } else if word.ends_with(|c: char| c.is_ascii_alphabetic())
        && word.bytes().all(|b| b.is_ascii_alphanumeric())
    {
        let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let power = match &word[digits.len()..] {
            "k" | "K" | "KB" | "kB" => Some(3),
            "M" | "MB" => Some(6),
            "G" | "GB" => Some(9),
            "T" | "TB" => Some(12),
            _ => None,
        };
        let fault = Fault::new(span, format!("`{word}` is neither a number nor a duration"));
        if let Some(power) = power.filter(|_| is_decimal(digits)) {
            return Err(fault.help(format!("a number has no unit: write `{digits}e{power}`")));
        }
        Err(fault.help("a duration has whole numbers and units, in this order and each once: y w d h m s ms"))
    } else {
        Err(Fault::new(span, format!("`{word}` is not a number")))
    }
}

fn is_decimal(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'_'))
        && text.bytes().any(|b| b.is_ascii_digit())
}

/// Whether Prometheus reads `word` as a number: Go's integers and floats, with `_` between digits.
fn is_number(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    if let Some(digits) = lower.strip_prefix("0x") {
        let divided = underscores_divide(digits.strip_prefix('_').unwrap_or(digits));
        return divided && i64::from_str_radix(&digits.replace('_', ""), 16).is_ok();
    }
    // Rust's floats are those of Go, except for the words, which do not start with a digit.
    underscores_divide(&lower)
        && lower.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'+' | b'-' | b'_'))
        && lower.replace('_', "").parse::<f64>().is_ok_and(f64::is_finite)
}

/// Whether every `_` has a digit on both sides.
fn underscores_divide(digits: &str) -> bool {
    let hex = |b: Option<&u8>| b.is_some_and(u8::is_ascii_hexdigit);
    let bytes = digits.as_bytes();
    bytes
        .iter()
        .enumerate()
        .all(|(i, b)| *b != b'_' || (i > 0 && hex(bytes.get(i - 1)) && hex(bytes.get(i + 1))))
}

fn raw_string(text: &str, at: usize) -> Result<(TokenKind, usize), Fault> {
    match text[at + 1..].find('`') {
        Some(length) => {
            let end = at + 1 + length;
            Ok((TokenKind::String(text[at + 1..end].to_owned()), end + 1))
        }
        None => Err(unclosed(text, at, '`')),
    }
}

fn unclosed(text: &str, at: usize, quote: char) -> Fault {
    let shown = if quote == '`' { "a backtick".to_owned() } else { format!("`{quote}`") };
    let rest = &text[at + 1..];
    let other = rest.find(['"', '\'', '`']);
    let advice = match other {
        _ if rest.trim().is_empty() => format!("remove the {shown} at the end"),
        Some(end) if !rest[..end].is_empty() && quote != '`' => {
            format!("it ends with another quote: write `{quote}{}{quote}`", &rest[..end])
        }
        _ => format!("end it with {shown}"),
    };
    Fault::new(Span { start: at, end: at + 1 }, "unclosed string").help(advice)
}

/// A string with Go's escapes. The bytes are collected first, because `\xc3\xa9` is one character.
fn string(text: &str, at: usize, quote: char) -> Result<(TokenKind, usize), Fault> {
    let mut bytes = Vec::new();
    let mut chars = text[at + 1..].char_indices().map(|(i, c)| (at + 1 + i, c)).peekable();
    while let Some((place, c)) = chars.next() {
        match c {
            '\n' => break,
            '\\' => {
                let escape = escape(&text[place..], quote).map_err(|length| {
                    let end = place + length;
                    let end = (end..=text.len()).find(|i| text.is_char_boundary(*i)).unwrap_or(text.len());
                    let shown = line(&text[place..end]);
                    Fault::new(Span { start: place, end }, format!("unknown escape `{shown}`"))
                        .help("write a backslash as `\\\\`, or the string between backticks")
                })?;
                bytes.extend(escape.bytes);
                while chars.peek().is_some_and(|(next, _)| *next < place + escape.length) {
                    chars.next();
                }
            }
            _ if c == quote => {
                let span = Span { start: at, end: place + 1 };
                return match String::from_utf8(bytes) {
                    Ok(string) => Ok((TokenKind::String(string), span.end)),
                    Err(_) => Err(Fault::new(span, "a string that is not UTF-8")),
                };
            }
            _ => bytes.extend(c.encode_utf8(&mut [0; 4]).bytes()),
        }
    }
    Err(unclosed(text, at, quote))
}

struct Escape {
    bytes: Vec<u8>,
    length: usize,
}

/// The escape at the start of `text`, or the number of its bytes that are not valid.
fn escape(text: &str, quote: char) -> Result<Escape, usize> {
    let Some(kind) = text[1..].chars().next() else { return Err(1) };
    let byte = |byte: u8| Ok(Escape { bytes: vec![byte], length: 2 });
    let digits = |from: usize, length: usize, radix: u32| {
        let digits =
            text.get(from..from + length).filter(|digits| digits.bytes().all(|b| b.is_ascii_alphanumeric()));
        digits.and_then(|digits| u32::from_str_radix(digits, radix).ok()).ok_or(1 + kind.len_utf8())
    };
    let character = |length: usize| {
        let code = digits(2, length, 16)?;
        let c = char::from_u32(code).ok_or(2 + length)?;
        Ok(Escape { bytes: c.to_string().into_bytes(), length: 2 + length })
    };
    match kind {
        'a' => byte(7),
        'b' => byte(8),
        'f' => byte(12),
        'n' => byte(b'\n'),
        'r' => byte(b'\r'),
        't' => byte(b'\t'),
        'v' => byte(11),
        '\\' => byte(b'\\'),
        _ if kind == quote => byte(quote as u8),
        'x' => Ok(Escape { bytes: vec![digits(2, 2, 16)? as u8], length: 4 }),
        'u' => character(4),
        'U' => character(8),
        '0'..='7' => match digits(1, 3, 8)? {
            code @ 0..=255 => Ok(Escape { bytes: vec![code as u8], length: 4 }),
            _ => Err(4),
        },
        _ => Err(1 + kind.len_utf8()),
    }
}

#[cfg(test)]
mod tests {
    use super::{TokenKind, lex};

    fn kinds(text: &str) -> Vec<TokenKind> {
        lex(text).into_iter().map(|token| token.kind).collect()
    }

    #[test]
    fn numbers_are_those_of_go() {
        for text in [
            "1", "1.", ".5", "1e3", "1E-3", "1_000", "0x1F", "0x_ff", "0_7", "1_000.5", "Inf", "nan",
            "1.5e+10",
        ] {
            assert_eq!(kinds(text), [TokenKind::Number, TokenKind::End], "{text}");
        }
        for text in ["1__0", "1_", "0x", "0xg", "1e999", "1.2.3", "1e", "5mm", "5m1h", "1.5h"] {
            assert!(matches!(kinds(text)[..], [TokenKind::Fault(_)]), "{text}: {:?}", kinds(text));
        }
    }

    #[test]
    fn strings_have_the_escapes_of_go() {
        let string = |text: &str| kinds(text)[0].clone();
        assert_eq!(
            string(r#""a\n\"\\\x41\101\u00e9\U0001F600é""#),
            TokenKind::String("a\n\"\\AAé😀é".into())
        );
        assert_eq!(string(r"'\''"), TokenKind::String("'".into()));
        assert_eq!(string(r"`\n`"), TokenKind::String("\\n".into()));
        assert_eq!(string(r#""\xc3\xa9""#), TokenKind::String("é".into()));
        for text in
            [r#""\'""#, r#""\d""#, r#""\x4""#, r#""\777""#, r#""\ud800""#, r#""\é""#, "\"a\nb\"", "\"", "'\\"]
        {
            assert!(matches!(string(text), TokenKind::Fault(_)), "{text}");
        }
    }

    #[test]
    fn a_colon_is_part_of_a_metric_but_separates_a_step() {
        assert_eq!(kinds("a:b:c").len(), 2);
        assert_eq!(kinds("a[5m:1m]").len(), 7);
    }
}
