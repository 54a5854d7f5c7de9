//! Re-authentication before a sign-in method is added or replaced: by password, code, passkey, or a new sign-in at a
//! provider. [`Api`] handles it: a request that needs it waits for the user and is then repeated.

use crate::{
    api::{Api, Failure},
    caller::Caller,
    i18n::*,
    passkey::{self, PasskeyError},
    ui::{
        dialog::TaskDialog,
        error_message::{ErrorMessage, failure_text},
        field::TextField,
        form::Form,
        icon::{Glyph, Icon},
    },
};
use futures::channel::oneshot;
use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_location;
use seatkeeper_shared::{
    validate::FieldError,
    wire::{
        account::Me,
        passkeys::{PasskeyOptions, PasskeySignIn},
        second_factor::{Proof, VerifyOptions},
    },
};

/// The verification dialog, and the requests waiting for its result.
#[derive(Clone, Copy)]
pub struct Verification {
    open: RwSignal<bool>,
    waiting: StoredValue<Vec<oneshot::Sender<bool>>, LocalStorage>,
}

impl Verification {
    /// Provides it as a context.
    pub fn provide() {
        provide_context(Self { open: RwSignal::new(false), waiting: StoredValue::new_local(Vec::new()) });
    }

    /// The instance from the context; `None` in tests of components.
    pub fn find() -> Option<Self> {
        use_context()
    }

    /// Asks the user to verify; returns whether they did.
    pub async fn request(self) -> bool {
        let (sender, receiver) = oneshot::channel();
        self.waiting.update_value(|waiting| waiting.push(sender));
        self.open.set(true);
        receiver.await.unwrap_or(false)
    }

    fn answer(self, verified: bool) {
        self.open.set(false);
        let waiting = self.waiting.try_update_value(std::mem::take).unwrap_or_default();
        for sender in waiting {
            // The request may have been dropped.
            let _ = sender.send(verified);
        }
    }
}

/// The dialog; exists once in the app.
#[component]
pub fn VerifyDialog() -> impl IntoView {
    let i18n = use_i18n();
    Verification::find().map(|verification| {
        view! {
            <TaskDialog
                open=verification.open
                close=move |()| verification.answer(false)
                title=Signal::derive(move || t_string!(i18n, verify.title).to_owned())
            >
                <Question verification />
            </TaskDialog>
        }
    })
}

#[component]
fn Question(
    /// Receives the result.
    verification: Verification,
) -> impl IntoView {
    let i18n = use_i18n();
    let api = Api::get();
    let (options, failure) = (RwSignal::new(None::<VerifyOptions>), RwSignal::new(None::<Failure>));
    spawn_local(async move {
        match api.read::<VerifyOptions>("/me/verify").await {
            Ok(read) => drop(options.try_set(Some(read))),
            Err(error) => drop(failure.try_set(Some(error))),
        }
    });
    view! {
        <div class="form">
            <p>{t!(i18n, verify.text)}</p>
            <ErrorMessage text=Signal::derive(move || failure_text(i18n, failure.get())) />
            {move || {
                options
                    .get()
                    .map(|options| {
                        let (password, code) = (options.password, options.code);
                        let typed = password || code;
                        view! {
                            {typed.then(|| view! { <PasswordOrCodeForm verification password code /> })}
                            {options.passkey.then(|| view! { <PasskeyForm verification /> })}
                            {(!typed).then(|| view! { <ProviderLinks options /> })}
                        }
                    })
            }}
        </div>
    }
}

