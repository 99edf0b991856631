package io.haduck.bench;

import io.haduck.core.CommitReceipt;
import io.haduck.core.store.ObjectStore;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The BASE of a database that exists already, next to uploading its file as it is: by bare parallel
 * PUTs through haduck's own client, and by {@code aws s3 cp}.
 */
final class FirstBackup implements Scenario {
  private static final String BACKUP = "first backup (opened until durable)";
  private static final String WHOLE = "bare PUTs of the whole file";
  private static final String AWS = "aws s3 cp of the whole file";

  @Override
  public void run(Workspace workspace) throws Exception {
    Options options = workspace.options();
    Path database = workspace.file("orders.duckdb");
    try (Subject subject = Subject.plain(database)) {
      Orders orders = Orders.create(subject.connection());
      if (options.texts()) {
        orders.growWithNotesTo(options.megabytes() * 1_000_000);
      } else {
        orders.growTo(options.megabytes() * 1_000_000);
      }
      subject.execute("CHECKPOINT");
    }
    AwsCommand aws = AwsCommand.find(workspace, workspace.replicas("aws"));
    Measures measures = workspace.measures();
    for (int round = 0; round <= options.rounds(); round++) {
      Measures into = round == 0 ? workspace.measures() : measures; // the first one warms up
      measure(workspace, database, aws, round, into);
    }
    measures.heading();
    measures.report(BACKUP);
    measures.report(WHOLE);
    measures.ratio(BACKUP, WHOLE);
    if (aws != null) {
      measures.report(AWS);
      measures.ratio(BACKUP, AWS);
    }
  }

  private static Duration processorTime() {
    return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
  }

  private static void measure(
      Workspace workspace, Path database, @Nullable AwsCommand aws, int round, Measures into)
      throws Exception {
    Subject.forget(database);
    String replica = "orders-" + round;
    long begun = System.nanoTime();
    Duration busy = processorTime();
    try (Subject subject = Subject.replicated(database, workspace.openStore(replica));
        ObjectStore bare = workspace.openStore("bare")) {
      CommitReceipt receipt = subject.awaitReplica();
      into.add(BACKUP, System.nanoTime() - begun);
      busy = processorTime().minus(busy);
      workspace
          .out()
          .printf(
              "round %d%s: %s, %,d blocks, %s stored (%.3f), %,d ms of this process on a processor%n",
              round,
              round == 0 ? " (warm-up)" : "",
              Measures.bytes(subject.size()),
              receipt.blocks(),
              Measures.bytes(receipt.bytes()),
              (double) receipt.bytes() / (double) receipt.rawBytes(),
              busy.toMillis());
      into.time(WHOLE, () -> Bare.putFile(bare, subject.file(), subject.size()));
      workspace.empty(bare);
    }
    try (ObjectStore used = workspace.openStore(replica)) {
      workspace.empty(used);
    }
    if (aws != null) { // DuckDB has closed the file: it may be opened by another process
      into.time(AWS, () -> aws.upload(database, "orders.duckdb"));
      aws.delete("orders.duckdb");
    }
  }
}
