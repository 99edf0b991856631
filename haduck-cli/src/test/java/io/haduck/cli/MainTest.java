package io.haduck.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.testing.EmbeddedS3;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands as a shell gives them, on a replica that DuckDB and the engine have made. */
final class MainTest {
  @TempDir Path directory;
  private final Map<String, String> environment = new HashMap<>();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int haduck(String... args) {
    out.reset();
    err.reset();
    var shell =
        new Shell(
            new PrintStream(out, true, UTF_8),
            new PrintStream(err, true, UTF_8),
            environment,
            new Properties(),
            InstantSource.system(),
            ZoneId.of("Europe/Berlin"));
    return Main.run(shell, args);
  }

  private String out() {
    return out.toString(UTF_8);
  }

  private String err() {
    return err.toString(UTF_8);
  }

  private String replica() throws Exception {
    try (var database = ReplicatedDatabase.open(Files.createDirectory(directory.resolve("db")))) {
      database.execute("CREATE TABLE t AS SELECT 42 AS answer");
      database.execute("CHECKPOINT");
      database.awaitInSync();
      return "file:" + database.replica();
    }
  }

  private static int answer(Path file) throws Exception {
    try (var connection = DriverManager.getConnection("jdbc:duckdb:" + file);
        var statement = connection.createStatement();
        var rows = statement.executeQuery("SELECT answer FROM t")) {
      rows.next();
      return rows.getInt(1);
    }
  }

  @Test
  void restore_makesTheDatabase() throws Exception {
    Path file = directory.resolve("restored.duckdb");
    String replica = replica();
    assertThat(haduck("restore", replica, "-o", file.toString())).as(err()).isZero();
    assertThat(out()).startsWith("restored " + file);
    assertThat(answer(file)).isEqualTo(42);

    assertThat(haduck("restore", replica, "-o", file.toString())).isEqualTo(5);
    assertThat(err()).contains("exists. Try: ");
    assertThat(haduck("restore", replica, "-o", file.toString(), "--if-missing")).isZero();
    assertThat(haduck("restore", replica, "-o", file.toString(), "--force", "--json")).isZero();
    assertThat(out()).startsWith("{\"format\":1,\"restored\":true,").contains("\"kept\":");
    assertThat(answer(file)).isEqualTo(42);
  }

  @Test
  void restore_saysWhatIsNotThere() throws Exception {
    String file = directory.resolve("restored.duckdb").toString();
    String replica = replica();
    assertThat(haduck("restore", replica, "-o", file, "--seq", "999")).isEqualTo(14);
    assertThat(haduck("restore", replica, "-o", file, "--point", "none")).isEqualTo(14);
    assertThat(haduck("restore", replica, "-o", file, "--at", "2020-01-01 00:00")).isEqualTo(14);
    assertThat(err()).contains("local time, Europe/Berlin: 2019-12-31T23:00:00Z");
    assertThat(haduck("restore", replica + "s", "-o", file, "--json")).isEqualTo(10);
    assertThat(out()).startsWith("{\"format\":1,\"type\":\"error\",\"exit_code\":10,");
    assertThat(haduck("restore", replica + "s", "-o", file, "--if-replica-exists")).isZero();
    assertThat(Path.of(file)).doesNotExist();
  }

  @Test
  void status_saysWhatThereIs() throws Exception {
    String replica = replica();
    assertThat(haduck("status", replica)).as(err()).isZero();
    assertThat(out()).contains("replica  " + replica, "oldest   seq 1  ", "newest   seq ", " ago)");
    assertThat(haduck("status", replica, "--json")).isZero();
    assertThat(out())
        .contains("\"first_seq\":1,", "\"last_seq\":", "\"last_age_seconds\":", "\"points\":[]");
    String above = replica.substring(0, replica.lastIndexOf('/'));
    assertThat(haduck("status", above)).as("one level too high").isEqualTo(10);
    assertThat(err()).contains("there is no replica at " + above);
  }

