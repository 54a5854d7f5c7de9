//! The gate in front of other web applications.

use super::{Endpoint, push_encoded};
use crate::wire::gate::{EnterGate, GateAdmission};

/// Requests a seat of a product, named by slug or id, to enter its application; or a place in the queue.
pub fn enter(product: &str, body: &EnterGate) -> Endpoint<GateAdmission> {
    let mut path = "/gate/".to_owned();
    push_encoded(&mut path, product);
    Endpoint::post(path, body)
}
