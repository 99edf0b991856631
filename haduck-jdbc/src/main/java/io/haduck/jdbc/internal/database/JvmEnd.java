package io.haduck.jdbc.internal.database;

/** Whether the JVM ends. */
final class JvmEnd {
  private JvmEnd() {}

  /** Whether the JVM ends: its hooks are being started, or run. */
  static boolean hasBegun() {
    try {
      Runtime.getRuntime().removeShutdownHook(new Thread("haduck-none"));
      return false;
    } catch (IllegalStateException e) {
      return true;
    }
  }
}
