package io.haduck.core.settings;

import io.haduck.core.DatabaseName;
import io.haduck.core.InvalidConfigurationException;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One resolved setting, and how its text is read.
 *
 * @param text null if nobody set it, or set it to nothing
 * @param source who decided it
 */
record SettingValue(Setting setting, @Nullable String text, SettingSource source) {
  private static final Pattern DURATION = Pattern.compile("(\\d{1,12})(ms|s|m|h|)");
  private static final Pattern REPLICA =
      Pattern.compile(
          "file:/.*|s3://[A-Za-z0-9][A-Za-z0-9._-]+(/.*)?|(?!file|s3)[a-z][a-z0-9+.-]*:.+");
  private static final String NO_REPLICA = "none";
  private static final Pattern BUCKET = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]+");
  private static final Duration LONGEST = Duration.ofDays(36_500);

  /**
   * Reads the text as what the setting is, so that every bad value is found when a database is
   * opened.
   */
  void validate() {
    switch (setting) {
      case SYNC_INTERVAL, SYNC_TIMEOUT -> {
        if (duration().isZero()) {
          throw invalid("a time longer than 0");
        }
      }
      case LINGER, SHUTDOWN_TIMEOUT, SCRUB_INTERVAL -> duration();
      case MODE -> mode();
      case DURABILITY -> durability();
      case RESTORE -> enumeration(RestorePolicy.class);
      case ON_DIVERGE -> enumeration(DivergePolicy.class);
      case OFFLINE -> enumeration(OfflinePolicy.class);
      case S3_PATH_STYLE, REPLAY_CHECKPOINT -> bool();
      case REPLICA -> replica();
      case NAME -> databaseName();
      case S3_BUCKET -> bucket();
      case S3_ENDPOINT -> endpoint();
      case S3_SSE ->
          matching(
              Pattern.compile("AES256|aws:kms|aws:kms:dsse"), "AES256, aws:kms or aws:kms:dsse");
      case S3_CHECKSUMS -> checksums();
      case S3_PREFIX -> prefix();
      case S3_REGION, S3_ACCESS_KEY, S3_SECRET_KEY, S3_SESSION_TOKEN, S3_SSE_KMS_KEY_ID ->
          withoutControls();
    }
  }

  Duration duration() {
    Matcher matcher = DURATION.matcher(required());
    String allowed =
        "a number with ms, s, m or h, or of seconds, such as 500ms, 30s or 5m; at most 100 years";
    if (!matcher.matches()) {
      throw invalid(allowed);
    }
    long amount = Long.parseLong(matcher.group(1));
    Duration duration =
        switch (matcher.group(2)) {
          case "ms" -> Duration.ofMillis(amount);
          case "m" -> Duration.ofMinutes(amount);
          case "h" -> Duration.ofHours(amount);
          default -> Duration.ofSeconds(amount);
        };
    if (duration.compareTo(LONGEST) > 0) {
      throw invalid(allowed);
    }
    return duration;
  }

  /** Null if nobody set it. */
  @Nullable Boolean bool() {
    if (text == null) {
      return null;
    }
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw invalid("true or false");
    };
  }

  <E extends Enum<E>> E enumeration(Class<E> type) {
    String wanted = required();
    for (E constant : type.getEnumConstants()) {
      if (constant.name().equalsIgnoreCase(wanted)) {
        return constant;
      }
    }
    throw invalid(
        Arrays.stream(type.getEnumConstants())
            .map(constant -> constant.name().toLowerCase(Locale.ROOT))
            .collect(Collectors.joining(" or ")));
  }

  /** Whether it says that there is to be no replica. */
  boolean isNone() {
    return setting == Setting.REPLICA && text != null && text.equalsIgnoreCase(NO_REPLICA);
  }

  /** The text in the one form that equal values share. */
  @Nullable String canonical() {
    return switch (setting) {
      case SYNC_INTERVAL, SYNC_TIMEOUT, LINGER, SHUTDOWN_TIMEOUT, SCRUB_INTERVAL ->
          duration().toString();
      case MODE, DURABILITY, RESTORE, ON_DIVERGE, OFFLINE, S3_CHECKSUMS ->
          required().toLowerCase(Locale.ROOT);
      case S3_PATH_STYLE, REPLAY_CHECKPOINT -> text == null ? null : text.toLowerCase(Locale.ROOT);
      case REPLICA -> isNone() ? null : text;
      default -> text;
    };
  }

  Durability durability() {
    return enumeration(Durability.class);
  }

  private void mode() {
    if (required().equalsIgnoreCase("follower")) {
      throw notYet("use writer");
    }
    if (!required().equalsIgnoreCase("writer")) {
      throw invalid("writer");
    }
  }

  private void replica() {
    String allowed = "s3://bucket/prefix or file:/absolute/directory, or none";
    if (text == null || isNone()) {
      return;
    }
    if (text.startsWith("http:") || text.startsWith("https:")) {
      throw hidden(allowed + "; the URL of a service that speaks S3 goes into haduck.s3.endpoint");
    }
    boolean file = text.startsWith("file:");
    if (!file && (text.contains("@") || text.contains("?") || text.contains("#"))) {
      throw hidden(
          allowed
              + ", without '@', '?' and '#'; credentials go into haduck.s3.access_key and"
              + " haduck.s3.secret_key, other settings into keys of their own");
    }
    matching(REPLICA, allowed);
    requireNoDots(text, allowed);
  }

  /** A step up or on the spot: object stores take it for a name, servers and tools for a step. */
  private void requireNoDots(String path, String allowed) {
    if (!path.startsWith("file:")
        && Arrays.stream(path.split("/", -1)).anyMatch(it -> it.equals(".") || it.equals(".."))) {
      throw invalid(allowed + ", without '.' and '..' as a name in it");
    }
  }

  private void bucket() {
    String allowed = "the name of a bucket";
    if (text != null && text.contains("@")) {
      throw hidden(allowed);
    }
    matching(BUCKET, allowed);
  }

  private void checksums() {
    if (!required().equalsIgnoreCase("when_required")
        && !required().equalsIgnoreCase("when_supported")) {
      throw invalid("when_required or when_supported");
    }
  }

  private void prefix() {
    withoutControls();
    if (text != null) {
      requireNoDots(text, "names with '/' between them");
    }
  }

  private void databaseName() {
    if (text == null) {
      if (source.explicit()) {
        throw invalid(DatabaseName.RULE);
      }
    } else if (!DatabaseName.isValid(text)) {
      throw invalid(DatabaseName.RULE);
    }
  }

  private void endpoint() {
    if (text == null) {
      return;
    }
    String allowed =
        "a URL such as https://s3.example.com or http://localhost:9000, without credentials";
    if (text.contains("@") || text.contains("?")) {
      throw hidden(allowed);
    }
    try {
      var uri = new URI(text);
      boolean http =
          "http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme());
      if (!http || uri.getHost() == null) {
        throw invalid(allowed);
      }
    } catch (URISyntaxException e) {
      throw invalid(allowed);
    }
  }

  private void matching(Pattern pattern, String allowed) {
    withoutControls();
    if (text != null && !pattern.matcher(text).matches()) {
      throw invalid(allowed);
    }
  }

  private void withoutControls() {
    if (text != null && text.chars().anyMatch(Character::isISOControl)) {
      throw invalid("text without control characters");
    }
  }

  private String required() {
    if (text == null) {
      throw invalid("a value");
    }
    return text;
  }

  InvalidConfigurationException invalid(String allowed) {
    return new InvalidConfigurationException(described() + " is not valid; allowed: " + allowed);
  }

  /** As {@link #invalid}, where the text may hold a password: it is not shown. */
  private InvalidConfigurationException hidden(String allowed) {
    return new InvalidConfigurationException(
        setting.qualifiedKey() + " from " + source + " is not valid; allowed: " + allowed);
  }

  private InvalidConfigurationException notYet(String hint) {
    return new InvalidConfigurationException(
        described() + " is planned, but not yet available in this version of haduck: " + hint);
  }

  private String described() {
    String shown = setting.secret() ? "(secret)" : text == null ? "(nothing)" : "'" + text + "'";
    return setting.qualifiedKey() + "=" + shown + " from " + source;
  }

  /** Never with a secret's text. */
  @Override
  public String toString() {
    return setting.key() + "=" + (setting.secret() ? "***" : text) + " (" + source + ")";
  }
}
