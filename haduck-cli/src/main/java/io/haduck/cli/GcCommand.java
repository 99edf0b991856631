package io.haduck.cli;

import io.haduck.core.replica.ReplicaSweep;
import io.haduck.core.retention.GarbageCollection;
import io.haduck.core.retention.RetainedState;
import io.haduck.core.retention.SweepOptions;
import io.haduck.core.retention.SweepReport;
import io.haduck.core.store.ObjectStore;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Deletes what the retention gives up. */
@Command(
    name = "gc",
    aliases = "expire",
    description =
        "Says what the replica's retention would delete; with --force deletes it, beside whoever writes and reads.")
final class GcCommand extends ReplicaCommand {
  @Option(names = "--force", description = "delete it")
  private boolean force;

  GcCommand(Shell shell) {
    super(shell);
  }

  @Override
  ExitCode run(ObjectStore store) {
    requireReplica(store);
    SweepReport report =
        ReplicaSweep.run(
            store,
            SweepOptions.DEFAULT.withMode(
                force ? GarbageCollection.ON : GarbageCollection.DRY_RUN));
    Map<String, @Nullable Object> document = new LinkedHashMap<>();
    document.put("replica", replica);
    document.put("dry_run", report.dryRun());
    document.put("head_seq", report.head());
    document.put("every_checkpoint_from_seq", report.wholeFrom());
    document.put("every_commit_from_seq", report.walFrom());
    document.put("policy", report.policy().inWords());
    document.put("announced", report.announced() == null ? null : report.announced().inWords());
    document.put("announced_from", report.announcedFrom());
    document.put("kept", report.retained().stream().map(GcCommand::document).toList());
    document.put("dropped", report.dropped());
    document.put("objects", report.deleted());
    document.put("bytes", report.deletedBytes());
    document.put("kept_as_versions", report.keptAsVersions());
    List<String> lines = new ArrayList<>();
    for (RetainedState state : report.retained()) {
      lines.add(
          "kept  seq "
              + state.seq()
              + "  "
              + state.time()
              + "  "
              + String.join(", ", state.reasons()));
    }
    lines.add(report.summary());
    if (!force && report.deleted() > 0) {
      lines.add("Nothing was deleted. Try: the same with --force");
    }
    answer(document, String.join("\n", lines));
    return ExitCode.DONE;
  }

  private static Map<String, @Nullable Object> document(RetainedState state) {
    Map<String, @Nullable Object> document = new LinkedHashMap<>();
    document.put("seq", state.seq());
    document.put("time", state.time());
    document.put("reasons", state.reasons());
    return document;
  }
}
