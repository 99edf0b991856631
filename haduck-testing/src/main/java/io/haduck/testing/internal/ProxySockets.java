package io.haduck.testing.internal;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.SplittableRandom;

/** How a {@link FaultyProxy} listens and hangs up. */
final class ProxySockets {
  private ProxySockets() {}

  /** Below the ports that systems hand out, so that nobody takes it during an outage. */
  static ServerSocket bindAnywhere() throws IOException {
    var ports = new SplittableRandom();
    for (int attempt = 0; ; attempt++) {
      try {
        return bind(10_000 + ports.nextInt(20_000));
      } catch (IOException e) {
        if (attempt == 100) {
          throw e;
        }
      }
    }
  }

  /** A certain one, of 127.0.0.1. */
  static ServerSocket bind(int port) throws IOException {
    var socket = new ServerSocket();
    try {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 200);
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /** Ends a connection with an RST. Returns false. */
  static boolean reset(Socket socket) {
    try {
      socket.setSoLinger(true, 0);
      socket.close();
    } catch (IOException e) {
      // it is over already
    }
    return false;
  }
}
