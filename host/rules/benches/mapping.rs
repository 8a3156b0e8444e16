//! What the sandbox costs: the default rules as a component against the same rules compiled natively.
//!
//! `cargo xtask bench [ROUNDS]`. Both sides get the same 512 rows a call and make the same answers of
//! them, which is checked before anything is timed. Rounds alternate between the sides, so that
//! whatever else the machine does hits both, and the median of the rounds counts.
//!
//! The sandboxed call is `Generation::map`: it borrows the host's rows, copies them into the
//! component, and returns the host's own outcomes, judged. The SDK natively takes rows that it may
//! keep, so what is compared depends on where it starts:
//!
//! - *rows to outcomes*: as the sandboxed call, from the host's borrowed rows to the host's outcomes.
//!   What the rules look at is copied for them, what they name is copied into the outcome, so that
//!   each text is copied once. This is what a host without a sandbox would run, and what is held
//!   against the bound.
//! - *moved rows*: from rows that were copied whole before and that the outcomes may be made of. No
//!   boundary can come near, since hardly a text is copied.
//!
//! Freeing the outcomes is outside on all sides.

use std::{
    error::Error,
    io::Write,
    path::Path,
    time::{Duration, Instant},
};

use syncline_directory::{
    AttributeName, Change, JobName, ObjectKind, Outcome, Output, PluginName, Reason, RuleDecision,
    Shape, Tenant, Value,
};
use syncline_entra_default::EntraDefault;
use syncline_rules::{
    Compiling, Context, Generation, LayerSpec, Limits, MappingRow, RulesEngine, Tables,
};
use syncline_sdk::{Program, contract, native};

const BATCH: usize = 512;
const BATCHES: usize = 16;
const ROUNDS: usize = 25;
const KIND: ObjectKind = ObjectKind::User;

/// The sandboxed call may take this many times what the native one does.
const RATIO_MAX: f64 = 2.0;

fn main() -> Result<(), Box<dyn Error>> {
    // Cargo adds `--bench`.
    let rounds = std::env::args().skip(1).find_map(|word| word.parse().ok());
    let rounds: usize = rounds.unwrap_or(ROUNDS).max(1);

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/entra-default.wasm");
    let bytes = std::fs::read(path)?;
    let engine = RulesEngine::new(Limits::default(), Compiling::InProcess)?;
    let mut admitting = Vec::new();
    for _ in 0..rounds.min(9) {
        let start = Instant::now();
        engine.admit(&bytes)?;
        admitting.push(start.elapsed());
    }
    let layer = LayerSpec {
        plugin: PluginName::new("entra-default"),
        component: engine.admit(&bytes)?,
        settings: serde_json::Value::Null,
        overrides: Vec::new(),
    };
    let generation = Generation::assemble(&engine, vec![layer], Tables::default())?;
    let context = context();
    let rows: Vec<MappingRow> = (0..BATCH * BATCHES)
        .map(|number| row(generation.source_columns(KIND), number))
        .collect();
    let native = Native::new(&generation, &context)?;

    let owned: Vec<contract::MappingRow> =
        rows.iter().map(|row| native.owned(row, false)).collect();
    for batch in rows.chunks(BATCH) {
        if generation.map(&context, batch) != native.map(batch)? {
            return Err("the component and the native rules answer differently".into());
        }
    }

    let mut times = [const { Vec::new() }; 4];
    for _ in 0..rounds {
        let mut round = [Duration::ZERO; 4];
        for (batch, owned) in rows.chunks(BATCH).zip(owned.chunks(BATCH)) {
            let ([sandboxed, to_outcomes, moved, single], mut batch_owned) =
                (&mut round, owned.to_vec());
            timed(sandboxed, || generation.map(&context, batch));
            timed(to_outcomes, || native.map(batch));
            timed(moved, || native.map_moved(&mut batch_owned));
            timed(single, || generation.map(&context, &batch[..1]));
        }
        for (times, time) in times.iter_mut().zip(round) {
            times.push(time);
        }
    }

    let [sandboxed, to_outcomes, moved, single] =
        times.map(|times| Spread::of(times).map(|time| time * 1e6));
    let each = |spread: Spread| spread.map(|time| time / count(BATCH * BATCHES));
    let sandboxed = each(sandboxed);
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "default rules, {} columns, {} outputs; {BATCH} rows a call, {} rows, {rounds} rounds; median (quartiles)",
        generation.source_columns(KIND).len(),
        generation.writes(KIND).len(),
        rows.len()
    )?;
    writeln!(out, "sandboxed               {sandboxed} us an object")?;
    for (name, native) in [
        ("native, rows to outcomes", to_outcomes),
        ("native, moved rows      ", moved),
    ] {
        let native = each(native);
        let ratio = sandboxed.median / native.median;
        writeln!(out, "{name} {native} us an object, ratio {ratio:.2}")?;
    }
    let ratio = sandboxed.median / each(to_outcomes).median;
    writeln!(
        out,
        "ratio {ratio:.2}, at most {RATIO_MAX} is allowed: {}",
        if ratio <= RATIO_MAX { "met" } else { "missed" }
    )?;
    writeln!(
        out,
        "a call for one row (instance, configure) {} us",
        single.map(|time| time / count(BATCHES))
    )?;
    writeln!(
        out,
        "component of {} bytes, admitted (checked, compiled, rehearsed) in {} ms",
        bytes.len(),
        Spread::of(admitting).map(|time| time * 1e3)
    )?;
    Ok(())
}

