//! Detects misspelled settings, and suggests the setting that was probably meant.

use super::KEYS;

/// Names of settings in other programs, and ours. These are not found by their spelling.
const OTHERS: &[(&str, &str)] = &[
    ("port", "listen"),
    ("host", "listen"),
    ("bind", "listen"),
    ("allowed_hosts", "hosts"),
    ("base_url", "public_url"),
    ("data_dir", "data"),
    ("database", "data"),
    ("http_proxy", "outbound_proxy"),
    ("https_proxy", "outbound_proxy"),
    ("no_proxy", "outbound_direct"),
];

/// Returns the setting whose name is most similar to an unknown one.
pub(super) fn nearest(name: &str) -> &'static str {
    let name = name.to_lowercase();
    if let Some((_, ours)) = OTHERS.iter().find(|(other, _)| *other == name) {
        return ours;
    }
    nearest_of(&name, KEYS.iter().map(|key| key.name))
}

/// Returns the most similar of these names; empty only if there are none.
pub(super) fn nearest_of(name: &str, known: impl Iterator<Item = &'static str>) -> &'static str {
    let likeness = |known: &str| {
        let shared = name.split('_').filter(|word| known.split('_').any(|other| other == *word)).count();
        let words = name.split('_').count().max(known.split('_').count());
        // Accounts for missing words, wrong letters, and different endings.
        shared as f64 / words as f64 + strsim::normalized_damerau_levenshtein(name, known) + strsim::jaro_winkler(name, known)
    };
    known.max_by(|one, other| likeness(one).total_cmp(&likeness(other))).unwrap_or_default()
}

/// Returns a warning for each environment variable that looks like a setting but is none. Otherwise a misspelled one would have no effect
/// and nobody would notice.
pub fn unknown_variables(variables: impl Iterator<Item = (String, String)>) -> Vec<String> {
    let mut sentences: Vec<String> = variables
        .filter_map(|(name, value)| {
            let ours = name.to_uppercase().strip_prefix("HOLDFAST_")?.to_owned();
            let is_known = name == super::FILE_VARIABLE || KEYS.iter().any(|key| key.variable() == name);
            (!is_known && !is_of_a_service(&ours, &value)).then(|| {
                let nearest = nearest(&ours).to_uppercase();
                format!(
                    "the variable {name} is no setting and has no effect. Did you mean HOLDFAST_{nearest}? `holdfast --help` lists all."
                )
            })
        })
        .collect();
    sentences.sort();
    sentences
}

/// Returns whether Kubernetes set the variable: it sets variables for each service, and a service may be called `holdfast`.
fn is_of_a_service(ours: &str, value: &str) -> bool {
    let is_address = value.starts_with("tcp://") || value.starts_with("udp://") || value.starts_with("sctp://");
    match ours.strip_prefix("PORT") {
        Some("") => is_address,
        Some(rest) => rest.strip_prefix('_').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())),
        None => ours == "SERVICE_HOST" || ours.starts_with("SERVICE_PORT"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_the_one_that_was_meant() {
        for (name, meant) in [
            ("LISEN", "listen"),
            ("LISTEN_ADDRESS", "listen"),
            ("PORT", "listen"),
            ("PUBLIC_ADDRESS", "public_url"),
            ("PUBLICURL", "public_url"),
            ("BASE_URL", "public_url"),
            ("TRUSTED_PROXY", "trusted_proxies"),
            ("ALLOWED_ORIGIN", "allowed_origins"),
            ("OIDC_CLIENTID", "oidc_client_id"),
            ("OIDC_SECRET", "oidc_client_secret"),
            ("OIDC_ID", "oidc_client_id"),
            ("ADMIN_CLAIM", "oidc_admin_claim"),
            ("LOG_LEVEL", "log"),
            ("MESSAGE_KB", "message_kib"),
            ("DRAIN", "drain_seconds"),
            ("HOST", "listen"),
            ("ALLOWED_HOSTS", "hosts"),
            ("MODEL", "default_model"),
            ("JWT_SECRET", "secret"),
            ("SECRET_KEY", "secret"),
            ("SESSION_DAY", "session_days"),
            ("LOGFORMAT", "log_format"),
            ("OPENAI_KEY", "openai_api_key"),
            ("TLS_CERTIFICATE", "tls_cert"),
        ] {
            assert_eq!(nearest(name), meant, "{name}");
        }
    }

    #[test]
    fn only_unknown_variables_of_ours_are_told() {
        let none = [
            ("HOLDFAST_LISTEN", "127.0.0.1:1"),
            ("HOLDFAST_CONFIG", "a.toml"),
            ("PATH", "/bin"),
            ("HOLDFASTLISTEN", ""),
            ("HOLDFAST_PORT", "tcp://10.0.0.1:3000"),
            ("HOLDFAST_PORT_3000_TCP_ADDR", "10.0.0.1"),
            ("HOLDFAST_SERVICE_HOST", "10.0.0.1"),
            ("HOLDFAST_SERVICE_PORT_HTTP", "3000"),
        ];
        let tell = |pairs: &[(&str, &str)]| unknown_variables(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        assert_eq!(tell(&none), Vec::<String>::new());
        let told = tell(&[("HOLDFAST_LISEN", "x"), ("HOLDFAST_", ""), ("HOLDFAST_PORT", "3000"), ("holdfast_public_url", "x")]);
        for (told, (name, meant)) in told.iter().zip([
            ("HOLDFAST_", ""),
            ("HOLDFAST_LISEN", "LISTEN?"),
            ("HOLDFAST_PORT", "LISTEN?"),
            ("holdfast_public_url", "PUBLIC_URL?"),
        ]) {
            assert!(told.contains(&format!("{name} is no setting")) && told.contains(&format!("HOLDFAST_{meant}")), "{told}");
        }
        assert_eq!(told.len(), 4, "{told:?}");
    }
}
