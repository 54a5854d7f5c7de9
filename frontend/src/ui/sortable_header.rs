//! The header of a column by which a table can be sorted.

use leptos::prelude::*;

/// The column to sort by, and whether descending.
pub type SortOrder<K> = (K, bool);

/// A header cell with a button that sorts by the column; a second click reverses the order.
#[component]
pub fn SortableHeader<K: Copy + PartialEq + Send + Sync + 'static>(
    /// The column of this header.
    key: K,
    /// The current order.
    #[prop(into)]
    order: Signal<SortOrder<K>>,
    /// Called with the order that the user chooses.
    #[prop(into)]
    sort: Callback<SortOrder<K>>,
    /// The class of the cell.
    #[prop(optional)]
    class: &'static str,
    /// Whether the first click sorts in descending order.
    #[prop(optional)]
    descending: bool,
    /// The title of the column.
    children: Children,
) -> impl IntoView {
    let current = move || match order.get() {
        (column, descending) if column == key => Some(descending),
        _ => None,
    };
    let aria_sort = move || match current() {
        Some(true) => "descending",
        Some(false) => "ascending",
        None => "none",
    };
    let click = move |_| sort.run((key, current().map_or(descending, |descending| !descending)));
    view! {
        <th scope="col" class=class aria-sort=aria_sort>
            <button type="button" class="sort" on:click=click>
                {children()}
                <span class="sort-mark" aria-hidden="true"></span>
            </button>
        </th>
    }
}
