//! How a call to Graph is carried out: who calls, what it costs, which fault it meets, how long it
//! takes. The items of a batch go the same way, one by one.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use crate::clock::error_time;
use crate::error::GraphError;
use crate::exchange::{Call, Content, Reply};
use crate::fault::{Drop as Loss, Fault, Subject};
use crate::permissions;
use crate::routes::{self, Context, batch};
use crate::simulator::{Simulator, State};
use crate::stats::kind_of;
use crate::tenant::app::App;
use crate::throttle;

/// An authenticated app and the tenant its token is for.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) tenant: usize,
    pub(crate) app: App,
}

/// A write under way; counted until it is answered or its caller hangs up.
struct InFlight<'a> {
    simulator: &'a Simulator,
    tenant: usize,
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.simulator.state().tenants[self.tenant].stats.landed();
    }
}

impl Simulator {
    /// Answers a call that came over HTTP.
    pub(crate) async fn enter_graph(&self, call: &Call) -> Reply {
        match self.authenticate(call) {
            Ok(caller) => self.process(&caller, call).await,
            Err(error) => self.finish(call, Err(error)),
        }
    }

    fn authenticate(&self, call: &Call) -> Result<Caller, GraphError> {
        let unauthorized = |message: &str| {
            GraphError::new(
                StatusCode::UNAUTHORIZED,
                "InvalidAuthenticationToken",
                message,
            )
            .with_header("www-authenticate", "Bearer")
        };
        let Some(token) = call
            .header("authorization")
            .and_then(|header| header.strip_prefix("Bearer "))
            .map(str::trim)
            .filter(|token| !token.is_empty())
        else {
            return Err(unauthorized("Access token is empty."));
        };
        let now = self.now();
        let state = self.state();
        for (index, tenant) in state.tenants.iter().enumerate() {
            if let Some(app) = tenant.bearer(token, now) {
                return Ok(Caller {
                    tenant: index,
                    app: app?,
                });
            }
        }
        Err(unauthorized(
            "IDX14100: JWT is not well formed, there are no dots (.).",
        ))
    }

    /// Carries out one call: alone, as a batch, or as an item of one.
    pub(crate) async fn process(&self, caller: &Caller, call: &Call) -> Reply {
        let is_batch = call.segments.first().is_some_and(|word| word == "$batch");
        let writes = call.writes() && !is_batch;
        let (fault, pause) = self.begin(caller, call, writes);
        let in_flight = writes.then_some(InFlight {
            simulator: self,
            tenant: caller.tenant,
        });
        // Half the time passes before the request is carried out and half after, so that a caller
        // that is killed meanwhile may or may not have written.
        wait(pause / 2).await;
        let loss = fault.as_ref().and_then(|fault| fault.drop);
        let failure = match (&fault, loss) {
            (Some(fault), None) => fault.failure(),
            (_, Some(Loss::Before)) => Some(Ok(broken_off())),
            _ => None,
        };
        let result = match failure {
            Some(failure) => failure,
            None if is_batch => batch::answer(self, caller, call).await,
            None => self.perform(caller, call),
        };
        wait(pause - pause / 2).await;
        let result = match (&fault, loss) {
            (Some(fault), Some(Loss::After)) => fault.lost(),
            (_, Some(Loss::Close)) => Ok(broken_off()),
            // A refusal is cut as well: by then it is an answer like another.
            (_, Some(Loss::Within)) => Ok(cut(self.finish(call, result))),
            _ => result,
        };
        let reply = self.finish(call, result);
        self.state().tenants[caller.tenant]
            .stats
            .answered(reply.status.as_u16());
        std::mem::drop(in_flight);
        reply
    }

