package io.haduck.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** What this process holds, as Linux and the JVM say. */
final class ProcessGauges {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

  private ProcessGauges() {}

  /** Bytes of heap in use, garbage included. */
  static long heap() {
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  /** Bytes of heap in use after a collection. */
  static long liveHeap() {
    System.gc();
    return heap();
  }

  /** Bytes of memory, DuckDB's included. */
  static long residentBytes() throws IOException {
    return field("VmRSS:") * 1024;
  }

  /** Threads of the JVM and of DuckDB. */
  static long threads() throws IOException {
    return field("Threads:");
  }

  /** Open descriptors; the one that reads the list is among them. */
  static long descriptors() throws IOException {
    long count = 0;
    try (DirectoryStream<Path> all = Files.newDirectoryStream(DESCRIPTORS)) {
      for (Path unused : all) {
        count++;
      }
    }
    return count;
  }

  private static long field(String name) throws IOException {
    for (String line : Files.readAllLines(STATUS)) {
      if (line.startsWith(name)) {
        return Long.parseLong(line.substring(name.length()).replace("kB", "").strip());
      }
    }
    throw new IOException(STATUS + " has no " + name);
  }
}
