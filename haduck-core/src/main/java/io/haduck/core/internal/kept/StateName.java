package io.haduck.core.internal.kept;

import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.internal.log.LogKeys;
import java.util.Optional;
import java.util.UUID;

/**
 * A name that a state can have.
 *
 * @param kind of it
 * @param id within its kind
 */
public record StateName(NameKind kind, String id) {
  /**
   * Checks the id.
   *
   * @throws IllegalArgumentException if it is none
   */
  public StateName {
    if (!kind.isId(id)) {
      throw new IllegalArgumentException("no " + kind.word() + ": " + id);
    }
  }

  /**
   * A point.
   *
   * @throws InvalidConfigurationException if that is no name for one
   */
  public static StateName point(String name) {
    if (!NameKind.POINT.isId(name)) {
      throw new InvalidConfigurationException(
          "'"
              + (name.length() <= 80 ? name : name.substring(0, 80) + "…")
              + "' cannot be the name of a point: it has 1 to 64 characters of a-z, 0-9, '.', '_' and '-', in lower case"
              + " only, and begins with a letter or digit, such as before-migration-2");
    }
    return new StateName(NameKind.POINT, name);
  }

  /** A pin. */
  public static StateName pin(UUID id) {
    return new StateName(NameKind.PIN, id.toString());
  }

  /** That of a key; empty if it is not exactly one of this kind. */
  static Optional<StateName> ofKey(NameKind kind, String key) {
    String id = key.startsWith(kind.prefix()) ? key.substring(kind.prefix().length()) : "";
    boolean isProof = kind == NameKind.PROOF;
    return kind.isId(id) && (!isProof || LogKeys.parse(id).isPresent())
        ? Optional.of(new StateName(kind, id))
        : Optional.empty();
  }

  /** The key. */
  String key() {
    return kind.prefix() + id;
  }

  /** Such as {@code point before-migration}. */
  @Override
  public String toString() {
    return kind.word() + " " + id;
  }
}
