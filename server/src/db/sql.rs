//! SQL statements with one text for both engines. Where the dialects differ, the text uses a common form, which is
//! rendered for each engine:
//!
//! - `ROWS($1: id uuid, at time)`: the rows of a set. SQLite gets them as a JSON array of objects, PostgreSQL as one
//!   array per column;
//! - `AMONG($1)`: equals one of the ids of a set;
//! - `ID_TEXT(id)`: an id as text, which differs between the engines, but never between two uses on one;
//! - `LOG_TEXT('session_ended')`: a kind of events in the form in which the log stores it;
//! - `CLOCK()`: the database server's current time. NULL on SQLite, which has none;
//! - `-- if $4`, at the end of a line: the line is included only if that argument is given (see [`optional_clauses`]);
//! - `FOR UPDATE …` and `FOR SHARE`, at the end of a line: a row lock. SQLite has one writer at a time and needs none.

mod columns;
mod optional_clauses;
mod postgres;

use super::{Value, log_text};
pub use columns::{ColumnDef, Columns, RowKind, select_kinds};
use postgres::PostgresSql;
use sqlx::{AssertSqlSafe, Postgres, postgres::PgArguments, query::Query};
use std::{
    borrow::Cow,
    collections::BTreeMap,
    sync::{Mutex, OnceLock, PoisonError},
};

/// A statement, whose text is rendered when it is first used.
#[derive(Debug)]
pub struct Sql {
    text: OnceLock<RenderedSql>,
    source: fn() -> String,
    on_postgres: Option<fn() -> String>,
    /// For a statement with optional lines: what it becomes, by the bit set of the arguments that are given.
    variants: Mutex<BTreeMap<u64, &'static Variant>>,
}

/// The texts of a statement for both engines.
#[derive(Debug)]
pub(super) struct RenderedSql {
    sqlite: String,
    postgres: PostgresSql,
    per_row: Option<PerRow>,
    has_optional: bool,
}

/// A statement with the optional lines that are included, and the indexes of the arguments that it takes.
#[derive(Debug)]
struct Variant {
    rendered: RenderedSql,
    arg_indexes: Vec<usize>,
}

/// The form for a single row of a statement whose only argument is a set of rows. On SQLite it is far cheaper to run it
/// for each row than to extract all rows from JSON.
#[derive(Debug)]
pub(super) struct PerRow {
    pub text: String,
    /// The columns of the row that are its arguments, in order.
    pub columns: Vec<String>,
}

impl PerRow {
    fn of(source: &str) -> Option<Self> {
        let returns_rows =
            ["SELECT", "WITH"].iter().any(|word| source.trim_start().starts_with(word)) || source.contains("RETURNING");
        if returns_rows {
            return None;
        }
        let (before, rest) = source.split_once("ROWS($1:")?;
        let (inside, after) = rest.split_once(')')?;
        if ["ROWS(", "AMONG(", "ID_TEXT(", "LOG_TEXT(", "$", "FOR UPDATE", "CLOCK("]
            .iter()
            .any(|more| before.contains(more) || after.contains(more))
        {
            return None;
        }
        let columns = inside.split(',').filter_map(|column| column.trim().split_once(' '));
        let columns: Vec<_> = columns.map(|(name, _)| name.to_owned()).collect();
        let text = match before.trim_end().strip_suffix("FROM") {
            Some(update) if !update.contains("SELECT") => {
                replace_qualified_columns(&columns, &format!("{update}{after}"))
            }
            Some(insert) if after.trim().is_empty() => match insert.split_once("SELECT ") {
                Some((into, values)) if into.trim_end().ends_with(')') => {
                    format!("{} VALUES ({})", into.trim_end(), replace_columns(&columns, values))
                }
                _ => format!("{before}({}) AS given", select_row(&columns)),
            },
            _ => format!("{before}({}) AS given{after}", select_row(&columns)),
        };
        Some(Self { text, columns })
    }
}

/// `SELECT ?1 AS …`: a query that returns one row with these columns.
fn select_row(columns: &[String]) -> String {
    let columns = columns.iter().enumerate().map(|(at, name)| format!("?{} AS {name}", at + 1));
    format!("SELECT {}", columns.collect::<Vec<_>>().join(", "))
}

