//! A page in a real browser: what becomes of it once its scripts have run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// Chromium with a profile of its own, and a folder for pages.
pub struct Browser {
    program: PathBuf,
    folder: TempDir,
}

impl Browser {
    /// `None`, and said so, if there is none.
    pub fn found(for_what: &str) -> Option<Self> {
        let Some(program) = super::chromium() else {
            super::skipped(&format!("chromium is not installed, so {for_what}: install it, or set CHROMIUM"));
            return None;
        };
        Some(Self { program, folder: tempfile::tempdir().unwrap() })
    }

    /// The document of a page on disk, opened at a fragment, when nothing is left to do.
    pub fn document(&self, page: &str, fragment: &str) -> String {
        let path = self.page(page);
        self.run(&["--dump-dom"], &format!("file://{}{fragment}", path.display()))
    }

    /// The page as it is printed: a PDF.
    pub fn printed(&self, page: &str) -> Vec<u8> {
        let (path, pdf) = (self.page(page), self.folder.path().join("page.pdf"));
        self.run(&[&format!("--print-to-pdf={}", pdf.display())], &format!("file://{}", path.display()));
        fs::read(pdf).unwrap()
    }

    fn page(&self, page: &str) -> PathBuf {
        let path = self.folder.path().join("index.html");
        fs::write(&path, page).unwrap();
        path
    }

    fn run(&self, arguments: &[&str], address: &str) -> String {
        let profile = |folder: &Path| format!("--user-data-dir={}", folder.join("profile").display());
        let output = Command::new(&self.program)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
            ])
            // Its clock runs ahead until the page has nothing left to do.
            .arg("--virtual-time-budget=10000")
            .arg(profile(self.folder.path()))
            .args(arguments)
            .arg(address)
            .env("HOME", self.folder.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}
