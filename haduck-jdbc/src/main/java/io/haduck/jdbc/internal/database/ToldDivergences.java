package io.haduck.jdbc.internal.database;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.core.DivergedException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Databases that a person has to decide about, since file and replica have diverged: said once,
 * loudly. A pool tries again and again, and gets the exception each time; what it drowns in its own
 * log stands here. Safe for any thread; its size is the number of databases that diverged.
 */
final class ToldDivergences {
  private static final Logger log = LoggerFactory.getLogger(ToldDivergences.class);

  /**
   * What was told.
   *
   * @param message the exception's
   * @param attempts to open it, all with that result
   */
  private record Told(String message, long attempts) {}

  @GuardedBy("this")
  private final Map<Path, Told> told = new HashMap<>();

  /** An attempt to open it has failed by that. */
  void add(Path database, DivergedException divergence) {
    String message = String.valueOf(divergence.getMessage());
    long attempts;
    synchronized (this) {
      Told before = told.get(database);
      attempts = before != null && before.message().equals(message) ? before.attempts() + 1 : 1;
      told.put(database, new Told(message, attempts));
    }
    if (attempts == 1) {
      log.error("{} cannot be opened until somebody decides: {}", database, message);
    } else {
      log.debug("{} still cannot be opened, attempt {}: {}", database, attempts, message);
    }
  }

  /** It was opened. */
  void forget(Path database) {
    Told before;
    synchronized (this) {
      before = told.remove(database);
    }
    if (before != null) {
      log.info("{} is open again, after {} attempts that failed", database, before.attempts());
    }
  }
}
