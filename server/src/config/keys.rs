//! The list of all settings. A new setting is a line here and a field in `Settings`; settings of model providers come from their kinds.

use holdfast_providers::{ProviderSetting, SETTINGS, SettingForm};

/// A setting.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Name in `holdfast.toml`. The environment variable is `HOLDFAST_` with the name in capitals; the flag has dashes.
    pub name: &'static str,
    /// Default value; `None` if there is none.
    pub default: Option<&'static str>,
    /// Name of the environment variable that other programs use for the same setting.
    pub well_known: Option<&'static str>,
    /// Whether the value must not be shown.
    pub secret: bool,
    /// Who decides if the setting is missing and has no default.
    pub elsewhere: Option<&'static str>,
    /// One line of help.
    pub help: &'static str,
}

const fn key(name: &'static str, default: Option<&'static str>, help: &'static str) -> Key {
    Key { name, default, well_known: None, secret: false, elsewhere: None, help }
}

const fn of_provider(setting: ProviderSetting) -> Key {
    let secret = matches!(setting.form, SettingForm::Key);
    Key { name: setting.name, default: None, well_known: Some(setting.variable), secret, elsewhere: None, help: setting.help }
}

/// Creates a limit, which administrators set on a page if the configuration does not.
const fn limit(name: &'static str, help: &'static str) -> Key {
    Key { elsewhere: Some("Settings → Limits says"), ..key(name, None, help) }
}

/// All settings.
pub const KEYS: &[Key] = &{
    let mut all = [OWN[0]; OWN.len() + SETTINGS.len() + OUTBOUND.len()];
    let mut at = 0;
    while at < all.len() {
        all[at] = if at < OWN.len() {
            OWN[at]
        } else if at < OWN.len() + SETTINGS.len() {
            of_provider(SETTINGS[at - OWN.len()])
        } else {
            OUTBOUND[at - OWN.len() - SETTINGS.len()]
        };
        at += 1;
    }
    all
};

