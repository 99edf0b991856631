package io.haduck.s3;

import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.ReplicaLocation;
import io.haduck.testing.ObjectStoreContract;
import org.jspecify.annotations.Nullable;

/** Against MinIO in a container; skipped where it cannot be had. */
class MinioObjectStoreTest extends ObjectStoreContract {
  private static final String BUCKET = "haduck-contract";
  private static @Nullable MinioServer minio;

  /** Asked by each test, so that each is reported as skipped. */
  private static MinioServer minio() {
    MinioServer running = MinioServer.running();
    if (minio == null) {
      running.createBucket(BUCKET);
      minio = running;
    }
    return running;
  }

  @Override
  protected ObjectStore openStore(String name) {
    return new S3ObjectStoreProvider()
        .open(new ReplicaLocation("s3", BUCKET, "prefix/" + name), minio().settings());
  }
}
