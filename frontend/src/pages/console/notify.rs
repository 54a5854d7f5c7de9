//! Notifies an agent of an offered seat with a sound and a browser notification.

use super::my_tickets::MyTickets;
use crate::{
    i18n::*,
    ui::{
        icon::{Glyph, Icon},
        show::Show,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{ids::TicketId, ticket::TicketState};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AudioContext, Notification, NotificationOptions, NotificationPermission};

/// Frequency of each tone in hertz, and its start in seconds.
const TONES_HZ_AT_SECONDS: [(f32, f64); 2] = [(659.3, 0.0), (880.0, 0.18)];
/// Duration of a tone in seconds.
const TONE_SECONDS: f64 = 0.5;
/// Gain at the start of a tone, from 0 to 1.
const TONE_GAIN: f32 = 0.2;

/// Notifies once per offer until the app is closed.
pub fn on_offer(tickets: MyTickets) {
    let i18n = use_i18n();
    let offers = Memo::new(move |_| {
        tickets.own.with(|own| {
            let offered = own.iter().filter(|ticket| ticket.state == TicketState::Offered);
            offered.map(|ticket| (ticket.id, ticket.product_name.clone())).collect::<Vec<_>>()
        })
    });
    Effect::new(move |known: Option<Vec<TicketId>>| {
        let now = offers.get();
        let known = known.unwrap_or_default();
        for (_, product) in now.iter().filter(|(id, _)| !known.contains(id)) {
            // A browser that plays no sound or shows no notification still shows the window title.
            let _ = play_sound();
            let title = tu_string!(i18n, queue.title_offer).to_owned();
            let _ = show_notification(&title, &tu_string!(i18n, queue.offer_of, product = product.clone()));
        }
        now.into_iter().map(|(id, _)| id).collect()
    });
}

fn play_sound() -> Result<(), JsValue> {
    let audio = AudioContext::new()?;
    for (tone, begins) in TONES_HZ_AT_SECONDS {
        let (oscillator, gain) = (audio.create_oscillator()?, audio.create_gain()?);
        let from = audio.current_time() + begins;
        oscillator.frequency().set_value(tone);
        gain.gain().set_value_at_time(TONE_GAIN, from)?;
        gain.gain().exponential_ramp_to_value_at_time(0.001, from + TONE_SECONDS)?;
        oscillator.connect_with_audio_node(&gain)?;
        gain.connect_with_audio_node(&audio.destination())?;
        oscillator.start_with_when(from)?;
        oscillator.stop_with_when(from + TONE_SECONDS)?;
    }
    Ok(())
}

fn show_notification(title: &str, text: &str) -> Result<(), JsValue> {
    if !can_notify() || Notification::permission() != NotificationPermission::Granted {
        return Ok(());
    }
    let options = NotificationOptions::new();
    options.set_body(text);
    // The tag keeps several open windows from showing several notifications.
    options.set_tag("seatkeeper-offer");
    Notification::new_with_options(title, &options).map(drop)
}

/// Browsers offer notifications only on HTTPS, and some phones not at all.
fn can_notify() -> bool {
    js_sys::Reflect::has(&window(), &"Notification".into()).unwrap_or(false)
}

/// Button that asks for permission to notify, shown until the browser has asked.
#[component]
pub fn EnableNotifications() -> impl IntoView {
    let i18n = use_i18n();
    let open = RwSignal::new(can_notify() && Notification::permission() == NotificationPermission::Default);
    let click = move |_| {
        spawn_local(async move {
            if let Ok(asked) = Notification::request_permission() {
                let _ = JsFuture::from(asked).await;
            }
            // Whatever the response was: browsers ask only once.
            open.try_set(false);
        });
    };
    view! {
        <Show when=move || open.get()>
            <button type="button" class="button" on:click=click>
                <Icon glyph=Glyph::Live />
                {t!(i18n, queue.call_me)}
            </button>
        </Show>
    }
}
