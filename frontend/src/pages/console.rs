//! x
use leptos::prelude::*;
#[component]
pub fn ConsolePage() -> impl IntoView {}
