package io.haduck.core.settings;

import io.haduck.core.DatabaseName;
import java.util.Arrays;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** How users write where a replica is: its location, its bucket and prefix, its name. */
final class ReplicaText {
  private static final Pattern REPLICA =
      Pattern.compile(
          "file:/.*|s3://[A-Za-z0-9][A-Za-z0-9._-]+(/.*)?|(?!file|s3)[a-z][a-z0-9+.-]*:.+");
  private static final Pattern BUCKET = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]+");
  private static final String NONE = "none";
  private static final String LOCATIONS = "s3://bucket/prefix or file:/absolute/directory, or none";

  private ReplicaText() {}

  /** Returns whether it says that there is to be no replica. */
  static boolean isNone(@Nullable String text) {
    return NONE.equalsIgnoreCase(text);
  }

  /** Reads a location; null if there is to be none, or nobody says so. */
  static @Nullable String location(SettingText given) {
    String text = given.text();
    if (text == null || isNone(text)) {
      return null;
    }
    if (text.startsWith("http:") || text.startsWith("https:")) {
      throw given.hidden(
          LOCATIONS + "; the URL of a service that speaks S3 goes into haduck.s3.endpoint");
    }
    boolean file = text.startsWith("file:");
    if (!file && (text.contains("@") || text.contains("?") || text.contains("#"))) {
      throw given.hidden(
          LOCATIONS
              + ", without '@', '?' and '#'; credentials go into haduck.s3.access_key and"
              + " haduck.s3.secret_key, other settings into keys of their own");
    }
    SettingParser.matching(REPLICA, LOCATIONS).parse(given);
    if (!file) {
      requireNoDots(given, LOCATIONS);
    }
    return text;
  }

  static @Nullable String bucket(SettingText given) {
    String allowed = "the name of a bucket";
    if (given.text() != null && given.text().contains("@")) {
      throw given.hidden(allowed);
    }
    return SettingParser.matching(BUCKET, allowed).parse(given);
  }

  static @Nullable String prefix(SettingText given) {
    String text = SettingParser.text().parse(given);
    if (text != null && !text.startsWith("file:")) {
      requireNoDots(given, "names with '/' between them");
    }
    return text;
  }

  static @Nullable String name(SettingText given) {
    String text = given.text();
    if (text == null ? given.source().explicit() : !DatabaseName.isValid(text)) {
      throw given.invalid(DatabaseName.RULE);
    }
    return text;
  }

  /** A step up or on the spot: object stores take it for a name, servers and tools for a step. */
  private static void requireNoDots(SettingText given, String allowed) {
    if (Arrays.stream(given.required().split("/", -1))
        .anyMatch(it -> it.equals(".") || it.equals(".."))) {
      throw given.invalid(allowed + ", without '.' and '..' as a name in it");
    }
  }
}
