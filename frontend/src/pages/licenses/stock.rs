//! The products with their licenses: names from the API, everything that counts from the live feed.

use crate::{
    api::{Api, Failure},
    live::{Link, Live},
};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_query_map;
use seatkeeper_shared::{
    ids::{LicenseId, ProductId},
    wire::licenses::{Contract, Doors, LicenseView, ProductView},
};

/// A product with its licenses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shelf {
    /// The product.
    pub id: ProductId,
    /// Its name.
    pub name: String,
    /// How long an unused support key lives, in seconds; unknown for a moment if somebody else has just added it.
    pub key_seconds: Option<i64>,
    /// It gives no new seats.
    pub archived: bool,
    /// Its licenses, in the order of the feed.
    pub licenses: Vec<LicenseId>,
}

/// What there is to show.
#[derive(Clone, Debug, PartialEq)]
pub enum Stocked {
    /// Nothing came yet.
    Loading,
    /// Nothing came, and why.
    Failed(Failure),
    /// There is no product.
    Empty,
    /// There are products.
    Full,
}

/// The products of the page.
#[derive(Clone, Copy)]
pub struct Stock {
    /// The products with their licenses.
    pub shelves: Memo<Vec<Shelf>>,
    /// What there is to show.
    pub stocked: Memo<Stocked>,
    /// All licenses with their counts of this moment.
    pub licenses: Memo<Vec<LicenseView>>,
    /// Whether archived ones are shown too.
    pub with_archived: Memo<bool>,
    products: RwSignal<Option<Vec<ProductView>>>,
    failure: RwSignal<Option<Failure>>,
    api: Api,
}

impl Stock {
    /// Asks for the products, and again whenever the feed names one that is not known or has been away.
    pub fn open() -> Self {
        let (live, products, failure) = (Live::get(), RwSignal::new(None::<Vec<ProductView>>), RwSignal::new(None));
        let (arrived, told) = (live.arrived(), live.licenses());
        let licenses = Memo::new(move |_| if arrived.get() { told.get() } else { products.with(of_products) });
        let query = use_query_map();
        let with_archived = Memo::new(move |_| query.with(|query| query.get_str("archived") == Some("true")));
        let shelves = Memo::new(move |_| {
            let all = with_archived.get();
            licenses.with(|licenses| {
                products.with(|products| shelves(products.as_deref().unwrap_or_default(), licenses, all))
            })
        });
        let stocked = Memo::new(move |_| match (products.with(Option::is_some), failure.get()) {
            (false, None) => Stocked::Loading,
            (false, Some(failure)) => Stocked::Failed(failure),
            (true, _) if shelves.with(Vec::is_empty) => Stocked::Empty,
            (true, _) => Stocked::Full,
        });
        let stock = Self { shelves, stocked, licenses, with_archived, products, failure, api: Api::get() };
        let strange = Memo::new(move |_| shelves.with(|all| all.iter().any(|shelf| shelf.key_seconds.is_none())));
        let standing = Memo::new(move |_| !matches!(live.link.get(), Link::Lost(_)));
        Effect::new(move |before: Option<(bool, bool)>| {
            let now = (strange.get(), standing.get());
            if before.is_none_or(|(strange, standing)| (now.0 && !strange) || (now.1 && !standing)) {
                stock.load();
            }
            now
        });
        stock
    }

    /// Asks the server for the products. What is known stays until it answers.
    pub fn load(self) {
        self.failure.set(None);
        spawn_local(async move {
            // The page may be gone by the time of the answer.
            match self.api.read::<Vec<ProductView>>("/products?archived=true").await {
                Ok(products) => drop(self.products.try_set(Some(products))),
                Err(failure) => drop(self.failure.try_set(Some(failure))),
            }
        });
    }

    /// A license with its counts of this moment.
    pub fn license(self, id: LicenseId) -> Option<LicenseView> {
        self.licenses.with(|all| all.iter().find(|license| license.id == id).cloned())
    }

