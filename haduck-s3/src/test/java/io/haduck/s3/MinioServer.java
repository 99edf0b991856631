package io.haduck.s3;

import io.haduck.core.store.ReplicaLocation;
import java.util.Map;
import java.util.Optional;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;

/** MinIO in a container. {@code HADUCK_TEST_MINIO_IMAGE} names another image. */
final class MinioServer extends GenericContainer<MinioServer> {
  static final String BUCKET = "haduck-test";
  private static final String USER = "minio-user";
  private static final String PASSWORD = "minio-password";

  MinioServer() {
    super(
        Optional.ofNullable(System.getenv("HADUCK_TEST_MINIO_IMAGE"))
            .orElse("quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z"));
    withEnv("MINIO_ROOT_USER", USER);
    withEnv("MINIO_ROOT_PASSWORD", PASSWORD);
    withCommand("server", "/data");
    withExposedPorts(9000);
    waitingFor(Wait.forHttp("/minio/health/ready").forPort(9000));
  }

  /** Creates {@link #BUCKET}. */
  void createBucket() {
    var location = new ReplicaLocation("s3", BUCKET, "");
    try (var client = S3Clients.open(location, S3Settings.of(settings()))) {
      client.createBucket(request -> request.bucket(BUCKET));
    }
  }

  /** Settings that reach it. */
  Map<String, String> settings() {
    return Map.of(
        "s3.endpoint",
        "http://" + getHost() + ":" + getMappedPort(9000),
        "s3.access_key",
        USER,
        "s3.secret_key",
        PASSWORD);
  }
}
