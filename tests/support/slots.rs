//! When Prometheus evaluates a group for the first time: in the group's slot of the interval, which a hash of the file's path and the group's name
//! decides.
//!
//! Rules are written to a path whose slots are near, so that no test waits five minutes for the slow groups. The rules themselves do not change. With
//! other slots in Prometheus the tests would take longer and prove the same. slots otherwise, tests would take longer and prove the same.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use xxhash_rust::xxh64::xxh64;

use super::rules::groups;

/// A path below `folder` for a file of rules, with which every group of five minutes is evaluated for the first time within that span from now.
pub fn path(folder: &Path, name: &str, rules: &str, span: &Range<Duration>) -> PathBuf {
    let slow: Vec<String> = groups(rules)
        .iter()
        .filter(|group| group["interval"].as_str() == Some("5m"))
        .map(|group| group["name"].as_str().unwrap().to_owned())
        .collect();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let mut paths = (0..1_000_000_u32).map(|number| folder.join(number.to_string()).join(name));
    let near = |path: &PathBuf| slow.iter().all(|group| span.contains(&until(path, group, now)));
    paths.find(near).expect("one path of many has its slots near each other")
}

/// The time until the first evaluation of a group of five minutes, like `EvalTimestamp` in Prometheus' `rules/manager.go`.
fn until(path: &Path, group: &str, now: Duration) -> Duration {
    const INTERVAL: u128 = 300_000_000_000;
    let mut labels = Vec::new();
    for part in ["file", path.to_str().unwrap(), "name", group] {
        labels.extend(part.as_bytes());
        labels.push(0xff);
    }
    let slot = u128::from(xxh64(&labels, 0)) % INTERVAL;
    let past = (now.as_nanos() + INTERVAL - slot) % INTERVAL;
    Duration::from_nanos(u64::try_from(INTERVAL - past).unwrap())
}
