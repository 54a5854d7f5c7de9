//! This device as administrators see it: a name that the browser keeps, and a dialog to change it.

use super::desk::Desk;
use crate::{
    format::Texts,
    i18n::*,
    keep,
    ui::{
        dialog::Dialog,
        field::TextField,
        form::Form,
        icon::{Glyph, Icon},
    },
    words,
};
use leptos::prelude::*;
use seatkeeper_shared::{session::Platform, validate};

const KEPT: &str = "device";

/// The name under which this device is known; unless somebody chose one, it follows the platform and the language.
#[derive(Clone, Copy)]
pub struct Device {
    i18n: Texts,
    chosen: RwSignal<Option<String>>,
}

impl Device {
    /// As this browser keeps it.
    pub fn kept() -> Self {
        let chosen = keep::text(KEPT).and_then(|text| validate::name(&text).ok());
        Self { i18n: use_i18n(), chosen: RwSignal::new(chosen) }
    }

    /// Its name.
    pub fn name(self) -> String {
        self.chosen.get().unwrap_or_else(|| self.usual())
    }

    fn usual(self) -> String {
        let agent = window().navigator().user_agent().unwrap_or_default();
        match platform_of(&agent) {
            Some(platform) => {
                t_string!(self.i18n, console.device_default, platform = words::platform(self.i18n, platform))
            }
            None => t_string!(self.i18n, console.device_browser).to_owned(),
        }
    }

    fn choose(self, name: String) {
        keep::keep_text(KEPT, &name);
        self.chosen.set(Some(name));
    }
}

/// The platform that a browser says it runs on.
fn platform_of(agent: &str) -> Option<Platform> {
    // Android says Linux too, and iOS says Mac OS X.
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

/// The name of this device, and the way to change it.
#[component]
pub fn DeviceName() -> impl IntoView {
    let i18n = use_i18n();
    let device = Desk::get().device;
    let open = RwSignal::new(false);
    view! {
        <button type="button" class="button ghost device" aria-haspopup="dialog" on:click=move |_| open.set(true)>
            <Icon glyph=Glyph::Screen />
            <span class="device-name">{t!(i18n, console.this_device)} " " <b>{move || device.name()}</b></span>
        </button>
        <Dialog open title=Signal::derive(move || t_string!(i18n, console.device).to_owned())>
            <DeviceForm open />
        </Dialog>
    }
}

#[component]
fn DeviceForm(
    /// Whether the dialog is open.
    open: RwSignal<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (device, form) = (Desk::get().device, Form::default());
    let name = RwSignal::new(untrack(|| device.name()));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let checked = name.with_untracked(|name| validate::name(name));
        if form.begin([("device", checked.clone().err())])
            && let Ok(name) = checked
        {
            device.choose(name);
            open.set(false);
        }
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <TextField
                label=Signal::derive(move || t_string!(i18n, console.device).to_owned())
                value=name
                name="device"
                hint=Signal::derive(move || Some(t_string!(i18n, console.device_hint).to_owned()))
                error=form.error("device")
                first=true
            />
            <div class="acts">
                <button type="button" class="button" on:click=move |_| open.set(false)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button primary">
                    {t!(i18n, common.save)}
                </button>
            </div>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn browsers_say_where_they_run() {
        let of = |platform| platform_of(&format!("Mozilla/5.0 ({platform}) AppleWebKit/537.36"));
        assert_eq!(of("Windows NT 10.0; Win64; x64"), Some(Platform::Windows));
        assert_eq!(of("Linux; Android 15; Pixel 9"), Some(Platform::Android));
        assert_eq!(of("iPhone; CPU iPhone OS 18_0 like Mac OS X"), Some(Platform::Ios));
        assert_eq!(of("Macintosh; Intel Mac OS X 10_15_7"), Some(Platform::Mac));
        assert_eq!(of("X11; Linux x86_64"), Some(Platform::Linux));
        assert_eq!(of("Haiku"), None);
    }
}
