//! What an app may sign in with beside its secret: certificates, and tokens of other identity
//! providers (graph.md section 1.2).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::digest::{SHA256, digest};
use ring::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaParameters, UnparsedPublicKey,
};
use serde::Deserialize;
use serde_json::Value;
use x509_parser::prelude::{FromDer, Pem, X509Certificate};

/// How far a caller's clock may be off. A guess: Entra is known to forgive minutes, and how many it
/// forgives an assertion is not documented.
const CLOCK_TOLERANCE_S: i64 = 300;

/// The public half of a signing key.
#[derive(Clone, Debug)]
pub(crate) struct Certificate {
    /// As `x5t#S256` names it.
    thumbprint: String,
    /// As `x5t` names it would be SHA-1, which is not looked at: `PS256` goes with SHA-256.
    public_key: Vec<u8>,
    not_after_s: i64,
}

/// A token of another identity provider that the app trusts.
#[derive(Clone, Debug)]
pub(crate) struct Federation {
    issuer: String,
    subject: String,
    key: Certificate,
}

/// A federated credential as the control route is told of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewFederation {
    issuer: String,
    subject: String,
    /// The certificate, in PEM, whose key signs the provider's tokens.
    certificate: String,
}

/// What an app trusts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trust {
    certificates: Vec<Certificate>,
    federations: Vec<Federation>,
}

/// Why an assertion is refused: Entra's number and its text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Distrust {
    pub(crate) number: u32,
    pub(crate) text: String,
}

/// What an assertion says, as far as it is looked at.
#[derive(Deserialize)]
struct Claims {
    aud: Value,
    iss: String,
    sub: String,
    exp: i64,
    #[serde(default)]
    nbf: i64,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(rename = "x5t#S256")]
    thumbprint: Option<String>,
}

impl Certificate {
    /// Reads the public half from PEM; a private key beside it is not looked at.
    pub(crate) fn from_pem(text: &str) -> Option<Self> {
        let pem = Pem::iter_from_buffer(text.as_bytes())
            .filter_map(Result::ok)
            .find(|pem| pem.label == "CERTIFICATE")?;
        let (_, certificate) = X509Certificate::from_der(&pem.contents).ok()?;
        let key = &certificate.public_key().subject_public_key.data;
        Some(Self {
            thumbprint: URL_SAFE_NO_PAD.encode(digest(&SHA256, &pem.contents)),
            public_key: key.to_vec(),
            not_after_s: certificate.validity().not_after.timestamp(),
        })
    }

    fn has_signed(
        &self,
        algorithm: &'static RsaParameters,
        signed: &str,
        signature: &[u8],
    ) -> bool {
        UnparsedPublicKey::new(algorithm, &self.public_key)
            .verify(signed.as_bytes(), signature)
            .is_ok()
    }
}

impl Trust {
    /// Trusts these certificates and no others; `None` where one cannot be read.
    pub(crate) fn set_certificates(&mut self, texts: &[String]) -> Option<()> {
        self.certificates = texts
            .iter()
            .map(|text| Certificate::from_pem(text))
            .collect::<Option<_>>()?;
        Some(())
    }

    /// Trusts these providers and no others; `None` where a certificate cannot be read.
    pub(crate) fn set_federations(&mut self, federations: Vec<NewFederation>) -> Option<()> {
        self.federations = federations
            .into_iter()
            .map(|new| {
                Some(Federation {
                    key: Certificate::from_pem(&new.certificate)?,
                    issuer: new.issuer,
                    subject: new.subject,
                })
            })
            .collect::<Option<_>>()?;
        Some(())
    }

    /// Judges an assertion that was sent to `audience` for the app `client_id`.
    pub(crate) fn judge(
        &self,
        assertion: &str,
        client_id: &str,
        is_audience: impl Fn(&str) -> bool,
        now: Timestamp,
    ) -> Result<(), Distrust> {
        let distrust = |number, text: &str| Distrust {
            number,
            text: text.to_owned(),
        };
        let malformed = || distrust(50_027, "JWT token is invalid or malformed.");
        let parts: Vec<&str> = assertion.split('.').collect();
        let [header, claims, signature] = parts.as_slice() else {
            return Err(malformed());
        };
        let signed = format!("{header}.{claims}");
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| malformed());
        let signature = decode(signature)?;
        let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| malformed())?;
        let claims: Claims = serde_json::from_slice(&decode(claims)?).map_err(|_| malformed())?;
        let algorithm = match header.alg.as_str() {
            "PS256" => &RSA_PSS_2048_8192_SHA256,
            "RS256" => &RSA_PKCS1_2048_8192_SHA256,
            _ => return Err(malformed()),
        };
        let audience = match &claims.aud {
            Value::String(audience) => audience.as_str(),
            Value::Array(several) => several.first().and_then(Value::as_str).unwrap_or_default(),
            _ => return Err(malformed()),
        };

        let own = claims.iss.eq_ignore_ascii_case(client_id);
        if own {
            let invalid = |reason: &str| {
                distrust(
                    700_027,
                    &format!("Client assertion contains an invalid signature. [Reason - {reason}]"),
                )
            };
            if !claims.sub.eq_ignore_ascii_case(client_id) {
                return Err(distrust(
                    700_021,
                    "Client assertion application identifier doesn't match 'client_id' parameter.",
                ));
            }
            let named = self
                .certificates
                .iter()
                .find(|own| Some(&own.thumbprint) == header.thumbprint.as_ref())
                .ok_or_else(|| invalid("The key was not found."))?;
            if named.not_after_s < now.as_second() {
                return Err(invalid("The key used is expired."));
            }
            if !named.has_signed(algorithm, &signed, &signature) {
                return Err(invalid("The provided signature value did not match."));
            }
            if !is_audience(audience) {
                return Err(distrust(
                    700_023,
                    "Client assertion audience claim does not match Realm issuer.",
                ));
            }
        } else {
            let missing = |number, what: &str, value: &str| {
                distrust(
                    number,
                    &format!(
                        "No matching federated identity record found for presented assertion \
                         {what} '{value}'."
                    ),
                )
            };
            let issued: Vec<&Federation> = self
                .federations
                .iter()
                .filter(|trusted| trusted.issuer == claims.iss)
                .collect();
            if issued.is_empty() {
                return Err(missing(700_211, "issuer", &claims.iss));
            }
            if audience != "api://AzureADTokenExchange" {
                return Err(missing(700_212, "audience", audience));
            }
            let trusted = issued
                .into_iter()
                .find(|trusted| trusted.subject == claims.sub)
                .ok_or_else(|| missing(700_213, "subject", &claims.sub))?;
            if !trusted.key.has_signed(algorithm, &signed, &signature) {
                return Err(distrust(
                    5_000_224,
                    "The signature of the presented assertion could not be validated.",
                ));
            }
        }
        let now_s = now.as_second();
        if claims.nbf > now_s + CLOCK_TOLERANCE_S || claims.exp <= now_s - CLOCK_TOLERANCE_S {
            return Err(distrust(
                700_024,
                "Client assertion is not within its valid time range.",
            ));
        }
        Ok(())
    }
}
