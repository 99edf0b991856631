package io.haduck.jdbc.internal.database;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.core.DivergedException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Databases that a person has to decide about, since file and replica have diverged: said once,
 * loudly. A pool tries again and again, and gets the exception each time; what it drowns in its own
 * log stands here. Safe for any thread; its size is the number of databases that diverged.
 */
final class ToldDivergences {
  private static final Logger log = LoggerFactory.getLogger(ToldDivergences.class);

  /** Also digests and times. */
  private static final Pattern NUMBERS = Pattern.compile("[0-9a-f:.TZ-]*[0-9][0-9a-f:.TZ-]*");

  /**
   * What was told.
   *
   * @param problem the exception's message, but for its numbers, such as how far the replica is by
   *     now
   * @param attempts to open it, all with that result
   */
  private record Told(String problem, long attempts) {}

  @GuardedBy("this")
  private final Map<Path, Told> told = new HashMap<>();

  /**
   * An attempt to open it has failed by that.
   *
   * @return whether it was said loudly
   */
  @CanIgnoreReturnValue
  boolean add(Path database, DivergedException divergence) {
    String message = String.valueOf(divergence.getMessage());
    String problem = NUMBERS.matcher(message).replaceAll("#");
    long attempts;
    synchronized (this) {
      Told before = told.get(database);
      attempts = before != null && before.problem().equals(problem) ? before.attempts() + 1 : 1;
      told.put(database, new Told(problem, attempts));
    }
    if (attempts == 1) {
      log.error("{} cannot be opened until somebody decides: {}", database, message);
    } else {
      log.debug("{} still cannot be opened, attempt {}: {}", database, attempts, message);
    }
    return attempts == 1;
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
