//! What kind of session is to be started: with a customer, or at a device where nobody sits.

use super::{cards::Card, desk::Desk};
use crate::{
    api::Api,
    i18n::*,
    ui::{
        choice::{Choice, Segment},
        field::TextField,
        form::Form,
        select::{Choosable, Select},
    },
    words,
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    session::{Mode, Platform},
    validate,
    wire::sessions::NewSession,
};

/// What the agent has chosen so far.
#[derive(Clone, Copy)]
pub struct Wish {
    mode: RwSignal<Mode>,
    platform: RwSignal<Option<Platform>>,
    remote_device: RwSignal<String>,
    form: Form,
}

impl Default for Wish {
    fn default() -> Self {
        Self {
            mode: RwSignal::new(Mode::Attended),
            platform: RwSignal::default(),
            remote_device: RwSignal::default(),
            form: Form::default(),
        }
    }
}

impl Wish {
    /// The request, or nothing if a field has to be filled first.
    pub fn wanted(self, desk: Desk, card: Memo<Card>, wait: bool) -> Option<NewSession> {
        let (mode, entered) = (self.mode.get_untracked(), self.remote_device.get_untracked());
        let remote_device = (mode == Mode::Unattended).then(|| validate::name(&entered)).transpose();
        if !self.form.begin([("remote_device", remote_device.clone().err())]) {
            return None;
        }
        self.form.done();
        Some(NewSession {
            product: card.with_untracked(|card| card.product.to_string()),
            device: untrack(|| desk.device.name()),
            mode,
            // Of an attended session it is known when the customer is there.
            platform: self.platform.get_untracked().filter(|_| mode != Mode::Attended),
            remote_device: remote_device.ok().flatten(),
            wait,
            borrow_seconds: None,
        })
    }
}

/// What kind of session; of one without a customer the device and its platform.
#[component]
pub fn Kind(
    /// What is chosen.
    wish: Wish,
) -> impl IntoView {
    let i18n = use_i18n();
    let Wish { mode, platform, .. } = wish;
    let segments = Signal::derive(move || {
        let one = |mode: Mode, text: &str| Segment { value: mode.as_str(), text: text.to_owned(), glyph: None };
        vec![
            one(Mode::Attended, t_string!(i18n, console.mode_attended)),
            one(Mode::Unattended, t_string!(i18n, console.mode_unattended)),
            one(Mode::Application, t_string!(i18n, console.mode_application)),
        ]
    });
    let platforms = Signal::derive(move || {
        let unknown = Choosable::new("", t_string!(i18n, console.platform_unknown));
        let known = Platform::ALL.iter().map(|one| Choosable::new(one.as_str(), words::platform(i18n, *one)));
        std::iter::once(unknown).chain(known).collect::<Vec<_>>()
    });
    view! {
        <div class="kind">
            <Choice
                label=Signal::derive(move || t_string!(i18n, console.mode).to_owned())
                bare=true
                segments
                value=Signal::derive(move || mode.get().to_string())
                choose=move |value: &'static str| mode.set(value.parse().unwrap_or(Mode::Attended))
            />
            <Show when=move || mode.get() == Mode::Unattended>
                <RemoteDevice wish />
            </Show>
            <Show when=move || mode.get() != Mode::Attended>
                <Select
                    label=Signal::derive(move || t_string!(i18n, sessions.platform).to_owned())
                    name="platform"
                    options=platforms
                    value=Signal::derive(move || platform.get().map(|one| one.to_string()).unwrap_or_default())
                    choose=move |value: String| platform.set(value.parse().ok())
                />
            </Show>
        </div>
    }
}

/// The device where nobody sits: one of those at which the agent worked before, or another.
#[component]
fn RemoteDevice(
    /// What is chosen.
    wish: Wish,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, known) = (Api::get(), RwSignal::new(Vec::<String>::new()));
    spawn_local(async move {
        // Without them any name can be typed.
        if let Ok(names) = api.read("/me/remote-devices").await {
            let _ = known.try_set(names);
        }
    });
    let name = wish.remote_device;
    let error = Signal::derive(move || wish.form.error("remote_device").get().filter(|_| name.with(String::is_empty)));
    let hint = Signal::derive(move || Some(t_string!(i18n, console.remote_device_hint).to_owned()));
    view! {
        <TextField
            label=Signal::derive(move || t_string!(i18n, console.remote_device).to_owned())
            value=name
            name="remote_device"
            choices=known
            hint
            error
        />
    }
}
