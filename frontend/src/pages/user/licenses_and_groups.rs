//! The licenses and groups of a user, with buttons to add and remove.

use super::state::UserPageState;
use crate::{
    bulk_actions::job::BulkActionKind,
    i18n::*,
    labels,
    ui::{
        address_action::on_address_action,
        grant_end::GrantEnd,
        keyed_list::For,
        links::{Named, NamedLink},
        show::Show,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::permissions::Action;

#[component]
pub fn UserLicenses(
    /// The state of the page.
    page: UserPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let held = Memo::new(move |_| {
        let ids = page.with(|user| user.license_ids.clone()).unwrap_or_default();
        let named = ids.into_iter().filter_map(|id| page.live.license(id));
        let end = |id| page.with(|user| user.grant_end(id)).flatten();
        named.map(|license| (license.id, labels::license(i18n, &license), end(license.id))).collect::<Vec<_>>()
    });
    let can_grant = move || page.may(Action::Assign) && page.with(|_| ()).is_some();
    on_address_action("grant", can_grant, move || page.ask(BulkActionKind::Grant));
    let through = move |id| {
        let groups = page.groups_of(id);
        let names = groups.join(t_string!(i18n, common.listed));
        (!groups.is_empty()).then(|| t_string!(i18n, person.through_group, group = names))
    };
    view! {
        <section class="card">
            <div class="card-head">
                <h2>{t!(i18n, person.licenses)}</h2>
                <Show when=move || page.may(Action::Assign)>
                    <button type="button" class="button small" on:click=move |_| page.ask(BulkActionKind::Grant)>
                        {t!(i18n, users.grant)}
                    </button>
                </Show>
            </div>
            <Show
                when=move || !held.with(Vec::is_empty)
                fallback=move || view! { <p class="muted">{t!(i18n, person.no_licenses)}</p> }
            >
                <ul class="lines">
                    <For each=move || held.get() key=|(id, _, end)| (*id, *end) let:license>
                        <li>
                            <span>
                                <NamedLink to=Named::License(license.0)>{license.1}</NamedLink>
                                {license.2.map(|end| view! { <GrantEnd end /> })}
                                {move || through(license.0).map(|text| view! { <small>{text}</small> })}
                            </span>
                            // A license given by a group can only be removed from the group.
                            <Show when=move || page.may(Action::Assign) && through(license.0).is_none()>
                                <span class="line-acts">
                                    <button
                                        type="button"
                                        class="button small ghost"
                                        on:click=move |_| page.ask_with(BulkActionKind::SetGrantEnd, license.0)
                                    >
                                        {t!(i18n, users.set_end)}
                                    </button>
                                    <button
                                        type="button"
                                        class="button small"
                                        on:click=move |_| page.ask_with(BulkActionKind::Revoke, license.0)
                                    >
                                        {t!(i18n, users.revoke)}
                                    </button>
                                </span>
                            </Show>
                        </li>
                    </For>
                </ul>
            </Show>
        </section>
    }
}

#[component]
pub fn UserGroups(
    /// The state of the page.
    page: UserPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let groups = Memo::new(move |_| {
        let ids = page.with(|user| user.group_ids.clone()).unwrap_or_default();
        ids.into_iter().filter_map(|id| Some((id, page.groups.name(id)?))).collect::<Vec<_>>()
    });
    view! {
        <section class="card">
            <div class="card-head">
                <h2>{t!(i18n, person.groups)}</h2>
                <Show when=move || page.may(Action::ManageUsers)>
                    <button type="button" class="button small" on:click=move |_| page.ask(BulkActionKind::AddToGroup)>
                        {t!(i18n, bulk.add)}
                    </button>
                </Show>
            </div>
            <Show
                when=move || !groups.with(Vec::is_empty)
                fallback=move || view! { <p class="muted">{t!(i18n, person.no_groups)}</p> }
            >
                <ul class="lines">
                    <For each=move || groups.get() key=|(id, _)| *id let:group>
                        <li>
                            <NamedLink to=Named::Group(group.0)>{group.1}</NamedLink>
                            <Show when=move || page.may(Action::ManageUsers)>
                                <button
                                    type="button"
                                    class="button small"
                                    on:click=move |_| page.ask_with(BulkActionKind::RemoveFromGroup, group.0)
                                >
                                    {t!(i18n, bulk.remove)}
                                </button>
                            </Show>
                        </li>
                    </For>
                </ul>
            </Show>
        </section>
    }
}
