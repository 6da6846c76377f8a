//! `slowburn help`: the commands and the topics; the page of a topic; the help of a command; both, if both have the name.

use std::iter;

use clap::{CommandFactory, Parser};
use slowburn::diagnostic::Code;
use slowburn::diagnostic::alternatives;
use slowburn::pages::manual;

use crate::args::{Args, Help};
use crate::ending::{Ending, Failure};
use crate::{stdout, usage};

/// Prints the page or the help; without a name, the list of all commands and topics.
pub fn run(args: &Help) -> Result<Ending, Failure> {
    // People also write `help service file`.
    let page = manual::page(&args.subject.join("-"));
    if let Some(page) = page {
        stdout::print(page)?;
    }
    match (page, is_command(&args.subject)) {
        (Some(_), false) => return Ok(Ending::Clean),
        (None, false) => return Err(unknown(&args.subject.join(" "))),
        // If a command has the same name as the topic, its help follows.
        (Some(_), true) => stdout::print("\n")?,
        (None, true) => {}
    }
    let subject = args.subject.iter().map(String::as_str);
    let line = iter::once("slowburn").chain(subject).chain(iter::once("--help"));
    if let Err(help) = Args::try_parse_from(line) {
        // As for `--help`: a closed pipe is not an error.
        let _ = help.print();
    }
    Ok(Ending::Clean)
}

/// The list of topics, for the end of the list of commands.
pub fn topics() -> String {
    let mut text = "The manual (`slowburn help TOPIC` prints a page):\n".to_owned();
    for (group, lines) in manual::groups() {
        text += &format!("\n  {group}\n");
        for (topic, about) in lines {
            text += &format!("    {topic:<16}  {about}\n");
        }
    }
    text
}

fn is_command(words: &[String]) -> bool {
    let mut command = Args::command();
    words.iter().all(|word| match command.find_subcommand(word).cloned() {
        Some(below) => {
            command = below;
            true
        }
        None => false,
    })
}

fn unknown(word: &str) -> Failure {
    let unknown = Failure::new(format!("there is no topic and no command `{word}`"));
    if Code::named(word).is_some() {
        return unknown.and(&format!("`{word}` is a problem code: slowburn explain {word}"));
    }
    let near: Vec<String> =
        usage::command(word).into_iter().chain(manual::near(word).into_iter().map(str::to_owned)).collect();
    match near.is_empty() {
        true => unknown.and("`slowburn help` lists all topics and commands"),
        false => unknown.and(&format!("did you mean {}?", alternatives(&near))),
    }
}