    /// What stands in the contract of a license, which the feed does not tell.
    pub fn contract(self, id: LicenseId) -> Contract {
        self.products.with(|products| {
            let mut known = products.iter().flatten().flat_map(|product| &product.licenses);
            known.find(|license| license.id == id).map(|license| license.contract.clone()).unwrap_or_default()
        })
    }

    /// How one gets from here into a product, which the feed does not tell.
    pub fn doors(self, id: ProductId) -> Doors {
        self.products.with(|products| {
            let product = products.iter().flatten().find(|product| product.id == id);
            product.map(|product| product.doors.clone()).unwrap_or_default()
        })
    }

    /// How many products and licenses are archived.
    pub fn archived(self) -> usize {
        let licenses = self.licenses.with(|all| all.iter().filter(|license| license.archived_at.is_some()).count());
        let empty = |product: &&ProductView| product.archived_at.is_some() && product.licenses.is_empty();
        licenses + self.products.with(|products| products.iter().flatten().filter(empty).count())
    }

    /// A product.
    pub fn shelf(self, id: ProductId) -> Option<Shelf> {
        self.shelves.with(|all| all.iter().find(|shelf| shelf.id == id).cloned())
    }
}

fn of_products(products: &Option<Vec<ProductView>>) -> Vec<LicenseView> {
    products.iter().flatten().flat_map(|product| product.licenses.clone()).collect()
}

/// Puts each license to its product; archived ones only if `all` are wanted. A license of a product that is not known brings
/// its product along.
fn shelves(products: &[ProductView], licenses: &[LicenseView], all: bool) -> Vec<Shelf> {
    let known = |product: &ProductView| Shelf {
        id: product.id,
        name: product.name.clone(),
        key_seconds: Some(product.key_seconds),
        archived: product.archived_at.is_some(),
        licenses: Vec::new(),
    };
    let mut shelves: Vec<Shelf> = products.iter().map(known).collect();
    for license in licenses.iter().filter(|license| all || license.archived_at.is_none()) {
        match shelves.iter_mut().find(|shelf| shelf.id == license.product_id) {
            Some(shelf) => shelf.licenses.push(license.id),
            None => shelves.push(Shelf {
                id: license.product_id,
                name: license.product_name.clone(),
                key_seconds: None,
                archived: false,
                licenses: vec![license.id],
            }),
        }
    }
    shelves.retain(|shelf| all || !shelf.archived);
    shelves.sort_by_key(|shelf| (shelf.name.to_lowercase(), shelf.id));
    shelves
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
            doors: Default::default(),
            licenses: Vec::new(),
        }
    }

    #[wasm_bindgen_test]
    fn licenses_stand_with_their_product_and_a_product_may_have_none() {
        let (mut of_other, own) = (license(2, 5), license(1, 10));
        of_other.product_id = ProductId(of_other.id.0);
        let products = [product(&own, "Remote Support v5"), product(&of_other, "chat")];
        let shelves = shelves(&products, std::slice::from_ref(&own), false);
        assert_eq!(shelves[0].name, "chat", "by name, whatever its case");
        assert!(shelves[0].licenses.is_empty());
        assert_eq!(shelves[1].licenses, [own.id]);
    }

    #[wasm_bindgen_test]
    fn a_license_of_a_product_that_somebody_else_has_just_added_is_shown_at_once() {
        let shelves = shelves(&[], &[license(1, 10), license(2, 5)], false);
        assert_eq!(shelves.len(), 1);
        assert_eq!((shelves[0].name.as_str(), shelves[0].key_seconds), ("Remote Support v5", None));
        assert_eq!(shelves[0].licenses.len(), 2);
    }

    #[wasm_bindgen_test]
    fn what_is_archived_is_shown_only_to_those_who_want_it() {
        let mut old = license(1, 10);
        old.archived_at = Some(crate::live::sample::at(0));
        let mut products = [product(&old, "Chat")];
        assert_eq!(shelves(&products, &[old.clone(), license(2, 5)], false)[0].licenses.len(), 1);
        products[0].archived_at = old.archived_at;
        assert_eq!(shelves(&products, std::slice::from_ref(&old), false), []);
        assert_eq!(shelves(&products, &[old], true)[0].licenses.len(), 1);
    }
}
