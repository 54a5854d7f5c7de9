//! The SQL. Each file starts with its statements, in one text for both engines.

pub mod access_reset;
pub mod account;
pub mod audit;
pub mod beats;
pub mod borrow;
pub mod contracts;
pub mod credentials;
pub mod departed;
pub mod directories;
pub mod directory_drift;
pub mod directory_failures;
pub mod directory_groups;
pub mod directory_rules;
pub mod directory_users;
pub mod events;
pub mod gate;
pub mod group_licenses;
pub mod groups;
pub mod identities;
pub mod imports;
pub mod join;
pub mod licenses;
pub mod links;
pub mod list;
pub mod memberships;
pub mod passkeys;
pub mod prospects;
pub mod provider_findings;
pub mod providers;
pub mod queue;
pub mod schema;
pub mod scope;
pub mod seals;
pub mod seats;
pub mod second_factors;
pub mod secrets;
pub mod sessions;
pub mod sign_in_tries;
pub mod sign_ins;
pub mod sweeps;
pub mod user_changes;
pub mod users;

use crate::db::{Fields, Sql, Value};

/// Every statement of the product, by file, for the test that lets both engines prepare each.
pub fn statements() -> Vec<(String, &'static Sql)> {
    let files: &[(&str, &[(&str, &'static Sql)])] = &[
        ("access_reset", access_reset::STATEMENTS),
        ("account", account::STATEMENTS),
        ("audit", audit::STATEMENTS),
        ("beats", beats::STATEMENTS),
        ("borrow", borrow::STATEMENTS),
        ("contracts", contracts::STATEMENTS),
        ("credentials", credentials::STATEMENTS),
        ("departed", departed::STATEMENTS),
        ("directories", directories::STATEMENTS),
        ("directory_drift", directory_drift::STATEMENTS),
        ("directory_failures", directory_failures::STATEMENTS),
        ("directory_groups", directory_groups::STATEMENTS),
        ("directory_rules", directory_rules::STATEMENTS),
        ("directory_users", directory_users::STATEMENTS),
        ("events", events::STATEMENTS),
        ("gate", gate::STATEMENTS),
        ("group_licenses", group_licenses::STATEMENTS),
        ("groups", groups::STATEMENTS),
        ("identities", identities::STATEMENTS),
        ("imports", imports::STATEMENTS),
        ("imports/progress", imports::progress::STATEMENTS),
        ("join", join::STATEMENTS),
        ("licenses", licenses::STATEMENTS),
        ("links", links::STATEMENTS),
        ("memberships", memberships::STATEMENTS),
        ("passkeys", passkeys::STATEMENTS),
        ("prospects", prospects::STATEMENTS),
        ("provider_findings", provider_findings::STATEMENTS),
        ("providers", providers::STATEMENTS),
        ("queue", queue::STATEMENTS),
        ("schema", schema::STATEMENTS),
        ("scope", scope::STATEMENTS),
        ("seals", seals::STATEMENTS),
        ("seats", seats::STATEMENTS),
        ("seats/write", seats::write::STATEMENTS),
        ("second_factors", second_factors::STATEMENTS),
        ("secrets", secrets::STATEMENTS),
        ("sessions", sessions::STATEMENTS),
        ("sign_in_tries", sign_in_tries::STATEMENTS),
        ("sign_ins", sign_ins::STATEMENTS),
        ("sweeps", sweeps::STATEMENTS),
        ("user_changes", user_changes::STATEMENTS),
        ("users", users::STATEMENTS),
        ("users/list", users::list::STATEMENTS),
    ];
    files.iter().flat_map(|(file, all)| all.iter().map(move |(name, sql)| (format!("{file}::{name}"), *sql))).collect()
}

/// A set of rows, as the argument for `ROWS(…)`.
fn set(rows: impl IntoIterator<Item = Fields>) -> Value {
    Value::Rows(rows.into_iter().collect())
}

/// A set of ids, as the argument for `ROWS($1: id uuid)`.
fn ids(ids: impl IntoIterator<Item: Into<Value>>) -> Value {
    set(ids.into_iter().map(|id| Fields(vec![("id", id.into())])))
}
