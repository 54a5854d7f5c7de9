//! Reads the cells of a row, and notes what is wrong with them by column and heading.

use super::{plan::Planned, sheet::Cells, values};
use crate::csv_cell;
use seatkeeper_shared::{
    people::UserStatus,
    problem::Code,
    validate::{self, FieldError},
    wire::imports::{ImportField as Column, ImportProblem},
};

/// How much of a value is shown with what is wrong with it, in characters.
const MAX_SHOWN: usize = 200;

/// Reads cells and notes what is wrong with them.
pub(super) struct Reader<'a> {
    /// Where it is noted.
    pub planned: &'a mut Planned,
    /// The cells.
    pub cells: &'a Cells,
}

impl Reader<'_> {
    fn note(&self, column: Column, heading: Option<&str>, value: &str, code: Code) -> ImportProblem {
        let heading = heading.or_else(|| self.cells.heading(column)).filter(|heading| *heading != column.as_str());
        let value = value.chars().take(MAX_SHOWN).collect();
        ImportProblem {
            column: column.as_str().to_owned(),
            heading: heading.map(str::to_owned),
            value,
            code,
            error: None,
        }
    }

    fn wrong(&mut self, column: Column, heading: Option<&str>, value: &str, error: FieldError) {
        let problem = self.note(column, heading, value, Code::Invalid);
        self.planned.row.problems.push(ImportProblem { error: Some(error), ..problem });
    }

    /// Refuses what stands in a column.
    pub fn refuse(&mut self, column: Column, code: Code) {
        let problem = self.note(column, None, self.cells.get(column).unwrap_or_default(), code);
        self.planned.row.problems.push(problem);
    }

    /// A value that was checked.
    pub fn checked<T>(&mut self, column: Column, value: Result<T, FieldError>) -> Option<T> {
        let text = self.cells.get(column).unwrap_or_default().to_owned();
        value.map_err(|error| self.wrong(column, None, &text, error)).ok()
    }

    /// One of the words of a set.
    pub fn word<T>(&mut self, column: Column, read: fn(&str) -> Option<T>) -> Option<T> {
        let text = self.cells.get(column)?;
        self.checked(column, read(text).ok_or(FieldError::Unknown))
    }

    /// The name: the whole one, or the first and the last.
    pub fn name(&mut self, is_required: bool) -> Option<String> {
        match self.cells.name() {
            Some(name) => self.checked(Column::Name, validate::name(&name)),
            None if is_required => self.checked(Column::Name, Err(FieldError::Required)),
            None => None,
        }
    }

    /// Refuses whatever is no user: groups and computers stand in the same exports.
    pub fn object_class(&mut self) {
        if let Some(class) = self.cells.get(Column::ObjectClass).filter(|class| !values::is_user_class(class)) {
            self.wrong(Column::ObjectClass, None, class, FieldError::Unknown);
        }
    }

    /// The status: what our own column says, unless another says that the account is disabled where it comes from.
    ///
    /// An account that is enabled there says nothing: whoever was suspended here by hand stays so.
    pub fn status(&mut self) -> Option<UserStatus> {
        type Read = fn(&str) -> Option<bool>;
        let own = self.word(Column::Status, values::status);
        let is_disabled: [(Column, Read); 3] = [
            (Column::Enabled, |text| values::enabled(text).map(|enabled| !enabled)),
            (Column::Blocked, |text| values::yes_or_no(text).or_else(|| values::enabled(text).map(|enabled| !enabled))),
            (Column::AccountControl, values::control_says_disabled),
        ];
        let mut disabled = false;
        for (column, read) in is_disabled {
            for (heading, value) in self.cells.all(column) {
                match read(value) {
                    Some(false) => {}
                    Some(true) => {
                        disabled = true;
                        let notice = self.note(column, Some(heading), value, Code::UserSuspended);
                        self.planned.row.notices.push(notice);
                    }
                    None => self.wrong(column, Some(heading), value, FieldError::Unknown),
                }
            }
        }
        if disabled { Some(UserStatus::Suspended) } else { own }
    }

    /// The values of a list, each with its text. A name that has a separator in it and no quotes around it is found as a whole.
    pub fn list<T>(&mut self, column: Column, read: impl Fn(&str) -> Option<T>) -> Vec<(String, T)> {
        let text = self.cells.get(column).unwrap_or_default();
        let mut entries = csv_cell::split_list(text);
        entries.sort_unstable();
        entries.dedup();
        if entries.iter().any(|entry| read(entry).is_none())
            && let Some(whole) = read(text)
        {
            return vec![(text.to_owned(), whole)];
        }
        let mut found = Vec::new();
        for entry in entries {
            match read(&entry) {
                Some(one) => found.push((entry, one)),
                None => self.wrong(column, None, &entry, FieldError::Unknown),
            }
        }
        found
    }
}
