//! What is looked at between two tenants: what they permit each other, and who else keeps them in
//! step (graph.md, section 10).

use syncline_directory::Tenant;
use syncline_graph::preflight::{PartnerPolicy, Permitted};

use super::{
    finding::{Check, Finding, Severity},
    tenant::{Seen, listed},
};

/// Reads policies.
const POLICY: &str = "Policy.Read.All";

/// Read Microsoft's own synchronization.
const SYNCHRONIZATION: &str = "Application.Read.All and Synchronization.Read.All";

/// Looks at what the ends of a job are to each other, as far as both are seen.
pub(super) async fn examine(
    source: Option<&Seen<'_>>,
    target: Option<&Seen<'_>>,
    findings: &mut Vec<Finding>,
) {
    if let Some(target) = target {
        findings.push(invitations(target).await);
    }
    let (Some(source), Some(target)) = (source, target) else {
        let text = "what the tenants permit each other is not looked at until both let us in";
        findings.push(Finding::of_job(Check::B2bInbound, Severity::Note, text));
        return;
    };
    let (Some(source_tenant), Some(target_tenant)) = (&source.tenant, &target.tenant) else {
        let text = "what the tenants permit each other is not looked at until both can be read";
        findings.push(Finding::of_job(Check::B2bInbound, Severity::Note, text));
        return;
    };
    if source_tenant.id.eq_ignore_ascii_case(&target_tenant.id) {
        let text = format!(
            "`{}` and `{}` are the same tenant, {}",
            source.name, target.name, source_tenant.id
        );
        let fix = "set `tenant-id` of one of them to the other tenant";
        findings.push(Finding::of_job(Check::TenantId, Severity::Blocks, text).fix(fix));
        return;
    }
    findings.push(domains(source, source_tenant, target, target_tenant).await);
    match target.reader.partner_policy(&source_tenant.id).await {
        Ok(policy) => findings.extend(inbound(target, source_tenant, &policy)),
        Err(error) => {
            findings.push(target.not_seen(Check::B2bInbound, POLICY, &error));
            findings.push(target.not_seen(Check::RedemptionInbound, POLICY, &error));
        }
    }
    match source.reader.partner_policy(&target_tenant.id).await {
        Ok(policy) => findings.extend(outbound(source, target_tenant, &policy)),
        Err(error) => {
            findings.push(source.not_seen(Check::B2bOutbound, POLICY, &error));
            findings.push(source.not_seen(Check::RedemptionOutbound, POLICY, &error));
        }
    }
    findings.extend(microsoft(source, target, source_tenant).await);
}

/// graph.md, section 4.3: an application is no administrator, whatever its permissions.
async fn invitations(target: &Seen<'_>) -> Finding {
    let check = Check::AllowInvitesFrom;
    let who = match target.reader.allow_invites_from().await {
        Ok(who) => who,
        Err(error) => return target.not_seen(check, POLICY, &error),
    };
    let text = format!("allowInvitesFrom is {who}");
    match who.as_str() {
        "none" | "adminsAndGuestInviters" => target
            .finding(
                check,
                Severity::Blocks,
                format!("{text}, so that every invitation of an application is refused"),
            )
            .fix(
                "let members invite: Entra admin center, External Identities, External collaboration \
                 settings, Guest invite settings, `Member users and users assigned to specific admin \
                 roles can invite`",
            ),
        _ => target.finding(check, Severity::Ok, text),
    }
}

/// graph.md, section 4.3: an address of a domain that the target has verified cannot be invited.
async fn domains(
    source: &Seen<'_>,
    source_tenant: &Tenant,
    target: &Seen<'_>,
    target_tenant: &Tenant,
) -> Finding {
    let check = Check::VerifiedDomains;
    let is_targets = |domain: &&String| {
        target_tenant
            .verified_domains
            .iter()
            .any(|own| own.eq_ignore_ascii_case(domain))
    };
    let fix = format!(
        "move these people as internal users, or take the domain from {}: Entra admin center, \
         Settings, Domain names",
        target_tenant.display_name
    );
    let shared: Vec<&String> = source_tenant
        .verified_domains
        .iter()
        .filter(is_targets)
        .collect();
    if !shared.is_empty() {
        let text = format!(
            "the target has verified {} of the source, whose people it therefore lets nobody invite",
            listed(&shared)
        );
        return target.finding(check, Severity::Blocks, text).fix(fix);
    }
    let addresses = match source.reader.mail_domains().await {
        Ok(addresses) => addresses,
        Err(error) => return source.not_seen(check, "User.Read.All", &error),
    };
    let held: Vec<String> = addresses
        .iter()
        .filter(|(domain, _)| is_targets(domain))
        .map(|(domain, count)| format!("{domain} ({count} of the first 1000 members)"))
        .collect();
    if held.is_empty() {
        let text = format!(
            "it has verified {}, and no member of the source has an address there",
            listed(&target_tenant.verified_domains)
        );
        return target.finding(check, Severity::Ok, text);
    }
    let text = format!(
        "people of the source have addresses in domains that the target has verified, and cannot be \
         invited: {}",
        held.join(", ")
    );
    target.finding(check, Severity::Warning, text).fix(fix)
}

