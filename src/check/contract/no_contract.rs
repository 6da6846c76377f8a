//! Services without a contract, in a project where other services have one.

use super::Reader;
use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::model::Service;

pub(in crate::check) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    // Without any contract the project does not use contracts yet.
    if model.services.iter().all(|service| service.contract.is_none()) {
        return;
    }
    let unknown = |service: &&Service| {
        service.contract.is_none()
            && Reader::all(service).any(|reader| !reader.is_planned() && !reader.readings().is_empty())
    };
    for service in model.services.iter().filter(unknown) {
        problems.push(
            Problem::warning(
                Code::NoContract,
                service.place,
                format!("`{}` has no contract, so nothing checks that its metrics exist", service.name),
            )
            .label("other services have a contract")
            .help(format!(
                "write the metrics that it exposes to a file, and name the file here: `metrics: metrics/{0}.prom`; `slowburn metrics capture http://localhost:8000/metrics --out slos/metrics/{0}.prom` writes it from a running program",
                service.name
            ))
            .help("or, if the metrics do not exist yet, name each in `planned`: `planned: { http_requests_total: why it does not exist yet }`"),
        );
    }
}
