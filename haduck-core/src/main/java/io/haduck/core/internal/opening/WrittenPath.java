package io.haduck.core.internal.opening;

import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.internal.local.FileStamp;
import io.haduck.core.internal.local.LocalRecord;
import io.haduck.core.internal.log.LogState;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The path by which a user names a database, and whether the replica may be one of another path.
 *
 * <p>Two databases may have files of one name, such as those of two tenants. Where nobody has given
 * a name, the log that such a name leads to must be that of this very path; otherwise the second
 * database would be restored from the first, and their rows would mix. A name that somebody has
 * given serves any path.
 *
 * @param path absolute and normalised, as it was written: symbolic links are not followed
 * @param named whether somebody gave the database its name; if not, it is that of the file
 */
public record WrittenPath(Path path, boolean named) {
  /** Makes the path absolute and normalises it. */
  public WrittenPath {
    path = path.toAbsolutePath().normalize();
  }

  /** As a changeset has it. */
  String text() {
    return path.toString();
  }

  /**
   * Looks whether a log may be that of this path.
   *
   * @param own the local file's record if it describes that very file; null if there is none. With
   *     one of the log's lineage the file was opened here before, whatever its path was then
   * @throws InvalidConfigurationException if it is of another path, and nobody has named it
   */
  public void require(String replica, LogState head, @Nullable LocalRecord own) {
    String other = head.databasePath();
    boolean known = own != null && own.lineage().equals(head.lineage());
    if (named || known || other == null || other.equals(text())) {
      return;
    }
    Path fileName = path.getFileName();
    throw new InvalidConfigurationException(
        replica
            + " is the replica of "
            + other
            + " (seq "
            + head.position().seq()
            + ", written "
            + head.time()
            + "), and would become that of "
            + path
            + " as well: only the names of the two files are equal. Nothing was changed. If these are two databases, give "
            + path
            + " a name of its own, haduck.name=…; if it is the same database, which was moved, say so by haduck.name="
            + fileName
            + ". Only to read what another process writes, set haduck.mode=follower");
  }

  /**
   * The record, if it describes the file that is there, or none is. One that was copied together
   * with its record has become another file. The device does not count: a volume may be mounted
   * elsewhere.
   */
  public static @Nullable LocalRecord own(Optional<LocalRecord> record, @Nullable FileStamp file) {
    return record
        .filter(known -> file == null || known.stamp().inode() == file.inode())
        .orElse(null);
  }
}
