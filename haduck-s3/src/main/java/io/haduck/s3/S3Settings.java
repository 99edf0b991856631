package io.haduck.s3;

import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.settings.Setting;
import java.net.URI;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How to reach an S3-compatible store.
 *
 * @param endpoint {@code s3.endpoint}: its address; null for AWS itself
 * @param region {@code s3.region}: null lets the SDK look for it (environment, profile, instance)
 * @param accessKey {@code s3.access_key}: null for the SDK's default credential chain
 * @param secretKey {@code s3.secret_key}: present if the access key is
 * @param sessionToken {@code s3.session_token}: of temporary credentials
 * @param pathStyle {@code s3.path_style}: the bucket in the path instead of the host name; by
 *     default if there is an endpoint
 * @param sse {@code s3.sse}: server-side encryption, sent as it is ({@code AES256}, {@code
 *     aws:kms}, {@code aws:kms:dsse}); null for what the bucket does by default
 * @param sseKmsKeyId {@code s3.sse_kms_key_id}: null for the account's default key
 * @param checksum {@code s3.checksums}: what goes along with the first object
 */
record S3Settings(
    @Nullable URI endpoint,
    @Nullable String region,
    @Nullable String accessKey,
    @Nullable String secretKey,
    @Nullable String sessionToken,
    boolean pathStyle,
    @Nullable String sse,
    @Nullable String sseKmsKeyId,
    BodyChecksum checksum) {

  /** {@link #place} without an endpoint. */
  static final String AWS = "AWS";

  /** Where stores that have no regions say they are. */
  private static final String REGION_OF_ENDPOINTS = "us-east-1";

  /**
   * Reads the settings by their keys without {@code haduck.}; blank ones count as absent, others
   * are ignored.
   *
   * @throws InvalidConfigurationException if they contradict each other or cannot be read
   */
  static S3Settings of(Map<String, String> settings) {
    String address = value(settings, S3SettingKeys.ENDPOINT);
    URI endpoint = address == null ? null : S3Endpoint.parse(address);
    String region = value(settings, S3SettingKeys.REGION);
    String accessKey = value(settings, S3SettingKeys.ACCESS_KEY);
    String secretKey = value(settings, S3SettingKeys.SECRET_KEY);
    String sessionToken = value(settings, S3SettingKeys.SESSION_TOKEN);
    if ((accessKey == null) != (secretKey == null)) {
      throw new InvalidConfigurationException(
          (accessKey == null ? "haduck.s3.secret_key" : "haduck.s3.access_key")
              + " is set without "
              + (accessKey == null ? "haduck.s3.access_key" : "haduck.s3.secret_key")
              + "; set both, or neither to use the AWS default credential chain");
    }
    if (sessionToken != null && accessKey == null) {
      throw new InvalidConfigurationException(
          "haduck.s3.session_token is set without haduck.s3.access_key and haduck.s3.secret_key, which it belongs"
              + " to");
    }
    String sse = value(settings, S3SettingKeys.SSE);
    String sseKmsKeyId = value(settings, S3SettingKeys.SSE_KMS_KEY_ID);
    if (sseKmsKeyId != null && sse == null) {
      sse = "aws:kms";
    }
    if (sseKmsKeyId != null && sse != null && !sse.startsWith("aws:kms")) {
      throw new InvalidConfigurationException(
          "haduck.s3.sse_kms_key_id needs haduck.s3.sse=aws:kms or aws:kms:dsse, but it is '"
              + sse
              + "'");
    }
    return new S3Settings(
        endpoint,
        region == null && endpoint != null ? regionAt(endpoint) : region,
        accessKey,
        secretKey,
        sessionToken,
        flag(settings, S3SettingKeys.PATH_STYLE, endpoint != null),
        sse,
        sseKmsKeyId,
        checksum(value(settings, S3SettingKeys.CHECKSUMS)));
  }

  private static String regionAt(URI endpoint) {
    return Objects.requireNonNullElse(S3Endpoint.regionOf(endpoint), REGION_OF_ENDPOINTS);
  }

  private static BodyChecksum checksum(@Nullable String text) {
    return switch (text == null ? "" : text.toLowerCase(Locale.ROOT)) {
      case "", "when_required" -> BodyChecksum.NONE;
      case "when_supported" -> BodyChecksum.CRC32C;
      default ->
          throw new InvalidConfigurationException(
              "haduck.s3.checksums is '" + text + "', not when_required or when_supported");
    };
  }

  /** Where requests go, for messages; without secrets. */
  String place() {
    return endpoint == null ? AWS : endpoint.getRawAuthority();
  }

  /** Without secrets. */
  @Override
  public String toString() {
    return "S3Settings[endpoint="
        + endpoint
        + ", region="
        + region
        + ", credentials="
        + (accessKey == null ? "default chain" : "given")
        + ", pathStyle="
        + pathStyle
        + ", sse="
        + sse
        + ", checksum="
        + checksum
        + "]";
  }

  private static boolean flag(
      Map<String, String> settings, Setting<Boolean> setting, boolean otherwise) {
    String text = value(settings, setting);
    if (text == null) {
      return otherwise;
    }
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default ->
          throw new InvalidConfigurationException(
              setting.qualifiedKey() + " is '" + text + "', not true or false");
    };
  }

  private static @Nullable String value(Map<String, String> settings, Setting<?> setting) {
    String text = settings.get(setting.key());
    return text == null || text.isBlank() ? null : text.trim();
  }
}
