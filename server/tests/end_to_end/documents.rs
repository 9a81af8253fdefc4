//! The API's documents are complete, and describe what the server does.

use std::collections::BTreeSet;

use holdfast_protocol::{ClientFrame, Code};
use serde_json::{Value, json};

use crate::support::{Server, manual::free_port};

/// Collects every `$ref` in a document, and its objects.
fn walk<'a>(value: &'a Value, references: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            references.extend(fields.get("$ref").and_then(Value::as_str));
            fields.values().for_each(|value| walk(value, references));
        }
        Value::Array(values) => values.iter().for_each(|value| walk(value, references)),
        _ => {}
    }
}

#[tokio::test]
async fn each_reference_resolves_and_the_codes_are_those_on_the_wire() {
    let server = Server::start().await;
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    for path in ["/api/openapi.json", "/api/asyncapi.json"] {
        let document = server.get(path).await.value();
        let mut references = Vec::new();
        walk(&document, &mut references);
        assert!(references.len() > 20, "{path}: {}", references.len());
        for reference in references {
            let pointer = reference.strip_prefix('#').unwrap_or_else(|| panic!("{path}: {reference} leads out of the document"));
            assert!(document.pointer(pointer).is_some(), "{path}: {reference} leads nowhere");
        }
        assert_eq!(document["components"]["schemas"]["Code"]["enum"], json!(codes), "{path}");
    }
}

#[tokio::test]
async fn each_call_documents_every_status_with_its_schema() {
    let server = Server::start().await;
    let document = server.get("/api/openapi.json").await.value();
    let mut ids = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, call) in methods.as_object().unwrap() {
            let name = format!("{method} {path}");
            assert!(ids.insert(call["operationId"].as_str().unwrap()), "{name}: its operationId is another's");
            let responses = call["responses"].as_object().unwrap();
            for status in ["400", "429", "500", "503"] {
                assert!(responses.contains_key(status), "{name}: {status}");
            }
            for (status, response) in responses {
                assert!(!response["description"].as_str().unwrap().is_empty(), "{name}: {status}");
                let schema = &response["content"]["application/json"]["schema"]["$ref"];
                // A reply to HEAD has no body.
                if status.as_str() >= "400" && method != "head" && !(path.starts_with("/health") && status == "503") {
                    assert_eq!(schema, "#/components/schemas/ApiError", "{name}: {status}");
                }
                if ["429", "503"].contains(&status.as_str()) {
                    assert!(response["headers"]["Retry-After"].is_object(), "{name}: {status}");
                }
            }
            for parameter in call["parameters"].as_array().into_iter().flatten().filter(|it| it["in"] == "path") {
                let is_id = parameter["name"] == "id" || parameter["name"] == "session";
                assert_eq!(parameter["schema"]["format"] == "uuid", is_id, "{name}: {parameter}");
            }
        }
    }
}

#[tokio::test]
async fn the_frames_of_the_document_are_those_that_are_read() {
    let server = Server::start().await;
    let document = server.get("/api/asyncapi.json").await.value();
    let messages = document["components"]["messages"].as_object().unwrap();
    let types: BTreeSet<&str> = messages.keys().filter_map(|name| name.strip_prefix("client_")).collect();
    // The error for an unknown type lists the known ones.
    let unknown = ClientFrame::parse(r#"{"type":"?"}"#).unwrap_err().error;
    let told = unknown.rsplit("There are: ").next().unwrap().trim_end_matches('.');
    assert_eq!(types, told.split(", ").collect());
}

#[tokio::test]
async fn under_a_base_path_the_document_names_it() {
    let listen = format!("127.0.0.1:{}", free_port());
    let server = Server::with(&[("LISTEN", &listen), ("PUBLIC_URL", &format!("http://{listen}/chat"))]).await;
    let document = server.get("/chat/api/openapi.json").await.value();
    assert_eq!(document["servers"], json!([{"url": "/chat"}]));
}
