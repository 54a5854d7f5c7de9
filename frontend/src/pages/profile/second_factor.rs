//! The user's second factor (TOTP): set up with a QR code, confirmed by a code; then recovery codes are shown once.

mod prove;
mod set_up;

use crate::{
    caller::Caller,
    i18n::*,
    lazy_dialog,
    text::text,
    ui::{
        copy_button::CopyButton,
        focus::restore_focus,
        form_dialog::Dialogs,
        query::{Loaded, Query},
    },
};
use leptos::prelude::*;
use prove::{ProtectedAction, ProveDialog};
use seatkeeper_shared::{
    endpoints,
    wire::second_factor::{SecondFactorSetup, SecondFactorState},
};
use set_up::{Confirm, Start};

/// How far the user has come.
#[derive(Clone, Debug, PartialEq)]
enum SetupStep {
    /// Nothing is being set up.
    Idle,
    /// Setup has begun: the authenticator app needs this secret.
    Started(SecondFactorSetup),
    /// Setup is done, or the recovery codes were renewed; these codes are shown once.
    NewCodes(Vec<String>),
}

/// The state of the section.
#[derive(Clone, Copy)]
struct SheetState {
    factor: Query<SecondFactorState>,
    step: RwSignal<SetupStep>,
}

impl SheetState {
    /// The second factor is set up with this number of recovery codes, or removed.
    fn finish(self, recovery_codes: Option<i64>) {
        let (on, recovery_codes) = (recovery_codes.is_some(), recovery_codes.unwrap_or_default());
        self.factor.set(SecondFactorState { on, recovery_codes });
        self.step.try_set(SetupStep::Idle);
    }
}

/// The section of the profile page.
#[component]
pub fn SecondFactorSheet() -> impl IntoView {
    let i18n = use_i18n();
    let factor = Query::once(endpoints::second_factor::state());
    let state = SheetState { factor, step: RwSignal::new(SetupStep::Idle) };
    let left = Memo::new(move |_| factor.with(|factor| factor.on.then_some(factor.recovery_codes)).flatten());
    let content = move || match (state.step.get(), left.get()) {
        (SetupStep::Started(started), _) => view! { <Confirm started state /> }.into_any(),
        (SetupStep::NewCodes(codes), _) => view! { <Codes codes state /> }.into_any(),
        (SetupStep::Idle, Some(left)) => view! { <FactorOn left state /> }.into_any(),
        (SetupStep::Idle, None) => view! { <Start state /> }.into_any(),
    };
    view! {
        <section id="second-factor-sheet" class="form sheet" aria-labelledby="second-factor-title">
            <h2 id="second-factor-title" tabindex="-1">
                {t!(i18n, factor.title)}
            </h2>
            <p class="muted">{t!(i18n, factor.text)}</p>
            <Loaded status=factor.status() rows=2>
                {content}
            </Loaded>
        </section>
    }
}

#[component]
fn Codes(
    /// The recovery codes.
    codes: Vec<String>,
    /// The state of the section.
    state: SheetState,
) -> impl IntoView {
    let i18n = use_i18n();
    let caller = Caller::get();
    let left = i64::try_from(codes.len()).ok();
    let content = codes.join("\n");
    let kept = move |_| {
        state.finish(left);
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
            <CopyButton content label=text!(factor.copy_codes) copied=text!(factor.codes_copied) />
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
    /// The state of the section.
    state: SheetState,
) -> impl IntoView {
    let i18n = use_i18n();
    let dialogs = Dialogs::get();
    let prove = move |action: ProtectedAction| {
        dialogs.opens(lazy_dialog!(prove_identity(action: ProtectedAction, state: SheetState) {
            view! { <ProveDialog action state /> }
        }))
    };
    view! {
        <p>
            <span class="tag ok">{t!(i18n, factor.is_on)}</span>
            " "
            {move || t_string!(i18n, factor.left, count = left)}
        </p>
        <div class="acts">
            <button type="button" class="button" on:click=prove(ProtectedAction::Renew)>
                {t!(i18n, factor.renew)}
            </button>
            <button type="button" class="button" on:click=prove(ProtectedAction::Remove)>
                {t!(i18n, factor.remove)}
            </button>
        </div>
    }
}
