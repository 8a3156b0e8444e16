//! The way in: from HTTP to a call and back, by socket or in process.

use std::future::Future;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use futures_util::StreamExt as _;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use tokio::net::TcpListener;

use crate::clock::header_time;
use crate::exchange::{Call, Content, Reply};
use crate::routes::{control, token};
use crate::simulator::Simulator;

/// The largest body that is read; a full batch is far below it.
const BODY_MAX: usize = 16 * 1024 * 1024;

/// Serves the tenants on a listener until `shutdown` completes.
///
/// Links start with the listener's address, unless [`Simulator::bind_base_url`] said otherwise or
/// the request names another host.
///
/// # Errors
///
/// Returns the listener's error.
pub async fn serve(
    simulator: Simulator,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, simulator.router())
        .with_graceful_shutdown(shutdown)
        .await
}

impl Simulator {
    /// Returns the service itself, to be called without a socket.
    pub fn router(&self) -> Router {
        Router::new().fallback(enter).with_state(self.clone())
    }
}

async fn enter(State(simulator): State<Simulator>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY_MAX).await else {
        return leave(&simulator, Reply::empty(StatusCode::PAYLOAD_TOO_LARGE));
    };
    let target = parts
        .uri
        .path_and_query()
        .map_or_else(|| "/".to_owned(), ToString::to_string);
    let reply = answer(&simulator, parts.method, &target, parts.headers, body).await;
    leave(&simulator, reply)
}

async fn answer(
    simulator: &Simulator,
    method: Method,
    target: &str,
    headers: HeaderMap,
    body: Bytes,
) -> Reply {
    let host = headers.get("host").and_then(|host| host.to_str().ok());
    let base = simulator.state().base_url(host);
    let call = Call::new(method, target, headers, body, &base);
    let words: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["_simulator", rest @ ..] => control::answer(simulator, &call, rest),
        [tenant, "oauth2", "v2.0", "token"] => token::answer(simulator, &call, tenant).await,
        _ if call.path.starts_with("/v1.0/") => simulator.enter_graph(&call).await,
        _ => Reply::empty(StatusCode::NOT_FOUND),
    }
}

fn leave(simulator: &Simulator, reply: Reply) -> Response {
    let (kind, body) = match reply.content {
        Content::Nothing => (None, Body::empty()),
        Content::Json(body) => (
            Some(
                "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8",
            ),
            Body::from(body.to_string()),
        ),
        Content::Other(kind, text) => (Some(kind), Body::from(text)),
        Content::BrokenOff => (Some("application/json"), broken_body(String::new())),
        Content::CutOff(start) => (Some("application/json"), broken_body(start)),
    };
    let mut response = Response::new(body);
    *response.status_mut() = reply.status;
    let headers = response.headers_mut();
    let date = ("date", header_time(simulator.now()));
    let kind = kind.map(|kind| ("content-type", kind.to_owned()));
    for (name, value) in reply.headers.into_iter().chain(kind).chain([date]) {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    response
}

/// Returns a body that fails after its start; the server then closes the connection.
fn broken_body(start: String) -> Body {
    let failure = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    let start = (!start.is_empty()).then(|| Ok(Bytes::from(start)));
    let parts = start.into_iter().chain([Err(failure)]);
    // What was begun is to leave the server before the connection is closed, as it would on a wire.
    Body::from_stream(futures_util::stream::iter(parts).then(async |part| {
        if part.is_err() {
            tokio::task::yield_now().await;
        }
        part
    }))
}
