package io.haduck.core.internal.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.haduck.core.internal.duckdb.DatabaseFile;
import io.haduck.core.internal.duckdb.DatabaseHeaders;
import io.haduck.core.internal.log.BlockHash;
import io.haduck.core.internal.upkeep.MetadataReview;
import io.haduck.core.internal.watch.DatabaseObserver;
import io.haduck.core.internal.watch.Observation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Brute force beside what a restart of E lets go: every block in use is hashed at every checkpoint,
 * and none may have changed that is no candidate. More by {@code -Dhaduck.checkpoints=100} and, of
 * each kind of file, {@code -Dhaduck.seeds=8}; one again by {@code -Dhaduck.seed=…}.
 */
@Tag("compat")
@Timeout(value = 4, unit = TimeUnit.HOURS) // as many as asked for
final class RestartedCandidatesTest {
  private static final int MOST_READERS = 2;
  private static final int MOST_ENDED = 5;

  @TempDir Path directory;

  static Stream<Arguments> files() {
    return MetadataWalkTest.files();
  }

  @ParameterizedTest
  @MethodSource("files")
  void candidates_containEveryBlockThatChanged(String storage, int blockSize) throws Exception {
    long first = Long.getLong("haduck.seed", System.nanoTime() & 0xffff_ffffL);
    int checkpoints = Integer.getInteger("haduck.checkpoints", blockSize == 16384 ? 25 : 10);
    for (long seed = first; seed < first + Integer.getInteger("haduck.seeds", 1); seed++) {
      String options = MetadataWalkTest.options(storage, blockSize);
      System.out.println("CANDIDATES begin " + options + ", haduck.seed=" + seed);
      int left = checkpoints;
      for (int attempt = 0; left > 0; attempt++) {
        assertThat(attempt).as("databases that DuckDB ended").isLessThan(MOST_ENDED);
        left -= live(options, seed, attempt, left);
      }
    }
  }

  /** Returns how many checkpoints it took: fewer where DuckDB ended itself. */
  private int live(String options, long seed, int attempt, int checkpoints) throws Exception {
    Path path = Files.createDirectory(directory.resolve("seed-" + seed + "-" + attempt));
    int done = 0;
    try (var life = new Life(path.resolve("e.db"), options, seed + attempt * 1_000_003L)) {
      boolean ended = false;
      try {
        for (; done < checkpoints; done++) {
          life.step();
        }
      } catch (SQLException e) {
        if (!String.valueOf(e.getMessage()).contains("AddToDictionary in DictFSST failed")) {
          throw e;
        }
        ended = true; // DuckDB 1.4, when it compresses: nothing is wrong with what was captured
      }
      System.out.println(
          "CANDIDATES "
              + options
              + ": "
              + life
              + (ended ? ", then DuckDB ended itself" : "")
              + ", haduck.seed="
              + seed);
      assertThat(ended || life.restarts > 0).isTrue();
    }
    return done;
  }

  /** One database's, with its observer, and what the log would hold of it. */
  private static final class Life implements AutoCloseable {
    private final Random random;
    private final String context;
    private final WalkedDatabase database;
    private final RandomChanges changes;
    private final Deque<WalkedDatabase> readers = new ConcurrentLinkedDeque<>();
    private final List<Shapes> shapes;
    private final boolean newest;
    private final DatabaseObserver observer;
    private final ScheduledExecutorService watchdog = Executors.newSingleThreadScheduledExecutor();
    private final MetadataReview review = new MetadataReview(0, () -> 0);
    private Map<Integer, BlockHash> known = new HashMap<>();
    private int shape;
    private int captures;
    private int refused;
    private int missed;
    private int closed;
    private int restarts;
    private long limbo;
    private long changed;
    private long candidates;
    private long inUse;

    Life(Path path, String options, long seed) throws Exception {
      random = new Random(seed);
      context = options + ", haduck.seed=" + seed;
      newest = options.contains("latest");
      database = WalkedDatabase.attach(path, options);
      changes = new RandomChanges(random);
      shapes = Shapes.of(WalkedDatabase.line());
      database.execute("CHECKPOINT db");
      observer = new DatabaseObserver(database.file());
      observer.joinInstance();
      capture();
    }

    /** Changes something, checkpoints, and captures mostly. */
    void step() throws Exception {
      if (random.nextInt(3) == 0 && shape < shapes.size()) {
        Shapes next = shapes.get(shape++);
        if (next.storage() == 0 || newest) {
          database.tryToExecute(next.sql());
        }
      }
      moveReaders();
      if (random.nextInt(3) > 0) {
        changeWhatIsRead();
      }
      changes.make(database, 1 + random.nextInt(4));
      if (random.nextInt(20) == 0 && checkpoint()) {
        missed++; // nobody looks at this one
        changes.make(database, 2);
      }
      boolean checkpointed = checkpoint();
      while (!checkpointed && closeReader()) { // DuckDB may refuse for its sake
        checkpointed = checkpoint();
      }
      refused += checkpointed ? 0 : 1;
      if (random.nextInt(5) == 0) {
        observer.observe(); // a list that is seen, and no capture
      } else {
        capture();
      }
    }

