package io.haduck.s3;

import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.ObjectStoreContract;
import io.haduck.core.store.ReplicaLocation;
import org.junit.jupiter.api.BeforeAll;
import org.testcontainers.junit.jupiter.Container;
import org.testcontainers.junit.jupiter.Testcontainers;

/** Against MinIO in a container; skipped where there is no Docker. */
@Testcontainers(disabledWithoutDocker = true)
class MinioObjectStoreTest extends ObjectStoreContract {
  @Container private static final MinioServer MINIO = new MinioServer();

  @BeforeAll
  static void createBucket() {
    MINIO.createBucket();
  }

  @Override
  protected ObjectStore openStore(String name) {
    return new S3ObjectStoreProvider()
        .open(new ReplicaLocation("s3", MinioServer.BUCKET, "prefix/" + name), MINIO.settings());
  }
}
