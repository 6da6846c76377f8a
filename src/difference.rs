//! The difference in meaning between two states of the definitions, as data, independent of the output format.

use std::fmt;
use std::iter::Sum;

use crate::secret;

/// All changes, most severe first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// One entry per fact; a fact that holds for several SLOs is one entry that names them.
    pub changes: Vec<Change>,
    /// The size of the old side.
    pub before: Amounts,
    /// The size of the new side.
    pub after: Amounts,
    /// The number of SLOs on both sides, also with a new name.
    pub kept: usize,
    /// Whether both sides were understood completely, so that their sizes can be compared.
    pub complete: bool,
}

/// The size of a project. Series are counted once for all values of `by`, because their number is unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    /// Service files.
    pub services: usize,
    /// SLOs of all services.
    pub slos: usize,
    /// Pages.
    pub pages: usize,
    /// Tickets.
    pub tickets: usize,
    /// Recorded series.
    pub recorded: usize,
    /// Evaluations of rules in an hour, alerts included.
    pub evaluations: usize,
    /// How often in an hour a selector of raw series is read.
    pub raw_reads: usize,
}

impl Sum for Amounts {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            services: sum.services + one.services,
            slos: sum.slos + one.slos,
            pages: sum.pages + one.pages,
            tickets: sum.tickets + one.tickets,
            recorded: sum.recorded + one.recorded,
            evaluations: sum.evaluations + one.evaluations,
            raw_reads: sum.raw_reads + one.raw_reads,
        })
    }
}

/// One fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its kind.
    pub kind: Kind,
    /// `service` or `service/slo`, with the current names, or the last ones if they were removed; empty for the whole project.
    pub subjects: Vec<String>,
    /// The fact, as a clause that can follow the subject's name and a colon.
    pub text: Sentence,
    /// The old value, if there is one.
    pub before: Option<String>,
    /// The new value.
    pub after: Option<String>,
    /// A warning: which data is lost or misleading because of the change, and until when.
    pub warning: Option<Sentence>,
    /// Its effects.
    pub effects: Vec<Effect>,
}

/// An effect of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// The effect, as a clause.
    pub text: Sentence,
    /// The subjects that it holds for; empty for all subjects of the change.
    pub subjects: Vec<String>,
}

/// How severe a change is for a reviewer, most severe first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Data is lost, or misleading for some time.
    Care,
    /// The promise.
    Promise,
    /// Alerts, and who is notified.
    Alerting,
    /// Labels, texts, contracts.
    Detail,
}

impl Weight {
    /// All weights, most severe first.
    pub const ALL: [Self; 4] = [Self::Care, Self::Promise, Self::Alerting, Self::Detail];

    /// The name for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Care => "care",
            Self::Promise => "promise",
            Self::Alerting => "alerting",
            Self::Detail => "detail",
        }
    }
}

