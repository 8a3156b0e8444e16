//! Write a Syncline rule: implement [`Rule`], call [`export!`], get a component.
//!
//! A rule decides who is in scope, who is the same person on the other side, and what each
//! attribute becomes. It is pure: it sees the rows that it is given, the client's own tables and
//! nothing else, and the same row gives the same answer whatever else is asked.
//!
//! ```
//! use syncline_sdk::{
//!     Change, Column, NoSettings, Nulls, ObjectKind, Rule, Ruleset, SettingsError, Shape,
//!     TargetTenant, Verdict, column::Text, compute, constant, copy,
//! };
//!
//! const CITY: Column<Text> = Column::text("city");
//! const DEPARTMENT: Column<Text> = Column::text("department");
//! const MAIL: Column<Text> = Column::text("mail");
//!
//! struct Harbour;
//!
//! impl Rule for Harbour {
//!     type Settings = NoSettings;
//!     const NAME: &str = "harbour";
//!     const VERSION: &str = "1.0.0";
//!     const SUMMARY: &str = "Brings the harbour's people over";
//!
//!     fn rulesets(_: Self::Settings) -> Result<Vec<Ruleset>, SettingsError> {
//!         let users = Ruleset::of(ObjectKind::User)
//!             .scope(DEPARTMENT, |department| match department {
//!                 Some("Visitors") => Verdict::out("Visitor", "visitors are not brought over"),
//!                 _ => Verdict::InScope,
//!             })
//!             .key(0, "mail", MAIL, |mail| mail.map(str::to_owned))
//!             .shape(Shape::ExternalMember)
//!             .outputs([
//!                 copy(CITY, Nulls::Clear),
//!                 constant("companyName", "Harbour"),
//!                 compute("department", (DEPARTMENT, TargetTenant), |(department, tenant)| {
//!                     match department {
//!                         Some(name) => Change::set(format!("{} {name}", tenant.display_name)),
//!                         None => Change::Keep,
//!                     }
//!                 }),
//!             ]);
//!         Ok(vec![users])
//!     }
//! }
//!
//! syncline_sdk::export!(Harbour);
//! # let rule = syncline_sdk::native::configure::<Harbour>("").unwrap();
//! # assert_eq!(rule.description().rulesets[0].reads, ["department", "mail", "city"]);
//! ```
//!
//! Where to start: [`Ruleset`] for what can be decided, [`input`] for what it can be decided from,
//! [`output`] for what can be written, [`testing`] for trying a rule on a person.
//!
//! What it never does: reach the network, a file or a clock. There is no way to from a component.

#[cfg(any(test, target_family = "wasm"))]
mod abi;
#[cfg(target_family = "wasm")]
mod allocator;
pub mod capability;
pub mod column;
#[cfg(target_family = "wasm")]
#[doc(hidden)]
pub mod component;
pub mod contract;
pub mod input;
pub mod native;
pub mod output;
mod program;
mod rule;
mod ruleset;
mod settings;
mod step;
#[cfg(not(target_family = "wasm"))]
pub mod testing;

pub use capability::{Level, log};
pub use column::Column;
pub use contract::{
    Apply, Change, Context, Description, Key, ObjectKind, Outcome, Reason, SettingsError, Shape,
    Tenant, Value, Verdict,
};
pub use input::{Earlier, Job, Joined, Now, SourceTenant, Table, TargetTenant};
pub use output::{Absent, Nulls, Output, compute, constant, copy};
pub use program::Program;
pub use rule::Rule;
pub use ruleset::Ruleset;
pub use settings::NoSettings;

/// Makes a component of a rule. Built for the author's machine it does nothing, so that tests need
/// no WebAssembly.
#[macro_export]
macro_rules! export {
    ($rule:ty) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            use $crate::component::{self, world};

    world::export!(Exported with_types_in world);
            struct Exported;

            #[unsafe(export_name = "syncline:rules/manifest@1.0.0#configure")]
            unsafe extern "C" fn configure(settings: *mut u8, length: usize) -> *mut u8 {
                // SAFETY: only the host calls this, and does as the contract says.
                unsafe { component::configure::<$rule>(settings, length) }
            }

            #[unsafe(export_name = "syncline:rules/scoping@1.0.0#decide")]
            unsafe extern "C" fn decide(arguments: *const u8) -> *mut u8 {
                // SAFETY: likewise.
                unsafe { component::decide(arguments) }
            }

            #[unsafe(export_name = "syncline:rules/matching@1.0.0#keys")]
            unsafe extern "C" fn keys(arguments: *const u8) -> *mut u8 {
                // SAFETY: likewise.
                unsafe { component::keys(arguments) }
            }

            #[unsafe(export_name = "syncline:rules/mapping@1.0.0#apply")]
            unsafe extern "C" fn apply(arguments: *const u8) -> *mut u8 {
                // SAFETY: likewise.
                unsafe { component::apply(arguments) }
            }

            #[unsafe(export_name = "cabi_realloc")]
            unsafe extern "C" fn allocate(
                old: *mut u8,
                old_size: usize,
                align: usize,
                size: usize,
            ) -> *mut u8 {
                // SAFETY: likewise.
                unsafe { component::allocate(old, old_size, align, size) }
            }
        };
    };
}
