package io.haduck.core.internal.log;

import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.regex.Pattern;

/** The keys of a replica's objects, relative to the replica. */
public final class LogKeys {
  /** What the keys of changesets begin with. */
  public static final String CHANGESETS = "log/";

  /** What the keys of segments begin with. */
  public static final String SEGMENTS = "segment/";

  /** What the keys of snapshots begin with. */
  public static final String SNAPSHOTS = "snapshot/";

  /** What the keys of manifests of what is kept begin with. */
  public static final String KEPT = "kept/";

  private static final String CHANGESET_SUFFIX = ".changeset";
  private static final String SNAPSHOT_SUFFIX = ".snapshot";
  private static final String KEPT_SUFFIX = ".kept";
  private static final int DIGITS = 20;
  private static final Pattern SEGMENT =
      Pattern.compile(
          "segment/([0-9]{20})-"
              + "([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
              + "-(0|[1-9][0-9]{0,9})\\.segment");

  private LogKeys() {}

  /** The parts of a segment's key. */
  record SegmentKey(long seq, UUID nonce, int number) {}

  /** {@code log/{seq, 20 digits}.changeset}. */
  public static String changeset(long seq) {
    return CHANGESETS + digits(seq) + CHANGESET_SUFFIX;
  }

  /** {@code snapshot/{seq, 20 digits}.snapshot}. */
  public static String snapshot(long seq) {
    return SNAPSHOTS + digits(seq) + SNAPSHOT_SUFFIX;
  }

  /** {@code segment/{seq, 20 digits}-{nonce}-{number}.segment}. */
  public static String segment(long seq, UUID nonce, int number) {
    return SEGMENTS + digits(seq) + "-" + nonce + "-" + number + ".segment";
  }

  /** {@code kept/{number, 20 digits}.kept}. */
  public static String kept(long number) {
    return KEPT + digits(number) + KEPT_SUFFIX;
  }

  /** The seq of a changeset's key; empty if the key is not exactly one. */
  public static OptionalLong changesetSeq(String key) {
    return seq(key, CHANGESETS, CHANGESET_SUFFIX);
  }

  /** The seq of a snapshot's key; empty if the key is not exactly one. */
  public static OptionalLong snapshotSeq(String key) {
    return seq(key, SNAPSHOTS, SNAPSHOT_SUFFIX);
  }

  /** The number of a manifest's key; empty if the key is not exactly one. */
  public static OptionalLong keptNumber(String key) {
    return seq(key, KEPT, KEPT_SUFFIX);
  }

  /** The seq of a segment's key; empty if the key is not exactly one. */
  public static OptionalLong segmentSeq(String key) {
    Optional<SegmentKey> segment = segment(key);
    return segment.isPresent() ? OptionalLong.of(segment.get().seq()) : OptionalLong.empty();
  }

  /** What a segment's key says; empty if the key is not exactly one. */
  static Optional<SegmentKey> segment(String key) {
    var matcher = SEGMENT.matcher(key);
    if (!matcher.matches() || Long.parseLong(matcher.group(3)) > Integer.MAX_VALUE) {
      return Optional.empty();
    }
    OptionalLong seq = parse(matcher.group(1));
    if (seq.isEmpty()) {
      return Optional.empty();
    }
    UUID nonce = UUID.fromString(matcher.group(2));
    return Optional.of(new SegmentKey(seq.getAsLong(), nonce, Integer.parseInt(matcher.group(3))));
  }

  private static OptionalLong seq(String key, String prefix, String suffix) {
    if (key.length() != prefix.length() + DIGITS + suffix.length()
        || !key.startsWith(prefix)
        || !key.endsWith(suffix)) {
      return OptionalLong.empty();
    }
    return parse(key.substring(prefix.length(), prefix.length() + DIGITS));
  }

  /** The number that only digits stand for; empty for 0 and what is too large. */
  public static OptionalLong parse(String digits) {
    long value = 0;
    for (int i = 0; i < digits.length(); i++) {
      int digit = digits.charAt(i) - '0';
      if (digit < 0 || digit > 9 || value > (Long.MAX_VALUE - digit) / 10) {
        return OptionalLong.empty();
      }
      value = value * 10 + digit;
    }
    return value == 0 ? OptionalLong.empty() : OptionalLong.of(value);
  }

  /** A number as it stands in keys: 20 decimal digits. */
  public static String digits(long seq) {
    if (seq < 0) {
      throw new IllegalArgumentException("seq " + seq);
    }
    String number = Long.toString(seq);
    return "0".repeat(20 - number.length()) + number;
  }
}
