//! slowburn compiles SLO definitions into Prometheus rules and the tests that prove them.
//!
//! # Example
//! The input is texts of sources, the output is texts of files. The caller reads and writes them.
//!
//! ```
//! use slowburn::source::{SourceFile, Sources};
//!
//! let text = r#"
//! version: slowburn/v1
//! service: shop
//! slos:
//!   checkout:
//!     objective: 99.9%
//!     sli:
//!       total: http_requests_total{job="shop"}
//!       bad: http_requests_total{job="shop", status=~"5.."}
//! "#;
//! let path = "slos/shop.yaml".to_owned();
//! let compiled = slowburn::compile(&Sources::new(vec![SourceFile { path, text: text.to_owned() }]));
//! for problem in &compiled.problems {
//!     assert!(!problem.is_error(), "{}: {}", problem.code, problem.headline);
//! }
//!
//! let plan = compiled.plan().expect("there is no error");
//! let tier = &plan.services[0].slos[0].promise.tiers[0];
//! assert_eq!(tier.burn_rate.to_string(), "14.4");
//!
//! let files = compiled.artifacts().expect("there is no error");
//! assert!(files["prometheus/shop.rules.yaml"].contains("alert: ShopCheckoutBurnPage"));
//! ```
//!
//! The public interface of this library is listed below: [`compile`] and its variants, [`source`], [`diagnostic`], [`model`], [`facts`], [`plan`],
//! [`emit`], [`promql`] and [`vocabulary`]. Everything else is public only for the program and the tests, is hidden here, and may change at any time.
//!
//! # Architecture
//!
//! ```text
//! slos/*.yaml                                                                     out/**
//!     │ read (shell)                                                               ▲ write (shell)
//!     ▼                                                                            │
//!  source ──parse──▶ ast ──resolve──▶ model ──derive──▶ facts ──lower──▶ plan ──emit──▶ artifact
//!  text, spans   as written      as meant      what follows │    as computed     path → text
//!                                                    check ─┴─▶ problems ──render──▶ human | json | github | sarif
//!                                  two models with plans ──diff──▶ difference ──render──▶ human | markdown | json
//! ```
//!
//! | stage | reads | makes | sees |
//! |---|---|---|---|
//! | [`parse`] | texts | [`ast`]: the text of every value, with places; [`contract`]: exposed metrics | ast, contract, diagnostic, inert, parallel, scalar, source, vocabulary |
//! | [`resolve`] | ast | [`model`]: valid values, with defaults filled in | ast, contract, diagnostic, inert, model, parallel, parse, promql, scalar, secret, source, text, vocabulary |
//! | [`derive`] | model | [`facts`]: promises in numbers, and every alert once | facts, model, parallel, promql, vocabulary |
//! | [`check`] | facts, what the rules record | problems of valid definitions | contract, derive, diagnostic, facts, model, parallel, promql, source, vocabulary |
//! | [`ask`] | model, answers of a server | queries, and a contract from the answers | contract, model, promql, vocabulary |
//! | [`lower`] | facts | [`plan`]: rules, numbers, proofs | contract, derive, facts, inert, model, parallel, plan, promql, vocabulary |
//! | [`emit`] | plan | [`artifact`]: files | artifact, inert, model, plan, promql, text, vocabulary |
//! | [`explain`] | plan | text for one SLO or companion alert | inert, plan, promql, vocabulary |
//! | [`simulate`] | plan, an incident | when alerts fire, and who is notified when | explain, plan, vocabulary |
//! | [`backtest`] | model, plan, the past of a server | which alerts would have fired, and how the budget was spent | explain, inert, lower, model, plan, simulate, vocabulary |
//! | [`diff`] | two models with their plans, or rules of others and a model with its plan | [`difference`](mod@difference): the changes in meaning | contract, difference, explain, foreign, lower, model, plan, promql, secret, vocabulary |
//! | [`status`] | plan, answers of a server | the state of every SLO | diagnostic, engine, explain, inert, model, plan, promql, vocabulary |
//! | [`attained`] | plan, a month of a server's data | a page: which promises were kept, and what spent their budgets | backtest, emit, inert, model, plan, promql, status, text, vocabulary |
//! | [`drift`] | plan, the rules of a server, the configuration of an Alertmanager | the differences | emit, inert, model, parse, plan, promql, secret, vocabulary |
//! | [`compare`] | rules of others, plan, answers of a server | the ratios of both over the same windows, where they differ and why | diff, foreign, inert, model, plan, promql, secret, vocabulary |
//! | [`editor`] | texts, problems, a place in them | its meaning, completions, its definition | ast, contract, derive, diagnostic, emit, explain, inert, lower, model, pages, parse, plan, promql, schema, source, vocabulary |
//! | [`render`] | problems, differences | text or JSON | diagnostic, difference, inert, pages, secret, source |
//! | [`propose`] | contract | first sources | contract, emit, model, promql, text, vocabulary |
//! | [`import`] | texts of other tools | equivalent sources, and the effects of the migration; [`foreign`]: what their rules do | ast, diagnostic, emit, foreign, model, parse, promql, scalar, secret, source, vocabulary |
//! | [`schema`] | nothing | JSON Schema of the sources, for editors | model, vocabulary |
//!
//! If a stage sees another one, it uses one part of it: `resolve` uses how `parse` joins paths; `backtest` uses the queries of the past in `lower`;
//! `emit` and `schema` use the languages of `model`; several use how `explain` formats numbers, or how `emit` writes YAML. What `check` asks of the
//! rules, [`facts`] names and `lower` answers.
//!
//! `tests/house.rs` compares the last column with the `crate::` paths of the sources: it must list exactly these modules. Files of one stage do not
//! import each other in circles.
//!
//! **Invariant:** nothing in the library touches disk, network, clock, environment or process; `src/bin/slowburn` does, and clippy enforces it.
//!
//! **Invariant:** after [`resolve`] no value is invalid, and after the single test for errors in [`compile`] nothing can fail: [`lower`] and [`emit`]
//! return no `Result`.
//!
//! **Invariant:** no expression is glued together from strings: PromQL is parsed, built and printed in [`promql`].
//!
//! **Invariant:** objectives, budgets, burn rates and thresholds are exact decimals; a quotient that does not end is rounded once, by
//! [`vocabulary::quotient`].
//!
//! **Invariant:** the same sources give the same bytes: order comes from the source or from a name, never from a hash, a clock, a locale or a path.

