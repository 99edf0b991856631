package io.haduck.jdbc;

import io.haduck.testing.internal.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** One machine of {@link SplitBrainProcessesTest}, whose process is stopped and killed. */
final class SplitBrainChild implements AutoCloseable {
  private static final long NUMBERS = 1_000_000;

  private final Path place;
  private final String options;
  private final int number;
  private int lives;
  private @Nullable Life life;
  final List<String> lines = new CopyOnWriteArrayList<>();

  private record Life(ChildJvm process, Thread reader) {}

  SplitBrainChild(Path directory, String options, int number) throws IOException {
    this.place = Files.createDirectories(directory.resolve("machine" + number));
    this.options = options + ";haduck.label=machine" + number;
    this.number = number;
  }

  void start() throws IOException {
    long first = (number * 1_000L + ++lives) * NUMBERS;
    ChildJvm process =
        ChildJvm.start(
            "-Xmx300m", SplitBrainWriter.class, place.toString(), options, Long.toString(first));
    var reader = new Thread(() -> process.follow(lines::add), "reads machine" + number);
    reader.setDaemon(true);
    reader.start();
    life = new Life(process, reader);
  }

  private Life life() {
    Life now = life;
    if (now == null) {
      throw new IllegalStateException("machine" + number + " does not run");
    }
    return now;
  }

  void signal(String name) throws IOException {
    life().process().signal(name);
  }

  /** By SIGKILL; what it has said until then is read. */
  void kill() throws IOException, InterruptedException {
    Life now = life();
    life = null;
    now.process().end();
    now.reader().join();
    now.process().close();
  }

  long acknowledged() {
    return lines.stream().filter(line -> line.startsWith("ACK ")).count();
  }

  /** All that it was told is in the log: numbers of rows. */
  List<Long> rows() {
    List<Long> rows = new ArrayList<>();
    for (String line : lines) {
      if (line.startsWith("ACK ")) {
        rows.add(Long.parseLong(line.substring(4)));
      }
    }
    return rows;
  }

  /** The seq of each commit that it was told is its own. */
  List<String> seqs() {
    return lines.stream().filter(line -> line.startsWith("SEQ ")).toList();
  }

  /** The last that it has said, but for what it does all the time. */
  String last() {
    List<String> all =
        lines.stream().filter(line -> !line.matches("(?s)(ACK|SEQ|\tat) .*")).distinct().toList();
    List<String> told = seqs();
    return "\nmachine"
        + number
        + ", last of "
        + told.size()
        + " commits "
        + told.subList(Math.max(0, told.size() - 1), told.size())
        + ":\n  "
        + String.join("\n  ", all.subList(Math.max(0, all.size() - 12), all.size()));
  }

  /** Prints what it does now, and all that it has said, but for commits. */
  void explain() throws IOException {
    if (life != null && life.process().isAlive()) {
      life.process().signal("CONT");
      life.process().signal("QUIT"); // a JVM prints its threads
      RivalWriter.pass(2_000);
    }
    System.out.println("---- machine" + number);
    lines.stream().filter(line -> !line.matches("(ACK|SEQ) .*")).forEach(System.out::println);
  }

  @Override
  public void close() throws IOException {
    if (life != null) {
      life.process().close();
    }
  }
}
