package io.haduck.examples.failover;

import io.haduck.jdbc.Haduck;
import io.haduck.testing.EmbeddedS3;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;

/**
 * One process writes, one stands by, one reads; each has a disk of its own. The writer is killed,
 * the standby takes over, the reader goes on. Then the one that was killed comes back, and is
 * handed the database. Every row that was acknowledged is there at the end.
 */
public final class Failover {
  private static final int TTL_SECONDS = 2;
  private static final int ROWS = 100;

  private Failover() {}

  /** Runs it; fails, and so ends with an exit code other than 0, if a row is missing. */
  public static void main(String[] arguments) throws Exception {
    Path directory = Files.createTempDirectory("haduck-failover");
    try (EmbeddedS3 s3 = EmbeddedS3.in(Files.createDirectory(directory.resolve("s3")))) {
      say("S3 server      %s, in this process", s3.endpoint());
      List<MemberProcess> writers = new ArrayList<>();
      try {
        run(directory, s3, writers);
      } finally {
        for (MemberProcess writer : writers) {
          writer.kill(); // before what they have open is deleted
        }
      }
    } finally {
      deleteAll(directory);
    }
  }

  private static void run(Path directory, EmbeddedS3 s3, List<MemberProcess> writers)
      throws Exception {
    var environment = new HashMap<String, String>();
    s3.settings()
        .forEach(
            (key, value) ->
                environment.put("HADUCK_" + key.toUpperCase(Locale.ROOT).replace('.', '_'), value));
    String reading = url(directory, "reader", "follower");
    MemberProcess first = writer(directory, "first", environment, writers);
    first.await("write", () -> first.acknowledged().size() > ROWS);
    MemberProcess second = writer(directory, "second", environment, writers);
    second.await("stand by", () -> second.role().equals("STANDBY"));
    try (MemberProcess reader = MemberProcess.start("read", reading, "reader", environment)) {
      reader.await("read", () -> reader.rows() > 0);
      say("first          writes, durability=commit; second stands by; reader reads");

      long begun = System.nanoTime();
      first.kill();
      second.await("take over", () -> !second.acknowledged().isEmpty());
      double taken = (System.nanoTime() - begun) / 1e9;
      say(
          "killed         first, by SIGKILL; second has written after %.2f s (%.1f times lease_ttl)",
          taken, taken / TTL_SECONDS);
      goesOn(reader);

      MemberProcess back = writer(directory, "first", environment, writers);
      back.await("stand by", () -> back.role().equals("STANDBY"));
      say("back           first stands by, on the disk that it had");
      begun = System.nanoTime();
      back.promote();
      back.await("take over", () -> !back.acknowledged().isEmpty());
      say(
          "handed over    to first; it has written after %.2f s",
          (System.nanoTime() - begun) / 1e9);
      goesOn(reader);
      back.await("write", () -> back.acknowledged().size() > ROWS);
      back.close();
      second.close();
    }
    prove(directory, s3, writers);
  }

  private static MemberProcess writer(
      Path directory, String name, Map<String, String> environment, List<MemberProcess> writers)
      throws IOException {
    String label = name + writers.size();
    MemberProcess process =
        MemberProcess.start(
            "write", url(directory, name, "standby") + ";haduck.label=" + name, label, environment);
    writers.add(process);
    return process;
  }

  private static String url(Path directory, String name, String mode) throws IOException {
    return "jdbc:haduck:"
        + Files.createDirectories(directory.resolve(name)).resolve("shop.duckdb")
        + ";haduck.mode="
        + mode
        + ";haduck.name=shop.duckdb;haduck.durability=commit;haduck.poll_interval=100ms;haduck.lease_ttl="
        + TTL_SECONDS
        + "s;haduck.replica=s3://"
        + EmbeddedS3.BUCKET;
  }

  private static void goesOn(MemberProcess reader) {
    long before = reader.rows();
    reader.await("read on", () -> reader.rows() > before);
    say("reader         goes on: %,d rows, then %,d", before, reader.rows());
  }

  private static void prove(Path directory, EmbeddedS3 s3, List<MemberProcess> writers)
      throws Exception {
    Set<String> there = new HashSet<>();
    String url = url(directory, "proof", "writer");
    var settings = new Properties();
    s3.settings().forEach((key, value) -> settings.setProperty("haduck." + key, value));
    try (Connection connection = DriverManager.getConnection(url, settings);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT writer || '/' || number FROM rows")) {
      while (rows.next()) {
        there.add(rows.getString(1));
      }
    }
    Haduck.shutdown(); // lets go of the files
    long acknowledged = 0;
    for (MemberProcess writer : writers) {
      for (long number : writer.acknowledged()) {
        acknowledged++;
        if (!there.contains(writer.name() + "/" + number)) {
          throw new SQLException("acknowledged, and missing: " + writer.name() + "/" + number);
        }
      }
    }
    say(
        "proven         all %,d rows that were acknowledged are in a restored database, which has %,d",
        acknowledged, there.size());
  }

  private static void deleteAll(Path directory) throws IOException {
    try (var files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private static void say(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}
