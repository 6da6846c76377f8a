//! Whom to ask, as somebody named it on the command line.
//!
//! What is there may be a mistake: a password in an address, an address in the place of a folder. So its text is given to whoever asks
//! for it by name ([`Address::written`]), and whatever prints it prints what may be read by all.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use slowburn::secret;

/// An address, a file, or `-`.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(String);

impl Address {
    /// As it was written, to be asked and not to be shown.
    pub fn written(&self) -> &str {
        &self.0
    }
}

impl FromStr for Address {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&slowburn::inert::line(&secret::address(&self.0)))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}
