//! Removes warnings that the user accepts with a reason: `accepted` in a block applies to the warnings in that block.
//!
//! The innermost block that accepts a warning is used. An entry without such a warning is a warning itself, because it would hide a future one.

use std::collections::{BTreeMap, BTreeSet};

use crate::ast::{Ast, Instance, Key, Map};
use crate::diagnostic::{Accepted, Code, Problem};
use crate::pages;
use crate::scalar::Scalar;
use crate::source::{SourceId, Span};
use crate::vocabulary::shortened;

/// Codes that only a running server can reveal. Without one, their entries cannot be called unnecessary.
const OF_SERVERS: [Code; 2] = [Code::ReplicasCountedTwice, Code::SamplesLate];

/// Where an entry of `accepted` applies, the innermost level first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    Block(Span),
    File(SourceId),
    Project,
}

impl Reach {
    fn holds(self, place: Span, instances: &Instances) -> bool {
        match self {
            Self::Block(block) => {
                block.source == place.source && block.start <= place.start && place.end <= block.end
            }
            Self::File(source) => {
                let all = instances.get(&source.plain()).map_or(&[][..], Vec::as_slice);
                let within = |inner: &SourceId| {
                    let parent = all.get(inner.instance().checked_sub(1)? as usize)?.parent;
                    Some(inner.of_instance(parent.unwrap_or_default()))
                };
                std::iter::successors(Some(place.source), within).any(|outer| outer == source)
            }
            Self::Project => true,
        }
    }
}

/// The instances of every file with templates.
type Instances = BTreeMap<SourceId, Vec<Instance>>;

/// One entry of `accepted`.
struct Entry {
    reach: Reach,
    key: Key,
    /// `None` if no problem has this code.
    code: Option<Code>,
    reason: String,
    used: bool,
}

/// Every entry of `accepted` in all files.
pub(crate) struct Entries(Vec<Entry>);

impl Entries {
    /// The entries in the sources, the innermost first.
    pub fn of(ast: &Ast) -> Self {
        let mut all = Vec::new();
        for service in &ast.services {
            for (key, slo) in &service.slos {
                add(&mut all, block(key, slo.span), &slo.settings.accepted);
            }
            for (key, alert) in &service.alerts {
                add(&mut all, block(key, alert.span), &alert.accepted);
            }
            add(&mut all, Reach::File(service.name.place(0, 0).source), &service.settings.accepted);
        }
        if let Some(project) = &ast.project {
            add(&mut all, Reach::Project, &project.settings.accepted);
        }
        all.sort_by_key(|entry| entry.reach);
        Self(all)
    }
}

fn add(all: &mut Vec<Entry>, reach: Reach, map: &Map<Scalar>) {
    all.extend(map.iter().map(|(key, reason)| Entry {
        reach,
        key: key.clone(),
        code: Code::named(&key.text),
        reason: reason.text.trim().to_owned(),
        used: false,
    }));
}

/// The entries that may accept a problem, the innermost first: by its code and file, or without a file for entries of the project.
type Places = BTreeMap<(Code, Option<SourceId>), Vec<usize>>;

fn places(entries: &[Entry]) -> Places {
    let mut places = Places::new();
    for (index, entry) in entries.iter().enumerate() {
        let file = match entry.reach {
            Reach::Block(span) => Some(span.source.plain()),
            Reach::File(source) => Some(source.plain()),
            Reach::Project => None,
        };
        if let Some(code) = entry.code {
            places.entry((code, file)).or_default().push(index);
        }
    }
    places
}

/// The remaining problems, with those of `accepted` itself; and the accepted ones. `whole` says whether all possible problems were checked.
pub(crate) fn separate_accepted(
    Entries(mut entries): Entries,
    instances: &Instances,
    problems: Vec<Problem>,
    whole: bool,
) -> (Vec<Problem>, Vec<Accepted>) {
    let places = places(&entries);
    let mut left = Vec::new();
    let mut accepted = Vec::new();
    let failed = problems.iter().any(Problem::is_error);
    for problem in problems {
        let place = problem.primary.span;
        let mut near = [Some(place.source.plain()), None]
            .into_iter()
            .flat_map(|file| places.get(&(problem.code, file)).into_iter().flatten());
        let known = near.find(|index| entries[**index].reach.holds(place, instances));
        match known.map(|index| &mut entries[*index]) {
            None => left.push(problem),
            Some(entry) if problem.is_error() => {
                entry.used = true;
                left.push(problem.and(entry.key.span, "this is an error: only a warning can be accepted"));
            }
            Some(entry) => {
                entry.used = true;
                accepted.push(Accepted { problem, reason: entry.reason.clone() });
            }
        }
    }
    let unknown = entries.iter().filter(|entry| entry.code.is_none());
    left.extend(unknown.map(|entry| unknown_code(&entry.key)));
    // An entry in a template is needed if any instance needs it.
    let place = |entry: &Entry| Span { source: entry.key.span.source.plain(), ..entry.key.span };
    let used: BTreeSet<Span> = entries.iter().filter(|entry| entry.used).map(place).collect();
    let in_vain = |entry: &&Entry| {
        !used.contains(&place(entry)) && entry.code.is_some_and(|code| !OF_SERVERS.contains(&code))
    };
    if whole && !failed {
        left.extend(entries.iter().filter(in_vain).map(|entry| {
            let headline =
                format!("`{}` is not reported here, so there is nothing to accept", entry.key.text);
            Problem::warning(Code::AcceptanceUnneeded, entry.key.span, headline)
                .label("it would hide the next warning with this code")
                .help("remove this line")
        }));
    }
    (left, accepted)
}

fn unknown_code(code: &Key) -> Problem {
    let problem = Problem::error(
        Code::UnknownKey,
        code.span,
        format!("there is no problem code `{}`", shortened(&code.text, 60)),
    );
    match pages::nearest(&code.text) {
        Some(near) => {
            problem.label(format!("did you mean `{near}`?")).fix(format!("write `{near}`"), code.span, near)
        }
        None => problem.help("write the code in the brackets: `warning[single-event-pages]`"),
    }
}

fn block(key: &Key, value: Span) -> Reach {
    Reach::Block(Span { end: value.end.max(key.span.end), ..key.span })
}
