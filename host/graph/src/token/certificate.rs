//! Certificates that an application signs in with (graph.md, section 1.2).
//!
//! The key signs one statement for each token: PS256, with the certificate named by `x5t#S256`.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use p12_keystore::Pkcs12Archive;
use ring::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    rsa::KeyPair,
    signature::{KeyPair as _, RSA_PSS_SHA256},
};
use rustls::pki_types::pem::{PemObject as _, SectionKind};
use serde_json::json;
use thiserror::Error;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::secret::Secret;

/// How long a statement is good for. Microsoft recommends five to ten minutes.
const ASSERTION_LIFE: SignedDuration = SignedDuration::from_mins(10);

/// How far before now a statement begins to be good: clocks differ, and one that begins in the
/// service's future is refused.
const ASSERTION_LEEWAY: SignedDuration = SignedDuration::from_mins(1);

/// What stands between the words of a PEM file whose key has a password.
const PEM_WITH_PASSWORD: &[u8] = b"-----BEGIN ENCRYPTED PRIVATE KEY-----";

/// Why a certificate cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CertificateError {
    /// It is neither PEM nor PKCS#12.
    #[error(
        "is neither a PEM file with certificate and private key nor a PKCS#12 (.pfx, .p12) file"
    )]
    Unreadable,
    /// The password does not open it.
    #[error("has another password; `password-env` or `password-file` names it")]
    Password,
    /// It is a PEM file whose key is encrypted.
    #[error(
        "has a private key with a password; `openssl pkcs8 -in FILE -out KEY` takes it off, or use a \
         .pfx file, which may keep its password"
    )]
    EncryptedPem,
    /// It is PKCS#12 by a method that is not known here.
    #[error("is a PKCS#12 file that cannot be read ({0}); export it anew with AES-256 and SHA-256")]
    Archive(String),
    /// There is no private key.
    #[error("holds no private key; it takes both, the certificate and the key that belongs to it")]
    NoKey,
    /// There is no certificate.
    #[error("holds a private key and no certificate; it takes both")]
    NoCertificate,
    /// The key is not RSA, or not of 2,048 to 4,096 bits.
    #[error(
        "has a private key that Entra does not take; it has to be RSA of 2048, 3072 or 4096 bits"
    )]
    Key,
    /// No certificate belongs to the private key.
    #[error("holds a private key that belongs to none of its certificates")]
    Mismatch,
    /// It is too old.
    #[error("expired on {0}; make a new one, register it with the application and put it there")]
    Expired(Timestamp),
    /// It is not good yet.
    #[error("is not valid before {0}; use the one before it, or check this machine's clock")]
    NotYetValid(Timestamp),
    /// The signature failed.
    #[error("has a private key that does not sign")]
    Signing,
}

/// A certificate with its private key. Neither the key nor what it signs can be printed (law L12).
pub struct Certificate {
    key: KeyPair,
    thumbprint: String,
    not_before: Timestamp,
    not_after: Timestamp,
}

