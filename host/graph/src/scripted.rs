//! The outside world of the tests: a clock that moves only when everybody waits for it, and a
//! transport whose answers are a function of what was asked.

use std::{
    collections::BTreeMap,
    future::Future,
    pin::{Pin, pin},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderMap, Request, Response};
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::{
    Application, Budget, Clock, Cloud, Credential, Outside, Pace, Secret, SeededRandomness, Source,
    Target, Transport, TransportError,
};

pub(crate) type Sent = Result<Response<Bytes>, TransportError>;

/// A request as the transport saw it.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Seconds since the world began.
    pub(crate) at: f64,
    /// The URL from the path on, with escapes resolved.
    pub(crate) path: String,
    pub(crate) url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Json,
    pub(crate) text: String,
}

impl Asked {
    /// Returns the requests of a batch: position and "METHOD path".
    pub(crate) fn items(&self) -> Vec<(String, String)> {
        let text = |json: &Json| json.as_str().unwrap().to_owned();
        self.body["requests"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| {
                (
                    text(&item["id"]),
                    format!("{} {}", text(&item["method"]), text(&item["url"])),
                )
            })
            .collect()
    }
}

/// A whole outside world.
pub(crate) struct World {
    pub(crate) clock: Arc<ManualClock>,
    script: Arc<Script>,
    pub(crate) pace: Pace,
}

pub(crate) const ROOT: &str = "https://graph.microsoft.com";
pub(crate) const SECRET: &str = "hunter2&=hunter2";

impl World {
    /// Returns a world in which Graph answers so, and the login service grants tokens `token-1`,
    /// `token-2` and so on, each for an hour.
    pub(crate) fn new(graph: impl Fn(&Asked) -> Sent + Send + Sync + 'static) -> Self {
        let granted = Mutex::new(0);
        Self::with_login(
            move |_| {
                let mut granted = granted.lock().unwrap();
                *granted += 1;
                grant(&format!("token-{granted}"), 3600)
            },
            graph,
        )
    }

    pub(crate) fn with_login(
        login: impl Fn(&Asked) -> Sent + Send + Sync + 'static,
        graph: impl Fn(&Asked) -> Sent + Send + Sync + 'static,
    ) -> Self {
        let clock = Arc::new(ManualClock::default());
        let script = Arc::new(Script {
            clock: Arc::clone(&clock),
            latency: Mutex::new(Duration::from_millis(10)),
            login: Box::new(login),
            graph: Box::new(graph),
            log: Mutex::default(),
        });
        let outside = outside(&script, &clock);
        Self {
            pace: Pace::new(Budget::default(), &outside),
            clock,
            script,
        }
    }

    pub(crate) fn budget(self, budget: Budget) -> Self {
        Self {
            pace: Pace::new(budget, &self.outside()),
            ..self
        }
    }

    pub(crate) fn outside(&self) -> Outside {
        outside(&self.script, &self.clock)
    }

    pub(crate) fn source(&self) -> Source {
        Source::connect(self.outside(), application(), self.pace.clone())
    }

    pub(crate) fn target(&self) -> Target {
        Target::connect(self.outside(), application(), self.pace.clone())
    }

    /// Returns what was asked of Graph so far, or of the login service.
    pub(crate) fn graph_log(&self) -> Vec<Asked> {
        self.log(|asked| asked.url.starts_with(ROOT))
    }

    pub(crate) fn login_log(&self) -> Vec<Asked> {
        self.log(|asked| !asked.url.starts_with(ROOT))
    }

    fn log(&self, wanted: impl Fn(&Asked) -> bool) -> Vec<Asked> {
        self.script
            .log
            .lock()
            .unwrap()
            .iter()
            .filter(|asked| wanted(asked))
            .cloned()
            .collect()
    }

    /// Runs a future to its end, letting time pass whenever nothing else can happen.
    #[track_caller]
    pub(crate) fn run<T>(&self, future: impl Future<Output = T>) -> T {
        let flag = Arc::new(Flag::default());
        let waker = Waker::from(Arc::clone(&flag));
        let mut future = pin!(future);
        loop {
            flag.0.store(false, Ordering::Release);
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return output;
            }
            if !flag.0.load(Ordering::Acquire) {
                assert!(self.clock.advance(), "everybody waits, and not for time");
            }
        }
    }
}

fn outside(script: &Arc<Script>, clock: &Arc<ManualClock>) -> Outside {
    Outside {
        transport: Arc::clone(script) as Arc<dyn Transport>,
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        randomness: Arc::new(SeededRandomness::new(1)),
    }
}

pub(crate) fn application() -> Application {
    Application {
        tenant: "contoso.com".into(),
        client_id: "app-1".into(),
        credential: Credential::ClientSecret(Secret::new(SECRET)),
        cloud: Cloud::named("global").unwrap(),
    }
}

