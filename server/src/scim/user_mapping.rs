//! Maps users between SCIM attributes and Seatkeeper's own records.

mod names;

use super::{
    client::ScimClient,
    error::{ScimError, ScimType},
    schema::{self, Attributes, ENTERPRISE_SCHEMA, USER_SCHEMA},
};
use crate::{
    db::DbError,
    store::directory_users::{DirectoryUser, DirectoryUserRecord, NamedGroup},
};
use base64::Engine as _;
use chrono::{DateTime, SecondsFormat, Utc};
use seatkeeper_shared::{
    ids::UserId,
    people::UserStatus,
    validate::{self, FieldError, MAX_NAME_CHARS, email_key, invisible},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// The longest userName and externalId, in bytes: both are indexed.
const MAX_KEY_BYTES: usize = 1_000;
/// The largest stored attributes of one user, in bytes of JSON.
pub const MAX_ATTRIBUTES_BYTES: usize = 512 * 1024;

/// The suffix of placeholder addresses, which cannot receive e-mail (RFC 2606 §2).
const PLACEHOLDER_SUFFIX: &str = "@no-address.invalid";

/// The part of a directory's user that Seatkeeper uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappedUser {
    pub name: String,
    /// The e-mail address; a placeholder if the directory sent none, or has soft-deleted the user.
    pub email: String,
    /// Whether the user is active, if the directory says so.
    pub active: Option<bool>,
    /// Whether the directory has soft-deleted the user, so that another user may have the address and the externalId.
    pub soft_deleted: bool,
    user_name_key: String,
    external_id: Option<String>,
    display_name: String,
    emails: Vec<String>,
    attributes: Attributes,
    attributes_json: String,
}

impl MappedUser {
    /// Maps canonical attributes. `is_active` applies if they do not contain `active`.
    ///
    /// # Errors
    /// Returns an error if the userName is missing, a value is too long, or the e-mail address contains an invisible
    /// character.
    pub fn from_attributes(id: UserId, attributes: &Attributes, is_active: bool) -> Result<Self, ScimError> {
        let text = |name: &str| attributes.get(name).and_then(Value::as_str);
        let user_name = text("userName").map(invisible::trimmed).filter(|name| !name.is_empty());
        let missing = || ScimError::bad_request(ScimType::InvalidValue, "userName is required.");
        let user_name = user_name.ok_or_else(missing)?;
        for (name, value) in [("userName", Some(user_name)), ("externalId", text("externalId"))] {
            if value.is_some_and(|value| value.len() > MAX_KEY_BYTES) {
                let detail = format!("{name} may have {MAX_KEY_BYTES} bytes at most.");
                return Err(ScimError::bad_request(ScimType::InvalidValue, detail));
            }
        }
        let mut stored = attributes.clone();
        stored.remove("active");
        let attributes_json = serde_json::to_string(&stored).unwrap_or_default();
        if attributes_json.len() > MAX_ATTRIBUTES_BYTES {
            let detail = format!("The attributes of a user may have {MAX_ATTRIBUTES_BYTES} bytes at most.");
            return Err(ScimError::bad_request(ScimType::InvalidValue, detail));
        }
        let display_name = names::display_name(attributes, user_name).unwrap_or(user_name.to_owned());
        let active = attributes.get("active").and_then(Value::as_bool);
        let is_suspended = !active.unwrap_or(is_active);
        let soft_deleted = is_suspended && starts_with_object_id(user_name);
        // A suspension always succeeds, whatever the address: older addresses may not pass today's validation.
        let address =
            address(attributes, user_name).or_else(|error| if is_suspended { Ok(None) } else { Err(error) })?;
        let address = address.filter(|_| !soft_deleted);
        Ok(Self {
            name: truncated_name(&display_name, user_name)?,
            email: address.unwrap_or_else(|| placeholder_email(id, if soft_deleted { "" } else { user_name })),
            active,
            soft_deleted,
            user_name_key: email_key(user_name),
            external_id: text("externalId").filter(|_| !soft_deleted).map(str::to_owned),
            display_name: text("displayName").unwrap_or_default().to_owned(),
            emails: addresses(attributes).map(email_key).collect(),
            attributes_json,
            attributes: stored,
        })
    }

    /// The stored record, beside name and address. `released_email` is the address that a soft-deleted user released.
    pub fn record(&self, released_email: Option<String>) -> DirectoryUserRecord {
        DirectoryUserRecord {
            user_name_key: self.user_name_key.clone(),
            external_id: self.external_id.clone(),
            display: self.display_name.clone(),
            emails: self.emails.clone(),
            attributes: self.attributes_json.clone(),
            released_email,
        }
    }

    /// Whether the stored attributes are the same.
    pub fn matches_stored(&self, stored: &DirectoryUser) -> bool {
        // Compare as JSON, since the order of fields may differ.
        stored
            .attributes
            .as_ref()
            .is_some_and(|text| serde_json::from_str(text).ok().as_ref() == Some(&self.attributes))
    }
}

