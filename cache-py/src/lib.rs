//! Cache for Python: the native half of the package `cache_guardian`.
//!
//! It is thin. Data crosses as plain objects, by way of JSON; what has a state is a class; nothing of the core is done here.

mod approval;
mod ask;
mod assess;
mod awaited;
mod callback;
mod coroutine;
mod errors;
mod gate;
mod given;
mod outcome;
mod plain;
mod plan;
mod progress;
mod promoter;
mod registries;
mod retention;
mod runtime;
mod sbom;
mod scan;
mod sign;
mod story;
mod token;
mod upkeep;

use pyo3::prelude::*;

/// The native half of `cache_guardian`; import that.
#[pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use super::approval::Approval;
    #[pymodule_export]
    use super::ask::{AnswerDesk, alert, alert_async};
    #[pymodule_export]
    use super::assess::{Assessment, assess, check_policy};
    #[pymodule_export]
    use super::errors::error_kinds;
    #[pymodule_export]
    use super::outcome::{Outlook, Receipt, Reproduction};
    #[pymodule_export]
    use super::plan::Plan;
    #[pymodule_export]
    use super::promoter::Promoter;
    #[pymodule_export]
    use super::registries::Registries;
    #[pymodule_export]
    use super::retention::{Cleaned, Proposal, Retention, explain_policy, simulate_policy, translate_policy};
    #[pymodule_export]
    use super::sbom::Sbom;
    #[pymodule_export]
    use super::scan::{Database, Scanner, merge_reports, parse_report};
    #[pymodule_export]
    use super::sign::{
        generate_key, refresh_trusted_root, refresh_trusted_root_async, verify, verify_async, verify_file,
        verify_journal, verify_journal_async,
    };
    #[pymodule_export]
    use super::story::{Story, tell_story, tell_story_async};
    #[pymodule_export]
    use super::upkeep::{Administrator, Carried};
}
