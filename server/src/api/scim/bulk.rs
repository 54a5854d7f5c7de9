//! Bulk requests (RFC 7644 §3.7), executed one operation after the other. Operations may refer to resources created
//! under a `bulkId`.

mod order;

use super::{
    ScimResult,
    compute::compute,
    error::{ScimError, ScimType},
    groups,
    list::ListQuery,
    response::ScimResponse,
    users,
};
use crate::{
    app::App,
    scim::{MAX_BULK_OPERATIONS, client::ScimClient, filter::field},
};
use axum::http::StatusCode;
use order::OperationOrder;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// Executes a bulk request; the response has a result for each operation.
///
/// # Errors
/// Returns an error if the body is not a list of operations, or there are too many.
pub async fn run(app: &App, client: &ScimClient, mut body: Value) -> ScimResult {
    let fields = body
        .as_object_mut()
        .ok_or_else(|| ScimError::bad_request(ScimType::InvalidSyntax, "The body must be an object."))?;
    let max_errors = field(fields, "failOnErrors").and_then(Value::as_u64).filter(|max| *max > 0);
    let name = fields.keys().find(|name| name.eq_ignore_ascii_case("Operations")).cloned().unwrap_or_default();
    let Some(Value::Array(list)) = fields.remove(&name) else {
        return Err(ScimError::bad_request(ScimType::InvalidSyntax, "Operations must be a list."));
    };
    if list.len() > MAX_BULK_OPERATIONS {
        return Err(ScimError::new(413, format!("There are more than {MAX_BULK_OPERATIONS} operations.")));
    }
    let (mut order, list) = compute(move || Ok((OperationOrder::new(&list), list))).await?;
    let mut results: Vec<Value> = Vec::with_capacity(list.len());
    let (mut ids, mut failed) = (HashMap::new(), 0);
    while let Some(index) = order.next() {
        let result = run_one(app, client, &list[index], &mut ids).await;
        order.mark_done(index);
        failed += u64::from(result["status"].as_str().is_none_or(|status| !status.starts_with('2')));
        results.push(result);
        if max_errors.is_some_and(|max| failed >= max) {
            break;
        }
    }
    let schemas = ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"];
    Ok(ScimResponse::new(StatusCode::OK, json!({ "schemas": schemas, "Operations": results })))
}

async fn run_one(app: &App, client: &ScimClient, one: &Value, ids: &mut HashMap<String, String>) -> Value {
    let empty = Map::new();
    let fields = one.as_object().unwrap_or(&empty);
    let text = |name: &str| field(fields, name).and_then(Value::as_str).map(str::to_owned);
    let method = text("method").unwrap_or_default().to_ascii_uppercase();
    let path = text("path").map(|path| resolve_bulk_id(&path, ids)).unwrap_or_default();
    let data = resolve_bulk_ids(field(fields, "data").unwrap_or(&Value::Null), ids);
    let response = Box::pin(dispatch(app, client, &method, &path, text("version").as_deref(), data)).await;
    let mut result = json!({ "method": method });
    let bulk_id = text("bulkId");
    if let Some(bulk_id) = &bulk_id {
        result["bulkId"] = json!(bulk_id);
    }
    match response {
        Ok(response) => {
            result["status"] = json!(response.status.as_u16().to_string());
            if let (Some(bulk_id), Some(id)) = (bulk_id, response.body["id"].as_str()) {
                ids.insert(bulk_id, id.to_owned());
            }
            let location = (method != "POST").then(|| format!("{}{path}", client.base_url));
            result["location"] = json!(response.location.or(location));
            if let Some(version) = response.version {
                result["version"] = json!(version);
            }
        }
        Err(error) => {
            result["status"] = json!(error.status.to_string());
            result["response"] = error.body();
            if method != "POST" {
                result["location"] = json!(format!("{}{path}", client.base_url));
            }
        }
    }
    result
}

async fn dispatch(
    app: &App,
    client: &ScimClient,
    method: &str,
    path: &str,
    expected: Option<&str>,
    data: Value,
) -> ScimResult {
    let mut parts = path.trim_matches('/').split('/');
    let (kind, id, more) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    if more.is_some() {
        return Err(ScimError::not_found("resource"));
    }
    match (method, kind, id) {
        ("POST", "Users", None) => users::create(app, client, data).await,
        ("PUT", "Users", Some(id)) => users::replace(app, client, id, expected, data).await,
        ("PATCH", "Users", Some(id)) => users::patch(app, client, id, expected, data).await,
        ("DELETE", "Users", Some(id)) => users::delete(app, client, id, expected).await,
        ("GET", "Users", Some(id)) => users::get(app, client, id, &ListQuery::default()).await,
        ("POST", "Groups", None) => groups::create(app, client, data).await,
        ("PUT", "Groups", Some(id)) => groups::replace(app, client, id, expected, data).await,
        ("PATCH", "Groups", Some(id)) => groups::patch(app, client, id, expected, data).await,
        ("DELETE", "Groups", Some(id)) => groups::delete(app, client, id, expected).await,
        ("GET", "Groups", Some(id)) => groups::get(app, client, id, &ListQuery::default()).await,
        _ => Err(ScimError::bad_request(
            ScimType::InvalidSyntax,
            format!("{method} {path} cannot be part of a bulk request."),
        )),
    }
}

/// Replaces bulk ids in all strings of a value by the ids of created resources.
fn resolve_bulk_ids(value: &Value, ids: &HashMap<String, String>) -> Value {
    match value {
        Value::String(text) => Value::String(resolve_bulk_id(text, ids)),
        Value::Array(many) => many.iter().map(|one| resolve_bulk_ids(one, ids)).collect(),
        Value::Object(parts) => {
            parts.iter().map(|(name, value)| (name.clone(), resolve_bulk_ids(value, ids))).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

fn resolve_bulk_id(text: &str, ids: &HashMap<String, String>) -> String {
    let Some((before, name)) = text.split_once("bulkId:") else { return text.to_owned() };
    let plain = before.is_empty() || before.ends_with(['/', '"']);
    let end = name.find(['"', '/', ']']).unwrap_or(name.len());
    match ids.get(&name[..end]).filter(|_| plain) {
        Some(id) => format!("{before}{id}{}", &name[end..]),
        None => text.to_owned(),
    }
}
