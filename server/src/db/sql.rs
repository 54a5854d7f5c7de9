//! One text for both engines. The few places where the dialects part are written in a common form and drawn for each:
//!
//! - `ROWS($1: id uuid, at time)`: the rows of a set. SQLite gets them as a JSON array of objects, PostgreSQL as an array for each
//!   column;
//! - `AMONG($1)`: equals one of the ids of a set;
//! - `CLOCK()`: the time at this moment, where the database has one of its own: SQLite's is that of this machine;
//! - `-- if $4`, at the end of a line: the line counts only if that argument is given (see [`choice`]);
//! - `FOR UPDATE …` and `FOR SHARE`, at the end of a line: a row lock; SQLite has one writer at a time and needs none.

mod choice;
mod postgres;

use super::Value;
use postgres::Asked;
use sqlx::{AssertSqlSafe, Postgres, postgres::PgArguments, query::Query};
use std::{
    borrow::Cow,
    collections::BTreeMap,
    sync::{Mutex, OnceLock, PoisonError},
};

/// A statement.
#[derive(Debug)]
pub struct Sql {
    text: OnceLock<Drawn>,
    source: fn() -> String,
    on_postgres: Option<fn() -> String>,
    /// If it has lines that count only with their arguments: the statements that come of it, by which are given.
    variants: Mutex<BTreeMap<u64, &'static Variant>>,
}

/// The texts of a statement.
#[derive(Debug)]
pub(super) struct Drawn {
    sqlite: String,
    postgres: Asked,
    spread: Option<Spread>,
    has_choices: bool,
}

/// A statement with those lines that count, and which arguments it takes.
#[derive(Debug)]
struct Variant {
    drawn: Drawn,
    places: Vec<usize>,
}

/// A statement whose only argument is a set of rows, for one row of it. On SQLite it is far cheaper to run that for each
/// row than to have all of them looked for in JSON.
#[derive(Debug)]
pub(super) struct Spread {
    pub text: String,
    /// What its arguments are called, in order.
    pub columns: Vec<String>,
}

impl Spread {
    fn of(source: &str) -> Option<Self> {
        let answers =
            ["SELECT", "WITH"].iter().any(|word| source.trim_start().starts_with(word)) || source.contains("RETURNING");
        if answers {
            return None;
        }
        let (before, rest) = source.split_once("ROWS($1:")?;
        let (inside, after) = rest.split_once(')')?;
        if ["ROWS(", "AMONG(", "$", "FOR UPDATE", "CLOCK("]
            .iter()
            .any(|more| before.contains(more) || after.contains(more))
        {
            return None;
        }
        let columns = inside.split(',').filter_map(|column| column.trim().split_once(' '));
        let columns: Vec<_> = columns.map(|(name, _)| name.to_owned()).collect();
        let text = match before.trim_end().strip_suffix("FROM") {
            Some(update) if !update.contains("SELECT") => named(&columns, &format!("{update}{after}")),
            Some(insert) if after.trim().is_empty() => match insert.split_once("SELECT ") {
                Some((into, values)) if into.trim_end().ends_with(')') => {
                    format!("{} VALUES ({})", into.trim_end(), alone(&columns, values))
                }
                _ => format!("{before}({}) AS given", row(&columns)),
            },
            _ => format!("{before}({}) AS given{after}", row(&columns)),
        };
        Some(Self { text, columns })
    }
}

/// A query of one row with these columns.
fn row(columns: &[String]) -> String {
    let columns = columns.iter().enumerate().map(|(at, name)| format!("?{} AS {name}", at + 1));
    format!("SELECT {}", columns.collect::<Vec<_>>().join(", "))
}

/// Puts the arguments where expressions name the columns of what is given.
fn alone(columns: &[String], expressions: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut text = String::with_capacity(expressions.len());
    let mut rest = expressions;
    while let Some(start) = rest.find(is_word) {
        let (between, from) = rest.split_at(start);
        let (word, after) = from.split_at(from.find(|c| !is_word(c)).unwrap_or(from.len()));
        text.push_str(between);
        match columns.iter().position(|column| column == word) {
            Some(at) => text.push_str(&format!("?{}", at + 1)),
            None => text.push_str(word),
        }
        rest = after;
    }
    text + rest
}

