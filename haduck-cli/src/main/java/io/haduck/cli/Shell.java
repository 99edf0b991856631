package io.haduck.cli;

import java.io.PrintStream;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;

/**
 * What a command has around it.
 *
 * @param out for answers
 * @param err for errors and notes
 * @param environment variables
 * @param properties of the JVM
 * @param clock of this machine
 * @param zone of this machine
 */
record Shell(
    PrintStream out,
    PrintStream err,
    Map<String, String> environment,
    Properties properties,
    InstantSource clock,
    ZoneId zone) {

  Map<String, String> systemProperties() {
    Map<String, String> texts = new LinkedHashMap<>();
    properties.stringPropertyNames().forEach(it -> texts.put(it, properties.getProperty(it)));
    return texts;
  }
}
