//! The glue between a rule and the contract, in components only.
//!
//! An instance is configured once, by the first call that it gets, and keeps the rule for the calls
//! that follow. Rows are read, decided and answered one by one (see [`crate::abi`]).

#![expect(unsafe_code, reason = "the host calls with addresses, and is told one")]

/// What the module says of itself, from which a component is made: the world, with its types.
#[expect(missing_docs, reason = "generated from wit/rules.wit, which has them")]
pub mod world {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "rule",
        pub_export_macro: true,
        default_bindings_module: "::syncline_sdk::component::world",
        skip: ["configure", "decide", "keys", "apply", "lookup", "write"],
    });
}

use std::{
    alloc::{GlobalAlloc, Layout, realloc},
    cell::Cell,
    mem::{self, ManuallyDrop},
    ptr,
};

use crate::{
    abi::{self, Abi, SourceValues},
    allocator::MEMORY,
    capability::Level,
    contract::{
        Change, Context, Description, Key, MappingRow, Outcome, Reason, Row, SettingsError, Verdict,
    },
    program::{
        Program,
        mapping::{BoundWish, Mapping, computed, missing},
    },
    rule::Rule,
};

thread_local! {
    static PROGRAM: Cell<Option<&'static Program>> = const { Cell::new(None) };
}

/// A panic ends the call in a trap, which says nothing of its own; this says where it was.
fn report_panics() {
    std::panic::set_hook(Box::new(|panic| write(Level::Error, &panic.to_string())));
}

/// Answers `configure`.
///
/// # Safety
///
/// The host has put the settings, a text, where it says.
pub unsafe fn configure<R: Rule>(settings: *mut u8, length: usize) -> *mut u8 {
    // SAFETY: as the caller vouches.
    unsafe { configure_by(settings, length, Program::configure::<R>) }
}

unsafe fn configure_by(
    settings: *mut u8,
    length: usize,
    configure: fn(&str) -> Result<Program, SettingsError>,
) -> *mut u8 {
    report_panics();
    // SAFETY: the host has asked the allocator for as many bytes, and filled them with UTF-8.
    let settings = match length {
        0 => String::new(),
        _ => unsafe { String::from_raw_parts(settings, length, length) },
    };
    answer::<Result<Description, SettingsError>>(match configure(&settings) {
        Ok(mut program) => {
            let description = program.take_description();
            PROGRAM.set(Some(Box::leak(Box::new(program))));
            Ok(description)
        }
        Err(error) => Err(error),
    })
}

/// Puts an answer where the host finds it.
fn answer<T: Abi>(answer: T) -> *mut u8 {
    let room = abi::room::<T>(1);
    // SAFETY: there is room for one.
    unsafe { answer.store(room) };
    room
}

/// Answers `decide`.
///
/// # Safety
///
/// The host has put a context and rows where it says.
pub unsafe fn decide(arguments: *const u8) -> *mut u8 {
    // SAFETY: as the caller vouches.
    unsafe {
        stage::<Row, Verdict>(arguments, |program, context, places| {
            let part = program.part(context)?;
            let mut row = ManuallyDrop::new(Row::default());
            for (from, to) in places {
                abi::load_row(&mut row, from);
                part.verdict(context, &row).store(to);
            }
            Ok(())
        })
    }
}

/// Answers `keys`.
///
/// # Safety
///
/// The host has put a context and rows where it says.
pub unsafe fn keys(arguments: *const u8) -> *mut u8 {
    // SAFETY: as the caller vouches.
    unsafe {
        stage::<Row, Result<Vec<Key>, Reason>>(arguments, |program, context, places| {
            let part = program.part(context)?;
            let mut row = ManuallyDrop::new(Row::default());
            for (from, to) in places {
                abi::load_row(&mut row, from);
                part.keys(context, &row).store(to);
            }
            Ok(())
        })
    }
}

/// Answers `apply`.
///
/// # Safety
///
/// The host has put a context and mapping rows where it says.
pub unsafe fn apply(arguments: *const u8) -> *mut u8 {
    // SAFETY: as the caller vouches.
    unsafe {
        stage::<MappingRow, Outcome>(arguments, |program, context, places| {
            let mapping = program.mapping(context)?;
            let constants = constants(mapping);
            let mut row = ManuallyDrop::new(MappingRow::default());
            for (from, to) in places {
                let values = abi::load_mapping_row(&mut row, &mapping.seen, from);
                match mapping.shape(context, &row) {
                    Ok(shape) => {
                        let changes = changes(mapping, context, &row, &values, constants);
                        abi::store_mapped(shape, changes, mapping.wishes.len(), to);
                    }
                    Err(outcome) => outcome.store(to),
                }
            }
            Ok(())
        })
    }
}

const CHANGE: usize = Change::TYPE.size();

/// Writes down the constants of a mapping, each at the place of its output.
fn constants(mapping: &Mapping) -> *const u8 {
    let room = abi::room::<Change>(mapping.wishes.len());
    for (index, wish) in mapping.wishes.iter().enumerate() {
        if let BoundWish::Constant(change) = wish {
            // SAFETY: there is room for as many changes as wishes.
            unsafe { change.clone().store(room.add(index * CHANGE)) }
        }
    }
    room
}

