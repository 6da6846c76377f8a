//! source → ast: reads every file, reports every problem, and leaves out what cannot be read.

mod alertmanager;
mod contract;
mod environments;
pub mod exposition;
mod fields;
mod files;
mod foreign_keys;
mod hours;
mod invisible;
mod keys;
mod lost_text;
mod nesting;
mod overlay;
mod scrape;
mod slips;
mod targets;
mod template;
pub mod yaml;

pub use contract::contract;
pub(crate) use fields::wrong_type;
pub use files::{PROJECT_FILE, beside, environments, is_contract, is_runbook, parse};
pub use slips::in_brackets;
pub(crate) use template::{merge_instance_problems, parameters, without_instances};
