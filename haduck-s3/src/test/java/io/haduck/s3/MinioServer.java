package io.haduck.s3;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.exception.NotFoundException;
import io.haduck.core.store.ReplicaLocation;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;

/**
 * MinIO in a container, one for all tests of a JVM; Testcontainers removes it when the JVM ends.
 *
 * <p>{@code HADUCK_TEST_MINIO_IMAGE} names another image. Where there is no Docker, or the image
 * cannot be had, the tests that want it are skipped and say why; {@code
 * HADUCK_TEST_MINIO_REQUIRED=true} makes that a failure. It is tried once per JVM, for {@link
 * #PATIENCE} at most.
 */
final class MinioServer {
  private static final Logger log = LoggerFactory.getLogger(MinioServer.class);
  private static final AtomicBoolean SAID = new AtomicBoolean();
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String IMAGE =
      Optional.ofNullable(System.getenv("HADUCK_TEST_MINIO_IMAGE"))
          .orElse("quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z");
  private static final boolean REQUIRED =
      Boolean.parseBoolean(System.getenv("HADUCK_TEST_MINIO_REQUIRED"));
  private static final String USER = "minio-user";
  private static final String PASSWORD = "minio-password";

  /** What the one attempt comes to; whoever asks first makes it. */
  private static final FutureTask<MinioServer> ATTEMPT = new FutureTask<>(MinioServer::start);

  private static final Thread STARTER = daemon(ATTEMPT);

  private final GenericContainer<?> container;

  private MinioServer(GenericContainer<?> container) {
    this.container = container;
  }

  /** The running server; else the test is skipped, or fails where MinIO is required. */
  static MinioServer running() {
    synchronized (STARTER) {
      if (STARTER.getState() == Thread.State.NEW) {
        STARTER.start();
      }
    }
    String reason;
    try {
      return ATTEMPT.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      reason = String.valueOf(e.getCause().getMessage());
    } catch (TimeoutException e) {
      ATTEMPT.cancel(true); // whoever comes next does not wait again
      reason = "it has not started in " + PATIENCE.toSeconds() + " s";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      reason = "interrupted while waiting for it";
    } catch (CancellationException e) {
      reason = "it did not start in " + PATIENCE.toSeconds() + " s";
    }
    String message = "no MinIO (image " + IMAGE + "): " + reason;
    if (SAID.compareAndSet(false, true)) {
      log.warn("{}", message); // the console shows no reason of a test that is skipped
    }
    if (REQUIRED) {
      fail(message + ". HADUCK_TEST_MINIO_REQUIRED says that it must be there");
    }
    return abort(message);
  }

  private static Thread daemon(Runnable task) {
    var thread = new Thread(task, "minio-starter");
    thread.setDaemon(true);
    return thread;
  }

  private static MinioServer start() throws InterruptedException {
    DockerClient docker = DockerClientFactory.instance().client(); // says why there is none
    try {
      docker.inspectImageCmd(IMAGE).exec();
    } catch (NotFoundException e) {
      // Not by Testcontainers, which tries again for minutes and then does not say why.
      docker.pullImageCmd(IMAGE).start().awaitCompletion();
    }
    var container = new GenericContainer<>(IMAGE);
    container.withEnv("MINIO_ROOT_USER", USER);
    container.withEnv("MINIO_ROOT_PASSWORD", PASSWORD);
    container.withCommand("server", "/data");
    container.withExposedPorts(9000);
    container.waitingFor(Wait.forHttp("/minio/health/ready").forPort(9000));
    container.start();
    return new MinioServer(container);
  }

  /** Creates a bucket, which each test class has of its own. */
  void createBucket(String bucket) {
    var location = new ReplicaLocation("s3", bucket, "");
    try (var client = S3Clients.open(location, S3Settings.of(settings()))) {
      client.createBucket(request -> request.bucket(bucket));
    }
  }

  /** Settings that reach it. */
  Map<String, String> settings() {
    return Map.of(
        "s3.endpoint",
        "http://" + container.getHost() + ":" + container.getMappedPort(9000),
        "s3.access_key",
        USER,
        "s3.secret_key",
        PASSWORD);
  }
}
