package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.haduck.core.internal.local.FileSteps;
import io.haduck.core.restore.RestoreProgress;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreResult;
import io.haduck.core.settings.DivergePolicy;
import io.haduck.core.settings.OpeningPolicy;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.internal.ChildJvm;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What replaces a database can be used by those who could use it, and by nobody else. */
class RestoredRightsTest {
  private static final int NOBODY = 65534;

  @TempDir Path directory;
  private ReplicatedDatabase database;

  /** With a WAL; the local file is then behind the replica. */
  @BeforeEach
  void makeAReplicaThatIsAhead() throws Exception {
    database = ReplicatedDatabase.open(directory);
    database.execute("PRAGMA disable_checkpoint_on_shutdown");
    database.execute("CREATE TABLE t AS SELECT range AS a FROM range(100000)");
    database.checkpoint();
    database.awaitInSync();
    database.stop();
    Files.copy(database.file(), directory.resolve("old"));
    database.open();
    database.execute("PRAGMA disable_checkpoint_on_shutdown", "INSERT INTO t VALUES (1)");
    database.awaitPosition();
    database.stop();
    database.deleteLocalFiles();
    Files.deleteIfExists(database.file("my.duckdb.haduck-lock"));
    Files.move(directory.resolve("old"), database.file());
  }

  @AfterEach
  void close() throws Exception {
    database.close();
  }

  private void setMode(String mode) throws IOException {
    Files.setPosixFilePermissions(database.file(), PosixFilePermissions.fromString(mode));
  }

