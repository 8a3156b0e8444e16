//! Rows and outcomes, read and written in place.

use std::{iter, ptr};

use super::{Abi, load_onto, load_place, store_place};
use crate::contract::{Mapped, MappingRow, Outcome, Row, Shape, Value};

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
