package io.haduck.core.lease;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A process that has a database open, or is about to: who writes, waits for the lease, or is to be
 * given it.
 *
 * @param id of its own, drawn at random when it was made; no two are equal but those of clones
 * @param label what people call it; up to 200 characters
 * @param host name of the machine or container
 * @param boot what names the time since the machine was started; empty where the system has nothing
 *     of the kind
 * @param database which file the database is; null if there is none yet
 * @param lock which file {@code F.haduck-lock} is; null if it is not known
 */
public record Participant(
    String id,
    String label,
    String host,
    String boot,
    @Nullable FileKey database,
    @Nullable FileKey lock) {
  /** The longest label, and name of a host, in characters. */
  static final int LONGEST_NAME = 200;

  private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");
  private static final Path HOST = Path.of("/proc/sys/kernel/hostname");

  /**
   * A file as its file system numbers it. A copy has another number, and so has a copied volume.
   *
   * @param device number of the file system
   * @param inode number within it
   */
  public record FileKey(long device, long inode) {
    /** Asks by stat, which opens nothing; null if there is no such file, or no such number. */
    public static @Nullable FileKey of(Path file) {
      try {
        Map<String, Object> found = Files.readAttributes(file, "unix:dev,ino");
        return found.get("dev") instanceof Number device && found.get("ino") instanceof Number inode
            ? new FileKey(device.longValue(), inode.longValue())
            : null;
      } catch (IOException | UnsupportedOperationException e) {
        return null;
      }
    }
  }

  /** Makes texts fit that people gave: without control characters, and not longer than allowed. */
  public Participant {
    label = shown(label);
    host = shown(host);
    boot = shown(boot);
  }

  /**
   * Returns this process, with a database.
   *
   * @param label what people call it; null for the host and the number of the process
   * @param database its file, which need not exist
   * @param lock its {@code F.haduck-lock}
   */
  public static Participant here(
      @Nullable String label, Path database, Path lock, RandomGenerator random) {
    String host = firstLine(HOST, "unknown host");
    return new Participant(
        token(random),
        label == null ? host + "/" + ProcessHandle.current().pid() : label,
        host,
        firstLine(BOOT, ""),
        FileKey.of(database),
        FileKey.of(lock));
  }

  /** Returns 128 random bits in hexadecimal. */
  static String token(RandomGenerator random) {
    byte[] bytes = new byte[16];
    random.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  /** Returns the same, with the file that the database is by now. */
  public Participant with(@Nullable FileKey newDatabase) {
    return new Participant(id, label, host, boot, newDatabase, lock);
  }

  /** Returns whether somebody who names a participant so means this one: by its id or its label. */
  boolean isCalled(String name) {
    return id.equals(name) || label.equals(name);
  }

  /**
   * Returns whether the other one had the very files that this one has, on the same machine since
   * it was started. So it is dead if this one has locked them.
   */
  boolean isInThePlaceOf(Participant other) {
    return !boot.isEmpty()
        && boot.equals(other.boot)
        && host.equals(other.host)
        && database != null
        && database.equals(other.database)
        && lock != null
        && lock.equals(other.lock);
  }

  /** Returns a text on one line that is not longer than a label. */
  static String shown(String text) {
    String plain = text.replaceAll("\\p{Cntrl}|\\p{Cs}|[\\u2028\\u2029]", " ").strip();
    return plain.codePointCount(0, plain.length()) <= LONGEST_NAME
        ? plain
        : plain.substring(0, plain.offsetByCodePoints(0, LONGEST_NAME)).strip();
  }

  private static String firstLine(Path file, String otherwise) {
    try {
      String line = new String(Files.readAllBytes(file), StandardCharsets.UTF_8).strip();
      return line.isEmpty() ? otherwise : line.toLowerCase(Locale.ROOT);
    } catch (IOException e) {
      return otherwise;
    }
  }

  @Override
  public String toString() {
    return "'" + label + "' on " + host;
  }
}
