//! What a page shows in place of its content: it is still loading, it is empty, or loading failed.

use super::icon::{Glyph, Icon};
use crate::{
    api::Failure,
    i18n::*,
    labels,
    text::{Text, text},
};
use leptos::prelude::*;

/// Says that there is nothing to show, and what to do about it.
#[component]
pub fn EmptyState(
    /// The drawing above the title.
    glyph: Glyph,
    /// What is missing.
    #[prop(into)]
    title: Text,
    /// What that means and what to do next.
    #[prop(into)]
    text: Text,
    /// The buttons below the text.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <div class="empty-state">
            <span class="empty-state-icon">
                <Icon glyph />
            </span>
            <h2>{move || title.get(i18n)}</h2>
            <p>{move || text.get(i18n)}</p>
            {children.map(|children| view! { <div class="empty-state-acts">{children()}</div> })}
        </div>
    }
}

/// Says that loading failed, with a button to try again.
#[component]
pub fn LoadError(
    /// Why loading failed.
    #[prop(into)]
    failure: Signal<Failure>,
    /// Called to load again.
    #[prop(into)]
    retry: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <div role="alert">
            <EmptyState
                glyph=Glyph::Warning
                title=text!(problem.title)
                text=Signal::derive(move || labels::failure(i18n, &failure.get()).to_owned())
            >
                <button type="button" class="button" on:click=move |_| retry.run(())>
                    {t!(i18n, common.retry)}
                </button>
            </EmptyState>
        </div>
    }
}

/// Grey placeholder lines while the content loads.
#[component]
pub fn Skeleton(
    /// The number of placeholder lines.
    rows: usize,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <div class="skeleton" aria-busy="true">
            <p class="vh" role="status">{t!(i18n, common.loading)}</p>
            {(0..rows).map(|_| view! { <i></i> }).collect_view()}
        </div>
    }
}
