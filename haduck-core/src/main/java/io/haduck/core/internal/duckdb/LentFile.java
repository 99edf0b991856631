package io.haduck.core.internal.duckdb;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A database file, or one of its WAL files, open for reading for a moment: closing it leaves no
 * descriptor behind. Of a database it is the channel of {@link DatabaseFile}, which stays open as
 * long as it has other readers or somebody else of this process has the file open; of a WAL file,
 * whose lock is of no moment, one of its own. For one thread, under a process lock that keeps
 * others from writing to the file.
 */
public final class LentFile implements AutoCloseable {
  private final @Nullable DatabaseFile database;
  private final @Nullable WalChannel wal;

  private LentFile(Path path, boolean isDatabase) throws IOException {
    this.database = isDatabase ? DatabaseFiles.open(path, this) : null;
    this.wal = isDatabase ? null : new WalChannel(path, ObservationSteps.untold());
  }

  /** Opens a database file; never a WAL file. */
  public static LentFile ofDatabase(Path path) throws IOException {
    return new LentFile(path, true);
  }

  /** Opens {@code F.wal}, {@code F.wal.checkpoint} or {@code F.wal.recovery}; never F itself. */
  public static LentFile ofWal(Path path) throws IOException {
    return new LentFile(path, false);
  }

  /** Its length in bytes. */
  public long size() throws IOException {
    return database != null ? database.size() : wal().size();
  }

  /**
   * Reads {@code length} bytes, fewer only where the file ends.
   *
   * @return bytes read, 0 at or behind the end of the file
   */
  public int readUpTo(long position, byte[] destination, int offset, int length)
      throws IOException {
    if (database != null) {
      return database.readUpTo(position, destination, offset, length);
    }
    ByteBuffer rest = ByteBuffer.wrap(destination, offset, length);
    WalChannel channel = wal();
    channel.position(position);
    while (rest.hasRemaining() && channel.read(rest) > 0) {
      // until it is full, or the file ends
    }
    return length - rest.remaining();
  }

  private WalChannel wal() {
    return Objects.requireNonNull(wal);
  }

  @Override
  public void close() throws IOException {
    if (wal != null) {
      wal.close();
    } else {
      DatabaseFiles.letGo(this);
    }
  }
}
