package io.haduck.core.internal.restoring;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.internal.local.FileSteps;
import io.haduck.core.internal.local.LocalFiles;
import io.haduck.testing.internal.ChildJvm;
import io.haduck.testing.internal.Contents;
import io.haduck.testing.internal.WithoutHardLinks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A database is kept before it is replaced, once, with hard links and without; nothing stays open.
 */
class KeptFilesTest {
  @TempDir Path directory;
  private Path file;
  private String contents;

  @BeforeEach
  void makeADatabaseWithAWal() throws Exception {
    file = Files.createDirectory(directory.resolve("data")).resolve("my.duckdb");
    try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + file);
        Statement statement = plain.createStatement()) {
      statement.execute("CREATE TABLE t AS SELECT hash(range) AS a FROM range(200000)");
      statement.execute("CHECKPOINT");
      statement.execute("PRAGMA disable_checkpoint_on_shutdown");
      statement.execute("INSERT INTO t VALUES (1)");
      contents = Contents.of(plain);
    }
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    Path wal = file.resolveSibling("my.duckdb.wal");
    Files.setPosixFilePermissions(wal, PosixFilePermissions.fromString("rw-------"));
  }

  private List<String> keepTwice(List<String> before) throws IOException {
    try (var child =
        ChildJvm.start(Map.of(), before, List.of("-Xmx128m"), Keeping.class, file.toString())) {
      return child.join();
    }
  }

  /** Keeps it twice, as two attempts to open do, and prints the names. */
  static final class Keeping {
    private Keeping() {}

    public static void main(String[] arguments) throws IOException {
      LocalFiles files = LocalFiles.of(Path.of(arguments[0]));
      var kept = new KeptFiles(files, FileSteps.untold(), KeptFiles.DIVERGED);
      for (int i = 0; i < 2; i++) {
        System.out.println(kept.keep(Instant.ofEpochSecond(i)));
      }
      Path descriptors = Path.of("/proc/self/fd");
      if (Files.isDirectory(descriptors)) {
        tellWhatIsOpen(descriptors, arguments[0]);
      }
    }

    private static void tellWhatIsOpen(Path descriptors, String file) throws IOException {
      try (Stream<Path> all = Files.list(descriptors)) {
        for (Path descriptor : all.filter(Files::exists).toList()) {
          String open = Files.readSymbolicLink(descriptor).toString();
          if (open.startsWith(file)) {
            System.out.println("open: " + open);
          }
        }
      }
    }
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(file.getParent())) {
      return files.toList();
    }
  }

  @Test
  void keep_twice_givesOneSecondName() throws Exception {
    keepsOnce(List.of());
  }

  @Test
  void keep_twice_withoutHardLinks_makesOneCopy_thatOthersCannotRead() throws Exception {
    keepsOnce(WithoutHardLinks.command(directory));
  }

  private void keepsOnce(List<String> before) throws IOException, SQLException {
    String kept = file + ".diverged-19700101T000000.000Z";
    assertThat(keepTwice(before)).containsExactly(kept, kept);
    assertThat(files())
        .hasSize(4)
        .allSatisfy(
            each ->
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(each)))
                    .isEqualTo("rw-------"));
    try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + kept)) {
      assertThat(Contents.of(plain)).isEqualTo(contents);
    }
  }

  @Test
  void keep_withoutHardLinksAndWithoutRoom_leavesNothing() throws Exception {
    List<String> before =
        new ArrayList<>(List.of("bash", "-c", "ulimit -f 512; exec \"$@\"", "limited"));
    before.addAll(WithoutHardLinks.command(directory));
    assertThat(String.join("\n", keepTwice(before)))
        .contains("cannot keep " + file, "needs room for all of it", "It was left as it is");
    assertThat(files()).hasSize(2);
  }

  @Test
  void dropOldest_leavesTheNewest_withTheirLogs() throws Exception {
    var kept = new KeptFiles(LocalFiles.of(file), FileSteps.untold(), KeptFiles.DIVERGED);
    for (int day = 1; day <= 5; day++) {
      Path copy = file.resolveSibling("my.duckdb.diverged-2026010" + day + "T000000.000Z");
      Files.copy(file, copy);
      Files.writeString(copy.resolveSibling(copy.getFileName() + ".wal"), "log");
    }
    long before = files().size();
    kept.dropOldest(3);
    assertThat(files()).hasSize((int) before - 4);
    assertThat(files())
        .noneMatch(
            path -> path.toString().contains("20260101") || path.toString().contains("20260102"))
        .contains(file);
  }
}
