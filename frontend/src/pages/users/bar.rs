//! Who is listed: category, value, search, and what is chosen so far. And who is ticked, with what can be done for them.

use super::{
    desk::Desk,
    filter::{Active, Category},
};
use crate::{
    format::{Format, Texts},
    i18n::*,
    people::job::{Job, What},
    ui::{
        icon::{Glyph, Icon},
        menu::Menu,
        search::SearchField,
        select::{Choosable, Select},
    },
    words,
};
use leptos::prelude::*;
use seatkeeper_shared::people::{Role, Source, UserStatus};

/// The filters.
#[component]
pub fn Bar(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let category = Memo::new(move |_| desk.filter.with(|filter| filter.category));
    let categories = move || {
        let one = |category: Category| Choosable::new(category.as_str(), name(i18n, category));
        let none = Choosable::new("", t_string!(i18n, users.cat_none));
        std::iter::once(none).chain(Category::ALL.into_iter().map(one)).collect()
    };
    let options = Memo::new(move |_| category.get().map(|category| values(desk, i18n, category)).unwrap_or_default());
    let value = move || category.get().map(|category| desk.filter.with(|filter| filter.by(category)));
    let choose_value = move |by: String| {
        if let Some(category) = category.get_untracked() {
            desk.narrow(|filter| filter.narrow(category, &by));
        }
    };
    view! {
        <div class="bar">
            <Select
                label=Signal::derive(move || t_string!(i18n, users.category).to_owned())
                name="category"
                options=Signal::derive(categories)
                value=Signal::derive(move || category.get().map_or("", Category::as_str).to_owned())
                choose=move |name: String| desk.narrow(|filter| filter.category = Category::read(&name))
            />
            <Show when=move || category.get().is_some()>
                <Select
                    label=Signal::derive(move || t_string!(i18n, users.by).to_owned())
                    name="by"
                    options
                    value=Signal::derive(move || value().unwrap_or_default())
                    choose=choose_value
                />
            </Show>
            <SearchField
                value=Signal::derive(move || desk.filter.with(|filter| filter.q.clone()))
                search=move |text| desk.narrow(|filter| filter.q = text)
            />
            <Chosen desk />
        </div>
    }
}

/// By what the list is narrowed, each with its way out.
#[component]
fn Chosen(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let chosen = Memo::new(move |_| desk.filter.with(|filter| filter.narrowed()));
    let said = move |category: Category| {
        let by = desk.filter.with(|filter| filter.by(category));
        let found = values(desk, i18n, category).into_iter().find(|one| one.value == by);
        let value = found.map(|one| one.text).unwrap_or_else(|| t_string!(i18n, common.dash).to_owned());
        t_string!(i18n, users.chosen, category = name(i18n, category), value = value)
    };
    let chip = move |category: Category| {
        view! {
            <li class="chip">
                {move || said(category)}
                <button
                    type="button"
                    class="icon-button"
                    aria-label=move || t_string!(i18n, users.unchoose, filter = said(category))
                    on:click=move |_| desk.narrow(|filter| filter.narrow(category, ""))
                >
                    <Icon glyph=Glyph::Cross />
                </button>
            </li>
        }
    };
    view! {
        <Show when=move || !chosen.with(Vec::is_empty)>
            <ul class="chips chosen" aria-label=move || t_string!(i18n, users.chosen_label)>
                <For each=move || chosen.get() key=|category| *category let:category>
                    {chip(category)}
                </For>
            </ul>
        </Show>
    }
}

fn name(i18n: Texts, category: Category) -> &'static str {
    match category {
        Category::Products => t_string!(i18n, users.cat_products),
        Category::Role => t_string!(i18n, users.cat_role),
        Category::Status => t_string!(i18n, users.cat_status),
        Category::Group => t_string!(i18n, users.cat_group),
        Category::Active => t_string!(i18n, users.cat_active),
        Category::Source => t_string!(i18n, users.cat_source),
    }
}