macro_rules! kinds {
    ($($(#[$about:meta])* $variant:ident $name:literal $weight:ident)*) => {
        /// The kind of a change, in the order in which changes of one weight are listed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Kind { $($(#[$about])* $variant),* }

        impl Kind {
            /// The name for programs. It does not change between releases.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            fn weight(self) -> Weight {
                match self { $(Self::$variant => Weight::$weight),* }
            }
        }
    };
}

kinds! {
    /// Sources with errors, which were not compared.
    Unread "unread" Promise
    /// A service with a new name.
    ServiceRenamed "service-renamed" Promise
    /// A removed service.
    ServiceRemoved "service-removed" Promise
    /// A new service.
    ServiceAdded "service-added" Promise
    /// An SLO with a new name, or in another service.
    SloRenamed "slo-renamed" Promise
    /// A removed SLO.
    SloRemoved "slo-removed" Promise
    /// A new SLO.
    SloAdded "slo-added" Promise
    /// The measurement.
    Sli "sli" Promise
    /// The limit between good and bad events.
    Threshold "threshold" Promise
    /// Labels in which promises differ.
    By "by" Promise
    /// The kind of its events.
    Budgeting "budgeting" Promise
    /// The period.
    Period "period" Promise
    /// A higher share of good events.
    Stricter "objective-stricter" Promise
    /// A lower share of good events.
    Looser "objective-looser" Promise
    /// The time that counts.
    AgreedTime "agreed-time" Promise
    /// The error budget policy.
    BudgetPolicy "budget-policy" Promise
    /// Whether its metric exists.
    Planned "planned" Promise
    /// A new alert.
    AlertAdded "alert-added" Alerting
    /// An alert that was removed.
    AlertRemoved "alert-removed" Alerting
    /// An alert with a new name.
    AlertRenamed "alert-renamed" Alerting
    /// A pair of windows.
    Tier "tier" Alerting
    /// The condition of a companion alert.
    Companion "companion" Alerting
    /// The minimum of bad events.
    MinBadEvents "min-bad-events" Alerting
    /// The minimum of events.
    MinEvents "min-events" Alerting
    /// A budget alert.
    BudgetAlert "budget-alert" Alerting
    /// The alert for missing events.
    MissingEvents "missing-events" Alerting
    /// The receivers of an alert.
    Notified "notified" Alerting
    /// The channels of a receiver.
    Receiver "receiver" Alerting
    /// Routes and times.
    Route "route" Alerting
    /// Inhibitions.
    Inhibition "inhibition" Alerting
    /// The label values of severities.
    Severity "severity" Alerting
    /// Constant labels of alerts.
    Label "label" Detail
    /// Constant annotations of alerts.
    Annotation "annotation" Detail
    /// The owner.
    Owner "owner" Detail
    /// Accepted warnings.
    Accepted "accepted" Detail
    /// Texts for people.
    Description "description" Detail
    /// The runbook.
    Runbook "runbook" Detail
    /// Addresses.
    Link "link" Detail
    /// Expected events.
    Traffic "traffic" Detail
    /// The scrape interval.
    Scrape "scrape" Detail
    /// The contract of a service.
    Contract "contract" Detail
    /// The Prometheus that evaluates the rules.
    Prometheus "prometheus" Detail
    /// Other systems that evaluate the rules.
    Target "target" Alerting
    /// The language of texts for people.
    Language "language" Detail
    /// The time zone of texts, months and office hours.
    TimeZone "time-zone" Detail
    /// A recorded series that ends, or that other queries no longer find.
    Series "series" Detail
    /// Parts that were not understood, and so are not compared.
    NotUnderstood "not-understood" Alerting
    /// Parts that are equal on both sides.
    Kept "kept" Detail
}

impl Change {
    /// A fact about these subjects.
    pub fn new(kind: Kind, subjects: &[String], message: Sentence) -> Self {
        let (before, after) = (None, None);
        Self {
            kind,
            subjects: subjects.to_vec(),
            text: message,
            before,
            after,
            warning: None,
            effects: Vec::new(),
        }
    }

    /// Adds both values.
    pub fn values(mut self, before: impl ToString, after: impl ToString) -> Self {
        let shown = |value: String| Some(secret::masked(&value));
        (self.before, self.after) = (shown(before.to_string()), shown(after.to_string()));
        self
    }

    /// Adds a warning.
    pub fn warn(mut self, warning: impl Into<Option<Sentence>>) -> Self {
        self.warning = warning.into();
        self
    }

    /// Adds effects.
    pub fn effects(mut self, effects: impl IntoIterator<Item = Sentence>) -> Self {
        let effect = |message| Effect { text: message, subjects: Vec::new() };
        self.effects.extend(effects.into_iter().map(effect));
        self
    }

    /// How severe it is for a reviewer.
    pub fn weight(&self) -> Weight {
        if self.warning.is_some() { Weight::Care } else { self.kind.weight() }
    }
}

/// A sentence that separates our words from those of the sources, so that every output can quote the latter.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sentence(pub Vec<SentencePart>);

/// A part of a sentence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SentencePart {
    /// Our own words.
    Plain(String),
    /// A text of the sources: a name, a selector.
    Quoted(String),
}

impl Sentence {
    /// A sentence that begins with our own words.
    pub fn plain(text: impl Into<String>) -> Self {
        Self(vec![SentencePart::Plain(text.into())])
    }

    /// Adds our own words.
    pub fn and(mut self, text: impl Into<String>) -> Self {
        self.0.push(SentencePart::Plain(text.into()));
        self
    }

    /// Adds a text of the sources, without its secrets.
    pub fn quote(mut self, text: impl ToString) -> Self {
        self.0.push(SentencePart::Quoted(secret::masked(&text.to_string())));
        self
    }

