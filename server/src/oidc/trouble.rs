use holdfast_outbound::{CertificateFlaw, ConnectionFailure};

/// Why a provider can't be used, in words for who runs this server: with the fix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Trouble {
    /// Nobody answers.
    #[error(
        "{address} can't be reached: {cause}. Check that the issuer is correct, that the provider is running, and that this machine can connect to it."
    )]
    Unreachable {
        /// What was asked for.
        address: String,
        /// What happened.
        cause: ConnectionFailure,
    },
    /// It can't show that it is who it should be.
    #[error("{address} shows a certificate {flaw}")]
    Certificate {
        /// What was asked for.
        address: String,
        /// What is wrong with it.
        flaw: CertificateFlaw,
    },
    /// It answers otherwise than it should.
    #[error(
        "{address} answers with the status {status}. The issuer is the address before /.well-known/openid-configuration: write it as the provider's own pages show it."
    )]
    Status {
        /// What was asked for.
        address: String,
        /// What came.
        status: u16,
    },
    /// It answers, but not with what is wanted.
    #[error("{address} gives an unexpected answer ({cause}). Check that the issuer is correct.")]
    Unreadable {
        /// What was asked for.
        address: String,
        /// What is wrong with it.
        cause: String,
    },
    /// It does not stop.
    #[error("{0} answers with more than half a megabyte, which is not a provider's document. Check that the issuer is correct.")]
    TooMuch(String),
    /// It calls itself otherwise.
    #[error(
        "the provider says that its issuer is {says:?}, but {given:?} is configured. Write it exactly as the provider does, with or without a slash at the end."
    )]
    Issuer {
        /// What it says.
        says: String,
        /// What is configured.
        given: String,
    },
    /// What it names would let others listen.
    #[error(
        "the provider names the address {0:?}, which is not https and is therefore not used. Configure the provider to publish https addresses: behind a proxy, tell it its own address."
    )]
    Unsafe(String),
    /// Nothing could be believed.
    #[error("the provider publishes no usable key. Configure it to sign with RS256, PS256, ES256, ES384 or EdDSA.")]
    NoKeys,
}

impl Trouble {
    /// What a connection to `address` that failed means.
    pub(super) fn connecting(address: &str, error: &reqwest::Error) -> Self {
        match ConnectionFailure::from(error) {
            ConnectionFailure::Certificate(flaw) => Trouble::Certificate { address: address.to_owned(), flaw },
            cause => Trouble::Unreachable { address: address.to_owned(), cause },
        }
    }

    /// Whether it may be gone in a while, with nobody's doing here.
    pub(super) fn may_pass(&self) -> bool {
        matches!(self, Trouble::Unreachable { .. } | Trouble::Status { status: 500.., .. })
    }
}
