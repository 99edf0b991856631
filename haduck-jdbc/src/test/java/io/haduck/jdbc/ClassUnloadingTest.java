package io.haduck.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.haduck.core.internal.duckdb.DatabaseFiles;
import io.haduck.testing.internal.OtherLoader;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import org.duckdb.DuckDBDriver;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An application is undeployed: haduck's classes go, while DuckDB's driver stays. */
@Tag("compat")
final class ClassUnloadingTest {
  @TempDir Path directory;

  /**
   * What the next application does: the JDK remembers the last class that its comparison of records
   * was adapted to, strongly before JDK 19 (JDK-8078641), softly since.
   */
  public static final class Successor {
    private record Value(@Nullable Value next) {}

    private Successor() {}

    public static void comparesRecords() {
      assertThat(new Value(new Value(null))).isEqualTo(new Value(new Value(null)));
    }
  }

  @Test
  void afterShutdownAndDeregister_theClassLoaderIsCollected() throws Exception {
    // by the server: until JDK 23 its JFR event holds whoever was on the stack when it was loaded
    assertThat(new DuckDBDriver().acceptsURL("jdbc:duckdb:")).isTrue();
    WeakReference<ClassLoader> undeployed = deployAndUndeploy();
    try (OtherLoader next = new OtherLoader()) {
      next.call(Successor.class, "comparesRecords");
    }
    // 10 s of it are the idle threads that read database files
    await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(500))
        .untilAsserted(
            () -> {
              System.gc();
              assertThat(undeployed.get()).isNull();
            });
    Path database = directory.resolve("a.duckdb");
    assertThat(DatabaseFiles.descriptorsInThisProcess(database).orElse(0)).isZero();
    try (Connection connection = new HaduckDriver().connect(url("a.duckdb"), new Properties());
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT count(*) FROM t")) {
      assertThat(rows.next()).isTrue();
      assertThat(rows.getLong(1)).isEqualTo(100_000);
    } finally {
      Haduck.shutdown();
    }
  }

  private String url(String name) {
    return "jdbc:haduck:"
        + directory.resolve(name)
        + ";haduck.replica=file:"
        + directory.resolve("replica");
  }

  private WeakReference<ClassLoader> deployAndUndeploy() throws Exception {
    try (OtherLoader application = new OtherLoader()) {
      Class<?> type = application.loadClass("io.haduck.jdbc.HaduckDriver");
      assertThat(type).isNotSameAs(HaduckDriver.class);
      Driver driver = (Driver) type.getConstructor().newInstance();
      for (int i = 0; i < 2; i++) {
        use(driver);
        application.call(Haduck.class, "shutdown");
      }
      useUnreachableS3(driver);
      assertThat(application.loadClass("io.haduck.s3.S3ObjectStoreProvider").getClassLoader())
          .isSameAs(application);
      application.call(Haduck.class, "shutdown");
      application.call(HaduckDriver.class, "deregister");
      return new WeakReference<>(application);
    }
  }

  private void use(Driver driver) throws Exception {
    try (Connection connection = driver.connect(url("a.duckdb"), new Properties());
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE OR REPLACE TABLE t AS SELECT range AS i FROM range(100_000)");
      statement.execute("CHECKPOINT");
      statement.execute("ATTACH 'haduck:" + directory.resolve("b.duckdb") + "' AS b");
      statement.execute("CREATE OR REPLACE TABLE b.t AS SELECT 1 AS i");
    }
    for (String name :
        List.of("a", "b")) { // so that the next opening hashes, in the caller's thread
      Files.delete(directory.resolve(name + ".duckdb.haduck"));
    }
  }

  /** A store that nobody serves: the S3 client is made, used and closed. */
  private void useUnreachableS3(Driver driver) {
    String url =
        "jdbc:haduck:"
            + directory.resolve("s3.duckdb")
            + ";haduck.s3.bucket=none;haduck.s3.endpoint=http://127.0.0.1:9;haduck.s3.region=none"
            + ";haduck.s3.access_key=a;haduck.s3.secret_key=b;haduck.sync_timeout=10ms";
    assertThatThrownBy(() -> driver.connect(url, new Properties()))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("does not answer");
  }

  @Test
  void deregister_twice_andRegisterAgain() throws Exception {
    HaduckDriver.deregister();
    HaduckDriver.deregister();
    assertThat(DriverManager.drivers()).noneMatch(HaduckDriver.class::isInstance);
    HaduckDriver.register();
    HaduckDriver.register();
    assertThat(DriverManager.drivers()).filteredOn(HaduckDriver.class::isInstance).hasSize(1);
  }
}
