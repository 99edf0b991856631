package io.haduck.bench;

import io.haduck.core.CommitReceipt;
import io.haduck.core.store.ObjectStore;
import java.nio.file.Path;
import java.util.List;

/**
 * Ten thousand inserts, a thousand scattered updates and a CHECKPOINT on a large database: how long
 * until the replica has it, next to sending, hashing and uploading without haduck.
 */
final class SmallChange implements Scenario {
  private static final String REPLICATION = "replication (CHECKPOINT returned until durable)";
  private static final String TOTAL = "CHECKPOINT and replication";
  private static final String SENT = "(a) bare PUTs of what was sent";
  private static final String RAW = "(a) bare PUTs of the changed blocks, uncompressed";
  private static final String HASH = "(b) hashing the whole file";
  private static final String WHOLE = "(c) bare PUTs of the whole file";

  @Override
  public void run(Workspace workspace) throws Exception {
    Options options = workspace.options();
    Path database = workspace.file("orders.duckdb");
    try (ObjectStore bare = workspace.openStore("bare")) {
      long rows;
      try (Subject subject = Subject.replicated(database, workspace.openStore("orders"))) {
        Orders orders = Orders.create(subject.connection());
        orders.growTo(options.megabytes() * 1_000_000);
        subject.checkpoint();
        workspace
            .out()
            .printf(
                "database: %,d rows, %s; change: %,d inserts and %,d scattered updates of %s%n",
                orders.rows(),
                Measures.bytes(subject.size()),
                options.inserts(),
                options.updates(),
                options.column());
        workspace.out().println("-- in the DuckDB instance that wrote all of it");
        change(workspace, subject, orders, bare, 1);
        rows = orders.rows();
      }
      try (Subject subject = Subject.replicated(database, workspace.openStore("orders"))) {
        workspace.out().println("-- after DuckDB has opened the file anew");
        Orders orders = Orders.existing(subject.connection(), rows);
        change(workspace, subject, orders, bare, 1000);
      }
    }
  }

  private static void change(
      Workspace workspace, Subject subject, Orders orders, ObjectStore bare, int firstRound)
      throws Exception {
    Options options = workspace.options();
    Measures measures = workspace.measures();
    for (int round = 0; round <= options.rounds(); round++) {
      Measures into = round == 0 ? workspace.measures() : measures; // the first one warms up
      orders.change(options, orders.rows(), firstRound + round);
      Subject.Checkpoint checkpoint = subject.checkpoint();
      CommitReceipt receipt = checkpoint.receipt();
      long raw = (long) receipt.blocks() * receipt.blockSize();
      into.add(REPLICATION, checkpoint.replicationNanos());
      into.add(TOTAL, checkpoint.duckdbNanos() + checkpoint.replicationNanos());
      workspace
          .out()
          .printf(
              "round %d%s: %,d of %,d blocks read, %,d changed (%s), %s sent%n",
              round,
              round == 0 ? " (warm-up)" : "",
              receipt.blocksRead(),
              receipt.blocksInUse(),
              receipt.blocks(),
              Measures.bytes(raw),
              Measures.bytes(receipt.bytes()));
      put(into, SENT, bare, receipt.bytes());
      put(into, RAW, bare, raw);
      into.time(HASH, () -> Bare.hash(subject.file()));
      into.time(WHOLE, () -> Bare.putFile(bare, subject.file(), subject.size()));
      workspace.empty(bare);
    }
    workspace.out().println("missed iterations: " + subject.missedIterations());
    measures.heading();
    for (String measure : List.of(TOTAL, REPLICATION, SENT, RAW, HASH, WHOLE)) {
      measures.report(measure);
    }
    for (String baseline : List.of(SENT, RAW, HASH, WHOLE)) {
      measures.ratio(REPLICATION, baseline);
    }
  }

  private static void put(Measures into, String name, ObjectStore bare, long bytes)
      throws Exception {
    List<byte[]> noise = Bare.noise(bytes);
    into.time(name, () -> Bare.put(bare, noise));
  }
}
