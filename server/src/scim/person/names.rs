//! What users are called: a name out of what a directory tells, and the parts of a name where it tells none.

use crate::scim::schema::Form;
use serde_json::{Value, json};

/// What a user is called, if the directory says anything of it. Parts that were only made of the userName say nothing.
pub fn called(form: &Form, user_name: &str) -> Option<String> {
    let part = |part: &str| text(form.get("name").and_then(|name| name.get(part)));
    let both = || match (part("givenName"), part("familyName")) {
        (Some(given), Some(family)) if (given, family) == split_user_name(user_name) => None,
        (Some(given), Some(family)) => Some(format!("{given} {family}")),
        (given, family) => given.or(family).map(str::to_owned),
    };
    let whole = text(form.get("displayName")).or_else(|| part("formatted")).map(str::to_owned);
    whole.or_else(both)
}

/// Puts in `givenName` and `familyName` where they are missing: clients expect both (Okta refuses a server without).
pub fn complete(form: &mut Form, name: &str) {
    let user_name = text(form.get("userName")).unwrap_or_default().to_owned();
    let whole = called(form, &user_name).unwrap_or_else(|| name.to_owned());
    let parts = form.entry("name").or_insert_with(|| json!({}));
    let Some(parts) = parts.as_object_mut() else { return };
    let (given, family) = (text(parts.get("givenName")), text(parts.get("familyName")));
    let (made_given, made_family) = if whole == user_name { split_user_name(&user_name) } else { split(&whole) };
    // What is left of the whole name without the part that is known, rather than half of it.
    let given_left =
        family.and_then(|family| whole.strip_suffix(family)).map(str::trim).filter(|left| !left.is_empty());
    let family_left = given.and_then(|given| whole.strip_prefix(given)).map(str::trim).filter(|left| !left.is_empty());
    let new_given = given.is_none().then(|| given_left.unwrap_or(made_given).to_owned());
    let new_family = family.is_none().then(|| family_left.unwrap_or(made_family).to_owned());
    for (part, value) in [("givenName", new_given), ("familyName", new_family)] {
        if let Some(value) = value {
            parts.insert(part.to_owned(), Value::from(value));
        }
    }
}

fn text(value: Option<&Value>) -> Option<&str> {
    value.and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
}

/// Given and family name: "Krüger, Anja", or the last word is the family name. One word is both.
fn split(whole: &str) -> (&str, &str) {
    let whole = whole.trim();
    let (given, family) = match whole.split_once(',') {
        Some((family, given)) => (given.trim(), family.trim()),
        None => whole.rsplit_once(char::is_whitespace).map_or((whole, whole), |(given, family)| (given.trim(), family)),
    };
    if given.is_empty() || family.is_empty() { (whole, whole) } else { (given, family) }
}

/// The same of a userName: "anja.krueger@example.org".
fn split_user_name(user_name: &str) -> (&str, &str) {
    let local = user_name.split_once('@').map_or(user_name, |(local, _)| local);
    let (given, family) = local.split_once('.').unwrap_or((local, local));
    if given.is_empty() || family.is_empty() { (user_name, user_name) } else { (given, family) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(form: Value, name: &str) -> (String, String) {
        let mut form = form.as_object().expect("an object").clone();
        complete(&mut form, name);
        let part = |part: &str| form["name"][part].as_str().expect("a part").to_owned();
        (part("givenName"), part("familyName"))
    }

    #[test]
    fn both_parts_of_a_name_are_always_there_and_what_was_told_stays() {
        for (form, given, family) in [
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
            let name = form["userName"].as_str().expect("a name").to_owned();
            assert_eq!(completed(form.clone(), &name), (given.to_owned(), family.to_owned()), "{form}");
        }
    }

    #[test]
    fn made_up_parts_that_are_put_back_do_not_become_the_name() {
        for user_name in ["anja.krueger@example.org", "jdoe", "@"] {
            let mut form = json!({ "userName": user_name }).as_object().expect("an object").clone();
            complete(&mut form, user_name);
            assert_eq!(called(&form, user_name), None, "{user_name}");
        }
    }
}
