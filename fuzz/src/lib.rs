//! Properties that must hold for any input. Each function takes arbitrary bytes and panics if a property is violated. `make fuzz`
//! searches for such bytes, and the tests run those that were found interesting.

mod reading;

use std::{collections::HashSet, time::Duration};

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, Uri, header},
    response::IntoResponse as _,
};
use axum_extra::extract::{CookieJar, cookie::Cookie};
use holdfast_app::{Language, markdown::Markdown};
use holdfast_core::auth::{
    opaque::{self, OpaqueToken},
    token::{Claims, Tokens},
};
use holdfast_core::web_address::{Host, WebOrigin};
use holdfast_protocol::{
    ApiError, ClientFrame, Code, ServerFrame, SessionId, UserId,
    api::{Role, User},
};
use holdfast_server::{
    config::{KEYS, Origin, Settings, Values},
    web_settings,
};
use holdfast_transfer::read::{self, Found};
use holdfast_web::http::{client::Client, host, origin::judge, session_cookie::Reach};
use jsonwebtoken::{EncodingKey, Header};
use nix::time::{ClockId, clock_gettime};
use uuid::Uuid;

pub use reading::{office, pdf, texts};

/// Maximum length of an error's sentence. It goes to the log and to the client, who may have sent a megabyte.
const LONGEST_SENTENCE: usize = 1_000;

/// Checks frames of clients and servers.
pub fn frames(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    match ClientFrame::parse(text) {
        Ok(frame) => {
            let json = frame.to_json();
            assert_eq!(ClientFrame::parse(&json).expect("what was understood is written so that it is understood"), frame, "{json}");
        }
        Err(api_error) => {
            assert!(matches!(api_error.code, Code::BadFrame | Code::UnknownType), "{api_error:?}");
            told_in_short(&api_error);
            let told = api_error.for_message(None);
            assert_eq!(ServerFrame::parse(&told.to_json()).expect("a refusal is a frame"), told);
        }
    }
    if let Ok(frame) = ServerFrame::parse(text) {
        let json = frame.to_json();
        assert_eq!(ServerFrame::parse(&json).expect("what was understood is written so that it is understood"), frame, "{json}");
    }
}

/// Checks access tokens: arbitrary text, arbitrary claims with valid or invalid signatures, and valid tokens that were changed.
pub fn tokens(data: &[u8]) {
    const SECRET: &[u8] = b"the secret of the server, 32 bytes or more";
    const BEFORE: &[u8] = b"the secret that was there before, as long";
    const OTHER: &[u8] = b"the secret of somebody else who would like to";
    const NOW: u64 = 1_800_000_000_000;
    const LIFE: u64 = 1_800_000;
    let tokens = Tokens::new(SECRET, LIFE).after([BEFORE], NOW);
    let Some((mode, rest)) = data.split_first() else { return };
    let check = |token: &str, later: u64| {
        let checked = tokens.check(token, NOW + later, 30_000);
        if let Err(api_error) = &checked {
            assert!(matches!(api_error.code, Code::TokenMalformed | Code::TokenInvalid | Code::TokenExpired), "{api_error:?}");
            // Except for parts of our own sentences.
            let is_like_one = token.len() >= 32 && token.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_.".contains(&c));
            assert!(!is_like_one || !api_error.error.contains(token), "no token in an error");
            told_in_short(api_error);
        }
        checked
    };
    match mode % 4 {
        0 => {
            let Ok(text) = str::from_utf8(rest) else { return };
            assert!(check(text, 0).is_err(), "nobody guesses a signature: {text}");
        }
        1 => {
            let Ok(claims) = serde_json::from_slice::<serde_json::Value>(rest) else { return };
            let sign =
                |secret| jsonwebtoken::encode(&Header::default(), &claims, &EncodingKey::from_secret(secret)).expect("JSON is signed");
            assert!(check(&sign(OTHER), 0).is_err(), "signed by another");
            assert!(check(&sign(BEFORE), LIFE + 30_000).is_err(), "signed with a secret that is over");
            let ours = check(&sign(SECRET), 0);
            assert_eq!(check(&sign(BEFORE), 0), ours, "signed with a secret that is not over yet");
            if let Ok(said) = ours {
                assert!(said.expires_at().saturating_add(30_000) > NOW && said.iss == "holdfast" && said.aud == "holdfast", "{said:?}");
            }
        }
        _ => {
            let (token, claims) = issued(&tokens, NOW);
            let Some(((at, to), _)) = rest.split_first().and_then(|(at, rest)| Some(((at, rest.first()?), rest))) else { return };
            let mut bytes = token.into_bytes();
            let at = usize::from(*at).wrapping_mul(usize::from(*mode) + 1) % bytes.len();
            bytes[at] = *to;
            let Ok(changed) = String::from_utf8(bytes) else { return };
            if let Ok(said) = check(&changed, 0) {
                assert_eq!(said, claims, "a changed token says what it said, or nothing");
            }
        }
    }
}