impl Certificate {
    /// Reads a PEM file with certificate and key, or a PKCS#12 file with its password.
    ///
    /// # Errors
    ///
    /// Says what is wrong with it. Whether it is still good is for [`Certificate::check`].
    pub fn read(bytes: &[u8], password: Option<&Secret>) -> Result<Self, CertificateError> {
        let Parts { key, certificates } = if bytes.windows(11).any(|part| part == b"-----BEGIN ") {
            from_pem(bytes)?
        } else if bytes.first() == Some(&DER_SEQUENCE) {
            from_archive(bytes, password)?
        } else {
            return Err(CertificateError::Unreadable);
        };
        let key = key.ok_or(CertificateError::NoKey)?;
        if certificates.is_empty() {
            return Err(CertificateError::NoCertificate);
        }
        // A file may hold the chain, and in any order: the key says which one is the application's.
        for der in &certificates {
            let Ok((_, certificate)) = X509Certificate::from_der(der) else {
                return Err(CertificateError::Unreadable);
            };
            let public = &certificate.public_key().subject_public_key.data;
            if **public != *key.public_key().as_ref() {
                continue;
            }
            let validity = certificate.validity();
            let time = |seconds| Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX);
            return Ok(Self {
                thumbprint: URL_SAFE_NO_PAD.encode(digest(&SHA256, der)),
                not_before: time(validity.not_before.timestamp()),
                not_after: time(validity.not_after.timestamp()),
                key,
            });
        }
        Err(CertificateError::Mismatch)
    }

    /// Returns when it ends to be good.
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// Checks that it is good now.
    ///
    /// # Errors
    ///
    /// When it is not yet, or no longer.
    pub fn check(&self, now: Timestamp) -> Result<(), CertificateError> {
        if now < self.not_before {
            Err(CertificateError::NotYetValid(self.not_before))
        } else if now > self.not_after {
            Err(CertificateError::Expired(self.not_after))
        } else {
            Ok(())
        }
    }

    /// Returns a statement, signed now, that whoever sends it is this application.
    pub(super) fn assertion(
        &self,
        audience: &str,
        client_id: &str,
        id: &str,
        now: Timestamp,
    ) -> Result<Secret, CertificateError> {
        self.check(now)?;
        let begins = now - ASSERTION_LEEWAY;
        let header = json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": self.thumbprint });
        let claims = json!({
            "aud": audience,
            "iss": client_id,
            "sub": client_id,
            "jti": id,
            "iat": begins.as_second(),
            "nbf": begins.as_second(),
            "exp": (begins + ASSERTION_LIFE).as_second(),
        });
        let encoded = |json: serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let signed = format!("{}.{}", encoded(header), encoded(claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(
                &RSA_PSS_SHA256,
                &SystemRandom::new(),
                signed.as_bytes(),
                &mut signature,
            )
            .map_err(|_| CertificateError::Signing)?;
        let signature = URL_SAFE_NO_PAD.encode(signature);
        Ok(Secret::new(format!("{signed}.{signature}")))
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Certificate")
            .field("thumbprint", &self.thumbprint)
            .field("not_after", &self.not_after)
            .finish_non_exhaustive()
    }
}

/// How every DER file begins.
const DER_SEQUENCE: u8 = 0x30;

struct Parts {
    key: Option<KeyPair>,
    certificates: Vec<Vec<u8>>,
}

fn from_pem(bytes: &[u8]) -> Result<Parts, CertificateError> {
    let mut parts = Parts {
        key: None,
        certificates: Vec::new(),
    };
    for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(bytes) {
        let (kind, der) = section.map_err(|_| CertificateError::Unreadable)?;
        let key = match kind {
            SectionKind::Certificate => {
                parts.certificates.push(der);
                continue;
            }
            SectionKind::PrivateKey => KeyPair::from_pkcs8(&der),
            SectionKind::RsaPrivateKey => KeyPair::from_der(&der),
            SectionKind::EcPrivateKey => return Err(CertificateError::Key),
            _ => continue,
        };
        parts.key = Some(key.map_err(|_| CertificateError::Key)?);
    }
    let encrypted = bytes
        .windows(PEM_WITH_PASSWORD.len())
        .any(|part| part == PEM_WITH_PASSWORD);
    if parts.key.is_none() && encrypted {
        return Err(CertificateError::EncryptedPem);
    }
    Ok(parts)
}

fn from_archive(bytes: &[u8], password: Option<&Secret>) -> Result<Parts, CertificateError> {
    if X509Certificate::from_der(bytes).is_ok() {
        return Err(CertificateError::NoKey);
    }
    let password = password.map_or("", Secret::expose);
    let archive = Pkcs12Archive::from_pkcs12(bytes, password).map_err(|error| match error {
        p12_keystore::error::Error::MacError(_) => CertificateError::Password,
        p12_keystore::error::Error::DerError(_) => CertificateError::Unreadable,
        other => CertificateError::Archive(other.to_string()),
    })?;
    let key = archive.keys.first();
    Ok(Parts {
        key: key
            .map(|bag| KeyPair::from_pkcs8(bag.key.as_der()))
            .transpose()
            .map_err(|_| CertificateError::Key)?,
        certificates: archive
            .certs
            .iter()
            .map(|bag| bag.cert.as_der().to_owned())
            .collect(),
    })
}

#[cfg(test)]
mod tests;
