//! Which product a slug or an id means, kept for some seconds: each request for a seat names one.

use crate::{
    db::{Db, DbError},
    store,
};
use seatkeeper_shared::ids::ProductId;
use std::{
    collections::HashMap,
    sync::{Arc, RwLock},
    time::{Duration, Instant},
};

/// For how long the meaning of a name is believed.
const BELIEVED: Duration = Duration::from_secs(5);

/// The names of products that were asked for. Clones share them.
///
/// A name that means nothing is not kept: it may be that of the next product.
#[derive(Clone, Debug, Default)]
pub struct Catalog(Arc<RwLock<HashMap<String, (ProductId, Instant)>>>);

impl Catalog {
    /// The product with this slug or id.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn find(&self, db: &Db, slug_or_id: &str) -> Result<Option<ProductId>, DbError> {
        // An id can be written in many ways, of which one is kept.
        let id = slug_or_id.parse::<ProductId>().map(|id| id.to_string());
        let name = id.as_deref().unwrap_or(slug_or_id);
        let now = Instant::now();
        if let Some(known) = self.get(name, now) {
            return Ok(Some(known));
        }
        let found = store::licenses::product(db, name).await?;
        if let Some(product) = found {
            self.keep(name, product, now);
        }
        Ok(found)
    }

    /// Forgets all: a product was added or changed.
    pub fn forget(&self) {
        self.0.write().unwrap_or_else(|poisoned| poisoned.into_inner()).clear();
    }

    fn get(&self, name: &str, now: Instant) -> Option<ProductId> {
        let names = self.0.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        names.get(name).filter(|(_, until)| *until > now).map(|(product, _)| *product)
    }

    fn keep(&self, name: &str, product: ProductId, now: Instant) {
        let mut names = self.0.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        names.insert(name.to_owned(), (product, now + BELIEVED));
    }
}
