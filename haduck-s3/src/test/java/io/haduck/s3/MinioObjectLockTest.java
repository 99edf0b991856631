package io.haduck.s3;

import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.ReplicaLocation;
import io.haduck.testing.ObjectStoreContract;
import java.util.HashMap;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.ObjectLockEnabled;
import software.amazon.awssdk.services.s3.model.ObjectLockRetentionMode;

/**
 * A bucket whose objects are retained by default, with checksums from the first object on, which
 * MinIO compares. (AWS takes none without; MinIO does, so that it asks is {@link
 * BodyChecksumTest}'s.) Skipped where MinIO cannot be had.
 */
class MinioObjectLockTest extends ObjectStoreContract {
  private static final String BUCKET = "haduck-locked";
  private static @Nullable MinioServer minio;

  /** Asked by each test, so that each is reported as skipped. */
  private static MinioServer minio() {
    MinioServer running = MinioServer.running();
    if (minio == null) {
      createBucket(running);
      minio = running;
    }
    return running;
  }

  private static void createBucket(MinioServer running) {
    var location = new ReplicaLocation("s3", BUCKET, "");
    try (var client = S3Clients.open(location, S3Settings.of(running.settings()))) {
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
    var settings = new HashMap<>(minio().settings());
    settings.put("s3.checksums", "when_supported");
    return new S3ObjectStoreProvider()
        .open(new ReplicaLocation("s3", BUCKET, "prefix/" + name), settings);
  }
}
