//! A statement as PostgreSQL gets it: each column of a set of rows is an argument of its own, an array. That takes the server far
//! less than to look for all fields in JSON.

use super::each;
use crate::db::Value;
use chrono::{DateTime, Utc};
use sqlx::{Postgres, postgres::PgArguments, query::Query};
use uuid::Uuid;

/// A statement, and what its arguments are.
#[derive(Debug)]
pub struct Asked {
    pub text: String,
    binds: Vec<Bind>,
}

/// An argument: one that was given, or a column of it. Arguments are counted from 0.
#[derive(Clone, Debug, PartialEq)]
enum Bind {
    Whole(usize),
    Column { of: usize, place: usize, name: String, kind: Kind },
}

/// What stands in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Bool,
    Int,
    Text,
    Time,
    Id,
}

impl Kind {
    fn of(word: &str) -> Self {
        match word {
            "uuid" => Self::Id,
            "time" => Self::Time,
            "int" => Self::Int,
            "boolean" => Self::Bool,
            _ => Self::Text,
        }
    }

    fn in_postgres(self) -> &'static str {
        match self {
            Self::Bool => "boolean",
            Self::Int => "bigint",
            Self::Text => "text",
            Self::Time => "timestamptz",
            Self::Id => "uuid",
        }
    }
}

/// The arguments so far.
#[derive(Default)]
struct Binds(Vec<Bind>);

/// Stands for the `$` of an argument that has its number already.
const NUMBERED: char = '\u{1}';

impl Binds {
    /// The argument, which is a new one only if it is not there yet.
    fn number(&mut self, bind: Bind) -> String {
        let at = self.0.iter().position(|known| *known == bind).unwrap_or_else(|| {
            self.0.push(bind);
            self.0.len() - 1
        });
        format!("{NUMBERED}{}", at + 1)
    }

    fn column(&mut self, of: usize, place: usize, name: &str, kind: Kind) -> String {
        let number = self.number(Bind::Column { of, place, name: name.to_owned(), kind });
        format!("{number}::{}[]", kind.in_postgres())
    }

    /// `ROWS($1: id uuid, at time)`, or what stands between its brackets.
    fn rows(&mut self, inside: &str) -> String {
        let (argument, columns) = inside.split_once(':').unwrap_or((inside, ""));
        let of = argument_of(argument);
        let columns = columns.split(',').filter_map(|column| column.trim().split_once(' ')).enumerate();
        let (arrays, names): (Vec<_>, Vec<_>) =
            columns.map(|(place, (name, kind))| (self.column(of, place, name, Kind::of(kind.trim())), name)).unzip();
        format!("unnest({}) AS given({})", arrays.join(", "), names.join(", "))
    }

    /// `AMONG($1)`.
    fn among(&mut self, argument: &str) -> String {
        format!("= ANY ({})", self.column(argument_of(argument), 0, "id", Kind::Id))
    }
}

/// Which argument `$1` is.
fn argument_of(text: &str) -> usize {
    text.trim().trim_start_matches('$').parse::<usize>().map_or(0, |number| number - 1)
}

impl Asked {
    /// Draws the common form.
    pub fn of(source: &str) -> Self {
        let mut binds = Binds::default();
        let text = each(source, "ROWS(", |inside| binds.rows(inside));
        let text = each(&text, "AMONG(", |argument| binds.among(argument)).replace("CLOCK()", "clock_timestamp()");
        let mut parts = text.split('$');
        let mut numbered = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (number, rest) = part.split_at(digits);
            numbered.push_str(&binds.number(Bind::Whole(argument_of(number))));
            numbered.push_str(rest);
        }
        Self { text: numbered.replace(NUMBERED, "$"), binds: binds.0 }
    }

    /// Gives a statement its arguments.
    pub fn bind<'q>(
        &self,
        mut query: Query<'q, Postgres, PgArguments>,
        args: &[Value],
    ) -> Query<'q, Postgres, PgArguments> {
        for bind in &self.binds {
            query = match bind {
                Bind::Whole(at) => whole(query, args.get(*at).unwrap_or(&Value::Text(None))),
                Bind::Column { of, place, name, kind } => {
                    // Nothing else may pass for an empty set: what was to be written would be lost without a word.
                    let Some(Value::Rows(rows)) = args.get(*of) else { panic!("`{}` takes a set", self.text) };
                    column(query, *kind, rows.iter().map(|row| row.at(*place, name)))
                }
            };
        }
        query
    }
}

