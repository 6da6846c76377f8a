//! The spelling of bucket bounds and of quantiles. Prometheus 2 stores them as they were exposed (`1`, `1.0`, `1e+06`), Prometheus 3 in one spelling
//! (`1.0`, `1e+06`): a query for one must match all spellings.

use super::ast::{MatchOp, Matcher, Selector};
use crate::vocabulary::{Decimal, text};

/// The labels whose values are numbers.
pub const NUMBERS: [&str; 2] = ["le", "quantile"];

/// The matcher for one bound, in every spelling.
pub fn matching(bound: Decimal) -> (MatchOp, String) {
    match &spellings(bound)[..] {
        [only] => (MatchOp::Equal, only.clone()),
        several => (MatchOp::Matches, pattern(several)),
    }
}

/// A selector that matches its bounds in every spelling.
pub fn in_every_spelling(selector: Selector) -> Selector {
    let is_number = |matcher: &Matcher| NUMBERS.contains(&matcher.label.as_str()) && !matcher.placeholder;
    if !selector.matchers.iter().any(is_number) {
        return selector;
    }
    let matchers: Vec<Matcher> = selector
        .matchers
        .iter()
        .map(|matcher| if is_number(matcher) { spelled(matcher) } else { matcher.clone() })
        .collect();
    Selector { matchers: matchers.into(), ..selector }
}

/// The bounds that a matcher lists; `None` if it matches in another way.
pub fn listed(matcher: &Matcher) -> Option<Vec<Bound>> {
    let pattern = matches!(matcher.op, MatchOp::Matches | MatchOp::NotMatches);
    let words: Vec<String> = match pattern {
        false => vec![matcher.value.clone()],
        // A point without an escape is meant as a point, too.
        true => matcher.value.split('|').map(|word| word.replace("\\.", ".").replace("\\+", "+")).collect(),
    };
    words.iter().map(|word| Bound::parse(word)).collect()
}

/// An upper bound, or a quantile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bound {
    /// A number.
    At(Decimal),
    /// `+Inf`
    Infinite,
}

impl Bound {
    fn parse(word: &str) -> Option<Self> {
        match word {
            "+Inf" | "Inf" => Some(Self::Infinite),
            _ => crate::contract::bound(word).map(|bound| Self::At(bound.normalize())),
        }
    }
}

fn spelled(matcher: &Matcher) -> Matcher {
    let Some(bounds) = listed(matcher) else { return matcher.clone() };
    let asked = matcher.asked();
    let negative = matches!(matcher.op, MatchOp::NotEqual | MatchOp::NotMatches);
    let found = |spelling: &String| asked.meets(spelling) == Some(!negative);
    let numbers = bounds.iter().filter_map(|bound| match bound {
        Bound::At(number) => Some(*number),
        Bound::Infinite => None,
    });
    let missing: Vec<String> = numbers.flat_map(spellings).filter(|spelling| !found(spelling)).collect();
    if missing.is_empty() {
        return matcher.clone();
    }
    let (op, written) = match matcher.op {
        MatchOp::Equal => (MatchOp::Matches, pattern(std::slice::from_ref(&matcher.value))),
        MatchOp::NotEqual => (MatchOp::NotMatches, pattern(std::slice::from_ref(&matcher.value))),
        op => (op, matcher.value.clone()),
    };
    Matcher { op, value: format!("{written}|{}", pattern(&missing)), ..matcher.clone() }
}

/// `1|1\.0`
fn pattern(spellings: &[String]) -> String {
    let escaped: Vec<String> =
        spellings.iter().map(|spelling| spelling.replace('.', "\\.").replace('+', "\\+")).collect();
    escaped.join("|")
}

