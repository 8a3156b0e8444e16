use super::*;

const GOOD: &str = r#"
[tenants.contoso]
tenant-id = "contoso.com"
client-id = "6babcaad-604b-40ac-a9d7-9fd97c0b779f"
credential = { secret-env = "CONTOSO_SECRET" }

[tenants.fabrikam]
tenant-id = "fabrikam.com"
client-id = "b2dd6c1a-604b-40ac-a9d7-9fd97c0b779f"
credential = { secret-file = "fabrikam.secret" }
cloud = { graph = "http://127.0.0.1:8080", login = "http://127.0.0.1:8080" }

[jobs.contoso-to-fabrikam]
source = "contoso"
target = "fabrikam"
every = "5m"
users = { scope = "assigned", groups = ["All staff"] }
rules = ["entra-default"]
"#;

fn read(text: &str) -> Result<Project, ProjectError> {
    project(Path::new("/client"), Path::new("syncline.toml"), text)
}

#[track_caller]
fn refuses(replaced: &str, by: &str, message: &str) {
    assert!(GOOD.contains(replaced), "the good file has `{replaced}`");
    let error = read(&GOOD.replacen(replaced, by, 1)).expect_err("the file is wrong");
    assert_eq!(error.to_string(), message);
}

#[test]
fn a_project_has_tenants_jobs_and_defaults() {
    let project = read(GOOD).expect("the file is right");
    let job = project.job(None).expect("there is one job");
    assert_eq!(job.every, Duration::from_secs(300));
    assert_eq!(job.guards.max_deletes, 500);
    assert_eq!(
        job.rules[0].component,
        Path::new("/client/plugins/entra-default.wasm")
    );
    assert_eq!(project.store, Path::new("/client/state/syncline.db"));
    assert_eq!(
        project.tenants["contoso"].cloud.graph,
        "https://graph.microsoft.com"
    );
}

#[test]
fn an_unknown_key_names_the_nearest_known_one_and_its_place() {
    refuses(
        "every =",
        "evry =",
        "syncline.toml:16:1: unknown key `evry`, did you mean `every`? known: source, target, \
         every, users, groups, contacts, rules, tables, out-of-scope, drift, adopt, activation, guards",
    );
    refuses(
        "secret-env",
        "secret-enf",
        "syncline.toml:5:16: unknown key `secret-enf`, did you mean `secret-env`? known: \
         secret-env, secret-file, certificate, federated-token-file",
    );
}

#[test]
fn a_missing_key_and_a_wrong_value_are_named() {
    refuses(
        "client-id = \"6babcaad-604b-40ac-a9d7-9fd97c0b779f\"\n",
        "",
        "syncline.toml:2:1: missing key `client-id`",
    );
    refuses(
        "\"assigned\"",
        "\"asigned\"",
        "syncline.toml:17:19: unknown value `asigned`, did you mean `assigned`? known: all, assigned",
    );
    refuses(
        "every = \"5m\"",
        "every = \"soon\"",
        "syncline.toml:16:9: `every` is a duration, as in \"30s\", \"5m\" or \"1h\"",
    );
}

#[test]
fn a_job_between_tenants_that_are_not_there_is_refused() {
    refuses(
        "target = \"fabrikam\"",
        "target = \"fabricam\"",
        "syncline.toml:15:10: there is no tenant `fabricam`, did you mean `fabrikam`?",
    );
    refuses(
        "target = \"fabrikam\"",
        "target = \"contoso\"",
        "syncline.toml:15:10: source and target are the same tenant",
    );
}

#[test]
fn plain_http_is_for_loopback_only() {
    let error = read(&GOOD.replace("http://127.0.0.1:8080", "http://graph.example"))
        .expect_err("the file is wrong");
    assert!(
        error.to_string().starts_with("syncline.toml:11:9: "),
        "{error}"
    );
}

#[test]
fn a_plugin_is_a_name_and_not_a_path() {
    refuses(
        "\"entra-default\"",
        "\"../entra-default\"",
        "syncline.toml:18:10: `../entra-default` is not a plugin's name; \"x\" loads plugins/x.wasm",
    );
}

#[test]
fn what_this_version_cannot_do_is_said() {
    refuses(
        "{ secret-env = \"CONTOSO_SECRET\" }",
        "\"managed-identity\"",
        "syncline.toml:5:14: this version signs in with a client secret only: \
         { secret-env = \"NAME\" } or { secret-file = \"FILE\" }",
    );
    refuses(
        "rules =",
        "groups = { scope = \"all\" }\nrules =",
        "syncline.toml:18:10: this version keeps users in step only; remove `groups`",
    );
}
