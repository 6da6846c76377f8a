//! Parses JSON of servers, within a limit of memory.
//!
//! A parsed tree takes many times the memory of its text: a list of 173 megabytes with only empty lists takes 3.6 gigabytes. So its size is estimated
//! first, from the characters in the text. The estimate is never too low.

use std::path::Path;

use serde_json::Value;

use crate::ending::Failure;
use crate::read;
use crate::sources::shown;

/// The time and the answers in a file that `command` wrote with `--save`. `kind` marks such files, and `time` is the key of their time.
pub fn saved(
    file: &Path,
    megabytes: u64,
    kind: &str,
    time: &str,
    command: &str,
) -> Result<(u64, Vec<Value>), Failure> {
    let name = shown(file, Path::new(""));
    let text = read::plain(file, megabytes.saturating_mul(1_000_000))
        .map_err(|error| Failure::of("read", &name, &error))?;
    let none = || {
        Failure::new(format!("{name} contains no answers"))
            .and(&format!("write them with `slowburn {command} --save FILE`"))
    };
    let mut kept = read(&text, most(megabytes)).flatten().ok_or_else(none)?;
    let now = kept[time].as_u64().filter(|_| kept["slowburn"] == kind).ok_or_else(none)?;
    let answers = kept["answers"].as_array_mut().ok_or_else(none)?;
    Ok((now, std::mem::take(answers)))
}

/// The limit for a tree in bytes, if the text may have so many megabytes. Samples take about five times their text.
pub fn most(megabytes: u64) -> u64 {
    megabytes.saturating_mul(5_000_000)
}

/// The parsed tree. `None` if it would take more than `most` bytes; `Some(None)` if the text is not JSON.
pub fn read(text: &[u8], most: u64) -> Option<Option<Value>> {
    (cost(text) <= most).then(|| serde_json::from_slice(text).ok())
}

/// An upper bound for the memory of the values, in bytes. It counts a place in a list whose capacity was just doubled, the first allocation of a
/// list, and the first node of an object.
fn cost(text: &[u8]) -> u64 {
    const PLACE: u64 = 64;
    const LIST: u64 = 160;
    const OBJECT: u64 = 700;
    let mut cost = text.len() as u64;
    let mut in_text = false;
    let mut escaped = false;
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b',' => cost += PLACE,
            b'[' => cost += LIST,
            b'{' => cost += OBJECT,
            _ => {}
        }
    }
    cost
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn json_that_takes_too_much_memory_is_refused() {
        let samples = "[[1763800000.5,\"0.25\"],[1763800030.5,\"0.5\"]]";
        assert!(read(samples.as_bytes(), 1000).flatten().is_some());
        let nothing = format!("[{}[]]", "[],".repeat(10_000));
        assert!(read(nothing.as_bytes(), 30_000 * 5).is_none());
        let text = format!("\"{}\\\"\"", "[,{".repeat(10_000));
        assert!(read(text.as_bytes(), 31_000).flatten().is_some());
        assert_eq!(read(b"[", 1000), Some(None));
    }
}
