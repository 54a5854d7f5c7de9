//! The words of the audit log: what happened, what it is about, the names of fields.

use crate::{format::Texts, i18n::*};
use seatkeeper_shared::audit::{Area, Door, Kind};

/// What happened. Every kind has its words, or this does not compile.
pub fn kind(i18n: Texts, kind: Kind) -> &'static str {
    match kind {
        Kind::AccountSetUp => t_string!(i18n, audit_kind.account_set_up),
        Kind::AuditPruned => t_string!(i18n, audit_kind.audit_pruned),
        Kind::SignedIn => t_string!(i18n, audit_kind.signed_in),
        Kind::SignInFailed => t_string!(i18n, audit_kind.sign_in_failed),
        Kind::SignedOut => t_string!(i18n, audit_kind.signed_out),
        Kind::TokenMade => t_string!(i18n, audit_kind.token_made),
        Kind::TokenDeleted => t_string!(i18n, audit_kind.token_deleted),
        Kind::UserAdded => t_string!(i18n, audit_kind.user_added),
        Kind::UserChanged => t_string!(i18n, audit_kind.user_changed),
        Kind::UserSuspended => t_string!(i18n, audit_kind.user_suspended),
        Kind::UserDeleted => t_string!(i18n, audit_kind.user_deleted),
        Kind::ImportStarted => t_string!(i18n, audit_kind.import_started),
        Kind::ImportEnded => t_string!(i18n, audit_kind.import_ended),
        Kind::LocaleChanged => t_string!(i18n, audit_kind.locale_changed),
        Kind::GroupAdded => t_string!(i18n, audit_kind.group_added),
        Kind::GroupChanged => t_string!(i18n, audit_kind.group_changed),
        Kind::GroupDeleted => t_string!(i18n, audit_kind.group_deleted),
        Kind::GroupManagersChanged => t_string!(i18n, audit_kind.group_managers_changed),
        Kind::GroupMemberAdded => t_string!(i18n, audit_kind.group_member_added),
        Kind::GroupMemberRemoved => t_string!(i18n, audit_kind.group_member_removed),
        Kind::GroupLimitsChanged => t_string!(i18n, audit_kind.group_limits_changed),
        Kind::ProductAdded => t_string!(i18n, audit_kind.product_added),
        Kind::ProductChanged => t_string!(i18n, audit_kind.product_changed),
        Kind::LicenseAdded => t_string!(i18n, audit_kind.license_added),
        Kind::LicenseChanged => t_string!(i18n, audit_kind.license_changed),
        Kind::LicenseTermsChanged => t_string!(i18n, audit_kind.license_terms_changed),
        Kind::LicenseExpiring => t_string!(i18n, audit_kind.license_expiring),
        Kind::SeatsChanged => t_string!(i18n, audit_kind.seats_changed),
        Kind::LicenseGranted => t_string!(i18n, audit_kind.license_granted),
        Kind::LicenseRevoked => t_string!(i18n, audit_kind.license_revoked),
        Kind::SessionCreated => t_string!(i18n, audit_kind.session_created),
        Kind::SessionConnected => t_string!(i18n, audit_kind.session_connected),
        Kind::SessionRefused => t_string!(i18n, audit_kind.session_refused),
        Kind::SessionEnded => t_string!(i18n, audit_kind.session_ended),
        Kind::SessionEndAnnounced => t_string!(i18n, audit_kind.session_end_announced),
        Kind::SessionEndCalledOff => t_string!(i18n, audit_kind.session_end_called_off),
        Kind::SessionIdle => t_string!(i18n, audit_kind.session_idle),
        Kind::SessionIdleCalledOff => t_string!(i18n, audit_kind.session_idle_called_off),
        Kind::SessionProtected => t_string!(i18n, audit_kind.session_protected),
        Kind::CoolDownStarted => t_string!(i18n, audit_kind.cool_down_started),
        Kind::TicketTaken => t_string!(i18n, audit_kind.ticket_taken),
        Kind::TicketOffered => t_string!(i18n, audit_kind.ticket_offered),
        Kind::TicketOfferTakenBack => t_string!(i18n, audit_kind.ticket_offer_taken_back),
        Kind::TicketMoved => t_string!(i18n, audit_kind.ticket_moved),
        Kind::TicketOver => t_string!(i18n, audit_kind.ticket_over),
    }
}

