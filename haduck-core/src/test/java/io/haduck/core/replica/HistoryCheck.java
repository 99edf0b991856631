package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.CommitReceipt;
import io.haduck.core.internal.duckdb.DatabaseFiles;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.internal.Contents;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;

/**
 * Compares the replica of a random history with the database, and counts what it compared: the
 * log's block index with one made by hashing the whole file, and a restore with both.
 */
final class HistoryCheck {
  private final ReplicatedDatabase database;
  private final Path directory;
  private int files;
  private int verified;
  private int compared;
  private int forgottenByDuckDb;
  private long commits;
  private long partialReads;

  HistoryCheck(ReplicatedDatabase database, Path directory) {
    this.database = database;
    this.directory = directory;
  }

  /** Returns how often the replica was found to be what the file is. */
  int verified() {
    return verified;
  }

  /** Returns how often the contents were compared with what DuckDB remembers. */
  int compared() {
    return compared;
  }

  /** Returns how often DuckDB remembered something else than its file holds. */
  int forgottenByDuckDb() {
    return forgottenByDuckDb;
  }

  /** Returns how many receipts of commits there were. */
  long commits() {
    return commits;
  }

  /** Returns how many commits did not read all blocks. */
  long partialReads() {
    return partialReads;
  }

  /**
   * Compares after a checkpoint.
   *
   * @return whether DuckDB remembers what its file holds; otherwise it must be restarted
   */
  boolean verify(String context) throws Exception {
    CommitReceipt receipt;
    try {
      receipt = database.awaitPosition();
    } catch (Exception e) {
      throw new AssertionError(context + ": not replicated", e);
    }
    if (receipt != null) {
      commits++;
      partialReads += receipt.blocksRead() < receipt.blocksInUse() ? 1 : 0;
    }
    WholeFile local = WholeFile.of(database.file());
    LogState head = WholeFile.headOf(database.replica());
    local.assertIs(head, context);

    Path restored = database.file("restored-" + ++files + ".duckdb");
    try (ObjectStore store = new FileObjectStore(database.replica())) {
      Restorer.create().restore(RestoreRequest.latest(store, restored));
    }
    WholeFile.of(restored).assertIs(head, context + ", restored");
    boolean remembered;
    try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + restored)) {
      remembered = compare(Contents.of(plain), context);
    }
    deleteWithItsFiles(restored);
    assertThat(DatabaseFiles.descriptorsInThisProcess(database.file()).orElse(1)).isPositive();
    verified++;
    return remembered;
  }

  /**
   * The replica holds what DuckDB's file does. Should DuckDB remember something else, a copy of the
   * file that it reads anew tells who is right: version 1.4.4 can lose deletions from its own file.
   */
  private boolean compare(String restored, String context) throws Exception {
    String remembered = Contents.of(database.connection());
    compared++;
    if (restored.equals(remembered)) {
      return true;
    }
    assertThat(database.connection().getMetaData().getDatabaseProductVersion())
        .as("%s: DuckDB remembers %s, the replica holds %s", context, remembered, restored)
        .contains("1.4.");
    Path copy = database.file("copy-" + ++files + ".duckdb");
    LocalCopy.make(database.file(), copy);
    try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + copy)) {
      assertThat(restored).as("%s: contents", context).isEqualTo(Contents.of(plain));
    }
    System.out.println(
        context
            + ": DuckDB remembers "
            + remembered.lines().findFirst().orElse("")
            + "\n but its file holds "
            + restored.lines().findFirst().orElse(""));
    deleteWithItsFiles(copy);
    forgottenByDuckDb++;
    return false;
  }

  private void deleteWithItsFiles(Path file) throws Exception {
    try (DirectoryStream<Path> all =
        Files.newDirectoryStream(directory, file.getFileName() + "*")) {
      for (Path each : all) {
        Files.delete(each);
      }
    }
  }
}
