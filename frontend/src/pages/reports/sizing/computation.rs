//! The computation of a report: a stream says how far it is, and closing the stream cancels it.

use super::SizingState;
use crate::{
    api,
    format::Format,
    i18n::*,
    pages::reports::state::Loading,
    ui::{focus::focus_on, query::Query, show::Show},
};
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints::{self, Endpoint},
    wire::reports::{PROBLEM_EVENT, PROGRESS_EVENT, REPORT_EVENT, SizingPhase, SizingProgress, SizingReport},
};
use std::{rc::Rc, time::Duration};
use wasm_bindgen::{JsCast as _, prelude::Closure};
use web_sys::{Event, EventSource, MessageEvent};

/// A report that takes no longer than this shows no progress.
const QUIET_TIME: Duration = Duration::from_millis(400);
/// How long a report may take whose progress is not told.
const PLAIN_TIME: Duration = Duration::from_secs(600);

/// Where a computation is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Stage {
    /// No stream is open: there is a report, or it is requested without one.
    #[default]
    Over,
    /// The stream is open. There is no progress until it is worth showing.
    Running { progress: Option<SizingProgress>, is_slow: bool },
    /// The user has cancelled it.
    Cancelled,
}

/// The computation of the report of the page.
#[derive(Clone, Copy)]
pub struct Computation {
    stage: RwSignal<Stage>,
    /// Counts the requests to compute the report again.
    restarts: RwSignal<usize>,
    /// Numbers the streams.
    number: StoredValue<usize>,
    stream: StoredValue<Option<ProgressStream>, LocalStorage>,
    /// The request without a stream, if the stream has failed: its answer says why.
    plain: RwSignal<Option<Endpoint<SizingReport>>>,
    query: Query<SizingReport>,
}

impl Computation {
    /// Computes the report, and again when the request changes, which is made from an endpoint.
    pub fn new(
        request: impl Fn(fn() -> Endpoint<SizingReport>) -> Option<Endpoint<SizingReport>> + Send + Sync + 'static,
    ) -> Self {
        let plain = RwSignal::new(None);
        let computation = Self {
            stage: RwSignal::default(),
            restarts: RwSignal::new(0),
            number: StoredValue::new(0),
            stream: StoredValue::new_local(None),
            plain,
            query: Query::new(move || plain.get()),
        };
        Effect::new(move |_| {
            computation.restarts.track();
            let streamed = request(endpoints::reports::sizing_progress);
            let plain = request(endpoints::reports::sizing).map(|plain| plain.held(PLAIN_TIME));
            untrack(|| computation.begin(streamed.zip(plain)));
        });
        computation
    }

    /// What has been computed last.
    pub fn report(self) -> Loading<SizingReport> {
        Loading::of(self.query)
    }

    /// Whether the card of the computation has something to say; tracked.
    pub fn is_shown(self) -> bool {
        !matches!(self.stage.get(), Stage::Over | Stage::Running { is_slow: false, .. })
    }

    /// Whether the report is being computed; tracked.
    pub fn is_running(self) -> bool {
        matches!(self.stage.get(), Stage::Running { .. })
    }

    /// Begins with a request, or with none. Closes the stream of the one before.
    fn begin(self, wanted: Option<(Endpoint<SizingReport>, Endpoint<SizingReport>)>) {
        self.stream.set_value(None);
        self.plain.set(None);
        self.number.update_value(|number| *number += 1);
        let Some((streamed, plain)) = wanted else { return self.stage.set(Stage::Over) };
        self.stage.set(Stage::Running { progress: None, is_slow: false });
        let number = self.number.get_value();
        let hear = move |name: &str, data: String| {
            if self.number.try_get_value() == Some(number) {
                self.hear(name, &data, &plain);
            }
        };
        self.stream.set_value(ProgressStream::open(&api::address(streamed), Rc::new(hear)));
        let show = move || {
            if self.number.try_get_value() == Some(number) {
                self.change_running(|_, is_slow| *is_slow = true);
            }
        };
        set_timeout(show, QUIET_TIME);
    }

    fn hear(self, name: &str, data: &str, plain: &Endpoint<SizingReport>) {
        match name {
            PROGRESS_EVENT => {
                let latest = api::parse(data).ok();
                self.change_running(|progress, _| *progress = latest.or(*progress));
            }
            REPORT_EVENT if let Ok(report) = api::parse(data) => {
                self.stream.set_value(None);
                self.stage.set(Stage::Over);
                self.query.set(report);
            }
            _ => {
                self.stream.set_value(None);
                self.stage.set(Stage::Over);
                self.plain.set(Some(plain.clone()));
            }
        }
    }

