package io.haduck.s3;

import io.haduck.core.StoreAccessException;
import io.haduck.core.UnavailableException;
import io.haduck.core.store.ReplicaLocation;
import java.util.Collection;
import java.util.List;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.DeleteObjectsResponse;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.S3Error;

/**
 * Deletes objects, many with one request, or one by one at a store that has shown that it cannot do
 * that. Safe for any thread.
 */
final class ObjectDeletes {
  private static final int BATCH = 1000;

  private final S3Client client;
  private final ReplicaLocation location;
  private final String bucket;
  private final String scope;
  private final S3Failure failures;
  private volatile boolean singly;

  /**
   * @param scope with which all keys begin
   */
  ObjectDeletes(S3Client client, ReplicaLocation location, String scope, S3Failure failures) {
    this.client = client;
    this.location = location;
    this.bucket = location.bucket();
    this.scope = scope;
    this.failures = failures;
  }

  /**
   * Deletes them.
   *
   * @throws StoreAccessException if some could not be deleted; the message names the first
   * @throws UnavailableException if the store did not answer; some may be deleted
   */
  void all(Collection<String> keys, CallTimes times) {
    List<String> all = List.copyOf(keys);
    for (int from = 0; from < all.size(); from += BATCH) {
      List<String> some = all.subList(from, Math.min(all.size(), from + BATCH));
      if (singly || !batch(some, times)) {
        some.forEach(key -> one(key, times));
      }
    }
  }

  /** False if the store does not know how to. */
  private boolean batch(List<String> keys, CallTimes times) {
    String doing = "deleting " + location + "/" + keys.get(0) + andMore(keys.size());
    try {
      List<ObjectIdentifier> objects =
          keys.stream().map(key -> ObjectIdentifier.builder().key(scope + key).build()).toList();
      DeleteObjectsResponse response =
          client.deleteObjects(
              request ->
                  request
                      .bucket(bucket)
                      .delete(d -> d.objects(objects).quiet(true))
                      .overrideConfiguration(times.carrying(0)));
      if (!response.errors().isEmpty()) {
        S3Error first = response.errors().get(0);
        throw failures.ofKey(
            "deleting s3://" + bucket + "/" + first.key() + andMore(response.errors().size()),
            first.code(),
            first.message());
      }
      return true;
    } catch (AwsServiceException e) {
      if (S3Failure.meansNoBatchDelete(e)) {
        singly = true;
        return false;
      }
      throw failures.of(doing, e);
    } catch (SdkException e) {
      throw failures.of(doing, e);
    }
  }

  private static String andMore(int count) {
    return count == 1 ? "" : " and " + (count - 1) + " more";
  }

  private void one(String key, CallTimes times) {
    String doing = "deleting " + location + "/" + key;
    try {
      client.deleteObject(
          request ->
              request.bucket(bucket).key(scope + key).overrideConfiguration(times.carrying(0)));
    } catch (AwsServiceException e) {
      if (e.statusCode() != 404 || S3Answer.code(e).equals("NoSuchBucket")) {
        throw failures.of(doing, e);
      }
    } catch (SdkException e) {
      throw failures.of(doing, e);
    }
  }
}
