package io.haduck.core.internal.local;

import io.haduck.core.LocalFileException;
import io.haduck.core.internal.log.Digest;
import io.haduck.core.internal.log.LogPosition;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * {@code F.haduck}: what the local database file was at the last commit, replaced atomically. Small
 * commits from the WAL only append a line with their intent to it, since replacing a file can cost
 * more than the commit itself: the intent before the last one was then committed.
 *
 * <p>It nominates what the file is; what proves it is decided at opening
 * (docs/internals/architecture.md). Losing it costs time or a question to a person, never data, so
 * it is not synced to disk. Its format, lines of {@code key=value} ended by their SHA-256, is
 * described in docs/internals/format.md.
 *
 * @param lineage the random id of the log's history; in every changeset
 * @param replica where the log is, as in the settings, without secrets
 * @param committed the last position of the log that this process committed or restored
 * @param iteration of the database at that position
 * @param wal how long the write-ahead log's stream of that iteration is at that position, in bytes;
 *     0 if there is none
 * @param headers SHA-256 of the file's first 12,288 bytes at that position
 * @param metadata SHA-256 over ids and hashes of the metadata blocks at that position
 * @param stamp the file as stat saw it when its content was that of {@code committed}
 * @param intent the position that was about to be committed; null if none is
 * @param detached whether the file was restored to a point below the log's head
 * @param closed the file as DuckDB closed it, if that was with a checkpoint of its own that the log
 *     does not have, and of nothing but what the log holds at {@code committed}; null otherwise
 * @param failed whether DuckDB did not open the file when it was asked to last
 */
