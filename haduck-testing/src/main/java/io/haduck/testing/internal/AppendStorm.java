package io.haduck.testing.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.core.Ticker;
import io.haduck.core.UnavailableException;
import io.haduck.core.internal.log.AppendResult;
import io.haduck.core.internal.log.Appender;
import io.haduck.core.internal.log.BlockCompression;
import io.haduck.core.internal.log.BlockHash;
import io.haduck.core.internal.log.DecodedChangeset;
import io.haduck.core.internal.log.Digest;
import io.haduck.core.internal.log.EncodedChangeset;
import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ObjectSlice;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.internal.log.SliceContent;
import io.haduck.core.internal.log.SliceReader;
import io.haduck.core.internal.log.WalRun;
import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import io.haduck.core.store.StoredObject;
import java.io.ByteArrayOutputStream;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Several writers append to one log and take it over from each other, on a store that may be as bad
 * as it likes. Afterwards there is one log: no gap, nothing acknowledged twice or lost, each state
 * verifies, and what it holds is what its writer had.
 *
 * <p>Each writer has an {@link Appender} of its own. One that is fenced waits a while, reads the
 * log, and appends an EPOCH, at which the one that went on finds its next seq taken.
 */
public final class AppendStorm {
  private static final int MODELS_KEPT = 200;
  private static final int FINGERPRINT_EVERY = 25;
  private static final int ATTEMPTS = 10_000;

  private final long seed;
  private final int commits;

