package io.haduck.bench;

import java.io.PrintStream;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** The benchmarks' command line, see {@link Options#USAGE}. */
public final class Bench {
  /** Those that take an hour; run one by one only. */
  private static final Set<String> LONG = Set.of("soak", "followers", "retention-year");

  private Bench() {}

  /** Runs one scenario, or all of them. */
  public static void main(String[] arguments) throws Exception {
    Options options;
    try {
      Path directory =
          Path.of(System.getProperty("java.io.tmpdir"))
              .resolve("haduck-bench-" + ProcessHandle.current().pid());
      options = Options.parse(arguments, directory, System.getenv());
      if (!options.scenario().equals("all") && !scenarios().containsKey(options.scenario())) {
        throw new IllegalArgumentException("there is no scenario " + options.scenario());
      }
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage() + "\n\n" + Options.USAGE);
      System.exit(2);
      return;
    }
    run(options, System.out);
    try {
      Files.deleteIfExists(options.directory());
    } catch (DirectoryNotEmptyException e) {
      // it was there before, with something in it
    }
  }

  static Map<String, Scenario> scenarios() {
    var scenarios = new LinkedHashMap<String, Scenario>();
    scenarios.put("small-change", new SmallChange());
    scenarios.put("first-backup", new FirstBackup());
    scenarios.put("growth", new Growth());
    scenarios.put("garbage", new HeadGarbage());
    scenarios.put("restore", new RestoreSpeed());
    scenarios.put("overhead", new Overhead());
    scenarios.put("short-turns", new ShortTurns());
    scenarios.put("opening", new Opening());
    scenarios.put("commits", new Commits());
    scenarios.put("async-inserts", new AsyncInserts());
    scenarios.put("load", new Load());
    scenarios.put("wal-restore", new WalRestore());
    scenarios.put("failover", new Failover());
    scenarios.put("idle", new Idle());
    scenarios.put("followers", new Followers());
    scenarios.put("log-length", new LogLength());
    scenarios.put("retention-year", new RetentionYear());
    scenarios.put("soak", new Soak());
    return scenarios;
  }

  static void run(Options options, PrintStream out) throws Exception {
    Files.createDirectories(options.directory());
    out.println(Machine.describe(options.directory()));
    for (Map.Entry<String, Scenario> scenario : scenarios().entrySet()) {
      boolean one = options.scenario().equals(scenario.getKey());
      if (one || (options.scenario().equals("all") && !LONG.contains(scenario.getKey()))) {
        out.println();
        out.println("== " + scenario.getKey() + " ==");
        try (var workspace = new Workspace(options, out)) {
          scenario.getValue().run(workspace);
        }
        out.println("load average afterwards: " + Machine.load());
      }
    }
  }
}
