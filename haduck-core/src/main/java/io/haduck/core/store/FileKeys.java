package io.haduck.core.store;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Comparator;

/** Maps keys to files below one directory: each segment between slashes is a name. */
final class FileKeys {
  /** Names beginning so are this store's own, and no part of any key. */
  static final String RESERVED = ".haduck-";

  /** UTF-8 byte order, which is code point order; plain string order differs beyond U+FFFF. */
  static final Comparator<String> UTF8_ORDER = FileKeys::compareUtf8;

  private FileKeys() {}

  /**
   * Returns the file of a key.
   *
   * @throws IllegalArgumentException if it is no valid key
   */
  static Path file(Path root, String key) {
    if (!isValid(key)) {
      throw new IllegalArgumentException(
          "key '"
              + key
              + "' is not of the form name/name/…, without empty names, '.', '..', or such that"
              + " begin with "
              + RESERVED);
    }
    try {
      return root.resolve(key);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("key '" + key + "': " + e.getReason(), e);
    }
  }

  static boolean isValid(String key) {
    for (String name : key.split("/", -1)) {
      if (name.isEmpty()
          || name.equals(".")
          || name.equals("..")
          || name.startsWith(RESERVED)
          || name.indexOf('\0') >= 0) {
        return false;
      }
    }
    return true;
  }

  private static int compareUtf8(String a, String b) {
    int shorter = Math.min(a.length(), b.length());
    for (int i = 0; i < shorter; i++) {
      char x = a.charAt(i);
      char y = b.charAt(i);
      if (x != y) {
        boolean xSurrogate = Character.isSurrogate(x);
        return xSurrogate == Character.isSurrogate(y) ? x - y : xSurrogate ? 1 : -1;
      }
    }
    return a.length() - b.length();
  }
}
