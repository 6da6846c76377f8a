//! A page in a real browser, after its scripts have run.

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
    /// Prints why and returns `None` if there is none.
    pub fn found(for_what: &str) -> Option<Self> {
        let Some(program) = super::chromium() else {
            super::skipped(&format!("chromium is not installed, so {for_what}: install it, or set CHROMIUM"));
            return None;
        };
        Some(Self { program, folder: tempfile::tempdir().unwrap() })
    }

    /// The document of a page on disk, opened at a fragment, after all scripts have run.
    pub fn document(&self, page: &str, fragment: &str) -> String {
        let path = self.page(page);
        self.run(&["--dump-dom"], &format!("file://{}{fragment}", path.display()))
    }

    /// The page in print: a PDF.
    pub fn printed(&self, page: &str) -> Vec<u8> {
        let (path, pdf) = (self.page(page), self.folder.path().join("page.pdf"));
        self.run(&[&format!("--print-to-pdf={}", pdf.display())], &format!("file://{}", path.display()));
        fs::read(pdf).unwrap()
    }

    /// The parts of a page that are cut, or beyond the edge, at this width; for a table that scrolls, the invisible part.
    pub fn cut(&self, page: &str, width: u32) -> Vec<String> {
        const MEASURE: &str = "addEventListener('load', () => {
            const page = document.querySelector('iframe').contentDocument;
            const width = page.documentElement.clientWidth;
            const cut = [...page.querySelectorAll('.scroll')].filter((it) => it.scrollWidth > it.clientWidth + 1);
            const beyond = [...page.querySelectorAll('body *:not(.skip)')].filter((it) => it.getBoundingClientRect().right > width + 1);
            const said = [...cut, ...beyond].map((it) => `${it.tagName}: ${it.textContent.trim().slice(0, 60)}`);
            const seen = page.querySelectorAll('.number, dd').length;
            document.body.dataset.cut = JSON.stringify([`${seen} numbers`, ...said]);
        })";
        let quoted = page.replace('&', "&amp;").replace('"', "&quot;");
        let frame = format!(
            "<!doctype html><body><iframe style=\"width: {width}px; height: 900px\" srcdoc=\"{quoted}\"></iframe><script>{MEASURE}</script>"
        );
        let document = self.document(&frame, "");
        let cut = document.rsplit_once("data-cut=\"").unwrap().1.split('"').next().unwrap();
        let cut: Vec<String> =
            serde_json::from_str(&cut.replace("&quot;", "\"").replace("&amp;", "&")).unwrap();
        assert_ne!(cut[0], "0 numbers", "nothing was measured");
        cut[1..].to_vec()
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
            // Its clock runs ahead until no script is waiting.
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
