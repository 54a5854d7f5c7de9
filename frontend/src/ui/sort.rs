//! The head of a column by which a table can be sorted.

use leptos::prelude::*;

/// Which column, and whether falling.
pub type Order<K> = (K, bool);

/// A header cell with a button. A second click turns the order around.
#[component]
pub fn SortHead<K: Copy + PartialEq + Send + Sync + 'static>(
    /// The column.
    key: K,
    /// The order now.
    #[prop(into)]
    order: Signal<Order<K>>,
    /// Somebody wants this order.
    #[prop(into)]
    sort: Callback<Order<K>>,
    /// Its class.
    #[prop(optional)]
    class: &'static str,
    /// Whether a first click sorts falling.
    #[prop(optional)]
    falling: bool,
    /// What the column holds.
    children: Children,
) -> impl IntoView {
    let now = move || match order.get() {
        (by, down) if by == key => Some(down),
        _ => None,
    };
    let words = move || match now() {
        Some(true) => "descending",
        Some(false) => "ascending",
        None => "none",
    };
    let click = move |_| sort.run((key, now().map_or(falling, |down| !down)));
    view! {
        <th scope="col" class=class aria-sort=words>
            <button type="button" class="sort" on:click=click>
                {children()}
                <span class="sort-mark" aria-hidden="true"></span>
            </button>
        </th>
    }
}
