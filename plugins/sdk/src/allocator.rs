//! The component's allocator: memory is handed out from the end and never given back.
//!
//! The host makes an instance for one batch and throws it away whole, so that keeping books about
//! freed memory is work for nobody. What is taken last can still grow and shrink in place, which is
//! what texts under construction and growing lists do.

#![expect(
    unsafe_code,
    reason = "an allocator hands out addresses, which the trait for it can only promise unsafely"
)]

use std::{
    alloc::{GlobalAlloc, Layout},
    arch::wasm32::{memory_grow, memory_size},
    ptr,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

const PAGE: usize = 64 * 1024;

/// How much is asked of the host at once: growing is a call into it.
const GROWTH_PAGES: usize = 16;

#[global_allocator]
pub(crate) static MEMORY: Memory = Memory {
    next: AtomicUsize::new(0),
    end: AtomicUsize::new(0),
};

/// What is not handed out yet, as addresses. A component has one thread; the atomics are there
/// because a static must be shareable, and cost nothing.
pub(crate) struct Memory {
    next: AtomicUsize,
    end: AtomicUsize,
}

impl Memory {
    /// Gets room for at least `size` bytes at this alignment, if the host has any.
    #[cold]
    #[inline(never)]
    fn grow(&self, size: usize, align: usize) -> bool {
        let Some(needed) = size.checked_add(align) else {
            return false;
        };
        let needed = needed.div_ceil(PAGE);
        // Near the limit there may be what is needed, though not what would be convenient.
        let wishes = [needed.max(GROWTH_PAGES), needed];
        let Some(first) = wishes
            .into_iter()
            .map(memory_grow::<0>)
            .find(|&page| page != usize::MAX)
        else {
            return false;
        };
        // New pages follow the old ones, unless somebody else has asked the host for some.
        if first * PAGE != self.end.load(Relaxed) {
            self.next.store(first * PAGE, Relaxed);
        }
        // A full address space ends beyond what an address can say; its last page stays unused.
        let end = memory_size::<0>().min(usize::MAX / PAGE) * PAGE;
        self.end.store(end, Relaxed);
        true
    }
}

// SAFETY: blocks lie in memory that only this allocator asked the host for, are aligned, and never
// overlap, since `next` moves past each of them and is moved back only by the block that it ends.
unsafe impl GlobalAlloc for Memory {
    #[inline(always)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let (size, align) = (layout.size(), layout.align());
        loop {
            let start = self.next.load(Relaxed).next_multiple_of(align);
            if let Some(next) = start.checked_add(size)
                && next <= self.end.load(Relaxed)
            {
                self.next.store(next, Relaxed);
                return ptr::with_exposed_provenance_mut(start);
            }
            if !self.grow(size, align) {
                return ptr::null_mut();
            }
        }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let start = block.expose_provenance();
        if start + layout.size() == self.next.load(Relaxed) {
            self.next.store(start, Relaxed);
        }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let start = block.expose_provenance();
        let last = start + layout.size() == self.next.load(Relaxed);
        if last
            && let Some(next) = start.checked_add(size)
            && next <= self.end.load(Relaxed)
        {
            self.next.store(next, Relaxed);
            return block;
        }
        if size <= layout.size() {
            return block;
        }
        // SAFETY: the alignment is that of an existing layout; the caller vouches for the size.
        let moved = unsafe { self.alloc(Layout::from_size_align_unchecked(size, layout.align())) };
        if !moved.is_null() {
            // SAFETY: the old block has at least as many bytes as its layout says, the new one has
            // more, and blocks do not overlap.
            unsafe { ptr::copy_nonoverlapping(block, moved, layout.size()) };
        }
        moved
    }
}
