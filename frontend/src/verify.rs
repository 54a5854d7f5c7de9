//! Asked again who one is, before a way in is added or replaced: by password, code, passkey, or by signing in anew. Whoever called the
//! API need not know of it: the call waits for the answer and is then repeated.

use crate::{
    api::{Api, Failure},
    caller::Caller,
    i18n::*,
    passkey::{self, NoPasskey},
    ui::{
        dialog::TaskDialog,
        face::{Wrong, usual},
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

/// The question, and the calls that wait for its answer.
#[derive(Clone, Copy)]
pub struct Verification {
    open: RwSignal<bool>,
    waiting: StoredValue<Vec<oneshot::Sender<bool>>, LocalStorage>,
}

impl Verification {
    /// Puts itself into the context.
    pub fn provide() {
        provide_context(Self { open: RwSignal::new(false), waiting: StoredValue::new_local(Vec::new()) });
    }

    /// That of the app; none in tests of parts.
    pub fn find() -> Option<Self> {
        use_context()
    }

    /// Asks; whether it was shown who sits here.
    pub async fn ask(self) -> bool {
        let (sender, receiver) = oneshot::channel();
        self.waiting.update_value(|waiting| waiting.push(sender));
        self.open.set(true);
        receiver.await.unwrap_or(false)
    }

    fn answer(self, shown: bool) {
        self.open.set(false);
        let waiting = self.waiting.try_update_value(std::mem::take).unwrap_or_default();
        for call in waiting {
            // Whoever called may be gone.
            let _ = call.send(shown);
        }
    }
}

/// The dialog, once for the whole app.
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
    /// Where the answer goes.
    verification: Verification,
) -> impl IntoView {
    let i18n = use_i18n();
    let api = Api::get();
    let (options, failure) = (RwSignal::new(None::<VerifyOptions>), RwSignal::new(None::<Failure>));
    spawn_local(async move {
        match api.read::<VerifyOptions>("/me/verify").await {
            Ok(read) => drop(options.try_set(Some(read))),
            Err(why) => drop(failure.try_set(Some(why))),
        }
    });
    view! {
        <p>{t!(i18n, verify.text)}</p>
        <Wrong text=Signal::derive(move || usual(i18n, failure.get())) />
        {move || {
            options
                .get()
                .map(|options| {
                    let typed = options.password || options.code;
                    view! {
                        {typed.then(|| view! { <Typed verification code_only=!options.password /> })}
                        {options.passkey.then(|| view! { <ByPasskey verification /> })}
                        {(!typed).then(|| view! { <ByProvider options /> })}
                    }
                })
        }}
    }
}

/// By what one types: the password, or a code.
#[component]
fn Typed(
    /// Where the answer goes.
    verification: Verification,
    /// A password is not taken.
    code_only: bool,
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
    let label = move || match code_only {
        true => t_string!(i18n, factor.code).to_owned(),
        false => t_string!(i18n, factor.proof).to_owned(),
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
                first=true
            />
            <Wrong text=Signal::derive(move || usual(i18n, form.failure())) />
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

/// By a passkey, which signs in anew.
#[component]
fn ByPasskey(
    /// Where the answer goes.
    verification: Verification,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, caller, form) = (Api::get(), Caller::get(), Form::default());
    let none = RwSignal::new(None::<NoPasskey>);
    let start = move |_| {
        if form.begin([]) {
            none.set(None);
            spawn_local(async move {
                match shown(api).await {
                    Ok(Ok(me)) => {
                        let same = caller.me_once().is_some_and(|before| before.id == me.id);
                        caller.came(me);
                        verification.answer(same);
                    }
                    Ok(Err(why)) => {
                        form.done();
                        none.set(Some(why));
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    let wrong = move || match none.get() {
        Some(NoPasskey::CalledOff) => Some(t_string!(i18n, passkeys.called_off).to_owned()),
        Some(NoPasskey::Unsupported) => Some(t_string!(i18n, passkeys.unsupported).to_owned()),
        None => usual(i18n, form.failure()),
    };
    passkey::supported().then(|| {
        view! {
            <div class="form">
                <Wrong text=Signal::derive(wrong) />
                <button type="button" class="button" aria-disabled=move || form.busy().to_string() on:click=start>
                    <Icon glyph=Glyph::Key />
                    {t!(i18n, verify.passkey)}
                </button>
            </div>
        }
    })
}

async fn shown(api: Api) -> Result<Result<Me, NoPasskey>, Failure> {
    let asked = api.post::<PasskeyOptions>("/sign-in/passkey/begin", &()).await?;
    match passkey::sign(&asked.options).await {
        Ok(credential) => api.post("/sign-in/passkey", &PasskeySignIn { credential }).await.map(Ok),
        Err(why) => Ok(Err(why)),
    }
}

/// By signing in anew at a provider, which leaves the page and comes back to it.
#[component]
fn ByProvider(
    /// By which ones.
    options: VerifyOptions,
) -> impl IntoView {
    let i18n = use_i18n();
    let location = use_location();
    let here = location.pathname.get_untracked() + &location.query.get_untracked().to_query_string();
    let back = js_sys::encode_uri_component(&here).as_string().unwrap_or_default();
    let links = options.providers.into_iter().map(|provider| {
        let address = format!("/auth/oidc/{}/start?back={back}", provider.id);
        view! {
            // The server answers there, and not this app.
            <a class="button" rel="external" href=address>
                {move || t_string!(i18n, verify.with, name = provider.name.clone())}
            </a>
        }
    });
    view! {
        <p class="muted">{t!(i18n, verify.leaves)}</p>
        <div class="acts">{links.collect_view()}</div>
    }
}

/// What was entered: a code by its form, else the password. No password has six digits only: they are longer.
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
    fn a_code_is_known_by_its_form() {
        for code in ["123456", " 123 456 ", "abcd-efgh-2345-ijkl", "ABCD-EFGH-2345-IJKL"] {
            assert!(proof(code.to_owned()).code.is_some(), "{code}");
        }
        for password in ["12345678", "correct horse battery", "a-b-c-d", "abcd-efgh"] {
            assert_eq!(proof(password.to_owned()).password.as_deref(), Some(password));
        }
    }
}
