//! Which dialog of the page is open, and for what.

use leptos::prelude::*;
use seatkeeper_shared::ids::{LicenseId, ProductId};

/// The dialogs of the page.
#[derive(Clone, Copy, Default)]
pub struct Desk {
    /// Whether seats are being changed.
    pub changing: RwSignal<bool>,
    /// Of which license.
    pub license: RwSignal<Option<LicenseId>>,
    /// Of which license the rules are being changed, if of one.
    pub ruling: RwSignal<Option<LicenseId>>,
    /// Of which license dates and contract are being changed, if of one.
    pub terms: RwSignal<Option<LicenseId>>,
    /// Of which license it is being said what it keeps for groups, if of one.
    pub limiting: RwSignal<Option<LicenseId>>,
    /// Which product is being changed, if one is.
    pub product_changing: RwSignal<Option<ProductId>>,
    /// Whether a product is being added.
    pub adding_product: RwSignal<bool>,
    /// Whether a license is being added.
    pub adding_license: RwSignal<bool>,
    /// For which product, if that is settled.
    pub product: RwSignal<Option<ProductId>>,
}

impl Desk {
    /// Asks for the new number of seats of this license.
    pub fn change_seats(self, license: LicenseId) {
        self.license.set(Some(license));
        self.changing.set(true);
    }

    /// Asks for the rules of this license.
    pub fn change_rules(self, license: LicenseId) {
        self.ruling.set(Some(license));
    }

    /// Asks for a new product.
    pub fn add_product(self) {
        self.adding_product.set(true);
    }

    /// Asks for a new license, of this product if one is named.
    pub fn add_license(self, product: Option<ProductId>) {
        self.product.set(product);
        self.adding_license.set(true);
    }
}
