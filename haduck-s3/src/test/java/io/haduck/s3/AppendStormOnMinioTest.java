package io.haduck.s3;

import org.junit.jupiter.api.Test;
import org.testcontainers.junit.jupiter.Container;
import org.testcontainers.junit.jupiter.Testcontainers;

@Testcontainers(disabledWithoutDocker = true)
class AppendStormOnMinioTest {
  @Container private static final MinioServer MINIO = new MinioServer();

  @Test
  void threeWriters_throughAFaultyProxy_makeOneLog() throws Exception {
    MINIO.createBucket();
    StormThroughProxy.run(MinioServer.BUCKET, MINIO.settings());
  }
}