/// Adds the time that a call takes, without that of dropping its answer.
fn timed<T>(time: &mut Duration, call: impl FnOnce() -> T) {
    let start = Instant::now();
    let answer = std::hint::black_box(call());
    *time += start.elapsed();
    drop(answer);
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

/// The middle and the quartiles of some times.
#[derive(Clone, Copy)]
struct Spread {
    low: f64,
    median: f64,
    high: f64,
}

impl Spread {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |quarter: usize| times[(times.len() - 1) * quarter / 4].as_secs_f64();
        Self {
            low: at(1),
            median: at(2),
            high: at(3),
        }
    }

    fn map(self, change: impl Fn(f64) -> f64) -> Self {
        Self {
            low: change(self.low),
            median: change(self.median),
            high: change(self.high),
        }
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { low, median, high } = self;
        write!(formatter, "{median:6.2} ({low:.2} to {high:.2})")
    }
}

/// The rules without a sandbox, in the place of the generation.
struct Native {
    program: Program,
    context: contract::Context,
    /// For each column of the rule, its place in the host's rows.
    columns: Vec<usize>,
    /// Whether the rules look at it.
    seen: Vec<bool>,
    /// What the host's outcomes look like, and for each output of the rule, its place in them.
    outputs: Vec<Output>,
    slots: Vec<usize>,
}

impl Native {
    fn new(generation: &Generation, context: &Context) -> Result<Self, Box<dyn Error>> {
        let program = native::configure::<EntraDefault>("").map_err(|error| error.message)?;
        let mut rulesets = program.description().rulesets.iter();
        let rules = rulesets
            .find(|rules| rules.kind == contract::ObjectKind::User)
            .ok_or("the default rules have none for users")?;
        let stage = rules.mapping.as_ref().ok_or("they map nothing")?;
        let place = |names: &[AttributeName], name: &str| {
            let place = names.iter().position(|known| known.as_str() == name);
            place.ok_or_else(|| format!("the generation does not know {name}"))
        };
        let source = generation.source_columns(KIND);
        let columns = rules.reads.iter().map(|name| place(source, name));
        let columns = columns.collect::<Result<_, _>>()?;
        let seen = (0..).take(rules.reads.len()).map(|column| {
            let inputs = stage.outputs.iter().flat_map(|output| &output.inputs);
            let mut inputs = inputs.chain(&stage.inputs);
            inputs.any(|input| *input == contract::Dependency::Source(column))
                && !stage.unseen.contains(&column)
        });
        let seen = seen.collect();
        let writes = generation.writes(KIND);
        let slots = stage
            .outputs
            .iter()
            .map(|output| place(&writes, &output.attribute));
        let slots: Vec<usize> = slots.collect::<Result<_, _>>()?;
        let mut outputs: Vec<Output> = writes
            .iter()
            .map(|attribute| Output {
                attribute: attribute.clone(),
                apply: syncline_directory::Apply::Always,
                change: Change::Keep,
            })
            .collect();
        for (output, &slot) in stage.outputs.iter().zip(&slots) {
            if output.apply == contract::Apply::OnCreate {
                outputs[slot].apply = syncline_directory::Apply::OnCreate;
            }
        }
        let tenant = |tenant: &Tenant| contract::Tenant {
            id: tenant.id.clone(),
            display_name: tenant.display_name.clone(),
            initial_domain: tenant.initial_domain.clone(),
            default_domain: tenant.default_domain.clone(),
            verified_domains: tenant.verified_domains.clone(),
        };
        let context = contract::Context::new(
            context.job.as_str(),
            contract::ObjectKind::User,
            tenant(&context.source),
            tenant(&context.target),
        );
        Ok(Self {
            program,
            context,
            columns,
            seen,
            outputs,
            slots,
        })
    }

