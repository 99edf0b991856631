package io.haduck.cli;

import io.haduck.core.points.Point;
import io.haduck.core.points.Points;
import io.haduck.core.replica.ReplicaSummary;
import io.haduck.core.store.ObjectStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;

/** What a replica has. */
@Command(name = "status", description = "Says which moments a replica has, and which points.")
final class StatusCommand extends ReplicaCommand {
  StatusCommand(Shell shell) {
    super(shell);
  }

  @Override
  ExitCode run(ObjectStore store) {
    requireReplica(store);
    ReplicaSummary there = ReplicaSummary.of(store).orElseThrow();
    List<Point> points = Points.of(store).list();
    Map<String, @Nullable Object> document = new LinkedHashMap<>();
    document.put("replica", replica);
    document.put("first_seq", there.firstSeq());
    document.put("first_time", there.firstTime());
    document.put("last_seq", there.lastSeq());
    document.put("last_time", there.lastTime());
    Duration age = Duration.between(there.lastTime(), shell.clock().instant());
    document.put("last_age_seconds", age.toSeconds());
    document.put("points", points.stream().map(PointCommand::document).toList());
    List<String> lines = new ArrayList<>();
    lines.add("replica  " + replica);
    lines.add("oldest   seq " + there.firstSeq() + "  " + there.firstTime());
    lines.add(
        "newest   seq "
            + there.lastSeq()
            + "  "
            + there.lastTime()
            + "  ("
            + inWords(age)
            + " ago)");
    points.forEach(point -> lines.add("point    " + PointCommand.line(point)));
    answer(document, String.join("\n", lines));
    return ExitCode.DONE;
  }

  private static String inWords(Duration age) {
    return age.toDays() > 1
        ? age.toDays() + " days"
        : age.toHours() > 1
            ? age.toHours() + " hours"
            : age.toMinutes() > 1 ? age.toMinutes() + " minutes" : age.toSeconds() + " seconds";
  }
}
