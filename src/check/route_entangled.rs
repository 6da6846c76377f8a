//! Routes that overlap in so many ways that nobody could follow them.

use crate::derive;
use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::vocabulary::Name;

pub(super) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    let Some(alertmanager) = &model.project.alertmanager else { return };
    for (index, route) in alertmanager.routes.iter().enumerate() {
        let entangled = |receiver: &&Name| derive::entangled(&alertmanager.routes, index, receiver);
        if let Some(receiver) = route.to.iter().find(entangled) {
            problems.push(
                Problem::error(
                    Code::RouteEntangled,
                    route.place,
                    "it takes too many routes of Alertmanager, or too many labels, to say what this one sends",
                )
                .label(format!("earlier routes tell `{receiver}` of parts of it, cut by several labels"))
                .help(format!("let one route tell `{receiver}` of all of it, and remove the parts"))
                .help("or match by one label, such as `service`"),
            );
        }
    }
}
