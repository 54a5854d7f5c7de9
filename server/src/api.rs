//! The API under `/api/v1`. Handlers ask who may, make one call and answer.

mod access;
mod account;
mod audit;
mod borrow;
mod browse;
mod bulk;
mod directories;
mod ends;
mod exports;
mod gate;
mod group_licenses;
pub mod groups;
mod imports;
mod join;
mod licenses;
mod links;
mod lists;
mod live;
mod oidc;
mod passkeys;
mod products;
mod profile;
mod providers;
mod queue;
mod second_factor;
mod sessions;
mod settings;
mod sign_in_rules;
mod terms;
mod tokens;
mod users;
mod verify;

use crate::{
    app::App,
    http::{
        app_files,
        connections::{Edge, Limits},
        export, guard,
        problem::Fail,
    },
    scim,
};
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
    middleware,
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use seatkeeper_shared::{
    problem::{Code, Problem},
    wire::sessions::StateFilter,
};
use tower::ServiceBuilder;
use tower_http::{catch_panic::CatchPanicLayer, trace::TraceLayer};
use utoipa::openapi::{
    ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, RefOr, ResponseBuilder, Schema,
    security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
};
use utoipa_axum::{
    router::{OpenApiRouter, UtoipaMethodRouterExt as _},
    routes,
};

/// The largest body that is read.
const LARGEST_BODY: usize = 256 * 1024;

/// All routes with their descriptions.
fn routes() -> OpenApiRouter<App> {
    let v1 = OpenApiRouter::new()
        .routes(routes!(account::setup_state, account::set_up))
        .routes(routes!(account::sign_in))
        .routes(routes!(second_factor::second_step))
        .routes(routes!(passkeys::begin_sign_in))
        .routes(routes!(passkeys::sign_in))
        .routes(routes!(account::sign_out))
        .routes(routes!(account::me, account::change_me))
        .routes(routes!(verify::options, verify::verify))
        .routes(routes!(profile::change_password))
        .routes(routes!(profile::sign_ins, profile::end_other_sign_ins))
        .routes(routes!(profile::end_sign_in))
        .routes(routes!(second_factor::state, second_factor::start))
        .routes(routes!(second_factor::confirm))
        .routes(routes!(second_factor::renew_codes))
        .routes(routes!(second_factor::remove))
        .routes(routes!(second_factor::remove_of))
        .routes(routes!(access::access))
        .routes(routes!(access::sign_out))
        .routes(routes!(access::delete_token))
        .routes(routes!(passkeys::passkeys, passkeys::add))
        .routes(routes!(passkeys::begin))
        .routes(routes!(passkeys::rename, passkeys::remove))
        .routes(routes!(settings::change_account))
        .routes(routes!(sign_in_rules::options))
        .routes(routes!(providers::providers, providers::add_provider))
        .routes(routes!(providers::provider, providers::change_provider, providers::delete_provider))
        .routes(routes!(providers::test_provider))
        .routes(routes!(sign_in_rules::rules, sign_in_rules::change_rules))
        .routes(routes!(providers::unlink))
        .routes(routes!(links::invite))
        .routes(routes!(links::look))
        .routes(routes!(links::set_password))
        .routes(routes!(links::forgot))
        .routes(routes!(tokens::tokens, tokens::make_token))
        .routes(routes!(tokens::delete_token))
        .routes(routes!(products::products, products::add_product))
        .routes(routes!(products::product, products::change_product))
        .routes(routes!(licenses::licenses, licenses::add_license))
        .routes(routes!(licenses::license, terms::change_license))
        .routes(routes!(terms::usage))
        .routes(routes!(licenses::grant))
        .routes(routes!(licenses::revoke))
        .routes(routes!(licenses::limit_groups))
        .routes(routes!(groups::groups, groups::add_group))
        .routes(routes!(groups::group, groups::rename_group, groups::delete_group))
        .routes(routes!(groups::set_members, groups::change_members))
        .routes(routes!(groups::set_managers))
        .routes(routes!(group_licenses::of_group))
        .routes(routes!(group_licenses::give, group_licenses::take))
        .routes(routes!(group_licenses::of_user))
        .routes(routes!(users::users, users::add_user))
        .routes(routes!(bulk::bulk))
        .routes(routes!(imports::import).layer(DefaultBodyLimit::max(imports::LARGEST_FILE)))
        .routes(routes!(imports::preview).layer(DefaultBodyLimit::max(imports::LARGEST_FILE)))
        .routes(routes!(imports::import_state, imports::cancel))
        .routes(routes!(imports::import_rows))
        .routes(routes!(imports::export_rows))
        .routes(routes!(exports::users))
        .routes(routes!(exports::sessions))
        .routes(routes!(exports::licenses))
        .routes(routes!(users::user, users::change_user, users::delete_user))
        .routes(routes!(sessions::sessions, sessions::create))
        .routes(routes!(sessions::remote_devices))
        .routes(routes!(sessions::session))
        .routes(routes!(sessions::connect))
        .routes(routes!(sessions::heartbeat))
        .routes(routes!(borrow::borrow))
        .routes(routes!(borrow::keys))
        .routes(routes!(sessions::go_on))
        .routes(routes!(ends::end))
        .routes(routes!(ends::end_many))
        .routes(routes!(ends::keep))
        .routes(routes!(ends::protect))
        .routes(routes!(gate::enter))
        .routes(routes!(join::join))
        .routes(routes!(join::open))
        .routes(routes!(queue::queues))
        .routes(routes!(queue::ticket, queue::leave))
        .routes(routes!(queue::ticket_events))
        .routes(routes!(queue::accept))
        .routes(routes!(queue::pass))
        .routes(routes!(queue::move_ticket))
        .routes(routes!(directories::directories, directories::add_directory))
        .routes(routes!(directories::delete_directory))
        .routes(routes!(directories::rotate))
        .routes(routes!(directories::requests))
        .routes(routes!(directories::rules, directories::set_rules))
        .routes(routes!(directories::preview))
        .routes(routes!(directories::failures))
        .routes(routes!(directories::retry))
        .routes(routes!(live::live))
        .routes(routes!(audit::audit))
        .routes(routes!(audit::export_audit));
    OpenApiRouter::new().nest("/api/v1", v1)
}

