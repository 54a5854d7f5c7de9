//! The managers of the open group.

use super::state::GroupsPageState;
use crate::{
    i18n::*,
    lazy_dialog,
    text::text,
    ui::{
        check_list::{CheckList, CheckListItem},
        form::Form,
        form_dialog::{Dialogs, FormDialog},
        links::{Named, NamedLink},
        query::{Loaded, Query},
        show::Show,
        toast::Toasts,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints,
    ids::UserId,
    permissions::Action,
    wire::groups::{GroupDetail, GroupManager, Members},
};
use std::collections::BTreeSet;

#[component]
pub fn Managers(
    /// The state of the page.
    page: GroupsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let dialogs = Dialogs::get();
    let managers = Memo::new(move |_| page.group.with(|group| group.managers.clone()).unwrap_or_default());
    let line = move |manager: GroupManager| {
        let open = !manager.limited_to_groups;
        view! {
            <li>
                <NamedLink to=Named::User(manager.id)>{manager.name}</NamedLink>
                {open.then(|| view! { <span class="muted">{t!(i18n, groups.not_limited)}</span> })}
            </li>
        }
    };
    view! {
        <section class="card">
            <div class="card-head">
                <h2>{t!(i18n, groups.managers)}</h2>
                <Show when=move || page.may(Action::ManageRoles)>
                    <button
                        type="button"
                        class="button small"
                        on:click=dialogs.opens(lazy_dialog!(choose_managers(page: GroupsPageState) {
                            view! { <ChooseManagers page /> }
                        }))
                    >
                        {t!(i18n, groups.edit_managers)}
                    </button>
                </Show>
            </div>
            <Show
                when=move || !managers.with(Vec::is_empty)
                fallback=move || view! { <p class="muted">{t!(i18n, groups.no_managers)}</p> }
            >
                <ul class="lines">{move || managers.get().into_iter().map(line).collect_view()}</ul>
            </Show>
            <Show when=move || page.may(Action::ManageRoles)>
                <p class="hint">{t!(i18n, groups.managers_hint)}</p>
            </Show>
        </section>
    }
}

#[component]
fn ChooseManagers(
    /// The state of the page.
    page: GroupsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts, dialogs) = (Form::default(), Toasts::get(), Dialogs::get());
    let candidates = Query::once(endpoints::users::managers());
    let before = page.group.with_untracked(|group| group.managers.iter().map(|one| one.id).collect());
    let selected = RwSignal::new(before.unwrap_or_default());
    let (name, tag) = (untrack(|| page.name()), untrack(|| page.group.tag()));
    let submit = move |()| {
        let Some(group) = page.id.get_untracked() else { return };
        let body =
            Members { user_ids: selected.with_untracked(|all: &BTreeSet<UserId>| all.iter().copied().collect()) };
        let tag = tag.clone();
        form.submit(
            [],
            || endpoints::groups::set_managers(group, &body).if_match(tag),
            move |_: GroupDetail| {
                toasts.success(tu_string!(i18n, groups.saved));
                page.group.reload();
                dialogs.close_if(form);
            },
        );
    };
    let items = Signal::derive(move || {
        let all = candidates.with(|page| page.items.clone()).unwrap_or_default();
        all.into_iter().map(|user| CheckListItem { value: user.id, text: user.name, note: user.email }).collect()
    });
    view! {
        <FormDialog title=text!(groups.managers_title, name = name.clone()) form submit>
            <Loaded status=candidates.status()>
                <CheckList label=text!(groups.managers) items selected none=text!(groups.no_candidates) />
            </Loaded>
        </FormDialog>
    }
}
