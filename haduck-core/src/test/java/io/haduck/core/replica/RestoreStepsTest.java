package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.kept.KeptReplica;
import io.haduck.core.internal.local.LocalFiles;
import io.haduck.core.internal.restoring.KeptFiles;
import io.haduck.core.internal.restoring.Restorations;
import io.haduck.core.internal.restoring.RestorePoint;
import io.haduck.core.internal.restoring.SharedFile;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.settings.DivergePolicy;
import io.haduck.core.settings.OpeningPolicy;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.internal.ChildJvm;
import io.haduck.testing.internal.Contents;
import io.haduck.testing.internal.ReplicatedDatabase;
import io.haduck.testing.internal.WithoutHardLinks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
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

/** A restore with a WAL is killed before each of its changes to the files in place. */
class RestoreStepsTest {
  private static final String KILLED = "KILLED before: ";

  @TempDir Path directory;

  /** What runs the process that is killed. */
  private List<String> before = List.of();

  private final Set<String> killedBefore = new TreeSet<>();
  private String checkpointed;
  private String head;
  private String oldCheckpointed;
  private String old;
  private long changesets;

  @BeforeEach
  void makeAReplicaWithAWal() throws Exception {
    Path source = directory.resolve("source.duckdb");
    try (ObjectStore store = new FileObjectStore(replica());
        Connection connection = DriverManager.getConnection("jdbc:duckdb:" + source);
        var handmade = new HandmadeReplica(store, source)) {
      execute(connection, "CREATE TABLE t AS SELECT range AS a FROM range(50000)", "CHECKPOINT");
      handmade.checkpoint();
      checkpointed = Contents.of(connection);
      execute(
          connection,
          "INSERT INTO t SELECT range FROM range(300000)",
          "CREATE INDEX i ON t(a)",
          "INSERT INTO t VALUES (-1)");
      changesets = handmade.wal();
      head = Contents.of(connection);
    }
  }

  private Path replica() {
    return directory.resolve("replica");
  }