fn inbound(target: &Seen<'_>, partner: &Tenant, policy: &PartnerPolicy) -> [Finding; 2] {
    let place = place("Inbound access", partner);
    let collaboration = target.finding(
        Check::B2bInbound,
        severity(policy.b2b_inbound),
        format!(
            "B2B collaboration lets {} of {} in",
            whom(policy.b2b_inbound),
            partner.display_name
        ),
    );
    let redemption = if policy.redemption_inbound {
        target.finding(
            Check::RedemptionInbound,
            Severity::Ok,
            "invitations redeem themselves as far as this side says; Microsoft may send a \
             notification all the same",
        )
    } else {
        target
            .finding(
                Check::RedemptionInbound,
                Severity::Warning,
                "people are asked for consent when they first come, and wait as PendingAcceptance \
                 until then",
            )
            .fix(format!(
                "tick `Automatically redeem invitations with the tenant` in {place}, Trust settings"
            ))
    };
    [opened(collaboration, &place), redemption]
}

fn outbound(source: &Seen<'_>, partner: &Tenant, policy: &PartnerPolicy) -> [Finding; 2] {
    let place = place("Outbound access", partner);
    let collaboration = source.finding(
        Check::B2bOutbound,
        severity(policy.b2b_outbound),
        format!(
            "B2B collaboration lets {} out to {}",
            whom(policy.b2b_outbound),
            partner.display_name
        ),
    );
    let redemption = if policy.redemption_outbound {
        source.finding(
            Check::RedemptionOutbound,
            Severity::Ok,
            "invitations redeem themselves as far as this side says",
        )
    } else {
        source
            .finding(
                Check::RedemptionOutbound,
                Severity::Warning,
                "people are asked for consent when they first go there: automatic redemption takes \
                 both sides",
            )
            .fix(format!(
                "tick `Automatically redeem invitations with the tenant` in {place}, Trust settings"
            ))
    };
    [opened(collaboration, &place), redemption]
}

/// Adds what to change to a finding about collaboration that is not open to all.
fn opened(finding: Finding, place: &str) -> Finding {
    if finding.severity == Severity::Ok {
        return finding;
    }
    finding.fix(format!(
        "allow the people in scope, and all applications or those that they use, in {place}, B2B \
         collaboration"
    ))
}

fn place(access: &str, partner: &Tenant) -> String {
    format!(
        "Entra admin center, External Identities, Cross-tenant access settings, Organizational \
         settings, {} ({}), {access}",
        partner.display_name, partner.initial_domain
    )
}

fn severity(permitted: Permitted) -> Severity {
    match permitted {
        Permitted::All => Severity::Ok,
        Permitted::Some => Severity::Warning,
        Permitted::Nobody => Severity::Blocks,
    }
}

fn whom(permitted: Permitted) -> &'static str {
    match permitted {
        Permitted::All => "everybody",
        Permitted::Some => "only some people or applications",
        Permitted::Nobody => "nobody",
    }
}

/// Microsoft's own synchronization of the same pair would write the same people (graph.md, section
/// 14.4). Permission for it alone is no sign that it runs.
async fn microsoft(source: &Seen<'_>, target: &Seen<'_>, source_tenant: &Tenant) -> Vec<Finding> {
    let (check, stop) = (
        Check::MicrosoftSync,
        "stop it: Entra admin center of the source, External Identities, Cross-tenant \
         synchronization, Configurations, Pause provisioning; or run no job of ours on this pair",
    );
    let allowed = match target.reader.user_sync_inbound(&source_tenant.id).await {
        Ok(allowed) => allowed,
        Err(error) => return vec![target.not_seen(Check::UserSyncInbound, POLICY, &error)],
    };
    let permission = if allowed == Some(true) {
        target
            .finding(
                Check::UserSyncInbound,
                Severity::Warning,
                "Microsoft's own synchronization may write people of the source here; Syncline does \
                 not need that",
            )
            .fix(
                "untick `Allow user sync into this tenant` in the target's cross-tenant access \
                 settings for the source, unless another service of Microsoft's uses it",
            )
    } else {
        let text =
            "Microsoft's own synchronization may not write here, which Syncline does not need";
        target.finding(Check::UserSyncInbound, Severity::Note, text)
    };
    let running = match source.reader.microsoft_sync().await {
        Ok(jobs) => {
            let running = jobs.into_iter().filter(|job| job.is_running);
            running.map(|job| job.application).collect::<Vec<_>>()
        }
        Err(error) => {
            let unseen = source.not_seen(check, SYNCHRONIZATION, &error);
            return vec![permission, unseen];
        }
    };
    let finding = match (running.is_empty(), allowed) {
        (true, _) => {
            let text = "no job of Microsoft's cross-tenant synchronization runs";
            source.finding(check, Severity::Ok, text)
        }
        (false, Some(true)) => {
            let text = format!(
                "Microsoft's cross-tenant synchronization runs ({}) and the target lets it in: it \
                 would write the same people",
                listed(&running)
            );
            source.finding(check, Severity::Blocks, text).fix(stop)
        }
        (false, _) => {
            let text = format!(
                "Microsoft's cross-tenant synchronization runs ({}), into another tenant than this \
                 target, which does not let it in",
                listed(&running)
            );
            source.finding(check, Severity::Note, text)
        }
    };
    vec![permission, finding]
}
