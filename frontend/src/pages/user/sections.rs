//! The licenses and groups of a user, each with its way out, and the way to one more.

use super::desk::Desk;
use crate::{
    i18n::*,
    people::job::{Job, What},
    words,
};
use leptos::prelude::*;
use seatkeeper_shared::permissions::Action;

/// The licenses.
#[component]
pub fn Licenses(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let held = Memo::new(move |_| {
        let ids = desk.with(|user| user.license_ids.clone()).unwrap_or_default();
        let named = ids.into_iter().filter_map(|id| desk.live.license(id));
        named.map(|license| (license.id, words::license(i18n, &license))).collect::<Vec<_>>()
    });
    let through = move |id| {
        let groups = desk.groups_of(id);
        let names = groups.join(t_string!(i18n, common.listed));
        (!groups.is_empty()).then(|| t_string!(i18n, person.through, group = names))
    };
    let revoke = move |id| {
        if let Some(user) = desk.user.get_untracked() {
            desk.job.set(Some(Job::with(What::Revoke, vec![user], id)));
        }
    };
    view! {
        <section class="card">
            <div class="card-head">
                <h2>{t!(i18n, person.licenses)}</h2>
                <Show when=move || desk.may(Action::Assign)>
                    <button type="button" class="button small" on:click=move |_| desk.ask(What::Grant)>
                        {t!(i18n, users.grant)}
                    </button>
                </Show>
            </div>
            <Show
                when=move || !held.with(Vec::is_empty)
                fallback=move || view! { <p class="muted">{t!(i18n, person.no_licenses)}</p> }
            >
                <ul class="lines">
                    <For each=move || held.get() key=|(id, _)| *id let:license>
                        <li>
                            <span>
                                {license.1}
                                {move || through(license.0).map(|said| view! { <small>{said}</small> })}
                            </span>
                            // What a group gives is taken from the group.
                            <Show when=move || desk.may(Action::Assign) && through(license.0).is_none()>
                                <button type="button" class="button small" on:click=move |_| revoke(license.0)>
                                    {t!(i18n, users.revoke)}
                                </button>
                            </Show>
                        </li>
                    </For>
                </ul>
            </Show>
        </section>
    }
}

/// The groups.
#[component]
pub fn Groups(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let groups = Memo::new(move |_| {
        let ids = desk.with(|user| user.group_ids.clone()).unwrap_or_default();
        ids.into_iter().filter_map(|id| Some((id, desk.groups.name(id)?))).collect::<Vec<_>>()
    });
    let leave = move |id| {
        if let Some(user) = desk.user.get_untracked() {
            desk.job.set(Some(Job::with(What::RemoveFromGroup, vec![user], id)));
        }
    };
    view! {
        <section class="card">
            <div class="card-head">
                <h2>{t!(i18n, person.groups)}</h2>
                <Show when=move || desk.may(Action::ManageUsers)>
                    <button type="button" class="button small" on:click=move |_| desk.ask(What::AddToGroup)>
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
                            <a href=format!("/groups?group={}", group.0)>{group.1}</a>
                            <Show when=move || desk.may(Action::ManageUsers)>
                                <button type="button" class="button small" on:click=move |_| leave(group.0)>
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