  private static String mode(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  private List<Path> beside() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(file -> file.toString().contains("my.duckdb")).toList();
    }
  }

  /** All that is there now. */
  private void assertAllHave(String mode) throws IOException {
    for (Path file : beside()) {
      assertThat(mode(file)).as("%s", file).isEqualTo(mode);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-------", "rw-rw----", "rw-r-----", "rw-rw-rw-"})
  void restore_overAFile_keepsItsMode_fromTheFirstByteOn(String mode) throws Exception {
    setMode(mode);
    List<String> seen = new ArrayList<>();
    FileSteps steps =
        change -> {
          seen.add(change);
          assertAllHave(mode);
        };
    RestoreProgress progress =
        (blocks, total, fetched) -> {
          try {
            assertAllHave(mode);
          } catch (IOException e) {
            throw new IllegalStateException(e);
          }
        };
    try (ObjectStore store = new FileObjectStore(database.replica())) {
      RestoreResult result =
          Restorer.create(steps)
              .restore(
                  RestoreRequest.latest(store, database.file())
                      .overwriting()
                      .reportingTo(progress));
      assertThat(result.warnings()).isEmpty();
      assertThat(result.walBytes()).isPositive();
    }
    assertThat(seen).contains("rename the database", "rename the WAL");
    assertThat(beside().stream().map(file -> file.getFileName().toString()))
        .filteredOn(name -> !name.contains(".replaced-")) // kept, and with the same mode
        .containsExactlyInAnyOrder(
            "my.duckdb", "my.duckdb.wal", "my.duckdb.haduck", "my.duckdb.haduck-lock");
    assertThat(beside()).hasSizeGreaterThan(4);
    assertAllHave(mode);
  }

  @Test
  void restore_overAFileWhoseModeIsChangedMeanwhile_keepsTheNewOne() throws Exception {
    setMode("rw-rw-rw-");
    FileSteps steps =
        change -> {
          if (change.equals("write the next record")) {
            setMode("rw-------");
          }
        };
    try (ObjectStore store = new FileObjectStore(database.replica())) {
      RestoreRequest request = RestoreRequest.latest(store, database.file()).overwriting();
      assertThat(Restorer.create(steps).restore(request).warnings()).isEmpty();
    }
    assertThat(mode(database.file())).isEqualTo("rw-------");
    assertThat(mode(database.file("my.duckdb.wal"))).isEqualTo("rw-------");
  }

  @Test
  void fastForward_keepsTheMode() throws Exception {
    setMode("rw-------");
    database.open();
    assertThat(database.contents()).contains("100001");
    for (String name : List.of("my.duckdb", "my.duckdb.haduck", "my.duckdb.haduck-lock")) {
      assertThat(mode(database.file(name))).as(name).isEqualTo("rw-------");
    }
    database.execute("CREATE TABLE u AS SELECT range AS a FROM range(10000)");
    database.checkpoint();
    assertThat(mode(database.file("my.duckdb.haduck"))).isEqualTo("rw-------");
  }

  @Test
  void restoreOverWhatDiverged_keepsTheModeOfBoth() throws Exception {
    database.runPlain("INSERT INTO t VALUES (99)");
    setMode("rw-------");
    database.withPolicy(OpeningPolicy.DEFAULT.with(DivergePolicy.RESTORE));
    database.open();
    assertThat(mode(database.file())).isEqualTo("rw-------");
    assertThat(beside())
        .filteredOn(file -> file.toString().matches(".*diverged-[^.]*\\.\\d+Z"))
        .hasSize(1)
        .allSatisfy(file -> assertThat(mode(file)).isEqualTo("rw-------"));
  }

  @Test
  void restore_ofAFileThatIsNotThere_makesItByUmask() throws Exception {
    database.deleteLocalFiles();
    Files.deleteIfExists(database.file("my.duckdb.haduck-lock"));
    String byUmask = mode(Files.createFile(directory.resolve("other")));
    try (ObjectStore store = new FileObjectStore(database.replica())) {
      Restorer.create(change -> assertAllHave(byUmask))
          .restore(RestoreRequest.latest(store, database.file()));
    }
    assertThat(beside()).hasSize(4);
    assertAllHave(byUmask);
  }

  @Test
  void restore_byRoot_leavesTheDatabaseToItsOwner() throws Exception {
    assumeRoot();
    setMode("rw-r-----");
    Files.setAttribute(database.file(), "unix:uid", NOBODY);
    Files.setAttribute(database.file(), "unix:gid", NOBODY);
    try (ObjectStore store = new FileObjectStore(database.replica())) {
      Restorer.create().restore(RestoreRequest.latest(store, database.file()).overwriting());
    }
    assertThat(beside()).hasSize(5); // one is kept
    for (Path file : beside()) {
      Map<String, Object> owner = Files.readAttributes(file, "unix:uid,gid");
      assertThat(owner).as("%s", file).containsEntry("uid", NOBODY).containsEntry("gid", NOBODY);
    }
    assertAllHave("rw-r-----");
  }

  @Test
  void restore_whereTheOwnerCannotBeKept_saysSo_andIsNotReadableByOthers() throws Exception {
    assumeRoot();
    setMode("rw-rw-r--");
    Files.setAttribute(database.file(), "unix:uid", NOBODY);
    Files.setAttribute(database.file(), "unix:gid", NOBODY);
    List<String> lines;
    try (var child =
        ChildJvm.start(
            Map.of(),
            List.of("setpriv", "--bounding-set=-chown"),
            List.of("-Xmx256m"),
            Restoring.class,
            database.replica().toString(),
            database.file().toString())) {
      lines = child.join();
    }
    assertThat(String.join("\n", lines))
        .contains("uid 65534 and gid 65534 with mode 664", "may not give files away", "chown");
    // Who was in the old group is another one now: both may what all others might.
    assertThat(mode(database.file())).isEqualTo("rw-r--r--");
    assertThat(mode(database.file("my.duckdb.wal"))).isEqualTo("rw-r--r--");
  }

  /** Restores, and prints the warnings. */
  static final class Restoring {
    private Restoring() {}

    public static void main(String[] arguments) {
      try (ObjectStore store = new FileObjectStore(Path.of(arguments[0]))) {
        Restorer.create()
            .restore(RestoreRequest.latest(store, Path.of(arguments[1])).overwriting())
            .warnings()
            .forEach(System.out::println);
      }
    }
  }

  private static void assumeRoot() throws IOException {
    assumeTrue(
        Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid")),
        "only root may give files away");
    Process setpriv = new ProcessBuilder("setpriv", "--bounding-set=-chown", "true").start();
    String said = new String(setpriv.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assumeTrue(setpriv.onExit().join().exitValue() == 0, said);
  }
}
