//! Products with their licenses: names and contracts from the API, licenses and counts from the live feed.

use crate::{
    api::{Api, Failure},
    live::{ConnectionStatus, Live},
};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_query_map;
use seatkeeper_shared::{
    ids::{LicenseId, ProductId},
    wire::licenses::{Contract, LicenseView, ProductIntegration, ProductView},
};

/// A product with its licenses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogEntry {
    pub id: ProductId,
    pub name: String,
    /// Lifetime of an unused support key in seconds. `None` until a product that appeared in the feed has been loaded.
    pub key_seconds: Option<i64>,
    /// Whether it grants no new seats.
    pub archived: bool,
    /// Its licenses, in feed order.
    pub licenses: Vec<LicenseId>,
}

/// What the page can show.
#[derive(Clone, Debug, PartialEq)]
pub enum CatalogStatus {
    /// Nothing is loaded yet.
    Loading,
    /// Loading failed.
    Failed(Failure),
    /// There are no products.
    Empty,
    /// There are products.
    Full,
}

/// Products and licenses of the page.
#[derive(Clone, Copy)]
pub struct Catalog {
    /// The products with their licenses.
    pub entries: Memo<Vec<CatalogEntry>>,
    /// What the page can show.
    pub status: Memo<CatalogStatus>,
    /// All licenses with their current counts.
    pub licenses: Memo<Vec<LicenseView>>,
    /// Whether archived products and licenses are included.
    pub with_archived: Memo<bool>,
    products: RwSignal<Option<Vec<ProductView>>>,
    failure: RwSignal<Option<Failure>>,
    api: Api,
}

impl Catalog {
    /// Loads the products, and reloads them when the feed names an unknown product or has reconnected.
    pub fn open() -> Self {
        let (live, products, failure) = (Live::get(), RwSignal::new(None::<Vec<ProductView>>), RwSignal::new(None));
        let (arrived, live_licenses) = (live.has_snapshot(), live.licenses());
        let licenses = Memo::new(move |_| if arrived.get() { live_licenses.get() } else { products.with(of_products) });
        let query = use_query_map();
        let with_archived = Memo::new(move |_| query.with(|query| query.get_str("archived") == Some("true")));
        let entries = Memo::new(move |_| {
            let all = with_archived.get();
            licenses.with(|licenses| {
                products.with(|products| entries(products.as_deref().unwrap_or_default(), licenses, all))
            })
        });
        let status = Memo::new(move |_| match (products.with(Option::is_some), failure.get()) {
            (false, None) => CatalogStatus::Loading,
            (false, Some(failure)) => CatalogStatus::Failed(failure),
            (true, _) if entries.with(Vec::is_empty) => CatalogStatus::Empty,
            (true, _) => CatalogStatus::Full,
        });
        let catalog = Self { entries, status, licenses, with_archived, products, failure, api: Api::get() };
        let has_unknown = Memo::new(move |_| entries.with(|all| all.iter().any(|entry| entry.key_seconds.is_none())));
        let connected = Memo::new(move |_| !matches!(live.connection.get(), ConnectionStatus::Lost(_)));
        Effect::new(move |before: Option<(bool, bool)>| {
            let now = (has_unknown.get(), connected.get());
            if before.is_none_or(|(has_unknown, connected)| (now.0 && !has_unknown) || (now.1 && !connected)) {
                catalog.load();
            }
            now
        });
        catalog
    }

    /// Loads the products. The previous ones stay until the response arrives.
    pub fn load(self) {
        self.failure.set(None);
        spawn_local(async move {
            // The page may have been left by then.
            match self.api.read::<Vec<ProductView>>("/products?archived=true").await {
                Ok(products) => drop(self.products.try_set(Some(products))),
                Err(failure) => drop(self.failure.try_set(Some(failure))),
            }
        });
    }

    /// A license with its current counts.
    pub fn license(self, id: LicenseId) -> Option<LicenseView> {
        self.licenses.with(|all| all.iter().find(|license| license.id == id).cloned())
    }

    /// The contract of a license, which the feed does not contain.
    pub fn contract(self, id: LicenseId) -> Contract {
        self.products.with(|products| {
            let mut known = products.iter().flatten().flat_map(|product| &product.licenses);
            known.find(|license| license.id == id).map(|license| license.contract.clone()).unwrap_or_default()
        })
    }

