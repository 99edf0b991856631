package io.haduck.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/** The command {@code haduck}. */
public final class Main {
  private Main() {}

  @Command(
      name = "haduck",
      description = "Restores, verifies and tends replicas of DuckDB databases.",
      synopsisSubcommandLabel = "COMMAND")
  private static final class Root {}

  /** Runs one command, and ends the JVM with its exit code. */
  public static void main(String[] args) {
    var shell =
        new Shell(
            System.out,
            System.err,
            System.getenv(),
            System.getProperties(),
            InstantSource.system(),
            ZoneId.systemDefault());
    System.exit(run(shell, args));
  }

  /** Runs one command, and returns its exit code. */
  static int run(Shell shell, String... args) {
    var root = new CommandLine(new Root());
    root.addSubcommand(new RestoreCommand(shell));
    root.addSubcommand(new StatusCommand(shell));
    root.addSubcommand(new VerifyCommand(shell));
    var point = new CommandLine(new PointCommand());
    point.addSubcommand(new PointCommand.Create(shell));
    point.addSubcommand(new PointCommand.Listing(shell));
    point.addSubcommand(new PointCommand.Delete(shell));
    point.getSubcommands().values().forEach(Main::addHelp);
    root.addSubcommand(point);
    root.addSubcommand(new GcCommand(shell));
    root.addSubcommand(new VersionCommand(shell));
    addHelp(root);
    Set.copyOf(root.getSubcommands().values()).forEach(Main::addHelp); // some have two names
    root.addSubcommand(new HelpCommand());
    root.setOut(new PrintWriter(shell.out(), true, StandardCharsets.UTF_8));
    root.setErr(new PrintWriter(shell.err(), true, StandardCharsets.UTF_8));
    boolean json = Arrays.asList(args).contains("--json");
    root.setParameterExceptionHandler((e, given) -> misused(shell, json, e));
    root.setExecutionExceptionHandler((e, line, result) -> failed(shell, json, e));
    return root.execute(args);
  }

  private static void addHelp(CommandLine command) {
    command
        .getCommandSpec()
        .addOption(
            OptionSpec.builder("-h", "--help")
                .usageHelp(true)
                .description("Say how it is used.")
                .build());
  }

  private static int misused(Shell shell, boolean json, ParameterException error) {
    String name = error.getCommandLine().getCommandSpec().qualifiedName();
    return tell(shell, json, ExitCode.USAGE, error.getMessage() + ". Try: " + name + " --help");
  }

  private static int failed(Shell shell, boolean json, Exception error) {
    ExitCode code = ExitCode.of(error);
    if (code == ExitCode.INTERNAL) {
      error.printStackTrace(shell.err());
      return tell(shell, json, code, error.toString());
    }
    return tell(shell, json, code, String.valueOf(error.getMessage()));
  }

  private static int tell(Shell shell, boolean json, ExitCode code, String message) {
    if (json) {
      var fields = new LinkedHashMap<String, Object>();
      fields.put("format", 1);
      fields.put("type", "error");
      fields.put("exit_code", code.number());
      fields.put("message", message);
      shell.out().println(Json.of(fields));
    } else {
      shell.err().println("haduck: " + message);
    }
    return code.number();
  }
}
