package io.haduck.core.internal.watch;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells when database files and their WAL files may have changed, through one {@link WatchService}
 * for all of them.
 *
 * <p>An event is a hint and nothing more: whoever is told looks at the file's header. Events can be
 * late, lost or missing altogether (network file systems, exhausted inotify limits), so listeners
 * also look at the file by a timer of their own; that the service cannot be had is logged once.
 *
 * <p>Safe for any thread. Listeners are called on the watcher's one daemon thread, which lives
 * while something is watched, and must return quickly.
 */
public final class FileWatcher {
  private static final Logger log = LoggerFactory.getLogger(FileWatcher.class);

  @GuardedBy("this")
  private final Map<Path, Directory> directories = new HashMap<>();

  @GuardedBy("this")
  private @Nullable WatchService service;

  @GuardedBy("this")
  private boolean failureLogged;

  private static final FileWatcher SHARED = new FileWatcher();

  /** The one of this JVM, so that one thread serves all databases. */
  public static FileWatcher shared() {
    return SHARED;
  }

  /** A watched file; close it to stop listening. */
  public final class Registration implements AutoCloseable {
    private final Path directory;
    private final String fileName;
    private final Runnable listener;
    private final boolean receivesEvents;

    private Registration(
        Path directory, String fileName, Runnable listener, boolean receivesEvents) {
      this.directory = directory;
      this.fileName = fileName;
      this.listener = listener;
      this.receivesEvents = receivesEvents;
    }

    /** Whether the operating system agreed to send events; if not, only the timer is left. */
    public boolean receivesEvents() {
      return receivesEvents;
    }

    /** Idempotent. */
    @Override
    public void close() {
      unregister(this);
    }
  }

  private record Directory(WatchKey key, List<Registration> registrations) {}

  /**
   * Watches a file and those beside it whose names begin with its name and a dot ({@code F.wal},
   * …). Never fails: where no events are to be had, the registration says so.
   *
   * @param file need not exist; its directory must
   */
  public synchronized Registration watch(Path file, Runnable listener) {
    Path absolute = file.toAbsolutePath().normalize();
    Path directory = absolute.getParent();
    String name = absolute.getFileName().toString();
    if (directory == null) {
      throw new IllegalArgumentException("a file is watched, not the root: " + file);
    }
    try {
      Directory watched = directories.get(directory);
      if (watched == null) {
        watched = new Directory(register(directory), new ArrayList<>());
        directories.put(directory, watched);
      }
      var registration = new Registration(directory, name, listener, true);
      watched.registrations.add(registration);
      return registration;
    } catch (IOException | UnsupportedOperationException e) {
      closeIfIdle();
      if (!failureLogged) {
        failureLogged = true;
        log.warn(
            "no file events for {} ({}); changes are found by looking every sync_interval instead. On Linux the"
                + " limits are fs.inotify.max_user_instances and fs.inotify.max_user_watches",
            directory,
            e.getMessage());
      }
      return new Registration(directory, name, listener, false);
    }
  }

  @GuardedBy("this")
  private WatchKey register(Path directory) throws IOException {
    WatchService current = service;
    if (current == null) {
      current = directory.getFileSystem().newWatchService();
      service = current;
      startThread(current);
    }
    return directory.register(
        current,
        StandardWatchEventKinds.ENTRY_CREATE,
        StandardWatchEventKinds.ENTRY_MODIFY,
        StandardWatchEventKinds.ENTRY_DELETE);
  }

  private synchronized void unregister(Registration registration) {
    Directory watched = directories.get(registration.directory);
    if (watched == null || !watched.registrations.remove(registration)) {
      return;
    }
    if (watched.registrations.isEmpty()) {
      watched.key.cancel();
      directories.remove(registration.directory);
      closeIfIdle();
    }
  }

  /** Closes the service when nothing is watched any more; the next registration starts another. */
  @GuardedBy("this")
  private void closeIfIdle() {
    WatchService current = service;
    if (current == null || !directories.isEmpty()) {
      return;
    }
    service = null;
    try {
      current.close();
    } catch (IOException e) {
      log.debug("closing the watch service failed", e);
    }
  }

  private void startThread(WatchService watched) {
    var thread = new Thread(() -> run(watched), "haduck-watch");
    thread.setDaemon(true);
    thread.start();
  }

  private void run(WatchService watched) {
    while (true) {
      WatchKey key;
      try {
        key = watched.take();
      } catch (InterruptedException e) {
        continue; // this thread is ours; nobody has a reason to interrupt it
      } catch (ClosedWatchServiceException e) {
        return;
      }
      var told = new ArrayList<Registration>();
      List<WatchEvent<?>> events = key.pollEvents();
      key.reset();
      synchronized (this) {
        for (Directory directory : directories.values()) {
          if (directory.key.equals(key)) {
            for (Registration registration : directory.registrations) {
              if (concerns(events, registration.fileName)) {
                told.add(registration);
              }
            }
          }
        }
      }
      for (Registration registration : told) {
        try {
          registration.listener.run();
        } catch (RuntimeException e) {
          log.error("a listener for {} failed", registration.fileName, e);
        }
      }
    }
  }

  private static boolean concerns(List<WatchEvent<?>> events, String fileName) {
    for (WatchEvent<?> event : events) {
      if (event.kind() == StandardWatchEventKinds.OVERFLOW) {
        return true;
      }
      String changed = String.valueOf(event.context());
      // F itself and F.wal, F.wal.checkpoint; not F.haduck…, which we write ourselves.
      if (changed.equals(fileName) || changed.startsWith(fileName + ".wal")) {
        return true;
      }
    }
    return false;
  }
}
