package io.haduck.core.internal.kept;

import io.haduck.core.CorruptDataException;
import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.internal.log.Digest;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.log.UnknownFormatException;
import io.haduck.core.internal.retention.Announcement;
import io.haduck.core.internal.retention.Floors;
import io.haduck.core.internal.retention.LoggedState;
import io.haduck.core.internal.retention.PolicyInForce;
import io.haduck.core.retention.Period;
import io.haduck.core.retention.RetentionPolicy;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/** Manifests as text; byte by byte in docs/internals/format.md. */
final class ManifestFormat {
  /** How long one is at most, in bytes: some 200,000 states. */
  static final int LONGEST = 32 << 20;

  static final String KIND = "haduck-kept";
  private static final int VERSION = 1;
  private static final String SINCE = "announced";
  private static final String NEXT = "next_";
  private static final String FENCES = "fences";

  private ManifestFormat() {}

  /**
   * All bytes of the object.
   *
   * @throws InvalidConfigurationException if the policy keeps more states than can be written down
   */
  static byte[] encode(Manifest manifest) {
    RetentionPolicy policy = manifest.policy().policy();
    Announcement next = manifest.policy().announced();
    var text =
        new SealedText(KIND, VERSION)
            .line("number", manifest.number())
            .line("lineage", manifest.lineage())
            .line("head", SealedLines.text(manifest.head()))
            .line("written", manifest.written());
    write(text, "", policy);
    if (next != null) {
      text.line(SINCE, next.since());
      write(text, NEXT, next.policy());
    }
    text.line("gc_grace", manifest.grace())
        .line("whole_from", manifest.floors().wholeFrom())
        .line("wal_from", manifest.floors().walFrom());
    if (!manifest.fences().isEmpty()) {
      text.line(FENCES, SeqRanges.text(manifest.fences()));
    }
    manifest
        .states()
        .forEach(
            (seq, state) ->
                text.line(
                    "state",
                    seq
                        + " "
                        + state.kind().name().toLowerCase(Locale.ROOT)
                        + " "
                        + state.digest().hex()
                        + " "
                        + state.time()
                        + " "
                        + String.join(",", state.reasons())));
    byte[] bytes = text.bytes();
    if (bytes.length > LONGEST) {
      throw new InvalidConfigurationException(
          "the retention policy keeps "
              + manifest.states().size()
              + " single states, more than can be written down (32 MiB); shorten haduck.retention, or make"
              + " haduck.retention_wal as long, within which states need no line of their own. Nothing is deleted");
    }
    return bytes;
  }

  private static void write(SealedText text, String prefix, RetentionPolicy policy) {
    text.line(prefix + "retention", policy.window())
        .line(prefix + "retention_wal", policy.walWindow());
    for (Period period : Period.values()) {
      text.line(prefix + key(period), policy.keep(period));
    }
    text.line(prefix + "retention_zone", policy.zone().getId())
        .line(prefix + "retention_minimum", policy.minimum());
  }

  private static String key(Period period) {
    return "keep_" + period.name().toLowerCase(Locale.ROOT);
  }

  /**
   * Reads an object.
   *
   * @param name where it is, for messages
   * @param number that of its key
   * @throws UnknownFormatException if it is of another version
   * @throws CorruptDataException if it is damaged, or not what its key says
   */
  static Manifest decode(byte[] bytes, String name, long number) {
    var lines = SealedLines.open(bytes, name, KIND, VERSION, LONGEST);
    try {
      Manifest manifest = read(lines);
      if (manifest.number() != number) {
        throw lines.damaged("it is number " + manifest.number());
      }
      lines.requireSame(encode(manifest));
      return manifest;
    } catch (IllegalArgumentException e) {
      throw new CorruptDataException(name + " is damaged: " + e.getMessage(), e);
    }
  }

  private static Manifest read(SealedLines lines) {
    long number = lines.number("number");
    UUID lineage = lines.value("lineage", UUID::fromString);
    LogPosition head = lines.position("head");
    Instant written = lines.time("written");
    PolicyInForce policy = policies(lines);
    Duration grace = lines.value("gc_grace", Duration::parse);
    Floors floors = floors(lines);
    NavigableSet<Long> fences =
        lines.isNext(FENCES) ? lines.value(FENCES, SeqRanges::parse) : new TreeSet<>();
    return new Manifest(
        number, lineage, head, written, policy, grace, floors, states(lines), fences);
  }

  private static PolicyInForce policies(SealedLines lines) {
    RetentionPolicy policy = policy(lines, "");
    if (!lines.isNext(SINCE)) {
      return new PolicyInForce(policy, null);
    }
    Instant since = lines.time(SINCE);
    return new PolicyInForce(policy, new Announcement(policy(lines, NEXT), since));
  }

  private static RetentionPolicy policy(SealedLines lines, String prefix) {
    Duration window = lines.value(prefix + "retention", Duration::parse);
    Duration walWindow = lines.value(prefix + "retention_wal", Duration::parse);
    Map<Period, Integer> keep = new EnumMap<>(Period.class);
    for (Period period : Period.values()) {
      keep.put(period, lines.value(prefix + key(period), Integer::parseInt));
    }
    return new RetentionPolicy(
        window,
        walWindow,
        keep,
        lines.value(prefix + "retention_zone", ZoneId::of),
        lines.value(prefix + "retention_minimum", Integer::parseInt));
  }

  private static Floors floors(SealedLines lines) {
    return new Floors(lines.number("whole_from"), lines.number("wal_from"));
  }

  private static NavigableMap<Long, KeptState> states(SealedLines lines) {
    NavigableMap<Long, KeptState> states = new TreeMap<>();
    while (lines.isNext("state")) {
      String line = lines.text("state");
      String[] words = line.split(" ", 5);
      if (words.length != 5) {
        throw lines.damaged("a state without kind, digest, time or reason");
      }
      try {
        states.put(
            Long.parseLong(words[0]),
            new KeptState(
                LoggedState.Kind.valueOf(words[1].toUpperCase(Locale.ROOT)),
                Digest.ofHex(words[2]),
                Instant.parse(words[3]),
                List.of(words[4].split(",", -1))));
      } catch (DateTimeException e) {
        throw new IllegalArgumentException(e.getMessage(), e);
      }
    }
    return states;
  }
}
