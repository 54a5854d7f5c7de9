//! The state at which a dialog was opened: whoever was late is told, and nothing is overwritten.

use crate::{
    api::{Api, Failure},
    i18n::*,
    ui::icon::{Glyph, Icon},
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::problem::Code;
use serde::{Serialize, de::DeserializeOwned};

/// What a dialog is about, as it was when it was opened.
#[derive(Clone, Copy)]
pub struct Opened {
    api: Api,
    path: StoredValue<String>,
    tag: RwSignal<Option<String>>,
    late: RwSignal<bool>,
}

impl Opened {
    /// Reads the tag of what is at this path. If that is not the same as what the dialog shows, somebody else was faster.
    pub fn at<T: DeserializeOwned>(path: String, same: impl Fn(&T) -> bool + 'static) -> Self {
        let (tag, late) = (RwSignal::new(None), RwSignal::new(false));
        let opened = Self { api: Api::get(), path: StoredValue::new(path.clone()), tag, late };
        spawn_local(async move {
            // Without a tag it is changed as it was before there were tags.
            if let Ok((now, read)) = opened.api.read_tagged::<T>(&path).await {
                tag.try_set(Some(read));
                if !same(&now) {
                    late.try_set(true);
                }
            }
        });
        opened
    }

    /// Changes it if nobody else has.
    ///
    /// # Errors
    /// `changed_meanwhile`, or as the server says.
    pub async fn patch<T: DeserializeOwned>(self, body: &impl Serialize) -> Result<T, Failure> {
        let path = self.path.get_value();
        self.noticed(match self.tag.get_untracked() {
            Some(tag) => self.api.patch_if(&path, &tag, body).await.map(|(now, _)| now),
            None => self.api.patch(&path, body).await,
        })
    }

    /// Replaces a part of it, at this path below it, if nobody else has changed it.
    ///
    /// # Errors
    /// `changed_meanwhile`, or as the server says.
    pub async fn put<T: DeserializeOwned>(self, part: &str, body: &impl Serialize) -> Result<T, Failure> {
        let path = format!("{}{part}", self.path.get_value());
        self.noticed(match self.tag.get_untracked() {
            Some(tag) => self.api.put_if(&path, &tag, body).await.map(|(now, _)| now),
            None => self.api.put(&path, body).await,
        })
    }

    /// Whether somebody else was faster.
    pub fn is_late(self) -> bool {
        self.late.get()
    }

    fn noticed<T>(self, answer: Result<T, Failure>) -> Result<T, Failure> {
        if let Err(failure) = &answer
            && failure.code() == Some(Code::ChangedMeanwhile)
        {
            self.late.set(true);
        }
        answer
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
    view! {
        <div role="alert">
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
