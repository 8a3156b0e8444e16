//! Inputs: what a computation may see.
//!
//! A computation is given what it named and nothing else, so what it declares to depend on is what
//! it depends on. An input is a [`Column`], a [`TargetColumn`], one of the words of this module, or
//! a tuple of inputs.
//!
//! What is known only once the row is joined cannot be asked for before:
//!
//! ```compile_fail
//! use syncline_sdk::{Column, ObjectKind, Ruleset, Verdict, column::Text};
//!
//! const CITY: Column<Text> = Column::text("city");
//! let users = Ruleset::of(ObjectKind::User).scope(CITY.in_target(), |_| Verdict::InScope);
//! ```

mod tuple;

use std::borrow::Cow;

use crate::{
    capability,
    column::{Column, Kind, TargetColumn},
    contract::{Change, Context, Dependency, Reason, Tenant, Value},
};

/// Something that a computation may see.
pub trait Input: 'static {
    /// The input once its positions are known.
    type Bound: 'static;
    /// What the computation sees.
    type Seen<'r>;
    /// Whether this can be seen only once the row is joined.
    const AFTER_JOIN: bool = false;

    /// Declares the input and finds its position.
    fn bind(self, reads: &mut Reads) -> Self::Bound;

    /// Returns what there is to see.
    ///
    /// # Errors
    ///
    /// Where the host gave a value of another sort than the column's.
    fn see<'r>(bound: &Self::Bound, at: &At<'r>) -> Result<Self::Seen<'r>, Reason>;
}

/// Where a computation stands: one row and what surrounds it.
pub struct At<'r> {
    pub(crate) context: &'r Context,
    pub(crate) source: &'r [Value],
    pub(crate) target: Option<&'r [Value]>,
    pub(crate) earlier: Option<&'r Change>,
}

/// The columns of a ruleset as they are being declared, and the dependencies of one computation.
#[derive(Default)]
pub struct Reads {
    pub(crate) source: Vec<String>,
    pub(crate) target: Vec<String>,
    dependencies: Vec<Dependency>,
}

impl Reads {
    /// Returns what the inputs that were bound since the last time depend on.
    pub(crate) fn take_dependencies(&mut self) -> Vec<Dependency> {
        std::mem::take(&mut self.dependencies)
    }

    /// Finds the position of a source column.
    #[inline(never)]
    pub(crate) fn source(&mut self, name: Cow<'static, str>) -> BoundColumn {
        let position = position(&mut self.source, &name);
        self.depend(Dependency::Source(position));
        BoundColumn { position, name }
    }

    /// Finds the position of a target column.
    #[inline(never)]
    fn target(&mut self, name: Cow<'static, str>) -> BoundColumn {
        let position = position(&mut self.target, &name);
        self.depend(Dependency::Target(position));
        BoundColumn { position, name }
    }

    fn depend(&mut self, dependency: Dependency) {
        if !self.dependencies.contains(&dependency) {
            self.dependencies.push(dependency);
        }
    }
}

/// Returns the position of a name, which is added where it is new.
pub(crate) fn position(names: &mut Vec<String>, name: &str) -> u32 {
    let found = names
        .iter()
        .position(|known| known == name)
        .unwrap_or_else(|| {
            names.push(name.to_owned());
            names.len() - 1
        });
    u32::try_from(found).expect("a ruleset has fewer than 2^32 columns")
}

fn see_value<'r, K: Kind>(
    column: &BoundColumn,
    values: &'r [Value],
) -> Result<K::Seen<'r>, Reason> {
    let value = values.get(column.position as usize);
    value
        .and_then(K::see)
        .ok_or_else(|| column.unexpected(value, K::NAME))
}

/// A column whose position in the row is known.
pub struct BoundColumn {
    pub(crate) position: u32,
    name: Cow<'static, str>,
}

impl BoundColumn {
    #[cold]
    #[inline(never)]
    fn unexpected(&self, value: Option<&Value>, kind: &str) -> Reason {
        let found = value.map_or("no value at all", Value::kind);
        let Self { name, .. } = self;
        Reason::new(
            "UnexpectedType",
            format!("{name} is {found}, it is read as {kind}"),
        )
    }
}

impl<K: Kind> Input for Column<K> {
    type Bound = BoundColumn;
    type Seen<'r> = K::Seen<'r>;

    fn bind(self, reads: &mut Reads) -> BoundColumn {
        reads.source(self.name)
    }

    fn see<'r>(bound: &BoundColumn, at: &At<'r>) -> Result<K::Seen<'r>, Reason> {
        see_value::<K>(bound, at.source)
    }
}

impl<K: Kind> Input for TargetColumn<K> {
    type Bound = BoundColumn;
    /// Nothing where the row has no target.
    type Seen<'r> = Option<K::Seen<'r>>;
    const AFTER_JOIN: bool = true;

    fn bind(self, reads: &mut Reads) -> BoundColumn {
        reads.target(self.0.name)
    }

    fn see<'r>(bound: &BoundColumn, at: &At<'r>) -> Result<Self::Seen<'r>, Reason> {
        at.target
            .map(|values| see_value::<K>(bound, values))
            .transpose()
    }
}

