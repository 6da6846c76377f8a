//! Names that become labels, alert names and file names.

use std::fmt;

/// The name of a service or an SLO: `[a-z][a-z0-9]*(-[a-z0-9]+)*`, at most 60 characters. There is only one spelling, so that no two names differ
/// only in case. It is safe in paths, labels, YAML and Markdown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(String);

impl Name {
    /// The longest name; file names join two of them.
    pub const LONGEST: usize = 60;

    /// The name, if the text is valid.
    pub fn parse(text: &str) -> Option<Self> {
        let words = |text: &str| {
            text.split('-').all(|word| {
                !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
            })
        };
        let valid =
            text.len() <= Self::LONGEST && text.starts_with(|c: char| c.is_ascii_lowercase()) && words(text);
        valid.then(|| Self(text.to_owned()))
    }

    /// The nearest valid name, for advice; `None` if no character is left.
    pub fn nearest(text: &str) -> Option<Self> {
        let mut spelled = String::new();
        let mut was_small = false;
        for written in text.chars() {
            // `ShopDown` has two words.
            if written.is_uppercase() && was_small {
                spelled.push('-');
            }
            was_small = written.is_lowercase();
            for c in written.to_lowercase() {
                match c {
                    'a'..='z' | '0'..='9' => spelled.push(c),
                    _ => spelled += plain(c),
                }
            }
        }
        let words: Vec<&str> = spelled.split('-').filter(|word| !word.is_empty()).collect();
        let joined = words.join("-");
        let letters = joined.trim_start_matches(|c: char| !c.is_ascii_lowercase());
        Self::parse(letters.get(..Self::LONGEST.min(letters.len()))?)
    }

    /// As part of an alert's name: `telegram-bot` is `TelegramBot`.
    pub fn camel(&self) -> String {
        self.0
            .split('-')
            .flat_map(|word| {
                let mut chars = word.chars();
                chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars)
            })
            .collect()
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A letter of a European language without its marks; a hyphen for anything else.
fn plain(c: char) -> &'static str {
    match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' => "e",
        'ğ' => "g",
        'ì'..='ï' | 'ī' | 'į' | 'ı' => "i",
        'ł' => "l",
        'ñ' | 'ń' | 'ň' => "n",
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => "o",
        'œ' => "oe",
        'ř' => "r",
        'ś' | 'š' | 'ş' | 'ș' => "s",
        'ß' => "ss",
        'ť' | 'ţ' | 'ț' | 'þ' => "t",
        'ù'..='ü' | 'ū' | 'ů' | 'ű' => "u",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        _ => "-",
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Labels that the generated rules set themselves, or that have a special meaning in Prometheus.
pub const RESERVED_LABELS: [&str; 10] = [
    "alertname",
    "alertstate",
    "budget_below",
    "events",
    "le",
    "quantile",
    "service",
    "severity",
    "slo",
    "owner",
];

/// A label name: either one that every version of Prometheus accepts, `[a-zA-Z_][a-zA-Z0-9_]*`, or one that needs quotes, which Prometheus 3 accepts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LabelName(String);

impl LabelName {
    /// The label name, if the text is valid and no keyword.
    pub fn parse(text: &str) -> Option<Self> {
        let head = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let valid =
            head && !Self::is_keyword(text) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        valid.then(|| Self(text.to_owned()))
    }

    /// A label name that needs quotes, as OpenTelemetry has them: `http.route`, `k8s.io/role`. Prometheus 3 accepts any text. Characters other than
    /// letters, digits and `_ . - /` are refused, because YAML, templates and addresses could not distinguish them from text.
    pub fn in_quotes(text: &str) -> Option<Self> {
        let head = text.starts_with(|c: char| c.is_alphabetic() || c == '_');
        let valid = head && text.chars().all(|c| c.is_alphanumeric() || "_.-/".contains(c));
        (valid && Self::parse(text).is_none() && !Self::is_keyword(text)).then(|| Self(text.to_owned()))
    }

    /// Whether no Prometheus can use this label in a list of labels. Prometheus 3 reads it there in quotes, and then evaluates the list without them.
    pub fn is_keyword(text: &str) -> bool {
        ["inf", "nan", "without"].iter().any(|word| word.eq_ignore_ascii_case(text))
    }

    /// Whether no source may set it: one of [`RESERVED_LABELS`], or one of Prometheus (`__…`).
    pub fn is_reserved(&self) -> bool {
        self.0.starts_with("__") || RESERVED_LABELS.contains(&self.0.as_str())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LabelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Labels that name a program or a place.
const PLACES: [&str; 40] = [
    "app",
    "application",
    "az",
    "cell",
    "cluster",
    "component",
    "container",
    "datacenter",
    "dc",
    "deployment",
    "env",
    "environment",
    "host",
    "hostname",
    "instance",
    "job",
    "machine",
    "namespace",
    "node",
    "pid",
    "pod",
    "pod_name",
    "process",
    "process_id",
    "prometheus",
    "prometheus_replica",
    "receive",
    "region",
    "replica",
    "server",
    "service",
    "service_name",
    "shard",
    "stage",
    "tenant",
    "tenant_id",
    "worker",
    "worker_id",
    "workload",
    "zone",
];

/// Whether a label names a program or a place.
pub fn names_a_place(label: &str) -> bool {
    PLACES.contains(&label)
        || ["exported_", "k8s_", "service_instance"].iter().any(|start| label.starts_with(start))
}

/// Whether a metric is 1 in the good state, by its name: `up`, `probe_success`, `pg_up`.
pub fn is_named_up(metric: &str) -> bool {
    matches!(metric, "up" | "probe_success") || metric.ends_with("_up")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_in_paths_and_labels() {
        for text in ["", "API", "a/b", "..", "a b", "-a", "a-", "a--b", "1a", "a\n", "a{{", "ñ", "a_b"] {
            assert_eq!(Name::parse(text), None, "{text:?}");
        }
        assert_eq!(Name::nearest("Mi Servicio/1").map(|name| name.to_string()), Some("mi-servicio-1".into()));
        assert_eq!(Name::parse("telegram-bot").expect("valid").camel(), "TelegramBot");
    }
}
