package io.haduck.cli;

import io.haduck.core.replica.ReplicaAccess;
import io.haduck.core.replica.ReplicaSummary;
import io.haduck.core.store.ObjectStore;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A command that asks one replica. */
abstract class ReplicaCommand implements Callable<Integer> {
  final Shell shell;

  @Parameters(
      index = "0",
      paramLabel = "REPLICA",
      description = "s3://bucket/prefix/name or file:/dir/name")
  String replica = "";

  @Option(names = "--json", description = "Answer with one JSON document.")
  boolean json;

  ReplicaCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public final Integer call() {
    try (ObjectStore store =
        ReplicaAccess.open(replica, Map.of(), shell.systemProperties(), shell.environment())) {
      return run(store).number();
    }
  }

  abstract ExitCode run(ObjectStore store);

  /** Refuses a place where nothing was ever replicated. */
  final void requireReplica(ObjectStore store) {
    if (!ReplicaSummary.isThere(store)) {
      throw new CommandFailure(
          ExitCode.NO_REPLICA,
          "there is no replica at "
              + replica
              + store.absence().map(it -> ": " + it).orElse("")
              + ". Try: check its spelling, the name of the database included");
    }
  }

  /** Answers with the text, or with the fields. */
  void answer(Map<String, ? extends @Nullable Object> fields, String text) {
    if (json) {
      Map<String, @Nullable Object> document = new LinkedHashMap<>();
      document.put("format", 1);
      document.putAll(fields);
      shell.out().println(Json.of(document));
    } else {
      shell.out().println(text);
    }
  }
}
