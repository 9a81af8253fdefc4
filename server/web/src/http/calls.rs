//! Calls of the API. One declaration makes the route of a call and its documentation.
//!
//! The documentation is made when somebody first reads it: making it takes milliseconds and megabytes, and most servers are never asked.

use std::sync::Arc;

use axum::{Router, routing::MethodRouter};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::state::App;

/// The calls of one path. [`calls!`] declares them.
pub(super) struct Calls {
    /// The path, as in `/api/files/{id}`.
    pub(super) path: String,
    pub(super) routes: MethodRouter<Arc<App>>,
    /// Makes the documentation.
    pub(super) documented: fn() -> UtoipaMethodRouter<Arc<App>>,
}

/// Calls of several paths.
#[derive(Default)]
pub(super) struct Api(Vec<Calls>);

impl Api {
    /// Adds the calls of a path.
    pub(super) fn with(mut self, calls: Calls) -> Self {
        self.0.push(calls);
        self
    }

    /// Adds the calls of other paths.
    pub(super) fn merge(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Returns the router of the calls.
    pub(super) fn router(self) -> Router<Arc<App>> {
        self.0.into_iter().fold(Router::new(), |router, calls| router.route(&calls.path, calls.routes))
    }

    /// Adds the documentation of the calls to a document.
    pub(super) fn document(&self, document: OpenApi) -> OpenApi {
        let documented = |router: OpenApiRouter<Arc<App>>, calls: &Calls| router.routes((calls.documented)());
        self.0.iter().fold(OpenApiRouter::with_openapi(document), documented).into_openapi()
    }
}

/// Declares the calls of one path, by their handlers: `calls!(files::list, files::begin)`, or `calls!(list, begin)` beside the handlers.
/// Each handler has the attribute `utoipa::path`, and all have the same path there.
macro_rules! calls {
    ($($module:ident :: $handler:ident),+) => {
        calls!(@ $([$module::] $handler),+)
    };
    ($($handler:ident),+) => {
        calls!(@ $([self::] $handler),+)
    };
    (@ $([$($module:tt)+] $handler:ident),+) => {
        utoipa_axum::paste! {{
            use utoipa::Path as _;
            use utoipa_axum::PathItemExt as _;

            let mut path = String::new();
            let routes = axum::routing::MethodRouter::new();
            $(
                path.clear();
                path.push_str(&$($module)+ [<__path_ $handler>]::path());
                let routes = $($module)+ [<__path_ $handler>]::methods()
                    .iter()
                    .fold(routes, |routes, method| routes.on(method.to_method_filter(), $($module)+ $handler));
            )+
            $crate::http::calls::Calls { path, routes, documented: || utoipa_axum::routes!($($($module)+ $handler),+) }
        }}
    };
}

pub(super) use calls;
