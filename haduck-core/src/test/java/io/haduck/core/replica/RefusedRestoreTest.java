package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.DivergedException;
import io.haduck.core.HaduckException;
import io.haduck.core.LocalFileException;
import io.haduck.core.UnavailableException;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreTarget;
import io.haduck.core.store.FileObjectStore;
import io.haduck.testing.FaultInjectingStore;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A restore that is refused leaves nothing behind, no lock file either. */
class RefusedRestoreTest {
  @TempDir Path directory;
  private Path replica;
  private Path target;

  @BeforeEach
  void makeAReplica() throws Exception {
    replica = directory.resolve("replica");
    target = Files.createDirectory(directory.resolve("target")).resolve("my.duckdb");
    Path source = Files.createDirectory(directory.resolve("source"));
    try (var database = ReplicatedDatabase.open(source, replica)) {
      database.execute("CREATE TABLE t AS SELECT 1 AS a");
      database.checkpoint();
    }
  }

  private RestoreRequest request() {
    return RestoreRequest.latest(new FileObjectStore(replica), target);
  }

  private void refuses(Class<? extends HaduckException> type, RestoreRequest request)
      throws IOException {
    List<Path> before = files();
    assertThatThrownBy(() -> Restorer.create().restore(request)).isInstanceOf(type);
    assertThat(files()).isEqualTo(before);
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(target.getParent())) {
      return files.sorted().toList();
    }
  }

  @Test
  void restore_ofAnEmptyReplica_leavesNothing() throws Exception {
    var nowhere = new FileObjectStore(directory.resolve("nowhere"));
    refuses(DivergedException.class, RestoreRequest.latest(nowhere, target));
    refuses(DivergedException.class, RestoreRequest.latest(nowhere, target).overwriting());
  }

  @Test
  void restore_toAMomentThatIsNotThere_leavesNothing() throws Exception {
    refuses(DivergedException.class, request().at(new RestoreTarget.AtTime(Instant.EPOCH)));
    refuses(DivergedException.class, request().at(new RestoreTarget.AtSeq(4711)));
  }

  @Test
  void restore_whereADatabaseOrAWalIs_leavesThemAlone() throws Exception {
    Files.writeString(target, "somebody's");
    refuses(LocalFileException.class, request());
    Files.delete(target);
    Files.writeString(Path.of(target + ".wal"), "commits");
    refuses(LocalFileException.class, request());
  }

  @Test
  void restore_whileTheStoreIsAway_leavesNothing() throws Exception {
    var store = new FaultInjectingStore(new FileObjectStore(replica), 1);
    store.outage(true);
    refuses(UnavailableException.class, RestoreRequest.latest(store, target));
  }

  @Test
  void restore_thatSucceeds_leavesALockFile() throws Exception {
    Restorer.create().restore(request());
    assertThat(files()).contains(Path.of(target + ".haduck-lock"));
  }
}
