//! The discovery documents: schemas, resource types, and the supported features of the protocol (RFC 7643 §5 to §7).

use super::{
    Attribute, ENTERPRISE_ATTRIBUTES, ENTERPRISE_SCHEMA, GROUP_ATTRIBUTES, GROUP_SCHEMA, Kind, USER_ATTRIBUTES,
    USER_SCHEMA,
};
use crate::scim::{MAX_BODY_BYTES, MAX_BULK_OPERATIONS, list};
use serde_json::{Value, json};

/// The supported features of the protocol.
pub fn service_provider_config(base: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": { "supported": true },
        "bulk": { "supported": true, "maxOperations": MAX_BULK_OPERATIONS, "maxPayloadSize": MAX_BODY_BYTES },
        "filter": { "supported": true, "maxResults": list::MAX_PAGE_SIZE },
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

pub fn resource_types(base: &str) -> Vec<Value> {
    let resource_type = |id: &str, endpoint: &str, schema: &str, extensions: Value| {
        let mut kind = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
            "id": id, "name": id, "endpoint": endpoint, "description": id, "schema": schema,
            "meta": { "resourceType": "ResourceType", "location": format!("{base}/ResourceTypes/{id}") },
        });
        if !extensions.is_null() {
            kind["schemaExtensions"] = extensions;
        }
        kind
    };
    vec![
        resource_type("User", "/Users", USER_SCHEMA, json!([{ "schema": ENTERPRISE_SCHEMA, "required": false }])),
        resource_type("Group", "/Groups", GROUP_SCHEMA, Value::Null),
    ]
}

pub fn schemas(base: &str) -> Vec<Value> {
    let schema = |id: &str, name: &str, attributes: &[Attribute]| {
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"], "id": id, "name": name, "description": name,
            "attributes": attributes.iter().map(|one| attribute_definition(one, "User")).collect::<Vec<_>>(),
            "meta": { "resourceType": "Schema", "location": format!("{base}/Schemas/{id}") },
        })
    };
    vec![
        schema(USER_SCHEMA, "User", USER_ATTRIBUTES),
        schema(ENTERPRISE_SCHEMA, "EnterpriseUser", ENTERPRISE_ATTRIBUTES),
        schema(GROUP_SCHEMA, "Group", GROUP_ATTRIBUTES),
    ]
}

/// The definition of an attribute. A reference refers to resources of type `referenced`.
fn attribute_definition(attribute: &Attribute, referenced: &str) -> Value {
    let kind = match attribute.kind {
        Kind::Text => "string",
        Kind::Bool => "boolean",
        Kind::Reference => "reference",
        Kind::Binary => "binary",
        Kind::Complex(_) => "complex",
    };
    let mut definition = json!({
        "name": attribute.name, "type": kind, "multiValued": attribute.multi_valued, "description": attribute.name,
        "required": attribute.required, "caseExact": matches!(attribute.kind, Kind::Binary),
        "mutability": if attribute.read_only { "readOnly" } else { "readWrite" }, "returned": "default",
        "uniqueness": if attribute.unique { "server" } else { "none" },
    });
    match attribute.kind {
        Kind::Complex(parts) => {
            let referenced = if attribute.name == "groups" { "Group" } else { referenced };
            definition["subAttributes"] = parts.iter().map(|part| attribute_definition(part, referenced)).collect();
        }
        Kind::Reference => {
            let kinds: &[&str] = if attribute.name == "$ref" { &[referenced] } else { &["external"] };
            definition["referenceTypes"] = json!(kinds);
        }
        Kind::Text | Kind::Bool | Kind::Binary => {}
    }
    if !attribute.canonical_values.is_empty() {
        definition["canonicalValues"] = json!(attribute.canonical_values);
    }
    definition
}
