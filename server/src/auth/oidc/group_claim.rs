//! Reads the group claim of a provider. Only a list of names changes memberships; any other value, or none, leaves them
//! unchanged and is reported.

use seatkeeper_shared::wire::providers::{Finding, FindingCode};
use serde_json::Value;

/// The fields of objects that hold a path or name, by preference: a path is unique at the provider, a name need not be.
const NAME_FIELDS: [&str; 5] = ["path", "name", "displayName", "display", "value"];

/// The content of the group claim.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum GroupClaim {
    /// No claim is configured: the provider does not manage groups.
    #[default]
    NotConfigured,
    /// It is absent. Some providers omit it for users without groups, others if a scope is missing, so its absence
    /// means nothing.
    Missing,
    /// The user is in exactly these groups; an empty list means in none.
    Names(Vec<String>),
    /// It is not a list of names; with a description of its value.
    Malformed(String),
    /// There are too many groups for a token (Microsoft Entra ID).
    Overage,
}

impl GroupClaim {
    /// Reads the configured claim, if any, from these claims.
    pub fn of(claims: &Value, claim: Option<&str>) -> Self {
        let Some(claim) = claim else { return Self::NotConfigured };
        match claims.get(claim) {
            None if is_overage(claims, claim) => Self::Overage,
            None => Self::Missing,
            Some(value) => names(value).map_or_else(Self::Malformed, Self::Names),
        }
    }

    /// Whether the user's groups are known, or not managed by the provider.
    pub const fn is_known(&self) -> bool {
        matches!(self, Self::Names(_) | Self::NotConfigured)
    }

    /// Combines two sources: the other counts if this one has no names and the other has.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (&self, &other) {
            (_, Self::Names(_)) if !self.is_known() => other,
            (Self::Missing, Self::Malformed(_) | Self::Overage) => other,
            _ => self,
        }
    }

    /// Why memberships stay unchanged, if they do.
    pub fn finding(&self, claim: &str) -> Option<Finding> {
        let (code, detail) = match self {
            Self::NotConfigured | Self::Names(_) => return None,
            Self::Missing => (FindingCode::GroupsMissing, None),
            Self::Malformed(what) => (FindingCode::GroupsMalformed, Some(what.clone())),
            Self::Overage => (FindingCode::GroupsOverage, None),
        };
        Some(Finding::new(code, detail).about_claim(claim))
    }
}

/// Whether Entra ID refers to another address instead (OpenID Connect Core 1.0 §5.6.2, distributed claims).
fn is_overage(claims: &Value, claim: &str) -> bool {
    let referred = claims.get("_claim_names").is_some_and(|names| names.get(claim).is_some());
    referred
        || claim == "groups" && matches!(claims["hasgroups"].as_str().unwrap_or_default(), "true" | "True")
        || claim == "groups" && claims["hasgroups"] == Value::Bool(true)
}

/// The names in a claim: a list, or a single name. One malformed entry makes the whole claim malformed, because the
/// list would be incomplete.
fn names(value: &Value) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    match value {
        Value::Array(all) => {
            for (index, one) in all.iter().enumerate() {
                names.extend(name(one).ok_or_else(|| format!("entry {}: {}", index + 1, describe(one)))?);
            }
        }
        one => names.extend(name(one).ok_or_else(|| describe(one).to_owned())?),
    }
    Ok(names)
}

/// The possible local names of one group. A path (Keycloak's `/team/a`) is matched as a whole, with and without its
/// leading slash, and never by its last segment: `/another/a` is another group.
fn name(one: &Value) -> Option<Vec<String>> {
    let text = match one {
        Value::String(text) => Some(text.as_str()),
        Value::Object(_) => NAME_FIELDS.iter().find_map(|field| one[field].as_str().filter(|text| !is_blank(text))),
        _ => None,
    };
    let text = text.filter(|text| !is_blank(text))?.trim();
    let bare = text.trim_start_matches('/');
    Some(if bare == text { vec![text.to_owned()] } else { vec![text.to_owned(), bare.to_owned()] })
}

fn is_blank(text: &str) -> bool {
    text.trim_matches(|c: char| c == '/' || c.is_whitespace()).is_empty()
}

fn describe(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "an empty text",
        Value::Array(_) => "a list in a list",
        Value::Object(_) => "an object without a name or path",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(claims: Value) -> GroupClaim {
        GroupClaim::of(&claims, Some("groups"))
    }

    #[test]
    fn lists_names_objects_and_paths_are_accepted() {
        let names = |value: Value| match of(json!({ "groups": value })) {
            GroupClaim::Names(names) => names,
            other => panic!("{other:?}"),
        };
        assert_eq!(names(json!([])), [""; 0]);
        assert_eq!(names(json!("Support")), ["Support"]);
        assert_eq!(names(json!(["/team/a", " b "])), ["/team/a", "team/a", "b"]);
        let objects = json!([{ "name": "a", "path": "/team/a" }, { "id": 7, "displayName": "B" }, { "value": "c" }]);
        assert_eq!(names(objects), ["/team/a", "team/a", "B", "c"]);
    }

    #[test]
    fn other_values_are_malformed_and_never_an_empty_list() {
        let bad = [json!(null), json!({}), json!(7), json!(true), json!(""), json!("/"), json!([null]), json!([[]])];
        for value in bad.into_iter().chain([json!(["a", 7]), json!([""]), json!([{ "id": 1 }]), json!({ "admin": {} })])
        {
            assert!(matches!(of(json!({ "groups": value })), GroupClaim::Malformed(_)), "{value}");
        }
        assert_eq!(of(json!({ "groups": ["a", null] })), GroupClaim::Malformed("entry 2: null".to_owned()));
        assert_eq!(of(json!({})), GroupClaim::Missing);
        assert_eq!(of(json!({ "_claim_names": { "groups": "src1" } })), GroupClaim::Overage);
        assert_eq!(of(json!({ "hasgroups": true })), GroupClaim::Overage);
        assert_eq!(GroupClaim::of(&json!({ "groups": 7 }), None), GroupClaim::NotConfigured);
    }

    #[test]
    fn another_source_counts_only_if_it_has_more() {
        let (names, malformed) = (GroupClaim::Names(vec!["a".to_owned()]), GroupClaim::Malformed("null".to_owned()));
        assert_eq!(malformed.clone().or(names.clone()), names);
        assert_eq!(GroupClaim::Names(Vec::new()).or(names), GroupClaim::Names(Vec::new()));
        assert_eq!(GroupClaim::Missing.or(malformed.clone()), malformed);
        assert_eq!(malformed.clone().or(GroupClaim::Missing), malformed);
    }
}
