//! Calls an agent who does not look: a sound and a notification of the browser when a seat is offered to him.

use super::desk::Desk;
use crate::{
    i18n::*,
    ui::icon::{Glyph, Icon},
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{ids::TicketId, ticket::TicketState};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AudioContext, Notification, NotificationOptions, NotificationPermission};

/// Two tones, in hertz, and when each begins, in seconds.
const TONES: [(f32, f64); 2] = [(659.3, 0.0), (880.0, 0.18)];
/// How long a tone lasts, in seconds.
const LASTS: f64 = 0.5;
/// How loud it is at its beginning, of 1.
const LOUD: f32 = 0.2;

/// Calls once for each offer, as long as the desk is there.
pub fn on_offer(desk: Desk) {
    let i18n = use_i18n();
    let offers = Memo::new(move |_| {
        desk.tickets.own.with(|own| {
            let offered = own.iter().filter(|ticket| ticket.state == TicketState::Offered);
            offered.map(|ticket| (ticket.id, ticket.product_name.clone())).collect::<Vec<_>>()
        })
    });
    Effect::new(move |known: Option<Vec<TicketId>>| {
        let now = offers.get();
        let known = known.unwrap_or_default();
        for (_, product) in now.iter().filter(|(id, _)| !known.contains(id)) {
            // A browser that makes no sound, or shows nothing, has the title of the window.
            let _ = sound();
            let title = tu_string!(i18n, queue.title_offer).to_owned();
            let _ = show(&title, &tu_string!(i18n, queue.offer_of, product = product.clone()));
        }
        now.into_iter().map(|(id, _)| id).collect()
    });
}

fn sound() -> Result<(), JsValue> {
    let audio = AudioContext::new()?;
    for (tone, begins) in TONES {
        let (oscillator, gain) = (audio.create_oscillator()?, audio.create_gain()?);
        let from = audio.current_time() + begins;
        oscillator.frequency().set_value(tone);
        gain.gain().set_value_at_time(LOUD, from)?;
        gain.gain().exponential_ramp_to_value_at_time(0.001, from + LASTS)?;
        oscillator.connect_with_audio_node(&gain)?;
        gain.connect_with_audio_node(&audio.destination())?;
        oscillator.start_with_when(from)?;
        oscillator.stop_with_when(from + LASTS)?;
    }
    Ok(())
}

fn show(title: &str, text: &str) -> Result<(), JsValue> {
    if !can_notify() || Notification::permission() != NotificationPermission::Granted {
        return Ok(());
    }
    let options = NotificationOptions::new();
    options.set_body(text);
    // One, however many windows are open.
    options.set_tag("seatkeeper-offer");
    Notification::new_with_options(title, &options).map(drop)
}

/// Browsers have no notifications without https, and some phones have none at all.
fn can_notify() -> bool {
    js_sys::Reflect::has(&window(), &"Notification".into()).unwrap_or(false)
}

/// Offers to call, as long as the browser has not been asked.
#[component]
pub fn CallMe() -> impl IntoView {
    let i18n = use_i18n();
    let open = RwSignal::new(can_notify() && Notification::permission() == NotificationPermission::Default);
    let click = move |_| {
        spawn_local(async move {
            if let Ok(asked) = Notification::request_permission() {
                let _ = JsFuture::from(asked).await;
            }
            // Whatever the answer was: a browser asks only once.
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
