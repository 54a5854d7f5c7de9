//! The user's API tokens, for programs that act on their behalf, with all or some of their rights.

use crate::{
    api::{Api, Failure},
    format::{Format, Texts},
    i18n::*,
    labels,
    pages::console::support_key::copy_to_clipboard,
    ui::{
        empty_state::{LoadError, Skeleton},
        error_message::{ErrorMessage, failure_text},
        field::TextField,
        form::Form,
        icon::{Glyph, Icon},
        select::{Select, SelectOption},
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    scope::Scope,
    validate,
    wire::account::{CreatedToken, NewToken, TokenView},
};

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
    let (api, toasts) = (Api::get(), Toasts::get());
    let all = RwSignal::new(None::<Result<Vec<TokenView>, Failure>>);
    let made = RwSignal::new(None::<CreatedToken>);
    let load = Callback::new(move |()| {
        spawn_local(async move {
            let answer = api.read("/tokens").await;
            all.try_set(Some(answer));
        });
    });
    load.run(());
    let delete = Callback::new(move |token: TokenView| {
        spawn_local(async move {
            match api.delete(&format!("/tokens/{}", token.id)).await {
                Ok(()) => {
                    made.update(|made| *made = made.take().filter(|made| made.token.id != token.id));
                    toasts.success(untrack(|| t_string!(i18n, profile.token_deleted, name = token.name)));
                }
                Err(failure) => toasts.error(untrack(|| labels::failure(i18n, &failure))),
            }
            load.try_run(());
        });
    });
    view! {
        <section class="form sheet" aria-labelledby="tokens-title">
            <h2 id="tokens-title">{t!(i18n, profile.tokens)}</h2>
            <p class="muted">{t!(i18n, profile.tokens_text)}</p>
            {move || match all.get() {
                None => view! { <Skeleton rows=2 /> }.into_any(),
                Some(Err(failure)) => {
                    view! { <LoadError failure=Signal::stored(failure) retry=move |()| load.run(()) /> }.into_any()
                }
                Some(Ok(all)) if all.is_empty() => view! { <p>{t!(i18n, profile.no_tokens)}</p> }.into_any(),
                Some(Ok(all)) => {
                    let rows = all.into_iter().map(|token| view! { <Row token delete /> }).collect_view();
                    view! { <ul class="item-list">{rows}</ul> }.into_any()
                }
            }}
            {move || made.get().map(|made| view! { <Secret secret=made.secret /> })}
            <Entry made load />
        </section>
    }
}

#[component]
fn Row(
    token: TokenView,
    /// Called to delete the token.
    delete: Callback<TokenView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let (name, scope, expires, used) = (token.name.clone(), token.scope, token.expires_at, token.last_used_at);
    let label = {
        let name = name.clone();
        move || t_string!(i18n, profile.delete_token, name = name.clone())
    };
    let when = move || {
        let used = used.map_or_else(|| t_string!(i18n, profile.never_used).to_owned(), |at| format.ago(at));
        t_string!(i18n, profile.token_when, scope = scope_label(i18n, scope), until = format.date(expires), used = used)
    };
    view! {
        <li>
            <span class="item-text">
                <b>{name}</b>
                <small class="muted num">{when}</small>
            </span>
            <button type="button" class="button" aria-label=label on:click=move |_| delete.run(token.clone())>
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
    let toasts = Toasts::get();
    let copied = secret.clone();
    let copy_it = move |_| {
        let secret = copied.clone();
        spawn_local(async move {
            if copy_to_clipboard(secret).await {
                toasts.success(untrack(|| t_string!(i18n, profile.secret_copied)));
            } else {
                toasts.error(untrack(|| t_string!(i18n, invite.copy_failed)));
            }
        });
    };
    view! {
        <div class="note calm new-secret" role="status">
            <p>{t!(i18n, profile.secret_text)}</p>
            <p class="secret" tabindex="0">{secret}</p>
            <button type="button" class="button" on:click=copy_it>
                <Icon glyph=Glyph::Copy />
                {t!(i18n, profile.copy_secret)}
            </button>
        </div>
    }
}

#[component]
fn Entry(
    /// Set to the created token.
    made: RwSignal<Option<CreatedToken>>,
    /// Reloads the list.
    load: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, form) = (Api::get(), Form::default());
    let (name, days) = (RwSignal::new(String::new()), RwSignal::new("90".to_owned()));
    let scope = RwSignal::new(Scope::Sessions.to_string());
    let scopes = move || {
        Scope::ALL.iter().map(|scope| SelectOption::new(scope.as_str(), scope_label(i18n, *scope))).collect::<Vec<_>>()
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let days = days.get_untracked().trim().parse().unwrap_or(0);
        let scope = scope.get_untracked().parse().unwrap_or_default();
        let body = NewToken { name: name.get_untracked(), days, scope };
        if form.begin([("name", validate::name(&body.name).err()), ("days", validate::in_range(days, 1, 365).err())]) {
            spawn_local(async move {
                match api.post::<CreatedToken>("/tokens", &body).await {
                    Ok(token) => {
                        form.done();
                        made.set(Some(token));
                        name.set(String::new());
                        load.try_run(());
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <h3>{t!(i18n, profile.new_token)}</h3>
            <TextField
                label=Signal::derive(move || t_string!(i18n, profile.token_name).to_owned())
                value=name
                name="token_name"
                error=form.error("name")
            />
            <Select
                label=Signal::derive(move || t_string!(i18n, profile.scope).to_owned())
                name="scope"
                options=Signal::derive(scopes)
                value=scope
                choose=move |value| scope.set(value)
            />
            <TextField
                label=Signal::derive(move || t_string!(i18n, profile.token_days).to_owned())
                value=days
                kind="number"
                name="days"
                error=form.error("days")
            />
            <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
            <div class="acts">
                <button type="submit" class="button primary" aria-disabled=move || form.busy().to_string()>
                    {t!(i18n, profile.make_token)}
                </button>
            </div>
        </form>
    }
}
