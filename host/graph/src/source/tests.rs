use serde_json::json;
use syncline_directory::Value;

use super::*;
use crate::{
    DeltaNext, ErrorKind, TransportError,
    scripted::{ROOT, SECRET, World, answer, timeout, with_headers},
};

const USER: ObjectKind = ObjectKind::User;

fn columns<const N: usize>(names: [&str; N]) -> Vec<AttributeName> {
    names.iter().map(AttributeName::new).collect()
}

#[test]
fn every_request_names_itself_and_asks_for_the_name_back() {
    let world = World::new(|_| answer(200, json!({"id": "1"})));
    let source = world.source();
    world.run(async {
        source.group("1").await.unwrap();
        source.group("2").await.unwrap();
    });
    let calls = world.graph_log();
    let id = |call: usize| {
        calls[call].headers["client-request-id"]
            .to_str()
            .unwrap()
            .to_owned()
    };
    assert!(uuid::Uuid::parse_str(&id(0)).is_ok());
    assert_ne!(id(0), id(1));
    assert_eq!(calls[0].headers["return-client-request-id"], "true");
    assert_eq!(calls[0].headers["authorization"], "Bearer token-1");
    assert!(calls[0].headers["authorization"].is_sensitive());
}

#[test]
fn a_delta_round_is_read_page_by_page_over_its_links() {
    let world = World::new(|asked| {
        let link = |name: &str| format!("{ROOT}/v1.0/users/delta?{name}=x%2By");
        if asked.path.contains("skiptoken") {
            assert_eq!(
                asked.url,
                link("$skiptoken"),
                "word for word, without our fragment"
            );
            return answer(
                200,
                json!({"value": [{"id": "1", "city": "Oslo"}],
                "@odata.deltaLink": link("$deltatoken")}),
            );
        }
        assert_eq!(asked.path, "/v1.0/users/delta?$select=id,city,department");
        assert_eq!(asked.headers["x-ms-throttle-priority"], "low");
        answer(
            200,
            json!({"value": [], "@odata.nextLink": link("$skiptoken")}),
        )
    });
    let source = world.source();
    let columns = columns(["city", "department"]);
    world.run(async {
        let start = DeltaStart::Full {
            kind: USER,
            columns: &columns,
            ids: &[],
        };
        let DeltaNext::Page(next) = source.delta(start).await.unwrap().next else {
            panic!()
        };
        let page = source.delta(DeltaStart::Link(&next, USER)).await.unwrap();
        let crate::DeltaChange::Present { attributes, .. } = &page.items[0].change else {
            panic!()
        };
        assert_eq!(attributes["city"], Value::text("Oslo"));
        assert_eq!(attributes["department"], Value::Absent);
        assert!(matches!(page.next, DeltaNext::Complete(_)));
    });
}

#[test]
fn a_link_to_a_foreign_host_is_refused_and_nothing_is_sent() {
    let world = World::new(|_| panic!("nothing may be sent"));
    let link = "https://graph.evil.example/v1.0/users/delta?$skiptoken=x";
    let error = world
        .run(world.source().delta(DeltaStart::Link(link, USER)))
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.stops_run()),
        (ErrorKind::ForeignLink, true)
    );
    assert!(error.to_string().contains("graph.evil.example"), "{error}");
    let error = world
        .run(world.source().deleted(USER, &[], Some(link)))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignLink);
    assert_eq!(world.login_log().len(), 0);
}

#[test]
fn more_ids_than_a_round_may_name_are_refused() {
    let world = World::new(|_| answer(200, json!({"value": [], "@odata.deltaLink": ROOT})));
    let ids: Vec<String> = (0..=IDS_MAX).map(|id| id.to_string()).collect();
    let start = |ids| DeltaStart::Full {
        kind: USER,
        columns: &[],
        ids,
    };
    assert!(
        world
            .run(world.source().delta(start(&ids[..IDS_MAX])))
            .is_ok()
    );
    let error = world.run(world.source().delta(start(&ids))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsendable);
}

#[test]
fn an_old_link_asks_for_a_resync() {
    let world = World::new(|_| {
        answer(
            400,
            json!({"error": {"code": "Request_UnsupportedQuery",
            "message": "DeltaLink older than 30 days is not supported."}}),
        )
    });
    let link = format!("{ROOT}/v1.0/users/delta?$deltatoken=old");
    let error = world
        .run(world.source().delta(DeltaStart::Link(&link, USER)))
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.stops_run()),
        (ErrorKind::Resync, false)
    );
    assert!(!error.to_string().contains("deltatoken"), "{error}");
}

