//! Connections that tell a proper end from an interrupted connection.
//!
//! An answer without a length ends when its connection ends. ureq accepts every end, also that of TLS without `close_notify` (RFC 8446, 6.1), so
//! anybody on the network could cut an answer. Here such an end becomes an error of a kind that ureq does not treat as an end.

use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind};

use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

/// The last part of the chain that makes a connection.
#[derive(Debug)]
pub(super) struct Whole;

impl<In: Transport> Connector<In> for Whole {
    type Out = Watched<In>;

    fn connect(
        &self,
        _: &ConnectionDetails,
        chained: Option<In>,
    ) -> Result<Option<Watched<In>>, ureq::Error> {
        Ok(chained.map(Watched))
    }
}

/// A connection.
#[derive(Debug)]
pub(super) struct Watched<T>(T);

impl<T: Transport> Transport for Watched<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.0.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.0.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.0.await_input(timeout).map_err(|error| match error {
            ureq::Error::Io(error) if is_break(error.kind()) => {
                ureq::Error::Io(io::Error::other(BrokenOff(error.kind())))
            }
            error => error,
        })
    }

    fn is_open(&mut self) -> bool {
        self.0.is_open()
    }

    fn is_tls(&self) -> bool {
        self.0.is_tls()
    }
}

fn is_break(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::UnexpectedEof
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
            | ErrorKind::NotConnected
    )
}

/// Whether an error says that a connection was interrupted, from this module or from ureq.
pub(super) fn broken_off(error: &io::Error) -> bool {
    let mut inner: Option<&(dyn Error + 'static)> = error.get_ref().map(|inner| inner as _);
    while let Some(error) = inner {
        if error.is::<BrokenOff>() {
            return true;
        }
        inner = match error.downcast_ref::<io::Error>() {
            Some(error) => error.get_ref().map(|inner| inner as _),
            None => error.source(),
        };
    }
    is_break(error.kind())
}

#[derive(Debug)]
struct BrokenOff(ErrorKind);

impl fmt::Display for BrokenOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the connection broke off: {}", self.0)
    }
}

impl Error for BrokenOff {}
