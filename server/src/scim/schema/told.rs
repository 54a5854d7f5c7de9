//! What a directory can ask about us: schemas, resource types, and what of the protocol is served (RFC 7643 §5 to §7).

use super::{ENTERPRISE, GROUP, Kind, Known, OF_ENTERPRISES, OF_GROUPS, OF_USERS, USER};
use crate::scim::{bulk, list};
use serde_json::{Value, json};

/// What of the protocol is served.
pub fn service_provider_config(base: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": { "supported": true },
        "bulk": { "supported": true, "maxOperations": bulk::MOST, "maxPayloadSize": crate::scim::LARGEST_BODY },
        "filter": { "supported": true, "maxResults": list::MOST },
        "changePassword": { "supported": false },
        "sort": { "supported": true },
        "etag": { "supported": true },
        "authenticationSchemes": [{
            "type": "oauthbearertoken", "name": "Bearer token", "primary": true,
            "description": "The token of the directory, in the Authorization header.",
            "specUri": "https://www.rfc-editor.org/info/rfc6750",
        }],
        "meta": { "resourceType": "ServiceProviderConfig", "location": format!("{base}/ServiceProviderConfig") },
    })
}

/// The kinds of resource.
pub fn resource_types(base: &str) -> Vec<Value> {
    let of = |id: &str, endpoint: &str, schema: &str, extensions: Value| {
        let mut kind = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"], "id": id, "name": id, "endpoint": endpoint,
            "description": id, "schema": schema,
            "meta": { "resourceType": "ResourceType", "location": format!("{base}/ResourceTypes/{id}") },
        });
        if !extensions.is_null() {
            kind["schemaExtensions"] = extensions;
        }
        kind
    };
    vec![
        of("User", "/Users", USER, json!([{ "schema": ENTERPRISE, "required": false }])),
        of("Group", "/Groups", GROUP, Value::Null),
    ]
}

/// The schemas.
pub fn schemas(base: &str) -> Vec<Value> {
    let of = |id: &str, name: &str, attributes: &[Known]| {
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"], "id": id, "name": name, "description": name,
            "attributes": attributes.iter().map(|one| attribute(one, "User")).collect::<Vec<_>>(),
            "meta": { "resourceType": "Schema", "location": format!("{base}/Schemas/{id}") },
        })
    };
    vec![of(USER, "User", OF_USERS), of(ENTERPRISE, "EnterpriseUser", OF_ENTERPRISES), of(GROUP, "Group", OF_GROUPS)]
}

/// An attribute; what it refers to, if it does, is of this kind.
fn attribute(known: &Known, of: &str) -> Value {
    let kind = match known.kind {
        Kind::Text => "string",
        Kind::Bool => "boolean",
        Kind::Reference => "reference",
        Kind::Binary => "binary",
        Kind::Complex(_) => "complex",
    };
    let mut told = json!({
        "name": known.name, "type": kind, "multiValued": known.multi, "description": known.name,
        "required": known.required, "caseExact": matches!(known.kind, Kind::Binary),
        "mutability": if known.read_only { "readOnly" } else { "readWrite" }, "returned": "default",
        "uniqueness": if known.unique { "server" } else { "none" },
    });
    match known.kind {
        Kind::Complex(parts) => {
            let of = if known.name == "groups" { "Group" } else { of };
            told["subAttributes"] = parts.iter().map(|part| attribute(part, of)).collect();
        }
        Kind::Reference => {
            let kinds: &[&str] = if known.name == "$ref" { &[of] } else { &["external"] };
            told["referenceTypes"] = json!(kinds);
        }
        Kind::Text | Kind::Bool | Kind::Binary => {}
    }
    if !known.words.is_empty() {
        told["canonicalValues"] = json!(known.words);
    }
    told
}