    /// Adds several texts of the sources.
    pub fn list<T: ToString>(mut self, texts: impl IntoIterator<Item = T>) -> Self {
        for (index, text) in texts.into_iter().enumerate() {
            if index > 0 {
                self = self.and(", ");
            }
            self = self.quote(text);
        }
        self
    }
}

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|word| match word {
            SentencePart::Plain(text) => f.write_str(text),
            SentencePart::Quoted(text) => write!(f, "`{text}`"),
        })
    }
}

impl Difference {
    /// Whether both sides mean the same.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// How many SLOs or services have a change of these kinds.
    fn count(&self, kinds: &[Kind]) -> usize {
        let mut subjects: Vec<&String> = self
            .changes
            .iter()
            .filter(|change| kinds.contains(&change.kind))
            .flat_map(|change| &change.subjects)
            .collect();
        subjects.sort();
        subjects.dedup();
        subjects.len()
    }

    /// The difference in one sentence.
    pub fn summary(&self) -> String {
        if self.is_empty() {
            return "The two definitions mean the same.".to_owned();
        }
        let mut parts = Vec::new();
        let mut add_count = |count: usize, one: &str, many: &str| match count {
            0 => {}
            1 => parts.push(format!("1 {one}")),
            count => parts.push(format!("{count} {many}")),
        };
        add_count(self.count(&[Kind::SloAdded]), "new SLO", "new SLOs");
        add_count(self.count(&[Kind::SloRemoved]), "SLO removed", "SLOs removed");
        add_count(self.count(&[Kind::SloRenamed]), "SLO renamed", "SLOs renamed");
        add_count(self.count(&[Kind::ServiceRenamed]), "service renamed", "services renamed");
        add_count(self.count(&[Kind::Stricter]), "SLO promises more", "SLOs promise more");
        add_count(self.count(&[Kind::Looser]), "SLO promises less", "SLOs promise less");
        add_count(self.count(&[Kind::Threshold]), "SLO has another limit", "SLOs have another limit");
        add_count(self.count(&[Kind::Period]), "SLO has another period", "SLOs have another period");
        let measures = [Kind::Sli, Kind::By, Kind::Budgeting];
        add_count(self.count(&measures), "SLO measures something else", "SLOs measure something else");
        let more = |before: usize, after: usize, one: &str, many: &str| {
            let by = after.abs_diff(before);
            let word = if after > before { "more" } else { "fewer" };
            (by > 0).then(|| format!("{by} {word} {}", if by == 1 { one } else { many }))
        };
        let (before, after) = (&self.before, &self.after);
        let pages = more(before.pages, after.pages, "alert that pages", "alerts that page");
        let tickets =
            more(before.tickets, after.tickets, "alert that opens a ticket", "alerts that open tickets");
        parts.extend([pages, tickets].into_iter().flatten().filter(|_| self.complete));
        // A new alert always has new receivers.
        let is_new = |subject: &String| {
            self.changes
                .iter()
                .any(|change| change.kind == Kind::SloAdded && change.subjects.contains(subject))
        };
        let notified = self.changes.iter().filter(|change| change.kind == Kind::Notified);
        if notified.flat_map(|change| &change.subjects).any(|subject| !is_new(subject)) {
            parts.push("other people are notified".to_owned());
        }
        let care = self.changes.iter().filter(|change| change.weight() == Weight::Care).count();
        if parts.is_empty() && care == 0 {
            return "Promises, budgets and the number of alerts are the same; these details differ."
                .to_owned();
        }
        if parts.is_empty() {
            parts.push("The same SLOs and alerts".to_owned());
        }
        let mut sentence = parts.join(", ");
        match care {
            0 => {}
            1 => sentence += "; 1 change needs care",
            care => sentence += &format!("; {care} changes need care"),
        }
        let mut chars = sentence.chars();
        let first = chars.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(chars).chain(['.']).collect()
    }

    /// The cost for Prometheus, if it differs.
    pub fn cost(&self) -> Option<String> {
        let (before, after) = (&self.before, &self.after);
        let figures = |amounts: &Amounts| [amounts.recorded, amounts.evaluations, amounts.raw_reads];
        (self.complete && figures(before) != figures(after)).then(|| {
            format!(
                "Prometheus records {} series (per combination of `by` values), evaluates {} rules an hour, and reads selectors of raw \
                 series {} times an hour.",
                moved(before.recorded, after.recorded),
                moved(before.evaluations, after.evaluations),
                moved(before.raw_reads, after.raw_reads)
            )
        })
    }
}

fn moved(before: usize, after: usize) -> String {
    if before == after { after.to_string() } else { format!("{before} → {after}") }
}
