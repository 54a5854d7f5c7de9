//! The schemas of users and groups (RFC 7643 §4), used for `/Schemas` and to bring incoming attributes into canonical
//! form.

mod canonical;
mod discovery;

pub use canonical::{Attributes, MAX_VALUES, canonicalize, check_value_count, remove_read_only, unwrap_single};
pub use discovery::{resource_types, schemas, service_provider_config};

use super::filter::AttrPath;

/// The URI of the schema of users.
pub const USER_SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The URI of the enterprise extension of users.
pub const ENTERPRISE_SCHEMA: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// The URI of the schema of groups.
pub const GROUP_SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

/// The type of an attribute (RFC 7643 §2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Bool,
    /// A URI, or the path of a resource.
    Reference,
    /// Base64.
    Binary,
    /// An object with these sub-attributes.
    Complex(&'static [Attribute]),
}

/// The definition of a supported attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute {
    pub name: &'static str,
    pub kind: Kind,
    /// Whether it has a list of values.
    pub multi_valued: bool,
    pub required: bool,
    /// Whether only the server sets it.
    pub read_only: bool,
    /// Whether no two resources may have the same value.
    pub unique: bool,
    /// The suggested values; empty for any.
    pub canonical_values: &'static [&'static str],
}

impl Attribute {
    const fn new(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            kind,
            multi_valued: false,
            required: false,
            read_only: false,
            unique: false,
            canonical_values: &[],
        }
    }

    const fn text(name: &'static str) -> Self {
        Self::new(name, Kind::Text)
    }

    const fn multi_valued(name: &'static str, parts: &'static [Self]) -> Self {
        Self { multi_valued: true, ..Self::new(name, Kind::Complex(parts)) }
    }

    const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    const fn read_only(self) -> Self {
        Self { read_only: true, ..self }
    }
}

/// The default sub-attributes of a multi-valued attribute (RFC 7643 §2.4).
const DEFAULT_SUB_ATTRIBUTES: &[Attribute] = &[
    Attribute::text("value"),
    Attribute::text("display"),
    Attribute::text("type"),
    Attribute::new("primary", Kind::Bool),
];
const PHOTO_SUB_ATTRIBUTES: &[Attribute] = &[
    Attribute::new("value", Kind::Reference),
    Attribute::text("display"),
    Attribute::text("type"),
    Attribute::new("primary", Kind::Bool),
];
const CERTIFICATE_SUB_ATTRIBUTES: &[Attribute] = &[
    Attribute::new("value", Kind::Binary),
    Attribute::text("display"),
    Attribute::text("type"),
    Attribute::new("primary", Kind::Bool),
];
const NAME_SUB_ATTRIBUTES: &[Attribute] = &[
    Attribute::text("formatted"),
    Attribute::text("familyName"),
    Attribute::text("givenName"),
    Attribute::text("middleName"),
    Attribute::text("honorificPrefix"),
    Attribute::text("honorificSuffix"),
];
const ADDRESS_SUB_ATTRIBUTES: &[Attribute] = &[
    Attribute::text("formatted"),
    Attribute::text("streetAddress"),
    Attribute::text("locality"),
    Attribute::text("region"),
    Attribute::text("postalCode"),
    Attribute::text("country"),
    Attribute::text("type"),
    Attribute::new("primary", Kind::Bool),
];
const GROUP_SUB_ATTRIBUTES: &[Attribute] = &[
    Attribute::text("value").read_only(),
    Attribute::new("$ref", Kind::Reference).read_only(),
    Attribute::text("display").read_only(),
    Attribute::text("type").read_only(),
];
const MANAGER_SUB_ATTRIBUTES: &[Attribute] =
    &[Attribute::text("value"), Attribute::new("$ref", Kind::Reference), Attribute::text("displayName").read_only()];

pub const USER_ATTRIBUTES: &[Attribute] = &[
    Attribute { unique: true, ..Attribute::text("userName").required() },
    Attribute::new("name", Kind::Complex(NAME_SUB_ATTRIBUTES)),
    Attribute::text("displayName"),
    Attribute::text("nickName"),
    Attribute::new("profileUrl", Kind::Reference),
    Attribute::text("title"),
    Attribute::text("userType"),
    Attribute::text("preferredLanguage"),
    Attribute::text("locale"),
    Attribute::text("timezone"),
    // Always returned, so it cannot be removed. A user created without it is active.
    Attribute::new("active", Kind::Bool).required(),
    Attribute::multi_valued("emails", DEFAULT_SUB_ATTRIBUTES),
    Attribute::multi_valued("phoneNumbers", DEFAULT_SUB_ATTRIBUTES),
    Attribute::multi_valued("ims", DEFAULT_SUB_ATTRIBUTES),
    Attribute::multi_valued("photos", PHOTO_SUB_ATTRIBUTES),
    Attribute::multi_valued("addresses", ADDRESS_SUB_ATTRIBUTES),
    Attribute::multi_valued("groups", GROUP_SUB_ATTRIBUTES).read_only(),
    Attribute::multi_valued("entitlements", DEFAULT_SUB_ATTRIBUTES),
    Attribute::multi_valued("roles", DEFAULT_SUB_ATTRIBUTES),
    Attribute::multi_valued("x509Certificates", CERTIFICATE_SUB_ATTRIBUTES),
];

/// The attributes of the enterprise extension.
pub const ENTERPRISE_ATTRIBUTES: &[Attribute] = &[
    Attribute::text("employeeNumber"),
    Attribute::text("costCenter"),
    Attribute::text("organization"),
    Attribute::text("division"),
    Attribute::text("department"),
    Attribute::new("manager", Kind::Complex(MANAGER_SUB_ATTRIBUTES)),
];

const MEMBER_SUB_ATTRIBUTES: &[Attribute] = &[
    Attribute::text("value"),
    Attribute::new("$ref", Kind::Reference),
    Attribute { canonical_values: &["User"], ..Attribute::text("type") },
];

pub const GROUP_ATTRIBUTES: &[Attribute] = &[
    Attribute { unique: true, ..Attribute::text("displayName").required() },
    Attribute::multi_valued("members", MEMBER_SUB_ATTRIBUTES),
];

/// Splits `urn:…:User:userName` into the schema URI and the attribute's name.
pub fn split_schema(text: &str) -> (Option<&str>, &str) {
    if !text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:")) {
        return (None, text);
    }
    for known in [USER_SCHEMA, ENTERPRISE_SCHEMA, GROUP_SCHEMA] {
        if text.get(..known.len()).is_some_and(|start| start.eq_ignore_ascii_case(known)) {
            match text[known.len()..].strip_prefix(':') {
                Some(name) => return (Some(known), name),
                None if text.len() == known.len() => return (Some(known), ""),
                None => {}
            }
        }
    }
    text.rsplit_once(':').map_or((Some(text), ""), |(schema, name)| (Some(schema), name))
}

/// Whether the attributes of this schema are top-level fields of the resource, not below the schema's URI.
pub fn is_core_schema(schema: &str) -> bool {
    [USER_SCHEMA, GROUP_SCHEMA].iter().any(|core| core.eq_ignore_ascii_case(schema))
}

/// Whether values of this attribute are compared case-sensitively.
pub fn is_case_exact(attr: &AttrPath) -> bool {
    ["id", "externalId"].iter().any(|exact| exact.eq_ignore_ascii_case(&attr.name))
}

/// Finds the attribute with this name, compared case-insensitively.
pub fn find_attribute<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a Attribute> {
    attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}
