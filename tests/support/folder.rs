//! A separate folder for each test, in which `slowburn` runs.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A service without problems.
pub const API: &str = "\
version: slowburn/v1
service: api
slos:
  availability:
    objective: 99.9%
    traffic: 10/s
    sli:
      total: http_requests_total{job=\"api\"}
      bad: http_requests_total{job=\"api\", status=~\"5..\"}
";

/// The same for another name.
pub fn service(name: &str) -> String {
    API.replace("api", name)
}

pub struct Folder {
    dir: TempDir,
}

/// The result of a run of `slowburn`.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Folder {
    pub fn empty() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    /// With `slos/api.yaml`.
    pub fn new() -> Self {
        let folder = Self::empty();
        folder.write("slos/api.yaml", API);
        folder
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    pub fn remove(&self, path: &str) {
        fs::remove_file(self.path(path)).unwrap();
    }

    /// Everything under `path`, also hidden: files with their bytes, directories without.
    pub fn tree(&self, path: &str) -> BTreeMap<String, Vec<u8>> {
        let mut tree = BTreeMap::new();
        collect(&self.path(path), "", &mut tree);
        tree
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_slowburn"));
        self.prepare(&mut command);
        command.args(args);
        command
    }

    /// A script in which `$slowburn` is the binary.
    pub fn script(&self, shell: &[&str], script: &str) -> Ran {
        let mut command = Command::new(shell[0]);
        self.prepare(&mut command);
        command.args(&shell[1..]).arg(script).env("slowburn", env!("CARGO_BIN_EXE_slowburn"));
        ran(command.output().unwrap())
    }

    pub fn slowburn(&self, args: &[&str]) -> Ran {
        ran(self.command(args).output().unwrap())
    }

    fn prepare(&self, command: &mut Command) {
        command.current_dir(self.dir.path()).stdin(Stdio::null());
        let of_a_terminal = ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS"];
        let of_the_network = ["SLOWBURN_USER", "SLOWBURN_BEARER", "http_proxy", "https_proxy", "all_proxy"];
        let of_the_locale = ["LC_ALL", "LC_CTYPE", "LANG"];
        for variable in of_a_terminal.into_iter().chain(of_the_network).chain(of_the_locale) {
            command.env_remove(variable.to_uppercase());
            command.env_remove(variable);
        }
    }
}

fn ran(output: Output) -> Ran {
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn collect(path: &Path, name: &str, tree: &mut BTreeMap<String, Vec<u8>>) {
    let Ok(entries) = fs::read_dir(path) else { return };
    for entry in entries {
        let entry = entry.unwrap();
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        if entry.file_type().unwrap().is_dir() {
            tree.insert(format!("{name}/"), Vec::new());
            collect(&entry.path(), &name, tree);
        } else {
            tree.insert(name, fs::read(entry.path()).unwrap_or_default());
        }
    }
}
