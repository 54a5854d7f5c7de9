//! Joining a session with a support key, and the links that open the support tool for customers and agents.

use crate::{
    app::App,
    auth::Caller,
    db::DbError,
    http::{
        client_ip::ClientIp,
        extract::{PathParam, ValidJson},
        problem::ApiError,
        user_agent,
    },
    launch_link::{self, LaunchLink, LinkOpener},
    seats::{Actor, Origin, SeatsError},
    secrets::{SecretLocation, StoredSecret},
    store::{self, join::ProductLinks},
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
        join::{Join, Joined, SessionLink},
        sessions::SessionView,
    },
};

/// Joins a session as a customer, with a support key that can be used once.
#[utoipa::path(
    post, path = "/join", tag = "join", security(()),
    request_body = Join,
    responses((status = 200, body = Joined)),
)]
pub async fn join(
    State(app): State<App>,
    ClientIp(address): ClientIp,
    headers: HeaderMap,
    ValidJson(request): ValidJson<Join>,
) -> Result<Json<Joined>, ApiError> {
    if !app.throttle.allow_support_key(address) {
        return Err(ApiError::new(Code::TooManyRequests));
    }
    let key = support_key(&request.key).ok_or_else(|| ApiError::new(Code::KeyUnknown))?;
    let user_agent_text = headers.get(header::USER_AGENT).and_then(|user_agent_text| user_agent_text.to_str().ok());
    let platform = request.platform.or(user_agent_text.and_then(user_agent::platform)).ok_or_else(platform_required)?;
    let now = app.clock.now();
    let Some(id) = store::join::waiting(&app.db, &key, now).await? else {
        return Err(explain_unusable_key(&app, &key).await);
    };
    let session = store::sessions::get(&app.db, id).await?.ok_or_else(|| ApiError::new(Code::KeyUnknown))?;
    let customer = Actor { id: None, name: None, origin: Origin::App, address: Some(address) };
    // In a task of its own, so that it is finished even if the customer disconnects: otherwise the key could be used up
    // in vain.
    let tasks = app.journal.tasks.clone();
    let connecting =
        tasks.spawn_to_end(async move { connect(&app, &customer, (session.user_id, id), &key, platform).await });
    connecting.await.unwrap_or_else(|_| Err(ApiError::new(Code::Unavailable)))
}

async fn connect(
    app: &App,
    customer: &Actor,
    (agent, id): (UserId, SessionId),
    key: &str,
    platform: Platform,
) -> Result<Json<Joined>, ApiError> {
    let mut tx = app.db.begin().await?;
    let first = store::join::claim(&mut tx, key, id, app.clock.now()).await?;
    tx.commit().await?;
    if !first {
        return Err(ApiError::new(Code::KeyUsed));
    }
    match app.seats.connect(customer, agent, id, platform).await {
        Ok(session) => Ok(Json(joined_view(app, session, key).await?)),
        Err(error) => {
            let mut tx = app.db.begin().await?;
            store::join::release(&mut tx, key, id).await?;
            tx.commit().await?;
            Err(match error {
                SeatsError::Failed(Code::NotFound) => ApiError::new(Code::KeyUnknown),
                error => error.into(),
            })
        }
    }
}

fn platform_required() -> ApiError {
    let mut fields = crate::http::problem::FieldErrors::default();
    fields.add("platform", FieldError::Required);
    match fields.finish(None::<()>) {
        Err(error) => error,
        Ok(()) => ApiError::new(Code::Invalid),
    }
}

/// Why a key cannot be used: it was used before, and its session may have ended. Unused keys that expired are unknown.
async fn explain_unusable_key(app: &App, key: &str) -> ApiError {
    let session = async {
        match store::join::joined(&app.db, key).await? {
            Some(id) => store::sessions::get(&app.db, id).await,
            None => Ok(None),
        }
    };
    match session.await {
        Ok(Some(SessionView { ended: Some(mut end), .. })) => {
            // The customer does not see who ended the session and the message.
            (end.by, end.message) = (None, None);
            ApiError::ended(Code::SessionEnded, end)
        }
        Ok(Some(_)) => ApiError::new(Code::KeyUsed),
        Ok(None) => ApiError::new(Code::KeyUnknown),
        Err(error) => error.into(),
    }
}

async fn joined_view(app: &App, session: SessionView, key: &str) -> Result<Joined, ApiError> {
    let ProductLinks { slug, customer, secret, .. } = product_links(app, &session).await?;
    let secret = link_secret(app, &session, secret.as_ref())?;
    let launch = LaunchLink {
        product: &slug,
        session: session.id,
        support_key: Some(key),
        opens: LinkOpener::Customer,
        secret: secret.as_deref(),
    };
    Ok(Joined {
        product_name: session.product_name,
        agent_name: session.user_name,
        platform: session.platform.unwrap_or(Platform::Linux),
        link: customer.map(|template| launch_link::fill_template(&template, &launch, app.clock.now())),
    })
}

async fn product_links(app: &App, session: &SessionView) -> Result<ProductLinks, ApiError> {
    store::join::links(&app.db, session.product_id).await?.ok_or_else(|| ApiError::new(Code::NotFound))
}

/// The secret that signs the tokens in the links of a session's product.
fn link_secret(app: &App, session: &SessionView, secret: Option<&StoredSecret>) -> Result<Option<String>, DbError> {
    secret.map(|secret| app.open_secret(&SecretLocation::LaunchLink(session.product_id), secret)).transpose()
}

/// Returns the link that opens the support tool for an own session. Its token is valid for five minutes.
#[utoipa::path(
    post, path = "/sessions/{id}/open", tag = "sessions",
    params(("id" = SessionId, Path)),
    responses((status = 200, body = SessionLink)),
)]
pub async fn open(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<SessionId>,
) -> Result<Json<SessionLink>, ApiError> {
    let found = store::sessions::get(&app.db, id).await?.filter(|session| session.user_id == caller.id);
    let session = found.ok_or_else(|| ApiError::new(Code::NotFound))?;
    if let Some(end) = session.ended {
        return Err(ApiError::ended(Code::SessionEnded, end));
    }
    let ProductLinks { slug, agent, secret, .. } = product_links(&app, &session).await?;
    let secret = link_secret(&app, &session, secret.as_ref())?;
    let template = agent.ok_or_else(|| ApiError::new(Code::NoLink))?;
    let launch = LaunchLink {
        product: &slug,
        session: id,
        support_key: session.support_key.as_deref(),
        opens: LinkOpener::Agent(&caller.name, &caller.email),
        secret: secret.as_deref(),
    };
    Ok(Json(SessionLink { link: launch_link::fill_template(&template, &launch, app.clock.now()) }))
}
