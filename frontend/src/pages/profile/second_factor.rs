//! The user's second factor (TOTP): set up with a QR code, confirmed by a code; then recovery codes are shown once.

mod prove;
mod set_up;

use crate::{
    api::{Api, Failure},
    caller::Caller,
    i18n::*,
    pages::console::support_key::copy_to_clipboard,
    ui::{
        empty_state::{LoadError, Skeleton},
        focus::restore_focus,
        icon::{Glyph, Icon},
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use prove::{ProtectedAction, ProveDialog};
use seatkeeper_shared::wire::second_factor::{SecondFactorSetup, SecondFactorState};
use set_up::{Confirm, Start};

/// The state of the second factor and its setup.
#[derive(Clone, Debug, PartialEq)]
enum SetupStep {
    /// Not loaded yet.
    Unknown,
    /// Loading failed.
    Failed(Failure),
    /// No second factor is set up.
    Off,
    /// Setup has begun: the authenticator app needs this secret.
    Started(SecondFactorSetup),
    /// Setup is done, or the recovery codes were renewed; these codes are shown once.
    Fresh(Vec<String>),
    /// A second factor is set up, with this number of recovery codes left.
    On(i64),
}

/// The section of the profile page.
#[component]
pub fn SecondFactorSheet() -> impl IntoView {
    let i18n = use_i18n();
    let api = Api::get();
    let step = RwSignal::new(SetupStep::Unknown);
    let load = move || {
        spawn_local(async move {
            let next = match api.read::<SecondFactorState>("/me/second-factor").await {
                Ok(state) if state.on => SetupStep::On(state.recovery_codes),
                Ok(_) => SetupStep::Off,
                Err(failure) => SetupStep::Failed(failure),
            };
            step.try_set(next);
        });
    };
    load();
    view! {
        <section id="second-factor-sheet" class="form sheet" aria-labelledby="second-factor-title">
            <h2 id="second-factor-title" tabindex="-1">
                {t!(i18n, factor.title)}
            </h2>
            <p class="muted">{t!(i18n, factor.text)}</p>
            {move || match step.get() {
                SetupStep::Unknown => view! { <Skeleton rows=2 /> }.into_any(),
                SetupStep::Failed(failure) => {
                    view! { <LoadError failure=Signal::stored(failure) retry=move |()| load() /> }.into_any()
                }
                SetupStep::Off => view! { <Start step /> }.into_any(),
                SetupStep::Started(started) => view! { <Confirm started step /> }.into_any(),
                SetupStep::Fresh(codes) => view! { <Codes codes step /> }.into_any(),
                SetupStep::On(left) => view! { <FactorOn left step /> }.into_any(),
            }}
        </section>
    }
}

#[component]
fn Codes(
    /// The recovery codes.
    codes: Vec<String>,
    /// The state to change.
    step: RwSignal<SetupStep>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (caller, toasts) = (Caller::get(), Toasts::get());
    let left = i64::try_from(codes.len()).unwrap_or_default();
    let all = codes.join("\n");
    let copied = move |_| {
        let all = all.clone();
        spawn_local(async move {
            if copy_to_clipboard(all).await {
                toasts.success(untrack(|| t_string!(i18n, factor.codes_copied)));
            } else {
                toasts.error(untrack(|| t_string!(i18n, invite.copy_failed)));
            }
        });
    };
    let kept = move |_| {
        step.set(SetupStep::On(left));
        // Not earlier: if the user was required to set up a factor, this closes the page with the codes.
        caller.refresh();
        restore_focus("#second-factor-title");
    };
    view! {
        <div class="note calm new-secret" role="status">
            <p>{t!(i18n, factor.store_codes)}</p>
        </div>
        <ul class="codes">{codes.into_iter().map(|code| view! { <li>{code}</li> }).collect_view()}</ul>
        <div class="acts">
            <button type="button" class="button" on:click=copied>
                <Icon glyph=Glyph::Copy />
                {t!(i18n, factor.copy_codes)}
            </button>
            <button type="button" class="button primary" on:click=kept>
                {t!(i18n, factor.codes_stored)}
            </button>
        </div>
    }
}

#[component]
fn FactorOn(
    /// The number of recovery codes left.
    left: i64,
    /// The state to change.
    step: RwSignal<SetupStep>,
) -> impl IntoView {
    let i18n = use_i18n();
    let asking = RwSignal::new(None::<ProtectedAction>);
    view! {
        <p>
            <span class="tag ok">{t!(i18n, factor.is_on)}</span>
            " "
            {move || t_string!(i18n, factor.left, count = left)}
        </p>
        <div class="acts">
            <button type="button" class="button" on:click=move |_| asking.set(Some(ProtectedAction::Renew))>
                {t!(i18n, factor.renew)}
            </button>
            <button type="button" class="button danger" on:click=move |_| asking.set(Some(ProtectedAction::Remove))>
                {t!(i18n, factor.remove)}
            </button>
        </div>
        <ProveDialog asking step />
    }
}
