package io.haduck.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A link of limited speed to a server on this machine: a TCP proxy in a JVM of its own, on a port
 * of 127.0.0.1. All connections together get so many bits per second in each direction, as through
 * one network card; what is counted is what TCP carries, headers and acknowledgements are free.
 * Nothing is delayed but by that, so a request takes as long as on loopback. It ends when this
 * process does, since it then reads the end of its input. Safe for any thread.
 *
 * <p>A queueing discipline ({@code tc … tbf}) in a network namespace would do the same, but needs
 * root and the server inside of the namespace.
 */
final class ThrottledLink implements AutoCloseable {
  private static final Pattern RATE = Pattern.compile("([0-9]+(?:\\.[0-9]+)?)([kmg])bit");

  /** Small enough that the connections of one direction take turns within a millisecond. */
  private static final int CHUNK_BYTES = 32 << 10;

  private final Process process;
  private final int port;

  private ThrottledLink(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /**
   * Starts one.
   *
   * @param serverPort of 127.0.0.1, where it leads
   * @param bitsPerSecond in each direction
   */
  static ThrottledLink to(int serverPort, long bitsPerSecond) throws IOException {
    return to(InetAddress.getLoopbackAddress().getHostAddress(), serverPort, bitsPerSecond);
  }

  /** As {@link #to(int, long)}, to a server anywhere. */
  static ThrottledLink to(String host, int serverPort, long bitsPerSecond) throws IOException {
    ServingProcess started =
        ServingProcess.start(
            ThrottledLink.class,
            List.of("-Xmx128m", "-XX:+UseSerialGC"),
            host,
            Integer.toString(serverPort),
            Long.toString(bitsPerSecond));
    return new ThrottledLink(started.process(), started.port());
  }

  /** The proxy: server and rate are the arguments, its port the first line of its output. */
  public static void main(String[] arguments) throws IOException {
    var up = new Bucket(Long.parseLong(arguments[2]) / 8.0);
    var down = new Bucket(Long.parseLong(arguments[2]) / 8.0);
    // Not closed: it listens until the process ends.
    ServerSocket listening = new ServerSocket(0, 512, InetAddress.getLoopbackAddress());
    start(() -> accept(listening, arguments[0], Integer.parseInt(arguments[1]), up, down));
    System.out.println(listening.getLocalPort());
    var input = new InputStreamReader(System.in, StandardCharsets.UTF_8);
    while (input.read() >= 0) {
      // nothing is asked of it
    }
    System.exit(0);
  }

  private static void accept(
      ServerSocket listening, String host, int serverPort, Bucket up, Bucket down)
      throws IOException {
    while (true) {
      Socket client = listening.accept();
      start(
          () -> {
            try (client;
                Socket server = new Socket(host, serverPort)) {
              client.setTcpNoDelay(true);
              server.setTcpNoDelay(true);
              Thread answers = start(() -> pump(server, client, down));
              pump(client, server, up);
              answers.join();
            }
          });
    }
  }

  /** Copies one direction until its end, which it hands on. */
  private static void pump(Socket from, Socket to, Bucket bucket) throws IOException {
    byte[] chunk = new byte[CHUNK_BYTES];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
        bucket.take(read);
        out.write(chunk, 0, read);
      }
      to.shutdownOutput();
    } catch (IOException e) { // one side has broken off: so does the other
      from.close();
      to.close();
    }
  }

  /** What a thread of the proxy does. */
  @FunctionalInterface
  private interface Work {
    void run() throws IOException, InterruptedException;
  }

  private static Thread start(Work work) {
    var thread =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (IOException | InterruptedException e) {
                // the connection is gone, and its threads with it
              }
            },
            "throttled-link");
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  /** Hands out the bytes of one direction at a steady rate; for any thread. */
  private static final class Bucket {
    /** What may go at once after a silence, as long as a thread's sleep is inexact. */
    private static final long BURST_NANOS = 2_000_000;

    private final double nanosPerByte;
    private final long begun = System.nanoTime();

    /** Since it began; a double holds a day's nanoseconds exactly. */
    private double paidUntil;

    Bucket(double bytesPerSecond) {
      this.nanosPerByte = 1e9 / bytesPerSecond;
    }

    /** Waits until so many bytes may go. */
    void take(int bytes) {
      double due;
      synchronized (this) {
        paidUntil = Math.max(paidUntil, elapsed() - BURST_NANOS) + bytes * nanosPerByte;
        due = paidUntil;
      }
      for (double wait = due - elapsed(); wait > 0; wait = due - elapsed()) {
        LockSupport.parkNanos((long) wait + 1);
      }
    }

    private double elapsed() {
      return (double) (System.nanoTime() - begun);
    }
  }

  /**
   * Reads a rate, such as {@code 1gbit}, {@code 250mbit} or {@code 2.5gbit}.
   *
   * @return bits per second, by powers of ten
   * @throws IllegalArgumentException if it is none
   */
  static long parseRate(String text) {
    Matcher matcher = RATE.matcher(text.toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      throw new IllegalArgumentException(text + " is no rate, such as 1gbit or 250mbit");
    }
    long unit =
        switch (matcher.group(2)) {
          case "k" -> 1_000L;
          case "m" -> 1_000_000L;
          default -> 1_000_000_000L;
        };
    return Math.round(Double.parseDouble(matcher.group(1)) * unit);
  }

  /** Where it listens, on 127.0.0.1. */
  int port() {
    return port;
  }

  @Override
  public void close() {
    process.destroyForcibly();
    process.onExit().join();
  }
}
