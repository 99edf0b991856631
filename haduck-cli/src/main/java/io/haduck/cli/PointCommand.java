package io.haduck.cli;

import io.haduck.core.points.Point;
import io.haduck.core.points.Points;
import io.haduck.core.replica.ReplicaSummary;
import io.haduck.core.store.ObjectStore;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Names of states. */
@Command(
    name = "point",
    description = "Names a state of a replica, so that it is kept; lists and deletes such names.",
    synopsisSubcommandLabel = "COMMAND")
final class PointCommand {
  PointCommand() {}

  static Map<String, @Nullable Object> document(Point point) {
    Map<String, @Nullable Object> document = new LinkedHashMap<>();
    document.put("name", point.name());
    document.put("seq", point.seq());
    document.put("time", point.time());
    document.put("written", point.written());
    return document;
  }

  static String line(Point point) {
    return point.name() + "  seq " + point.seq() + "  " + point.time();
  }

  /** Makes one. */
  @Command(name = "create", description = "Names the newest state, or another one.")
  static final class Create extends ReplicaCommand {
    @Parameters(index = "1", paramLabel = "NAME", description = "such as before-migration")
    private String name = "";

    @Option(names = "--seq", description = "of the state; the newest one if none is given")
    private @Nullable Long seq;

    Create(Shell shell) {
      super(shell);
    }

    @Override
    ExitCode run(ObjectStore store) {
      Points.requireName(name);
      requireReplica(store);
      Long wanted = seq;
      Point point = Points.of(store).make(name, wanted == null ? newest(store) : wanted);
      answer(document(point), line(point));
      return ExitCode.DONE;
    }
  }

  private static long newest(ObjectStore store) {
    return ReplicaSummary.of(store).orElseThrow().lastSeq();
  }

  /** Lists them. */
  @Command(name = "list", description = "Lists the points.")
  static final class Listing extends ReplicaCommand {
    Listing(Shell shell) {
      super(shell);
    }

    @Override
    ExitCode run(ObjectStore store) {
      requireReplica(store);
      List<Point> points = Points.of(store).list();
      Map<String, @Nullable Object> document = new LinkedHashMap<>();
      document.put("points", points.stream().map(PointCommand::document).toList());
      answer(
          document,
          points.isEmpty()
              ? "no points"
              : points.stream().map(PointCommand::line).collect(Collectors.joining("\n")));
      return ExitCode.DONE;
    }
  }

  /** Deletes one. */
  @Command(
      name = "delete",
      description = "Deletes a name; its state is kept as long as the retention keeps it.")
  static final class Delete extends ReplicaCommand {
    @Parameters(index = "1", paramLabel = "NAME")
    private String name = "";

    Delete(Shell shell) {
      super(shell);
    }

    @Override
    ExitCode run(ObjectStore store) {
      requireReplica(store);
      boolean deleted = Points.of(store).delete(name);
      Map<String, @Nullable Object> document = new LinkedHashMap<>();
      document.put("name", name);
      document.put("deleted", deleted);
      answer(document, deleted ? "deleted point " + name : "there is no point " + name);
      return ExitCode.DONE;
    }
  }
}
