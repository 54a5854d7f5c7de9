//! Statements in PostgreSQL's form: each column of a set of rows becomes an array argument, which is far cheaper for
//! the server than extracting all fields from JSON.

use super::replace_calls;
use crate::db::Value;
use chrono::{DateTime, Utc};
use sqlx::{Postgres, postgres::PgArguments, query::Query};
use uuid::Uuid;

/// The text of a statement, and what its numbered arguments are bound to.
#[derive(Debug)]
pub struct PostgresSql {
    pub text: String,
    binds: Vec<Bind>,
}

/// What an argument is bound to: a given value, or a column of a given set. Given arguments are counted from 0.
#[derive(Clone, Debug, PartialEq)]
enum Bind {
    Whole(usize),
    Column { arg: usize, index: usize, name: String, kind: ColumnType },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ColumnType {
    Bool,
    Int,
    Text,
    Time,
    Id,
}

impl ColumnType {
    /// The type that `ROWS(…)` names by this word.
    fn of(word: &str) -> Self {
        match word {
            "uuid" => Self::Id,
            "time" => Self::Time,
            "int" => Self::Int,
            "boolean" => Self::Bool,
            _ => Self::Text,
        }
    }

    fn postgres_name(self) -> &'static str {
        match self {
            Self::Bool => "boolean",
            Self::Int => "bigint",
            Self::Text => "text",
            Self::Time => "timestamptz",
            Self::Id => "uuid",
        }
    }
}

#[derive(Default)]
struct Binds(Vec<Bind>);

/// Stands for the `$` of an argument that is numbered already.
const NUMBERED_MARK: char = '\u{1}';

impl Binds {
    /// The number of this argument, which is added if it is new.
    fn number(&mut self, bind: Bind) -> String {
        let at = self.0.iter().position(|known| *known == bind).unwrap_or_else(|| {
            self.0.push(bind);
            self.0.len() - 1
        });
        format!("{NUMBERED_MARK}{}", at + 1)
    }

    fn column(&mut self, arg: usize, index: usize, name: &str, kind: ColumnType) -> String {
        let number = self.number(Bind::Column { arg, index, name: name.to_owned(), kind });
        format!("{number}::{}[]", kind.postgres_name())
    }

    /// Renders `ROWS($1: id uuid, at time)`, given the text between its brackets.
    fn rows(&mut self, inside: &str) -> String {
        let (argument, columns) = inside.split_once(':').unwrap_or((inside, ""));
        let arg = arg_index(argument);
        let columns = columns.split(',').filter_map(|column| column.trim().split_once(' ')).enumerate();
        let (arrays, names): (Vec<_>, Vec<_>) = columns
            .map(|(index, (name, kind))| (self.column(arg, index, name, ColumnType::of(kind.trim())), name))
            .unzip();
        format!("unnest({}) AS given({})", arrays.join(", "), names.join(", "))
    }

    /// Renders `AMONG($1)`.
    fn among(&mut self, argument: &str) -> String {
        format!("= ANY ({})", self.column(arg_index(argument), 0, "id", ColumnType::Id))
    }
}

/// The index of `$1` among the arguments, from 0.
fn arg_index(text: &str) -> usize {
    text.trim().trim_start_matches('$').parse::<usize>().map_or(0, |number| number - 1)
}

impl PostgresSql {
    /// Renders the common form.
    pub fn of(source: &str) -> Self {
        let mut binds = Binds::default();
        let text = replace_calls(source, "ROWS(", |inside| binds.rows(inside));
        let text =
            replace_calls(&text, "AMONG(", |argument| binds.among(argument)).replace("CLOCK()", "clock_timestamp()");
        let text = replace_calls(&text, "LOG_TEXT(", str::to_owned);
        let text = replace_calls(&text, "ID_TEXT(", |id| format!("CAST({id} AS TEXT)"));
        let mut parts = text.split('$');
        let mut numbered = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (number, rest) = part.split_at(digits);
            numbered.push_str(&binds.number(Bind::Whole(arg_index(number))));
            numbered.push_str(rest);
        }
        Self { text: numbered.replace(NUMBERED_MARK, "$"), binds: binds.0 }
    }

    /// Binds the arguments.
    ///
    /// # Panics
    /// Panics if an argument has another type than the statement declares.
    pub fn bind<'q>(
        &self,
        mut query: Query<'q, Postgres, PgArguments>,
        args: &[Value],
    ) -> Query<'q, Postgres, PgArguments> {
        for bind in &self.binds {
            query = match bind {
                Bind::Whole(index) => bind_value(query, args.get(*index).unwrap_or(&Value::Text(None))),
                Bind::Column { arg, index, name, kind } => {
                    // Must not be treated as an empty set: data would be lost silently.
                    let Some(Value::Rows(rows)) = args.get(*arg) else { panic!("`{}` takes a set", self.text) };
                    bind_column(query, *kind, rows.iter().map(|row| row.at(*index, name)))
                }
            };
        }
        query
    }
}

