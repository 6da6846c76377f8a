//! source → ast: reads every file, collects every problem, leaves out what makes no sense.

pub mod contract;
mod fields;
mod files;
mod scrape;
pub mod yaml;

pub use fields::{listed, nearest};
pub use files::{PROJECT_FILE, beside, is_contract, parse};
