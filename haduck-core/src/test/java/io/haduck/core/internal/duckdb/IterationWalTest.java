package io.haduck.core.internal.duckdb;

import static io.haduck.core.internal.duckdb.HandmadeWal.VERSION;
import static io.haduck.core.internal.duckdb.HandmadeWal.append;
import static io.haduck.core.internal.duckdb.HandmadeWal.commit;
import static io.haduck.core.internal.duckdb.HandmadeWal.entry;
import static io.haduck.core.internal.duckdb.HandmadeWal.join;
import static io.haduck.core.internal.duckdb.HandmadeWal.mark;
import static io.haduck.core.internal.duckdb.HandmadeWal.truncate;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.CorruptDataException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Reads WALs made by hand, in the states that DuckDB leaves them in. */
final class IterationWalTest extends ObservedWal {
  /** Headers of a real database, whose own WAL files are not looked at. */
  private DatabaseHeaders someHeaders() throws Exception {
    Path other = directory.resolve("other.duckdb");
    try (DuckDatabase duck = DuckDatabase.open(other)) {
      duck.execute("CREATE TABLE t (i INTEGER)", "CHECKPOINT");
    }
    return headers(other);
  }

  @Test
  void look_afterACommitWasReplacedByAnotherOfItsLength_tellsFromWhereOn() throws Exception {
    DatabaseHeaders headers = someHeaders();
    try (var wal = new IterationWal(files)) {
      append(files.wal(), VERSION, commit("one"), commit("two"));
      WalView before = wal.observe(headers);
      wal.committed(before);
      int second = VERSION.length + commit("one").length;
      truncate(files.wal(), second);
      append(files.wal(), commit("TWO"));
      WalView after = wal.observe(headers);
      assertThat(after.end()).isEqualTo(before.end());
      assertThat(after.unchangedUpTo()).isEqualTo(second);
      assertThat(after.rewinds()).isEqualTo(1);
      assertThat(stream(wal, after)).isEqualTo(Files.readAllBytes(files.wal()));
      // What was seen before the next rewind does not confirm what came after it.
      truncate(files.wal(), second);
      append(files.wal(), commit("deux"), commit("three"));
      wal.observe(headers);
      wal.committed(after);
      assertThat(wal.observe(headers).unchangedUpTo()).isEqualTo(second);
    }
  }

  @Test
  void look_afterACommitDisappeared_endsBeforeIt() throws Exception {
    DatabaseHeaders headers = someHeaders();
    try (var wal = new IterationWal(files)) {
      append(files.wal(), VERSION, commit("one"), commit("two"));
      wal.observe(headers);
      int second = VERSION.length + commit("one").length;
      truncate(files.wal(), second);
      WalView after = wal.observe(headers);
      assertThat(after.end()).isEqualTo(second).isEqualTo(after.unchangedUpTo());
    }
  }

  /**
   * Replaces the file by a second one just before it is opened, and that by a third one just after:
   * on many file systems the third one gets the inode of the first.
   */
  private final class TwiceReplaced implements ObservationSteps {
    private final String text;
    private boolean opened;
    private boolean done;

    TwiceReplaced(String text) {
      this.text = text;
    }

