//! Cache for Node: the native half of the package `cache-guardian`.
//!
//! It is thin. Data crosses as plain objects, by way of JSON; what has a state is a class; nothing of the core is done here.
//! `index.cjs` looks at what a call is given, by `signatures.cjs`, and turns the errors into the classes of `errors.cjs`.

mod approval;
mod ask;
mod assess;
mod errors;
mod gate;
mod outcome;
mod plan;
mod promised;
mod promoter;
mod read;
mod registries;
mod retention;
mod run;
mod sbom;
mod scan;
mod sign;
mod story;
mod token;
mod upkeep;
