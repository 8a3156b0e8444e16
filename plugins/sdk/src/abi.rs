//! How the contract's types lie in a component's memory: the canonical ABI, for [`crate::contract`].
//!
//! Generated glue writes out the reading of a value wherever one occurs, eleven kilobytes for a
//! mapping row alone, and reads all rows before it calls the rule. Here each type is read by one
//! function, and rows are read one at a time into the same place. What generated glue would have
//! assured, a test does: that [`Type`] of each type is the one in `wit/rules.wit`.

#![cfg_attr(
    not(target_family = "wasm"),
    expect(
        dead_code,
        reason = "only the types are looked at where there is no component"
    )
)]
#![expect(
    unsafe_code,
    reason = "what the host has put into memory, and where it finds the answer, are addresses"
)]

#[cfg(test)]
mod tests;

use std::{
    alloc::{Layout, alloc, handle_alloc_error},
    iter, mem, ptr,
};

use crate::{
    capability::Level,
    contract::{
        Apply, Change, Context, Dependency, Description, Key, Mapped, MappingRow, MappingStage,
        MatchingStage, ObjectKind, Outcome, OutputDescription, Reason, Row, RulesetDescription,
        ScopingStage, SettingsError, Shape, Tenant, Value, Verdict,
    },
};

/// A type of the contract.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Type {
    Bool,
    U8,
    U32,
    S64,
    String,
    List(&'static Type),
    Option(&'static Type),
    Result(&'static Type, &'static Type),
    /// Fields in order.
    Record(&'static [(&'static str, Type)]),
    /// Cases in order, some with content.
    Variant(&'static [(&'static str, Option<Type>)]),
    Enum(&'static [&'static str]),
}

const fn max(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}

impl Type {
    pub(crate) const fn align(&self) -> usize {
        match self {
            Self::Bool | Self::U8 | Self::Enum(_) => 1,
            Self::U32 | Self::String | Self::List(_) => 4,
            Self::S64 => 8,
            Self::Option(content) => content.align(),
            Self::Result(ok, error) => max(ok.align(), error.align()),
            Self::Record(fields) => {
                let (mut align, mut at) = (1, 0);
                while at < fields.len() {
                    align = max(align, fields[at].1.align());
                    at += 1;
                }
                align
            }
            Self::Variant(cases) => {
                let (mut align, mut at) = (1, 0);
                while at < cases.len() {
                    if let Some(content) = &cases[at].1 {
                        align = max(align, content.align());
                    }
                    at += 1;
                }
                align
            }
        }
    }

    pub(crate) const fn size(&self) -> usize {
        let end = match self {
            Self::Bool | Self::U8 | Self::Enum(_) => 1,
            Self::U32 => 4,
            Self::S64 | Self::String | Self::List(_) => 8,
            Self::Option(content) => self.content() + content.size(),
            Self::Result(ok, error) => self.content() + max(ok.size(), error.size()),
            Self::Record(fields) => self.offset(fields.len()),
            Self::Variant(cases) => {
                let (mut size, mut at) = (0, 0);
                while at < cases.len() {
                    if let Some(content) = &cases[at].1 {
                        size = max(size, content.size());
                    }
                    at += 1;
                }
                self.content() + size
            }
        };
        end.next_multiple_of(self.align())
    }

    /// Returns where a record's field begins; for one past the last field, where that ends.
    pub(crate) const fn offset(&self, field: usize) -> usize {
        let Self::Record(fields) = self else {
            panic!("only a record has fields")
        };
        let (mut end, mut at) = (0, 0);
        while at < fields.len() {
            let start = usize::next_multiple_of(end, fields[at].1.align());
            if at == field {
                return start;
            }
            end = start + fields[at].1.size();
            at += 1;
        }
        end
    }

    /// Returns where the content of a variant begins: after the case, which takes one byte.
    pub(crate) const fn content(&self) -> usize {
        self.align()
    }
}

/// Something that can be read from memory and written to it.
pub(crate) trait Abi: Sized {
    /// What the contract calls it.
    const TYPE: Type;

    /// Reads it.
    ///
    /// # Safety
    ///
    /// The host has put one there, and nobody has read it yet: texts move.
    unsafe fn load(at: *const u8) -> Self;

    /// Writes it, and what belongs to it elsewhere.
    ///
    /// # Safety
    ///
    /// There is room for one.
    unsafe fn store(self, at: *mut u8);
}

