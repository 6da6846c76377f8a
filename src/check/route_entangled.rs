//! Routes that overlap in so many ways that nobody could follow them.

use crate::diagnostic::Problem;
use crate::lower;
use crate::model::Model;

pub(super) fn check(model: &Model, problems: &mut Vec<Problem>) {
    let Some(alertmanager) = &model.project.alertmanager else { return };
    for (index, route) in alertmanager.routes.iter().enumerate() {
        let count = |receiver| lower::pieces(&alertmanager.routes, index, receiver);
        if let Some(receiver) = route.to.iter().find(|receiver| count(receiver) >= lower::MOST_PIECES) {
            problems.push(
                Problem::error(
                    "route-entangled",
                    route.place,
                    format!(
                        "it takes {} routes of Alertmanager or more to say what this one sends",
                        lower::MOST_PIECES
                    ),
                )
                .label(format!("earlier routes tell `{receiver}` of parts of it, cut by several labels"))
                .help(format!("let one route tell `{receiver}` of all of it, and remove the parts"))
                .help("or match by one label, such as `service`"),
            );
        }
    }
}
