//! Where the time goes: the stages of the library one after the other, each on all cores as in the program.

use std::fs;
use std::path::Path;
use std::time::Instant;

use slowburn::emit::{self, TARGETS};
use slowburn::lower;
use slowburn::plan::{Plan, ServicePlan};
use slowburn::source::{SourceFile, Sources};
use slowburn::{check, derive, parallel, parse, resolve};

/// Prints the seconds of every stage.
pub fn print(sources: &Path) {
    let read = || {
        let files = fs::read_dir(sources).unwrap().map(|entry| entry.unwrap().path());
        let read = |path: std::path::PathBuf| SourceFile {
            text: fs::read_to_string(&path).unwrap(),
            path: path.display().to_string(),
        };
        Sources::new(files.map(read).collect())
    };
    let sources = timed("read", read);
    let (ast, _) = timed("parse", || parse::parse(&sources, None));
    let (model, _) = timed("resolve", || resolve::resolve(&ast));
    let facts = timed("derive", || derive::derive(&model));
    timed("check", || check::check(&facts, &lower::RULES, check::CheckScope::Whole));
    let mut plans =
        timed("lower", || parallel::map(&facts.services, |service| lower::service(&model, service)));
    let project = lower::project(&facts);
    let pairs: Vec<_> = model.services.iter().zip(&plans).collect();
    let proofs = timed("prove", || parallel::map(&pairs, |(service, plan)| lower::prove(service, plan)));
    for (plan, proofs) in plans.iter_mut().zip(proofs) {
        plan.proofs = proofs;
    }
    for target in &TARGETS {
        timed(&format!("emit {}", target.name), || {
            parallel::map(&plans, |plan| emit::service(&project, plan, &[target]))
        });
    }
    let services = plans.into_iter().map(ServicePlan::outline).collect();
    let plan = Plan { project, services };
    timed("emit for all", || emit::project(&plan, &TARGETS.iter().collect::<Vec<_>>()));
}

fn timed<T>(stage: &str, f: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let made = f();
    println!("  {stage:<18}{:>8.3} s", start.elapsed().as_secs_f64());
    made
}
