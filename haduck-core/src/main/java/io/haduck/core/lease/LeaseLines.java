package io.haduck.core.lease;

import java.nio.charset.StandardCharsets;

/** Writes one JSON object, a field a line, for people who open it in an editor. */
final class LeaseLines {
  private final StringBuilder json = new StringBuilder("{");

  private void begin(String name) {
    json.append(json.length() == 1 ? "\n  " : ",\n  ");
    JsonText.append(json, name);
    json.append(": ");
  }

  void text(String name, String value) {
    begin(name);
    JsonText.append(json, value);
  }

  void number(String name, long value) {
    begin(name);
    json.append(value);
  }

  void flag(String name, boolean value) {
    begin(name);
    json.append(value);
  }

  /** An object of texts, on one line. */
  void object(String name, String... namesAndValues) {
    begin(name);
    for (int i = 0; i < namesAndValues.length; i += 2) {
      json.append(i == 0 ? "{" : ", ");
      JsonText.append(json, namesAndValues[i]);
      json.append(": ");
      JsonText.append(json, namesAndValues[i + 1]);
    }
    json.append('}');
  }

  byte[] bytes() {
    return (json + "\n}\n").getBytes(StandardCharsets.UTF_8);
  }
}
