//! `slowburn completions`: completions for shells.

use clap::CommandFactory;

use crate::args::{Args, Completions};
use crate::ending::{Ending, Failure};
use crate::stdout;

/// Prints the script.
pub fn run(args: &Completions) -> Result<Ending, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "slowburn", &mut script);
    stdout::print(&String::from_utf8_lossy(&script))?;
    Ok(Ending::Clean)
}
