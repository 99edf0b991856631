package io.haduck.core.replica;

import io.haduck.core.log.LogPosition;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Appends intents to {@code F.haduck}, a few microseconds each; not synced, like the record itself.
 * For one thread.
 */
final class RecordJournal implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(RecordJournal.class);

  /** A file that is longer is better written anew. */
  private static final long LONGEST = 1 << 16;

  private final RandomAccessFile file;

  private RecordJournal(RandomAccessFile file) {
    this.file = file;
  }

  /** The journal of a record that has just been written; null if that cannot be appended to. */
  static @Nullable RecordJournal open(Path record) {
    try {
      var file = new RandomAccessFile(record.toFile(), "rw");
      file.seek(file.length());
      return new RecordJournal(file);
    } catch (IOException e) {
      log.debug("cannot append to {}, it is replaced each time", record, e);
      return null;
    }
  }

  /** Appends; false if the file must be written anew instead, since it is long or that failed. */
  boolean append(LogPosition position) {
    try {
      if (file.getFilePointer() > LONGEST) {
        return false;
      }
      file.write(LocalRecord.journalLine(position).getBytes(StandardCharsets.US_ASCII));
      return true;
    } catch (IOException e) {
      log.debug("cannot append to the record", e);
      return false;
    }
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      log.debug("cannot close the record", e);
    }
  }
}
