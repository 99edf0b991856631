package io.haduck.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.store.ObjectStore;
import io.haduck.core.verify.Finding;
import io.haduck.core.verify.VerifyProgress;
import io.haduck.core.verify.VerifyReport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@link Haduck#verify}: whether a replica is whole. */
@Tag("compat")
final class VerifyTest {
  @TempDir Path directory;

  private String url() {
    return "jdbc:haduck:"
        + directory.resolve("my.duckdb")
        + ";haduck.replica=file:"
        + directory.resolve("replica")
        + ";haduck.linger=0s";
  }

  private VerifyReport verify(VerifyProgress progress) {
    try (ObjectStore replica = Haduck.replica(url(), new Properties())) {
      return Haduck.verify(replica, progress);
    }
  }

  private void write() throws Exception {
    try (Connection connection = DriverManager.getConnection(url())) {
      Sql.run(
          connection, "CREATE TABLE t AS SELECT range AS a, md5(range::VARCHAR) FROM range(50000)");
      Haduck.checkpoint(connection);
      Sql.run(connection, "INSERT INTO t VALUES (1, 'x')");
      Haduck.sync(connection);
    }
  }

  @Test
  void verify_ofWholeReplica_findsNothingAndTellsHowFarItIs() throws Exception {
    write();
    var told = new AtomicLong();
    VerifyReport report = verify((objects, total, bytes, totalBytes) -> told.set(objects));
    assertThat(report.isClean()).isTrue();
    assertThat(report.objects()).isEqualTo(told.get()).isPositive();
    assertThat(report.isReadable(report.headSeq())).isTrue();
  }

  @Test
  void verify_besideItsWriter_findsNothing() throws Exception {
    write();
    try (Connection connection = DriverManager.getConnection(url())) {
      Sql.run(connection, "INSERT INTO t VALUES (2, 'y')");
      assertThat(verify(VerifyProgress.none()).isClean()).isTrue();
    }
  }

  @Test
  void verify_ofDamagedObject_namesIt() throws Exception {
    write();
    Path damaged;
    try (Stream<Path> files = Files.walk(directory.resolve("replica"))) {
      damaged =
          files
              .filter(file -> file.toString().endsWith(".changeset"))
              .max(Path::compareTo)
              .orElseThrow();
    }
    byte[] bytes = Files.readAllBytes(damaged);
    bytes[bytes.length / 2] ^= 1;
    Files.write(damaged, bytes);
    VerifyReport report = verify(VerifyProgress.none());
    assertThat(report.isClean()).isFalse();
    assertThat(report.findings()).extracting(Finding::key).contains("log/" + damaged.getFileName());
    assertThat(report.isReadable(report.headSeq())).isFalse();
  }
}
