//! What a form knows of itself: whether it is under way, and what was wrong with it.

use crate::api::Failure;
use leptos::prelude::*;
use seatkeeper_shared::{
    problem::{Code, FieldProblem},
    validate::FieldError,
};
use wasm_bindgen::JsCast as _;

/// The state of one form.
#[derive(Clone, Copy, Default)]
pub struct Form {
    busy: RwSignal<bool>,
    failure: RwSignal<Option<Failure>>,
    fields: RwSignal<Vec<FieldProblem>>,
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

    /// The server did not take it.
    pub fn failed(self, failure: Failure) {
        self.busy.set(false);
        self.fields.set(failure.fields().to_vec());
        if self.fields.with_untracked(Vec::is_empty) {
            self.failure.set(Some(failure));
        } else {
            focus_first_wrong();
        }
    }

    /// The server did not take it, and its problem is one of this field.
    pub fn failed_at(self, field: &str, error: FieldError) {
        self.busy.set(false);
        self.fields.set(vec![FieldProblem { field: field.to_owned(), error }]);
        focus_first_wrong();
    }

    /// What is wrong with this field.
    pub fn error(self, field: &'static str) -> Signal<Option<FieldError>> {
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
