//! Invitations: how an external user comes to be (graph.md section 4).
//!
//! An invitation is an event; it can be made and never be read.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::user_writes::visible_from;
use super::{Context, proxies};
use crate::clock::graph_time;
use crate::error::GraphError;
use crate::exchange::{Call, Reply};
use crate::schema::{Kind, judge_invitation};
use crate::tenant::object::Object;

/// An address with one of these cannot be invited.
const REFUSED: &str = "~!#$%^&*()+=[]{}\\/|;:\"'<>?,";

pub(super) fn create(call: &Call, context: &mut Context<'_>) -> Result<Reply, GraphError> {
    let body = call.json()?;
    judge_invitation(&body)?;
    let address = required(&body, "invitedUserEmailAddress")?.to_owned();
    let redirect = required(&body, "inviteRedirectUrl")?;
    if !redirect.contains("://") {
        return Err(GraphError::invalid_value("inviteRedirectUrl", "Invitation"));
    }
    judge_address(&address)?;
    let user_type = match body.get("invitedUserType").and_then(Value::as_str) {
        None | Some("Guest") => "Guest",
        Some("Member") => "Member",
        Some(_) => return Err(GraphError::invalid_value("invitedUserType", "Invitation")),
    };
    if !context.tenant.policy.allow_invites_from.permits_apps() {
        return Err(GraphError::new(
            StatusCode::FORBIDDEN,
            "Authorization_RequestDenied",
            "Guest invitations not allowed for your company. Contact your company administrator \
             for more details.",
        ));
    }
    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
    if context.tenant.has_verified(domain) {
        return Err(GraphError::bad_request(
            "This user cannot be invited because the domain of the user's email address is a \
             verified domain of this directory.",
        ));
    }
    let home = context.tenant.neighbour(domain).map(|known| &*known.id);
    if !context.tenant.policy.admits(home) {
        return Err(GraphError::bad_request(
            "This invitation is blocked by cross-tenant access settings. Admins in both your \
             organization and the invited user's organization must configure cross-tenant access \
             settings to allow the invitation.",
        ));
    }
    let user_id = match existing(context, &body, &address)? {
        Some(id) => id,
        None => add_user(context, &body, &address, user_type),
    };
    context.tenant.stats.invitations += 1;
    context.tenant.invited.insert(address.to_lowercase());
    context.tenant.stats.invited_addresses =
        u64::try_from(context.tenant.invited.len()).unwrap_or(u64::MAX);
    Ok(Reply::created(answer(
        call, context, &body, &address, user_type, &user_id,
    )))
}

fn required<'a>(body: &'a Map<String, Value>, name: &str) -> Result<&'a str, GraphError> {
    body.get(name)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
        .ok_or_else(|| {
            GraphError::bad_request(format!(
                "A value is required for property '{name}' of resource 'Invitation'."
            ))
        })
}

fn judge_address(address: &str) -> Result<(), GraphError> {
    let invalid = || {
        GraphError::bad_request("The invited user email address is invalid.")
            .with_detail("InvalidValue", "invitedUserEmailAddress")
    };
    let (local, domain) = address.split_once('@').ok_or_else(invalid)?;
    let part_is_fine = |part: &str| {
        !part.is_empty()
            && part.is_ascii()
            && !part.starts_with(['.', '-'])
            && !part.ends_with(['.', '-'])
            && !part.contains(|letter: char| REFUSED.contains(letter) || letter == '@')
            && !part.contains(char::is_whitespace)
    };
    if part_is_fine(local) && part_is_fine(domain) && domain.contains('.') {
        Ok(())
    } else {
        Err(invalid())
    }
}

/// Returns the external user that has the address already; refuses where somebody else has it
/// (graph.md 4.3). A soft-deleted one does not count.
fn existing(
    context: &mut Context<'_>,
    body: &Map<String, Value>,
    address: &str,
) -> Result<Option<String>, GraphError> {
    if let Some(id) = body
        .get("invitedUser")
        .and_then(|user| user.get("id"))
        .and_then(Value::as_str)
    {
        return reset(context, body, id).map(Some);
    }
    let directory = &context.tenant.directory;
    let mut holders: Vec<&Object> = directory
        .holders(address, "")
        .filter(|object| object.kind != Kind::Contact)
        .collect();
    // An external user wins over an internal one that merely has the same mail.
    holders.sort_by_key(|object| !object.is_external());
    let Some(holder) = holders.first() else {
        return Ok(None);
    };
    if holder.kind == Kind::Group {
        return Err(GraphError::bad_request(
            "Another object with the same value for property proxyAddresses already exists. Group \
             email address is not supported.",
        )
        .with_detail("ObjectConflict", "proxyAddresses"));
    }
    let id = holder.id.clone();
    if !holder.is_external() {
        return Err(GraphError::bad_request(format!(
            "The invited user already exists in the directory as object ID: {id}. They can use \
             that account to sign in to shared apps and resources."
        )));
    }
    if holder.flag("accountEnabled") == Some(false) {
        return Err(GraphError::bad_request(format!(
            "The invited user already exists in the directory as object ID: {id}, but the account \
             is blocked from signing in. Unblock the account before inviting the user again."
        )));
    }
    Ok(Some(id))
}

