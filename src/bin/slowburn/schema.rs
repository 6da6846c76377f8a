//! `slowburn schema`: what editors know of the language.

use slowburn::schema::SCHEMAS;

use crate::args::Schema;
use crate::ending::{Ending, Failure};
use crate::stdout;

/// Prints it.
pub fn run(args: &Schema) -> Result<Ending, Failure> {
    for schema in SCHEMAS.iter().filter(|schema| schema.name == args.of) {
        stdout::print(&schema.text())?;
    }
    Ok(Ending::Clean)
}
