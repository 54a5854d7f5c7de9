//! The browsers in which the user is signed in, and signing out there.

use crate::{
    api::{Api, Failure},
    format::Format,
    i18n::*,
    labels,
    ui::{
        empty_state::{LoadError, Skeleton},
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::wire::account::SignInView;

/// The section of the profile page.
#[component]
pub fn SignInsSheet() -> impl IntoView {
    let i18n = use_i18n();
    let (api, toasts) = (Api::get(), Toasts::get());
    let all = RwSignal::new(None::<Result<Vec<SignInView>, Failure>>);
    let load = move || {
        spawn_local(async move {
            let answer = api.read("/me/sign-ins").await;
            all.try_set(Some(answer));
        });
    };
    load();
    let end = Callback::new(move |path: String| {
        spawn_local(async move {
            match api.delete(&path).await {
                Ok(()) => toasts.success(untrack(|| t_string!(i18n, profile.signed_out))),
                Err(failure) => toasts.error(untrack(|| labels::failure(i18n, &failure))),
            }
            load();
        });
    });
    let others = move || all.with(|all| matches!(all, Some(Ok(all)) if all.iter().any(|one| !one.this)));
    view! {
        <section class="form sheet" aria-labelledby="sign-ins-title">
            <h2 id="sign-ins-title">{t!(i18n, profile.sign_ins)}</h2>
            <p class="muted">{t!(i18n, profile.sign_ins_text)}</p>
            {move || match all.get() {
                None => view! { <Skeleton rows=2 /> }.into_any(),
                Some(Err(failure)) => {
                    view! { <LoadError failure=Signal::stored(failure) retry=move |()| load() /> }.into_any()
                }
                Some(Ok(all)) => {
                    let rows = all.into_iter().map(|one| view! { <Row one end /> }).collect_view();
                    view! { <ul class="item-list">{rows}</ul> }.into_any()
                }
            }}
            <Show when=others>
                <div class="acts">
                    <button type="button" class="button" on:click=move |_| end.run("/me/sign-ins".to_owned())>
                        {t!(i18n, profile.sign_out_others)}
                    </button>
                </div>
            </Show>
        </section>
    }
}

#[component]
fn Row(
    /// The browser session.
    one: SignInView,
    /// Called with the path of the session to end.
    end: Callback<String>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let browser = move |named: &Option<String>| {
        named.clone().unwrap_or_else(|| t_string!(i18n, profile.unknown_browser).to_owned())
    };
    let (named, address, this) = (one.browser.clone(), one.address.clone().unwrap_or_default(), one.this);
    let label = {
        let named = named.clone();
        move || t_string!(i18n, profile.sign_out_of, browser = browser(&named))
    };
    let path = format!("/me/sign-ins/{}", one.id);
    let when = move || {
        let (since, used) = (format.date_time(one.created_at), format.ago(one.last_used_at));
        t_string!(i18n, profile.sign_in_when, address = address.clone(), since = since, used = used)
    };
    view! {
        <li>
            <span class="item-text">
                <b>
                    {move || browser(&named)}
                    {this.then(|| view! { <span class="tag">{t!(i18n, profile.this_one)}</span> })}
                </b>
                <small class="muted num">{when}</small>
            </span>
            {(!this)
                .then(|| {
                    view! {
                        <button type="button" class="button" aria-label=label on:click=move |_| end.run(path.clone())>
                            {t!(i18n, shell.sign_out)}
                        </button>
                    }
                })}
        </li>
    }
}