/// Verification by password or code.
#[component]
fn PasswordOrCodeForm(
    /// Receives the result.
    verification: Verification,
    /// Whether a password is accepted.
    password: bool,
    /// Whether a code is accepted.
    code: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, form) = (Api::get(), Form::default());
    let given = RwSignal::new(String::new());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let text = given.get_untracked();
        if form.begin([("password", text.trim().is_empty().then_some(FieldError::Required))]) {
            spawn_local(async move {
                match api.post::<()>("/me/verify", &proof(text)).await {
                    Ok(()) => verification.answer(true),
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    let label = move || match (password, code) {
        (true, true) => t_string!(i18n, factor.proof).to_owned(),
        (true, false) => t_string!(i18n, users.password).to_owned(),
        (false, _) => t_string!(i18n, factor.code).to_owned(),
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <TextField
                label=Signal::derive(label)
                value=given
                kind="password"
                name="password"
                autocomplete="current-password"
                error=form.error("password")
                autofocus=true
            />
            <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" on:click=move |_| verification.answer(false)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button primary" aria-disabled=move || form.busy().to_string()>
                    {t!(i18n, verify.confirm)}
                </button>
            </div>
        </form>
    }
}

/// Verification by a passkey, which signs the user in again.
#[component]
fn PasskeyForm(
    /// Receives the result.
    verification: Verification,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, caller, form) = (Api::get(), Caller::get(), Form::default());
    let passkey_error = RwSignal::new(None::<PasskeyError>);
    let start = move |_| {
        if form.begin([]) {
            passkey_error.set(None);
            spawn_local(async move {
                match sign_in_with_passkey(api).await {
                    Ok(Ok(me)) => {
                        let same = caller.me_untracked().is_some_and(|before| before.id == me.id);
                        caller.set_signed_in(me);
                        verification.answer(same);
                    }
                    Ok(Err(error)) => {
                        form.done();
                        passkey_error.set(Some(error));
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    let wrong = move || match passkey_error.get() {
        Some(PasskeyError::Cancelled) => Some(t_string!(i18n, passkeys.cancelled).to_owned()),
        Some(PasskeyError::Unsupported) => Some(t_string!(i18n, passkeys.unsupported).to_owned()),
        None => failure_text(i18n, form.failure()),
    };
    passkey::supported().then(|| {
        view! {
            <div class="form">
                <ErrorMessage text=Signal::derive(wrong) />
                <button type="button" class="button" aria-disabled=move || form.busy().to_string() on:click=start>
                    <Icon glyph=Glyph::Key />
                    {t!(i18n, verify.passkey)}
                </button>
            </div>
        }
    })
}

async fn sign_in_with_passkey(api: Api) -> Result<Result<Me, PasskeyError>, Failure> {
    let asked = api.post::<PasskeyOptions>("/sign-in/passkey/begin", &()).await?;
    match passkey::sign(&asked.options).await {
        Ok(credential) => api.post("/sign-in/passkey", &PasskeySignIn { credential }).await.map(Ok),
        Err(error) => Ok(Err(error)),
    }
}

/// Verification by signing in at a provider again, which leaves the page and returns to it.
#[component]
fn ProviderLinks(
    /// Contains the providers.
    options: VerifyOptions,
) -> impl IntoView {
    let i18n = use_i18n();
    let location = use_location();
    let here = location.pathname.get_untracked() + &location.query.get_untracked().to_query_string();
    let back = js_sys::encode_uri_component(&here).as_string().unwrap_or_default();
    let links = options.providers.into_iter().map(|provider| {
        let address = format!("/auth/oidc/{}/start?back={back}", provider.id);
        view! {
            // This URL belongs to the server, not to a route of the app.
            <a class="button" rel="external" href=address>
                {move || t_string!(i18n, verify.with, name = provider.name.clone())}
            </a>
        }
    });
    view! {
        <p class="muted">{t!(i18n, verify.leaves_page)}</p>
        <div class="acts">{links.collect_view()}</div>
    }
}

/// Tells a code, by its format, from a password. No password consists of six digits: passwords are longer.
pub fn proof(text: String) -> Proof {
    let bare: String = text.chars().filter(|sign| !sign.is_whitespace()).collect();
    let digits = bare.len() == 6 && bare.bytes().all(|digit| digit.is_ascii_digit());
    let fours: Vec<_> = bare.split('-').collect();
    let recovery =
        fours.len() == 4 && fours.iter().all(|four| four.len() == 4 && four.bytes().all(|b| b.is_ascii_alphanumeric()));
    if digits || recovery {
        Proof { code: Some(bare), password: None }
    } else {
        Proof { password: Some(text), code: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn a_code_is_recognized_by_its_format() {
        for code in ["123456", " 123 456 ", "abcd-efgh-2345-ijkl", "ABCD-EFGH-2345-IJKL"] {
            assert!(proof(code.to_owned()).code.is_some(), "{code}");
        }
        for password in ["12345678", "correct horse battery", "a-b-c-d", "abcd-efgh"] {
            assert_eq!(proof(password.to_owned()).password.as_deref(), Some(password));
        }
    }
}
