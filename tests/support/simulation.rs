//! A whole run without a process, a socket or a moment of real time: the service itself, with a
//! simulator behind its transport, virtual time and chance from a seed.
//!
//! To be used in a runtime of one thread whose time is paused.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};
use syncline_directory::JobName;
use syncline_graph::{Clock, Outside, SeededRandomness, Transport, TransportError};
use syncline_service::{CycleReport, Mode, Project, Request, Service, ServiceError, Stop};
use syncline_simulator::{Settings, Simulator};
use syncline_store::{LogFilter, Store};
use tempfile::TempDir;
use tokio::time::Instant;
use tower::ServiceExt as _;

/// Where the tenants seem to be; nothing ever connects.
const ROOT: &str = "http://127.0.0.1:9";

/// The rules that a fresh project has.
const RULES: &[u8] = include_bytes!("../../plugins/entra-default.wasm");

/// The largest answer that is taken in.
const BODY_MAX: usize = 64 << 20;

/// When every simulation begins.
const START: &str = "2026-03-02T08:00:00Z";

/// A request and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exchange {
    /// When it was sent.
    pub(crate) sent: Timestamp,
    /// When it was answered.
    pub(crate) answered: Timestamp,
    /// The tenant: of a request for a token the one named, of any other the one of its token.
    pub(crate) tenant: String,
    /// Method, path and query.
    pub(crate) request: String,
    /// What was sent.
    pub(crate) body: String,
    /// How it was answered; 0 where it never was.
    pub(crate) status: u16,
    /// What was answered.
    pub(crate) answer: String,
    /// For how long Graph asked to be left alone.
    pub(crate) retry_after: Option<i64>,
}

impl Exchange {
    /// Returns how many writes it asks for.
    pub(crate) fn writes(&self) -> usize {
        if !self.request.contains("/$batch") {
            return 0;
        }
        let body: Json = serde_json::from_str(&self.body).expect("a batch is JSON");
        body["requests"]
            .as_array()
            .expect("a batch has requests")
            .len()
    }

    /// Whether it asks for a token.
    pub(crate) fn is_for_token(&self) -> bool {
        self.request.contains("/oauth2/")
    }
}

/// A service and the tenants around it.
pub(crate) struct Simulation {
    pub(crate) simulator: Simulator,
    service: Service,
    wire: Arc<Wire>,
    outside: Outside,
    events: Arc<Mutex<Vec<String>>>,
    folder: TempDir,
}

impl Simulation {
    /// Begins a simulation whose seed decides tenants and chance.
    pub(crate) fn begin(settings: Settings) -> Self {
        Self::begin_with(settings, "")
    }

    /// Begins a simulation with more settings of the target in its project file.
    pub(crate) fn begin_with(settings: Settings, target_settings: &str) -> Self {
        let start: Timestamp = START.parse().expect("an instant");
        let seed = settings.seed;
        let simulator = Simulator::new(Settings {
            start: Some(start),
            ..settings
        });
        simulator.bind_base_url(ROOT);
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        write_project(folder.path(), &simulator, target_settings);
        let clock = Arc::new(VirtualClock {
            start,
            began: Instant::now(),
        });
        let wire = Arc::new(Wire {
            router: simulator.router(),
            clock: clock.clone(),
            tokens: Mutex::default(),
            exchanges: Mutex::default(),
            forgets: AtomicBool::default(),
        });
        let outside = Outside {
            transport: wire.clone(),
            clock,
            randomness: Arc::new(SeededRandomness::new(seed)),
        };
        let events = Arc::default();
        let service = open(folder.path(), &outside, &events);
        Self {
            simulator,
            service,
            wire,
            outside,
            events,
            folder,
        }
    }

    /// Runs a cycle that ends after this long as a crash would end it, and opens the project again;
    /// true if the cycle was done before.
    pub(crate) async fn crash_after(&mut self, duration: Duration) -> bool {
        let ended = tokio::time::timeout(duration, self.cycle()).await.is_ok();
        self.reopen();
        ended
    }

