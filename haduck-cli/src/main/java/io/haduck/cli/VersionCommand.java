package io.haduck.cli;

import java.util.LinkedHashMap;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Says which haduck and which Java this is. */
@Command(name = "version", description = "Says which haduck and which Java this is.")
final class VersionCommand implements Callable<Integer> {
  private final Shell shell;

  @Option(names = "--json", description = "Answer with one JSON document.")
  private boolean json;

  VersionCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() {
    String version =
        Objects.requireNonNullElse(
            Main.class.getPackage().getImplementationVersion(), "unpackaged");
    String java = Runtime.version().toString();
    var fields = new LinkedHashMap<String, Object>();
    fields.put("format", 1);
    fields.put("version", version);
    fields.put("java", java);
    shell.out().println(json ? Json.of(fields) : "haduck " + version + ", Java " + java);
    return ExitCode.DONE.number();
  }
}
