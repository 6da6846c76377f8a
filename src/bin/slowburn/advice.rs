//! Advice for an address that does not answer, in the words of the command.

/// One sentence for each fault that only the one who asks can advise on.
#[cfg_attr(not(feature = "http"), expect(dead_code, reason = "nobody is asked"))]
pub struct Advice {
    /// If the address is of another protocol.
    pub scheme: &'static str,
    /// If there is nothing there; empty if whoever asks finds out who is.
    pub missing: &'static str,
    /// If it is too much for the server; empty if it cannot be less.
    pub too_much: &'static str,
}
