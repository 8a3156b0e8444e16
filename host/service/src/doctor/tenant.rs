//! What is looked at in one tenant: the way in, and what the application may do there.

use jiff::SignedDuration;
use syncline_directory::{Side, Tenant};
use syncline_graph::{ErrorKind, GraphError, Source, preflight::Access};
use syncline_rules::Generation;

use super::{
    finding::{Check, Finding, Severity},
    permissions::{consent, needs, superfluous, unmet, writes},
};
use crate::{
    Service, ServiceError, credentials, one_line,
    project::{CredentialSettings, Job, ProjectError, TenantSettings},
};

/// A clock that is this far off makes statements that are not good, and has objects look older or
/// younger than what made them.
const CLOCK_OFF_MAX: SignedDuration = SignedDuration::from_mins(5);

/// From here on it is worth a word.
const CLOCK_OFF_NOTED: SignedDuration = SignedDuration::from_secs(30);

/// Licences that conditional access and changed trust settings take (graph.md, section 10.1).
const PREMIUM: [&str; 6] = ["AAD_PREMIUM", "EMS", "SPE_", "ENTRA", "M365_F", "IDENTITY_"];

/// A tenant that lets us in.
pub(super) struct Seen<'a> {
    pub(super) side: Side,
    pub(super) name: &'a str,
    pub(super) reader: Source,
    /// Nothing where the application may not read it.
    pub(super) tenant: Option<Tenant>,
}

impl Seen<'_> {
    pub(super) fn finding(
        &self,
        check: Check,
        severity: Severity,
        text: impl Into<String>,
    ) -> Finding {
        finding(self.side, self.name, check, severity, text)
    }

    /// Returns what is said of a check whose reading failed: what is not known does not block.
    pub(super) fn not_seen(&self, check: Check, permission: &str, error: &GraphError) -> Finding {
        if error.kind() == ErrorKind::Forbidden {
            let text =
                format!("not looked at: the application may not read it without {permission}");
            let fix = format!(
                "grant {permission} with admin consent to have it checked; runs do not need it"
            );
            return self.finding(check, Severity::Warning, text).fix(fix);
        }
        let text = format!("not looked at: {}", one_line(error));
        self.finding(check, Severity::Warning, text)
            .fix(error.advice())
    }
}

fn finding(
    side: Side,
    name: &str,
    check: Check,
    severity: Severity,
    text: impl Into<String>,
) -> Finding {
    Finding {
        side: Some(side),
        tenant: Some(name.to_owned()),
        ..Finding::of_job(check, severity, text)
    }
}

/// What came of looking at one end of a job.
pub(super) struct Examined<'a> {
    pub(super) findings: Vec<Finding>,
    /// The tenant, where it lets us in.
    pub(super) seen: Option<Seen<'a>>,
}

/// Looks at one end of a job.
pub(super) async fn examine<'a>(
    service: &Service,
    job: &'a Job,
    side: Side,
    generation: Option<&Generation>,
) -> Result<Examined<'a>, ServiceError> {
    let mut findings = Vec::new();
    let locked = |findings| Examined {
        findings,
        seen: None,
    };
    let name = match side {
        Side::Source => job.source.as_str(),
        Side::Target => job.target.as_str(),
    };
    let settings = &service.project.tenants[name];
    let proof = proof(settings);
    let at = |check, severity, text: String| finding(side, name, check, severity, text);
    let reader = match service.reader(name) {
        Ok(reader) => reader,
        Err(ServiceError::Project(ProjectError::Secret { message, .. })) => {
            let fix = format!("mend `credential` of [tenants.{name}], or what it names");
            findings.push(at(proof, Severity::Blocks, message).fix(fix).local());
            return Ok(locked(findings));
        }
        Err(error) => return Err(error),
    };
    let access = match reader.access().await {
        Ok(access) => access,
        Err(error) => {
            findings.push(locked_out(&at, proof, &error));
            findings.extend(clock(&at, &reader).filter(|clock| clock.severity > Severity::Ok));
            return Ok(locked(findings));
        }
    };
    findings.push(signed_in(service, settings, &at, proof));
    let tenant = match reader.tenant().await {
        Ok(tenant) => {
            findings.push(reachable(settings, &at));
            findings.push(identity(settings, &access, &tenant, &at));
            Some(tenant)
        }
        Err(error) if error.kind() == ErrorKind::Forbidden => {
            findings.push(reachable(settings, &at));
            None
        }
        Err(error) => {
            findings.push(locked_out(&at, Check::Reachability, &error));
            return Ok(locked(findings));
        }
    };
    findings.extend(clock(&at, &reader));
    findings.extend(granted(job, side, settings, generation, &access, &at));
    let seen = Seen {
        side,
        name,
        reader,
        tenant,
    };
    if side == Side::Target {
        findings.push(licences(&seen).await);
        findings.push(budget(settings, &seen));
    }
    Ok(Examined {
        findings,
        seen: Some(seen),
    })
}

