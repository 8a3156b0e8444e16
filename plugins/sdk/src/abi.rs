//! How the contract's types lie in a component's memory: the canonical ABI, for [`crate::contract`].
//!
//! Generated glue writes out the reading of a value wherever one occurs, eleven kilobytes for a
//! mapping row alone, and reads all rows before it calls the rule. Here each type is read by one
//! function, and rows are read one at a time into the same place. What generated glue would have
//! assured, a test does: that [`Type`] of each type is the one in `wit/rules.wit`.
//!
//! - here: what a type is, and the types that every contract has
//! - [`items`]: the records, variants and enums of ours
//! - [`rows`]: rows and outcomes, without reading what nobody looks at

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

mod items;
mod rows;
#[cfg(test)]
mod tests;

use std::{
    alloc::{Layout, alloc, handle_alloc_error},
    mem, ptr,
};

#[cfg(target_family = "wasm")]
pub(crate) use rows::{SourceValues, load_mapping_row, load_row, store_mapped};

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
