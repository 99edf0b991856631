package io.haduck.jdbc;

import io.haduck.testing.internal.Workload;
import io.haduck.testing.internal.WorkloadCheck;
import io.haduck.testing.internal.WorkloadShape;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The process that {@link CrashLivesTest} kills: it works, closes everything, opens again what it
 * left, or restores it after deleting it, or is put back to what it was and fast-forwards.
 *
 * <p>It says {@code PHASE name} when one begins; {@code DID writer number} when a commit returned;
 * {@code ACK writer number} when what {@code durability} promises had it on the replica; {@code
 * LOCAL} when the local files are from now on others; {@code WRONG …} and {@code BROKEN …}.
 */
final class CrashLives {
  static final int WRITERS = 3;

  private final String url;
  private final boolean everyCommit;
  private final boolean closing;
  private final boolean indexes;
  private final CrashVolumes volumes;
  private final Random random;

  /** Of each writer: the last number that returned; guarded by this. */
  private final long[] local = new long[WRITERS];

  /** Of each writer: the last number that is on the replica; guarded by this. */
  private final long[] durable = new long[WRITERS];

  private CrashLives(String url, Path database, String durability, boolean indexes, Random random) {
    this.url = url;
    this.everyCommit = durability.equals("commit");
    this.closing = !durability.equals("async");
    this.indexes = indexes;
    this.volumes = new CrashVolumes(database);
    this.random = random;
  }

  /**
   * Lives until it is killed.
   *
   * @param arguments URL, database file, durability, whether there are indexes, seed; then of each
   *     writer the last number that the local files hold, and of each the last on the replica
   */
  public static void main(String[] arguments) throws Exception {
    var lives =
        new CrashLives(
            arguments[0],
            Path.of(arguments[1]),
            arguments[2],
            Boolean.parseBoolean(arguments[3]),
            new Random(Long.parseLong(arguments[4])));
    for (int writer = 0; writer < WRITERS; writer++) {
      lives.local[writer] = Long.parseLong(arguments[5 + writer]);
      lives.durable[writer] = Long.parseLong(arguments[5 + WRITERS + writer]);
    }
    lives.run(Files.exists(lives.volumes.database()) ? "opening" : "restoring");
  }

  private void run(String first) throws Exception {
    String next = first;
    while (true) {
      say("PHASE " + next);
      try (Connection connection = open()) {
        if (!check(connection)) {
          return;
        }
        say("PHASE working");
        boolean sound = work(connection);
        if (!closing || (sound && random.nextInt(3) == 0)) {
          Sql.run(connection, "PRAGMA disable_checkpoint_on_shutdown"); // leaves a WAL
        }
        boolean sent = sound && sync(connection);
        say("PHASE closing");
        boolean closed = close(connection);
        if (closing ? !closed : !sent) {
          next = "opening";
          continue;
        }
      }
      next = volumes(random.nextInt(100));
    }
  }

  /**
   * Changes what lies there; what is durable is on the replica. Says how the next opening is to be
   * called.
   */
  private String volumes(int draw) throws Exception {
    if (draw < 25) {
      return "opening";
    }
    Haduck.shutdown();
    if (draw < 50) {
      say("PHASE swapping");
      others();
      volumes.delete(random.nextBoolean());
      return "restoring";
    }
    if (volumes.isAside() && draw < 80) {
      say("PHASE swapping");
      others();
      volumes.bringBack();
      return "forwarding";
    }
    if (volumes.isCopied() && draw < 95) {
      say("PHASE swapping");
      others();
      volumes.rollBack(random.nextBoolean());
      return "forwarding";
    }
    say("PHASE swapping");
    if (!volumes.isAside() && random.nextBoolean()) {
      others();
      volumes.putAside();
      return "restoring";
    }
    volumes.copy();
    return "opening";
  }

  /** From now on the local files hold what is on the replica, and perhaps more. */
  private synchronized void others() {
    System.arraycopy(durable, 0, local, 0, WRITERS);
    say("LOCAL");
  }

