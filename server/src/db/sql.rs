//! One text for both engines. The few places where the dialects part are written in a common form and drawn for each:
//!
//! - `ROWS($1: id uuid, at time)`: the rows of a JSON array of objects, given as text;
//! - `AMONG($1)`: equals one of the ids of a set; PostgreSQL then goes by the index, whatever it thinks of the set's size;
//! - `CLOCK()`: the time at this moment, where the database has one of its own: SQLite's is that of this machine;
//! - `FOR UPDATE …`, at the end of a line: a row lock; SQLite has one writer at a time and needs none.

use sqlx::AssertSqlSafe;
use std::sync::OnceLock;

/// A statement.
#[derive(Debug)]
pub struct Sql {
    text: OnceLock<Drawn>,
    source: fn() -> String,
    on_postgres: Option<fn() -> String>,
}

/// The texts of a statement.
#[derive(Debug)]
struct Drawn {
    sqlite: String,
    postgres: String,
    spread: Option<Spread>,
}

/// A statement whose only argument is a set of rows. On SQLite it is far cheaper to bind their columns one by one than to
/// have each looked for in JSON.
#[derive(Debug)]
pub(super) struct Spread {
    before: String,
    /// The columns, in order.
    pub columns: Vec<String>,
    after: String,
}

impl Spread {
    fn of(source: &str) -> Option<Self> {
        let (before, rest) = source.split_once("ROWS($1:")?;
        let (inside, after) = rest.split_once(')')?;
        if ["ROWS(", "AMONG(", "$", "FOR UPDATE", "CLOCK("]
            .iter()
            .any(|more| before.contains(more) || after.contains(more))
        {
            return None;
        }
        let columns = inside.split(',').filter_map(|column| column.trim().split_once(' '));
        let columns = columns.map(|(name, _)| name.to_owned()).collect();
        Some(Self { before: before.to_owned(), columns, after: after.to_owned() })
    }

    /// The statement for so many rows.
    pub fn text(&self, rows: usize) -> AssertSqlSafe<String> {
        let names = self.columns.iter().enumerate().map(|(at, name)| format!("column{} AS {name}", at + 1));
        let row = format!("({})", vec!["?"; self.columns.len()].join(","));
        let (names, rows) = (names.collect::<Vec<_>>().join(", "), vec![row.as_str(); rows].join(","));
        AssertSqlSafe(format!("{}(SELECT {names} FROM (VALUES {rows})) AS given{}", self.before, self.after))
    }
}

impl Sql {
    /// A statement whose text is put together from parts that are all in this program.
    pub const fn new(source: fn() -> String) -> Self {
        Self { text: OnceLock::new(), source, on_postgres: None }
    }

    /// A statement with another text for PostgreSQL, where that saves a round trip.
    pub const fn two(source: fn() -> String, on_postgres: fn() -> String) -> Self {
        Self { text: OnceLock::new(), source, on_postgres: Some(on_postgres) }
    }

    fn drawn(&self) -> &Drawn {
        self.text.get_or_init(|| {
            let source = (self.source)();
            let on_postgres = self.on_postgres.map(|source| source());
            Drawn {
                sqlite: draw(&source, &SQLITE),
                postgres: draw(on_postgres.as_ref().unwrap_or(&source), &POSTGRES),
                spread: Spread::of(&source),
            }
        })
    }

    pub(super) fn sqlite(&self) -> AssertSqlSafe<&str> {
        AssertSqlSafe(&self.drawn().sqlite)
    }

    pub(super) fn postgres(&self) -> AssertSqlSafe<&str> {
        AssertSqlSafe(&self.drawn().postgres)
    }

    pub(super) fn spread(&self) -> Option<&Spread> {
        self.drawn().spread.as_ref()
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

struct Dialect {
    locks_rows: bool,
    clock: &'static str,
    among: fn(parameter: &str) -> String,
    rows: fn(parameter: &str, columns: &[(&str, &str)]) -> String,
}

static SQLITE: Dialect = Dialect {
    locks_rows: false,
    clock: "NULL",
    among: |parameter| format!("IN (SELECT value ->> 'id' FROM json_each({parameter}))"),
    rows: |parameter, columns| {
        let fields: Vec<_> = columns.iter().map(|(name, _)| format!("value ->> '{name}' AS {name}")).collect();
        format!("(SELECT {} FROM json_each({parameter})) AS given", fields.join(", "))
    },
};

static POSTGRES: Dialect = Dialect {
    locks_rows: true,
    clock: "clock_timestamp()",
    among: |parameter| {
        format!("= ANY (ARRAY(SELECT (value ->> 'id')::uuid FROM jsonb_array_elements({parameter}::jsonb)))")
    },
    rows: |parameter, columns| {
        let fields: Vec<_> = columns
            .iter()
            .map(|(name, kind)| {
                let kind = match *kind {
                    "time" => "timestamptz",
                    "int" => "bigint",
                    other => other,
                };
                format!("{name} {kind}")
            })
            .collect();
        format!("jsonb_to_recordset({parameter}::jsonb) AS given({})", fields.join(", "))
    },
};

fn draw(source: &str, dialect: &Dialect) -> String {
    let rows = each(source, "ROWS(", |inside| {
        let (parameter, columns) = inside.split_once(':').unwrap_or((inside, ""));
        let columns: Vec<_> = columns.split(',').filter_map(|c| c.trim().split_once(' ')).collect();
        (dialect.rows)(parameter.trim(), &columns)
    });
    let text = each(&rows, "AMONG(", |parameter| (dialect.among)(parameter)).replace("CLOCK()", dialect.clock);
    if dialect.locks_rows {
        return text;
    }
    let without = text.lines().map(|line| line.split("FOR UPDATE").next().unwrap_or_default());
    without.collect::<Vec<_>>().join("\n")
}

/// Puts something in the place of each `NAME(…)`.
fn each(source: &str, name: &str, put: impl Fn(&str) -> String) -> String {
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
    use sqlx::SqlSafeStr as _;

    #[test]
    fn a_set_that_is_the_only_argument_is_spread_out_on_sqlite() {
        let sql =
            Sql::new(|| "UPDATE t SET at = given.at FROM ROWS($1: id uuid, at time) WHERE t.id = given.id".into());
        assert_eq!(
            sql.spread().map(|spread| spread.text(2).into_sql_str().as_str().to_owned()).as_deref(),
            Some(
                "UPDATE t SET at = given.at FROM (SELECT column1 AS id, column2 AS at FROM (VALUES (?,?),(?,?))) AS given \
                 WHERE t.id = given.id"
            )
        );
        let more = Sql::new(|| "SELECT id FROM ROWS($1: id uuid) WHERE at > $2".into());
        assert!(more.spread().is_none(), "numbered arguments cannot stand beside the others");
    }

    #[test]
    fn one_text_is_drawn_for_both_engines() {
        let sql = Sql::new(|| "SELECT id FROM ROWS($1: id uuid, at time) WHERE at > $2 FOR UPDATE".into());
        assert_eq!(
            sql.drawn().sqlite,
            "SELECT id FROM (SELECT value ->> 'id' AS id, value ->> 'at' AS at FROM json_each($1)) AS given WHERE at > $2 "
        );
        assert_eq!(
            sql.drawn().postgres,
            "SELECT id FROM jsonb_to_recordset($1::jsonb) AS given(id uuid, at timestamptz) WHERE at > $2 FOR UPDATE"
        );
    }
}