mod accepted;
pub mod artifact;
#[doc(hidden)]
pub mod ask;
#[doc(hidden)]
pub mod ast;
#[doc(hidden)]
pub mod attained;
#[doc(hidden)]
pub mod backtest;
#[doc(hidden)]
pub mod check;
#[doc(hidden)]
pub mod compare;
pub mod contract;
#[doc(hidden)]
pub mod derive;
pub mod diagnostic;
#[doc(hidden)]
pub mod diff;
pub mod difference;
#[doc(hidden)]
pub mod drift;
#[doc(hidden)]
pub mod editor;
pub mod emit;
#[doc(hidden)]
pub mod engine;
pub mod explain;
pub mod facts;
#[doc(hidden)]
pub mod foreign;
#[doc(hidden)]
pub mod import;
#[doc(hidden)]
pub mod inert;
#[doc(hidden)]
pub mod lower;
pub mod model;
#[doc(hidden)]
pub mod pages;
#[doc(hidden)]
pub mod parallel;
#[doc(hidden)]
pub mod parse;
pub mod plan;
pub mod promql;
#[doc(hidden)]
pub mod propose;
pub mod render;
#[doc(hidden)]
pub mod resolve;
#[doc(hidden)]
pub mod scalar;
#[doc(hidden)]
pub mod schema;
#[doc(hidden)]
pub mod secret;
#[doc(hidden)]
pub mod simulate;
pub mod source;
#[doc(hidden)]
pub mod status;
#[doc(hidden)]
pub mod text;
pub mod vocabulary;

