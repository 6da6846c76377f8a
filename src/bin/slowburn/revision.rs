//! Reads SLO definitions as they were at a git revision, through the git on PATH. Nothing is checked out, and nothing is written.
//!
//! The name of a revision may be any text. It is passed to git only once, with options disabled, and resolved to the hash of a commit. Everything
//! after that uses the hash.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::path::{Component, Path};
use std::process::{Command, Stdio};
use std::thread;

use ignore::gitignore::Gitignore;
use slowburn::inert;

use crate::ending::Failure;
use crate::ignored;
use crate::sources::{READ_AT_MOST, TOO_LARGE, is_source, is_yaml, most, not_a_second_project, shown};

/// Longest chain of links that is followed.
const LINKS: usize = 40;

/// Reads the folder `path`, relative to the current directory, at a revision: the names of its files and their bytes.
pub fn read(revision: &str, path: &Path) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let commit = commit(revision)?;
    let folder = folder(path)?;
    let name = format!("{revision}:{}", if folder.is_empty() { "." } else { &folder });
    let tree = Tree::read(&commit)?;
    let files = tree.sources(&folder, &name)?;
    if !files.iter().any(|(path, _)| is_yaml(Path::new(path))) {
        return Err(Failure::new(format!("there is no *.yaml in {name}"))
            .and("if the definitions were in another folder at that time, name it: --path path/to/slos"));
    }
    let read = files.into_iter().map(|(path, bytes)| (shown(Path::new(&name), Path::new(&path)), bytes));
    Ok(read.collect())
}

/// The output of git, or its error message.
fn git<S: AsRef<OsStr>>(args: &[S]) -> Result<Result<Vec<u8>, String>, Failure> {
    let ran = command().args(args).stdin(Stdio::null()).output().map_err(|error| not_run(&error))?;
    if ran.status.success() {
        return Ok(Ok(ran.stdout));
    }
    let sentence = String::from_utf8_lossy(&ran.stderr);
    let first = sentence.lines().next().unwrap_or("it failed without a message");
    Ok(Err(inert::line(first.trim_start_matches("fatal: ")).into_owned()))
}

fn command() -> Command {
    let mut command = Command::new("git");
    // Read only what was committed, and change nothing.
    command.args(["--no-pager", "--no-replace-objects"]).env("GIT_OPTIONAL_LOCKS", "0").env("LC_ALL", "C");
    command
}

fn not_run(error: &io::Error) -> Failure {
    match error.kind() {
        ErrorKind::NotFound => Failure::new("git is not on PATH, and slowburn needs it to read revisions"),
        _ => Failure::of("run", "git", error),
    }
    .and("compare two directories instead: slowburn diff path/to/old path/to/new")
}

/// The single line that git prints; `None` if git fails.
fn line(args: &[&str]) -> Result<Option<String>, Failure> {
    let text = git(args)?.ok().and_then(|bytes| String::from_utf8(bytes).ok());
    Ok(text.map(|text| text.trim_end_matches('\n').to_owned()))
}

/// The hash of the commit that a revision names.
fn commit(revision: &str) -> Result<String, Failure> {
    // Control characters in the name are escaped.
    let named = format!("`{}`", revision.escape_debug());
    if let Err(sentence) = git(&["rev-parse", "--git-dir"])? {
        // git continues with a sentence about file systems.
        let sentence =
            if sentence.starts_with("not a git repository") { "this is not a repository" } else { &sentence };
        return Err(Failure::new(format!(
            "there is no directory {named}, and git cannot look it up as a revision: {sentence}"
        ))
        .and("name directories, or run slowburn in a git repository"));
    }
    let unknown = Failure::new(format!("{named} is neither a directory nor a git revision"));
    if revision.contains("..") {
        return Err(unknown.and("write both sides separately, as in `slowburn diff v1 v2`"));
    }
    let asked = format!("{revision}^{{commit}}");
    // A revision never begins with a dash. Old versions of git do not know `--end-of-options`.
    let found = match revision.starts_with('-') {
        true => None,
        false => line(&["rev-parse", "--verify", "--quiet", "--end-of-options", &asked])?,
    };
    // git also accepts `^main`, but the answer is not a hash.
    match found.filter(|id| id.len() >= 40 && id.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        Some(commit) => Ok(commit),
        None if line(&["rev-parse", "--is-shallow-repository"])?.as_deref() == Some("true") => Err(unknown
            .and("this clone is shallow, and may not contain it: git fetch --unshallow --tags, or `fetch-depth: 0` of actions/checkout")),
        None => Err(unknown.and("`git branch --all` and `git tag` list the names")),
    }
}

