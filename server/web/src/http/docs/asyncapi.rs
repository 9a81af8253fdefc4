//! The AsyncAPI document of the socket (<https://www.asyncapi.com/docs/reference/specification/v3.0.0>), generated from the types of the
//! frames.

use std::collections::BTreeMap;

use holdfast_protocol::frame::{ClientFrame, ServerFrame};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// Addresses of the socket.
const ADDRESSES: [(&str, &str); 4] = [
    ("socket", "/ws"),
    ("conversation", "/ws/conversations/{conversation_id}"),
    ("chat", "/ws/chat/{session_id}"),
    ("api", "/api/chat/ws"),
];

/// Parameters in these addresses.
const PARAMETERS: [(&str, &str); 2] = [
    ("conversation_id", "The conversation that `initial` opens."),
    ("session_id", "The client's own name of a conversation: 1 to 128 of `A-Za-z0-9_-`."),
];

/// Returns the whole document.
pub(super) fn document() -> Value {
    let mut schemas = BTreeMap::new();
    let (client, server) = (frames::<ClientFrame>(&mut schemas), frames::<ServerFrame>(&mut schemas));
    let named = |side: &str, frames: &[(String, Value)]| -> Vec<(String, Value)> {
        frames.iter().map(|(name, frame)| (format!("{side}_{name}"), frame.clone())).collect()
    };
    let (client, server) = (named("client", &client), named("server", &server));
    let refs = |place: &str, frames: &[(String, Value)]| -> Vec<Value> {
        frames.iter().map(|(name, _)| json!({"$ref": format!("{place}/{name}")})).collect()
    };
    let (mut channels, mut operations) = (Map::new(), Map::new());
    for (name, address) in ADDRESSES {
        let messages: Map<String, Value> = client
            .iter()
            .chain(&server)
            .map(|(message, _)| (message.clone(), json!({"$ref": format!("#/components/messages/{message}")})))
            .collect();
        let parameters = PARAMETERS.iter().filter(|(parameter, _)| address.contains(&format!("{{{parameter}}}")));
        let parameters: Map<String, Value> =
            parameters.map(|(parameter, description)| ((*parameter).to_owned(), json!({"description": description}))).collect();
        channels.insert(name.to_owned(), json!({"address": address, "messages": messages, "parameters": parameters}));
        for (action, frames) in [("receive", &client), ("send", &server)] {
            let messages = refs(&format!("#/channels/{name}/messages"), frames);
            let channel = json!({"$ref": format!("#/channels/{name}")});
            operations.insert(format!("{action}_{name}"), json!({"action": action, "channel": channel, "messages": messages}));
        }
    }
    let messages: Map<String, Value> = client.into_iter().chain(server).collect();
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Holdfast",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The socket. Each frame is a JSON text; `initial` is the first one, and the server answers `ready`. `send` and `receive` are the server's.",
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": schemas},
    })
}

/// Returns the frames of one side as messages, by their `type`. Adds the types that they use to `schemas`.
fn frames<T: ToSchema>(schemas: &mut BTreeMap<String, Value>) -> Vec<(String, Value)> {
    let mut parts = Vec::new();
    T::schemas(&mut parts);
    schemas.extend(parts.into_iter().map(|(name, schema)| (name, json!(schema))));
    let all = json!(T::schema());
    let variants = all["oneOf"].as_array().cloned().unwrap_or_default();
    let message = |variant: Value| {
        let name = type_of(&variant)?;
        Some((name.clone(), json!({"name": name, "summary": variant["description"], "payload": variant})))
    };
    variants.into_iter().filter_map(message).collect()
}

/// Returns the `type` of the frames that a schema describes.
fn type_of(schema: &Value) -> Option<String> {
    let own = schema["properties"]["type"]["enum"][0].as_str().map(str::to_owned);
    own.or_else(|| schema["allOf"].as_array()?.iter().find_map(type_of))
}
