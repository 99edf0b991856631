package io.haduck.core;

import java.nio.charset.StandardCharsets;

/** Which names of databases make sane parts of an object key and of a file's path. */
final class DatabaseName {
  static final String RULE =
      "1 to 255 bytes of UTF-8 without '/', control characters and any of \\ { } ^ % ` [ ] \" < > ~ # | ?,"
          + " and not . or ..";

  private static final String REFUSED = "/\\{}^%`[]\"<>~#|?";

  private DatabaseName() {}

  static boolean isValid(String name) {
    if (name.isBlank() || name.equals(".") || name.equals("..")) {
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
