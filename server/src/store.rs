//! The SQL. Each file starts with its statements, in one text for both engines.

pub mod account;
pub mod audit;
pub mod beats;
pub mod contracts;
pub mod credentials;
pub mod departed;
pub mod events;
pub mod gate;
pub mod groups;
pub mod imports;
pub mod join;
pub mod licenses;
pub mod links;
pub mod list;
pub mod prospects;
pub mod queue;
pub mod scope;
pub mod seals;
pub mod seats;
pub mod sessions;
pub mod sign_ins;
pub mod sweeps;
pub mod users;

use crate::db::{Fields, Sql, Value};

/// Every statement of the product, by file, for the test that lets both engines prepare each.
pub fn statements() -> Vec<(String, &'static Sql)> {
    let files: [(&str, &'static [(&str, &Sql)]); 24] = [
        ("account", account::STATEMENTS),
        ("audit", audit::STATEMENTS),
        ("beats", beats::STATEMENTS),
        ("contracts", contracts::STATEMENTS),
        ("credentials", credentials::STATEMENTS),
        ("departed", departed::STATEMENTS),
        ("events", events::STATEMENTS),
        ("gate", gate::STATEMENTS),
        ("groups", groups::STATEMENTS),
        ("imports", imports::STATEMENTS),
        ("join", join::STATEMENTS),
        ("licenses", licenses::STATEMENTS),
        ("links", links::STATEMENTS),
        ("prospects", prospects::STATEMENTS),
        ("queue", queue::STATEMENTS),
        ("scope", scope::STATEMENTS),
        ("seals", seals::STATEMENTS),
        ("seats", seats::STATEMENTS),
        ("seats/write", seats::write::STATEMENTS),
        ("sessions", sessions::STATEMENTS),
        ("sign_ins", sign_ins::STATEMENTS),
        ("sweeps", sweeps::STATEMENTS),
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
