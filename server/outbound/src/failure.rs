//! Why a connection to another server failed.

use std::{error::Error, io};

use super::certificate::CertificateFlaw;

/// The kind of failure. An error of reqwest also holds the whole address, with its password: that is left out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectionFailure {
    /// Its certificate is not accepted.
    #[error("it shows a certificate {0}")]
    Certificate(CertificateFlaw),
    /// What answers does not speak TLS as it should.
    #[error("it does not speak https there")]
    NotTls,
    /// Its name has no address.
    #[error("its name is not known to this machine")]
    UnknownName,
    /// Nothing listens there.
    #[error("nobody is there")]
    Refused,
    /// The configured proxy does not let the request through.
    #[error("the proxy that outbound_proxy names does not connect to it")]
    Proxy,
    /// The configured proxy wants to know who asks.
    #[error("the proxy that outbound_proxy names asks for another user name and password: write them as http://user:password@host:port")]
    ProxyPassword,
    /// The configured proxy is not there.
    #[error("the proxy that outbound_proxy names can't be reached")]
    NoProxy,
    /// This server has as many files open as it may.
    #[error("this server has run out of files")]
    OutOfFiles,
    /// Nothing came in time.
    #[error("it took too long")]
    Timeout,
    /// The connection could not be made, or ended.
    #[error("the connection broke off")]
    Broken,
}

impl From<&reqwest::Error> for ConnectionFailure {
    fn from(error: &reqwest::Error) -> Self {
        let mut next: Option<&(dyn Error + 'static)> = error.source();
        while let Some(cause) = next {
            if let Some(failure) = kind(cause) {
                return failure;
            }
            // An I/O error's source is that of what it wraps; the wrapped one itself is asked for by its own name.
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
    // These have no types that come through to here.
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

/// Whether the process (EMFILE) or the whole machine (ENFILE) has no more files to open. The numbers are those of Linux, macOS
/// and the BSDs.
pub fn is_out_of_files(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(24 | 23))
}
