package io.haduck.examples.boot;

import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/** Says on the standard output when requests are taken. */
@Component
class ReadyNotice {
  @EventListener(ApplicationReadyEvent.class)
  void ready() {
    System.out.println("READY");
  }
}
