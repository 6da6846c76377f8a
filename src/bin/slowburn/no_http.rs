//! Replaces `http` in a slowburn that was built without that feature.

use std::convert::Infallible;
use std::marker::PhantomData;

use crate::address::Address;
use crate::advice::Advice;
use crate::answer::{Answer, Unanswered};
use crate::args::Connection;
use crate::ending::Failure;

/// Has no values: without the feature no request is possible.
pub struct Client<'a> {
    never: Infallible,
    address: PhantomData<&'a Address>,
}

impl<'a> Client<'a> {
    pub fn new(address: &'a Address, _: &Connection, _: Advice) -> Result<Self, Failure> {
        Err(Failure::new(format!("cannot ask {address}: this slowburn was built without the feature `http`"))
            .and("save the answer to a file first: curl --fail URL > metrics.txt"))
    }

    pub fn get(&self, _: &str, _: &str) -> Result<Answer, Unanswered> {
        let Self { never, address: PhantomData } = self;
        match *never {}
    }

    pub fn probe(&self, _: &str, _: bool) -> Option<String> {
        let Self { never, address: PhantomData } = self;
        match *never {}
    }
}

pub fn host(_: &str) -> Option<String> {
    None
}
