//! Formats the API and the frames of the socket as HTML without scripts.

use std::collections::BTreeMap;

use serde_json::Value;

const METHODS: [&str; 6] = ["get", "head", "post", "put", "patch", "delete"];

/// Returns the whole reference.
pub(super) fn html(openapi: &Value, asyncapi: &Value) -> String {
    let mut page = Page(String::new());
    page.add("<h1>Holdfast API</h1><p>");
    page.add("The same to try out: <a href=\"docs/\">Swagger UI</a>. For tools: <a href=\"openapi.json\">OpenAPI</a>, ");
    page.add("<a href=\"asyncapi.json\">AsyncAPI</a>.</p>");

    let mut tags: BTreeMap<&str, Vec<(&str, &str, &Value)>> = BTreeMap::new();
    for (path, item) in entries(&openapi["paths"]) {
        for (method, operation) in METHODS.into_iter().filter_map(|method| Some((method, item.get(method)?))) {
            tags.entry(operation["tags"][0].as_str().unwrap_or("Other")).or_default().push((method, path, operation));
        }
    }
    for (tag, operations) in &tags {
        page.heading(2, tag, tag);
        for (method, path, operation) in operations {
            page.operation(method, path, operation);
        }
    }
    page.heading(2, "Frames of the socket", "frames");
    for (name, message) in entries(&asyncapi["components"]["messages"]) {
        let (side, kind) = name.split_once('_').unwrap_or(("", name));
        page.heading(3, &format!("{kind} ({})", if side == "client" { "to the server" } else { "to the client" }), name);
        page.text(&message["summary"]);
        page.fields(&message["payload"]);
    }
    page.heading(2, "Schemas", "schemas");
    let mut schemas: BTreeMap<&str, &Value> = entries(&asyncapi["components"]["schemas"]).collect();
    schemas.extend(entries(&openapi["components"]["schemas"]));
    for (name, schema) in schemas {
        page.heading(3, name, name);
        page.text(&schema["description"]);
        page.fields(schema);
    }
    page.0
}

struct Page(String);

impl Page {
    fn add(&mut self, html: &str) {
        self.0.push_str(html);
    }

    fn heading(&mut self, level: u8, text: &str, id: &str) {
        self.add(&format!("<h{level} id=\"{}\">{}</h{level}>", anchor(id), escaped(text)));
    }

    /// Writes paragraphs.
    fn text(&mut self, text: &Value) {
        for paragraph in text.as_str().unwrap_or_default().split("\n\n").filter(|paragraph| !paragraph.is_empty()) {
            self.add(&format!("<p>{}</p>", escaped(paragraph)));
        }
    }

    fn operation(&mut self, method: &str, path: &str, operation: &Value) {
        self.heading(3, &format!("{} {path}", method.to_uppercase()), &format!("{method} {path}"));
        self.text(&operation["summary"]);
        self.text(&operation["description"]);
        let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
        self.table(
            &["Parameter", "In", "Kind", ""],
            parameters.iter().map(|it| {
                let text = |name: &str| escaped(it[name].as_str().unwrap_or_default());
                [
                    format!("<code>{}</code>", text("name")),
                    text("in"),
                    kind(it.get("schema").unwrap_or(&it["content"]["application/json"]["schema"])),
                    text("description"),
                ]
            }),
        );
        let body = content(&operation["requestBody"]);
        if !body.is_empty() {
            self.add(&format!("<p>Body: {body}</p>"));
        }
        self.table(
            &["Answer", "Content", ""],
            entries(&operation["responses"]).map(|(status, response)| {
                [escaped(status), content(response), escaped(response["description"].as_str().unwrap_or_default())]
            }),
        );
    }

    /// Writes the fields of an object, the values of an enumeration, or the variants of a union.
    fn fields(&mut self, schema: &Value) {
        let parts = schema["allOf"].as_array().map(Vec::as_slice).unwrap_or_default();
        for part in parts {
            match part.get("$ref") {
                Some(_) => self.add(&format!("<p>All of {}, and:</p>", kind(part))),
                None => self.fields(part),
            }
        }
        let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        self.table(
            &["Field", "Kind", ""],
            entries(&schema["properties"]).map(|(name, field)| {
                let optional = if required.contains(&name) { "" } else { ", optional" };
                [
                    format!("<code>{}</code>", escaped(name)),
                    kind(field) + optional,
                    escaped(field["description"].as_str().unwrap_or_default()),
                ]
            }),
        );
        if let Some(variants) = schema["oneOf"].as_array() {
            for variant in variants {
                self.text(&variant["description"]);
                self.fields(variant);
            }
        } else if schema.get("properties").is_none() && parts.is_empty() {
            self.add(&format!("<p>{}</p>", kind(schema)));
        }
    }

    fn table<const N: usize>(&mut self, head: &[&str; N], rows: impl Iterator<Item = [String; N]>) {
        let rows: String = rows.map(|row| format!("<tr>{}</tr>", row.map(|cell| format!("<td>{cell}</td>")).concat())).collect();
        if !rows.is_empty() {
            let head = head.map(|cell| format!("<th>{cell}</th>")).concat();
            self.add(&format!("<div class=\"wide\"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"));
        }
    }
}

fn entries(object: &Value) -> impl Iterator<Item = (&str, &Value)> {
    object.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

/// Describes the content of a request or reply.
fn content(carrier: &Value) -> String {
    let kinds = entries(&carrier["content"]).map(|(media, content)| match content.get("schema") {
        Some(schema) if media == "application/json" => kind(schema),
        Some(_) | None => format!("<code>{}</code>", escaped(media)),
    });
    kinds.collect::<Vec<_>>().join(" or ")
}

/// Describes a type in a few words.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return format!("<a href=\"#{}\">{}</a>", anchor(name), escaped(name));
    }
    for list in ["oneOf", "anyOf", "allOf"] {
        if let Some(parts) = schema[list].as_array() {
            return parts.iter().map(kind).collect::<Vec<_>>().join(if list == "allOf" { " and " } else { " or " });
        }
    }
    if let Some(values) = schema["enum"].as_array() {
        return values.iter().map(|value| format!("<code>{}</code>", escaped(&value.to_string()))).collect::<Vec<_>>().join(" or ");
    }
    if let Some(kinds) = schema["type"].as_array() {
        let mut one = schema.clone();
        let each = kinds.iter().map(|each| {
            one["type"] = each.clone();
            kind(&one)
        });
        return each.collect::<Vec<_>>().join(" or ");
    }
    match schema["type"].as_str() {
        Some("array") => format!("list of {}", kind(&schema["items"])),
        Some("object") if schema.get("additionalProperties").is_some() => format!("map of {}", kind(&schema["additionalProperties"])),
        Some("object") => entries(&schema["properties"]).map(|(name, _)| escaped(name)).collect::<Vec<_>>().join(", "),
        Some(name) => match schema["format"].as_str() {
            Some(format) => format!("{} ({})", escaped(name), escaped(format)),
            None => escaped(name),
        },
        None => "anything".to_owned(),
    }
}

/// Returns an element id for a name.
fn anchor(name: &str) -> String {
    name.chars().map(|sign| if sign.is_ascii_alphanumeric() { sign } else { '-' }).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
