//! Asks for password or code before the recovery codes are renewed or the second factor is removed, which an unattended
//! browser must not allow.

use super::{SetupStep, SheetState};
use crate::{
    api::{Api, Failure},
    caller::Caller,
    i18n::*,
    text::text,
    ui::{
        focus::restore_focus,
        form::Form,
        form_dialog::{Dialogs, FormDialog},
        toast::Toasts,
    },
    verify::{ProofField, proof},
};
use leptos::prelude::*;
use seatkeeper_shared::{endpoints, problem::Code, validate::FieldError, wire::second_factor::Proof};

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
    action: ProtectedAction,
    /// The state of the section.
    state: SheetState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, caller, toasts, dialogs) = (Api::get(), Caller::get(), Toasts::get(), Dialogs::get());
    let form = Form::default().shows_at("password", Code::WrongPassword).shows_at("password", Code::WrongCode);
    let given = RwSignal::new(String::new());
    let submit = move |()| {
        let text = given.get_untracked();
        let checks = [("password", text.trim().is_empty().then_some(FieldError::Required))];
        form.run(checks, carry_out(api, action, proof(text)), move |codes| {
            if let Some(codes) = codes {
                state.step.try_set(SetupStep::NewCodes(codes));
            } else {
                state.finish(None);
                toasts.success(tu_string!(i18n, factor.removed));
                caller.refresh();
            }
            dialogs.close_if(form);
            restore_focus("#second-factor-title");
        });
    };
    let (title, text, confirm) = match action {
        ProtectedAction::Renew => (text!(factor.renew_title), text!(factor.renew_text), text!(factor.renew)),
        ProtectedAction::Remove => (text!(factor.remove_title), text!(factor.remove_text), text!(factor.remove)),
    };
    view! {
        <FormDialog title form submit confirm danger=action == ProtectedAction::Remove>
            <p>{move || text.get(i18n)}</p>
            <ProofField label=text!(factor.proof) given form />
        </FormDialog>
    }
}

/// Carries out the action; returns the new recovery codes if it generates them.
async fn carry_out(api: Api, action: ProtectedAction, proof: Proof) -> Result<Option<Vec<String>>, Failure> {
    match action {
        ProtectedAction::Renew => {
            let codes = api.send(endpoints::second_factor::renew_recovery_codes(&proof)).await?;
            Ok(Some(codes.recovery_codes))
        }
        ProtectedAction::Remove => api.send(endpoints::second_factor::remove(&proof)).await.map(|()| None),
    }
}
