//! Values of matchers that are patterns of another language, or lists of codes.

use super::ast::{MatchOp, Matcher};
use crate::vocabulary::names_a_place;

/// The matcher that somebody means with `status="5.."`, `code=~"!2.."` or `job="shop*"`.
pub fn meant_matcher(matcher: &Matcher) -> Option<Matcher> {
    let Matcher { label, op, value, .. } = matcher;
    if let (MatchOp::Matches | MatchOp::Equal, Some(rest)) = (op, value.strip_prefix('!')) {
        let rest = meant(rest, *op).unwrap_or_else(|| rest.to_owned());
        return (!rest.is_empty()).then(|| Matcher {
            op: MatchOp::NotMatches,
            value: rest,
            ..matcher.clone()
        });
    }
    // `^5` and `2`, as if a part of the value were enough.
    let is_code = label.contains("status") || label.contains("code");
    let part = value.trim_start_matches('^').trim_end_matches('$');
    if is_code
        && matches!(op, MatchOp::Matches | MatchOp::NotMatches)
        && matches!(part.as_bytes(), [b'1'..=b'5'])
        && !label.contains("grpc")
    {
        return Some(Matcher { value: format!("{part}.."), ..matcher.clone() });
    }
    if label == "grpc_code"
        && matches!(op, MatchOp::Equal | MatchOp::NotEqual | MatchOp::Matches | MatchOp::NotMatches)
    {
        let parts: Vec<&str> = value.split('|').collect();
        let meant: Vec<&str> = parts.iter().map(|part| grpc_code(part).unwrap_or(part)).collect();
        return (meant != parts).then(|| Matcher { value: meant.join("|"), ..matcher.clone() });
    }
    // A path may have a star, and a job has none.
    let is_glob = value.contains('*') && names_a_place(label) && !value.contains(".*");
    let value = match op {
        MatchOp::Equal | MatchOp::NotEqual if is_glob => value.replace('*', ".*"),
        _ => meant(value, *op)?,
    };
    let op =
        if matches!(op, MatchOp::Equal | MatchOp::Matches) { MatchOp::Matches } else { MatchOp::NotMatches };
    Some(Matcher { op, value, ..matcher.clone() })
}

/// The code as the library for Go writes it: `Unavailable` of `UNAVAILABLE`.
fn grpc_code(text: &str) -> Option<&'static str> {
    const CODES: [&str; 17] = [
        "OK",
        "Canceled",
        "Unknown",
        "InvalidArgument",
        "DeadlineExceeded",
        "NotFound",
        "AlreadyExists",
        "PermissionDenied",
        "ResourceExhausted",
        "FailedPrecondition",
        "Aborted",
        "OutOfRange",
        "Unimplemented",
        "Internal",
        "Unavailable",
        "DataLoss",
        "Unauthenticated",
    ];
    let folded = |text: &str| text.replace('_', "").to_lowercase();
    CODES.into_iter().find(|code| *code != text && folded(code) == folded(text))
}

/// The pattern that somebody means with `5..` after `=`, with `5xx`, `500-599`, `>=500` or `500,503`, or with `/api/*` after `=~`.
pub fn meant(value: &str, op: MatchOp) -> Option<String> {
    let equals = matches!(op, MatchOp::Equal | MatchOp::NotEqual);
    let code = |text: &str| text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    let class = |text: &str| matches!(text.as_bytes(), [b'1'..=b'5', b'.', b'.']);
    if let [first @ b'1'..=b'5', rest @ ..] = value.as_bytes()
        && matches!(rest, b"xx" | b"XX" | b"x" | b"*" | b"**" | b"..")
        && (equals || rest != b"..")
    {
        return Some(format!("{}..", *first as char));
    }
    let bare = value.trim_start_matches(['>', '=', ' ']).trim_end_matches('+');
    if bare != value && code(bare) {
        return (bare.ends_with("00") || bare.ends_with("99")).then(|| match from_class(bare) {
            5 => "5..".to_owned(),
            first => format!("[{first}-5].."),
        });
    }
    // `500-599`, also in brackets.
    let range =
        value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(value).split_once('-');
    if let Some((from, to)) = range.filter(|(from, to)| code(from) && code(to)) {
        let (first, last) = (&from[..1], &to[..1]);
        return match (&from[1..], &to[1..]) {
            ("00", "99") if first == last => Some(format!("{first}..")),
            ("00", "99") => Some(format!("[{first}-{last}]..")),
            (low, high) if first == last && low[..1] == high[..1] => {
                Some(format!("{first}{}[{}-{}]", &low[..1], &low[1..], &high[1..]))
            }
            _ => None,
        };
    }
    // `5%` of SQL, `4..,5..`, `500 | 503`, `5..` in brackets.
    if let [first @ b'1'..=b'5', b'%'] = value.as_bytes() {
        return Some(format!("{}..", *first as char));
    }
    if let Some(inner) =
        value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).filter(|inner| class(inner))
    {
        return Some(inner.to_owned());
    }
    let parts: Vec<&str> = value.split(['|', ',', ' ', '/']).filter(|part| !part.is_empty()).collect();
    let mixed = parts.iter().any(|part| class(part)) || value.contains(" |") || value.contains("| ");
    if parts.len() > 1
        && parts.iter().all(|part| code(part) || class(part))
        && mixed
        && parts.join("|") != value
    {
        return Some(parts.join("|"));
    }
    let codes: Vec<&str> = value.split(['|', ',', ' ']).filter(|part| !part.is_empty()).collect();
    if codes.len() > 1 && codes.iter().all(|part| code(part)) && (equals || !value.contains('|')) {
        return Some(codes.join("|"));
    }
    if let Some(inner) = value.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'))
        && !equals
        && inner.trim_start_matches('^').starts_with(|c: char| c.is_ascii_digit())
    {
        return Some(match inner.trim_start_matches('^').trim_end_matches('$') {
            first if first.len() == 1 => format!("{first}.."),
            _ => inner.to_owned(),
        });
    }
    if equals {
        // `5xx|4xx`, `GET|POST`
        let parts: Vec<&str> = value.split('|').collect();
        if parts.len() > 1 && parts.iter().all(|part| !part.is_empty() && !part.contains(' ')) {
            let part = |part: &&str| meant(part, op).unwrap_or_else(|| (*part).to_owned());
            return Some(parts.iter().map(part).collect::<Vec<_>>().join("|"));
        }
        let is_pattern =
            [".*", ".+", "[0-9]", "\\d"].iter().any(|sign| value.contains(sign)) || value.starts_with('^');
        return is_pattern.then(|| value.to_owned());
    }
    // `*.html` cannot begin with a repetition.
    if let Some(rest) = value.strip_prefix('*').filter(|rest| !rest.contains(['(', '[', '\\', '+', '?', '{']))
    {
        return Some(format!(".*{}", rest.replace('.', "\\.").replace('*', ".*")));
    }
    // A star alone repeats the character before it, which hardly anybody wants.
    let is_glob = value.contains('*') && !value.contains(['.', '(', '[', '\\', '+', '?', '{', '^', '$']);
    is_glob.then(|| value.replace('*', ".*"))
}

/// The first class of codes of `>=500` or `>499`.
fn from_class(code: &str) -> u8 {
    let first = code.as_bytes()[0] - b'0';
    if code.ends_with("99") { first + 1 } else { first }
}
