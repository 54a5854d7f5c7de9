//! The hours of days that are not stored yet, once they have been computed: reports of the present day need not read
//! all its events each time.

use crate::reports::summary::Piece;
use seatkeeper_shared::ids::Position;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use uuid::Uuid;

/// The most hours that are kept. If there are more, all are dropped.
const MAX_PIECES: usize = 500;

/// Which hour of which license or product, in which time zone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PieceKey {
    pub scope: Uuid,
    pub zone: &'static str,
    /// In microseconds.
    pub from: i64,
    pub to: i64,
}

/// A piece with its last record.
#[derive(Debug)]
pub struct CachedPiece {
    pub piece: Piece,
    pub position: Position,
}

/// Computed hours. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct PieceCache(Arc<Mutex<HashMap<PieceKey, Arc<CachedPiece>>>>);

impl PieceCache {
    pub fn get(&self, key: &PieceKey) -> Option<Arc<CachedPiece>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// Keeps a piece, of whose time no further event can be written.
    pub fn insert(&self, key: PieceKey, piece: CachedPiece) {
        let mut pieces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if pieces.len() >= MAX_PIECES {
            pieces.clear();
        }
        pieces.insert(key, Arc::new(piece));
    }
}