use artifact::Artifacts;
use check::CheckScope;
use diagnostic::{Accepted, Code, Problem};
use difference::{Amounts, Difference};
use emit::{TARGETS, Target};
use model::Model;
use plan::{Plan, ServicePlan};
use source::{Sources, Span};

/// The result of compiling a project.
#[derive(Debug)]
pub struct Compiled {
    /// All problems, sorted.
    pub problems: Vec<Problem>,
    /// Warnings that are accepted with a reason, sorted.
    pub accepted: Vec<Accepted>,
    /// The meaning of the sources; `None` if there is an error.
    pub model: Option<Model>,
}

impl Compiled {
    /// The rules and their numbers, without proofs; `None` if there is an error.
    pub fn plan(&self) -> Option<Plan> {
        self.model.as_ref().map(plan_of)
    }

    /// The promises and alerts of every service, without recording rules; `None` if there is an error. Rules take many times the time and the memory
    /// of everything else.
    pub fn outline(&self) -> Option<Plan> {
        let model = self.model.as_ref()?;
        let facts = derive::derive(model);
        let services = parallel::map(&facts.services, |one| lower::outline(model, one));
        Some(Plan { project: lower::project(&facts), services })
    }

    /// The same with one SLO and nothing else; `None` if there is an error or no such SLO.
    pub fn outline_of(&self, service: &str, slo: &str) -> Option<Plan> {
        let model = self.model.as_ref()?;
        let mut facts = derive::derive(model);
        facts.services.retain(|one| one.service.name.as_str() == service);
        for one in &mut facts.services {
            one.slos.retain(|one| one.promise.slo == slo);
        }
        let found = facts.services.iter().any(|one| !one.slos.is_empty());
        found.then(|| Plan {
            project: lower::project(&facts),
            services: facts.services.iter().map(|one| lower::outline(model, one)).collect(),
        })
    }

    /// Rule files that compute history from raw series, one per service with SLOs; `None` if there is an error.
    pub fn history(&self) -> Option<Artifacts> {
        let model = self.model.as_ref()?;
        let facts = derive::derive(model);
        let project = lower::project(&facts);
        let file = |service: &facts::ServiceFacts| {
            let text = emit::history(&project, &lower::history(model, service));
            (format!("{}.rules.yaml", service.service.name), text)
        };
        let counts =
            |service: &&facts::ServiceFacts| service.slos.iter().any(|slo| slo.slo.parts().is_empty());
        Some(facts.services.iter().filter(counts).map(file).collect())
    }

    /// The files of all targets; `None` if there is an error.
    pub fn artifacts(&self) -> Option<Artifacts> {
        self.artifacts_of(&TARGETS.iter().collect::<Vec<_>>())
    }

    /// The files of these targets; `None` if there is an error.
    pub fn artifacts_of(&self, targets: &[&Target]) -> Option<Artifacts> {
        self.model.as_ref().map(|model| artifacts(model, targets))
    }
}

/// The files of these targets.
pub fn artifacts(model: &Model, targets: &[&Target]) -> Artifacts {
    let facts = derive::derive(model);
    let project = lower::project(&facts);
    let shared = targets.iter().any(|target| target.project.is_some());
    // The plan of a service is many times larger than its files, so it is dropped as soon as they are written.
    let made = parallel::map(&facts.services, |service| {
        let mut plan = lower::service(model, service);
        if targets.iter().any(|target| target.proves) {
            plan.proofs = lower::prove(service.service, &plan);
        }
        (emit::service(&project, &plan, targets), shared.then(|| plan.outline()))
    });
    let mut artifacts = Artifacts::new();
    let mut services = Vec::new();
    for (files, outline) in made {
        artifacts.extend(files);
        services.extend(outline);
    }
    artifacts.extend(emit::project(&Plan { project, services }, targets));
    artifacts
}

/// The results for all environments.
#[derive(Debug)]
pub struct CompiledEnvironments {
    /// The environments in their order; one without a name if the project declares none.
    pub environments: Vec<(Option<String>, Compiled)>,
}