/// What something is about.
pub fn area(i18n: Texts, area: Area) -> &'static str {
    match area {
        Area::Access => t_string!(i18n, audit_area.access),
        Area::Users => t_string!(i18n, audit_area.users),
        Area::Groups => t_string!(i18n, audit_area.groups),
        Area::Licenses => t_string!(i18n, audit_area.licenses),
        Area::Sessions => t_string!(i18n, audit_area.sessions),
        Area::Queue => t_string!(i18n, audit_area.queue),
        Area::Account => t_string!(i18n, audit_area.account),
    }
}

/// Through which door.
pub fn door(i18n: Texts, door: Door) -> &'static str {
    match door {
        Door::App => t_string!(i18n, audit.door_app),
        Door::Api => t_string!(i18n, audit.door_api),
        Door::Scim => t_string!(i18n, audit.door_scim),
        Door::Import => t_string!(i18n, audit.door_import),
        Door::System => t_string!(i18n, audit.door_system),
    }
}

/// The name of a field; what has none yet is shown as it is.
pub fn field(i18n: Texts, name: &str) -> String {
    let words = match name {
        "account" => t_string!(i18n, audit_field.account),
        "archived" => t_string!(i18n, audit_field.archived),
        "before" => t_string!(i18n, audit_field.before),
        "billing_contact" => t_string!(i18n, audit_field.billing_contact),
        "code" => t_string!(i18n, audit_field.code),
        "cool_down_seconds" => t_string!(i18n, audit_field.cool_down_seconds),
        "days" => t_string!(i18n, audit_field.days),
        "device" => t_string!(i18n, audit_field.device),
        "email" => t_string!(i18n, audit_field.email),
        "ends_at" => t_string!(i18n, audit_field.ends_at),
        "events" => t_string!(i18n, audit_field.events),
        "expires_at" => t_string!(i18n, audit_field.expires_at),
        "hash" => t_string!(i18n, audit_field.hash),
        "idle_ends_connected" => t_string!(i18n, audit_field.idle_ends_connected),
        "idle_seconds" => t_string!(i18n, audit_field.idle_seconds),
        "idle_warning_seconds" => t_string!(i18n, audit_field.idle_warning_seconds),
        "import" => t_string!(i18n, audit_field.import),
        "key_seconds" => t_string!(i18n, audit_field.key_seconds),
        "lease_seconds" => t_string!(i18n, audit_field.lease_seconds),
        "limited_to_groups" => t_string!(i18n, audit_field.limited_to_groups),
        "limits" => t_string!(i18n, audit_field.limits),
        "locale" => t_string!(i18n, audit_field.locale),
        "managers" => t_string!(i18n, audit_field.managers),
        "manages" => t_string!(i18n, audit_field.manages),
        "message" => t_string!(i18n, audit_field.message),
        "mode" => t_string!(i18n, audit_field.mode),
        "model" => t_string!(i18n, audit_field.model),
        "name" => t_string!(i18n, audit_field.name),
        "notes" => t_string!(i18n, audit_field.notes),
        "offer_seconds" => t_string!(i18n, audit_field.offer_seconds),
        "order_number" => t_string!(i18n, audit_field.order_number),
        "overdraft" => t_string!(i18n, audit_field.overdraft),
        "permissions" => t_string!(i18n, audit_field.permissions),
        "place" => t_string!(i18n, audit_field.place),
        "platform" => t_string!(i18n, audit_field.platform),
        "position" => t_string!(i18n, audit_field.position),
        "price_per_seat" => t_string!(i18n, audit_field.price_per_seat),
        "product" => t_string!(i18n, audit_field.product),
        "protected" => t_string!(i18n, audit_field.protected),
        "reason" => t_string!(i18n, audit_field.reason),
        "rows" => t_string!(i18n, audit_field.rows),
        "role" => t_string!(i18n, audit_field.role),
        "seat_rule" => t_string!(i18n, audit_field.seat_rule),
        "seats" => t_string!(i18n, audit_field.seats),
        "second_device" => t_string!(i18n, audit_field.second_device),
        "session" => t_string!(i18n, audit_field.session),
        "slug" => t_string!(i18n, audit_field.slug),
        "starts_at" => t_string!(i18n, audit_field.starts_at),
        "state" => t_string!(i18n, audit_field.state),
        "status" => t_string!(i18n, audit_field.status),
        "ticket" => t_string!(i18n, audit_field.ticket),
        "time_zone" => t_string!(i18n, audit_field.time_zone),
        "until" => t_string!(i18n, audit_field.until),
        other => other,
    };
    words.to_owned()
}
