package io.haduck.core.internal.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.LocalFileException;
import io.haduck.core.internal.log.Digest;
import io.haduck.core.internal.log.LogPosition;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalRecordTest {
  @TempDir Path directory;

  private final LocalRecord record =
      new LocalRecord(
          UUID.randomUUID(),
          "s3://bucket/prefix/my.duckdb",
          new LogPosition(17, Digest.sha256(new byte[] {1})),
          42,
          4711,
          Digest.sha256(new byte[] {2}),
          Digest.sha256(new byte[] {3}),
          new FileStamp(1, 2, 3, 4),
          new LogPosition(18, Digest.sha256(new byte[] {4})),
          true);

  @Test
  void read_afterWrite_isTheSame() throws Exception {
    Path file = directory.resolve("my.duckdb.haduck");
    record.write(file, FileRights.BY_UMASK);
    assertThat(LocalRecord.read(file)).contains(record);
    record.withIntent(null).write(file, FileRights.BY_UMASK);
    assertThat(LocalRecord.read(file)).contains(record.withIntent(null));
    LocalRecord closed =
        record.withClosed(
            new ClosedFile(
                Digest.sha256(new byte[] {5}),
                Digest.sha256(new byte[] {6}),
                new FileStamp(5, 6, 7, 8)));
    closed.write(file, FileRights.BY_UMASK);
    assertThat(LocalRecord.read(file)).contains(closed);
  }

  @Test
  void parse_withAnyByteChanged_isNoRecord() {
    byte[] text = record.format().getBytes(StandardCharsets.UTF_8);
    for (int at = 0; at < text.length; at++) {
      byte[] damaged = text.clone();
      damaged[at] ^= 1;
      assertThat(LocalRecord.parse(new String(damaged, StandardCharsets.UTF_8)))
          .as("byte %d", at)
          .isEmpty();
    }
  }

  @Test
  void parse_truncatedAnywhere_isNoRecord() {
    String text = record.format();
    for (int length = 0; length < text.length(); length++) {
      assertThat(LocalRecord.parse(text.substring(0, length))).isEmpty();
    }
  }

  @Test
  void parse_withIntentsAppended_takesAllButTheLastForCommitted() {
    LogPosition intent = record.intent();
    LogPosition second = new LogPosition(intent.seq() + 1, Digest.sha256(new byte[] {1}));
    LogPosition third = new LogPosition(intent.seq() + 2, Digest.sha256(new byte[] {2}));
    String one = record.format() + LocalRecord.journalLine(second);
    LocalRecord afterOne = LocalRecord.parse(one).orElseThrow();
    assertThat(afterOne.committed()).isEqualTo(intent);
    assertThat(afterOne.intent()).isEqualTo(second);
    String two = one + LocalRecord.journalLine(third);
    LocalRecord afterTwo = LocalRecord.parse(two).orElseThrow();
    assertThat(afterTwo.committed()).isEqualTo(second);
    assertThat(afterTwo.intent()).isEqualTo(third);
    assertThat(afterTwo.stamp()).isEqualTo(record.stamp());
    for (int length = one.length(); length < two.length(); length++) {
      assertThat(LocalRecord.parse(two.substring(0, length))).as("torn").contains(afterOne);
    }
    for (int at = one.length(); at < two.length(); at++) {
      byte[] damaged = two.getBytes(StandardCharsets.UTF_8);
      damaged[at] ^= 1;
      assertThat(LocalRecord.parse(new String(damaged, StandardCharsets.UTF_8)))
          .as("byte %d", at)
          .contains(afterOne);
    }
    // The intent of a commit that did not land is followed by another one for the same seq.
    LogPosition instead = new LogPosition(second.seq(), Digest.sha256(new byte[] {3}));
    assertThat(LocalRecord.parse(one + LocalRecord.journalLine(instead)).orElseThrow().committed())
        .isEqualTo(intent);
  }

  @Test
  void parse_ofVersion0_hasNoWal() {
    String body =
        record
            .format()
            .replace("haduck-record 1", "haduck-record 0")
            .replace("wal=4711\n", "")
            .replaceAll("sha256=.*\n", "");
    String sha256 = Digest.sha256(body.getBytes(StandardCharsets.UTF_8)).hex();
    LocalRecord parsed = LocalRecord.parse(body + "sha256=" + sha256 + "\n").orElseThrow();
    assertThat(parsed.wal()).isZero();
    assertThat(parsed.committed()).isEqualTo(record.committed());
    assertThat(parsed.stamp()).isEqualTo(record.stamp());
  }

  @Test
  void settle_withTheRecordOfWhatIsInPlace_takesIt() throws Exception {
    LocalFiles files = LocalFiles.of(directory.resolve("my.duckdb"));
    Files.writeString(files.database(), "restored");
    record.write(files.record(), FileRights.BY_UMASK);
    LocalRecord next = record.withIntent(null).withStamp(FileStamp.of(files.database()));
    next.writeSynced(files.nextRecord(), FileRights.BY_UMASK);
    LocalRecord.settle(files);
    assertThat(LocalRecord.read(files.record())).contains(next);
    assertThat(files.nextRecord()).doesNotExist();
  }

  @Test
  void settle_withTheRecordOfWhatNeverCameToBe_forgetsIt() throws Exception {
    LocalFiles files = LocalFiles.of(directory.resolve("my.duckdb"));
    Files.writeString(files.database(), "as it was");
    record.write(files.record(), FileRights.BY_UMASK);
    record.withIntent(null).writeSynced(files.nextRecord(), FileRights.BY_UMASK);
    LocalRecord.settle(files);
    assertThat(LocalRecord.read(files.record())).contains(record);
    assertThat(files.nextRecord()).doesNotExist();
  }

  @Test
  void read_whereThereIsNone_isEmpty() throws Exception {
    assertThat(LocalRecord.read(directory.resolve("none"))).isEmpty();
  }

  /** As a connecting thread may be; a channel would close itself. */
  @Test
  void write_inAnInterruptedThread_writes() throws Exception {
    Path file = directory.resolve("my.duckdb.haduck");
    Thread.currentThread().interrupt();
    record.write(file, FileRights.BY_UMASK);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(LocalRecord.read(file)).contains(record);
  }

  @Test
  void write_intoADirectoryThatIsGone_saysWhere() {
    assertThatThrownBy(
            () -> record.write(directory.resolve("gone/my.duckdb.haduck"), FileRights.BY_UMASK))
        .isInstanceOf(LocalFileException.class)
        .hasMessageContaining("my.duckdb.haduck");
    assertThat(Files.exists(directory.resolve("gone"))).isFalse();
  }
}
