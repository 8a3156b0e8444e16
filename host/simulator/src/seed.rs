//! The only source of chance: a small generator whose whole state is its seed.
//!
//! Ids, names, shuffles and latencies come from here, so that two simulators with one seed and one
//! order of requests answer alike. It is SplitMix64: quick, well spread and a few lines long. It
//! never guards a secret.

use uuid::Builder;

/// A SplitMix64 generator.
#[derive(Clone, Debug)]
pub(crate) struct Generator(u64);

impl Generator {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns a generator of its own for one purpose, so that drawing more for one purpose never
    /// shifts what another draws.
    pub(crate) fn branch(&self, purpose: &str) -> Self {
        let mut state = self.0 ^ 0x6a09_e667_f3bc_c908;
        for byte in purpose.bytes() {
            state = scramble(state ^ u64::from(byte)).wrapping_add(0x9e37_79b9_7f4a_7c15);
        }
        Self(state)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        scramble(self.0)
    }

    /// Returns a number from 0 up to, not including, `bound`; 0 where the bound is 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let drawn = self.next();
        let Ok(wide) = u64::try_from(bound) else {
            return 0;
        };
        if wide == 0 {
            return 0;
        }
        usize::try_from(drawn % wide).expect("a remainder is below its divisor, which is a usize")
    }

    /// Returns a number between the two, both included.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        let span = high.saturating_sub(low).saturating_add(1);
        low + self.next() % span
    }

    /// Returns one of the items. The slice must not be empty.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        let index = self.below(items.len());
        &items[index]
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for upper in (1..items.len()).rev() {
            let other = self.below(upper + 1);
            items.swap(upper, other);
        }
    }

    /// Returns an id in the form of a version 4 UUID.
    pub(crate) fn id(&mut self) -> String {
        let mut bytes = [0_u8; 16];
        bytes[..8].copy_from_slice(&self.next().to_be_bytes());
        bytes[8..].copy_from_slice(&self.next().to_be_bytes());
        Builder::from_random_bytes(bytes).into_uuid().to_string()
    }

    /// Returns letters and digits as an opaque secret or token would have them.
    pub(crate) fn opaque(&mut self, words: usize) -> String {
        (0..words)
            .map(|_| format!("{:016x}", self.next()))
            .collect()
    }
}

/// Returns a checksum of text, to tell our own links from invented ones. Not a signature.
pub(crate) fn checksum(seed: u64, text: &str) -> u64 {
    text.bytes().fold(scramble(seed), |state, byte| {
        scramble(state ^ u64::from(byte)).wrapping_add(0x9e37_79b9_7f4a_7c15)
    })
}

fn scramble(state: u64) -> u64 {
    let mut mixed = state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_one_sequence() {
        let draw = |seed| {
            let mut generator = Generator::new(seed).branch("ids");
            (generator.id(), generator.below(10), generator.opaque(2))
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }
}
