/**
 * Which blocks a header of a database refers to, read from its metadata, and the proof that it was
 * read rightly.
 */
@NullMarked
package io.haduck.core.internal.metadata;

import org.jspecify.annotations.NullMarked;
