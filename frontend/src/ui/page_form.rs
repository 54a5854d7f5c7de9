//! A form on a page. What has been entered is not lost by leaving the page without being asked.

use super::show::Show;
use super::{
    edit_conflict::{ConflictNotice, VersionedEdit, failure_beside_notice},
    error_message::{ErrorMessage, failure_text},
    form::Form,
    form_dialog::DiscardQuestion,
    leave_guard,
};
use crate::{
    i18n::*,
    text::{Text, text},
};
use leptos::prelude::*;
use wasm_bindgen::{JsCast as _, prelude::Closure};
use web_sys::{Event, HtmlElement, MouseEvent};

/// A form with its fields, what went wrong, and the button that saves.
#[component]
pub fn PageForm(
    /// Whether it is being submitted, and its errors.
    form: Form,
    /// Called when the user submits the form; usually calls [`Form::submit`].
    #[prop(into)]
    submit: Callback<()>,
    /// The label of the button that submits.
    #[prop(into, default = text!(common.save))]
    confirm: Text,
    /// Whether the form stands in a sheet, instead of being one.
    #[prop(optional)]
    embedded: bool,
    /// The edit that may conflict with somebody else's, and what shows the current version then.
    #[prop(optional)]
    edit: Option<(VersionedEdit, Callback<()>)>,
    /// The buttons before the one that submits.
    #[prop(optional, into)]
    acts: Option<ViewFn>,
    /// The fields.
    children: Children,
) -> impl IntoView {
    let i18n = use_i18n();
    let versioned = edit.as_ref().map(|(edit, _)| *edit);
    let submitted = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        submit.run(());
    };
    view! {
        <form
            class=if embedded { "form" } else { "form sheet" }
            novalidate
            on:submit=submitted
            on:input=move |_| form.touch()
        >
            {edit.map(|(edit, reload)| view! { <ConflictNotice edit reload /> })}
            {children()}
            <ErrorMessage text=Signal::derive(move || failure_text(i18n, failure_beside_notice(form, versioned))) />
            <div class="acts">
                {acts.map(|acts| acts.run())}
                <button type="submit" class="button primary" aria-disabled=move || form.busy().to_string()>
                    {move || confirm.get(i18n)}
                </button>
            </div>
        </form>
        <LeaveGuard form />
    }
}

/// Asks before the page is left while the form has unsaved changes.
#[component]
fn LeaveGuard(
    /// Holds the changes that leaving would discard.
    form: Form,
) -> impl IntoView {
    let asking = RwSignal::new(false);
    // The link that has been clicked; `None` if it was the browser's button.
    let wanted = StoredValue::new_local(None::<HtmlElement>);
    let unload = window_event_listener_untyped("beforeunload", move |event| {
        if form.is_touched() {
            event.prevent_default();
        }
    });
    let clicked = listen_first("click", move |event| {
        // Another form of the page may be asking already.
        let is_free = !event.default_prevented() && form.is_touched();
        let Some(link) = link_to_page(&event).filter(|_| is_free) else { return };
        event.prevent_default();
        event.stop_propagation();
        wanted.set_value(Some(link));
        asking.set(true);
    });
    on_cleanup(move || {
        unload.remove();
        drop(clicked);
    });
    leave_guard::guard(move || {
        let asks = form.is_touched();
        if asks {
            wanted.set_value(None);
            asking.set(true);
        }
        asks
    });
    let discard = move |()| {
        form.forget_touched();
        asking.set(false);
        match wanted.get_value() {
            Some(link) => link.click(),
            None => leave_guard::leave(),
        }
    };
    view! {
        <Show when=move || asking.get()>
            <DiscardQuestion asking discard />
        </Show>
    }
}

/// The link that a plain click follows to another page of the app.
fn link_to_page(event: &Event) -> Option<HtmlElement> {
    let click = event.dyn_ref::<MouseEvent>()?;
    let is_plain = click.button() == 0 && !(click.ctrl_key() || click.meta_key() || click.shift_key());
    let target = event.target()?.dyn_into::<web_sys::Element>().ok()?;
    let link = target.closest("a[href^='/']:not([target]):not([download])").ok()??;
    link.dyn_into().ok().filter(|_| is_plain)
}

/// A listener that sees an event of the document before all others; removed when dropped.
struct FirstListener {
    name: &'static str,
    listener: Closure<dyn FnMut(Event)>,
}

impl Drop for FirstListener {
    fn drop(&mut self) {
        let listener = self.listener.as_ref().unchecked_ref();
        // Fails only if the name is not a string.
        let _ = document().remove_event_listener_with_callback_and_bool(self.name, listener, true);
    }
}

fn listen_first(name: &'static str, handler: impl FnMut(Event) + 'static) -> send_wrapper::SendWrapper<FirstListener> {
    let listener = Closure::<dyn FnMut(Event)>::new(handler);
    // Fails only if the name is not a string.
    let _ = document().add_event_listener_with_callback_and_bool(name, listener.as_ref().unchecked_ref(), true);
    send_wrapper::SendWrapper::new(FirstListener { name, listener })
}
