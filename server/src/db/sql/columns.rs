//! The columns of a kind of row, named once: the lists of columns in all statements that select, insert or change such
//! rows are rendered from them.

/// The columns of a kind of row.
#[derive(Clone, Copy, Debug)]
pub struct Columns(pub &'static [ColumnDef]);

/// A column: its name, its type as in `ROWS(…)`, the expression that it is selected by, and what it becomes when its
/// row changes.
#[derive(Clone, Copy, Debug)]
pub struct ColumnDef {
    name: &'static str,
    kind: &'static str,
    expression: Option<&'static str>,
    change: Option<&'static str>,
}

impl ColumnDef {
    /// A column of a table, which keeps its first value.
    pub const fn new(name: &'static str, kind: &'static str) -> Self {
        Self { name, kind, expression: None, change: None }
    }

    /// Selected by this expression, which names its table.
    pub const fn selected_by(self, expression: &'static str) -> Self {
        Self { expression: Some(expression), ..self }
    }

    /// Takes the value of the given row when a row changes.
    pub const fn changes(self) -> Self {
        self.changes_to("")
    }

    /// Takes the value of this expression when a row changes.
    pub const fn changes_to(self, expression: &'static str) -> Self {
        Self { change: Some(expression), ..self }
    }

    fn selected(&self, table: &str) -> String {
        match self.expression {
            Some(expression) => format!("{expression} AS {}", self.name),
            None => format!("{table}.{}", self.name),
        }
    }

    fn assignment(&self) -> Option<String> {
        let name = self.name;
        self.change.map(|expression| match expression {
            "" => format!("{name} = given.{name}"),
            expression => format!("{name} = {expression}"),
        })
    }

    /// NULL with the type of the column.
    fn null(&self) -> String {
        let kind = match self.kind {
            "time" => "TIMESTAMPTZ",
            "int" => "BIGINT",
            kind => kind,
        };
        format!("CAST(NULL AS {kind}) AS {}", self.name)
    }
}

impl Columns {
    /// The names, as in `INSERT INTO … (…)`.
    pub fn names(self) -> String {
        join(self.0.iter().map(|column| column.name.to_owned()))
    }

    /// The expressions of a `SELECT` from this table.
    pub fn select(self, table: &str) -> String {
        join(self.0.iter().map(|column| column.selected(table)))
    }

    /// The columns of `ROWS(…)`.
    pub fn rows(self) -> String {
        join(self.0.iter().map(|column| format!("{} {}", column.name, column.kind)))
    }

    /// The columns of `ROWS(…)` for a change: the id, and what changes.
    pub fn changed_rows(self) -> String {
        let used = self.0.iter().filter(|column| column.name == "id" || column.change.is_some());
        join(used.map(|column| format!("{} {}", column.name, column.kind)))
    }

    /// The assignments of `UPDATE … SET …` from a given row.
    pub fn assignments(self) -> String {
        join(self.0.iter().filter_map(ColumnDef::assignment))
    }
}

/// One of the kinds of rows that a statement returns.
#[derive(Clone, Copy, Debug)]
pub struct RowKind {
    /// The value of the column `what` in such rows.
    pub what: &'static str,
    pub columns: Columns,
    /// The table of the columns that have no expression of their own.
    pub table: &'static str,
    /// What follows the list of columns.
    pub from: &'static str,
}

/// A statement that returns rows of several kinds, which saves round trips to a database server. The columns that a
/// kind does not have are NULL in its rows; kinds may share columns of the same name and type.
pub fn select_kinds(kinds: &[RowKind]) -> String {
    let mut all: Vec<&ColumnDef> = Vec::new();
    for column in kinds.iter().flat_map(|kind| kind.columns.0) {
        if !all.iter().any(|known| known.name == column.name) {
            all.push(column);
        }
    }
    let select = |kind: &RowKind| {
        let columns = all.iter().map(|column| {
            let own = kind.columns.0.iter().find(|own| own.name == column.name);
            own.map_or_else(|| column.null(), |own| own.selected(kind.table))
        });
        format!("SELECT '{}' AS what, {} {}", kind.what, join(columns), kind.from)
    };
    kinds.iter().map(select).collect::<Vec<_>>().join(" UNION ALL ")
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: Columns = Columns(&[
        ColumnDef::new("id", "uuid"),
        ColumnDef::new("name", "text").changes(),
        ColumnDef::new("at", "time").changes_to("MAX(t.at, given.at)"),
    ]);

    const KEPT: Columns = Columns(&[
        ColumnDef::new("id", "uuid"),
        ColumnDef::new("born", "time"),
        ColumnDef::new("at", "time").changes(),
    ]);

    const CLOCK: Columns = Columns(&[ColumnDef::new("at", "time").selected_by("CLOCK()")]);

    #[test]
    fn every_list_is_rendered_from_the_columns() {
        assert_eq!(COLUMNS.names(), "id, name, at");
        assert_eq!(COLUMNS.select("t"), "t.id, t.name, t.at");
        assert_eq!(COLUMNS.rows(), "id uuid, name text, at time");
        assert_eq!(COLUMNS.assignments(), "name = given.name, at = MAX(t.at, given.at)");
        assert_eq!(KEPT.changed_rows(), "id uuid, at time");
    }

    #[test]
    fn kinds_share_columns_and_lack_those_of_the_others() {
        let kinds = [
            RowKind { what: "clock", columns: CLOCK, table: "", from: "" },
            RowKind { what: "thing", columns: COLUMNS, table: "t", from: "FROM things t" },
        ];
        assert_eq!(
            select_kinds(&kinds),
            "SELECT 'clock' AS what, CLOCK() AS at, CAST(NULL AS uuid) AS id, CAST(NULL AS text) AS name  \
             UNION ALL SELECT 'thing' AS what, t.at, t.id, t.name FROM things t"
        );
    }
}
