package io.haduck.s3;

import io.haduck.testing.EmbeddedS3;
import org.junit.jupiter.api.Test;

class AppendStormOnS3Test {
  @Test
  void threeWriters_throughAFaultyProxy_makeOneLog() throws Exception {
    try (EmbeddedS3 server = EmbeddedS3.inMemory()) {
      StormThroughProxy.run(EmbeddedS3.BUCKET, server.settings());
    }
  }
}
