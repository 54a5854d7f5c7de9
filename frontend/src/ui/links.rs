//! Where everything that has a name leads: the page of a user, a license or a group, and its entries in the audit log.

use crate::{caller::Caller, i18n::*};
use leptos::prelude::*;
use seatkeeper_shared::{
    ids::{GroupId, LicenseId, UserId},
    permissions::Action,
};

/// Something that has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    User(UserId),
    License(LicenseId),
    Group(GroupId),
}

impl Named {
    /// The address of its page. A license has its place among the others.
    pub fn address(self) -> String {
        match self {
            Self::User(id) => format!("/users/{id}"),
            Self::License(id) => format!("/licenses?license={id}"),
            Self::Group(id) => format!("/groups?group={id}"),
        }
    }

    /// The address of its entries in the audit log.
    pub fn audit_address(self) -> String {
        match self {
            Self::User(id) => format!("/audit?user={id}"),
            Self::License(id) => format!("/audit?license={id}"),
            Self::Group(id) => format!("/audit?group={id}"),
        }
    }
}

/// A name as a link, for callers who may open the page; for others, the name alone. What the name is of must exist, and
/// the caller must see it.
#[component]
pub fn NamedLink(
    /// What the name is of.
    to: Named,
    /// The class of the link.
    #[prop(default = "name-link")]
    class: &'static str,
    /// The name.
    children: Children,
) -> impl IntoView {
    if !may(Action::ViewUsers) {
        return children().into_any();
    }
    // Not the router's link, which compares its address with that of the page: there are hundreds of these.
    view! {
        <a class=class href=to.address()>
            {children()}
        </a>
    }
    .into_any()
}

/// A link to the entries of something in the audit log, for callers who may see the log.
#[component]
pub fn AuditLink(
    /// What the entries are about.
    of: Named,
    /// The class of the link.
    #[prop(default = "button")]
    class: &'static str,
    /// What tells it from other such links of the page, for screen readers.
    #[prop(optional, into)]
    name: Option<Signal<String>>,
) -> impl IntoView {
    let i18n = use_i18n();
    may(Action::ViewAudit).then(|| {
        view! {
            <a class=class href=of.audit_address()>
                {t!(i18n, links.audit)}
                {name.map(|name| view! { <span class="vh">" " {move || name.get()}</span> })}
            </a>
        }
    })
}

/// Rights change so rarely that a link follows them only when its page is opened again.
fn may(action: Action) -> bool {
    use_context::<Caller>().is_some_and(|caller| untrack(|| caller.may(action)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn each_has_one_address_for_its_page_and_one_for_its_log() {
        let text = "00000000-0000-4000-8000-000000000001";
        let all = [
            (Named::User(text.parse().unwrap()), "/users/{}", "/audit?user={}"),
            (Named::License(text.parse().unwrap()), "/licenses?license={}", "/audit?license={}"),
            (Named::Group(text.parse().unwrap()), "/groups?group={}", "/audit?group={}"),
        ];
        for (named, page, log) in all {
            assert_eq!(named.address(), page.replace("{}", text));
            assert_eq!(named.audit_address(), log.replace("{}", text));
        }
    }
}
