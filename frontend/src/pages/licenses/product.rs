//! Section of a product: its name and a card per license.

use super::{add_license::add_license, card::LicenseCard, catalog::Catalog, product_dialogs::change_product};
use crate::{
    caller::Caller,
    format::Format,
    i18n::*,
    ui::{
        form_dialog::Dialogs,
        icon::{Glyph, Icon},
        keyed_list::For,
        show::Show,
    },
};
use chrono::TimeDelta;
use leptos::prelude::*;
use seatkeeper_shared::{ids::ProductId, permissions::Action};

#[component]
pub fn Product(
    /// The product to show.
    id: ProductId,
    /// Products and licenses of the page.
    catalog: Catalog,
) -> impl IntoView {
    let heading = format!("product-{id}");
    let entry = Memo::new(move |_| catalog.entry(id));
    let licenses = Memo::new(move |_| entry.get().map(|entry| entry.licenses).unwrap_or_default());
    view! {
        <section class="product" aria-labelledby=heading.clone()>
            <ProductHead id heading=heading.clone() catalog />
            <Show when=move || !licenses.with(Vec::is_empty) fallback=move || view! { <NoLicense id catalog /> }>
                <div class="licenses">
                    <For each=move || licenses.get() key=|id| *id let:id>
                        <LicenseCard id catalog />
                    </For>
                </div>
            </Show>
        </section>
    }
    .into_any()
}

#[component]
fn ProductHead(
    /// The product to show.
    id: ProductId,
    /// Element id of the heading.
    heading: String,
    /// Products and licenses of the page.
    catalog: Catalog,
) -> impl IntoView {
    let i18n = use_i18n();
    let (caller, format, dialogs) = (Caller::get(), Format::get(), Dialogs::get());
    let entry = Memo::new(move |_| catalog.entry(id));
    let name = move || entry.with(|entry| entry.as_ref().map(|entry| entry.name.clone()).unwrap_or_default());
    let has_licenses = move || entry.with(|entry| entry.as_ref().is_some_and(|entry| !entry.licenses.is_empty()));
    let key_lifetime = move || {
        let seconds = entry.with(|entry| entry.as_ref().and_then(|entry| entry.key_seconds))?;
        Some(t_string!(i18n, licenses.key_life, span = format.duration(TimeDelta::seconds(seconds))))
    };
    let archived = move || entry.with(|entry| entry.as_ref().is_some_and(|entry| entry.archived));
    view! {
        <header class="product-head">
            <span class="product-mark">
                <Icon glyph=Glyph::Box />
            </span>
            <div class="product-title">
                <h2 id=heading>
                    {name}
                    <Show when=archived>
                        " " <span class="tag plain">{t!(i18n, licenses.is_archived)}</span>
                    </Show>
                </h2>
                <small>{key_lifetime}</small>
            </div>
            <Show when=move || caller.may(Action::ManageProducts)>
                <button
                    type="button"
                    class="button ghost small"
                    aria-label=move || t_string!(i18n, licenses.change_product_of, product = name())
                    on:click=dialogs.opens(change_product(catalog, id))
                >
                    {t!(i18n, licenses.change_product)}
                </button>
            </Show>
            <Show when=move || has_licenses() && !archived() && caller.may(Action::ChangeSeats)>
                <button
                    type="button"
                    class="button ghost small"
                    aria-label=move || t_string!(i18n, licenses.add_license_to, product = name())
                    on:click=dialogs.opens(add_license(catalog, Some(id)))
                >
                    <Icon glyph=Glyph::Plus />
                    {t!(i18n, licenses.license)}
                </button>
            </Show>
        </header>
    }
}

/// Note that the product has no license yet, with a button to add one.
#[component]
fn NoLicense(
    /// The product without licenses.
    id: ProductId,
    /// Products and licenses of the page.
    catalog: Catalog,
) -> impl IntoView {
    let i18n = use_i18n();
    let (caller, dialogs) = (Caller::get(), Dialogs::get());
    view! {
        <div class="no-license">
            <p>{t!(i18n, licenses.none)}</p>
            <Show when=move || caller.may(Action::ChangeSeats)>
                <button
                    type="button"
                    class="button"
                    on:click=dialogs.opens(add_license(catalog, Some(id)))
                >
                    <Icon glyph=Glyph::Plus />
                    {t!(i18n, licenses.add_license)}
                </button>
            </Show>
        </div>
    }
}
