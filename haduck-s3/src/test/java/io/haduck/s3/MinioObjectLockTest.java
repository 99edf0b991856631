package io.haduck.s3;

import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.ObjectStoreContract;
import io.haduck.core.store.ReplicaLocation;
import org.junit.jupiter.api.BeforeAll;
import software.amazon.awssdk.services.s3.model.ObjectLockEnabled;
import software.amazon.awssdk.services.s3.model.ObjectLockRetentionMode;

/**
 * A bucket whose objects are retained by default takes none without a checksum; skipped where MinIO
 * cannot be had.
 */
class MinioObjectLockTest extends ObjectStoreContract {
  private static final String BUCKET = "haduck-locked";
  private static MinioServer minio;

  @BeforeAll
  static void createBucket() throws InterruptedException {
    minio = MinioServer.running();
    var location = new ReplicaLocation("s3", BUCKET, "");
    try (var client = S3Clients.open(location, S3Settings.of(minio.settings()))) {
      client.createBucket(request -> request.bucket(BUCKET).objectLockEnabledForBucket(true));
      client.putObjectLockConfiguration(
          request ->
              request
                  .bucket(BUCKET)
                  .objectLockConfiguration(
                      lock ->
                          lock.objectLockEnabled(ObjectLockEnabled.ENABLED)
                              .rule(
                                  rule ->
                                      rule.defaultRetention(
                                          retention ->
                                              retention
                                                  .mode(ObjectLockRetentionMode.COMPLIANCE)
                                                  .days(1)))));
    }
  }

  @Override
  protected ObjectStore openStore(String name) {
    return new S3ObjectStoreProvider()
        .open(new ReplicaLocation("s3", BUCKET, "prefix/" + name), minio.settings());
  }
}
