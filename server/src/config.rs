//! Settings. They are read once, at the start, from defaults, `holdfast.toml`, the environment and the command line. Later sources
//! override earlier ones.

mod keys;
mod oidc;
mod outbound;
mod secret;
mod unknown;
mod values;

use std::{path::PathBuf, time::Duration};

use holdfast_protocol::{
    limits::{Limit, LimitNumbers},
    people::SignUps,
};
use http::Uri;
use ipnet::IpNet;
use tracing_subscriber::EnvFilter;

pub use keys::KEYS;
pub use outbound::unused_proxies;
pub use secret::SigningSecret;
pub use unknown::unknown_variables;
pub use values::{Origin, Value, Values};

use holdfast_core::address::{Listen, TrustedProxy};
use holdfast_core::limits::FixedLimits;
use holdfast_core::limits::Sizes;
use holdfast_core::web_address::{HostName, PublicUrl, WebOrigin};
use holdfast_oidc::OidcSettings;
use holdfast_providers::{EchoWords, ProviderSettings, ProviderWait, ServiceSettings, SettingForm, is_ollama_address};

/// Environment variable with the path of the settings file.
pub const FILE_VARIABLE: &str = "HOLDFAST_CONFIG";

/// Description of valid values for a listening address.
const LISTEN: &str =
    "an address and a port, such as 127.0.0.1:3000 or [::]:3000, or a Unix socket, such as unix:/run/holdfast/holdfast.sock";

/// An invalid setting, in one sentence: its name, its value, and what is expected.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(pub String);

/// All settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Address to listen on.
    pub listen: Listen,
    /// Permissions of the Unix socket, if the server listens on one.
    pub socket_mode: u32,
    /// The data folder.
    pub data: PathBuf,
    /// Secret that signs tokens; `None` if the server generates one and stores it in the data folder.
    pub secret: Option<SigningSecret>,
    /// Earlier secrets. Data encrypted with them can still be read.
    pub secret_before: Vec<SigningSecret>,
    /// The public address; `None` if it is not known.
    pub public_url: Option<PublicUrl>,
    /// Origins that may connect, in addition to the server's own.
    pub allowed_origins: Vec<WebOrigin>,
    /// Additional host names of this server.
    pub hosts: Vec<HostName>,
    /// Names of the machine, as its network may know it.
    pub machine: Vec<HostName>,
    /// Name of this server process; `None` for the machine's name.
    pub node: Option<String>,
    /// Proxies whose `X-Forwarded-…` headers are trusted.
    pub trusted_proxies: Vec<TrustedProxy>,
    /// Whether limits are enforced.
    pub limits: bool,
    /// Limits that the configuration sets. Administrators set the others on a page.
    pub fixed_limits: FixedLimits,
    /// Whether guests are allowed.
    pub guests: bool,
    /// Who may create an account.
    pub signup: SignUps,
    /// Whether an access token in the query (`?token=`) is accepted.
    pub token_in_query: bool,
    /// Lifetime of an access token, ms.
    pub token_life: u64,
    /// Maximum lifetime of an account's session, ms; `None` if it lasts as long as it is used.
    pub session_life: Option<u64>,
    /// Time that running answers get to finish when the server shuts down, ms.
    pub drain: u64,
    /// Timeout for the head of a request, and for each pause in its body, ms.
    pub read_within: u64,
    /// Timeout for the whole body of a call, ms. Import files have a timeout of their own.
    pub body_within: u64,
    /// Maximum number of connections for each IP address; `None` for no limit.
    pub connections_per_address: Option<usize>,
    /// Write timeout, ms: a client that reads nothing for this long is disconnected.
    pub stalled: u64,
    /// Time limit for rendering the texts of a page, ms.
    pub render_within: u64,
    /// Time limit of a search, ms.
    pub search_within: u64,
    /// Memory for conversations that are being read and sent, MiB.
    pub reading_mib: u32,
    /// Size limits.
    pub sizes: Sizes,
    /// Disk space that must stay free, bytes.
    pub min_free: u64,
    /// Certificate and key; `None` if the server does not serve HTTPS itself.
    pub tls: Option<Tls>,
    /// Address of `/metrics`; `None` if it is served with everything else.
    pub metrics_listen: Option<Listen>,
    /// Log filter.
    pub log: String,
    /// Whether the log is JSON.
    pub log_json: bool,
    /// Providers of models.
    pub providers: ProviderSettings,
    /// Providers for sign-in (OpenID Connect).
    pub oidc: Vec<OidcSettings>,
    /// Interval of pings on a socket, ms.
    pub heartbeat: u64,
}

