//! The project of a file, with open documents instead of the files on the disk.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use slowburn::editor;
use slowburn::model::Model;
use slowburn::parse::PROJECT_FILE;
use slowburn::source::SourceId;

use super::documents::Documents;
use crate::ending::Failure;
use crate::sources::{self, Project};

/// The usual name of a folder of definitions. It counts without a project file.
const SLOS: &str = "slos";

/// The folder of definitions that a file belongs to: the nearest parent with a project file or with the name `slos`; for any other file that is a
/// definition of slowburn, its own folder. `None` for other files: editors send every YAML file.
pub fn root_of(file: &Path, documents: &Documents) -> Option<PathBuf> {
    let folders = || file.ancestors().skip(1);
    let holds = |folder: &&Path| {
        let project = folder.join(PROJECT_FILE);
        documents.get(&project).is_some() || project.is_file()
    };
    let named = |folder: &&Path| folder.file_name().is_some_and(|name| name == SLOS);
    let ours = || {
        let text = &documents.get(file)?.text;
        let says = |line: &str| line.starts_with("version:") && line.contains("slowburn/");
        text.lines().take(50).any(says).then(|| file.parent()).flatten()
    };
    folders().find(holds).or_else(|| folders().find(named)).or_else(ours).map(Path::to_owned)
}

/// The folders of definitions to check: those of open files, and those in the editor's workspace.
pub fn roots(workspace: &[PathBuf], documents: &Documents) -> BTreeSet<PathBuf> {
    let opened = documents.iter().filter_map(|(path, _)| root_of(path, documents));
    let inside = workspace.iter().flat_map(|folder| [folder.clone(), folder.join(SLOS)]);
    let inside = inside.filter(|folder| {
        folder.join(PROJECT_FILE).is_file()
            || (folder.file_name().is_some_and(|name| name == SLOS) && folder.is_dir())
    });
    inside.chain(opened).collect()
}

/// A folder of definitions, compiled.
pub struct Checked {
    root: PathBuf,
    /// The texts, and the result of compiling them.
    pub project: Project,
    /// The model, as far as the texts could be understood. Computed when it is first needed.
    model: OnceLock<Model>,
}

impl Checked {
    /// Reads the files that are not open, and compiles all.
    pub fn of(root: &Path, documents: &Documents) -> Result<Self, Failure> {
        let inside = documents.iter().filter_map(|(path, document)| {
            let rest = path.strip_prefix(root).ok()?;
            Some((rest.to_owned(), document.text.as_bytes().to_vec()))
        });
        let mut files = sources::files(root, &base(root), inside.collect())?;
        // Editors do not show the byte order mark, and their columns do not count it.
        for (_, bytes) in files.iter_mut().filter(|(_, bytes)| bytes.starts_with("\u{feff}".as_bytes())) {
            bytes.drain(.."\u{feff}".len());
        }
        Ok(Self { root: root.to_owned(), project: Project::of(files), model: OnceLock::new() })
    }

    /// The project for requests about a place.
    pub fn editor_project(&self) -> editor::Project<'_> {
        let Project { sources, compiled, .. } = &self.project;
        let model = || self.model.get_or_init(|| slowburn::model_of(sources));
        let model = compiled.model.as_ref().unwrap_or_else(model);
        editor::Project { sources, problems: &compiled.problems, model }
    }

    /// The path of a source on the disk.
    pub fn path(&self, id: SourceId) -> PathBuf {
        let shown = &self.project.sources.file(id).path;
        let base = sources::shown(&base(&self.root), Path::new(""));
        self.root.join(shown.strip_prefix(&base).unwrap_or(shown).trim_start_matches('/'))
    }

    /// The source for a file on the disk.
    pub fn source(&self, path: &Path) -> Option<SourceId> {
        let shown = sources::shown(&base(&self.root), path.strip_prefix(&self.root).ok()?);
        self.project.sources.iter().find(|(_, file)| file.path == shown).map(|(id, _)| id)
    }
}

/// The folder's name in messages: `slos`, as on the command line.
fn base(root: &Path) -> PathBuf {
    PathBuf::from(root.file_name().unwrap_or(root.as_os_str()))
}
