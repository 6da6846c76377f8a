//! The severities of alerts (SRE Workbook, ch. 5).

use std::fmt;

/// A page asks a person to act now, a ticket within days. The project chooses the values of the label `severity`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// A person must act now.
    Page,
    /// A person must act within days.
    Ticket,
}

impl Severity {
    /// Both, the more severe first.
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

/// The severity that a word of other tools, or of Spanish, means.
pub fn severity_meant(text: &str) -> Option<&'static str> {
    match text.trim().to_lowercase().as_str() {
        "page" => Some("page"),
        "ticket" => Some("ticket"),
        "critical" | "crit" | "error" | "high" | "urgent" | "emergency" | "p1" | "sev1" | "crítica"
        | "crítico" | "critica" | "critico" | "urgente" | "página" | "pagina" | "pages" | "alta" | "alto" => {
            Some("page")
        }
        "warning" | "warn" | "info" | "low" | "medium" | "minor" | "p2" | "p3" | "sev2" | "aviso"
        | "advertencia" | "tickets" | "tique" | "tiquete" | "media" | "medio" | "baja" | "bajo" => {
            Some("ticket")
        }
        _ => None,
    }
}