/// A certificate with its key; both are PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// File of the certificate chain, the server's certificate first.
    pub cert: PathBuf,
    /// File of the private key.
    pub key: PathBuf,
}

fn sizes(values: &Values) -> Result<Sizes, ConfigError> {
    let bytes = |name| {
        let kib = values
            .parse(name, "a number of KiB from 1 to 65536", |text| text.parse::<usize>().ok().filter(|kib| (1..=65_536).contains(kib)))?;
        Ok::<_, ConfigError>(kib * 1024)
    };
    let page =
        values.parse("page_size", "a number from 1 to 1000", |text| text.parse::<u32>().ok().filter(|count| (1..=1000).contains(count)))?;
    let sizes = Sizes { message: bytes("message_kib")?, frame: bytes("frame_kib")?, body: bytes("body_kib")?, page };
    if sizes.message >= sizes.frame.min(sizes.body) {
        let shown = |name: &'static str| values.get(name).map(|value| format!("{name} is {} ({})", value.text, value.origin));
        let all: Vec<String> = ["message_kib", "frame_kib", "body_kib"].into_iter().filter_map(shown).collect();
        return Err(ConfigError(format!(
            "frame_kib and body_kib must be larger than message_kib: each message comes in one of these. {}.",
            all.join(", ")
        )));
    }
    Ok(sizes)
}

