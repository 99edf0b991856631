package io.haduck.core.internal.log;

import com.github.luben.zstd.util.Native;
import io.haduck.core.InvalidConfigurationException;

/**
 * zstd's native library, which is unpacked to a temporary directory and loaded from there. Where
 * that fails, it fails for good: classes that could not be initialised never are.
 */
final class ZstdLibrary {
  private static final String OWN_DIRECTORY = "ZstdTempFolder";

  private ZstdLibrary() {}

  /**
   * Loads it, if it is not loaded.
   *
   * @throws InvalidConfigurationException if it cannot be; names the directory and what to do
   */
  static void require() {
    if (Native.isLoaded()) {
      return;
    }
    try {
      Native.load();
    } catch (LinkageError | RuntimeException e) {
      String own = System.getProperty(OWN_DIRECTORY);
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new InvalidConfigurationException(
          "cannot load the native library of zstd-jni, which compresses what is sent, from "
              + (own == null
                  ? System.getProperty("java.io.tmpdir") + " (java.io.tmpdir)"
                  : own + " (" + OWN_DIRECTORY + ")")
              + ": "
              + String.valueOf(cause).lines().findFirst().orElse("")
              + ". The directory must exist, be writable and allow execution (no noexec mount); or name another one by"
              + " -DZstdTempFolder=/directory, or by -Djava.io.tmpdir for all that is unpacked, DuckDB's library too",
          e);
    }
  }
}
