package io.haduck.core.store;

import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.UnavailableException;
import io.haduck.core.store.PutResult.Outcome;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Asks a store to prove that it honours conditional writes, on which it rests that there is one
 * writer: of two concurrent creates of one key one must be refused, and so must the replacement of
 * an object that has changed, while that of one that has not must succeed.
 *
 * <p>Many stores ignore a condition that they do not know, and say that all is well. A store that
 * checks first and writes afterwards may still pass: what a race does is chance.
 */
public final class ConditionalWriteProbe {
  private static final int ATTEMPTS = 5;
  private static final int BODY_BYTES_AT_MOST = 1000;

  private final ObjectStore store;

  /** A probe of one store. */
  public ConditionalWriteProbe(ObjectStore store) {
    this.store = store;
  }

  /**
   * Writes, compares and deletes a few bytes below {@code probe/}; takes about ten requests.
   *
   * @param nonce of letters and digits, never used before
   * @throws InvalidConfigurationException if the store does not honour a condition; says which,
   *     what is lost, and how to go on
   * @throws UnavailableException if it did not answer, so that nothing is proven
   */
  public void run(String nonce) {
    String key = "probe/" + nonce;
    String absent = key + "-absent";
    try {
      String etag = probeCreate(key, nonce);
      probeReplace(key, nonce, etag);
      expect(
          "replacing an object that does not exist (If-Match)",
          EnumSet.of(Outcome.MISSING, Outcome.MISMATCH),
          settled(() -> store.putIfMatch(absent, body(nonce, "absent"), etag)));
    } finally {
      try {
        store.deleteAll(List.of(key, absent));
      } catch (RuntimeException e) {
        // They are small and in nobody's way; the answer matters more.
      }
    }
  }

  /** Returns the entity tag of what is there now. */
  private String probeCreate(String key, String nonce) {
    var together = new CyclicBarrier(2);
    var first = start(() -> create(together, key, body(nonce, "first")));
    var second = start(() -> create(together, key, body(nonce, "second")));
    Outcome one = join(first).outcome();
    Outcome other = join(second).outcome();
    if (one == Outcome.DONE && other == Outcome.DONE) {
      throw broken("two concurrent creates of one key (If-None-Match: *) both succeeded");
    }
    // None of them may be known to have succeeded (a lost response): then it is there now.
    PutResult third = settled(() -> store.putIfAbsent(key, body(nonce, "third")));
    if (third.outcome() == Outcome.DONE && (one == Outcome.DONE || other == Outcome.DONE)) {
      throw broken("a key that existed was created again (If-None-Match: *)");
    }
    try (StoredObject object = store.get(key)) {
      byte[] found = readAtMost(object);
      boolean ours =
          (one != Outcome.EXISTS && matches(found, nonce, "first"))
              || (other != Outcome.EXISTS && matches(found, nonce, "second"))
              || (third.outcome() == Outcome.DONE && matches(found, nonce, "third"));
      boolean lostResponse = one != Outcome.DONE && other != Outcome.DONE;
      if (!ours && !lostResponse) {
        throw broken("a create that was refused (If-None-Match: *) still replaced the object");
      }
      return object.etag();
    }
  }

  private void probeReplace(String key, String nonce, String etag) {
    replaceByItsOwnEtag(key, nonce, etag);
    expect(
        "replacing an object that has changed since (If-Match with a stale entity tag)",
        EnumSet.of(Outcome.MISMATCH),
        settled(() -> store.putIfMatch(key, body(nonce, "stale"), etag)));
    try (StoredObject object = store.get(key)) {
      if (!matches(readAtMost(object), nonce, "right")) {
        throw broken("a replacement that was refused (If-Match) still replaced the object");
      }
    }
  }

  /**
   * A lost response is settled by looking: a second try is refused, because the first succeeded.
   */
  private void replaceByItsOwnEtag(String key, String nonce, String etag) {
    PutResult result = PutResult.refused(Outcome.UNKNOWN, null);
    for (int i = 0; i < ATTEMPTS; i++) {
      result = store.putIfMatch(key, body(nonce, "right"), etag);
      if (result.outcome() == Outcome.DONE) {
        return;
      }
      try (StoredObject object = store.get(key)) {
        if (matches(readAtMost(object), nonce, "right")) {
          return;
        }
      }
    }
    expect(
        "replacing an object by its own entity tag (If-Match)",
        EnumSet.of(Outcome.DONE),
        known(result));
  }

  private PutResult create(CyclicBarrier together, String key, ObjectBody body) throws Exception {
    together.await(10, TimeUnit.SECONDS);
    return store.putIfAbsent(key, body);
  }

  private void expect(String what, Set<Outcome> expected, PutResult found) {
    if (!expected.contains(found.outcome())) {
      throw broken(what + ": expected " + expected + ", found " + found.outcome());
    }
  }

  /** Tries again while nobody knows; stores answer so to writes that meet each other. */
  private PutResult settled(Supplier<PutResult> write) {
    PutResult result = write.get();
    for (int i = 1; i < ATTEMPTS && result.outcome() == Outcome.UNKNOWN; i++) {
      result = write.get();
    }
    return known(result);
  }

  private PutResult known(PutResult result) {
    if (result.outcome() == Outcome.UNKNOWN) {
      throw new UnavailableException(
          "could not find out whether "
              + store
              + " honours conditional writes: "
              + (result.cause() == null ? "no answer" : result.cause().getMessage()),
          result.cause());
    }
    return result;
  }

  private InvalidConfigurationException broken(String what) {
    return new InvalidConfigurationException(
        store
            + " does not honour conditional writes: "
            + what
            + ". Without them two processes can write to one replica at a time and destroy each"
            + " other's commits, so it cannot hold a replica. Use a store that has them, such as AWS S3, a recent"
            + " MinIO or Cloudflare R2, or a directory (file:/…); if it should have them, see whether a proxy or"
            + " gateway in between drops If-None-Match and If-Match");
  }

  private static FutureTask<PutResult> start(Callable<PutResult> create) {
    var task = new FutureTask<>(create);
    var thread = new Thread(task, "haduck-probe");
    thread.setDaemon(true);
    thread.start();
    return task;
  }

  private static PutResult join(FutureTask<PutResult> task) {
    try {
      return task.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UnavailableException("interrupted while probing for conditional writes", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new UnavailableException("probing for conditional writes failed", e);
    }
  }

  private static byte[] readAtMost(StoredObject object) {
    return object.length() > BODY_BYTES_AT_MOST ? new byte[0] : object.readAll();
  }

  private static ObjectBody body(String nonce, String which) {
    return ObjectBody.of(bytes(nonce, which));
  }

  private static boolean matches(byte[] found, String nonce, String which) {
    return Arrays.equals(found, bytes(nonce, which));
  }

  private static byte[] bytes(String nonce, String which) {
    return ("haduck probe for conditional writes " + nonce + " " + which + "\n")
        .getBytes(StandardCharsets.UTF_8);
  }
}