/// What can be chosen in a category.
fn values(desk: Desk, i18n: Texts, category: Category) -> Vec<Choosable> {
    let mut values = vec![Choosable::new("", t_string!(i18n, common.select))];
    match category {
        Category::Products => {
            let group = t_string!(i18n, users.by_product);
            let one = |l: &_| -> Choosable { words_of(i18n, l).under(group) };
            desk.live.state.with(|state| values.extend(state.licenses.iter().map(one)));
        }
        Category::Role => {
            values.extend(Role::ALL.iter().map(|role| Choosable::new(role.as_str(), words::role(i18n, *role))));
        }
        Category::Status => {
            values.extend(UserStatus::ALL.iter().map(|one| Choosable::new(one.as_str(), words::status(i18n, *one))));
        }
        Category::Group => {
            let one = |group: &seatkeeper_shared::wire::groups::GroupView| {
                Choosable::new(group.id.to_string(), group.name.clone())
            };
            desk.groups.all.with(|all| values.extend(all.iter().map(one)));
        }
        Category::Active => {
            values.extend(Active::ALL.into_iter().map(|one| Choosable::new(one.written(), active(i18n, one))));
        }
        Category::Source => {
            values.extend(Source::ALL.iter().map(|one| Choosable::new(one.as_str(), words::source(i18n, *one))));
        }
    }
    values
}

fn active(i18n: Texts, active: Active) -> String {
    match active {
        Active::Within(days) => t_string!(i18n, users.active_within, days = days),
        Active::NotWithin(days) => t_string!(i18n, users.active_not_within, days = days),
    }
}

fn words_of(i18n: Texts, license: &seatkeeper_shared::wire::licenses::LicenseView) -> Choosable {
    Choosable::new(license.id.to_string(), words::license(i18n, license))
}

/// How many are ticked, and what can be done for them.
#[component]
pub fn PickedBar(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let count = Memo::new(move |_| desk.meant().count());
    let selected = move || {
        let (count, n) = (count.get(), format.number(count.get()));
        if desk.has_everybody() {
            t_string!(i18n, users.selected_matching, count = count, n = n)
        } else {
            t_string!(i18n, users.selected, count = count, n = n)
        }
    };
    let total = move || desk.total.get().unwrap_or_default();
    let ask = move |what: What| desk.job.set(Some(Job::to(what, untrack(|| desk.meant()))));
    view! {
        <p class="vh" role="status">
            {move || (count.get() > 0).then(selected)}
        </p>
        <Show when=move || { count.get() > 0 }>
            <div class="picked-bar">
                <b>{selected}</b>
                <Show when=move || desk.may_take_everybody()>
                    <button type="button" class="button small ghost" on:click=move |_| desk.take_everybody()>
                        {move || t_string!(i18n, users.select_matching, n = format.number(total()))}
                    </button>
                </Show>
                <button type="button" class="button small ghost" on:click=move |_| desk.unpick()>
                    {t!(i18n, users.clear)}
                </button>
                <MoreActs desk ask=Callback::new(ask) />
                <Show when=move || desk.may(What::Revoke.takes())>
                    <button type="button" class="button small" on:click=move |_| ask(What::Revoke)>
                        {t!(i18n, users.revoke)}
                    </button>
                    <button type="button" class="button small primary" on:click=move |_| ask(What::Grant)>
                        {t!(i18n, users.grant)}
                    </button>
                </Show>
            </div>
        </Show>
    }
}

/// What is done less often.
#[component]
fn MoreActs(
    /// The page.
    desk: Desk,
    /// Somebody wants this.
    ask: Callback<What>,
) -> impl IntoView {
    let i18n = use_i18n();
    let entry = move |what: What| {
        let text = move || match what {
            What::AddToGroup => t_string!(i18n, bulk.add),
            What::RemoveFromGroup => t_string!(i18n, bulk.remove),
            What::SetRole => t_string!(i18n, bulk.role),
            What::Suspend => t_string!(i18n, users.suspend),
            What::Reactivate => t_string!(i18n, bulk.reactivate),
            What::Delete => t_string!(i18n, bulk.delete),
            What::Grant => t_string!(i18n, users.grant),
            What::Revoke => t_string!(i18n, users.revoke),
        };
        view! {
            <Show when=move || desk.may(what.takes())>
                <button type="button" class="menu-item" class:bad=what.is_hard() on:click=move |_| ask.run(what)>
                    {text}
                </button>
            </Show>
        }
    };
    let all = [What::AddToGroup, What::RemoveFromGroup, What::SetRole, What::Suspend, What::Reactivate, What::Delete];
    view! {
        <Show when=move || desk.may(What::Suspend.takes())>
            <Menu class="button small" face=move || t!(i18n, bulk.more_acts)>
                {all.into_iter().map(entry).collect_view()}
            </Menu>
        </Show>
    }
}