/// A number in the spellings of programs and of Prometheus 3: like Go, which writes exponents from a million on and below a ten-thousandth.
fn spellings(number: Decimal) -> Vec<String> {
    let sign = if number.is_sign_negative() { "-" } else { "" };
    let plain = text(number.abs());
    let mut spellings = vec![format!("{sign}{plain}")];
    if !plain.contains('.') {
        spellings.push(format!("{sign}{plain}.0"));
    }
    let digits: String = plain.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0').trim_end_matches('0');
    let whole = plain.split('.').next().unwrap_or_default();
    let exponent = match plain.split_once('.') {
        Some(("0", fraction)) => -1 - (fraction.len() - fraction.trim_start_matches('0').len()) as i32,
        _ => whole.len() as i32 - 1,
    };
    if !digits.is_empty() && !(-4..6).contains(&exponent) {
        let (head, tail) = digits.split_at(1);
        let mantissa = if tail.is_empty() { head.to_owned() } else { format!("{head}.{tail}") };
        let of = if exponent < 0 { '-' } else { '+' };
        spellings.push(format!("{sign}{mantissa}e{of}{:02}", exponent.abs()));
    }
    spellings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promql::{ast::Kind, parse};

    #[test]
    fn bounds_match_in_every_spelling() {
        let spelled = |millis| matching(Decimal::new(millis, 3)).1;
        assert_eq!(spelled(250), "0.25");
        assert_eq!(spelled(1_000), r"1|1\.0");
        assert_eq!(spelled(10_000), r"10|10\.0");
        assert_eq!(spelled(2_500_000_000), r"2500000|2500000\.0|2\.5e\+06");
        assert_eq!(spelled(-1_000), r"-1|-1\.0");
        assert_eq!(matching(Decimal::new(12_345_675, 1)).1, r"1234567\.5|1\.2345675e\+06");
        assert_eq!(matching(Decimal::new(25, 6)).1, r"0\.000025|2\.5e-05");
        assert_eq!(matching(Decimal::new(1, 4)), (MatchOp::Equal, "0.0001".to_owned()));
        assert_eq!(matching(Decimal::ZERO).1, r"0|0\.0");
    }

    #[test]
    fn a_matcher_of_one_spelling_becomes_one_of_all() {
        for (written, meant) in [
            (r#"x_bucket{le="1"}"#, r#"x_bucket{le=~"1|1\\.0"}"#),
            (r#"x_bucket{le="1.0",a="1"}"#, r#"x_bucket{le=~"1\\.0|1",a="1"}"#),
            (r#"x_bucket{le!="30"}"#, r#"x_bucket{le!~"30|30\\.0"}"#),
            (r#"x_bucket{le="0.5"}"#, r#"x_bucket{le="0.5"}"#),
            (r#"x_bucket{le=".5"}"#, r#"x_bucket{le=~"\\.5|0\\.5"}"#),
            (r#"x_bucket{le="+Inf"}"#, r#"x_bucket{le="+Inf"}"#),
            (r#"x_bucket{le=~"0.5|1"}"#, r#"x_bucket{le=~"0.5|1|1\\.0"}"#),
            (r#"x_bucket{le=~"1(\\.0)?"}"#, r#"x_bucket{le=~"1(\\.0)?"}"#),
            (r#"x_bucket{le=~"1|1\\.0"}"#, r#"x_bucket{le=~"1|1\\.0"}"#),
            (r#"x_bucket{le=~".*"}"#, r#"x_bucket{le=~".*"}"#),
            (r#"x{quantile="1"}"#, r#"x{quantile=~"1|1\\.0"}"#),
            (r#"x{le="abc",other="1"}"#, r#"x{le="abc",other="1"}"#),
            (r#"x_bucket{le="1e6"}"#, r#"x_bucket{le=~"1e6|1000000|1000000\\.0|1e\\+06"}"#),
        ] {
            let Kind::Selector(selector) = parse(written).expect("PromQL").kind else { unreachable!() };
            assert_eq!(in_every_spelling(*selector).to_string(), meant, "{written}");
        }
    }
}
