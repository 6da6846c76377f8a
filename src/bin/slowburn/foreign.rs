//! Files of other tools, as the old side of a comparison: rules that somebody loads, or specs that somebody compiles.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use slowburn::diagnostic::{Problem, sort};
use slowburn::foreign::Foreign;
use slowburn::import::{FileKind, Imported, Options, file_kinds, import, rules};
use slowburn::parse::yaml;
use slowburn::source::{SourceId, Sources};

use crate::ending::Failure;
use crate::read;
use crate::sources::{self, READ_AT_MOST, decoded, is_yaml, shown};

/// At most this many files are read.
const MOST_FILES: usize = 2_000;

/// The content of the files.
pub enum Side {
    /// Definitions of slowburn.
    Ours,
    /// Rules.
    Rules(Rules),
    /// Specs of tools that can be imported.
    Specs(Box<Specs>),
}

/// Rules of Prometheus.
pub struct Rules {
    pub sources: Sources,
    pub foreign: Foreign,
    pub problems: Vec<Problem>,
}

/// Specs, and the result of importing them.
pub struct Specs {
    pub sources: Sources,
    pub imported: Imported,
}

/// Reads the files and directories at these paths.
pub fn read(paths: &[PathBuf]) -> Result<Side, Failure> {
    let mut texts: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for path in paths {
        if path.is_dir() {
            let found = sources::files(path, path, BTreeMap::new())?;
            texts.extend(found.into_iter().filter(|(name, _)| is_yaml(Path::new(name))));
        } else {
            let name = shown(path, Path::new(""));
            let bytes =
                read::start(path, READ_AT_MOST + 1).map_err(|error| Failure::of("read", &name, &error))?;
            texts.insert(name, bytes);
        }
        if texts.len() > MOST_FILES {
            return Err(Failure::new(format!("there are more than {MOST_FILES} files"))
                .and("compare them in parts: name a directory with some of them"));
        }
    }
    // `diff` reads definitions itself, so two states of definitions are not read twice.
    let ours = |bytes: &Vec<u8>| bytes.windows(11).any(|part| part == b"slowburn/v1");
    let all_files = paths.iter().all(|path| path.is_file());
    if !all_files && texts.values().any(ours) {
        return Ok(Side::Ours);
    }
    let (sources, faults) = decoded(texts.into_iter().collect());
    let kinds = file_kinds(&sources);
    let is = |wanted: FileKind| kinds.iter().find(|(_, kind)| *kind == wanted).map(|(id, _)| *id);
    let name = |id: SourceId| sources.file(id).path.clone();
    match (is(FileKind::Ours), is(FileKind::Rules), is(FileKind::Specs)) {
        (Some(id), ..) => Err(Failure::new(format!("{} is a definition of slowburn", name(id)))
            .and("name its directory: all files there belong together")),
        (None, Some(one), Some(other)) => {
            Err(Failure::new(format!("{} contains rules, and {} contains specs", name(one), name(other)))
                .and("name one of them: the rules that are loaded, or the specs that they are made from"))
        }
        // If nothing in a directory is recognised, it is treated as definitions, so that the messages fit.
        (None, None, None) if !all_files => Ok(Side::Ours),
        (None, None, Some(_)) => {
            let mut imported = import(&sources, &Options::default());
            unreadable(&sources, &faults, &mut imported.problems);
            imported.complete &= faults.is_empty();
            Ok(Side::Specs(Box::new(Specs { sources, imported })))
        }
        (None, ..) => {
            let (foreign, mut problems) = rules(&sources);
            unreadable(&sources, &faults, &mut problems);
            Ok(Side::Rules(Rules { sources, foreign, problems }))
        }
    }
}

/// Reports files that are not text, and drops all other problems of these files.
fn unreadable(sources: &Sources, faults: &BTreeMap<String, usize>, problems: &mut Vec<Problem>) {
    let found: Vec<Problem> = sources
        .iter()
        .filter_map(|(id, file)| faults.get(&file.path).map(|valid| yaml::not_utf8(id, *valid)))
        .collect();
    let unreadable_files: BTreeSet<SourceId> =
        found.iter().map(|problem| problem.primary.span.source).collect();
    problems.retain(|problem| !unreadable_files.contains(&problem.primary.span.source));
    problems.extend(found);
    sort(problems);
}
