package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.internal.local.LocalFiles;
import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.internal.restoring.HandedImage;
import io.haduck.core.internal.restoring.KeptFiles;
import io.haduck.core.internal.restoring.RestoredFiles;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.settings.DivergePolicy;
import io.haduck.core.settings.OpeningPolicy;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.internal.ChildJvm;
import io.haduck.testing.internal.Contents;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A copy that becomes the database is killed before each change to a file. */
class HandedImageKilledTest {
  private static final String KILLED = "KILLED before: ";

  @TempDir Path directory;
  private String head;
  private String old;
  private long changesets;
  private final Set<String> killedBefore = new TreeSet<>();

  @BeforeEach
  void makeAReplicaWithAWal() throws Exception {
    Path source = directory.resolve("source.duckdb");
    try (ObjectStore store = new FileObjectStore(replica());
        Connection connection = DriverManager.getConnection("jdbc:duckdb:" + source);
        var handmade = new HandmadeReplica(store, source)) {
      execute(connection, "CREATE TABLE t AS SELECT range AS a FROM range(50000)", "CHECKPOINT");
      handmade.checkpoint();
      execute(connection, "INSERT INTO t VALUES (-1)");
      changesets = handmade.wal();
      head = Contents.of(connection);
    }
  }

  private Path replica() {
    return directory.resolve("replica");
  }

  private static void execute(Connection connection, String... statements) throws Exception {
    try (Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  @Test
  void copy_thatReplacesWhatDiverged_losesNeitherSideWhereverItIsKilled() throws Exception {
    boolean killed = true;
    for (int step = 0; killed; step++) {
      Path here = Files.createDirectory(directory.resolve("over-" + step));
      Path file = here.resolve("my.duckdb");
      try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + file)) {
        execute(plain, "CREATE TABLE old AS SELECT range AS a FROM range(50000)", "CHECKPOINT");
        execute(plain, "INSERT INTO old VALUES (-1)", "PRAGMA disable_checkpoint_on_shutdown");
        old = Contents.of(plain);
      }
      killed = killedAt(step, file);
      opensAtHead(here, step);
      assertThat(kept(here)).as("step %s", step).contains(old);
      try (var left = Files.list(here)) {
        assertThat(left.map(path -> path.getFileName().toString()))
            .noneMatch(name -> name.contains("-restore-") || name.endsWith("-next"));
      }
    }
    assertThat(killedBefore)
        .contains("take the copy's WAL", "take the copy", "rename the database", "rename the WAL");
  }

  @Test
  void copy_whereNoDatabaseIs_isTheDatabaseWhereverItIsKilled() throws Exception {
    boolean killed = true;
    for (int step = 0; killed; step++) {
      Path here = Files.createDirectory(directory.resolve("new-" + step));
      killed = killedAt(step, here.resolve("my.duckdb"));
      opensAtHead(here, step);
      assertThat(kept(here)).isEmpty();
    }
    assertThat(killedBefore).contains("take the copy", "link the database", "rename the WAL");
  }

  private void opensAtHead(Path here, int step) throws Exception {
    var database =
        ReplicatedDatabase.in(here, replica())
            .withPolicy(OpeningPolicy.DEFAULT.with(DivergePolicy.RESTORE));
    database.open();
    try (database) {
      assertThat(Contents.of(database.connection())).as("step %s", step).isEqualTo(head);
    }
    try (var log = Files.list(replica().resolve("log"))) {
      for (Path changeset : log.sorted().skip(changesets).toList()) {
        Files.delete(changeset);
      }
    }
  }

  private static List<String> kept(Path here) throws Exception {
    List<String> kept = new ArrayList<>();
    try (var beside = Files.list(here)) {
      for (Path path : beside.toList()) {
        if (path.getFileName().toString().matches(".*\\.diverged-[^.]*\\.\\d+Z")) {
          try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + path)) {
            kept.add(Contents.of(plain));
          }
        }
      }
    }
    return kept;
  }

  private boolean killedAt(int step, Path file) throws IOException {
    try (var child =
        ChildJvm.start(
            Map.of(),
            List.of(),
            List.of("-Xmx256m"),
            Placing.class,
            replica().toString(),
            file.toString(),
            "" + step)) {
      List<String> lines = child.join();
      lines.stream()
          .filter(line -> line.startsWith(KILLED))
          .map(line -> line.substring(KILLED.length()))
          .forEach(killedBefore::add);
      boolean killed = lines.stream().anyMatch(line -> line.startsWith(KILLED));
      assertThat(killed || lines.contains("DONE")).as("%s", lines).isTrue();
      return killed;
    }
  }

  /** Places a copy, and ends before one of the steps. */
  static final class Placing {
    private static int steps;

    public static void main(String[] arguments) throws IOException {
      var store = new FileObjectStore(Path.of(arguments[0]));
      LocalFiles files = LocalFiles.of(Path.of(arguments[1]));
      int last = Integer.parseInt(arguments[2]);
      Path copy = Files.createDirectory(files.beside(".copies")).resolve("my.duckdb");
      Restorer.create().restore(RestoreRequest.latest(store, copy));
      LogState head = new ReplicationLog(store).loadLatest(LoadProgress.NONE).orElseThrow();
      var image = new HandedImage(copy, head.position().seq(), head.position().digest().hex());
      var diverged = new KeptFiles(files, change -> step(change, last), KeptFiles.DIVERGED);
      RestoredFiles.Guard keeping = () -> diverged.keep(Instant.now());
      image.place(
          files,
          head,
          store.toString(),
          files.databaseExists() ? keeping : RestoredFiles.Guard.unguarded(),
          change -> step(change, last));
      System.out.println("DONE");
    }

    private static void step(String change, int last) {
      if (steps++ == last) {
        System.out.println(KILLED + change);
        Runtime.getRuntime().halt(9);
      }
    }
  }
}
