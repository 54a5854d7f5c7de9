//! How the user gets in: where he is signed in, his tokens, his second factor; and taking that away.

use super::desk::Desk;
use crate::{
    api::Failure,
    format::Format,
    i18n::*,
    ui::{
        dialog::TaskDialog,
        face::{Failed, Skeleton, Wrong, usual},
        form::Form,
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::wire::{
    account::{SignInView, TokenView},
    users::UserAccess,
};

/// What is to be taken away.
#[derive(Clone, Debug, PartialEq)]
enum Taking {
    /// All his sign-ins.
    SignIns,
    /// His second factor and passkeys.
    Factor,
    /// One of his tokens.
    Token(TokenView),
}

/// The part of the page, for those who may do this.
#[component]
pub fn Access(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let may = Memo::new(move |_| desk.may_change());
    view! {
        <Show when=move || may.get()>
            <Ways desk />
        </Show>
    }
}

#[component]
fn Ways(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let access = RwSignal::new(None::<Result<UserAccess, Failure>>);
    let taking = RwSignal::new(None::<Taking>);
    let load = Callback::new(move |()| {
        let id = desk.id.get_untracked();
        spawn_local(async move {
            let answer = desk.api.read(&format!("/users/{id}/access")).await;
            access.try_set(Some(answer));
        });
    });
    Effect::new(move |_| {
        desk.id.track();
        load.run(());
    });
    view! {
        <section class="card wide">
            {move || match access.get() {
                None => view! { <Skeleton rows=2 /> }.into_any(),
                Some(Err(failure)) => {
                    view! { <Failed failure=Signal::stored(failure) retry=move |()| load.run(()) /> }.into_any()
                }
                Some(Ok(access)) => view! { <Known access taking /> }.into_any(),
            }}
        </section>
        <TakeDialog desk taking load />
    }
    .into_any()
}

#[component]
fn Known(
    /// What there is.
    access: UserAccess,
    /// What is to be taken away.
    taking: RwSignal<Option<Taking>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let UserAccess { sign_ins, tokens, second_factor, passkeys } = access;
    let factor = move || {
        let app = second_factor.then(|| t_string!(i18n, person.has_app).to_owned());
        let keys = (passkeys > 0).then(|| t_string!(i18n, person.has_passkeys, count = passkeys, n = passkeys));
        let all: Vec<_> = app.into_iter().chain(keys).collect();
        if all.is_empty() {
            t_string!(i18n, person.no_factor).to_owned()
        } else {
            all.join(t_string!(i18n, common.listed))
        }
    };
    let (none_in, no_tokens) = (sign_ins.is_empty(), tokens.is_empty());
    view! {
        <div class="card-head">
            <h2>{t!(i18n, profile.sign_ins)}</h2>
            {(!none_in)
                .then(|| {
                    view! {
                        <button type="button" class="button small" on:click=move |_| taking.set(Some(Taking::SignIns))>
                            {t!(i18n, person.sign_out)}
                        </button>
                    }
                })}
        </div>
        {none_in.then(|| view! { <p class="muted">{t!(i18n, person.no_sign_ins)}</p> })}
        <ul class="lines">{sign_ins.into_iter().map(|one| view! { <SignedIn one /> }).collect_view()}</ul>
        <div class="card-head">
            <h2>{t!(i18n, factor.title)}</h2>
            {(second_factor || passkeys > 0)
                .then(|| {
                    view! {
                        <button type="button" class="button small" on:click=move |_| taking.set(Some(Taking::Factor))>
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
        <ul class="lines">{tokens.into_iter().map(|token| view! { <Token token taking /> }).collect_view()}</ul>
    }
}

#[component]
fn SignedIn(
    /// Where.
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
fn Token(
    /// The token.
    token: TokenView,
    /// What is to be taken away.
    taking: RwSignal<Option<Taking>>,
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
                on:click=move |_| taking.set(Some(Taking::Token(token.clone())))
            >
                {t!(i18n, profile.delete)}
            </button>
        </li>
    }
}

/// The question before something is taken away.
#[component]
fn TakeDialog(
    /// The page.
    desk: Desk,
    /// What is to be taken away.
    taking: RwSignal<Option<Taking>>,
    /// Reads it again.
    load: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let name = move || desk.with(|user| user.name.clone()).unwrap_or_default();
    let title = move || match taking.get() {
        Some(Taking::SignIns) => t_string!(i18n, person.sign_out_title, name = name()),
        Some(Taking::Factor) => t_string!(i18n, person.reset_factor_title, name = name()),
        Some(Taking::Token(token)) => t_string!(i18n, profile.delete_token, name = token.name),
        None => String::new(),
    };
    view! {
        <TaskDialog
            open=Signal::derive(move || taking.with(Option::is_some))
            close=move |()| taking.set(None)
            title=Signal::derive(title)
        >
            {move || taking.get().map(|what| view! { <Take desk what taking load /> })}
        </TaskDialog>
    }
}

#[component]
fn Take(
    /// The page.
    desk: Desk,
    /// What is taken away.
    what: Taking,
    /// The same, to close.
    taking: RwSignal<Option<Taking>>,
    /// Reads it again.
    load: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts) = (Form::default(), Toasts::get());
    let id = desk.id.get_untracked();
    let path = match &what {
        Taking::SignIns => format!("/users/{id}/sign-ins"),
        Taking::Factor => format!("/users/{id}/second-factor"),
        Taking::Token(token) => format!("/users/{id}/tokens/{}", token.id),
    };
    let text = {
        let what = what.clone();
        move || match what {
            Taking::SignIns => t_string!(i18n, person.sign_out_text),
            Taking::Factor => t_string!(i18n, person.reset_factor_text),
            Taking::Token(_) => t_string!(i18n, person.delete_token_text),
        }
    };
    let confirm = move || match what {
        Taking::SignIns => t_string!(i18n, person.sign_out),
        Taking::Factor => t_string!(i18n, person.reset_factor),
        Taking::Token(_) => t_string!(i18n, profile.delete),
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let path = path.clone();
        if form.begin([]) {
            spawn_local(async move {
                match desk.api.delete(&path).await {
                    Ok(()) => {
                        toasts.good(tu_string!(i18n, person.taken).to_owned());
                        taking.set(None);
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
            <Wrong text=Signal::derive(move || usual(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" autofocus on:click=move |_| taking.set(None)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button danger" aria-disabled=move || form.busy().to_string()>
                    {confirm}
                </button>
            </div>
        </form>
    }
}
