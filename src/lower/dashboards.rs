//! The identities of dashboards: what links to them, and what they are called, agree here.

use crate::model::Model;
use crate::plan::DashboardLink;

/// The dashboard of all services. No service's is called so: names of services hold no `_`.
pub(super) const OVERVIEW: &str = "slo_overview";

/// The dashboard of one SLO, whichever it is.
pub(super) const PROMISE: &str = "slo_promise";

/// The longest identity that Grafana takes.
const LONGEST: usize = 40;

/// The dashboard of one service: from its name alone, so that links to it hold for ever. A name that is too long ends in a
/// digest of the whole of it.
pub(super) fn uid(service: &str) -> String {
    let uid = format!("slo-{service}");
    if uid.len() <= LONGEST {
        return uid;
    }
    let digest = format!("_{:016x}", digest(service));
    format!("{}{digest}", &uid[..LONGEST - digest.len()])
}

/// The address of a service's dashboard.
pub(super) fn of_service(model: &Model, service: &str) -> Option<DashboardLink> {
    link(model, &uid(service), Vec::new(), &[])
}

/// The address of the dashboard that shows one SLO, with it and the alert's values of these labels chosen.
pub(super) fn of_slo(model: &Model, service: &str, slo: &str, by: &[String]) -> Option<DashboardLink> {
    link(model, PROMISE, vec![("service", service.to_owned()), ("slo", slo.to_owned())], by)
}

fn link(
    model: &Model,
    uid: &str,
    chosen: Vec<(&'static str, String)>,
    by: &[String],
) -> Option<DashboardLink> {
    let grafana = model.project.links.grafana.as_deref()?;
    let mut by = by.to_vec();
    by.sort();
    Some(DashboardLink { url: format!("{grafana}/d/{uid}"), chosen, by })
}

/// FNV-1a: short, and the same everywhere and always.
fn digest(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::uid;

    #[test]
    fn identities_fit_and_differ() {
        assert_eq!(uid("api"), "slo-api");
        let long = |end: &str| format!("{}{end}", "a".repeat(59));
        for name in [long("b"), long("c")] {
            assert_eq!(uid(&name).len(), 40, "{name}");
        }
        assert_ne!(uid(&long("b")), uid(&long("c")));
        // What is cut has a `_`, and names have none.
        assert_ne!(uid(&long("b")), uid(&uid(&long("b"))[4..].replace('_', "-")));
    }
}
