//! The choice of one person: a field that suggests names, and a chip that removes the choice.

use super::state::ReportState;
use crate::{
    i18n::*,
    ui::{
        field::unique_id,
        focus::focus_on,
        icon::{Glyph, Icon},
        query::Query,
        show::Show,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{endpoints, ids::UserId, permissions::Action, wire::users::UserView};

/// The most users that are suggested.
const MAX_SUGGESTIONS: usize = 8;

/// A field that suggests users as the user types; choosing one filters by them.
#[component]
pub fn PersonField(
    /// Shared state of the report.
    page: ReportState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (id, list) = (unique_id("person"), unique_id("people"));
    let q = RwSignal::new(String::new());
    let found = Query::search(move || {
        q.with(|text| (!text.trim().is_empty()).then(|| endpoints::users::find(search_text(text), MAX_SUGGESTIONS)))
    });
    let suggestions = move || {
        let all = found.with(|page| page.items.iter().map(suggestion).collect::<Vec<_>>()).unwrap_or_default();
        all.into_iter().map(|text| view! { <option value=text></option> }).collect_view()
    };
    let entered = move |text: String| {
        let user =
            found.with_untracked(|page| page.items.iter().find(|user| suggestion(user) == text).map(|user| user.id));
        match user.flatten() {
            Some(user) => {
                q.set(String::new());
                page.update_filter(|filter| filter.user = Some(user));
            }
            None => q.set(text),
        }
    };
    view! {
        <div class="field">
            <label for=id.clone()>{t!(i18n, reports.person)}</label>
            <input
                id=id
                name="person"
                type="text"
                autocomplete="off"
                list=list.clone()
                placeholder=move || t_string!(i18n, reports.everybody)
                prop:value=move || q.get()
                on:input=move |event| entered(event_target_value(&event))
            />
            <datalist id=list>{suggestions}</datalist>
        </div>
    }
}

/// How a user is suggested: by name and address, so that two of the same name differ.
fn suggestion(user: &UserView) -> String {
    format!("{} ({})", user.name, user.email)
}

/// What is searched for: of a suggestion, the name.
fn search_text(text: &str) -> &str {
    text.split(" (").next().unwrap_or(text).trim()
}

/// The person that the report is limited to, with a button that removes the limit.
#[component]
pub fn PersonChip(
    /// Shared state of the report.
    page: ReportState,
) -> impl IntoView {
    let i18n = use_i18n();
    let user = Memo::new(move |_| page.filter.with(|filter| filter.user));
    let known = Query::new(move || user.get().filter(|_| page.may(Action::ViewUsers)).map(endpoints::users::one));
    let text = Memo::new(move |_| {
        let name = known.with(|user| user.name.clone());
        let name = name.unwrap_or_else(|| t_string!(i18n, audit.this_user).to_owned());
        t_string!(i18n, reports.only, name = name)
    });
    let remove = move |_| {
        page.update_filter(|filter| filter.user = None);
        // The button goes away with its chip.
        focus_on(".report-filter input[name=person]");
    };
    view! {
        <Show when=move || user.get().is_some()>
            <ul class="chips report-chips">
                <li class="chip">
                    {move || text.get()}
                    <button
                        type="button"
                        class="icon-button"
                        aria-label=move || t_string!(i18n, audit.remove, text = text.get())
                        on:click=remove
                    >
                        <Icon glyph=Glyph::Cross />
                    </button>
                </li>
            </ul>
        </Show>
    }
}

/// A name that leads to the page of the user, for callers who may see it, and a button that limits the report to them.
#[component]
pub fn PersonName(
    /// Shared state of the report.
    page: ReportState,
    /// The user.
    id: UserId,
    /// The user's name.
    name: String,
) -> impl IntoView {
    let shown = name.clone();
    let link = move || view! { <a href=format!("/users/{id}")>{shown.clone()}</a> };
    view! {
        <Show when=move || page.may(Action::ViewUsers) fallback=move || name.clone()>
            {link()}
        </Show>
    }
}
