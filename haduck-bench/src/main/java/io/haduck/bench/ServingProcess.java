package io.haduck.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A class of ours that serves in a JVM of its own, and says at which port in the first line of its
 * output.
 *
 * @param answers what it says after that
 * @param port of 127.0.0.1
 */
record ServingProcess(Process process, BufferedReader answers, int port) {
  /**
   * Starts one, and waits until it serves.
   *
   * @param options of the JVM
   * @throws IOException also if it ends before
   */
  static ServingProcess start(Class<?> main, List<String> options, String... arguments)
      throws IOException {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
    String line = lines.readLine();
    if (line == null) {
      throw new IOException(main.getSimpleName() + " did not start");
    }
    return new ServingProcess(process, lines, Integer.parseInt(line));
  }
}
