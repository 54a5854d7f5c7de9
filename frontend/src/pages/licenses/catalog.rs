//! Products with their licenses: names and contracts from the API, licenses and counts from the live feed.

use crate::{
    live::{ConnectionStatus, Live},
    ui::query::{LoadState, Query, QueryStatus},
};
use chrono::DateTime;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use seatkeeper_shared::{
    endpoints,
    ids::{LicenseId, ProductId},
    wire::{
        licenses::{Contract, LicenseView, ProductView},
        live::Change,
    },
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

/// Products and licenses of the page.
#[derive(Clone, Copy)]
pub struct Catalog {
    /// The products with their licenses.
    pub entries: Memo<Vec<CatalogEntry>>,
    /// All licenses with their current counts.
    pub licenses: Memo<Vec<LicenseView>>,
    /// Whether archived products and licenses are included.
    pub with_archived: Memo<bool>,
    /// The license that the address leads to.
    pub linked: Memo<Option<LicenseId>>,
    products: Query<Vec<ProductView>>,
    live: Live,
}

impl Catalog {
    /// Loads the products, and reloads them when the feed names an unknown product or has reconnected.
    pub fn open() -> Self {
        let (live, products) = (Live::get(), Query::once(endpoints::products::all()));
        let (arrived, live_licenses) = (live.has_snapshot(), live.licenses());
        let licenses = Memo::new(move |_| match arrived.get() {
            true => live_licenses.get(),
            false => products.with(|all| of_products(all)).unwrap_or_default(),
        });
        let query = use_query_map();
        let linked = Memo::new(move |_| query.with(|query| query.get_str("license").and_then(|id| id.parse().ok())));
        let with_archived = Memo::new(move |_| {
            let is_linked = |license: &LicenseView| Some(license.id) == linked.get() && license.archived_at.is_some();
            query.with(|query| query.get_str("archived") == Some("true"))
                || licenses.with(|all| all.iter().any(is_linked))
        });
        let entries = Memo::new(move |_| {
            let all = with_archived.get();
            licenses.with(|licenses| {
                let known = products.with(|products| entries(products, licenses, all));
                known.unwrap_or_else(|| entries(&[], licenses, all))
            })
        });
        let is_loaded = Memo::new(move |_| products.status().state() == LoadState::Loaded);
        let has_unknown = Memo::new(move |_| {
            is_loaded.get() && entries.with(|all| all.iter().any(|entry| entry.key_seconds.is_none()))
        });
        let connected = Memo::new(move |_| !matches!(live.connection.get(), ConnectionStatus::Lost(_)));
        Effect::new(move |before: Option<(bool, bool)>| {
            let now = (has_unknown.get(), connected.get());
            if before.is_some_and(|(has_unknown, connected)| (now.0 && !has_unknown) || (now.1 && !connected)) {
                products.reload();
            }
            now
        });
        Self { entries, licenses, with_archived, linked, products, live }
    }

    /// The states of loading.
    pub fn status(self) -> QueryStatus {
        self.products.status()
    }

    /// Whether there is something to show; tracked.
    pub fn has_entries(self) -> bool {
        self.status().state() == LoadState::Loaded && !self.entries.with(Vec::is_empty)
    }

    /// Shows an added or changed product at once.
    pub fn apply_product(self, product: ProductView) {
        self.show_licenses(product.licenses.clone());
        self.products.update(|all| {
            all.retain(|known| known.id != product.id);
            all.push(product);
        });
    }

    /// Shows an added or changed license at once.
    pub fn apply_license(self, license: LicenseView) {
        self.products.update(|all| {
            if let Some(product) = all.iter_mut().find(|product| product.id == license.product_id) {
                product.licenses.retain(|known| known.id != license.id);
                product.licenses.push(license.clone());
            }
        });
        self.show_licenses(vec![license]);
    }

    /// Shows licenses ahead of the feed, which delivers the same a moment later.
    fn show_licenses(self, licenses: Vec<LicenseView>) {
        // The feed may have been closed by now.
        let _ = self.live.state.try_update(|state| {
            let (position, at) = (state.position, DateTime::UNIX_EPOCH);
            state.apply(Change { position, at, licenses, sessions: Vec::new(), queues: Vec::new(), requests: false });
        });
    }

    /// A license with its current counts.
    pub fn license(self, id: LicenseId) -> Option<LicenseView> {
        self.licenses.with(|all| all.iter().find(|license| license.id == id).cloned())
    }

    /// The contract of a license, which the feed does not contain.
    pub fn contract(self, id: LicenseId) -> Contract {
        let contract = self.products.with(|products| {
            let mut known = products.iter().flat_map(|product| &product.licenses);
            known.find(|license| license.id == id).map(|license| license.contract.clone())
        });
        contract.flatten().unwrap_or_default()
    }

    /// How many licenses, and products without licenses, are archived.
    pub fn archived(self) -> usize {
        let licenses = self.licenses.with(|all| all.iter().filter(|license| license.archived_at.is_some()).count());
        let empty = |product: &&ProductView| product.archived_at.is_some() && product.licenses.is_empty();
        licenses + self.products.with(|products| products.iter().filter(empty).count()).unwrap_or_default()
    }

    /// A product with its licenses; `None` if it is archived and hidden.
    pub fn entry(self, id: ProductId) -> Option<CatalogEntry> {
        self.entries.with(|all| all.iter().find(|entry| entry.id == id).cloned())
    }
}

fn of_products(products: &[ProductView]) -> Vec<LicenseView> {
    products.iter().flat_map(|product| product.licenses.clone()).collect()
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