/// Puts the arguments where a statement speaks of the columns of what is given.
fn named(columns: &[String], statement: &str) -> String {
    let mut places: Vec<_> = columns.iter().enumerate().collect();
    // No name is taken for the beginning of a longer one.
    places.sort_by_key(|(_, name)| std::cmp::Reverse(name.len()));
    places
        .into_iter()
        .fold(statement.to_owned(), |text, (at, name)| text.replace(&format!("given.{name}"), &format!("?{}", at + 1)))
}

impl Sql {
    /// A statement whose text is put together from parts that are all in this program.
    pub const fn new(source: fn() -> String) -> Self {
        Self { text: OnceLock::new(), source, on_postgres: None, variants: Mutex::new(BTreeMap::new()) }
    }

    /// A statement with another text for PostgreSQL, where that saves a round trip.
    pub const fn two(source: fn() -> String, on_postgres: fn() -> String) -> Self {
        Self { text: OnceLock::new(), source, on_postgres: Some(on_postgres), variants: Mutex::new(BTreeMap::new()) }
    }

    /// Its text as it was written, with that for PostgreSQL if it has another; for tests that look what statements do.
    pub fn source(&self) -> String {
        [Some(self.source), self.on_postgres]
            .into_iter()
            .flatten()
            .map(|source| source())
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// Its texts, with all lines.
    pub(super) fn drawn(&self) -> &Drawn {
        self.text.get_or_init(|| {
            let source = (self.source)();
            if choice::has_choices(&source) {
                return Drawn { has_choices: true, ..Drawn::of(&choice::chosen(&source, |_| true).0, None) };
            }
            Drawn::of(&source, self.on_postgres.map(|source| source()))
        })
    }

    /// The texts for these arguments, and which of them it takes.
    pub(super) fn asked_with(&'static self, args: Vec<Value>) -> (&'static Drawn, Vec<Value>) {
        if !self.drawn().has_choices {
            return (self.drawn(), args);
        }
        let given = args.iter().enumerate().filter(|(_, arg)| arg.is_given());
        let given = given.fold(0, |bits, (place, _)| bits | 1 << place);
        let mut variants = self.variants.lock().unwrap_or_else(PoisonError::into_inner);
        // Kept for ever, as the statements themselves are: there are as many as there are combinations of filters.
        let variant = *variants.entry(given).or_insert_with(|| Box::leak(Box::new(self.variant(given))));
        (&variant.drawn, variant.places.iter().filter_map(|place| args.get(*place).cloned()).collect())
    }

    /// The statement with its arguments, for PostgreSQL.
    pub(super) fn asked_of_postgres(&'static self, args: Vec<Value>) -> Query<'static, Postgres, PgArguments> {
        let (drawn, args) = self.asked_with(args);
        drawn.postgres.bind(sqlx::query(drawn.on_postgres()), &args)
    }

    fn variant(&self, given: u64) -> Variant {
        let (text, places) = choice::chosen(&(self.source)(), |number| given >> (number - 1) & 1 == 1);
        Variant { drawn: Drawn::of(&text, None), places }
    }
}

impl Drawn {
    fn of(source: &str, on_postgres: Option<String>) -> Self {
        Self {
            sqlite: drawn_for_sqlite(source),
            postgres: Asked::of(on_postgres.as_deref().unwrap_or(source)),
            spread: Spread::of(source),
            has_choices: false,
        }
    }

    pub(super) fn on_sqlite(&self) -> &str {
        &self.sqlite
    }

    pub(super) fn on_postgres(&'static self) -> AssertSqlSafe<Cow<'static, str>> {
        AssertSqlSafe(Cow::Borrowed(&self.postgres.text))
    }

    pub(super) fn spread(&self) -> Option<&Spread> {
        self.spread.as_ref()
    }
}

/// The statements of a store file: one static each, and `STATEMENTS`, which lists them for the test that prepares all.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $text:expr $(, on_postgres: $other:expr)?;)*) => {
        $($(#[$doc])* pub(crate) static $name: $crate::db::Sql = $crate::db::statement!($text $(, $other)?);)*
        /// Every statement of this file.
        pub(crate) static STATEMENTS: &[(&str, &$crate::db::Sql)] = &[$((stringify!($name), &$name),)*];
    };
}
pub(crate) use statements;

/// One statement, with one text or two.
macro_rules! statement {
    ($text:expr) => {
        $crate::db::Sql::new(|| String::from($text))
    };
    ($text:expr, $other:expr) => {
        $crate::db::Sql::two(|| String::from($text), || String::from($other))
    };
}
pub(crate) use statement;

/// What locks rows on PostgreSQL.
const LOCKS: [&str; 2] = ["FOR UPDATE", "FOR SHARE"];

fn drawn_for_sqlite(source: &str) -> String {
    let rows = each(source, "ROWS(", |inside| {
        let (argument, columns) = inside.split_once(':').unwrap_or((inside, ""));
        let columns = columns.split(',').filter_map(|column| column.trim().split_once(' '));
        let fields: Vec<_> = columns.map(|(name, _)| format!("value ->> '{name}' AS {name}")).collect();
        format!("(SELECT {} FROM json_each({})) AS given", fields.join(", "), argument.trim())
    });
    let among = |argument: &str| format!("IN (SELECT value ->> 'id' FROM json_each({argument}))");
    let text = numbered(&each(&rows, "AMONG(", among).replace("CLOCK()", "NULL"));
    let bare = |line: &'_ str| LOCKS.iter().filter_map(|lock| line.find(lock)).min().unwrap_or(line.len());
    let without = text.lines().map(|line| &line[..bare(line)]);
    without.collect::<Vec<_>>().join("\n")
}

/// SQLite takes `$1` for a name, and numbers names in the order in which they come; `?1` says the number.
fn numbered(text: &str) -> String {
    let mut parts = text.split('$');
    let mut numbered = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        numbered.push(if part.starts_with(|c: char| c.is_ascii_digit()) { '?' } else { '$' });
        numbered.push_str(part);
    }
    numbered
}

/// Puts something in the place of each `NAME(…)`.
fn each(source: &str, name: &str, mut put: impl FnMut(&str) -> String) -> String {
    let mut text = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(start) = rest.find(name) {
        let inside = &rest[start + name.len()..];
        let end = inside.find(')').unwrap_or(inside.len());
        text.push_str(&rest[..start]);
        text.push_str(&put(&inside[..end]));
        rest = inside.get(end + 1..).unwrap_or_default();
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_that_is_the_only_argument_is_written_row_by_row_on_sqlite() {
        let text = |sql: &Sql| sql.drawn().spread().map(|spread| spread.text.clone());
        let update = Sql::new(|| {
            "UPDATE t SET at = given.at, at_all = given.at_all FROM ROWS($1: id uuid, at time, at_all int) WHERE t.id = given.id".into()
        });
        assert_eq!(text(&update).as_deref(), Some("UPDATE t SET at = ?2, at_all = ?3  WHERE t.id = ?1"));
        let insert = Sql::new(|| {
            "INSERT INTO t (at, id)\n        SELECT at + (SELECT at_all FROM u), id\n        FROM ROWS($1: id uuid, at time)".into()
        });
        assert_eq!(
            text(&insert).as_deref().map(str::trim_end),
            Some("INSERT INTO t (at, id) VALUES (?2 + (SELECT at_all FROM u), ?1\n        )")
        );
        let among = Sql::new(|| "UPDATE t SET at = 1 WHERE id IN (SELECT id FROM ROWS($1: id uuid))".into());
        assert_eq!(
            text(&among).as_deref(),
            Some("UPDATE t SET at = 1 WHERE id IN (SELECT id FROM (SELECT ?1 AS id) AS given)")
        );
        let more = Sql::new(|| "SELECT id FROM ROWS($1: id uuid) WHERE at > $2".into());
        assert!(more.drawn().spread().is_none(), "numbered arguments cannot stand beside the others");
    }

    #[test]
    fn sqlite_looks_for_the_rows_in_json_and_locks_none() {
        let sql = Sql::new(|| "SELECT id FROM ROWS($1: id uuid, at time) WHERE at > $2 FOR UPDATE".into());
        assert_eq!(
            sql.drawn().sqlite,
            "SELECT id FROM (SELECT value ->> 'id' AS id, value ->> 'at' AS at FROM json_each(?1)) AS given WHERE at > ?2 "
        );
        let shared = Sql::new(|| "SELECT id FROM t\n        FOR SHARE".into());
        assert_eq!(shared.drawn().sqlite.trim_end(), "SELECT id FROM t");
    }
}