impl Settings {
    /// Parses and checks all values.
    ///
    /// # Errors
    /// The first invalid setting.
    pub fn read(values: &Values) -> Result<Self, ConfigError> {
        let token_minutes = values.parse("token_minutes", "a number of minutes from 1 to 1440", |text| {
            text.parse::<u64>().ok().filter(|minutes| (1..=1440).contains(minutes))
        })?;
        let session_days = values.parse("session_days", "a number of days from 1 to 3650, or 0 for no end", |text| {
            text.parse::<u64>().ok().filter(|days| *days <= 3_650)
        })?;
        let heartbeat = values.parse("heartbeat_seconds", "a number of seconds from 1 to 3600", |text| {
            text.parse::<u64>().ok().filter(|seconds| (1..=3600).contains(seconds))
        })?;
        let drain = values.parse("drain_seconds", "a number of seconds from 0 to 600", |text| {
            text.parse::<u64>().ok().filter(|seconds| *seconds <= 600)
        })?;
        let read_within = values.parse("read_seconds", "a number of seconds from 1 to 600", |text| {
            text.parse::<u64>().ok().filter(|seconds| (1..=600).contains(seconds))
        })?;
        let body_within = values.parse("body_seconds", "a number of seconds from 1 to 3600", |text| {
            text.parse::<u64>().ok().filter(|seconds| (1..=3600).contains(seconds))
        })?;
        let limits = values.flag("limits")?;
        let connections = values.parse("connections_per_address", "a number from 1 to 1000000, or 0 for no limit", |text| {
            text.parse::<usize>().ok().filter(|connections| *connections <= 1_000_000)
        })?;
        let stalled = values.parse("stalled_seconds", "a number of seconds from 1 to 3600", |text| {
            text.parse::<u64>().ok().filter(|seconds| (1..=3600).contains(seconds))
        })?;
        let render_within = values.parse("render_seconds", "a number of seconds from 0 to 60", |text| {
            text.parse::<u64>().ok().filter(|seconds| *seconds <= 60)
        })?;
        let search_within = values.parse("search_seconds", "a number of seconds from 0 to 60", |text| {
            text.parse::<u64>().ok().filter(|seconds| *seconds <= 60)
        })?;
        let min_free = values.parse("min_free_mib", "a number of MiB from 0 to 1048576", |text| {
            text.parse::<u64>().ok().filter(|mib| *mib <= 1024 * 1024)
        })?;
        let reading_mib = values.parse("reading_mib", "a number of MiB from 64 to 65536", |text| {
            text.parse::<u32>().ok().filter(|mib| (64..=65_536).contains(mib))
        })?;
        let wait = |name| {
            let seconds = values.parse(name, "a number of seconds from 1 to 3600", |text| {
                text.parse::<u64>().ok().filter(|seconds| (1..=3600).contains(seconds))
            })?;
            Ok::<_, ConfigError>(Duration::from_secs(seconds))
        };
        let sizes = sizes(values)?;
        let tls = match (values.text("tls_cert"), values.text("tls_key")) {
            (Some(cert), Some(key)) => Some(Tls { cert: cert.into(), key: key.into() }),
            (None, None) => None,
            (Some(_), None) => return Err(values.alone("tls_cert", "tls_key")),
            (None, Some(_)) => return Err(values.alone("tls_key", "tls_cert")),
        };
        let providers = ProviderSettings {
            services: ServiceSettings::read(|setting| match setting.form {
                SettingForm::Key | SettingForm::Deployments => Ok(values.text(setting.name).map(str::to_owned)),
                SettingForm::Url => url(values, setting.name),
                SettingForm::OllamaHost => values.optional(setting.name, "where Ollama listens, such as 127.0.0.1:11434", |text| {
                    is_ollama_address(text).then(|| text.to_owned())
                }),
                SettingForm::ApiVersion => values.optional(setting.name, "a version such as 2024-10-21", |text| {
                    text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.')).then(|| text.to_owned())
                }),
            })?,
            default_model: values.text("default_model").map(str::to_owned),
            outbound: outbound::read(values)?,
            discover: values.flag("discover")?,
            first_token_timeout: wait("provider_first_seconds")?,
            idle_timeout: wait("provider_idle_seconds")?,
            ollama_context: values.optional("ollama_context", "a number of tokens from 2048 to 10000000", |text| {
                text.parse().ok().filter(|tokens| (2_048..=10_000_000).contains(tokens))
            })?,
            waits: values.list(
                "provider_waits",
                "providers with seconds from 1 to 3600, such as ollama=900 or ollama=900/120",
                ProviderWait::parse,
            )?,
            echo_words: echo_words(values, limits)?,
            ..ProviderSettings::default()
        };
        Ok(Self {
            listen: values.parse("listen", LISTEN, Listen::parse)?,
            socket_mode: values.parse("socket_mode", "permissions as chmod takes them, from 0600 to 0777", |text| {
                u32::from_str_radix(text, 8).ok().filter(|mode| (0o600..=0o777).contains(mode))
            })?,
            data: values.parse("data", "a folder", |text| (!text.is_empty()).then(|| PathBuf::from(text)))?,
            secret: values.get("secret").map(SigningSecret::from_setting).transpose()?,
            secret_before: values.get("secret_before").map(SigningSecret::before).transpose()?.unwrap_or_default(),
            public_url: values.optional(
                "public_url",
                "an address such as https://chat.example.com or https://example.com/chat",
                public_url,
            )?,
            allowed_origins: values.list("allowed_origins", "origins such as https://app.example.com", WebOrigin::parse)?,
            hosts: values.list("hosts", "names such as chat.example.com, without a scheme and a port", HostName::parse)?,
            machine: machine_names(&gethostname::gethostname().to_string_lossy()),
            node: values.optional("node", "a name of 1 to 64 letters, digits and signs, without spaces", |text| {
                let fits = text.len() <= 64 && text.chars().all(|c| c.is_alphanumeric() || c.is_ascii_punctuation());
                fits.then(|| text.to_owned())
            })?,
            trusted_proxies: values.list("trusted_proxies", "addresses or networks such as 10.0.0.0/8, or unix", |text| match text {
                "unix" => Some(TrustedProxy::Unix),
                _ => network(text).map(TrustedProxy::Network),
            })?,
            limits,
            fixed_limits: fixed_limits(values)?,
            guests: values.flag("guests")?,
            signup: values.parse("signup", "open, invitation or closed", |text| match text {
                "open" | "true" | "on" | "yes" | "1" => Some(SignUps::Open),
                "invitation" => Some(SignUps::Invitation),
                "closed" | "false" | "off" | "no" | "0" => Some(SignUps::Closed),
                _ => None,
            })?,
            token_in_query: values.flag("token_in_query")?,
            token_life: token_minutes * 60_000,
            session_life: (session_days > 0).then_some(session_days * 24 * 3_600_000),
            drain: drain * 1000,
            read_within: read_within * 1000,
            body_within: body_within * 1000,
            connections_per_address: Some(connections).filter(|connections| limits && *connections > 0),
            stalled: stalled * 1000,
            render_within: render_within * 1000,
            search_within: search_within * 1000,
            reading_mib,
            sizes,
            min_free: min_free * 1024 * 1024,
            tls,
            metrics_listen: values.optional("metrics_listen", LISTEN, Listen::parse)?,
            log: values.parse("log", "error, warn, info, debug, trace, or a filter such as holdfast=debug", |text| {
                EnvFilter::try_new(log_filter(text)).is_ok().then(|| text.to_owned())
            })?,
            log_json: values.parse("log_format", "Log format: text or json", |text| match text {
                "text" => Some(false),
                "json" => Some(true),
                _ => None,
            })?,
            providers,
            oidc: oidc::read(values)?,
            heartbeat: heartbeat * 1000,
        })
    }

