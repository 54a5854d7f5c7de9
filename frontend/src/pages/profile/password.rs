//! Changing the password, which requires the old one and signs out all other browsers.

use crate::{
    caller::Caller,
    i18n::*,
    text::text,
    ui::{field::TextField, form::Form, page_form::PageForm, toast::Toasts},
};
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints,
    problem::Code,
    validate::{self, DEFAULT_PASSWORD_MIN, FieldError},
    wire::account::ChangePassword,
};

/// The section of the profile page.
#[component]
pub fn PasswordSheet() -> impl IntoView {
    let i18n = use_i18n();
    let (caller, toasts) = (Caller::get(), Toasts::get());
    let form = Form::default().shows_at("old", Code::WrongPassword);
    let (old, new) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let min_length = Memo::new(move |_| caller.me().map_or(DEFAULT_PASSWORD_MIN, |me| me.account.password_min));
    let submit = move |()| {
        let body = ChangePassword { old: old.get_untracked(), new: new.get_untracked() };
        let checks = [
            ("old", body.old.is_empty().then_some(FieldError::Required)),
            ("new", validate::password_with_min(&body.new, min_length.get_untracked()).err()),
        ];
        form.submit(
            checks,
            || endpoints::me::change_password(&body),
            move |()| {
                old.try_set(String::new());
                new.try_set(String::new());
                toasts.success(tu_string!(i18n, profile.password_changed));
            },
        );
    };
    view! {
        <PageForm form submit confirm=text!(profile.change_password)>
            <h2>{t!(i18n, profile.password)}</h2>
            <p class="muted">{t!(i18n, profile.password_text)}</p>
            <TextField
                label=text!(profile.old_password)
                value=old
                kind="password"
                name="old"
                autocomplete="current-password"
                form
            />
            <TextField
                label=text!(auth.new_password)
                value=new
                kind="password"
                name="new"
                autocomplete="new-password"
                hint=text!(auth.password_hint, min = min_length.get())
                form
            />
        </PageForm>
    }
}