#[test]
fn the_tenant_is_known_by_its_domains() {
    let world = World::new(|_| {
        answer(
            200,
            json!({"value": [{"id": "t", "displayName": "Contoso", "verifiedDomains": [
            {"name": "contoso.com", "isDefault": true, "isInitial": false},
            {"name": "a.onmicrosoft.com", "isDefault": false, "isInitial": true}]}]}),
        )
    });
    let tenant = world.run(world.source().tenant()).unwrap();
    assert_eq!(
        (&*tenant.initial_domain, &*tenant.default_domain),
        ("a.onmicrosoft.com", "contoso.com")
    );
    assert_eq!(
        tenant.verified_domains,
        ["a.onmicrosoft.com", "contoso.com"]
    );
}

#[test]
fn an_object_is_live_in_the_bin_or_gone() {
    let world = World::new(|asked| {
        let there = ["/users/live", "/deletedItems/binned"];
        if there.iter().any(|path| asked.path.contains(path)) {
            return answer(200, json!({"id": "1"}));
        }
        answer(404, json!({"error": {"code": "Request_ResourceNotFound"}}))
    });
    let source = world.source();
    let check = |kind, id, state| {
        assert_eq!(world.run(source.presence(kind, id)).unwrap(), state, "{id}");
    };
    check(USER, "live", ObjectState::Live);
    check(USER, "binned", ObjectState::SoftDeleted);
    check(USER, "gone", ObjectState::Purged);
    check(ObjectKind::Contact, "binned", ObjectState::Purged);
}

#[test]
fn quotes_in_names_are_doubled_and_nothing_in_them_leads_elsewhere() {
    let world = World::new(|_| {
        answer(
            200,
            json!({"id": "1", "value": [{"id": "1", "displayName": "x"}]}),
        )
    });
    let source = world.source();
    world.run(source.groups_named("Anna's & Bob's #1")).unwrap();
    let asked = &world.graph_log()[0];
    assert_eq!(
        asked.path,
        "/v1.0/groups?$filter=displayName eq 'Anna''s & Bob''s #1'&$select=id,displayName"
    );
    assert!(
        asked.url.contains("%26") && asked.url.contains("%231"),
        "{}",
        asked.url
    );
    assert_eq!(world.run(source.group("../me")).unwrap().unwrap().id, "1");
    assert!(world.graph_log()[1].url.contains("/groups/..%2Fme?"));
}

#[test]
fn an_address_is_looked_up_everywhere_and_each_holder_found_once() {
    let world = World::new(|asked| {
        let rows = if asked.path.contains("SMTP:") {
            json!([{"id": "2", "city": null}, {"id": "1", "city": "Oslo"}])
        } else if asked.path.contains("mail eq") {
            json!([{"id": "1", "city": "Oslo"}])
        } else {
            json!([])
        };
        answer(200, json!({ "value": rows }))
    });
    let source = world.source();
    let found = world
        .run(source.users_with_address("o'neil@a.com", &columns(["city"])))
        .unwrap();
    let ids: Vec<&str> = found.iter().map(|(id, _)| &**id).collect();
    assert_eq!(ids, ["1", "2"]);
    assert_eq!(found[0].1["city"], Value::text("Oslo"));
    let mut filters: Vec<String> = world
        .graph_log()
        .into_iter()
        .map(|asked| asked.path)
        .collect();
    filters.sort_unstable();
    let filter = |text: &str| format!("/v1.0/users?$filter={text}&$select=id,city");
    assert_eq!(
        filters,
        [
            filter("mail eq 'o''neil@a.com'"),
            filter("otherMails/any(p:p eq 'o''neil@a.com')"),
            filter("proxyAddresses/any(p:p eq 'SMTP:o''neil@a.com')"),
            filter("proxyAddresses/any(p:p eq 'smtp:o''neil@a.com')"),
        ]
    );
}

#[test]
fn a_user_is_found_by_name_and_the_name_stays_out_of_errors() {
    let world = World::new(|asked| match asked.path.as_str() {
        path if path.starts_with("/v1.0/users/a#EXT#@b?") => answer(200, json!({"id": "1"})),
        path if path.starts_with("/v1.0/users('$x')?") => answer(200, json!({"id": "2"})),
        path if path.starts_with("/v1.0/users/bad") => answer(400, json!({"error": {"code": "x"}})),
        _ => answer(404, json!({"error": {"code": "Request_ResourceNotFound"}})),
    });
    let source = world.source();
    let id = |name| {
        world
            .run(source.user_named(name))
            .unwrap()
            .map(|(id, _)| id)
    };
    assert_eq!(id("a#EXT#@b").as_deref(), Some("1"));
    assert_eq!(id("$x").as_deref(), Some("2"));
    assert_eq!(id("nobody@b"), None);
    let error = world
        .run(source.user_named("bad@person.example"))
        .unwrap_err();
    assert!(!format!("{error:?}").contains("person"), "{error:?}");
}

