package io.haduck.s3;

import org.junit.jupiter.api.Test;

class AppendStormOnMinioTest {
  private static final String BUCKET = "haduck-storm";

  @Test
  void threeWriters_throughAFaultyProxy_makeOneLog() throws Exception {
    MinioServer minio = MinioServer.running();
    minio.createBucket(BUCKET);
    StormThroughProxy.run(BUCKET, minio.settings());
  }
}
