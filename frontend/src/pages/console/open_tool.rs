//! Opens the tool in which a session takes place, if the product defines a launch link.

use super::state::ConsolePageState;
use crate::{
    api::{Api, Failure},
    i18n::*,
    labels,
    ui::{
        error_message::ErrorMessage,
        icon::{Glyph, Icon},
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    ids::ProductId,
    wire::{join::SessionLink, licenses::ProductView, sessions::SessionView},
};

/// The products that define a launch link.
#[derive(Clone, Copy)]
pub struct OpenableProducts(RwSignal<Vec<ProductId>>);

impl OpenableProducts {
    pub fn load() -> Self {
        let openable = Self(RwSignal::default());
        let api = Api::get();
        spawn_local(async move {
            // Without an answer the button is missing, and everything else works.
            if let Ok(products) = api.read::<Vec<ProductView>>("/products").await {
                let open = products.into_iter().filter(|product| product.integration.opens);
                openable.0.try_set(open.map(|product| product.id).collect());
            }
        });
        openable
    }

    fn has(self, product: ProductId) -> bool {
        self.0.with(|all| all.contains(&product))
    }
}

/// Button that opens the tool; not shown for products without a launch link.
#[component]
pub fn OpenButton(
    /// The session to open.
    session: Memo<SessionView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (page, openable) = (ConsolePageState::get(), expect_context::<OpenableProducts>());
    let (busy, wrong) = (RwSignal::new(false), RwSignal::new(None::<Failure>));
    let opens = Memo::new(move |_| openable.has(session.with(|session| session.product_id)));
    let click = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        wrong.set(None);
        let id = session.with_untracked(|session| session.id);
        spawn_local(async move {
            match page.api.post::<SessionLink>(&format!("/sessions/{id}/open"), &()).await {
                Ok(opened) => {
                    // `noopener` denies the tool access to this window. Browsers report a blocked window themselves.
                    let _ = window().open_with_url_and_target_and_features(&opened.link, "_blank", "noopener");
                }
                Err(failure) => {
                    let _ = wrong.try_set(Some(failure));
                }
            }
            let _ = busy.try_set(false);
        });
    };
    let text = Signal::derive(move || wrong.get().map(|failure| labels::failure(i18n, &failure).to_owned()));
    view! {
        <Show when=move || opens.get()>
            <ErrorMessage text />
            <button type="button" class="button open" aria-disabled=move || busy.get().to_string() on:click=click>
                <Icon glyph=Glyph::Screen />
                {t!(i18n, console.open)}
            </button>
        </Show>
    }
}
