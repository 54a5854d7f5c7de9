//! x
use leptos::prelude::*;
#[component]
pub fn SessionsPage() -> impl IntoView {}
