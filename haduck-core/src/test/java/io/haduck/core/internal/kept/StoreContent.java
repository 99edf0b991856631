package io.haduck.core.internal.kept;

import io.haduck.core.internal.log.Digest;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What is in a store at one moment, and what is on its way to it. Never changed. The entity tag of
 * an object is made of its bytes, as S3's is, so it comes again with them.
 *
 * @param objects by key
 * @param late writes that were given up by whoever sent them, and may arrive
 */
record StoreContent(NavigableMap<String, Held> objects, List<Write> late) {
  /** An object; equal to those of equal bytes. */
  record Held(String etag, Bytes bytes) {
    static Held of(byte[] bytes) {
      return new Held(Digest.sha256(bytes).hex(), new Bytes(bytes));
    }
  }

  /** Bytes that the entity tag beside them speaks for. */
  static final class Bytes {
    private final byte[] bytes;

    Bytes(byte[] bytes) {
      this.bytes = bytes;
    }

    byte[] get() {
      return bytes;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Bytes;
    }

    @Override
    public int hashCode() {
      return 1;
    }
  }

  /**
   * A conditional write.
   *
   * @param condition the entity tag that must be there; null if none must be
   */
  record Write(String key, Held body, @Nullable String condition) {}

  StoreContent {
    objects = new TreeMap<>(objects);
    late = List.copyOf(late);
  }

  boolean allows(Write write) {
    Held there = objects.get(write.key());
    return write.condition() == null
        ? there == null
        : there != null && there.etag().equals(write.condition());
  }

  /** After a write has arrived, whether it was allowed or not. */
  StoreContent with(Write write) {
    if (!allows(write)) {
      return this;
    }
    NavigableMap<String, Held> next = new TreeMap<>(objects);
    next.put(write.key(), write.body());
    return new StoreContent(next, late);
  }

  StoreContent without(Iterable<String> keys) {
    NavigableMap<String, Held> next = new TreeMap<>(objects);
    keys.forEach(next::remove);
    return new StoreContent(next, late);
  }

  StoreContent delayed(Write write) {
    List<Write> more = new ArrayList<>(late);
    more.add(write);
    return new StoreContent(objects, more);
  }

  /** After one of the late writes has arrived. */
  StoreContent arrived(int index) {
    List<Write> left = new ArrayList<>(late);
    Write write = left.remove(index);
    return new StoreContent(with(write).objects(), left);
  }
}
