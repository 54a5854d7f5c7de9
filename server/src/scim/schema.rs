//! The attributes of users and groups (RFC 7643 §4): what `/Schemas` tells, and how what is sent is brought into their form.

mod form;
mod told;

pub use form::{Form, MAX_VALUES, check_value_count, formed, remove_readonly, single};
pub use told::{resource_types, schemas, service_provider_config};

use super::filter::Attr;

/// The schema of users.
pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// What enterprises say of users.
pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// The schema of groups.
pub const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text
    Text,
    /// A truth value
    Bool,
    /// A URI, or the path of a resource
    Reference,
    /// Base64
    Binary,
    /// Something with parts
    Complex(&'static [Known]),
}

/// An attribute that is known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its name.
    pub name: &'static str,
    /// What its values are.
    pub kind: Kind,
    /// Whether it has several.
    pub multi: bool,
    /// Whether it must be there.
    pub required: bool,
    /// Whether only we say what it is.
    pub read_only: bool,
    /// Whether no two resources have the same.
    pub unique: bool,
    /// The words that it can be; any if there are none.
    pub words: &'static [&'static str],
}

impl Known {
    const fn of(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, multi: false, required: false, read_only: false, unique: false, words: &[] }
    }

    const fn text(name: &'static str) -> Self {
        Self::of(name, Kind::Text)
    }

    const fn many(name: &'static str, parts: &'static [Self]) -> Self {
        Self { multi: true, ..Self::of(name, Kind::Complex(parts)) }
    }

    const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    const fn read_only(self) -> Self {
        Self { read_only: true, ..self }
    }
}

/// A value among several: the value itself, what it is for, which is the first.
const PLURAL: &[Known] =
    &[Known::text("value"), Known::text("display"), Known::text("type"), Known::of("primary", Kind::Bool)];
const LINKS: &[Known] = &[
    Known::of("value", Kind::Reference),
    Known::text("display"),
    Known::text("type"),
    Known::of("primary", Kind::Bool),
];
const CERTIFICATES: &[Known] =
    &[Known::of("value", Kind::Binary), Known::text("display"), Known::text("type"), Known::of("primary", Kind::Bool)];
const NAME: &[Known] = &[
    Known::text("formatted"),
    Known::text("familyName"),
    Known::text("givenName"),
    Known::text("middleName"),
    Known::text("honorificPrefix"),
    Known::text("honorificSuffix"),
];
const ADDRESS: &[Known] = &[
    Known::text("formatted"),
    Known::text("streetAddress"),
    Known::text("locality"),
    Known::text("region"),
    Known::text("postalCode"),
    Known::text("country"),
    Known::text("type"),
    Known::of("primary", Kind::Bool),
];
const GROUPS: &[Known] = &[
    Known::text("value").read_only(),
    Known::of("$ref", Kind::Reference).read_only(),
    Known::text("display").read_only(),
    Known::text("type").read_only(),
];
const MANAGER: &[Known] =
    &[Known::text("value"), Known::of("$ref", Kind::Reference), Known::text("displayName").read_only()];

/// The attributes of users.
pub const OF_USERS: &[Known] = &[
    Known { unique: true, ..Known::text("userName").required() },
    Known::of("name", Kind::Complex(NAME)),
    Known::text("displayName"),
    Known::text("nickName"),
    Known::of("profileUrl", Kind::Reference),
    Known::text("title"),
    Known::text("userType"),
    Known::text("preferredLanguage"),
    Known::text("locale"),
    Known::text("timezone"),
    // We always tell it: it cannot be taken away. Whoever adds somebody and does not say it means an active one.
    Known::of("active", Kind::Bool).required(),
    Known::many("emails", PLURAL),
    Known::many("phoneNumbers", PLURAL),
    Known::many("ims", PLURAL),
    Known::many("photos", LINKS),
    Known::many("addresses", ADDRESS),
    Known::many("groups", GROUPS).read_only(),
    Known::many("entitlements", PLURAL),
    Known::many("roles", PLURAL),
    Known::many("x509Certificates", CERTIFICATES),
];

/// What enterprises say of users.
pub const OF_ENTERPRISES: &[Known] = &[
    Known::text("employeeNumber"),
    Known::text("costCenter"),
    Known::text("organization"),
    Known::text("division"),
    Known::text("department"),
    Known::of("manager", Kind::Complex(MANAGER)),
];

const MEMBERS: &[Known] =
    &[Known::text("value"), Known::of("$ref", Kind::Reference), Known { words: &["User"], ..Known::text("type") }];

/// The attributes of groups.
pub const OF_GROUPS: &[Known] =
    &[Known { unique: true, ..Known::text("displayName").required() }, Known::many("members", MEMBERS)];

/// The schema that stands before the name of an attribute, and the name: `urn:…:User:userName`.
pub fn split(text: &str) -> (Option<&str>, &str) {
    if !text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:")) {
        return (None, text);
    }
    for known in [USER, ENTERPRISE, GROUP] {
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

/// Whether the attributes of this schema stand in the resource itself, not below the schema's name.
pub fn is_core(schema: &str) -> bool {
    [USER, GROUP].iter().any(|core| core.eq_ignore_ascii_case(schema))
}

/// Whether the case of letters counts.
pub fn is_exact(attr: &Attr) -> bool {
    ["id", "externalId"].iter().any(|exact| exact.eq_ignore_ascii_case(&attr.name))
}

/// The attribute of this name, whatever the case of its letters.
pub fn known<'a>(among: &'a [Known], name: &str) -> Option<&'a Known> {
    among.iter().find(|known| known.name.eq_ignore_ascii_case(name))
}
