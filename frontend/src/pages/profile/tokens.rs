//! The user's API tokens, for programs that act on their behalf, with all or some of their rights.

use crate::{
    format::{Format, Texts},
    i18n::*,
    lazy_dialog,
    text::text,
    ui::{
        copy_button::CopyButton,
        field::TextField,
        focus::restore_focus,
        form::Form,
        form_dialog::{ConfirmDialog, Dialogs, FormDialog},
        query::{Loaded, Query},
        select::{Select, SelectOption},
        show::Show,
        toast::Toasts,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints,
    scope::Scope,
    validate,
    wire::account::{CreatedToken, NewToken, TokenView},
};

/// The state of the section.
#[derive(Clone, Copy)]
struct TokensState {
    all: Query<Vec<TokenView>>,
    /// The token that has just been created: only now is its secret known.
    created: RwSignal<Option<CreatedToken>>,
}

/// What a token of this scope may be used for.
fn scope_label(i18n: Texts, scope: Scope) -> &'static str {
    match scope {
        Scope::Read => t_string!(i18n, profile.scope_read),
        Scope::Sessions => t_string!(i18n, profile.scope_sessions),
        Scope::All => t_string!(i18n, profile.scope_all),
    }
}

/// The section of the profile page.
#[component]
pub fn TokensSheet() -> impl IntoView {
    let i18n = use_i18n();
    let (dialogs, all) = (Dialogs::get(), Query::once(endpoints::tokens::list()));
    let state = TokensState { all, created: RwSignal::new(None) };
    let rows = move || {
        let all = all.get().unwrap_or_default();
        all.into_iter().map(|token| view! { <Row token state /> }).collect_view()
    };
    let secret = move || state.created.get().map(|created| view! { <Secret secret=created.secret /> });
    view! {
        <section class="form sheet" aria-labelledby="tokens-title">
            <h2 id="tokens-title" tabindex="-1">
                {t!(i18n, profile.tokens)}
            </h2>
            <p class="muted">{t!(i18n, profile.tokens_text)}</p>
            <Loaded status=all.status() rows=2>
                <Show when=move || all.with(Vec::is_empty).unwrap_or_default()>
                    <p>{t!(i18n, profile.no_tokens)}</p>
                </Show>
                <ul class="item-list">{rows}</ul>
            </Loaded>
            {secret}
            <div class="acts">
                <button
                    type="button"
                    class="button"
                    on:click=dialogs.opens(lazy_dialog!(add_token(state: TokensState) { view! { <AddToken state /> } }))
                >
                    {t!(i18n, profile.make_token)}
                </button>
            </div>
        </section>
    }
}

#[component]
fn Row(
    token: TokenView,
    /// The state of the section.
    state: TokensState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (format, dialogs) = (Format::get(), Dialogs::get());
    let TokenView { scope, expires_at, last_used_at, ref name, .. } = token;
    let (name, shown_name) = (name.clone(), name.clone());
    let when = move || {
        let used = last_used_at.map_or_else(|| t_string!(i18n, profile.never_used).to_owned(), |at| format.ago(at));
        let (scope, until) = (scope_label(i18n, scope), format.date(expires_at));
        t_string!(i18n, profile.token_when, scope = scope, until = until, used = used)
    };
    let delete = dialogs.opens(lazy_dialog!(delete_token(token: TokenView, state: TokensState) {
        view! { <DeleteToken token state /> }
    }));
    view! {
        <li>
            <span class="item-text">
                <b>{shown_name}</b>
                <small class="muted num">{when}</small>
            </span>
            <button
                type="button"
                class="button"
                aria-label=move || t_string!(i18n, profile.delete_token, name = name.clone())
                on:click=delete
            >
                {t!(i18n, profile.delete)}
            </button>
        </li>
    }
}

/// The secret of a new token, shown once.
#[component]
fn Secret(
    /// The secret of the token.
    secret: String,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <div class="note calm new-secret" role="status">
            <p>{t!(i18n, profile.secret_text)}</p>
            <p class="secret" tabindex="0">{secret.clone()}</p>
            <CopyButton content=secret label=text!(profile.copy_secret) copied=text!(profile.secret_copied) />
        </div>
    }
}

#[component]
fn DeleteToken(
    token: TokenView,
    /// The state of the section.
    state: TokensState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts, dialogs) = (Form::default(), Toasts::get(), Dialogs::get());
    let (id, name) = (token.id, StoredValue::new(token.name));
    let action = move |()| {
        let name = name.get_value();
        form.submit(
            [],
            || endpoints::tokens::delete(id),
            move |()| {
                toasts.success(tu_string!(i18n, profile.token_deleted, name = name));
                state.all.update(|all| all.retain(|token| token.id != id));
                state.created.try_update(|created| *created = created.take().filter(|created| created.token.id != id));
                dialogs.close_if(form);
                restore_focus("#tokens-title");
            },
        );
    };
    view! {
        <ConfirmDialog
            title=text!(profile.delete_title, name = name.get_value())
            form
            action
            confirm=text!(profile.delete)
        >
            <p>{t!(i18n, profile.delete_text)}</p>
        </ConfirmDialog>
    }
}

#[component]
fn AddToken(
    /// The state of the section.
    state: TokensState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, dialogs) = (Form::default(), Dialogs::get());
    let (name, days) = (RwSignal::new(String::new()), RwSignal::new("90".to_owned()));
    let scope = RwSignal::new(Scope::Sessions.to_string());
    let scopes = move || {
        Scope::ALL.iter().map(|scope| SelectOption::new(scope.as_str(), scope_label(i18n, *scope))).collect::<Vec<_>>()
    };
    let submit = move |()| {
        let days = days.get_untracked().trim().parse().unwrap_or(0);
        let scope = scope.get_untracked().parse().unwrap_or_default();
        let body = NewToken { name: name.get_untracked(), days, scope };
        let checks = [("name", validate::name(&body.name).err()), ("days", validate::in_range(days, 1, 365).err())];
        form.submit(
            checks,
            || endpoints::tokens::create(&body),
            move |token| {
                state.created.try_set(Some(token));
                state.all.reload();
                dialogs.close_if(form);
            },
        );
    };
    view! {
        <FormDialog title=text!(profile.new_token) form submit confirm=text!(profile.make_token)>
            <TextField label=text!(profile.token_name) value=name name="name" form autofocus=true />
            <Select
                label=text!(profile.scope)
                name="scope"
                options=Signal::derive(scopes)
                value=scope
                choose=move |value| scope.set(value)
                form
            />
            <TextField label=text!(profile.token_days) value=days kind="number" name="days" form />
        </FormDialog>
    }
}
