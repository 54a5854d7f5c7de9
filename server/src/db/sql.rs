//! One text for both engines. The few places where the dialects part are written in a common form and drawn for each:
//!
//! - `ROWS($1: id uuid, at time)`: the rows of a JSON array of objects, given as text;
//! - `FOR UPDATE …`, at the end of a line: a row lock; SQLite has one writer at a time and needs none.

use sqlx::AssertSqlSafe;
use std::sync::OnceLock;

/// A statement.
#[derive(Debug)]
pub struct Sql {
    text: OnceLock<(String, String)>,
    source: fn() -> String,
}

impl Sql {
    /// A statement whose text is put together from parts that are all in this program.
    pub const fn new(source: fn() -> String) -> Self {
        Self { text: OnceLock::new(), source }
    }

    fn drawn(&self) -> &(String, String) {
        self.text.get_or_init(|| {
            let source = (self.source)();
            (draw(&source, &SQLITE), draw(&source, &POSTGRES))
        })
    }

    pub(super) fn sqlite(&self) -> AssertSqlSafe<&str> {
        AssertSqlSafe(&self.drawn().0)
    }

    pub(super) fn postgres(&self) -> AssertSqlSafe<&str> {
        AssertSqlSafe(&self.drawn().1)
    }
}

/// The statements of a store file: one static each, and `STATEMENTS`, which lists them for the test that prepares all.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $text:expr;)*) => {
        $($(#[$doc])* pub(crate) static $name: $crate::db::Sql = $crate::db::Sql::new(|| String::from($text));)*
        /// Every statement of this file.
        pub(crate) static STATEMENTS: &[(&str, &$crate::db::Sql)] = &[$((stringify!($name), &$name),)*];
    };
}
pub(crate) use statements;

struct Dialect {
    locks_rows: bool,
    rows: fn(parameter: &str, columns: &[(&str, &str)]) -> String,
}

static SQLITE: Dialect = Dialect {
    locks_rows: false,
    rows: |parameter, columns| {
        let fields: Vec<_> = columns.iter().map(|(name, _)| format!("value ->> '{name}' AS {name}")).collect();
        format!("(SELECT {} FROM json_each({parameter})) AS given", fields.join(", "))
    },
};

static POSTGRES: Dialect = Dialect {
    locks_rows: true,
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
    let mut text = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(start) = rest.find("ROWS(") {
        let inside = &rest[start + "ROWS(".len()..];
        let end = inside.find(')').unwrap_or(inside.len());
        let (parameter, columns) = inside[..end].split_once(':').unwrap_or((&inside[..end], ""));
        let columns: Vec<_> = columns.split(',').filter_map(|c| c.trim().split_once(' ')).collect();
        text.push_str(&rest[..start]);
        text.push_str(&(dialect.rows)(parameter.trim(), &columns));
        rest = inside.get(end + 1..).unwrap_or_default();
    }
    text.push_str(rest);
    if dialect.locks_rows {
        return text;
    }
    let without = text.lines().map(|line| line.split("FOR UPDATE").next().unwrap_or_default());
    without.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_is_drawn_for_both_engines() {
        let sql = Sql::new(|| "SELECT id FROM ROWS($1: id uuid, at time) WHERE at > $2 FOR UPDATE".into());
        assert_eq!(
            sql.drawn().0,
            "SELECT id FROM (SELECT value ->> 'id' AS id, value ->> 'at' AS at FROM json_each($1)) AS given WHERE at > $2 "
        );
        assert_eq!(
            sql.drawn().1,
            "SELECT id FROM jsonb_to_recordset($1::jsonb) AS given(id uuid, at timestamptz) WHERE at > $2 FOR UPDATE"
        );
    }
}
