package io.haduck.s3;

import io.haduck.core.store.ObjectBody;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;

/**
 * Sends objects with the checksum that the store wants: what it asks for once, it gets from then
 * on. Safe for any thread.
 */
final class ObjectWrites {
  private static final Logger log = LoggerFactory.getLogger(ObjectWrites.class);

  private final S3Client client;
  private final String bucket;
  private volatile BodyChecksum checksum;

  /**
   * @param checksum to begin with
   */
  ObjectWrites(S3Client client, String bucket, BodyChecksum checksum) {
    this.client = client;
    this.bucket = bucket;
    this.checksum = checksum;
  }

  /**
   * Sends one.
   *
   * @param requests makes a new one, all but the checksum
   * @throws AwsServiceException the store's refusal; if it was for a checksum, nothing was written
   *     and the object is sent again with it
   */
  PutObjectResponse send(Supplier<PutObjectRequest.Builder> requests, ObjectBody body) {
    BodyChecksum with = checksum;
    while (true) {
      PutObjectRequest.Builder request = requests.get();
      with.addTo(request, body);
      try {
        return client.putObject(
            request.build(),
            RequestBody.fromContentProvider(
                body::openStream, body.length(), "application/octet-stream"));
      } catch (AwsServiceException e) {
        if (!with.isTooLittleFor(e)) {
          throw e;
        }
        with = with.next();
        checksum = with;
        log.info("s3://{} wants a checksum with each object: it gets {}", bucket, with);
      }
    }
  }
}
