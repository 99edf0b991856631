package io.haduck.core.internal.local;

import io.haduck.core.store.Ownership;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who may use a file, so that one that replaces it, and what lies beside it, can be used by nobody
 * else: a database that only its owner may read stays one. Access control lists and security labels
 * are not seen.
 *
 * @param uid its owner
 * @param gid its group
 * @param mode its permissions, nine bits
 */
public record FileRights(int uid, int gid, int mode) {
  private static final Logger log = LoggerFactory.getLogger(FileRights.class);

  /** Of a file that replaces none: as DuckDB would make it. */
  public static final FileRights BY_UMASK = new FileRights(-1, -1, -1);

  private static final Set<StandardOpenOption> NEW =
      Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  private static final FileAttribute<?> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(
          Set.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE));
  private static final int OWNER_MAY_READ_AND_WRITE = 0600;
  private static final int ALL = 0777;

  /** As an existing file; {@link #BY_UMASK} if there is none. Takes one {@code stat}. */
  public static FileRights of(Path file) throws IOException {
    try {
      Map<String, Object> found = Files.readAttributes(file, "unix:uid,gid,mode");
      return new FileRights(
          number(found, "uid"), number(found, "gid"), number(found, "mode") & ALL);
    } catch (NoSuchFileException e) {
      return BY_UMASK;
    }
  }

  /** The same, and its owner may read and write it. */
  FileRights withOwnerWriting() {
    return equals(BY_UMASK) ? this : new FileRights(uid, gid, mode | OWNER_MAY_READ_AND_WRITE);
  }

  private static int number(Map<String, Object> attributes, String name) throws IOException {
    if (attributes.get(name) instanceof Integer number) {
      return number;
    }
    throw new IOException("the file system does not tell the " + name + " of a file");
  }

  /**
   * Makes a file. From its first moment on nobody may read it who may not read it in the end.
   *
   * @throws java.nio.file.FileAlreadyExistsException if it exists
   * @throws IOException also if it cannot be kept from others
   */
  public FileChannel create(Path file) throws IOException {
    if (equals(BY_UMASK)) {
      return FileChannel.open(file, NEW);
    }
    FileChannel channel = FileChannel.open(file, NEW, OWNER_ONLY);
    try {
      give(file);
      return channel;
    } catch (IOException e) {
      channel.close();
      Files.deleteIfExists(file);
      throw e;
    }
  }

  /**
   * Gives these rights to a file, as far as this process may; what it may not makes it usable for
   * fewer people.
   *
   * @throws IOException if more people could use it than this allows
   */
  public void give(Path file) throws IOException {
    if (equals(BY_UMASK)) {
      return;
    }
    FileRights has = of(file);
    boolean groupKept = has.gid == gid || set(file, "unix:gid", gid);
    boolean ownerKept = has.uid == uid || set(file, "unix:uid", uid);
    int wanted = ownerKept ? mode : mode | OWNER_MAY_READ_AND_WRITE;
    if (!groupKept) {
      int both = (wanted >> 3) & wanted & 07; // members of either group are others to the other one
      wanted = (wanted & 0700) | (both << 3) | both;
    }
    if (has.mode != wanted) {
      set(file, "unix:mode", wanted);
    }
    int found = of(file).mode;
    if ((found & ~wanted) != 0) {
      throw new IOException(
          String.format(
              "%s would have mode %03o, and so more people could use it than the file that it is to replace (%03o); its"
                  + " file system did not take the mode",
              file, found, mode));
    }
  }

  private static boolean set(Path file, String attribute, int value) {
    try {
      Files.setAttribute(file, attribute, value);
      return true;
    } catch (IOException e) {
      log.debug("{} of {} cannot be set to {}", attribute, file, value, e);
      return false;
    }
  }

  /**
   * What could not be kept, of a file that replaced one with these rights: as a process that is not
   * root cannot give files away.
   *
   * @param name that the file will have
   * @return a sentence; empty if nothing was lost
   */
  public Optional<String> lostBy(Path file, Path name) throws IOException {
    FileRights has = of(file);
    if (equals(BY_UMASK) || has.equals(this)) {
      return Optional.empty();
    }
    return Optional.of(
        String.format(
            "%s replaces a file of uid %d and gid %d with mode %03o, and %s, since this process may not give files away: who"
                + " could use that one may not be able to use this one. Give it to them (chown, chmod), with what lies beside it",
            name, uid, gid, mode, Ownership.text(file)));
  }
}
