//! Asks for password or code before the recovery codes are renewed or the second factor is removed, which an unattended
//! browser must not allow.

use super::SetupStep;
use crate::{
    api::{Api, Failure},
    caller::Caller,
    i18n::*,
    ui::{
        dialog::TaskDialog,
        error_message::{ErrorMessage, failure_text},
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

/// The action to confirm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProtectedAction {
    /// Generate new recovery codes.
    Renew,
    /// Remove the second factor.
    Remove,
}

#[component]
pub(super) fn ProveDialog(
    /// The action to confirm.
    asking: RwSignal<Option<ProtectedAction>>,
    /// The state of the second factor.
    step: RwSignal<SetupStep>,
) -> impl IntoView {
    let i18n = use_i18n();
    let title = move || match asking.get() {
        Some(ProtectedAction::Renew) => t_string!(i18n, factor.renew_title).to_owned(),
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
    /// The action to confirm.
    act: ProtectedAction,
    /// Cleared to close the dialog.
    asking: RwSignal<Option<ProtectedAction>>,
    /// The state of the second factor.
    step: RwSignal<SetupStep>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, caller, toasts, form) = (Api::get(), Caller::get(), Toasts::get(), Form::default());
    let entered = RwSignal::new(String::new());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let text = entered.get_untracked();
        if form.begin([("password", text.trim().is_empty().then_some(FieldError::Required))]) {
            spawn_local(async move {
                match carry_out(api, act, &proof(text)).await {
                    Ok(next) => {
                        if act == ProtectedAction::Remove {
                            toasts.success(untrack(|| t_string!(i18n, factor.removed)));
                            caller.refresh();
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
        ProtectedAction::Renew => t_string!(i18n, factor.renew_text),
        ProtectedAction::Remove => t_string!(i18n, factor.remove_text),
    };
    let confirm = move || match act {
        ProtectedAction::Renew => t_string!(i18n, factor.renew),
        ProtectedAction::Remove => t_string!(i18n, factor.remove),
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <p>{text}</p>
            <TextField
                label=Signal::derive(move || t_string!(i18n, factor.proof).to_owned())
                value=entered
                kind="password"
                name="password"
                autocomplete="current-password"
                error=form.error("password")
                autofocus=true
            />
            <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" on:click=move |_| asking.set(None)>
                    {t!(i18n, common.cancel)}
                </button>
                <button
                    type="submit"
                    class="button"
                    class:primary=act == ProtectedAction::Renew
                    class:danger=act == ProtectedAction::Remove
                    aria-disabled=move || form.busy().to_string()
                >
                    {confirm}
                </button>
            </div>
        </form>
    }
}

async fn carry_out(api: Api, act: ProtectedAction, proof: &Proof) -> Result<SetupStep, Failure> {
    match act {
        ProtectedAction::Renew => {
            let codes = api.post::<RecoveryCodes>("/me/second-factor/recovery-codes", proof).await?;
            Ok(SetupStep::Fresh(codes.recovery_codes))
        }
        ProtectedAction::Remove => api.post::<()>("/me/second-factor/remove", proof).await.map(|()| SetupStep::Off),
    }
}
