package io.haduck.core.internal.restoring;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.core.internal.concurrent.DaemonThreads;
import io.haduck.core.internal.concurrent.Workers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * A new file that is brought to the disk while it is written, by a thread of its own, so that the
 * disk works from the beginning and the sync at the end is short. Any threads may write, anywhere;
 * one syncs and closes it, when they have ended.
 *
 * <p>A system reports what it could not write to the disk once, to whoever syncs first: so a sync
 * that fails is never forgotten, and fails every later one, too.
 */
final class EarlySyncedFile implements AutoCloseable {
  /** Bytes that are worth a sync. */
  private static final long SYNCED_AT_ONCE = 64 << 20;

  private final FileChannel channel;
  private final ExecutorService syncing =
      Executors.newSingleThreadExecutor(DaemonThreads.named("haduck-restore-sync"));

  @GuardedBy("this")
  private long unsynced;

  @GuardedBy("this")
  private @Nullable Future<?> last;

  /** Closes the channel when it is closed itself. */
  EarlySyncedFile(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Writes the first {@code length} of the bytes.
   *
   * @throws IOException also if earlier bytes did not come to the disk
   */
  void write(byte[] bytes, int length, long position) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, length);
    long at = position;
    while (buffer.hasRemaining()) {
      at += channel.write(buffer, at);
    }
    written(length);
  }

  private synchronized void written(int length) throws IOException {
    unsynced += length;
    if (unsynced < SYNCED_AT_ONCE) {
      return;
    }
    if (last != null) {
      if (!last.isDone()) {
        return;
      }
      Workers.join(last);
    }
    unsynced = 0;
    last =
        syncing.submit(
            () -> {
              channel.force(false);
              return null;
            });
  }

  /**
   * Returns when all that was written, and the file's length, is on the disk.
   *
   * @throws IOException if it is not, or any sync before failed
   */
  void sync() throws IOException {
    Future<?> running;
    synchronized (this) {
      running = last;
    }
    if (running != null) {
      Workers.join(running);
    }
    channel.force(true);
  }

  /** Waits for a sync that runs. What was not synced may be lost. */
  @Override
  public void close() throws IOException {
    syncing.shutdown();
    Workers.awaitEnd(syncing);
    channel.close();
  }
}
