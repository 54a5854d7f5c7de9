//! Opens the tool in which a session takes place, if the product defines a launch link.

use crate::{
    i18n::*,
    ui::{
        error_message::{ErrorMessage, failure_text},
        form::Form,
        icon::{Glyph, Icon},
        query::Query,
        show::Show,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints,
    ids::ProductId,
    wire::{join::SessionLink, licenses::ProductView, sessions::SessionView},
};

/// The products, some of which define a launch link. Without an answer the button is missing, and everything else
/// works.
#[derive(Clone, Copy)]
pub struct OpenableProducts(Query<Vec<ProductView>>);

impl OpenableProducts {
    pub fn load() -> Self {
        Self(Query::once(endpoints::products::list()))
    }

    fn has(self, id: ProductId) -> bool {
        let opens = |all: &Vec<ProductView>| all.iter().any(|product| product.id == id && product.integration.opens);
        self.0.with(opens).unwrap_or_default()
    }
}

/// Button that opens the tool; not shown for products without a launch link.
#[component]
pub fn OpenButton(
    /// The session to open.
    session: Memo<SessionView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (openable, form) = (expect_context::<OpenableProducts>(), Form::default());
    let opens = move || openable.has(session.with(|session| session.product_id));
    let click = move |_| {
        let id = session.with_untracked(|session| session.id);
        form.submit(
            [],
            || endpoints::sessions::open(id),
            |opened: SessionLink| {
                // `noopener` denies the tool access to this window. Browsers report a blocked window themselves.
                let _ = window().open_with_url_and_target_and_features(&opened.link, "_blank", "noopener");
            },
        );
    };
    view! {
        <Show when=opens>
            <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
            <button type="button" class="button open" aria-disabled=move || form.busy().to_string() on:click=click>
                <Icon glyph=Glyph::Screen />
                {t!(i18n, console.open)}
            </button>
        </Show>
    }
}