    fn begin(&self, caller: &Caller, call: &Call, writes: bool) -> (Option<Fault>, Duration) {
        let mut state = self.state();
        let State {
            tenants,
            faults,
            sky,
            chance,
            ..
        } = &mut *state;
        let tenant = &mut tenants[caller.tenant];
        tenant
            .stats
            .begin(call.method.as_str(), &kind_of(&call.segments), writes);
        let asked = faults.meet(Subject {
            tenant_name: &tenant.name,
            tenant_id: &tenant.id,
            method: call.method.as_str(),
            target: &call.target(),
            body: &call.body,
        });
        // What was asked for comes before what comes by itself.
        let fault = asked.or_else(|| sky.meet());
        let drawn_ms = self.settings().latency.map_or(0, |latency| {
            chance.between(
                u64::from(latency.shortest_ms),
                u64::from(latency.longest_ms),
            )
        });
        let fault_ms = fault
            .as_ref()
            .and_then(|fault| fault.latency_ms)
            .map_or(0, u64::from);
        if fault.is_some() {
            tenant.stats.faults += 1;
        }
        (fault, Duration::from_millis(drawn_ms + fault_ms))
    }

    fn perform(&self, caller: &Caller, call: &Call) -> Result<Reply, GraphError> {
        let now = self.now();
        let mut state = self.state();
        let State {
            tenants, ids, sky, ..
        } = &mut *state;
        let tenant = &mut tenants[caller.tenant];
        tenant.directory.purge_expired(now);
        let cost = throttle::cost(call);
        let users = tenant.directory.count(crate::schema::Kind::User);
        let admitted =
            tenant
                .throttle
                .admit(&caller.app.client_id, &tenant.id, users, cost, now)?;
        permissions::judge(call, &caller.app.roles)?;
        let mut context = Context {
            tenant,
            roles: &caller.app.roles,
            ids,
            sky,
            seal: self.seal(),
            now,
        };
        let mut reply = routes::answer(call, &mut context)?;
        if call.writes() {
            context.tenant.stats.writes_succeeded += 1;
        }
        reply
            .headers
            .push(("x-ms-resource-unit", cost.resource_units.to_string()));
        // Said from 80 % on (graph.md 8.3).
        if admitted.used >= 800 {
            let used = admitted.used.min(1_800);
            reply.headers.push((
                "x-ms-throttle-limit-percentage",
                format!("{}.{:02}", used / 1_000, used % 1_000 / 10),
            ));
        }
        Ok(reply)
    }

    /// Makes an answer of a result: the ids of the request, and a refusal's body.
    fn finish(&self, call: &Call, result: Result<Reply, GraphError>) -> Reply {
        let request_id = self.state().ids.id();
        let client_id = call.header("client-request-id").map(str::to_owned);
        let mut reply = match result {
            Ok(reply) => reply,
            Err(error) => {
                let inner = json!({
                    "date": error_time(self.now()),
                    "request-id": request_id,
                    "client-request-id": client_id.as_deref().unwrap_or(&request_id),
                });
                Reply {
                    status: error.status,
                    headers: error.headers.clone(),
                    content: Content::Json(error.body(inner)),
                }
            }
        };
        reply.headers.push(("request-id", request_id));
        let wanted = call
            .header("return-client-request-id")
            .is_some_and(|wanted| wanted.eq_ignore_ascii_case("true"));
        if let Some(client_id) = client_id.filter(|_| wanted) {
            reply.headers.push(("client-request-id", client_id));
        }
        reply
            .headers
            .push(("x-ms-ags-diagnostic", diagnostic().to_string()));
        reply
    }
}

fn diagnostic() -> Value {
    json!({ "ServerInfo": {
        "DataCenter": "Simulated",
        "Slice": "E",
        "Ring": "1",
        "ScaleUnit": "000",
        "RoleInstance": "SIM00000000",
    } })
}

fn broken_off() -> Reply {
    Reply {
        status: StatusCode::OK,
        headers: Vec::new(),
        content: Content::BrokenOff,
    }
}

/// Returns an answer that breaks off in the middle; one without a body breaks off at once.
fn cut(reply: Reply) -> Reply {
    let text = match reply.content {
        Content::Json(body) => body.to_string(),
        Content::Other(_, text) => text,
        Content::Nothing | Content::BrokenOff | Content::CutOff(_) => return broken_off(),
    };
    let mut middle = text.len() / 2;
    while !text.is_char_boundary(middle) {
        middle -= 1;
    }
    Reply {
        status: reply.status,
        headers: Vec::new(),
        content: Content::CutOff(text[..middle].to_owned()),
    }
}

async fn wait(pause: Duration) {
    if !pause.is_zero() {
        tokio::time::sleep(pause).await;
    }
}
