package io.haduck.s3;

import io.haduck.core.Ticker;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.ObjectStoreProvider;
import io.haduck.core.store.ReplicaLocation;
import java.util.Map;

/**
 * Opens {@code s3://bucket/prefix}, on AWS or, with {@code s3.endpoint}, on anything that speaks
 * its protocol.
 *
 * <p>Settings: {@code s3.endpoint}, {@code s3.region}, {@code s3.access_key}, {@code
 * s3.secret_key}, {@code s3.session_token}, {@code s3.path_style}, {@code s3.sse}, {@code
 * s3.sse_kms_key_id}. Without keys, the AWS default credential chain is asked.
 */
public final class S3ObjectStoreProvider implements ObjectStoreProvider {
  /** For {@link java.util.ServiceLoader}. */
  public S3ObjectStoreProvider() {}

  @Override
  public String scheme() {
    return "s3";
  }

  @Override
  public ObjectStore open(ReplicaLocation location, Map<String, String> settings) {
    S3Settings parsed = S3Settings.of(settings);
    return new S3ObjectStore(S3Clients.open(location, parsed), location, parsed, Ticker.system());
  }
}
