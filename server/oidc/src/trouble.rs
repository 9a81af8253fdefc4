use holdfast_outbound::{CertificateFlaw, ConnectionFailure};

/// Why a provider can't be used, with a sentence for the administrator that says how to fix it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The address can't be reached.
    #[error(
        "{address} can't be reached: {cause}. Check that the issuer is correct, that the provider is running, and that this machine can connect to it."
    )]
    Unreachable {
        /// The requested address.
        address: String,
        /// Why the connection failed.
        cause: ConnectionFailure,
    },
    /// The certificate is not valid.
    #[error("{address} shows a certificate {flaw}")]
    Certificate {
        /// The requested address.
        address: String,
        /// What is wrong with it.
        flaw: CertificateFlaw,
    },
    /// The status is not 200.
    #[error(
        "{address} answers with the status {status}. The issuer is the address before /.well-known/openid-configuration: write it as the provider's own pages show it."
    )]
    Status {
        /// The requested address.
        address: String,
        /// The status of the response.
        status: u16,
    },
    /// The response can't be read.
    #[error("{address} gives an unexpected answer ({cause}). Check that the issuer is correct.")]
    Unreadable {
        /// The requested address.
        address: String,
        /// What is wrong with it.
        cause: String,
    },
    /// The response is too large.
    #[error("{0} answers with more than half a megabyte, which is not a provider's document. Check that the issuer is correct.")]
    TooMuch(String),
    /// The issuer in the document differs from the configured one.
    #[error(
        "the provider says that its issuer is {says:?}, but {given:?} is configured. Write it exactly as the provider does, with or without a slash at the end."
    )]
    Issuer {
        /// The issuer in the document.
        says: String,
        /// The configured issuer.
        given: String,
    },
    /// The document contains an address without https.
    #[error(
        "the provider names the address {0:?}, which is not https and is therefore not used. Configure the provider to publish https addresses: behind a proxy, tell it its own address."
    )]
    Unsafe(String),
    /// The provider publishes no usable key.
    #[error("the provider publishes no usable key. Configure it to sign with RS256, PS256, ES256, ES384 or EdDSA.")]
    NoKeys,
}

impl Trouble {
    /// Returns what a failed connection to `address` means.
    pub(super) fn connecting(address: &str, error: &reqwest::Error) -> Self {
        match ConnectionFailure::from(error) {
            ConnectionFailure::Certificate(flaw) => Trouble::Certificate { address: address.to_owned(), flaw },
            cause => Trouble::Unreachable { address: address.to_owned(), cause },
        }
    }

    /// Returns whether the problem may disappear without a change on this server.
    pub(super) fn may_pass(&self) -> bool {
        matches!(self, Trouble::Unreachable { .. } | Trouble::Status { status: 500.., .. })
    }
}