    @Override
    public void before(String what, Path file) {
      if (done
          || !file.equals(files.wal())
          || !(what.equals("open") || (opened && what.equals("stat")))) {
        return;
      }
      try {
        done = opened;
        Files.delete(file);
        Files.deleteIfExists(lower()); // whose inode the second one gets, and the third the first's
        append(file, VERSION, commit(opened ? text : "between"));
        opened = true;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private Path lower() {
    return directory.resolve("lower");
  }

  @Test
  void look_whileTheFileIsReplacedTwice_readsTheLastOne() throws Exception {
    DatabaseHeaders headers = someHeaders();
    int reused = 0;
    for (int i = 0; i < 20; i++) {
      Files.deleteIfExists(files.wal());
      Files.createFile(lower());
      append(files.wal(), VERSION, commit("first"));
      Object first = Files.readAttributes(files.wal(), BasicFileAttributes.class).fileKey();
      var steps = new TwiceReplaced("commit " + (10 + i));
      try (var wal = new IterationWal(files, steps)) {
        WalView view = wal.observe(headers);
        assertThat(steps.done).isTrue();
        assertThat(stream(wal, view)).isEqualTo(Files.readAllBytes(files.wal()));
        append(files.wal(), commit("another"));
        assertThat(stream(wal, wal.observe(headers))).isEqualTo(Files.readAllBytes(files.wal()));
      }
      Object last = Files.readAttributes(files.wal(), BasicFileAttributes.class).fileKey();
      reused += first.equals(last) ? 1 : 0;
    }
    System.out.println(reused + " of 20 inodes were those of the first file");
  }

  @Test
  void look_whileACheckpointRuns_joinsBothFiles() throws Exception {
    DatabaseHeaders headers = someHeaders();
    long next = headers.active().metaBlockPointer().raw() + 5;
    try (var wal = new IterationWal(files)) {
      append(files.wal(), VERSION, commit("one"));
      long end = wal.observe(headers).end();
      append(files.wal(), mark(next));
      WalView begun = wal.observe(headers);
      assertThat(begun.checkpointRunning()).isTrue();
      assertThat(begun.end()).isEqualTo(end);
      append(files.checkpoint(), VERSION, commit("two"), commit("three"));
      WalView joined = wal.observe(headers);
      assertThat(stream(wal, joined))
          .isEqualTo(join(VERSION, commit("one"), commit("two"), commit("three")));
      assertThat(joined.unchangedUpTo()).isEqualTo(Long.MAX_VALUE);
    }
  }

  @Test
  void look_withAFileThatACrashLeft_doesNotTakeItForTheCheckpoints() throws Exception {
    DatabaseHeaders headers = someHeaders();
    long next = headers.active().metaBlockPointer().raw() + 5;
    try (var wal = new IterationWal(files)) {
      append(files.checkpoint(), VERSION, commit("old"));
      append(files.wal(), VERSION, commit("one"));
      assertThat(stream(wal, wal.observe(headers))).isEqualTo(join(VERSION, commit("one")));
      // The mark is there a moment before DuckDB removes the file.
      append(files.wal(), mark(next));
      assertThat(stream(wal, wal.observe(headers))).isEqualTo(join(VERSION, commit("one")));
      Files.delete(files.checkpoint());
      append(files.checkpoint(), VERSION, commit("two"));
      assertThat(stream(wal, wal.observe(headers)))
          .isEqualTo(join(VERSION, commit("one"), commit("two")));
    }
  }

  /** Whatever the operation is before which it happens: it is seen at once, or by the next look. */
  @Test
  void look_withAMarkAndACommitBehindItInItsMidst_losesNeither() throws Exception {
    DatabaseHeaders headers = someHeaders();
    long next = headers.active().metaBlockPointer().raw() + 5;
    byte[] one = join(VERSION, commit("one"));
    byte[] both = join(one, commit("two"));
    boolean happened = true;
    for (int before = 0; happened; before++) {
      Files.deleteIfExists(files.checkpoint());
      Files.write(files.wal(), one);
      Files.setLastModifiedTime(files.wal(), FileTime.fromMillis(1_000_000)); // long settled
      var steps = new OneStep(() -> append(files.wal(), mark(next)));
      try (var wal = new IterationWal(files, steps)) {
        wal.observe(headers);
        steps.pauseBefore(before);
        byte[] seen = stream(wal, wal.observe(headers));
        happened = steps.over();
        assertThat(seen).isIn(one, both);
        if (happened) {
          assertThat(stream(wal, wal.observe(headers))).as("step %s", before).isEqualTo(both);
        }
      }
    }
  }

  /** Does something once, before the operation of a number. */
  private final class OneStep implements ObservationSteps {
    private final IoAction action;
    private int left = -1;
    private boolean over;

    private OneStep(IoAction action) {
      this.action = action;
    }

    private void pauseBefore(int operation) {
      left = operation;
    }

    private boolean over() {
      return over;
    }

    @Override
    public void before(String operation, Path file) {
      if (left-- == 0) {
        over = true;
        try {
          action.run();
          append(files.checkpoint(), VERSION, commit("two"));
        } catch (IOException e) {
          throw new java.io.UncheckedIOException(e);
        }
      }
    }
  }

  /** Something that is done to files. */
  @FunctionalInterface
  private interface IoAction {
    void run() throws IOException;
  }

  @Test
  void look_afterOneThatBrokeOff_stillTellsWhatChanged() throws Exception {
    DatabaseHeaders headers = someHeaders();
    try (var wal = new IterationWal(files)) {
      append(files.wal(), VERSION, commit("one"), commit("two"));
      wal.observe(headers);
      int second = VERSION.length + commit("one").length;
      truncate(files.wal(), second);
      append(files.wal(), entry(new byte[] {1, 2, 3}));
      assertThatThrownBy(() -> wal.observe(headers)).isInstanceOf(CorruptDataException.class);
      truncate(files.wal(), second);
      append(files.wal(), commit("three"));
      assertThat(wal.observe(headers).unchangedUpTo()).isEqualTo(second);
    }
  }

  @Test
  void look_afterACheckpointEnded_takesTheOtherFile_beforeAndAfterItsRename() throws Exception {
    DatabaseHeaders headers = someHeaders();
    append(files.wal(), VERSION, commit("one"), mark(headers.active().metaBlockPointer().raw()));
    append(files.checkpoint(), VERSION, commit("two"));
    try (var wal = new IterationWal(files)) {
      WalView before = wal.observe(headers);
      assertThat(stream(wal, before)).isEqualTo(join(VERSION, commit("two")));
      Files.move(files.checkpoint(), files.wal(), StandardCopyOption.REPLACE_EXISTING);
      WalView after = wal.observe(headers);
      assertThat(after.rewinds()).isZero();
      append(files.wal(), commit("three"));
      assertThat(stream(wal, wal.observe(headers)))
          .isEqualTo(join(VERSION, commit("two"), commit("three")));
    }
  }

  /** Whether the file of an iteration that is over is seen once more, or gone at the next look. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void ended_isTheEndOfTheIterationBefore(boolean seenOver) throws Exception {
    DatabaseHeaders before = someHeaders();
    Path database = directory.resolve("other.duckdb");
    try (var wal = new IterationWal(files);
        DuckDatabase duck = DuckDatabase.open(database)) {
      append(files.wal(), VERSION, commit("one"));
      WalView view = wal.observe(before);
      assertThat(wal.ended()).isEmpty();
      duck.execute("INSERT INTO t VALUES (1)", "CHECKPOINT");
      DatabaseHeaders after = headers(database);
      append(files.wal(), mark(after.active().metaBlockPointer().raw()));
      if (seenOver) {
        assertThat(wal.observe(after).end()).isZero();
      }
      Files.delete(files.wal());
      assertThat(wal.observe(after).end()).isZero();
      wal.observe(after);
      assertThat(wal.ended())
          .contains(
              new EndedWal(
                  before.active().iteration(), view.end(), after.active().metaBlockPointer()));
    }
  }

  @Test
  void look_withAMarkThatACrashLeftInTheMiddle_leavesItOut_alsoOnceItIsCutOff() throws Exception {
    DatabaseHeaders headers = someHeaders();
    long next = headers.active().metaBlockPointer().raw() + 5;
    try (var wal = new IterationWal(files)) {
      append(files.wal(), VERSION, commit("one"), mark(next), commit("two"));
      WalView view = wal.observe(headers);
      assertThat(stream(wal, view)).isEqualTo(join(VERSION, commit("one"), commit("two")));
      assertThat(view.checkpointRunning()).isFalse();
    }
    Files.delete(files.wal());
    try (var wal = new IterationWal(files)) {
      append(files.wal(), VERSION, commit("one"), mark(next));
      WalView view = wal.observe(headers);
      wal.committed(view);
      truncate(files.wal(), view.end());
      append(files.wal(), commit("two"));
      WalView after = wal.observe(headers);
      assertThat(after.unchangedUpTo()).isGreaterThanOrEqualTo(view.end());
      assertThat(stream(wal, after)).isEqualTo(join(VERSION, commit("one"), commit("two")));
    }
  }

  @Test
  void look_atATornCommit_endsBeforeIt() throws Exception {
    DatabaseHeaders headers = someHeaders();
    byte[] two = commit("two");
    append(files.wal(), VERSION, commit("one"));
    long end = Files.size(files.wal());
    append(files.wal(), Arrays.copyOf(two, two.length - 3));
    try (var wal = new IterationWal(files)) {
      WalView view = wal.observe(headers);
      assertThat(view.end()).isEqualTo(end);
      append(files.wal(), Arrays.copyOfRange(two, two.length - 3, two.length));
      assertThat(wal.observe(headers).commits()).isEqualTo(2);
      assertThatThrownBy(() -> wal.read(view.iteration(), 0, new byte[4096], 0, 4096))
          .isInstanceOf(HeaderMovedException.class);
      assertThatThrownBy(() -> wal.read(view.iteration() + 1, 0, new byte[1], 0, 1))
          .isInstanceOf(HeaderMovedException.class);
    }
  }
}
