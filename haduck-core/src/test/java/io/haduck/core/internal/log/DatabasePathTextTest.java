package io.haduck.core.internal.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.CorruptDataException;
import io.haduck.testing.internal.History;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which paths a changeset may hold, and how they go from one to the next. */
class DatabasePathTextTest {
  private final History history = new History(new Random(3));

  @ParameterizedTest
  @ValueSource(strings = {"/", "/a", "/data/größer/鴨.duckdb", "/with\nanything;in it"})
  void path_isReadAsItWasWritten(String path) {
    byte[] bytes = DatabasePathText.encode(path);
    assertThat(DatabasePathText.decode(new Input("object", bytes, 0, bytes.length)))
        .isEqualTo(path);
    DatabasePathText.check(path);
  }

  @Test
  void pathOfTheLongestLength_isRead_andALongerOneIsNeitherReadNorWritten() {
    String longest = "/" + "x".repeat(DatabasePathText.MAX_LENGTH - 1);
    assertThat(epoch(longest).databasePath()).isEqualTo(longest);
    assertThatThrownBy(() -> epoch(longest + "x"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("4097 bytes");
    byte[] bytes = (longest + "x").getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> DatabasePathText.decode(new Input("object", bytes, 0, bytes.length)))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining("4097 bytes");
  }

  @Test
  void pathThatIsNoUtf8_isRefused() {
    byte[] bytes = {'/', (byte) 0xc3, '('};
    assertThatThrownBy(() -> DatabasePathText.decode(new Input("object", bytes, 0, bytes.length)))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContainingAll("object", "no UTF-8");
    assertThatThrownBy(() -> epoch("/\ud800")).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "relative/app.duckdb", "C:\\app.duckdb", "/a\0b"})
  void pathThatIsNotAbsolute_isRefused(String path) {
    history.base(1);
    assertThatThrownBy(() -> epoch(path))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("absolute path");
  }

  @Test
  void path_isThatOfTheLastWriterWhoTookOver() {
    history.base(1);
    assertThat(history.head().databasePath()).isEqualTo("/data/a.duckdb");
    history.wal();
    history.epoch();
    String moved = history.head().databasePath();
    assertThat(moved).startsWith("/moved/");
    history.wal();
    history.selfContainedWal();
    assertThat(history.head().databasePath()).isEqualTo(moved);
    assertThat(history.checkpoint(1, 0).changeset().databasePath()).isEqualTo(moved);
  }

  @Test
  void checkpointThatSaysAnotherPath_doesNotFollow() {
    history.base(1);
    LogState before = history.head().copy();
    Changeset good = history.checkpoint(1, 0).changeset();
    for (String other : new String[] {null, "/elsewhere/a.duckdb"}) {
      var bad = ChangesetCodec.encode(withPath(good, other), List.of(new byte[100_000])).decoded();
      assertThatThrownBy(() -> before.copy().apply(bad))
          .isInstanceOf(CorruptDataException.class)
          .hasMessageContaining("expected database path /data/a.duckdb, found " + other);
    }
  }

  private Changeset epoch(String path) {
    if (history.state == null) {
      history.base(1);
    }
    return history.head().nextEpoch(UUID.randomUUID(), Instant.now(), path);
  }

  private static Changeset withPath(Changeset c, @Nullable String path) {
    return new Changeset(
        c.seq(),
        c.epoch(),
        c.nonce(),
        c.lineage(),
        c.parent(),
        c.anchor(),
        c.timeMicros(),
        c.kind(),
        c.identity(),
        c.headers(),
        c.segments(),
        c.earlier(),
        c.blocks(),
        c.freed(),
        c.wal(),
        c.state(),
        path);
  }
}