impl CompiledEnvironments {
    /// All problems, each once. A problem that not all environments have names those that have it.
    pub fn problems(&self) -> Vec<Problem> {
        let all: Vec<(&str, &[Problem])> = self
            .environments
            .iter()
            .map(|(name, compiled)| (name.as_deref().unwrap_or_default(), compiled.problems.as_slice()))
            .collect();
        diagnostic::together(&all)
    }

    /// All accepted warnings, each once.
    pub fn accepted(&self) -> Vec<Accepted> {
        let mut all: Vec<Accepted> = Vec::new();
        for accepted in self.environments.iter().flat_map(|(_, compiled)| &compiled.accepted) {
            if !all.contains(accepted) {
                all.push(accepted.clone());
            }
        }
        all
    }
}

/// The meaning of the sources as far as they are valid; in the first environment if the project declares some.
pub fn model_of(sources: &Sources) -> Model {
    model_in(sources, environments(sources).first().map(String::as_str))
}

/// The same in one environment, or without one.
pub fn model_in(sources: &Sources, environment: Option<&str>) -> Model {
    resolve::resolve(&parse::parse(sources, environment).0).0
}

/// The rules and their numbers for a model, without proofs.
pub fn plan_of(model: &Model) -> Plan {
    lower::lower(&derive::derive(model))
}

/// The differences in meaning between two states of a project, as far as they are valid.
pub fn difference(old: &Model, old_complete: bool, new: &Model, new_complete: bool) -> Difference {
    let (before, old_amounts) = measured(old, ServicePlan::outline);
    let (after, new_amounts) = measured(new, ServicePlan::outline);
    diff::diff(
        diff::Side { model: old, plan: &before, amounts: old_amounts, complete: old_complete },
        diff::Side { model: new, plan: &after, amounts: new_amounts, complete: new_complete },
    )
}

/// The differences in meaning between rules of others and the definitions, as far as they are valid.
pub fn difference_from(
    old: &foreign::Foreign,
    old_complete: bool,
    new: &Model,
    new_complete: bool,
) -> Difference {
    let (plan, amounts) = measured(new, |service| service);
    diff::foreign::diff(
        old,
        old_complete,
        diff::Side { model: new, plan: &plan, amounts, complete: new_complete },
    )
}

/// The plan, with `kept` of each service, and the size of the whole plan.
fn measured(model: &Model, kept: impl Fn(ServicePlan) -> ServicePlan + Sync) -> (Plan, Amounts) {
    let facts = derive::derive(model);
    let project = lower::project(&facts);
    let services = parallel::map(&facts.services, |service| {
        let plan = lower::service(model, service);
        let amounts = diff::amounts::amounts(&plan);
        (kept(plan), amounts)
    });
    let (services, amounts): (_, Vec<Amounts>) = services.into_iter().unzip();
    (Plan { project, services }, amounts.into_iter().sum())
}

/// The names of the environments that a project declares, in their order; empty if it declares none.
pub fn environments(sources: &Sources) -> Vec<String> {
    parse::environments(sources)
}

/// Compiles all sources of a project. If it declares environments, problems are those of all, and the model is that of the first.
pub fn compile(sources: &Sources) -> Compiled {
    let mut each = compile_each(sources);
    let problems = each.problems();
    let failed = problems.iter().any(Problem::is_error);
    let accepted = each.accepted();
    let model = each.environments.swap_remove(0).1.model.filter(|_| !failed);
    Compiled { problems, accepted, model }
}

/// Compiles all sources of a project for each of its environments.
pub fn compile_each(sources: &Sources) -> CompiledEnvironments {
    let names = environments(sources);
    let environments = match names.is_empty() {
        true => vec![(None, compile_in(sources, None))],
        false => names
            .into_iter()
            .map(|name| {
                let compiled = compile_in(sources, Some(&name));
                (Some(name), compiled)
            })
            .collect(),
    };
    CompiledEnvironments { environments }
}

/// Compiles all sources of a project for one environment, or without one.
pub fn compile_in(sources: &Sources, environment: Option<&str>) -> Compiled {
    finish(sources, parse::parse(sources, environment), None, None)
}

