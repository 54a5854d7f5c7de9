//! The question before recovery codes are renewed or the second factor is removed: whoever found an open browser cannot answer it.

use super::Step;
use crate::{
    api::{Api, Failure},
    caller::Caller,
    i18n::*,
    ui::{
        dialog::TaskDialog,
        face::{Wrong, usual},
        field::TextField,
        form::Form,
        toast::Toasts,
    },
    verify::proof,
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    validate::FieldError,
    wire::second_factor::{Proof, RecoveryCodes},
};

/// What is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// New recovery codes.
    Renew,
    /// Removing it.
    Remove,
}

#[component]
pub(super) fn ProveDialog(
    /// What is asked about.
    asking: RwSignal<Option<Act>>,
    /// How far one is.
    step: RwSignal<Step>,
) -> impl IntoView {
    let i18n = use_i18n();
    let title = move || match asking.get() {
        Some(Act::Renew) => t_string!(i18n, factor.renew_title).to_owned(),
        _ => t_string!(i18n, factor.remove_title).to_owned(),
    };
    view! {
        <TaskDialog
            open=Signal::derive(move || asking.get().is_some())
            close=move |()| asking.set(None)
            title=Signal::derive(title)
        >
            {move || asking.get().map(|act| view! { <Prove act asking step /> })}
        </TaskDialog>
    }
}

#[component]
fn Prove(
    /// What is asked about.
    act: Act,
    /// The same, to close.
    asking: RwSignal<Option<Act>>,
    /// How far one is.
    step: RwSignal<Step>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, caller, toasts, form) = (Api::get(), Caller::get(), Toasts::get(), Form::default());
    let given = RwSignal::new(String::new());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let text = given.get_untracked();
        if form.begin([("password", text.trim().is_empty().then_some(FieldError::Required))]) {
            spawn_local(async move {
                match done(api, act, &proof(text)).await {
                    Ok(next) => {
                        if act == Act::Remove {
                            toasts.good(untrack(|| t_string!(i18n, factor.removed)));
                            caller.ask();
                        }
                        asking.set(None);
                        step.set(next);
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    let text = move || match act {
        Act::Renew => t_string!(i18n, factor.renew_text),
        Act::Remove => t_string!(i18n, factor.remove_text),
    };
    let confirm = move || match act {
        Act::Renew => t_string!(i18n, factor.renew),
        Act::Remove => t_string!(i18n, factor.remove),
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <p>{text}</p>
            <TextField
                label=Signal::derive(move || t_string!(i18n, factor.proof).to_owned())
                value=given
                kind="password"
                name="password"
                autocomplete="current-password"
                error=form.error("password")
                first=true
            />
            <Wrong text=Signal::derive(move || usual(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" on:click=move |_| asking.set(None)>
                    {t!(i18n, common.cancel)}
                </button>
                <button
                    type="submit"
                    class="button"
                    class:primary=act == Act::Renew
                    class:danger=act == Act::Remove
                    aria-disabled=move || form.busy().to_string()
                >
                    {confirm}
                </button>
            </div>
        </form>
    }
}

async fn done(api: Api, act: Act, proof: &Proof) -> Result<Step, Failure> {
    match act {
        Act::Renew => {
            let codes = api.post::<RecoveryCodes>("/me/second-factor/recovery-codes", proof).await?;
            Ok(Step::Fresh(codes.recovery_codes))
        }
        Act::Remove => api.post::<()>("/me/second-factor/remove", proof).await.map(|()| Step::Off),
    }
}
