//! The filter bar (category, value, search, active filters) and the line with the bulk actions.

use super::{
    filter::{Active, Category},
    state::UsersPageState,
};
use crate::{
    bulk_actions::job::BulkActionKind,
    format::{Format, Texts},
    i18n::*,
    labels,
    text::{Text, text},
    ui::{
        icon::{Glyph, Icon},
        keyed_list::For,
        list_layout::LayoutMenu,
        list_status::ListStatus,
        menu::Menu,
        search::SearchField,
        select::{Select, SelectOption},
        show::Show,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{
    people::{Role, Source, UserStatus},
    wire::{groups::GroupView, licenses::LicenseView},
};

/// The controls that filter the list.
#[component]
pub fn FilterBar(
    /// The state of the page.
    page: UsersPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let category = Memo::new(move |_| page.filter.with(|filter| filter.category));
    let categories = move || {
        let one = |category: Category| SelectOption::new(category.as_str(), name(i18n, category));
        let none = SelectOption::new("", t_string!(i18n, users.cat_none));
        std::iter::once(none).chain(Category::ALL.into_iter().map(one)).collect()
    };
    let options = Memo::new(move |_| category.get().map(|category| values(page, i18n, category)).unwrap_or_default());
    let value = move || category.get().map(|category| page.filter.with(|filter| filter.value(category)));
    let choose_value = move |by: String| {
        if let Some(category) = category.get_untracked() {
            page.update_filter(|filter| filter.set(category, &by));
        }
    };
    view! {
        <div class="bar">
            <Select
                label=text!(users.category)
                name="category"
                options=Signal::derive(categories)
                value=Signal::derive(move || category.get().map_or("", Category::as_str).to_owned())
                choose=move |name: String| page.update_filter(|filter| filter.category = Category::parse(&name))
            />
            <Show when=move || category.get().is_some()>
                <Select
                    label=text!(users.by)
                    name="by"
                    options
                    value=Signal::derive(move || value().unwrap_or_default())
                    choose=choose_value
                />
            </Show>
            <SearchField
                value=Signal::derive(move || page.filter.with(|filter| filter.q.clone()))
                search=move |text| page.update_filter(|filter| filter.q = text)
            />
            <ActiveFilters page />
        </div>
    }
}

/// The active filters, each with a button to remove it.
#[component]
fn ActiveFilters(
    /// The state of the page.
    page: UsersPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let chosen = Memo::new(move |_| page.filter.with(|filter| filter.active_categories()));
    let text = move |category: Category| {
        let by = page.filter.with(|filter| filter.value(category));
        let found = values(page, i18n, category).into_iter().find(|one| one.value == by);
        let value = found.map(|one| one.text).unwrap_or_else(|| t_string!(i18n, common.dash).to_owned());
        t_string!(i18n, users.chosen, category = name(i18n, category), value = value)
    };
    let chip = move |category: Category| {
        view! {
            <li class="chip">
                {move || text(category)}
                <button
                    type="button"
                    class="icon-button"
                    aria-label=move || t_string!(i18n, users.unchoose, filter = text(category))
                    on:click=move |_| page.update_filter(|filter| filter.set(category, ""))
                >
                    <Icon glyph=Glyph::Cross />
                </button>
            </li>
        }
    };
    view! {
        <Show when=move || !chosen.with(Vec::is_empty)>
            <ul class="chips active-filters" aria-label=move || t_string!(i18n, users.chosen_label)>
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

/// The values of a category.
fn values(page: UsersPageState, i18n: Texts, category: Category) -> Vec<SelectOption> {
    let mut values = vec![SelectOption::new("", t_string!(i18n, common.select))];
    match category {
        Category::Products => {
            let group = t_string!(i18n, users.by_product);
            let one = |license: &LicenseView| {
                SelectOption::new(license.id.to_string(), labels::license(i18n, license)).in_group(group)
            };
            page.live.state.with(|state| values.extend(state.licenses.iter().map(one)));
        }
        Category::Role => {
            values.extend(Role::ALL.iter().map(|role| SelectOption::new(role.as_str(), labels::role(i18n, *role))));
        }
        Category::Status => {
            values.extend(
                UserStatus::ALL.iter().map(|one| SelectOption::new(one.as_str(), labels::user_status(i18n, *one))),
            );
        }
        Category::Group => {
            let one = |group: &GroupView| SelectOption::new(group.id.to_string(), group.name.clone());
            page.groups.all.with(|all| values.extend(all.iter().map(one)));
        }
        Category::Active => {
            values.extend(Active::ALL.into_iter().map(|one| SelectOption::new(one.to_text(), active(i18n, one))));
        }
        Category::Source => {
            values
                .extend(Source::ALL.iter().map(|one| SelectOption::new(one.as_str(), labels::user_source(i18n, *one))));
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

/// The number of users, or of those selected with the actions on them.
#[component]
pub fn StatusBar(
    /// The state of the page.
    page: UsersPageState,
) -> impl IntoView {
    let format = Format::get();
    let count = Memo::new(move |_| page.targets().count());
    let selected = Text::derive(move |locale| match (count.get(), page.selects_all_matching()) {
        (0, _) => String::new(),
        (count, true) => td_string!(locale, users.selected_matching, count = count, n = format.number(count)),
        (count, false) => td_string!(locale, users.selected, count = count, n = format.number(count)),
    });
    let total = Text::derive(move |locale| match page.list.total() {
        Some(total) => td_string!(locale, users.total, count = total, n = format.number(total)),
        None => String::new(),
    });
    view! {
        <ListStatus text=total selected actions=move || view! { <SelectionActions page /> }>
            <LayoutMenu layout=page.layout />
        </ListStatus>
    }
}

/// The actions on the selected users.
#[component]
fn SelectionActions(
    /// The state of the page.
    page: UsersPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let total = move || page.list.total().unwrap_or_default();
    let act = move |kind: BulkActionKind| move |_| page.ask_for_selected(kind);
    view! {
        <Show when=move || page.can_select_all_matching()>
            <button type="button" class="button small ghost" on:click=move |_| page.select_all_matching()>
                {move || t_string!(i18n, users.select_matching, n = format.number(total()))}
            </button>
        </Show>
        <button type="button" class="button small ghost" on:click=move |_| page.clear_selection()>
            {t!(i18n, users.clear)}
        </button>
        <MoreActions page />
        <Show when=move || page.may(BulkActionKind::Revoke.required_action())>
            <button type="button" class="button small" on:click=act(BulkActionKind::Revoke)>
                {t!(i18n, users.revoke)}
            </button>
            <button type="button" class="button small primary" on:click=act(BulkActionKind::Grant)>
                {t!(i18n, users.grant)}
            </button>
        </Show>
    }
}

/// The menu of less frequent actions.
#[component]
fn MoreActions(
    /// The state of the page.
    page: UsersPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let entry = move |kind: BulkActionKind| {
        let text = move || match kind {
            BulkActionKind::AddToGroup => t_string!(i18n, bulk.add),
            BulkActionKind::RemoveFromGroup => t_string!(i18n, bulk.remove),
            BulkActionKind::SetRole => t_string!(i18n, bulk.role),
            BulkActionKind::Suspend => t_string!(i18n, users.suspend),
            BulkActionKind::Reactivate => t_string!(i18n, bulk.reactivate),
            BulkActionKind::Delete => t_string!(i18n, bulk.delete),
            BulkActionKind::Grant => t_string!(i18n, users.grant),
            BulkActionKind::SetGrantEnd => t_string!(i18n, users.set_end),
            BulkActionKind::Revoke => t_string!(i18n, users.revoke),
        };
        view! {
            <Show when=move || page.may(kind.required_action())>
                <button
                    type="button"
                    class="menu-item"
                    class:bad=kind.is_destructive()
                    on:click=move |_| page.ask_for_selected(kind)
                >
                    {text}
                </button>
            </Show>
        }
    };
    let all = [
        BulkActionKind::SetGrantEnd,
        BulkActionKind::AddToGroup,
        BulkActionKind::RemoveFromGroup,
        BulkActionKind::SetRole,
        BulkActionKind::Suspend,
        BulkActionKind::Reactivate,
        BulkActionKind::Delete,
    ];
    view! {
        <Show when=move || page.may(BulkActionKind::Suspend.required_action())>
            <Menu class="button small" trigger=move || t!(i18n, bulk.more_acts)>
                {all.into_iter().map(entry).collect_view()}
            </Menu>
        </Show>
    }
}
