//! Re-authentication before a sign-in method is added or replaced: by password, code, passkey, or a new sign-in at a
//! provider. [`Api`](crate::api::Api) handles it: a request that needs it waits for the user and is then repeated.

use crate::{
    caller::Caller,
    i18n::*,
    lazy_dialog,
    pages::auth::passkey_button::PasskeyButton,
    text::{Text, text},
    ui::{
        field::TextField,
        focus::focus_on,
        form::Form,
        form_dialog::{DialogHost, Dialogs, FormDialog},
        query::{Loaded, Query},
    },
};
use futures::channel::oneshot;
use leptos::{context::Provider, prelude::*};
use leptos_router::hooks::use_location;
use seatkeeper_shared::{
    endpoints,
    problem::Code,
    validate::FieldError,
    wire::{
        account::Me,
        providers::ProviderOption,
        second_factor::{Proof, VerifyOptions},
    },
};
use std::sync::Arc;

/// Asks the user to verify, and lets requests wait for that.
#[derive(Clone, Copy)]
pub struct Verification {
    /// Opens the dialog, while it is in the page: here, so that pages without it need not contain its code.
    open: StoredValue<Option<Callback<()>>>,
    /// The requests that wait.
    waiting: StoredValue<Vec<oneshot::Sender<bool>>, LocalStorage>,
}

impl Verification {
    /// Provides it as a context.
    pub fn provide() {
        provide_context(Self { open: StoredValue::new(None), waiting: StoredValue::new_local(Vec::new()) });
    }

    /// The instance from the context; `None` in tests of components.
    pub fn find() -> Option<Self> {
        use_context()
    }

    /// Asks the user to verify; returns whether they did.
    pub async fn request(self) -> bool {
        let Some(open) = self.open.get_value() else { return false };
        let (sender, receiver) = oneshot::channel();
        let is_open = self.waiting.with_value(|waiting| !waiting.is_empty());
        self.waiting.update_value(|waiting| waiting.push(sender));
        if !is_open {
            open.run(());
        }
        receiver.await.unwrap_or(false)
    }

    fn answer(self, verified: bool) {
        let waiting = self.waiting.try_update_value(std::mem::take).unwrap_or_default();
        for sender in waiting {
            // The request may have been dropped.
            let _ = sender.send(verified);
        }
    }
}

/// Requests that wait for an answer of the dialog. However it is closed, or if it is never shown: nobody waits any
/// longer.
struct Waiting(Verification);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.answer(false);
    }
}

/// The dialog, which opens above that of the page; exists once in the layout.
#[component]
pub fn VerifyDialog() -> impl IntoView {
    Verification::find().map(|verification| {
        let dialogs = Dialogs::above_page();
        let open = Callback::new(move |()| {
            let waiting = Arc::new(Waiting(verification));
            dialogs.open(lazy_dialog!(verify(waiting: Arc<Waiting>) { view! { <Question waiting /> } }));
        });
        verification.open.set_value(Some(open));
        on_cleanup(move || {
            verification.open.try_set_value(None);
        });
        view! {
            <Provider value=dialogs>
                <DialogHost />
            </Provider>
        }
    })
}

#[component]
fn Question(
    /// Receives the result.
    waiting: Arc<Waiting>,
) -> impl IntoView {
    let i18n = use_i18n();
    let verification = waiting.0;
    // For as long as the dialog is open.
    StoredValue::new(waiting);
    let (dialogs, caller) = (Dialogs::get(), Caller::get());
    let form = Form::default().shows_at("password", Code::WrongPassword).shows_at("password", Code::WrongCode);
    let (options, given) = (Query::once(endpoints::me::verify_options()), RwSignal::new(String::new()));
    let submit = move |()| {
        let text = given.get_untracked();
        let checks = [("password", text.trim().is_empty().then_some(FieldError::Required))];
        form.submit(
            checks,
            || endpoints::me::verify(&proof(text)),
            move |()| {
                verification.answer(true);
                dialogs.close_if(form);
            },
        );
    };
    let signed_in = Callback::new(move |me: Me| {
        let is_same = caller.me_untracked().is_some_and(|before| before.id == me.id);
        caller.set_signed_in(me);
        verification.answer(is_same);
        dialogs.close_if(form);
    });
    let fields = move || options.get().map(|options| view! { <Ways options given form signed_in /> });
    view! {
        <FormDialog
            title=text!(verify.title)
            form
            submit
            confirm=text!(verify.confirm)
            no_submit=Signal::derive(move || !options.with(takes_text).unwrap_or_default())
        >
            <p>{t!(i18n, verify.text)}</p>
            <Loaded status=options.status() rows=1>
                {fields}
            </Loaded>
        </FormDialog>
    }
}

/// Whether the user can verify by entering something.
fn takes_text(options: &VerifyOptions) -> bool {
    options.password || options.code
}

/// The ways in which the user can verify.
#[component]
fn Ways(
    /// The ways.
    options: VerifyOptions,
    /// The password or code entered.
    given: RwSignal<String>,
    /// The form of the dialog.
    form: Form,
    /// Called once the user has signed in with a passkey.
    signed_in: Callback<Me>,
) -> impl IntoView {
    let is_text = takes_text(&options);
    let VerifyOptions { password, code, passkey, providers } = options;
    if is_text {
        // The dialog is open by now, and has focused its first button.
        focus_on("dialog[open] [name=password]");
    }
    let field = move || {
        let label = match (password, code) {
            (true, true) => text!(factor.proof),
            (true, false) => text!(users.password),
            (false, _) => text!(factor.code),
        };
        view! { <ProofField label given form /> }
    };
    view! {
        {is_text.then(field)}
        {passkey.then(|| view! { <PasskeyButton label=text!(verify.passkey) done=signed_in /> })}
        {(!is_text).then(|| view! { <ProviderLinks providers /> })}
    }
}

/// A field for the password or a code.
#[component]
pub fn ProofField(
    /// What can be entered.
    #[prop(into)]
    label: Text,
    /// What is entered.
    given: RwSignal<String>,
    /// The form that contains it.
    form: Form,
) -> impl IntoView {
    view! {
        <TextField
            label
            value=given
            kind="password"
            name="password"
            autocomplete="current-password"
            form
            autofocus=true
        />
    }
}

/// Verification by signing in at a provider again, which leaves the page and returns to it.
#[component]
fn ProviderLinks(
    /// The providers at which the user can sign in.
    providers: Vec<ProviderOption>,
) -> impl IntoView {
    let i18n = use_i18n();
    let location = use_location();
    let here = location.pathname.get_untracked() + &location.query.get_untracked().to_query_string();
    let back = js_sys::encode_uri_component(&here).as_string().unwrap_or_default();
    let links = providers.into_iter().map(|provider| {
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
