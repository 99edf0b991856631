package io.haduck.testing.internal.splitbrain;

import io.haduck.core.DivergedException;
import io.haduck.core.FencedException;
import io.haduck.core.HaduckException;
import io.haduck.core.StoreAccessException;
import io.haduck.core.WritePermit;
import io.haduck.core.WritePermit.Confirmed;
import io.haduck.core.WritePermit.Fenced;
import io.haduck.core.internal.log.AppendResult;
import io.haduck.core.internal.log.Appender;
import io.haduck.core.internal.log.EncodedChangeset;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.internal.upkeep.HeadCheck;
import io.haduck.core.lease.LeaseOwner;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import io.haduck.testing.internal.History;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * One process while it writes, from its opening on: it asks the permit before each append and
 * before it tells of one.
 */
final class Tenure implements LeaseOwner {
  private static final long MILLI = 1_000_000L;
  private static final long UNTRIED = 30_000 * MILLI;

  private final Scene scene;
  private final String who;
  final String session;
  private final long nonceSeed;
  private final Machine machine;
  private final ReplicationLog log;
  private final Appender appender;
  private final HeadCheck headCheck;
  private final History history;
  private final Random random;
  private @Nullable LogState committed;
  private @Nullable EncodedChangeset pending;
  private @Nullable Long refusedNanos;
  private long turnNanos;
  int taken;

  /**
   * @param from the state at which it begins; null for an empty log
   * @param nonceSeed gives the nonce of its history
   */
  Tenure(
      Scene scene,
      String who,
      String session,
      Machine machine,
      ObjectStore line,
      @Nullable LogState from,
      long nonceSeed,
      long seed) {
    this.scene = scene;
    this.who = who;
    this.session = session;
    this.nonceSeed = nonceSeed;
    this.machine = machine;
    this.log = new ReplicationLog(line);
    this.appender = new Appender(line, scene.rules().believedFor, machine, machine);
    this.headCheck = new HeadCheck(log, machine);
    this.random = new Random(seed);
    this.committed = from == null ? null : from.copy();
    var drawn = new Random(nonceSeed);
    this.history =
        from == null
            ? new History(drawn)
            : new History(drawn, scene.books().model(from), from.copy());
    drawn.setSeed(seed);
    this.turnNanos = machine.nanos();
  }

  /** The same process on a copy of its machine; null if it has not opened yet. */
  @Nullable Tenure copy(Machine other, ObjectStore line, long seed) {
    return committed == null || !history.lineage.equals(committed.lineage())
        ? null
        : new Tenure(scene, who + "'", session + "'", other, line, committed, nonceSeed, seed);
  }

  /** Takes over the log, or begins it. */
  void open(WritePermit permit) {
    if (committed != null) {
      headCheck.seen();
    }
    append(committed == null ? history.base(3) : history.epoch(), permit);
  }

  /** Commits once. */
  void commit(WritePermit permit) {
    EncodedChangeset next =
        switch (random.nextInt(8)) {
          case 0, 1, 2 -> history.checkpoint(random.nextInt(2), 0);
          case 3 -> history.selfContainedWal();
          default -> history.tinyWal();
        };
    append(next, permit);
    if (history.head().kind().hasHeaders() && random.nextInt(2) == 0) {
      try {
        PutResult unusedSinceNobodyNeedsIt = log.writeSnapshot(history.head());
      } catch (HaduckException e) {
        // another one will be
      }
    }
  }

  private void append(EncodedChangeset next, WritePermit permit) {
    history.segments.clear();
    scene.books().made(next, history);
    pending = next;
    while (true) {
      await(permit);
      if (attempt(next)) {
        break;
      }
      sleep(50 + random.nextInt(1_000));
    }
    pending = null;
    LogState known = committed;
    if (known == null) {
      committed = LogState.start(next.decoded());
      headCheck.seen();
    } else {
      known.apply(next.decoded());
    }
    await(permit);
    scene.books().acknowledged(next, who, session, scene.stage().now());
  }

  /** False if it is not known what became of it. */
  private boolean attempt(EncodedChangeset next) {
    try {
      if (committed != null && headCheck.isDueBeforeWriting()) {
        headCheck.requireHistory(committed.position());
      }
      AppendResult result = appender.append(next);
      refusedNanos = null;
      return switch (result.outcome()) {
        case COMMITTED -> true;
        case UNKNOWN -> false;
        case TAKEN -> {
          taken++;
          throw new FencedException("another one has appended " + next.key());
        }
      };
    } catch (StoreAccessException e) {
      refusedNanos = machine.nanos();
      return false;
    } catch (FencedException | DivergedException e) {
      throw e;
    } catch (HaduckException e) {
      return false;
    }
  }

  private void await(WritePermit permit) {
    while (true) {
      turnNanos = machine.nanos();
      WritePermit.Answer answer = permit.ask();
      if (answer instanceof Confirmed) {
        return;
      }
      if (answer instanceof Fenced fenced) {
        throw fenced.evidence();
      }
      sleep(200);
    }
  }

  /** Who hangs does not wake when he should. */
  void sleep(int millis) {
    turnNanos = machine.nanos() + millis * MILLI;
    Objects.requireNonNull(Stage.current()).sleep(millis * MILLI);
    turnNanos = machine.nanos();
  }

  /** Who was refused and has no permit cannot try again, and would have to. */
  @Override
  public boolean canAppend() {
    long now = machine.nanos();
    Long refused = refusedNanos;
    return (refused == null || now - refused > UNTRIED) && now - turnNanos < scene.ttl().toNanos();
  }

  /** What is pending, and may have been added, is no other's history. */
  @Override
  public boolean historyIntact() {
    LogState known = committed;
    if (known == null || log.lost(known.position()).isPresent()) {
      return known == null;
    }
    OptionalLong beyond = log.firstBeyond(known.position().seq());
    EncodedChangeset open = pending;
    return beyond.isEmpty()
        || (open != null
            && log.read(open.changeset().seq())
                .filter(there -> there.position().equals(open.position()))
                .isPresent()
            && log.firstBeyond(open.changeset().seq()).isEmpty());
  }

  @Override
  public String toString() {
    return session;
  }
}
