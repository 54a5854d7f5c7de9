//! Form fields for the kind of session to start: attended, unattended or application.

use super::{card_data::CardData, state::ConsolePageState};
use crate::{
    i18n::*,
    labels,
    text::text,
    ui::{
        field::TextField,
        form::Form,
        query::Query,
        segmented_control::{Segment, SegmentedControl},
        select::{Select, SelectOption},
        show::Show,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints,
    session::{Mode, Platform},
    validate,
    wire::sessions::NewSession,
};

/// The form values.
#[derive(Clone, Copy)]
pub struct SessionFields {
    mode: RwSignal<Mode>,
    platform: RwSignal<Option<Platform>>,
    remote_device: RwSignal<String>,
    form: Form,
}

impl Default for SessionFields {
    fn default() -> Self {
        Self {
            mode: RwSignal::new(Mode::Attended),
            platform: RwSignal::default(),
            remote_device: RwSignal::default(),
            form: Form::default(),
        }
    }
}

impl SessionFields {
    /// The request, or `None` after marking the fields that are not valid.
    pub fn request(self, page: ConsolePageState, card: Memo<CardData>, wait: bool) -> Option<NewSession> {
        let (mode, entered) = (self.mode.get_untracked(), self.remote_device.get_untracked());
        let remote_device = (mode == Mode::Unattended).then(|| validate::name(&entered)).transpose();
        if !self.form.begin([("remote_device", remote_device.clone().err())]) {
            return None;
        }
        self.form.done();
        let product = card.with_untracked(|card| card.product.to_string());
        Some(NewSession {
            // The platform of an attended session is set when the customer connects.
            platform: self.platform.get_untracked().filter(|_| mode != Mode::Attended),
            remote_device: remote_device.ok().flatten(),
            wait,
            ..NewSession::new(product, untrack(|| page.device.name()), mode)
        })
    }
}

/// Fields for the kind of session and, if it is not attended, its device and platform.
#[component]
pub fn SessionFieldset(
    /// The form values.
    fields: SessionFields,
) -> impl IntoView {
    let i18n = use_i18n();
    let SessionFields { mode, platform, .. } = fields;
    let segments = Signal::derive(move || {
        let one = |mode: Mode, text: &str| Segment { value: mode.as_str(), text: text.to_owned(), glyph: None };
        vec![
            one(Mode::Attended, t_string!(i18n, console.mode_attended)),
            one(Mode::Unattended, t_string!(i18n, console.mode_unattended)),
            one(Mode::Application, t_string!(i18n, console.mode_application)),
        ]
    });
    let platforms = Signal::derive(move || {
        let unknown = SelectOption::new("", t_string!(i18n, console.platform_unknown));
        let known = Platform::ALL.iter().map(|one| SelectOption::new(one.as_str(), labels::platform(i18n, *one)));
        std::iter::once(unknown).chain(known).collect::<Vec<_>>()
    });
    view! {
        <div class="session-fields">
            <SegmentedControl
                label=text!(console.mode)
                bare=true
                segments
                value=Signal::derive(move || mode.get().to_string())
                choose=move |value: &'static str| mode.set(value.parse().unwrap_or(Mode::Attended))
            />
            <Show when=move || mode.get() == Mode::Unattended>
                <RemoteDeviceField fields />
            </Show>
            <Show when=move || mode.get() != Mode::Attended>
                <Select
                    label=text!(sessions.platform)
                    name="platform"
                    options=platforms
                    value=Signal::derive(move || platform.get().map(|one| one.to_string()).unwrap_or_default())
                    choose=move |value: String| platform.set(value.parse().ok())
                />
            </Show>
        </div>
    }
}

/// The unattended device; devices the agent used before are suggested.
#[component]
fn RemoteDeviceField(
    /// The form values.
    fields: SessionFields,
) -> impl IntoView {
    // Without suggestions the name can still be typed.
    let used_before = Query::once(endpoints::sessions::remote_devices());
    let suggestions = Signal::derive(move || used_before.get().unwrap_or_default());
    view! {
        <TextField
            label=text!(console.remote_device)
            value=fields.remote_device
            name="remote_device"
            choices=suggestions
            hint=text!(console.remote_device_hint)
            form=fields.form
        />
    }
}