/// Whether the userName is an e-mail address prefixed with an object id. Microsoft Entra ID renames users that it
/// soft-deletes for 30 days, so that the same person can be added again.
fn starts_with_object_id(user_name: &str) -> bool {
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

/// A valid name. A long one is truncated rather than refused, since the directory's admins could not change it.
fn truncated_name(display_name: &str, user_name: &str) -> Result<String, ScimError> {
    let clean: String = display_name.chars().filter(|c| !c.is_control()).take(MAX_NAME_CHARS).collect();
    let name =
        validate::name(&clean).or_else(|_| validate::name(&user_name.chars().take(MAX_NAME_CHARS).collect::<String>()));
    name.map_err(|error| ScimError::bad_request(ScimType::InvalidValue, format!("The name {error}.")))
}

fn addresses(attributes: &Attributes) -> impl Iterator<Item = &str> {
    let emails = attributes.get("emails").and_then(Value::as_array).into_iter().flatten();
    emails.filter_map(|email| email["value"].as_str())
}

/// The primary address, else the one for work, else any, else the userName if it is an address.
///
/// # Errors
/// Returns an error for an address with an invisible character: silently using another one would confuse admins.
fn address(attributes: &Attributes, user_name: &str) -> Result<Option<String>, ScimError> {
    let emails = attributes.get("emails").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let primary = emails.iter().find(|email| email["primary"] == true);
    let work = emails.iter().find(|email| email["type"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("work")));
    let all = primary.into_iter().chain(work).chain(emails).filter_map(|email| email["value"].as_str());
    for text in all.chain([user_name]) {
        match validate::email(text) {
            Ok(email) => return Ok(Some(email)),
            Err(error @ FieldError::InvisibleCharacter { .. }) => {
                return Err(ScimError::bad_request(ScimType::InvalidValue, format!("The e-mail address {error}.")));
            }
            Err(_) => {}
        }
    }
    Ok(None)
}

/// A placeholder address that cannot receive e-mail (RFC 2606 §2), for users without an address.
fn placeholder_email(id: UserId, user_name: &str) -> String {
    let plain =
        (1..=64).contains(&user_name.len()) && user_name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    format!("{}{PLACEHOLDER_SUFFIX}", if plain { user_name.to_owned() } else { id.to_string() })
}

/// The attributes of a user with `active`; built from the user's own record if no directory sent any.
///
/// # Errors
/// Returns an error if the stored attributes cannot be read.
pub fn attributes_of(stored: &DirectoryUser) -> Result<Attributes, DbError> {
    let mut attributes = match &stored.attributes {
        Some(text) => serde_json::from_str(text)
            .map_err(|e| DbError::Unreadable { column: "attributes".to_owned(), problem: e.to_string() })?,
        None => match json!({
            "userName": stored.email, "displayName": stored.name, "name": { "formatted": stored.name },
            "emails": [{ "value": stored.email, "type": "work", "primary": true }],
        }) {
            Value::Object(attributes) => attributes,
            _ => Attributes::new(),
        },
    };
    attributes.insert("active".to_owned(), json!(stored.status == UserStatus::Active));
    Ok(attributes)
}

/// Whether the directory reported this address for a user, as an e-mail address or as the userName.
///
/// # Errors
/// Returns an error if the stored attributes cannot be read.
pub fn reported_email(stored: &DirectoryUser, email: &str) -> Result<bool, DbError> {
    let (attributes, key) = (attributes_of(stored)?, email_key(email));
    let mapped = MappedUser::from_attributes(stored.id, &attributes, true).ok();
    Ok(mapped.is_some_and(|mapped| {
        email_key(&mapped.email) == key || mapped.user_name_key == key || mapped.emails.contains(&key)
    }))
}

/// The SCIM resource of a user.
///
/// # Errors
/// Returns an error if the stored attributes cannot be read.
pub fn resource(client: &ScimClient, stored: &DirectoryUser, groups: &[NamedGroup]) -> Result<Value, DbError> {
    let mut attributes = attributes_of(stored)?;
    schema::remove_read_only(&mut attributes);
    names::fill_in_name(&mut attributes, &stored.name);
    let mut schemas = vec![USER_SCHEMA];
    if attributes.contains_key(ENTERPRISE_SCHEMA) {
        schemas.push(ENTERPRISE_SCHEMA);
    }
    attributes.insert("schemas".to_owned(), json!(schemas));
    attributes.insert("id".to_owned(), json!(stored.id));
    // The version covers what a request can change, not the groups.
    let version = version(&attributes);
    if !groups.is_empty() {
        let group = |(id, name): &NamedGroup| {
            let url = format!("{}/Groups/{id}", client.base_url);
            json!({ "value": id, "display": name, "type": "direct", "$ref": url })
        };
        attributes.insert("groups".to_owned(), groups.iter().map(group).collect());
    }
    let location = format!("{}/Users/{}", client.base_url, stored.id);
    let modified = stored.modified_at.unwrap_or(stored.created_at);
    attributes.insert("meta".to_owned(), meta("User", (stored.created_at, modified), location, version));
    Ok(Value::Object(attributes))
}

/// The `meta` attribute of a resource.
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

/// Whether an address is a placeholder made up by [`MappedUser`].
pub fn is_placeholder_email(email: &str) -> bool {
    email.ends_with(PLACEHOLDER_SUFFIX)
}

fn version(attributes: &Attributes) -> String {
    let digest = Sha256::digest(serde_json::to_vec(attributes).unwrap_or_default());
    format!("W/\"{}\"", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&digest[..12]))
}
