//! Customers join with a support key and nothing else; and both sides are led on into the tool that they meet in.

use crate::{
    app::App,
    auth::Caller,
    db::DbError,
    http::{
        browser,
        client::Address,
        extract::{Body, Named},
        problem::Fail,
    },
    launch::{self, Launch, Opens},
    seats::{Actor, Door, SeatsError},
    secrets::{Place, Stored},
    store::{self, join::Links},
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, header},
};
use seatkeeper_shared::{
    ids::{SessionId, UserId},
    problem::Code,
    session::Platform,
    validate::{FieldError, support_key},
    wire::{
        join::{Join, Joined, Opened},
        sessions::SessionView,
    },
};

/// A customer joins with a support key. Each key is good once.
#[utoipa::path(post, path = "/join", tag = "join", security(()), request_body = Join, responses((status = 200, body = Joined)))]
pub async fn join(
    State(app): State<App>,
    Address(address): Address,
    headers: HeaderMap,
    Body(wish): Body<Join>,
) -> Result<Json<Joined>, Fail> {
    if !app.throttle.allow_key(address) {
        return Err(Fail::code(Code::TooManyRequests));
    }
    let key = support_key(&wish.key).ok_or_else(|| Fail::code(Code::KeyUnknown))?;
    let said = headers.get(header::USER_AGENT).and_then(|said| said.to_str().ok());
    let platform = wish.platform.or(said.and_then(browser::platform)).ok_or_else(no_platform)?;
    let now = app.clock.now();
    let Some(id) = store::join::waiting(&app.db, &key, now).await? else { return Err(why_not(&app, &key).await) };
    let session = store::sessions::get(&app.db, id).await?.ok_or_else(|| Fail::code(Code::KeyUnknown))?;
    let customer = Actor { id: None, name: None, door: Door::App, address: Some(address) };
    // Also if the customer goes away meanwhile: a key that is taken by nobody would help nobody.
    let connecting = tokio::spawn(async move { connect(&app, &customer, (session.user_id, id), &key, platform).await });
    connecting.await.unwrap_or_else(|_| Err(Fail::code(Code::Unavailable)))
}

async fn connect(
    app: &App,
    customer: &Actor,
    (agent, id): (UserId, SessionId),
    key: &str,
    platform: Platform,
) -> Result<Json<Joined>, Fail> {
    let mut tx = app.db.begin().await?;
    let first = store::join::claim(&mut tx, key, id, app.clock.now()).await?;
    tx.commit().await?;
    if !first {
        return Err(Fail::code(Code::KeyUsed));
    }
    match app.seats.connect(customer, agent, id, platform).await {
        Ok(session) => Ok(Json(joined(app, session, key).await?)),
        Err(error) => {
            let mut tx = app.db.begin().await?;
            store::join::release(&mut tx, key, id).await?;
            tx.commit().await?;
            Err(match error {
                SeatsError::Failed(Code::NotFound) => Fail::code(Code::KeyUnknown),
                error => error.into(),
            })
        }
    }
}

fn no_platform() -> Fail {
    let mut fields = crate::http::problem::Fields::default();
    fields.wrong("platform", FieldError::Required);
    match fields.all(None::<()>) {
        Err(fail) => fail,
        Ok(()) => Fail::code(Code::Invalid),
    }
}

/// Why nobody waits with this key: somebody has joined with it, and that session may be over. Of a key that nobody has joined
/// with nothing is known.
async fn why_not(app: &App, key: &str) -> Fail {
    let session = async {
        match store::join::joined(&app.db, key).await? {
            Some(id) => store::sessions::get(&app.db, id).await,
            None => Ok(None),
        }
    };
    match session.await {
        Ok(Some(SessionView { ended: Some(mut end), .. })) => {
            // Who ended it and why is the agent's to know.
            (end.by, end.message) = (None, None);
            Fail::ended(Code::SessionEnded, end)
        }
        Ok(Some(_)) => Fail::code(Code::KeyUsed),
        Ok(None) => Fail::code(Code::KeyUnknown),
        Err(error) => error.into(),
    }
}

async fn joined(app: &App, session: SessionView, key: &str) -> Result<Joined, Fail> {
    let Links { slug, customer, secret, .. } = links(app, &session).await?;
    let secret = opened(app, &session, secret.as_ref())?;
    let launch = Launch {
        product: &slug,
        session: session.id,
        support_key: Some(key),
        opens: Opens::Customer,
        secret: secret.as_deref(),
    };
    Ok(Joined {
        product_name: session.product_name,
        agent_name: session.user_name,
        platform: session.platform.unwrap_or(Platform::Linux),
        link: customer.map(|template| launch::link(&template, &launch, app.clock.now())),
    })
}

async fn links(app: &App, session: &SessionView) -> Result<Links, Fail> {
    store::join::links(&app.db, session.product_id).await?.ok_or_else(|| Fail::code(Code::NotFound))
}

/// What tokens in the links of a session's product are signed with.
fn opened(app: &App, session: &SessionView, secret: Option<&Stored>) -> Result<Option<String>, DbError> {
    secret.map(|secret| app.open_secret(&Place::LaunchLink(session.product_id), secret)).transpose()
}

/// The address with which the agent opens the tool for a session of his. Its token is good for five minutes.
#[utoipa::path(post, path = "/sessions/{id}/open", tag = "sessions", params(("id" = SessionId, Path)), responses((status = 200, body = Opened)))]
pub async fn open(State(app): State<App>, caller: Caller, Named(id): Named<SessionId>) -> Result<Json<Opened>, Fail> {
    let found = store::sessions::get(&app.db, id).await?.filter(|session| session.user_id == caller.id);
    let session = found.ok_or_else(|| Fail::code(Code::NotFound))?;
    if let Some(end) = session.ended {
        return Err(Fail::ended(Code::SessionEnded, end));
    }
    let Links { slug, agent, secret, .. } = links(&app, &session).await?;
    let secret = opened(&app, &session, secret.as_ref())?;
    let template = agent.ok_or_else(|| Fail::code(Code::NoLink))?;
    let launch = Launch {
        product: &slug,
        session: id,
        support_key: session.support_key.as_deref(),
        opens: Opens::Agent(&caller.name, &caller.email),
        secret: secret.as_deref(),
    };
    Ok(Json(Opened { link: launch::link(&template, &launch, app.clock.now()) }))
}
