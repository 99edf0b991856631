package io.haduck.core.internal.duckdb;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;

/**
 * A WAL file, read by threads of applications: unlike a {@code FileChannel} it does not close
 * itself when the reading thread is interrupted. DuckDB locks them as it does the database, and
 * closing drops that lock, which is harmless: whoever wants a WAL file needs the database's first.
 * Not thread-safe.
 */
final class WalChannel implements SeekableByteChannel {
  private final RandomAccessFile file;
  private final Path path;
  private final ObservationSteps steps;
  private boolean open = true;

  /** Opens a file, telling of each operation on it. */
  WalChannel(Path path, ObservationSteps steps) throws IOException {
    this.path = path;
    this.steps = steps;
    steps.before("open", path);
    this.file = new RandomAccessFile(path.toFile(), "r");
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    steps.before("read", path);
    int read =
        file.read(target.array(), target.arrayOffset() + target.position(), target.remaining());
    if (read > 0) {
      target.position(target.position() + read);
    }
    return read;
  }

  @Override
  public long position() throws IOException {
    return file.getFilePointer();
  }

  @Override
  public SeekableByteChannel position(long position) throws IOException {
    file.seek(position);
    return this;
  }

  @Override
  public long size() throws IOException {
    steps.before("size", path);
    return file.length();
  }

  @Override
  public int write(ByteBuffer source) {
    throw new NonWritableChannelException();
  }

  @Override
  public SeekableByteChannel truncate(long size) {
    throw new NonWritableChannelException();
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public void close() throws IOException {
    open = false;
    file.close();
  }
}
