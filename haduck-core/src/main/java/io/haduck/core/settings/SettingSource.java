package io.haduck.core.settings;

/** Where a setting's value comes from; the first wins. */
public enum SettingSource {
  URL("the URL"),
  PROPERTIES("the connection's properties"),
  SYSTEM_PROPERTY("a system property"),
  ENVIRONMENT("the environment"),
  DEFAULT("the default");

  private final String text;

  SettingSource(String text) {
    this.text = text;
  }

  /** Returns whether the user gave it for this one connection, so that it means this database. */
  public boolean explicit() {
    return this == URL || this == PROPERTIES;
  }

  @Override
  public String toString() {
    return text;
  }
}
