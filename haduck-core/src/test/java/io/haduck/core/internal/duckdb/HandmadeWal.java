package io.haduck.core.internal.duckdb;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The bytes of a WAL without DuckDB: entries of any bytes, each commit ended by a flush. */
final class HandmadeWal {
  /** The record that a file begins with. */
  static final byte[] VERSION = {0x64, 0, 98, 0x65, 0, 2, (byte) 0xff, (byte) 0xff};

  private HandmadeWal() {}

  /** Returns an entry of any bytes, ended by a flush. */
  static byte[] commit(String text) {
    var out = new ByteArrayOutputStream();
    byte[] body = ("d\0\u001a" + text).getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
    out.writeBytes(entry(body));
    out.writeBytes(entry(new byte[] {0x64, 0, 100, (byte) 0xff, (byte) 0xff}));
    return out.toByteArray();
  }

  /** Returns the mark of a checkpoint, whose header will have this meta block pointer. */
  static byte[] mark(long pointer) {
    var body = new ByteArrayOutputStream();
    body.writeBytes(new byte[] {0x64, 0, 99, 0x65, 0, 0x64, 0});
    for (long rest = pointer; ; rest >>>= 7) {
      if (rest >>> 7 == 0) {
        body.write((int) rest);
        break;
      }
      body.write((int) ((rest & 0x7f) | 0x80));
    }
    body.writeBytes(new byte[] {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff});
    var out = new ByteArrayOutputStream();
    out.writeBytes(entry(body.toByteArray()));
    out.writeBytes(entry(new byte[] {0x64, 0, 100, (byte) 0xff, (byte) 0xff}));
    return out.toByteArray();
  }

  /** Returns an entry of these bytes, with its length and checksum. */
  static byte[] entry(byte[] body) {
    ByteBuffer entry = ByteBuffer.allocate(16 + body.length).order(ByteOrder.LITTLE_ENDIAN);
    entry.putLong(body.length).putLong(BlockChecksum.of(body, 0, body.length)).put(body);
    return entry.array();
  }

  static void append(Path file, byte[]... parts) throws IOException {
    for (byte[] part : parts) {
      Files.write(file, part, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
  }

  static void truncate(Path file, long length) throws IOException {
    try (var channel = Files.newByteChannel(file, StandardOpenOption.WRITE)) {
      channel.truncate(length);
    }
  }

  static byte[] join(byte[]... parts) {
    var out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }
}
