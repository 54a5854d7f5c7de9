//! Who is listed: category, value, search. And who is ticked, with what can be done for them.

use super::{
    desk::{Desk, Task},
    filter::Category,
};
use crate::{
    format::Format,
    i18n::*,
    ui::{
        search::SearchField,
        select::{Choosable, Select},
    },
    words,
};
use leptos::prelude::*;
use seatkeeper_shared::{
    people::{Role, UserStatus},
    permissions::Action,
};

/// The filters.
#[component]
pub fn Bar(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let category = Memo::new(move |_| desk.filter.with(|filter| filter.category));
    let categories = move || {
        let one = |category: Category, text: &str| Choosable::new(category.as_str(), text);
        vec![
            one(Category::None, t_string!(i18n, users.cat_none)),
            one(Category::Products(None), t_string!(i18n, users.cat_products)),
            one(Category::Role(None), t_string!(i18n, users.cat_role)),
            one(Category::Status(None), t_string!(i18n, users.cat_status)),
        ]
    };
    let values = Memo::new(move |_| values(desk, i18n, category.get()));
    let choose_value = move |by: String| {
        desk.narrow(|filter| filter.category = Category::read(filter.category.as_str(), &by));
    };
    view! {
        <div class="bar">
            <Select
                label=Signal::derive(move || t_string!(i18n, users.category).to_owned())
                name="category"
                options=Signal::derive(categories)
                value=Signal::derive(move || category.get().as_str().to_owned())
                choose=move |name: String| desk.narrow(|filter| filter.category = Category::read(&name, ""))
            />
            <Show when=move || category.get().as_str() != "">
                <Select
                    label=Signal::derive(move || t_string!(i18n, users.by).to_owned())
                    name="by"
                    options=values
                    value=Signal::derive(move || category.get().by())
                    choose=choose_value
                />
            </Show>
            <SearchField
                value=Signal::derive(move || desk.filter.with(|filter| filter.q.clone()))
                search=move |text| desk.narrow(|filter| filter.q = text)
            />
        </div>
    }
}

/// What can be chosen in a category.
fn values(desk: Desk, i18n: crate::format::Texts, category: Category) -> Vec<Choosable> {
    let mut values = vec![Choosable::new("", t_string!(i18n, common.select))];
    match category {
        Category::None => {}
        Category::Products(_) => {
            let group = t_string!(i18n, users.by_product);
            let one = |l: &_| -> Choosable { words_of(i18n, l).under(group) };
            desk.live.state.with(|state| values.extend(state.licenses.iter().map(one)));
        }
        Category::Role(_) => {
            values.extend(Role::ALL.iter().map(|role| Choosable::new(role.as_str(), words::role(i18n, *role))));
        }
        Category::Status(_) => {
            values.extend(UserStatus::ALL.iter().map(|one| Choosable::new(one.as_str(), words::status(i18n, *one))));
        }
    }
    values
}

fn words_of(i18n: crate::format::Texts, license: &seatkeeper_shared::wire::licenses::LicenseView) -> Choosable {
    Choosable::new(license.id.to_string(), words::license(i18n, license))
}

/// How many are ticked, and giving and taking licenses.
#[component]
pub fn PickedBar(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let count = Memo::new(move |_| desk.picked().len());
    let selected = move || t_string!(i18n, users.selected, count = count.get(), n = format.number(count.get()));
    view! {
        <p class="vh" role="status">
            {move || (count.get() > 0).then(selected)}
        </p>
        <Show when=move || { count.get() > 0 && desk.may(Action::Assign) }>
            <div class="picked-bar">
                <b>{selected}</b>
                <button type="button" class="button small ghost" on:click=move |_| desk.unpick()>
                    {t!(i18n, users.clear)}
                </button>
                <button
                    type="button"
                    class="button small"
                    on:click=move |_| desk.task.set(Some(Task::Revoke(untrack(|| desk.picked()), None)))
                >
                    {t!(i18n, users.revoke)}
                </button>
                <button
                    type="button"
                    class="button small primary"
                    on:click=move |_| desk.task.set(Some(Task::Grant(untrack(|| desk.picked()))))
                >
                    {t!(i18n, users.grant)}
                </button>
            </div>
        </Show>
    }
}
