package io.haduck.core.internal.local;

import io.haduck.core.internal.log.LogPosition;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
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

  private final FileChannel file;

  private RecordJournal(FileChannel file) {
    this.file = file;
  }

  /** The journal of a record that has just been written; null if that cannot be appended to. */
  static @Nullable RecordJournal open(Path record) {
    try {
      return new RecordJournal(FileChannel.open(record, StandardOpenOption.APPEND));
    } catch (IOException e) {
      log.debug("cannot append to {}, it is replaced each time", record, e);
      return null;
    }
  }

  /** Appends; false if the file must be written anew instead, since it is long or that failed. */
  boolean append(LogPosition position) {
    try {
      byte[] line = LocalRecord.journalLine(position).getBytes(StandardCharsets.US_ASCII);
      long size = file.size() + line.length;
      if (size > LONGEST || RecordSize.isOfADatabase(size)) {
        return false;
      }
      return file.write(ByteBuffer.wrap(line)) == line.length;
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
