package io.haduck.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Locale;

/** What the figures were measured on. */
final class Machine {
  private Machine() {}

  static String describe(Path directory) throws IOException, SQLException {
    Runtime runtime = Runtime.getRuntime();
    String duckdb;
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:")) {
      duckdb = connection.getMetaData().getDatabaseProductVersion();
    }
    return String.format(
        Locale.ROOT,
        "machine: %d processors (%s), %s heap; %s on %s, %.0f GB free; load average %s%n"
            + "versions: JVM %s, DuckDB %s, %s %s",
        runtime.availableProcessors(),
        processor(),
        Measures.bytes(runtime.maxMemory()),
        directory,
        Files.getFileStore(directory).type(),
        Files.getFileStore(directory).getUsableSpace() / 1e9,
        load(),
        Runtime.version(),
        duckdb,
        System.getProperty("os.name"),
        System.getProperty("os.version"));
  }

  /** Of the last minute; what else runs here disturbs the figures. */
  static String load() {
    return String.format(
        Locale.ROOT, "%.1f", ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
  }

  private static String processor() throws IOException {
    Path file = Path.of("/proc/cpuinfo");
    if (!Files.exists(file)) {
      return System.getProperty("os.arch", "");
    }
    return Files.readAllLines(file).stream()
        .filter(line -> line.startsWith("model name"))
        .map(line -> line.substring(line.indexOf(':') + 1).trim())
        .findFirst()
        .orElse(System.getProperty("os.arch", ""));
  }
}
