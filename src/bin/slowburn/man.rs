//! `slowburn man`: manual pages, from the same words as `--help`.

use std::path::Path;

use clap::{Command, CommandFactory};
use clap_mangen::Man as Page;

use crate::args::{Args, Man};
use crate::ending::{Ending, Failure};
use crate::sources::shown;
use crate::{stderr, stdout, write};

/// Prints the page of `slowburn`, or writes one per command.
pub fn run(args: &Man) -> Result<Ending, Failure> {
    let mut command = Args::command().disable_help_subcommand(true);
    // Gives commands of commands their full names, as in `slowburn-metrics-capture`.
    command.build();
    let Some(out) = &args.out else {
        stdout::print(&text(&Page::new(command)))?;
        return Ok(Ending::Clean);
    };
    let count = write(command, out)?;
    stderr::print(&format!("wrote {count} pages to {}\n", shown(out, Path::new(""))));
    Ok(Ending::Clean)
}

/// Writes the page of a command and of its subcommands, and returns their number.
fn write(command: Command, out: &Path) -> Result<usize, Failure> {
    let mut count = 1;
    for below in command.get_subcommands().cloned() {
        count += write(below, out)?;
    }
    let page = Page::new(command);
    write::file(&out.join(page.get_filename()), &text(&page))?;
    Ok(count)
}

fn text(page: &Page) -> String {
    let mut roff = Vec::new();
    page.render(&mut roff).expect("memory takes everything");
    String::from_utf8_lossy(&roff).into_owned()
}
