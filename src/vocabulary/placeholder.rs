//! Placeholders for a name, as other tools write them: `{{ name }}`, `${name}`, `[[name]]`, `%name%`.

use std::ops::Range;

/// A placeholder in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placeholder<'a> {
    /// Its bytes, with its signs.
    pub place: Range<usize>,
    /// The name in it.
    pub name: &'a str,
}

/// Signs around a name. The longer of two that begin alike comes first.
const SIGNS: [(&str, &str); 8] =
    [("<<", ">>"), ("{{", "}}"), ("${", "}"), ("[[", "]]"), ("{", "}"), ("<", ">"), ("%", "%"), ("$", "")];

impl<'a> Placeholder<'a> {
    /// Every placeholder of a text.
    pub fn all(text: &'a str) -> impl Iterator<Item = Placeholder<'a>> {
        let mut from = 0;
        std::iter::from_fn(move || {
            loop {
                from += text[from..].find(['<', '{', '$', '[', '%'])?;
                match SIGNS.iter().find_map(|signs| Self::at(text, from, *signs)) {
                    Some(found) => {
                        from = found.place.end;
                        return Some(found);
                    }
                    None => from += 1,
                }
            }
        })
    }

    /// Whether no other meaning is likely: `<none>` and `{id}` are values that exist, and so is `${x}`; `<<job>>` is not.
    pub fn is_certain(&self, text: &str) -> bool {
        let written = &text[self.place.clone()];
        let whole = self.place == (0..text.len());
        let is_word = self.name.len() > 1;
        is_word && ["<<", "{{", "${", "[["].iter().any(|open| written.starts_with(open))
            || is_word && whole && written.starts_with('$')
    }

    fn at(text: &'a str, start: usize, (open, close): (&str, &str)) -> Option<Self> {
        let rest = text[start..].strip_prefix(open)?;
        let inner = match close {
            "" => &rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())],
            close => &rest[..rest.find(close)?],
        };
        // Templates of Go and Prometheus name a field or a label.
        if matches!(open, "%" | "<") && inner.trim() != inner {
            return None;
        }
        let name = inner.trim().trim_start_matches("$labels.").trim_start_matches(['.', '$']);
        // Between double signs nobody means plain text, so `<<job-name>>` is a name, too.
        let is_part = |c: char| is_part(c) || open.len() == 2 && matches!(c, '-' | '.');
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(is_part);
        let end = start + open.len() + inner.len() + close.len();
        is_name.then_some(Placeholder { place: start..end, name })
    }
}

fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::Placeholder;

    #[test]
    fn placeholders_of_other_tools_are_found() {
        for (text, names) in [
            ("<<job>> << job >> {{job}} {{ .job }} {{ $labels.job }}", 5),
            ("${job} $job [[job]] {job} <job> %job%", 6),
            ("{job-name} <job-name> %a.b%", 0),
        ] {
            let found: Vec<_> = Placeholder::all(text).map(|one| one.name).collect();
            assert_eq!(found, vec!["job"; names], "{text}");
        }
        for text in
            ["^5..$", "100%", "a < b", "{}", "<% if page %>", "$", "50% of 3%", "{{ printf 3 }}", "«»"]
        {
            assert_eq!(Placeholder::all(text).count(), 0, "{text}");
        }
    }
}
