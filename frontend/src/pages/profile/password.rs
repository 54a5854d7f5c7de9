//! Changing the password, which requires the old one and signs out all other browsers.

use crate::{
    api::Api,
    caller::Caller,
    i18n::*,
    ui::{
        error_message::{ErrorMessage, failure_text},
        field::TextField,
        form::Form,
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    validate::{self, DEFAULT_PASSWORD_MIN, FieldError},
    wire::account::ChangePassword,
};

/// The section of the profile page.
#[component]
pub fn PasswordSheet() -> impl IntoView {
    let i18n = use_i18n();
    let (api, caller, toasts, form) = (Api::get(), Caller::get(), Toasts::get(), Form::default());
    let (old, new) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let min_length = Memo::new(move |_| caller.me().map_or(DEFAULT_PASSWORD_MIN, |me| me.account.password_min));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let body = ChangePassword { old: old.get_untracked(), new: new.get_untracked() };
        let checks = [
            ("old", body.old.is_empty().then_some(FieldError::Required)),
            ("new", validate::password_with_min(&body.new, min_length.get_untracked()).err()),
        ];
        if form.begin(checks) {
            spawn_local(async move {
                match api.post::<()>("/me/password", &body).await {
                    Ok(()) => {
                        form.done();
                        old.set(String::new());
                        new.set(String::new());
                        toasts.success(untrack(|| t_string!(i18n, profile.password_changed)));
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    view! {
        <form class="form sheet" novalidate on:submit=submit>
            <h2>{t!(i18n, profile.password)}</h2>
            <p class="muted">{t!(i18n, profile.password_text)}</p>
            <TextField
                label=Signal::derive(move || t_string!(i18n, profile.old_password).to_owned())
                value=old
                kind="password"
                name="old"
                autocomplete="current-password"
                error=form.error("old")
            />
            <TextField
                label=Signal::derive(move || t_string!(i18n, auth.new_password).to_owned())
                value=new
                kind="password"
                name="new"
                autocomplete="new-password"
                hint=Signal::derive(move || Some(t_string!(i18n, auth.password_hint, min = min_length.get())))
                error=form.error("new")
            />
            <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
            <div class="acts">
                <button type="submit" class="button primary" aria-disabled=move || form.busy().to_string()>
                    {t!(i18n, profile.change_password)}
                </button>
            </div>
        </form>
    }
}
