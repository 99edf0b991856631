package io.haduck.cli;

import io.haduck.core.DivergedException;
import io.haduck.core.replica.ReplicaSummary;
import io.haduck.core.replica.Restorer;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreResult;
import io.haduck.core.restore.RestoreTarget;
import io.haduck.core.store.ObjectStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Makes a database file from a replica. */
@Command(name = "restore", description = "Makes a database file from a replica.")
final class RestoreCommand extends ReplicaCommand {
  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "FILE",
      description = "The database file to make.")
  private Path output = Path.of("");

  @ArgGroup private @Nullable Target target;

  @Option(
      names = "--to-checkpoint",
      description = "The last checkpoint there, without the write-ahead log.")
  private boolean toCheckpoint;

  @Option(
      names = "--force",
      description =
          "Replace a database that is there; it is kept beside unless the replica has it.")
  private boolean force;

  @Option(names = "--if-missing", description = "Do nothing, and succeed, if FILE is there.")
  private boolean ifMissing;

  @Option(
      names = "--if-replica-exists",
      description = "Do nothing, and succeed, if there is no replica.")
  private boolean ifReplicaExists;

  /** Which state; the newest if none is given. */
  private static final class Target {
    @Option(
        names = "--at",
        paramLabel = "TIME",
        description = "The last commit not later than this.")
    private @Nullable String at;

    @Option(names = "--seq", paramLabel = "N", description = "The state as of this changeset.")
    private @Nullable Long seq;

    @Option(names = "--point", paramLabel = "NAME", description = "The state that has this name.")
    private @Nullable String point;
  }

  RestoreCommand(Shell shell) {
    super(shell);
  }

  @Override
  ExitCode run(ObjectStore store) {
    RestoreTarget wanted = wanted();
    if (Files.exists(output)) {
      if (ifMissing) {
        answer(
            Map.of("restored", false, "reason", "exists"), output + " is there; nothing was done");
        return ExitCode.DONE;
      }
      if (!force) {
        throw new CommandFailure(
            ExitCode.REFUSED,
            output + " exists. Try: another file with -o, or --force to replace it");
      }
    }
    if (ifReplicaExists && !ReplicaSummary.isThere(store)) {
      answer(
          Map.of("restored", false, "reason", "no replica"),
          "there is no replica at " + replica + "; nothing was done");
      return ExitCode.DONE;
    }
    requireReplica(store);
    RestoreRequest request = RestoreRequest.latest(store, output.toAbsolutePath()).at(wanted);
    request = force ? request.overwriting() : request;
    request = toCheckpoint ? request.toLastCheckpoint() : request;
    tell(restore(request));
    return ExitCode.DONE;
  }

  /** A log was there a moment ago: what a restore does not find then is the state asked for. */
  private static RestoreResult restore(RestoreRequest request) {
    try {
      return Restorer.create().restore(request);
    } catch (DivergedException e) {
      throw new CommandFailure(ExitCode.OUTSIDE, String.valueOf(e.getMessage()));
    }
  }

  private RestoreTarget wanted() {
    if (target == null) {
      return RestoreTarget.latest();
    }
    if (target.point != null) {
      return RestoreTarget.point(target.point);
    }
    if (target.seq != null) {
      if (target.seq < 1) {
        throw new CommandFailure(ExitCode.USAGE, "--seq " + target.seq + ": the first is 1");
      }
      return new RestoreTarget.AtSeq(target.seq);
    }
    TimeText time =
        TimeText.parse(String.valueOf(target.at), shell.clock().instant(), shell.zone());
    if (time.local()) {
      shell
          .err()
          .println("haduck: --at is taken as local time, " + shell.zone() + ": " + time.time());
    }
    return new RestoreTarget.AtTime(time.time());
  }

  private void tell(RestoreResult result) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("restored", true);
    fields.put("file", result.destination().toString());
    fields.put("seq", result.seq());
    fields.put("head_seq", result.headSeq());
    fields.put("commit_time", result.commitTime());
    fields.put("file_bytes", result.fileSize());
    fields.put("wal_bytes", result.walBytes());
    fields.put("fetched_bytes", result.bytesFetched());
    fields.put("kept", result.kept().map(Path::toString).orElse(null));
    fields.put("lost_since", result.lost().map(RestoreResult.LostWal::since).orElse(null));
    fields.put("lost_until", result.lost().map(RestoreResult.LostWal::until).orElse(null));
    fields.put("warnings", result.warnings());
    var text = new StringBuilder();
    text.append("restored ").append(result.destination());
    text.append("\n  state    seq ").append(result.seq()).append(" of ").append(result.headSeq());
    text.append(", committed ").append(result.commitTime());
    text.append("\n  size     ").append(result.fileSize()).append(" bytes, write-ahead log ");
    text.append(result.walBytes()).append(" bytes");
    text.append("\n  fetched  ").append(result.bytesFetched()).append(" bytes");
    result
        .lost()
        .ifPresent(
            it ->
                text.append("\n  left out commits since ")
                    .append(it.since())
                    .append(" until ")
                    .append(it.until()));
    result.kept().ifPresent(it -> text.append("\n  kept     what was there, as ").append(it));
    result.warnings().forEach(it -> text.append("\n  warning  ").append(it));
    answer(fields, text.toString());
  }
}
