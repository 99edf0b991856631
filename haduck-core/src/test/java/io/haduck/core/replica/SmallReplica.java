package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.internal.log.Changeset;
import io.haduck.core.internal.log.ChangesetCodec;
import io.haduck.core.internal.log.ChangesetKind;
import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.MemoryStore;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.PutResult;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The replica of a real database of 16 KiB blocks with every kind of object in it, some ten
 * kilobytes altogether, in memory.
 */
public final class SmallReplica {
  /** Its objects. */
  public final MemoryStore store = new MemoryStore();

  /** What the database holds at the head. */
  private final String contents;

  private SmallReplica(Path directory) throws Exception {
    Path file = directory.resolve("my.duckdb");
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement()) {
      statement.execute("ATTACH '" + file + "' AS small (BLOCK_SIZE 16384)");
      statement.execute("CREATE TABLE small.t AS SELECT range AS a, 'row' AS b FROM range(100)");
      statement.execute("CREATE TABLE small.u AS SELECT sha256(range::VARCHAR) b FROM range(100)");
    }
    try (ReplicatedDatabase database =
        ReplicatedDatabase.in(directory).withOptions(options -> options.withRollUpAfter(3))) {
      database.open();
      database.awaitInSync();
      // A roll-up is written beside the commits, and the first one after it refers to it.
      for (int i = 0; i < 1_000 && !isRolledUp(database.replica()); i++) {
        database.execute("INSERT INTO t VALUES (" + i + ", 'rolled up')");
        database.awaitPosition();
      }
      database.execute("UPDATE u SET b = 'x' WHERE b < '5'");
      database.checkpoint();
      database.reopen(); // an EPOCH
      database.execute("DELETE FROM t WHERE a = 7");
      database.checkpoint();
      snapshot(database.replica(), ChangesetKind.CHECKPOINT);
      database.execute("INSERT INTO t VALUES (200, 'the last one')");
      database.awaitPosition();
      snapshot(database.replica(), ChangesetKind.WAL);
      database.execute("INSERT INTO u VALUES ('the very last one')");
      database.awaitPosition();
      database.awaitInSync();
      take(database.replica());
      contents = database.contents();
    }
  }

  public static SmallReplica in(Path directory) throws Exception {
    var replica = new SmallReplica(directory);
    Set<ChangesetKind> kinds = EnumSet.noneOf(ChangesetKind.class);
    boolean rolledUp = false;
    for (Map.Entry<String, byte[]> object : replica.store.objects.entrySet()) {
      if (object.getKey().startsWith("log/")) {
        Changeset changeset =
            ChangesetCodec.decodeObject(object.getKey(), object.getValue()).changeset();
        kinds.add(changeset.kind());
        rolledUp |= refersToRollUp(changeset);
      }
    }
    assertThat(kinds).containsExactlyInAnyOrder(ChangesetKind.values());
    assertThat(rolledUp).isTrue();
    return replica;
  }

  private static boolean isRolledUp(Path replica) {
    try (var store = new FileObjectStore(replica)) {
      LogState head = new ReplicationLog(store).loadLatest(LoadProgress.NONE).orElseThrow();
      String key = LogKeys.changeset(head.rollUp().seq());
      return head.rollUp().seq() > 0
          && refersToRollUp(
              ChangesetCodec.decodeObject(key, Files.readAllBytes(replica.resolve(key)))
                  .changeset());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean refersToRollUp(Changeset changeset) {
    return changeset.kind() == ChangesetKind.WAL
        && changeset.isSelfContained()
        && !changeset.segments().isEmpty();
  }

  private static void snapshot(Path replica, ChangesetKind kind) {
    try (var store = new FileObjectStore(replica)) {
      ReplicationLog log = new ReplicationLog(store);
      LogState head = log.loadLatest(LoadProgress.NONE).orElseThrow();
      assertThat(head.kind()).isEqualTo(kind);
      assertThat(log.writeSnapshot(head).outcome()).isEqualTo(PutResult.Outcome.DONE);
    }
  }

  private void take(Path replica) throws Exception {
    try (Stream<Path> files = Files.walk(replica)) {
      for (Path path : files.filter(Files::isRegularFile).toList()) {
        String key = replica.relativize(path).toString();
        if (!key.startsWith(".haduck-")) {
          store.objects.put(key, Files.readAllBytes(path));
        }
      }
    }
  }

  String contents() {
    return contents;
  }

  /** A copy, of which no array may be changed. */
  public MemoryStore copy() {
    MemoryStore copy = new MemoryStore();
    copy.objects.putAll(store.objects);
    return copy;
  }

  public long bytes() {
    return store.objects.values().stream().mapToLong(bytes -> bytes.length).sum();
  }
}
