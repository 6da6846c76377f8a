//! The address of a server, as given on the command line.
//!
//! The text may be a mistake: a password in an address, or an address instead of a folder. So the raw text is only available by name
//! ([`Address::written`]), and printing an address never prints a secret.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use slowburn::secret;

/// The address of a server, the path of a file, or `-`.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(String);

impl Address {
    /// The address as it was written: to send requests to, never to print.
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
