package io.haduck.core.follower;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.internal.local.FileStamp;
import io.haduck.core.internal.log.Digest;
import io.haduck.core.internal.log.LogPosition;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.roaringbitmap.RoaringBitmap;

class CopyJournalTest {
  private static final UUID LINEAGE = new UUID(1, 2);
  private final Random random = new Random(Long.getLong("haduck.seed", 7));
  @TempDir Path directory;

  private Path file() {
    return directory.resolve("journal");
  }

  private static LogPosition position(long seq) {
    return new LogPosition(seq, new Digest(seq, 1, 2, 3));
  }

  private static CopyCondition dirty(long seq) {
    return CopyCondition.dirty(
        LINEAGE, position(seq), RoaringBitmap.bitmapOf(0, 1, 2, (int) seq, 1 << 30));
  }

  private static KeptState kept(String replica, @Nullable FileStamp wal) {
    var shown =
        new FollowedPosition(
            LINEAGE,
            3,
            new UUID(5, 6),
            9,
            position(9).digest().hex(),
            17,
            1234,
            Instant.ofEpochSecond(1_700_000_000, 123_456_000));
    return new KeptState(replica, WalReplay.WITHOUT_INDEXES, wal, shown, 1_700_000_001_234L);
  }

  @Test
  void write_ofAReplicaWithAVeryLongName_doesNotNoteWhatItKeeps() throws Exception {
    var stamp = new FileStamp(1, 2, 3, 4);
    var journal = new CopyJournal(file());
    journal.write(CopyCondition.whole(LINEAGE, position(9), stamp, kept("x".repeat(5000), null)));
    assertThat(journal.read()).contains(CopyCondition.whole(LINEAGE, position(9), stamp, null));
  }

  @Test
  void read_ofNoFile_isEmpty() throws Exception {
    assertThat(new CopyJournal(file()).read()).isEmpty();
  }

  @Test
  void write_anyCondition_isReadAgain() throws Exception {
    var journal = new CopyJournal(file());
    var all = CopyCondition.dirty(LINEAGE, LogPosition.START, null);
    var whole =
        CopyCondition.whole(
            LINEAGE, position(9), new FileStamp(1, 2, 3, 4), kept("s3://a/b", null));
    var withWal =
        CopyCondition.whole(
            LINEAGE,
            position(9),
            new FileStamp(1, 2, 3, 4),
            kept("file:/a/\u00e4", new FileStamp(5, 6, 7, 8)));
    var unknown = CopyCondition.whole(LINEAGE, position(9), new FileStamp(1, 2, 3, 4), null);
    var givenAway = CopyCondition.givenAway(LINEAGE, position(10));
    for (CopyCondition condition :
        new CopyCondition[] {dirty(3), all, whole, withWal, unknown, givenAway}) {
      journal.write(condition);
      assertThat(new CopyJournal(file()).read()).contains(condition);
    }
  }

  @Test
  void write_ofManyStretches_notesAllBlocks() throws Exception {
    var ids = new RoaringBitmap();
    for (int i = 0; i < 20_000; i++) {
      ids.add(2 * i);
    }
    var journal = new CopyJournal(file());
    journal.write(CopyCondition.dirty(LINEAGE, position(3), ids));
    assertThat(journal.read()).contains(CopyCondition.dirty(LINEAGE, position(3), null));
  }

  @Test
  void read_ofADamagedPlace_findsWhatWasNotedBefore() throws Exception {
    for (int round = 0; round < 200; round++) {
      Files.deleteIfExists(file());
      var journal = new CopyJournal(file());
      long last = 1L + random.nextInt(5);
      for (long seq = 1; seq <= last; seq++) {
        journal.write(dirty(seq));
      }
      byte[] bytes = Files.readAllBytes(file());
      int place = (int) (last % 2) * (64 << 10);
      bytes[place + random.nextInt(100)] ^= (byte) (1 << random.nextInt(8));
      Files.write(file(), bytes);
      var found = new CopyJournal(file()).read();
      if (last == 1) {
        assertThat(found).isEmpty();
      } else {
        assertThat(found).contains(dirty(last - 1));
      }
    }
  }
}