/// The folder relative to the top of the repository, with `/` between its parts.
fn folder(path: &Path) -> Result<String, Failure> {
    let here =
        std::env::current_dir().map_err(|error| Failure::of("read", "the working directory", &error))?;
    let outside = || {
        Failure::new(format!("{} is outside of this git repository", shown(path, Path::new(""))))
            .and("run slowburn in the repository of the definitions")
    };
    let relative = match path.is_absolute() {
        true => path.strip_prefix(&here).map_err(|_| outside())?,
        false => path,
    };
    let prefix = line(&["rev-parse", "--show-prefix"])?.unwrap_or_default();
    let mut parts: Vec<String> =
        prefix.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
    for part in relative.components() {
        match part {
            Component::Normal(name) => {
                let name = name.to_str().ok_or_else(|| Failure::new("the folder's name is not UTF-8"))?;
                parts.push(name.to_owned());
            }
            Component::ParentDir => drop(parts.pop().ok_or_else(outside)?),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    Ok(parts.join("/"))
}

/// All entries of a commit, by path.
struct Tree(BTreeMap<String, Entry>);

/// An entry of a tree.
struct Entry {
    kind: Kind,
    id: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Link,
    Submodule,
}

/// A path below the folder, and the hash of its content.
type FoundFile = (String, String);

impl Tree {
    fn read(commit: &str) -> Result<Self, Failure> {
        let listed = git(&["ls-tree", "-r", "-z", "--full-tree", commit])?
            .map_err(|sentence| Failure::new(format!("cannot list the files of {commit}: {sentence}")))?;
        let mut tree = BTreeMap::new();
        for line in listed.split(|byte| *byte == 0).filter(|line| !line.is_empty()) {
            // `<mode> <type> <id>\t<path>`. A path that is not UTF-8 cannot be a definition.
            let Ok(line) = std::str::from_utf8(line) else { continue };
            let Some((head, path)) = line.split_once('\t') else { continue };
            let mut words = head.split(' ');
            let kind = match words.next() {
                Some("120000") => Kind::Link,
                Some("160000") => Kind::Submodule,
                _ => Kind::File,
            };
            let id = words.nth(1).unwrap_or_default().to_owned();
            tree.insert(path.to_owned(), Entry { kind, id });
        }
        Ok(Self(tree))
    }

    /// The definitions in a folder, with their bytes.
    fn sources(&self, folder: &str, name: &str) -> Result<Vec<(String, Vec<u8>)>, Failure> {
        let root = self.resolve(folder)?;
        if let Some((path, _)) = self.0.iter().find(|(path, entry)| {
            entry.kind == Kind::Submodule && (root == **path || root.starts_with(&format!("{path}/")))
        }) {
            return Err(Failure::new(format!("{name} is in the submodule {path}"))
                .and("run slowburn in the submodule: it has its own revisions"));
        }
        let mut found = Vec::new();
        self.walk(&root, "", name, &mut Vec::new(), &mut found)?;
        if found.is_empty() {
            let missing = Failure::new(match self.0.contains_key(&root) {
                true => format!("{name} is a file"),
                false => format!("there is no folder {name}"),
            });
            return Err(missing.and(
                "if the definitions were in another folder at that time, name it: --path path/to/slos",
            ));
        }
        let (rules, mut files): (Vec<FoundFile>, Vec<FoundFile>) =
            found.into_iter().partition(|(path, _)| path.rsplit('/').next() == Some(".gitignore"));
        files.retain(|(path, _)| {
            is_source(Path::new(path)) && !path.split('/').any(|part| part.starts_with('.'))
        });
        let ignored = Ignored::read(&rules)?;
        files.retain(|(path, _)| !ignored.is(path));
        for (path, _) in files.iter().filter(|(path, _)| path.contains('/')) {
            not_a_second_project(Path::new(name), Path::new(path))?;
        }
        let bytes = contents(&files)?;
        for ((path, _), bytes) in files.iter().zip(&bytes) {
            if most(Path::new(path)) > READ_AT_MOST && bytes.len() as u64 > most(Path::new(path)) {
                return Err(Failure::new(format!("cannot read {name}/{path}: {TOO_LARGE}")));
            }
        }
        Ok(files.into_iter().map(|(path, _)| path).zip(bytes).collect())
    }

    /// All files below `root`, with paths relative to the folder. Links are followed inside the commit, as on a disk.
    fn walk(
        &self,
        root: &str,
        called: &str,
        name: &str,
        above: &mut Vec<String>,
        found: &mut Vec<FoundFile>,
    ) -> Result<(), Failure> {
        // A link to a parent folder only repeats files that were found already.
        if above.iter().any(|seen| seen == root) || above.len() > LINKS {
            return Ok(());
        }
        above.push(root.to_owned());
        let below = if root.is_empty() { String::new() } else { format!("{root}/") };
        for (path, entry) in self.0.range(below.clone()..).take_while(|(path, _)| path.starts_with(&below)) {
            let rest = &path[below.len()..];
            let called = if called.is_empty() { rest.to_owned() } else { format!("{called}/{rest}") };
            match entry.kind {
                Kind::File => found.push((called, entry.id.clone())),
                Kind::Submodule => {
                    return Err(Failure::new(format!(
                        "{name}/{called} is a submodule, and its files are not in this repository"
                    ))
                    .and("compare two directories instead: slowburn diff path/to/old path/to/new"));
                }
                Kind::Link => {
                    let target = self.resolve(path)?;
                    match self.0.get(&target) {
                        Some(Entry { kind: Kind::File, id }) => found.push((called, id.clone())),
                        _ if self.holds(&target) => self.walk(&target, &called, name, above, found)?,
                        _ if is_source(Path::new(&called))
                            && !called.split('/').any(|part| part.starts_with('.')) =>
                        {
                            return Err(Failure::new(format!(
                                "{name}/{called} is a link to a file that is not in the revision"
                            )));
                        }
                        _ => {}
                    }
                }
            }
        }
        above.pop();
        Ok(())
    }

    /// Whether a path has any entries below it.
    fn holds(&self, folder: &str) -> bool {
        let below = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        self.0.range(below.clone()..).next().is_some_and(|(path, _)| path.starts_with(&below))
    }

    /// A path with all its links resolved. A link out of the repository resolves to nothing.
    fn resolve(&self, path: &str) -> Result<String, Failure> {
        let mut left: Vec<String> = path.split('/').rev().map(str::to_owned).collect();
        let mut real: Vec<String> = Vec::new();
        let mut links = 0;
        while let Some(part) = left.pop() {
            match part.as_str() {
                "" | "." => continue,
                ".." if real.pop().is_some() => continue,
                ".." => return Ok("..".to_owned()),
                _ => real.push(part),
            }
            let Some(Entry { kind: Kind::Link, id }) = self.0.get(&real.join("/")) else { continue };
            links += 1;
            if links > LINKS {
                return Ok("..".to_owned());
            }
            let target = contents(&[(String::new(), id.clone())])?.pop().unwrap_or_default();
            match String::from_utf8(target) {
                Ok(target) if !target.starts_with('/') => {
                    real.pop();
                    left.extend(target.split('/').rev().map(str::to_owned));
                }
                Ok(_) | Err(_) => return Ok("..".to_owned()),
            }
        }
        Ok(real.join("/"))
    }
}

/// The rules of the `.gitignore` files in the folder, as when it is read from a disk.
struct Ignored(Vec<(String, Gitignore)>);

impl Ignored {
    fn read(rules: &[FoundFile]) -> Result<Self, Failure> {
        let texts = contents(rules)?;
        let read = rules.iter().zip(texts).map(|((path, _), text)| {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            (folder.to_owned(), ignored::rules(Path::new(&format!("/{folder}")), &text))
        });
        Ok(Self(read.collect()))
    }

    /// The innermost file with a matching rule decides.
    fn is(&self, path: &str) -> bool {
        let mut own: Vec<&(String, Gitignore)> = self
            .0
            .iter()
            .filter(|(folder, _)| folder.is_empty() || path.starts_with(&format!("{folder}/")))
            .collect();
        own.sort_by_key(|(folder, _)| std::cmp::Reverse(folder.len()));
        let full = format!("/{path}");
        let opinions = own.into_iter().map(|(_, rules)| rules.matched_path_or_any_parents(&full, false));
        opinions.into_iter().find(|opinion| !opinion.is_none()).is_some_and(|opinion| opinion.is_ignore())
    }
}

/// The contents for these hashes, in the same order. Each is cut one byte after the limit for its file, so that the parser sees that it is too large.
fn contents(files: &[FoundFile]) -> Result<Vec<Vec<u8>>, Failure> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let mut git = command()
        .args(["cat-file", "--batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| not_run(&error))?;
    let mut asked = git.stdin.take().expect("it is piped");
    let answers = BufReader::new(git.stdout.take().expect("it is piped"));
    let read = thread::scope(|scope| {
        // Both pipes have small buffers: to write everything before reading anything would block for ever.
        scope.spawn(move || {
            for (_, id) in files {
                if writeln!(asked, "{id}").is_err() {
                    return;
                }
            }
        });
        answered(files, answers)
    });
    let _ = git.kill();
    let _ = git.wait();
    read
}

/// Parses `<id> <type> <size>`, the bytes, and a line break, for each file.
fn answered(files: &[FoundFile], mut answers: impl BufRead) -> Result<Vec<Vec<u8>>, Failure> {
    let broken = |path: &str, error: &io::Error| Failure::of("read", format!("{path} from git"), error);
    let mut contents = Vec::new();
    for (path, id) in files {
        let mut head = String::new();
        answers.read_line(&mut head).map_err(|error| broken(path, &error))?;
        let size = head.trim_end().rsplit(' ').next().and_then(|size| size.parse::<u64>().ok());
        let Some(size) = size.filter(|_| head.starts_with(id.as_str())) else {
            return Err(Failure::new(format!("git does not have the content of {path}"))
                .and("the clone may be partial: git fetch --refetch, or compare two directories"));
        };
        let mut bytes = Vec::new();
        let kept = size.min(most(Path::new(path)) + 1);
        let mut of_this = (&mut answers).take(size + 1);
        (&mut of_this).take(kept).read_to_end(&mut bytes).map_err(|error| broken(path, &error))?;
        io::copy(&mut of_this, &mut io::sink()).map_err(|error| broken(path, &error))?;
        contents.push(bytes);
    }
    Ok(contents)
}
