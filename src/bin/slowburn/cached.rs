//! Earlier answers of a server, in a folder of the user: one file for each range query. A file contains its query, and is used only for the same
//! query; otherwise it is trusted as much as an answer of a server.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use slowburn::backtest::Question;

use crate::address::Address;
use crate::args::Connection;
use crate::ending::Failure;
use crate::sources::shown;
use crate::{read, tree, write};

/// The cache folder.
pub struct Cached<'a> {
    folder: &'a Path,
    address: &'a Address,
    connection: &'a Connection,
}

impl<'a> Cached<'a> {
    /// Opens the folder, and makes it if necessary.
    pub fn open(folder: &'a Path, address: &'a Address, connection: &'a Connection) -> Result<Self, Failure> {
        let name = shown(folder, Path::new(""));
        fs::create_dir_all(folder).map_err(|error| Failure::of("make", &name, &error))?;
        Ok(Self { folder, address, connection })
    }

    /// The earlier answer to the same query; `None` if there is none.
    pub fn read(&self, question: &Question) -> Option<Value> {
        let most = self.connection.max_size * 1_000_000 + 10_000;
        let text = read::plain(&self.path(question), most).ok()?;
        let mut kept = tree::read(&text, tree::most(self.connection.max_size)).flatten()?;
        (kept["asked"] == self.asked(question)).then(|| kept["answer"].take())
    }

    pub fn write(&self, question: &Question, answer: &Value) -> Result<(), Failure> {
        let kept = json!({ "asked": self.asked(question), "answer": answer });
        write::private(&self.path(question), &format!("{kept}\n"))
    }

    fn asked(&self, question: &Question) -> Value {
        json!({
            "address": self.address.to_string(),
            "server": self.server(),
            "tenant": self.connection.tenant,
            "query": question.query,
            "from": question.range.from,
            "until": question.range.until,
            "step": question.step,
        })
    }

    /// Two different addresses may look the same after secrets are masked. A hash of the full address keeps them apart.
    fn server(&self) -> Option<String> {
        let written = self.address.written();
        (written != self.address.to_string()).then(|| format!("{:016x}", fnv(written)))
    }

    /// The name is the FNV-1a hash of the query. If two queries have the same hash, one replaces the other's file; a wrong answer is never used.
    fn path(&self, question: &Question) -> PathBuf {
        self.folder.join(format!("{:016x}.json", fnv(&self.asked(question).to_string())))
    }
}

fn fnv(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