    /// Returns the target's users by principal name, with what differs between any two runs taken
    /// out.
    pub(crate) async fn people(&self) -> BTreeMap<String, Json> {
        let request = http::Request::get(format!("{ROOT}/_simulator/tenants/fabrikam/objects"))
            .body(Body::empty())
            .expect("a request");
        let answer = self
            .simulator
            .router()
            .oneshot(request)
            .await
            .expect("never fails");
        let answer = to_bytes(answer.into_body(), BODY_MAX)
            .await
            .expect("an answer");
        let objects: Json = serde_json::from_slice(&answer).expect("JSON");
        let users = objects["users"].as_array().expect("a list of users");
        let text = |user: &Json, name: &str| user[name].as_str().unwrap_or_default().to_owned();
        // While deleted, a name carries the id in front.
        let name = |user: &Json| {
            let id = text(user, "id").replace('-', "");
            text(user, "userPrincipalName")
                .trim_start_matches(&id)
                .to_owned()
        };
        let names: BTreeMap<String, String> = users
            .iter()
            .map(|user| (text(user, "id"), name(user)))
            .collect();
        let people = users.iter().map(|user| {
            let mut person = user.clone();
            for varying in [
                "id",
                "userPrincipalName",
                "createdDateTime",
                "deletedDateTime",
                "externalUserStateChangeDateTime",
            ] {
                person[varying] = Json::Null;
            }
            person["managerId"] = json!(names.get(&text(user, "managerId")));
            (name(user), person)
        });
        people.collect()
    }

    /// Returns the source objects for which the log says that something was made.
    pub(crate) fn made(&self) -> Vec<String> {
        let filter = LogFilter {
            action: Some("create".to_owned()),
            status: Some("success".to_owned()),
            ..LogFilter::default()
        };
        let mut made = Vec::new();
        self.service
            .store()
            .read_log(&filter, |record| {
                made.push(record.source);
                true
            })
            .expect("the log can be read");
        made
    }

    /// Opens the project again, as it is written now.
    pub(crate) fn reopened(mut self) -> Self {
        self.reopen();
        self
    }

    fn reopen(&mut self) {
        // The lock dies with the service that holds it, so another folder's takes its place first.
        let elsewhere = tempfile::tempdir().expect("a temporary folder can be made");
        write_project(elsewhere.path(), &self.simulator, "");
        let placeholder = open(elsewhere.path(), &self.outside, &Arc::default());
        drop(std::mem::replace(&mut self.service, placeholder));
        self.service = open(self.folder.path(), &self.outside, &self.events);
    }

    /// Returns the project's folder.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns what is remembered.
    pub(crate) fn store(&self) -> &Store {
        self.service.store()
    }

    /// Writes nothing down any more of what passes, for long stories.
    pub(crate) fn forget(&self) {
        self.wire.forgets.store(true, Ordering::Relaxed);
        self.wire.exchanges.lock().expect("no panic").clear();
    }

    /// Keeps the jobs going and takes up changed rules until asked to stop.
    pub(crate) async fn run(&self, stop: Stop) -> Result<(), ServiceError> {
        self.service.run(stop).await
    }

    /// Runs one cycle.
    pub(crate) async fn cycle(&self) -> Result<CycleReport, ServiceError> {
        let (_switch, stop) = Stop::new();
        let request = Request {
            mode: Mode::Apply,
            cause: "simulation",
            activate: false,
        };
        self.service
            .cycle(&JobName::new("contoso-to-fabrikam"), request, &stop)
            .await
    }

    /// Makes chosen requests fail from now on.
    pub(crate) async fn fault(&self, fault: Json) {
        let request = http::Request::post(format!("{ROOT}/_simulator/faults"))
            .body(Body::from(fault.to_string()))
            .expect("a request");
        let answer = self
            .simulator
            .router()
            .oneshot(request)
            .await
            .expect("never fails");
        assert!(answer.status().is_success(), "the fault fits");
    }

    /// Returns every exchange so far.
    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.wire.exchanges.lock().expect("no panic").clone()
    }

    /// Returns everything that happened: what was sent and answered and when, what was told, and
    /// what was remembered in the log.
    pub(crate) fn trace(&self) -> Vec<String> {
        let exchanges = self.exchanges();
        let mut trace: Vec<String> = exchanges
            .iter()
            .map(|exchange| format!("{exchange:?}"))
            .collect();
        trace.extend(self.events.lock().expect("no panic").iter().cloned());
        self.service
            .store()
            .read_log(&LogFilter::default(), |record| {
                trace.push(format!("{record:?}"));
                true
            })
            .expect("the log can be read");
        trace
    }
}

/// Changes the project file in a folder.
pub(crate) fn edit_project(folder: &Path, edit: impl FnOnce(String) -> String) {
    let path = folder.join("syncline.toml");
    let text = std::fs::read_to_string(&path).expect("the project file can be read");
    std::fs::write(path, edit(text)).expect("the project file can be written");
}

fn open(folder: &Path, outside: &Outside, events: &Arc<Mutex<Vec<String>>>) -> Service {
    let told = events.clone();
    let project = Project::read(folder).expect("the project is right");
    let observer = Arc::new(move |event: &syncline_service::Event| {
        told.lock().expect("no panic").push(format!("{event:?}"));
    });
    let program = env!("CARGO_BIN_EXE_syncline").into();
    Service::open(project, outside.clone(), observer, program).expect("the service opens")
}

