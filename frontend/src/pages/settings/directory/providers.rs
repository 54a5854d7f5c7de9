//! Section with the list of sign-in providers.

use super::{
    addresses::Addresses,
    findings::Findings,
    provider_dialogs::{AddProvider, ChangeProvider, DeleteProvider},
    state::DirectoryPageState,
};
use crate::{
    format::Format,
    i18n::*,
    lazy_dialog,
    text::text,
    ui::{
        empty_state::EmptyState,
        form_dialog::Dialogs,
        icon::{Glyph, Icon},
        keyed_list::For,
        query::{Loaded, Query, QueryStatus},
        show::Show,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{endpoints, ids::ProviderId, wire::providers::ProviderView};

#[component]
pub fn ProvidersSheet(
    /// The state of the page.
    page: DirectoryPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let add = Dialogs::get().opens(lazy_dialog!(add_provider(page: DirectoryPageState) {
        new_id().map(|id| view! { <AddProvider id page /> })
    }));
    let none = || {
        view! { <EmptyState glyph=Glyph::Key title=text!(directory.none_title) text=text!(directory.none_text) /> }
    };
    view! {
        <section class="form sheet" aria-labelledby="providers-title">
            <h2 id="providers-title" tabindex="-1">
                {t!(i18n, directory.providers)}
            </h2>
            <p class="muted">{t!(i18n, directory.providers_text)}</p>
            <Loaded status=page.providers.status()>
                <Show when=move || !page.all().is_empty() fallback=none>
                    <ul class="item-list">
                        <For each=move || page.all() key=|provider| provider.id let:provider>
                            <ProviderRow first=provider page />
                        </For>
                    </ul>
                </Show>
            </Loaded>
            <div class="acts">
                <button type="button" class="button primary" on:click=add>
                    <Icon glyph=Glyph::Plus />
                    {t!(i18n, directory.add)}
                </button>
            </div>
        </section>
    }
}

/// The id of a new provider. The client generates it, so that its URLs can be shown before saving.
fn new_id() -> Option<ProviderId> {
    let mut bytes = [0_u8; 16];
    window().crypto().ok()?.get_random_values_with_u8_array(&mut bytes).ok()?;
    // Version and variant bits of a random UUID (RFC 9562 §5.4).
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let id: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    id.parse().ok()
}

/// A provider. The row stays when the list is reloaded, and with it the focus and what is expanded.
#[component]
fn ProviderRow(
    /// The provider when the row appeared.
    first: ProviderView,
    /// The state of the page.
    page: DirectoryPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let id = first.id;
    let provider = Memo::new(move |_| page.provider(id).unwrap_or_else(|| first.clone()));
    let enabled = Memo::new(move |_| provider.with(|provider| provider.enabled));
    let state = move || if enabled.get() { t_string!(i18n, directory.on) } else { t_string!(i18n, directory.off) };
    let used = move || {
        let ProviderView { users, last_used_at, .. } = provider.get();
        let used = last_used_at.map_or_else(|| t_string!(i18n, directory.never).to_owned(), |at| format.ago(at));
        let users = t_string!(i18n, directory.users, count = users, n = format.number(users));
        t_string!(i18n, directory.used, users = users, used = used)
    };
    let runs = Memo::new(move |_| page.test_runs(id));
    let test = Query::new(move || (runs.get() > 0).then(|| endpoints::providers::test(id)));
    view! {
        <li class="provider">
            <span class="item-text">
                <span>
                    <b>{move || provider.with(|provider| provider.name.clone())}</b>
                    <span class="tag" class:quiet=move || !enabled.get()>
                        {state}
                    </span>
                </span>
                <small class="muted">{move || provider.with(|provider| provider.issuer.clone())}</small>
                <small class="muted num">{used}</small>
            </span>
            <Buttons provider page test=test.status() />
            <Findings test />
            <details>
                <summary>{t!(i18n, directory.addresses)}</summary>
                <Addresses id page />
            </details>
        </li>
    }
}

#[component]
fn Buttons(
    /// The provider shown.
    provider: Memo<ProviderView>,
    /// The state of the page.
    page: DirectoryPageState,
    /// Whether it is being tested.
    test: QueryStatus,
) -> impl IntoView {
    let i18n = use_i18n();
    let dialogs = Dialogs::get();
    let id = provider.with_untracked(|provider| provider.id);
    let name = move || provider.with(|provider| provider.name.clone());
    let edit = dialogs.opens(lazy_dialog!(change_provider(page: DirectoryPageState, id: ProviderId) {
        untrack(|| page.provider(id)).map(|before| view! { <ChangeProvider before page /> })
    }));
    let delete = dialogs.opens(lazy_dialog!(delete_provider(page: DirectoryPageState, id: ProviderId) {
        untrack(|| page.provider(id)).map(|provider| view! { <DeleteProvider provider page /> })
    }));
    let run = move |_| {
        if !untrack(|| test.is_loading()) {
            page.test(id);
        }
    };
    view! {
        <div class="acts">
            <button
                type="button"
                class="button"
                aria-label=move || t_string!(i18n, directory.test_of, name = name())
                aria-disabled=move || test.is_loading().to_string()
                on:click=run
            >
                {t!(i18n, directory.test)}
            </button>
            <button
                type="button"
                class="button"
                aria-label=move || t_string!(i18n, directory.edit_of, name = name())
                on:click=edit
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
