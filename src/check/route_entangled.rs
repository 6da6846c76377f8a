//! Routes that overlap in so many ways that the configuration would be too long.

use crate::derive;
use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::vocabulary::Name;

/// The most problems in one run. Each needs a search among the earlier routes.
const MOST_FAULTS: usize = 100;

pub(super) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    let Some(alertmanager) = &model.project.alertmanager else { return };
    let before = problems.len();
    for (index, route) in alertmanager.routes.iter().enumerate() {
        let entangled = |receiver: &&Name| derive::entangled(&alertmanager.routes, index, receiver);
        if let Some(receiver) = route.to.iter().find(entangled) {
            problems.push(
                Problem::error(
                    Code::RouteEntangled,
                    route.place,
                    "this route needs too many routes of Alertmanager, or too many labels",
                )
                .label(format!("earlier routes already send parts of these alerts to `{receiver}`, selected by several labels"))
                .help(format!("let one route send all of them to `{receiver}`, and remove the parts"))
                .help("or match by one label, such as `service`"),
            );
            if problems.len() - before == MOST_FAULTS {
                return;
            }
        }
    }
}
