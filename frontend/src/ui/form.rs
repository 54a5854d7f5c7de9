//! What a form knows of itself: whether it is under way, and what was wrong with it.

use super::toast::Toasts;
use crate::{api::Failure, format::Texts, i18n::*, words};
use leptos::prelude::*;
use seatkeeper_shared::{
    problem::{Code, FieldProblem},
    validate::FieldError,
};
use wasm_bindgen::JsCast as _;

/// The state of one form.
#[derive(Clone, Copy)]
pub struct Form {
    busy: RwSignal<bool>,
    failure: RwSignal<Option<Failure>>,
    fields: RwSignal<Vec<FieldProblem>>,
    /// The fields that are shown.
    shown: StoredValue<Vec<&'static str>>,
    /// Who is told once the form is gone; nobody in tests.
    told: Option<(Texts, Toasts)>,
}

impl Default for Form {
    fn default() -> Self {
        let told = use_context::<Toasts>().map(|toasts| (use_i18n(), toasts));
        let (busy, failure, fields) = (RwSignal::new(false), RwSignal::new(None), RwSignal::default());
        Self { busy, failure, fields, shown: StoredValue::default(), told }
    }
}

/// One field and what is wrong with it, if anything.
pub type Checked = (&'static str, Option<FieldError>);

impl Form {
    /// Starts the form anew.
    pub fn clear(self) {
        self.busy.set(false);
        self.failure.set(None);
        self.fields.set(Vec::new());
    }

    /// Whether it is under way.
    pub fn busy(self) -> bool {
        self.busy.get()
    }

    /// Takes what the client itself finds wrong; if that is nothing, the form is under way.
    pub fn begin(self, checks: impl IntoIterator<Item = Checked>) -> bool {
        if self.busy.get_untracked() {
            return false;
        }
        let wrong: Vec<_> = checks
            .into_iter()
            .filter_map(|(field, error)| Some(FieldProblem { field: field.to_owned(), error: error? }))
            .collect();
        let good = wrong.is_empty();
        self.failure.set(None);
        self.fields.set(wrong);
        self.busy.set(good);
        if !good {
            focus_first_wrong();
        }
        good
    }

    /// The server took it.
    pub fn done(self) {
        self.busy.set(false);
    }

    /// The server did not take it. If the form was closed meanwhile, or shows none of the fields that are wrong, the whole is.
    pub fn failed(self, failure: Failure) {
        if self.busy.try_set(false).is_some() {
            if let Some((i18n, toasts)) = self.told {
                toasts.bad(untrack(|| words::failure(i18n, &failure)));
            }
            return;
        }
        let fields = failure.fields().to_vec();
        if fields.iter().any(|problem| self.shown.with_value(|shown| shown.contains(&problem.field.as_str()))) {
            focus_first_wrong();
        } else {
            self.failure.set(Some(failure));
        }
        self.fields.set(fields);
    }

    /// The server did not take it, and its problem is one of this field.
    pub fn failed_at(self, field: &str, error: FieldError) {
        self.busy.set(false);
        self.fields.set(vec![FieldProblem { field: field.to_owned(), error }]);
        focus_first_wrong();
    }

    /// What is wrong with this field.
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

    /// What is wrong with the whole.
    pub fn failure(self) -> Option<Failure> {
        self.failure.get()
    }

    /// The code of what is wrong with the whole.
    pub fn code(self) -> Option<Code> {
        self.failure.with(|failure| failure.as_ref().and_then(Failure::code))
    }
}

fn focus_first_wrong() {
    request_animation_frame(|| {
        let first = document().query_selector("[aria-invalid=true]").ok().flatten();
        if let Some(field) = first.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
            // A field that is gone needs no focus.
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
    fn what_no_field_shows_is_wrong_with_the_whole() {
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
    fn a_form_that_was_closed_meanwhile_takes_the_answer_all_the_same() {
        let owner = Owner::new();
        let form = owner.with(Form::default);
        assert!(form.begin([]));
        owner.cleanup();
        form.failed(wrong("name"));
        assert_eq!(form.busy.try_get_untracked(), None);
    }
}
