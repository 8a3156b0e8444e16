//! Tuples of inputs, up to eight; a tuple may hold tuples.

use super::{At, Input, Reads};
use crate::contract::Reason;

impl Input for () {
    type Bound = ();
    type Seen<'r> = ();

    fn bind(self, _: &mut Reads) {}

    fn see<'r>((): &(), _: &At<'r>) -> Result<(), Reason> {
        Ok(())
    }
}

macro_rules! tuples {
    ($(($($input:ident $field:tt),+))*) => {$(
        impl<$($input: Input),+> Input for ($($input,)+) {
            type Bound = ($($input::Bound,)+);
            type Seen<'r> = ($($input::Seen<'r>,)+);
            const AFTER_JOIN: bool = $($input::AFTER_JOIN)||+;

            fn bind(self, reads: &mut Reads) -> Self::Bound {
                ($(self.$field.bind(reads),)+)
            }

            fn see<'r>(bound: &Self::Bound, at: &At<'r>) -> Result<Self::Seen<'r>, Reason> {
                Ok(($($input::see(&bound.$field, at)?,)+))
            }
        }
    )*};
}

tuples! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
}
