package io.haduck.bench;

import io.haduck.core.settings.Settings;
import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.ObjectStoreProvider;
import io.haduck.core.store.ObjectStoreSettings;
import io.haduck.core.store.ReplicaLocation;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where one scenario works: its directory and its store, both emptied at the end. For one thread.
 */
final class Workspace implements AutoCloseable {
  private static final String ENDPOINT = "s3.endpoint";

  private final Options options;
  private final PrintStream out;
  private final Path directory;
  private final String run = "bench-" + UUID.randomUUID();
  private final List<String> opened = new ArrayList<>();
  private @Nullable StoreProcess server;
  private @Nullable ThrottledLink link;

  Workspace(Options options, PrintStream out) throws IOException {
    this.options = options;
    this.out = out;
    this.directory = Files.createDirectories(options.directory().resolve(run));
  }

  Options options() {
    return options;
  }

  PrintStream out() {
    return out;
  }

  Measures measures() {
    return new Measures(out);
  }

  Path file(String name) {
    return directory.resolve(name);
  }

  /**
   * Where replicas are, and what reaches it.
   *
   * @param location a replica's name comes below it
   * @param settings of the store, by their keys without {@code haduck.}
   */
  record Replicas(ReplicaLocation location, Map<String, String> settings) {
    ObjectStore open(String name) {
      return ObjectStoreProvider.openStore(location.resolve(name), settings);
    }
  }

  /** The store of one replica, or of what is written beside it to compare; the caller closes it. */
  ObjectStore openStore(String name) throws IOException {
    return replicas(name).open(name);
  }

  /** Where a replica of that name is to be; it is emptied at the end. */
  Replicas replicas(String name) throws IOException {
    if (opened.isEmpty()) {
      out.println("store: " + describeStore() + describeLink());
    }
    if (!opened.contains(name)) {
      opened.add(name);
    }
    if (options.place() == Options.Place.FILE) {
      return new Replicas(
          ReplicaLocation.parse("file:" + directory.resolve("store").toAbsolutePath()), Map.of());
    }
    if (options.place() == Options.Place.EMBEDDED) {
      StoreProcess running = server;
      if (running == null) {
        running = StoreProcess.start(Files.createDirectories(directory.resolve("s3")));
        server = running;
      }
      return new Replicas(running.location(), linked(running.settings()));
    }
    Settings settings =
        Settings.resolve(
            ObjectStoreSettings.known(), Map.of(), Map.of(), Map.of(), System.getenv());
    String replica = settings.replica();
    if (replica == null) {
      throw new IllegalArgumentException("--store s3 needs HADUCK_S3_BUCKET or HADUCK_REPLICA");
    }
    return new Replicas(
        ReplicaLocation.parse(replica).resolve(run), linked(settings.storeSettings()));
  }

  /** Settings of S3 that lead through the link, if there is to be one. */
  private Map<String, String> linked(Map<String, String> settings) throws IOException {
    if (options.link() == 0) {
      return settings;
    }
    ThrottledLink running = link;
    if (running == null) {
      URI endpoint = URI.create(settings.getOrDefault(ENDPOINT, ""));
      if (!"http".equals(endpoint.getScheme()) || endpoint.getPort() < 0) {
        throw new IllegalArgumentException(
            "--link needs a store at an endpoint such as http://127.0.0.1:9000, not " + endpoint);
      }
      running = ThrottledLink.to(endpoint.getHost(), endpoint.getPort(), options.link());
      link = running;
    }
    var changed = new HashMap<>(settings);
    changed.put(ENDPOINT, "http://127.0.0.1:" + running.port());
    return changed;
  }

  /** The server of our own that holds the replicas; null before the first, and elsewhere. */
  @Nullable StoreProcess server() {
    return server;
  }

  /** Deletes all objects of a store. */
  void empty(ObjectStore store) {
    store.deleteAll(keys(store).stream().map(Listing.Entry::key).toList());
  }

  static List<Listing.Entry> keys(ObjectStore store) {
    var all = new ArrayList<Listing.Entry>();
    String last = "";
    while (true) {
      Listing page = store.list("", last);
      all.addAll(page.objects());
      if (!page.truncated() || page.objects().isEmpty()) {
        return all;
      }
      last = page.objects().get(page.objects().size() - 1).key();
    }
  }

  private String describeStore() {
    return switch (options.place()) {
      case EMBEDDED ->
          "S3Proxy over a directory, in a JVM of its own on this machine: it takes its share of the"
              + " processors from both sides, and its disk is the page cache";
      case S3 -> "S3 as the environment names it";
      case FILE -> "a directory on this machine, every object synced";
    };
  }

  private String describeLink() {
    return options.link() == 0
        ? ""
        : String.format(
            Locale.ROOT,
            "; through a proxy that lets %,.0f Mbit/s through in each direction",
            options.link() / 1e6);
  }

  @Override
  public void close() throws IOException {
    try {
      if (options.place() == Options.Place.S3) { // the others go with the directory
        for (String name : opened) {
          try (ObjectStore store = openStore(name)) {
            empty(store);
          }
        }
      }
    } finally {
      if (link != null) {
        link.close();
      }
      if (server != null) {
        server.close();
      }
      deleteRecursively(directory);
    }
  }

  private static void deleteRecursively(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      files
          .sorted(Comparator.reverseOrder())
          .forEach(
              file -> {
                try {
                  Files.delete(file);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
    }
  }
}
