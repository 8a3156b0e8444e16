//! What a doctor finds.

use syncline_directory::{JobName, Side};

/// All that was found about one job, in the order in which it was looked at.
#[derive(Clone, Debug)]
pub struct Diagnosis {
    /// The job.
    pub job: JobName,
    /// What was found, what is well included.
    pub findings: Vec<Finding>,
}

impl Diagnosis {
    /// Returns the worst that was found.
    pub fn worst(&self) -> Severity {
        let severities = self.findings.iter().map(|finding| finding.severity);
        severities.max().unwrap_or(Severity::Ok)
    }

    /// Whether something that blocks stands in the project or on this machine, and not in a tenant.
    pub fn is_configuration(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.severity == Severity::Blocks && finding.is_local)
    }
}

/// One thing that was looked at, and what came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub check: Check,
    /// How bad it is.
    pub severity: Severity,
    /// Which end of the job; nothing where it is about neither or both.
    pub side: Option<Side>,
    /// The tenant's name in the project.
    pub tenant: Option<String>,
    /// What is, and what it means.
    pub text: String,
    /// What to change, and where; nothing where there is nothing to do.
    pub fix: Option<String>,
    /// Whether it was found without asking any tenant.
    pub is_local: bool,
}

impl Finding {
    /// Returns a finding about the job itself.
    pub(super) fn of_job(check: Check, severity: Severity, text: impl Into<String>) -> Self {
        Self {
            check,
            severity,
            side: None,
            tenant: None,
            text: text.into(),
            fix: None,
            is_local: false,
        }
    }

    pub(super) fn fix(self, fix: impl Into<String>) -> Self {
        Self {
            fix: Some(fix.into()),
            ..self
        }
    }

    pub(super) fn local(self) -> Self {
        Self {
            is_local: true,
            ..self
        }
    }
}

/// How bad a finding is, from well to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It is as it should be.
    Ok,
    /// It is worth knowing, and nothing has to be done.
    Note,
    /// Runs work, and something about them will not be as expected.
    Warning,
    /// A run cannot do its work.
    Blocks,
}

impl Severity {
    /// Returns the word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Blocks => "blocks",
        }
    }
}

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// The rules can be read, admitted and put together.
    Rules,
    /// The client secret, federated token or managed identity.
    Secret,
    /// The certificate.
    Certificate,
    /// Login service and Graph answer.
    Reachability,
    /// This machine's clock.
    Clock,
    /// The tenant id, and that it is the tenant meant.
    TenantId,
    /// The application is known in the tenant and has the permissions that the job needs.
    Consent,
    /// Domains that the target has verified.
    VerifiedDomains,
    /// Who may invite guests into the target.
    AllowInvitesFrom,
    /// B2B collaboration into the target.
    B2bInbound,
    /// B2B collaboration out of the source.
    B2bOutbound,
    /// Automatic redemption, as the target says.
    RedemptionInbound,
    /// Automatic redemption, as the source says.
    RedemptionOutbound,
    /// Whether Microsoft's own synchronization may write into the target.
    UserSyncInbound,
    /// Microsoft's own synchronization of the same pair.
    MicrosoftSync,
    /// Licences.
    Licences,
    /// How fast the target may be written to.
    WriteBudget,
}

impl Check {
    /// Returns the stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rules => "rules",
            Self::Secret => "secret",
            Self::Certificate => "certificate",
            Self::Reachability => "reachability",
            Self::Clock => "clock",
            Self::TenantId => "tenant-id",
            Self::Consent => "consent",
            Self::VerifiedDomains => "verified-domains",
            Self::AllowInvitesFrom => "allowInvitesFrom",
            Self::B2bInbound => "b2b-inbound",
            Self::B2bOutbound => "b2b-outbound",
            Self::RedemptionInbound => "redemption-inbound",
            Self::RedemptionOutbound => "redemption-outbound",
            Self::UserSyncInbound => "user-sync-inbound",
            Self::MicrosoftSync => "microsoft-sync",
            Self::Licences => "licences",
            Self::WriteBudget => "write-budget",
        }
    }
}
