//! The form for the rules of a license. Changes apply immediately.

use super::{
    license_dialog::LicenseEdit,
    rule_fields::RulesFieldset,
    rule_values::{RuleFields, RuleValues},
};
use crate::{caller::Caller, ui::form_dialog::FormDialog};
use leptos::prelude::*;
use seatkeeper_shared::{license::Model, permissions::Action, wire::licenses::ChangeLicense};

#[component]
pub fn RulesForm(
    /// The edit of the dialog.
    edit: LicenseEdit,
) -> impl IntoView {
    let caller = Caller::get();
    let (model, before) = edit.license.with_value(|license| (license.model, RuleValues::from(license.rules)));
    let rules = RuleFields::of(before.clone());
    let submit = move |()| {
        let change = rules.values().changed(&before, model);
        edit.save(change.map(|rules| ChangeLicense { rules, ..ChangeLicense::default() }));
    };
    view! {
        <FormDialog scope="licenses-page" title=edit.title form=edit.form submit edit=edit.version>
            <RulesFieldset
                rules
                form=edit.form
                shared=Signal::stored(model == Model::Concurrent)
                may_buy=Signal::derive(move || caller.may(Action::ChangeSeats))
            />
        </FormDialog>
    }
}
