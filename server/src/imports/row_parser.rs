//! Parses the cells of a row, and records invalid values as problems with their column and heading.

use super::{cell_values, plan::PlannedRow, table::TableRow};
use crate::csv_cell;
use seatkeeper_shared::{
    people::UserStatus,
    problem::Code,
    validate::{self, FieldError},
    wire::imports::{ImportField as Column, ImportProblem},
};

/// How many characters of a value a problem quotes.
const MAX_QUOTED_CHARS: usize = 200;

/// Parses the cells of one row.
pub(super) struct RowParser<'a> {
    /// Receives the problems and notices.
    pub planned: &'a mut PlannedRow,
    pub cells: &'a TableRow,
}

impl RowParser<'_> {
    fn problem(&self, column: Column, heading: Option<&str>, value: &str, code: Code) -> ImportProblem {
        let heading = heading.or_else(|| self.cells.heading(column)).filter(|heading| *heading != column.as_str());
        let value = value.chars().take(MAX_QUOTED_CHARS).collect();
        ImportProblem {
            column: column.as_str().to_owned(),
            heading: heading.map(str::to_owned),
            value,
            code,
            error: None,
        }
    }

    fn wrong(&mut self, column: Column, heading: Option<&str>, value: &str, error: FieldError) {
        let problem = self.problem(column, heading, value, Code::Invalid);
        self.planned.row.problems.push(ImportProblem { error: Some(error), ..problem });
    }

    /// Refuses the value of a column.
    pub fn refuse(&mut self, column: Column, code: Code) {
        let problem = self.problem(column, None, self.cells.get(column).unwrap_or_default(), code);
        self.planned.row.problems.push(problem);
    }

    /// A validated value; records the error otherwise.
    pub fn checked<T>(&mut self, column: Column, value: Result<T, FieldError>) -> Option<T> {
        let text = self.cells.get(column).unwrap_or_default().to_owned();
        value.map_err(|error| self.wrong(column, None, &text, error)).ok()
    }

    /// A keyword.
    pub fn word<T>(&mut self, column: Column, parse: fn(&str) -> Option<T>) -> Option<T> {
        let text = self.cells.get(column)?;
        self.checked(column, parse(text).ok_or(FieldError::Unknown))
    }

    /// The full name, or the first and last name joined.
    pub fn name(&mut self, is_required: bool) -> Option<String> {
        match self.cells.name() {
            Some(name) => self.checked(Column::Name, validate::name(&name)),
            None if is_required => self.checked(Column::Name, Err(FieldError::Required)),
            None => None,
        }
    }

    /// Refuses objects that are not users: exports contain groups and computers, too.
    pub fn object_class(&mut self) {
        if let Some(class) = self.cells.get(Column::ObjectClass).filter(|class| !cell_values::is_user_class(class)) {
            self.wrong(Column::ObjectClass, None, class, FieldError::Unknown);
        }
    }

    /// The status from Seatkeeper's own column, unless another column says that the account is disabled in the source
    /// system.
    ///
    /// An account that is enabled there changes nothing: a user suspended manually in Seatkeeper stays suspended.
    pub fn status(&mut self) -> Option<UserStatus> {
        type Parse = fn(&str) -> Option<bool>;
        let own = self.word(Column::Status, cell_values::status);
        let is_disabled: [(Column, Parse); 3] = [
            (Column::Enabled, |text| cell_values::enabled(text).map(|enabled| !enabled)),
            (Column::Blocked, |text| {
                cell_values::yes_or_no(text).or_else(|| cell_values::enabled(text).map(|enabled| !enabled))
            }),
            (Column::AccountControl, cell_values::is_disabled_by_account_control),
        ];
        let mut disabled = false;
        for (column, parse) in is_disabled {
            for (heading, value) in self.cells.all(column) {
                match parse(value) {
                    Some(false) => {}
                    Some(true) => {
                        disabled = true;
                        let notice = self.problem(column, Some(heading), value, Code::UserSuspended);
                        self.planned.row.notices.push(notice);
                    }
                    None => self.wrong(column, Some(heading), value, FieldError::Unknown),
                }
            }
        }
        if disabled { Some(UserStatus::Suspended) } else { own }
    }

    /// The values of a list, each with its text. An unquoted name that contains a separator is also recognized if it is
    /// the whole cell.
    pub fn list<T>(&mut self, column: Column, parse: impl Fn(&str) -> Option<T>) -> Vec<(String, T)> {
        let text = self.cells.get(column).unwrap_or_default();
        let mut entries = csv_cell::split_list(text);
        entries.sort_unstable();
        entries.dedup();
        if entries.iter().any(|entry| parse(entry).is_none())
            && let Some(whole) = parse(text)
        {
            return vec![(text.to_owned(), whole)];
        }
        let mut found = Vec::new();
        for entry in entries {
            match parse(&entry) {
                Some(one) => found.push((entry, one)),
                None => self.wrong(column, None, &entry, FieldError::Unknown),
            }
        }
        found
    }
}
