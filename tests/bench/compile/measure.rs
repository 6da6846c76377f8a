//! What a process costs: asked of the system, not estimated.

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

/// What one run took.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// Seconds from start to end.
    pub wall: f64,
    /// Seconds of processor time, of all cores together, the system's work for it included.
    pub cpu: f64,
    /// Bytes of memory when it had most.
    pub peak: u64,
}

/// The fastest of several runs, each of which finds no `out`; its memory is the most that any took.
pub fn best(times: usize, command: &[&str], out: &Path) -> Cost {
    let runs = (0..times).map(|_| {
        let _ = fs::remove_dir_all(out);
        once(command)
    });
    let least =
        |a: Cost, b: Cost| Cost { wall: a.wall.min(b.wall), cpu: a.cpu.min(b.cpu), peak: a.peak.max(b.peak) };
    runs.reduce(least).expect("it runs at least once")
}

/// Runs a command in a process that has no other child, so that what the system says of its children is about this one.
fn once(command: &[&str]) -> Cost {
    let run = Command::new(env::current_exe().unwrap()).arg("measure").args(command).output().unwrap();
    assert!(run.status.success(), "{command:?}: {}", String::from_utf8_lossy(&run.stderr));
    let text = String::from_utf8(run.stdout).unwrap();
    let numbers: Vec<f64> = text.split_whitespace().map(|number| number.parse().unwrap()).collect();
    let [wall, cpu, peak] = numbers[..] else { panic!("{text}") };
    Cost { wall, cpu, peak: peak as u64 }
}

/// The process between: runs the command and prints what it took.
pub fn child(command: &[&str]) {
    let start = Instant::now();
    let run =
        Command::new(command[0]).args(&command[1..]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let wall = start.elapsed().as_secs_f64();
    // 1 says that there are problems, 2 that an argument is refused. No run may end with a signal.
    assert!(run.unwrap().code().is_some_and(|code| code <= 2), "{command:?} failed");
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let cpu = (usage.user_time() + usage.system_time()).num_microseconds() as f64 / 1e6;
    // The BSDs count in bytes, Linux in kibibytes.
    let unit = if cfg!(target_os = "linux") { 1024 } else { 1 };
    println!("{wall} {cpu} {}", usage.max_rss() * unit);
}
