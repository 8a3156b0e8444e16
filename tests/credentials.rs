//! The ways to sign in that are no secret, end to end: the simulator knows the public half and refuses
//! what it did not sign.

use std::{
    fmt::Write as _,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    path::Path,
    thread,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use ring::{rand::SystemRandom, rsa::KeyPair, signature::RSA_PKCS1_SHA256};
use rustls::pki_types::{PrivateKeyDer, pem::PemObject as _};
use serde_json::{Value as Json, json};

use crate::support::Rehearsal;

/// Returns a file of `tests/data/certificates`.
fn data(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/data/certificates")
        .join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn public_half() -> String {
    String::from_utf8(data("public.pem")).expect("PEM is text")
}

/// Makes the source's application sign in so.
fn sign_in_with(rehearsal: &Rehearsal, credential: &str) {
    rehearsal.edit_project(|text| {
        let secret = "{ secret-file = \"contoso.secret\" }";
        let now = text
            .lines()
            .find_map(|line| line.strip_prefix("credential = "))
            .expect("the first tenant has a credential")
            .to_owned();
        assert!(now == secret || !text.contains(secret), "{text}");
        text.replacen(&now, credential, 1)
    });
    // What is not used must not be needed.
    std::fs::remove_file(rehearsal.file("contoso.secret")).ok();
}

fn register(rehearsal: &Rehearsal, change: Json) {
    rehearsal.control("POST", "tenants/contoso/behaviour", Some(change));
}

/// graph.md, section 1.2: PS256 with `x5t#S256`, from PEM and from PKCS#12 with a password.
#[test]
fn an_application_signs_in_with_its_certificate() {
    let rehearsal = Rehearsal::start(12, 1);
    register(
        &rehearsal,
        json!({ "client_certificates": [public_half()] }),
    );
    std::fs::write(rehearsal.file("contoso.pem"), data("application.pem")).expect("written");
    std::fs::write(rehearsal.file("contoso.pfx"), data("application.pfx")).expect("written");
    std::fs::write(rehearsal.file("contoso.password"), "open-sesame\n").expect("written");
    for credential in [
        "{ certificate = \"contoso.pem\" }",
        "{ certificate = \"contoso.pfx\", password-file = \"contoso.password\" }",
    ] {
        sign_in_with(&rehearsal, credential);
        let before = rehearsal.stats("contoso")["tokens"].as_u64();
        rehearsal.expect(0, &["sync"]);
        assert!(rehearsal.stats("contoso")["tokens"].as_u64() > before);
    }
}

#[test]
fn a_certificate_that_cannot_be_used_is_said_before_anything_is_asked() {
    let rehearsal = Rehearsal::start(12, 1);
    register(
        &rehearsal,
        json!({ "client_certificates": [public_half()] }),
    );
    let mut told = String::new();
    for (file, exit_code) in [
        ("expired.pem", 2),
        ("not-yet-valid.pem", 2),
        ("public.pem", 2),
        ("encrypted.pem", 2),
        ("elliptic.pem", 2),
        ("mismatch.pem", 2),
        ("application.pfx", 2),
        ("missing.pem", 2),
    ] {
        if file != "missing.pem" {
            std::fs::write(rehearsal.file(file), data(file)).expect("written");
        }
        sign_in_with(&rehearsal, &format!("{{ certificate = \"{file}\" }}"));
        write!(
            told,
            "{file}\n  {}",
            rehearsal.refuses(exit_code, &["sync"])
        )
        .expect("text");
    }
    assert_eq!(rehearsal.stats("contoso")["tokens"], 0, "nothing was asked");
    // One that is good and that nobody registered.
    register(&rehearsal, json!({ "client_certificates": [] }));
    std::fs::write(rehearsal.file("contoso.pem"), data("application.pem")).expect("written");
    sign_in_with(&rehearsal, "{ certificate = \"contoso.pem\" }");
    write!(
        told,
        "not registered\n  {}",
        rehearsal.refuses(1, &["sync"])
    )
    .expect("text");
    insta::assert_snapshot!(told);
}

/// Returns a token as another identity provider issues it, good for ten minutes.
fn outer_token(subject: &str) -> String {
    let now = Timestamp::now().as_second();
    let header = json!({ "alg": "RS256", "typ": "JWT", "kid": "1" });
    let claims = json!({
        "iss": "https://cluster.example",
        "sub": subject,
        "aud": "api://AzureADTokenExchange",
        "nbf": now,
        "exp": now + 600,
    });
    let signed = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header.to_string()),
        URL_SAFE_NO_PAD.encode(claims.to_string())
    );
    let key = PrivateKeyDer::from_pem_slice(&data("application.pem")).expect("a key");
    let key = KeyPair::from_pkcs8(key.secret_der()).expect("an RSA key");
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        signed.as_bytes(),
        &mut signature,
    )
    .expect("it signs");
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Workload identity: the platform puts a fresh token into a file every few minutes.
#[test]
fn an_application_signs_in_with_a_token_that_its_platform_gives() {
    let rehearsal = Rehearsal::start(12, 1);
    let subject = "system:serviceaccount:sync:syncline";
    register(
        &rehearsal,
        json!({ "federated_credentials": [{
            "issuer": "https://cluster.example",
            "subject": subject,
            "certificate": public_half(),
        }] }),
    );
    sign_in_with(&rehearsal, "{ federated-token-file = \"platform.token\" }");
    let mut told = String::new();
    write!(told, "no file\n  {}", rehearsal.refuses(2, &["sync"])).expect("text");
    let file = rehearsal.file("platform.token");
    std::fs::write(&file, outer_token("somebody else")).expect("written");
    write!(told, "other subject\n  {}", rehearsal.refuses(1, &["sync"])).expect("text");
    insta::assert_snapshot!(told);
    std::fs::write(&file, outer_token(subject)).expect("written");
    rehearsal.expect(0, &["sync"]);
}