/// Writes down the changes of a row. What is only copied, which is most of it, is named by its
/// column, and the host knows the value.
///
/// # Safety
///
/// The values are those of the row, and the constants those of the mapping.
#[inline(always)]
unsafe fn changes(
    mapping: &Mapping,
    context: &Context,
    row: &MappingRow,
    values: &SourceValues,
    constants: *const u8,
) -> *mut u8 {
    let joined = row.row.target.is_some();
    let room = abi::room::<Change>(mapping.wishes.len());
    for (index, wish) in mapping.wishes.iter().enumerate() {
        // SAFETY: there is room for as many changes as wishes, and as many places of constants.
        unsafe {
            let to = room.add(index * CHANGE);
            match wish {
                BoundWish::Copy { position, absent } => match values.is_present(*position) {
                    Some(true) => Change::Same(*position).store(to),
                    Some(false) => absent.change(joined).store(to),
                    None => Change::Refuse(missing(*position)).store(to),
                },
                BoundWish::Constant(_) => {
                    ptr::copy_nonoverlapping(constants.add(index * CHANGE), to, CHANGE);
                }
                BoundWish::Computed(step) => computed(step, context, row, index).store(to),
            }
        }
    }
    room
}

/// Has a stage answer its rows. `arguments` is a context and a list.
///
/// # Safety
///
/// The host has put both there.
unsafe fn stage<Asked: Abi, Answer: Abi>(
    arguments: *const u8,
    answer_rows: impl FnOnce(&Program, &Context, Places) -> Result<(), Reason>,
) -> *mut u8 {
    const ROWS: usize = Context::TYPE.size();
    // SAFETY: as the caller vouches.
    let (context, (asked, count)) = unsafe {
        (
            Context::load(arguments),
            abi::load_place(arguments.add(ROWS)),
        )
    };
    let answers = abi::room::<Answer>(count);
    let places = Places {
        asked: (asked, const { Asked::TYPE.size() }),
        answers: (answers, const { Answer::TYPE.size() }),
        left: count,
    };
    let answered = match PROGRAM.get() {
        Some(program) => answer_rows(program, &context, places),
        None => Err(Reason::new(
            "NotConfigured",
            "the host has not configured the rule",
        )),
    };
    mem::forget(context);
    let room = abi::room::<Result<Vec<Answer>, Reason>>(1);
    let content = const { Result::<Vec<Answer>, Reason>::TYPE.content() };
    // SAFETY: there is room for a result.
    unsafe {
        room.write(u8::from(answered.is_err()));
        match answered {
            Ok(()) => abi::store_place(answers, count, room.add(content)),
            Err(reason) => reason.store(room.add(content)),
        }
    }
    room
}

/// Where each row is, and where its answer goes.
struct Places {
    asked: (*const u8, usize),
    answers: (*mut u8, usize),
    left: usize,
}

impl Iterator for Places {
    type Item = (*const u8, *mut u8);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let places = (self.asked.0, self.answers.0);
        self.asked.0 = self.asked.0.wrapping_add(self.asked.1);
        self.answers.0 = self.answers.0.wrapping_add(self.answers.1);
        Some(places)
    }
}

/// Gives the host room for what it wants to put into memory.
///
/// # Safety
///
/// The host asks as the canonical ABI says.
#[inline(always)]
pub unsafe fn allocate(old: *mut u8, old_size: usize, align: usize, size: usize) -> *mut u8 {
    if size == 0 {
        return ptr::without_provenance_mut(align);
    }
    // SAFETY: the host names an alignment of the contract's types, and what it was given before.
    let room = unsafe {
        if old_size == 0 {
            MEMORY.alloc(Layout::from_size_align_unchecked(size, align))
        } else {
            realloc(
                old,
                Layout::from_size_align_unchecked(old_size, align),
                size,
            )
        }
    };
    if room.is_null() {
        no_room(size)
    }
    room
}

#[cold]
fn no_room(size: usize) -> ! {
    panic!("no room for {size} bytes")
}

#[link(wasm_import_module = "syncline:rules/tables@1.0.0")]
unsafe extern "C" {
    #[link_name = "lookup"]
    fn imported_lookup(
        table: *const u8,
        table_length: usize,
        key: *const u8,
        key_length: usize,
        answer: *mut u8,
    );
}

#[link(wasm_import_module = "syncline:rules/log@1.0.0")]
unsafe extern "C" {
    #[link_name = "write"]
    fn imported_write(level: u32, message: *const u8, length: usize);
}

/// Looks into a table.
pub(crate) fn lookup(table: &str, key: &str) -> Option<Vec<String>> {
    let answer = abi::room::<Option<Vec<String>>>(1);
    // SAFETY: the host reads both texts, and puts its answer where there is room for it.
    unsafe {
        imported_lookup(table.as_ptr(), table.len(), key.as_ptr(), key.len(), answer);
        Abi::load(answer)
    }
}

/// Writes to the log.
pub(crate) fn write(level: Level, message: &str) {
    // SAFETY: the host reads the text.
    unsafe { imported_write(level as u32, message.as_ptr(), message.len()) }
}
