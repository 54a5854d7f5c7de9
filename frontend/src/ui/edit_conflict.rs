//! Optimistic locking for edit dialogs: detects that a resource was changed by someone else, so nothing is overwritten.

use super::show::Show;
use crate::{
    api::{Api, Failure, parse},
    i18n::*,
    ui::{
        form::Form,
        icon::{Glyph, Icon},
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    endpoints::{Answer, ApiRequest, Endpoint},
    problem::{Code, Problem},
};

/// The edit of a resource, based on the version that the dialog shows.
#[derive(Clone, Copy)]
pub struct VersionedEdit {
    api: Api,
    /// Reads the resource.
    request: StoredValue<ApiRequest>,
    /// Whether this JSON is the version that the dialog shows.
    is_shown: Callback<String, Result<bool, Failure>>,
    tag: RwSignal<Option<String>>,
    conflict: RwSignal<bool>,
}

/// Why the form could not be submitted, unless the notice of a conflict says so already.
pub fn failure_beside_notice(form: Form, edit: Option<VersionedEdit>) -> Option<Failure> {
    let has_notice = edit.is_some_and(|edit| edit.conflict.get());
    form.failure().filter(|failure| !has_notice || failure.code() != Some(Code::ChangedMeanwhile))
}

impl VersionedEdit {
    /// Starts reading the ETag of a resource. If `is_shown` rejects what is read, there is a conflict.
    pub fn of<T: Answer>(read: Endpoint<T>, is_shown: impl Fn(&T) -> bool + Send + Sync + 'static) -> Self {
        let is_shown = Callback::new(move |now: String| parse(&now).map(|now| is_shown(&now)));
        let request = StoredValue::new(read.into_request());
        let edit =
            Self { api: Api::get(), request, is_shown, tag: RwSignal::new(None), conflict: RwSignal::new(false) };
        // If the user saves before it is read, or if this request fails, saving reads it.
        spawn_local(async move { drop(edit.read_tag().await) });
        edit
    }

    /// The edit of a version that has just been read, with its ETag.
    pub fn at<T>(read: Endpoint<T>, tag: String) -> Self {
        let (request, is_shown) = (StoredValue::new(read.into_request()), Callback::new(|_| Ok(true)));
        Self { api: Api::get(), request, is_shown, tag: RwSignal::new(Some(tag)), conflict: RwSignal::new(false) }
    }

    /// Reads the current ETag and checks for a conflict.
    async fn read_tag(self) -> Result<String, Failure> {
        let closed = || Failure::Unreachable;
        let (text, tag) = self.api.exchange(self.request.try_get_value().ok_or_else(closed)?).await?;
        // `None`: the dialog is closed.
        if self.is_shown.try_run(text).transpose()? == Some(false) {
            self.conflict.try_set(true);
        }
        self.tag.try_set(Some(tag.clone()));
        Ok(tag)
    }

    /// The ETag of the version that the dialog shows.
    async fn shown_tag(self) -> Result<String, Failure> {
        if let Some(tag) = self.tag.get_untracked() {
            return Ok(tag);
        }
        let tag = self.read_tag().await?;
        // The conflict has only just been found: the user has not seen the notice yet.
        match self.conflict.try_get_untracked() {
            Some(true) => Err(Failure::Problem(Box::new(Problem::new(Code::ChangedMeanwhile)))),
            _ => Ok(tag),
        }
    }

    /// Sends a change of the version that the dialog shows.
    ///
    /// # Errors
    /// Returns a failure with [`Code::ChangedMeanwhile`] on a conflict, or any other failure of the request.
    pub async fn send<T: Answer>(self, change: Endpoint<T>) -> Result<T, Failure> {
        let (text, tag) = self.exchange(change.into_request()).await?;
        self.tag.try_set(Some(tag));
        parse(&text)
    }

    async fn exchange(self, mut change: ApiRequest) -> Result<(String, String), Failure> {
        change.if_match = Some(self.shown_tag().await?);
        let answer = self.api.exchange(change).await;
        if let Err(failure) = &answer
            && failure.code() == Some(Code::ChangedMeanwhile)
        {
            self.conflict.try_set(true);
        }
        answer
    }

    /// Whether the resource was changed by someone else; tracked.
    pub fn has_conflict(self) -> bool {
        self.conflict.get()
    }
}

/// Says that the resource was changed by someone else, and offers to reload it.
#[component]
pub fn ConflictNotice(
    /// The edit of the dialog.
    edit: VersionedEdit,
    /// Called to reopen the dialog with the current version.
    #[prop(into)]
    reload: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let node = NodeRef::<leptos::html::Div>::new();
    Effect::new(move |_| {
        if edit.conflict.get() {
            // The save button is at the bottom of the dialog and the notice at its top, where it appears one frame
            // later.
            request_animation_frame(move || {
                if let Some(node) = node.try_get_untracked().flatten() {
                    node.scroll_into_view();
                }
            });
        }
    });
    view! {
        <div role="alert" node_ref=node>
            <Show when=move || edit.conflict.get()>
                <div class="note bad">
                    <Icon glyph=Glyph::Warning />
                    <span>
                        <b>{t!(i18n, person.changed_title)}</b>
                        " "
                        {t!(i18n, licenses.late_text)}
                        " "
                        <button type="button" class="link" on:click=move |_| reload.run(())>
                            {t!(i18n, licenses.late_reload)}
                        </button>
                    </span>
                </div>
            </Show>
        </div>
    }
}
