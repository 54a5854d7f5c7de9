//! The state of a form: whether it is being submitted, and its errors.

use super::toast::Toasts;
use crate::{
    api::{Api, Failure},
    format::Texts,
    i18n::*,
    labels,
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    endpoints::{Answer, Endpoint},
    problem::{Code, FieldProblem},
    validate::FieldError,
};
use std::pin::Pin;
use wasm_bindgen::JsCast as _;

/// The state of one form.
#[derive(Clone, Copy)]
pub struct Form {
    busy: RwSignal<bool>,
    failure: RwSignal<Option<Failure>>,
    fields: RwSignal<Vec<FieldProblem>>,
    /// The names of the fields that the form shows.
    shown: StoredValue<Vec<&'static str>>,
    /// For failures that arrive after the form is closed; `None` in tests.
    toasts: Option<(Texts, Toasts)>,
    /// `None` in tests.
    api: Option<Api>,
    /// Whether something has been entered since the form was opened or saved.
    touched: RwSignal<bool>,
    /// The failures that are about a field.
    codes: StoredValue<Vec<(Code, &'static str)>>,
    /// The failure that is shown at its field.
    field_code: RwSignal<Option<(Code, &'static str)>>,
}

impl Default for Form {
    fn default() -> Self {
        let toasts = use_context::<Toasts>().map(|toasts| (use_i18n(), toasts));
        let (busy, failure, fields) = (RwSignal::new(false), RwSignal::new(None), RwSignal::default());
        Self {
            busy,
            failure,
            fields,
            shown: StoredValue::default(),
            toasts,
            api: Api::find(),
            touched: RwSignal::new(false),
            codes: StoredValue::default(),
            field_code: RwSignal::new(None),
        }
    }
}

/// The name of a field, and its error if it is invalid.
pub type FieldCheck = (&'static str, Option<FieldError>);

impl Form {
    /// Shows failures with this code at a field: `Form::default().shows_at("old", Code::WrongPassword)`.
    #[must_use]
    pub fn shows_at(self, field: &'static str, code: Code) -> Self {
        self.codes.update_value(|codes| codes.push((code, field)));
        self
    }

    /// Sends the request if all checks pass; `done` gets the answer, also if the form has been closed meanwhile, so it
    /// may only use what outlives the form. A failure is shown in the form.
    pub fn submit<T: Answer + 'static>(
        self,
        checks: impl IntoIterator<Item = FieldCheck>,
        request: impl FnOnce() -> Endpoint<T>,
        done: impl FnOnce(T) + 'static,
    ) {
        if let Some(api) = self.api.filter(|_| self.begin(checks)) {
            self.finish(Box::pin(api.send(request())), Box::new(done));
        }
    }

    /// Like [`Form::submit`], for what takes more than one request.
    pub fn run<T: 'static>(
        self,
        checks: impl IntoIterator<Item = FieldCheck>,
        work: impl Future<Output = Result<T, Failure>> + 'static,
        done: impl FnOnce(T) + 'static,
    ) {
        if self.begin(checks) {
            self.finish(Box::pin(work), Box::new(done));
        }
    }

    fn finish<T: 'static>(self, work: Pin<Box<dyn Future<Output = Result<T, Failure>>>>, done: Box<dyn FnOnce(T)>) {
        spawn_local(async move {
            match work.await {
                Ok(answer) => {
                    self.done();
                    done(answer);
                }
                Err(failure) => self.failed(failure),
            }
        });
    }

    /// Whether the form is still in the page.
    pub fn is_open(self) -> bool {
        self.busy.try_get_untracked().is_some()
    }

    /// Resets the form.
    pub fn clear(self) {
        self.busy.set(false);
        self.failure.set(None);
        self.field_code.set(None);
        self.fields.set(Vec::new());
    }

    /// Whether the form is being submitted; tracked.
    pub fn busy(self) -> bool {
        self.busy.get()
    }

    /// Shows the errors found by the client. Returns true, and marks the form as being submitted, if there are none.
    pub fn begin(self, checks: impl IntoIterator<Item = FieldCheck>) -> bool {
        if self.busy.get_untracked() {
            return false;
        }
        let wrong: Vec<_> = checks
            .into_iter()
            .filter_map(|(field, error)| Some(FieldProblem { field: field.to_owned(), error: error? }))
            .collect();
        let valid = wrong.is_empty();
        self.failure.set(None);
        self.field_code.set(None);
        self.fields.set(wrong);
        self.busy.set(valid);
        if !valid {
            focus_first_invalid();
        }
        valid
    }

    /// The field has been changed, so its error is outdated.
    pub fn forget_error(self, field: &str) {
        if self.fields.with_untracked(|fields| fields.iter().any(|problem| problem.field == field)) {
            self.fields.update(|fields| fields.retain(|problem| problem.field != field));
        }
        if self.field_code.get_untracked().is_some_and(|(_, at)| at == field) {
            self.field_code.set(None);
        }
    }

    /// The server accepted the form.
    pub fn done(self) {
        self.busy.try_set(false);
        self.touched.try_set(false);
    }

    /// Something has been entered.
    pub fn touch(self) {
        self.touched.set(true);
    }

    /// Whether something has been entered since the form was opened or saved; untracked.
    pub fn is_touched(self) -> bool {
        self.touched.try_get_untracked().unwrap_or_default()
    }

    /// What has been entered may be lost.
    pub fn forget_touched(self) {
        self.touched.set(false);
    }