    fn change_running(self, change: impl FnOnce(&mut Option<SizingProgress>, &mut bool)) {
        self.stage.update(|stage| {
            if let Stage::Running { progress, is_slow } = stage {
                change(progress, is_slow);
            }
        });
    }

    fn cancel(self) {
        self.number.update_value(|number| *number += 1);
        self.stream.set_value(None);
        self.stage.set(Stage::Cancelled);
    }

    fn restart(self) {
        self.restarts.update(|restarts| *restarts += 1);
    }
}

/// Called with the name and the data of each event.
type OnEvent = Rc<dyn Fn(&str, String)>;

/// An open stream. It closes when it is dropped.
struct ProgressStream {
    source: EventSource,
    _listeners: Vec<Closure<dyn FnMut(Event)>>,
}

impl Drop for ProgressStream {
    fn drop(&mut self) {
        self.source.close();
    }
}

impl ProgressStream {
    /// Opens a stream. It has the event `error` when it breaks; a moment later, if it cannot be opened.
    fn open(address: &str, hear: OnEvent) -> Option<Self> {
        let Ok(source) = EventSource::new(address) else {
            set_timeout(move || hear("error", String::new()), Duration::ZERO);
            return None;
        };
        let listener = |name: &'static str| {
            let hear = hear.clone();
            let listener = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
                let data = event.dyn_ref::<MessageEvent>().and_then(|message| message.data().as_string());
                hear(name, data.unwrap_or_default());
            });
            // Fails only if the event name is not a string.
            let _ = source.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
            listener
        };
        let listeners = [PROGRESS_EVENT, REPORT_EVENT, PROBLEM_EVENT, "error"].map(listener).into();
        Some(Self { source, _listeners: listeners })
    }
}

/// How far the report is, with a button that cancels it, or after that one that computes it.
#[component]
pub fn ComputationCard(
    /// The report and the state of its page.
    state: SizingState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (computation, format) = (state.computation, state.page.format);
    let progress = Memo::new(move |_| match computation.stage.get() {
        Stage::Running { progress, .. } => progress,
        _ => None,
    });
    let act = move |_| {
        if computation.is_running() {
            computation.cancel()
        } else {
            computation.restart()
        }
        // The button remains, with another meaning.
        focus_on(".computation button");
    };
    let status = move || match (computation.is_running(), progress.get()) {
        (false, _) => t_string!(i18n, sizing.cancelled),
        (true, None) => t_string!(i18n, sizing.phase_waiting),
        (true, Some(progress)) => phase_text(i18n, progress.phase),
    };
    let detail = move || progress.get().map(|progress| detail_text(format, &progress)).unwrap_or_default();
    let percent = move || progress.get().map_or(0.0, |progress| (progress.share * 100.0).round());
    view! {
        <Show when=move || computation.is_shown()>
            <section class="card computation">
                <div>
                    <p role="status">{status}</p>
                    <p class="muted">{detail}</p>
                </div>
                <button type="button" class="button" on:click=act>
                    {move || match computation.is_running() {
                        true => t_string!(i18n, common.cancel),
                        false => t_string!(i18n, sizing.compute),
                    }}
                </button>
                <Show when=move || computation.is_running()>
                    <progress
                        aria-label=move || t_string!(i18n, sizing.progress)
                        aria-valuetext=detail
                        max="100"
                        value=percent
                    ></progress>
                </Show>
            </section>
        </Show>
    }
}

fn phase_text(i18n: crate::format::Texts, phase: SizingPhase) -> &'static str {
    match phase {
        SizingPhase::Waiting => t_string!(i18n, sizing.phase_waiting),
        SizingPhase::Reading => t_string!(i18n, sizing.phase_reading),
        SizingPhase::Replaying => t_string!(i18n, sizing.phase_replaying),
        SizingPhase::Advising => t_string!(i18n, sizing.phase_advising),
    }
}

/// How much is done, and which replay it is.
fn detail_text(format: Format, progress: &SizingProgress) -> String {
    let i18n = format.texts();
    let share = format.percent(progress.share);
    match progress.phase {
        SizingPhase::Replaying | SizingPhase::Advising if progress.total > 0 => t_string!(
            i18n,
            sizing.replay_of,
            share = share,
            n = format.number((progress.done + 1).min(progress.total)),
            total = format.number(progress.total)
        ),
        _ => t_string!(i18n, sizing.share_done, share = share),
    }
}
