//! Exit codes, and how an error is told.

use std::process::ExitCode;

use syncline_author::{
    building::BuildError, candidate::CandidateError, project::ProjectError as RuleProjectError,
    samples::SamplesError, template::NewError,
};
use syncline_service::{ProjectError, ServiceError};
use syncline_store::RunOutcome;

use crate::render;

/// How a command ended, as its caller sees it. The worst of several jobs is told; wrong usage
/// (exit code 2) ends a command before any job runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// 0: done.
    Done,
    /// 4: finished, some objects failed.
    SomeFailed,
    /// 3: held by a guard.
    Held,
    /// 1: failed.
    Failed,
    /// 2: wrong usage or configuration.
    WrongUsage,
}

impl End {
    /// Returns how a run's outcome ends the command.
    pub(crate) fn of(outcome: RunOutcome) -> Self {
        match outcome {
            RunOutcome::Done | RunOutcome::Previewed => Self::Done,
            RunOutcome::Partial => Self::SomeFailed,
            RunOutcome::Held => Self::Held,
            RunOutcome::Failed | RunOutcome::Stopped | RunOutcome::Interrupted => Self::Failed,
        }
    }

    /// Returns the worse of two ends.
    pub(crate) fn worse(self, other: Self) -> Self {
        if other.badness() > self.badness() {
            other
        } else {
            self
        }
    }

    fn badness(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::SomeFailed => 1,
            Self::Held => 2,
            Self::Failed => 3,
            Self::WrongUsage => 4,
        }
    }
}

impl From<End> for ExitCode {
    fn from(end: End) -> Self {
        Self::from(match end {
            End::Done => 0,
            End::Failed => 1,
            End::WrongUsage => 2,
            End::Held => 3,
            End::SomeFailed => 4,
        })
    }
}

/// A command that was used wrongly, in words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct WrongUsage(pub(crate) String);

/// Whether an author used a command wrongly, or something that it needs is not there; what is wrong
/// with a rule is a failure.
fn is_authors(cause: &(dyn std::error::Error + 'static)) -> bool {
    let name = cause.downcast_ref::<NewError>();
    let build = cause.downcast_ref::<BuildError>();
    let candidate = cause.downcast_ref::<CandidateError>();
    let samples = cause.downcast_ref::<SamplesError>();
    cause.is::<RuleProjectError>()
        || name.is_some_and(|error| !matches!(error, NewError::Write { .. }))
        || build.is_some_and(BuildError::is_configuration)
        || candidate.is_some_and(|error| matches!(error, CandidateError::Read { .. }))
        || samples.is_some_and(|error| !matches!(error, SamplesError::Write { .. }))
}

/// Tells an error with its causes and, where it is known, what to do; returns how that ends the
/// command.
pub(crate) fn report(error: &anyhow::Error) -> End {
    let advice = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<ServiceError>()?.advice());
    render::error(error, advice);
    let configuration = error.chain().any(|cause| {
        cause.is::<ProjectError>()
            || cause.is::<WrongUsage>()
            || is_authors(cause)
            || cause
                .downcast_ref::<ServiceError>()
                .is_some_and(ServiceError::is_configuration)
    });
    if configuration {
        End::WrongUsage
    } else {
        End::Failed
    }
}
