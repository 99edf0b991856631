package io.haduck.core.internal.opening;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.DivergedException;
import io.haduck.core.replica.Restorer;
import io.haduck.core.replica.WholeFile;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreResult;
import io.haduck.core.restore.RestoreTarget;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * One test for each row of the table in docs/internals/opening.md about files that were restored to
 * an earlier point, and of those that were not but look like it.
 */
@Tag("compat")
class DetachedTest extends OpenedAgain {
  @Test
  void open_withADetachedFile_isAnError() throws Exception {
    database.open();
    database.execute("INSERT INTO t VALUES (1)");
    database.checkpoint();
    database.stop();
    database.deleteLocalFiles();
    try (ObjectStore store = new FileObjectStore(directory.resolve("replica"))) {
      RestoreResult result =
          Restorer.create()
              .restore(
                  RestoreRequest.latest(store, database.file("my.duckdb"))
                      .at(new RestoreTarget.AtSeq(1)));
      assertThat(result.seq()).isEqualTo(1);
      assertThat(result.headSeq()).isGreaterThan(1);
    }
    refuses(DivergedException.class, "earlier point");
  }

  @Test
  void open_withAFileRestoredToAnEarlierCommit_isAnError() throws Exception {
    leaveAWal();
    long head = record().committed().seq();
    database.deleteLocalFiles();
    RestoreResult result = restore(request().at(new RestoreTarget.AtSeq(head - 1)));
    assertThat(result.walBytes()).isPositive().isLessThan(headWal());
    refuses(DivergedException.class, "earlier point");
  }

  @Test
  void open_withTheHeadRestoredWithoutItsWal_isAnError() throws Exception {
    leaveAWal();
    database.deleteLocalFiles();
    RestoreResult result = restore(request().toLastCheckpoint());
    assertThat(result.lost().orElseThrow().bytes()).isEqualTo(headWal());
    refuses(DivergedException.class, "earlier point");
  }

  @Test
  void open_withTheHeadRestoredByHand_goesOn() throws Exception {
    leaveAWal();
    database.deleteLocalFiles();
    assertThat(restore(request()).walBytes()).isEqualTo(headWal());
    assertThat(verdict()).isEqualTo(Verdict.UNCHANGED);
    database.open();
    assertThat(database.contents()).isEqualTo(before);
    goesOn();
  }

  private long headWal() {
    return WholeFile.headOf(database.replica()).wal().length();
  }

  private RestoreRequest request() {
    return RestoreRequest.latest(
        new FileObjectStore(directory.resolve("replica")), database.file());
  }

  private static RestoreResult restore(RestoreRequest request) {
    try (ObjectStore store = request.store()) {
      assertThat(store).isNotNull();
      return Restorer.create().restore(request);
    }
  }
}
