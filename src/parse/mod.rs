//! source → ast: reads every file, collects every problem, leaves out what makes no sense.

mod fields;
mod files;
pub mod yaml;

pub use fields::{listed, nearest};
pub use files::{PROJECT_FILE, parse};