    /// Gate origins and launch links of a product, which the feed does not contain.
    pub fn integration(self, id: ProductId) -> ProductIntegration {
        self.products.with(|products| {
            let product = products.iter().flatten().find(|product| product.id == id);
            product.map(|product| product.integration.clone()).unwrap_or_default()
        })
    }

    /// How many licenses, and products without licenses, are archived.
    pub fn archived(self) -> usize {
        let licenses = self.licenses.with(|all| all.iter().filter(|license| license.archived_at.is_some()).count());
        let empty = |product: &&ProductView| product.archived_at.is_some() && product.licenses.is_empty();
        licenses + self.products.with(|products| products.iter().flatten().filter(empty).count())
    }

    pub fn entry(self, id: ProductId) -> Option<CatalogEntry> {
        self.entries.with(|all| all.iter().find(|entry| entry.id == id).cloned())
    }
}

fn of_products(products: &Option<Vec<ProductView>>) -> Vec<LicenseView> {
    products.iter().flatten().flat_map(|product| product.licenses.clone()).collect()
}

/// Groups the licenses by product, including archived ones if `all` is set. A license of an unknown product creates an
/// entry for it.
fn entries(products: &[ProductView], licenses: &[LicenseView], all: bool) -> Vec<CatalogEntry> {
    let entry_of = |product: &ProductView| CatalogEntry {
        id: product.id,
        name: product.name.clone(),
        key_seconds: Some(product.key_seconds),
        archived: product.archived_at.is_some(),
        licenses: Vec::new(),
    };
    let mut entries: Vec<CatalogEntry> = products.iter().map(entry_of).collect();
    for license in licenses.iter().filter(|license| all || license.archived_at.is_none()) {
        match entries.iter_mut().find(|entry| entry.id == license.product_id) {
            Some(entry) => entry.licenses.push(license.id),
            None => entries.push(CatalogEntry {
                id: license.product_id,
                name: license.product_name.clone(),
                key_seconds: None,
                archived: false,
                licenses: vec![license.id],
            }),
        }
    }
    entries.retain(|entry| all || !entry.archived);
    entries.sort_by_key(|entry| (entry.name.to_lowercase(), entry.id));
    entries
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::license;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn product(of: &LicenseView, name: &str) -> ProductView {
        let (id, name) = (of.product_id, name.to_owned());
        ProductView {
            id,
            slug: "slug".to_owned(),
            name,
            key_seconds: 600,
            archived_at: None,
            integration: Default::default(),
            licenses: Vec::new(),
        }
    }

    #[wasm_bindgen_test]
    fn licenses_are_grouped_by_product_and_a_product_may_have_none() {
        let (mut of_other, own) = (license(2, 5), license(1, 10));
        of_other.product_id = ProductId(of_other.id.0);
        let products = [product(&own, "Remote Support v5"), product(&of_other, "chat")];
        let entries = entries(&products, std::slice::from_ref(&own), false);
        assert_eq!(entries[0].name, "chat", "by name, whatever its case");
        assert!(entries[0].licenses.is_empty());
        assert_eq!(entries[1].licenses, [own.id]);
    }

    #[wasm_bindgen_test]
    fn a_license_of_an_unknown_product_is_shown_at_once() {
        let entries = entries(&[], &[license(1, 10), license(2, 5)], false);
        assert_eq!(entries.len(), 1);
        assert_eq!((entries[0].name.as_str(), entries[0].key_seconds), ("Remote Support v5", None));
        assert_eq!(entries[0].licenses.len(), 2);
    }

    #[wasm_bindgen_test]
    fn archived_entries_are_shown_only_on_request() {
        let mut old = license(1, 10);
        old.archived_at = Some(crate::live::sample::at(0));
        let mut products = [product(&old, "Chat")];
        assert_eq!(entries(&products, &[old.clone(), license(2, 5)], false)[0].licenses.len(), 1);
        products[0].archived_at = old.archived_at;
        assert_eq!(entries(&products, std::slice::from_ref(&old), false), []);
        assert_eq!(entries(&products, &[old], true)[0].licenses.len(), 1);
    }
}