public record LocalRecord(
    UUID lineage,
    String replica,
    LogPosition committed,
    long iteration,
    long wal,
    Digest headers,
    Digest metadata,
    FileStamp stamp,
    @Nullable LogPosition intent,
    boolean detached,
    @Nullable ClosedFile closed,
    boolean failed) {
  private static final String FIRST_LINE = "haduck-record 1";
  private static final String LAST_LINE = "sha256=";
  private static final String JOURNAL_LINE = "intent=";
  private static final int CHECK_DIGITS = 16;

  /** A record that is longer is none. */
  private static final int LONGEST = 1 << 18;

  /** What was written before there was a WAL position. */
  private static final String FIRST_LINE_OF_VERSION_0 = "haduck-record 0";

  /** Of a file that DuckDB did not close with a checkpoint that the log does not have. */
  public LocalRecord(
      UUID lineage,
      String replica,
      LogPosition committed,
      long iteration,
      long wal,
      Digest headers,
      Digest metadata,
      FileStamp stamp,
      @Nullable LogPosition intent,
      boolean detached) {
    this(
        lineage, replica, committed, iteration, wal, headers, metadata, stamp, intent, detached,
        null, false);
  }

  /** The same with an intent. */
  public LocalRecord withIntent(@Nullable LogPosition newIntent) {
    return with(committed, stamp, newIntent, detached, closed);
  }

  /** The same, and DuckDB has closed the file so, with what the log holds at {@link #committed}. */
  LocalRecord withClosed(ClosedFile file) {
    return with(committed, stamp, intent, detached, file);
  }

  /** The same, and DuckDB did not open the file, or does. */
  public LocalRecord withFailed(boolean newFailed) {
    return new LocalRecord(
        lineage, replica, committed, iteration, wal, headers, metadata, stamp, intent, detached,
        closed, newFailed);
  }

  /** The same, no longer restored to an earlier point. */
  public LocalRecord attached() {
    return with(committed, stamp, intent, false, null);
  }

  /** The same with another stamp. */
  public LocalRecord withStamp(FileStamp newStamp) {
    return with(committed, newStamp, intent, detached, null);
  }

  private LocalRecord with(
      LogPosition newCommitted,
      FileStamp newStamp,
      @Nullable LogPosition newIntent,
      boolean nowDetached,
      @Nullable ClosedFile nowClosed) {
    return new LocalRecord(
        lineage,
        replica,
        newCommitted,
        iteration,
        wal,
        headers,
        metadata,
        newStamp,
        newIntent,
        nowDetached,
        nowClosed,
        failed);
  }

  /**
   * Makes {@code F.haduck-next} the record if what it describes has come to be: a restore that
   * ended between putting its file in place and saying so. For the holder of the process lock.
   */
  public static void settle(LocalFiles files) throws IOException {
    Path next = files.nextRecord();
    Optional<LocalRecord> record = read(next);
    if (record.isPresent()) {
      ReservedName.giveUp(files);
    }
    if (record.isPresent()
        && files.databaseExists()
        && FileStamp.of(files.database()).isSameFile(record.get().stamp())) {
      Files.move(
          next,
          files.record(),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    } else {
      Files.deleteIfExists(next);
    }
  }

  /**
   * Reads a record; empty if there is none, or none that can be understood.
   *
   * @throws LocalFileException if a directory or what may be a database is in its place
   */
  public static Optional<LocalRecord> read(Path file) throws IOException {
    String text;
    if (Files.isDirectory(file)) {
      throw new LocalFileException(
          file + " is a directory where haduck's record of the database belongs; move it away");
    }
    try {
      requireNoDatabase(file);
      if (Files.size(file) > LONGEST) {
        return Optional.empty();
      }
      text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    return parse(text);
  }

  private static void requireNoDatabase(Path file) throws IOException {
    if (RecordSize.isOfADatabase(Files.size(file))) {
      throw new LocalFileException(
          file
              + " is as long as a DuckDB database is, and it is where haduck's record of another one belongs. haduck"
              + " does not touch it: give one of the two another name or directory, or, if it is no database, delete it");
    }
  }

  /** Parses a record; empty if it is damaged or of another version. */
  static Optional<LocalRecord> parse(String text) {
    int checksumAt = text.indexOf("\n" + LAST_LINE) + 1;
    boolean version0 = text.startsWith(FIRST_LINE_OF_VERSION_0 + "\n");
    if ((!version0 && !text.startsWith(FIRST_LINE + "\n")) || checksumAt == 0) {
      return Optional.empty();
    }
    String body = text.substring(0, checksumAt);
    String lastLine = LAST_LINE + sha256(body) + "\n";
    if (!text.startsWith(lastLine, checksumAt)) {
      return Optional.empty();
    }
    Map<String, String> values = new LinkedHashMap<>();
    for (String line : body.split("\n", -1)) {
      int equals = line.indexOf('=');
      if (equals > 0) {
        values.put(line.substring(0, equals), line.substring(equals + 1));
      }
    }
    try {
      FileStamp stamp = stamp(values, "");
      LocalRecord record =
          new LocalRecord(
              UUID.fromString(value(values, "lineage")),
              value(values, "replica"),
              position(values, ""),
              number(values, "iteration"),
              version0 ? 0 : number(values, "wal"),
              Digest.ofHex(value(values, "headers")),
              Digest.ofHex(value(values, "metadata")),
              stamp,
              values.containsKey("intent.seq") ? position(values, "intent.") : null,
              Boolean.parseBoolean(value(values, "detached")),
              values.containsKey("closed.headers")
                  ? new ClosedFile(
                      Digest.ofHex(value(values, "closed.headers")),
                      Digest.ofHex(value(values, "closed.metadata")),
                      stamp(values, "closed."))
                  : null,
              Boolean.parseBoolean(values.getOrDefault("failed", "false")));
      return Optional.of(record.after(text.substring(checksumAt + lastLine.length())));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** The same with what was appended to it; a line that is not whole is the end. */
  private LocalRecord after(String journal) {
    LocalRecord result = this;
    int end;
    for (int at = 0; (end = journal.indexOf('\n', at)) >= 0; at = end + 1) {
      String line = journal.substring(at, end + 1);
      LogPosition position = ofJournalLine(line);
      if (position == null) {
        return result;
      }
      result = result.withNext(position);
    }
    return result;
  }

  private static @Nullable LogPosition ofJournalLine(String line) {
    String[] words = line.split("[= ]", -1);
    if (words.length != 4) {
      return null;
    }
    try {
      LogPosition position = new LogPosition(Long.parseLong(words[1]), Digest.ofHex(words[2]));
      return line.equals(journalLine(position)) ? position : null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** The same with the intent that followed; what was intended before it was committed then. */
  private LocalRecord withNext(LogPosition position) {
    LogPosition before = intent;
    boolean landed = before != null && before.seq() + 1 == position.seq();
    return with(
        landed ? Objects.requireNonNull(before) : committed, stamp, position, detached, null);
  }

  /** What is appended to the file before a small commit. */
  static String journalLine(LogPosition position) {
    String line = JOURNAL_LINE + position.seq() + " " + position.digest().hex() + " ";
    return line + sha256(line).substring(0, CHECK_DIGITS) + "\n";
  }

  /**
   * Replaces the record.
   *
   * @param rights those of the database
   * @throws LocalFileException if that fails, as on a full disk
   */
  public void write(Path file, FileRights rights) {
    write(file, rights, false);
  }

  /**
   * As {@link #write}, and its bytes survive a power cut; its name does when the directory does.
   */
  public void writeSynced(Path file, FileRights rights) {
    write(file, rights, true);
  }

  private void write(Path file, FileRights rights, boolean synced) {
    Path aside = file.resolveSibling(file.getFileName() + "-new");
    try {
      if (Files.exists(aside)) {
        requireNoDatabase(aside);
        Files.delete(aside);
      }
      rights.create(aside).close();
      // Not through that channel, which an interruption of this thread would close.
      Files.writeString(aside, format(), StandardOpenOption.WRITE);
      if (synced) {
        try (FileChannel channel = FileChannel.open(aside, StandardOpenOption.WRITE)) {
          channel.force(true);
        }
      }
      Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new LocalFileException(
          "cannot write "
              + file
              + " ("
              + e
              + "); it needs a few hundred bytes of disk and write permission in the"
              + " database's directory",
          e);
    }
  }

  /** The text of the file. */
  String format() {
    var text = new StringBuilder(FIRST_LINE).append('\n');
    line(text, "lineage", lineage);
    line(text, "replica", replica.replace('\n', ' '));
    line(text, "seq", committed.seq());
    line(text, "digest", committed.digest().hex());
    line(text, "iteration", iteration);
    line(text, "wal", wal);
    line(text, "headers", headers.hex());
    line(text, "metadata", metadata.hex());
    lines(text, "", stamp);
    line(text, "detached", detached);
    if (closed != null) {
      line(text, "closed.headers", closed.headers().hex());
      line(text, "closed.metadata", closed.metadata().hex());
      lines(text, "closed.", closed.stamp());
    }
    if (failed) {
      line(text, "failed", true);
    }
    if (intent != null) {
      line(text, "intent.seq", intent.seq());
      line(text, "intent.digest", intent.digest().hex());
    }
    return text + "sha256=" + sha256(text.toString()) + "\n";
  }

  private static void lines(StringBuilder text, String prefix, FileStamp stamp) {
    line(text, prefix + "device", stamp.device());
    line(text, prefix + "inode", stamp.inode());
    line(text, prefix + "size", stamp.size());
    line(text, prefix + "mtime", stamp.mtimeNanos());
  }

  private static FileStamp stamp(Map<String, String> values, String prefix) {
    return new FileStamp(
        number(values, prefix + "device"),
        number(values, prefix + "inode"),
        number(values, prefix + "size"),
        number(values, prefix + "mtime"));
  }

  private static void line(StringBuilder text, String key, Object value) {
    text.append(key).append('=').append(value).append('\n');
  }

  private static String sha256(String body) {
    return Digest.sha256(body.getBytes(StandardCharsets.UTF_8)).hex();
  }

  private static LogPosition position(Map<String, String> values, String prefix) {
    return new LogPosition(
        number(values, prefix + "seq"), Digest.ofHex(value(values, prefix + "digest")));
  }

  private static long number(Map<String, String> values, String key) {
    return Long.parseLong(value(values, key));
  }

  private static String value(Map<String, String> values, String key) {
    String value = values.get(key);
    if (value == null) {
      throw new IllegalArgumentException("no " + key);
    }
    return value;
  }
}
