//! The line above a table: how many rows it has, or what can be done with the selected ones.

use super::show::Show;
use crate::{i18n::*, text::Text};
use leptos::prelude::*;

/// The line. It is always there, so that selecting the first row moves nothing.
#[component]
pub fn ListStatus(
    /// How many rows the table has.
    #[prop(into)]
    text: Text,
    /// How many are selected; empty if none is.
    #[prop(into)]
    selected: Text,
    /// The buttons for the selected rows.
    #[prop(into)]
    actions: ViewFn,
    /// What stands at the end of the line.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let i18n = use_i18n();
    let has_selection = Memo::new(move |_| selected.get_some(i18n).is_some());
    view! {
        <div class="list-status" class:selecting=move || has_selection.get() tabindex="-1">
            // Exists before its first announcement.
            <b class="num" role="status">
                {move || selected.get(i18n)}
            </b>
            <Show
                when=move || has_selection.get()
                fallback=move || view! { <span class="num">{move || text.get(i18n)}</span> }
            >
                {actions.run()}
            </Show>
            {children.map(|children| view! { <div class="list-status-end">{children()}</div> })}
        </div>
    }
}
