//! Renders the OpenAPI description as an HTML page, without scripts and external resources.

use axum::{
    http::{HeaderValue, header},
    response::{Html, IntoResponse as _, Response},
};
use base64::Engine as _;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

const STYLE: &str = include_str!("docs_page/page.css");

/// Renders the page.
pub fn page(api: &Value) -> String {
    let operations = operations(api);
    let mut tags: BTreeMap<&str, Vec<&Operation<'_>>> = BTreeMap::new();
    for operation in &operations {
        tags.entry(operation.tag).or_default().push(operation);
    }
    let contents: String = tags.iter().map(|(tag, all)| contents(tag, all)).collect();
    let sections: String = tags.iter().map(|(tag, all)| section(tag, all)).collect();
    let schemas: String = map(&api["components"]["schemas"]).iter().map(|(name, of)| schema(name, of)).collect();
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Seatkeeper API</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><style>{STYLE}</style></head><body>\
         <header><h1>Seatkeeper API</h1><p>{}</p><p><a href=\"/api/openapi.json\">openapi.json</a></p></header>\
         <main><nav aria-label=\"Routes\">{contents}</nav>{sections}<h2>Bodies</h2>{schemas}</main></body></html>",
        text(&api["info"]["description"]),
    )
}

/// The response with the page and its content security policy.
pub fn answer(page: String) -> Response {
    let style = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!("default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; frame-ancestors 'none'");
    let mut response = Html(page).into_response();
    let policy = HeaderValue::from_str(&policy).ok().map(|policy| (header::CONTENT_SECURITY_POLICY, policy));
    response.headers_mut().extend(policy);
    response
}

struct Operation<'a> {
    method: String,
    path: &'a str,
    tag: &'a str,
    what: &'a Value,
}

impl Operation<'_> {
    /// The anchor in the page.
    fn id(&self) -> String {
        let path = self.path.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        format!("{}{path}", self.method.to_lowercase())
    }
}

fn operations(api: &Value) -> Vec<Operation<'_>> {
    let mut found = Vec::new();
    for (path, item) in map(&api["paths"]) {
        for (method, what) in map(item).iter().filter(|(_, what)| what["responses"].is_object()) {
            let tag = what["tags"][0].as_str().unwrap_or("other");
            found.push(Operation { method: method.to_uppercase(), path, tag, what });
        }
    }
    found
}

fn contents(tag: &str, all: &[&Operation<'_>]) -> String {
    let line = |one: &&Operation<'_>| {
        let (id, method, path) = (one.id(), &one.method, escape(one.path));
        format!("<li><a href=\"#{id}\"><code><b class=\"method\">{method}</b>{path}</code></a></li>")
    };
    format!("<h2>{}</h2><ul>{}</ul>", escape(tag), all.iter().map(line).collect::<String>())
}

