//! What stands for `http` in a slowburn that was built without it.

use crate::args::Connection;
use crate::ending::Failure;

/// Nobody can be asked.
pub enum Client {}

/// Nothing comes back.
pub struct Answer {
    pub content_type: String,
    pub body: Vec<u8>,
}

impl Client {
    pub fn new(address: &str, _: &Connection, _: &str) -> Result<Self, Failure> {
        Err(Failure::new(format!("cannot ask {address}: this slowburn was built without the feature `http`"))
            .and("save the answer to a file first: curl --fail URL > metrics.txt"))
    }

    pub fn get(&self, _: &str) -> Result<Answer, Failure> {
        match *self {}
    }
}