  @Test
  void point_isMadeListedRestoredAndDeleted() throws Exception {
    String replica = replica();
    assertThat(haduck("point", "list", replica)).isZero();
    assertThat(out()).isEqualTo("no points\n");
    assertThat(haduck("point", "create", replica, "before-migration")).as(err()).isZero();
    assertThat(out()).startsWith("before-migration  seq ");
    assertThat(haduck("point", "create", replica, "Not A Name")).isEqualTo(2);
    assertThat(haduck("point", "create", replica, "other", "--seq", "99")).isEqualTo(13);
    assertThat(haduck("point", "list", replica, "--json")).isZero();
    assertThat(out()).contains("\"points\":[{\"name\":\"before-migration\",\"seq\":");
    Path file = directory.resolve("point.duckdb");
    assertThat(haduck("restore", replica, "-o", file.toString(), "--point", "before-migration"))
        .isZero();
    assertThat(answer(file)).isEqualTo(42);
    assertThat(haduck("point", "delete", replica, "before-migration")).isZero();
    assertThat(out()).isEqualTo("deleted point before-migration\n");
    assertThat(haduck("point", "delete", replica, "before-migration", "--json")).isZero();
    assertThat(out()).contains("\"deleted\":false");
    assertThat(haduck("point")).isEqualTo(2);
  }

  @Test
  void gc_deletesOnlyWhenForced() throws Exception {
    String replica = replica();
    Path kept = Path.of(replica.substring("file:".length())).resolve("kept");
    assertThat(haduck("gc", replica)).as(err()).isZero();
    assertThat(out()).contains("a sweep would delete 0 objects");
    assertThat(kept).doesNotExist();
    assertThat(haduck("gc", replica, "--force", "--json")).as(err()).isZero();
    assertThat(out()).contains("\"dry_run\":false", "\"announced\":\"retention=7d");
    assertThat(kept).isNotEmptyDirectory();
    assertThat(haduck("gc", replica + "s")).isEqualTo(10);
    assertThat(Path.of(replica.substring("file:".length()) + "s")).doesNotExist();
  }

  @Test
  void misuse_isToldWithAHint() {
    for (var args :
        List.of(
            List.of("restore"),
            List.of("restore", "file:/x", "-o", "f", "--seq", "1", "--point", "p"),
            List.of("restore", "file:/x", "-o", "f", "--at", "soon"),
            List.of("nonsense"),
            List.of())) {
      assertThat(haduck(args.toArray(String[]::new))).as(args.toString()).isEqualTo(2);
      assertThat(err()).as(args.toString()).contains("Try: ");
    }
    assertThat(haduck("verify", "nowhere")).isEqualTo(2);
    assertThat(err()).startsWith("haduck: replica 'nowhere' is not of the form s3://");
    assertThat(haduck("--help")).isZero();
    assertThat(out()).contains("restore", "verify", "version");
    assertThat(haduck("version", "--json")).isZero();
  }

  @Test
  void verify_findsWhatIsDamaged() throws Exception {
    String replica = replica();
    assertThat(haduck("verify", replica)).isZero();
    assertThat(out()).startsWith("whole: ");
    Path changeset;
    try (var files = Files.walk(Path.of(replica.substring("file:".length())))) {
      changeset =
          files.filter(it -> it.toString().endsWith(".changeset")).findFirst().orElseThrow();
    }
    byte[] bytes = Files.readAllBytes(changeset);
    bytes[bytes.length / 2] ^= 1;
    Files.write(changeset, bytes);
    assertThat(haduck("status", replica)).isEqualTo(3);
    assertThat(haduck("verify", replica, "--json")).isEqualTo(3);
    assertThat(out()).contains("\"clean\":false").contains("\"findings\":[{\"key\":");
  }

  @Test
  void s3_isReachedByTheEnvironment() throws Exception {
    try (var s3 = EmbeddedS3.inMemory()) {
      s3.settings()
          .forEach(
              (key, value) ->
                  environment.put(
                      "HADUCK_" + key.replace('.', '_').toUpperCase(java.util.Locale.ROOT), value));
      String file = directory.resolve("restored.duckdb").toString();
      String replica = "s3://" + EmbeddedS3.BUCKET + "/databases/db";
      assertThat(haduck("restore", replica, "-o", file)).isEqualTo(10);
      copy(Path.of(replica().substring("file:".length())), s3);
      assertThat(haduck("restore", replica, "-o", file)).as(err()).isZero();
      assertThat(answer(Path.of(file))).isEqualTo(42);
      assertThat(haduck("verify", "s3://no-such-bucket/db")).isEqualTo(5);
    }
    assertThat(environment).isNotEmpty();
  }

  private static void copy(Path from, EmbeddedS3 s3) throws Exception {
    try (var store = s3.openStore("databases/db");
        var source = new io.haduck.core.store.FileObjectStore(from)) {
      for (var entry : source.list("", "", 1000).objects()) {
        try (var object = source.get(entry.key())) {
          store.put(entry.key(), io.haduck.core.store.ObjectBody.of(object.readAll()));
        }
      }
    }
  }
}