    /// Returns a row that the rules may keep, with all values or with those that they look at.
    fn owned(&self, row: &MappingRow, seen_only: bool) -> contract::MappingRow {
        let value = |(&column, &seen): (&usize, &bool)| match &row.source[column] {
            Value::Absent => contract::Value::Absent,
            _ if seen_only && !seen => contract::Value::Withheld,
            Value::Text(text) => contract::Value::Text(text.clone()),
            Value::Boolean(boolean) => contract::Value::Boolean(*boolean),
            Value::Integer(integer) => contract::Value::Integer(*integer),
            Value::Texts(texts) => contract::Value::Texts(texts.clone()),
            Value::Reference(id) => contract::Value::Reference(id.clone()),
            Value::References(ids) => contract::Value::References(ids.clone()),
        };
        contract::MappingRow {
            row: contract::Row {
                source: self.columns.iter().zip(&self.seen).map(value).collect(),
                target: row.target.as_ref().map(|_| Vec::new()),
            },
            earlier: Vec::new(),
        }
    }

    /// Asks the rules.
    fn answer(&self, rows: &[contract::MappingRow]) -> Result<Vec<contract::Outcome>, String> {
        native::map(&self.program, &self.context, rows).map_err(|reason| reason.text)
    }

    /// Does what the generation does.
    fn map(&self, rows: &[MappingRow]) -> Result<Vec<Outcome>, String> {
        let owned: Vec<_> = rows.iter().map(|row| self.owned(row, true)).collect();
        let outcomes = self.answer(&owned)?.into_iter().zip(rows);
        Ok(outcomes
            .map(|(outcome, row)| {
                self.outcome(outcome, |position| {
                    row.source[self.columns[position]].clone()
                })
            })
            .collect())
    }

    /// Does the same, with outcomes made of what the rows have.
    fn map_moved(&self, rows: &mut [contract::MappingRow]) -> Result<Vec<Outcome>, String> {
        let outcomes = self.answer(rows)?.into_iter().zip(rows);
        Ok(outcomes
            .map(|(outcome, row)| {
                let source = &mut row.row.source;
                self.outcome(outcome, |position| {
                    host_value(std::mem::take(&mut source[position]))
                })
            })
            .collect())
    }

    fn outcome(&self, outcome: contract::Outcome, mut same: impl FnMut(usize) -> Value) -> Outcome {
        let mapped = match outcome {
            contract::Outcome::Write(mapped) => mapped,
            contract::Outcome::Skip(reason) => return Outcome::Skip(host_reason(reason)),
            contract::Outcome::Hold(reason) => return Outcome::Hold(host_reason(reason)),
        };
        let mut outputs = self.outputs.clone();
        for (change, &slot) in mapped.changes.into_iter().zip(&self.slots) {
            outputs[slot].change = match change {
                contract::Change::Keep => Change::Keep,
                contract::Change::Clear => Change::Clear,
                contract::Change::Set(value) => Change::Set(host_value(value)),
                contract::Change::Same(position) => Change::Set(same(position as usize)),
                contract::Change::FirstFree(values) => {
                    Change::FirstFree(values.into_iter().map(host_value).collect())
                }
                contract::Change::Refuse(reason) => Change::Refuse(host_reason(reason)),
            };
        }
        let shape = match mapped.shape {
            Some(contract::Shape::ExternalMember) => Shape::ExternalMember,
            _ => Shape::Guest,
        };
        Outcome::Write(RuleDecision { shape, outputs })
    }
}

