//! Chance: the system's, or a seed's.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Randomness;

/// The operating system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsRandomness;

impl Randomness for OsRandomness {
    fn next_u64(&self) -> u64 {
        // A version 4 UUID has six fixed bits; folded this way each meets a random one.
        let (high, low) = uuid::Uuid::new_v4().as_u64_pair();
        high.rotate_left(32) ^ low
    }
}

/// The same numbers for the same seed, in the order of the calls (SplitMix64).
#[derive(Debug)]
pub struct SeededRandomness(AtomicU64);

impl SeededRandomness {
    /// Returns the sequence of this seed.
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }
}

/// SplitMix64's increment, the golden ratio in 64 bits.
const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

impl Randomness for SeededRandomness {
    fn next_u64(&self) -> u64 {
        let state = self
            .0
            .fetch_add(GAMMA, Ordering::Relaxed)
            .wrapping_add(GAMMA);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_its_sequence() {
        let (one, other) = (SeededRandomness::new(7), SeededRandomness::new(7));
        let first = one.next_u64();
        assert_eq!(first, other.next_u64());
        assert_ne!(first, one.next_u64());
        assert_eq!(one.next_u64(), {
            other.next_u64();
            other.next_u64()
        });
    }
}
