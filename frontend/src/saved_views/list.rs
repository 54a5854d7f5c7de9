//! The content of the menu: the views of a page, and saving the current one.

use super::{
    dialogs::{DeleteView, EditView, SaveView},
    parameters,
};
use crate::{
    caller::Caller,
    i18n::*,
    ui::{
        form_dialog::Dialogs,
        icon::{Glyph, Icon},
        keyed_list::For,
        query::{Loaded, Query},
        show::Show,
    },
};
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use seatkeeper_shared::{
    endpoints,
    permissions::Action,
    wire::views::{SavedView, ViewPage},
};

/// The state of the menu.
#[derive(Clone, Copy)]
pub struct ViewsState {
    pub page: ViewPage,
    pub views: Query<Vec<SavedView>>,
    /// The current address after the `?`.
    pub query: Signal<String>,
    is_admin: Memo<bool>,
}

impl ViewsState {
    fn new(page: ViewPage) -> Self {
        let caller = Caller::get();
        let search = use_location().search;
        Self {
            page,
            views: Query::once(endpoints::views::all().with("page", page.as_str())),
            query: Signal::derive(move || search.with(|search| search.trim_start_matches('?').to_owned())),
            is_admin: Memo::new(move |_| caller.may(Action::ManageAccount)),
        }
    }

    /// Whether the user may change the view; tracked.
    fn may_change(self, view: &SavedView) -> bool {
        view.own || self.is_admin.get()
    }

    /// Whether the page shows what the view does; tracked.
    pub fn is_current(self, view: &SavedView) -> bool {
        self.query.with(|query| parameters(query) == parameters(&view.query))
    }
}

/// The views of a page, and the button that saves another one.
#[component]
pub fn ViewList(
    /// Whose views are listed.
    page: ViewPage,
) -> impl IntoView {
    let i18n = use_i18n();
    let dialogs = Dialogs::get();
    let state = ViewsState::new(page);
    let save = dialogs.opens(move || view! { <SaveView state /> });
    let has_views = Memo::new(move |_| state.views.with(|all| !all.is_empty()).unwrap_or_default());
    let views = move || state.views.get().unwrap_or_default();
    view! {
        <Loaded status=state.views.status() rows=2>
            <Show
                when=move || has_views.get()
                fallback=move || view! { <p class="menu-note">{t!(i18n, views.none)}</p> }
            >
                <ul class="view-list" aria-label=move || t_string!(i18n, views.menu)>
                    <For each=views key=|view| (view.id, view.changed_at) let:view>
                        <ViewItem state view />
                    </For>
                </ul>
            </Show>
        </Loaded>
        <button type="button" class="menu-item view-save" on:click=save>
            <Icon glyph=Glyph::Plus />
            {t!(i18n, views.save)}
        </button>
    }
}

/// A view: the link to it, and what can be done with it.
#[component]
fn ViewItem(
    /// The state of the menu.
    state: ViewsState,
    /// What the line shows.
    view: SavedView,
) -> impl IntoView {
    let i18n = use_i18n();
    let dialogs = Dialogs::get();
    let view = StoredValue::new(view);
    let name = move || view.with_value(|view| view.name.clone());
    let address = view.with_value(|view| view.page.address(&view.query));
    let current = move || view.with_value(|view| state.is_current(view)).then_some("true");
    let note = move || {
        view.with_value(|view| match (view.own, view.shared, &view.owner_name) {
            (true, false, _) => None,
            (true, true, _) => Some(t_string!(i18n, views.shared).to_owned()),
            (false, _, Some(owner)) => Some(t_string!(i18n, views.shared_by, name = owner.as_str())),
            (false, _, None) => Some(t_string!(i18n, views.shared_by_other).to_owned()),
        })
    };
    let edit = dialogs.opens(move || view! { <EditView state view=view.get_value() /> });
    let delete = dialogs.opens(move || view! { <DeleteView state view=view.get_value() /> });
    let change = move || t_string!(i18n, views.change, name = name());
    let remove = move || t_string!(i18n, views.delete, name = name());
    view! {
        <li class="view-item">
            // Not the router's link, which marks every view of the page as the current one.
            <a class="menu-item" href=address aria-current=current>
                <span class="view-name">
                    {name()}
                    <small class="muted">{note}</small>
                </span>
                <Show when=move || current().is_some()>
                    <Icon glyph=Glyph::Tick />
                </Show>
            </a>
            <Show when=move || view.with_value(|view| state.may_change(view))>
                <button type="button" class="icon-button" aria-label=change title=change on:click=edit>
                    <Icon glyph=Glyph::Settings />
                </button>
                <button type="button" class="icon-button" aria-label=remove title=remove on:click=delete>
                    <Icon glyph=Glyph::Cross />
                </button>
            </Show>
        </li>
    }
}