fn whole<'q>(query: Query<'q, Postgres, PgArguments>, arg: &Value) -> Query<'q, Postgres, PgArguments> {
    match arg {
        Value::Bool(v) => query.bind(*v),
        Value::Int(v) => query.bind(*v),
        Value::Text(v) => query.bind(v.as_deref().map(without_nul)),
        Value::Time(v) => query.bind(*v),
        Value::Id(v) => query.bind(*v),
        // No statement takes a set but by its columns.
        Value::Rows(_) => query.bind(None::<String>),
    }
}

fn column<'q, 'a>(
    query: Query<'q, Postgres, PgArguments>,
    kind: Kind,
    values: impl Iterator<Item = &'a Value>,
) -> Query<'q, Postgres, PgArguments> {
    match kind {
        Kind::Bool => query.bind(values.map(bool_of).collect::<Vec<_>>()),
        Kind::Int => query.bind(values.map(int_of).collect::<Vec<_>>()),
        Kind::Text => query.bind(values.map(text_of).collect::<Vec<_>>()),
        Kind::Time => query.bind(values.map(time_of).collect::<Vec<_>>()),
        Kind::Id => query.bind(values.map(id_of).collect::<Vec<_>>()),
    }
}

/// Each column says what stands in it. What is of another type is a fault in the program, which is not to pass for nothing.
macro_rules! of_kind {
    ($($name:ident: $kind:ident as $type:ty, $read:expr;)*) => {
        $(fn $name(value: &Value) -> Option<$type> {
            match value {
                Value::$kind(v) => $read(v),
                // An absent field.
                Value::Text(None) => None,
                other => panic!("{other:?} stands in a column of {}", stringify!($type)),
            }
        })*
    };
}

of_kind! {
    bool_of: Bool as bool, |v: &Option<bool>| *v;
    int_of: Int as i64, |v: &Option<i64>| *v;
    time_of: Time as DateTime<Utc>, |v: &Option<DateTime<Utc>>| *v;
    id_of: Id as Uuid, |v: &Option<Uuid>| *v;
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Text(v) => v.as_deref().map(without_nul),
        other => panic!("{other:?} stands in a column of text"),
    }
}

/// PostgreSQL knows no NUL in text and would fail. What is stored has none, so what is looked for with one is not there.
fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Fields;

    #[test]
    fn each_column_of_a_set_is_an_argument_of_its_own() {
        let asked = Asked::of(
            "SELECT id FROM ROWS($2: id uuid, at time) WHERE at > $1 AND id AMONG($3) AND $1 < CLOCK() AND id AMONG($3) FOR UPDATE",
        );
        assert_eq!(
            asked.text,
            "SELECT id FROM unnest($1::uuid[], $2::timestamptz[]) AS given(id, at) WHERE at > $4 AND id = ANY ($3::uuid[]) \
             AND $4 < clock_timestamp() AND id = ANY ($3::uuid[]) FOR UPDATE"
        );
        let column = |of, place, name: &str, kind| Bind::Column { of, place, name: name.to_owned(), kind };
        let ids = column(2, 0, "id", Kind::Id);
        assert_eq!(asked.binds, [column(1, 0, "id", Kind::Id), column(1, 1, "at", Kind::Time), ids, Bind::Whole(0)]);
    }

    #[test]
    #[should_panic(expected = "takes a set")]
    fn what_is_no_set_does_not_pass_for_an_empty_one() {
        let asked = Asked::of("DELETE FROM t WHERE id AMONG($1)");
        let _ = asked.bind(sqlx::query("DELETE FROM t"), &[Value::Text(None)]);
    }

    #[test]
    #[should_panic(expected = "stands in a column of")]
    fn what_is_of_another_type_does_not_pass_for_nothing() {
        let asked = Asked::of("DELETE FROM t WHERE id AMONG($1)");
        let row = Fields(vec![("id", Value::Int(Some(1)))]);
        let _ = asked.bind(sqlx::query("DELETE FROM t"), &[Value::Rows(vec![row])]);
    }

    #[test]
    fn a_set_that_is_asked_for_twice_is_sent_once() {
        let asked = Asked::of("SELECT id FROM t WHERE a IN (SELECT id FROM ROWS($1: id uuid)) OR b AMONG($1)");
        assert_eq!(
            asked.text,
            "SELECT id FROM t WHERE a IN (SELECT id FROM unnest($1::uuid[]) AS given(id)) OR b = ANY ($1::uuid[])"
        );
        assert_eq!(asked.binds.len(), 1);
    }
}
