//! A list whose items keep their place in the document while the list changes around them.

use leptos::{control_flow::For as GenericFor, prelude::*};
use std::hash::{DefaultHasher, Hash, Hasher as _};

/// An item that is drawn only if it is new.
struct Item {
    key: u64,
    draw: Box<dyn FnOnce() -> AnyView + Send>,
}

/// Draws each item of a list once and moves it when the list changes. The component of Leptos is generic, so that the
/// code that compares the lists exists once per use; with this one it exists once.
#[component(transparent)]
pub fn For<I, T, K, N>(
    /// The items; tracked.
    each: impl Fn() -> I + Send + Sync + 'static,
    /// What identifies an item. It is hashed: two keys with one hash of 64 bits would be taken for one item.
    key: impl Fn(&T) -> K + Send + Sync + 'static,
    /// Draws an item.
    children: impl Fn(T) -> N + Clone + Send + Sync + 'static,
) -> impl IntoView
where
    I: IntoIterator<Item = T> + 'static,
    T: Send + 'static,
    K: Hash + 'static,
    N: IntoView + 'static,
{
    list(Box::new(move || {
        let item = |value: T| {
            let (key, children) = (hash(&key(&value)), children.clone());
            Item { key, draw: Box::new(move || children(value).into_any()) }
        };
        each().into_iter().map(item).collect()
    }))
}

fn hash(key: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

fn list(items: Box<dyn Fn() -> Vec<Item> + Send + Sync>) -> AnyView {
    view! { <GenericFor each=items key=|item| item.key children=|item: Item| (item.draw)() /> }.into_any()
}
