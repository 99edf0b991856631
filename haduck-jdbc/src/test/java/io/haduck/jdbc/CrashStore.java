package io.haduck.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.replica.Restorer;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.ObjectStoreProvider;
import io.haduck.core.store.ReplicaLocation;
import io.haduck.testing.internal.WorkloadCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Where the replica of a process is that is killed, and what reaches it.
 *
 * @param location as {@code haduck.replica} has it
 * @param settings of the store, by their keys without {@code haduck.}
 */
record CrashStore(String location, Map<String, String> settings) {
  /** Of every database. */
  static final String NAME = "my.duckdb";

  /** What follows the path in a URL. */
  String options() {
    var options = new StringBuilder(";haduck.replica=" + location);
    settings.forEach((key, value) -> options.append(";haduck." + key + "=" + value));
    return options.toString();
  }

  /**
   * Restores to an empty directory and judges what a {@code Workload} left.
   *
   * @param acknowledged the last number of each writer that must be there
   * @return the last number of each writer
   */
  long[] restored(Path directory, long[] acknowledged, String context) throws Exception {
    Path place = Files.createTempDirectory(directory, "restored");
    Path file = place.resolve(NAME);
    long[] last = new long[acknowledged.length];
    try (ObjectStore objects = open()) {
      if (Arrays.stream(acknowledged).sum() > 0 || !objects.list("log/", "").objects().isEmpty()) {
        Restorer.create().restore(RestoreRequest.latest(objects, file));
        try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + file)) {
          assertThat(WorkloadCheck.violations(plain, acknowledged)).as(context).isEmpty();
          last = WorkloadCheck.last(plain, acknowledged.length);
        }
      }
    }
    delete(place);
    return last;
  }

  private ObjectStore open() {
    return ObjectStoreProvider.openStore(
        UnreliableStores.wrapped(ReplicaLocation.parse(location).resolve(NAME)), settings);
  }

  /** Deletes a directory, if it exists, with all that is in it. */
  static void delete(Path place) throws IOException {
    if (!Files.exists(place)) {
      return;
    }
    List<Path> files;
    try (Stream<Path> all = Files.walk(place)) {
      files = all.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path each : files) {
      Files.delete(each);
    }
  }
}
