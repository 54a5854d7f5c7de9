//! The name of this device as admins see it: stored in the browser, and changed in a dialog.

use super::state::ConsolePageState;
use crate::{
    format::Texts,
    i18n::*,
    labels, lazy_dialog, local_storage,
    text::text,
    ui::{
        field::TextField,
        form::Form,
        form_dialog::{Dialogs, FormDialog},
        icon::{Glyph, Icon},
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{session::Platform, validate};

const STORAGE_KEY: &str = "device";

/// Name of this device. Until the user chooses one, it is derived from the platform and the language.
#[derive(Clone, Copy)]
pub struct Device {
    i18n: Texts,
    chosen: RwSignal<Option<String>>,
}

impl Device {
    /// Reads the stored name.
    pub fn load() -> Self {
        let chosen = local_storage::get(STORAGE_KEY).and_then(|text| validate::name(&text).ok());
        Self { i18n: use_i18n(), chosen: RwSignal::new(chosen) }
    }

    pub fn name(self) -> String {
        self.chosen.get().unwrap_or_else(|| self.default_name())
    }

    fn default_name(self) -> String {
        let agent = window().navigator().user_agent().unwrap_or_default();
        match platform_of(&agent) {
            Some(platform) => {
                t_string!(self.i18n, console.device_default, platform = labels::platform(self.i18n, platform))
            }
            None => t_string!(self.i18n, console.device_browser).to_owned(),
        }
    }

    fn rename(self, name: String) {
        local_storage::set(STORAGE_KEY, &name);
        self.chosen.set(Some(name));
    }
}

/// Detects the platform from the user agent string.
fn platform_of(agent: &str) -> Option<Platform> {
    // Order matters: Android also contains "Linux", and iOS "Mac OS X".
    let signs = [
        ("Android", Platform::Android),
        ("iPhone", Platform::Ios),
        ("iPad", Platform::Ios),
        ("Windows", Platform::Windows),
        ("Mac OS X", Platform::Mac),
        ("Linux", Platform::Linux),
        ("CrOS", Platform::Linux),
    ];
    signs.into_iter().find(|(sign, _)| agent.contains(sign)).map(|(_, platform)| platform)
}

/// Shows the name of this device; a click opens the dialog to change it.
#[component]
pub fn DeviceName() -> impl IntoView {
    let i18n = use_i18n();
    let (dialogs, device) = (Dialogs::get(), ConsolePageState::get().device);
    view! {
        <button
            type="button"
            class="button ghost device"
            aria-haspopup="dialog"
            on:click=dialogs.opens(lazy_dialog!(rename_device(device: Device) { view! { <RenameDevice device /> } }))
        >
            <Icon glyph=Glyph::Screen />
            <span class="device-name">{t!(i18n, console.this_device)} " " <b>{move || device.name()}</b></span>
        </button>
    }
}

#[component]
fn RenameDevice(
    /// The one that the console runs on.
    device: Device,
) -> impl IntoView {
    let (dialogs, form, name) = (Dialogs::get(), Form::default(), RwSignal::new(untrack(|| device.name())));
    let submit = move || {
        let checked = name.with_untracked(|name| validate::name(name));
        if form.begin([("device", checked.clone().err())])
            && let Ok(name) = checked
        {
            device.rename(name);
            dialogs.close();
        }
    };
    view! {
        <FormDialog title=text!(console.device) form submit>
            <TextField
                label=text!(console.device)
                value=name
                name="device"
                hint=text!(console.device_hint)
                form
                autofocus=true
            />
        </FormDialog>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn the_platform_is_detected_from_the_user_agent() {
        let of = |platform| platform_of(&format!("Mozilla/5.0 ({platform}) AppleWebKit/537.36"));
        assert_eq!(of("Windows NT 10.0; Win64; x64"), Some(Platform::Windows));
        assert_eq!(of("Linux; Android 15; Pixel 9"), Some(Platform::Android));
        assert_eq!(of("iPhone; CPU iPhone OS 18_0 like Mac OS X"), Some(Platform::Ios));
        assert_eq!(of("Macintosh; Intel Mac OS X 10_15_7"), Some(Platform::Mac));
        assert_eq!(of("X11; Linux x86_64"), Some(Platform::Linux));
        assert_eq!(of("Haiku"), None);
    }
}
