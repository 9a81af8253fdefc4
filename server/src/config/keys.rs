//! The list of all settings. A new setting is a line here and a field in `Settings`.

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

const fn known(name: &'static str, well_known: &'static str, secret: bool, help: &'static str) -> Key {
    Key { name, default: None, well_known: Some(well_known), secret, elsewhere: None, help }
}

/// Creates a limit, which administrators set on a page if the configuration does not.
const fn limit(name: &'static str, help: &'static str) -> Key {
    Key { elsewhere: Some("Settings → Limits says"), ..key(name, None, help) }
}

/// All settings.
pub const KEYS: &[Key] = &[
    key("listen", Some("127.0.0.1:3000"), "Address and port to listen on, or unix: and the path of a Unix socket"),
    key("socket_mode", Some("0660"), "Permissions of the Unix socket that listen names: who may connect"),
    Key {
        elsewhere: Some("the machine's own name"),
        ..key("node", None, "Name of this server among others, as Settings → Activity shows it")
    },
    key("data", Some("./data"), "Folder for the data"),
    Key { secret: true, ..key("secret", None, "Signs access tokens: at least 32 bytes. Made once and kept with the data where not given") },
    Key {
        secret: true,
        ..key(
            "secret_before",
            None,
            "Secrets that were in force before, with commas between: what was signed or encrypted with them still counts",
        )
    },
    key("public_url", None, "Address under which the world finds this server; may end in a path"),
    key("allowed_origins", Some(""), "Other origins that may connect, with commas between"),
    key("hosts", Some(""), "Further names under which people open this server, with commas between"),
    key(
        "trusted_proxies",
        Some("127.0.0.0/8, ::1/128, unix"),
        "Proxies whose X-Forwarded-… is believed, with commas between; unix: whoever may open the Unix socket",
    ),
    key("limits", Some("on"), "Limits on rates and numbers: on, or off for measuring"),
    limit("limit_messages", "Messages a minute, a user [usually 30]. Like the other limit_…: given here, it can't be changed on the page"),
    limit("limit_answers", "Answers at once, a user [usually 4]"),
    limit("limit_sockets", "Connections at once, a user [usually 20]"),
    limit("limit_sign_in", "Attempts to sign in a minute, an address [usually 10]"),
    limit("limit_unauthenticated", "Sockets that have not said who they are [usually 1000]"),
    limit("limit_conversations", "Conversations begun by POST /api/conversations a minute, a user [usually 60]"),
    limit("limit_shares", "Links for reading a minute, a user [usually 30]"),
    limit("limit_changes", "All other changes a minute, a user: titles, removals, keys, the account [usually 300]"),
    limit(
        "guest_storage_mib",
        "The most that a guest stores, MiB; 0 for any amount [usually 50]. Given here, it can't be changed on the page",
    ),
    limit("user_storage_mib", "The most that an account stores, MiB; 0 for any amount [usually 2048]"),
    limit("server_storage_mib", "The most that all together store, MiB; 0 for any amount [usually 0]"),
    key("echo_words", Some("100000"), "The most words of the built-in model echo-N-I, which is for tests and measurements"),
    key(
        "guest_echo_words",
        Some("10000"),
        "The most words of echo-N-I for a guest where no pause is between them; 0: guests have no echo-N-I",
    ),
    key(
        "connections_per_address",
        Some("1000"),
        "How many connections an address may have open at once; 0 for any number. Trusted proxies may have any",
    ),
    key("guests", Some("true"), "Whether one may chat without an account"),
    key("signup", Some("open"), "Who may make an account: open (everyone), invitation (who has one), closed"),
    key("token_in_query", Some("true"), "Whether a socket may bring its token as ?token=…"),
    key("token_minutes", Some("30"), "How long an access token lasts, minutes"),
    key("session_days", Some("90"), "How long one stays signed in at most, days; 0: as long as one comes back. Guests do that"),
    key("heartbeat_seconds", Some("30"), "How often a socket is pinged, seconds"),
    key("drain_seconds", Some("10"), "How long running answers get when the server is told to end, seconds"),
    key("message_kib", Some("256"), "The most that a message may have, KiB"),
    key("frame_kib", Some("1024"), "The most that a frame of a socket may have, KiB"),
    key("body_kib", Some("2048"), "The most that a call may have, KiB; files to be imported have a limit of their own"),
    key(
        "min_free_mib",
        Some("64"),
        "The room that is to be left on the disk with the data, MiB: with less, no new messages and files are taken. 0: any",
    ),
    key("page_size", Some("100"), "How many conversations come at once"),
    key(
        "stalled_seconds",
        Some("30"),
        "How long somebody may take nothing of what they are sent, seconds; then they are cut off, and go on later",
    ),
    key(
        "render_seconds",
        Some("3"),
        "How long the texts of a page may take to be formatted, seconds; what is left then is shown as it was written, or follows the page",
    ),
    key("search_seconds", Some("3"), "How long a search may take, seconds; one that takes longer is ended and told so"),
    key(
        "reading_mib",
        Some("256"),
        "How much memory conversations may take that are being read and sent, MiB; a quarter of it for one user",
    ),
    key("read_seconds", Some("15"), "How long the head of a request, or a pause in its body, may take, seconds"),
    key("body_seconds", Some("60"), "How long the whole body of a call may take, seconds; files to be imported have a time of their own"),
    key("tls_cert", None, "Certificate chain (PEM file): serves https, with tls_key. Read again when it changes"),
    key("tls_key", None, "Private key of tls_cert (PEM file)"),
    key(
        "oidc_issuer",
        None,
        "Address of a provider of OpenID Connect, such as https://login.example.com/realms/main: people sign in there",
    ),
    key("oidc_client_id", None, "By what name the provider of oidc_issuer knows this server"),
    Key { secret: true, ..key("oidc_client_secret", None, "And the secret it gave along, if it did") },
    key("oidc_name", None, "Its name in addresses, of a-z, 0-9 and dashes: oidc where not given"),
    key("oidc_label", None, "What the button says after “Sign in with”: the issuer's host where not given"),
    key("oidc_scopes", None, "What it is asked for: openid profile where not given"),
    key("oidc_admin_claim", None, "Which of its claims makes administrators, such as groups or realm_access.roles"),
    key("oidc_admin_value", None, "And by which value"),
    key("metrics_listen", None, "Address and port (or Unix socket) for /metrics alone; then it is not served on the other one"),
    key("log", Some("info"), "What to log: error, warn, info, debug, or a filter such as holdfast=debug"),
    key("log_format", Some("text"), "text or json"),
    known("openai_api_key", "OPENAI_API_KEY", true, "Key for OpenAI, or for what openai_base_url names"),
    known("openai_base_url", "OPENAI_BASE_URL", false, "An OpenAI-compatible server, such as http://127.0.0.1:8080/v1"),
    known("anthropic_api_key", "ANTHROPIC_API_KEY", true, "Key for Anthropic"),
    known("anthropic_base_url", "ANTHROPIC_BASE_URL", false, "An Anthropic-compatible server"),
    known("gemini_api_key", "GEMINI_API_KEY", true, "Key for Gemini"),
    known("gemini_base_url", "GEMINI_BASE_URL", false, "A Gemini-compatible server"),
    known("azure_openai_endpoint", "AZURE_OPENAI_ENDPOINT", false, "An Azure OpenAI resource, such as https://name.openai.azure.com"),
    known("azure_openai_api_key", "AZURE_OPENAI_API_KEY", true, "Key for Azure OpenAI"),
    known(
        "azure_openai_api_version",
        "AZURE_OPENAI_API_VERSION",
        false,
        "Version of its API where azure_openai_endpoint has none [usually 2024-10-21]",
    ),
    known("azure_openai_deployment", "AZURE_OPENAI_DEPLOYMENT", false, "Names of its deployments to be listed, with commas between"),
    known("ollama_host", "OLLAMA_HOST", false, "Where Ollama listens, such as 127.0.0.1:11434"),
    Key {
        secret: true,
        ..key(
            "outbound_proxy",
            None,
            "HTTP proxy through which providers are asked, such as http://proxy:3128. Variables such as HTTPS_PROXY are not used",
        )
    },
    key("outbound_direct", Some(""), "Hosts, domains, addresses and networks that are asked without outbound_proxy, with commas between"),
    key("discover", Some("true"), "Whether to look for Ollama, llama.cpp and LM Studio on this machine"),
    key(
        "provider_first_seconds",
        Some("300"),
        "How long a provider may take to begin an answer, seconds: a large model may have to be loaded",
    ),
    key("provider_idle_seconds", Some("90"), "How long a begun answer may gain nothing, seconds; then it is ended as interrupted"),
    key(
        "provider_waits",
        Some(""),
        "Other waits of single providers, as name=first or name=first/idle seconds, with commas between, such as ollama=900/120",
    ),
    key(
        "ollama_context",
        None,
        "The window (num_ctx) that Ollama is told to keep for each model, tokens. Unset: as large as the conversation needs, up to 32768",
    ),
    key("default_model", None, "The model that answers where none is chosen, as provider/model"),
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
