//! Signs in with a passkey: one click, without password and second step. Also proves who a signed-in user is.

use crate::{
    api::Api,
    i18n::use_i18n,
    passkey::{self, PasskeyError, PasskeyOutcome},
    text::Text,
    ui::{
        error_message::{ErrorMessage, failure_text},
        form::Form,
        icon::{Glyph, Icon},
    },
};
use leptos::prelude::*;
use seatkeeper_shared::wire::account::Me;

/// The button, with what went wrong above it; nothing if the browser does not support passkeys.
#[component]
pub fn PasskeyButton(
    /// What the button says beside its icon.
    #[prop(into)]
    label: Text,
    /// Whether it is as large as the buttons of the sign-in page.
    #[prop(optional)]
    large: bool,
    /// Called with the user who has signed in.
    #[prop(into)]
    done: Callback<Me>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, form) = (Api::get(), Form::default());
    let passkey_error = RwSignal::new(None::<PasskeyError>);
    let start = move |_| {
        passkey_error.set(None);
        form.run([], passkey::sign_in(api), move |outcome| match outcome {
            PasskeyOutcome::Done(me) => drop(done.try_run(me)),
            PasskeyOutcome::NoPasskey(error) => drop(passkey_error.try_set(Some(error))),
        });
    };
    let wrong = move || match passkey_error.get() {
        Some(error) => Some(error.sign_in_text(i18n).to_owned()),
        None => failure_text(i18n, form.failure()),
    };
    passkey::supported().then(|| {
        view! {
            <div class="form">
                <ErrorMessage text=Signal::derive(wrong) />
                <button
                    type="button"
                    class="button"
                    class:large=large
                    aria-disabled=move || form.busy().to_string()
                    on:click=start
                >
                    <Icon glyph=Glyph::Key />
                    {move || label.get(i18n)}
                </button>
            </div>
        }
    })
}
