package io.haduck.s3;

import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.Ticker;
import io.haduck.core.settings.Setting;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.ObjectStoreProvider;
import io.haduck.core.store.ReplicaLocation;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * Opens {@code s3://bucket/prefix}, on AWS or, with {@code s3.endpoint}, on anything that speaks
 * its protocol. Without keys, the AWS default credential chain is asked.
 */
public final class S3ObjectStoreProvider implements ObjectStoreProvider {
  private static final int LONGEST_KEY = 1024;

  /** More than {@code /segment/{seq}-{nonce}-{n}.segment} takes. */
  private static final int LONGEST_NAME_OF_OURS = 104;

  private static final int SHOWN = 60;

  /** For {@link java.util.ServiceLoader}. */
  public S3ObjectStoreProvider() {}

  @Override
  public String scheme() {
    return "s3";
  }

  @Override
  public List<Setting<?>> settings() {
    return S3SettingKeys.ALL;
  }

  @Override
  public ObjectStore open(ReplicaLocation location, Map<String, String> settings) {
    S3Settings parsed = S3Settings.of(settings);
    int length = location.path().getBytes(StandardCharsets.UTF_8).length;
    if (length > LONGEST_KEY - LONGEST_NAME_OF_OURS) {
      throw new InvalidConfigurationException(
          "prefix and name of the replica take "
              + length
              + " bytes of UTF-8, and S3 allows "
              + LONGEST_KEY
              + " for a key, of which haduck needs "
              + LONGEST_NAME_OF_OURS
              + "; choose a shorter prefix or haduck.name than those in s3://"
              + location.bucket()
              + "/"
              + location.path().substring(0, Math.min(SHOWN, location.path().length()))
              + "…");
    }
    if (parsed.endpoint() != null) {
      S3Endpoint.requireApart(parsed.endpoint(), location.bucket());
    }
    SdkVersion.require();
    try {
      return new S3ObjectStore(S3Clients.open(location, parsed), location, parsed, Ticker.system());
    } catch (LinkageError e) {
      throw SdkVersion.incomplete(e);
    }
  }
}
