//! The browsers in which the user is signed in, and signing out there.

use crate::{
    format::Format,
    i18n::*,
    ui::{
        error_message::{ErrorMessage, failure_text},
        focus::restore_focus,
        form::Form,
        query::{Loaded, Query},
        show::Show,
        toast::Toasts,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{endpoints, ids::SignInId, wire::account::SignInView};

/// The section of the profile page.
#[component]
pub fn SignInsSheet() -> impl IntoView {
    let i18n = use_i18n();
    let (toasts, form) = (Toasts::get(), Form::default());
    let all = Query::once(endpoints::me::sign_ins());
    // `None`: all but this browser.
    let end = Callback::new(move |one: Option<SignInId>| {
        let request = || one.map_or_else(endpoints::me::end_other_sign_ins, endpoints::me::end_sign_in);
        form.submit([], request, move |()| {
            all.update(|all| all.retain(|sign_in| sign_in.this || one.is_some_and(|one| one != sign_in.id)));
            toasts.success(match one {
                Some(_) => tu_string!(i18n, profile.signed_out),
                None => tu_string!(i18n, profile.others_signed_out),
            });
            restore_focus("#sign-ins-title");
        });
    });
    let has_others = move || all.with(|all| all.iter().any(|one| !one.this)).unwrap_or_default();
    let rows = move || all.get().unwrap_or_default().into_iter().map(|one| view! { <Row one end /> }).collect_view();
    view! {
        <section class="form sheet" aria-labelledby="sign-ins-title">
            <h2 id="sign-ins-title" tabindex="-1">
                {t!(i18n, profile.sign_ins)}
            </h2>
            <p class="muted">{t!(i18n, profile.sign_ins_text)}</p>
            <Loaded status=all.status() rows=2>
                <ul class="item-list">{rows}</ul>
            </Loaded>
            <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
            <Show when=has_others>
                <div class="acts">
                    <button type="button" class="button" on:click=move |_| end.run(None)>
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
    /// Called with the id of the session to end.
    end: Callback<Option<SignInId>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let SignInView { id, browser, address, created_at, last_used_at, this } = one;
    let (browser, address) = (StoredValue::new(browser), address.unwrap_or_default());
    let name = move || browser.get_value().unwrap_or_else(|| t_string!(i18n, profile.unknown_browser).to_owned());
    let when = move || {
        let (since, used) = (format.date_time(created_at), format.ago(last_used_at));
        t_string!(i18n, profile.sign_in_when, address = address.clone(), since = since, used = used)
    };
    let sign_out = move || {
        view! {
            <button
                type="button"
                class="button"
                aria-label=move || t_string!(i18n, profile.sign_out_of, browser = name())
                on:click=move |_| end.run(Some(id))
            >
                {t!(i18n, shell.sign_out)}
            </button>
        }
    };
    view! {
        <li>
            <span class="item-text">
                <b>{name} {this.then(|| view! { <span class="tag">{t!(i18n, profile.this_one)}</span> })}</b>
                <small class="muted num">{when}</small>
            </span>
            {(!this).then(sign_out)}
        </li>
    }
}