  /** Another database, which a crash left with commits in its WAL. */
  private void makeAnOldDatabase(Path file) throws SQLException {
    try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + file)) {
      execute(plain, "CREATE TABLE old AS SELECT range AS a FROM range(50000)", "CHECKPOINT");
      oldCheckpointed = Contents.of(plain);
      execute(plain, "INSERT INTO old VALUES (-1)", "PRAGMA disable_checkpoint_on_shutdown");
      old = Contents.of(plain);
    }
    assertThat(file.resolveSibling(file.getFileName() + ".wal")).exists();
  }

  @Test
  void restore_killedBeforeEachStep_leavesNothingOrACommittedState() throws Exception {
    restoresWhereverItIsKilled();
  }

  @Test
  void restoreWithoutHardLinks_killedBeforeEachStep_leavesNothingOrACommittedState()
      throws Exception {
    before = WithoutHardLinks.command(directory);
    restoresWhereverItIsKilled();
    assertThat(killedBefore).contains("take the database's name", "rename the database");
  }

  private void restoresWhereverItIsKilled() throws Exception {
    Set<String> seen = new TreeSet<>();
    boolean killed = true;
    for (int step = 0; killed; step++) {
      Path file = Files.createDirectory(directory.resolve("create-" + step)).resolve("my.duckdb");
      killed = killedAt(step, file, "create");
      String found = contentsOfCopy(file, directory.resolve("create-copy-" + step));
      assertThat(found).isIn("nothing", checkpointed, head);
      seen.add(found);
      restoreAgainAndOpen(file);
    }
    assertThat(seen).containsExactlyInAnyOrder("nothing", checkpointed, head);
  }

  @Test
  void overwritingRestore_killedBeforeEachStep_leavesACommittedState() throws Exception {
    Set<String> seen = new TreeSet<>();
    boolean killed = true;
    for (int step = 0; killed; step++) {
      Path file = Files.createDirectory(directory.resolve("over-" + step)).resolve("my.duckdb");
      makeAnOldDatabase(file);
      killed = killedAt(step, file, "overwrite");
      String found = contentsOfCopy(file, directory.resolve("over-copy-" + step));
      assertThat(found).isIn(old, oldCheckpointed, checkpointed, head);
      seen.add(found);
      if (!found.equals(old)) {
        assertThat(contentsOfCopies(file, "over-kept-" + step)).contains(old);
      }
      restoreAgainAndOpen(file);
      assertThat(contentsOfCopies(file, "over-again-" + step))
          .as("step %s", step)
          .contains(old)
          .hasSize(before.isEmpty() ? 1 : kept(file).size()); // this process has hard links
    }
    assertThat(seen).containsExactlyInAnyOrder(old, oldCheckpointed, checkpointed, head);
  }

  @Test
  void overwritingRestore_killedBeforeEachStep_andOpenedThen_changesNothingThatIsKept()
      throws Exception {
    boolean killed = true;
    for (int step = 0; killed; step++) {
      Path file = Files.createDirectory(directory.resolve("open-" + step)).resolve("my.duckdb");
      makeAnOldDatabase(file);
      killed = killedAt(step, file, "overwrite");
      SharedFile.separate(LocalFiles.of(file)); // as every opening does
      String found = contentsOfCopy(file, directory.resolve("open-copy-" + step));
      assertThat(found).as("step %s", step).isIn(old, checkpointed, head);
      try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + file)) {
        execute(plain, "CREATE TABLE later AS SELECT 1 AS a", "CHECKPOINT");
      }
      if (!found.equals(old)) {
        assertThat(contentsOfCopies(file, "open-kept-" + step)).as("step %s", step).contains(old);
      }
      for (Path kept : kept(file)) {
        assertThat(Files.isSameFile(kept, file)).as("step %s", step).isFalse();
      }
    }
  }

  @Test
  void restoreThatWasKilled_ofWhatWasOpenedSince_keepsTheLogThatBelongsToNothingElse()
      throws Exception {
    Path file = Files.createDirectory(directory.resolve("opened")).resolve("my.duckdb");
    makeAnOldDatabase(file);
    int step = 0;
    while (killedAt(step, file, "overwrite")) {
      if (kept(file).size() == 1
          && Files.isSameFile(kept(file).get(0), file)
          && !Files.exists(file.resolveSibling("my.duckdb.wal"))) {
        break;
      }
      step++;
    }
    Path kept = kept(file).get(0);
    Path log = kept.resolveSibling(kept.getFileName() + ".wal");
    byte[] unsent = Files.readAllBytes(log);
    try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + file)) {
      execute(plain, "CREATE TABLE later AS SELECT 1 AS a", "CHECKPOINT");
    }
    SharedFile.separate(LocalFiles.of(file));
    assertThat(kept).doesNotExist();
    assertThat(file.resolveSibling("my.duckdb.wal")).doesNotExist();
    assertThat(log).hasBinaryContent(unsent);
  }

  /** Under which names the old database is kept. */
  private static List<Path> kept(Path file) throws IOException {
    try (var beside = Files.list(file.getParent())) {
      return beside.filter(path -> path.toString().matches(".*\\.replaced-[^.]*\\.\\d+Z")).toList();
    }
  }

  private List<String> contentsOfCopies(Path file, String into) throws Exception {
    List<String> contents = new ArrayList<>();
    for (Path kept : kept(file)) {
      contents.add(contentsOfCopy(kept, directory.resolve(into + "-" + contents.size())));
    }
    return contents;
  }

  @Test
  void overwritingRestoreWithoutHardLinks_killedBeforeEachStep_losesNeitherSide() throws Exception {
    before = WithoutHardLinks.command(directory);
    overwritingRestore_killedBeforeEachStep_leavesACommittedState();
    assertThat(killedBefore).anyMatch(step -> step.startsWith("rename the copy to"));
  }

  @Test
  void fastForward_killedBeforeEachStep_goesOnAtTheNextOpening() throws Exception {
    boolean killed = true;
    for (int step = 0; killed; step++) {
      Path here = Files.createDirectory(directory.resolve("forward-" + step));
      Path file = here.resolve("my.duckdb");
      restoreAgain(file);
      Files.delete(here.resolve("my.duckdb.wal"));
      killed = killedAt(step, file, "overwrite");
      try (var database = ReplicatedDatabase.open(here, replica())) {
        assertThat(Contents.of(database.connection())).isEqualTo(head);
      }
      try (var left = Files.list(here)) {
        assertThat(left.map(path -> path.getFileName().toString()))
            .noneMatch(name -> name.contains("-restore-") || name.endsWith("-next"));
      }
      removeWhatItAdded();
    }
  }

  @Test
  void restoreOverWhatDiverged_killedBeforeEachStep_losesNeitherSide() throws Exception {
    keepsBothSidesWhereverItIsKilled();
  }

  @Test
  void restoreOverWhatDivergedWithoutHardLinks_killedBeforeEachStep_losesNeitherSide()
      throws Exception {
    before = WithoutHardLinks.command(directory);
    keepsBothSidesWhereverItIsKilled();
    assertThat(killedBefore).anyMatch(step -> step.startsWith("rename the copy to"));
  }

  private void keepsBothSidesWhereverItIsKilled() throws Exception {
    boolean killed = true;
    for (int step = 0; killed; step++) {
      Path here = Files.createDirectory(directory.resolve("diverged-" + step));
      Path file = here.resolve("my.duckdb");
      makeAnOldDatabase(file);
      killed = killedAt(step, file, "diverged");
      var database =
          ReplicatedDatabase.in(here, replica())
              .withPolicy(OpeningPolicy.DEFAULT.with(DivergePolicy.RESTORE));
      database.open();
      try (database) {
        assertThat(Contents.of(database.connection())).as("step %s", step).isEqualTo(head);
      }
      List<String> kept = new ArrayList<>();
      try (var beside = Files.list(here)) {
        for (Path path : beside.toList()) {
          if (path.getFileName().toString().matches(".*\\.diverged-[^.]*\\.\\d+Z")) {
            kept.add(contentsOf(path));
          }
        }
      }
      assertThat(kept).as("step %s", step).contains(old);
      removeWhatItAdded();
    }
  }

  /** The next round restores the same head. */
  private void removeWhatItAdded() throws IOException {
    try (var log = Files.list(replica().resolve("log"))) {
      for (Path changeset : log.sorted().skip(changesets).toList()) {
        Files.delete(changeset);
      }
    }
  }

  /** Whether a restore was ended before the step of that number; there are fewer otherwise. */
  private boolean killedAt(int step, Path file, String mode) throws IOException {
    try (var child =
        ChildJvm.start(
            Map.of(),
            before,
            List.of("-Xmx256m"),
            Restoring.class,
            replica().toString(),
            file.toString(),
            mode,
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

  /** Restores, and ends before one of the steps. */
  static final class Restoring {
    private static int steps;
    private static int last;

    private static void step(String change) {
      if (steps++ == last) {
        System.out.println(KILLED + change);
        Runtime.getRuntime().halt(9);
      }
    }

    public static void main(String[] arguments) throws IOException {
      last = Integer.parseInt(arguments[3]);
      var store = new FileObjectStore(Path.of(arguments[0]));
      RestoreRequest request = RestoreRequest.latest(store, Path.of(arguments[1]));
      Restorer restorer = Restorer.create(Restoring::step);
      if (arguments[2].equals("diverged")) {
        LocalFiles files = LocalFiles.of(Path.of(arguments[1]));
        var diverged = new KeptFiles(files, Restoring::step, KeptFiles.DIVERGED);
        Restorations.telling(Restoring::step)
            .restore(
                request.overwriting(),
                files,
                RestorePoint.find(new KeptReplica(store, Retries.once()), request),
                () -> diverged.keep(Instant.now()),
                List.of());
        System.out.println("DONE");
        return;
      }
      restorer.restore(arguments[2].equals("create") ? request : request.overwriting());
      System.out.println("DONE");
    }
  }

  /** What plain DuckDB finds in a copy of the files, so that they stay as they were left. */
  private static String contentsOfCopy(Path file, Path into) throws Exception {
    Files.createDirectory(into);
    for (String suffix : new String[] {"", ".wal", ".wal.checkpoint", ".wal.recovery"}) {
      Path from = Path.of(file + suffix);
      if (Files.exists(from)) {
        Files.copy(from, into.resolve("my.duckdb" + suffix));
      }
    }
    // Without hard links an empty file takes the name first.
    if (!Files.exists(into.resolve("my.duckdb")) || Files.size(into.resolve("my.duckdb")) == 0) {
      assertThat(into.resolve("my.duckdb.wal")).doesNotExist();
      return "nothing";
    }
    return contentsOf(into.resolve("my.duckdb"));
  }

  private void restoreAgain(Path file) throws Exception {
    try (ObjectStore store = new FileObjectStore(replica())) {
      Restorer.create().restore(RestoreRequest.latest(store, file).overwriting());
    }
    try (var beside = Files.list(file.getParent())) {
      assertThat(beside.map(path -> path.getFileName().toString()))
          .filteredOn(name -> !name.contains(".replaced-"))
          .containsExactlyInAnyOrder(
              "my.duckdb", "my.duckdb.wal", "my.duckdb.haduck", "my.duckdb.haduck-lock");
    }
  }

  private void restoreAgainAndOpen(Path file) throws Exception {
    restoreAgain(file);
    assertThat(contentsOf(file)).isEqualTo(head);
  }

  private static String contentsOf(Path file) throws SQLException {
    try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + file)) {
      return Contents.of(plain);
    }
  }

  private static void execute(Connection connection, String... statements) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }
}
