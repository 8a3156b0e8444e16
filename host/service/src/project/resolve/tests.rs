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
         secret-env, secret-file, certificate, password-env, password-file, federated-token-file",
    );
}

#[test]
fn a_missing_key_and_a_wrong_value_are_named() {
    refuses(
        "client-id = \"6babcaad-604b-40ac-a9d7-9fd97c0b779f\"\n",
        "",
        "syncline.toml:3:13: missing key `client-id`: the application's (client) id in this tenant",
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
        "rules =",
        "groups = { scope = \"all\" }\nrules =",
        "syncline.toml:18:10: this version keeps users in step only; remove `groups`",
    );
}

const SECRET: &str = "{ secret-env = \"CONTOSO_SECRET\" }";

#[test]
fn an_application_signs_in_one_way() {
    let credential = |written: &str| {
        let project = read(&GOOD.replacen(SECRET, written, 1)).expect("the file is right");
        project.tenants["contoso"].credential.clone()
    };
    assert_eq!(
        credential("{ certificate = \"contoso.pem\" }"),
        CredentialSettings::Certificate {
            file: "/client/contoso.pem".into(),
            password: None
        }
    );
    assert_eq!(
        credential("{ certificate = \"contoso.pfx\", password-env = \"PASSWORD\" }"),
        CredentialSettings::Certificate {
            file: "/client/contoso.pfx".into(),
            password: Some(SecretPlace::Environment("PASSWORD".to_owned()))
        }
    );
    assert_eq!(
        credential("{ federated-token-file = \"/var/run/token\" }"),
        CredentialSettings::FederatedTokenFile("/var/run/token".into())
    );
    assert_eq!(
        credential("\"managed-identity\""),
        CredentialSettings::ManagedIdentity
    );
    let known = "{ secret-env = \"NAME\" }, { secret-file = \"FILE\" }, { certificate = \"FILE\" }, \
        { federated-token-file = \"FILE\" } or \"managed-identity\"";
    for written in [
        "{}",
        "{ secret-env = \"A\", certificate = \"b\" }",
        "{ certificate = \"a\", federated-token-file = \"b\" }",
    ] {
        let message = format!("syncline.toml:5:14: name one credential: {known}");
        refuses(SECRET, written, &message);
    }
    refuses(
        SECRET,
        "{ secret-env = \"A\", secret-file = \"b\" }",
        &format!("syncline.toml:5:14: name one place for the secret: {known}"),
    );
    refuses(
        SECRET,
        "\"azure-cli\"",
        &format!("syncline.toml:5:14: `azure-cli` is no credential; one is {known}"),
    );
    for written in [
        "{ secret-env = \"A\", password-env = \"B\" }",
        "{ certificate = \"a\", password-env = \"B\", password-file = \"c\" }",
    ] {
        refuses(
            SECRET,
            written,
            "syncline.toml:5:14: a password belongs to a PKCS#12 certificate: { certificate = \
             \"FILE\", password-env = \"NAME\" } or { certificate = \"FILE\", password-file = \"FILE\" }",
        );
    }
}

#[test]
fn only_a_managed_identity_may_have_no_client_id() {
    let own = GOOD.replacen(SECRET, "\"managed-identity\"", 1).replacen(
        "client-id = \"6babcaad-604b-40ac-a9d7-9fd97c0b779f\"\n",
        "",
        1,
    );
    let project = read(&own).expect("the file is right");
    assert_eq!(project.tenants["contoso"].client_id, OWN_IDENTITY);
}
