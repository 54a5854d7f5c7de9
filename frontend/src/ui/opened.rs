//! The state at which a dialog was opened: whoever was late is told, and nothing is overwritten.

use crate::{
    api::{Api, Failure},
    i18n::*,
    ui::icon::{Glyph, Icon},
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::problem::{Code, Problem};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// What a dialog is about, as it was when it was opened.
#[derive(Clone, Copy)]
pub struct Opened {
    api: Api,
    path: StoredValue<String>,
    /// Whether this is what the dialog shows.
    same: Callback<Value, bool>,
    tag: RwSignal<Option<String>>,
    late: RwSignal<bool>,
}

impl Opened {
    /// Reads the tag of what is at this path. If that is not the same as what the dialog shows, somebody else was faster.
    pub fn at<T: DeserializeOwned>(path: String, same: impl Fn(&T) -> bool + Send + Sync + 'static) -> Self {
        let same = Callback::new(move |now| serde_json::from_value(now).is_ok_and(|now| same(&now)));
        let (path, tag, late) = (StoredValue::new(path), RwSignal::new(None), RwSignal::new(false));
        let opened = Self { api: Api::get(), path, same, tag, late };
        // Whoever saves before it is there, or after it did not come, reads it then.
        spawn_local(async move { drop(opened.read(opened.path.get_value()).await) });
        opened
    }

    /// Reads the tag of what is there now.
    async fn read(self, path: String) -> Result<String, Failure> {
        let (now, tag) = self.api.read_tagged(&path).await?;
        // The dialog is gone, or shows what is there.
        if self.same.try_run(now) == Some(false) {
            self.late.try_set(true);
        }
        self.tag.try_set(Some(tag.clone()));
        Ok(tag)
    }

    /// The tag of what the dialog shows.
    async fn known(self, path: &str) -> Result<String, Failure> {
        if let Some(tag) = self.tag.get_untracked() {
            return Ok(tag);
        }
        let tag = self.read(path.to_owned()).await?;
        // Nobody has seen yet that it is another state than the one he changes.
        match self.late.try_get_untracked() {
            Some(true) => Err(Failure::Problem(Box::new(Problem::new(Code::ChangedMeanwhile)))),
            _ => Ok(tag),
        }
    }

    /// Changes it if nobody else has.
    ///
    /// # Errors
    /// `changed_meanwhile`, or as the server says.
    pub async fn patch<T: DeserializeOwned>(self, body: &impl Serialize) -> Result<T, Failure> {
        let path = self.path.get_value();
        let tag = self.known(&path).await?;
        self.noticed(self.api.patch_if(&path, &tag, body).await)
    }

    /// Replaces a part of it, at this path below it, if nobody else has changed it.
    ///
    /// # Errors
    /// `changed_meanwhile`, or as the server says.
    pub async fn put<T: DeserializeOwned>(self, part: &str, body: &impl Serialize) -> Result<T, Failure> {
        let path = self.path.get_value();
        let tag = self.known(&path).await?;
        self.noticed(self.api.put_if(&format!("{path}{part}"), &tag, body).await)
    }

    /// Whether somebody else was faster.
    pub fn is_late(self) -> bool {
        self.late.get()
    }

    fn noticed<T>(self, answer: Result<(T, String), Failure>) -> Result<T, Failure> {
        if let Err(failure) = &answer
            && failure.code() == Some(Code::ChangedMeanwhile)
        {
            self.late.try_set(true);
        }
        let (now, tag) = answer?;
        self.tag.try_set(Some(tag));
        Ok(now)
    }
}

/// Says that somebody else was faster, and offers what is there now.
#[component]
pub fn Late(
    /// The dialog.
    opened: Opened,
    /// Shows what is there now.
    #[prop(into)]
    reload: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let node = NodeRef::<leptos::html::Div>::new();
    Effect::new(move |_| {
        if opened.late.get() {
            // Whoever saves is at the foot of the dialog, and the note at its head. It is there one frame later.
            request_animation_frame(move || {
                if let Some(node) = node.try_get_untracked().flatten() {
                    node.scroll_into_view();
                }
            });
        }
    });
    view! {
        <div role="alert" node_ref=node>
            <Show when=move || opened.late.get()>
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