fn issued(tokens: &Tokens, now: u64) -> (String, Claims) {
    let user = User { id: UserId(Uuid::from_u128(7)), username: "Ada".to_owned(), role: Role::Member };
    tokens.issue(&user, SessionId(Uuid::from_u128(8)), now).expect("a token is signed")
}

/// Checks `Cookie` headers, and the cookies that are set after them.
pub fn cookies(data: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(data) else { return };
    let jar = CookieJar::from_headers(&HeaderMap::from_iter([(header::COOKIE, value)]));
    for (secure, under_path) in [(false, false), (true, false), (true, true), (false, true)] {
        cookie_of(&jar, Reach { secure, under_path });
    }
}

fn cookie_of(jar: &CookieJar, reach: Reach) {
    let Some(old) = reach.read(jar).map(str::to_owned) else { return };
    assert_eq!(jar.get(reach.name()).map_or(old.as_str(), Cookie::value), old, "its own name before others");
    let fresh = OpaqueToken::after(&old);
    let (text, family) = (fresh.expose().to_owned(), fresh.family_hash());
    assert_ne!(fresh.hash(), opaque::hash(&old), "it is another");
    assert_eq!(OpaqueToken::after(&text).family_hash(), family, "the family stays");
    if let Some((before, _)) = old.split_once('.') {
        assert_eq!(family, opaque::hash(before), "and is that of the one before");
    }
    // The cookie that is set must be sent back with the next request, as the only one of its name.
    let response = reach.keep(jar.clone(), fresh).into_response();
    let (mut kept, mut removed) = (Vec::new(), Vec::new());
    for out in response.headers().get_all(header::SET_COOKIE) {
        let out = out.to_str().expect("a cookie is a header").to_owned();
        let set = Cookie::parse_encoded(out.clone()).expect("a cookie is read back");
        let secure = set.name().starts_with("__").then_some(true);
        assert_eq!((set.http_only(), set.secure(), set.path(), set.domain()), (Some(true), secure, Some("/"), None), "{out}");
        if set.value().is_empty() {
            removed.push(set.name().to_owned())
        } else {
            kept.push((set.name().to_owned(), set.value().to_owned()))
        }
    }
    assert_eq!(kept, [(reach.name().to_owned(), text)]);
    assert!(!removed.contains(&kept[0].0), "{removed:?}");
}

/// Checks `Origin`, `Host` and proxy headers, one on each line: whether a page may do something here.
pub fn origins(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let mut lines = text.split('\n');
    let mode = lines.next().unwrap_or_default().len();
    let mut next = || lines.next().filter(|line| !line.is_empty());
    let origin = next().unwrap_or_default();
    let names = ["host", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "sec-fetch-site", "x-forwarded-for"];
    let mut headers = HeaderMap::new();
    for name in names {
        if let Some(value) = next().and_then(|line| HeaderValue::from_str(line).ok()) {
            headers.append(HeaderName::from_static(name), value);
        }
    }
    let Ok(uri) = next().unwrap_or("/").parse::<Uri>() else { return };
    let mut values = Values::defaults();
    values.set("allowed_origins", "https://app.example.com", Origin::Flag);
    values.set("public_url", "https://chat.example.com/chat", Origin::Flag);
    values.set("trusted_proxies", "10.0.0.0/8, ::1/128, 127.0.0.0/8", Origin::Flag);
    let settings = web_settings(&Settings::read(&values).expect("these settings are good"));
    let peer = ["192.0.2.1", "10.0.0.1", "127.0.0.1", "::ffff:10.0.0.2", "2001:db8::1"][mode % 5].parse().expect("an address");
    let client = Client::read(peer, &headers, &uri, &settings.trusted_proxies, if mode % 2 == 0 { "http" } else { "https" });

    let is_stranger = matches!(mode % 5, 0 | 4);
    if is_stranger {
        assert_eq!(client.address, peer, "a stranger's word about who it is counts for nothing");
        assert_eq!(client.host, host::asked(&uri, &headers), "nor about whom it asked for");
        assert!(client.scheme.is_some() && !client.proxied);
    }
    if let Some(host) = &client.host {
        assert_eq!(Host::parse(&host.to_string()).as_ref(), Some(host), "a host has one spelling");
    }
    let own: Vec<WebOrigin> = client
        .scheme
        .map_or(vec!["http", "https"], |scheme| vec![scheme])
        .into_iter()
        .filter_map(|scheme| WebOrigin::parse(&format!("{scheme}://{}", client.host.as_ref()?)))
        .collect();
    let came = WebOrigin::parse(origin);
    if let Some(came) = &came {
        assert_eq!(WebOrigin::parse(&came.to_string()).as_ref(), Some(came), "{came}");
    }
    // With a public address, only its host and the machine itself are names of this server.
    let is_own_name = |came: &WebOrigin| came.host().is_loopback() || came.host().as_str() == "chat.example.com";
    // The browser sets this header, and pages can't.
    let same_by_browser = headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin");
    match judge(origin, &headers, &client, &settings) {
        Ok(()) => match came {
            None => assert!(same_by_browser, "what is no origin is let in at its browser's word alone"),
            Some(came) if came.to_string() == "https://app.example.com" => {}
            Some(came) => {
                assert!(is_own_name(&came), "{came} is no name of this server");
                let is_same = came.to_string() == "https://chat.example.com" || own.iter().any(|own| is_one(own, &came, &client));
                assert!(same_by_browser || is_same, "{came} at {client:?}");
            }
        },
        Err(refused) => {
            let is_own = |came: WebOrigin| own.contains(&came) && is_own_name(&came);
            assert!(!came.is_some_and(is_own), "the server's own origin was refused: {origin}");
            for text in refused.accepted {
                assert!(WebOrigin::parse(&text).is_some(), "what is told as accepted can be configured: {text}");
            }
        }
    }
}

