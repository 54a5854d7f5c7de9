//! A person: avatar, name, e-mail address.

use leptos::prelude::*;

/// The initials of the first and the last word of a name.
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace();
    let first = words.next().and_then(|word| word.chars().next());
    let last = words.next_back().and_then(|word| word.chars().next());
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

/// A round avatar with the initials.
#[component]
pub fn Avatar(
    /// The person's name.
    #[prop(into)]
    name: Signal<String>,
) -> impl IntoView {
    view! {
        <span class="avatar" aria-hidden="true">
            {move || name.with(|name| initials(name))}
        </span>
    }
}

/// A person with avatar, name and e-mail address.
#[component]
pub fn Person(
    #[prop(into)] name: Signal<String>,
    /// The e-mail address, or another line below the name.
    #[prop(into)]
    email: Signal<String>,
) -> impl IntoView {
    view! {
        <span class="who">
            <Avatar name />
            <span class="who-text">
                <b>{move || name.get()}</b>
                <small>{move || email.get()}</small>
            </span>
        </span>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn initials_are_of_the_first_and_the_last_word() {
        assert_eq!(initials("Anja Krüger"), "AK");
        assert_eq!(initials("Daan de Vries"), "DV");
        assert_eq!(initials("öz"), "Ö");
        assert_eq!(initials("  "), "");
    }
}