macro_rules! numbers {
    ($($number:ty = $type:ident)*) => {$(
        impl Abi for $number {
            const TYPE: Type = Type::$type;

            unsafe fn load(at: *const u8) -> Self {
                // SAFETY: as the caller vouches; the contract aligns it.
                unsafe { at.cast::<Self>().read() }
            }

            unsafe fn store(self, at: *mut u8) {
                // SAFETY: likewise.
                unsafe { at.cast::<Self>().write(self) }
            }
        }
    )*};
}

numbers! { u8 = U8  u32 = U32  i64 = S64 }

impl Abi for bool {
    const TYPE: Type = Type::Bool;

    unsafe fn load(at: *const u8) -> Self {
        // SAFETY: as the caller vouches.
        unsafe { at.read() != 0 }
    }

    unsafe fn store(self, at: *mut u8) {
        // SAFETY: likewise.
        unsafe { at.write(u8::from(self)) }
    }
}

/// Reads where something begins and how many of it there are.
///
/// # Safety
///
/// The host has put an address and a count there.
#[inline(always)]
pub(crate) unsafe fn load_place(at: *const u8) -> (*mut u8, usize) {
    // SAFETY: as the caller vouches.
    let (address, count) = unsafe { (u32::load(at), u32::load(at.add(4))) };
    (
        ptr::with_exposed_provenance_mut(address as usize),
        count as usize,
    )
}

/// Writes where something begins and how many of it there are.
///
/// # Safety
///
/// There is room for both.
#[inline(always)]
pub(crate) unsafe fn store_place(place: *mut u8, count: usize, at: *mut u8) {
    let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    // SAFETY: as the caller vouches.
    unsafe {
        narrow(place.expose_provenance()).store(at);
        narrow(count).store(at.add(4));
    }
}

/// Returns room for so many of a type, which nobody gives back.
pub(crate) fn room<T: Abi>(count: usize) -> *mut u8 {
    room_for(count * const { T::TYPE.size() }, const { T::TYPE.align() })
}

fn room_for(size: usize, align: usize) -> *mut u8 {
    let layout = Layout::from_size_align(size, align).expect("a list that fits into memory");
    if size == 0 {
        return ptr::without_provenance_mut(align);
    }
    // SAFETY: the size is not zero.
    let room = unsafe { alloc(layout) };
    if room.is_null() {
        handle_alloc_error(layout);
    }
    room
}

impl Abi for String {
    const TYPE: Type = Type::String;

    #[inline(always)]
    unsafe fn load(at: *const u8) -> Self {
        // SAFETY: the host has asked the allocator for as many bytes, and filled them with UTF-8.
        unsafe {
            let (place, length) = load_place(at);
            if length == 0 {
                return Self::new();
            }
            Self::from_raw_parts(place, length, length)
        }
    }

    #[inline(always)]
    unsafe fn store(self, at: *mut u8) {
        let mut text = mem::ManuallyDrop::new(self);
        // SAFETY: as the caller vouches.
        unsafe { store_place(text.as_mut_ptr(), text.len(), at) }
    }
}

/// Reads a list to the end of another one.
///
/// # Safety
///
/// As for [`Abi::load`] of the list.
#[inline(always)]
pub(crate) unsafe fn load_onto<T: Abi>(list: &mut Vec<T>, at: *const u8) {
    // SAFETY: the host has put as many items there.
    unsafe {
        let (place, count) = load_place(at);
        list.extend((0..count).map(|index| T::load(place.add(index * const { T::TYPE.size() }))));
    }
}

impl<T: Abi> Abi for Vec<T> {
    const TYPE: Type = Type::List(&T::TYPE);

    unsafe fn load(at: *const u8) -> Self {
        let mut list = Self::new();
        // SAFETY: as the caller vouches.
        unsafe { load_onto(&mut list, at) };
        list
    }

    unsafe fn store(self, at: *mut u8) {
        let list = mem::ManuallyDrop::new(self);
        let room = room::<T>(list.len());
        // SAFETY: there is room for each item, and each is read once from a list that is not dropped.
        unsafe {
            store_place(room, list.len(), at);
            for index in 0..list.len() {
                let item = list.as_ptr().add(index).read();
                item.store(room.add(index * const { T::TYPE.size() }));
            }
        }
    }
}

impl<T: Abi> Abi for Option<T> {
    const TYPE: Type = Type::Option(&T::TYPE);

    unsafe fn load(at: *const u8) -> Self {
        // SAFETY: as the caller vouches.
        unsafe { (at.read() != 0).then(|| T::load(at.add(const { Self::TYPE.content() }))) }
    }

