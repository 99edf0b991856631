package io.haduck.core.internal.duckdb;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * DuckDB's lock on a database file that it has open, as far as the system tells of it (Linux). It
 * is lost when anything in this process closes a descriptor of the file, DuckDB itself included
 * (docs/internals/duckdb-files.md#the-lock-trap), and nobody is told. So it is looked at now and
 * then; that it is gone is said once, at WARN.
 *
 * <p>Only a lock that was seen can be missed: where the system does not show it, nothing is said.
 * Safe for any thread; looks are made one at a time.
 */
public final class DuckDbLock {
  private static final Logger log = LoggerFactory.getLogger(DuckDbLock.class);

  /** DuckDB may be closing the file, or opening it, while it is looked at. */
  private static final int LOOKS = 3;

  private static final long BETWEEN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final Path path;
  private final Supplier<PosixLocks> locks;

  /** By which looks know the lock; null until it was seen, and while DuckDB has the file closed. */
  @GuardedBy("this")
  private @Nullable String seen;

  private volatile boolean lost;

  /** Of a database file, symbolic links resolved. */
  public DuckDbLock(Path path) {
    this(path, PosixLocks::ofThisProcess);
  }

  DuckDbLock(Path path, Supplier<PosixLocks> locks) {
    this.path = path;
    this.locks = locks;
  }

  /** DuckDB has opened the file. */
  public synchronized void opened() {
    lost = false;
    seen = find(locks.get()).orElse(null);
  }

  /** DuckDB has closed the file, or is about to. */
  public synchronized void closed() {
    lost = false;
    seen = null;
  }

  /** Whether it was gone at the last look. */
  public boolean isLost() {
    return lost;
  }

  /**
   * Looks whether it is there.
   *
   * @param now what the caller has found out a moment ago, for several files at once
   */
  public synchronized void look(PosixLocks now) {
    String known = seen;
    if (known == null) {
      return;
    }
    if (now.has(known)) {
      if (lost) {
        lost = false;
        log.info("{} is locked by this process again", path);
      }
    } else if (!lost && isMissing(known)) {
      lost = true;
      log.warn(
          "{} IS NOT LOCKED ANY MORE, although this process has it open: another process could open it too, and both"
              + " would destroy it. Something in this process has opened and closed the file: read_blob or a copy of it,"
              + " jdbc:duckdb: on a file that is attached elsewhere, a second ATTACH and DETACH. Let no other process"
              + " open it, and close all connections to it soon: opening it anew locks it",
          path);
    }
  }

  /** Whether it is gone while the file is open: judged by looks before and after that. */
  private boolean isMissing(String known) {
    for (int looks = 0; looks < LOOKS; looks++) {
      if (looks > 0) {
        LockSupport.parkNanos(BETWEEN_NANOS);
      }
      if (locks.get().has(known) || !isOpen() || locks.get().has(known)) {
        return false;
      }
    }
    return true;
  }

  private Optional<String> find(PosixLocks found) {
    if (found.isEmpty()) {
      return Optional.empty(); // perhaps a system without device and inode
    }
    try {
      return found.find(FileIdentity.of(path));
    } catch (IOException e) {
      return Optional.empty(); // deleted or replaced, which the replication says
    }
  }

  private boolean isOpen() {
    try {
      return DatabaseFiles.descriptorsInThisProcess(path).orElse(0) > 0;
    } catch (IOException e) {
      return false;
    }
  }
}
