//! The user's passkeys: adding one on this device, renaming, removing.

use crate::{
    api::{Api, Failure},
    caller::Caller,
    format::Format,
    i18n::*,
    labels,
    passkey::{self, PasskeyError},
    ui::{
        dialog::TaskDialog,
        empty_state::{LoadError, Skeleton},
        error_message::{ErrorMessage, failure_text},
        field::TextField,
        form::Form,
        icon::{Glyph, Icon},
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    validate,
    wire::passkeys::{NewPasskey, PasskeyOptions, PasskeyView, RenamePasskey},
};

/// The section of the profile page.
#[component]
pub fn PasskeysSheet() -> impl IntoView {
    let i18n = use_i18n();
    let (api, toasts, caller) = (Api::get(), Toasts::get(), Caller::get());
    let all = RwSignal::new(None::<Result<Vec<PasskeyView>, Failure>>);
    let renaming = RwSignal::new(None::<PasskeyView>);
    let load = Callback::new(move |()| {
        spawn_local(async move {
            let answer = api.read("/me/passkeys").await;
            all.try_set(Some(answer));
        });
    });
    load.run(());
    let remove = Callback::new(move |one: PasskeyView| {
        spawn_local(async move {
            match api.delete(&format!("/me/passkeys/{}", one.id)).await {
                Ok(()) => toasts.success(untrack(|| t_string!(i18n, passkeys.removed, name = one.name))),
                Err(failure) if failure.is_cancelled() => {}
                Err(failure) => toasts.error(untrack(|| labels::failure(i18n, &failure))),
            }
            // The page may have been closed, if this was the only second factor of a user who needs one.
            load.try_run(());
            caller.refresh();
        });
    });
    view! {
        <section class="form sheet" aria-labelledby="passkeys-title">
            <h2 id="passkeys-title">{t!(i18n, passkeys.title)}</h2>
            <p class="muted">{t!(i18n, passkeys.text)}</p>
            {move || match all.get() {
                None => view! { <Skeleton rows=1 /> }.into_any(),
                Some(Err(failure)) => {
                    view! { <LoadError failure=Signal::stored(failure) retry=move |()| load.run(()) /> }.into_any()
                }
                Some(Ok(all)) if all.is_empty() => view! { <p>{t!(i18n, passkeys.none)}</p> }.into_any(),
                Some(Ok(all)) => {
                    let rows = all.into_iter().map(|one| view! { <Row one remove renaming /> }).collect_view();
                    view! { <ul class="item-list">{rows}</ul> }.into_any()
                }
            }}
            {if passkey::supported() {
                view! { <Add load /> }.into_any()
            } else {
                view! { <p class="muted">{t!(i18n, passkeys.unsupported)}</p> }.into_any()
            }}
            <RenameDialog renaming load />
        </section>
    }
}

#[component]
fn Row(
    /// The passkey.
    one: PasskeyView,
    /// Called to remove the passkey.
    remove: Callback<PasskeyView>,
    /// The passkey being renamed.
    renaming: RwSignal<Option<PasskeyView>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let one = StoredValue::new(one);
    let name = move || one.with_value(|one| one.name.clone());
    let when = move || {
        let (added, used) = one.with_value(|one| (one.created_at, one.last_used_at));
        let used = used.map_or_else(|| t_string!(i18n, profile.never_used).to_owned(), |at| format.ago(at));
        t_string!(i18n, passkeys.when, added = format.date(added), used = used)
    };
    view! {
        <li>
            <span class="item-text">
                <b>{name}</b>
                <small class="muted num">{when}</small>
            </span>
            <button
                type="button"
                class="button"
                aria-label=move || t_string!(i18n, passkeys.rename_of, name = name())
                on:click=move |_| renaming.set(Some(one.get_value()))
            >
                {t!(i18n, passkeys.rename)}
            </button>
            <button
                type="button"
                class="button"
                aria-label=move || t_string!(i18n, passkeys.remove_of, name = name())
                on:click=move |_| remove.run(one.get_value())
            >
                {t!(i18n, passkeys.remove)}
            </button>
        </li>
    }
}

#[component]
fn Add(
    /// Reloads the list.
    load: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, caller, toasts, form) = (Api::get(), Caller::get(), Toasts::get(), Form::default());
    let (name, passkey_error) = (RwSignal::new(String::new()), RwSignal::new(None::<PasskeyError>));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let called = name.get_untracked();
        passkey_error.set(None);
        if form.begin([("name", validate::name(&called).err())]) {
            spawn_local(async move {
                match add_passkey(api, called).await {
                    Ok(Ok(one)) => {
                        form.done();
                        name.set(String::new());
                        toasts.success(untrack(|| t_string!(i18n, passkeys.added, name = one.name)));
                        load.try_run(());
                        caller.refresh();
                    }
                    Ok(Err(error)) => {
                        form.done();
                        passkey_error.set(Some(error));
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    let wrong = move || match passkey_error.get() {
        Some(PasskeyError::Cancelled) => Some(t_string!(i18n, passkeys.not_made).to_owned()),
        Some(PasskeyError::Unsupported) => Some(t_string!(i18n, passkeys.unsupported).to_owned()),
        None => failure_text(i18n, form.failure()),
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <TextField
                label=Signal::derive(move || t_string!(i18n, passkeys.name).to_owned())
                value=name
                name="passkey_name"
                hint=Signal::derive(move || Some(t_string!(i18n, passkeys.name_hint).to_owned()))
                error=form.error("name")
            />
            <ErrorMessage text=Signal::derive(wrong) />
            <div class="acts">
                <button type="submit" class="button primary" aria-disabled=move || form.busy().to_string()>
                    <Icon glyph=Glyph::Key />
                    {t!(i18n, passkeys.add)}
                </button>
            </div>
        </form>
    }
}

async fn add_passkey(api: Api, name: String) -> Result<Result<PasskeyView, PasskeyError>, Failure> {
    let asked = api.post::<PasskeyOptions>("/me/passkeys/begin", &()).await?;
    match passkey::create(&asked.options).await {
        Ok(credential) => api.post("/me/passkeys", &NewPasskey { name, credential }).await.map(Ok),
        Err(error) => Ok(Err(error)),
    }
}

#[component]
fn RenameDialog(
    /// The passkey being renamed.
    renaming: RwSignal<Option<PasskeyView>>,
    /// Reloads the list.
    load: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <TaskDialog
            open=Signal::derive(move || renaming.get().is_some())
            close=move |()| renaming.set(None)
            title=Signal::derive(move || t_string!(i18n, passkeys.rename_title).to_owned())
        >
            {move || renaming.get().map(|one| view! { <Rename one renaming load /> })}
        </TaskDialog>
    }
}

#[component]
fn Rename(
    /// The passkey.
    one: PasskeyView,
    /// The passkey being renamed; cleared to close the dialog.
    renaming: RwSignal<Option<PasskeyView>>,
    /// Reloads the list.
    load: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, form, name) = (Api::get(), Form::default(), RwSignal::new(one.name.clone()));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let body = RenamePasskey { name: name.get_untracked() };
        if form.begin([("name", validate::name(&body.name).err())]) {
            spawn_local(async move {
                match api.patch::<PasskeyView>(&format!("/me/passkeys/{}", one.id), &body).await {
                    Ok(_) => {
                        renaming.set(None);
                        load.try_run(());
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <TextField
                label=Signal::derive(move || t_string!(i18n, passkeys.name).to_owned())
                value=name
                name="name"
                error=form.error("name")
                autofocus=true
            />
            <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" on:click=move |_| renaming.set(None)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button primary" aria-disabled=move || form.busy().to_string()>
                    {t!(i18n, common.save)}
                </button>
            </div>
        </form>
    }
}