/// Returns whether two origins are the same by the browsers' standard (WHATWG URL), or both are loopback origins of a local client.
fn is_one(own: &WebOrigin, came: &WebOrigin, client: &Client) -> bool {
    let (Ok(own), Ok(came)) = (reqwest::Url::parse(&own.to_string()), reqwest::Url::parse(&came.to_string())) else {
        return own == came; // no browser can be there
    };
    let is_loopback = |url: &reqwest::Url| matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    own.origin() == came.origin()
        || (client.address.is_loopback()
            && is_loopback(&own)
            && is_loopback(&came)
            && (own.scheme(), own.port_or_known_default()) == (came.scheme(), came.port_or_known_default()))
}

/// Checks `holdfast.toml`.
pub fn configuration(data: &[u8]) {
    const HIDDEN: &str = "sk-which-nobody-may-ever-see";
    let Ok(text) = str::from_utf8(data) else { return };
    if text.contains(HIDDEN) {
        return;
    }
    let mut values = Values::defaults();
    // Whatever comes before it, and whatever is wrong with that.
    let added = values.add_text(&format!("{text}\nopenai_api_key = \"{HIDDEN}\"\n"), "holdfast.toml");
    let read = added.and_then(|()| Settings::read(&values));
    match read {
        Ok(settings) => {
            let shown = values.describe();
            assert!(!shown.contains(HIDDEN), "{shown}");
            for key in KEYS {
                assert!(shown.lines().any(|line| line.starts_with(key.name)), "{} in {shown}", key.name);
            }
            assert!((60_000..=86_400_000).contains(&settings.token_life) && settings.drain <= 600_000, "{settings:?}");
            assert!(!format!("{settings:?}").contains(HIDDEN), "nor in a log");
            for origin in &settings.allowed_origins {
                assert_eq!(WebOrigin::parse(&origin.to_string()).as_ref(), Some(origin));
            }
            if let Some(url) = &settings.public_url {
                values.set("public_url", &format!("{}{}", url.origin, url.base), Origin::Flag);
                assert_eq!(Settings::read(&values).expect("what was understood is understood again").public_url.as_ref(), Some(url));
            }
        }
        Err(error) => {
            let sentence = error.to_string();
            assert!(!sentence.contains(HIDDEN), "{sentence}");
            assert!(sentence.contains("holdfast.toml") || KEYS.iter().any(|key| sentence.contains(key.name)), "it says where: {sentence}");
        }
    }
}

