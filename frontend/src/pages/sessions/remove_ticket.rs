//! Confirmation before a ticket is removed from the queue.

use crate::{
    i18n::*,
    text::text,
    ui::{
        form::Form,
        form_dialog::{ConfirmDialog, Dialogs},
        toast::Toasts,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{endpoints, wire::queue::TicketView};

#[component]
pub fn RemoveTicket(
    /// The ticket to remove.
    ticket: TicketView,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts, dialogs) = (Form::default(), Toasts::get(), Dialogs::get());
    let (id, name) = (ticket.id, StoredValue::new(ticket.user_name));
    let action = move |()| {
        let name = name.get_value();
        form.submit(
            [],
            || endpoints::tickets::leave(id),
            move |()| {
                toasts.success(tu_string!(i18n, queue.drop_done, name = name));
                dialogs.close_if(form);
            },
        );
    };
    view! {
        <ConfirmDialog
            title=text!(queue.drop_title, name = name.get_value())
            form
            action
            confirm=text!(queue.drop_confirm)
        >
            <p>{t!(i18n, queue.drop_text)}</p>
        </ConfirmDialog>
    }
}