/// The description of the API, generated from the routes.
pub fn openapi() -> OpenApi {
    let (_, paths) = routes().split_for_parts();
    let info = InfoBuilder::new().title("Seatkeeper").version("1").description(Some(
        "Hands out the seats of named and concurrent licenses, never one too many. Failures are problem documents \
         (RFC 9457) with a `code`.",
    ));
    let mut api = OpenApiBuilder::from(paths).info(info.build()).build();
    let components = api.components.get_or_insert_default();
    components.add_security_scheme("token", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    let cookie = ApiKey::Cookie(ApiKeyValue::new(crate::http::cookies::SIGN_IN));
    components.add_security_scheme("browser", SecurityScheme::ApiKey(cookie));
    components.schemas.insert("Problem".to_owned(), <Problem as utoipa::PartialSchema>::schema());
    // Named by a parameter only, which does not bring it along.
    components.schemas.insert("StateFilter".to_owned(), <StateFilter as utoipa::PartialSchema>::schema());
    components.schemas.insert("Format".to_owned(), <export::Format as utoipa::PartialSchema>::schema());
    let mut more = Vec::new();
    <Problem as utoipa::ToSchema>::schemas(&mut more);
    components.schemas.extend(more);
    api.security = Some(vec![no_scopes("token"), no_scopes("browser")]);
    describe_failures(&mut api);
    api
}

fn no_scopes(scheme: &str) -> SecurityRequirement {
    SecurityRequirement::new(scheme, Vec::<String>::new())
}

/// Every route may refuse what it is asked or be unable to do it, with a problem; that is said once, here. Any other status that
/// a route does not name is a fault.
fn describe_failures(api: &mut OpenApi) {
    let problem = RefOr::<Schema>::Ref(utoipa::openapi::Ref::from_schema_name("Problem"));
    let content = ContentBuilder::new().schema(Some(problem)).build();
    let failure = ResponseBuilder::new()
        .description("What went wrong, by its `code`")
        .content("application/problem+json", content)
        .build();
    for item in api.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post, &mut item.patch, &mut item.put, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            for status in ["4XX", "5XX"] {
                operation.responses.responses.insert(status.to_owned(), RefOr::T(failure.clone()));
            }
        }
    }
}

