//! The records, variants and enums of the contract.

use super::{Abi, Type};
use crate::{
    capability::Level,
    contract::{
        Apply, Change, Context, Dependency, Description, Key, Mapped, MappingRow, MappingStage,
        MatchingStage, ObjectKind, Outcome, OutputDescription, Reason, Row, RulesetDescription,
        ScopingStage, SettingsError, Shape, Tenant, Value, Verdict,
    },
};

/// Fields and cases are numbered in the order in which they are listed.
macro_rules! in_order {
    ($($index:literal)*) => {
        const _: () = {
            let mut next = 0;
            $(
                assert!($index == next);
                next += 1;
            )*
            _ = next;
        };
    };
}

macro_rules! records {
    ($($(#[$inline:meta])? $record:ident {
        $($index:literal $field:ident: $type:ty = $name:literal,)*
    })*) => {$(
        in_order!($($index)*);

        impl Abi for $record {
            const TYPE: Type = Type::Record(&[$(($name, <$type as Abi>::TYPE)),*]);

            $(#[$inline])?
            unsafe fn load(at: *const u8) -> Self {
                // SAFETY: a record's fields are where the contract says.
                unsafe {
                    Self {
                        $($field: <$type>::load(at.add(const { Self::TYPE.offset($index) })),)*
                    }
                }
            }

            $(#[$inline])?
            unsafe fn store(self, at: *mut u8) {
                // SAFETY: likewise.
                unsafe {
                    $(self.$field.store(at.add(const { Self::TYPE.offset($index) }));)*
                }
            }
        }
    )*};
}

records! {
    #[inline(always)]
    Reason { 0 code: String = "code", 1 text: String = "text", }
    Tenant {
        0 id: String = "id",
        1 display_name: String = "display-name",
        2 initial_domain: String = "initial-domain",
        3 default_domain: String = "default-domain",
        4 verified_domains: Vec<String> = "verified-domains",
    }
    Context {
        0 job: String = "job",
        1 kind: ObjectKind = "kind",
        2 now: Option<String> = "now",
        3 source: Tenant = "source",
        4 target: Tenant = "target",
    }
    Row { 0 source: Vec<Value> = "source", 1 target: Option<Vec<Value>> = "target", }
    OutputDescription {
        0 attribute: String = "attribute",
        1 apply: Apply = "apply",
        2 inputs: Vec<Dependency> = "inputs",
    }
    ScopingStage { 0 inputs: Vec<Dependency> = "inputs", }
    MatchingStage {
        0 attributes: Vec<String> = "attributes",
        1 inputs: Vec<Dependency> = "inputs",
    }
    MappingStage {
        0 inputs: Vec<Dependency> = "inputs",
        1 outputs: Vec<OutputDescription> = "outputs",
        2 gives_shape: bool = "gives-shape",
        3 unseen: Vec<u32> = "unseen",
    }
    RulesetDescription {
        0 kind: ObjectKind = "kind",
        1 reads: Vec<String> = "reads",
        2 target_reads: Vec<String> = "target-reads",
        3 scoping: Option<ScopingStage> = "scoping",
        4 matching: Option<MatchingStage> = "matching",
        5 mapping: Option<MappingStage> = "mapping",
    }
    Description {
        0 name: String = "name",
        1 version: String = "version",
        2 summary: String = "summary",
        3 rulesets: Vec<RulesetDescription> = "rulesets",
    }
    SettingsError { 0 path: String = "path", 1 message: String = "message", }
    Key { 0 attribute: u32 = "attribute", 1 value: String = "value", 2 tier: u8 = "tier", }
    Mapped { 0 shape: Option<Shape> = "shape", 1 changes: Vec<Change> = "changes", }
    MappingRow { 0 row: Row = "row", 1 earlier: Vec<Change> = "earlier", }
}

macro_rules! variants {
    ($($(#[$inline:meta])? $variant:ident {
        $($index:literal $case:ident $(($content:ident: $type:ty))? = $name:literal,)*
    })*) => {$(
        in_order!($($index)*);

        impl Abi for $variant {
            const TYPE: Type = Type::Variant(&[
                $(($name, variants!(@content $($type)?))),*
            ]);

            $(#[$inline])?
            unsafe fn load(at: *const u8) -> Self {
                // SAFETY: the case comes first, its content where the contract says.
                unsafe {
                    let content = at.add(const { Self::TYPE.content() });
                    match at.read() {
                        $($index => Self::$case $((<$type>::load(content)))?,)*
                        _ => unknown_case(),
                    }
                }
            }

            $(#[$inline])?
            unsafe fn store(self, at: *mut u8) {
                // SAFETY: likewise.
                unsafe {
                    let place = at.add(const { Self::TYPE.content() });
                    match self {
                        $(Self::$case $(($content))? => {
                            at.write($index);
                            $($content.store(place);)?
                        })*
                    }
                    _ = place;
                }
            }
        }
    )*};
    (@content) => { None };
    (@content $type:ty) => { Some(<$type as Abi>::TYPE) };
}

variants! {
    #[inline(always)]
    Value {
        0 Absent = "absent",
        1 Text(text: String) = "text",
        2 Boolean(boolean: bool) = "boolean",
        3 Integer(integer: i64) = "integer",
        4 Texts(texts: Vec<String>) = "texts",
        5 Reference(id: String) = "reference",
        6 References(ids: Vec<String>) = "references",
        7 Withheld = "withheld",
    }
    Dependency {
        0 Source(position: u32) = "source",
        1 Target(position: u32) = "target",
        2 Table(name: String) = "table",
        3 Time = "time",
    }
    Verdict {
        0 InScope = "in-scope",
        1 OutOfScope(reason: Reason) = "out-of-scope",
        2 Hold(reason: Reason) = "hold",
    }
    Change {
        0 Keep = "keep",
        1 Clear = "clear",
        2 Set(value: Value) = "set",
        3 Same(position: u32) = "same",
        4 FirstFree(values: Vec<Value>) = "first-free",
        5 Refuse(reason: Reason) = "refuse",
    }
    Outcome {
        0 Write(mapped: Mapped) = "write",
        1 Skip(reason: Reason) = "skip",
        2 Hold(reason: Reason) = "hold",
    }
}

macro_rules! enums {
    ($($enum:ident { $($index:literal $case:ident = $name:literal,)* })*) => {$(
        in_order!($($index)*);

        impl Abi for $enum {
            const TYPE: Type = Type::Enum(&[$($name),*]);

            unsafe fn load(at: *const u8) -> Self {
                // SAFETY: as the caller vouches.
                match unsafe { at.read() } {
                    $($index => Self::$case,)*
                    _ => unknown_case(),
                }
            }

            unsafe fn store(self, at: *mut u8) {
                let case = match self {
                    $(Self::$case => $index,)*
                };
                // SAFETY: as the caller vouches.
                unsafe { at.write(case) }
            }
        }
    )*};
}

enums! {
    ObjectKind { 0 User = "user", 1 Group = "group", 2 Contact = "contact", }
    Apply {
        0 Always = "always",
        1 OnCreate = "on-create",
        2 WhenEmpty = "when-empty",
        3 ReportOnly = "report-only",
    }
    Shape {
        0 InternalMember = "internal-member",
        1 ExternalMember = "external-member",
        2 Guest = "guest",
        3 Contact = "contact",
        4 SecurityGroup = "security-group",
        5 UnifiedGroup = "unified-group",
    }
    Level { 0 Debug = "debug", 1 Info = "info", 2 Warn = "warn", 3 Error = "error", }
}

#[cold]
fn unknown_case() -> ! {
    panic!("the host has checked each case against the contract")
}