/// Whether the row has a target, seen as `bool`.
pub struct Joined;

impl Input for Joined {
    type Bound = ();
    type Seen<'r> = bool;
    const AFTER_JOIN: bool = true;

    fn bind(self, _: &mut Reads) {}

    fn see<'r>((): &(), at: &At<'r>) -> Result<bool, Reason> {
        Ok(at.target.is_some())
    }
}

/// What earlier layers decided for this very attribute, seen as `Option<&Change>`.
pub struct Earlier;

impl Input for Earlier {
    type Bound = ();
    type Seen<'r> = Option<&'r Change>;
    const AFTER_JOIN: bool = true;

    fn bind(self, _: &mut Reads) {}

    fn see<'r>((): &(), at: &At<'r>) -> Result<Option<&'r Change>, Reason> {
        Ok(at.earlier)
    }
}

/// The time of the run, RFC 3339 in UTC. What depends on it is decided anew in each run.
pub struct Now;

impl Input for Now {
    type Bound = ();
    type Seen<'r> = &'r str;

    fn bind(self, reads: &mut Reads) {
        reads.depend(Dependency::Time);
    }

    fn see<'r>((): &(), at: &At<'r>) -> Result<&'r str, Reason> {
        at.context
            .now
            .as_deref()
            .ok_or_else(|| Reason::new("TimeMissing", "the host gave no time, though it is read"))
    }
}

/// The tenant that rows come from.
pub struct SourceTenant;

impl Input for SourceTenant {
    type Bound = ();
    type Seen<'r> = &'r Tenant;

    fn bind(self, _: &mut Reads) {}

    fn see<'r>((): &(), at: &At<'r>) -> Result<&'r Tenant, Reason> {
        Ok(&at.context.source)
    }
}

/// The tenant that rows go to.
pub struct TargetTenant;

impl Input for TargetTenant {
    type Bound = ();
    type Seen<'r> = &'r Tenant;

    fn bind(self, _: &mut Reads) {}

    fn see<'r>((): &(), at: &At<'r>) -> Result<&'r Tenant, Reason> {
        Ok(&at.context.target)
    }
}

/// The job's name, seen as `&str`.
pub struct Job;

impl Input for Job {
    type Bound = ();
    type Seen<'r> = &'r str;

    fn bind(self, _: &mut Reads) {}

    fn see<'r>((): &(), at: &At<'r>) -> Result<&'r str, Reason> {
        Ok(&at.context.job)
    }
}

/// One of the client's own tables, by name, seen as a [`Lookup`].
///
/// The project gives a job its tables as CSV files. The first field of a line is its key, the others
/// are what a look-up answers; keys are compared as they are written. A table that a rule names and
/// the job does not give is refused when rules are activated, and a changed table has rows decided anew.
///
/// ```
/// use syncline_sdk::{Change, Column, Table, column::Text, compute};
///
/// const OFFICE: Column<Text> = Column::text("officeLocation");
///
/// // sites.csv: office,country,usageLocation
/// let country = compute("usageLocation", (Table("sites"), OFFICE), |(sites, office)| {
///     match office.map(|office| sites.fields(office)) {
///         Some(Ok(Some([_, location]))) => Change::set(location),
///         Some(Err(reason)) => Change::Refuse(reason),
///         _ => Change::refuse("UnknownSite", "the office is not in the table of sites"),
///     }
/// });
/// # assert_eq!(country.attribute(), "usageLocation");
/// ```
pub struct Table(pub &'static str);

/// A table that can be looked into.
#[derive(Clone, Copy)]
pub struct Lookup(&'static str);

impl Lookup {
    /// Returns the fields of the line with this key, however many there are.
    pub fn get(self, key: &str) -> Option<Vec<String>> {
        capability::lookup(self.0, key)
    }

    /// Returns the first field of the line with this key, for tables of a key and a value.
    pub fn value(self, key: &str) -> Option<String> {
        self.get(key)?.into_iter().next()
    }

    /// Returns the fields of the line with this key, for tables of so many fields beside the key.
    ///
    /// # Errors
    ///
    /// Where the line has another number of fields; the reason names the table and both numbers.
    pub fn fields<const COUNT: usize>(self, key: &str) -> Result<Option<[String; COUNT]>, Reason> {
        let Some(fields) = self.get(key) else {
            return Ok(None);
        };
        fields.try_into().map(Some).map_err(|fields: Vec<String>| {
            let (name, found) = (self.0, fields.len());
            Reason::new(
                "UnexpectedTable",
                format!("table {name} has {found} fields beside the key, {COUNT} are read"),
            )
        })
    }
}

impl Input for Table {
    type Bound = Lookup;
    type Seen<'r> = Lookup;

    fn bind(self, reads: &mut Reads) -> Lookup {
        reads.depend(Dependency::Table(self.0.to_owned()));
        Lookup(self.0)
    }

    fn see<'r>(bound: &Lookup, _: &At<'r>) -> Result<Lookup, Reason> {
        Ok(*bound)
    }
}
