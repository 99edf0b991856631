package io.haduck.core.verify;

import io.haduck.core.UnavailableException;
import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.kept.ExpectedStates;
import io.haduck.core.internal.kept.KeptReplica;
import io.haduck.core.store.ObjectStore;
import java.time.Duration;
import java.util.Random;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads all of a replica and proves all of it: every changeset, segment and snapshot to its last
 * byte. A restore proves what it reads and no more; this finds what is damaged while there still is
 * something to mend it with.
 *
 * <p>Of each object: its closing SHA-256, and what it should be by its key, its length and the
 * objects that refer to it. Of the log: that each changeset follows the one before, by digest, and
 * leads to the state that it says; from the oldest one that can be read on, without a gap. Of what
 * changesets point at: that it is there, and each block and piece of WAL by CRC32C, decompression
 * and hash. Of snapshots: that they say what the log says. It goes on after what it finds.
 *
 * <p>Which flipped, missing and added bytes it finds, and how exactly it says where, is in
 * docs/internals/format.md. A log that lost its last changesets, and what leads to them, is a
 * shorter log that is in order: only who knows its head can tell (F.haduck does, and says so at
 * opening).
 *
 * <p>What a retention has given up is not lost: below the floor of the newest manifest only states
 * that are kept count, by that or by a name, and each of them must be there and be readable. What
 * else lies there is not read. Should the replica be swept meanwhile, and something be missing, it
 * is read again.
 *
 * <p>Reads each object once, with one request; more only where something is wrong. Takes memory for
 * the block index, for one object at a time (up to 96 MiB), and some hundred bytes per object. Safe
 * beside running writers and readers; writes nothing.
 */
public final class Verifier {
  /**
   * In bytes; what haduck writes is shorter, but for the index of a very large database. Longer
   * objects are read twice, the second time in ranges.
   */
  private static final int LONGEST_KEPT = 96 << 20;

  /** Sweeps are hours apart, so that one is met; who meets more is told what the last one says. */
  private static final int ROUNDS = 3;

  private static final Logger log = LoggerFactory.getLogger(Verifier.class);

  private final Supplier<Backoff> backoffs;
  private final int longestKept;

  public Verifier(Supplier<Backoff> backoffs, int longestKept) {
    this.backoffs = backoffs;
    this.longestKept = longestKept;
  }

  /** A check that waits a little between its attempts where the store does not answer. */
  public static Verifier create() {
    var random = new Random();
    return new Verifier(
        () -> new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5), random), LONGEST_KEPT);
  }

  /**
   * Checks a replica.
   *
   * @param store scoped to the replica; stays open
   * @throws UnavailableException if the store goes on not answering, or breaking off an object;
   *     nothing is said of the replica then
   * @throws io.haduck.core.StoreAccessException if it refuses to list or read
   */
  public VerifyReport run(ObjectStore store, VerifyProgress progress) {
    var kept = new KeptReplica(store, Retries.of(CheckedObjects.ATTEMPTS, backoffs));
    for (int round = 1; ; round++) {
      ExpectedStates expected = kept.expected();
      VerifyReport report = run(store, expected, progress);
      // What a sweep has given up meanwhile is not lost: then it is looked at as it is now.
      if (report.isClean() || round == ROUNDS || kept.sweeps() == expected.manifest()) {
        return report;
      }
      log.info("{} was swept while it was verified; it is read anew", store);
    }
  }

  private VerifyReport run(ObjectStore store, ExpectedStates expected, VerifyProgress progress) {
    var findings = new CheckFindings();
    var objects = new CheckedObjects(store, backoffs, longestKept, progress);
    objects.list(findings);
    try (var parts = new PartCheck(objects, findings)) {
      return new LogCheck(objects, parts, findings, new KeptCheck(expected, findings)).run();
    }
  }
}
