//! The identities of dashboards, for the dashboards and for links to them.

use crate::model::Model;
use crate::plan::DashboardLink;

/// The dashboard of all services. No service has this name: names of services contain no `_`.
pub(super) fn overview(environment: Option<&str>) -> String {
    within("slo_overview", environment)
}

/// The dashboard that shows any one SLO.
pub(super) fn promise(environment: Option<&str>) -> String {
    within("slo_promise", environment)
}

/// The longest identity that Grafana accepts.
const LONGEST: usize = 40;

/// The dashboard of one service. It depends only on the service's name and environment, so links to it stay valid.
pub(super) fn uid(service: &str, environment: Option<&str>) -> String {
    within(&format!("slo-{service}"), environment)
}

/// The result of [`uid`] for nearly all names, written as a replacement for `label_replace` in PromQL.
pub(super) fn pattern(environment: Option<&str>) -> String {
    match environment {
        None => "slo-$1".to_owned(),
        Some(environment) => format!("slo-${{1}}_{environment}"),
    }
}

/// The identity in an environment: one Grafana may show the dashboards of all environments. An identity that is too long ends in a digest of all of
/// it.
fn within(uid: &str, environment: Option<&str>) -> String {
    let uid = environment.map_or(uid.to_owned(), |environment| format!("{uid}_{environment}"));
    if uid.len() <= LONGEST {
        return uid;
    }
    let digest = format!("_{:016x}", digest(uid.strip_prefix("slo-").unwrap_or(&uid)));
    format!("{}{digest}", &uid[..LONGEST - digest.len()])
}

/// The address of a service's dashboard.
pub(super) fn of_service(model: &Model, service: &str) -> Option<DashboardLink> {
    link(model, &uid(service, model.project.environment.as_deref()), Vec::new(), &[])
}

/// The address of the dashboard that shows one SLO. It selects the SLO and the alert's values of these labels.
pub(super) fn of_slo(model: &Model, service: &str, slo: &str, by: &[String]) -> Option<DashboardLink> {
    let uid = promise(model.project.environment.as_deref());
    link(model, &uid, vec![("service", service.to_owned()), ("slo", slo.to_owned())], by)
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
    use super::{overview, promise, uid as within};

    fn uid(service: &str) -> String {
        within(service, None)
    }

    #[test]
    fn environments_do_not_share_identities() {
        let names = ["api", "overview", &"a".repeat(60)];
        let mut all = std::collections::BTreeSet::new();
        for environment in [None, Some("staging"), Some("production"), Some(&*"e".repeat(60))] {
            all.extend(names.map(|name| within(name, environment)));
            all.extend([overview(environment), promise(environment)]);
        }
        assert_eq!(all.len(), 4 * 5, "{all:?}");
        assert!(all.iter().all(|uid| uid.len() <= 40), "{all:?}");
        assert_eq!(within("api", Some("staging")), "slo-api_staging");
    }

    #[test]
    fn identities_fit_and_differ() {
        assert_eq!(uid("api"), "slo-api");
        let long = |end: &str| format!("{}{end}", "a".repeat(59));
        for name in [long("b"), long("c")] {
            assert_eq!(uid(&name).len(), 40, "{name}");
        }
        assert_ne!(uid(&long("b")), uid(&long("c")));
        // A shortened identity contains a `_`, and names contain none.
        assert_ne!(uid(&long("b")), uid(&uid(&long("b"))[4..].replace('_', "-")));
    }
}
