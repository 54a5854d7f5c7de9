//! Section with the list of sign-in providers.

use super::{
    addresses::Addresses,
    findings::Findings,
    state::{DirectoryPageState, ProviderDialogKind, TestState},
};
use crate::{
    format::Format,
    i18n::*,
    ui::{
        empty_state::{EmptyState, LoadError, Skeleton},
        icon::{Glyph, Icon},
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{ids::ProviderId, wire::providers::ProviderView};

#[component]
pub fn ProvidersSheet(
    /// Shared state of the page.
    page: DirectoryPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let list = move || match page.providers.get() {
        None => view! { <Skeleton rows=3 /> }.into_any(),
        Some(Err(failure)) => {
            view! { <LoadError failure=Signal::stored(failure) retry=move |()| page.load() /> }.into_any()
        }
        Some(Ok(all)) if all.items.is_empty() => view! { <NoProviders /> }.into_any(),
        Some(Ok(all)) => {
            let rows = all.items.into_iter().map(|provider| view! { <ProviderRow provider page /> }).collect_view();
            view! { <ul class="item-list">{rows}</ul> }.into_any()
        }
    };
    view! {
        <section class="form sheet" aria-labelledby="providers-title">
            <h2 id="providers-title">{t!(i18n, directory.providers)}</h2>
            <p class="muted">{t!(i18n, directory.providers_text)}</p>
            {list}
            <div class="acts">
                <button type="button" class="button primary" on:click=move |_| page.open_dialog.set(add_dialog())>
                    <Icon glyph=Glyph::Plus />
                    {t!(i18n, directory.add)}
                </button>
            </div>
        </section>
    }
}

/// Dialog for a new provider. The client generates its id, so that its URLs can be shown before saving.
fn add_dialog() -> Option<ProviderDialogKind> {
    let mut bytes = [0_u8; 16];
    window().crypto().ok()?.get_random_values_with_u8_array(&mut bytes).ok()?;
    // Version and variant bits of a random UUID (RFC 9562 §5.4).
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let id: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    id.parse::<ProviderId>().ok().map(ProviderDialogKind::Add)
}

#[component]
fn NoProviders() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <EmptyState
            glyph=Glyph::Key
            title=Signal::derive(move || t_string!(i18n, directory.none_title).to_owned())
            text=Signal::derive(move || t_string!(i18n, directory.none_text).to_owned())
        />
    }
}

#[component]
fn ProviderRow(
    /// The provider shown.
    provider: ProviderView,
    /// Shared state of the page.
    page: DirectoryPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let ProviderView { id, enabled, users, last_used_at, .. } = provider;
    let used = move || {
        let used = last_used_at.map_or_else(|| t_string!(i18n, directory.never).to_owned(), |at| format.ago(at));
        let users = t_string!(i18n, directory.users, count = users, n = format.number(users));
        t_string!(i18n, directory.used, users = users, used = used)
    };
    let state = move || if enabled { t_string!(i18n, directory.on) } else { t_string!(i18n, directory.off) };
    let test_state = Signal::derive(move || page.tests.with(|all| all.get(&id).cloned()));
    view! {
        <li class="provider">
            <span class="item-text">
                <span>
                    <b>{provider.name.clone()}</b>
                    <span class="tag" class:quiet=!enabled>
                        {state}
                    </span>
                </span>
                <small class="muted">{provider.issuer.clone()}</small>
                <small class="muted num">{used}</small>
            </span>
            <Buttons provider page test_state />
            <Findings test=test_state />
            <details>
                <summary>{t!(i18n, directory.addresses)}</summary>
                <Addresses id base=Signal::derive(move || page.base_url()) />
            </details>
        </li>
    }
}

#[component]
fn Buttons(
    /// The provider shown.
    provider: ProviderView,
    /// Shared state of the page.
    page: DirectoryPageState,
    /// State of its test, if there was one.
    test_state: Signal<Option<TestState>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let id = provider.id;
    let provider = StoredValue::new(provider);
    let name = move || provider.with_value(|provider| provider.name.clone());
    let running = move || test_state.with(|test_state| *test_state == Some(TestState::Running));
    let test = move |_| {
        if !untrack(running) {
            page.test(id);
        }
    };
    let change = move |_| page.open_dialog.set(Some(ProviderDialogKind::Change(Box::new(provider.get_value()))));
    let delete = move |_| page.open_dialog.set(Some(ProviderDialogKind::Delete(Box::new(provider.get_value()))));
    view! {
        <div class="acts">
            <button
                type="button"
                class="button"
                aria-label=move || t_string!(i18n, directory.test_of, name = name())
                aria-disabled=move || running().to_string()
                on:click=test
            >
                {t!(i18n, directory.test)}
            </button>
            <button
                type="button"
                class="button"
                aria-label=move || t_string!(i18n, directory.edit_of, name = name())
                on:click=change
            >
                {t!(i18n, directory.edit)}
            </button>
            <button
                type="button"
                class="button"
                aria-label=move || t_string!(i18n, directory.delete_of, name = name())
                on:click=delete
            >
                {t!(i18n, directory.delete)}
            </button>
        </div>
    }
}
