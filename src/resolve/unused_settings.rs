//! Settings without effect, and unknown time zones, used or not.

use super::values::unzoned;
use super::{innermost, whole};
use crate::ast::{Ast, HoursBlock, ProjectFile, Settings};
use crate::diagnostic::{Code, Problem};
use crate::scalar::Scalar;
use crate::source::Span;
use crate::vocabulary::{Zone, ZoneFault};

pub(super) fn all(file: &ProjectFile, ast: &Ast, problems: &mut Vec<Problem>) {
    let slos = || {
        ast.services.iter().flat_map(|service| {
            service.slos.iter().map(move |(_, slo)| {
                let levels = [&file.settings, &service.settings, &slo.settings];
                (levels, slo.sli.journey.is_some())
            })
        })
    };
    let services = ast.services.iter().map(|service| &service.settings);
    let own = ast.services.iter().flat_map(|service| &service.slos).map(|(_, slo)| &slo.settings);
    let levels: Vec<&Settings> = std::iter::once(&file.settings).chain(services).chain(own).collect();
    for written in levels.iter().filter_map(|level| level.time_zone.as_ref()) {
        if Zone::named(written.text.trim()) == Err(ZoneFault::Unknown) {
            problems.push(unzoned(written, ZoneFault::Unknown));
        }
    }
    // After an error, a setting may only look unused.
    if ast.faulty {
        return;
    }
    // Notifications and the report of a month use the project's time zone.
    let mut read: Vec<Span> = file.settings.time_zone.iter().map(whole).collect();
    for (levels, is_journey) in slos() {
        let period = innermost(levels.map(|level| level.period.as_ref()));
        if period.is_some_and(|period| period.text.trim().starts_with("calendar")) {
            read.extend(innermost(levels.map(|level| level.time_zone.as_ref())).map(whole));
        }
        let is_read = match innermost(levels.map(|level| level.hours.as_ref())) {
            Some(HoursBlock::Week { time_zone, .. }) => time_zone.is_none(),
            // A text that is reported as hours that are not understood.
            Some(HoursBlock::Word(word)) => word.text.trim() != "always",
            None => false,
        };
        if is_read {
            read.extend(innermost(levels.map(|level| level.time_zone.as_ref())).map(whole));
        }
        let budgeting = innermost(levels.map(|level| level.budgeting.as_ref()));
        if is_journey || budgeting.is_some_and(|budgeting| budgeting.text.trim() != "occurrences") {
            let slice = innermost(levels.map(|level| level.slice.as_ref()));
            read.extend(slice.map(|slice| whole(&slice.length)));
        }
    }
    let unread = |written: &Scalar| !read.contains(&whole(written));
    let is_known = |written: &&Scalar| Zone::named(written.text.trim()) != Err(ZoneFault::Unknown);
    for level in levels {
        if let Some(written) = level.time_zone.as_ref().filter(is_known).filter(|written| unread(written)) {
            problems.push(
                Problem::warning(Code::UnreadSetting, whole(written), "this time zone has no effect")
                    .label("no period here follows the calendar, and no `hours` or `maintenance` are in local time")
                    .help("remove it, or write a period such as `calendar month`"),
            );
        }
        if let Some(slice) = level.slice.as_ref().filter(|slice| unread(&slice.length)) {
            problems.push(
                Problem::warning(Code::UnreadSetting, whole(&slice.length), "this `slice` has no effect")
                    .label("this SLO counts single events")
                    .help("remove it, or add `budgeting: timeslices`"),
            );
        }
    }
}
