//! Between a user as a directory tells of him and a user as Seatkeeper knows him.

mod names;

use super::{
    fail::{Fail, Type},
    request::Asker,
    schema::{self, ENTERPRISE, Form, USER},
};
use crate::{
    db::DbError,
    store::directory_users::{GroupOf, Record, Seen},
};
use base64::Engine as _;
use chrono::{DateTime, SecondsFormat, Utc};
use seatkeeper_shared::{
    ids::UserId,
    people::UserStatus,
    validate::{self, FieldError, MAX_NAME, email_key, invisible},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// The longest userName and externalId, in bytes: both stand in indexes.
const MAX_KEY_BYTES: usize = 1_000;
/// The most that is kept of the attributes of one user, in bytes of JSON.
pub const MAX_ATTRIBUTES_BYTES: usize = 512 * 1024;

/// How addresses end to which nothing can be sent (RFC 2606 §2).
const NOWHERE: &str = "@no-address.invalid";

/// What Seatkeeper needs to know of a user whom a directory tells of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Name.
    pub name: String,
    /// E-mail address; one that leads nowhere if the directory tells none, or has deleted the user for the time being.
    pub email: String,
    /// Whether the user is active, if the directory says so.
    pub active: Option<bool>,
    /// Whether the directory has deleted the user for the time being, so that somebody else may have the address and the externalId.
    pub soft_deleted: bool,
    user_name_key: String,
    external_id: Option<String>,
    display: String,
    emails: Vec<String>,
    attributes: Form,
    written: String,
}

impl Person {
    /// Reads the attributes, which are in form, of a user who is active or not if they do not say so.
    ///
    /// # Errors
    /// The userName is missing, or something is too long.
    pub fn of(id: UserId, form: &Form, is_active: bool) -> Result<Self, Fail> {
        let text = |name: &str| form.get(name).and_then(Value::as_str);
        let user_name = text("userName").map(invisible::trimmed).filter(|name| !name.is_empty());
        let user_name = user_name.ok_or_else(|| Fail::bad(Type::InvalidValue, "userName must be there."))?;
        for (name, value) in [("userName", Some(user_name)), ("externalId", text("externalId"))] {
            if value.is_some_and(|value| value.len() > MAX_KEY_BYTES) {
                return Err(Fail::bad(Type::InvalidValue, format!("{name} may have {MAX_KEY_BYTES} bytes at most.")));
            }
        }
        let mut attributes = form.clone();
        attributes.remove("active");
        let written = serde_json::to_string(&attributes).unwrap_or_default();
        if written.len() > MAX_ATTRIBUTES_BYTES {
            let most = format!("The attributes of a user may have {MAX_ATTRIBUTES_BYTES} bytes at most.");
            return Err(Fail::bad(Type::InvalidValue, most));
        }
        let display = names::called(form, user_name).unwrap_or(user_name.to_owned());
        let active = form.get("active").and_then(Value::as_bool);
        let is_suspended = !active.unwrap_or(is_active);
        let soft_deleted = is_suspended && begins_with_an_object_id(user_name);
        // Whoever leaves is let go, whatever their address: some were stored before it was looked at so closely.
        let address = address(form, user_name).or_else(|wrong| if is_suspended { Ok(None) } else { Err(wrong) })?;
        let address = address.filter(|_| !soft_deleted);
        Ok(Self {
            name: short(&display, user_name)?,
            email: address.unwrap_or_else(|| nowhere(id, if soft_deleted { "" } else { user_name })),
            active,
            soft_deleted,
            user_name_key: email_key(user_name),
            external_id: text("externalId").filter(|_| !soft_deleted).map(str::to_owned),
            display: text("displayName").unwrap_or_default().to_owned(),
            emails: addresses(form).map(email_key).collect(),
            written,
            attributes,
        })
    }

    /// What is stored of the user beside name and address; and the address that the user gave free, if they did.
    pub fn record(&self, released_email: Option<String>) -> Record {
        Record {
            user_name_key: self.user_name_key.clone(),
            external_id: self.external_id.clone(),
            display: self.display.clone(),
            emails: self.emails.clone(),
            attributes: self.written.clone(),
            released_email,
        }
    }

    /// Whether this was told before.
    pub fn is_as(&self, seen: &Seen) -> bool {
        // In whatever order it was told.
        seen.attributes.as_ref().is_some_and(|text| serde_json::from_str(text).ok().as_ref() == Some(&self.attributes))
    }
}

/// Whether an object id stands in front of the address: so Microsoft Entra ID renames whom it deletes for 30 days, so that the same
/// person can be added again.
fn begins_with_an_object_id(user_name: &str) -> bool {
    let (mut digits, mut rest) = (0, user_name);
    while digits < 32 {
        let Some(first) = rest.chars().next() else { return false };
        match first {
            '-' if [8, 12, 16, 20].contains(&digits) => {}
            digit if digit.is_ascii_hexdigit() => digits += 1,
            _ => return false,
        }
        rest = &rest[1..];
    }
    validate::email(rest).is_ok()
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
///
/// # Errors
/// One in which stands what nobody sees: another would be taken in its place, and nobody would know why.
fn address(form: &Form, user_name: &str) -> Result<Option<String>, Fail> {
    let emails = form.get("emails").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let primary = emails.iter().find(|email| email["primary"] == true);
    let work = emails.iter().find(|email| email["type"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("work")));
    let all = primary.into_iter().chain(work).chain(emails).filter_map(|email| email["value"].as_str());
    for text in all.chain([user_name]) {
        match validate::email(text) {
            Ok(email) => return Ok(Some(email)),
            Err(wrong @ FieldError::InvisibleCharacter { .. }) => {
                return Err(Fail::bad(Type::InvalidValue, format!("The e-mail address {wrong}.")));
            }
            Err(_) => {}
        }
    }
    Ok(None)
}

/// An address to which nothing can be sent (RFC 2606 §2), for those of whom the directory tells none.
fn nowhere(id: UserId, user_name: &str) -> String {
    let plain =
        (1..=64).contains(&user_name.len()) && user_name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    format!("{}{NOWHERE}", if plain { user_name.to_owned() } else { id.to_string() })
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
    let told = Person::of(seen.id, &form, true).ok();
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
    names::complete(&mut form, &seen.name);
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

/// Whether an address is one that [`Person`] made up for this user.
pub fn leads_nowhere(email: &str) -> bool {
    email.ends_with(NOWHERE)
}

fn version(form: &Form) -> String {
    let digest = Sha256::digest(serde_json::to_vec(form).unwrap_or_default());
    format!("W/\"{}\"", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&digest[..12]))
}