/// Every method and path of the API, for the test that asks who may what.
pub fn all_routes() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (path, item) in &openapi().paths.paths {
        for (method, operation) in [
            ("GET", &item.get),
            ("POST", &item.post),
            ("PATCH", &item.patch),
            ("PUT", &item.put),
            ("DELETE", &item.delete),
        ] {
            if operation.is_some() {
                found.push((method.to_owned(), path.clone()));
            }
        }
    }
    found
}

/// What serves it all at these addresses, as the options of the app say.
pub fn edge(app: &App, limits: Limits) -> Edge {
    Edge {
        router: service(app.clone()),
        draw_failure,
        limits,
        trusted_proxies: app.trusted_proxies.clone(),
        is_https: app.is_https(),
    }
}

/// A failure that no route made, as the clients of this path expect it.
fn draw_failure(path: &str, fail: Fail) -> Response {
    if scim::is_below_scim(path) { scim::draw_failure(fail) } else { fail.into_response() }
}

/// The whole service: the API, its description, the health checks and the app.
pub fn service(app: App) -> Router {
    let (api, _) = routes().split_for_parts();
    let description = openapi();
    let page = browse::page(&serde_json::to_value(&description).unwrap_or_default());
    let page = get(async move || browse::answer(page));
    let nothing = axum::routing::any(async || Fail::code(Code::NotFound));
    api.route("/api/openapi.json", get(async move || Json(description)))
        .route("/api", page.clone())
        .route("/api/", page)
        .route("/api/{*rest}", nothing)
        // For browsers and providers, not for programs: they stand in no description.
        .route("/auth/oidc/{provider}/start", get(oidc::start))
        .route("/auth/oidc/{provider}/callback", get(oidc::callback).post(oidc::form_callback))
        .route("/auth/oidc/{provider}/backchannel-logout", post(oidc::backchannel_logout))
        .route("/gate/{product}", get(gate::pass).options(gate::pass))
        .route("/gate/{product}/keep-alive", get(gate::keep_alive::ping).options(gate::keep_alive::preflight))
        .route("/gate/{product}/keep-alive.js", get(gate::keep_alive::script))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .method_not_allowed_fallback(async || Fail::code(Code::MethodNotAllowed))
        .fallback_service(get(app_files::serve).with_state(app.clone()))
        // One layer of several: each one of its own would be copied for every request.
        .layer(
            ServiceBuilder::new()
                .layer(TraceLayer::new_for_http())
                .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
                    tracing::error!("a handler panicked");
                    Fail::code(Code::Internal).into_response()
                }))
                // Before the guard of cookies, which directories have none of.
                .layer(middleware::from_fn_with_state(scim::service(&app), scim::divert))
                .layer(DefaultBodyLimit::max(LARGEST_BODY))
                .layer(middleware::from_fn_with_state(app.clone(), guard::same_origin)),
        )
        .with_state(app)
}

/// Says no more than that: whoever asks need not be signed in. Why stands in the operator's log.
async fn ready(State(app): State<App>) -> Result<&'static str, (StatusCode, &'static str)> {
    app.readiness
        .check()
        .await
        .map(|()| "ok\n")
        .map_err(|_| (StatusCode::SERVICE_UNAVAILABLE, "nothing can be written\n"))
}
