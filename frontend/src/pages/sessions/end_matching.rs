//! Dialog to end all sessions that match the filter, also those that this browser does not know: what would happen is
//! asked of the server first.

use super::{
    end_dialog::{ProtectedNote, confirm_label, show_toasts},
    end_result::{NotEnded, NotEndedSessions},
    end_time::EndTimeChoice,
    state::SessionsPageState,
};
use crate::{
    api::{Api, Failure},
    format::Format,
    i18n::*,
    text::text,
    ui::{
        empty_state::{LoadError, Skeleton},
        field::TextField,
        form::Form,
        form_dialog::{Dialogs, FormDialog},
        show::Show,
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    endpoints,
    problem::Code,
    validate,
    wire::sessions::{EndMatching, EndResult, LiveSessionFilter, MatchedEnd},
};

/// Maximum number of agents listed by name.
const MAX_LISTED_NAMES: usize = 6;

/// What the server would do, once it has answered.
#[derive(Clone, Copy)]
struct EndPreview {
    results: RwSignal<Option<Result<Vec<MatchedEnd>, Failure>>>,
    filter: StoredValue<LiveSessionFilter>,
    api: Api,
}

impl EndPreview {
    /// Asks the server, from now on.
    fn load(self) {
        self.results.set(None);
        let request = request(self.filter.get_value(), true);
        spawn_local(async move {
            let answer = end_matching(self.api, request).await;
            // The dialog may have been closed by now.
            self.results.try_set(Some(answer));
        });
    }

    /// The result of a function of the sessions; tracked.
    fn with<R: Default>(self, of: impl FnOnce(&[MatchedEnd]) -> R) -> R {
        self.results.with(|results| match results {
            Some(Ok(all)) => of(all),
            Some(Err(_)) | None => R::default(),
        })
    }

    /// How many the server refuses for this reason; tracked.
    fn refused(self, code: Code) -> usize {
        self.with(|all| all.iter().filter(|one| one.result.refused == Some(code)).count())
    }

    fn failure(self) -> Option<Failure> {
        self.results.with(|results| results.as_ref()?.as_ref().err().cloned())
    }
}

/// A request without a message that ends the sessions at once.
fn request(filter: LiveSessionFilter, dry_run: bool) -> EndMatching {
    EndMatching { filter, dry_run, after: None, message: None, in_seconds: None, protected_too: false }
}

/// Ends what matches, in as many requests as it takes.
async fn end_matching(api: Api, mut request: EndMatching) -> Result<Vec<MatchedEnd>, Failure> {
    let mut all = Vec::new();
    loop {
        let answer = api.send(endpoints::sessions::end_matching(&request)).await?;
        all.extend(answer.results);
        match answer.next {
            Some(next) => request.after = Some(next),
            None => return Ok(all),
        }
    }
}

#[component]
pub fn EndMatchingDialog(
    /// Shared state of the page.
    page: SessionsPageState,
    /// Which sessions.
    filter: LiveSessionFilter,
) -> impl IntoView {
    let i18n = use_i18n();
    let (format, api, toasts, dialogs) = (Format::get(), Api::get(), Toasts::get(), Dialogs::get());
    let (form, filter) = (Form::default(), StoredValue::new(filter));
    let preview = EndPreview { results: RwSignal::new(None), filter, api };
    preview.load();
    let (reason, minutes, protected_too) = (RwSignal::new(String::new()), RwSignal::new(0), RwSignal::new(false));
    let total = Memo::new(move |_| preview.with(<[MatchedEnd]>::len));
    let protected = Memo::new(move |_| preview.refused(Code::Protected));
    let count = Memo::new(move |_| {
        let spared = if protected_too.get() { 0 } else { protected.get() };
        total.get().saturating_sub(preview.refused(Code::Borrowed) + spared)
    });
    let submit = move |()| {
        let text = reason.get_untracked();
        let message = validate::message(Some(&text));
        let body = EndMatching {
            message: message.clone().unwrap_or_default(),
            in_seconds: Some(minutes.get_untracked() * 60).filter(|seconds| *seconds > 0),
            protected_too: protected_too.get_untracked(),
            ..request(filter.get_value(), false)
        };
        form.run([("message", message.err())], end_matching(api, body), move |matched| {
            let results: Vec<EndResult> = matched.iter().map(|one| one.result.clone()).collect();
            show_toasts(i18n, format, toasts, &results);
            page.forget_ended(&results);
            match unexpected(matched) {
                none if none.is_empty() => dialogs.close_if(form),
                failed if form.is_open() => dialogs.open(move || view! { <NotEndedSessions failed=failed.clone() /> }),
                _ => {}
            }
        });
    };
    view! {
        <FormDialog
            scope="sessions-page"
            title=text!(sessions.end_matching_title)
            form
            submit
            danger=true
            confirm=confirm_label(format, form, count)
            blocked=Signal::derive(move || count.get() == 0)
        >
            <PreviewText preview total />
            <ProtectedNote protected protected_too />
            <EndTimeChoice minutes />
            <TextField
                label=text!(sessions.end_reason)
                value=reason
                name="message"
                hint=text!(sessions.end_reason_hint)
                form
                optional=true
                autofocus=true
            />
        </FormDialog>
    }
}

/// How many sessions match, and those that cannot be ended; before that, that it is being found out.
#[component]
fn PreviewText(
    /// What the server would do.
    preview: EndPreview,
    /// How many sessions match.
    total: Memo<usize>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let is_known = Memo::new(move |_| preview.results.with(Option::is_some));
    let failed = move || {
        let retry = move |()| preview.load();
        preview.failure().map(|failure| view! { <LoadError failure=Signal::stored(failure) retry /> })
    };
    let matching =
        move || t_string!(i18n, sessions.end_matching_count, count = total.get(), n = format.number(total.get()));
    let borrowed = Memo::new(move |_| {
        preview.with(|all| {
            let borrowed = all.iter().filter(|one| one.result.refused == Some(Code::Borrowed));
            borrowed.map(|one| one.user_name.clone()).collect::<Vec<_>>()
        })
    });
    let borrowed_text = move || {
        borrowed.with(|names| {
            let (n, listed) = (format.number(names.len()), format.names(names, MAX_LISTED_NAMES));
            t_string!(i18n, sessions.end_matching_borrowed, count = names.len(), n = n, names = listed)
        })
    };
    view! {
        <div role="status">
            <Show when=move || is_known.get() fallback=|| view! { <Skeleton rows=2 /> }>
                {failed}
                <Show when=move || preview.failure().is_none()>
                    <p>{matching} " " {t!(i18n, sessions.end_matching_hint)}</p>
                </Show>
                <Show when=move || !borrowed.with(Vec::is_empty)>
                    <p class="note">{borrowed_text}</p>
                </Show>
            </Show>
        </div>
    }
}

/// The sessions that were not ended, without those of which the dialog has said so.
fn unexpected(matched: Vec<MatchedEnd>) -> Vec<NotEnded> {
    let is_unexpected = |one: &MatchedEnd| !matches!(one.result.refused, Some(Code::Borrowed | Code::Protected));
    matched.into_iter().filter(is_unexpected).filter_map(|one| NotEnded::of(one.user_name, one.result)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::session;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn only_what_the_dialog_has_not_said_is_reported() {
        let matched = |number, refused| MatchedEnd {
            user_name: format!("Agent {number}"),
            result: EndResult { id: session(number).id, ended: None, refused, ending: None },
        };
        let all = vec![
            matched(1, None),
            matched(2, Some(Code::Borrowed)),
            matched(3, Some(Code::Protected)),
            matched(4, Some(Code::SessionEnded)),
        ];
        let reported = unexpected(all);
        assert_eq!(reported.len(), 1);
        assert_eq!(reported[0].name(), "Agent 4");
    }
}
