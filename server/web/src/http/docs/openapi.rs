//! Completes the OpenAPI document: adds what all calls have in common, and what utoipa can't express.

use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;

const METHODS: [&str; 6] = ["get", "head", "post", "put", "patch", "delete"];

/// Completes the document of a server under the path `base`.
pub(super) fn finish(document: &OpenApi, base: &str) -> Value {
    let mut document = serde_json::to_value(document).unwrap_or_default();
    if !base.is_empty() {
        document["servers"] = json!([{"url": base}]);
    }
    for (path, item) in objects(&mut document["paths"]) {
        for (method, call) in objects(item).filter(|(method, _)| METHODS.contains(&method.as_str())) {
            complete(method, path, call);
        }
    }
    for (schema, field, pattern) in PATTERNS {
        document["components"]["schemas"][schema]["properties"][field]["pattern"] = json!(pattern);
    }
    for (pointer, schema) in SAID_HERE {
        if let (Some(place), Ok(schema)) = (document.pointer_mut(pointer), serde_json::from_str(schema)) {
            *place = schema;
        }
    }
    document
}

/// Patterns that are too long for the type's declaration: schema, field and pattern.
const PATTERNS: [(&str, &str, &str); 4] =
    [("SignUp", "username", NAME), ("AccountPatch", "username", NAME), ("NewProvider", "url", ADDRESS), ("ProviderPatch", "url", ADDRESS)];

/// A name: one line that is not blank.
const NAME: &str = r"^[^\u0000-\u001F\u007F-\u009F]*[^\s\u0000-\u001F\u007F-\u009F][^\u0000-\u001F\u007F-\u009F]*$";

/// An HTTP or HTTPS URL with a host name, IPv4 or IPv6 address, without user, query or fragment; or an empty text.
const ADDRESS: &str = concat!(
    r"^\s*(https?://",
    r"(([A-Za-z0-9_-]+\.)*[A-Za-z][A-Za-z0-9_-]*",
    r"|(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(\.(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])){3}",
    r"|\[(::1|::|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|[0-9a-fA-F]{1,4}(:[0-9a-fA-F]{1,4}){0,5}::([0-9a-fA-F]{1,4})?)\])",
    r"(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}))?",
    r"(/[^\s@?#\u0000-\u001F\u007F-\u009F]*)?)?\s*$",
);

/// Schemas that utoipa can't derive: where they are used, and their JSON.
const SAID_HERE: [(&str, &str); 4] = [
    (
        "/components/schemas/PersonPatch/properties/role",
        r#"{"enum": ["member", "admin", null], "description": "The new role: `member` or `admin`."}"#,
    ),
    (
        "/components/schemas/PersonPatch/properties/second_factor",
        r#"{"enum": [false, null], "description": "`false` turns two-factor authentication off, for a user who has lost their authenticator app. `true` is refused."}"#,
    ),
    (
        "/paths/~1api~1conversations~1{id}~1export/get/responses/200",
        r#"{"description": "The file.", "content": {"application/json": {"schema": {"type": "object"}}, "text/markdown": {"schema": {"type": "string"}}}}"#,
    ),
    ("/paths/~1api~1import/post/requestBody/content/application~1octet-stream/schema", r#"{"type": "string", "format": "binary"}"#),
];

/// The parameter `have` or `have_steps`: a JSON object.
fn have(name: &Value) -> Value {
    let bytes = json!({"type": "integer", "minimum": 0, "maximum": u64::MAX});
    let (bytes, description) = if name == "have" {
        (bytes, "How many bytes the client has of each unfinished answer, by its id")
    } else {
        (json!({"type": "array", "items": bytes}), "How many bytes the client has of each step of each unfinished answer, by its id")
    };
    let schema = json!({"type": "object", "propertyNames": {"type": "string", "format": "uuid"}, "additionalProperties": bytes});
    json!({
        "name": name,
        "in": "query",
        "required": false,
        "description": description,
        "content": {"application/json": {"schema": schema}},
    })
}

/// Adds what all calls of a kind have in common.
fn complete(method: &str, path: &str, call: &mut Value) {
    // utoipa uses function names as operation ids, but ids must be unique.
    let strings = path.split(['/', '{', '}', '-']).filter(|word| !word.is_empty() && *word != "api");
    call["operationId"] = json!(strings.fold(method.to_owned(), |id, word| format!("{id}_{word}")));
    for parameter in call.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
        if parameter["name"] == "have" || parameter["name"] == "have_steps" {
            *parameter = have(&parameter["name"]);
        } else if parameter["name"] == "cursor" && parameter["schema"].get("format").is_none() {
            parameter["schema"]["pattern"] = json!("^[0-9]{1,19}\\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$");
        } else if parameter["schema"]["format"] == "int64" {
            parameter["schema"]["maximum"] = json!(u64::MAX);
        }
    }
    let asks = call.get("parameters").is_some();
    let takes_json = call.pointer("/requestBody/content/application~1json").is_some();
    let needs_token = call["security"].as_array().is_some_and(|ways| ways.iter().any(|way| way.get("token").is_some()));
    let mut statuses = vec![400, 429, 500, 503];
    statuses.extend(needs_token.then_some(401));
    statuses.extend((method != "get").then_some([403, 507]).into_iter().flatten());
    statuses.extend((asks && path.contains('{')).then_some(404));
    statuses.extend(takes_json.then_some([408, 413, 415]).into_iter().flatten());
    let Some(responses) = call["responses"].as_object_mut() else { return };
    for status in statuses {
        responses.entry(status.to_string()).or_insert_with(|| json!({"description": "", "content": api_error()}));
    }
    for (status, response) in responses.iter_mut() {
        if response["description"].as_str().is_none_or(str::is_empty) {
            response["description"] = json!(meaning(status));
        }
        if let Some(header) = header(status) {
            response["headers"] = header;
        }
    }
}

fn api_error() -> Value {
    json!({"application/json": {"schema": {"$ref": "#/components/schemas/ApiError"}}})
}

/// Returns the meaning of a status code.
fn meaning(status: &str) -> &'static str {
    match status {
        "200" => "Done.",
        "201" => "Created.",
        "202" => "Accepted.",
        "204" => "Done. The reply has no body.",
        "400" => "The request is invalid. The error's sentence says why.",
        "401" => "The access token is missing, invalid or expired, its session has ended, or the credentials are wrong.",
        "403" => "The user is not allowed to do this, or the request comes from a page of another origin.",
        "404" => "Nothing with this id or name is visible to this user.",
        "408" => "The body did not arrive in time.",
        "409" => "The request conflicts with existing data.",
        "413" => "The body, or a text in it, is too large, or the storage quota is exceeded.",
        "415" => "The body is not `application/json`.",
        "429" => "Too many requests, or too many at the same time.",
        "502" => "The provider can't be reached, or refused the request.",
        "503" => "The server is busy or restarting.",
        "507" => "The server's disk is full or nearly full. Stored data is not affected.",
        _ => "An internal error. The server has logged it.",
    }
}

/// Returns the headers of replies with a status code.
fn header(status: &str) -> Option<Value> {
    match status {
        "401" => Some(json!({"WWW-Authenticate": {"description": "`Bearer`", "schema": {"type": "string"}}})),
        "429" | "503" | "507" => {
            let description = "Number of seconds after which to try again, if known";
            Some(json!({"Retry-After": {"description": description, "schema": {"type": "integer", "minimum": 1}}}))
        }
        _ => None,
    }
}

/// Returns the objects in an object, with their names.
fn objects(value: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    value.as_object_mut().into_iter().flat_map(Map::iter_mut).filter(|(_, value)| value.is_object())
}
