package io.haduck.bench;

import io.haduck.core.replica.Restorer;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreResult;
import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A restore of a BASE and some changes, next to fetching the same objects, to writing a file, and
 * to {@code aws s3 cp} of the same database file, uncompressed, from the same store.
 */
final class RestoreSpeed implements Scenario {
  private static final String RESTORE = "restore, verified and synced";
  private static final String GETS = "bare GETs of the same objects, dropped";
  private static final String WRITE = "writing and syncing a file of that size";
  private static final String BOTH = "bare GETs, then writing";
  private static final String AWS = "aws s3 cp of the same file, neither verified nor synced";
  private static final String COPY = "orders.duckdb";

  @Override
  public void run(Workspace workspace) throws Exception {
    Options options = workspace.options();
    Path database = workspace.file("orders.duckdb");
    try (Subject subject = Subject.replicated(database, workspace.openStore("orders"))) {
      Orders orders = Orders.create(subject.connection());
      orders.growTo(options.megabytes() * 1_000_000);
      subject.checkpoint();
      for (int round = 0; round < 3; round++) {
        orders.change(options, orders.rows(), round);
        subject.checkpoint();
      }
    }
    AwsCommand aws = AwsCommand.find(workspace, workspace.replicas("aws"));
    if (aws != null) { // DuckDB has closed the file: it may be opened by another process
      aws.upload(database, COPY);
    }
    Subject.delete(database);
    Measures measures = workspace.measures();
    try (ObjectStore store = workspace.openStore("orders")) {
      List<Listing.Entry> objects = Workspace.keys(store);
      for (int round = 0; round <= options.rounds(); round++) {
        Measures into = round == 0 ? workspace.measures() : measures; // the first one warms up
        measure(workspace, store, objects, aws, round, into);
      }
    }
    if (aws != null) {
      aws.delete(COPY);
    }
    measures.heading();
    measures.report(RESTORE);
    for (String baseline : List.of(GETS, WRITE, BOTH)) {
      measures.report(baseline);
    }
    measures.ratio(RESTORE, GETS);
    measures.ratio(RESTORE, BOTH);
    if (aws != null) {
      measures.report(AWS);
      measures.ratio(RESTORE, AWS);
    }
  }

  private static void measure(
      Workspace workspace,
      ObjectStore store,
      List<Listing.Entry> objects,
      @Nullable AwsCommand aws,
      int round,
      Measures into)
      throws Exception {
    Path restored = workspace.file("restored-" + round + "/orders.duckdb");
    Files.createDirectory(workspace.file("restored-" + round));
    long begun = System.nanoTime();
    RestoreResult result = Restorer.create().restore(RestoreRequest.latest(store, restored));
    long restoredNanos = System.nanoTime();
    long fetched = Bare.get(store, objects);
    long gotNanos = System.nanoTime();
    Path written = workspace.file("written-" + round);
    write(written, result.fileSize());
    long writtenNanos = System.nanoTime();
    into.add(RESTORE, restoredNanos - begun);
    into.add(GETS, gotNanos - restoredNanos);
    into.add(WRITE, writtenNanos - gotNanos);
    into.add(BOTH, writtenNanos - restoredNanos);
    workspace
        .out()
        .printf(
            "round %d%s: %,d blocks to a file of %s; fetched %s, bare %s in %,d objects%n",
            round,
            round == 0 ? " (warm-up)" : "",
            result.blocks(),
            Measures.bytes(result.fileSize()),
            Measures.bytes(result.bytesFetched()),
            Measures.bytes(fetched),
            objects.size());
    Subject.delete(restored);
    Files.delete(workspace.file("restored-" + round));
    Files.delete(written);
    if (aws != null) {
      Path copied = workspace.file("copied-" + round);
      into.time(AWS, () -> aws.download(COPY, copied));
      Files.delete(copied);
    }
  }

  private static void write(Path file, long size) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      byte[] part = Bare.noise(256 << 10).get(0);
      for (long at = 0; at < size; at += part.length) {
        channel.write(ByteBuffer.wrap(part, 0, (int) Math.min(part.length, size - at)), at);
      }
      channel.force(true);
    }
  }
}
