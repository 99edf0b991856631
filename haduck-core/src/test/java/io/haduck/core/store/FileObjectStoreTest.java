package io.haduck.core.store;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class FileObjectStoreTest extends ObjectStoreContract {
  @TempDir Path directory;

  @Override
  protected ObjectStore openStore(String name) {
    return new FileObjectStore(directory.resolve("backup").resolve(name));
  }
}
