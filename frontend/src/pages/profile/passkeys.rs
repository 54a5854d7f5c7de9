//! The user's passkeys: adding one on this device, renaming, removing.

use crate::{
    api::Api,
    caller::Caller,
    format::Format,
    i18n::*,
    lazy_dialog,
    passkey::{self, PasskeyError, PasskeyOutcome},
    text::text,
    ui::{
        field::TextField,
        focus::restore_focus,
        form::Form,
        form_dialog::{ConfirmDialog, Dialogs, FormDialog},
        icon::{Glyph, Icon},
        query::{Loaded, Query},
        show::Show,
        toast::Toasts,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints, validate,
    wire::passkeys::{PasskeyView, RenamePasskey},
};

/// The section of the profile page.
#[component]
pub fn PasskeysSheet() -> impl IntoView {
    let i18n = use_i18n();
    let (dialogs, all) = (Dialogs::get(), Query::once(endpoints::passkeys::list()));
    let rows = move || {
        let passkeys = all.get().unwrap_or_default();
        passkeys.into_iter().map(|one| view! { <Row one all /> }).collect_view()
    };
    let add = if passkey::supported() {
        view! {
            <div class="acts">
                <button
                    type="button"
                    class="button"
                    on:click=dialogs.opens(lazy_dialog!(add_passkey(all: Query<Vec<PasskeyView>>) {
                        view! { <AddPasskey all /> }
                    }))
                >
                    <Icon glyph=Glyph::Key />
                    {t!(i18n, passkeys.add)}
                </button>
            </div>
        }
        .into_any()
    } else {
        view! { <p class="muted">{t!(i18n, passkeys.unsupported)}</p> }.into_any()
    };
    view! {
        <section class="form sheet" aria-labelledby="passkeys-title">
            <h2 id="passkeys-title" tabindex="-1">
                {t!(i18n, passkeys.title)}
            </h2>
            <p class="muted">{t!(i18n, passkeys.text)}</p>
            <Loaded status=all.status() rows=1>
                <Show when=move || all.with(Vec::is_empty).unwrap_or_default()>
                    <p>{t!(i18n, passkeys.none)}</p>
                </Show>
                <ul class="item-list">{rows}</ul>
            </Loaded>
            {add}
        </section>
    }
}

#[component]
fn Row(
    /// The passkey.
    one: PasskeyView,
    /// The list that contains it.
    all: Query<Vec<PasskeyView>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (format, dialogs) = (Format::get(), Dialogs::get());
    let (stored, renamed) = (StoredValue::new(one.clone()), one.clone());
    let name = move || stored.with_value(|one| one.name.clone());
    let when = move || {
        let (added, used) = stored.with_value(|one| (one.created_at, one.last_used_at));
        let used = used.map_or_else(|| t_string!(i18n, profile.never_used).to_owned(), |at| format.ago(at));
        t_string!(i18n, passkeys.when, added = format.date(added), used = used)
    };
    let rename = dialogs.opens(lazy_dialog!(rename_passkey(renamed: PasskeyView, all: Query<Vec<PasskeyView>>) {
        view! { <RenameDialog one=renamed all /> }
    }));
    let remove = dialogs.opens(lazy_dialog!(remove_passkey(one: PasskeyView, all: Query<Vec<PasskeyView>>) {
        view! { <RemoveDialog one all /> }
    }));
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
                on:click=rename
            >
                {t!(i18n, passkeys.rename)}
            </button>
            <button
                type="button"
                class="button"
                aria-label=move || t_string!(i18n, passkeys.remove_of, name = name())
                on:click=remove
            >
                {t!(i18n, passkeys.remove)}
            </button>
        </li>
    }
}

#[component]
fn AddPasskey(
    /// The user's passkeys.
    all: Query<Vec<PasskeyView>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, caller, toasts, dialogs, form) =
        (Api::get(), Caller::get(), Toasts::get(), Dialogs::get(), Form::default());
    let (name, passkey_error) = (RwSignal::new(String::new()), RwSignal::new(None::<PasskeyError>));
    let submit = move |()| {
        let name = name.get_untracked();
        passkey_error.set(None);
        form.run([("name", validate::name(&name).err())], passkey::add(api, name), move |outcome| match outcome {
            PasskeyOutcome::Done(one) => {
                toasts.success(tu_string!(i18n, passkeys.added, name = one.name));
                all.reload();
                dialogs.close_if(form);
                // If the user was required to set up a second factor, this closes the page.
                caller.refresh();
            }
            PasskeyOutcome::NoPasskey(error) => drop(passkey_error.try_set(Some(error))),
        });
    };
    let failure = Signal::derive(move || passkey_error.get().map(|error| error.add_text(i18n).to_owned()));
    view! {
        <FormDialog title=text!(passkeys.add) form submit confirm=text!(passkeys.add) failure>
            <TextField
                label=text!(passkeys.name)
                value=name
                name="name"
                hint=text!(passkeys.name_hint)
                form
                autofocus=true
            />
        </FormDialog>
    }
}

#[component]
fn RenameDialog(
    /// The passkey.
    one: PasskeyView,
    /// The user's passkeys.
    all: Query<Vec<PasskeyView>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (toasts, dialogs, form, name) = (Toasts::get(), Dialogs::get(), Form::default(), RwSignal::new(one.name));
    let submit = move |()| {
        let body = RenamePasskey { name: name.get_untracked() };
        let checks = [("name", validate::name(&body.name).err())];
        form.submit(
            checks,
            || endpoints::passkeys::rename(one.id, &body),
            move |one| {
                toasts.success(tu_string!(i18n, passkeys.renamed, name = one.name));
                all.reload();
                dialogs.close_if(form);
            },
        );
    };
    view! {
        <FormDialog title=text!(passkeys.rename_title) form submit>
            <TextField label=text!(passkeys.name) value=name name="name" form autofocus=true />
        </FormDialog>
    }
}

#[component]
fn RemoveDialog(
    /// The passkey.
    one: PasskeyView,
    /// The user's passkeys.
    all: Query<Vec<PasskeyView>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (caller, toasts, dialogs, form) = (Caller::get(), Toasts::get(), Dialogs::get(), Form::default());
    let (id, name) = (one.id, StoredValue::new(one.name));
    let action = move |()| {
        let name = name.get_value();
        form.submit(
            [],
            || endpoints::passkeys::remove(id),
            move |()| {
                toasts.success(tu_string!(i18n, passkeys.removed, name = name));
                all.update(|all| all.retain(|one| one.id != id));
                dialogs.close_if(form);
                restore_focus("#passkeys-title");
                // If this was the only second factor of a user who needs one, the page closes.
                caller.refresh();
            },
        );
    };
    view! {
        <ConfirmDialog
            title=text!(passkeys.remove_title, name = name.get_value())
            form
            action
            confirm=text!(passkeys.remove)
        >
            <p>{t!(i18n, passkeys.remove_text)}</p>
        </ConfirmDialog>
    }
}
