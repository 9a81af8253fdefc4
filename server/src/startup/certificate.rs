//! Checks the server's certificate.

use std::time::Duration;

use rustls::pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _};
use webpki::{EndEntityCert, Error, KeyUsage};

use super::StartError;
use crate::config::Tls;
use holdfast_core::clock::Millis;
use holdfast_outbound::day;
use holdfast_web::listener;

/// Time before the expiry of a certificate from which on a warning is shown.
const SOON: Duration = Duration::from_secs(14 * 24 * 3_600);

/// A problem of the certificate, and what to do about it.
#[derive(Debug)]
pub(super) enum Flaw {
    /// The server starts nevertheless.
    Doubtful(String),
    /// The server does not start.
    Wrong(String),
}

/// Reads the certificate and its key as a start does, and returns what it is for. `host` is the name by which users open the server.
pub(super) async fn look(tls: &Tls, host: Option<&str>, now: Millis) -> Result<String, Flaw> {
    let unusable = |cause: String| {
        let cause = std::io::Error::other(cause);
        Flaw::Wrong(StartError::Certificate { cert: tls.cert.clone(), cause }.to_string())
    };
    listener::read_certificate(&tls.cert, &tls.key).await.map_err(|error| unusable(error.to_string()))?;
    let path = tls.cert.display();
    let chain: Vec<CertificateDer<'_>> =
        CertificateDer::pem_file_iter(&tls.cert).and_then(Iterator::collect).map_err(|error| unusable(error.to_string()))?;
    let Some(first) = chain.first() else { return Err(unusable("it holds no certificate".to_owned())) };
    let certificate = EndEntityCert::try_from(first).map_err(|error| unusable(error.to_string()))?;
    let since = Duration::from_millis(now);
    // No root is trusted, so that only the validity period matters and other problems are reported first.
    let at = |time| certificate.verify_for_usage(&[], &[], &[], UnixTime::since_unix_epoch(time), KeyUsage::server_auth(), None, None);
    let on = |time| day(time).map(|day| format!(" on {day}")).unwrap_or_default();
    match at(since).err() {
        Some(Error::CertExpired { not_after, .. }) => {
            return Err(Flaw::Wrong(format!("{path} expired{}. Renew it; if it is new, check the clock.", on(not_after))));
        }
        Some(Error::CertNotValidYet { not_before, .. }) => {
            return Err(Flaw::Wrong(format!("{path} begins to be valid{}. Check the clock.", on(not_before))));
        }
        _ => {}
    }
    if let Some(Error::CertExpired { not_after, .. }) = at(since + SOON).err() {
        return Err(Flaw::Doubtful(format!("{path} expires{}. Renew it.", on(not_after))));
    }
    if let Some(host) = host
        && let Ok(name) = ServerName::try_from(host.trim_matches(['[', ']']))
        && certificate.verify_is_valid_for_subject_name(&name).is_err()
    {
        return Err(Flaw::Doubtful(format!(
            "{path} is not for {host}, the host of public_url. Unless a proxy in front has another, browsers refuse it: get one for that name."
        )));
    }
    Ok(format!("{path} can be read, and its key belongs to it"))
}
