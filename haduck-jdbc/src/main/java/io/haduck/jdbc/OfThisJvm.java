package io.haduck.jdbc;

/** What there is one of in a JVM, or rather, in a class loader of haduck's. */
final class OfThisJvm {
  private static final OpenDatabases DATABASES = new OpenDatabases(HaduckConnection::new);

  private OfThisJvm() {}

  /** The registry: two of them would open one file twice. */
  static OpenDatabases databases() {
    return DATABASES;
  }
}