fn section(tag: &str, all: &[&Operation<'_>]) -> String {
    let drawn: String = all.iter().map(|operation| article(operation)).collect();
    format!("<section><h2>{}</h2>{drawn}</section>", escape(tag))
}

fn article(operation: &Operation<'_>) -> String {
    let (id, method, path, what) = (operation.id(), &operation.method, escape(operation.path), operation.what);
    let rows: String = list(&what["parameters"]).iter().map(parameter).collect();
    let parameters = table("Parameters", &rows);
    let body = content(&what["requestBody"]["content"]).map(|body| format!("<p>Body: {body}</p>"));
    let rows: String = map(&what["responses"]).iter().map(|(status, answer)| response(status, answer)).collect();
    format!(
        "<article id=\"{id}\"><h3><code><b class=\"method\">{method}</b>{path}</code></h3><p>{}</p><p>{}</p>\
         {parameters}{}{}</article>",
        text(&what["summary"]),
        text(&what["description"]),
        body.unwrap_or_default(),
        table("Responses", &rows),
    )
}

fn parameter(one: &Value) -> String {
    row(&text(&one["name"]), &format!("{}, {}", text(&one["in"]), shape(&one["schema"])), &text(&one["description"]))
}

fn response(status: &str, answer: &Value) -> String {
    row(&escape(status), &content(&answer["content"]).unwrap_or_default(), &text(&answer["description"]))
}

/// The schemas of a body, by content type.
fn content(content: &Value) -> Option<String> {
    let forms: Vec<_> = map(content)
        .iter()
        .map(|(kind, of)| format!("{} <small>{}</small>", shape(&of["schema"]), escape(kind)))
        .collect();
    (!forms.is_empty()).then(|| forms.join("<br>"))
}

fn schema(name: &str, of: &Value) -> String {
    let required = list(&of["required"]);
    let rows: String = map(&of["properties"])
        .iter()
        .map(|(field, of)| {
            let must = required.iter().any(|one| one == field);
            let name = if must { format!("<b>{}</b>", escape(field)) } else { escape(field) };
            row(&name, &shape(of), &text(&of["description"]))
        })
        .collect();
    let whole =
        if rows.is_empty() { format!("<p>{}</p>", shape(of)) } else { table("Fields (bold: always present)", &rows) };
    format!(
        "<article id=\"{name}\"><h3><code>{name}</code></h3><p>{}</p>{whole}</article>",
        text(&of["description"]),
        name = escape(name),
    )
}

/// A short notation of a type, with links to named schemas.
fn shape(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|link| link.rsplit('/').next()) {
        return format!("<a href=\"#{0}\"><code>{0}</code></a>", escape(name));
    }
    for (several, between) in [("oneOf", " or "), ("anyOf", " or "), ("allOf", " and ")] {
        if !list(&schema[several]).is_empty() {
            return list(&schema[several]).iter().map(shape).collect::<Vec<_>>().join(between);
        }
    }
    if !list(&schema["enum"]).is_empty() {
        return list(&schema["enum"])
            .iter()
            .map(|one| format!("<code>{}</code>", text(one)))
            .collect::<Vec<_>>()
            .join(" ");
    }
    let kinds: Vec<_> = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().map(text).collect(),
        kind => vec![text(kind)],
    };
    match (kinds.join(" or "), schema["format"].as_str()) {
        (kind, _) if kind == "array" => format!("{}[]", shape(&schema["items"])),
        (kind, Some(format)) => format!("<code>{kind}</code> <small>{}</small>", escape(format)),
        (kind, None) => format!("<code>{kind}</code>"),
    }
}

fn table(caption: &str, rows: &str) -> String {
    match rows {
        "" => String::new(),
        rows => format!("<div class=\"scroll\"><table><caption>{caption}</caption><tbody>{rows}</tbody></table></div>"),
    }
}

fn row(name: &str, kind: &str, what: &str) -> String {
    format!("<tr><th scope=\"row\"><code>{name}</code></th><td>{kind}</td><td>{what}</td></tr>")
}

fn map(value: &Value) -> &Map<String, Value> {
    static EMPTY_MAP: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    value.as_object().unwrap_or(&EMPTY_MAP)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> String {
    value.as_str().map(escape).unwrap_or_default()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_every_route_and_schema_and_no_external_resources() {
        let api = serde_json::to_value(crate::api::openapi()).expect("JSON");
        let page = page(&api);
        for (method, path) in crate::api::all_routes() {
            assert!(page.contains(&format!("<b class=\"method\">{method}</b>{path}</code></h3>")), "{method} {path}");
        }
        for link in page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            match link.strip_prefix('#') {
                Some(id) => assert!(page.contains(&format!("id=\"{id}\"")), "{link}"),
                None => assert_eq!(link, "/api/openapi.json"),
            }
        }
        assert!(!page.contains("<script") && !page.contains("src="));
    }

    #[test]
    fn text_is_escaped() {
        assert_eq!(escape("<b>\"&"), "&lt;b&gt;&quot;&amp;");
    }
}
