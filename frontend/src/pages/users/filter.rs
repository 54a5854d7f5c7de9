//! Which users are listed and in what order: as it stands in the address bar, and as the server is asked.

use crate::ui::sort::Order;
use leptos_router::params::ParamsMap;
use seatkeeper_shared::{
    ids::LicenseId,
    people::{Role, UserStatus},
    wire::users::UserSort,
};

/// How many users come at a time.
const LIMIT: usize = 100;
const USUAL: Order<UserSort> = (UserSort::Name, false);

/// By what the list is narrowed (Filterkategorie), and to what (Filtern nach); nothing as long as nothing is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Category {
    /// By nothing.
    #[default]
    None,
    /// By an assigned license.
    Products(Option<LicenseId>),
    /// By role.
    Role(Option<Role>),
    /// By status.
    Status(Option<UserStatus>),
}

impl Category {
    /// Its name in the address bar.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Products(_) => "products",
            Self::Role(_) => "role",
            Self::Status(_) => "status",
        }
    }

    /// The category with this name, and what it is narrowed to.
    pub fn read(name: &str, by: &str) -> Self {
        match name {
            "products" => Self::Products(by.parse().ok()),
            "role" => Self::Role(by.parse().ok()),
            "status" => Self::Status(by.parse().ok()),
            _ => Self::None,
        }
    }

    /// What it is narrowed to, in the address bar.
    pub fn by(self) -> String {
        match self {
            Self::Products(Some(id)) => id.to_string(),
            Self::Role(Some(role)) => role.to_string(),
            Self::Status(Some(status)) => status.to_string(),
            _ => String::new(),
        }
    }
}

/// What the address bar asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// By what.
    pub category: Category,
    /// With this in name or e-mail address.
    pub q: String,
    /// In which order.
    pub order: Order<UserSort>,
}

impl Default for Filter {
    fn default() -> Self {
        Self { category: Category::None, q: String::new(), order: USUAL }
    }
}

impl Filter {
    /// Reads the address bar; what it does not understand it leaves out.
    pub fn read(query: &ParamsMap) -> Self {
        let text = |name| query.get_str(name).unwrap_or_default();
        let sort = text("sort");
        let (name, falling) = sort.strip_prefix('-').map_or((sort, false), |name| (name, true));
        Self {
            category: Category::read(text("category"), text("by")),
            q: text("q").to_owned(),
            order: name.parse().map_or(USUAL, |by| (by, falling)),
        }
    }

    /// What stands in the address bar after the path; nothing for what is usual.
    pub fn query(&self) -> String {
        let mut query = ParamsMap::new();
        put(&mut query, "category", self.category.as_str());
        put(&mut query, "by", &self.category.by());
        put(&mut query, "q", &self.q);
        if self.order != USUAL {
            put(&mut query, "sort", &self.sort());
        }
        query.to_query_string()
    }

    /// The address at which the server is asked for the page after this place.
    pub fn address(&self, after: Option<&str>) -> String {
        let mut query = ParamsMap::new();
        let name = match self.category {
            Category::Products(_) => "license",
            other => other.as_str(),
        };
        put(&mut query, name, &self.category.by());
        put(&mut query, "q", self.q.trim());
        put(&mut query, "sort", &self.sort());
        put(&mut query, "after", after.unwrap_or_default());
        put(&mut query, "limit", &LIMIT.to_string());
        format!("/users{}", query.to_query_string())
    }

    /// The address of the same users as a table.
    pub fn export(&self) -> String {
        self.address(None).replacen("/users", "/api/v1/users/export", 1)
    }

    fn sort(&self) -> String {
        format!("{}{}", if self.order.1 { "-" } else { "" }, self.order.0)
    }
}

fn put(query: &mut ParamsMap, name: &'static str, value: &str) {
    if !name.is_empty() && !value.is_empty() {
        query.replace(name, value.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn a_category_narrows_only_once_something_is_chosen() {
        let open = Filter { category: Category::Role(None), ..Filter::default() };
        assert_eq!(open.query(), "?category=role");
        assert_eq!(open.address(None), "/users?sort=name&limit=100");
        let chosen = Filter { category: Category::Role(Some(Role::Manager)), ..open };
        assert_eq!(chosen.address(Some("x")), "/users?role=manager&sort=name&after=x&limit=100");
    }

    #[wasm_bindgen_test]
    fn a_license_is_asked_for_by_its_id() {
        let id = "00000000-0000-4000-8000-000000000001";
        let filter = Filter { category: Category::read("products", id), ..Filter::default() };
        assert_eq!(filter.address(None), format!("/users?license={id}&sort=name&limit=100"));
        assert_eq!(filter.category.by(), id);
    }
}
