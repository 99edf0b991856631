package io.haduck.core.settings;

import io.haduck.core.InvalidConfigurationException;
import org.jspecify.annotations.Nullable;

/**
 * What was given for a setting, before it is read, with the errors for what cannot be read.
 *
 * @param key with its prefix, such as {@code haduck.sync_timeout}
 * @param secret whether the text must never be shown
 * @param text null if nobody set it, or set it to nothing
 * @param source who decided it
 */
public record SettingText(String key, boolean secret, @Nullable String text, SettingSource source) {

  /**
   * Returns the text.
   *
   * @throws InvalidConfigurationException if there is none
   */
  public String required() {
    if (text == null) {
      throw invalid("a value");
    }
    return text;
  }

  /** Returns the error for a text that is none of what is allowed. */
  public InvalidConfigurationException invalid(String allowed) {
    return new InvalidConfigurationException(described() + " is not valid; allowed: " + allowed);
  }

  /** Returns the same error, where the text may hold a password: it is not shown. */
  public InvalidConfigurationException hidden(String allowed) {
    return new InvalidConfigurationException(
        key + " from " + source + " is not valid; allowed: " + allowed);
  }

  private String described() {
    String shown = secret ? "(secret)" : text == null ? "(nothing)" : "'" + text + "'";
    return key + "=" + shown + " from " + source;
  }

  /** Returns key, text and source, without a secret's text. */
  @Override
  public String toString() {
    return key + "=" + (secret ? "***" : text) + " (" + source + ")";
  }
}
