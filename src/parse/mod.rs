//! source → ast: reads every file, reports every problem, and leaves out what cannot be read.

mod alertmanager;
mod contract;
mod environments;
mod examples;
pub mod exposition;
mod fields;
mod files;
mod foreign_keys;
mod hours;
mod invisible;
mod keys;
mod lost_text;
mod meant;
mod nesting;
mod overlay;
mod pasted;
mod scrape;
mod short_values;
mod slips;
mod targets;
mod template;
mod wrong_shape;
pub mod yaml;

pub use contract::contract;
pub use files::{PROJECT_FILE, beside, environments, is_contract, is_runbook, parse};
pub use slips::in_brackets;
pub(crate) use template::{merge_instance_problems, parameters, without_instances};
pub(crate) use wrong_shape::wrong_type;
