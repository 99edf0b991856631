package io.haduck.core.settings;

import io.haduck.core.InvalidConfigurationException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How blocks and WAL are compressed on their way to the store. Whatever wrote a replica, it is read
 * in the same way: each block says whether it is compressed.
 *
 * @param kind who decides
 * @param level of zstd, where it is fixed; 0 otherwise
 */
public record Compression(Kind kind, int level) {
  /** By how fast the store takes what is sent. */
  public static final Compression AUTO = new Compression(Kind.AUTO, 0);

  /** Not at all. */
  public static final Compression NONE = new Compression(Kind.NONE, 0);

  private static final int LEAST_LEVEL = -7;
  private static final int MOST_LEVEL = 19;
  private static final Pattern FIXED = Pattern.compile("zstd:([+-]?\\d{1,3})");
  private static final String ALLOWED =
      "auto, none, or zstd:N with N from " + LEAST_LEVEL + " to " + MOST_LEVEL + ", but not 0";

  /** Who decides how much is compressed. */
  public enum Kind {
    /** The bottleneck: less while the store waits for bytes, more while they wait for the store. */
    AUTO,
    /** Nobody: bytes are stored as they are. */
    NONE,
    /** The user. */
    FIXED
  }

  /** Refuses levels that zstd does not have, or that take it too long. */
  public Compression {
    boolean allowed =
        kind == Kind.FIXED ? level >= LEAST_LEVEL && level <= MOST_LEVEL && level != 0 : level == 0;
    if (!allowed) {
      throw new IllegalArgumentException("level " + level + " of " + kind);
    }
  }

  /** Returns zstd, always at this level: -7 to 19, but not 0. */
  public static Compression fixed(int level) {
    return new Compression(Kind.FIXED, level);
  }

  /**
   * Reads {@code auto}, {@code none} or {@code zstd:3}.
   *
   * @throws InvalidConfigurationException if it is none of them
   */
  static Compression parse(SettingText given) {
    String text = given.required().toLowerCase(Locale.ROOT);
    if (text.equals("auto")) {
      return AUTO;
    }
    if (text.equals("none")) {
      return NONE;
    }
    Matcher matcher = FIXED.matcher(text);
    if (!matcher.matches()) {
      throw given.invalid(ALLOWED);
    }
    int level = Integer.parseInt(matcher.group(1));
    if (level < LEAST_LEVEL || level > MOST_LEVEL || level == 0) {
      throw given.invalid(ALLOWED);
    }
    return fixed(level);
  }

  /** As it is written in a setting. */
  @Override
  public String toString() {
    return kind == Kind.FIXED ? "zstd:" + level : kind.name().toLowerCase(Locale.ROOT);
  }
}