  /** What every writer ever tried to append, by its digest; the oldest ones are forgotten. */
  @GuardedBy("this")
  private final Map<Digest, History.Model> models =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Digest, History.Model> eldest) {
          return size() > MODELS_KEPT;
        }
      };

  /** The digests of all that anybody ever tried to append. */
  @GuardedBy("this")
  private final Set<Digest> tried = new HashSet<>();

  @GuardedBy("this")
  private final Map<Long, Acknowledged> acknowledged = new TreeMap<>();

  @GuardedBy("this")
  private final List<String> violations = new ArrayList<>();

  @GuardedBy("this")
  private int takeOvers;

  @GuardedBy("this")
  private int fenced;

  @GuardedBy("this")
  private long unknown;

  /**
   * What a writer was told is in the log.
   *
   * @param state of the index, as its writer reckoned it
   * @param fingerprint of what the model held; of some only
   */
  private record Acknowledged(Digest digest, Digest state, Optional<Fingerprint> fingerprint) {}

  /**
   * A storm.
   *
   * @param commits after so many acknowledgements it ends
   */
  public AppendStorm(long seed, int commits) {
    this.seed = seed;
    this.commits = commits;
  }

  /** Lets one writer work on each of these stores, which lead to one place. */
  public void run(List<? extends ObjectStore> stores) throws InterruptedException {
    ExecutorService threads = Executors.newFixedThreadPool(stores.size());
    try {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < stores.size(); i++) {
        var random = new Random(seed * 31 + i);
        ObjectStore store = stores.get(i);
        running.add(
            threads.submit(
                () -> {
                  work(store, random);
                  return null;
                }));
      }
      for (Future<?> each : running) {
        each.get();
      }
    } catch (ExecutionException e) {
      throw new AssertionError("seed " + seed, e.getCause());
    } finally {
      threads.shutdownNow();
    }
  }

  private void work(ObjectStore store, Random random) throws InterruptedException {
    do {
      var log = new ReplicationLog(store);
      var appender = new Appender(store, Ticker.system(), InstantSource.system());
      History history = takeOver(store, log, appender, random);
      boolean leads = !isOver();
      while (leads && !isOver()) {
        leads = append(store, appender, history, history.next());
        if (leads && history.head().kind().hasHeaders() && random.nextInt(20) == 0) {
          PutResult unusedSinceNobodyNeedsIt = log.writeSnapshot(history.head());
        }
        if (leads && random.nextInt(50) == 0) {
          rest();
        }
      }
    } while (awaitTurn(10 + random.nextInt(60)));
  }

  /** Appends an EPOCH, or the first BASE; again from the reading on if somebody was faster. */
  private History takeOver(
      ObjectStore store, ReplicationLog log, Appender appender, Random random) {
    Optional<LogState> head = patiently(() -> log.loadLatest(LoadProgress.NONE));
    while (true) {
      History history = new History(random);
      if (head.isPresent()) {
        Optional<History.Model> model = model(head.get().position().digest());
        if (model.isEmpty()) { // the others were far ahead before this one had read it
          LogState state = head.get();
          long unusedCount = patiently(() -> log.poll(state));
          continue;
        }
        history = new History(random, model.get(), head.get().copy());
      }
      EncodedChangeset first = head.isPresent() ? history.epoch() : history.base(3);
      if (append(store, appender, history, first)) {
        synchronized (this) {
          takeOvers++;
          notifyAll();
        }
        return history;
      }
      if (isOver()) {
        return history;
      }
      if (head.isPresent()) {
        LogState state = head.get();
        long unusedCount = patiently(() -> log.poll(state));
      } else {
        head = patiently(() -> log.loadLatest(LoadProgress.NONE));
      }
    }
  }

  /** Long enough for somebody else to take over. */
  private synchronized void rest() throws InterruptedException {
    int before = takeOvers;
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(20);
    for (long left = 20; left > 0 && takeOvers == before; left = millisUntil(end)) {
      wait(left);
    }
  }

  private static long millisUntil(long nanos) {
    return TimeUnit.NANOSECONDS.toMillis(nanos - System.nanoTime());
  }

  /** False if it is fenced. */
  private boolean append(
      ObjectStore store, Appender appender, History history, EncodedChangeset next) {
    History.Model model = history.model();
    for (Map.Entry<String, byte[]> segment : history.segments.entrySet()) {
      patiently(
          () -> {
            PutResult put = store.put(segment.getKey(), ObjectBody.of(segment.getValue()));
            if (put.outcome() != PutResult.Outcome.DONE) {
              throw new UnavailableException("segment " + segment.getKey(), put.cause());
            }
            return put;
          });
    }
    history.segments.clear();
    synchronized (this) {
      models.put(next.digest(), model);
      tried.add(next.digest());
    }
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      AppendResult result = appender.append(next);
      switch (result.outcome()) {
        case COMMITTED -> {
          acknowledge(next, history, model);
          return true;
        }
        case TAKEN -> {
          synchronized (this) {
            fenced++;
          }
          return false;
        }
        case UNKNOWN -> {
          synchronized (this) {
            unknown++;
          }
        }
      }
    }
    throw new AssertionError("no outcome after " + ATTEMPTS + " attempts: " + next.key());
  }

  private synchronized void acknowledge(
      EncodedChangeset made, History history, History.Model model) {
    long seq = made.changeset().seq();
    Optional<Fingerprint> fingerprint =
        seq % FINGERPRINT_EVERY == 1 || acknowledged.size() + 1 >= commits
            ? Optional.of(Fingerprint.of(model))
            : Optional.empty();
    Acknowledged before =
        acknowledged.put(
            seq, new Acknowledged(made.digest(), history.head().index().state(), fingerprint));
    if (before != null) {
      violations.add(
          "seq " + seq + " was acknowledged as " + before.digest() + " and as " + made.digest());
    }
    notifyAll();
  }

  /** Empty if it was forgotten. */
  private synchronized Optional<History.Model> model(Digest digest) {
    if (!tried.contains(digest)) {
      throw new AssertionError("the log's head is " + digest + ", which nobody appended");
    }
    return Optional.ofNullable(models.get(digest));
  }

  private synchronized boolean isOver() {
    return acknowledged.size() >= commits;
  }

  /** Waits until others were acknowledged so much; false if the storm is over. */
  private synchronized boolean awaitTurn(int more) throws InterruptedException {
    int turn = acknowledged.size() + more;
    while (acknowledged.size() < Math.min(turn, commits)) {
      wait();
    }
    return acknowledged.size() < commits;
  }

  private interface Question<T> {
    T ask();
  }

  private static <T> T patiently(Question<T> question) {
    for (int attempt = 1; ; attempt++) {
      try {
        return question.ask();
      } catch (UnavailableException e) {
        if (attempt == ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  /**
   * Judges what is in the log.
   *
   * @param plain leads to it without faults
   */
  public synchronized void verify(ObjectStore plain) {
    String context = this + " in " + plain;
    assertThat(violations).as(context).isEmpty();
    var log = new ReplicationLog(plain);
    List<Long> seqs = changesets(plain);
    assertThat(seqs).as(context).hasSizeGreaterThanOrEqualTo(acknowledged.size());
    @Nullable LogState state = null;
    var ends = new HashMap<Long, LogPosition>();
    for (long seq : seqs) {
      DecodedChangeset changeset = log.read(seq).orElseThrow();
      if (state == null) {
        assertThat(seq).as(context).isEqualTo(1);
        state = LogState.start(changeset);
      } else {
        assertThat(seq).as(context).isEqualTo(state.position().seq() + 1);
        state.apply(changeset); // which checks parent, epoch, time, and the index's state
      }
      ends.put(seq, state.position());
      Acknowledged told = acknowledged.get(seq);
      if (told != null) {
        Digest digest = state.position().digest();
        assertThat(digest).as("%s, seq %d", context, seq).isEqualTo(told.digest());
        assertThat(state.index().state()).isEqualTo(told.state());
      }
    }
    assertThat(ends.keySet()).as(context).containsAll(acknowledged.keySet());
    SameState.assertSame(
        log.loadLatest(LoadProgress.NONE).orElseThrow(), Objects.requireNonNull(state));
    acknowledged.forEach(
        (seq, told) -> told.fingerprint().ifPresent(held -> verifyAt(plain, log, seq, held)));
  }

  /** Reads everything that a state refers to. */
  private void verifyAt(ObjectStore plain, ReplicationLog log, long seq, Fingerprint held) {
    String context = this + " in " + plain + ", seq " + seq;
    LogState state = log.loadAt(seq, LoadProgress.NONE).orElseThrow();
    var reader = new SliceReader(new BlockCompression());
    var blocks = new TreeMap<Integer, BlockHash>();
    for (int id : state.index().ids().toArray()) {
      ObjectSlice at = state.index().locate(id);
      byte[] stored = range(plain, at.objectKey(), at.offset(), at.storedLength());
      blocks.put(
          id,
          BlockHash.of(
              reader.read(
                  at,
                  new SliceContent.Block(id, state.index().hash(id), History.BLOCK_SIZE),
                  stored,
                  0)));
    }
    assertThat(blocks).as(context).isEqualTo(held.blocks());
    var stream = new ByteArrayOutputStream();
    for (WalRun run : state.wal().runs()) {
      ObjectSlice slice = run.slice();
      byte[] stored = range(plain, slice.objectKey(), slice.offset(), slice.storedLength());
      byte[] raw = reader.read(slice, run.content(), stored, 0);
      stream.write(raw, 0, run.usedLength());
    }
    assertThat(Digest.sha256(stream.toByteArray())).as(context).isEqualTo(held.stream());
  }

  /** The seqs of all changesets, ascending. */
  private static List<Long> changesets(ObjectStore store) {
    List<Long> seqs = new ArrayList<>();
    Listing page = store.list(LogKeys.CHANGESETS, "");
    while (true) {
      page.objects().forEach(it -> seqs.add(LogKeys.changesetSeq(it.key()).orElseThrow()));
      if (!page.truncated()) {
        return seqs;
      }
      page = store.list(LogKeys.CHANGESETS, LogKeys.changeset(seqs.get(seqs.size() - 1)));
    }
  }

  private static byte[] range(ObjectStore store, String key, long offset, int length) {
    try (StoredObject part = store.getRange(key, offset, length)) {
      return part.readAll();
    }
  }

  @Override
  public synchronized String toString() {
    return "storm with seed "
        + seed
        + ": "
        + acknowledged.size()
        + " commits, "
        + takeOvers
        + " take-overs, "
        + fenced
        + " times fenced, "
        + unknown
        + " outcomes unknown";
  }
}
