package io.haduck.bench;

import io.haduck.core.CommitReceipt;
import io.haduck.testing.CountingStore;
import java.nio.file.Path;

/**
 * The same change to a database that grows: what haduck reads, and how long it takes to know what
 * to send, must follow the change and not the database. The updates always hit the same range of
 * rows, so that DuckDB itself rewrites about as much.
 */
final class Growth implements Scenario {
  private static final String FOUND = "from CHECKPOINT's return until the first write begins";
  private static final String DURABLE = "from CHECKPOINT's return until durable";

  @Override
  public void run(Workspace workspace) throws Exception {
    Options options = workspace.options();
    Path database = workspace.file("orders.duckdb");
    long rows = 0;
    long among = 0;
    for (int factor : options.growth()) {
      var store = new CountingStore(workspace.openStore("orders"));
      try (Subject subject = Subject.replicated(database, store)) {
        Orders orders =
            rows == 0
                ? Orders.create(subject.connection())
                : Orders.existing(subject.connection(), rows);
        orders.growTo(factor * options.megabytes() * 1_000_000);
        subject.checkpoint();
        rows = orders.rows();
        among = among == 0 ? rows : among;
        workspace
            .out()
            .printf(
                "at %s, %,d rows, in the instance that wrote them%n",
                Measures.bytes(subject.size()), rows);
        change(workspace, subject, orders, store, among, factor * 100 + 50);
        rows = orders.rows();
      }
      var reopened = new CountingStore(workspace.openStore("orders"));
      try (Subject subject = Subject.replicated(database, reopened)) {
        Orders orders = Orders.existing(subject.connection(), rows);
        workspace
            .out()
            .printf("at %s, %,d rows, in another instance%n", Measures.bytes(subject.size()), rows);
        change(workspace, subject, orders, reopened, among, factor * 100);
        rows = orders.rows();
      }
    }
  }

  private static void change(
      Workspace workspace,
      Subject subject,
      Orders orders,
      CountingStore store,
      long among,
      int firstRound)
      throws Exception {
    Options options = workspace.options();
    Measures measures = workspace.measures();
    for (int round = 0; round <= options.rounds(); round++) {
      Measures into = round == 0 ? workspace.measures() : measures; // the first one warms up
      orders.change(options, among, firstRound + round);
      store.restart();
      long begun = System.nanoTime();
      Subject.Checkpoint checkpoint = subject.checkpoint();
      into.add(
          FOUND, Math.max(0, store.firstPut().orElseThrow() - begun - checkpoint.duckdbNanos()));
      into.add(DURABLE, checkpoint.replicationNanos());
      CommitReceipt receipt = checkpoint.receipt();
      workspace
          .out()
          .printf(
              "  %,d of %,d blocks read, %,d changed, %s sent; DuckDB's CHECKPOINT %,d ms%n",
              receipt.blocksRead(),
              receipt.blocksInUse(),
              receipt.blocks(),
              Measures.bytes(receipt.bytes()),
              checkpoint.duckdbNanos() / 1_000_000);
    }
    measures.heading();
    measures.report(FOUND);
    measures.report(DURABLE);
    workspace.out().println("  missed iterations: " + subject.missedIterations());
  }
}