/// App Service's endpoint, which hands on tokens that the simulator gave to the application.
#[test]
fn a_managed_identity_signs_in_by_the_endpoint_that_its_platform_names() {
    let rehearsal = Rehearsal::start(12, 1);
    let access = rehearsal.control("GET", "tenants", None)["tenants"][0].clone();
    let part = |name: &str| access[name].as_str().expect("text").to_owned();
    let url = format!(
        "{}/{}/oauth2/v2.0/token",
        rehearsal.base_url(),
        part("tenantId")
    );
    let body = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&scope={}/.default",
        part("clientId"),
        part("clientSecret"),
        rehearsal.base_url(),
    );
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let (_, granted) = rehearsal.send("POST", &url, &form, body);
    let token = granted["access_token"]
        .as_str()
        .expect("a token")
        .to_owned();

    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback can be listened on");
    let endpoint = format!(
        "http://{}/msi/token",
        listener.local_addr().expect("it has an address")
    );
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut asked = String::new();
            let mut lines = BufReader::new(&stream);
            while lines.read_line(&mut asked).is_ok_and(|length| length > 2) {}
            let asked = asked.to_lowercase();
            let known = asked.starts_with("get /msi/token?api-version=2019-08-01&resource=http")
                && asked.contains("\r\nx-identity-header: platform-secret\r\n");
            let (status, body) = if known {
                let until = Timestamp::now().as_second() + 3600;
                let body = json!({ "access_token": token, "expires_on": until.to_string(),
                    "token_type": "Bearer" });
                ("200 OK", body)
            } else {
                (
                    "400 Bad Request",
                    json!({ "statusCode": 400, "message": "No." }),
                )
            };
            let body = body.to_string();
            write!(
                stream,
                "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
                 connection: close\r\n\r\n{body}",
                body.len()
            )
            .ok();
        }
    });
    sign_in_with(&rehearsal, "\"managed-identity\"");
    rehearsal.edit_project(|text| {
        let own = text
            .lines()
            .find(|line| line.starts_with("client-id"))
            .expect("the first tenant has a client id")
            .to_owned();
        text.replacen(&own, "", 1)
    });
    let run = |header: &str| {
        let mut command = rehearsal.command(&["sync"]);
        command
            .env("IDENTITY_ENDPOINT", &endpoint)
            .env("IDENTITY_HEADER", header);
        command.output().expect("the command runs")
    };
    let refused = run("not-the-platform's-secret");
    let told = rehearsal.checked(&refused);
    assert_eq!(refused.status.code(), Some(1), "{told}");
    assert!(!told.contains("not-the-platform's-secret"), "{told}");
    let done = run("platform-secret");
    assert_eq!(done.status.code(), Some(0), "{}", rehearsal.checked(&done));
    // A token is for this machine only.
    let mut command = rehearsal.command(&["sync"]);
    command
        .env("IDENTITY_ENDPOINT", "http://elsewhere.example/msi/token")
        .env("IDENTITY_HEADER", "platform-secret");
    let output = command.output().expect("the command runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(
        rehearsal
            .checked(&output)
            .contains("neither https nor on this machine")
    );
}