    /// Returns the scheme of requests that reach the server directly.
    pub fn own_scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    /// Returns the base path; empty at the root.
    pub fn base(&self) -> &str {
        self.public_url.as_ref().map_or("", |url| &url.base)
    }
}

/// Without limits, `echo-N-I` may have any number of words.
fn echo_words(values: &Values, limits: bool) -> Result<EchoWords, ConfigError> {
    let any = EchoWords::default();
    let number = |name, least| {
        values.parse(name, &format!("a number from {least} to {}", any.most), |text| {
            text.parse::<usize>().ok().filter(|words| (least..=any.most).contains(words))
        })
    };
    let set = EchoWords { most: number("echo_words", 1)?, guests: number("guest_echo_words", 0)? };
    Ok(if limits { set } else { any })
}

fn fixed_limits(values: &Values) -> Result<FixedLimits, ConfigError> {
    let mut fixed = FixedLimits::default();
    for (key, limit) in [
        ("limit_messages", Limit::Messages),
        ("limit_answers", Limit::Answers),
        ("limit_sockets", Limit::Sockets),
        ("limit_sign_in", Limit::SignIn),
        ("limit_unauthenticated", Limit::Unauthenticated),
        ("limit_conversations", Limit::Conversations),
        ("limit_shares", Limit::Shares),
        ("limit_changes", Limit::Changes),
        ("limit_files", Limit::Files),
        ("file_mib", Limit::FileSize),
        ("guest_storage_mib", Limit::GuestStorage),
        ("user_storage_mib", Limit::UserStorage),
        ("server_storage_mib", Limit::ServerStorage),
    ] {
        let least = limit.least();
        let expected = if least == 0 { "a number of MiB from 1 to 1000000, or 0 for any amount" } else { "a number from 1 to 1000000" };
        let number =
            values.optional(key, expected, |text| text.parse().ok().filter(|number| (least..=LimitNumbers::MOST).contains(number)))?;
        if let (Some(number), Some(value)) = (number, values.get(key)) {
            fixed.insert(limit, (number, value.origin.to_string()));
        }
    }
    Ok(fixed)
}

