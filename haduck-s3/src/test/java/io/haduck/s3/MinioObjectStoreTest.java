package io.haduck.s3;

import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.ObjectStoreContract;
import io.haduck.core.store.ReplicaLocation;
import org.junit.jupiter.api.BeforeAll;

/** Against MinIO in a container; skipped where it cannot be had. */
class MinioObjectStoreTest extends ObjectStoreContract {
  private static final String BUCKET = "haduck-contract";
  private static MinioServer minio;

  @BeforeAll
  static void createBucket() throws InterruptedException {
    minio = MinioServer.running();
    minio.createBucket(BUCKET);
  }

  @Override
  protected ObjectStore openStore(String name) {
    return new S3ObjectStoreProvider()
        .open(new ReplicaLocation("s3", BUCKET, "prefix/" + name), minio.settings());
  }
}
