//! The SQL. Each file starts with its statements, each one text for both engines.

pub mod access_reset;
pub mod account;
pub mod audit;
pub mod browser_sessions;
pub mod contracts;
pub mod credentials;
pub mod directories;
pub mod directory_drift;
pub mod directory_failures;
pub mod directory_groups;
pub mod directory_rules;
pub mod directory_users;
pub mod events;
pub mod forward_auth;
pub mod group_licenses;
pub mod groups;
pub mod heartbeats;
pub mod imports;
pub mod join;
pub mod lease_keys;
pub mod license_requests;
pub mod licenses;
pub mod manager_scope;
pub mod memberships;
pub mod oidc_identities;
pub mod overview;
pub mod pagination;
pub mod passkeys;
pub mod password_links;
pub mod provider_findings;
pub mod providers;
pub mod queue;
pub mod reports;
pub mod saved_views;
pub mod schema;
pub mod seals;
pub mod seats;
pub mod second_factors;
pub mod secrets;
pub mod sessions;
pub mod sign_in_tries;
pub mod sweeps;
pub mod unique_users;
pub mod user_deletion;
pub mod users;
pub mod wait_estimate;

use crate::db::{Fields, Sql, Value};

/// Every statement, named `file::STATEMENT`, for the test that has both engines prepare each of them.
pub fn statements() -> Vec<(String, &'static Sql)> {
    let files: &[(&str, &[(&str, &'static Sql)])] = &[
        ("access_reset", access_reset::STATEMENTS),
        ("account", account::STATEMENTS),
        ("audit", audit::STATEMENTS),
        ("heartbeats", heartbeats::STATEMENTS),
        ("overview", overview::STATEMENTS),
        ("lease_keys", lease_keys::STATEMENTS),
        ("contracts", contracts::STATEMENTS),
        ("credentials", credentials::STATEMENTS),
        ("user_deletion", user_deletion::STATEMENTS),
        ("directories", directories::STATEMENTS),
        ("directory_drift", directory_drift::STATEMENTS),
        ("directory_failures", directory_failures::STATEMENTS),
        ("directory_groups", directory_groups::STATEMENTS),
        ("directory_rules", directory_rules::STATEMENTS),
        ("directory_users", directory_users::STATEMENTS),
        ("events", events::STATEMENTS),
        ("forward_auth", forward_auth::STATEMENTS),
        ("group_licenses", group_licenses::STATEMENTS),
        ("groups", groups::STATEMENTS),
        ("oidc_identities", oidc_identities::STATEMENTS),
        ("imports", imports::STATEMENTS),
        ("imports/progress", imports::progress::STATEMENTS),
        ("join", join::STATEMENTS),
        ("license_requests", license_requests::STATEMENTS),
        ("licenses", licenses::STATEMENTS),
        ("password_links", password_links::STATEMENTS),
        ("memberships", memberships::STATEMENTS),
        ("passkeys", passkeys::STATEMENTS),
        ("wait_estimate", wait_estimate::STATEMENTS),
        ("provider_findings", provider_findings::STATEMENTS),
        ("providers", providers::STATEMENTS),
        ("queue", queue::STATEMENTS),
        ("reports", reports::STATEMENTS),
        ("reports/days", reports::days::STATEMENTS),
        ("reports/history", reports::history::STATEMENTS),
        ("reports/records", reports::records::STATEMENTS),
        ("reports/sessions", reports::sessions::STATEMENTS),
        ("reports/named_seats", reports::named_seats::STATEMENTS),
        ("reports/unused_seats", reports::unused_seats::STATEMENTS),
        ("saved_views", saved_views::STATEMENTS),
        ("schema", schema::STATEMENTS),
        ("manager_scope", manager_scope::STATEMENTS),
        ("seals", seals::STATEMENTS),
        ("seats", seats::STATEMENTS),
        ("seats/occupancy", seats::occupancy::STATEMENTS),
        ("seats/write", seats::write::STATEMENTS),
        ("second_factors", second_factors::STATEMENTS),
        ("secrets", secrets::STATEMENTS),
        ("sessions", sessions::STATEMENTS),
        ("sessions/list", sessions::list::STATEMENTS),
        ("sessions/list/by_name", sessions::list::by_name::STATEMENTS),
        ("sign_in_tries", sign_in_tries::STATEMENTS),
        ("browser_sessions", browser_sessions::STATEMENTS),
        ("sweeps", sweeps::STATEMENTS),
        ("unique_users", unique_users::STATEMENTS),
        ("users", users::STATEMENTS),
        ("users/list", users::list::STATEMENTS),
    ];
    files.iter().flat_map(|(file, all)| all.iter().map(move |(name, sql)| (format!("{file}::{name}"), *sql))).collect()
}

/// Rows as the argument of `ROWS(…)`.
fn set(rows: impl IntoIterator<Item = Fields>) -> Value {
    Value::Rows(rows.into_iter().collect())
}

/// Ids as the argument of `ROWS($1: id uuid)`.
fn ids(ids: impl IntoIterator<Item: Into<Value>>) -> Value {
    set(ids.into_iter().map(|id| Fields(vec![("id", id.into())])))
}

#[cfg(test)]
mod tests;
