package io.haduck.s3;

import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.store.ReplicaLocation;
import java.time.Duration;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.S3Configuration;

/** Builds the SDK's client. */
final class S3Clients {
  /** Enough for parallel segments, range reads and the lease beside each other. */
  private static final int MAX_CONNECTIONS = 64;

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

  /** The longest silence on a connection. */
  private static final Duration SOCKET_TIMEOUT = Duration.ofSeconds(30);

  private static final Duration CONNECTION_WAIT = Duration.ofSeconds(60);

  /** The first try and two more, with exponential backoff and full jitter in between. */
  private static final int ATTEMPTS = 3;

  /** What one attempt at a request that carries no bulk may take, answer included. */
  static final Duration SHORT_TIMEOUT = Duration.ofSeconds(30);

  private static final String NO_REGION =
      "no region. Set haduck.s3.region to the bucket's, or AWS_REGION; if the bucket is not at AWS, set"
          + " haduck.s3.endpoint to where it is. The SDK said: ";

  private S3Clients() {}

  static S3Client open(ReplicaLocation location, S3Settings settings) {
    S3ClientBuilder builder =
        S3Client.builder()
            .httpClientBuilder(
                Apache5HttpClient.builder()
                    .maxConnections(MAX_CONNECTIONS)
                    .connectionTimeout(CONNECT_TIMEOUT)
                    .socketTimeout(SOCKET_TIMEOUT)
                    .connectionAcquisitionTimeout(CONNECTION_WAIT)
                    .tcpKeepAlive(true))
            .forcePathStyle(settings.pathStyle())
            // haduck has its own hashes over every byte; stores that want one are sent it by
            // BodyChecksum.
            .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
            .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
            .serviceConfiguration(S3Configuration.builder().chunkedEncodingEnabled(false).build())
            .overrideConfiguration(
                override ->
                    override
                        .retryStrategy(
                            AwsRetryStrategy.standardRetryStrategy().toBuilder()
                                .maxAttempts(ATTEMPTS)
                                .build())
                        .apiCallAttemptTimeout(SHORT_TIMEOUT));
    if (settings.endpoint() != null) {
      builder.endpointOverride(settings.endpoint());
    }
    if (settings.region() != null) {
      builder.region(Region.of(settings.region()));
    }
    String accessKey = settings.accessKey();
    String secretKey = settings.secretKey();
    String sessionToken = settings.sessionToken();
    if (accessKey != null && secretKey != null) {
      builder.credentialsProvider(
          StaticCredentialsProvider.create(
              sessionToken == null
                  ? AwsBasicCredentials.create(accessKey, secretKey)
                  : AwsSessionCredentials.create(accessKey, secretKey, sessionToken)));
    }
    try {
      return builder.build();
    } catch (SdkClientException | IllegalArgumentException e) {
      String text = String.valueOf(e.getMessage());
      throw new InvalidConfigurationException(
          "cannot set up access to "
              + location
              + ": "
              + (text.startsWith("Unable to load region") ? NO_REGION : "")
              + text,
          e);
    }
  }
}
