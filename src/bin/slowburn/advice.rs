//! Advice for an address that does not answer. Each command gives its own.

/// One sentence for each failure; only the command knows what to advise.
#[derive(Clone, Copy)]
#[cfg_attr(not(feature = "http"), expect(dead_code, reason = "nobody is asked"))]
pub struct Advice {
    /// For an address with another protocol.
    pub scheme: &'static str,
    /// For an address where nothing is found; empty if the caller looks for the right address itself.
    pub missing: &'static str,
    /// For a request that is too expensive for the server; empty if the request cannot be made smaller.
    pub too_much: &'static str,
}
