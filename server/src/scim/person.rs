//! Between a user as a directory tells of him and a user as Seatkeeper knows him.

use super::{
    fail::{Fail, Type},
    request::Asker,
    schema::{self, ENTERPRISE, Form, USER},
};
use crate::{
    db::DbError,
    store::directory_users::{GroupOf, Seen, Told},
};
use base64::Engine as _;
use chrono::{DateTime, SecondsFormat, Utc};
use seatkeeper_shared::{
    ids::UserId,
    people::UserStatus,
    validate::{self, MAX_NAME, email_key},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// What Seatkeeper needs to know of a user whom a directory tells of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// His name.
    pub name: String,
    /// His e-mail address; one that leads nowhere if the directory tells none.
    pub email: String,
    /// Whether he is active, if the directory says so.
    pub active: Option<bool>,
    user_name_key: String,
    external_id: Option<String>,
    display: String,
    emails: Vec<String>,
    attributes: Form,
    written: String,
}

impl Person {
    /// Reads the attributes, which are in form.
    ///
    /// # Errors
    /// The userName is missing.
    pub fn of(id: UserId, form: &Form) -> Result<Self, Fail> {
        let text = |name: &str| form.get(name).and_then(Value::as_str);
        let user_name = text("userName").map(str::trim).filter(|name| !name.is_empty());
        let user_name = user_name.ok_or_else(|| Fail::bad(Type::InvalidValue, "userName must be there."))?;
        let display = called(form).unwrap_or(user_name.to_owned());
        let mut attributes = form.clone();
        attributes.remove("active");
        Ok(Self {
            name: short(&display, user_name)?,
            email: address(form, user_name).unwrap_or_else(|| nowhere(id, user_name)),
            active: form.get("active").and_then(Value::as_bool),
            user_name_key: email_key(user_name),
            external_id: text("externalId").map(str::to_owned),
            display: text("displayName").unwrap_or_default().to_owned(),
            emails: addresses(form).map(email_key).collect(),
            written: serde_json::to_string(&attributes).unwrap_or_default(),
            attributes,
        })
    }

    /// What is written of him beside his name and address.
    pub fn told(&self) -> Told<'_> {
        Told {
            user_name_key: &self.user_name_key,
            external_id: self.external_id.as_deref(),
            display: &self.display,
            emails: &self.emails,
            attributes: &self.written,
        }
    }

    /// The form in which userNames are compared (RFC 7643 §4.1.1: without case).
    pub fn user_name_key(&self) -> &str {
        &self.user_name_key
    }

    /// Whether this was told before.
    pub fn is_as(&self, seen: &Seen) -> bool {
        // In whatever order it was told.
        seen.attributes.as_ref().is_some_and(|text| serde_json::from_str(text).ok().as_ref() == Some(&self.attributes))
    }
}

/// What a user is called.
fn called(form: &Form) -> Option<String> {
    let text = |value: Option<&Value>| {
        value.and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let name = form.get("name");
    let part = |part: &str| text(name.and_then(|name| name.get(part)));
    let both = || match (part("givenName"), part("familyName")) {
        (Some(given), Some(family)) => Some(format!("{given} {family}")),
        (given, family) => given.or(family),
    };
    text(form.get("displayName")).or_else(|| part("formatted")).or_else(both)
}

/// A name as Seatkeeper takes it: what is too long is cut, not refused, since nobody at the directory could help it.
fn short(display: &str, user_name: &str) -> Result<String, Fail> {
    let clean: String = display.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect();
    let name =
        validate::name(&clean).or_else(|_| validate::name(&user_name.chars().take(MAX_NAME).collect::<String>()));
    name.map_err(|wrong| Fail::bad(Type::InvalidValue, format!("The name {wrong}.")))
}

fn addresses(form: &Form) -> impl Iterator<Item = &str> {
    let emails = form.get("emails").and_then(Value::as_array).into_iter().flatten();
    emails.filter_map(|email| email["value"].as_str())
}

/// The first address, that for work, any, or the userName if it is one.
fn address(form: &Form, user_name: &str) -> Option<String> {
    let emails = form.get("emails").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let primary = emails.iter().find(|email| email["primary"] == true);
    let work = emails.iter().find(|email| email["type"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("work")));
    let all = primary.into_iter().chain(work).chain(emails).filter_map(|email| email["value"].as_str());
    all.chain([user_name]).find_map(|text| validate::email(text).ok())
}

/// An address to which nothing can be sent (RFC 2606 §2), for those of whom the directory tells none.
fn nowhere(id: UserId, user_name: &str) -> String {
    let plain = user_name.len() <= 64 && user_name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    format!("{}@no-address.invalid", if plain { user_name.to_owned() } else { id.to_string() })
}

/// The attributes of a user, whether a directory told of him or not, with `active`.
///
/// # Errors
/// What is stored cannot be read.
pub fn form_of(seen: &Seen) -> Result<Form, DbError> {
    let mut form = match &seen.attributes {
        Some(text) => serde_json::from_str(text)
            .map_err(|e| DbError::Unreadable { column: "attributes".to_owned(), problem: e.to_string() })?,
        None => match json!({
            "userName": seen.email, "displayName": seen.name, "name": { "formatted": seen.name },
            "emails": [{ "value": seen.email, "type": "work", "primary": true }],
        }) {
            Value::Object(form) => form,
            _ => Form::new(),
        },
    };
    form.insert("active".to_owned(), json!(seen.status == UserStatus::Active));
    Ok(form)
}

/// Whether the directory told this address of a user, as one of theirs or as their userName.
///
/// # Errors
/// What is stored cannot be read.
pub fn has_told(seen: &Seen, email: &str) -> Result<bool, DbError> {
    let (form, key) = (form_of(seen)?, email_key(email));
    let told = Person::of(seen.id, &form).ok();
    Ok(told
        .is_some_and(|told| email_key(&told.email) == key || told.user_name_key == key || told.emails.contains(&key)))
}

/// A user as a resource.
///
/// # Errors
/// What is stored cannot be read.
pub fn resource(by: &Asker, seen: &Seen, groups: &[GroupOf]) -> Result<Value, DbError> {
    let mut form = form_of(seen)?;
    schema::remove_readonly(&mut form);
    let mut schemas = vec![USER];
    if form.contains_key(ENTERPRISE) {
        schemas.push(ENTERPRISE);
    }
    form.insert("schemas".to_owned(), json!(schemas));
    form.insert("id".to_owned(), json!(seen.id));
    // Of what can be changed, not of the groups beside it.
    let version = version(&form);
    if !groups.is_empty() {
        let group = |(id, name): &GroupOf| json!({ "value": id, "display": name, "type": "direct", "$ref": format!("{}/Groups/{id}", by.base) });
        form.insert("groups".to_owned(), groups.iter().map(group).collect());
    }
    let location = format!("{}/Users/{}", by.base, seen.id);
    let modified = seen.modified_at.unwrap_or(seen.created_at);
    form.insert("meta".to_owned(), meta("User", (seen.created_at, modified), location, version));
    Ok(Value::Object(form))
}

/// What is told about a resource.
pub fn meta(
    kind: &str,
    (created, modified): (DateTime<Utc>, DateTime<Utc>),
    location: String,
    version: String,
) -> Value {
    let text = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Millis, true);
    json!({
        "resourceType": kind, "created": text(created), "lastModified": text(modified), "location": location,
        "version": version,
    })
}

fn version(form: &Form) -> String {
    let digest = Sha256::digest(serde_json::to_vec(form).unwrap_or_default());
    format!("W/\"{}\"", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&digest[..12]))
}