/// Starts redemption over for a user, or makes an internal user an external one (graph.md 4.4).
fn reset(
    context: &mut Context<'_>,
    body: &Map<String, Value>,
    id: &str,
) -> Result<String, GraphError> {
    let user = super::users::find(context, id)?;
    if user.protected {
        return Err(GraphError::denied());
    }
    let id = user.id.clone();
    let resets = body.get("resetRedemption").and_then(Value::as_bool) == Some(true);
    if !resets && user.text("mail").is_none() {
        return Err(GraphError::bad_request(
            "The invited user must have the external address as mail.",
        ));
    }
    let now = context.now;
    context
        .tenant
        .directory
        .set(&id, pending(&graph_time(now)), now);
    Ok(id)
}

fn pending(now: &str) -> Vec<(std::borrow::Cow<'static, str>, Value)> {
    vec![
        ("externalUserState".into(), json!("PendingAcceptance")),
        ("externalUserStateChangeDateTime".into(), json!(now)),
    ]
}

/// Creates the user as an invitation does (graph.md 4.2), and returns its id.
fn add_user(
    context: &mut Context<'_>,
    body: &Map<String, Value>,
    address: &str,
    user_type: &'static str,
) -> String {
    let directory = &context.tenant.directory;
    let nickname = format!("{}#EXT#", address.replace('@', "_"));
    let mut name = format!("{nickname}@{}", context.tenant.initial_domain);
    // Another external user may have kept the name after its address changed.
    while directory.user(&name).is_some() {
        let suffix = &context.ids.id()[..8];
        name = format!(
            "{}_{suffix}#EXT#@{}",
            address.replace('@', "_"),
            context.tenant.initial_domain
        );
    }
    let local = address.split('@').next().unwrap_or(address);
    let display_name = body
        .get("invitedUserDisplayName")
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
        .unwrap_or(local);
    let now = graph_time(context.now);
    let mut user = Object::new(context.ids.id(), Kind::User, context.now)
        .with("accountEnabled", true)
        .with("displayName", display_name)
        .with("userPrincipalName", name)
        .with("mailNickname", nickname)
        .with("mail", address)
        .with("otherMails", json!([address]))
        .with("userType", user_type)
        .with("creationType", "Invitation")
        .with("externalUserState", "PendingAcceptance")
        .with("externalUserStateChangeDateTime", now)
        .with("showInAddressList", false);
    // A contact, or a user that has the address as a proxy, keeps it.
    if !proxies::is_taken(directory, address, "") {
        user = user.with("proxyAddresses", json!([format!("SMTP:{address}")]));
    }
    user.visible_from = visible_from(context);
    let id = user.id.clone();
    context.tenant.directory.insert(user, context.now);
    id
}

fn answer(
    call: &Call,
    context: &mut Context<'_>,
    body: &Map<String, Value>,
    address: &str,
    user_type: &str,
    user_id: &str,
) -> Value {
    let id = context.ids.id();
    let ticket = context.ids.opaque(2);
    let redirect = body.get("inviteRedirectUrl").cloned();
    let given = |name: &str| body.get(name).cloned();
    json!({
        "@odata.context": call.context("invitations/$entity"),
        "id": id,
        "inviteRedeemUrl": format!(
            "https://login.microsoftonline.com/redeem?rd=https%3a%2f%2finvitations.microsoft.com\
             %2fredeem%2f%3ftenant%3d{}%26user%3d{user_id}%26ticket%3d{ticket}",
            context.tenant.id
        ),
        "invitedUserDisplayName": given("invitedUserDisplayName"),
        "invitedUserEmailAddress": address,
        "invitedUserType": user_type,
        "inviteRedirectUrl": redirect,
        "resetRedemption": given("resetRedemption").unwrap_or(Value::Bool(false)),
        "sendInvitationMessage": given("sendInvitationMessage").unwrap_or(Value::Bool(false)),
        "status": "PendingAcceptance",
        "invitedUserMessageInfo": given("invitedUserMessageInfo").unwrap_or_else(|| json!({
            "messageLanguage": null,
            "customizedMessageBody": null,
            "ccRecipients": [{ "emailAddress": { "name": null, "address": null } }],
        })),
        "invitedUser": { "id": user_id },
    })
}
