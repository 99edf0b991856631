package io.haduck.bench;

import io.haduck.core.store.ReplicaLocation;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code aws s3 cp}, as it is installed here and by its own defaults: what haduck is measured by.
 * Its start, half a second of Python, is in its time, since whoever copies by it waits for that.
 */
final class AwsCommand {
  private final String program;
  private final Workspace.Replicas replicas;

  private AwsCommand(String program, Workspace.Replicas replicas) {
    this.program = program;
    this.replicas = replicas;
  }

  /** The one that is on the path, for a store of S3; null, after a word, where there is none. */
  static @Nullable AwsCommand find(Workspace workspace, Workspace.Replicas replicas) {
    if (!replicas.location().scheme().equals("s3")) {
      workspace.out().println("aws s3 cp is left out: the store is none of S3");
      return null;
    }
    for (String directory :
        System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1)) {
      Path program = Path.of(directory, "aws");
      if (Files.isExecutable(program)) {
        return new AwsCommand(program.toString(), replicas);
      }
    }
    workspace.out().println("aws s3 cp is left out: it is not installed");
    return null;
  }

  /** Copies a file into the store. */
  void upload(Path file, String name) throws IOException {
    run("s3", "cp", "--only-show-errors", file.toString(), address(name));
  }

  /** Copies an object into a file. */
  void download(String name, Path file) throws IOException {
    run("s3", "cp", "--only-show-errors", address(name), file.toString());
  }

  /** Deletes an object. */
  void delete(String name) throws IOException {
    run("s3", "rm", "--only-show-errors", address(name));
  }

  private String address(String name) {
    ReplicaLocation location = replicas.location().resolve(name);
    return "s3://" + location.bucket() + "/" + location.path();
  }

  private void run(String... arguments) throws IOException {
    Map<String, String> settings = replicas.settings();
    List<String> command = new ArrayList<>();
    command.add(program);
    String endpoint = settings.get("s3.endpoint");
    if (endpoint != null) {
      command.add("--endpoint-url");
      command.add(endpoint);
    }
    command.addAll(List.of(arguments));
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    give(builder, "AWS_ACCESS_KEY_ID", settings.get("s3.access_key"));
    give(builder, "AWS_SECRET_ACCESS_KEY", settings.get("s3.secret_key"));
    give(builder, "AWS_SESSION_TOKEN", settings.get("s3.session_token"));
    give(builder, "AWS_DEFAULT_REGION", settings.getOrDefault("s3.region", "us-east-1"));
    Process process = builder.start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int code = process.onExit().join().exitValue();
    if (code != 0) {
      throw new IOException(String.join(" ", command) + " failed with " + code + ": " + said);
    }
  }

  private static void give(ProcessBuilder builder, String name, @Nullable String value) {
    if (value != null) {
      builder.environment().put(name, value);
    }
  }
}
