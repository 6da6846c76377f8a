//! What an alert asks of a person (SRE Workbook, ch. 5).

use std::fmt;

/// A page wants somebody now; a ticket wants somebody within days. How they are spelled in the `severity` label is the project's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Somebody, now.
    Page,
    /// Somebody, within days.
    Ticket,
}

impl Severity {
    /// Both, the louder first.
    pub const ALL: [Self; 2] = [Self::Page, Self::Ticket];

    /// `page` or `ticket`.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.as_str() == text)
    }

    /// `page` or `ticket`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Ticket => "ticket",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One value for pages, one for tickets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PerSeverity<T> {
    /// For pages.
    pub page: T,
    /// For tickets.
    pub ticket: T,
}

impl<T> PerSeverity<T> {
    /// The value for `severity`.
    pub fn get(&self, severity: Severity) -> &T {
        match severity {
            Severity::Page => &self.page,
            Severity::Ticket => &self.ticket,
        }
    }

    /// The value for `severity`, to change.
    pub fn get_mut(&mut self, severity: Severity) -> &mut T {
        match severity {
            Severity::Page => &mut self.page,
            Severity::Ticket => &mut self.ticket,
        }
    }
}