  private Connection open() throws SQLException {
    SQLException last = null;
    for (int attempt = 0; attempt < 20; attempt++) {
      try {
        return DriverManager.getConnection(url);
      } catch (SQLException e) {
        last = e;
        if (!(e instanceof ReplicationPendingException)) {
          break;
        }
      }
    }
    say("WRONG cannot be opened: " + last);
    throw last;
  }

  /** Draws from sequences, and so may wait for the store. */
  private boolean check(Connection connection) throws SQLException {
    List<String> wrong = null;
    for (int attempt = 0; wrong == null; attempt++) {
      try {
        wrong = WorkloadCheck.violations(connection, local);
      } catch (ReplicationPendingException e) {
        if (attempt == 20) {
          throw e;
        }
      }
    }
    wrong.forEach(each -> say("WRONG " + each));
    return wrong.isEmpty();
  }

  /** Works for a moment; whether DuckDB is still sound then. */
  private boolean work(Connection connection) throws Exception {
    try {
      Workload.prepare(connection, WRITERS);
    } catch (ReplicationPendingException e) {
      Workload.prepare(connection, WRITERS); // all is there, but for what comes after it
    }
    var workload =
        new Workload(
            () -> DriverManager.getConnection(url),
            new WorkloadShape(WRITERS, indexes, true, 40),
            random.nextLong(),
            this::did,
            e -> e instanceof ReplicationPendingException);
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(random.nextInt(1500));
    var checkpoints = new Thread(() -> checkpoints(workload, end), "checkpoints");
    checkpoints.start();
    @Nullable Throwable broken = null;
    try {
      workload.run(Long.MAX_VALUE);
    } catch (ExecutionException e) {
      broken = e.getCause();
      if (!(broken instanceof SQLException)) {
        throw e;
      }
    }
    checkpoints.join();
    if (broken != null && !(broken instanceof ReplicationPendingException)) {
      say("BROKEN " + broken);
      return false;
    }
    return true;
  }

  /** Confirms now and then, in each of the ways there are, then stops the others. */
  private void checkpoints(Workload workload, long end) {
    try (Connection connection = DriverManager.getConnection(url)) {
      for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
        LockSupport.parkNanos(Math.min(left, 1_000_000L * (1 + random.nextInt(200))));
        long[] before = locally();
        int way = random.nextInt(4);
        try {
          switch (way) {
            case 0 -> Haduck.checkpoint(connection);
            case 1 -> Haduck.sync(connection);
            case 2 -> Sql.run(connection, "FORCE CHECKPOINT");
            default -> Sql.run(connection, "CHECKPOINT");
          }
          if (closing || way < 2) { // these two wait whatever durability says
            acknowledge(before);
          }
        } catch (SQLException e) {
          // others were writing, or the store was slow
        }
      }
    } catch (SQLException e) {
      say("BROKEN " + e);
    } finally {
      workload.stop();
    }
  }

  private boolean sync(Connection connection) {
    if (closing && random.nextBoolean()) {
      return false; // leaves it to close()
    }
    long[] before = locally();
    try {
      Haduck.sync(connection);
      acknowledge(before);
      return true;
    } catch (SQLException e) {
      return false;
    }
  }

  /** Whether all that was committed is now on the replica. */
  private boolean close(Connection connection) throws SQLException {
    long[] before = locally();
    try {
      connection.close();
    } catch (ReplicationPendingException e) {
      return false;
    }
    if (closing) {
      acknowledge(before);
    }
    return closing;
  }

  private synchronized void did(int writer, long n) {
    local[writer] = n;
    say("DID " + writer + " " + n);
    if (everyCommit) {
      durable[writer] = n;
      say("ACK " + writer + " " + n);
    }
  }

  private synchronized long[] locally() {
    return Arrays.copyOf(local, WRITERS);
  }

  private synchronized void acknowledge(long[] numbers) {
    for (int writer = 0; writer < WRITERS; writer++) {
      if (numbers[writer] > durable[writer]) {
        durable[writer] = numbers[writer];
        say("ACK " + writer + " " + numbers[writer]);
      }
    }
  }

  private static synchronized void say(String line) {
    System.out.print(line + "\n"); // at once, or a kill could cut off digits
    System.out.flush();
  }
}
