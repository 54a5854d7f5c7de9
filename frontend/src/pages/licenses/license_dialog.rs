//! The dialogs that change a license: each loads the current version, shows a part of it as a form, and saves it unless
//! somebody else has changed the license meanwhile.

use super::{
    catalog::Catalog, group_limits::GroupLimitsForm, rules_form::RulesForm, seats_form::SeatsForm,
    terms_form::TermsForm,
};
use crate::{
    format::{Format, Texts},
    i18n::*,
    labels, lazy_dialog,
    text::Text,
    ui::{
        edit_conflict::VersionedEdit,
        form::{FieldCheck, Form},
        form_dialog::{DialogContent, Dialogs, LoadedDialog},
        query::Query,
        toast::Toasts,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints::{self, Endpoint},
    ids::LicenseId,
    wire::licenses::{ChangeLicense, LicenseView},
};

/// What a dialog changes of a license.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LicensePart {
    /// The number of seats.
    Seats,
    /// How seats are counted, shared and freed.
    Rules,
    /// Dates and contract.
    Terms,
    /// The seats reserved for groups, and their limits.
    GroupLimits,
}

impl LicensePart {
    fn title(self, locale: Locale, license: String) -> String {
        match self {
            Self::Seats => td_string!(locale, licenses.change_title, license = license),
            Self::Rules => td_string!(locale, licenses.rules_title, license = license),
            Self::Terms => td_string!(locale, licenses.terms_title, license = license),
            Self::GroupLimits => td_string!(locale, licenses.limits_title, license = license),
        }
    }

    /// Says that it was changed; tracked.
    fn saved(self, i18n: Texts, format: Format, changed: &LicenseView) -> String {
        let license = labels::license(i18n, changed);
        match self {
            Self::Seats => {
                let (count, n) = (changed.seats, format.number(changed.seats));
                t_string!(i18n, licenses.changed, count = count, license = license, n = n)
            }
            Self::Rules => t_string!(i18n, licenses.rules_changed, license = license),
            Self::Terms => t_string!(i18n, licenses.terms_changed, license = license),
            Self::GroupLimits => t_string!(i18n, licenses.limits_changed, license = license),
        }
    }
}

/// The edit of a part of a license, based on the version that was loaded when the dialog opened.
#[derive(Clone, Copy)]
pub struct LicenseEdit {
    /// The version that the dialog shows.
    pub license: StoredValue<LicenseView>,
    /// Products and licenses of the page.
    pub catalog: Catalog,
    /// The heading of the dialog.
    pub title: Text,
    /// State and errors of the form.
    pub form: Form,
    /// Detects that somebody else has changed the license.
    pub version: VersionedEdit,
    part: LicensePart,
    toasts: Toasts,
    dialogs: Dialogs,
    format: Format,
    i18n: Texts,
}

impl LicenseEdit {
    /// Saves the change if it is valid; closes the dialog if it changes nothing.
    pub fn save(self, change: Result<ChangeLicense, Vec<FieldCheck>>) {
        let id = self.license.with_value(|license| license.id);
        match change {
            Err(wrong) => {
                self.form.begin(wrong);
            }
            Ok(change) if change == ChangeLicense::default() => self.dialogs.close(),
            Ok(change) => self.send(endpoints::licenses::change(id, &change)),
        }
    }

    /// Sends the change. The page shows it ahead of the feed.
    pub fn send(self, change: Endpoint<LicenseView>) {
        self.form.run([], self.version.send(change), move |changed| {
            self.toasts.success(untrack(|| self.part.saved(self.i18n, self.format, &changed)));
            let card = format!("[aria-labelledby=license-{}] .license-acts :is(a, button)", changed.id);
            self.catalog.apply_license(changed);
            self.dialogs.close_onto(self.form, vec![card, "h1".to_owned()]);
        });
    }
}

/// The dialog that changes a part of a license.
pub fn change_license(catalog: Catalog, id: LicenseId, part: LicensePart) -> DialogContent {
    lazy_dialog!(change_license(catalog: Catalog, id: LicenseId, part: LicensePart) {
        view! { <LicenseDialog catalog id part /> }
    })
}

#[component]
fn LicenseDialog(
    /// Products and licenses of the page.
    catalog: Catalog,
    /// The license to change.
    id: LicenseId,
    /// What is changed.
    part: LicensePart,
) -> impl IntoView {
    let i18n = use_i18n();
    let (toasts, dialogs, format) = (Toasts::get(), Dialogs::get(), Format::get());
    let query = Query::once(endpoints::licenses::one(id));
    let name = move || catalog.license(id).map(|license| labels::license(i18n, &license)).unwrap_or_default();
    let title = Text::derive(move |locale| part.title(locale, name()));
    let edit = move || {
        let license = StoredValue::new(query.with_untracked(LicenseView::clone)?);
        let version = VersionedEdit::at(endpoints::licenses::one(id), untrack(|| query.tag()));
        let form = Form::default();
        Some(LicenseEdit { license, catalog, title, form, version, part, toasts, dialogs, format, i18n })
    };
    let form = move |edit: LicenseEdit| match part {
        LicensePart::Seats => view! { <SeatsForm edit /> }.into_any(),
        LicensePart::Rules => view! { <RulesForm edit /> }.into_any(),
        LicensePart::Terms => view! { <TermsForm edit /> }.into_any(),
        LicensePart::GroupLimits => view! { <GroupLimitsForm edit /> }.into_any(),
    };
    view! {
        <LoadedDialog title status=query.status()>
            {edit().map(form)}
        </LoadedDialog>
    }
}
