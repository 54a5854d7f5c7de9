//! The gate in front of other web applications.

use super::{Endpoint, encoded};
use crate::wire::gate::{EnterGate, GateAdmission};

/// Requests a seat of a product, named by slug or id, to enter its application; or a place in the queue.
pub fn enter(product: &str, body: &EnterGate) -> Endpoint<GateAdmission> {
    let product = encoded(product);
    Endpoint::post(format!("/gate/{product}"), body)
}
