//! The faces of a page that has nothing to show: it loads, it is empty, it failed.

use super::icon::{Glyph, Icon};
use crate::{api::Failure, format::Texts, i18n::*, words};
use leptos::prelude::*;

/// Nothing is here, and what to do about it.
#[component]
pub fn Empty(
    /// A drawing.
    glyph: Glyph,
    /// What is so.
    #[prop(into)]
    title: Signal<String>,
    /// What that means, and what to do next.
    #[prop(into)]
    text: Signal<String>,
    /// Buttons.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="face">
            <span class="face-icon">
                <Icon glyph />
            </span>
            <h2>{move || title.get()}</h2>
            <p>{move || text.get()}</p>
            {children.map(|children| view! { <div class="face-acts">{children()}</div> })}
        </div>
    }
}

/// It did not work, and a way to try again.
#[component]
pub fn Failed(
    /// Why.
    #[prop(into)]
    failure: Signal<Failure>,
    /// Tries again.
    #[prop(into)]
    retry: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <div role="alert">
            <Empty
                glyph=Glyph::Warning
                title=Signal::derive(move || t_string!(i18n, problem.title).to_owned())
                text=Signal::derive(move || words::failure(i18n, &failure.get()).to_owned())
            >
                <button type="button" class="button" on:click=move |_| retry.run(())>
                    {t!(i18n, common.retry)}
                </button>
            </Empty>
        </div>
    }
}

/// Grey lines where content will be.
#[component]
pub fn Skeleton(
    /// How many lines.
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

/// A problem of a form, above its buttons.
#[component]
pub fn Wrong(
    /// What is wrong, in the reader's language.
    #[prop(into)]
    text: Signal<Option<String>>,
) -> impl IntoView {
    view! {
        <div role="alert">
            {move || {
                text.get()
                    .map(|text| {
                        view! {
                            <p class="note bad">
                                <Icon glyph=Glyph::Warning />
                                {text}
                            </p>
                        }
                    })
            }}
        </div>
    }
}

/// The usual words for a problem of a form.
pub fn usual(i18n: Texts, failure: Option<Failure>) -> Option<String> {
    failure.map(|failure| words::failure(i18n, &failure).to_owned())
}
