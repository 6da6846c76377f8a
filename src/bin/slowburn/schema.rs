//! `slowburn schema`: prints the JSON Schema for editors.

use std::path::Path;

use slowburn::schema::SCHEMAS;

use crate::args::Schema;
use crate::ending::{Ending, Failure};
use crate::sources::shown;
use crate::{read, stderr, stdout};

/// Prints the schema.
pub fn run(args: &Schema) -> Result<Ending, Failure> {
    for schema in SCHEMAS.iter().filter(|schema| schema.name == args.of) {
        stdout::print(&schema.text())?;
    }
    Ok(Ending::Clean)
}

/// Warns if schemas beside the definitions are from another version of slowburn, because editors use them.
pub fn remind(slos: &Path) {
    for schema in SCHEMAS {
        let path = Path::new(".slowburn").join(format!("{}.json", schema.name));
        if read::plain(&slos.join(&path), 1 << 20).is_ok_and(|text| text != schema.text().as_bytes()) {
            let (name, path) = (schema.name, shown(slos, &path));
            stderr::print(&format!(
                "{path} was written by another version of slowburn, and editors read it: run slowburn schema {name} > {path}\n"
            ));
        }
    }
}