/// Returns which check a credential belongs to.
fn proof(settings: &TenantSettings) -> Check {
    match settings.credential {
        CredentialSettings::Certificate { .. } => Check::Certificate,
        _ => Check::Secret,
    }
}

/// Returns what an error that lets nobody in is about (graph.md, section 1.3).
fn locked_out(
    at: &impl Fn(Check, Severity, String) -> Finding,
    proof: Check,
    error: &GraphError,
) -> Finding {
    let aadsts = match error {
        GraphError::Authentication(failure) => failure.aadsts,
        _ => None,
    };
    let check = match (error.kind(), aadsts) {
        (_, Some(700_024)) => Check::Clock,
        (_, Some(700_016 | 7_000_112)) => Check::Consent,
        (_, Some(90_002 | 900_023 | 90_038 | 900_382 | 900_432)) => Check::TenantId,
        (ErrorKind::Credential | ErrorKind::Authentication, _) => proof,
        (ErrorKind::Unauthorized, _) => Check::Consent,
        _ => Check::Reachability,
    };
    at(check, Severity::Blocks, one_line(error)).fix(error.advice())
}

fn signed_in(
    service: &Service,
    settings: &TenantSettings,
    at: &impl Fn(Check, Severity, String) -> Finding,
    proof: Check,
) -> Finding {
    let application = &settings.client_id;
    let given = format!("the login service gives application {application} a token");
    let now = service.outside.clock.now();
    let Some(ends) = credentials::certificate_ends(settings, now) else {
        return at(proof, Severity::Ok, given);
    };
    let day = ends.strftime("%Y-%m-%d");
    let left = ends.duration_since(now);
    if left < credentials::EXPIRES_SOON {
        let days = left.as_hours() / 24;
        let text = format!("{given}, and the certificate ends on {day}, in {days} days");
        let fix = "make a new certificate and register it beside the old one before that day";
        return at(proof, Severity::Warning, text).fix(fix);
    }
    at(
        proof,
        Severity::Ok,
        format!("{given}, and the certificate is good until {day}"),
    )
}

fn reachable(
    settings: &TenantSettings,
    at: &impl Fn(Check, Severity, String) -> Finding,
) -> Finding {
    let text = format!(
        "{} and {} answer",
        settings.cloud.login, settings.cloud.graph
    );
    at(Check::Reachability, Severity::Ok, text)
}

fn identity(
    settings: &TenantSettings,
    access: &Access,
    tenant: &Tenant,
    at: &impl Fn(Check, Severity, String) -> Finding,
) -> Finding {
    let (asked, found) = (&settings.tenant_id, &tenant.id);
    let is_named = asked.eq_ignore_ascii_case(found)
        || tenant
            .verified_domains
            .iter()
            .any(|domain| domain.eq_ignore_ascii_case(asked));
    let of_token = access.tenant_id.as_ref();
    let is_of_token = of_token.is_none_or(|id| id.eq_ignore_ascii_case(found));
    if is_named && is_of_token {
        let text = format!(
            "{asked} is {} ({found}), whose initial domain is {}",
            tenant.display_name, tenant.initial_domain
        );
        return at(Check::TenantId, Severity::Ok, text);
    }
    let text = format!(
        "the credential lets us into {} ({found}), but the project means {asked}",
        tenant.display_name
    );
    let fix = "set `tenant-id` to the tenant that the application is registered in; a managed \
               identity lives in one tenant only";
    at(Check::TenantId, Severity::Blocks, text).fix(fix)
}

fn clock(at: &impl Fn(Check, Severity, String) -> Finding, reader: &Source) -> Option<Finding> {
    let ahead = reader.clock_ahead()?;
    let (off, way) = (
        ahead.abs(),
        if ahead.is_negative() {
            "behind"
        } else {
            "ahead of"
        },
    );
    let text = format!(
        "this machine's clock is {} s {way} the tenant's services",
        off.as_secs()
    );
    let fix = "set this machine's clock by a time service (NTP)";
    Some(if off > CLOCK_OFF_MAX {
        at(Check::Clock, Severity::Blocks, text).fix(fix).local()
    } else if off > CLOCK_OFF_NOTED {
        at(Check::Clock, Severity::Warning, text).fix(fix)
    } else {
        let text = "this machine's clock and the tenant's agree".to_owned();
        at(Check::Clock, Severity::Ok, text)
    })
}

