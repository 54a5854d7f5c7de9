//! Which dialog of the page is open, and for which product or license.

use leptos::prelude::*;
use seatkeeper_shared::ids::{LicenseId, ProductId};

/// State of the dialogs.
#[derive(Clone, Copy, Default)]
pub struct LicensesPageState {
    /// Whether the dialog for the number of seats is open.
    pub seats_dialog_open: RwSignal<bool>,
    /// The license of that dialog. It stays set while the dialog closes.
    pub seats_license: RwSignal<Option<LicenseId>>,
    /// License of the rules dialog, while it is open.
    pub rules_dialog: RwSignal<Option<LicenseId>>,
    /// License of the dialog for dates and contract, while it is open.
    pub terms_dialog: RwSignal<Option<LicenseId>>,
    /// License of the dialog for group limits, while it is open.
    pub limits_dialog: RwSignal<Option<LicenseId>>,
    /// Product of the dialog to change a product, while it is open.
    pub product_dialog: RwSignal<Option<ProductId>>,
    /// Whether the dialog to add a product is open.
    pub add_product_open: RwSignal<bool>,
    /// Whether the dialog to add a license is open.
    pub add_license_open: RwSignal<bool>,
    /// Product of the new license, if it is preselected.
    pub new_license_product: RwSignal<Option<ProductId>>,
}

impl LicensesPageState {
    /// Opens the dialog to change the number of seats.
    pub fn change_seats(self, license: LicenseId) {
        self.seats_license.set(Some(license));
        self.seats_dialog_open.set(true);
    }

    /// Opens the dialog to change the rules.
    pub fn change_rules(self, license: LicenseId) {
        self.rules_dialog.set(Some(license));
    }

    /// Opens the dialog to add a product.
    pub fn add_product(self) {
        self.add_product_open.set(true);
    }

    /// Opens the dialog to add a license, with a preselected product if given.
    pub fn add_license(self, product: Option<ProductId>) {
        self.new_license_product.set(product);
        self.add_license_open.set(true);
    }
}
