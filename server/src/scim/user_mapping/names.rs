//! Derives display names from SCIM attributes, and the name parts that a directory did not send.

use crate::scim::schema::Attributes;
use serde_json::{Value, json};

/// The user's display name, if the attributes contain one. Name parts derived from the userName do not count.
pub fn display_name(attributes: &Attributes, user_name: &str) -> Option<String> {
    let part = |part: &str| text(attributes.get("name").and_then(|name| name.get(part)));
    let both = || match (part("givenName"), part("familyName")) {
        (Some(given), Some(family)) if (given, family) == split_user_name(user_name) => None,
        (Some(given), Some(family)) => Some(format!("{given} {family}")),
        (given, family) => given.or(family).map(str::to_owned),
    };
    let whole = text(attributes.get("displayName")).or_else(|| part("formatted")).map(str::to_owned);
    whole.or_else(both)
}

/// Fills in `givenName` and `familyName` where they are missing: clients expect both (Okta rejects a server without).
pub fn fill_in_name(attributes: &mut Attributes, name: &str) {
    let user_name = text(attributes.get("userName")).unwrap_or_default().to_owned();
    let whole = display_name(attributes, &user_name).unwrap_or_else(|| name.to_owned());
    let parts = attributes.entry("name").or_insert_with(|| json!({}));
    let Some(parts) = parts.as_object_mut() else { return };
    let (given, family) = (text(parts.get("givenName")), text(parts.get("familyName")));
    let (split_given, split_family) = if whole == user_name { split_user_name(&user_name) } else { split(&whole) };
    // Prefer the display name minus the known part over splitting it.
    let given_left =
        family.and_then(|family| whole.strip_suffix(family)).map(str::trim).filter(|left| !left.is_empty());
    let family_left = given.and_then(|given| whole.strip_prefix(given)).map(str::trim).filter(|left| !left.is_empty());
    let new_given = given.is_none().then(|| given_left.unwrap_or(split_given).to_owned());
    let new_family = family.is_none().then(|| family_left.unwrap_or(split_family).to_owned());
    for (part, value) in [("givenName", new_given), ("familyName", new_family)] {
        if let Some(value) = value {
            parts.insert(part.to_owned(), Value::from(value));
        }
    }
}

fn text(value: Option<&Value>) -> Option<&str> {
    value.and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
}

/// Splits a display name into given and family name: at a comma ("Krüger, Anja"), or before the last word. A single
/// word is used for both.
fn split(whole: &str) -> (&str, &str) {
    let whole = whole.trim();
    let (given, family) = match whole.split_once(',') {
        Some((family, given)) => (given.trim(), family.trim()),
        None => whole.rsplit_once(char::is_whitespace).map_or((whole, whole), |(given, family)| (given.trim(), family)),
    };
    if given.is_empty() || family.is_empty() { (whole, whole) } else { (given, family) }
}

/// Splits a userName: "anja.krueger@example.org".
fn split_user_name(user_name: &str) -> (&str, &str) {
    let local = user_name.split_once('@').map_or(user_name, |(local, _)| local);
    let (given, family) = local.split_once('.').unwrap_or((local, local));
    if given.is_empty() || family.is_empty() { (user_name, user_name) } else { (given, family) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(attributes: Value, name: &str) -> (String, String) {
        let mut attributes = attributes.as_object().expect("an object").clone();
        fill_in_name(&mut attributes, name);
        let part = |part: &str| attributes["name"][part].as_str().expect("a part").to_owned();
        (part("givenName"), part("familyName"))
    }

    #[test]
    fn both_name_parts_are_always_present_and_sent_ones_are_kept() {
        for (attributes, given, family) in [
            (
                json!({ "userName": "a@x.org", "name": { "givenName": "Anja", "familyName": "Krüger" } }),
                "Anja",
                "Krüger",
            ),
            (json!({ "userName": "a@x.org", "displayName": "Anna Maria Krüger" }), "Anna Maria", "Krüger"),
            (json!({ "userName": "a@x.org", "displayName": "Krüger, Anja" }), "Anja", "Krüger"),
            (json!({ "userName": "a@x.org", "displayName": "Anja" }), "Anja", "Anja"),
            (json!({ "userName": "a@x.org", "displayName": "," }), ",", ","),
            (
                json!({ "userName": "a@x.org", "name": { "formatted": "Jan van Dyk", "givenName": "Jan" } }),
                "Jan",
                "van Dyk",
            ),
            (
                json!({ "userName": "a@x.org", "name": { "formatted": "Jan van Dyk", "familyName": "van Dyk" } }),
                "Jan",
                "van Dyk",
            ),
            (json!({ "userName": "a@x.org", "name": { "givenName": "Anja" } }), "Anja", "Anja"),
            (json!({ "userName": "a@x.org", "name": { "familyName": " ", "givenName": "Anja" } }), "Anja", "Anja"),
            (json!({ "userName": "anja.krueger@example.org" }), "anja", "krueger"),
            (json!({ "userName": "jdoe" }), "jdoe", "jdoe"),
            (json!({ "userName": "@" }), "@", "@"),
            (json!({ "userName": ".@x" }), ".@x", ".@x"),
        ] {
            let name = attributes["userName"].as_str().expect("a name").to_owned();
            assert_eq!(completed(attributes.clone(), &name), (given.to_owned(), family.to_owned()), "{attributes}");
        }
    }

    #[test]
    fn derived_name_parts_sent_back_do_not_become_the_name() {
        for user_name in ["anja.krueger@example.org", "jdoe", "@"] {
            let mut attributes = json!({ "userName": user_name }).as_object().expect("an object").clone();
            fill_in_name(&mut attributes, user_name);
            assert_eq!(display_name(&attributes, user_name), None, "{user_name}");
        }
    }
}
