package io.haduck.s3;

import io.haduck.core.store.ObjectStore;
import io.haduck.testing.EmbeddedS3;
import io.haduck.testing.ObjectStoreContract;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

class S3ProxyObjectStoreTest extends ObjectStoreContract {
  @TempDir static Path directory;
  private static EmbeddedS3 server;

  @BeforeAll
  static void startServer() {
    server = EmbeddedS3.in(directory);
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @Override
  protected ObjectStore openStore(String name) {
    return server.openStore("prefix/" + name);
  }

  @Override
  protected boolean comparesAtomically() {
    return false;
  }
}
