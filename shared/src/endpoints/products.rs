//! Products: what licenses are for.

use super::Endpoint;
use crate::{
    ids::ProductId,
    wire::licenses::{ChangeProduct, NewProduct, ProductView},
};

/// The products that the caller may see with their licenses, without archived ones; sorted by name.
pub fn list() -> Endpoint<Vec<ProductView>> {
    Endpoint::get("/products")
}

/// Like [`list`], with the archived ones.
pub fn all() -> Endpoint<Vec<ProductView>> {
    Endpoint::get("/products").with("archived", "true")
}

/// One product.
pub fn one(product: ProductId) -> Endpoint<ProductView> {
    Endpoint::get(format!("/products/{product}"))
}

/// Adds a product.
pub fn add(body: &NewProduct) -> Endpoint<ProductView> {
    Endpoint::post("/products", body)
}

/// Changes a product, archives it or takes it out of the archive; needs the ETag of the product.
pub fn change(product: ProductId, body: &ChangeProduct) -> Endpoint<ProductView> {
    Endpoint::patch(format!("/products/{product}"), body)
}
