//! Caches which product a slug or an id means for a few seconds: every request for a seat names a product.

use crate::{
    commit_hooks::CommitSubscriber,
    db::{Db, DbError},
    events::topics::{EventSubject, Topic},
    monotonic::MonotonicClock,
    store,
};
use seatkeeper_shared::ids::ProductId;
use std::{
    collections::HashMap,
    sync::{Arc, RwLock},
    time::{Duration, Instant},
};

const MAX_AGE: Duration = Duration::from_secs(5);

/// Product ids by slug and by id, with the time until which they are used. Clones share them.
///
/// A name that means no product is not cached: the next product may get it.
#[derive(Clone, Debug)]
pub struct ProductCache {
    names: Arc<RwLock<HashMap<String, (ProductId, Instant)>>>,
    monotonic: MonotonicClock,
}

impl ProductCache {
    /// An empty cache whose entries age by this clock.
    pub fn new(monotonic: MonotonicClock) -> Self {
        Self { names: Arc::default(), monotonic }
    }

    /// The product with this slug or id.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn find(&self, db: &Db, slug_or_id: &str) -> Result<Option<ProductId>, DbError> {
        // An id has several spellings, of which one is the key.
        let id = slug_or_id.parse::<ProductId>().map(|id| id.to_string());
        let name = id.as_deref().unwrap_or(slug_or_id);
        let now = self.monotonic.now();
        if let Some(product) = self.get(name, now) {
            return Ok(Some(product));
        }
        let found = store::licenses::product(db, name).await?;
        if let Some(product) = found {
            self.insert(name, product, now);
        }
        Ok(found)
    }

    /// Removes all entries.
    pub fn invalidate(&self) {
        self.names.write().unwrap_or_else(|poisoned| poisoned.into_inner()).clear();
    }

    fn get(&self, name: &str, now: Instant) -> Option<ProductId> {
        let names = self.names.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        names.get(name).filter(|(_, until)| *until > now).map(|(product, _)| *product)
    }

    fn insert(&self, name: &str, product: ProductId, now: Instant) {
        let mut names = self.names.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        names.insert(name.to_owned(), (product, now + MAX_AGE));
    }
}

impl CommitSubscriber for ProductCache {
    fn on_commit(&self, event: &EventSubject) {
        if event.concerns(Topic::Products) {
            self.invalidate();
        }
    }
}
