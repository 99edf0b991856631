package io.haduck.core.internal.log;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * 32 bytes for each block id, in pages of 256 ids that copies share until one of them writes. Knows
 * nothing of which ids are in use. Not thread-safe; copies may be used by different threads once
 * they are made.
 */
final class BlockPages {
  private static final int PAGE_BITS = 8;
  private static final int PAGE_SIZE = 1 << PAGE_BITS;
  private static final int PAGE_MASK = PAGE_SIZE - 1;

  private @Nullable Page[] pages;
  private Object owner = new Object();

  BlockPages() {
    pages = new @Nullable Page[0];
  }

  private BlockPages(@Nullable Page[] pages) {
    this.pages = pages;
  }

  BlockPages copy() {
    // From now on every page belongs to neither, so whoever writes first makes its own.
    owner = new Object();
    return new BlockPages(pages.clone());
  }

  void set(int blockId, BlockHash hash, int object, int offset, int lengthAndFlags, int crc32c) {
    Page page = writablePage(blockId >>> PAGE_BITS);
    int i = blockId & PAGE_MASK;
    page.hashes[2 * i] = hash.high();
    page.hashes[2 * i + 1] = hash.low();
    page.places[4 * i] = object;
    page.places[4 * i + 1] = offset;
    page.places[4 * i + 2] = lengthAndFlags;
    page.places[4 * i + 3] = crc32c;
  }

  long hashHigh(int blockId) {
    return page(blockId).hashes[2 * (blockId & PAGE_MASK)];
  }

  long hashLow(int blockId) {
    return page(blockId).hashes[2 * (blockId & PAGE_MASK) + 1];
  }

  int object(int blockId) {
    return page(blockId).places[4 * (blockId & PAGE_MASK)];
  }

  int offset(int blockId) {
    return page(blockId).places[4 * (blockId & PAGE_MASK) + 1];
  }

  int lengthAndFlags(int blockId) {
    return page(blockId).places[4 * (blockId & PAGE_MASK) + 2];
  }

  int crc32c(int blockId) {
    return page(blockId).places[4 * (blockId & PAGE_MASK) + 3];
  }

  /** Whether both have the same page for an id, and so the same bytes. */
  boolean sharesPage(int blockId, BlockPages other) {
    return page(blockId) == other.page(blockId);
  }

  /** Drops the pages of which no id is below {@code bound} any more. */
  void truncate(long bound) {
    int needed = (int) ((bound + PAGE_MASK) >>> PAGE_BITS);
    if (needed < pages.length) {
      pages = Arrays.copyOf(pages, needed);
    }
  }

  private Page page(int blockId) {
    int number = blockId >>> PAGE_BITS;
    Page page = number < pages.length ? pages[number] : null;
    if (page == null) {
      throw new IllegalStateException("block " + blockId + " was never set");
    }
    return page;
  }

  private Page writablePage(int number) {
    if (number >= pages.length) {
      pages = Arrays.copyOf(pages, Math.max(number + 1, pages.length + (pages.length >>> 1)));
    }
    Page page = pages[number];
    if (page == null) {
      page = new Page(owner, new long[2 * PAGE_SIZE], new int[4 * PAGE_SIZE]);
      pages[number] = page;
    } else if (page.owner != owner) {
      page = new Page(owner, page.hashes.clone(), page.places.clone());
      pages[number] = page;
    }
    return page;
  }

  private static final class Page {
    private final Object owner;
    private final long[] hashes;
    private final int[] places;

    Page(Object owner, long[] hashes, int[] places) {
      this.owner = owner;
      this.hashes = hashes;
      this.places = places;
    }
  }
}
