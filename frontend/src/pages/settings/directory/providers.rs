//! The list of sign-in providers.

use super::{
    addresses::Addresses,
    desk::{Asking, Desk, Tested},
    findings::Findings,
};
use crate::{
    format::Format,
    i18n::*,
    ui::{
        face::{Empty, Failed, Skeleton},
        icon::{Glyph, Icon},
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{ids::ProviderId, wire::providers::ProviderView};

/// The part of the page.
#[component]
pub fn ProvidersSheet(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let list = move || match desk.providers.get() {
        None => view! { <Skeleton rows=3 /> }.into_any(),
        Some(Err(failure)) => {
            view! { <Failed failure=Signal::stored(failure) retry=move |()| desk.load() /> }.into_any()
        }
        Some(Ok(all)) if all.items.is_empty() => view! { <Nothing /> }.into_any(),
        Some(Ok(all)) => {
            let rows = all.items.into_iter().map(|provider| view! { <Row provider desk /> }).collect_view();
            view! { <ul class="own-list">{rows}</ul> }.into_any()
        }
    };
    view! {
        <section class="form sheet" aria-labelledby="providers-title">
            <h2 id="providers-title">{t!(i18n, directory.providers)}</h2>
            <p class="muted">{t!(i18n, directory.providers_text)}</p>
            {list}
            <div class="acts">
                <button type="button" class="button primary" on:click=move |_| desk.asking.set(fresh())>
                    <Icon glyph=Glyph::Plus />
                    {t!(i18n, directory.add)}
                </button>
            </div>
        </section>
    }
}

/// A new provider. Its id is chosen here, so that its addresses can be shown before it is saved.
fn fresh() -> Option<Asking> {
    let mut bytes = [0_u8; 16];
    window().crypto().ok()?.get_random_values_with_u8_array(&mut bytes).ok()?;
    // The marks of a random UUID (RFC 9562 §5.4).
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let id: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    id.parse::<ProviderId>().ok().map(Asking::Add)
}

#[component]
fn Nothing() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <Empty
            glyph=Glyph::Key
            title=Signal::derive(move || t_string!(i18n, directory.none_title).to_owned())
            text=Signal::derive(move || t_string!(i18n, directory.none_text).to_owned())
        />
    }
}

#[component]
fn Row(
    /// The provider.
    provider: ProviderView,
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let ProviderView { id, enabled, users, last_used_at, .. } = provider;
    let used = move || {
        let used = last_used_at.map_or_else(|| t_string!(i18n, directory.never).to_owned(), |at| format.ago(at));
        t_string!(i18n, directory.used, users = t_string!(i18n, directory.users, count = users), used = used)
    };
    let state = move || if enabled { t_string!(i18n, directory.on) } else { t_string!(i18n, directory.off) };
    let tested = Signal::derive(move || desk.tests.with(|all| all.get(&id).cloned()));
    view! {
        <li class="provider">
            <span class="own-text">
                <span>
                    <b>{provider.name.clone()}</b>
                    <span class="tag" class:quiet=!enabled>
                        {state}
                    </span>
                </span>
                <small class="muted">{provider.issuer.clone()}</small>
                <small class="muted num">{used}</small>
            </span>
            <Buttons provider desk tested />
            <Findings tested />
            <details>
                <summary>{t!(i18n, directory.addresses)}</summary>
                <Addresses id base=Signal::derive(move || desk.base_url()) />
            </details>
        </li>
    }
}

#[component]
fn Buttons(
    /// The provider.
    provider: ProviderView,
    /// The page.
    desk: Desk,
    /// How its test stands.
    tested: Signal<Option<Tested>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let id = provider.id;
    let provider = StoredValue::new(provider);
    let name = move || provider.with_value(|provider| provider.name.clone());
    let running = move || tested.with(|tested| *tested == Some(Tested::Running));
    let test = move |_| {
        if !untrack(running) {
            desk.test(id);
        }
    };
    let change = move |_| desk.asking.set(Some(Asking::Change(Box::new(provider.get_value()))));
    let delete = move |_| desk.asking.set(Some(Asking::Delete(Box::new(provider.get_value()))));
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
