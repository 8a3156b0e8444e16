use ring::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::Value as Json;

use super::*;

macro_rules! file {
    ($name:literal) => {
        include_bytes!(concat!("../../../../../tests/data/certificates/", $name)).as_slice()
    };
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn password() -> Secret {
    Secret::new("open-sesame")
}

#[track_caller]
fn refused(bytes: &[u8], password: Option<&Secret>) -> CertificateError {
    Certificate::read(bytes, password).expect_err("it cannot be used")
}

/// graph.md, section 1.2. The public half is read from another file, by another reader.
#[test]
fn what_it_signs_is_the_statement_that_entra_asks_for() {
    let (_, pem) = x509_parser::pem::parse_x509_pem(file!("public.pem")).unwrap();
    let (_, public) = X509Certificate::from_der(&pem.contents).unwrap();
    let key = UnparsedPublicKey::new(
        &RSA_PSS_2048_8192_SHA256,
        public.public_key().subject_public_key.data.to_vec(),
    );
    let files: [(&[u8], Option<Secret>); 5] = [
        (file!("application.pem"), None),
        (file!("pkcs1.pem"), None),
        (file!("application.pfx"), Some(password())),
        (file!("legacy.pfx"), Some(password())),
        (file!("no-password.pfx"), None),
    ];
    for (bytes, password) in files {
        let certificate = Certificate::read(bytes, password.as_ref()).unwrap();
        let now = at("2027-01-01T00:00:00Z");
        let assertion = certificate
            .assertion(
                "https://login.example/t/oauth2/v2.0/token",
                "app-1",
                "id-1",
                now,
            )
            .unwrap();
        let parts: Vec<&str> = assertion.expose().split('.').collect();
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
        let json = |part| serde_json::from_slice::<Json>(&decode(part)).unwrap();
        let signed = format!("{}.{}", parts[0], parts[1]);
        key.verify(signed.as_bytes(), &decode(parts[2])).unwrap();
        assert_eq!(
            json(parts[0]),
            json!({
                "alg": "PS256",
                "typ": "JWT",
                "x5t#S256": URL_SAFE_NO_PAD.encode(digest(&SHA256, &pem.contents)),
            })
        );
        let (begins, ends) = (now.as_second() - 60, now.as_second() + 540);
        assert_eq!(
            json(parts[1]),
            json!({
                "aud": "https://login.example/t/oauth2/v2.0/token",
                "iss": "app-1",
                "sub": "app-1",
                "jti": "id-1",
                "iat": begins,
                "nbf": begins,
                "exp": ends,
            })
        );
    }
}

#[test]
fn what_cannot_be_used_is_told_apart() {
    let cases: [(&[u8], CertificateError); 8] = [
        (b"hello", CertificateError::Unreadable),
        (b"", CertificateError::Unreadable),
        (file!("public.pem"), CertificateError::NoKey),
        (file!("public.cer"), CertificateError::NoKey),
        (file!("encrypted.pem"), CertificateError::EncryptedPem),
        (file!("elliptic.pem"), CertificateError::Key),
        (file!("mismatch.pem"), CertificateError::Mismatch),
        (file!("application.pfx"), CertificateError::Password),
    ];
    for (bytes, expected) in cases {
        assert_eq!(refused(bytes, None), expected);
    }
    let wrong = Secret::new("wrong");
    assert_eq!(
        refused(file!("legacy.pfx"), Some(&wrong)),
        CertificateError::Password
    );
    let cut = &file!("application.pfx")[..900];
    assert_eq!(
        refused(cut, Some(&password())),
        CertificateError::Unreadable
    );
}

#[test]
fn a_certificate_is_good_from_its_first_day_to_its_last() {
    let certificate = Certificate::read(file!("expired.pem"), None).unwrap();
    let check = |time| certificate.check(at(time));
    assert_eq!(
        check("2023-12-31T23:59:59Z"),
        Err(CertificateError::NotYetValid(at("2024-01-01T00:00:00Z")))
    );
    assert_eq!(check("2024-01-01T00:00:00Z"), Ok(()));
    assert_eq!(check("2025-01-01T00:00:00Z"), Ok(()));
    assert_eq!(
        check("2025-01-01T00:00:01Z"),
        Err(CertificateError::Expired(at("2025-01-01T00:00:00Z")))
    );
}

#[test]
fn law_12_a_certificate_shows_nothing_of_its_key() {
    let certificate = Certificate::read(file!("application.pem"), None).unwrap();
    let shown = format!("{certificate:?}");
    assert!(shown.starts_with("Certificate { thumbprint: \""), "{shown}");
    assert!(shown.len() < 150, "{shown}");
}
