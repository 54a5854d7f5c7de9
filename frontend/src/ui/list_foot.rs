//! What is below a list that is read page by page.

use super::show::Show;
use super::{
    empty_state::LoadError,
    focus::restore_focus,
    query::{LoadState, Paging},
};
use crate::{
    i18n::*,
    text::{Text, text},
};
use leptos::prelude::*;

/// How much of the list is shown, and a button that reads the next page. With the last page the button goes away; a
/// focus that it had goes to the text beside it.
#[component]
pub fn ListFoot(
    /// The states of the list.
    paging: Paging,
    /// How much is shown; empty: nothing yet.
    #[prop(into)]
    shown: Text,
    /// The label of the button.
    #[prop(into)]
    more: Text,
) -> impl IntoView {
    let i18n = use_i18n();
    let Paging { status, has_more, load_more } = paging;
    // A first request that fails is shown in place of the list.
    let failure = Memo::new(move |_| status.failure().filter(|_| status.state() == LoadState::Loaded));
    let failed = move || {
        let retry = move |()| status.reload();
        failure.get().map(|failure| view! { <LoadError failure=Signal::stored(failure) retry /> })
    };
    let label = move || if status.is_loading() { text!(common.loading) } else { more }.get(i18n);
    Effect::new(move |had_more: Option<bool>| {
        let has_more = has_more.get();
        if had_more == Some(true) && !has_more {
            restore_focus(".list-foot [role=status]");
        }
        has_more
    });
    view! {
        {failed}
        <footer class="list-foot">
            <span class="num" role="status" tabindex="-1">
                {move || shown.get(i18n)}
            </span>
            <Show when=move || has_more.get()>
                <button
                    type="button"
                    class="button small"
                    aria-disabled=move || status.is_loading().to_string()
                    on:click=move |_| load_more.run(())
                >
                    {label}
                </button>
            </Show>
        </footer>
    }
}
