//! Signing out by the user's own wish.

use crate::{api::Api, caller::Caller, i18n::use_i18n, labels, ui::toast::Toasts};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::endpoints;

/// A handler that signs the user out in this browser: `on:click=sign_out::handler()`. If that fails, they are told, as
/// they are still signed in.
pub fn handler<E>() -> impl Fn(E) + Copy {
    let i18n = use_i18n();
    let (api, caller, toasts) = (Api::get(), Caller::get(), Toasts::get());
    move |_| {
        spawn_local(async move {
            match api.send(endpoints::sign_in::sign_out()).await {
                Ok(()) => caller.set_signed_out(),
                Err(failure) => toasts.error(untrack(|| labels::failure(i18n, &failure))),
            }
        });
    }
}
