package io.haduck.core.internal.kept;

import java.util.Locale;
import java.util.regex.Pattern;

/** What a state can be named by. */
enum NameKind {
  /** {@code point/{name}}: until somebody deletes it. */
  POINT("[a-z0-9][a-z0-9._-]{0,63}"),
  /** {@code pin/{uuid}}: for something that reads it, and until a time. */
  PIN("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
  /** {@code proof/{seq}}: it was restored and compared. The newest one alone keeps a state. */
  PROOF("[0-9]{20}");

  private final Pattern ids;

  NameKind(String ids) {
    this.ids = Pattern.compile(ids);
  }

  /** The word that stands in keys, first lines and reasons. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** What keys of this kind begin with. */
  String prefix() {
    return word() + "/";
  }

  boolean isId(String id) {
    return ids.matcher(id).matches();
  }
}
