package io.haduck.testing.internal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Stands between a client and a real S3 server on this machine, and does to their requests what bad
 * networks, tired servers and zealous gateways do.
 *
 * <p>Faults come at random by their rates, from a seed; or as an {@link #outage}; or as an answer
 * for certain requests ({@link #answer}), which the server then never sees. It is a server of
 * HTTP/1.1 with lasting connections, so it must be reached by {@code http:}.
 *
 * <p>Safe for any thread; with several connections the seed fixes the sequence of random numbers,
 * though not which request draws which.
 */
public final class FaultyProxy implements AutoCloseable {

  /** What goes wrong. */
  public enum Fault {
    /** The connection is reset while the request is being sent; the server never sees it. */
    RESET_REQUEST,
    /** The server carries it out and answers; the connection is reset before the answer comes. */
    LOST_RESPONSE,
    /** As {@link #RESET_REQUEST}, but the server gets the request some time later. */
    LATE,
    /** It takes longer, up to {@link #maxDelay}. */
    DELAY,
    /**
     * No answer, for {@link #stall}, and then the connection is reset; the server never sees it.
     */
    STALL,
    /** The answer's body ends early. Nothing on an answer without a body. */
    TRUNCATED_RESPONSE,
    /** The answer comes in drops. */
    THROTTLED,
    /** 500, 503 or an HTML page from a gateway; the server never sees the request. */
    ERROR,
    /** The server carries it out, and the answer is replaced as with {@link #ERROR}. */
    ERROR_AFTER,
    /** The server gets it twice, and its second answer is returned. */
    DUPLICATE,
    /** The answer has another entity tag than the server gave it. */
    OTHER_ETAG
  }

  private static final int DROP_BYTES = 512;

  private final ProxiedServer server;
  private final LateRequests late;
  private final long seed;
  private final int port;
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          task -> {
            var thread = new Thread(task, "faulty-proxy");
            thread.setDaemon(true);
            return thread;
          });
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final Map<Fault, AtomicLong> faults = new ConcurrentHashMap<>();
  private final AtomicLong requests = new AtomicLong();
  private final AtomicLong connections = new AtomicLong();
  private volatile Duration maxDelay = Duration.ofMillis(20);
  private volatile Duration stall = Duration.ofMillis(500);
  private volatile @Nullable ProxyRule rule;

  @GuardedBy("this")
  private final SplittableRandom random;

  @GuardedBy("this")
  private final Map<Fault, Double> rates = new EnumMap<>(Fault.class);

  @GuardedBy("this")
  private @Nullable ServerSocket listener;

  /**
   * A proxy without faults yet, on a free port of 127.0.0.1.
   *
   * @param server {@code http://host:port}
   */
  public FaultyProxy(URI server, long seed) throws IOException {
    this.server = new ProxiedServer(server);
    this.late = new LateRequests(this.server);
    this.seed = seed;
    this.random = new SplittableRandom(seed);
    ServerSocket first = ProxySockets.bindAnywhere();
    this.port = first.getLocalPort();
    listener = first;
    accept(first);
  }

  /** How often a fault hits a request, from 0 to 1. */
  public synchronized FaultyProxy rate(Fault fault, double rate) {
    rates.put(fault, rate);
    return this;
  }

  /** The longest {@link Fault#DELAY}. */
  public FaultyProxy maxDelay(Duration delay) {
    maxDelay = delay;
    return this;
  }

  /** How long {@link Fault#STALL} takes. */
  public FaultyProxy stall(Duration time) {
    stall = time;
    return this;
  }

  /**
   * From now on some requests are answered like this, and never reach the server.
   *
   * @param requests picks by method and target, such as {@code PUT /bucket/key}
   * @param code S3's, such as {@code AccessDenied}
   * @param headers lines such as {@code x-amz-bucket-region: eu-west-1}
   */
  public void answer(Predicate<String> requests, int status, String code, String... headers) {
    rule = new ProxyRule(requests, ProxyAnswers.error(status, code, headers));
  }

  /**
   * From now on some requests are not answered, and never reach the server: a {@link Fault#STALL}.
   */
  public void stall(Predicate<String> requests) {
    rule = new ProxyRule(requests, null);
  }

  /** No more random faults, answers of our own, or outage; what is late stays late. */
  public void heal() throws IOException {
    synchronized (this) {
      rates.clear();
    }
    rule = null;
    outage(false);
  }

  /** While true, connections are refused; those that are open are reset. */
  public void outage(boolean on) throws IOException {
    synchronized (this) {
      if (on == (listener == null)) {
        return;
      }
      if (!on) {
        ServerSocket again = ProxySockets.bind(port);
        listener = again;
        accept(again);
        return;
      }
      listener.close();
      listener = null;
    }
    open.forEach(ProxySockets::reset);
  }

  /** Lets all requests arrive that are still under way, as {@link Fault#LATE} left them. */
  public void deliverLate() {
    late.deliverAll();
  }

  /** While true, a late request arrives by {@link #deliverLate} only, not with a later one. */
  public void holdLate(boolean on) {
    late.hold(on);
  }

  /**
   * Sets the server's clock, as clients see it: the header {@code Date} of its answers.
   *
   * @param ahead of the true time; of several each answer has the next one, as from a service of
   *     many machines. The server itself goes by the true time when it checks a signature, so a
   *     quarter of an hour is the most that a real one would answer at
   */
  public void clocks(Duration... ahead) {
    server.clocks(List.of(ahead));
  }

  /** Where it listens. */
  public URI endpoint() {
    return URI.create("http://127.0.0.1:" + port);
  }

  /** The settings of a server behind it, led here. */
  public Map<String, String> settings(Map<String, String> ofServer) {
    var settings = new HashMap<>(ofServer);
    settings.put("s3.endpoint", endpoint().toString());
    return settings;
  }

  /** How many requests came, those that failed included. */
  public long requests() {
    return requests.get();
  }

  /** How many connections were made to it. */
  public long connections() {
    return connections.get();
  }

  /** How often a fault has hit. */
  public long faults(Fault fault) {
    return count(fault).get();
  }

  /** Names the seed, for the failure of a test to be repeated with, and counts. */
  @Override
  public String toString() {
    return "proxy with seed "
        + seed
        + ": "
        + requests
        + " requests, faults "
        + new TreeMap<>(faults);
  }

  private void accept(ServerSocket from) {
    threads.execute(
        () -> {
          while (true) {
            try {
              Socket client = from.accept();
              connections.incrementAndGet();
              open.add(client);
              threads.execute(() -> serve(client));
            } catch (IOException e) {
              return; // an outage, or the end
            }
          }
        });
  }

  private void serve(Socket client) {
    try (client) {
      client.setTcpNoDelay(true);
      InputStream in = new BufferedInputStream(client.getInputStream());
      OutputStream out = client.getOutputStream();
      for (HttpMessage head = HttpMessage.readHead(in);
          head != null && answered(head, client, in, out);
          head = HttpMessage.readHead(in)) {
        // the next request on this connection
      }
    } catch (IOException e) {
      ProxySockets.reset(client);
    } finally {
      open.remove(client);
    }
  }

  /** False if the connection is over. */
  private boolean answered(HttpMessage head, Socket client, InputStream in, OutputStream out)
      throws IOException {
    requests.incrementAndGet();
    long length = head.contentLength();
    if (head.header("expect").isPresent() && length > 0) {
      out.write("HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
    }
    if (hits(Fault.RESET_REQUEST)) {
      byte[] unusedPart = in.readNBytes((int) draw(length + 1));
      return ProxySockets.reset(client);
    }
    HttpMessage request = head.withBody(in.readNBytes((int) length));
    if (request.body().length < length) {
      return false;
    }
    ProxyRule own = rule;
    own = own != null && own.picks(request) ? own : null;
    String answer = own == null ? null : own.response();
    if (answer != null) {
      return sent(answer, request, out);
    }
    if (hits(Fault.LATE)) {
      late.add(request);
      return ProxySockets.reset(client);
    }
    if (own != null || hits(Fault.STALL)) {
      pass(stall);
      return ProxySockets.reset(client);
    }
    if (hits(Fault.DELAY)) {
      pass(Duration.ofNanos(draw(Math.max(1, maxDelay.toNanos()))));
    }
    if (hits(Fault.ERROR)) {
      return sent(ProxyAnswers.ofAGateway((int) draw(ProxyAnswers.KINDS)), request, out);
    }
    while (draw(2) == 0 && late.deliverOne()) {
      // one more that was late
    }
    HttpMessage response = server.ask(request);
    if (hits(Fault.DUPLICATE)) {
      response = server.ask(request);
    }
    if (hits(Fault.LOST_RESPONSE)) {
      return ProxySockets.reset(client);
    }
    if (hits(Fault.ERROR_AFTER)) {
      return sent(ProxyAnswers.ofAGateway((int) draw(ProxyAnswers.KINDS)), request, out);
    }
    if (response.header("etag").isPresent() && hits(Fault.OTHER_ETAG)) {
      response = response.with(List.of("etag"), "ETag: \"" + draw(Long.MAX_VALUE) + "\"");
    }
    byte[] body = response.body();
    out.write(response.headBytes());
    if (body.length > 0 && hits(Fault.TRUNCATED_RESPONSE)) {
      out.write(body, 0, (int) draw(body.length));
      out.flush();
      return draw(2) == 0 && ProxySockets.reset(client);
    }
    if (hits(Fault.THROTTLED)) {
      for (int at = 0; at < body.length; at += DROP_BYTES) {
        out.write(body, at, Math.min(DROP_BYTES, body.length - at));
        out.flush();
        pass(Duration.ofMillis(1));
      }
    } else {
      out.write(body);
    }
    out.flush();
    return true;
  }

  /** Sends an answer of our own. */
  private static boolean sent(String response, HttpMessage request, OutputStream out)
      throws IOException {
    int body = response.indexOf("\r\n\r\n") + 4;
    String sent = request.method().equals("HEAD") ? response.substring(0, body) : response;
    out.write(sent.getBytes(StandardCharsets.ISO_8859_1));
    out.flush();
    return true;
  }

  private AtomicLong count(Fault fault) {
    return faults.computeIfAbsent(fault, any -> new AtomicLong());
  }

  private synchronized boolean hits(Fault fault) {
    double rate = rates.getOrDefault(fault, 0.0);
    boolean hit = rate > 0 && random.nextDouble() < rate;
    if (hit) {
      count(fault).incrementAndGet();
    }
    return hit;
  }

  private synchronized long draw(long bound) {
    return random.nextLong(bound);
  }

  private static void pass(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
      if (Thread.currentThread().isInterrupted()) {
        return;
      }
      LockSupport.parkNanos(left);
    }
  }

  @Override
  public void close() throws IOException {
    outage(true);
    threads.shutdownNow();
  }
}
