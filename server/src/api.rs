//! The routes: the API under `/api/v1`, its OpenAPI description, the gate, OpenID Connect, health checks and the
//! frontend.

mod account;
mod audit;
mod borrow;
mod bulk;
mod directories;
mod docs_page;
mod exports;
mod forward_auth;
mod group_licenses;
pub mod groups;
mod imports;
mod join;
mod license_requests;
mod license_terms;
mod licenses;
mod live;
mod my_access;
mod oidc;
mod overview;
mod pagination;
mod passkeys;
mod password_links;
mod products;
mod profile;
mod providers;
mod queue;
mod reports;
mod scim;
mod seat_check;
mod second_factor;
mod service;
mod session_batch;
mod session_end;
mod session_end_matching;
mod sessions;
mod settings;
mod sign_in_rules;
mod tokens;
mod user_access;
mod users;
mod verify;
mod views;

pub use service::server_config;

use crate::{
    app::App,
    http::{
        export,
        late_body::{self, BodyLimits},
        problem::ApiError,
        static_files,
    },
};
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
    middleware,
    routing::{get, post},
};
use seatkeeper_shared::{
    problem::{Code, Problem},
    wire::{live::LiveContent, sessions::StateFilter},
};
use tower::ServiceBuilder;
use utoipa::openapi::{
    ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, RefOr, ResponseBuilder, Schema,
    security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
};
use utoipa_axum::{
    router::{OpenApiRouter, UtoipaMethodRouterExt as _},
    routes,
};

const MAX_BODY_BYTES: usize = 256 * 1024;
const BODY_LIMITS: BodyLimits = BodyLimits {
    default: MAX_BODY_BYTES,
    files: (&["/api/v1/import", "/api/v1/import/preview"], imports::MAX_IMPORT_BYTES),
};

/// The API's routes with their OpenAPI descriptions.
fn routes() -> OpenApiRouter<App> {
    let v1 = OpenApiRouter::new()
        .routes(routes!(account::setup_state, account::set_up))
        .routes(routes!(account::sign_in))
        .routes(routes!(second_factor::second_step))
        .routes(routes!(passkeys::begin_sign_in))
        .routes(routes!(passkeys::sign_in))
        .routes(routes!(account::sign_out))
        .routes(routes!(account::me, account::change_me))
        .routes(routes!(my_access::my_access))
        .routes(routes!(verify::options, verify::verify))
        .routes(routes!(profile::change_password))
        .routes(routes!(profile::sign_ins, profile::end_other_sign_ins))
        .routes(routes!(profile::end_sign_in))
        .routes(routes!(second_factor::state, second_factor::start))
        .routes(routes!(second_factor::confirm))
        .routes(routes!(second_factor::renew_codes))
        .routes(routes!(second_factor::remove))
        .routes(routes!(second_factor::remove_of))
        .routes(routes!(user_access::access))
        .routes(routes!(seat_check::of_user))
        .routes(routes!(user_access::sign_out))
        .routes(routes!(user_access::delete_token))
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
        .routes(routes!(password_links::invite))
        .routes(routes!(password_links::preview_link))
        .routes(routes!(password_links::set_password))
        .routes(routes!(password_links::forgot))
        .routes(routes!(tokens::tokens, tokens::make_token))
        .routes(routes!(tokens::delete_token))
        .routes(routes!(overview::overview))
        .routes(routes!(products::products, products::add_product))
        .routes(routes!(products::product, products::change_product))
        .routes(routes!(licenses::licenses, licenses::add_license))
        .routes(routes!(licenses::license, license_terms::change_license))
        .routes(routes!(license_terms::usage))
        .routes(routes!(licenses::grant))
        .routes(routes!(licenses::set_grant_end))
        .routes(routes!(licenses::revoke))
        .routes(routes!(licenses::limit_groups))
        .routes(routes!(license_requests::requests, license_requests::create))
        .routes(routes!(license_requests::withdraw))
        .routes(routes!(license_requests::approve))
        .routes(routes!(license_requests::decline))
        .routes(routes!(groups::groups, groups::add_group))
        .routes(routes!(groups::group, groups::rename_group, groups::delete_group))
        .routes(routes!(groups::set_members, groups::change_members))
        .routes(routes!(groups::set_managers))
        .routes(routes!(group_licenses::of_group))
        .routes(routes!(group_licenses::give, group_licenses::take))
        .routes(routes!(group_licenses::of_user))
        .routes(routes!(users::users, users::add_user))
        .routes(routes!(bulk::bulk))
        .routes(routes!(imports::import).layer(DefaultBodyLimit::max(imports::MAX_IMPORT_BYTES)))
        .routes(routes!(imports::preview).layer(DefaultBodyLimit::max(imports::MAX_IMPORT_BYTES)))
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
        .routes(routes!(sessions::continue_session))
        .routes(routes!(session_end::end))
        .routes(routes!(session_end::end_many))
        .routes(routes!(session_end_matching::end_matching))
        .routes(routes!(session_batch::batch))
        .routes(routes!(session_end::cancel_end))
        .routes(routes!(session_end::protect))
        .routes(routes!(forward_auth::enter))
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
        .routes(routes!(live::snapshot))
        .routes(routes!(reports::usage))
        .routes(routes!(reports::exports::usage))
        .routes(routes!(reports::moment))
        .routes(routes!(reports::refusals::refusals))
        .routes(routes!(reports::exports::refusals))
        .routes(routes!(reports::seat_time::seat_time))
        .routes(routes!(reports::exports::seat_time))
        .routes(routes!(reports::sizing::sizing))
        .routes(routes!(reports::sizing::progress::sizing_progress))
        .routes(routes!(reports::demand::demand))
        .routes(routes!(reports::unused_seats::unused_seats))
        .routes(routes!(reports::exports::unused_seats))
        .routes(routes!(reports::unused_seats::keep, reports::unused_seats::remove_exception))
        .routes(routes!(views::views, views::save))
        .routes(routes!(views::change, views::delete))
        .routes(routes!(audit::audit))
        .routes(routes!(audit::export_audit));
    OpenApiRouter::new().nest("/api/v1", v1)
}

