//! A product with its licenses.

use super::{card::LicenseCard, desk::Desk, stock::Stock};
use crate::{
    caller::Caller,
    format::Format,
    i18n::*,
    ui::{
        field::fresh_id,
        icon::{Glyph, Icon},
    },
};
use chrono::TimeDelta;
use leptos::prelude::*;
use seatkeeper_shared::{ids::ProductId, permissions::Action};

/// One product: its name, and a card for each license.
#[component]
pub fn Product(
    /// Which.
    id: ProductId,
    /// The products.
    stock: Stock,
    /// The dialogs.
    desk: Desk,
) -> impl IntoView {
    let heading = fresh_id("product");
    let shelf = Memo::new(move |_| stock.shelf(id));
    let licenses = Memo::new(move |_| shelf.get().map(|shelf| shelf.licenses).unwrap_or_default());
    view! {
        <section class="product" aria-labelledby=heading.clone()>
            <ProductHead id heading=heading.clone() stock desk />
            <Show when=move || !licenses.with(Vec::is_empty) fallback=move || view! { <NoLicense id desk /> }>
                <div class="licenses">
                    <For each=move || licenses.get() key=|id| *id let:id>
                        <LicenseCard id stock desk />
                    </For>
                </div>
            </Show>
        </section>
    }
    .into_any()
}

#[component]
fn ProductHead(
    /// Which.
    id: ProductId,
    /// The id of the heading.
    heading: String,
    /// The products.
    stock: Stock,
    /// The dialogs.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let (caller, format) = (Caller::get(), Format::get());
    let shelf = Memo::new(move |_| stock.shelf(id));
    let name = move || shelf.with(|shelf| shelf.as_ref().map(|shelf| shelf.name.clone()).unwrap_or_default());
    let some = move || shelf.with(|shelf| shelf.as_ref().is_some_and(|shelf| !shelf.licenses.is_empty()));
    let life = move || {
        let seconds = shelf.with(|shelf| shelf.as_ref().and_then(|shelf| shelf.key_seconds))?;
        Some(t_string!(i18n, licenses.key_life, span = format.span(TimeDelta::seconds(seconds))))
    };
    let archived = move || shelf.with(|shelf| shelf.as_ref().is_some_and(|shelf| shelf.archived));
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
                <small>{life}</small>
            </div>
            <Show when=move || caller.may(Action::ManageProducts)>
                <button
                    type="button"
                    class="button ghost small"
                    aria-label=move || t_string!(i18n, licenses.change_product_of, product = name())
                    on:click=move |_| desk.product_changing.set(Some(id))
                >
                    {t!(i18n, licenses.change_product)}
                </button>
            </Show>
            <Show when=move || some() && !archived() && caller.may(Action::ChangeSeats)>
                <button
                    type="button"
                    class="button ghost small"
                    aria-label=move || t_string!(i18n, licenses.add_license_to, product = name())
                    on:click=move |_| desk.add_license(Some(id))
                >
                    <Icon glyph=Glyph::Plus />
                    {t!(i18n, licenses.license)}
                </button>
            </Show>
        </header>
    }
}

/// A product without licenses: nobody can use it yet, and what to do about it.
#[component]
fn NoLicense(
    /// The product.
    id: ProductId,
    /// The dialogs.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let caller = Caller::get();
    view! {
        <div class="no-license">
            <p>{t!(i18n, licenses.none)}</p>
            <Show when=move || caller.may(Action::ChangeSeats)>
                <button type="button" class="button" on:click=move |_| desk.add_license(Some(id))>
                    <Icon glyph=Glyph::Plus />
                    {t!(i18n, licenses.add_license)}
                </button>
            </Show>
        </div>
    }
}