fn write_project(folder: &Path, simulator: &Simulator, target_settings: &str) {
    let mut text = String::new();
    for tenant in simulator.tenants() {
        write!(
            text,
            "[tenants.{name}]\ntenant-id = \"{id}\"\nclient-id = \"{client}\"\n\
             credential = {{ secret-file = \"{name}.secret\" }}\n\
             cloud = {{ graph = \"{ROOT}\", login = \"{ROOT}\" }}\n{more}\n",
            name = tenant.name,
            id = tenant.tenant_id,
            client = tenant.client_id,
            more = if tenant.name == "fabrikam" {
                target_settings
            } else {
                ""
            },
        )
        .expect("texts can be written");
        let secret = folder.join(format!("{}.secret", tenant.name));
        std::fs::write(secret, &tenant.client_secret).expect("a secret can be written");
    }
    text += "[jobs.contoso-to-fabrikam]\nsource = \"contoso\"\ntarget = \"fabrikam\"\n\
             every = \"5m\"\nusers = { scope = \"all\" }\nrules = [\"entra-default\"]\n";
    std::fs::create_dir(folder.join("plugins")).expect("a folder can be made");
    std::fs::write(folder.join("plugins/entra-default.wasm"), RULES).expect("rules are written");
    std::fs::write(folder.join("syncline.toml"), text).expect("the project is written");
}

/// Time that passes when everybody sleeps.
struct VirtualClock {
    start: Timestamp,
    began: Instant,
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        let passed = SignedDuration::try_from(self.began.elapsed()).expect("a short while");
        self.start + passed
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// The way to the simulator, which writes down what passes.
struct Wire {
    router: Router,
    clock: Arc<VirtualClock>,
    /// Tenants by their tokens.
    tokens: Mutex<BTreeMap<String, String>>,
    exchanges: Mutex<Vec<Exchange>>,
    forgets: AtomicBool,
}

impl Wire {
    fn tenant(&self, request: &http::Request<Bytes>) -> String {
        let path = request.uri().path();
        if let Some((tenant, _)) = path.trim_start_matches('/').split_once("/oauth2/") {
            return tenant.to_owned();
        }
        let token = request.headers()["authorization"]
            .to_str()
            .expect("a token is text");
        self.tokens.lock().expect("no panic")[token].clone()
    }

    async fn exchange(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let sent = self.clock.now();
        let tenant = self.tenant(&request);
        let line = format!("{} {}", request.method(), request.uri());
        let body = String::from_utf8_lossy(request.body()).into_owned();
        // Written down before it is answered, since a crash may come between.
        let place = {
            let mut exchanges = self.exchanges.lock().expect("no panic");
            exchanges.push(Exchange {
                sent,
                answered: sent,
                tenant: tenant.clone(),
                request: line,
                body,
                status: 0,
                answer: String::new(),
                retry_after: None,
            });
            exchanges.len() - 1
        };
        let response = self
            .router
            .clone()
            .oneshot(request.map(Body::from))
            .await
            .expect("never fails");
        let (parts, answer) = response.into_parts();
        let broken = |error: axum::Error| TransportError::Broken {
            host: "127.0.0.1".to_owned(),
            reason: error.to_string(),
        };
        let answer = to_bytes(answer, BODY_MAX).await.map_err(broken)?;
        let retry_after = parts.headers.get("retry-after");
        let mut exchanges = self.exchanges.lock().expect("no panic");
        let Some(exchange) = exchanges.get_mut(place) else {
            return Ok(http::Response::from_parts(parts, answer));
        };
        exchange.answered = self.clock.now();
        exchange.status = parts.status.as_u16();
        exchange.answer = String::from_utf8_lossy(&answer).into_owned();
        exchange.retry_after =
            retry_after.map(|text| text.to_str().expect("text").parse().expect("seconds"));
        if exchange.is_for_token() {
            let token: Json = serde_json::from_slice(&answer).unwrap_or_else(|_| json!({}));
            if let Some(token) = token["access_token"].as_str() {
                let mut tokens = self.tokens.lock().expect("no panic");
                tokens.insert(format!("Bearer {token}"), tenant);
            }
        }
        if self.forgets.load(Ordering::Relaxed) {
            exchanges.clear();
        }
        drop(exchanges);
        Ok(http::Response::from_parts(parts, answer))
    }
}

impl Transport for Wire {
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, TransportError>> {
        Box::pin(self.exchange(request))
    }
}
