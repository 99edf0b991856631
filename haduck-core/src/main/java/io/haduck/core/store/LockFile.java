package io.haduck.core.store;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The lock on a lock file: one holder among all processes, and among all class loaders of this one.
 * Held until closed or until the process ends.
 *
 * <p>POSIX drops a process's lock on a file when the process closes <em>any</em> descriptor of it,
 * so a second copy of this class, loaded by another class loader, must not close a channel on a
 * file that the first one has locked. The JDK knows who holds a lock in this JVM, whatever loaded
 * him, but says so only to an open channel. Therefore
 *
 * <ul>
 *   <li>channels are opened, locked and closed under one monitor of the JVM, an interned string;
 *   <li>a channel that finds the file locked by this JVM is never closed, but kept for the next
 *       attempt. It is one that a garbage collection does not close either.
 * </ul>
 *
 * <p>Which file it is, device and inode tell: a hard link or another mount of it is the same.
 * Thread-safe.
 */
public final class LockFile implements AutoCloseable {
  /** A system property for each lock that is held: it only lets an error say who holds it. */
  private static final String NOTE = "io.haduck.lock:";

  private static final String THIS_PROCESS = "this process";

  /** The same object for every copy of this class. */
  private static final Object JVM = "io.haduck.core.store.LockFile".intern();

  /** Those that this copy of the class holds. */
  @GuardedBy("JVM")
  private static final Set<Object> HELD = new HashSet<>();

  /** Channels on files that another copy has locked, or had. */
  @GuardedBy("JVM")
  private static final Map<Object, AsynchronousFileChannel> KEPT = new HashMap<>();

  /** On we do not know which file, since it was replaced meanwhile. */
  @GuardedBy("JVM")
  private static final List<AsynchronousFileChannel> NEVER_CLOSED = new ArrayList<>();

  private final Object file;
  private final AsynchronousFileChannel channel;

  private LockFile(Object file, AsynchronousFileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /**
   * What became of an attempt.
   *
   * @param taken the lock; null if somebody holds it
   * @param holder who does, as the end of "it is locked by"; empty if nobody did
   */
  public record Attempt(@Nullable LockFile taken, String holder) {
    /** Whether somebody in this process holds it. */
    public boolean isHeldHere() {
      return holder.startsWith(THIS_PROCESS);
    }
  }

  /**
   * Takes the lock if it is free; never waits.
   *
   * @param path of the lock file; made if it is missing, never deleted: deleting one lets two
   *     processes lock two files of one name
   * @throws IOException if it cannot be made, opened or locked, or is none of haduck's: a lock file
   *     holds nothing, and a database of that name must not be opened
   */
  public static Attempt tryTake(Path path) throws IOException {
    synchronized (JVM) {
      Object file = identity(path);
      long bytes = Files.size(path);
      if (bytes > 0) {
        throw new IOException(
            path
                + " holds "
                + bytes
                + " bytes, so it is not haduck's lock file, which belongs there and holds nothing; move it away");
      }
      if (HELD.contains(file)) {
        return new Attempt(null, inThisJvm(file));
      }
      AsynchronousFileChannel channel = channel(path, file);
      boolean mayClose = true;
      boolean taken = false;
      try {
        taken = channel.tryLock() != null;
      } catch (OverlappingFileLockException e) {
        mayClose = false;
        return new Attempt(null, inThisJvm(file));
      } finally {
        if (!mayClose) {
          KEPT.put(file, channel);
        } else if (!taken) {
          channel.close(); // nobody in this JVM has a lock on it, and nobody can take one now
        }
      }
      if (!taken) {
        return new Attempt(null, "another process");
      }
      HELD.add(file);
      System.setProperty(NOTE + file, holder());
      return new Attempt(new LockFile(file, channel), "");
    }
  }

  /** Releases it. Idempotent. */
  @Override
  public void close() throws IOException {
    synchronized (JVM) {
      if (HELD.remove(file)) {
        System.clearProperty(NOTE + file);
        channel.close();
      }
    }
  }

  /** Device and inode, where the file system has them. */
  private static Object identity(Path path) throws IOException {
    try {
      Files.createFile(path); // opens nothing that exists
    } catch (FileAlreadyExistsException e) {
      // As nearly always.
    }
    Object key = Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    return key == null ? path.toRealPath() : key;
  }

  @GuardedBy("JVM")
  private static AsynchronousFileChannel channel(Path path, Object file) throws IOException {
    AsynchronousFileChannel kept = KEPT.remove(file);
    if (kept != null) {
      return kept;
    }
    AsynchronousFileChannel channel = AsynchronousFileChannel.open(path, StandardOpenOption.WRITE);
    boolean same = false;
    try {
      same = identity(path).equals(file);
    } finally {
      if (!same) {
        NEVER_CLOSED.add(channel);
      }
    }
    if (!same) {
      throw new IOException(path + " was replaced while it was being locked; try again");
    }
    return channel;
  }

  private static String holder() {
    ClassLoader loader = LockFile.class.getClassLoader();
    return loader == null
        ? "the boot class loader"
        : loader.getClass().getName()
            + "@"
            + Integer.toHexString(System.identityHashCode(loader))
            + (loader.getName() == null ? "" : " '" + loader.getName() + "'");
  }

  @GuardedBy("JVM")
  private static String inThisJvm(Object file) {
    String holder = System.getProperty(NOTE + file);
    String pid = THIS_PROCESS + " (" + ProcessHandle.current().pid() + ")";
    if (HELD.contains(file)) {
      return pid;
    }
    return pid
        + ", by a copy of haduck that another class loader has loaded"
        + (holder == null ? "" : " (" + holder + ")");
  }
}
