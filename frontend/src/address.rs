//! Addresses of the server, which are below the page's own origin and base path.

use holdfast_protocol::{ConversationId, MessageId, frame::Open};

/// Returns the path of the page.
pub(crate) fn path() -> String {
    web_sys::window().and_then(|window| window.location().pathname().ok()).unwrap_or_default()
}

/// Returns scheme, host and port of the page.
pub(crate) fn origin() -> String {
    web_sys::window().and_then(|window| window.location().origin().ok()).unwrap_or_default()
}

/// Returns the URL of the socket.
pub(crate) fn socket(base: &str) -> String {
    let location = web_sys::window().map(|window| window.location());
    let part = |part: Option<Result<String, wasm_bindgen::JsValue>>| part.and_then(Result::ok).unwrap_or_default();
    let (protocol, host) = (part(location.as_ref().map(|it| it.protocol())), part(location.as_ref().map(|it| it.host())));
    socket_at(&protocol, &host, base)
}

fn socket_at(protocol: &str, host: &str, base: &str) -> String {
    let scheme = if protocol == "https:" { "wss" } else { "ws" };
    format!("{scheme}://{host}{base}/ws")
}

/// Returns the URL of a conversation's event stream or poll.
pub(crate) fn follow(base: &str, open: &Open, kind: &str, wait: Option<u64>) -> String {
    let mut url = format!("{}/{kind}", conversation(base, open.conversation_id));
    let mut sign = '?';
    let mut put = |name: &str, value: &str| {
        url.push(sign);
        url.push_str(name);
        url.push('=');
        url.push_str(&encode(value));
        sign = '&';
    };
    if let Some(cursor) = open.cursor {
        put("cursor", &cursor.to_string());
    }
    if !open.have.is_empty() {
        put("have", &serde_json::to_string(&open.have).unwrap_or_default());
    }
    if !open.have_steps.is_empty() {
        put("have_steps", &serde_json::to_string(&open.have_steps).unwrap_or_default());
    }
    if let Some(wait) = wait {
        put("wait_ms", &wait.to_string());
    }
    url
}

/// Returns the URL of a conversation in the API.
pub(crate) fn conversation(base: &str, id: ConversationId) -> String {
    format!("{base}/api/conversations/{id}")
}

/// Returns the URL of the page of messages before a message.
pub(crate) fn earlier(base: &str, id: ConversationId, before: MessageId) -> String {
    format!("{}/earlier?before={before}", conversation(base, id))
}

/// Percent-encodes a value for a query string.
pub(crate) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use holdfast_protocol::{MessageId, frame::Have};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_socket_is_where_the_page_is() {
        assert_eq!(socket_at("http:", "localhost:3000", ""), "ws://localhost:3000/ws");
        assert_eq!(socket_at("https:", "[::1]:8443", "/chat"), "wss://[::1]:8443/chat/ws");
    }

    #[test]
    fn following_says_what_one_has() {
        let conversation_id = ConversationId(Uuid::from_u128(1));
        let mut open = Open { conversation_id, cursor: None, have: Have::new(), have_steps: Default::default() };
        let at = format!("/chat/api/conversations/{conversation_id}");
        assert_eq!(follow("/chat", &open, "events", None), format!("{at}/events"));
        open.cursor = Some(7);
        open.have.insert(MessageId(Uuid::from_u128(2)), 5);
        let have = "%7B%2200000000-0000-0000-0000-000000000002%22%3A5%7D";
        assert_eq!(follow("/chat", &open, "poll", Some(250)), format!("{at}/poll?cursor=7&have={have}&wait_ms=250"));
    }
}
