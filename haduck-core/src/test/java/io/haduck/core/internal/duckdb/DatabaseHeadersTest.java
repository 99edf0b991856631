package io.haduck.core.internal.duckdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.CorruptDataException;
import io.haduck.core.UnsupportedDatabaseException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Arrays;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DatabaseHeadersTest {

  @TempDir Path directory;

  @Test
  @Tag("compat")
  void readHeaders_newDatabase_hasTwoEqualSlotsAndTheSecondCounts() throws Exception {
    Path path = directory.resolve("new.db");
    try (DuckDatabase duck = DuckDatabase.open(path)) {
      DatabaseHeaders headers = DatabaseFiles.open(path).readHeaders();
      assertThat(headers.first()).isEqualTo(headers.second());
      assertThat(headers.active()).isSameAs(headers.second());
      assertThat(headers.active().iteration()).isZero();
      assertThat(headers.active().blockCount()).isZero();
      assertThat(headers.active().blockSize()).isEqualTo(262144);
      assertThat(headers.active().vectorSize()).isEqualTo(2048);
      assertThat(headers.active().freeListPointer().isNone()).isTrue();
      assertThat(headers.active().metaBlockPointer().isNone()).isTrue();
      assertThat(headers.main().encrypted()).isFalse();
      assertThat(headers.main().libraryVersion()).startsWith("v");
      assertThat(duck.number("SELECT 1")).isEqualTo(1);
    }
  }

  @Test
  @Tag("compat")
  void readHeaders_afterEachCheckpoint_isTheNextIterationInTheOtherSlot() throws Exception {
    Path path = directory.resolve("changed.db");
    try (DuckDatabase duck = DuckDatabase.open(path).withoutAutomaticCheckpoints()) {
      duck.execute("CREATE TABLE t (i INTEGER)");
      DatabaseFile file = DatabaseFiles.open(path);
      DatabaseHeaders before = file.readHeaders();
      for (int i = 0; i < 5; i++) {
        duck.execute("INSERT INTO t VALUES (1)", "CHECKPOINT");
        DatabaseHeaders after = file.readHeaders();
        assertThat(after).isNotEqualTo(before);
        assertThat(after.active().iteration()).isEqualTo(before.active().iteration() + 1);
        boolean firstWasActive = before.first().iteration() > before.second().iteration();
        assertThat(after.active()).isSameAs(firstWasActive ? after.second() : after.first());
        assertThat(firstWasActive ? after.first() : after.second()).isEqualTo(before.active());
        assertThat(after.main()).isEqualTo(before.main());
        before = after;
      }
      assertThat(file.readHeaders()).isEqualTo(before).hasSameHashCodeAs(before);
    }
  }

  @Test
  @Tag("compat")
  void readHeaders_smallBlocks_namesTheirSize() throws Exception {
    Path path = directory.resolve("small.db");
    try (DuckDatabase duck = DuckDatabase.attach(path, "BLOCK_SIZE 16384")) {
      duck.execute("CREATE TABLE t AS SELECT range i FROM range(100000)", "CHECKPOINT db");
      DatabaseHeaders headers = DatabaseFiles.open(path).readHeaders();
      assertThat(headers.active().blockSize()).isEqualTo(16384);
      assertThat(headers.blockPosition(3)).isEqualTo(12288 + 3 * 16384);
    }
  }

  @ParameterizedTest
  @Tag("compat")
  @ValueSource(strings = {"v1.0.0", "v1.2.0", "v1.3.0", "v1.4.0", "v1.5.0", "v2.0.0"})
  void readHeaders_everyStorageVersionThatThisDuckDbWrites_isKnown(String storageVersion)
      throws Exception {
    Path path = directory.resolve("versions.db");
    DuckDatabase duck;
    try {
      duck = DuckDatabase.attach(path, "STORAGE_VERSION '" + storageVersion + "'");
    } catch (SQLException e) {
      Assumptions.abort("this DuckDB does not write " + storageVersion + ": " + e.getMessage());
      return;
    }
    try (duck) {
      duck.execute("CREATE TABLE t AS SELECT 1 i", "CHECKPOINT db");
      DatabaseHeaders headers = DatabaseFiles.open(path).readHeaders();
      boolean identified = storageVersion.compareTo("v1.4.0") >= 0;
      assertThat(!headers.main().databaseIdentifier().equals("0".repeat(32))).isEqualTo(identified);
      boolean since2 = storageVersion.compareTo("v2.0.0") >= 0;
      assertThat(headers.main().version() == 999).isEqualTo(since2);
      assertThat(headers.active().storageVersion() >= 69).isEqualTo(since2);
      assertThat(FreeList.read(DatabaseFiles.open(path), headers).blockCount()).isPositive();
    }
  }

  @Test
  @Tag("compat")
  void readHeaders_encryptedDatabase_isRefusedAndSaysSo() throws Exception {
    Path path = directory.resolve("encrypted.db");
    DuckDatabase duck;
    try {
      duck = DuckDatabase.attach(path, "ENCRYPTION_KEY 'quack quack quack'");
    } catch (SQLException e) {
      Assumptions.abort("this DuckDB cannot encrypt by itself: " + e.getMessage());
      return;
    }
    try (duck) {
      duck.execute("CREATE TABLE t AS SELECT 1 i", "CHECKPOINT db");
      DatabaseFile file = DatabaseFiles.open(path);
      assertThatThrownBy(file::readHeaders)
          .isInstanceOf(UnsupportedDatabaseException.class)
          .hasMessageContaining("encrypted.db")
          .hasMessageContaining("is encrypted");
    }
  }

  @Test
  void parse_encryptedFlag_isRefusedBeforeTheSlotsAreRead() throws Exception {
    byte[] headers = closedDatabase();
    headers[20] |= 1;
    Mutations.seal(headers, 0, 4096);
    headers[5000] ^= 1; // as if enciphered
    assertThatThrownBy(() -> DatabaseHeaders.parse(headers))
        .isInstanceOf(UnsupportedDatabaseException.class)
        .hasMessageContaining("encrypted");
  }

  @Test
  void parse_unknownFormats_areRefusedAsUnsupported() throws Exception {
    byte[] main = closedDatabase();
    putLong(main, 12, 70);
    Mutations.seal(main, 0, 4096);
    assertThatThrownBy(() -> DatabaseHeaders.parse(main))
        .isInstanceOf(UnsupportedDatabaseException.class)
        .hasMessageContaining("format 70");
    byte[] slot = closedDatabase();
    putLong(slot, 4096 + 56, 70);
    Mutations.seal(slot, 4096, 4096);
    assertThatThrownBy(() -> DatabaseHeaders.parse(slot))
        .isInstanceOf(UnsupportedDatabaseException.class)
        .hasMessageContaining("storage version 70");
  }

  @ParameterizedTest
  @ValueSource(ints = {100, 5000, 9000})
  void parse_oneFlippedByteInAnyHeader_isCorrupt(int position) throws Exception {
    byte[] headers = closedDatabase();
    headers[position] ^= 1;
    assertThatThrownBy(() -> DatabaseHeaders.parse(headers))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining("position " + position / 4096 * 4096);
  }

  @Test
  void parse_array_isCopied() throws Exception {
    byte[] bytes = closedDatabase();
    DatabaseHeaders headers = DatabaseHeaders.parse(bytes);
    bytes[0] ^= 1;
    assertThat(headers.toByteArray()).isNotEqualTo(bytes);
    headers.toByteArray()[0] ^= 1;
    bytes[0] ^= 1;
    assertThat(headers.toByteArray()).isEqualTo(bytes);
    assertThat(headers.asByteBuffer()).isEqualTo(ByteBuffer.wrap(bytes));
    assertThat(headers.asByteBuffer().isReadOnly()).isTrue();
  }

  @Test
  void readHeaders_emptyShortOrZeroFile_isNotReady() throws Exception {
    for (int length : new int[] {0, 8, 4096, 12287}) {
      Path path = directory.resolve("short" + length);
      Files.write(path, Arrays.copyOf(closedDatabase(), length));
      assertNotReady(path);
    }
    Path reserved = directory.resolve("reserved");
    Files.write(reserved, new byte[20000]);
    assertNotReady(reserved);
  }

  private static void assertNotReady(Path path) throws Exception {
    DatabaseFile file = DatabaseFiles.open(path);
    assertThatThrownBy(file::readHeaders)
        .isInstanceOf(DatabaseNotReadyException.class)
        .hasMessageContaining(path.toString());
  }

  @Test
  void readHeaders_otherFile_isCorruptAndNamesTheFile() throws Exception {
    Path path = directory.resolve("notes.txt");
    Files.writeString(path, "quack ".repeat(3000));
    DatabaseFile file = DatabaseFiles.open(path);
    assertThatThrownBy(file::readHeaders)
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining("notes.txt")
        .hasMessageContaining("Not a DuckDB database");
  }

  /** The headers of a database that nobody has open. */
  private byte[] closedDatabase() throws Exception {
    Path path = directory.resolve("closed.db");
    if (Files.notExists(path)) {
      try (DuckDatabase duck = DuckDatabase.open(path)) {
        duck.execute("CREATE TABLE t AS SELECT range i FROM range(1000)", "CHECKPOINT");
      }
    }
    byte[] bytes = new byte[DatabaseHeaders.BYTES];
    DatabaseFiles.open(path).read(0, bytes, 0, bytes.length);
    return bytes;
  }

  private static void putLong(byte[] bytes, int at, long value) {
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(at, value);
  }
}
