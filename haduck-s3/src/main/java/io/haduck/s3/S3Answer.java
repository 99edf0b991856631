package io.haduck.s3;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;

/** What the answer of a store that refuses says. */
final class S3Answer {
  private S3Answer() {}

  /** The store's error code, or nothing. */
  static String code(AwsServiceException failure) {
    AwsErrorDetails details = failure.awsErrorDetails();
    return details == null || details.errorCode() == null ? "" : details.errorCode();
  }

  /** A header of the answer. */
  static Optional<String> header(@Nullable AwsServiceException failure, String name) {
    AwsErrorDetails details = failure == null ? null : failure.awsErrorDetails();
    return details == null || details.sdkHttpResponse() == null
        ? Optional.empty()
        : details.sdkHttpResponse().firstMatchingHeader(name);
  }

  /** What the store said, or nothing. */
  static String text(AwsServiceException failure) {
    AwsErrorDetails details = failure.awsErrorDetails();
    return details == null || details.errorMessage() == null ? "" : details.errorMessage();
  }
}