/// Replaces the columns of the given row by its arguments, in a list of expressions.
fn replace_columns(columns: &[String], expressions: &str) -> String {
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

/// Replaces `given.column` by the argument of that column.
fn replace_qualified_columns(columns: &[String], statement: &str) -> String {
    let mut places: Vec<_> = columns.iter().enumerate().collect();
    // The longest first: a name may be the beginning of another one.
    places.sort_by_key(|(_, name)| std::cmp::Reverse(name.len()));
    places
        .into_iter()
        .fold(statement.to_owned(), |text, (at, name)| text.replace(&format!("given.{name}"), &format!("?{}", at + 1)))
}

impl Sql {
    /// A statement whose text is composed only of parts of this program.
    pub const fn new(source: fn() -> String) -> Self {
        Self { text: OnceLock::new(), source, on_postgres: None, variants: Mutex::new(BTreeMap::new()) }
    }

    /// A statement with another text for PostgreSQL, where that saves a round trip.
    pub const fn with_postgres_text(source: fn() -> String, on_postgres: fn() -> String) -> Self {
        Self { text: OnceLock::new(), source, on_postgres: Some(on_postgres), variants: Mutex::new(BTreeMap::new()) }
    }

    /// The text as written, followed by PostgreSQL's if it has its own; for tests that inspect statements.
    pub fn source(&self) -> String {
        [Some(self.source), self.on_postgres]
            .into_iter()
            .flatten()
            .map(|source| source())
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// SQLite's text with all optional lines, for tests that look at plans.
    #[cfg(test)]
    pub(crate) fn on_sqlite(&self) -> &str {
        self.rendered().on_sqlite()
    }

    /// SQLite's text for these arguments.
    #[cfg(test)]
    pub(crate) fn on_sqlite_with(&'static self, args: Vec<Value>) -> &'static str {
        self.render_for(args).0.on_sqlite()
    }

    /// The texts with all optional lines.
    pub(super) fn rendered(&self) -> &RenderedSql {
        self.text.get_or_init(|| {
            let source = (self.source)();
            if optional_clauses::has_optional(&source) {
                return RenderedSql {
                    has_optional: true,
                    ..RenderedSql::of(&optional_clauses::select(&source, |_| true).0, None)
                };
            }
            RenderedSql::of(&source, self.on_postgres.map(|source| source()))
        })
    }

    /// The texts for these arguments, and those of the arguments that they take.
    pub(super) fn render_for(&'static self, args: Vec<Value>) -> (&'static RenderedSql, Vec<Value>) {
        if !self.rendered().has_optional {
            return (self.rendered(), args);
        }
        let given = args.iter().enumerate().filter(|(_, arg)| arg.is_given());
        let given = given.fold(0, |bits, (index, _)| bits | 1 << index);
        let mut variants = self.variants.lock().unwrap_or_else(PoisonError::into_inner);
        // Leaked, as statics are: there are only as many as combinations of filters.
        let variant = *variants.entry(given).or_insert_with(|| Box::leak(Box::new(self.variant(given))));
        (&variant.rendered, variant.arg_indexes.iter().filter_map(|index| args.get(*index).cloned()).collect())
    }

    /// A query for PostgreSQL with its arguments bound.
    pub(super) fn postgres_query(&'static self, args: Vec<Value>) -> Query<'static, Postgres, PgArguments> {
        let (rendered, args) = self.render_for(args);
        rendered.postgres.bind(sqlx::query(rendered.on_postgres()), &args)
    }

    fn variant(&self, given: u64) -> Variant {
        let (text, arg_indexes) = optional_clauses::select(&(self.source)(), |number| given >> (number - 1) & 1 == 1);
        Variant { rendered: RenderedSql::of(&text, None), arg_indexes }
    }
}

impl RenderedSql {
    fn of(source: &str, on_postgres: Option<String>) -> Self {
        Self {
            sqlite: render_for_sqlite(source),
            postgres: PostgresSql::of(on_postgres.as_deref().unwrap_or(source)),
            per_row: PerRow::of(source),
            has_optional: false,
        }
    }

    pub(super) fn on_sqlite(&self) -> &str {
        &self.sqlite
    }

    pub(super) fn on_postgres(&'static self) -> AssertSqlSafe<Cow<'static, str>> {
        AssertSqlSafe(Cow::Borrowed(&self.postgres.text))
    }

    pub(super) fn per_row(&self) -> Option<&PerRow> {
        self.per_row.as_ref()
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

/// A statement with one text, or with its own text for PostgreSQL.
macro_rules! statement {
    ($text:expr) => {
        $crate::db::Sql::new(|| String::from($text))
    };
    ($text:expr, $other:expr) => {
        $crate::db::Sql::with_postgres_text(|| String::from($text), || String::from($other))
    };
}
pub(crate) use statement;

/// The row locks of PostgreSQL, which SQLite does not have.
const LOCKS: [&str; 2] = ["FOR UPDATE", "FOR SHARE"];

fn render_for_sqlite(source: &str) -> String {
    let rows = replace_calls(source, "ROWS(", |inside| {
        let (argument, columns) = inside.split_once(':').unwrap_or((inside, ""));
        let columns = columns.split(',').filter_map(|column| column.trim().split_once(' '));
        let fields: Vec<_> = columns.map(|(name, kind)| format!("{} AS {name}", json_field(name, kind))).collect();
        format!("(SELECT {} FROM json_each({})) AS given", fields.join(", "), argument.trim())
    });
    let among = |argument: &str| format!("IN (SELECT {} FROM json_each({argument}))", json_field("id", "uuid"));
    let text = replace_calls(&replace_calls(&rows, "AMONG(", among), "ID_TEXT(", |id| format!("lower(hex({id}))"));
    let text = replace_calls(&text, "LOG_TEXT(", log_text::shorten);
    let text = number_args(&text.replace("CLOCK()", "NULL"));
    let end = |line: &'_ str| LOCKS.iter().filter_map(|lock| line.find(lock)).min().unwrap_or(line.len());
    let without_locks = text.lines().map(|line| &line[..end(line)]);
    without_locks.collect::<Vec<_>>().join("\n")
}

/// The value of a column in the JSON of a set. Ids are hex there: compared with a blob, text is never equal, without
/// any error.
fn json_field(name: &str, kind: &str) -> String {
    if kind.trim() == "uuid" { format!("unhex(value ->> '{name}')") } else { format!("value ->> '{name}'") }
}

/// Replaces `$1` by `?1`: SQLite treats `$1` as a name and numbers names by their first use.
fn number_args(text: &str) -> String {
    let mut parts = text.split('$');
    let mut numbered = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        numbered.push(if part.starts_with(|c: char| c.is_ascii_digit()) { '?' } else { '$' });
        numbered.push_str(part);
    }
    numbered
}

/// Replaces each `NAME(…)`, with `name` including the opening bracket.
fn replace_calls(source: &str, name: &str, mut replace: impl FnMut(&str) -> String) -> String {
    let mut text = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(start) = rest.find(name) {
        let inside = &rest[start + name.len()..];
        let end = inside.find(')').unwrap_or(inside.len());
        text.push_str(&rest[..start]);
        text.push_str(&replace(&inside[..end]));
        rest = inside.get(end + 1..).unwrap_or_default();
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_as_the_only_argument_is_written_row_by_row_on_sqlite() {
        let text = |sql: &Sql| sql.rendered().per_row().map(|per_row| per_row.text.clone());
        let update = Sql::new(|| {
            "UPDATE t SET at = given.at, at_all = given.at_all FROM ROWS($1: id uuid, at time, at_all int) \
             WHERE t.id = given.id"
                .into()
        });
        assert_eq!(text(&update).as_deref(), Some("UPDATE t SET at = ?2, at_all = ?3  WHERE t.id = ?1"));
        let insert = Sql::new(|| {
            "INSERT INTO t (at, id)\n        SELECT at + (SELECT at_all FROM u), id\n        \
             FROM ROWS($1: id uuid, at time)"
                .into()
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
        assert!(more.rendered().per_row().is_none(), "a set beside other arguments is not split into rows");
    }

    #[test]
    fn on_sqlite_rows_come_from_json_and_locks_are_left_out() {
        let sql = Sql::new(|| "SELECT id FROM ROWS($1: id uuid, at time) WHERE at > $2 FOR UPDATE".into());
        assert_eq!(
            sql.rendered().sqlite,
            "SELECT id FROM (SELECT unhex(value ->> 'id') AS id, value ->> 'at' AS at FROM json_each(?1)) AS given \
             WHERE at > ?2 "
        );
        let shared = Sql::new(|| "SELECT id FROM t\n        FOR SHARE".into());
        assert_eq!(shared.rendered().sqlite.trim_end(), "SELECT id FROM t");
    }
}
