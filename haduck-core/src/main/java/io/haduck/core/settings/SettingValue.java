package io.haduck.core.settings;

import org.jspecify.annotations.Nullable;

/**
 * One resolved setting.
 *
 * @param setting what was set
 * @param given the text, and who gave it
 * @param value what the text was read as; null if there was none
 */
record SettingValue<T>(Setting<T> setting, SettingText given, @Nullable T value) {

  /**
   * Reads the text.
   *
   * @throws io.haduck.core.InvalidConfigurationException if it is not allowed
   */
  static <T> SettingValue<T> of(Setting<T> setting, @Nullable String text, SettingSource source) {
    var given = new SettingText(setting.qualifiedKey(), setting.secret(), text, source);
    return new SettingValue<>(setting, given, setting.parser().parse(given));
  }

  /** Never with a secret's text. */
  @Override
  public String toString() {
    return setting.key()
        + "="
        + (setting.secret() ? "***" : given.text())
        + " ("
        + given.source()
        + ")";
  }
}