    /** DuckDB 1.4 can wait for ever, spinning, for a reader: it is closed if that takes long. */
    private boolean checkpoint() {
      Future<?> waiting =
          watchdog.scheduleWithFixedDelay(this::closeReader, 2, 1, TimeUnit.SECONDS);
      try {
        return database.tryToExecute("CHECKPOINT db");
      } finally {
        waiting.cancel(false);
      }
    }

    private boolean closeReader() {
      WalkedDatabase reader = readers.poll();
      if (reader == null) {
        return false;
      }
      try {
        reader.close();
      } catch (SQLException e) {
        throw new AssertionError(context, e);
      }
      return true;
    }

    /** Frees blocks that readers may hold still, and so brings them into limbo. */
    private void changeWhatIsRead() {
      database.tryToExecute("CREATE TABLE IF NOT EXISTS read (i BIGINT, s VARCHAR)");
      switch (random.nextInt(5)) {
        case 0, 1 ->
            database.tryToExecute(
                "INSERT INTO read SELECT range, md5(range::VARCHAR) FROM range("
                    + (1 + random.nextInt(150_000))
                    + ")");
        case 2 ->
            database.tryToExecute(
                "DELETE FROM read WHERE i BETWEEN "
                    + random.nextInt(50_000)
                    + " AND "
                    + (50_000 + random.nextInt(100_000)));
        case 3 -> database.tryToExecute("DELETE FROM read WHERE i % 3 = " + random.nextInt(3));
        default -> database.tryToExecute("UPDATE read SET s = s || 'u' WHERE i % 1000 = 7");
      }
    }

    private void moveReaders() throws Exception {
      if (random.nextInt(4) == 0) {
        closeReader();
      }
      if (random.nextInt(2) == 0 && readers.size() < MOST_READERS) {
        List<String> tables =
            database.strings(
                "SELECT table_name FROM duckdb_tables() WHERE database_name = 'db' AND schema_name = 'main'"
                    + " ORDER BY table_name = 'read' DESC, estimated_size DESC, table_name LIMIT 1");
        if (!tables.isEmpty()) {
          WalkedDatabase reader = database.another();
          readers.add(reader);
          reader.readSome("\"" + tables.get(0).replace("\"", "\"\"") + "\"");
        }
      }
    }

    /** As a capture does; what it would not read must be what it was. */
    private void capture() throws Exception {
      Observation seen = observer.observe();
      Map<Integer, BlockHash> now = hashes(seen);
      captures++;
      candidates += seen.candidates().getLongCardinality();
      inUse += seen.freeList().inUse().getLongCardinality();
      now.forEach(
          (id, hash) -> {
            BlockHash before = known.get(id);
            if (before != null && !before.equals(hash)) {
              changed++;
              assertThat(seen.candidates().contains(id))
                  .as("%s: block %s changed at iteration %s", context, id, seen.iteration())
                  .isTrue();
            }
          });
      known = now;
      observer.committed(seen);
      review.beginIfWorthwhile(observer, seen);
      if (random.nextInt(4) > 0) {
        await().until(() -> !review.isRunning());
        count(seen);
      }
    }

    private void count(Observation seen) throws Exception {
      HeaderProof proof = HeaderProof.read(database.file(), seen.headers());
      assertThat(proof).as(context).isInstanceOf(HeaderProof.Proven.class);
      HeaderProof.Proven proven = (HeaderProof.Proven) proof;
      restarts++;
      closed += proven.limbo().isEmpty() ? 1 : 0;
      limbo += proven.limbo().getLongCardinality();
    }

    private Map<Integer, BlockHash> hashes(Observation seen) throws IOException {
      DatabaseFile file = observer.file();
      DatabaseHeaders headers = seen.headers();
      byte[] block = new byte[headers.active().blockSize()];
      Map<Integer, BlockHash> hashes = new HashMap<>();
      for (int id : seen.freeList().inUse().toArray()) {
        int read = file.readUpTo(headers.blockPosition(id), block, 0, block.length);
        Arrays.fill(block, read, block.length, (byte) 0);
        hashes.put(id, BlockHash.of(block));
      }
      assertThat(file.readHeaders()).as(context).isEqualTo(headers);
      return hashes;
    }

    @Override
    public void close() throws SQLException {
      review.close();
      watchdog.shutdownNow();
      for (WalkedDatabase reader : readers) {
        reader.close();
      }
      database.close();
    }

    @Override
    public String toString() {
      return captures
          + " captures, the sum closed at "
          + closed
          + " and added up at "
          + restarts
          + " with "
          + limbo
          + " blocks in limbo; "
          + changed
          + " changed of "
          + candidates
          + " candidates of "
          + inUse
          + " in use; "
          + missed
          + " checkpoints missed, "
          + refused
          + " refused";
    }
  }
}
