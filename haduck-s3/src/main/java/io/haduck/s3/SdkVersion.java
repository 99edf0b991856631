package io.haduck.s3;

import io.haduck.core.InvalidConfigurationException;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The AWS SDK on the class path. An application that brings an older one of its own, or a mixture,
 * would fail with a {@code NoClassDefFoundError} or {@code NoSuchMethodError} somewhere.
 */
final class SdkVersion {
  /** The first that has all that haduck calls; what asks for it is the HTTP client. */
  static final String LEAST = "2.41.0";

  private static final String CURE =
      ". Let the BOM of one version decide them all: import software.amazon.awssdk:bom, "
          + LEAST
          + " or newer, in dependencyManagement; it needs s3 and apache5-client";

  private static final Pattern OF_JAVA = Pattern.compile("(?:^|: )((?:javax?|jdk|sun)/[\\w/$]+)");

  private SdkVersion() {}

  /**
   * Refuses one that is too old.
   *
   * @throws InvalidConfigurationException that says what is there, and what to do
   */
  static void require() {
    require("sdk-core", of("software.amazon.awssdk.core.util.VersionInfo", "SDK_VERSION"));
    require("s3", of("software.amazon.awssdk.services.s3.internal.ServiceVersionInfo", "VERSION"));
  }

  /**
   * @param found null if it does not tell
   */
  static void require(String module, @Nullable String found) {
    if (found != null && isOlder(found, LEAST)) {
      throw new InvalidConfigurationException(
          "the AWS SDK on the class path is too old: software.amazon.awssdk:"
              + module
              + " is "
              + found
              + ", and haduck needs "
              + LEAST
              + CURE);
    }
  }

  /** Why something of the SDK could not be linked. */
  static InvalidConfigurationException incomplete(LinkageError e) {
    Throwable at = e;
    for (int depth = 0; at != null && depth < 20; depth++) {
      Matcher ofJava = OF_JAVA.matcher(String.valueOf(at.getMessage()));
      if (ofJava.find()) {
        return new InvalidConfigurationException(
            "this Java runtime lacks "
                + ofJava.group(1).replace('/', '.')
                + ", which the AWS SDK needs: it was made without a module (jlink). haduck on S3 needs java.sql,"
                + " jdk.net and, before JDK 22, jdk.crypto.ec",
            e);
      }
      at = at.getCause();
    }
    return new InvalidConfigurationException(
        "the AWS SDK on the class path is incomplete or of mixed versions: " + e + CURE, e);
  }

  /** Asked at run time: javac would write what it compiles with into this class. */
  private static @Nullable String of(String type, String field) {
    try {
      return (String)
          Class.forName(type, true, SdkVersion.class.getClassLoader()).getField(field).get(null);
    } catch (ReflectiveOperationException e) {
      return null;
    }
  }

  private static boolean isOlder(String version, String than) {
    try {
      return Arrays.compare(numbers(version), numbers(than)) < 0;
    } catch (NumberFormatException e) {
      return false;
    }
  }

  /** Of {@code 2.41.0-PREVIEW} and {@code 2.41.x} too. */
  private static int[] numbers(String version) {
    return Arrays.stream(version.split("-", 2)[0].split("\\."))
        .mapToInt(part -> part.equals("x") ? Integer.MAX_VALUE : Integer.parseInt(part))
        .toArray();
  }
}
