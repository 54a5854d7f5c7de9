//! Many requests in one (RFC 7644 §3.7), done one after the other. What is added under a `bulkId` can be named by it.

mod order;

use super::{
    Told,
    answer::Answer,
    compute::compute,
    fail::{Fail, Type},
    filter::field,
    groups,
    list::Asked,
    request::Asker,
    users,
};
use crate::app::App;
use axum::http::StatusCode;
use order::Order;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// The most requests in one.
pub const MOST: usize = 1_000;

/// Does all of them; a result for each.
///
/// # Errors
/// It is no list of requests, or too long a one.
pub async fn all(app: &App, by: &Asker, mut body: Value) -> Told {
    let fields = body.as_object_mut().ok_or_else(|| Fail::bad(Type::InvalidSyntax, "The body must be an object."))?;
    let fail_on = field(fields, "failOnErrors").and_then(Value::as_u64).filter(|most| *most > 0);
    let name = fields.keys().find(|name| name.eq_ignore_ascii_case("Operations")).cloned().unwrap_or_default();
    let Some(Value::Array(list)) = fields.remove(&name) else {
        return Err(Fail::bad(Type::InvalidSyntax, "Operations must be a list."));
    };
    if list.len() > MOST {
        return Err(Fail::new(413, format!("There are more than {MOST} operations.")));
    }
    let (mut order, list) = compute(move || Ok((Order::of(&list), list))).await?;
    let mut results: Vec<Value> = Vec::with_capacity(list.len());
    let (mut known, mut failed) = (HashMap::new(), 0);
    while let Some(place) = order.next() {
        let result = single(app, by, &list[place], &mut known).await;
        order.is_done(place);
        failed += u64::from(result["status"].as_str().is_none_or(|status| !status.starts_with('2')));
        results.push(result);
        if fail_on.is_some_and(|most| failed >= most) {
            break;
        }
    }
    let schemas = ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"];
    Ok(Answer::new(StatusCode::OK, json!({ "schemas": schemas, "Operations": results })))
}

async fn single(app: &App, by: &Asker, one: &Value, known: &mut HashMap<String, String>) -> Value {
    let empty = Map::new();
    let fields = one.as_object().unwrap_or(&empty);
    let text = |name: &str| field(fields, name).and_then(Value::as_str).map(str::to_owned);
    let method = text("method").unwrap_or_default().to_ascii_uppercase();
    let path = text("path").map(|path| named(&path, known)).unwrap_or_default();
    let data = with_names(field(fields, "data").unwrap_or(&Value::Null), known);
    let told = Box::pin(dispatch(app, by, &method, &path, text("version").as_deref(), data)).await;
    let mut result = json!({ "method": method });
    let bulk_id = text("bulkId");
    if let Some(bulk_id) = &bulk_id {
        result["bulkId"] = json!(bulk_id);
    }
    match told {
        Ok(answer) => {
            result["status"] = json!(answer.status.as_u16().to_string());
            if let (Some(bulk_id), Some(id)) = (bulk_id, answer.body["id"].as_str()) {
                known.insert(bulk_id, id.to_owned());
            }
            let there = (method != "POST").then(|| format!("{}{path}", by.base));
            result["location"] = json!(answer.location.or(there));
            if let Some(version) = answer.version {
                result["version"] = json!(version);
            }
        }
        Err(fail) => {
            result["status"] = json!(fail.status.to_string());
            result["response"] = fail.body();
            if method != "POST" {
                result["location"] = json!(format!("{}{path}", by.base));
            }
        }
    }
    result
}

async fn dispatch(app: &App, by: &Asker, method: &str, path: &str, expected: Option<&str>, data: Value) -> Told {
    let mut parts = path.trim_matches('/').split('/');
    let (kind, id, more) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    if more.is_some() {
        return Err(Fail::not_found("resource"));
    }
    match (method, kind, id) {
        ("POST", "Users", None) => users::create(app, by, data).await,
        ("PUT", "Users", Some(id)) => users::replace(app, by, id, expected, data).await,
        ("PATCH", "Users", Some(id)) => users::patch(app, by, id, expected, data).await,
        ("DELETE", "Users", Some(id)) => users::delete(app, by, id, expected).await,
        ("GET", "Users", Some(id)) => users::one(app, by, id, &Asked::default()).await,
        ("POST", "Groups", None) => groups::create(app, by, data).await,
        ("PUT", "Groups", Some(id)) => groups::replace(app, by, id, expected, data).await,
        ("PATCH", "Groups", Some(id)) => groups::patch(app, by, id, expected, data).await,
        ("DELETE", "Groups", Some(id)) => groups::delete(app, by, id, expected).await,
        ("GET", "Groups", Some(id)) => groups::one(app, by, id, &Asked::default()).await,
        _ => Err(Fail::bad(Type::InvalidSyntax, format!("{method} {path} cannot be part of a bulk request."))),
    }
}

/// The names of what was added before, as ids.
fn with_names(value: &Value, known: &HashMap<String, String>) -> Value {
    match value {
        Value::String(text) => Value::String(named(text, known)),
        Value::Array(many) => many.iter().map(|one| with_names(one, known)).collect(),
        Value::Object(parts) => {
            parts.iter().map(|(name, value)| (name.clone(), with_names(value, known))).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

fn named(text: &str, known: &HashMap<String, String>) -> String {
    let Some((before, name)) = text.split_once("bulkId:") else { return text.to_owned() };
    let plain = before.is_empty() || before.ends_with(['/', '"']);
    let end = name.find(['"', '/', ']']).unwrap_or(name.len());
    match known.get(&name[..end]).filter(|_| plain) {
        Some(id) => format!("{before}{id}{}", &name[end..]),
        None => text.to_owned(),
    }
}
