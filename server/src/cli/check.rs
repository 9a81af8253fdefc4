//! `holdfast check`: tests whether a server would start with these settings, without starting it.

use crate::{
    config::Settings,
    startup::check::{self, State},
};

/// Why the check failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum CheckError {
    /// Problems that were already printed.
    #[error("{0} checks failed; see above.")]
    Found(usize),
    /// The tests could not be run.
    #[error(transparent)]
    Client(#[from] holdfast_outbound::OutboundError),
}

/// Runs the tests and prints one line for each. The settings are known to be valid.
pub(super) async fn run(settings: &Settings) -> Result<(), CheckError> {
    println!("Settings: good. `holdfast config` shows them.");
    let findings = check::look(settings).await;
    for finding in &findings {
        let text = finding.text.trim_end_matches('.');
        match finding.state {
            State::Good => println!("{}: good, {text}.", finding.name),
            State::Doubtful => println!("{}: warning: {text}.", finding.name),
            State::Wrong => println!("{}: {text}.", finding.name),
        }
    }
    let wrong = findings.iter().filter(|finding| finding.state == State::Wrong).count() + sign_in(settings).await?;
    if wrong > 0 { Err(CheckError::Found(wrong)) } else { Ok(()) }
}

/// Tests the OpenID Connect providers.
async fn sign_in(settings: &Settings) -> Result<usize, CheckError> {
    let mut wrong = 0;
    for (provider, found) in holdfast_oidc::check(&settings.oidc, &settings.providers.outbound).await? {
        let name = format!("OpenID Connect {:?}", provider.name);
        match found {
            Ok(()) => {
                let path = format!("{}/auth/oidc/{}/callback", settings.base(), provider.name);
                let known = settings.public_url.as_ref().map(|url| url.origin.to_string());
                let fix = if known.is_some() { "" } else { ", with the address of this server in front (set public_url to it)" };
                println!("{name}: good. Register {}{path} as the redirect address there{fix}.", known.unwrap_or_default());
            }
            Err(trouble) => {
                wrong += 1;
                println!("{name}: {trouble}");
            }
        }
    }
    Ok(wrong)
}
