package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.internal.log.ChangesetKind;
import io.haduck.core.internal.log.LiveObject;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.SnapshotObjects;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A log that grows by commits, and hardly by checkpoints. */
class WalHeavyLogTest {
  private static final int COMMITS = Integer.getInteger("haduck.commits", 10_050);

  @TempDir Path directory;

  @Test
  @Tag("slow")
  @Timeout(value = 1, unit = TimeUnit.HOURS) // as many as asked for
  void tenThousandCommits_bringASnapshotInTheMiddleOfTheWal_thatMakesTheLogBeforeItNeedless()
      throws Exception {
    try (ReplicatedDatabase database = ReplicatedDatabase.open(directory)) {
      database.execute("CREATE TABLE t (a INTEGER)");
      for (int i = 0; i < COMMITS; i++) {
        database.execute("INSERT INTO t VALUES (" + i + ")");
        database.awaitPosition();
      }
      database.awaitInSync();
      List<Path> snapshots = files(database.replica().resolve("snapshot"));
      assertThat(snapshots).hasSize(COMMITS / 10_000);
      Path last = snapshots.get(snapshots.size() - 1);
      String key = database.replica().relativize(last).toString();
      byte[] front = Arrays.copyOf(Files.readAllBytes(last), 64 << 10);
      SnapshotObjects needed = SnapshotObjects.read(key, front);
      assertThat(needed.kind()).isEqualTo(ChangesetKind.WAL);
      assertThat(needed.length()).isEqualTo(Files.size(last));

      Set<String> kept = new TreeSet<>(needed.objects().stream().map(LiveObject::key).toList());
      int deleted = 0;
      for (Path changeset : files(database.replica().resolve("log"))) {
        String name = database.replica().relativize(changeset).toString();
        long seq = LogKeys.changesetSeq(name).orElseThrow();
        if (seq < needed.position().seq() && !kept.contains(name)) {
          Files.delete(changeset);
          deleted++;
        }
      }
      assertThat(deleted).as("rolled up").isGreaterThan(COMMITS / 2);
      assertThat(database.restoredContents()).isEqualTo(database.contents());
    }
  }

  private static List<Path> files(Path directory) throws Exception {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }
}
