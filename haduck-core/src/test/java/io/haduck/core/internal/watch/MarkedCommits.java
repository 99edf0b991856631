package io.haduck.core.internal.watch;

import io.haduck.core.internal.duckdb.DatabaseFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A DuckDB in which one thread makes numbered commits, each with a mark that can be found in the
 * bytes of the WAL, and another makes checkpoints that take their time.
 */
final class MarkedCommits implements AutoCloseable {
  private static final Pattern MARK = Pattern.compile("mark-(\\d{12})-");
  private static final long PER_SESSION = 1_000_000;

  private final Path path;
  private final Connection commits;
  private final Connection checkpoints;
  private final long first;
  private final List<Long> iterationsBefore = new ArrayList<>();
  private CompletableFuture<Void> checkpoint = CompletableFuture.completedFuture(null);

  private MarkedCommits(Path path, Connection commits, Connection checkpoints, long first) {
    this.path = path;
    this.commits = commits;
    this.checkpoints = checkpoints;
    this.first = first;
  }

  /** Opens a database, which is made if it is not there; each session numbers on its own. */
  static MarkedCommits open(Path path, String urlOptions, int session) throws SQLException {
    String url = "jdbc:duckdb:" + path + urlOptions;
    Connection commits = DriverManager.getConnection(url);
    run(commits, "SET checkpoint_threshold = '1TB'");
    run(commits, "CREATE TABLE IF NOT EXISTS t(mark VARCHAR)");
    run(
        commits,
        "CREATE TABLE IF NOT EXISTS filler AS SELECT range AS i, md5(range::VARCHAR) AS s FROM range(60000)");
    return new MarkedCommits(
        path, commits, DriverManager.getConnection(url), session * PER_SESSION);
  }

  /** Commits the next number, and returns when DuckDB has acknowledged it. */
  void commit() throws SQLException, IOException {
    iterationsBefore.add(iteration());
    long number = first + iterationsBefore.size() - 1;
    run(commits, String.format("INSERT INTO t VALUES ('mark-%012d-')", number));
  }

  /** Writes something that is not committed. */
  void rollBack() throws SQLException {
    run(commits, "BEGIN");
    run(commits, "INSERT INTO t VALUES ('rolled back')");
    run(commits, "ROLLBACK");
  }

  /** Begins a checkpoint beside the commits, unless one is running. */
  void beginCheckpoint() throws SQLException {
    if (!checkpoint.isDone()) {
      return;
    }
    run(commits, "UPDATE filler SET s = md5(s) WHERE i = 7");
    checkpoint =
        CompletableFuture.runAsync(
            () -> {
              try {
                run(checkpoints, "CHECKPOINT");
              } catch (SQLException e) {
                if (!String.valueOf(e.getMessage()).contains("CHECKPOINT")) {
                  throw new CompletionException(e);
                } // else it found another transaction writing
              }
            });
  }

  /**
   * Commits until a commit has gone where those go that are made while a checkpoint runs, or the
   * checkpoint is over; returns how many it took.
   */
  int commitBesideCheckpoint() throws SQLException, IOException {
    Path beside = path.resolveSibling(path.getFileName() + ".wal.checkpoint");
    int made = 0;
    while (!checkpoint.isDone() && (made == 0 || !Files.exists(beside))) {
      commit();
      made++;
    }
    return made;
  }

  /** Waits until nothing runs in DuckDB. */
  void quiesce() {
    checkpoint.join();
  }

  /** How many commits were acknowledged in this session. */
  long acknowledged() {
    return iterationsBefore.size();
  }

  /** The number of a commit in this session, counted from 0. */
  long number(long ofSession) {
    return first + ofSession;
  }

  /** The iteration that the header was at before a commit of this session was begun. */
  long iterationBefore(long ofSession) {
    return iterationsBefore.get(Math.toIntExact(ofSession));
  }

  /** Which iteration the file is at, by its headers alone. */
  long iteration() throws IOException {
    return DatabaseFiles.open(path).readHeaders().active().iteration();
  }

  /** The numbers of the commits in the WAL's file, read as bytes while nothing runs. */
  List<Long> marksInFile() throws IOException {
    Path wal = path.resolveSibling(path.getFileName() + ".wal");
    return Files.exists(wal) ? marks(Files.readAllBytes(wal)) : List.of();
  }

  /** Whether DuckDB shows a commit's row. */
  boolean isInTable(long number) throws SQLException {
    try (Statement statement = commits.createStatement();
        ResultSet rows =
            statement.executeQuery(
                String.format("SELECT count(*) FROM t WHERE mark = 'mark-%012d-'", number))) {
      rows.next();
      return rows.getLong(1) == 1;
    }
  }

  /** The numbers of the commits in bytes of a WAL, in their order. */
  static List<Long> marks(byte[] wal) {
    List<Long> marks = new ArrayList<>();
    Matcher matcher = MARK.matcher(new String(wal, StandardCharsets.ISO_8859_1));
    while (matcher.find()) {
      marks.add(Long.parseLong(matcher.group(1)));
    }
    return marks;
  }

  private static void run(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Override
  public void close() throws SQLException {
    quiesce();
    checkpoints.close();
    commits.close();
  }
}
