package io.haduck.core.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.roaringbitmap.RoaringBitmap;

/** Holds docs/internals/format.md to the truth: its example is what the code writes and reads. */
class FormatPageTest {
  private static final Path PAGE = Path.of("..", "docs", "internals", "format.md");

  /** A zstd frame of 16384 zeros. */
  private static final byte[] FRAME =
      HexFormat.of().parseHex("28b52ffd60003f4d00001000000100fb9f0758");

  @Test
  void page_showsTheExampleAsItIsWritten() throws IOException {
    assertThat(Files.readString(PAGE)).contains(dump(example().body().toByteArray()));
  }

  @Test
  void page_showsTheExampleOfAnEpochAsItIsWritten() throws IOException {
    EncodedChangeset epoch = epoch();
    assertThat(Files.readString(PAGE)).contains(dump(epoch.body().toByteArray()));
    byte[] bytes = epoch.body().toByteArray();
    assertThat(ChangesetCodec.decodeObject(epoch.key(), bytes)).isEqualTo(epoch.decoded());
    assertThat(epoch.changeset().databasePath()).isEqualTo("/data/app.duckdb");
  }

  /** Seq 4: another writer takes over, and has the database at /data/app.duckdb. */
  private static EncodedChangeset epoch() {
    Digest parent = Digest.ofHex("b8".repeat(32));
    return ChangesetCodec.encode(
        new Changeset(
            4,
            2,
            UUID.fromString("44444444-4444-4444-4444-444444444444"),
            UUID.fromString("22222222-2222-2222-2222-222222222222"),
            parent,
            new LogPosition(2, Digest.ofHex("a7".repeat(32))),
            LogTime.toMicros(Instant.parse("2026-01-01T00:00:01Z")),
            ChangesetKind.EPOCH,
            new DatabaseIdentity("33".repeat(16), 67, 16384, 8, 10),
            null,
            List.of(),
            List.of(),
            List.of(),
            new RoaringBitmap(),
            null,
            Digest.ZERO,
            "/data/app.duckdb"),
        List.of());
  }

  @Test
  void example_isReadBackWithItsBlock() {
    EncodedChangeset example = example();
    byte[] bytes = example.body().toByteArray();
    DecodedChangeset decoded = ChangesetCodec.decodeObject(example.key(), bytes);
    assertThat(decoded).isEqualTo(example.decoded());
    BlockIndex index = new BlockIndex();
    Changeset changeset = decoded.changeset();
    assertThat(index.stateAfter(changeset.blocks(), new RoaringBitmap()))
        .isEqualTo(changeset.state());
    try (BlockCompression compression = new BlockCompression()) {
      StoredBlock block = changeset.blocks().get(0);
      ObjectSlice at = decoded.slice(block);
      assertThat(at.objectKey()).isEqualTo(example.key());
      assertThat(at.compressed()).isTrue();
      var content = new SliceContent.Block(5, block.hash(), 16384);
      byte[] raw = new SliceReader(compression).read(at, content, bytes, (int) at.offset());
      assertThat(raw).isEqualTo(new byte[16384]);
    }
  }

  /** Seq 3: a WAL changeset that brings block 5, frees block 9 and has 15 bytes of WAL. */
  private static EncodedChangeset example() {
    InlineData inline = new InlineData();
    byte[] walBytes = "committed bytes".getBytes(StandardCharsets.US_ASCII);
    StoredBytes frame = new StoredBytes(FRAME, 0, FRAME.length, true);
    StoredBytes wal = new StoredBytes(walBytes, 0, walBytes.length, false);
    StoredBlock block =
        StoredBlock.of(5, BlockHash.of(new byte[16384]), frame, 0, inline.add(frame), false);
    WalPiece piece =
        new WalPiece(0, inline.add(wal), 15, 15, wal.crc32c(), false, Digest.sha256(walBytes));
    Digest parent = Digest.ofHex("a7".repeat(32));
    Changeset changeset =
        new Changeset(
            3,
            1,
            UUID.fromString("11111111-1111-1111-1111-111111111111"),
            UUID.fromString("22222222-2222-2222-2222-222222222222"),
            parent,
            new LogPosition(2, parent),
            LogTime.toMicros(Instant.parse("2026-01-01T00:00:00Z")),
            ChangesetKind.WAL,
            new DatabaseIdentity("33".repeat(16), 67, 16384, 8, 10),
            null,
            List.of(),
            List.of(),
            List.of(block),
            RoaringBitmap.bitmapOf(9),
            WalSection.continued(8, 0, LogPosition.START, List.of(piece)),
            BlockIndex.stateOf(List.of(block)),
            null);
    return ChangesetCodec.encode(changeset, inline.pieces());
  }

  /** As {@code hexdump -C} shows it. */
  private static String dump(byte[] bytes) {
    StringBuilder lines = new StringBuilder();
    for (int at = 0; at < bytes.length; at += 16) {
      StringBuilder hex = new StringBuilder();
      StringBuilder text = new StringBuilder();
      for (int i = at; i < Math.min(at + 16, bytes.length); i++) {
        hex.append(i == at + 8 ? "  " : " ").append(HexFormat.of().toHexDigits(bytes[i]));
        text.append(bytes[i] > ' ' && bytes[i] < 127 ? (char) bytes[i] : '.');
      }
      lines.append(String.format("%08x %-50s |%s|\n", at, hex, text));
    }
    return lines.toString();
  }
}