    /// The server rejected the form. If the form shows none of the invalid fields, the failure is shown for the form as
    /// a whole; if it has been closed meanwhile, as a toast.
    pub fn failed(self, failure: Failure) {
        if self.busy.try_set(false).is_some() {
            if let Some((i18n, toasts)) = self.toasts.filter(|_| !failure.is_cancelled()) {
                toasts.error(untrack(|| labels::failure(i18n, &failure)));
            }
            return;
        }
        let of_code = |code| self.codes.with_value(|codes| codes.iter().copied().find(|(own, _)| *own == code));
        let at_field = failure.code().and_then(of_code);
        let fields = failure.fields().to_vec();
        if at_field.is_some() {
            self.field_code.set(at_field);
            focus_first_invalid();
        } else if fields.iter().any(|problem| self.shown.with_value(|shown| shown.contains(&problem.field.as_str()))) {
            focus_first_invalid();
        } else {
            self.failure.set(Some(failure));
        }
        self.fields.set(fields);
    }

    /// The server rejected the form because of this field.
    pub fn failed_at(self, field: &str, error: FieldError) {
        self.busy.set(false);
        self.fields.set(vec![FieldProblem { field: field.to_owned(), error }]);
        focus_first_invalid();
    }

    /// The error of a field; registers the field as shown.
    pub fn error(self, field: &'static str) -> Signal<Option<FieldError>> {
        let shown = self.shown;
        shown.update_value(|shown| shown.push(field));
        on_cleanup(move || {
            shown.try_update_value(|shown| shown.iter().position(|one| *one == field).map(|at| shown.swap_remove(at)));
        });
        Signal::derive(move || {
            self.fields
                .with(|all| all.iter().find(|problem| problem.field == field).map(|problem| problem.error.clone()))
        })
    }

    /// The failure of the form that is about this field; tracked.
    pub fn code_at(self, field: &'static str) -> Option<Code> {
        self.field_code.get().filter(|(_, own)| *own == field).map(|(code, _)| code)
    }

    /// The failure of the form as a whole; tracked.
    pub fn failure(self) -> Option<Failure> {
        self.failure.get()
    }

    /// The code of the failure of the form as a whole; tracked.
    pub fn code(self) -> Option<Code> {
        self.failure.with(|failure| failure.as_ref().and_then(Failure::code))
    }
}

/// Focuses the first invalid field of the form with the focus, or else of the page.
fn focus_first_invalid() {
    const INVALID: &str = "[aria-invalid=true]";
    request_animation_frame(|| {
        let form = document().active_element().and_then(|active| active.closest("form").ok().flatten());
        let in_form = form.and_then(|form| form.query_selector(INVALID).ok().flatten());
        let first = in_form.or_else(|| document().query_selector(INVALID).ok().flatten());
        if let Some(field) = first.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
            // Fails only if the field has been removed.
            let _ = field.focus();
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use seatkeeper_shared::problem::Problem;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn wrong(field: &str) -> Failure {
        let errors = vec![FieldProblem { field: field.to_owned(), error: FieldError::Required }];
        Failure::Problem(Box::new(Problem { errors, ..Problem::new(Code::Invalid) }))
    }

    #[wasm_bindgen_test]
    fn an_error_goes_when_its_field_is_changed() {
        let owner = Owner::new();
        let (form, name, old) = owner.with(|| {
            let form = Form::default().shows_at("old", Code::WrongPassword);
            (form, form.error("name"), form.error("old"))
        });
        form.begin([("name", Some(FieldError::Required)), ("old", Some(FieldError::Required))]);
        form.forget_error("name");
        assert_eq!((name.get_untracked(), old.get_untracked()), (None, Some(FieldError::Required)));
        assert!(form.begin([]));
        form.failed(Failure::Problem(Box::new(Problem::new(Code::WrongPassword))));
        assert_eq!(form.code_at("old"), Some(Code::WrongPassword));
        form.forget_error("name");
        assert_eq!(form.code_at("old"), Some(Code::WrongPassword), "another field");
        form.forget_error("old");
        assert_eq!(form.code_at("old"), None);
    }

    #[wasm_bindgen_test]
    fn an_error_of_a_hidden_field_is_shown_for_the_form() {
        let owner = Owner::new();
        let (form, name) = owner.with(|| {
            let form = Form::default();
            (form, form.error("name"))
        });
        assert!(form.begin([]));
        form.failed(wrong("name"));
        assert_eq!((name.get_untracked(), form.failure.get_untracked()), (Some(FieldError::Required), None));
        assert!(form.begin([]));
        form.failed(wrong("group_id"));
        assert_eq!((name.get_untracked(), form.failure.get_untracked()), (None, Some(wrong("group_id"))));
    }

    #[wasm_bindgen_test]
    fn a_failure_about_a_field_is_shown_at_it() {
        let owner = Owner::new();
        let form = owner.with(|| Form::default().shows_at("old", Code::WrongPassword));
        assert!(form.begin([]));
        form.failed(Failure::Problem(Box::new(Problem::new(Code::WrongPassword))));
        assert_eq!((form.code_at("old"), form.code_at("new")), (Some(Code::WrongPassword), None));
        assert_eq!(form.failure.get_untracked(), None);
        assert!(form.begin([]));
        assert_eq!(form.code_at("old"), None);
    }

    #[wasm_bindgen_test]
    fn a_closed_form_still_accepts_the_answer() {
        let owner = Owner::new();
        let form = owner.with(Form::default);
        assert!(form.begin([]));
        owner.cleanup();
        form.failed(wrong("name"));
        assert_eq!(form.busy.try_get_untracked(), None);
    }
}
