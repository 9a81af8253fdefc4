//! Explains why a connection to another server failed.

use std::{error::Error, io};

use super::certificate::CertificateFlaw;

/// The kind of failure. Errors of reqwest also contain the whole URL with its password, which is left out here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectionFailure {
    /// The server's certificate is not accepted.
    #[error("it shows a certificate {0}")]
    Certificate(CertificateFlaw),
    /// The server does not speak TLS correctly.
    #[error("it does not use https on this port")]
    NotTls,
    /// The host name has no address.
    #[error("this machine can't resolve its name")]
    UnknownName,
    /// Nothing listens there.
    #[error("nothing listens there")]
    Refused,
    /// The configured proxy refuses the request.
    #[error("the proxy that outbound_proxy names does not connect to it")]
    Proxy,
    /// The configured proxy requires a password.
    #[error("the proxy that outbound_proxy names rejects the user name and password: write them as http://user:password@host:port")]
    ProxyPassword,
    /// The configured proxy can't be reached.
    #[error("the proxy that outbound_proxy names can't be reached")]
    NoProxy,
    /// This server has no open files left.
    #[error("this server has reached its limit of open files")]
    OutOfFiles,
    /// Nothing arrived in time.
    #[error("it took too long")]
    Timeout,
    /// The connection could not be made, or was cut.
    #[error("the connection was cut")]
    Broken,
}

impl From<&reqwest::Error> for ConnectionFailure {
    fn from(error: &reqwest::Error) -> Self {
        let mut next: Option<&(dyn Error + 'static)> = error.source();
        while let Some(cause) = next {
            if let Some(failure) = kind(cause) {
                return failure;
            }
            // The source of an I/O error is that of the wrapped error, so the wrapped error must be requested by `get_ref`.
            let wrapped = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
            next = wrapped.map(|wrapped| wrapped as &(dyn Error + 'static)).or_else(|| cause.source());
        }
        if error.is_timeout() { Self::Timeout } else { Self::Broken }
    }
}

fn kind(cause: &(dyn Error + 'static)) -> Option<ConnectionFailure> {
    if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
        return Some(match tls {
            rustls::Error::InvalidCertificate(error) => ConnectionFailure::Certificate(error.into()),
            _ => ConnectionFailure::NotTls,
        });
    }
    if let Some(io) = cause.downcast_ref::<io::Error>() {
        if is_out_of_files(io) {
            return Some(ConnectionFailure::OutOfFiles);
        }
        if io.kind() == io::ErrorKind::ConnectionRefused {
            return Some(ConnectionFailure::Refused);
        }
    }
    // The types of these errors are not accessible here.
    let text = cause.to_string();
    if let Some(tunnel) = text.strip_prefix("tunnel error: ") {
        return Some(match tunnel {
            "proxy authorization required" => ConnectionFailure::ProxyPassword,
            "failed to create underlying connection" => ConnectionFailure::NoProxy,
            _ => ConnectionFailure::Proxy,
        });
    }
    text.contains("failed to lookup address").then_some(ConnectionFailure::UnknownName)
}

/// Returns whether the process (EMFILE) or the machine (ENFILE) has no open files left. The numbers are those of Linux, macOS and the
/// BSDs.
pub fn is_out_of_files(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(24 | 23))
}
