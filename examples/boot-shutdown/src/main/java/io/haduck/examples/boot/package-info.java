/** A Spring Boot web application that is told to end while it answers requests. */
@NullMarked
package io.haduck.examples.boot;

import org.jspecify.annotations.NullMarked;