/// Returns an answer of this status and body.
pub(crate) fn answer(status: u16, body: Json) -> Sent {
    with_headers(status, &[], &body.to_string())
}

pub(crate) fn with_headers(status: u16, headers: &[(&str, &str)], body: &str) -> Sent {
    let mut response = Response::builder()
        .status(status)
        .header("request-id", "request-1");
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    Ok(response.body(Bytes::from(body.to_owned())).unwrap())
}

pub(crate) fn grant(token: &str, life_s: u64) -> Sent {
    answer(
        200,
        json!({"token_type": "Bearer", "expires_in": life_s, "access_token": token}),
    )
}

pub(crate) fn timeout() -> Sent {
    Err(TransportError::Timeout {
        host: "graph.microsoft.com".into(),
    })
}

/// Answers a batch by a function of each item's "METHOD path" and body, in reverse order.
pub(crate) fn batch(asked: &Asked, item: impl Fn(&str, &Json) -> Json) -> Sent {
    let mut responses: Vec<Json> = asked
        .items()
        .into_iter()
        .zip(asked.body["requests"].as_array().unwrap())
        .map(|((id, line), request)| {
            let mut reply = item(&line, &request["body"]);
            reply["id"] = json!(id);
            reply
        })
        .collect();
    responses.reverse();
    answer(200, json!({ "responses": responses }))
}

type Answers = Box<dyn Fn(&Asked) -> Sent + Send + Sync>;

struct Script {
    clock: Arc<ManualClock>,
    latency: Mutex<Duration>,
    login: Answers,
    graph: Answers,
    log: Mutex<Vec<Asked>>,
}

impl Transport for Script {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Sent> {
        let url = request.uri().to_string();
        let text = String::from_utf8(request.body().to_vec()).unwrap();
        let asked = Asked {
            at: self.clock.seconds(),
            path: unescape(request.uri().path_and_query().unwrap().as_str()),
            headers: request.headers().clone(),
            body: serde_json::from_str(&text).unwrap_or_default(),
            text,
            url,
        };
        self.log.lock().unwrap().push(asked.clone());
        let latency = *self.latency.lock().unwrap();
        Box::pin(async move {
            self.clock.sleep(latency).await;
            let script = if asked.url.starts_with(ROOT) {
                &self.graph
            } else {
                &self.login
            };
            script(&asked)
        })
    }
}

/// Returns a field of a form, with escapes resolved.
pub(crate) fn form_field(form: &str, name: &str) -> String {
    let fields = form.split('&').filter_map(|field| field.split_once('='));
    let found = fields.into_iter().find(|(own, _)| *own == name);
    unescape(found.expect("the form has the field").1)
}

fn unescape(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        if let (b'%', [high, low, after @ ..]) = (first, tail) {
            let digits = [*high, *low];
            bytes.push(u8::from_str_radix(str::from_utf8(&digits).unwrap(), 16).unwrap());
            rest = after;
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

/// A clock that stands still until [`World::run`] moves it to the next moment somebody waits for.
#[derive(Default)]
pub(crate) struct ManualClock {
    state: Mutex<ClockState>,
}

#[derive(Default)]
struct ClockState {
    passed: Duration,
    sleepers: BTreeMap<(Duration, u64), Waker>,
    slept: u64,
}

impl ManualClock {
    pub(crate) fn seconds(&self) -> f64 {
        self.state.lock().unwrap().passed.as_secs_f64()
    }

    /// Moves to the next deadline; false if there is none.
    fn advance(&self) -> bool {
        let mut state = self.state.lock().unwrap();
        let Some((&(deadline, _), _)) = state.sleepers.first_key_value() else {
            return false;
        };
        state.passed = state.passed.max(deadline);
        while let Some(entry) = state.sleepers.first_entry()
            && entry.key().0 <= deadline
        {
            entry.remove().wake();
        }
        true
    }
}

/// When every test world begins.
pub(crate) fn beginning() -> Timestamp {
    "2026-08-20T10:00:00Z".parse().unwrap()
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        beginning() + self.state.lock().unwrap().passed
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        let mut state = self.state.lock().unwrap();
        state.slept += 1;
        let key = (state.passed + duration, state.slept);
        Box::pin(Sleep { clock: self, key })
    }
}

struct Sleep<'a> {
    clock: &'a ManualClock,
    key: (Duration, u64),
}

impl Future for Sleep<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.clock.state.lock().unwrap();
        if state.passed >= self.key.0 {
            return Poll::Ready(());
        }
        state.sleepers.insert(self.key, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        self.clock.state.lock().unwrap().sleepers.remove(&self.key);
    }
}
