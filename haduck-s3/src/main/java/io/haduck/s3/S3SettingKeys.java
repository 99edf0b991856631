package io.haduck.s3;

import io.haduck.core.settings.Setting;
import io.haduck.core.settings.SettingParser;
import io.haduck.core.settings.SettingText;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a user can set of an S3 store. Bucket and prefix are the engine's settings, since they say
 * where the replica is.
 */
final class S3SettingKeys {
  static final Setting<String> ENDPOINT =
      Setting.of(
          "s3.endpoint",
          null,
          "URL of an S3-compatible service; by default that of AWS.",
          S3SettingKeys::endpoint);

  static final Setting<String> REGION =
      Setting.of(
          "s3.region",
          null,
          "Region; by default what the AWS region chain finds.",
          SettingParser.text());

  static final Setting<Boolean> PATH_STYLE =
      Setting.of(
              "s3.path_style",
              null,
              "true puts the bucket into the path, false into the host name; by default true with s3.endpoint.",
              SettingParser.flag())
          .withChoices("true", "false");

  static final Setting<String> ACCESS_KEY =
      Setting.of(
              "s3.access_key",
              null,
              "Access key id; without one the AWS default credential chain is used.",
              SettingParser.text())
          .asSecret();

  static final Setting<String> SECRET_KEY =
      Setting.of("s3.secret_key", null, "Secret of s3.access_key.", SettingParser.text())
          .asSecret();

  static final Setting<String> SESSION_TOKEN =
      Setting.of(
              "s3.session_token",
              null,
              "Session token of temporary credentials.",
              SettingParser.text())
          .asSecret();

  static final Setting<String> SSE =
      Setting.of(
              "s3.sse",
              null,
              "Server-side encryption to ask for: AES256, aws:kms or aws:kms:dsse.",
              SettingParser.matching(
                  Pattern.compile("AES256|aws:kms|aws:kms:dsse"),
                  "AES256, aws:kms or aws:kms:dsse"))
          .withChoices("AES256", "aws:kms", "aws:kms:dsse");

  static final Setting<String> SSE_KMS_KEY_ID =
      Setting.of(
          "s3.sse_kms_key_id",
          null,
          "KMS key for s3.sse=aws:kms; by default the bucket's.",
          SettingParser.text());

  static final Setting<String> CHECKSUMS =
      Setting.of(
              "s3.checksums",
              "when_required",
              "Checksums for the store to compare: when_supported sends one with each object, when_required only once"
                  + " the store has asked for one, as buckets with a default retention (Object Lock) do.",
              SettingParser.word("when_required", "when_supported"))
          .withChoices("when_required", "when_supported");

  /** In the order in which they are shown. */
  static final List<Setting<?>> ALL =
      List.of(
          ENDPOINT,
          REGION,
          PATH_STYLE,
          ACCESS_KEY,
          SECRET_KEY,
          SESSION_TOKEN,
          SSE,
          SSE_KMS_KEY_ID,
          CHECKSUMS);

  private S3SettingKeys() {}

  /** Only as far as to see that it is one; {@link S3Endpoint} finds the finer slips. */
  private static @Nullable String endpoint(SettingText given) {
    String text = given.text();
    if (text == null) {
      return null;
    }
    String allowed =
        "a URL such as https://s3.example.com or http://localhost:9000, without credentials";
    if (text.contains("@") || text.contains("?")) {
      throw given.hidden(allowed);
    }
    try {
      var uri = new URI(text);
      boolean http =
          "http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme());
      if (!http || uri.getHost() == null) {
        throw given.invalid(allowed);
      }
    } catch (URISyntaxException e) {
      throw given.invalid(allowed);
    }
    return text;
  }
}