fn bind_value<'q>(query: Query<'q, Postgres, PgArguments>, arg: &Value) -> Query<'q, Postgres, PgArguments> {
    match arg {
        Value::Bool(v) => query.bind(*v),
        Value::Int(v) => query.bind(*v),
        Value::Text(v) => query.bind(v.as_deref().map(without_nul)),
        Value::LogText(v) => query.bind(without_nul(v)),
        Value::Time(v) => query.bind(*v),
        Value::Id(v) => query.bind(*v),
        // Sets are bound by their columns.
        Value::Rows(_) => query.bind(None::<String>),
    }
}

fn bind_column<'q, 'a>(
    query: Query<'q, Postgres, PgArguments>,
    kind: ColumnType,
    values: impl Iterator<Item = &'a Value>,
) -> Query<'q, Postgres, PgArguments> {
    match kind {
        ColumnType::Bool => query.bind(values.map(bool_of).collect::<Vec<_>>()),
        ColumnType::Int => query.bind(values.map(int_of).collect::<Vec<_>>()),
        ColumnType::Text => query.bind(values.map(text_of).collect::<Vec<_>>()),
        ColumnType::Time => query.bind(values.map(time_of).collect::<Vec<_>>()),
        ColumnType::Id => query.bind(values.map(id_of).collect::<Vec<_>>()),
    }
}

/// Converters from a value to the declared type of its column. A value of another type is a bug and must not become
/// NULL.
macro_rules! converters {
    ($($name:ident: $kind:ident as $type:ty, $read:expr;)*) => {
        $(fn $name(value: &Value) -> Option<$type> {
            match value {
                Value::$kind(v) => $read(v),
                // An absent field.
                Value::Text(None) => None,
                other => panic!("{other:?} in a column of type {}", stringify!($type)),
            }
        })*
    };
}

converters! {
    bool_of: Bool as bool, |v: &Option<bool>| *v;
    int_of: Int as i64, |v: &Option<i64>| *v;
    time_of: Time as DateTime<Utc>, |v: &Option<DateTime<Utc>>| *v;
    id_of: Id as Uuid, |v: &Option<Uuid>| *v;
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Text(v) => v.as_deref().map(without_nul),
        Value::LogText(v) => Some(without_nul(v)),
        other => panic!("{other:?} in a column of type text"),
    }
}

/// PostgreSQL rejects text with NUL. Stored text has none, so a search for text with NUL finds nothing either way.
fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Fields;

    #[test]
    fn each_column_of_a_set_is_a_separate_argument() {
        let sql = PostgresSql::of(
            "SELECT id FROM ROWS($2: id uuid, at time) \
             WHERE at > $1 AND id AMONG($3) AND $1 < CLOCK() AND id AMONG($3) FOR UPDATE",
        );
        assert_eq!(
            sql.text,
            "SELECT id FROM unnest($1::uuid[], $2::timestamptz[]) AS given(id, at) \
             WHERE at > $4 AND id = ANY ($3::uuid[]) AND $4 < clock_timestamp() AND id = ANY ($3::uuid[]) FOR UPDATE"
        );
        let column = |arg, index, name: &str, kind| Bind::Column { arg, index, name: name.to_owned(), kind };
        let ids = column(2, 0, "id", ColumnType::Id);
        assert_eq!(
            sql.binds,
            [column(1, 0, "id", ColumnType::Id), column(1, 1, "at", ColumnType::Time), ids, Bind::Whole(0)]
        );
    }

    #[test]
    #[should_panic(expected = "takes a set")]
    fn a_value_that_is_no_set_is_not_taken_for_an_empty_set() {
        let sql = PostgresSql::of("DELETE FROM t WHERE id AMONG($1)");
        let _ = sql.bind(sqlx::query("DELETE FROM t"), &[Value::Text(None)]);
    }

    #[test]
    #[should_panic(expected = "in a column of type")]
    fn a_value_of_another_type_is_not_taken_for_null() {
        let sql = PostgresSql::of("DELETE FROM t WHERE id AMONG($1)");
        let row = Fields(vec![("id", Value::Int(Some(1)))]);
        let _ = sql.bind(sqlx::query("DELETE FROM t"), &[Value::Rows(vec![row])]);
    }

    #[test]
    fn a_set_that_is_used_twice_is_sent_once() {
        let sql = PostgresSql::of("SELECT id FROM t WHERE a IN (SELECT id FROM ROWS($1: id uuid)) OR b AMONG($1)");
        assert_eq!(
            sql.text,
            "SELECT id FROM t WHERE a IN (SELECT id FROM unnest($1::uuid[]) AS given(id)) OR b = ANY ($1::uuid[])"
        );
        assert_eq!(sql.binds.len(), 1);
    }
}