    unsafe fn store(self, at: *mut u8) {
        // SAFETY: as the caller vouches.
        unsafe {
            at.write(u8::from(self.is_some()));
            if let Some(content) = self {
                content.store(at.add(const { Self::TYPE.content() }));
            }
        }
    }
}

impl<T: Abi, E: Abi> Abi for Result<T, E> {
    const TYPE: Type = Type::Result(&T::TYPE, &E::TYPE);

    unsafe fn load(at: *const u8) -> Self {
        // SAFETY: as the caller vouches.
        unsafe {
            let content = at.add(const { Self::TYPE.content() });
            match at.read() {
                0 => Ok(T::load(content)),
                _ => Err(E::load(content)),
            }
        }
    }

    unsafe fn store(self, at: *mut u8) {
        // SAFETY: as the caller vouches.
        unsafe {
            at.write(u8::from(self.is_err()));
            let content = at.add(const { Self::TYPE.content() });
            match self {
                Ok(value) => value.store(content),
                Err(error) => error.store(content),
            }
        }
    }
}

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

/// Reads a row in place of another one, whose texts stay where they are.
///
/// # Safety
///
/// As for [`Abi::load`] of a row.
pub(crate) unsafe fn load_row(row: &mut Row, at: *const u8) {
    // SAFETY: a record's fields are where the contract says; the list lets go of what it had.
    unsafe {
        row.source.set_len(0);
        load_onto(&mut row.source, at);
        load_target(row, at);
    }
}

/// Reads the target of a row in place of another one.
///
/// # Safety
///
/// As for [`load_row`].
#[inline(always)]
unsafe fn load_target(row: &mut Row, at: *const u8) {
    const TARGET: usize = Row::TYPE.offset(1);
    const VALUES: usize = TARGET + Option::<Vec<Value>>::TYPE.content();
    // SAFETY: a record's fields are where the contract says; the list lets go of what it had.
    unsafe {
        if at.add(TARGET).read() == 0 {
            row.target = None;
        } else {
            let target = row.target.get_or_insert_default();
            target.set_len(0);
            load_onto(target, at.add(VALUES));
        }
    }
}

/// The values of a mapping row where the host has put them.
pub(crate) struct SourceValues {
    place: *const u8,
    count: usize,
}

/// Reads a mapping row in place of another one: of its source the columns that are `seen`, the others
/// are absent. Returns all of its source as it is in memory.
///
/// # Safety
///
/// As for [`Abi::load`] of a mapping row.
#[inline(always)]
pub(crate) unsafe fn load_mapping_row(
    row: &mut MappingRow,
    seen: &[u32],
    at: *const u8,
) -> SourceValues {
    const EARLIER: usize = MappingRow::TYPE.offset(1);
    let MappingRow { row, earlier } = row;
    // SAFETY: a record's fields are where the contract says, a row is a mapping row's first; the
    // lists let go of what they had.
    unsafe {
        let (place, count) = load_place(at);
        if row.source.len() != count {
            row.source = iter::repeat_with(|| Value::Absent).take(count).collect();
        }
        for &position in seen {
            let position = position as usize;
            if let Some(value) = row.source.get_mut(position) {
                ptr::write(value, Value::load(place.add(position * VALUE)));
            }
        }
        load_target(row, at);
        earlier.set_len(0);
        load_onto(earlier, at.add(EARLIER));
        SourceValues { place, count }
    }
}

const VALUE: usize = Value::TYPE.size();

impl SourceValues {
    /// Returns whether there is a value at this position, or nothing where there is no column.
    ///
    /// # Safety
    ///
    /// The values are still where the host has put them.
    #[inline(always)]
    pub(crate) unsafe fn is_present(&self, position: u32) -> Option<bool> {
        let position = position as usize;
        // SAFETY: the host has put as many values there, and the case of each comes first.
        (position < self.count)
            .then(|| unsafe { self.place.add(position * VALUE).read() != Value::ABSENT })
    }
}

impl Value {
    /// The case without a value.
    const ABSENT: u8 = 0;
}

/// Writes an outcome that writes these changes.
///
/// # Safety
///
/// There is room for an outcome, and the changes are in place.
#[inline(always)]
pub(crate) unsafe fn store_mapped(
    shape: Option<Shape>,
    changes: *mut u8,
    count: usize,
    at: *mut u8,
) {
    const MAPPED: usize = Outcome::TYPE.content();
    const CHANGES: usize = MAPPED + Mapped::TYPE.offset(1);
    // SAFETY: the case comes first, its content where the contract says.
    unsafe {
        at.write(0);
        shape.store(at.add(MAPPED));
        store_place(changes, count, at.add(CHANGES));
    }
}
