package io.haduck.bench;

import io.haduck.core.CommitReceipt;
import io.haduck.core.store.ObjectStore;
import java.nio.file.Path;

/** The BASE of a database that exists already, next to uploading its file as it is. */
final class FirstBackup implements Scenario {
  private static final String BACKUP = "first backup (opened until durable)";
  private static final String WHOLE = "bare PUTs of the whole file";

  @Override
  public void run(Workspace workspace) throws Exception {
    Options options = workspace.options();
    Path database = workspace.file("orders.duckdb");
    try (Subject subject = Subject.plain(database)) {
      Orders.create(subject.connection()).growTo(options.megabytes() * 1_000_000);
      subject.execute("CHECKPOINT");
    }
    Measures measures = workspace.measures();
    for (int round = 0; round <= options.rounds(); round++) {
      Measures into = round == 0 ? workspace.measures() : measures; // the first one warms up
      Subject.forget(database);
      String replica = "orders-" + round;
      long begun = System.nanoTime();
      try (Subject subject = Subject.replicated(database, workspace.openStore(replica));
          ObjectStore bare = workspace.openStore("bare")) {
        CommitReceipt receipt = subject.awaitReplica();
        into.add(BACKUP, System.nanoTime() - begun);
        workspace
            .out()
            .printf(
                "round %d%s: %s, %,d blocks, %s sent%n",
                round,
                round == 0 ? " (warm-up)" : "",
                Measures.bytes(subject.size()),
                receipt.blocks(),
                Measures.bytes(receipt.bytes()));
        into.time(WHOLE, () -> Bare.putFile(bare, subject.file(), subject.size()));
        workspace.empty(bare);
      }
      try (ObjectStore used = workspace.openStore(replica)) {
        workspace.empty(used);
      }
    }
    measures.heading();
    measures.report(BACKUP);
    measures.report(WHOLE);
    measures.ratio(BACKUP, WHOLE);
  }
}
