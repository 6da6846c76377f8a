//! Pages that are sent before what could silence them has had its turn.

use crate::diagnostic::Problem;
use crate::lower;
use crate::model::Model;
use crate::vocabulary::Severity;

pub(super) fn check(model: &Model, problems: &mut Vec<Problem>) {
    let Some(alertmanager) = &model.project.alertmanager else { return };
    let alerts = lower::known(model);
    for route in alertmanager.routes.iter().filter(|route| route.timing.group_wait < lower::INTERVAL) {
        let silenced = model.project.dependencies.iter().find(|dependency| {
            dependency.silences == Severity::Page
                && alerts.iter().any(|alert| {
                    *alert.service == dependency.service
                        && alert.severity == Severity::Page
                        && alert.sometimes(&route.matching)
                })
        });
        let Some(dependency) = silenced else { continue };
        problems.push(
            Problem::warning(
                "inhibition-outrun",
                route.place,
                format!(
                    "a page of `{}` is sent before `{}` can silence it",
                    dependency.service, dependency.on
                ),
            )
            .label(format!(
                "it waits {}, and rules are evaluated every {}",
                route.timing.group_wait,
                lower::INTERVAL
            ))
            .and(dependency.place, "the page of this would silence it")
            .help(format!(
                "wait for one evaluation: `group_wait: {}`, which is the default",
                lower::INTERVAL
            )),
        );
    }
}