/// Compiles all sources of a project, and checks them against the series of a running Prometheus instead of the contracts beside them.
pub fn compile_against(sources: &Sources, environment: Option<&str>, live: &ask::Live) -> Compiled {
    finish(sources, parse::parse(sources, environment), Some(live), None)
}

/// Compiles all sources of a project with this policy for every SLO. If there is no such policy: the names of those that exist.
pub fn compile_by(
    sources: &Sources,
    environment: Option<&str>,
    policy: &str,
) -> Result<Compiled, Vec<String>> {
    let parsed = parse::parse(sources, environment);
    let known = resolve::policies(&parsed.0);
    match known.iter().any(|name| name == policy) {
        true => Ok(finish(sources, parsed, None, Some(policy))),
        false => Err(known),
    }
}

/// The problem that a target has a limit that the rules exceed.
fn refused(targets: &model::RuleTargets, limit: &emit::limits::Exceeded) -> Problem {
    let place = targets.place(limit.target).expect("only declared targets have limits");
    match &limit.what {
        emit::limits::Excess::Groups { count, most } => {
            let message = format!("Mimir allows {most} groups for a tenant, but the rules need {count}");
            Problem::error(Code::GroupLimit, place, message).help(format!(
                "allow the tenant more (`ruler_max_rule_groups_per_tenant: {count}`) and write `max_groups: {count}`, or allow more rules in a group and write `max_rules`"
            ))
        }
        emit::limits::Excess::Bytes { what, bytes, most } => {
            let message =
                format!("{what} has {bytes} bytes, but an object of Kubernetes can have only {most}");
            let help = "split the service into two services, or shorten its descriptions";
            Problem::error(Code::ObjectTooLarge, place, message).help(help)
        }
    }
}

fn finish(
    sources: &Sources,
    (mut ast, mut problems): (ast::Ast, Vec<Problem>),
    live: Option<&ask::Live>,
    policy: Option<&str>,
) -> Compiled {
    let (mut model, unresolved) = resolve::resolve_by(&ast, policy);
    problems.extend(unresolved);
    let acceptances = accepted::Entries::of(&ast);
    // The sources are not needed any more, and take as much memory as everything after them.
    ast.services = Vec::new();
    let sees = if problems.iter().any(Problem::is_error) { CheckScope::Part } else { CheckScope::Whole };
    if let Some(live) = live {
        live.hold(&mut model);
    }
    let facts = derive::derive(&model);
    let judged = check::check(&facts, &lower::RULES, sees);
    problems.extend(judged.into_iter().filter(|problem| !ast.waits(problem.primary.span.source)));
    let errors: Vec<Span> =
        problems.iter().filter(|one| one.is_error()).map(|one| one.primary.span).collect();
    // An invisible character in a name or a key is an error there already.
    problems.retain(|one| {
        one.code != Code::InvisibleCharacter || !errors.iter().any(|error| error.contains(one.primary.span))
    });
    let targets = &model.project.targets;
    if !problems.iter().any(Problem::is_error)
        && (targets.mimir.is_some() || targets.operator.is_some() || targets.vmrule.is_some())
    {
        problems.extend(
            emit::limits::exceeded(&lower::lower(&facts)).iter().map(|limit| refused(targets, limit)),
        );
    }
    // A server has other problems than a contract, and so has another policy.
    let whole = live.is_none() && policy.is_none();
    let (problems, mut accepted) = accepted::separate_accepted(acceptances, &ast.instances, problems, whole);
    let mut problems = parse::merge_instance_problems(problems, &ast.instances);
    for one in &mut accepted {
        parse::without_instances(&mut one.problem);
    }
    let failed = problems.iter().any(Problem::is_error);
    diagnostic::sort(&mut problems);
    diagnostic::with_own_names(&mut problems, sources);
    diagnostic::without_idle_fixes(&mut problems, sources);
    accepted.sort_by(|a, b| {
        (a.problem.primary.span, a.problem.code).cmp(&(b.problem.primary.span, b.problem.code))
    });
    accepted.dedup();
    Compiled { problems, accepted, model: (!failed).then_some(model) }
}