fn host_reason(reason: contract::Reason) -> Reason {
    Reason::new(reason.code, reason.text)
}

fn host_value(value: contract::Value) -> Value {
    match value {
        contract::Value::Absent | contract::Value::Withheld => Value::Absent,
        contract::Value::Text(text) => Value::Text(text),
        contract::Value::Boolean(boolean) => Value::Boolean(boolean),
        contract::Value::Integer(integer) => Value::Integer(integer),
        contract::Value::Texts(texts) => Value::texts(texts),
        contract::Value::Reference(id) => Value::Reference(id),
        contract::Value::References(ids) => Value::references(ids),
    }
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
        kind: KIND,
        now: "2026-11-23T10:00:00Z".to_owned(),
        source: tenant("contoso"),
        target: tenant("fabrikam"),
    }
}

/// Returns a person as directories have them: most attributes set, some of them on some people only.
fn row(columns: &[AttributeName], number: usize) -> MappingRow {
    let pick = |list: &[&'static str]| list[number % list.len()];
    let given = pick(&[
        "Alice",
        "Zofia",
        "Jörg",
        "Anna-Karin",
        "Bo",
        "Chidinma",
        "Li",
    ]);
    let last = pick(&[
        "Doe",
        "Łukasik",
        "Müller",
        "Lindström",
        "Okonkwo",
        "Wang",
        "van der Berg",
        "Ito",
        "Fernández",
        "Nguyen",
        "Smith",
    ]);
    let alias = format!("person{number:06}");
    let one_in = |count: usize| number.is_multiple_of(count);
    let value = |name: &AttributeName| match name.as_str() {
        "accountEnabled" => Value::Boolean(!one_in(9)),
        "businessPhones" if !one_in(3) => {
            Value::texts([format!("+1 425 555 {:04}", number % 10_000)])
        }
        "city" => Value::text(pick(&["Redmond", "Gdańsk", "København", "São Paulo"])),
        "country" => Value::text(pick(&["United States", "Polska", "Danmark", "Brasil"])),
        "department" => Value::text(pick(&[
            "Sales",
            "Research and Development",
            "Finance",
            "Legal",
            "Customer Success",
        ])),
        "displayName" => Value::text(format!("{given} {last}")),
        "employeeId" if !one_in(5) => Value::text(format!("{:06}", 100_000 + number)),
        "givenName" => Value::text(given),
        "jobTitle" => Value::text(pick(&[
            "Account Executive",
            "Engineer",
            "Controller",
            "Senior Counsel",
        ])),
        "mail" if !one_in(50) => Value::text(format!("{alias}@contoso.com")),
        "mailNickname" => Value::text(&alias),
        "manager" if !one_in(20) => {
            Value::Reference(format!("5f1a1f9e-0000-4000-8000-{:012}", number / 8))
        }
        "mobilePhone" if one_in(2) => Value::text(format!("+45 20 {:06}", number % 1_000_000)),
        "officeLocation" => Value::text(format!("{}/{}", number % 90, 1000 + number % 3000)),
        "postalCode" => Value::text(format!("{:05}", number % 100_000)),
        "preferredLanguage" if one_in(4) => Value::text("da-DK"),
        "state" if !one_in(4) => Value::text("WA"),
        "streetAddress" => Value::text(format!("{} Towne Center Dr.", number % 10_000)),
        "surname" => Value::text(last),
        "userPrincipalName" => Value::text(format!("{alias}@contoso.com")),
        "userType" => Value::text("Member"),
        _ => Value::Absent,
    };
    MappingRow {
        source: columns.iter().map(value).collect(),
        target: one_in(2).then(Vec::new),
    }
}