fn granted(
    job: &Job,
    side: Side,
    settings: &TenantSettings,
    generation: Option<&Generation>,
    access: &Access,
    at: &impl Fn(Check, Severity, String) -> Finding,
) -> Vec<Finding> {
    let needs = needs(job, side, generation);
    let Some(roles) = &access.roles else {
        let text = "the token does not say which permissions the application has".to_owned();
        return vec![at(Check::Consent, Severity::Note, text)];
    };
    let unmet = unmet(&needs, roles);
    let mut findings = vec![if unmet.is_empty() {
        let purposes: Vec<&str> = needs.iter().map(|need| need.purpose).collect();
        let text = format!(
            "the application's permissions suffice for {}",
            listed(&purposes)
        );
        at(Check::Consent, Severity::Ok, text)
    } else {
        let purposes: Vec<&str> = unmet.iter().map(|need| need.purpose).collect();
        let text = format!("no permission for {}", listed(&purposes));
        let fix = format!(
            "add the application permissions {} of Microsoft Graph and no others, then grant admin \
             consent: Entra admin center, App registrations, API permissions, or \
             {}/{}/adminconsent?client_id={}",
            listed(&consent(&unmet)),
            settings.cloud.login,
            settings.tenant_id,
            settings.client_id
        );
        at(Check::Consent, Severity::Blocks, text).fix(fix)
    }];
    let needless = superfluous(&needs, roles);
    let writing: Vec<&str> = match side {
        Side::Source => roles
            .iter()
            .map(String::as_str)
            .filter(|name| writes(name))
            .collect(),
        Side::Target => Vec::new(),
    };
    if !writing.is_empty() {
        let text = format!(
            "the source is only read, but its application may write: {}",
            listed(&writing)
        );
        let fix = format!(
            "take {} from it, and give it {} instead where that is missing",
            listed(&writing),
            listed(&consent(&needs))
        );
        findings.push(at(Check::Consent, Severity::Warning, text).fix(fix));
    } else if !needless.is_empty() {
        let text = format!("granted, and needed by nothing here: {}", listed(&needless));
        findings.push(at(Check::Consent, Severity::Note, text));
    }
    findings
}

async fn licences(seen: &Seen<'_>) -> Finding {
    match seen.reader.licences().await {
        Ok(licences) => {
            let premium: Vec<String> = licences
                .iter()
                .filter(|licence| PREMIUM.iter().any(|name| licence.name.starts_with(name)))
                .map(|licence| format!("{} ({} of {})", licence.name, licence.used, licence.total))
                .collect();
            let text = if premium.is_empty() {
                "no Entra ID P1 or P2 is visible; trust settings and conditional access for guests \
                 take one"
                    .to_owned()
            } else {
                format!("with Entra ID P1 or P2: {}", premium.join(", "))
            };
            seen.finding(Check::Licences, Severity::Note, text)
        }
        Err(_) => seen.finding(
            Check::Licences,
            Severity::Note,
            "the tenant's licences are not visible to the application",
        ),
    }
}

fn budget(settings: &TenantSettings, seen: &Seen<'_>) -> Finding {
    if let Some(until) = seen.reader.pace().silent_until() {
        let text = format!("Graph asked for silence until {until}; runs wait");
        let fix = "look for another program that writes to this tenant, if this lasts";
        return seen
            .finding(Check::WriteBudget, Severity::Warning, text)
            .fix(fix);
    }
    let writes = settings.budget.writes_max();
    let window = settings.budget.window.as_secs().max(1);
    // A new person is an invitation, its attributes and a manager.
    let people_an_hour = u64::from(writes) * 3600 / window / 3;
    let text = format!(
        "{writes} writes in {window} s, which is {} % of what Graph publishes and about \
         {people_an_hour} new people an hour; {} of them are free now",
        (settings.budget.share * 100.0).round(),
        seen.reader.pace().writes_left()
    );
    seen.finding(Check::WriteBudget, Severity::Ok, text)
}

/// Returns names as people list them.
pub(super) fn listed<T: AsRef<str>>(names: &[T]) -> String {
    match names {
        [] => "nothing".to_owned(),
        [only] => only.as_ref().to_owned(),
        [most @ .., last] => {
            let most: Vec<&str> = most.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", most.join(", "), last.as_ref())
        }
    }
}
