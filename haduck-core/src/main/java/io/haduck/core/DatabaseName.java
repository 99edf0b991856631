package io.haduck.core;

import java.nio.charset.StandardCharsets;
import java.util.Set;

/** Which names of databases make sane parts of an object key and of a file's path. */
public final class DatabaseName {
  public static final String RULE =
      "1 to 255 bytes of UTF-8 without '/', control characters and any of \\ { } ^ % ` [ ] \" < > ~ # | ?,"
          + " and not . or .., nor what a replica has in itself (log, segment, snapshot, lease, point, pin, kept, gc, proof,"
          + " probe)";

  /** Such a name below the prefix of a replica would lie within that replica. */
  private static final Set<String> WITHIN_A_REPLICA =
      Set.of("log", "segment", "snapshot", "lease", "point", "pin", "kept", "gc", "proof", "probe");

  private static final String REFUSED = "/\\{}^%`[]\"<>~#|?";

  private DatabaseName() {}

  public static boolean isValid(String name) {
    if (name.isBlank()
        || name.equals(".")
        || name.equals("..")
        || WITHIN_A_REPLICA.contains(name)) {
      return false;
    }
    boolean sane =
        name.codePoints()
            .noneMatch(
                c ->
                    Character.isISOControl(c)
                        || REFUSED.indexOf(c) >= 0
                        || Character.getType(c) == Character.SURROGATE
                        || Character.getType(c) == Character.FORMAT);
    return sane && name.getBytes(StandardCharsets.UTF_8).length <= 255;
  }
}
