//! Decides whether another server's certificate is accepted, and explains why not.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use rustls_platform_verifier::Verifier;
use tracing::warn;

/// Maximum number of a certificate's names in a sentence.
const NAMED: usize = 4;

/// Verifies certificates with those that this machine trusts, which are read for the first connection: reading them takes a few milliseconds
/// and a few megabytes, and a server without remote providers never needs them.
///
/// The system's verifier makes the decision. This wrapper only distinguishes a self-signed certificate from one of an unknown issuer,
/// because these have the same error and different fixes.
#[derive(Debug)]
pub(super) struct SystemCertificates {
    crypto: Arc<CryptoProvider>,
    /// `None` if this machine trusts no certificate.
    verifier: OnceLock<Option<Verifier>>,
}

impl SystemCertificates {
    pub(super) fn new(crypto: Arc<CryptoProvider>) -> Self {
        Self { crypto, verifier: OnceLock::new() }
    }

    fn verifier(&self) -> Result<&Verifier, Error> {
        let verifier = self.verifier.get_or_init(|| {
            // A minimal container has no root certificates. Servers without TLS can still be reached.
            Verifier::new(self.crypto.clone())
                .inspect_err(|_| {
                    warn!("no root certificates found: servers behind https can't be reached; install the package ca-certificates")
                })
                .ok()
        });
        verifier.as_ref().ok_or(Error::InvalidCertificate(CertificateError::UnknownIssuer))
    }
}

impl ServerCertVerifier for SystemCertificates {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified =
            self.verifier().and_then(|verifier| verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now));
        verified.map_err(|error| match error {
            Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature | CertificateError::Other(_))
                if is_self_signed(end_entity) =>
            {
                Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(SelfSigned))))
            }
            // A certificate authority that was recreated under its old name: the machine knows the name, but another key.
            Error::InvalidCertificate(CertificateError::BadSignature) => Error::InvalidCertificate(CertificateError::UnknownIssuer),
            other => other,
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.crypto.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.crypto.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.crypto.signature_verification_algorithms.supported_schemes()
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the certificate signed itself")]
struct SelfSigned;

fn is_self_signed(certificate: &CertificateDer<'_>) -> bool {
    webpki::EndEntityCert::try_from(certificate).is_ok_and(|it| it.issuer() == it.subject())
}

/// Why a certificate is not accepted. `Display` gives the end of "… shows a certificate", followed by the fix as a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateFlaw {
    /// It has expired, on this day (`2026-01-31`) if that is known.
    Expired(Option<String>),
    /// It is not valid yet, but from this day on if that is known.
    NotYetValid(Option<String>),
    /// It is valid only for these other names.
    WrongName(Vec<String>),
    /// It is self-signed.
    SelfSigned,
    /// This machine does not know its issuer.
    UnknownIssuer,
    /// Its issuer has revoked it.
    Revoked,
    /// Another reason, in the TLS library's words.
    Other(String),
}

impl From<&CertificateError> for CertificateFlaw {
    fn from(error: &CertificateError) -> Self {
        match error {
            CertificateError::Expired => Self::Expired(None),
            CertificateError::ExpiredContext { not_after, .. } => Self::Expired(day(*not_after)),
            CertificateError::NotValidYet => Self::NotYetValid(None),
            CertificateError::NotValidYetContext { not_before, .. } => Self::NotYetValid(day(*not_before)),
            CertificateError::NotValidForName => Self::WrongName(Vec::new()),
            CertificateError::NotValidForNameContext { presented, .. } => {
                Self::WrongName(presented.iter().map(|name| plain(name)).collect())
            }
            CertificateError::UnknownIssuer => Self::UnknownIssuer,
            CertificateError::Revoked => Self::Revoked,
            CertificateError::Other(other) if other.0.is::<SelfSigned>() => Self::SelfSigned,
            other => Self::Other(other.to_string()),
        }
    }
}

impl fmt::Display for CertificateFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expired(on) => {
                let on = on.as_ref().map(|day| format!(" on {day}")).unwrap_or_default();
                write!(f, "that expired{on}. Renew it there; if it is new, check this machine's clock.")
            }
            Self::NotYetValid(from) => {
                let from = from.as_ref().map(|day| format!(" before {day}")).unwrap_or_default();
                write!(f, "that is not valid yet{from}. Check the clocks of both machines.")
            }
            Self::WrongName(names) if names.is_empty() => {
                f.write_str("for no name at all. Give it one for the name it is asked by.")
            }
            Self::WrongName(names) => {
                let shown = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
                let more = if names.len() > NAMED { ", …" } else { "" };
                write!(f, "for another name ({shown}{more}). Write its address with that name, or give it a certificate for this one.")
            }
            Self::SelfSigned => f.write_str(
                "that is self-signed. Give it one that an authority signed: a public one, or your own that this machine trusts.",
            ),
            Self::UnknownIssuer => f.write_str(
                "of an issuer that this machine does not know. Add the issuer's certificate to those that this machine trusts (update-ca-certificates, or SSL_CERT_FILE), or have the server there send its whole chain.",
            ),
            Self::Revoked => f.write_str("that its issuer has revoked. Replace it there."),
            Self::Other(what) => write!(f, "that is not accepted ({what}). Replace it there."),
        }
    }
}

/// Formats a day as `2026-01-31`. Returns `None` if it is out of range.
pub fn day(time: UnixTime) -> Option<String> {
    let day = time::OffsetDateTime::from_unix_timestamp(i64::try_from(time.as_secs()).ok()?).ok()?;
    Some(format!("{:04}-{:02}-{:02}", day.year(), u8::from(day.month()), day.day()))
}

/// Returns a name as it is shown in a sentence. The TLS library writes it as `DnsName("a.example")`.
fn plain(name: &str) -> String {
    let inner = name.split_once('"').and_then(|(_, rest)| rest.split_once('"')).map_or(name, |(inner, _)| inner);
    inner.chars().filter(|c| !c.is_control()).take(100).collect()
}
