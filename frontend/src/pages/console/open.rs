//! Opens the tool that a session is held in, if the product says with which link.

use super::desk::Desk;
use crate::{
    api::{Api, Failure},
    i18n::*,
    ui::{
        face::Wrong,
        icon::{Glyph, Icon},
    },
    words,
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    ids::ProductId,
    wire::{join::Opened, licenses::ProductView, sessions::SessionView},
};

/// The products that open something.
#[derive(Clone, Copy)]
pub struct Openers(RwSignal<Vec<ProductId>>);

impl Openers {
    /// Asks which they are.
    pub fn ask() -> Self {
        let openers = Self(RwSignal::default());
        let api = Api::get();
        spawn_local(async move {
            // Without an answer nothing can be opened from here, and everything else works.
            if let Ok(products) = api.read::<Vec<ProductView>>("/products").await {
                let open = products.into_iter().filter(|product| product.doors.opens);
                openers.0.try_set(open.map(|product| product.id).collect());
            }
        });
        openers
    }

    fn has(self, product: ProductId) -> bool {
        self.0.with(|all| all.contains(&product))
    }
}

/// The button.
#[component]
pub fn OpenButton(
    /// The session.
    session: Memo<SessionView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (desk, openers) = (Desk::get(), expect_context::<Openers>());
    let (busy, wrong) = (RwSignal::new(false), RwSignal::new(None::<Failure>));
    let opens = Memo::new(move |_| openers.has(session.with(|session| session.product_id)));
    let click = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        wrong.set(None);
        let id = session.with_untracked(|session| session.id);
        spawn_local(async move {
            match desk.api.post::<Opened>(&format!("/sessions/{id}/open"), &()).await {
                Ok(opened) => {
                    // The tool gets no hold of this window. A browser that opens none says so itself.
                    let _ = window().open_with_url_and_target_and_features(&opened.link, "_blank", "noopener");
                }
                Err(failure) => {
                    let _ = wrong.try_set(Some(failure));
                }
            }
            let _ = busy.try_set(false);
        });
    };
    view! {
        <Show when=move || opens.get()>
            <Wrong text=Signal::derive(move || wrong.get().map(|failure| words::failure(i18n, &failure).to_owned())) />
            <button type="button" class="button open" aria-disabled=move || busy.get().to_string() on:click=click>
                <Icon glyph=Glyph::Screen />
                {t!(i18n, console.open)}
            </button>
        </Show>
    }
}