/// Checks import files of any kind.
pub fn imports(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let user = UserId(Uuid::from_u128(7));
    let now = 1_800_000_000_000;
    for (at, found) in read::conversations(user, now, text).into_iter().enumerate() {
        match found {
            Found::Conversation(it) => {
                let arrival = it.conversation;
                if arrival.messages.is_empty() {
                    assert!(!it.left_out.is_empty(), "it is said why");
                    continue;
                }
                let length = arrival.title.chars().count();
                assert!((1..=200).contains(&length) && !arrival.title.chars().any(char::is_control), "{:?}", arrival.title);
                // Holdfast's own files keep ids, so an id may occur twice, or a message may follow one that is only in the store.
                let is_own = arrival.original.is_some();
                let ids: HashSet<Uuid> = arrival.messages.iter().map(|message| message.id).collect();
                let mut seen = HashSet::new();
                for message in &arrival.messages {
                    assert!(
                        message.parent.is_none_or(|parent| seen.contains(&parent) || !ids.contains(&parent)),
                        "none before what it follows"
                    );
                    assert!(is_own || message.parent.is_none_or(|parent| ids.contains(&parent)), "and all that is followed is there");
                    assert!(seen.insert(message.id) || is_own, "each once");
                }
                let known = if is_own { HashSet::new() } else { seen };
                let text_bytes: usize = arrival.messages.iter().map(|message| message.content.len()).sum();
                assert!(text_bytes <= 16 * 1024 * 1024 + 20 * data.len(), "{text_bytes} out of {}", data.len());
                let read_by = |user| match read::conversations(user, now, text).swap_remove(at) {
                    Found::Conversation(it) => it.conversation,
                    other => panic!("the same is read again: {other:?}"),
                };
                let again = read_by(user);
                let ids = |arrival: &holdfast_core::imported::ImportedConversation| {
                    (arrival.id, arrival.messages.iter().map(|message| message.id).collect::<Vec<_>>())
                };
                assert_eq!(ids(&again), ids(&arrival), "with the same ids");
                let other = read_by(UserId(Uuid::from_u128(9)));
                assert!(
                    other.id != arrival.id && other.messages.iter().all(|message| !known.contains(&message.id)),
                    "and those of another for another"
                );
            }
            Found::Empty => {}
            Found::Other(what) => assert!(what.len() <= 3 * LONGEST_SENTENCE, "{what}"),
        }
    }
}

/// Checks that rendering takes time and produces HTML in proportion to the length of the text. The bytes describe a text: parts separated
/// by 0x1e are repeated as long as there is space, except for those that begin with 0x1d, which occur once. 0x1f stands for the number of
/// the repetition.
pub fn markdown(data: &[u8]) {
    let Ok(recipe) = str::from_utf8(data) else { return };
    // As short as possible, but long enough to measure and to recognize quadratic time.
    let mut size = 4 * 1024;
    let mut before = rendered(recipe, size);
    loop {
        size *= 4;
        let took = rendered(recipe, size);
        // Twice the proportional time, because of caches; quadratic time would be four times that.
        let most = before * 8 + Duration::from_millis(25);
        if took > most {
            // Other processes may have used the processor's caches, so measure both again.
            let again = (rendered(recipe, size / 4), rendered(recipe, size));
            assert!(again.1 <= again.0 * 8 + Duration::from_millis(25), "{} bytes take {:?}, {size} take {:?}", size / 4, again.0, again.1);
        }
        if took > MEASURABLE || size >= LONGEST_TEXT {
            return;
        }
        before = took;
    }
}

/// A duration that can be measured well.
const MEASURABLE: Duration = Duration::from_millis(50);

const LONGEST_TEXT: usize = 64 * 1024;

/// Maximum number of HTML bytes for each byte: a task of a list, or an address with one letter.
const BYTES_PER_BYTE: usize = 64;

fn rendered(recipe: &str, size: usize) -> Duration {
    let text = made(recipe, size);
    let start = processor_time();
    let mut markdown = Markdown::new("m-", Language::En);
    markdown.set(&text, true);
    let took = processor_time().saturating_sub(start);
    let html: usize = markdown.blocks().iter().map(|block| block.html.len()).sum();
    assert!(html <= text.len() * BYTES_PER_BYTE + 128 * 1024, "{} bytes became {html}", text.len());
    took
}

fn made(recipe: &str, size: usize) -> String {
    let parts: Vec<&str> = recipe.split('\x1e').collect();
    let repeated = parts.iter().filter(|part| !part.starts_with('\x1d')).count().max(1);
    let mut text = String::new();
    for part in parts {
        if let Some(once) = part.strip_prefix('\x1d') {
            text.push_str(once);
            continue;
        }
        let until = text.len() + size / repeated;
        let mut number = 0;
        while text.len() < until && !part.is_empty() {
            text.push_str(&part.replace('\x1f', &number.to_string()));
            number += 1;
        }
    }
    text
}

/// Returns the CPU time of this thread, which other processes do not affect.
fn processor_time() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("this clock is there").into()
}

fn told_in_short(api_error: &ApiError) {
    assert!(api_error.error.len() <= LONGEST_SENTENCE, "{} bytes: {}", api_error.error.len(), api_error.error);
    assert!(!api_error.error.is_empty());
}
