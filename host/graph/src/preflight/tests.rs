use serde_json::json;

use super::*;
use crate::scripted::{World, answer, grant, with_headers};

fn access(token: &str) -> Access {
    claims(&Secret::new(token))
}

fn token(payload: Json) -> String {
    format!("e30.{}.x", URL_SAFE_NO_PAD.encode(payload.to_string()))
}

/// graph.md, section 1.3: a token is issued even when the application has no permission at all.
#[test]
fn a_token_tells_its_tenant_and_permissions_or_nothing() {
    let roles = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
    let told = access(&token(
        json!({ "aud": "https://graph.microsoft.com", "tid": "t1", "roles": ["User.Read.All"] }),
    ));
    assert_eq!(told.tenant_id.as_deref(), Some("t1"));
    assert_eq!(told.roles, roles(&["User.Read.All"]));
    let none = access(&token(json!({ "aud": "https://graph.microsoft.com" })));
    assert_eq!(none.roles, roles(&[]));
    for opaque in ["", "opaque", "a.b.c", "e30.e30.x"] {
        assert_eq!(access(opaque), Access::default(), "{opaque}");
    }
}

fn collaboration(access: &str, targets: &[&str]) -> Json {
    let targets: Vec<Json> = targets
        .iter()
        .map(|target| json!({ "target": target, "targetType": "user" }))
        .collect();
    json!({
        "usersAndGroups": { "accessType": access, "targets": targets },
        "applications": { "accessType": "allowed", "targets": [{ "target": "AllApplications" }] },
    })
}

/// graph.md, section 10.1.
#[test]
fn what_a_partner_does_not_say_the_default_says() {
    let default = json!({
        "automaticUserConsentSettings": { "inboundAllowed": false, "outboundAllowed": true },
        "b2bCollaborationInbound": collaboration("blocked", &["AllUsers"]),
        "b2bCollaborationOutbound": collaboration("allowed", &["AllUsers"]),
    });
    let inherited = partner_policy(None, &default);
    assert_eq!(
        inherited,
        PartnerPolicy {
            b2b_inbound: Permitted::Nobody,
            b2b_outbound: Permitted::All,
            redemption_inbound: false,
            redemption_outbound: true,
            is_own: false,
        }
    );
    let own = json!({
        "automaticUserConsentSettings": { "inboundAllowed": true, "outboundAllowed": null },
        "b2bCollaborationInbound": collaboration("allowed", &["AllUsers"]),
        "b2bCollaborationOutbound": null,
    });
    assert_eq!(
        partner_policy(Some(&own), &default),
        PartnerPolicy {
            b2b_inbound: Permitted::All,
            redemption_inbound: true,
            is_own: true,
            ..inherited
        }
    );
    for (access, targets, expected) in [
        ("allowed", &["some-group"][..], Permitted::Some),
        ("blocked", &["some-group"], Permitted::Some),
        ("allowed", &[], Permitted::Nobody),
        ("blocked", &[], Permitted::All),
    ] {
        let own = json!({ "b2bCollaborationInbound": collaboration(access, targets) });
        assert_eq!(
            partner_policy(Some(&own), &default).b2b_inbound,
            expected,
            "{access} {targets:?}"
        );
    }
    let applications = json!({ "b2bCollaborationInbound": {
        "usersAndGroups": { "accessType": "allowed", "targets": [{ "target": "AllUsers" }] },
        "applications": { "accessType": "blocked", "targets": [{ "target": "AllApplications" }] },
    } });
    assert_eq!(
        partner_policy(Some(&applications), &default).b2b_inbound,
        Permitted::Nobody
    );
}

#[test]
fn a_tenant_without_settings_for_the_partner_is_asked_for_its_default() {
    let world = World::new(|asked| match asked.path.as_str() {
        "/v1.0/policies/crossTenantAccessPolicy/default" => answer(200, json!({})),
        _ => answer(
            404,
            json!({ "error": { "code": "Request_ResourceNotFound" } }),
        ),
    });
    let source = world.source();
    let policy = world.run(source.partner_policy("t2")).unwrap();
    assert!(!policy.is_own);
    assert_eq!(policy.b2b_inbound, Permitted::All);
    assert_eq!(world.run(source.user_sync_inbound("t2")).unwrap(), None);
}

/// graph.md, sections 12.1 and 12.2.
#[test]
fn only_jobs_of_the_cross_tenant_template_count_and_only_active_ones_run() {
    let world = World::new(|asked| match asked.path.split('?').next() {
        Some("/v1.0/servicePrincipals") => answer(
            200,
            json!({ "value": [{ "id": "sp-1", "displayName": "To Fabrikam" }] }),
        ),
        _ => answer(
            200,
            json!({ "value": [
                { "templateId": "Azure2Azure", "schedule": { "state": "Active" },
                  "status": { "code": "Active" } },
                { "templateId": "Azure2Azure", "schedule": { "state": "Disabled" },
                  "status": { "code": "Paused" } },
                { "templateId": "scim", "schedule": { "state": "Active" } },
            ] }),
        ),
    });
    let jobs = world.run(world.source().microsoft_sync()).unwrap();
    let job = |is_running| SyncJob {
        application: "To Fabrikam".to_owned(),
        is_running,
    };
    assert_eq!(jobs, [job(true), job(false)]);
}

#[test]
fn licences_are_counted_and_the_domains_of_addresses_too() {
    let world = World::new(|asked| match asked.path.split('?').next() {
        Some("/v1.0/subscribedSkus") => answer(
            200,
            json!({ "value": [{ "skuPartNumber": "AAD_PREMIUM", "consumedUnits": 7,
                "prepaidUnits": { "enabled": 10 } }] }),
        ),
        _ => answer(
            200,
            json!({ "value": [{ "mail": "a@Contoso.com" }, { "mail": "b@contoso.com" },
                { "mail": null }] }),
        ),
    });
    let source = world.source();
    let licence = Licence {
        name: "AAD_PREMIUM".to_owned(),
        total: 10,
        used: 7,
    };
    assert_eq!(world.run(source.licences()).unwrap(), [licence]);
    let domains = world.run(source.mail_domains()).unwrap();
    assert_eq!(domains, BTreeMap::from([("contoso.com".to_owned(), 2)]));
}

#[test]
fn the_clocks_difference_is_read_from_every_answer_a_refusal_included() {
    let world = World::with_login(
        |_| grant("token", 3600),
        |_| {
            let headers = [("date", "Thu, 20 Aug 2026 09:50:00 GMT")];
            with_headers(403, &headers, "{}")
        },
    );
    let source = world.source();
    assert_eq!(source.clock_ahead(), None);
    world.run(source.allow_invites_from()).unwrap_err();
    let ahead = source.clock_ahead().unwrap();
    assert_eq!(ahead.as_secs(), 600, "the world begins at 10:00");
}
