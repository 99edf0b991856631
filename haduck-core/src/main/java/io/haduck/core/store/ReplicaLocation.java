package io.haduck.core.store;

import io.haduck.core.InvalidConfigurationException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Where a replica lives: {@code s3://bucket/prefix} or {@code file:/directory}.
 *
 * @param scheme lower case, {@code s3} or {@code file} or what another {@link ObjectStoreProvider}
 *     serves
 * @param bucket the bucket; empty for {@code file}
 * @param path below the bucket, without a slash at either end; for {@code file} the absolute
 *     directory
 */
public record ReplicaLocation(String scheme, String bucket, String path) {

  /**
   * Parses a location.
   *
   * @throws InvalidConfigurationException if it is none
   */
  public static ReplicaLocation parse(String text) {
    int colon = text.indexOf(':');
    if (colon <= 0) {
      throw malformed(text);
    }
    String scheme = text.substring(0, colon).toLowerCase(Locale.ROOT);
    String rest = text.substring(colon + 1);
    if (scheme.equals("file")) {
      String path = rest.startsWith("///") ? rest.substring(2) : rest;
      if (!path.startsWith("/") || path.startsWith("//")) {
        throw malformed(text);
      }
      return new ReplicaLocation(scheme, "", normalized(trimEnd(path), text));
    }
    if (!rest.startsWith("//")) {
      throw malformed(text);
    }
    String[] parts = rest.substring(2).split("/", 2);
    if (parts[0].isEmpty()) {
      throw malformed(text);
    }
    String path = parts.length == 1 ? "" : trimEnd(parts[1]);
    while (path.startsWith("/")) {
      path = path.substring(1);
    }
    return new ReplicaLocation(scheme, parts[0], path);
  }

  /** Returns the location {@code name} below this one. */
  public ReplicaLocation resolve(String name) {
    return new ReplicaLocation(
        scheme, bucket, path.isEmpty() || path.equals("/") ? path + name : path + "/" + name);
  }

  @Override
  public String toString() {
    return scheme.equals("file")
        ? "file:" + path
        : scheme + "://" + bucket + (path.isEmpty() ? "" : "/" + path);
  }

  /** One directory has one name, so that two databases that are given it are told apart. */
  private static String normalized(String path, String text) {
    try {
      return Path.of(path).normalize().toString();
    } catch (InvalidPathException e) {
      throw new InvalidConfigurationException(
          "replica '" + text + "' is not a directory name: " + e.getReason(), e);
    }
  }

  private static String trimEnd(String path) {
    int end = path.length();
    while (end > 1 && path.charAt(end - 1) == '/') {
      end--;
    }
    return path.substring(0, end);
  }

  private static InvalidConfigurationException malformed(String text) {
    return new InvalidConfigurationException(
        "replica '" + text + "' is not of the form s3://bucket/prefix or file:/absolute/directory");
  }
}
