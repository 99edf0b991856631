package io.haduck.core.internal.duckdb;

import io.haduck.core.internal.concurrent.Uninterruptible;
import java.io.IOException;
import java.nio.channels.CompletionHandler;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** One read or write under way. No {@code Future}: cancelling one would close the channel. */
final class PendingTransfer implements CompletionHandler<Integer, Path> {
  private final CountDownLatch done = new CountDownLatch(1);
  private int count;
  private @Nullable Throwable failure;

  /** Waits for it, uninterruptibly; returns how many bytes, -1 at the end of the file. */
  int await() throws IOException {
    Uninterruptible.await(done);
    if (failure instanceof IOException e) {
      throw e;
    }
    if (failure != null) {
      throw new IOException(failure);
    }
    return count;
  }

  @Override
  public void completed(Integer result, Path path) {
    count = result;
    done.countDown();
  }

  @Override
  public void failed(Throwable exception, Path path) {
    failure = exception;
    done.countDown();
  }
}