fn public_url(text: &str) -> Option<PublicUrl> {
    let uri: Uri = text.parse().ok()?;
    if uri.query().is_some() || text.contains('#') {
        return None;
    }
    let origin = WebOrigin::parse(&format!("{}://{}", uri.scheme_str()?, uri.authority()?))?;
    let base = uri.path().trim_end_matches('/').to_owned();
    let plain = base.bytes().all(|c| c.is_ascii_alphanumeric() || b"/-_.~".contains(&c)) && !base.contains("//") && !base.contains("..");
    plain.then_some(PublicUrl { origin, base })
}

/// Returns a machine's name with and without its domain, and the mDNS names (RFC 6762) of both.
fn machine_names(name: &str) -> Vec<HostName> {
    let first = name.split('.').next().unwrap_or(name);
    let names = [name.to_owned(), first.to_owned(), format!("{first}.local")];
    names.iter().filter_map(|name| HostName::parse(name)).collect()
}

fn url(values: &Values, key: &'static str) -> Result<Option<String>, ConfigError> {
    values.optional(key, "an address such as http://127.0.0.1:8080/v1", |text| {
        let uri: Uri = text.parse().ok()?;
        (matches!(uri.scheme_str()?, "http" | "https") && uri.host().is_some()).then(|| text.to_owned())
    })
}

/// Returns the filter for a log setting. A bare level applies to Holdfast; libraries log only warnings and errors.
pub(crate) fn log_filter(log: &str) -> String {
    if log.contains(['=', ',']) { log.to_owned() } else { format!("warn,holdfast={log}") }
}

fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<std::net::IpAddr>().ok().map(IpNet::from))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use holdfast_providers::{ProviderSetting, SETTINGS};

    use super::*;

    fn values(pairs: &[(&'static str, &str)]) -> Values {
        let mut values = Values::defaults();
        for (key, text) in pairs {
            values.set(key, text, Origin::Flag);
        }
        values
    }

    #[test]
    fn the_defaults_do() {
        let settings = Settings::read(&Values::defaults()).unwrap();
        assert_eq!(settings.listen.to_string(), "127.0.0.1:3000");
        assert_eq!((settings.token_life, settings.base()), (1_800_000, ""));
    }

    #[test]
    fn a_wrong_setting_is_named_with_what_is_expected() {
        let wrong: &[(&'static str, &str)] = &[
            ("listen", "3000"),
            ("listen", "127.0.0.1:70000"),
            ("listen", "unix:"),
            ("listen", "unix:/run/"),
            ("socket_mode", "rw"),
            ("socket_mode", "0888"),
            ("socket_mode", "0"),
            ("public_url", "chat.example.com"),
            ("public_url", "https://x/a?b"),
            ("allowed_origins", "https://a.example, b.example"),
            ("hosts", "https://a.example"),
            ("hosts", "a.example:443"),
            ("node", "two words"),
            ("data", ""),
            ("secret", "short"),
            ("secret_before", "short"),
            ("trusted_proxies", "10.0.0.0/99"),
            ("limits", "perhaps"),
            ("limit_messages", "0"),
            ("limit_answers", "-1"),
            ("limit_sockets", "many"),
            ("limit_sign_in", "1000001"),
            ("limit_unauthenticated", "1e3"),
            ("limit_conversations", "0"),
            ("limit_shares", "0"),
            ("limit_changes", "some"),
            ("limit_files", "0"),
            ("file_mib", "0"),
            ("echo_words", "0"),
            ("guest_echo_words", "1000001"),
            ("guest_storage_mib", "-1"),
            ("user_storage_mib", "2 GiB"),
            ("server_storage_mib", "1000001"),
            ("connections_per_address", "1000001"),
            ("guests", "perhaps"),
            ("signup", "perhaps"),
            ("token_in_query", "2"),
            ("token_minutes", "0"),
            ("token_minutes", "30m"),
            ("session_days", "3651"),
            ("heartbeat_seconds", "0"),
            ("drain_seconds", "601"),
            ("message_kib", "0"),
            ("message_kib", "70000"),
            ("frame_kib", "256"),
            ("body_kib", "1 MiB"),
            ("min_free_mib", "1 GiB"),
            ("page_size", "1001"),
            ("stalled_seconds", "3601"),
            ("render_seconds", "61"),
            ("search_seconds", "61"),
            ("reading_mib", "63"),
            ("read_seconds", "0.5"),
            ("body_seconds", "0"),
            ("tls_cert", "cert.pem"),
            ("tls_key", "key.pem"),
            ("oidc_issuer", "login.example.com"),
            ("oidc_client_id", "chat"),
            ("oidc_client_secret", "hush"),
            ("oidc_name", "Big Name"),
            ("oidc_label", "Work"),
            ("oidc_scopes", "profile"),
            ("oidc_admin_claim", "groups"),
            ("oidc_admin_value", "ops"),
            ("metrics_listen", "9090"),
            ("log", "loud"),
            ("log", "holdfast=loud"),
            ("log_format", "xml"),
            ("openai_base_url", "localhost:1234"),
            ("azure_openai_api_version", "2024 10 21"),
            ("ollama_host", "http://"),
            ("outbound_proxy", "socks5://proxy:1080"),
            ("outbound_direct", "host:8080"),
            ("discover", "maybe"),
            ("provider_first_seconds", "0"),
            ("provider_idle_seconds", "3601"),
            ("ollama_context", "100"),
            ("provider_waits", "ollama"),
        ];
        let urls = SETTINGS.iter().filter(|setting| setting.form == SettingForm::Url).map(|setting| setting.name);
        let wrong_urls = urls.flat_map(|name| ["ftp://gate.example", "https://", "name.openai.azure.com"].map(|text| (name, text)));
        let wrong: Vec<(&'static str, &str)> = wrong.iter().copied().chain(wrong_urls).collect();
        for (key, text) in &wrong {
            let error = Settings::read(&values(&[(key, text)])).unwrap_err().0;
            // A missing issuer is the first error to report for an OpenID Connect provider.
            if key.starts_with("oidc_") && *key != "oidc_issuer" {
                assert!(error.contains("oidc"), "{error}");
                continue;
            }
            assert!(error.contains(key) && error.contains("command line"), "{error}");
            assert!(error.contains("--") || key.ends_with("_kib"), "{error}");
            assert!(key.starts_with("secret") || error.contains(text), "{error}");
        }
        // Any text is valid for these. Whether it is correct turns out when it is used.
        let is_free = |setting: &ProviderSetting| matches!(setting.form, SettingForm::Key | SettingForm::Deployments);
        let free: Vec<&str> =
            SETTINGS.iter().filter(|setting| is_free(setting)).map(|setting| setting.name).chain(["default_model"]).collect();
        let missing: Vec<&str> =
            KEYS.iter().map(|key| key.name).filter(|name| !wrong.iter().any(|(key, _)| key == name) && !free.contains(name)).collect();
        assert!(missing.is_empty(), "give a value that won't do for {missing:?}");
    }

    #[test]
    fn a_password_in_a_wrong_address_is_not_repeated() {
        for (key, text) in [
            ("openai_base_url", "ftp://me:p4ss@gate.example"),
            ("ollama_host", "http://me:p4ss@"),
            ("outbound_proxy", "ftp://me:p4ss@proxy:3128"),
            ("outbound_proxy", "http://me:a@p4ss@"),
            ("outbound_proxy", "me:a@p4ss@proxy:3128"),
        ] {
            let error = Settings::read(&values(&[(key, text)])).unwrap_err().0;
            assert!(error.contains(key) && !error.contains("p4ss"), "{error}");
        }
    }

    #[test]
    fn a_public_url_may_end_in_a_path() {
        let settings = Settings::read(&values(&[("public_url", "https://example.com/chat/")])).unwrap();
        let url = settings.public_url.unwrap();
        assert_eq!((url.origin.to_string().as_str(), url.base.as_str()), ("https://example.com", "/chat"));
    }
}
