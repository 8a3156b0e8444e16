//! Times the default rules in the sandbox against the same rules compiled natively, on the same rows.
//!
//! `cargo run --release -p syncline-rules --example mapping_time [ROUNDS]`: microseconds an object of
//! each, the best of the rounds, and their ratio. The native code is timed twice: given its rows to
//! keep, which it then moves into its answers, and given rows that it must copy, as the sandbox is.

use std::{
    error::Error,
    io::Write,
    path::Path,
    time::{Duration, Instant},
};

use syncline_directory::{
    AttributeName, JobName, ObjectKind, PluginName, Tenant, Value,
    schema::{self, AttributeType},
};
use syncline_entra_default::EntraDefault;
use syncline_rules::{Context, Generation, LayerSpec, Limits, MappingRow, RulesEngine, Tables};
use syncline_sdk::{contract, native};

const BATCH: usize = 512;
const ROWS: usize = BATCH * 20;

fn main() -> Result<(), Box<dyn Error>> {
    let rounds: usize = std::env::args()
        .nth(1)
        .map_or(Ok(15), |rounds| rounds.parse())?;
    let start = Instant::now();
    let generation = generation()?;
    let prepared = start.elapsed();
    let kind = ObjectKind::User;
    let context = context();
    let rows: Vec<MappingRow> = (0..ROWS)
        .map(|row| MappingRow {
            source: values(generation.source_columns(kind), row),
            target: (row % 2 == 0).then(|| values(generation.target_columns(kind), row)),
        })
        .collect();

    let program = native::configure::<EntraDefault>("").map_err(|error| error.message)?;
    let rules = program.description().rulesets.iter();
    let rules = rules
        .into_iter()
        .find(|rules| rules.kind == contract::ObjectKind::User);
    let rules = rules.ok_or("the default rules have none for users")?;
    let native_rows: Vec<contract::MappingRow> = rows
        .iter()
        .map(|row| contract::MappingRow {
            row: contract::Row {
                source: native_values(generation.source_columns(kind), &rules.reads, &row.source),
                target: row.target.as_ref().map(|target| {
                    native_values(generation.target_columns(kind), &rules.target_reads, target)
                }),
            },
            earlier: Vec::new(),
        })
        .collect();
    let tenant = |tenant: &Tenant| contract::Tenant {
        id: tenant.id.clone(),
        display_name: tenant.display_name.clone(),
        initial_domain: tenant.initial_domain.clone(),
        default_domain: tenant.default_domain.clone(),
        verified_domains: tenant.verified_domains.clone(),
    };
    let native_context = contract::Context::new(
        context.job.as_str(),
        contract::ObjectKind::User,
        tenant(&context.source),
        tenant(&context.target),
    );

    let mut sandboxed = Duration::MAX;
    let mut natively = Duration::MAX;
    let mut natively_copied = Duration::MAX;
    // Alternating, so that what else the machine does hits both.
    for _ in 0..rounds {
        let mut time = Duration::ZERO;
        for batch in rows.chunks(BATCH) {
            let start = Instant::now();
            let outcomes = generation.map(&context, batch);
            time += start.elapsed();
            drop(outcomes);
        }
        sandboxed = sandboxed.min(time);
        let mut time = Duration::ZERO;
        let mut time_copied = Duration::ZERO;
        for batch in native_rows.chunks(BATCH) {
            let start_copied = Instant::now();
            let owned = batch.to_vec();
            let start = Instant::now();
            let outcomes = native::map(&program, &native_context, owned);
            time += start.elapsed();
            time_copied += start_copied.elapsed();
            drop(outcomes.map_err(|reason| reason.text)?);
        }
        natively = natively.min(time);
        natively_copied = natively_copied.min(time_copied);
    }
    let each =
        |time: Duration| time.as_secs_f64() * 1e6 / f64::from(u32::try_from(ROWS).unwrap_or(1));
    writeln!(
        std::io::stdout(),
        "admitted and assembled in {} ms; {} columns, {} outputs: sandbox {:.2} us an object; native {:.2} us, ratio {:.1}; native with \
         copied rows {:.2} us, ratio {:.1}",
        prepared.as_millis(),
        generation.source_columns(kind).len(),
        generation.writes(kind).len(),
        each(sandboxed),
        each(natively),
        sandboxed.as_secs_f64() / natively.as_secs_f64(),
        each(natively_copied),
        sandboxed.as_secs_f64() / natively_copied.as_secs_f64()
    )?;
    Ok(())
}

fn generation() -> Result<Generation, Box<dyn Error>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/entra-default.wasm");
    let engine = RulesEngine::new(Limits::default())?;
    let layer = LayerSpec {
        plugin: PluginName::new("entra-default"),
        component: engine.admit(&std::fs::read(path)?)?,
        settings: serde_json::Value::Null,
        overrides: Vec::new(),
    };
    Ok(Generation::assemble(
        &engine,
        vec![layer],
        Tables::default(),
    )?)
}

fn context() -> Context {
    let tenant = |name: &str| Tenant {
        id: format!("5f1a1f9e-0000-4000-8000-{name:0>12}"),
        display_name: name.to_owned(),
        initial_domain: format!("{name}.onmicrosoft.com"),
        default_domain: format!("{name}.com"),
        verified_domains: vec![format!("{name}.com"), format!("{name}.onmicrosoft.com")],
    };
    Context {
        job: JobName::new("contoso-to-fabrikam"),
        kind: ObjectKind::User,
        now: "2026-11-23T10:00:00Z".to_owned(),
        source: tenant("contoso"),
        target: tenant("fabrikam"),
    }
}

fn values(columns: &[AttributeName], row: usize) -> Vec<Value> {
    let value = |name: &AttributeName| {
        let kind = schema::attribute(ObjectKind::User, name.as_str()).map(|known| known.kind);
        match (name.as_str(), kind) {
            ("userType", _) => Value::text("Member"),
            ("mail" | "userPrincipalName", _) => Value::text(format!("person{row}@contoso.com")),
            (_, Some(AttributeType::Boolean)) => Value::Boolean(true),
            (_, Some(AttributeType::Texts)) => Value::texts([
                format!("smtp:person{row}@contoso.com"),
                format!("SMTP:p{row}@c.de"),
            ]),
            (_, Some(AttributeType::Reference)) => {
                Value::Reference(format!("5f1a1f9e-0000-4000-8000-{row:012}"))
            }
            (name, _) => Value::text(format!("{name} {row}")),
        }
    };
    columns.iter().map(value).collect()
}

fn native_values(
    columns: &[AttributeName],
    wanted: &[String],
    values: &[Value],
) -> Vec<contract::Value> {
    let value = |name: &String| {
        let position = columns.iter().position(|column| column.as_str() == name);
        match position.map(|position| values[position].clone()) {
            None | Some(Value::Absent) => contract::Value::Absent,
            Some(Value::Text(text)) => contract::Value::Text(text),
            Some(Value::Boolean(boolean)) => contract::Value::Boolean(boolean),
            Some(Value::Integer(integer)) => contract::Value::Integer(integer),
            Some(Value::Texts(texts)) => contract::Value::Texts(texts),
            Some(Value::Reference(id)) => contract::Value::Reference(id),
            Some(Value::References(ids)) => contract::Value::References(ids),
        }
    };
    wanted.iter().map(value).collect()
}