#[test]
fn the_recycle_bin_is_read_page_by_page_and_contacts_have_none() {
    let world = World::new(|asked| {
        assert!(
            asked
                .path
                .starts_with("/v1.0/directory/deletedItems/microsoft.graph.user?$select=id,mail")
        );
        let next = format!("{ROOT}/v1.0/directory/deletedItems/microsoft.graph.user?$skiptoken=2");
        answer(
            200,
            json!({"value": [{"id": "1", "mail": "a@b"}], "@odata.nextLink": next}),
        )
    });
    let source = world.source();
    let page = world
        .run(source.deleted(USER, &columns(["mail", "manager"]), None))
        .unwrap();
    assert_eq!(page.objects.len(), 1);
    assert_eq!(
        page.objects[0].1.len(),
        1,
        "references are unread, not absent"
    );
    assert!(page.next.unwrap().ends_with("$skiptoken=2"));
    let page = world
        .run(source.deleted(ObjectKind::Contact, &[], None))
        .unwrap();
    assert_eq!((page.objects.len(), page.next), (0, None));
}

#[test]
fn reads_are_repeated_through_trouble_and_given_up_in_time() {
    let world = World::new(|asked| match asked.at {
        ..0.5 => timeout(),
        ..3.5 => with_headers(503, &[], "<html>busy</html>"),
        _ => answer(200, json!({"id": "1"})),
    });
    assert!(world.run(world.source().group("1")).unwrap().is_some());

    let world = World::new(|_| with_headers(502, &[], "<html>bad</html>"));
    let error = world.run(world.source().group("1")).unwrap_err();
    assert_eq!(
        (error.kind(), world.graph_log().len()),
        (ErrorKind::Unavailable, 6)
    );
    assert_eq!(error.status(), Some(502));
    assert!(world.clock.seconds() <= 35.0);

    let world = World::new(|_| with_headers(503, &[("retry-after", "100")], ""));
    let error = world.run(world.source().group("1")).unwrap_err();
    assert_eq!(
        (error.kind(), world.graph_log().len()),
        (ErrorKind::Unavailable, 2)
    );
}

#[test]
fn what_is_not_json_is_garbage_and_shown_harmlessly() {
    let world =
        World::new(|_| with_headers(200, &[], "<html>\u{1b}[31m\nyou sent Bearer token-1</html>"));
    let error = world.run(world.source().group("1")).unwrap_err();
    assert_eq!(
        (error.kind(), error.stops_run()),
        (ErrorKind::Garbage, true)
    );
    let shown = error.to_string();
    assert!(
        shown.contains("/v1.0/groups/1 (tenant contoso.com)"),
        "{shown}"
    );
    assert!(
        shown.contains(r#""<html>\u{1b}[31m\nyou sent Bearer [redacted]</html>""#),
        "{shown}"
    );
}

#[test]
fn an_object_without_id_is_garbage_and_not_absence() {
    let world = World::new(|_| answer(200, json!({"displayName": "x"})));
    let source = world.source();
    let kind = world.run(source.presence(USER, "1")).unwrap_err().kind();
    assert_eq!(kind, ErrorKind::Garbage);
    assert_eq!(
        world.run(source.group("1")).unwrap_err().kind(),
        ErrorKind::Garbage
    );
}

#[test]
fn no_secret_and_no_token_shows_in_anything() {
    let quoting = format!("you sent token-1 with {SECRET}");
    let world = World::new(move |asked| match asked.path.as_str() {
        path if path.contains("broken") => Err(TransportError::Connect {
            host: "graph.microsoft.com".into(),
            reason: "refused".into(),
        }),
        path if path.contains("html") => with_headers(200, &[], "you sent token-1"),
        _ => answer(
            400,
            json!({"error": {"code": "x", "message": quoting.replace(SECRET, "")}}),
        ),
    });
    let (source, target) = (world.source(), world.target());
    let errors: Vec<GraphError> = ["broken", "html", "other"]
        .into_iter()
        .map(|id| world.run(source.group(id)).unwrap_err())
        .collect();
    let shown = format!(
        "{errors:?} {:?} {source:?} {target:?} {:?} {:?}",
        errors
            .iter()
            .map(|error| (error.to_string(), error.message()))
            .collect::<Vec<_>>(),
        world.outside(),
        crate::scripted::application(),
    );
    assert!(shown.contains("you sent [redacted]"), "{shown}");
    assert!(
        !shown.contains("token-1") && !shown.contains("hunter2"),
        "{shown}"
    );
}
