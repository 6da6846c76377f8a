//! source → ast: reads every file, collects every problem, leaves out what makes no sense.

mod alertmanager;
mod contract;
pub mod exposition;
mod fields;
mod files;
mod scrape;
pub mod yaml;

pub use contract::contract;
pub use fields::nearest;
pub use files::{PROJECT_FILE, beside, is_contract, is_runbook, parse};