/// The settings before those of the providers.
const OWN: &[Key] = &[
    key("listen", Some("127.0.0.1:3000"), "Address and port to listen on, or unix: and the path of a Unix socket"),
    key("socket_mode", Some("0660"), "Permissions of the Unix socket in listen: who may connect"),
    Key { elsewhere: Some("the machine's own name"), ..key("node", None, "Name of this server, as Settings → Activity shows it") },
    key("data", Some("./data"), "Data folder"),
    Key {
        secret: true,
        ..key("secret", None, "Secret that signs access tokens, at least 32 bytes. Default: generated once and stored in the data folder")
    },
    Key {
        secret: true,
        ..key("secret_before", None, "Previous secrets, separated by commas: what was signed or encrypted with them stays valid")
    },
    key("public_url", None, "Public address of this server; may end in a path"),
    key("allowed_origins", Some(""), "Other origins that may connect, separated by commas"),
    key("hosts", Some(""), "Other names under which people open this server, separated by commas"),
    key(
        "trusted_proxies",
        Some("127.0.0.0/8, ::1/128, unix"),
        "Proxies whose X-Forwarded-… headers are trusted, separated by commas; unix: every client of the Unix socket",
    ),
    key("limits", Some("on"), "Limits on rates and numbers: on, or off (for measurements)"),
    limit(
        "limit_messages",
        "Messages per minute and user [default: 30]. Like all limit_… settings: if set here, it can't be changed on the page",
    ),
    limit("limit_answers", "Answers at the same time, per user [default: 4]"),
    limit("limit_sockets", "Connections at the same time, per user [default: 20]"),
    limit("limit_sign_in", "Sign-in attempts per minute and address [default: 10]"),
    limit("limit_unauthenticated", "Sockets that have not authenticated yet [default: 1000]"),
    limit("limit_conversations", "Conversations created with POST /api/conversations, per minute and user [default: 60]"),
    limit("limit_shares", "Shared links per minute and user [default: 30]"),
    limit("limit_changes", "Other changes per minute and user: titles, removals, keys, the account [default: 300]"),
    limit("limit_files", "Files of each user [default: 1000]"),
    limit("file_mib", "Maximum size of a file, MiB [default: 200]"),
    limit("guest_storage_mib", "Maximum storage of a guest, MiB; 0: unlimited [default: 50]. If set here, it can't be changed on the page"),
    limit("user_storage_mib", "Maximum storage of an account, MiB; 0: unlimited [default: 2048]"),
    limit("server_storage_mib", "Maximum storage of all users together, MiB; 0: unlimited [default: 0]"),
    key("echo_words", Some("100000"), "Maximum number of words of the built-in model echo-N-I, which is for tests and measurements"),
    key(
        "guest_echo_words",
        Some("10000"),
        "Maximum number of words of echo-N-I for a guest, if there is no pause between words; 0: guests can't use echo-N-I",
    ),
    key(
        "connections_per_address",
        Some("1000"),
        "Maximum number of open connections per address; 0: unlimited. Trusted proxies have no limit",
    ),
    key("guests", Some("true"), "Whether people can chat without an account"),
    key("signup", Some("open"), "Who can create an account: open (everyone), invitation (with an invitation), closed (nobody)"),
    key("token_in_query", Some("true"), "Whether a socket may send its token as ?token=…"),
    key("token_minutes", Some("30"), "Lifetime of an access token, minutes"),
    key(
        "session_days",
        Some("90"),
        "Maximum lifetime of a session, days; 0: as long as it is used. Guest sessions last as long as they are used",
    ),
    key("heartbeat_seconds", Some("30"), "Interval between pings on a socket, seconds"),
    key("drain_seconds", Some("10"), "Time for running answers to finish when the server shuts down, seconds"),
    key("message_kib", Some("256"), "Maximum size of a message, KiB"),
    key("frame_kib", Some("1024"), "Maximum size of a frame on a socket, KiB"),
    key("body_kib", Some("2048"), "Maximum size of a request body, KiB; imports have their own limit"),
    key(
        "min_free_mib",
        Some("64"),
        "Minimum free space on the disk with the data, MiB: with less, the server accepts no new messages and files. 0: no minimum",
    ),
    key("page_size", Some("100"), "Number of conversations in one page of the list"),
    key(
        "stalled_seconds",
        Some("30"),
        "Write timeout, seconds: a client that reads nothing for this long is disconnected, and resumes when it reconnects",
    ),
    key(
        "render_seconds",
        Some("3"),
        "Time limit for formatting the texts of a page, seconds; the rest is shown without formatting, or loaded after the page",
    ),
    key("search_seconds", Some("3"), "Time limit of a search, seconds; a search that takes longer is ended with an error"),
    key("reading_mib", Some("256"), "Memory for conversations that are being read and sent, MiB; one user gets at most a quarter"),
    key("read_seconds", Some("15"), "Read timeout, seconds: for the head of a request, and for a pause in its body"),
    key("body_seconds", Some("60"), "Time limit for a whole request body, seconds; imports have their own limit"),
    key("tls_cert", None, "Certificate chain (PEM file), together with tls_key: turns on https. Read again when it changes"),
    key("tls_key", None, "Private key of tls_cert (PEM file)"),
    key("oidc_issuer", None, "Address of an OpenID Connect provider for sign-in, for example https://login.example.com/realms/main"),
    key("oidc_client_id", None, "Client id of this server at the provider"),
    Key { secret: true, ..key("oidc_client_secret", None, "Client secret of this server at the provider, if it has one") },
    key("oidc_name", None, "Name of the provider in addresses, of a-z, 0-9 and dashes [default: oidc]"),
    key("oidc_label", None, "Text of the button after “Sign in with” [default: the issuer's host]"),
    key("oidc_scopes", None, "Scopes to request [default: openid profile]"),
    key("oidc_admin_claim", None, "Claim that makes administrators, for example groups or realm_access.roles"),
    key("oidc_admin_value", None, "Value of oidc_admin_claim that makes administrators"),
    key("metrics_listen", None, "Separate address and port (or Unix socket) for /metrics; listen then does not serve it"),
    key("log", Some("info"), "Log level: error, warn, info, debug, or a filter such as holdfast=debug"),
    key("log_format", Some("text"), "Log format: text or json"),
];

/// The settings after those of the providers.
const OUTBOUND: &[Key] = &[
    Key {
        secret: true,
        ..key(
            "outbound_proxy",
            None,
            "HTTP proxy for requests to providers, for example http://proxy:3128. Variables such as HTTPS_PROXY are ignored",
        )
    },
    key("outbound_direct", Some(""), "Hosts, domains, addresses and networks to reach without outbound_proxy, separated by commas"),
    key("discover", Some("true"), "Whether to look for Ollama, llama.cpp and LM Studio on this machine"),
    key("provider_first_seconds", Some("300"), "First-byte timeout of a provider, seconds: loading a large model takes time"),
    key(
        "provider_idle_seconds",
        Some("90"),
        "Idle timeout of an answer, seconds: an answer that gains nothing for this long ends as interrupted",
    ),
    key(
        "provider_waits",
        Some(""),
        "Timeouts of single providers, as name=first or name=first/idle in seconds, separated by commas, for example ollama=900/120",
    ),
    key(
        "ollama_context",
        None,
        "Context window (num_ctx) that Ollama uses for each model, tokens. Unset: as large as the conversation needs, up to 32768",
    ),
    key("default_model", None, "Model that answers if none is chosen, as provider/model"),
];

impl Key {
    /// Returns the name of its environment variable.
    pub fn variable(&self) -> String {
        format!("HOLDFAST_{}", self.name.to_uppercase())
    }

    /// Returns its command-line flag, with the dashes.
    pub fn flag(&self) -> String {
        format!("--{}", self.name.replace('_', "-"))
    }
}
