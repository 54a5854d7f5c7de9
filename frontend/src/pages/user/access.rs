//! How the user can access the account: browser sign-ins, second factor, API tokens; and removing these.

use super::state::UserPageState;
use crate::{
    format::Format,
    i18n::*,
    lazy_dialog,
    text::{Text, text},
    ui::{
        form::Form,
        form_dialog::{ConfirmDialog, Dialogs},
        keyed_list::For,
        query::{Loaded, Query},
        show::Show,
        time::Time,
        toast::Toasts,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints::{self, Endpoint},
    ids::UserId,
    wire::{
        account::{SignInView, TokenView},
        users::UserAccess,
    },
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

impl AccessRemoval {
    fn request(&self, user: UserId) -> Endpoint<()> {
        match self {
            Self::SignIns => endpoints::users::sign_out(user),
            Self::Factor => endpoints::users::reset_second_factor(user),
            Self::Token(token) => endpoints::users::delete_token(user, token.id),
        }
    }

    /// What is asked, what follows from it, and the label of the button.
    fn texts(&self, name: String) -> (Text, Text, Text) {
        match self {
            Self::SignIns => {
                (text!(person.sign_out_title, name = name.clone()), text!(person.sign_out_text), text!(person.sign_out))
            }
            Self::Factor => (
                text!(person.reset_factor_title, name = name.clone()),
                text!(person.reset_factor_text),
                text!(person.reset_factor),
            ),
            Self::Token(token) => {
                let token = token.name.clone();
                let title = text!(person.delete_token_title, token = token.clone(), name = name.clone());
                (title, text!(person.delete_token_text), text!(profile.delete))
            }
        }
    }
}

/// The section of the page, for callers who may change the user.
#[component]
pub fn Access(
    /// The state of the page.
    page: UserPageState,
) -> impl IntoView {
    view! {
        <Show when=move || page.may_change()>
            <AccessCard page />
        </Show>
    }
}

/// The loaded access, and the dialogs that remove something from it.
#[derive(Clone, Copy)]
struct AccessState {
    page: UserPageState,
    access: Query<UserAccess>,
    dialogs: Dialogs,
}

impl AccessState {
    /// A handler that opens the dialog.
    fn asks<E>(self, what: AccessRemoval) -> impl Fn(E) + Copy + Send + Sync {
        let state = self;
        self.dialogs.opens(lazy_dialog!(remove_access(state: AccessState, what: AccessRemoval) {
            view! { <RemoveAccess state what /> }
        }))
    }

    /// The result of a function of the access; tracked.
    fn with<T: Default>(self, of: impl FnOnce(&UserAccess) -> T) -> T {
        self.access.with(of).unwrap_or_default()
    }
}

#[component]
fn AccessCard(
    /// The state of the page.
    page: UserPageState,
) -> impl IntoView {
    let access = Query::once(endpoints::users::access(page.id));
    let state = AccessState { page, access, dialogs: Dialogs::get() };
    view! {
        <section class="card wide">
            <Loaded status=access.status() rows=2>
                <SignIns state />
                <SecondFactor state />
                <Tokens state />
            </Loaded>
        </section>
    }
}

#[component]
fn SignIns(
    /// The loaded access.
    state: AccessState,
) -> impl IntoView {
    let i18n = use_i18n();
    let any = Memo::new(move |_| state.with(|access| !access.sign_ins.is_empty()));
    view! {
        <div class="card-head">
            <h2>{t!(i18n, profile.sign_ins)}</h2>
            <Show when=move || any.get()>
                <button type="button" class="button small" on:click=state.asks(AccessRemoval::SignIns)>
                    {t!(i18n, person.sign_out)}
                </button>
            </Show>
        </div>
        <Show when=move || !any.get()>
            <p class="muted">{t!(i18n, person.no_sign_ins)}</p>
        </Show>
        <ul class="lines">
            <For each=move || state.with(|access| access.sign_ins.clone()) key=|one| one.id let:one>
                <SignInRow one />
            </For>
        </ul>
    }
}

#[component]
fn SecondFactor(
    /// The loaded access.
    state: AccessState,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let factors = Memo::new(move |_| state.with(|access| (access.second_factor, access.passkeys)));
    let listed = move || {
        let (has_app, passkeys) = factors.get();
        let app = has_app.then(|| t_string!(i18n, person.has_app).to_owned());
        let keys =
            (passkeys > 0).then(|| t_string!(i18n, person.has_passkeys, count = passkeys, n = format.number(passkeys)));
        let all: Vec<_> = app.into_iter().chain(keys).collect();
        match all.is_empty() {
            true => t_string!(i18n, person.no_factor).to_owned(),
            false => all.join(t_string!(i18n, common.listed)),
        }
    };
    view! {
        <div class="card-head">
            <h2>{t!(i18n, factor.title)}</h2>
            <Show when=move || factors.get() != (false, 0)>
                <button type="button" class="button small" on:click=state.asks(AccessRemoval::Factor)>
                    {t!(i18n, person.reset_factor)}
                </button>
            </Show>
        </div>
        <p class="muted">{listed}</p>
    }
}

#[component]
fn Tokens(
    /// The loaded access.
    state: AccessState,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <div class="card-head">
            <h2>{t!(i18n, profile.tokens)}</h2>
        </div>
        <Show when=move || state.with(|access| access.tokens.is_empty())>
            <p class="muted">{t!(i18n, person.no_tokens)}</p>
        </Show>
        <ul class="lines">
            <For each=move || state.with(|access| access.tokens.clone()) key=|token| token.id let:token>
                <TokenRow state token />
            </For>
        </ul>
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
            <span>
                {named} <small class="num">
                    <Time at=Signal::stored(last_used_at)>{when}</Time>
                </small>
            </span>
        </li>
    }
}

#[component]
fn TokenRow(
    /// The loaded access.
    state: AccessState,
    /// The API token.
    token: TokenView,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let (name, expires, used) = (token.name.clone(), token.expires_at, token.last_used_at);
    let when = move || {
        let used = used.map_or_else(|| t_string!(i18n, profile.never_used).to_owned(), |at| format.ago(at));
        t_string!(i18n, person.token_when, until = format.date(expires), used = used)
    };
    let shown = name.clone();
    view! {
        <li>
            <span>{shown} <small class="num">{when}</small></span>
            <button
                type="button"
                class="button small"
                aria-label=move || t_string!(i18n, profile.delete_token, name = name.clone())
                on:click=state.asks(AccessRemoval::Token(token))
            >
                {t!(i18n, profile.delete)}
            </button>
        </li>
    }
}

/// Asks before something is removed.
#[component]
fn RemoveAccess(
    /// The loaded access.
    state: AccessState,
    /// What is to be removed.
    what: AccessRemoval,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts) = (Form::default(), Toasts::get());
    let (title, follows, confirm) = what.texts(untrack(|| state.page.name()));
    let action = move |()| {
        form.submit(
            [],
            || what.request(state.page.id),
            move |()| {
                toasts.success(tu_string!(i18n, person.taken));
                state.access.reload();
                state.dialogs.close_if(form);
            },
        );
    };
    view! {
        <ConfirmDialog title form action confirm>
            <p>{move || follows.get(i18n)}</p>
        </ConfirmDialog>
    }
}
