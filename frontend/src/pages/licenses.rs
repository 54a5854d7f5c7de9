//! x
use leptos::prelude::*;
#[component]
pub fn LicensesPage() -> impl IntoView {}
