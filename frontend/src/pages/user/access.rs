//! How the user can access the account: browser sign-ins, second factor, API tokens; and removing these.

use super::state::UserPageState;
use crate::{
    api::Failure,
    format::Format,
    i18n::*,
    ui::{
        dialog::TaskDialog,
        empty_state::{LoadError, Skeleton},
        error_message::{ErrorMessage, failure_text},
        form::Form,
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::wire::{
    account::{SignInView, TokenView},
    users::UserAccess,
};

/// What is to be removed.
#[derive(Clone, Debug, PartialEq)]
enum AccessRemoval {
    /// All browser sign-ins.
    SignIns,
    /// The second factor and all passkeys.
    Factor,
    /// One API token.
    Token(TokenView),
}

/// The section of the page, for callers who may change the user.
#[component]
pub fn Access(
    /// The state of the page.
    page: UserPageState,
) -> impl IntoView {
    let may = Memo::new(move |_| page.may_change());
    view! {
        <Show when=move || may.get()>
            <AccessCard page />
        </Show>
    }
}

#[component]
fn AccessCard(
    /// The state of the page.
    page: UserPageState,
) -> impl IntoView {
    let access = RwSignal::new(None::<Result<UserAccess, Failure>>);
    let removing = RwSignal::new(None::<AccessRemoval>);
    let load = Callback::new(move |()| {
        let id = page.id.get_untracked();
        spawn_local(async move {
            let answer = page.api.read(&format!("/users/{id}/access")).await;
            access.try_set(Some(answer));
        });
    });
    Effect::new(move |_| {
        page.id.track();
        load.run(());
    });
    view! {
        <section class="card wide">
            {move || match access.get() {
                None => view! { <Skeleton rows=2 /> }.into_any(),
                Some(Err(failure)) => {
                    view! { <LoadError failure=Signal::stored(failure) retry=move |()| load.run(()) /> }.into_any()
                }
                Some(Ok(access)) => view! { <AccessDetails access removing /> }.into_any(),
            }}
        </section>
        <RemovalDialog page removing load />
    }
    .into_any()
}

#[component]
fn AccessDetails(
    /// The loaded data.
    access: UserAccess,
    /// Set to open the confirmation dialog.
    removing: RwSignal<Option<AccessRemoval>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let UserAccess { sign_ins, tokens, second_factor, passkeys } = access;
    let factor = move || {
        let app = second_factor.then(|| t_string!(i18n, person.has_app).to_owned());
        let keys =
            (passkeys > 0).then(|| t_string!(i18n, person.has_passkeys, count = passkeys, n = format.number(passkeys)));
        let all: Vec<_> = app.into_iter().chain(keys).collect();
        if all.is_empty() {
            t_string!(i18n, person.no_factor).to_owned()
        } else {
            all.join(t_string!(i18n, common.listed))
        }
    };
    let (no_sign_ins, no_tokens) = (sign_ins.is_empty(), tokens.is_empty());
    view! {
        <div class="card-head">
            <h2>{t!(i18n, profile.sign_ins)}</h2>
            {(!no_sign_ins)
                .then(|| {
                    view! {
                        <button
                            type="button"
                            class="button small"
                            on:click=move |_| removing.set(Some(AccessRemoval::SignIns))
                        >
                            {t!(i18n, person.sign_out)}
                        </button>
                    }
                })}
        </div>
        {no_sign_ins.then(|| view! { <p class="muted">{t!(i18n, person.no_sign_ins)}</p> })}
        <ul class="lines">{sign_ins.into_iter().map(|one| view! { <SignInRow one /> }).collect_view()}</ul>
        <div class="card-head">
            <h2>{t!(i18n, factor.title)}</h2>
            {(second_factor || passkeys > 0)
                .then(|| {
                    view! {
                        <button
                            type="button"
                            class="button small"
                            on:click=move |_| removing.set(Some(AccessRemoval::Factor))
                        >
                            {t!(i18n, person.reset_factor)}
                        </button>
                    }
                })}
        </div>
        <p class="muted">{factor}</p>
        <div class="card-head">
            <h2>{t!(i18n, profile.tokens)}</h2>
        </div>
        {no_tokens.then(|| view! { <p class="muted">{t!(i18n, person.no_tokens)}</p> })}
        <ul class="lines">{tokens.into_iter().map(|token| view! { <TokenRow token removing /> }).collect_view()}</ul>
    }
}

#[component]
fn SignInRow(
    /// The browser sign-in.
    one: SignInView,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let SignInView { browser, address, created_at, last_used_at, .. } = one;
    let named = move || browser.clone().unwrap_or_else(|| t_string!(i18n, profile.unknown_browser).to_owned());
    let when = move || {
        let (address, since, used) =
            (address.clone().unwrap_or_default(), format.date_time(created_at), format.ago(last_used_at));
        t_string!(i18n, profile.sign_in_when, address = address, since = since, used = used)
    };
    view! {
        <li>
            <span>{named} <small class="num">{when}</small></span>
        </li>
    }
}

#[component]
fn TokenRow(
    /// The API token.
    token: TokenView,
    /// Set to open the confirmation dialog.
    removing: RwSignal<Option<AccessRemoval>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let (name, expires, used) = (token.name.clone(), token.expires_at, token.last_used_at);
    let when = move || {
        let used = used.map_or_else(|| t_string!(i18n, profile.never_used).to_owned(), |at| format.ago(at));
        t_string!(i18n, person.token_when, until = format.date(expires), used = used)
    };
    let label = {
        let name = name.clone();
        move || t_string!(i18n, profile.delete_token, name = name.clone())
    };
    view! {
        <li>
            <span>{name} <small class="num">{when}</small></span>
            <button
                type="button"
                class="button small"
                aria-label=label
                on:click=move |_| removing.set(Some(AccessRemoval::Token(token.clone())))
            >
                {t!(i18n, profile.delete)}
            </button>
        </li>
    }
}

/// The confirmation dialog before something is removed.
#[component]
fn RemovalDialog(
    /// The state of the page.
    page: UserPageState,
    /// Set to open the confirmation dialog.
    removing: RwSignal<Option<AccessRemoval>>,
    /// Reloads the section.
    load: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let name = move || page.with(|user| user.name.clone()).unwrap_or_default();
    let title = move || match removing.get() {
        Some(AccessRemoval::SignIns) => t_string!(i18n, person.sign_out_title, name = name()),
        Some(AccessRemoval::Factor) => t_string!(i18n, person.reset_factor_title, name = name()),
        Some(AccessRemoval::Token(token)) => t_string!(i18n, profile.delete_token, name = token.name),
        None => String::new(),
    };
    view! {
        <TaskDialog
            open=Signal::derive(move || removing.with(Option::is_some))
            close=move |()| removing.set(None)
            title=Signal::derive(title)
        >
            {move || removing.get().map(|what| view! { <Removal page what removing load /> })}
        </TaskDialog>
    }
}

#[component]
fn Removal(
    /// The state of the page.
    page: UserPageState,
    /// What is to be removed.
    what: AccessRemoval,
    /// Cleared to close the dialog.
    removing: RwSignal<Option<AccessRemoval>>,
    /// Reloads the section.
    load: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts) = (Form::default(), Toasts::get());
    let id = page.id.get_untracked();
    let path = match &what {
        AccessRemoval::SignIns => format!("/users/{id}/sign-ins"),
        AccessRemoval::Factor => format!("/users/{id}/second-factor"),
        AccessRemoval::Token(token) => format!("/users/{id}/tokens/{}", token.id),
    };
    let text = {
        let what = what.clone();
        move || match what {
            AccessRemoval::SignIns => t_string!(i18n, person.sign_out_text),
            AccessRemoval::Factor => t_string!(i18n, person.reset_factor_text),
            AccessRemoval::Token(_) => t_string!(i18n, person.delete_token_text),
        }
    };
    let confirm = move || match what {
        AccessRemoval::SignIns => t_string!(i18n, person.sign_out),
        AccessRemoval::Factor => t_string!(i18n, person.reset_factor),
        AccessRemoval::Token(_) => t_string!(i18n, profile.delete),
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let path = path.clone();
        if form.begin([]) {
            spawn_local(async move {
                match page.api.delete(&path).await {
                    Ok(()) => {
                        toasts.success(tu_string!(i18n, person.taken).to_owned());
                        removing.set(None);
                        let _ = load.try_run(());
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <p>{text}</p>
            <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" autofocus on:click=move |_| removing.set(None)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button danger" aria-disabled=move || form.busy().to_string()>
                    {confirm}
                </button>
            </div>
        </form>
    }
}