/// The OpenAPI description, generated from the routes.
pub fn openapi() -> OpenApi {
    let (_, paths) = routes().split_for_parts();
    let info = InfoBuilder::new().title("Seatkeeper").version("1").description(Some(
        "Assigns the seats of named and concurrent licenses, never more than there are. Errors are problem documents \
         (RFC 9457) with a `code`.",
    ));
    let mut api = OpenApiBuilder::from(paths).info(info.build()).build();
    let components = api.components.get_or_insert_default();
    components.add_security_scheme("token", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    let cookie = ApiKey::Cookie(ApiKeyValue::new(crate::http::cookies::SIGN_IN_COOKIE));
    components.add_security_scheme("browser", SecurityScheme::ApiKey(cookie));
    components.schemas.insert("Problem".to_owned(), <Problem as utoipa::PartialSchema>::schema());
    // Used by parameters only, whose schemas are not collected automatically.
    components.schemas.insert("StateFilter".to_owned(), <StateFilter as utoipa::PartialSchema>::schema());
    components.schemas.insert("LiveContent".to_owned(), <LiveContent as utoipa::PartialSchema>::schema());
    components.schemas.insert("Format".to_owned(), <export::Format as utoipa::PartialSchema>::schema());
    let mut problem_schemas = Vec::new();
    <Problem as utoipa::ToSchema>::schemas(&mut problem_schemas);
    components.schemas.extend(problem_schemas);
    api.security = Some(vec![no_scopes("token"), no_scopes("browser")]);
    describe_failures(&mut api);
    api
}

fn no_scopes(scheme: &str) -> SecurityRequirement {
    SecurityRequirement::new(scheme, Vec::<String>::new())
}

/// Adds the error responses, which are the same for every operation.
fn describe_failures(api: &mut OpenApi) {
    let problem = RefOr::<Schema>::Ref(utoipa::openapi::Ref::from_schema_name("Problem"));
    let content = ContentBuilder::new().schema(Some(problem)).build();
    let failure = ResponseBuilder::new()
        .description("An error, identified by its `code`")
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

/// Every method and path of the API, for the permission tests.
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

/// All routes but SCIM's.
fn all_paths(app: App) -> Router {
    let (api, _) = routes().split_for_parts();
    let description = openapi();
    let page = docs_page::page(&serde_json::to_value(&description).unwrap_or_default());
    let page = get(async move || docs_page::answer(page));
    let not_found = axum::routing::any(async || ApiError::new(Code::NotFound));
    api.route("/api/openapi.json", get(async move || Json(description)))
        .route("/api", page.clone())
        .route("/api/", page)
        .route("/api/{*rest}", not_found)
        // For browsers, providers and proxies, not API clients, so not in the description.
        .route("/auth/oidc/{provider}/start", get(oidc::start))
        .route("/auth/oidc/{provider}/callback", get(oidc::callback).post(oidc::form_callback))
        .route("/auth/oidc/{provider}/backchannel-logout", post(oidc::backchannel_logout))
        .route("/gate/{product}", get(forward_auth::pass).options(forward_auth::pass))
        .route(
            "/gate/{product}/keep-alive",
            get(forward_auth::keep_alive::ping).options(forward_auth::keep_alive::preflight),
        )
        .route("/gate/{product}/keep-alive.js", get(forward_auth::keep_alive::script))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .method_not_allowed_fallback(async || ApiError::new(Code::MethodNotAllowed))
        .fallback_service(get(static_files::serve).with_state(app.clone()))
        // One combined layer: separate layers would each be cloned for every request.
        .layer(
            ServiceBuilder::new()
                .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
                .layer(middleware::from_fn_with_state((app.clone(), BODY_LIMITS), late_body::receive)),
        )
        .with_state(app)
}

/// The readiness check. It is public, so the reason is only logged.
async fn ready(State(app): State<App>) -> Result<&'static str, (StatusCode, &'static str)> {
    app.readiness
        .check()
        .await
        .map(|()| "ok\n")
        .map_err(|_| (StatusCode::SERVICE_UNAVAILABLE, "nothing can be written\n"))
}
