package io.haduck.testing.internal;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A process for which every file system is one without hard links, as exFAT and SMB are: the system
 * calls that make one fail with EPERM, by a filter that any user may set (seccomp). A test is
 * skipped where Python or Linux is missing.
 */
public final class WithoutHardLinks {
  private static final String SCRIPT =
      """
      import ctypes, os, platform, struct, sys
      calls = {'x86_64': (86, 265), 'aarch64': (37,)}[platform.machine()]
      code = [(0x20, 0, 0, 0)]
      for call in calls:
          code += [(0x15, 0, 1, call), (0x06, 0, 0, 0x00050000 | 1)]
      code += [(0x06, 0, 0, 0x7fff0000)]
      filters = ctypes.create_string_buffer(b''.join(struct.pack('HBBI', *c) for c in code))
      class Program(ctypes.Structure):
          _fields_ = [('length', ctypes.c_ushort), ('filters', ctypes.c_void_p)]
      program = Program(len(code), ctypes.addressof(filters))
      libc = ctypes.CDLL(None, use_errno=True)
      if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, ctypes.byref(program), 0, 0):
          sys.exit(os.strerror(ctypes.get_errno()))
      os.execvp(sys.argv[1], sys.argv[1:])
      """;

  private WithoutHardLinks() {}

  /**
   * What runs a command so, for {@link ChildJvm}.
   *
   * @param directory in which it is tried first
   */
  public static List<String> command(Path directory) throws IOException {
    List<String> command = List.of("python3", "-c", SCRIPT);
    Path file = Files.writeString(directory.resolve("to-be-linked"), "");
    List<String> link = new ArrayList<>(command);
    link.addAll(List.of("ln", file.toString(), file + "-link"));
    String said;
    try {
      Process process = new ProcessBuilder(link).redirectErrorStream(true).start();
      said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      said = e.toString();
    }
    Files.delete(file);
    assumeTrue(said.contains("Operation not permitted"), said);
    return command;
  }
}
