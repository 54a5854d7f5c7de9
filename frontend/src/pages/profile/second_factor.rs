//! One's second factor: an app is set up by a picture and confirmed by a code; then there are recovery codes, shown once.

mod prove;
mod set_up;

use crate::{
    api::{Api, Failure},
    caller::Caller,
    i18n::*,
    pages::console::key::copy,
    ui::{
        face::{Failed, Skeleton},
        icon::{Glyph, Icon},
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use prove::{Act, ProveDialog};
use seatkeeper_shared::wire::second_factor::{FactorStarted, FactorState};
use set_up::{Confirm, Start};

/// How far one is.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    /// Not known yet.
    Unknown,
    /// It could not be found out.
    Failed(Failure),
    /// There is none.
    Off,
    /// The app has to take up this secret.
    Started(FactorStarted),
    /// There is one from now on; these codes are to be kept.
    Fresh(Vec<String>),
    /// There is one, with so many recovery codes left.
    On(i64),
}

/// The part of the page.
#[component]
pub fn SecondFactorSheet() -> impl IntoView {
    let i18n = use_i18n();
    let api = Api::get();
    let step = RwSignal::new(Step::Unknown);
    let load = move || {
        spawn_local(async move {
            let next = match api.read::<FactorState>("/me/second-factor").await {
                Ok(state) if state.on => Step::On(state.recovery_codes),
                Ok(_) => Step::Off,
                Err(failure) => Step::Failed(failure),
            };
            step.try_set(next);
        });
    };
    load();
    view! {
        <section class="form sheet" aria-labelledby="second-factor-title">
            <h2 id="second-factor-title">{t!(i18n, factor.title)}</h2>
            <p class="muted">{t!(i18n, factor.text)}</p>
            {move || match step.get() {
                Step::Unknown => view! { <Skeleton rows=2 /> }.into_any(),
                Step::Failed(failure) => {
                    view! { <Failed failure=Signal::stored(failure) retry=move |()| load() /> }.into_any()
                }
                Step::Off => view! { <Start step /> }.into_any(),
                Step::Started(started) => view! { <Confirm started step /> }.into_any(),
                Step::Fresh(codes) => view! { <Codes codes step /> }.into_any(),
                Step::On(left) => view! { <On left step /> }.into_any(),
            }}
        </section>
    }
}

#[component]
fn Codes(
    /// The recovery codes.
    codes: Vec<String>,
    /// How far one is.
    step: RwSignal<Step>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (caller, toasts) = (Caller::get(), Toasts::get());
    let left = i64::try_from(codes.len()).unwrap_or_default();
    let all = codes.join("\n");
    let copied = move |_| {
        let all = all.clone();
        spawn_local(async move {
            if copy(all).await {
                toasts.good(untrack(|| t_string!(i18n, factor.codes_copied)));
            } else {
                toasts.bad(untrack(|| t_string!(i18n, invite.copy_failed)));
            }
        });
    };
    let kept = move |_| {
        step.set(Step::On(left));
        // Only now: whoever had to set up a factor leaves this page with it, and would not have seen the codes.
        caller.ask();
    };
    view! {
        <div class="note calm fresh" role="status">
            <p>{t!(i18n, factor.keep_codes)}</p>
        </div>
        <ul class="codes">{codes.into_iter().map(|code| view! { <li>{code}</li> }).collect_view()}</ul>
        <div class="acts">
            <button type="button" class="button" on:click=copied>
                <Icon glyph=Glyph::Copy />
                {t!(i18n, factor.copy_codes)}
            </button>
            <button type="button" class="button primary" on:click=kept>
                {t!(i18n, factor.kept)}
            </button>
        </div>
    }
}

#[component]
fn On(
    /// How many recovery codes are left.
    left: i64,
    /// How far one is.
    step: RwSignal<Step>,
) -> impl IntoView {
    let i18n = use_i18n();
    let asking = RwSignal::new(None::<Act>);
    view! {
        <p>
            <span class="tag ok">{t!(i18n, factor.is_on)}</span>
            " "
            {move || t_string!(i18n, factor.left, count = left)}
        </p>
        <div class="acts">
            <button type="button" class="button" on:click=move |_| asking.set(Some(Act::Renew))>
                {t!(i18n, factor.renew)}
            </button>
            <button type="button" class="button danger" on:click=move |_| asking.set(Some(Act::Remove))>
                {t!(i18n, factor.remove)}
            </button>
        </div>
        <ProveDialog asking step />
    }
}
