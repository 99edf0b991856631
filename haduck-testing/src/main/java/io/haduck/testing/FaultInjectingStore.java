package io.haduck.testing;

import io.haduck.core.UnavailableException;
import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import io.haduck.core.store.StoredObject;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A store that misbehaves as object stores and networks do, on purpose and repeatably.
 *
 * <p>Faults come at random by their rates ({@link #rate}), or on the next call that a predicate
 * picks ({@link #failNext}), or as an outage ({@link #outage}). Hooks run before and after each
 * call on the wrapped store and may throw, so a test can stop its subject at any point. Everything
 * is counted.
 *
 * <p>Safe for any number of threads; with more than one, the seed still fixes the sequence of
 * random numbers, though not which call draws which.
 */
public final class FaultInjectingStore implements ObjectStore {

  /** What was called. */
  public enum Operation {
    PUT,
    PUT_IF_ABSENT,
    PUT_IF_MATCH,
    GET,
    GET_RANGE,
    LIST,
    DELETE;

    /**
     * Whether it answers with a {@link PutResult}, and failures are its outcome {@code UNKNOWN}.
     */
    public boolean writes() {
      return this == PUT || this == PUT_IF_ABSENT || this == PUT_IF_MATCH;
    }

    /** Whether it answers with a {@link StoredObject}. */
    public boolean reads() {
      return this == GET || this == GET_RANGE;
    }
  }

  /** What goes wrong. */
  public enum Fault {
    /** The request does not arrive: {@code UNKNOWN}, or {@link UnavailableException}. */
    ERROR_BEFORE,
    /** The request is carried out (a deletion perhaps in part), and the answer is lost. */
    LOST_RESPONSE,
    /**
     * A write is reported {@code UNKNOWN} and arrives during some later call, or at {@link
     * #deliverLate}. On what does not write it is {@link #ERROR_BEFORE}.
     */
    LATE,
    /**
     * The request is carried out twice and the second answer returned, as a client that retries by
     * itself does: our own success becomes {@code EXISTS} or {@code MISMATCH}.
     */
    DUPLICATE,
    /** The call takes longer, up to {@link #maxDelay}. */
    DELAY,
    /** The stream of an object ends early or breaks. Nothing on what does not read. */
    SHORT_READ
  }

  private final ObjectStore store;
  private final long seed;
  private final RandomFaults<Operation, Fault> faults;
  private final Deque<Runnable> late = new ArrayDeque<>();
  private final Map<Operation, AtomicLong> calls = new ConcurrentHashMap<>();
  private final AtomicLong bytesWritten = new AtomicLong();
  private final AtomicLong bytesRead = new AtomicLong();
  private volatile Duration maxDelay = Duration.ofMillis(5);
  private volatile boolean outage;
  private volatile @Nullable String name;
  private volatile BiConsumer<Operation, String> before = (operation, key) -> {};
  private volatile BiConsumer<Operation, String> after = (operation, key) -> {};

  /** Wraps a store, and closes it when it is closed itself. Without rates it has no faults. */
  public FaultInjectingStore(ObjectStore store, long seed) {
    this.store = store;
    this.seed = seed;
    this.faults = new RandomFaults<>(seed);
  }

  /** How often a fault hits an operation, from 0 to 1. */
  public FaultInjectingStore rate(Operation operation, Fault fault, double rate) {
    faults.rate(operation, fault, rate);
    return this;
  }

  /** How often a fault hits each operation, from 0 to 1. */
  public FaultInjectingStore rate(Fault fault, double rate) {
    for (Operation operation : Operation.values()) {
      rate(operation, fault, rate);
    }
    return this;
  }

  /** The longest {@link Fault#DELAY}. */
  public FaultInjectingStore maxDelay(Duration delay) {
    maxDelay = delay;
    return this;
  }

  /**
   * What it calls itself, where a database must know its replica again that is opened with another
   * seed.
   */
  public FaultInjectingStore named(String newName) {
    name = newName;
    return this;
  }

  /** While true no call reaches the store. */
  public void outage(boolean on) {
    outage = on;
  }

  /** Lets a fault hit the next call that the predicate picks, once. May be called repeatedly. */
  public void failNext(BiPredicate<Operation, String> picks, Fault fault) {
    faults.next(picks, fault);
  }

  /** Lets a fault hit the next call of an operation, once. */
  public void failNext(Operation operation, Fault fault) {
    failNext((called, key) -> called == operation, fault);
  }

  /** No more random faults, rules or outage; what is late stays late. */
  public void heal() {
    faults.heal();
    outage = false;
  }

  /** Lets all writes arrive that are still under way, as {@link Fault#LATE} left them. */
  public void deliverLate() {
    for (@Nullable Runnable write = pollLate(); write != null; write = pollLate()) {
      write.run();
    }
  }

  /**
   * Runs before each call that reaches the store, with its key (the prefix when listing, the first
   * key when deleting). May throw: the call is then not made.
   */
  public FaultInjectingStore beforeCall(BiConsumer<Operation, String> hook) {
    before = hook;
    return this;
  }

  /** As {@link #beforeCall}, after the store has carried the call out. */
  public FaultInjectingStore afterCall(BiConsumer<Operation, String> hook) {
    after = hook;
    return this;
  }

  /** How many calls of an operation were made on this store, those that failed included. */
  public long calls(Operation operation) {
    return counter(operation).get();
  }

  /** How many calls of any kind were made on this store. */
  public long calls() {
    return calls.values().stream().mapToLong(AtomicLong::get).sum();
  }

  /** How often a fault has hit. */
  public long faults(Fault fault) {
    return faults.hits(fault);
  }

  /** Bytes that writes sent to the wrapped store, refused and repeated ones included. */
  public long bytesWritten() {
    return bytesWritten.get();
  }

  /** Bytes that were read from objects. */
  public long bytesRead() {
    return bytesRead.get();
  }

  /** The wrapped store, for looking at it without faults and counts. */
  public ObjectStore wrapped() {
    return store;
  }

  @Override
  public PutResult put(String key, ObjectBody body) {
    return write(Operation.PUT, key, body, () -> store.put(key, body));
  }

  @Override
  public PutResult putIfAbsent(String key, ObjectBody body) {
    return write(Operation.PUT_IF_ABSENT, key, body, () -> store.putIfAbsent(key, body));
  }

  @Override
  public PutResult putIfMatch(String key, ObjectBody body, String etag) {
    return write(Operation.PUT_IF_MATCH, key, body, () -> store.putIfMatch(key, body, etag));
  }

  private PutResult write(
      Operation operation, String key, ObjectBody body, Supplier<PutResult> write) {
    Supplier<PutResult> counted =
        () -> {
          bytesWritten.addAndGet(body.length());
          return reaching(operation, key, write);
        };
    if (arrive(operation) || hits(operation, key, Fault.ERROR_BEFORE)) {
      return PutResult.unknown(failure(operation, key, "did not arrive"));
    }
    if (hits(operation, key, Fault.LATE)) {
      synchronized (this) {
        late.add(
            () -> {
              PutResult unusedSinceNobodyWaits = counted.get();
            });
      }
      return PutResult.unknown(failure(operation, key, "timed out"));
    }
    delay(operation, key);
    PutResult result = counted.get();
    if (hits(operation, key, Fault.DUPLICATE)) {
      result = counted.get();
    }
    return hits(operation, key, Fault.LOST_RESPONSE)
        ? PutResult.unknown(failure(operation, key, "lost its response"))
        : result;
  }

  @Override
  public StoredObject get(String key) {
    return read(Operation.GET, key, () -> store.get(key));
  }

  @Override
  public StoredObject getRange(String key, long offset, long length) {
    return read(Operation.GET_RANGE, key, () -> store.getRange(key, offset, length));
  }

  private StoredObject read(Operation operation, String key, Supplier<StoredObject> read) {
    StoredObject object = ask(operation, key, read, StoredObject::close);
    boolean cut = hits(operation, key, Fault.SHORT_READ) && object.length() > 0;
    long end = cut ? draw(object.length()) : Long.MAX_VALUE;
    boolean breaks = cut && draw(2) == 0;
    return new StoredObject(
        object.name(),
        new CutStream(object.content(), bytesRead, end, breaks),
        object.length(),
        object.etag(),
        object.storeTime());
  }

  @Override
  public Listing list(String prefix, String startAfter, int limit) {
    return ask(Operation.LIST, prefix, () -> store.list(prefix, startAfter, limit), listing -> {});
  }

  @Override
  public void deleteAll(Collection<String> keys) {
    var all = List.copyOf(keys);
    String first = all.isEmpty() ? "" : all.get(0);
    if (arrive(Operation.DELETE)
        || hits(Operation.DELETE, first, Fault.ERROR_BEFORE)
        || hits(Operation.DELETE, first, Fault.LATE)) {
      throw failure(Operation.DELETE, first, "did not arrive");
    }
    delay(Operation.DELETE, first);
    boolean lost = hits(Operation.DELETE, first, Fault.LOST_RESPONSE);
    var some = lost ? all.subList(0, (int) draw(all.size() + 1L)) : all;
    for (int times = hits(Operation.DELETE, first, Fault.DUPLICATE) ? 2 : 1; times > 0; times--) {
      reaching(
          Operation.DELETE,
          first,
          () -> {
            store.deleteAll(some);
            return some;
          });
    }
    if (lost) {
      throw failure(Operation.DELETE, first, "lost its response");
    }
  }

  @Override
  public boolean keepsDeleted() {
    return store.keepsDeleted();
  }

  @Override
  public void close() {
    store.close();
  }

  /** Names the seed, for the failure of a test to be repeated with, unless it has another name. */
  @Override
  public String toString() {
    String given = name;
    return given != null ? given : store + " (faults with seed " + seed + "L)";
  }

  private <T> T ask(Operation operation, String key, Supplier<T> question, Consumer<T> drop) {
    if (arrive(operation)
        || hits(operation, key, Fault.ERROR_BEFORE)
        || hits(operation, key, Fault.LATE)) {
      throw failure(operation, key, "did not arrive");
    }
    delay(operation, key);
    T answer = reaching(operation, key, question);
    if (hits(operation, key, Fault.DUPLICATE)) {
      drop.accept(answer);
      answer = reaching(operation, key, question);
    }
    if (hits(operation, key, Fault.LOST_RESPONSE)) {
      drop.accept(answer);
      throw failure(operation, key, "lost its response");
    }
    return answer;
  }

  private <T> T reaching(Operation operation, String key, Supplier<T> call) {
    before.accept(operation, key);
    T answer = call.get();
    after.accept(operation, key);
    return answer;
  }

  /** Counts a call and lets some late ones arrive; true if nothing gets through now. */
  private boolean arrive(Operation operation) {
    counter(operation).incrementAndGet();
    if (outage) {
      return true;
    }
    while (draw(2) == 0) {
      Runnable write = pollLate();
      if (write == null) {
        break;
      }
      write.run();
    }
    return false;
  }

  private synchronized @Nullable Runnable pollLate() {
    return late.poll();
  }

  private void delay(Operation operation, String key) {
    if (hits(operation, key, Fault.DELAY)) {
      long end = System.nanoTime() + draw(Math.max(1, maxDelay.toNanos()));
      for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
        if (Thread.currentThread().isInterrupted()) {
          return;
        }
        LockSupport.parkNanos(this, left);
      }
    }
  }

  private boolean hits(Operation operation, String key, Fault fault) {
    return faults.hits(operation, key, fault);
  }

  private AtomicLong counter(Operation operation) {
    return calls.computeIfAbsent(operation, any -> new AtomicLong());
  }

  private long draw(long bound) {
    return faults.draw(bound);
  }

  private UnavailableException failure(Operation operation, String key, String what) {
    return new UnavailableException(
        "injected fault: " + operation + " of " + this + "/" + key + " " + what);
  }
}
