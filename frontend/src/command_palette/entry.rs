//! An entry of the palette, and the address that it opens.

use super::step::Step;
use crate::{
    format::Texts,
    i18n::*,
    normalize::search_key,
    ui::{
        address_action::{ACTION, TARGET},
        icon::Glyph,
    },
};
use leptos_router::params::ParamsMap;

/// What an entry is, in the order of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EntryGroup {
    Pages,
    Actions,
    Sessions,
    People,
    Licenses,
    Groups,
}

impl EntryGroup {
    pub fn label(self, i18n: Texts) -> &'static str {
        match self {
            Self::Pages => t_string!(i18n, palette.pages),
            Self::Actions => t_string!(i18n, palette.actions),
            Self::Sessions => t_string!(i18n, nav.sessions_short),
            Self::People => t_string!(i18n, nav.users_short),
            Self::Licenses => t_string!(i18n, nav.licenses_short),
            Self::Groups => t_string!(i18n, nav.groups_short),
        }
    }
}

/// What choosing an entry does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// Opens an address of the app.
    Address(String),
    /// Asks for what the action is done to.
    Step(Step),
}

/// An entry of the palette.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    pub group: EntryGroup,
    pub glyph: Glyph,
    pub label: String,
    /// What tells it from others of the same label.
    pub detail: String,
    pub target: Target,
}

/// Whether the text contains every word of what was typed, without regard to case and accents.
pub fn matches(text: &str, q: &str) -> bool {
    let text = search_key(text);
    search_key(q).split_whitespace().all(|word| text.contains(word))
}

/// The address of an action on a page, done to the target if there is one: `/licenses?do=seats&target=0190…`. The path
/// may have a filter.
pub fn action_address(path: &str, action: &str, target: Option<String>) -> String {
    let mut query = ParamsMap::new();
    query.insert(ACTION, action.to_owned());
    if let Some(target) = target {
        query.insert(TARGET, target);
    }
    let query = query.to_query_string();
    match path.contains('?') {
        true => format!("{path}&{}", query.trim_start_matches('?')),
        false => format!("{path}{query}"),
    }
}

/// The address to open from the page at `path`: an action of the same page keeps the filter of that page.
pub fn address_here(address: &str, path: &str, query: &ParamsMap) -> String {
    match address.split_once('?') {
        Some((wanted, action)) if wanted == path && action.contains(&format!("{ACTION}=")) => {
            let filter = query.to_query_string();
            let filter = filter.trim_start_matches('?');
            let joint = if filter.is_empty() { "" } else { "&" };
            format!("{path}?{filter}{joint}{action}")
        }
        _ => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn each_typed_word_must_be_found() {
        assert!(matches("Seats of PhoneDesk, shared", "phone SEATS"));
        assert!(matches("Mehmet Yılmaz", "yilm"));
        assert!(matches("Anything", " "));
        assert!(!matches("Mehmet Yılmaz", "mehmet k"));
    }

    #[wasm_bindgen_test]
    fn an_action_on_the_same_page_keeps_its_filter() {
        let mut filter = ParamsMap::new();
        filter.insert("role", "agent".to_owned());
        let add = action_address("/users", "add", None);
        assert_eq!(add, "/users?do=add");
        assert_eq!(address_here(&add, "/users", &filter), "/users?role=agent&do=add");
        assert_eq!(address_here(&add, "/users", &ParamsMap::new()), "/users?do=add");
        assert_eq!(address_here(&add, "/groups", &filter), "/users?do=add");
        assert_eq!(address_here("/users", "/users", &filter), "/users", "the page itself is without a filter");
        assert_eq!(action_address("/licenses", "seats", Some("a".to_owned())), "/licenses?do=seats&target=a");
        assert_eq!(action_address("/sessions?license=all", "end", None), "/sessions?license=all&do=end");
    }
}
